package bot

import "silta/mentoring"

// report tells staff of a conversation in which something is wrong. The others
// in it learn nothing.
func (t *turn) report(rest string) error {
	all, err := t.act.Readable(*t.member)
	if err != nil {
		return err
	}
	return t.among("report", rest, "report.none", all)
}

func (t *turn) reportThis(c *mentoring.Conversation) error {
	called, err := t.act.CallStaff(*t.member, mentoring.CaseReport, c.ID)
	if err != nil {
		return err
	}
	t.forget()
	t.say("report.done", "number", int64(called.ID))
	return nil
}

// support asks staff and colleagues for a talk, or takes a colleague's wish by
// its number.
func (t *turn) support(rest string) error {
	if rest == "" {
		c, err := t.act.AskSupport(*t.member)
		if err == nil {
			t.say("support.asked", "number", int64(c.ID))
		}
		return err
	}
	n := number(rest)
	if n == 0 {
		t.say("support.how")
		return nil
	}
	if err := t.act.GiveSupport(*t.member, mentoring.CaseID(n)); err != nil {
		return err
	}
	t.say("support.given", "number", n)
	return nil
}
