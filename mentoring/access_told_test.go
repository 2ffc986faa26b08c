package mentoring_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// inThread is a line in the thread of the case that is about an access.
func (s *accessing) inThread(loud bool, key string, x mentoring.Access, more ...any) mentoring.Effect {
	return mentoring.TellStaff{
		Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Case: s.number, Loud: loud,
		Text: mentoring.T(key, append([]any{"access", int64(x.ID)}, more...)...),
	}
}

// TestAccessIsTold: each thing that is asked, allowed or denied is said in the case's
// thread, so that a second person can decide, and left in the audit with whom it is
// about; the mentee hears of it when their consent is asked for, and only then.
func TestAccessIsTold(t *testing.T) {
	s := newAccessing(t)
	none := mentoring.Proven{}
	number := int64(s.number)
	entries := len(s.auditOf())
	var x mentoring.Access
	ask := func(ofMentee bool) []mentoring.Effect {
		return s.must(func(a *mentoring.Act) (err error) { x, err = a.AskRead(s.sari, s.number, 7, ofMentee, why); return err })
	}
	effects := ask(false)
	asked := func() mentoring.Effect {
		return s.inThread(true, "access.asked_read", x, "number", number, "days", 7, "reason", why)
	}
	s.same(effects, asked())
	s.same(s.must(func(a *mentoring.Act) error { return a.DenyAccess(s.tero, x.ID) }), s.inThread(false, "access.denied", x))
	effects = ask(true)
	s.same(effects, mentoring.Notify{Member: s.mentee.ID, Loud: true,
		Text: mentoring.T("access.ask_mentee", "access", int64(x.ID), "days", 7, "number", number, "reason", why)}, asked())
	s.same(s.allowed(s.mentee, x.ID), s.inThread(false, "access.allowed_mentee", x), mentoring.ReadBack{Access: x.ID})
	s.now = s.now.Add(time.Minute)
	lines := []mentoring.Text{mentoring.T("access.read_lines", "lines", "x")}
	effects = s.must(func(a *mentoring.Act) error { return a.ReadDone(x.ID, lines, 7) })
	key := func(n string) string { return "access/" + n }
	told := func(m mentoring.MemberID, other string) mentoring.Effect {
		return mentoring.Notify{Member: m, Loud: true, Text: mentoring.T("access.told_read", "number", number, "alias", []string{other}, "n", 7, "days", 7)}
	}
	s.same(effects,
		mentoring.ShowSecret{Member: s.sari.ID, Key: key("2/0"), For: time.Hour,
			Text: mentoring.T("access.read_head", "access", int64(x.ID), "number", number, "n", 7, "days", 7, "minutes", 60)},
		mentoring.ShowSecret{Member: s.sari.ID, Key: key("2/1"), For: time.Hour, Text: lines[0]},
		told(s.mentee.ID, "Kanerva"), told(s.mentor.ID, "Kuu"))
	s.gone(x, time.Hour)

	effects = s.must(func(a *mentoring.Act) (err error) {
		x, err = a.AskIdentity(s.sari, s.number, mentoring.Mentor, why, none)
		return err
	})
	s.same(effects, s.inThread(true, "access.asked_identity", x, "number", number, "role", mentoring.T("access.role.mentor"), "reason", why))
	s.now = s.now.Add(time.Minute)
	s.same(s.allowed(s.tero, x.ID), s.inThread(false, "access.allowed", x),
		mentoring.ShowSecret{Member: s.sari.ID, Key: key("3/0"), For: 15 * time.Minute, Text: mentoring.T("access.identity",
			"access", int64(x.ID), "number", number, "address", s.member(s.mentor.ID).Address, "minutes", 15)},
		mentoring.Notify{Member: s.mentor.ID, Loud: true, Text: mentoring.T("access.told_identity", "number", number)})
	s.gone(x, 15*time.Minute)

	x = s.asksWho()
	s.same(s.must(func(a *mentoring.Act) error { return a.DeferTelling(s.sari, x.ID, 90, why) }),
		s.inThread(true, "access.deferred", x, "days", 90, "reason", why))
	s.must(func(a *mentoring.Act) error { return a.DenyAccess(s.sari, x.ID) })

	subjects := func(x string, more string) string { return "access " + x + ", case 1" + more }
	want := []struct {
		action  mentoring.AuditAction
		who     mentoring.Member
		subject string
	}{
		{mentoring.AuditAskRead, s.sari, subjects("1", ", conversation 1")}, {mentoring.AuditDeny, s.tero, subjects("1", "")},
		{mentoring.AuditAskRead, s.sari, subjects("2", ", conversation 1")}, {mentoring.AuditConsent, s.mentee, subjects("2", "")},
		{mentoring.AuditRead, s.sari, subjects("2", ", conversation 1")},
		{mentoring.AuditAskReveal, s.sari, subjects("3", ", member 4")}, {mentoring.AuditAllowReveal, s.tero, subjects("3", "")},
		{mentoring.AuditReveal, s.sari, subjects("3", ", member 4")},
		{mentoring.AuditAskReveal, s.sari, subjects("4", ", member 4")}, {mentoring.AuditDefer, s.sari, subjects("4", ", member 4")},
		{mentoring.AuditDeny, s.sari, subjects("4", "")},
	}
	got := s.auditOf()[entries:]
	for i, e := range got {
		if i >= len(want) || e.Action != want[i].action || e.Actor != want[i].who.ID || e.Subject != want[i].subject {
			t.Errorf("audit %d: %s by %d: %q", i, e.Action, e.Actor, e.Subject)
			continue
		}
		if because := strings.HasPrefix(string(e.Action), "ask") || e.Action == mentoring.AuditDefer; because != (e.Reason.Text == why) {
			t.Errorf("audit %d: because of %q", i, e.Reason.Text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
}

// gone fails unless what is kept of an access is gone after that time, and not
// before.
func (s *accessing) gone(x mentoring.Access, after time.Duration) {
	s.t.Helper()
	s.look(func(a *mentoring.Act) error {
		kept, err := a.Tx.Access(x.ID)
		if err != nil || kept.Second == 0 || !kept.Due.Equal(s.now.Add(after)) {
			s.t.Errorf("kept: %+v %v", kept, err)
		}
		return nil
	})
	s.now = s.now.Add(after)
	s.tick()
	s.look(func(a *mentoring.Act) error {
		if kept, err := a.Tx.Access(x.ID); err == nil {
			s.t.Errorf("kept for ever: %+v", kept)
		}
		return nil
	})
}

// TestAccessBounds: a reason of twenty to a thousand letters, one to seven days to
// be read, one to ninety until somebody is told.
func TestAccessBounds(t *testing.T) {
	s := newAccessing(t)
	who := s.asksWho()
	read := func(days int, reason string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.AskRead(s.sari, s.number, days, false, reason); return err }
	}
	name := func(reason string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error {
			_, err := a.AskIdentity(s.sari, s.number, mentoring.Mentee, reason, mentoring.Proven{})
			return err
		}
	}
	later := func(days int, reason string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { return a.DeferTelling(s.sari, who.ID, days, reason) }
	}
	for _, act := range []func(string) func(*mentoring.Act) error{
		func(reason string) func(*mentoring.Act) error { return read(1, reason) }, name,
		func(reason string) func(*mentoring.Act) error { return later(1, reason) },
	} {
		for _, n := range []int{0, 19, 1001} {
			r := s.refused("access.say_why", act("  "+strings.Repeat("ä", n)+" \n"))
			if r.Text.Args["min"] != 20 || r.Text.Args["max"] != 1000 {
				t.Errorf("told %v", r.Text.Args)
			}
		}
		s.must(act(" " + strings.Repeat("ä", 20)))
		s.must(act(strings.Repeat("ä", 1000)))
	}
	for _, days := range []int{0, 8} {
		if r := s.refused("access.days", read(days, why)); r.Text.Args["max"] != 7 {
			t.Errorf("told %v", r.Text.Args)
		}
	}
	for _, days := range []int{0, 91} {
		if r := s.refused("access.defer_days", later(days, why)); r.Text.Args["max"] != 90 {
			t.Errorf("told %v", r.Text.Args)
		}
	}
	s.must(read(7, why))
	s.must(later(90, why))
	s.look(func(a *mentoring.Act) error {
		x, err := a.Tx.Access(who.ID)
		if x.Deferred != 90 || x.State != mentoring.AccessAsked {
			t.Errorf("put off: %+v", x)
		}
		return err
	})
}

// TestAccessIsOfOneKind: an access is only for what it was asked for, and who asked
// cannot make it unasked once it was allowed: the person is told in the end.
func TestAccessIsOfOneKind(t *testing.T) {
	s := newAccessing(t)
	read, who := s.asks(), s.asksWho()
	s.refused("access.unknown", func(a *mentoring.Act) error { return a.DeferTelling(s.sari, read.ID, 14, why) })
	s.must(func(a *mentoring.Act) error { return a.DeferTelling(s.sari, who.ID, 1, why) })
	if got := toldTo(s.allowed(s.tero, who.ID), s.mentor.ID); len(got) > 0 {
		t.Errorf("told at once: %v", got)
	}
	s.refused("access.unknown", func(a *mentoring.Act) error { return a.DenyAccess(s.sari, who.ID) })
	s.now = s.now.AddDate(0, 0, 1)
	if got := toldTo(s.tick(), s.mentor.ID); !slices.Contains(got, "access.told_identity") {
		t.Errorf("the person is told %v", got)
	}
	who = s.asksWho()
	s.allowed(s.tero, who.ID)
	s.refused("access.unknown", func(a *mentoring.Act) error { _, err := a.AccessAliases(s.sari, who.ID); return err })
}

// TestAccessNobodyShows: what was allowed and could not be read lapses after a day,
// and who asked hears of it; that it was asked for and came to nothing is no fault.
func TestAccessNobodyShows(t *testing.T) {
	s := newAccessing(t)
	x := s.asks()
	s.now = s.now.Add(23 * time.Hour)
	s.allowed(s.tero, x.ID)
	entries := len(s.auditOf())
	s.now = s.now.Add(24*time.Hour - time.Millisecond)
	if got := toldTo(s.tick(), s.sari.ID); slices.Contains(got, "access.lapsed") {
		t.Errorf("too early: %v", got)
	}
	s.now = s.now.Add(time.Millisecond)
	if got := toldTo(s.tick(), s.sari.ID); !slices.Contains(got, "access.lapsed") {
		t.Errorf("sari is told %v", got)
	}
	if got := s.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditLapse}) {
		t.Errorf("audit %v", got)
	}
	s.same(s.must(func(a *mentoring.Act) error { return a.ReadDone(x.ID, nil, 0) }))

	x = s.asks() // and whoever lost their rights leaves nothing behind
	s.allowed(s.tero, x.ID)
	s.must(func(a *mentoring.Act) error { return a.Dismissed(s.sari, 1) })
	s.same(s.must(func(a *mentoring.Act) error { return a.ReadDone(x.ID, nil, 0) }))
	s.look(func(a *mentoring.Act) error {
		if kept, err := a.Tx.Access(x.ID); err == nil {
			t.Errorf("kept: %+v", kept)
		}
		return nil
	})
}

