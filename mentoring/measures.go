package mentoring

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MeasureKind is what staff do when somebody breaks the rules (feature S11).
type MeasureKind string

// The measures, mildest first. Blocking is between two people, and theirs.
const (
	Warning    MeasureKind = "warn"    // the person is told
	Suspension MeasureKind = "suspend" // a membership: neither writes nor is written to
	Ban        MeasureKind = "ban"     // a member, in everything, and they cannot come back
)

// MeasureState is the state of a measure; see docs/states.md.
type MeasureState string

// fresh → standing → lifted.
const (
	MeasureFresh    MeasureState = "fresh"    // can be undone without a trace in the conversations
	MeasureStanding MeasureState = "standing" //
	MeasureLifted   MeasureState = "lifted"
)

// MeasureID is the number by which staff name a measure.
type MeasureID int64

func (id MeasureID) subject() string { return fmt.Sprintf("measure %d", id) }

// Measure is what staff have done about a person, and why.
type Measure struct {
	ID         MeasureID
	Kind       MeasureKind
	State      MeasureState
	Member     MemberID
	Membership MembershipID // of whose number it was done
	Programme  Programme
	Unit       Unit
	By         MemberID
	Words      MeasureWords
	Created    time.Time
	Review     time.Time // staff are reminded then to look at it again
	Due        time.Time // when tick must look at it; zero: never
}

// MeasureWords are the sealed part of a measure.
type MeasureWords struct {
	Reason string // in staff's words; the person reads it
	// Before are the states of the memberships that were suspended.
	Before map[MembershipID]MembershipState
}

// UndoTime is for how long a measure can be undone as if it had not been: only
// then do conversations end because of it.
const UndoTime = 10 * time.Minute

// ReasonMax is how long a reason may be, in characters.
const ReasonMax = 500

// measureKept is how long a measure that was lifted, or a warning that was
// reviewed, is kept.
const measureKept = 90 * 24 * time.Hour

// Impose takes a measure. A suspension or a ban is in force from this
// transaction on, in both directions; the person is told why, until when at
// least it will be looked at again, and how to appeal. review is the zero time
// for the programme's own.
func (a *Act) Impose(staff Member, kind MeasureKind, id MembershipID, reason string, review time.Time) (Measure, error) {
	s, err := a.Measured(staff, id)
	if err != nil {
		return Measure{}, err
	}
	if reason, err = fit(reason, ReasonMax); err != nil {
		return Measure{}, err
	}
	switch {
	case reason == "":
		return Measure{}, Refuse("measure.reason")
	case !review.IsZero() && !review.After(a.Now):
		return Measure{}, Refuse("date.past")
	case review.IsZero():
		review = a.Now.Add(a.Rules.Programme(s.Programme).ReviewAfter)
	}
	if err := a.notTwice(kind, s); err != nil {
		return Measure{}, err
	}
	x := Measure{
		Kind: kind, Member: s.Member, Membership: s.ID, Programme: s.Programme, Unit: s.Unit, By: staff.ID,
		Words: MeasureWords{Reason: reason}, Created: a.Now, Review: review, Due: a.Now.Add(UndoTime),
	}
	if err := MeasureMachine().shift(&x.State, StepImpose); err != nil {
		return Measure{}, err
	}
	switch kind {
	case Suspension:
		err = a.suspend(&x, s)
	case Ban:
		err = a.ban(&x)
	}
	if err != nil {
		return Measure{}, err
	}
	if err := a.putMeasure(&x); err != nil {
		return Measure{}, err
	}
	a.Do(Notify{Member: x.Member, Text: T("measure.told."+string(kind), "reason", reason, "until", review), Loud: true})
	return x, a.auditBecause(staff.ID, measureAudit(kind), reason, x.ID, s.ID)
}

// notTwice refuses a measure that is in force already.
func (a *Act) notTwice(kind MeasureKind, s Membership) error {
	if kind == Warning {
		return nil
	}
	list, err := a.standing(s.Member)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.Kind == Ban || kind == Suspension && x.Kind == Suspension && x.Membership == s.ID {
			return Refuse("measure.already", "number", int64(x.ID))
		}
	}
	return nil
}

// standing are the measures about a member that are in force.
func (a *Act) standing(m MemberID) (list []Measure, err error) {
	all, err := a.Tx.MeasuresOf(m)
	if err != nil {
		return nil, fmt.Errorf("measures: %w", err)
	}
	for _, x := range all {
		if x.State != MeasureLifted {
			list = append(list, x)
		}
	}
	return list, nil
}

// suspend takes a membership out of everything, and stops what it has to do
// with in both directions.
func (a *Act) suspend(x *Measure, s Membership) error {
	if _, ok := MembershipMachine().Next(s.State, StepSuspend); !ok {
		return nil // ended, or suspended by another measure
	}
	if x.Words.Before == nil {
		x.Words.Before = map[MembershipID]MembershipState{}
	}
	x.Words.Before[s.ID] = s.State
	was := s.State
	if err := MembershipMachine().shift(&s.State, StepSuspend); err != nil {
		return err
	}
	if err := a.putMembership(&s); err != nil {
		return err
	}
	if s.Role != Mentee && s.Role != Mentor && was == Active {
		if err := a.outOfStaff(s); err != nil {
			return err
		}
	}
	return a.bar(s, a.Now)
}

