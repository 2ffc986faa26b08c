package mentoring_test

import (
	"slices"
	"testing"

	"silta/mentoring"
)

// TestRoles: who is given one is told and asked into the staff room when it is for
// their eyes; who loses it is told, goes out, and gives their cases back, unless
// they have another role that keeps them there.
func TestRoles(t *testing.T) {
	w := newWorld(t)
	admin := w.staff()
	w.joins(&admin, "Virva")
	m := w.mentee("Sari")
	room := mentoring.StaffRoomID(1)
	sees := func() (is bool) {
		w.look(func(a *mentoring.Act) (err error) { is, err = a.SeesStaffRoom(m, room); return err })
		return is
	}
	given := func(role mentoring.Role) mentoring.Effect {
		return mentoring.Notify{Member: m.ID, Text: mentoring.T("role.given", "role", mentoring.T("role."+string(role)))}
	}
	taken := func(role mentoring.Role) mentoring.Effect {
		return mentoring.Notify{Member: m.ID, Text: mentoring.T("role.taken", "role", mentoring.T("role."+string(role)))}
	}
	appoint := func(role mentoring.Role) []mentoring.Effect {
		return w.must(func(a *mentoring.Act) error { return a.Appoint(admin, m.ID, role) })
	}
	dismiss := func(role mentoring.Role) []mentoring.Effect {
		return w.must(func(a *mentoring.Act) error { return a.Dismiss(admin, m.ID, role) })
	}
	admitted, sent := mentoring.AdmitStaff{Member: m.ID, Room: room}, mentoring.DismissStaff{Member: m.ID, Room: room}
	entries := len(w.auditOf())
	for _, role := range []mentoring.Role{mentoring.Professional, mentoring.Evaluator} {
		w.same(appoint(role), sent, given(role))
		if sees() {
			t.Errorf("%s sees the staff room", role)
		}
		w.same(dismiss(role), sent, taken(role))
	}
	w.same(appoint(mentoring.Coordinator), admitted, given(mentoring.Coordinator))
	w.same(appoint(mentoring.Admin), admitted, given(mentoring.Admin))
	c, _ := w.call(w.mentee("Kuu"), mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(m, c.ID); return err })
	w.same(dismiss(mentoring.Admin), admitted, taken(mentoring.Admin))
	if got := w.caseOf(c.ID); got.ClaimedBy != m.ID || !sees() {
		t.Errorf("a coordinator still, but the case is %+v", got)
	}
	effects := dismiss(mentoring.Coordinator)
	if !slices.Contains(effects, mentoring.Effect(sent)) || sees() {
		t.Errorf("stays in the staff room: %v", effects)
	}
	if got := w.caseOf(c.ID); got.State != mentoring.CaseOpen || got.ClaimedBy != 0 {
		t.Errorf("nobody's case: %+v", got)
	}
	var changes []mentoring.AuditAction
	for _, action := range w.actions(entries) {
		if action == mentoring.AuditAppoint || action == mentoring.AuditDismiss {
			changes = append(changes, action)
		}
	}
	up, down := mentoring.AuditAppoint, mentoring.AuditDismiss
	if !slices.Equal(changes, []mentoring.AuditAction{up, down, up, down, up, up, down, down}) {
		t.Errorf("audit %v", changes)
	}
	w.refused("role.has_not", func(a *mentoring.Act) error { return a.Dismiss(admin, m.ID, mentoring.Coordinator) })
}

