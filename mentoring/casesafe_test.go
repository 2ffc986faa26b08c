package mentoring_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// TestCaseWords: what is written to a case or to its person is neither empty nor
// too long, and an outcome is one of those there are.
func TestCaseWords(t *testing.T) {
	s := newAccessing(t)
	say := func(words string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.SayInCase(s.sari, s.number, words); return err }
	}
	note := func(words string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { return a.AddNote(s.sari, s.number, words) }
	}
	s.refused("case.say_how", say(" \n "))
	s.refused("case.say_long", say(strings.Repeat("x", 4001)))
	s.must(say(strings.Repeat("x", 4000)))
	s.refused("case.note_how", note("  "))
	s.refused("text.too_long", note(strings.Repeat("x", 2001)))
	s.must(note(strings.Repeat("x", 2000)))
	for _, outcome := range []mentoring.Outcome{"", "hmm", mentoring.OutcomeGone} {
		s.refused("case.which_outcome", func(a *mentoring.Act) error {
			_, err := a.CloseCase(s.sari, s.number, outcome)
			return err
		})
	}
	s.refused("case.no_messages", func(a *mentoring.Act) error { // it was called, nothing was given
		_, _, err := a.ReadReport(s.sari, s.number, func(mentoring.Snapshot) int { return 1 })
		return err
	})
	s.must(func(a *mentoring.Act) error { return a.End(s.mentee, s.caseOf(s.number).Talk) })
	s.refused("case.talk_over", say("hei"))
	list := func(f mentoring.CaseFilter) (n int) {
		s.look(func(a *mentoring.Act) error { all, err := a.ListCases(s.sari, f); n = len(all); return err })
		return n
	}
	s.must(func(a *mentoring.Act) error {
		_, err := a.CloseCase(s.sari, s.number, mentoring.OutcomeHelped)
		return err
	})
	if list(mentoring.CaseFilter{}) != 0 || list(mentoring.CaseFilter{States: []mentoring.CaseState{mentoring.CaseClosed}}) != 1 {
		t.Error("a closed case is in the list of what goes on, or not in that of what is closed")
	}
}

// TestReasonOfReport: what a reporter gave is shown with the reason to who has the
// case, taken away at its end, shown again when it is taken up again, and gone when
// it expires.
func TestReasonOfReport(t *testing.T) {
	s := newAccessing(t)
	c := s.reports(s.mentee, s.talk.ID, true, "hei") // a part of the case that sari has
	read := func() []mentoring.Effect {
		return s.must(func(a *mentoring.Act) error {
			_, given, err := a.ReadReport(s.sari, c.ID, func(mentoring.Snapshot) int { return 2 })
			if err == nil && (len(given) != 1 || len(given[0].Excerpts) != 1) {
				t.Errorf("given %+v", given)
			}
			return err
		})
	}
	claim := func(a *mentoring.Act) error { _, err := a.Claim(s.sari, c.ID); return err }
	end := func(a *mentoring.Act) error {
		_, err := a.CloseCase(s.sari, c.ID, mentoring.OutcomeNothing)
		return err
	}
	hidden := func(effects []mentoring.Effect) int { return len(of[mentoring.HideLine](effects)) }
	if n := hidden(read()); n != 0 {
		t.Errorf("%d lines are hidden that were never shown", n)
	}
	if n := hidden(read()); n != 2 {
		t.Errorf("%d lines are hidden when it is shown again", n)
	}
	if n := hidden(s.must(end)); n != 2 {
		t.Errorf("%d lines are hidden at the end", n)
	}
	s.must(func(a *mentoring.Act) (err error) { c, err = a.Reopen(s.sari, c.ID); return err })
	if c.State != mentoring.CaseOpen || c.ClaimedBy != 0 || c.Outcome != "" || !c.Closed.IsZero() || c.Reason == "" || !c.Due.Equal(s.caseOf(c.ID).Due) {
		t.Errorf("taken up again: %+v", c)
	}
	s.refused("case.claim_first", func(a *mentoring.Act) error {
		_, _, err := a.ReadReport(s.sari, c.ID, func(mentoring.Snapshot) int { return 1 })
		return err
	})
	s.must(claim)
	read()
	s.must(end)
	s.later(90 * 24 * time.Hour)
	s.tick()
	left := s.caseOf(c.ID)
	if left.State != mentoring.CaseExpired || left.Reason != "" || left.Opener != 0 || left.About != 0 || left.Conversation != 0 {
		t.Errorf("left of it: %+v", left)
	}
	s.refused("case.expired", func(a *mentoring.Act) error { _, err := a.Reopen(s.sari, c.ID); return err })
}

