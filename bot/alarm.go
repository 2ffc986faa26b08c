package bot

import (
	"errors"
	"fmt"
	"strings"

	"silta/mentoring"
)

// Called are the reactions on a line that calls staff: one tap answers it.
func Called() []string { return []string{keyYes} }

// acknowledge is a staff member saying that they look into an urgent case.
func (t *turn) acknowledge(rest string) error {
	id := mentoring.CaseID(t.numberIn(rest))
	if id == 0 {
		id = t.inCase
	}
	if id == 0 {
		t.say("alarm.number")
		return nil
	}
	return t.answerCall(id)
}

func (t *turn) answerCall(id mentoring.CaseID) error {
	if err := t.act.Acknowledge(*t.member, id); err != nil {
		return err
	}
	t.say("alarm.yours", "number", int64(id))
	return nil
}

// tapCall takes a tap on a line that calls staff. Who is none is told what they
// are told of any line that is not theirs to answer.
func (t *turn) tapCall(menu int64, r reply) (done bool, err error) {
	if !r.yes || menu == 0 || t.place == Leg || !mentoring.May(t.memberships, mentoring.DoCase) {
		return false, nil
	}
	id, err := t.act.Tx.AlarmUnder(menu)
	if errors.Is(err, mentoring.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("alarm call: %w", err)
	}
	return true, t.answerCall(id)
}

// onCall shows or changes who is called when somebody is in danger, and when
// somebody of the staff is there: "oncall 7 4", "oncall ma-pe 8-16".
func (t *turn) onCall(rest string) error {
	switch part := t.b.parts[word(rest)]; {
	case rest == "":
		return t.showOnCall()
	case part == "default":
		return t.onCallNow(t.act.ResetOnCall(*t.member))
	case part == "all":
		return t.onCallNow(t.act.SetOnCall(*t.member, nil))
	}
	if list := numbers(rest); len(list) > 0 {
		people := make([]mentoring.MembershipID, len(list))
		for i, n := range list {
			people[i] = mentoring.MembershipID(n)
		}
		return t.onCallNow(t.act.SetOnCall(*t.member, people))
	}
	spans, ok := t.readHours(rest)
	if !ok {
		t.say("oncall.how")
		return nil
	}
	return t.onCallNow(t.act.SetOnCallHours(*t.member, mentoring.NewHours(spans)))
}

func (t *turn) onCallNow(err error) error {
	if err != nil {
		return err
	}
	return t.showOnCall()
}

func (t *turn) showOnCall() error {
	o, list, err := t.act.OnCallList(*t.member)
	if err != nil {
		return err
	}
	lines := []string{t.text("oncall.always")}
	if len(o.Hours) > 0 {
		lines[0] = t.text("oncall.hours", "hours", t.hoursText(o.Hours))
	}
	lines = append(lines, "")
	if len(o.People) == 0 {
		lines = append(lines, t.text("oncall.everybody"))
	}
	for _, c := range list {
		name := c.Alias
		if name == "" {
			name = t.text("oncall.no_name")
		}
		line := t.text("menu.item", "number", int64(c.Membership), "words", name)
		if c.Place > 0 {
			line += " – " + t.text("oncall.place", "n", c.Place)
		}
		lines = append(lines, line)
	}
	t.line(strings.Join(append(lines, "", t.text("oncall.change")), "\n"))
	return nil
}

// later tells when somebody of the staff is there, with the crisis lines, if
// nobody is now.
func (t *turn) later(c mentoring.Case) error {
	there, err := t.act.StaffThere(c.Programme, c.Unit)
	if err != nil {
		return err
	}
	if there.After(t.act.Now) {
		t.say("staff.later", "until", there)
	}
	return nil
}
