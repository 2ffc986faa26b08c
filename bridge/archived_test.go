package bridge_test

import (
	"testing"

	"silta/mentoring"
)

// TestArchivedLeg: what comes to a leg that its person has archived is a notice,
// and its edits, too; when they write it is as before. A heart is thanks.
func TestArchivedLeg(t *testing.T) {
	w := newWorld(t)
	mentee, mentor := w.mentoringPair(t)
	w.do(func(a *mentoring.Act) error {
		c, err := a.Tx.ConversationOf(mentor.id)
		if err != nil {
			return err
		}
		m, err := a.Tx.Member(c.Participant(mentor.id).Member)
		if err != nil {
			return err
		}
		return a.SetHours(m, nil)
	})
	must(mentee.Say(mentee.room, "!archive"))
	w.told(mentee, "Archived")
	first := must(mentor.Say(mentor.room, "hei"))
	must(mentor.Edit(mentor.room, first, "moi"))
	kinds := func() (list []string) {
		for _, m := range mentee.View(mentee.room) {
			if m.Sender != mentee.ID && m.Sender != "@silta:test" {
				list = append(list, m.Kind)
			}
		}
		return list
	}
	w.until("it comes as a notice", func() bool { k := kinds(); return len(k) == 1 && k[0] == "m.notice" })
	must(mentee.Say(mentee.room, "täällä"))
	w.sees(mentor, "täällä")
	must(mentor.Say(mentor.room, "kiva"))
	w.until("it comes as words", func() bool { k := kinds(); return len(k) == 2 && k[1] == "m.text" })
	view := mentee.View(mentee.room)
	must(mentee.React(mentee.room, view[len(view)-1].Event, "❤️"))
	w.until("the mentor is thanked", func() bool {
		for _, room := range append(mentor.Rooms("invite"), mentor.Rooms("join")...) {
			if room != mentor.room && !w.isLeg(room) {
				return true // their own room is made to tell them
			}
		}
		return false
	})
}
