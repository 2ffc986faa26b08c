package bot

import (
	"time"

	"silta/mentoring"
)

// callStaff asks a person of the staff for help.
func (t *turn) callStaff(string) error {
	c, err := t.call(mentoring.CaseHelp)
	if err != nil {
		return err
	}
	t.line(t.text("staff.called", "number", int64(c.ID)) + t.by(&c))
	return t.later(c)
}

// by says until when somebody should have taken a case; nothing where nobody has
// set that, or where somebody has taken it.
func (t *turn) by(c *mentoring.Case) string {
	if c.Due.IsZero() || c.State != mentoring.CaseOpen || c.Overdue(t.act.Now) {
		return ""
	}
	return " " + t.text("case.by", "until", c.Due)
}

// callUrgent tells the numbers to ring at once, whatever happens after, and
// then calls staff.
func (t *turn) callUrgent(string) error {
	t.out.Lines = append(t.out.Lines, Line{Text: t.text("urgent.now"), Loud: true})
	c, err := t.call(mentoring.CaseUrgent)
	if err != nil {
		return err
	}
	t.say("urgent.called", "number", int64(c.ID))
	return t.later(c)
}

func (t *turn) call(kind mentoring.CaseKind) (mentoring.Case, error) {
	var in mentoring.ConversationID
	if t.place == Leg {
		c, err := t.here()
		if err != nil {
			return mentoring.Case{}, err
		}
		in = c.ID
	}
	return t.act.CallStaff(*t.member, kind, in)
}

// away takes "until 24.12. text", "24.12. text", "text" or nothing. Being away
// ends at the beginning of the day that is named.
func (t *turn) away(rest string) error {
	until, text, refusal := t.awayUntil(rest)
	if refusal != "" {
		t.say(refusal)
		return nil
	}
	if err := t.act.GoAway(*t.member, until, text); err != nil {
		return err
	}
	if until.IsZero() {
		t.say("away.done")
	} else {
		t.say("away.done_until", "until", until)
	}
	return nil
}

// awayUntil reads the day, if there is one, and leaves the text. refusal is the
// key of what to say when the day cannot be read.
func (t *turn) awayUntil(rest string) (until time.Time, text, refusal string) {
	text = rest
	said := false
	for {
		first, after := cutWord(text)
		if first == "" || t.b.parts[word(first)] != "until" {
			break
		}
		text, said = after, true
	}
	first, after := cutWord(text)
	until, why, ok := day(first, t.act.Now, t.b.cfg.Location)
	switch {
	case ok:
	case why == badDate:
		return until, "", "date.bad"
	case why == pastDate:
		return until, "", "date.past"
	case said:
		return until, "", "date.unclear"
	default:
		return until, rest, ""
	}
	if next, rest := cutWord(after); t.b.parts[word(next)] == "until" {
		after = rest
	}
	return until, after, ""
}

// back ends being away.
func (t *turn) back(string) error {
	if err := t.act.ComeBack(*t.member); err != nil {
		return err
	}
	t.say("back.done")
	return nil
}

// status changes the line on the card; a hyphen takes it away.
func (t *turn) status(rest string) error {
	if rest == "" {
		t.say("status.how")
		return nil
	}
	if rest == "-" || rest == "–" {
		rest = ""
	}
	if err := t.act.SetStatus(*t.member, rest); err != nil {
		return err
	}
	if rest == "" {
		t.say("status.cleared")
	} else {
		t.say("status.done")
	}
	return nil
}