// TestCallerDoesNotAllow: a staff member who turned to staff themselves has no say in
// who of their own conversation is named.
func TestCallerDoesNotAllow(t *testing.T) {
	s := newAccessing(t)
	s.put(func(tx mentoring.Tx) error {
		return tx.PutMembership(&mentoring.Membership{
			Member: s.mentee.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
			Role: mentoring.Coordinator, State: mentoring.Active, Created: s.now,
		})
	})
	x := s.asksWho()
	s.refused("access.own", func(a *mentoring.Act) error { _, err := a.AllowAccess(s.mentee, x.ID, mentoring.Proven{}); return err })
	s.refused("access.own", func(a *mentoring.Act) error { _, err := a.AccessAskedOf(s.mentee, x.ID); return err })
	s.refused("access.own", func(a *mentoring.Act) error { return a.DenyAccess(s.mentee, x.ID) })
	// Where it is for their consent they decide as the mentee, not as staff.
	s.must(func(a *mentoring.Act) (err error) { x, err = a.AskRead(s.sari, s.number, 1, true, why); return err })
	if got := keysOf(s.allowed(s.mentee, x.ID)); !slices.Equal(got, []string{"thread access.allowed_mentee"}) {
		t.Errorf("told %v", got)
	}
}

// TestAccessToWhatIsGone: what has been forgotten is not read, and who has been
// deleted since is not named.
func TestAccessToWhatIsGone(t *testing.T) {
	s := newAccessing(t)
	who := s.asksWho()
	s.put(func(tx mentoring.Tx) error {
		c, err := tx.Conversation(s.talk.ID)
		if err != nil {
			return err
		}
		c = c.Clone()
		c.State = mentoring.Emptied
		if err := tx.PutConversation(c); err != nil {
			return err
		}
		m, err := tx.Member(s.mentor.ID)
		m.Address = ""
		if err != nil {
			return err
		}
		return tx.PutMember(&m)
	})
	s.refused("access.no_conversation", func(a *mentoring.Act) error { _, err := a.AskRead(s.sari, s.number, 1, false, why); return err })
	s.refused("access.no_such_person", func(a *mentoring.Act) error {
		_, err := a.AllowAccess(s.tero, who.ID, mentoring.Proven{})
		return err
	})
}
