package mentoring_test

import (
	"fmt"
	"testing"

	"silta/mentoring"
)

func (w *world) call(m mentoring.Member, kind mentoring.CaseKind, in mentoring.ConversationID) (c mentoring.Case, effects []mentoring.Effect) {
	w.t.Helper()
	effects = w.must(func(a *mentoring.Act) (err error) { c, err = a.CallStaff(m, kind, in); return err })
	return c, effects
}

// TestCaseTable: every state of a case × what is done with it, by the one who
// claimed it and by other staff.
func TestCaseTable(t *testing.T) {
	type cell struct {
		to      mentoring.CaseState
		refusal string
	}
	to := func(s mentoring.CaseState) cell { return cell{s, ""} }
	no := func(key string) cell { return cell{"", key} }
	closed := no("case.closed_already")
	table := map[mentoring.CaseState][6]cell{ // claim, release, close; the same by another
		mentoring.CaseOpen: {
			to("claimed"), no("case.not_claimed"), to("closed"), to("claimed"), no("case.not_claimed"), to("closed"),
		},
		mentoring.CaseClaimed: {
			no("case.yours_already"), to("open"), to("closed"), no("case.claimed_already"), to("open"), to("closed"),
		},
		mentoring.CaseClosed: {closed, closed, closed, closed, closed, closed},
	}
	for from, row := range table {
		for i, want := range row {
			t.Run(fmt.Sprint(from, "/", i), func(t *testing.T) {
				w := newWorld(t)
				first, second := w.staff(), w.staff()
				caller := w.mentee("Kuu")
				c, _ := w.call(caller, mentoring.CaseHelp, 0)
				if from != mentoring.CaseOpen {
					w.must(func(a *mentoring.Act) error { _, err := a.Claim(first, c.ID); return err })
				}
				if from == mentoring.CaseClosed {
					w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(first, c.ID); return err })
				}
				by := first
				if i >= 3 {
					by = second
				}
				act := func(a *mentoring.Act) error {
					_, err := []func(mentoring.Member, mentoring.CaseID) (mentoring.Case, error){a.Claim, a.ReleaseCase, a.CloseCase}[i%3](by, c.ID)
					return err
				}
				if want.refusal != "" {
					w.refused(want.refusal, act)
					want.to = from
				} else {
					w.must(act)
				}
				if got := w.caseOf(c.ID).State; got != want.to {
					t.Errorf("%s → %s, want %s", from, got, want.to)
				}
			})
		}
	}
}

// TestCall: what staff see of each kind, and that a second call of a kind goes
// to the same case until that is closed.
func TestCall(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	caller := w.mentee("Kuu")
	line := func(c mentoring.Case, key string, loud bool) mentoring.Effect {
		return mentoring.TellStaff{Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Case: c.ID,
			Text: mentoring.T(key, "number", int64(c.ID)), Loud: loud}
	}
	help, effects := w.call(caller, mentoring.CaseHelp, 0)
	w.same(effects, mentoring.ShowCase{Case: help.ID})
	urgent, effects := w.call(caller, mentoring.CaseUrgent, 0)
	w.same(effects[:1], mentoring.ShowCase{Case: urgent.ID})
	if room := of[mentoring.TellStaff](effects); len(room) != 1 || room[0].Text.Key != "case.urgent" || !room[0].Loud || room[0].Menu == 0 {
		t.Errorf("the room is told %+v", room)
	}
	again, effects := w.call(caller, mentoring.CaseHelp, 0)
	w.same(effects, line(help, "case.called_again", false))
	if again.ID != help.ID || urgent.ID == help.ID {
		t.Errorf("cases %d, %d, then %d", help.ID, urgent.ID, again.ID)
	}
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, urgent.ID); return err })
	again, effects = w.call(caller, mentoring.CaseUrgent, 0)
	w.same(effects, line(urgent, "case.called_again", true))
	if again.State != mentoring.CaseClaimed {
		t.Errorf("called again: %+v", again)
	}
	w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, urgent.ID); return err })
	if next, _ := w.call(caller, mentoring.CaseUrgent, 0); next.ID == urgent.ID || next.State != mentoring.CaseOpen {
		t.Errorf("after closing: %+v", next)
	}
	if other, _ := w.call(w.mentee("Suo"), mentoring.CaseHelp, 0); other.ID == help.ID {
		t.Error("two people share a case")
	}
}

// TestCallFromAConversation keeps where it came from and as what the person
// called; the others in it are told nothing.
func TestCallFromAConversation(t *testing.T) {
	w := newWorld(t)
	mentee, mentor, c := w.pair(mentoring.Open)
	for _, who := range []struct {
		m    mentoring.Member
		role mentoring.Role
	}{{mentee, mentoring.Mentee}, {mentor, mentoring.Mentor}} {
		got, effects := w.call(who.m, mentoring.CaseUrgent, c.ID)
		if got.Conversation != c.ID || got.OpenerRole != who.role || got.Opener != who.m.ID || got.State != mentoring.CaseOpen {
			t.Errorf("case %+v", got)
		}
		for _, n := range of[mentoring.Notify](effects) {
			if n.Member == mentee.ID || n.Member == mentor.ID {
				t.Errorf("somebody was told: %v", effects)
			}
		}
		if len(of[mentoring.Tell](effects)) > 0 {
			t.Errorf("somebody was told: %v", effects)
		}
	}
	outsider := w.mentee("Vieras")
	w.refused("chat.unknown", func(a *mentoring.Act) error { _, err := a.CallStaff(outsider, mentoring.CaseHelp, c.ID); return err })
	if got, _ := w.call(mentor, mentoring.CaseHelp, 0); got.OpenerRole != mentoring.Mentor {
		t.Errorf("from the own room: %+v", got)
	}
}

