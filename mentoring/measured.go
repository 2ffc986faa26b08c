package mentoring

import "fmt"

// Measured finds the membership that a measure is about, for staff who may take
// one. Staff cannot do it to themselves.
func (a *Act) Measured(staff Member, id MembershipID) (Membership, error) {
	unknown := Refuse("measure.unknown", "number", int64(id))
	if err := a.can(staff, DoMeasure); err != nil {
		return Membership{}, err
	}
	s, err := a.Tx.Membership(id)
	if err != nil {
		return s, missing(err, "membership", unknown)
	}
	if _, err := a.canIn(staff, DoMeasure, s.Programme, s.Unit); err != nil {
		return s, instead(err, unknown)
	}
	m, err := a.Tx.Member(s.Member)
	if err != nil {
		return s, fmt.Errorf("member: %w", err)
	}
	switch {
	case s.Member == staff.ID:
		return s, Refuse("measure.own")
	case s.State == Ended || m.Join == JoinErasing || m.Join == JoinErased:
		return s, Refuse("measure.gone", "number", int64(id))
	}
	return s, nil
}

// MeasuredInCase finds whom a measure that is taken because of a case is about:
// the other one in the conversation that was reported, else who called.
func (a *Act) MeasuredInCase(staff Member, id CaseID) (Membership, error) {
	unknown := Refuse("case.unknown", "number", int64(id))
	if err := a.can(staff, DoMeasure); err != nil {
		return Membership{}, err
	}
	c, err := a.Tx.Case(id)
	if err != nil {
		return Membership{}, missing(err, "case", unknown)
	}
	if _, err := a.canIn(staff, DoMeasure, c.Programme, c.Unit); err != nil {
		return Membership{}, instead(err, unknown)
	}
	if c.Conversation != 0 {
		talk, err := a.Tx.Conversation(c.Conversation)
		if err != nil {
			return Membership{}, missing(err, "conversation", Refuse("measure.nobody", "number", int64(id)))
		}
		for _, p := range talk.Participants {
			if p.Member != c.Opener && p.Membership != 0 && (p.Role == Mentee || p.Role == Mentor) && len(talk.Participants) == 2 {
				return a.Measured(staff, p.Membership)
			}
		}
		return Membership{}, Refuse("measure.nobody", "number", int64(id))
	}
	list, err := a.Tx.Memberships(c.Opener)
	if err != nil {
		return Membership{}, fmt.Errorf("memberships: %w", err)
	}
	for _, s := range list {
		if s.Programme == c.Programme && s.Unit == c.Unit && s.Role == c.OpenerRole && s.State != Ended {
			return a.Measured(staff, s.ID)
		}
	}
	return Membership{}, Refuse("measure.nobody", "number", int64(id))
}

// notBarred refuses for who is banned, and for an account that was: they cannot
// come back by another way.
func (a *Act) notBarred(m Member) error {
	banned, err := a.Tx.Banned(m.Address)
	if err != nil {
		return fmt.Errorf("banned: %w", err)
	}
	if banned {
		return Refuse("measure.banned")
	}
	list, err := a.standing(m.ID)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.Kind == Ban {
			return Refuse("measure.banned")
		}
	}
	return nil
}

// notSuspended refuses for who is banned or has a membership that is suspended:
// they do not begin another.
func (a *Act) notSuspended(m Member) error {
	if err := a.notBarred(m); err != nil {
		return err
	}
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for _, s := range list {
		if s.State == Suspended {
			return Refuse("measure.suspended")
		}
	}
	return nil
}
