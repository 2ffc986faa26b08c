package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

func (w *world) call(m mentoring.Member, kind mentoring.CaseKind, in mentoring.ConversationID) (c mentoring.Case, effects []mentoring.Effect) {
	w.t.Helper()
	effects = w.must(func(a *mentoring.Act) (err error) { c, err = a.CallStaff(m, kind, in); return err })
	return c, effects
}

// caseDeeds is everything that staff do with a case, in the order of the rows of
// TestCaseTable.
func (w *world) caseDeeds(colleague mentoring.Member) []func(*mentoring.Act, mentoring.Member, mentoring.CaseID) error {
	other := w.memberships(colleague)[0].ID
	return []func(*mentoring.Act, mentoring.Member, mentoring.CaseID) error{
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, err := a.Claim(m, id)
			return err
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, err := a.ReleaseCase(m, id)
			return err
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, err := a.CloseCase(m, id, mentoring.OutcomeHelped)
			return err
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, err := a.Reopen(m, id)
			return err
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, err := a.HandOn(m, id, other)
			return err
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			return a.AddNote(m, id, "muista")
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, err := a.SayInCase(m, id, "hei")
			return err
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, _, err := a.ReadReport(m, id, func(mentoring.Snapshot) int { return 1 })
			return err
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error { return a.AskJoint(m, id, 0, 0) },
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, err := a.ReadCase(m, id)
			return err
		},
		func(a *mentoring.Act, m mentoring.Member, id mentoring.CaseID) error {
			_, _, err := a.CaseHistory(m, id)
			return err
		},
	}
}

// caseIn makes a report with a talk and brings it to a state; claimed by staff.
func (w *world) caseIn(state mentoring.CaseState, staff mentoring.Member) mentoring.CaseID {
	w.t.Helper()
	_, mentor := w.mentor(staff, "Kanerva")
	caller := w.mentee("Kuu")
	id := w.reports(caller, w.talking(caller, mentor).ID, true, "no niin").ID
	if state == mentoring.CaseOpen {
		return id
	}
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, id); return err })
	if state == mentoring.CaseClaimed {
		return id
	}
	w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, id, mentoring.OutcomeMeasure); return err })
	if state == mentoring.CaseExpired {
		w.later(91 * 24 * time.Hour)
		w.tick()
	}
	return id
}

// TestCaseTable: every state of a case × everything that is done with one, by
// whoever claimed it and by other staff; and by people who are no staff.
func TestCaseTable(t *testing.T) {
	const ok, none, closed, mine, expired = "", "case.not_claimed", "case.closed_already", "case.claim_first", "case.expired"
	type row struct{ claimer, other [11]string } // refusals; "": it goes through
	all := func(key string) (r [11]string) {
		for i := range r {
			r[i] = key
		}
		return r
	}
	not := func(r [11]string, at int, key string) [11]string { r[at] = key; return r }
	shut := [11]string{closed, closed, closed, ok, closed, ok, closed, closed, closed, ok, ok}
	open := [11]string{ok, none, ok, "case.not_closed", mine, ok, mine, mine, mine, ok, ok}
	taken := [11]string{"case.yours_already", ok, ok, "case.not_closed", ok, ok, ok, ok, ok, ok, ok}
	table := map[mentoring.CaseState]row{
		mentoring.CaseOpen:    {open, open},
		mentoring.CaseClaimed: {taken, not(not(not(not(not(taken, 0, "case.claimed_already"), 4, mine), 6, mine), 7, mine), 8, mine)},
		mentoring.CaseClosed:  {shut, shut},
		mentoring.CaseExpired: {all(expired), all(expired)},
	}
	for from, row := range table {
		t.Run(string(from), func(t *testing.T) {
			w := newWorld(t)
			first, second, third := w.staff(), w.staff(), w.staff()
			id := w.caseIn(from, first)
			mentee, professional := w.mentee("Suo"), w.mentee("Yrtti")
			w.put(func(tx mentoring.Tx) error {
				return tx.PutMembership(&mentoring.Membership{Member: professional.ID, Programme: mentoring.DefaultProgramme,
					Unit: mentoring.DefaultUnit, Role: mentoring.Professional, State: mentoring.Active})
			})
			for i, deed := range w.caseDeeds(third) {
				for who, want := range map[mentoring.MemberID]string{
					first.ID: row.claimer[i], second.ID: row.other[i], mentee.ID: "not_allowed", professional.ID: "not_allowed",
				} {
					var got error
					if err := w.undone(func(a *mentoring.Act) error { got = deed(a, w.member(who), id); return nil }); err != nil {
						t.Fatal(err)
					}
					refusal := asRefusal(got)
					switch {
					case got != nil && refusal == nil:
						t.Errorf("deed %d by %d: %v", i, who, got)
					case want == "" && refusal != nil, want != "" && (refusal == nil || refusal.Text.Key != want):
						t.Errorf("deed %d by %d: %v, want %q", i, who, refusal, want)
					}
				}
			}
		})
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
	w.must(func(a *mentoring.Act) error {
		_, err := a.CloseCase(staff, urgent.ID, mentoring.OutcomeHelped)
		return err
	})
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
	effects = w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID, mentoring.OutcomeHelped); return err })
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
	effects = w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID, mentoring.OutcomeHelped); return err })
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