// outOfStaff takes a staff member out of their room; their cases are given back.
func (a *Act) outOfStaff(s Membership) error {
	room, err := a.StaffRoomFor(s.Programme, s.Unit)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.Do(DismissStaff{s.Member, room.ID})
	return a.releaseAll(Member{ID: s.Member}, room)
}

// ban suspends everything of a member, and keeps their account from coming back.
func (a *Act) ban(x *Measure) error {
	m, err := a.Tx.Member(x.Member)
	if err != nil {
		return fmt.Errorf("member: %w", err)
	}
	if m.Address != "" {
		if err := a.Tx.PutBan(m.Address, a.Now); err != nil {
			return fmt.Errorf("put ban: %w", err)
		}
	}
	list, err := a.Tx.Memberships(x.Member)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for _, s := range list {
		if err := a.suspend(x, s); err != nil {
			return err
		}
	}
	return nil
}

// bar stops (or, with the zero time, lets go on) what a membership has to do
// with in conversations. Those with staff go on: everybody can reach staff.
// The others get one neutral line.
func (a *Act) bar(s Membership, since time.Time) error {
	all, err := a.Tx.ConversationsOf(s.Member)
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	key := "measure.others"
	if since.IsZero() {
		key = "measure.others_again"
	}
	for _, c := range all {
		me := c.ByMember(s.Member)
		if c.Kind == KindCase || me.Membership != s.ID || me.Presence == Removed || me.Barred.IsZero() == since.IsZero() {
			continue
		}
		c = c.Clone()
		me = c.ByMember(s.Member)
		me.Barred = since
		if err := a.putConversation(c); err != nil {
			return err
		}
		a.Do(BarLeg{Participant: me.ID, On: !since.IsZero()})
		if !c.Live() || c.State == Placed {
			continue
		}
		for _, o := range c.others(me.ID) {
			a.Do(Tell{o, T(key, "alias", me.Alias)})
		}
	}
	return nil
}

// Lift ends a measure: what was suspended is as it was before. Conversations
// that have ended because of it stay so.
func (a *Act) Lift(staff Member, id MeasureID) (Measure, error) {
	x, err := a.measureFor(staff, id)
	if err != nil {
		return x, err
	}
	if x.Member == staff.ID {
		return x, Refuse("measure.own")
	}
	next, ok := MeasureMachine().Next(x.State, StepLift)
	if !ok {
		return x, Refuse("measure.lifted_already", "number", int64(id))
	}
	x.State, x.Due = next, a.Now.Add(measureKept)
	if err := a.putMeasure(&x); err != nil {
		return x, err
	}
	if x.Kind == Ban {
		m, err := a.Tx.Member(x.Member)
		if err != nil {
			return x, fmt.Errorf("member: %w", err)
		}
		if err := a.Tx.DropBan(m.Address); err != nil {
			return x, fmt.Errorf("drop ban: %w", err)
		}
	}
	for _, before := range sortedStates(x.Words.Before) {
		if err := a.reinstate(x, before.id, before.state); err != nil {
			return x, err
		}
	}
	a.Do(Notify{Member: x.Member, Text: T("measure.told_lifted." + string(x.Kind)), Loud: true})
	return x, a.audit(staff.ID, AuditLift, x.ID, x.Membership)
}

// reinstate gives a membership the state that it had, unless another measure
// holds it still: then that one will.
func (a *Act) reinstate(x Measure, id MembershipID, was MembershipState) error {
	s, err := a.Tx.Membership(id)
	if err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	others, err := a.standing(x.Member)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID != x.ID && (o.Kind == Ban || o.Kind == Suspension && o.Membership == id) {
			if o.Words.Before == nil {
				o.Words.Before = map[MembershipID]MembershipState{}
			}
			o.Words.Before[id] = was
			return a.putMeasure(&o)
		}
	}
	next, ok := MembershipMachine().Next(s.State, StepLiftTo(was))
	if !ok {
		return nil // it has ended since
	}
	s.State = next
	if err := a.putMembership(&s); err != nil {
		return err
	}
	if s.Role != Mentee && s.Role != Mentor && was == Active {
		if err := a.readmit(Member{ID: s.Member}); err != nil {
			return err
		}
	}
	return a.bar(s, time.Time{})
}

func (a *Act) measureFor(staff Member, id MeasureID) (Measure, error) {
	unknown := Refuse("measure.no_such", "number", int64(id))
	if err := a.can(staff, DoMeasure); err != nil {
		return Measure{}, err
	}
	x, err := a.Tx.Measure(id)
	if err != nil {
		return x, missing(err, "measure", unknown)
	}
	_, err = a.canIn(staff, DoMeasure, x.Programme, x.Unit)
	return x, instead(err, unknown)
}

