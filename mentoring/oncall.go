package mentoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// OnCallRules is how an urgent call reaches staff, as the operator's settings
// have it (features S8, S15). Staff change who and when with a command.
type OnCallRules struct {
	People []string // real Matrix IDs, in the order in which they are called; none: everybody at once
	Hours  Hours    // when somebody is there; none: always
	// Repeat is from one call to the next while nobody answers; Tries is how
	// often one person is called before the next one is.
	Repeat time.Duration
	Tries  int
}

// OnCall is who is called, in which order, and when somebody is there.
type OnCall struct {
	People []MembershipID
	Hours  Hours
}

// settingOnCall is where what staff have said of it is kept.
func settingOnCall(p Programme, u Unit) string {
	return "mentoring/on_call/" + string(p) + "/" + string(u)
}

// OnCall is who is on call in a programme and unit: what staff have said, else
// the settings.
func (a *Act) OnCall(p Programme, u Unit) (OnCall, error) {
	said, err := a.Tx.Setting(settingOnCall(p, u))
	if err != nil {
		return OnCall{}, fmt.Errorf("setting: %w", err)
	}
	var o OnCall
	if said != "" {
		if err := json.Unmarshal([]byte(said), &o); err != nil {
			return OnCall{}, fmt.Errorf("read on-call list: %w", err)
		}
		return o, nil
	}
	rules := &a.Rules.Programme(p).OnCall
	o.Hours = rules.Hours
	for _, address := range rules.People {
		m, err := a.Tx.MemberByAddress(address)
		if errors.Is(err, ErrNotFound) {
			continue // not staff yet
		}
		if err != nil {
			return OnCall{}, fmt.Errorf("member by address: %w", err)
		}
		list, err := a.Tx.Memberships(m.ID)
		if err != nil {
			return OnCall{}, fmt.Errorf("memberships: %w", err)
		}
		for _, s := range list {
			if s.Programme == p && s.Unit == u && May([]Membership{s}, DoCase) {
				o.People = append(o.People, s.ID)
				break
			}
		}
	}
	return o, nil
}

// StaffThere is the first moment from now on in which somebody of the staff is
// there: now itself, unless it is outside of their hours.
func (a *Act) StaffThere(p Programme, u Unit) (time.Time, error) {
	o, err := a.OnCall(p, u)
	if err != nil {
		return time.Time{}, err
	}
	return o.Hours.Next(a.Now, a.zone()), nil
}

// staffOf lists the memberships that may work on cases of a programme and unit.
func (a *Act) staffOf(p Programme, u Unit) ([]Membership, error) {
	var all []Membership
	for _, role := range []Role{Coordinator, Admin} {
		list, err := a.Tx.MembershipsOf(p, role)
		if err != nil {
			return nil, fmt.Errorf("staff: %w", err)
		}
		for _, s := range list {
			if s.Unit == u && May([]Membership{s}, DoCase) {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// Colleague is a staff member as the on-call list shows them. Place is where
// they stand on it, from 1 on; 0: not on it.
type Colleague struct {
	Membership MembershipID
	Alias      string
	Place      int
}

// OnCallList is who is on call where a staff member works, in order, and then
// the others who could be.
func (a *Act) OnCallList(staff Member) (OnCall, []Colleague, error) {
	none := func(err error) (OnCall, []Colleague, error) { return OnCall{}, nil, err }
	s, err := a.allowed(staff, DoCase, func(Membership) bool { return true })
	if err != nil {
		return none(err)
	}
	o, err := a.OnCall(s.Programme, s.Unit)
	if err != nil {
		return none(err)
	}
	all, err := a.staffOf(s.Programme, s.Unit)
	if err != nil {
		return none(err)
	}
	list, of := make([]Colleague, 0, len(all)), map[MembershipID]MemberID{}
	for _, c := range all {
		m, err := a.Tx.Member(c.Member)
		if err != nil {
			return none(fmt.Errorf("member: %w", err))
		}
		of[c.ID] = m.ID
		list = append(list, Colleague{c.ID, m.Alias, slices.Index(o.People, c.ID) + 1})
	}
	slices.SortStableFunc(list, func(x, y Colleague) int {
		last := len(o.People) + 1
		place := func(c Colleague) int {
			if c.Place == 0 {
				return last
			}
			return c.Place
		}
		return place(x) - place(y)
	})
	shown := map[MemberID]bool{} // who has two roles is there once
	return o, slices.DeleteFunc(list, func(c Colleague) bool {
		twice := c.Place == 0 && shown[of[c.Membership]]
		shown[of[c.Membership]] = true
		return twice
	}), nil
}

// SetOnCall changes who is called, in that order (nobody: everybody at once).
func (a *Act) SetOnCall(staff Member, people []MembershipID) error {
	return a.changeOnCall(staff, func(s Membership, o *OnCall) error {
		all, err := a.staffOf(s.Programme, s.Unit)
		if err != nil {
			return err
		}
		for i, id := range people {
			if !slices.ContainsFunc(all, func(c Membership) bool { return c.ID == id }) {
				return Refuse("oncall.unknown", "number", int64(id))
			}
			if slices.Contains(people[:i], id) {
				return Refuse("oncall.twice", "number", int64(id))
			}
		}
		o.People = people
		return nil
	})
}

// SetOnCallHours changes when somebody of the staff is there; none: always.
func (a *Act) SetOnCallHours(staff Member, h Hours) error {
	return a.changeOnCall(staff, func(_ Membership, o *OnCall) error {
		o.Hours = h
		return nil
	})
}

// ResetOnCall goes back to the operator's settings.
func (a *Act) ResetOnCall(staff Member) error {
	s, err := a.allowed(staff, DoCase, func(Membership) bool { return true })
	if err != nil {
		return err
	}
	return a.putOnCall(s, "")
}

func (a *Act) changeOnCall(staff Member, change func(Membership, *OnCall) error) error {
	s, err := a.allowed(staff, DoCase, func(Membership) bool { return true })
	if err != nil {
		return err
	}
	o, err := a.OnCall(s.Programme, s.Unit)
	if err != nil {
		return err
	}
	if err := change(s, &o); err != nil {
		return err
	}
	said, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write on-call list: %w", err)
	}
	return a.putOnCall(s, string(said))
}

func (a *Act) putOnCall(s Membership, said string) error {
	if err := a.Tx.PutSetting(settingOnCall(s.Programme, s.Unit), said); err != nil {
		return fmt.Errorf("put setting: %w", err)
	}
	return a.audit(s.Member, AuditOnCall)
}
