package mentoring_test

import (
	"errors"
	"slices"
	"testing"

	"silta/mentoring"
)

// TestEnlist: at the first start, at every start, and for somebody Silta knows.
func TestEnlist(t *testing.T) {
	w := newWorld(t)
	enlist := func(address string) (m mentoring.Member, effects []mentoring.Effect) {
		effects = w.must(func(a *mentoring.Act) (err error) { m, err = a.Enlist(address); return err })
		return m, effects
	}
	m, effects := enlist("@a:b")
	var room mentoring.StaffRoom
	w.must(func(a *mentoring.Act) (err error) {
		room, err = a.StaffRoomFor(mentoring.DefaultProgramme, mentoring.DefaultUnit)
		return err
	})
	w.same(effects, mentoring.AdmitStaff{Member: m.ID, Room: room.ID})
	again, effects := enlist("@a:b")
	w.same(effects, mentoring.AdmitStaff{Member: m.ID, Room: room.ID})
	if again.ID != m.ID || len(w.memberships(m)) != 1 {
		t.Errorf("enlisted twice: %+v", w.memberships(m))
	}
	mentee := w.mentee("Kuu")
	enlist(mentee.Address)
	if list := w.memberships(mentee); len(list) != 2 || list[1].Role != mentoring.Admin || list[1].State != mentoring.Active {
		t.Errorf("a mentee who became staff: %+v", list)
	}
	asked := w.met()
	w.must(func(a *mentoring.Act) error { return a.SetLanguage(&asked, "fi") })
	enlist(asked.Address)
	if got := w.member(asked.ID).Join; got != mentoring.JoinConsent {
		t.Errorf("staff are asked their age: %s", got)
	}
	w.refused("address.malformed", func(a *mentoring.Act) error { _, err := a.Enlist("kaarna"); return err })
}

func TestEnsureStaffRoom(t *testing.T) {
	w := newWorld(t)
	w.must(func(a *mentoring.Act) error {
		if _, err := a.StaffRoomFor("p", "u"); !errors.Is(err, mentoring.ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		one, err := a.EnsureStaffRoom("p", "u")
		if err != nil {
			return err
		}
		two, err := a.EnsureStaffRoom("p", "u")
		if err != nil || one.ID == 0 || one != two {
			t.Errorf("%+v, then %+v, %v", one, two, err)
		}
		other, err := a.EnsureStaffRoom("p", "other")
		if other.ID == one.ID {
			t.Error("two units share a room")
		}
		return err
	})
}

// TestDismissed: leaving the room takes the powers away at once and gives the
// cases back; being named in the configuration brings them back, unless the
// role was ended.
func TestDismissed(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	var room mentoring.StaffRoom
	w.must(func(a *mentoring.Act) (err error) {
		room, err = a.EnsureStaffRoom(mentoring.DefaultProgramme, mentoring.DefaultUnit)
		return err
	})
	caller := w.mentee("Kuu")
	claimed, _ := w.call(caller, mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, claimed.ID); return err })
	waiting, _ := w.call(caller, mentoring.CaseUrgent, 0)
	colleague := w.staff()
	theirs, _ := w.call(w.mentee("Suo"), mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(colleague, theirs.ID); return err })
	dismiss := func(m mentoring.Member) []mentoring.Effect {
		t.Helper()
		return w.must(func(a *mentoring.Act) error { return a.Dismissed(m, room.ID) })
	}
	effects := dismiss(staff)
	if shows := of[mentoring.ShowCase](effects); len(shows) != 1 || shows[0].Case != claimed.ID {
		t.Errorf("cases given back: %v", shows)
	}
	if got := w.caseOf(claimed.ID); got.State != mentoring.CaseOpen || got.ClaimedBy != 0 {
		t.Errorf("case %+v", got)
	}
	if got := w.caseOf(theirs.ID); got.State != mentoring.CaseClaimed || got.ClaimedBy != colleague.ID {
		t.Errorf("a colleague's case %+v", got)
	}
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.Claim(staff, waiting.ID); return err })
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.NewMentorCode(staff); return err })
	w.same(dismiss(staff))
	w.same(dismiss(caller)) // was never staff: nothing
	if list := w.memberships(caller); list[0].State != mentoring.Active {
		t.Errorf("a mentee lost something: %+v", list)
	}

	w.must(func(a *mentoring.Act) error { _, err := a.Enlist(staff.Address); return err })
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, waiting.ID); return err })

	s := w.memberships(staff)[0]
	s.State = mentoring.Ended
	w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&s) })
	w.same(w.must(func(a *mentoring.Act) error { _, err := a.Enlist(staff.Address); return err }))
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.NewMentorCode(staff); return err })
	if err := w.undone(func(a *mentoring.Act) error { return a.Dismissed(staff, 1<<40) }); !errors.Is(err, mentoring.ErrNotFound) {
		t.Errorf("a room that is not there: %v", err)
	}
}