// TestRoleByAddress: somebody unknown is known from then on, and need not be asked
// what is asked of others; a role given or taken can be taken back.
func TestRoleByAddress(t *testing.T) {
	w := newWorld(t)
	admin := w.staff()
	w.joins(&admin, "Virva")
	appoint := func(address string) {
		t.Helper()
		w.must(func(a *mentoring.Act) error { return a.AppointByAddress(admin, address, mentoring.Coordinator) })
	}
	find := func(address string) (m mentoring.Member) {
		t.Helper()
		w.look(func(a *mentoring.Act) (err error) { m, err = a.Tx.MemberByAddress(address); return err })
		return m
	}
	appoint("@uusi:example.org")
	known := find("@uusi:example.org")
	if !w.isStaff(known) {
		t.Error("they are not staff")
	}
	asked := w.met()
	w.must(func(a *mentoring.Act) error { return a.SetLanguage(&asked, "fi") })
	appoint(asked.Address)
	if got := w.member(asked.ID).Join; got != mentoring.JoinConsent {
		t.Errorf("staff are asked their age: %s", got)
	}
	undo := func() {
		t.Helper()
		w.must(func(a *mentoring.Act) error {
			kind, err := a.Undo(admin)
			if kind != mentoring.UndoRole {
				t.Errorf("taken back: %s", kind)
			}
			return err
		})
	}
	m := w.mentee("Sari")
	appoint(m.Address)
	w.must(func(a *mentoring.Act) error { return a.Dismiss(admin, m.ID, mentoring.Coordinator) })
	if w.isStaff(m) {
		t.Error("staff after the role was taken")
	}
	undo()
	if !w.isStaff(m) {
		t.Error("no staff after that was taken back")
	}
}

// TestAdminIsAnotherWhoCan: an admin who is away gives no roles, so they are not the
// one who is left; nor is one of another unit seen in this one's room.
func TestAdminIsAnotherWhoCan(t *testing.T) {
	w := newWorld(t)
	admin := w.staff()
	w.joins(&admin, "Virva")
	w.named("Poissa", mentoring.Paused, mentoring.DefaultUnit)
	w.refused("role.last_admin", func(a *mentoring.Act) error { return a.Dismiss(admin, admin.ID, mentoring.Admin) })
	north := w.named("Pohjoinen", mentoring.Active, northUnit)
	other := w.mentee("Muu")
	w.put(func(tx mentoring.Tx) error {
		return tx.PutMembership(&mentoring.Membership{
			Member: other.ID, Programme: "other", Unit: mentoring.DefaultUnit, Role: mentoring.Admin, State: mentoring.Active,
		})
	})
	w.look(func(a *mentoring.Act) error {
		for _, m := range []mentoring.Member{north, other} {
			if sees, err := a.SeesStaffRoom(m, 1); sees || err != nil {
				t.Errorf("%d sees the staff room: %v, %v", m.ID, sees, err)
			}
		}
		return nil
	})
}

// TestRoleAnew: a role that was taken begins anew, and the old one stays ended; one
// that only rests goes on, and to take that back is not to take the role.
func TestRoleAnew(t *testing.T) {
	w := newWorld(t)
	admin := w.staff()
	w.joins(&admin, "Virva")
	m := w.mentee("Sari")
	appoint := func(a *mentoring.Act) error { return a.Appoint(admin, m.ID, mentoring.Coordinator) }
	states := func() (list []mentoring.MembershipState) {
		for _, s := range w.memberships(m) {
			if s.Role == mentoring.Coordinator {
				list = append(list, s.State)
				if s.Unit != mentoring.DefaultUnit || s.Programme != mentoring.DefaultProgramme || !s.Created.Equal(w.now) {
					t.Errorf("%+v", s)
				}
			}
		}
		return list
	}
	w.must(appoint)
	w.must(func(a *mentoring.Act) error { return a.Dismiss(admin, m.ID, mentoring.Coordinator) })
	w.must(appoint)
	if got := states(); !slices.Equal(got, []mentoring.MembershipState{mentoring.Ended, mentoring.Active}) {
		t.Errorf("given anew: %v", got)
	}
	w.must(func(a *mentoring.Act) error { return a.Dismissed(m, 1) }) // they left the staff room
	w.must(appoint)
	if got := states(); !slices.Equal(got, []mentoring.MembershipState{mentoring.Ended, mentoring.Active}) {
		t.Errorf("gone on with: %v", got)
	}
	w.refused("undo.nothing", func(a *mentoring.Act) error { _, err := a.Undo(admin); return err })
	if !w.isStaff(m) {
		t.Error("the role is gone")
	}
}
