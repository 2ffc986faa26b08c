package mentoring_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

const why = "Hän kertoi, että joku tulee illalla oven taakse."

// accessing is a mentee in conversation with a mentor who has called staff, and
// two of staff, the first of whom has the case.
type accessing struct {
	*world
	mentee, mentor, sari, tero mentoring.Member
	talk                       *mentoring.Conversation
	number                     mentoring.CaseID
}

func newAccessing(t *testing.T) *accessing {
	t.Helper()
	w := newWorld(t)
	s := &accessing{world: w, sari: w.staff(), tero: w.staff(), mentee: w.mentee("Kuu")}
	var id mentoring.MembershipID
	s.mentor, id = w.mentor(s.sari, "Kanerva")
	s.talk = w.talking(s.mentee, id)
	w.must(func(a *mentoring.Act) error {
		c, err := a.CallStaff(s.mentee, mentoring.CaseReport, s.talk.ID)
		s.number = c.ID
		return err
	})
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(s.sari, s.number); return err })
	return s
}

func (s *accessing) asks() (x mentoring.Access) {
	s.t.Helper()
	s.must(func(a *mentoring.Act) (err error) { x, err = a.AskRead(s.sari, s.number, 2, false, why); return err })
	return x
}

func (s *accessing) asksWho() (x mentoring.Access) {
	s.t.Helper()
	s.must(func(a *mentoring.Act) (err error) {
		x, err = a.AskIdentity(s.sari, s.number, mentoring.Mentor, why, mentoring.Proven{})
		return err
	})
	return x
}

func (s *accessing) allowed(by mentoring.Member, id mentoring.AccessID) []mentoring.Effect {
	s.t.Helper()
	return s.must(func(a *mentoring.Act) error { _, err := a.AllowAccess(by, id, mentoring.Proven{}); return err })
}

func toldTo(effects []mentoring.Effect, m mentoring.MemberID) (keys []string) {
	for _, e := range effects {
		switch e := e.(type) {
		case mentoring.Notify:
			if e.Member == m {
				keys = append(keys, e.Text.Key)
			}
		case mentoring.ShowSecret:
			if e.Member == m {
				keys = append(keys, e.Text.Key)
			}
		}
	}
	return keys
}

// actions are what was done from an entry of the audit on.
func (w *world) actions(after int) (list []mentoring.AuditAction) {
	for _, e := range w.auditOf()[after:] {
		list = append(list, e.Action)
	}
	return list
}

func TestReadingIsShownOnce(t *testing.T) {
	s := newAccessing(t)
	before := len(s.auditOf())
	x := s.asks()
	if effects := s.allowed(s.tero, x.ID); !slices.Contains(effects, mentoring.Effect(mentoring.ReadBack{Access: x.ID})) {
		t.Errorf("nothing is read back: %+v", effects)
	}
	s.refused("access.unknown", func(a *mentoring.Act) error { _, err := a.AccessAliases(s.sari, x.ID); return err })
	lines := []mentoring.Text{mentoring.T("access.read_lines", "lines", "x")}
	effects := s.must(func(a *mentoring.Act) error { return a.ReadDone(x.ID, lines, 7) })
	if got, want := toldTo(effects, s.sari.ID), []string{"access.read_head", "access.read_lines"}; !slices.Equal(got, want) {
		t.Errorf("sari is shown %v", got)
	}
	for _, m := range []mentoring.Member{s.mentee, s.mentor} {
		if got := toldTo(effects, m.ID); !slices.Equal(got, []string{"access.told_read"}) {
			t.Errorf("they are told %v", got)
		}
	}
	if again := s.must(func(a *mentoring.Act) error { return a.ReadDone(x.ID, lines, 7) }); len(again) > 0 {
		t.Errorf("it is shown twice: %+v", again)
	}
	s.refused("access.unknown", func(a *mentoring.Act) error { _, err := a.AccessAliases(s.tero, x.ID); return err })
	s.must(func(a *mentoring.Act) error {
		names, err := a.AccessAliases(s.sari, x.ID)
		if names[mentoring.Mentor] != "Kanerva" || names[mentoring.Mentee] != "Kuu" {
			t.Errorf("aliases %v", names)
		}
		return err
	})
	s.now = s.now.Add(time.Hour)
	s.refused("access.unknown", func(a *mentoring.Act) error { _, err := a.AccessAliases(s.sari, x.ID); return err })
	s.must(func(a *mentoring.Act) error { _, err := a.Tick(); return err })
	want := []mentoring.AuditAction{mentoring.AuditAskRead, mentoring.AuditAllowRead, mentoring.AuditRead, mentoring.AuditAlias}
	if got := s.actions(before); !slices.Equal(got, want) {
		t.Errorf("audit %v, want %v", got, want)
	}
	entry := s.auditOf()[before]
	if entry.Reason.Text != why || entry.Actor != s.sari.ID || !strings.HasPrefix(entry.Subject, "access 1, case 1, conversation ") {
		t.Errorf("the first entry is %+v", entry)
	}
}