// TestDismissedMentor keeps being a mentor: only the staff role goes.
func TestDismissedMentor(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	w.must(func(a *mentoring.Act) error { _, err := a.Enlist(m.Address); return err })
	w.must(func(a *mentoring.Act) error {
		room, err := a.StaffRoomFor(mentoring.DefaultProgramme, mentoring.DefaultUnit)
		if err != nil {
			return err
		}
		return a.Dismissed(m, room.ID)
	})
	if w.membership(id).State != mentoring.Active || w.memberships(m)[1].State != mentoring.Paused {
		t.Errorf("now %+v", w.memberships(m))
	}
}

// TestDismissedFromOneRoom: whoever leaves the staff room of one unit keeps their work
// and their role in the other's, and a role that was ended stays so.
func TestDismissedFromOneRoom(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	north := w.has(staff, mentoring.Coordinator, northUnit, mentoring.Active)
	ended := w.has(staff, mentoring.Evaluator, mentoring.DefaultUnit, mentoring.Ended)
	other := mentoring.Membership{Member: staff.ID, Programme: "other", Unit: mentoring.DefaultUnit, Role: mentoring.Admin, State: mentoring.Active}
	w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&other) })
	theirs, _ := w.call(w.comesTo(northUnit, "Kuu"), mentoring.CaseHelp, 0)
	ours, _ := w.call(w.mentee("Suo"), mentoring.CaseHelp, 0)
	for _, c := range []mentoring.Case{theirs, ours} {
		w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, c.ID); return err })
	}
	entries := len(w.auditOf())
	w.must(func(a *mentoring.Act) error { return a.Dismissed(staff, 1) })
	for id, want := range map[mentoring.MembershipID]mentoring.MembershipState{
		w.memberships(staff)[0].ID: mentoring.Paused, north: mentoring.Active, ended: mentoring.Ended, other.ID: mentoring.Active,
	} {
		if got := w.membership(id).State; got != want {
			t.Errorf("membership %d: %s, want %s", id, got, want)
		}
	}
	if a, b := w.caseOf(theirs.ID), w.caseOf(ours.ID); a.ClaimedBy != staff.ID || b.ClaimedBy != 0 || b.State != mentoring.CaseOpen {
		t.Errorf("the other unit's case %+v, this one's %+v", a, b)
	}
	if got := w.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditDismiss, mentoring.AuditRelease}) {
		t.Errorf("audit %v", got)
	}
	// Who only ever was something that ended has nothing to lose.
	w.same(w.must(func(a *mentoring.Act) error { return a.Dismissed(staff, 1) }))
	if got := len(w.auditOf()) - entries; got != 2 {
		t.Errorf("%d entries", got)
	}
}

// TestEnlistWhoIsElsewhere: staff of another unit become staff here, too; who is
// suspended is not brought back by being named in the settings.
func TestEnlistWhoIsElsewhere(t *testing.T) {
	w := newWorld(t)
	w.staff()
	someone := w.met()
	suspended := w.has(someone, mentoring.Admin, mentoring.DefaultUnit, mentoring.Suspended)
	w.same(w.must(func(a *mentoring.Act) error { _, err := a.Enlist(someone.Address); return err }))
	if got := w.membership(suspended).State; got != mentoring.Suspended {
		t.Errorf("the suspended one is %s", got)
	}
	elsewhere := w.met()
	w.has(elsewhere, mentoring.Admin, northUnit, mentoring.Active)
	effects := w.must(func(a *mentoring.Act) error { _, err := a.Enlist(elsewhere.Address); return err })
	w.same(effects, mentoring.AdmitStaff{Member: elsewhere.ID, Room: 1})
	if list := w.memberships(elsewhere); len(list) != 2 || list[1].Unit != mentoring.DefaultUnit || list[1].State != mentoring.Active || list[1].Role != mentoring.Admin {
		t.Errorf("here they are %+v", list)
	}
}
