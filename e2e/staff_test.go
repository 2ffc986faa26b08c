package e2e

import (
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// cases: help and danger, from a conversation and from somebody who has only
// just come; claimed, talked about and closed.
func cases(t *testing.T, w *world) {
	p := w.pair(t)
	t.Run("help", func(t *testing.T) { help(t, w, p) })
	t.Run("urgent at once", func(t *testing.T) { urgent(t, w) })
}

func help(t *testing.T, w *world, p *pair) {
	staff, here, there := w.StaffRoom.Mark(), p.mentee.Mark(), p.mentor.Mark()
	p.mentee.Text(p.menteeLeg, "!"+w.Words.Command("fi", "staff"))
	_, called := p.mentee.HearsIn(p.menteeLeg, here, "staff.called")
	number := called[0]
	head, _ := w.StaffRoom.HearsIn(w.StaffRoom.Room, staff, "case.head.help")
	if strings.Contains(head.Body(), localpart(p.mentee.Client)) {
		t.Errorf("the case says who calls: %s", head.Body())
	}

	own := p.mentee.Mark()
	claimed := w.Staff.Mark()
	w.StaffRoom.Asks("!"+w.Words.Command("fi", "claim")+" "+number, "case.claimed_now")
	leg := p.mentee.AwaitLeg(own)
	desk := w.Staff.Await(claimed, "the room of the case", func(e dev.Event) bool {
		return dev.Membership("", "invite")(e) && e.Room != w.StaffRoom.Room
	}).Room
	w.Staff.Join(desk)
	p.mentee.Text(leg, "voitteko auttaa")
	w.Staff.AwaitText(desk, "voitteko auttaa")
	w.Staff.Text(desk, "kyllä voimme")
	e := p.mentee.AwaitText(leg, "kyllä voimme")
	if e.Sender == w.Staff.UserID || !strings.HasPrefix(e.Sender, "@silta_") {
		t.Errorf("staff speak as %s", e.Sender)
	}
	// The mentor learns nothing of it.
	p.mentor.Never(there, 300*time.Millisecond, "anything", func(e dev.Event) bool {
		return e.Room == p.mentorLeg && e.Type == "m.room.message"
	})

	edited := w.StaffRoom.Mark()
	w.StaffRoom.Asks("!"+w.Words.Command("fi", "close")+" "+number+" autettu", "case.close_sure")
	w.StaffRoom.Asks("!"+w.Words.Answer("fi", "yes"), "case.closed_now")
	w.StaffRoom.Await(edited, "the case's head to be edited", func(e dev.Event) bool {
		return e.Room == w.StaffRoom.Room && e.Text("m.relates_to", "rel_type") == "m.replace" && e.Text("m.relates_to", "event_id") == head.ID
	})
	over := p.mentee.Mark()
	p.mentee.Text(leg, "vielä yksi asia")
	p.mentee.HearsIn(leg, over, "chat.is_over")
}

// urgent: the numbers to ring come first, also for somebody who has not even
// chosen a language, and staff get a loud line.
func urgent(t *testing.T, w *world) {
	staff := w.StaffRoom.Mark()
	p := w.Meet(dev.Plain(t, w.account(t)), w.Words)
	p.Hears("language.ask")
	p.Say("112")
	e := p.HearsWords("112", "2525 0111")
	if e.Text("msgtype") != "m.text" {
		t.Errorf("the numbers came as a %s, which clients do not notify of", e.Text("msgtype"))
	}
	head, _ := w.StaffRoom.HearsIn(w.StaffRoom.Room, staff, "case.head.urgent")
	w.StaffRoom.Await(staff, "a line in the thread of the case", func(e dev.Event) bool {
		return e.Room == w.StaffRoom.Room && e.Text("m.relates_to", "rel_type") == "m.thread" && e.Text("m.relates_to", "event_id") == head.ID
	})
}

// away: a mentor who is away takes nobody new; whom they are talking with gets
// one notice.
func away(t *testing.T, w *world) {
	p := w.pair(t)
	here := p.mentee.Mark()
	p.mentor.Command("away", "lomalla", "away.done")
	p.mentee.HearsIn(p.menteeLeg, here, "chat.mentor_away")
	other := w.mentee(t)
	other.Command("mentors", "", "mentors.head")
	if strings.Contains(other.HearsWords().Body(), p.alias) {
		t.Errorf("a mentor who is away is offered")
	}
	p.mentee.Text(p.menteeLeg, "hyvää lomaa")
	p.mentor.AwaitText(p.mentorLeg, "hyvää lomaa")
	p.mentor.Command("back", "", "back.done")
	other.Command("mentors", "", "mentors.head")
	if list := other.HearsWords().Body(); !strings.Contains(list, p.alias) {
		t.Errorf("a mentor who is back, %s, is not offered:\n%s", p.alias, list)
	}
}

// ending: `end` and `block` ask first; then nothing more goes through, and a
// blocked mentor is no longer offered.
func ending(t *testing.T, w *world) {
	t.Run("end", func(t *testing.T) {
		p := w.pair(t)
		there := p.mentor.Mark()
		leg := p.mentee.In(p.menteeLeg)
		leg.Asks("!"+w.Words.Command("fi", "end"), "end.sure")
		leg.Asks("!"+w.Words.Answer("fi", "yes"), "end.done")
		p.mentor.HearsIn(p.mentorLeg, there, "chat.ended")
		p.mentor.In(p.mentorLeg).Asks("yksi vielä", "chat.is_over")
		p.mentee.Never(0, 200*time.Millisecond, "a message after the end", dev.Message(p.menteeLeg, "yksi vielä"))
	})
	t.Run("block", func(t *testing.T) {
		p := w.pair(t)
		there := p.mentee.Mark()
		p.mentor.Command("block", "", "block.sure")
		p.mentor.Yes("block.done")
		// The same line as at an end: the other does not learn of the block.
		p.mentee.HearsIn(p.menteeLeg, there, "chat.ended")
		p.mentee.Command("mentors", "", "mentors.head")
		if strings.Contains(p.mentee.HearsWords().Body(), p.alias) {
			t.Errorf("a mentor who has blocked somebody is offered to them")
		}
	})
}
