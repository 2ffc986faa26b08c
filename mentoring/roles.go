package mentoring

import (
	"fmt"
	"slices"
)

// StaffRoles are the roles that can be given and taken by command (feature T7).
func StaffRoles() []Role { return []Role{Coordinator, Admin, Professional, Evaluator} }

// sees says whether a role's work is shown in the staff room.
func (r Role) sees() bool { return r == Coordinator || r == Admin }

// AppointByAddress gives a role to the person with that address, known or not.
func (a *Act) AppointByAddress(staff Member, address string, role Role) error {
	if err := a.can(staff, DoRoles); err != nil {
		return err
	}
	if !wellFormedAddress(address) {
		return Refuse("address.malformed")
	}
	m, err := a.know(address)
	if err != nil {
		return err
	}
	if _, ok := JoinMachine().Next(m.Join, StepVouch); ok {
		if err := a.joinStep(&m, StepVouch); err != nil {
			return err
		}
	}
	return a.appoint(staff, m, role)
}

// Appoint gives a role to a member.
func (a *Act) Appoint(staff Member, id MemberID, role Role) error {
	if err := a.can(staff, DoRoles); err != nil {
		return err
	}
	m, err := a.known(id)
	if err != nil {
		return err
	}
	return a.appoint(staff, m, role)
}

func (a *Act) appoint(staff Member, m Member, role Role) error {
	s, err := a.roleOf(m, role)
	if err != nil {
		return err
	}
	if s.State == Active {
		return Refuse("role.has", "number", int64(m.ID))
	}
	before := s.State
	if before == Ended { // a role that was taken away begins anew
		s = Membership{Member: m.ID, Programme: s.Programme, Unit: s.Unit, Role: role, Created: a.Now}
		before = ""
	}
	if err := a.beginMembership(&s, StepEnlist); err != nil {
		return err
	}
	if err := a.seat(m, s.Programme, s.Unit); err != nil {
		return err
	}
	a.Do(Notify{Member: m.ID, Text: T("role.given", "role", T("role."+string(role)))})
	if err := a.audit(staff.ID, AuditAppoint, m.ID, s.ID); err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoRole, ID: int64(s.ID), Key: string(before)})
}

// Dismiss takes a role from a member. Whoever has the last admin's role cannot
// take it from themselves.
func (a *Act) Dismiss(staff Member, id MemberID, role Role) error {
	if err := a.can(staff, DoRoles); err != nil {
		return err
	}
	m, err := a.known(id)
	if err != nil {
		return err
	}
	s, err := a.roleOf(m, role)
	if err != nil {
		return err
	}
	if s.State == "" || s.State == Ended {
		return Refuse("role.has_not", "number", int64(id))
	}
	before := s.State
	if err := a.dismiss(staff, m, s); err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoRole, ID: int64(s.ID), Key: string(before)})
}

func (a *Act) dismiss(staff, m Member, s Membership) error {
	if s.Role == Admin {
		admins, err := a.Tx.MembershipsOf(s.Programme, Admin)
		if err != nil {
			return fmt.Errorf("admins: %w", err)
		}
		others := 0
		for _, o := range admins {
			if o.ID != s.ID && o.State == Active {
				others++
			}
		}
		if others == 0 {
			return Refuse("role.last_admin")
		}
	}
	if err := MembershipMachine().shift(&s.State, StepEnd); err != nil {
		return err
	}
	if err := a.putMembership(&s); err != nil {
		return err
	}
	if err := a.seat(m, s.Programme, s.Unit); err != nil {
		return err
	}
	a.Do(Notify{Member: m.ID, Text: T("role.taken", "role", T("role."+string(s.Role)))})
	return a.audit(staff.ID, AuditDismiss, m.ID, s.ID)
}

// seat asks a member into the staff room or out of it, as their roles now are;
// whoever goes out gives their cases back.
func (a *Act) seat(m Member, p Programme, u Unit) error {
	room, err := a.EnsureStaffRoom(p, u)
	if err != nil {
		return err
	}
	sees, err := a.sees(m, room)
	if err != nil {
		return err
	}
	if sees {
		a.Do(AdmitStaff{m.ID, room.ID})
		return nil
	}
	a.Do(DismissStaff{m.ID, room.ID})
	return a.releaseAll(m, room)
}

// SeesStaffRoom says whether what the service says in a staff room is for a
// member's eyes. Whoever runs a homeserver can put themselves into any room.
func (a *Act) SeesStaffRoom(m Member, id StaffRoomID) (bool, error) {
	room, err := a.staffRoom(id)
	if err != nil {
		return false, err
	}
	return a.sees(m, room)
}

func (a *Act) sees(m Member, room StaffRoom) (bool, error) {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return false, fmt.Errorf("memberships: %w", err)
	}
	return slices.ContainsFunc(list, func(s Membership) bool {
		return s.Programme == room.Programme && s.Unit == room.Unit && s.Role.sees() && s.State == Active
	}), nil
}

// roleOf is a member's membership of a role, the newest; without a state when
// there is none.
func (a *Act) roleOf(m Member, role Role) (Membership, error) {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return Membership{}, fmt.Errorf("memberships: %w", err)
	}
	found := Membership{Member: m.ID, Programme: DefaultProgramme, Unit: DefaultUnit, Role: role, Created: a.Now}
	for _, s := range list {
		if s.Role == role && s.Programme == DefaultProgramme && s.Unit == DefaultUnit {
			found = s
		}
	}
	return found, nil
}

// restoreRole makes a role what it was: gone when it was not there.
func (a *Act) restoreRole(staff Member, id MembershipID, before MembershipState) error {
	if err := a.can(staff, DoRoles); err != nil {
		return err
	}
	s, err := a.Tx.Membership(id)
	if err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	m, err := a.known(s.Member)
	if err != nil {
		return err
	}
	if before != "" && s.State == Ended {
		return a.appoint(staff, m, s.Role)
	}
	if before == "" && s.State == Active {
		return a.dismiss(staff, m, s)
	}
	return Refuse("undo.nothing", "n", int(UndoWithin.Minutes()))
}