// TestMenteeConsents: the mentee who is asked may let staff read with their yes
// alone; one who is not asked may not.
func TestMenteeConsents(t *testing.T) {
	s := newAccessing(t)
	entries := len(s.auditOf())
	var x mentoring.Access
	effects := s.must(func(a *mentoring.Act) (err error) {
		x, err = a.AskRead(s.sari, s.number, 2, true, why)
		return err
	})
	if got := toldTo(effects, s.mentee.ID); !slices.Equal(got, []string{"access.ask_mentee"}) {
		t.Errorf("the mentee is told %v", got)
	}
	s.refused("access.unknown", func(a *mentoring.Act) error { _, err := a.AllowAccess(s.mentor, x.ID, mentoring.Proven{}); return err })
	effects = s.allowed(s.mentee, x.ID)
	if got := keysOf(effects); !slices.Equal(got, []string{"thread access.allowed_mentee"}) {
		t.Errorf("told %v", got)
	}
	if got := s.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditAskRead, mentoring.AuditConsent}) {
		t.Errorf("audit %v", got)
	}
	// A no ends it, of the mentee, of another of staff, or of who asked.
	for _, m := range []mentoring.Member{s.mentee, s.tero, s.sari} {
		s.must(func(a *mentoring.Act) (err error) { x, err = a.AskRead(s.sari, s.number, 2, true, why); return err })
		s.refused("access.unknown", func(a *mentoring.Act) error { return a.DenyAccess(s.mentor, x.ID) })
		s.must(func(a *mentoring.Act) error { return a.DenyAccess(m, x.ID) })
		s.refused("access.unknown", func(a *mentoring.Act) error { _, err := a.AllowAccess(s.tero, x.ID, mentoring.Proven{}); return err })
	}
}

// TestNobodyAboutThemselves: who is in it neither asks to see it nor allows it.
func TestNobodyAboutThemselves(t *testing.T) {
	s := newAccessing(t)
	none := mentoring.Proven{}
	// Tero becomes the mentor's other self: a mentor in the conversation, who is staff.
	s.put(func(tx mentoring.Tx) error {
		return tx.PutMembership(&mentoring.Membership{
			Member: s.mentor.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
			Role: mentoring.Coordinator, State: mentoring.Active, Created: s.now,
		})
	})
	read, who := s.asks(), s.asksWho()
	for _, x := range []mentoring.Access{read, who} {
		s.refused("access.own", func(a *mentoring.Act) error { _, err := a.AllowAccess(s.mentor, x.ID, none); return err })
	}
	s.must(func(a *mentoring.Act) error { _, err := a.ReleaseCase(s.sari, s.number); return err })
	s.must(func(a *mentoring.Act) error { _, err := a.Claim(s.mentor, s.number); return err })
	s.refused("access.own", func(a *mentoring.Act) error { _, err := a.AskRead(s.mentor, s.number, 1, false, why); return err })
	s.refused("access.own", func(a *mentoring.Act) error {
		_, err := a.AskIdentity(s.mentor, s.number, mentoring.Mentor, why, none)
		return err
	})
	// An urgent call of one's own is nobody's to acknowledge but another's.
	call, _ := s.call(s.tero, mentoring.CaseUrgent, 0)
	s.refused("case.own", func(a *mentoring.Act) error { return a.Acknowledge(s.tero, call.ID) })
	s.must(func(a *mentoring.Act) error { return a.Acknowledge(s.sari, call.ID) })
	// Who called from nowhere is asked for by their role; who is deleted is nobody.
	caller := s.mentee
	help, _ := s.call(caller, mentoring.CaseHelp, 0)
	s.must(func(a *mentoring.Act) error { _, err := a.Claim(s.sari, help.ID); return err })
	s.refused("access.no_such_person", func(a *mentoring.Act) error {
		_, err := a.AskIdentity(s.sari, help.ID, mentoring.Mentor, why, none)
		return err
	})
	s.must(func(a *mentoring.Act) error {
		x, err := a.AskIdentity(s.sari, help.ID, mentoring.Mentee, why, none)
		if x.Member != caller.ID {
			t.Errorf("asked about %d, want %d", x.Member, caller.ID)
		}
		return err
	})
}

