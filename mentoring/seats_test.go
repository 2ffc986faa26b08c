package mentoring_test

import (
	"testing"

	"silta/mentoring"
)

// TestSeesStaffRoom: only an active coordinator or admin of the room's own unit.
func TestSeesStaffRoom(t *testing.T) {
	w := newWorld(t)
	w.staff()
	var room mentoring.StaffRoom
	w.look(func(a *mentoring.Act) (err error) {
		room, err = a.StaffRoomFor(mentoring.DefaultProgramme, mentoring.DefaultUnit)
		return err
	})
	who := w.mentee("Kuu")
	sees := func() (sees bool) {
		w.look(func(a *mentoring.Act) (err error) { sees, err = a.SeesStaffRoom(who, room.ID); return err })
		return sees
	}
	if sees() {
		t.Error("a mentee sees it")
	}
	s := mentoring.Membership{Member: who.ID, Programme: room.Programme, Unit: room.Unit}
	for _, role := range mentoring.Roles() {
		for _, state := range []mentoring.MembershipState{mentoring.Active, mentoring.Paused, mentoring.Suspended, mentoring.Ended} {
			for _, unit := range []mentoring.Unit{room.Unit, "elsewhere"} {
				s.Role, s.State, s.Unit = role, state, unit
				w.must(func(a *mentoring.Act) error { return a.Tx.PutMembership(&s) })
				staff := role == mentoring.Coordinator || role == mentoring.Admin
				if want := staff && state == mentoring.Active && unit == room.Unit; sees() != want {
					t.Errorf("%s, %s, %s: %v", role, state, unit, !want)
				}
			}
		}
	}
}
