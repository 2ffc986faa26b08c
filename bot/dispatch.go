package bot

import (
	"fmt"
	"regexp"
	"strings"

	"silta/mentoring"
)

// addressPattern finds the address of a person in a text: such a text is taken
// away at once, whether it was obeyed or not.
var addressPattern = regexp.MustCompile(`@[^\s:@]*:[^\s]+`)

// run handles the input.
func (t *turn) run(in Input) error {
	var err error
	if t.memberships, err = t.act.Tx.Memberships(t.member.ID); err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	if err := t.loadTopics(); err != nil {
		return err
	}
	switch in.Kind {
	case Arrived:
		return t.arrived()
	case Collected:
		return t.collected(mentoring.SnapshotID(in.Menu))
	case Button:
		return t.tap(in)
	case Danger:
		return t.offerHelp()
	case Unmarked:
		return t.notMarked(in.Text)
	case Replied:
		return t.aboutHeld(in.Menu, t.b.typed(strings.TrimLeft(in.Text, "!！ ")))
	}
	body, marked := cutMark(in.Text)
	if t.place != Management && !marked {
		return nil // people talking to one another
	}
	if t.member.Join == mentoring.JoinErasing {
		t.say("delete.going_on")
		return nil
	}
	if addressPattern.MatchString(body) {
		t.out.RedactInput = true
	}
	return t.heard(body, marked)
}

// heard handles a text that is meant for the bot.
func (t *turn) heard(body string, marked bool) error {
	q := t.question()
	if done, err := t.heldNumber(q, body); done || err != nil {
		return err
	}
	if done, err := t.helpNumber(q, body); done || err != nil {
		return err
	}
	c, rest, lang, elsewhere := t.lookup(body)
	if c != nil && (marked || q == nil || !q.free() || rest == "" || number(rest) > 0) {
		if t.member.Language == "" {
			t.lang = lang
		}
		if c.early() || t.ready() {
			return t.obey(c, rest)
		}
	}
	if done, err := t.code(body); done || err != nil {
		return err
	}
	if done, err := t.secret(body); done || err != nil {
		return err
	}
	if !t.ready() && t.place == Management {
		return t.joining(t.b.typed(body))
	}
	if done, err := t.typedQuestion(q, body); done || err != nil {
		return err
	}
	if q != nil {
		r := t.b.typed(body)
		if done, err := t.answer(q, r); done || err != nil {
			return err
		}
		if done, err := t.namedLanguage(q, body); done || err != nil {
			return err
		}
		if c == nil && t.nearest(body) == "" {
			return t.unclear(q)
		}
	} else if t.place == Management && t.b.typed(body).number > 0 {
		t.say("menu.stale_number")
		return nil
	}
	if done, err := t.namedLanguage(q, body); done || err != nil {
		return err
	}
	if c == nil && t.suspendedFrom(body) {
		t.say("measure.suspended")
		return nil
	}
	if done, err := t.heldUnclear(body); c == nil && !elsewhere && (done || err != nil) {
		return err
	}
	t.unknown(body, elsewhere)
	return nil
}

// obey runs a command. Any command leaves the question that was open, and may
// ask its own; only the questions of joining stay.
func (t *turn) obey(c *command, rest string) error {
	if c.name != "cancel" && (t.ready() || t.place != Management) {
		t.left = t.question()
		t.forget()
	}
	return c.do(t, rest)
}

// ready says whether the person has joined and accepted the consent text that
// is shown now.
func (t *turn) ready() bool {
	return t.member.Joined() && !t.act.NeedsConsent(*t.member)
}

// arrived greets somebody who has come into the room. In a leg and in a staff
// room the domain greets.
func (t *turn) arrived() error {
	if t.place != Management {
		return nil
	}
	if !t.ready() {
		return t.askJoining()
	}
	if !t.mem.Welcomed { // they joined on the page
		return t.welcome()
	}
	t.say("join.back", "alias", t.member.Alias)
	return nil
}

// tap handles a tapped reaction. One under a line that asks nothing is what
// people do when they have read it, and needs no answer.
func (t *turn) tap(in Input) error {
	r := tapped(in.Key)
	if t.place == Staff && t.inCase != 0 && in.Menu == 0 {
		return t.tapCase(in.Key)
	}
	if done, err := t.tapHeld(in.Menu, r); done || err != nil {
		return err
	}
	if done, err := t.tapCall(in.Menu, r); done || err != nil {
		return err
	}
	if done, err := t.tapOfHelp(in.Menu, r); done || err != nil {
		return err
	}
	q := t.question()
	if q != nil && in.Menu == q.Menu && in.Menu != 0 {
		if t.place == Management && !t.ready() {
			return t.joining(r)
		}
		done, err := t.answer(q, r)
		if done || err != nil {
			return err
		}
		return t.unclear(q)
	}
	if t.place == Management && t.ready() && in.Menu != 0 {
		if done, err := t.tapQuestion(in); done || err != nil {
			return err
		}
		if done, err := t.tapList(in.Menu, r); done || err != nil {
			return err
		}
		if done, err := t.tapPopular(in.Menu, in.Key); done || err != nil {
			return err
		}
		if done, err := t.tapOffer(in.Menu, r); done || err != nil {
			return err
		}
		if done, err := t.tapSupervision(in.Menu, r); done || err != nil {
			return err
		}
		if done, err := t.tapJoint(in.Menu, r); done || err != nil {
			return err
		}
	}
	if in.Menu != 0 {
		t.say("menu.stale")
	}
	return nil
}

// unclear says that an answer was not understood, and what would be.
func (t *turn) unclear(q *question) error {
	what := t.text("menu.unclear", "n", t.choices(q))
	if q.yesNo() {
		what = t.text("menu.unclear_yesno")
	}
	t.line(what + "\n" + t.helpLine())
	return nil
}

// unknown answers what is not a command here: with the nearest one, and one
// line of help.
func (t *turn) unknown(body string, elsewhere bool) {
	var lines []string
	if t.place == Leg && !elsewhere {
		lines = append(lines, t.text("unknown.leg"))
	}
	switch near := t.nearest(body); {
	case elsewhere && t.place == Leg:
		lines = append(lines, t.text("place.management"))
	case near != "":
		lines = append(lines, t.text("unknown.near", "word", near))
	case elsewhere:
		lines = append(lines, t.text("place.own_room"))
	case t.place == Management && t.b.parts[word(body)] == "hello":
		lines = append(lines, t.text("unknown.hello"))
	case t.place == Management:
		lines = append(lines, t.text("unknown.none"))
	case t.place == Staff:
		lines = append(lines, t.text("unknown.staff"))
	}
	lines = append(lines, t.helpLine())
	t.line(strings.Join(lines, "\n"))
}

// helpLine is the one line of help that goes with everything not understood.
func (t *turn) helpLine() string {
	if t.place == Staff {
		return t.text("unknown.help_staff")
	}
	return t.text("unknown.help")
}

// cancel leaves what is being asked.
func (t *turn) cancel(string) error {
	if t.question() == nil {
		t.say("cancel.nothing")
		return nil
	}
	if t.place == Management && !t.ready() {
		return t.askJoining()
	}
	t.forget()
	t.say("cancel.done")
	return nil
}
