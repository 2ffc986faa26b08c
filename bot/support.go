package bot

import "silta/mentoring"

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