// TestCaseFromHelloToClose: claim opens a conversation of two under aliases, by
// the same engine; it is in no figure of mentoring; closing ends it.
func TestCaseFromHelloToClose(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	caller := w.mentee("Kuu")
	c, _ := w.call(caller, mentoring.CaseHelp, 0)
	number := int64(c.ID)
	effects := w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	talk := w.conversation(c.Talk)
	p, q := talk.Participants[0], talk.Participants[1]
	if talk.Kind != mentoring.KindCase || talk.State != mentoring.Open || talk.Case != c.ID || c.ClaimedBy != staff.ID ||
		p.Member != caller.ID || p.Alias != "Kuu" || p.Role != mentoring.Mentee || p.Membership == 0 ||
		q.Member != staff.ID || q.Alias != "Silta" || q.Role != mentoring.Admin {
		t.Errorf("talk %+v of case %+v", talk, c)
	}
	w.same(effects,
		mentoring.ShowCase{Case: c.ID},
		mentoring.Notify{Member: caller.ID, Text: mentoring.T("case.claimed", "number", number)},
		mentoring.OpenLeg{Participant: p.ID}, mentoring.Tell{Participant: p.ID, Text: mentoring.T("case.hello", "number", number, "alias", []string{"Silta"})},
		mentoring.OpenLeg{Participant: q.ID}, mentoring.Tell{Participant: q.ID, Text: mentoring.T("case.hello_staff", "number", number, "alias", []string{"Kuu"})})
	w.same(w.says(p.ID))
	w.same(w.says(q.ID))
	for _, name := range []mentoring.CounterName{mentoring.CountMessages, mentoring.CountTalkDays, mentoring.CountFirstMessages} {
		if n := w.figure(name, false); n != 0 {
			t.Errorf("%s: %d", name, n)
		}
	}
	w.refused("block.not_here", func(a *mentoring.Act) error { return a.Block(caller, talk.ID) })
	effects = w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID); return err })
	w.same(effects,
		mentoring.Tell{Participant: p.ID, Text: mentoring.T("chat.ended", "alias", []string{"Silta"})},
		mentoring.Tell{Participant: q.ID, Text: mentoring.T("chat.ended", "alias", []string{"Kuu"})},
		mentoring.ShowCase{Case: c.ID},
		mentoring.Notify{Member: caller.ID, Text: mentoring.T("case.closed", "number", number)})
	if got := w.conversation(talk.ID).State; got != mentoring.Closed {
		t.Errorf("the talk is %s", got)
	}
}

// TestPersonEndsTheTalk: staff are told in the case, which stays claimed and can
// still be closed.
func TestPersonEndsTheTalk(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	caller := w.mentee("Kuu")
	c, _ := w.call(caller, mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	effects := w.must(func(a *mentoring.Act) error { return a.End(caller, c.Talk) })
	w.same(effects,
		mentoring.Tell{Participant: w.conversation(c.Talk).Participants[1].ID, Text: mentoring.T("chat.ended", "alias", []string{"Kuu"})},
		mentoring.TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: mentoring.T("case.talk_ended", "number", int64(c.ID))})
	if got := w.caseOf(c.ID).State; got != mentoring.CaseClaimed {
		t.Errorf("the case is %s", got)
	}
	effects = w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID); return err })
	if n := len(of[mentoring.Tell](effects)); n != 0 {
		t.Errorf("%d lines in a talk that has ended", n)
	}
}

// TestReleaseAndClaimAnew gives the next one a talk of their own.
func TestReleaseAndClaimAnew(t *testing.T) {
	w := newWorld(t)
	first, second := w.staff(), w.staff()
	caller := w.mentee("Kuu")
	c, _ := w.call(caller, mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(first, c.ID); return err })
	old := c.Talk
	effects := w.must(func(a *mentoring.Act) (err error) { c, err = a.ReleaseCase(first, c.ID); return err })
	if notes := of[mentoring.Notify](effects); len(notes) != 1 || notes[0].Text.Key != "case.released" || notes[0].Member != caller.ID {
		t.Errorf("told %v", notes)
	}
	if c.State != mentoring.CaseOpen || c.ClaimedBy != 0 || c.Talk != 0 || w.conversation(old).State != mentoring.Closed {
		t.Errorf("released: %+v", c)
	}
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(second, c.ID); return err })
	if c.ClaimedBy != second.ID || c.Talk == old {
		t.Errorf("claimed anew: %+v", c)
	}
}

func TestOwnCase(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	c, _ := w.call(staff, mentoring.CaseHelp, 0)
	w.refused("case.own", func(a *mentoring.Act) error { _, err := a.Claim(staff, c.ID); return err })
	w.refused("case.unknown", func(a *mentoring.Act) error { _, err := a.Claim(staff, c.ID+1000); return err })
	w.refused("case.unknown", func(a *mentoring.Act) error { _, err := a.CaseOf(c.ID + 1000); return err })
}

// TestStaffNickname: staff who have taken one are called by it.
func TestStaffNickname(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	w.joins(&staff, "Kaarna")
	c, _ := w.call(w.mentee("Kuu"), mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	if got := w.conversation(c.Talk).Participants[1].Alias; got != "Kaarna" {
		t.Errorf("alias %q", got)
	}
}
