package mentoring

import (
	"errors"
	"fmt"
)

// StaffRoomFor finds the staff room of a programme and unit.
func (a *Act) StaffRoomFor(p Programme, u Unit) (StaffRoom, error) {
	rooms, err := a.Tx.StaffRooms()
	if err != nil {
		return StaffRoom{}, fmt.Errorf("staff rooms: %w", err)
	}
	for _, r := range rooms {
		if r.Programme == p && r.Unit == u {
			return r, nil
		}
	}
	return StaffRoom{}, ErrNotFound
}

// EnsureStaffRoom finds the staff room of a programme and unit, or makes it.
func (a *Act) EnsureStaffRoom(p Programme, u Unit) (StaffRoom, error) {
	r, err := a.StaffRoomFor(p, u)
	if !errors.Is(err, ErrNotFound) {
		return r, err
	}
	r = StaffRoom{Programme: p, Unit: u}
	if err := a.Tx.PutStaffRoom(&r); err != nil {
		return StaffRoom{}, fmt.Errorf("put staff room: %w", err)
	}
	return r, nil
}

// Enlist makes a person staff, because the operator's configuration names them.
// It may be done at every start: who is staff already is only asked into the
// room again, who left it gets their powers back (the operator still names
// them), and who was ended stays so.
func (a *Act) Enlist(address string) (Member, error) {
	if !wellFormedAddress(address) {
		return Member{}, Refuse("address.malformed")
	}
	m, err := a.know(address)
	if err != nil {
		return Member{}, err
	}
	room, err := a.EnsureStaffRoom(DefaultProgramme, DefaultUnit)
	if err != nil {
		return Member{}, err
	}
	s, err := a.staffMembership(m)
	if err != nil {
		return Member{}, err
	}
	if s.State == Ended || s.State == Suspended {
		return m, nil
	}
	if err := a.notBarred(m); err != nil {
		return m, unrefused(err)
	}
	if s.State != Active {
		if err := a.beginMembership(&s, StepEnlist); err != nil {
			return Member{}, err
		}
		if err := a.audit(System, AuditEnlist, m.ID, s.ID); err != nil {
			return Member{}, err
		}
	}
	if _, ok := JoinMachine().Next(m.Join, StepVouch); ok {
		if err := a.joinStep(&m, StepVouch); err != nil {
			return Member{}, err
		}
	}
	a.Do(AdmitStaff{m.ID, room.ID})
	return m, nil
}

// staffMembership is the member's admin membership, in whatever state; a
// new one without a state when there is none.
func (a *Act) staffMembership(m Member) (Membership, error) {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return Membership{}, fmt.Errorf("memberships: %w", err)
	}
	for _, s := range list {
		if s.Role == Admin && s.Programme == DefaultProgramme && s.Unit == DefaultUnit {
			return s, nil
		}
	}
	return Membership{
		Member: m.ID, Programme: DefaultProgramme, Unit: DefaultUnit, Role: Admin, Created: a.Now,
	}, nil
}

// Dismissed is the bridge reporting that somebody has left a staff room or was
// removed from it. Their staff roles for it are paused at once, which is what
// takes the powers away: being in a room never gives any. Their cases are given
// back. Nothing happens for whoever had no such role.
func (a *Act) Dismissed(m Member, id StaffRoomID) error {
	room, err := a.staffRoom(id)
	if err != nil {
		return err
	}
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	left := false
	for _, s := range list {
		if s.Programme != room.Programme || s.Unit != room.Unit || s.Role == Mentee || s.Role == Mentor {
			continue
		}
		next, ok := MembershipMachine().Next(s.State, StepLeave)
		if !ok {
			continue
		}
		s.State = next
		if err := a.putMembership(&s); err != nil {
			return err
		}
		left = true
	}
	if !left {
		return nil
	}
	if err := a.audit(System, AuditDismiss, m.ID, room.ID); err != nil {
		return err
	}
	return a.releaseAll(m, room)
}

func (a *Act) releaseAll(m Member, room StaffRoom) error {
	claimed, err := a.Tx.Cases(CaseClaimed)
	if err != nil {
		return fmt.Errorf("cases: %w", err)
	}
	for _, c := range claimed {
		if c.ClaimedBy != m.ID || c.Programme != room.Programme || c.Unit != room.Unit {
			continue
		}
		if _, err := a.release(System, c); err != nil {
			return err
		}
	}
	return nil
}

func (a *Act) staffRoom(id StaffRoomID) (StaffRoom, error) {
	rooms, err := a.Tx.StaffRooms()
	if err != nil {
		return StaffRoom{}, fmt.Errorf("staff rooms: %w", err)
	}
	for _, r := range rooms {
		if r.ID == id {
			return r, nil
		}
	}
	return StaffRoom{}, fmt.Errorf("staff room: %w", ErrNotFound)
}
