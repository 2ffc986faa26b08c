package bot

import "silta/mentoring"

// codesign asks somebody into the group that thinks about the service, or opens
// and ends it for staff.
func (t *turn) codesign(rest string) error {
	if mentoring.May(t.memberships, mentoring.DoQuestion) {
		switch t.b.parts[word(rest)] {
		case "on", "open":
			return t.saidTo(t.act.StartCodesign(*t.member), "codesign.opened")
		case "off", "end", "shut":
			return t.saidTo(t.act.EndCodesign(*t.member), "codesign.ended")
		}
		t.helpOf("help.codesign_staff")
		return nil
	}
	if err := t.act.CodesignOpen(*t.member); err != nil {
		return err
	}
	t.askYesNo(question{Kind: askCodesign}, t.text("codesign.sure"))
	return nil
}

func (t *turn) answerCodesign(r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	alias, err := t.act.JoinCodesign(*t.member)
	if err == nil {
		t.say("codesign.joined", "alias", alias)
	}
	return true, err
}