// TestWhoMayAllow: never the one who asked, nor anybody it is about; and nobody
// after a day, after a close, or when who asked has no rights any more.
func TestWhoMayAllow(t *testing.T) {
	s := newAccessing(t)
	allow := func(m mentoring.Member, id mentoring.AccessID) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.AllowAccess(m, id, mentoring.Proven{}); return err }
	}
	x := s.asks()
	s.refused("access.second", allow(s.sari, x.ID))
	for _, m := range []mentoring.Member{s.mentee, s.mentor} {
		s.refused("access.unknown", allow(m, x.ID))
	}
	who := s.asksWho()
	s.refused("access.second", allow(s.sari, who.ID))
	s.refused("access.unknown", allow(s.mentor, who.ID))
	s.now = s.now.Add(24 * time.Hour)
	s.refused("access.unknown", allow(s.tero, x.ID))
	if got := toldTo(s.must(func(a *mentoring.Act) error { _, err := a.Tick(); return err }), s.sari.ID); !slices.Contains(got, "access.lapsed") {
		t.Errorf("sari is told %v", got)
	}
	s.refused("access.unknown", allow(s.tero, who.ID))

	x, who = s.asks(), s.asksWho()
	room := mentoring.StaffRoomID(0)
	s.look(func(a *mentoring.Act) error {
		rooms, err := a.Tx.StaffRooms()
		room = rooms[0].ID
		return err
	})
	s.must(func(a *mentoring.Act) error { return a.Dismissed(s.sari, room) })
	s.refused("access.unknown", allow(s.tero, x.ID))
	s.refused("access.unknown", allow(s.tero, who.ID))
}

// TestNoPowersNoReading: whoever has lost their rights between the yes and the
// reading is shown nothing.
func TestNoPowersNoReading(t *testing.T) {
	s := newAccessing(t)
	x := s.asks()
	s.allowed(s.tero, x.ID)
	s.must(func(a *mentoring.Act) error { return a.Dismissed(s.sari, 1) })
	effects := s.must(func(a *mentoring.Act) error {
		return a.ReadDone(x.ID, []mentoring.Text{mentoring.T("access.read_lines", "lines", "x")}, 1)
	})
	if len(effects) > 0 {
		t.Errorf("shown all the same: %+v", effects)
	}
}