// Measures lists what is in force where a staff member works, the oldest first.
func (a *Act) Measures(staff Member) ([]Measure, error) {
	if err := a.can(staff, DoMeasure); err != nil {
		return nil, err
	}
	all, err := a.Tx.Measures(MeasureFresh, MeasureStanding)
	if err != nil {
		return nil, fmt.Errorf("measures: %w", err)
	}
	var list []Measure
	for _, x := range all {
		if _, err := a.canIn(staff, DoMeasure, x.Programme, x.Unit); err == nil {
			list = append(list, x)
		} else if err = unrefused(err); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Appeal is a person asking for what was done about them to be looked at again,
// by somebody else if there is one. It is a case like any other call.
func (a *Act) Appeal(m Member) (Case, error) {
	list, err := a.standing(m.ID)
	if err != nil {
		return Case{}, err
	}
	if len(list) == 0 {
		return Case{}, Refuse("appeal.none")
	}
	c, err := a.CallStaff(m, CaseAppeal, 0)
	if err != nil {
		return c, err
	}
	for _, x := range list {
		a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID,
			Text: T("appeal.about", "number", int64(x.ID), "kind", T("measure.kind."+string(x.Kind)), "until", x.Review)})
	}
	return c, nil
}

// dueMeasures does what time brings: after the first minutes conversations end
// because of it, staff are reminded of the review, and what is over is forgotten.
func (a *Act) dueMeasures() (more bool, err error) {
	due, err := a.Tx.DueMeasures(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due measures: %w", err)
	}
	for _, x := range due {
		switch x.State {
		case MeasureLifted:
			err = a.Tx.DeleteMeasure(x.ID)
		case MeasureFresh:
			err = a.settle(x)
		default:
			a.Do(TellStaff{Programme: x.Programme, Unit: x.Unit, Loud: true, Text: T("measure.review", "number", int64(x.ID),
				"kind", T("measure.kind."+string(x.Kind)))})
			x.Due = a.Now.Add(a.Rules.Programme(x.Programme).ReviewAfter)
			if x.Kind == Warning {
				x.State, x.Due = MeasureLifted, a.Now.Add(measureKept)
			}
			err = a.putMeasure(&x)
		}
		if err != nil {
			return false, fmt.Errorf("measure: %w", err)
		}
	}
	return len(due) == tickBatch, nil
}

// settle is the end of the time in which a measure can be undone: a mentor's
// mentees are asked how they want to go on, and with a ban everything ends.
func (a *Act) settle(x Measure) error {
	if err := MeasureMachine().shift(&x.State, StepSettle); err != nil {
		return err
	}
	x.Due = x.Review
	if err := a.putMeasure(&x); err != nil {
		return err
	}
	for _, before := range sortedStates(x.Words.Before) {
		s, err := a.Tx.Membership(before.id)
		if err != nil {
			return fmt.Errorf("membership: %w", err)
		}
		if s.Role == Mentor {
			if err := a.stopMentoring(s); err != nil {
				return err
			}
		}
	}
	if x.Kind != Ban {
		return nil
	}
	all, err := a.Tx.ConversationsOf(x.Member)
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	for _, c := range all {
		if c.Kind == KindCase || !c.Live() {
			continue
		}
		if err := a.finish(c, StepWithdraw, c.ByMember(x.Member).ID, "chat.ended"); err != nil {
			return err
		}
	}
	return nil
}

func (a *Act) putMeasure(x *Measure) error {
	if err := a.Tx.PutMeasure(x); err != nil {
		return fmt.Errorf("put measure: %w", err)
	}
	return nil
}

// LiftBan lets an account come back of which nothing is known any more but that
// it was banned.
func (a *Act) LiftBan(staff Member, address string) error {
	if err := a.can(staff, DoMeasure); err != nil {
		return err
	}
	banned, err := a.Tx.Banned(address)
	if err != nil {
		return fmt.Errorf("banned: %w", err)
	}
	if !banned {
		return Refuse("measure.not_banned")
	}
	m, err := a.Tx.MemberByAddress(address)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("member by address: %w", err)
	}
	if err == nil {
		list, err := a.standing(m.ID)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.Kind == Ban {
				return Refuse("measure.lift_by_number", "number", int64(x.ID))
			}
		}
	}
	if err := a.Tx.DropBan(address); err != nil {
		return fmt.Errorf("drop ban: %w", err)
	}
	return a.audit(staff.ID, AuditLift)
}

func measureAudit(kind MeasureKind) AuditAction {
	switch kind {
	case Suspension:
		return AuditSuspend
	case Ban:
		return AuditBan
	}
	return AuditWarn
}

// stateBefore is the state in which a membership was suspended.
type stateBefore struct {
	id    MembershipID
	state MembershipState
}

// sortedStates are the states before a measure, by membership.
func sortedStates(m map[MembershipID]MembershipState) []stateBefore {
	list := make([]stateBefore, 0, len(m))
	for id, s := range m {
		list = append(list, stateBefore{id, s})
	}
	slices.SortFunc(list, func(x, y stateBefore) int { return cmp.Compare(x.id, y.id) })
	return list
}