// TestLastAdmin: somebody must be able to give roles.
func TestLastAdmin(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	w.joins(&staff, "Sari")
	dismiss := func(of mentoring.Member, role mentoring.Role) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { return a.Dismiss(staff, of.ID, role) }
	}
	w.refused("role.last_admin", dismiss(staff, mentoring.Admin))
	mentee := w.mentee("Kuu")
	w.refused("role.has_not", dismiss(mentee, mentoring.Admin))
	w.must(func(a *mentoring.Act) error { return a.Appoint(staff, mentee.ID, mentoring.Admin) })
	w.refused("role.has", func(a *mentoring.Act) error { return a.Appoint(staff, mentee.ID, mentoring.Admin) })
	w.refused("address.malformed", func(a *mentoring.Act) error { return a.AppointByAddress(staff, "kuu", mentoring.Evaluator) })
	w.must(dismiss(mentee, mentoring.Admin))
	w.refused("role.last_admin", dismiss(staff, mentoring.Admin))
	w.must(func(a *mentoring.Act) error { return a.Appoint(staff, mentee.ID, mentoring.Admin) })
	w.must(dismiss(staff, mentoring.Admin))
}

// TestGuestsOfCase: outside professionals who are active, and nobody whom it is about.
func TestGuestsOfCase(t *testing.T) {
	s := newAccessing(t)
	guests := func() (ids []mentoring.MemberID) {
		s.look(func(a *mentoring.Act) error {
			_, people, err := a.Guests(s.sari, s.number)
			for _, m := range people {
				ids = append(ids, m.ID)
			}
			return err
		})
		return ids
	}
	outside := s.world.mentee("Pro")
	as := func(m mentoring.Member, state mentoring.MembershipState) (id mentoring.MembershipID) {
		s.put(func(tx mentoring.Tx) error {
			p := mentoring.Membership{
				Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: mentoring.Professional, State: state, Created: s.now,
			}
			err := tx.PutMembership(&p)
			id = p.ID
			return err
		})
		return id
	}
	paused := as(s.world.mentee("Tauko"), mentoring.Suspended)
	as(s.sari, mentoring.Active)
	as(s.mentee, mentoring.Active)
	number := as(outside, mentoring.Active)
	if got := guests(); !slices.Equal(got, []mentoring.MemberID{outside.ID}) {
		t.Errorf("guests %v, want %v", got, outside.ID)
	}
	ask := func(guest mentoring.MembershipID, length time.Duration) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { return a.AskJoint(s.sari, s.number, guest, length) }
	}
	s.refused("joint.nobody", ask(paused, 0))
	s.refused("joint.nobody", ask(1<<40, 0))
	s.must(ask(number, 0))
	s.refused("joint.asked_already", ask(number, 0))
	s.look(func(a *mentoring.Act) error {
		list, err := a.Tx.JointsOf(s.number)
		if len(list) != 1 || list[0].Length != 2*time.Hour {
			t.Errorf("asked %+v", list)
		}
		return err
	})
	s.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(outside, 0, true) }) // not asked yet
	s.must(func(a *mentoring.Act) error { _, err := a.ReleaseCase(s.sari, s.number); return err })
	s.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(s.mentee, 0, true) })
}

// TestJointApart: two who have blocked each other are not brought together, and
// who called from no conversation has nobody to be brought together with.
func TestJointApart(t *testing.T) {
	s := newAccessing(t)
	plain, _ := s.call(s.mentee, mentoring.CaseHelp, 0)
	s.must(func(a *mentoring.Act) error { _, err := a.Claim(s.sari, plain.ID); return err })
	s.refused("joint.nobody", func(a *mentoring.Act) error { return a.AskJoint(s.sari, plain.ID, 0, 0) })
	s.must(func(a *mentoring.Act) error { return a.AskJoint(s.sari, s.number, 0, 0) })
	s.put(func(tx mentoring.Tx) error { return tx.PutBlock(s.mentor.ID, s.mentee.ID, s.now) })
	s.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(s.mentee, 0, true) })
}