func TestAskingForAccess(t *testing.T) {
	s := newAccessing(t)
	read := func(m mentoring.Member, number mentoring.CaseID, days int, reason string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.AskRead(m, number, days, false, reason); return err }
	}
	s.refused("not_allowed", read(s.mentee, s.number, 1, why))
	s.refused("not_allowed", read(s.mentor, s.number, 1, why))
	s.refused("access.claim_first", read(s.tero, s.number, 1, why))
	s.refused("case.unknown", read(s.sari, 99, 1, why))
	s.refused("access.say_why", read(s.sari, s.number, 1, "because"))
	for _, days := range []int{0, 8} {
		s.refused("access.days", read(s.sari, s.number, days, why))
	}
	s.refused("access.no_such_person", func(a *mentoring.Act) error {
		_, err := a.AskIdentity(s.sari, s.number, mentoring.Coordinator, why, mentoring.Proven{})
		return err
	})
	var plain mentoring.Case
	s.must(func(a *mentoring.Act) (err error) {
		plain, err = a.CallStaff(s.mentee, mentoring.CaseHelp, 0)
		return err
	})
	s.must(func(a *mentoring.Act) error { _, err := a.Claim(s.sari, plain.ID); return err })
	s.refused("access.no_conversation", read(s.sari, plain.ID, 1, why))
	s.must(func(a *mentoring.Act) error {
		_, err := a.CloseCase(s.sari, s.number, mentoring.OutcomeHelped)
		return err
	})
	s.refused("case.closed_already", read(s.sari, s.number, 1, why))
}

// TestIdentity: shown to who asked alone; the person is told at once, or after as
// many days as a written reason said, whatever has become of the case.
func TestIdentity(t *testing.T) {
	s := newAccessing(t)
	x := s.asksWho()
	effects := s.allowed(s.tero, x.ID)
	if got := toldTo(effects, s.sari.ID); !slices.Equal(got, []string{"access.identity"}) {
		t.Errorf("sari is shown %v", got)
	}
	for _, e := range effects {
		if secret, ok := e.(mentoring.ShowSecret); ok && (secret.Text.Args["address"] != s.member(s.mentor.ID).Address || secret.For != 15*time.Minute) {
			t.Errorf("shown %+v", secret)
		}
		if line, ok := e.(mentoring.TellStaff); ok && strings.Contains(line.Text.Key, "identity") {
			t.Errorf("the staff room is told %+v", line)
		}
	}
	if got := toldTo(effects, s.mentor.ID); !slices.Equal(got, []string{"access.told_identity"}) {
		t.Errorf("the person is told %v", got)
	}
	s.refused("access.unknown", func(a *mentoring.Act) error { _, err := a.AllowAccess(s.tero, x.ID, mentoring.Proven{}); return err })

	x = s.asksWho()
	later := func(m mentoring.Member, id mentoring.AccessID, days int, reason string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { return a.DeferTelling(m, id, days, reason) }
	}
	s.refused("access.unknown", later(s.tero, x.ID, 14, why))
	s.refused("not_allowed", later(s.mentor, x.ID, 14, why))
	s.refused("access.defer_days", later(s.sari, x.ID, 91, why))
	s.refused("access.say_why", later(s.sari, x.ID, 14, "short"))
	s.must(later(s.sari, x.ID, 14, why))
	if got := toldTo(s.allowed(s.tero, x.ID), s.mentor.ID); len(got) > 0 {
		t.Errorf("told at once: %v", got)
	}
	s.refused("access.unknown", later(s.sari, x.ID, 90, why))
	s.must(func(a *mentoring.Act) error {
		_, err := a.CloseCase(s.sari, s.number, mentoring.OutcomeHelped)
		return err
	})
	tick := func() []string {
		var told []string
		for more := true; more; {
			told = append(told, toldTo(s.must(func(a *mentoring.Act) error {
				next, err := a.Tick()
				more = !next.After(a.Now)
				return err
			}), s.mentor.ID)...)
		}
		return slices.DeleteFunc(told, func(key string) bool { return key != "access.told_identity" })
	}
	s.now = s.now.AddDate(0, 0, 14).Add(-time.Minute)
	if got := tick(); len(got) > 0 {
		t.Errorf("too early: %v", got)
	}
	s.now = s.now.Add(time.Minute)
	if got := tick(); len(got) != 1 {
		t.Errorf("in time: %v", got)
	}
	s.now = s.now.Add(time.Hour)
	if got := tick(); len(got) > 0 {
		t.Errorf("twice: %v", got)
	}
}
