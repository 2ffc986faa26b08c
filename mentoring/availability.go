package mentoring

import (
	"fmt"
	"slices"
	"time"
)

// FreeAtMost is for how long a mentor can say at once that they are free.
const FreeAtMost = 12 * time.Hour

// spansMax bounds a mentor's week.
const spansMax = 30

// OwnAvailability is what a mentor has said of their time.
func (a *Act) OwnAvailability(m Member) (Availability, error) {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return Availability{}, err
	}
	return a.availability(s.ID)
}

// ownTime changes what a mentor has said of their time. Their legs are looked at
// anew: what waited for hours that are not any more goes out.
func (a *Act) ownTime(m Member, change func(*Availability) error) error {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return err
	}
	v, err := a.availability(s.ID)
	if err != nil {
		return err
	}
	if err := change(&v); err != nil {
		return err
	}
	if err := a.putAvailability(&v); err != nil {
		return err
	}
	if err := a.rewait(s); err != nil {
		return err
	}
	return a.wakeLegs(s)
}

// wakeLegs has the legs of a mentor's conversations looked at anew.
func (a *Act) wakeLegs(s Membership) error {
	all, err := a.Tx.ConversationsOf(s.Member)
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	for _, c := range all {
		if p := c.byMembership(s.ID); p != nil && p.Presence != NotAsked && p.Presence != Removed {
			a.Do(WakeLeg{p.ID})
		}
	}
	return nil
}

// SetHours says when a mentor reads messages every week; none: whenever. Outside
// of them they take nobody new, and what is written to them waits.
func (a *Act) SetHours(m Member, hours Hours) error {
	if len(hours) > spansMax {
		return Refuse("hours.too_many", "max", spansMax)
	}
	return a.ownTime(m, func(v *Availability) error {
		v.Hours = slices.Clone(hours)
		v.FreeUntil = time.Time{}
		return nil
	})
}

// FreeFor says that a mentor is free for a while whatever their hours; zero ends
// it. It returns until when.
func (a *Act) FreeFor(m Member, d time.Duration) (time.Time, error) {
	if d < 0 || d > FreeAtMost {
		return time.Time{}, Refuse("free.too_long", "max", int(FreeAtMost/time.Hour))
	}
	until := a.Now.Add(d)
	err := a.ownTime(m, func(v *Availability) error {
		if v.AwayAt(a.Now) && d > 0 {
			return Refuse("free.away")
		}
		v.FreeUntil = until
		if d == 0 {
			v.FreeUntil = time.Time{}
		}
		return nil
	})
	return until, err
}

// SetCapacity says how many conversations a mentor wants to have at once; it is
// at most what staff allow.
func (a *Act) SetCapacity(m Member, n int) error {
	return a.ownTime(m, func(v *Availability) error {
		if most := v.ceiling(a.Rules); n < 1 || n > most {
			return Refuse("capacity.bounds", "max", most)
		}
		v.Capacity = n
		return nil
	})
}

// SetCeiling says how many conversations a mentor may have at once. Who has more
// keeps them.
func (a *Act) SetCeiling(staff Member, id MembershipID, n int) error {
	s, err := a.mentorFor(staff, id, DoMoveMentor)
	if err != nil {
		return err
	}
	if n < 1 || n > a.Rules.MentorCapacity {
		return Refuse("capacity.bounds", "max", a.Rules.MentorCapacity)
	}
	v, err := a.availability(s.ID)
	if err != nil {
		return err
	}
	before := v.Limit(a.Rules)
	v.Ceiling = n
	if err := a.putAvailability(&v); err != nil {
		return err
	}
	if now := v.Limit(a.Rules); now != before {
		a.Do(Notify{Member: s.Member, Text: T("capacity.by_staff", "n", now)})
	}
	return a.audit(staff.ID, AuditLimit, id)
}
