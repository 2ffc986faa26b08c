package bot

import (
	"strings"
	"time"

	"silta/mentoring"
)

func (t *turn) warn(rest string) error    { return t.measure(mentoring.Warning, rest) }
func (t *turn) suspend(rest string) error { return t.measure(mentoring.Suspension, rest) }
func (t *turn) ban(rest string) error     { return t.measure(mentoring.Ban, rest) }

// measure asks whether a measure is to be taken: "suspend 12 until 24.12. why",
// "suspend case 5 why". What the person will read is shown first.
func (t *turn) measure(kind mentoring.MeasureKind, rest string) error {
	s, rest, err := t.measured(rest)
	if err != nil {
		return err
	}
	if s.ID == 0 {
		t.say("measure.how", "word", t.text("measure.word."+string(kind)))
		return nil
	}
	review, reason, refusal := t.awayUntil(rest)
	switch {
	case refusal != "":
		t.say(refusal)
		return nil
	case reason == "":
		return mentoring.Refuse("measure.reason")
	case t.unsigned:
		t.say("device.unsigned")
		return nil
	}
	if review.IsZero() {
		review = t.act.Now.Add(t.act.Rules.Programme(s.Programme).ReviewAfter)
	}
	text := strings.Join([]string{
		t.text("measure.sure."+string(kind), "number", int64(s.ID), "role", mentoring.T("role."+string(s.Role))),
		t.text("measure.reads"),
		t.text("measure.told."+string(kind), "reason", reason, "until", review),
		t.text("confirm.in_words"),
	}, "\n\n")
	// No buttons: it is confirmed in words (design §6).
	t.ask(question{Kind: askMeasure, ID: int64(s.ID), Step: string(kind), Words: []string{reason, review.Format(time.RFC3339)}}, text)
	return nil
}

// measured reads whom a measure is about, and leaves the rest. A membership
// without a number: it was not said.
func (t *turn) measured(text string) (s mentoring.Membership, rest string, err error) {
	first, rest := cutWord(text)
	if n := number(first); n > 0 {
		s, err = t.act.Measured(*t.member, mentoring.MembershipID(n))
		return s, rest, err
	}
	if t.b.parts[word(first)] != "of_case" {
		return s, rest, nil
	}
	second, after := cutWord(rest)
	n := number(second)
	if n == 0 {
		return s, rest, nil
	}
	s, err = t.act.MeasuredInCase(*t.member, mentoring.CaseID(n))
	return s, after, err
}

func (t *turn) answerMeasure(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	if t.unsigned || len(q.Words) != 2 {
		t.say("device.unsigned")
		return true, nil
	}
	review, err := time.Parse(time.RFC3339, q.Words[1])
	if err != nil {
		review = time.Time{} // asked by another program: its own default will do
	}
	x, err := t.act.Impose(*t.member, mentoring.MeasureKind(q.Step), mentoring.MembershipID(q.ID), q.Words[0], review)
	if err != nil {
		return true, err
	}
	t.say("measure.done."+q.Step, "number", int64(x.ID), "until", x.Review)
	return true, nil
}

// lift ends a measure by its number, or a ban by the account.
func (t *turn) lift(rest string) error {
	if strings.HasPrefix(strings.TrimSpace(rest), "@") {
		if t.unsigned {
			t.say("device.unsigned")
			return nil
		}
		if err := t.act.LiftBan(*t.member, strings.TrimSpace(rest)); err != nil {
			return err
		}
		t.say("measure.ban_lifted")
		return nil
	}
	n := t.numberIn(rest)
	if n == 0 {
		t.say("measure.lift_how")
		return nil
	}
	x, err := t.act.Lift(*t.member, mentoring.MeasureID(n))
	if err != nil {
		return err
	}
	t.say("measure.lifted", "number", int64(x.ID))
	return nil
}

// measures lists what is in force.
func (t *turn) measures(string) error {
	list, err := t.act.Measures(*t.member)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.say("measure.none")
		return nil
	}
	lines := []string{t.text("measure.head")}
	for i := range list {
		x := &list[i]
		lines = append(lines, t.text("measure.line", "number", int64(x.ID), "kind", mentoring.T("measure.kind."+string(x.Kind)),
			"n", int64(x.Membership), "at", x.Created, "until", x.Review, "reason", x.Words.Reason))
	}
	t.line(strings.Join(append(lines, "", t.text("measure.list_how")), "\n"))
	return nil
}

// appeal asks for what was done about the person to be looked at again.
func (t *turn) appeal(string) error {
	c, err := t.act.Appeal(*t.member)
	if err != nil {
		return err
	}
	t.say("appeal.done", "number", int64(c.ID))
	return t.later(c)
}

// suspendedFrom says whether a text is a command that the person could give if
// their membership were not suspended.
func (t *turn) suspendedFrom(body string) bool {
	first, _ := cutWord(body)
	f, ok := t.b.byWord[word(first)]
	if !ok {
		return false
	}
	for _, s := range t.memberships {
		if s.State != mentoring.Suspended {
			continue
		}
		s.State = mentoring.Active
		if may := t.b.commands[f.at].may; may != "" && mentoring.May([]mentoring.Membership{s}, may) {
			return true
		}
	}
	return false
}
