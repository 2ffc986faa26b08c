package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// Preparation is how far somebody is on the way to being a mentor, and what
// staff have noted of it (feature A9). Of the background check it holds the day
// and who saw it, nothing else.
type Preparation struct {
	Membership MembershipID
	Guide      uint64    // steps of the orientation guide that have been read, one bit each
	GuideDone  time.Time // zero: not yet
	Round      string    // the training round, in staff's words; sealed at rest
	Trained    time.Time // day on which the training was done
	Checked    time.Time // day on which a background check was shown
	CheckedBy  MemberID
	Listed     time.Time // first shown to mentees
}

// newFor is how long a mentor is marked as new.
const newFor = 30 * 24 * time.Hour

// The parts that may be missing before a mentor can be listed; their words are
// in locale/ under mentor.lacks.
const (
	lacksGuide    = "guide"
	lacksTraining = "training"
	lacksCheck    = "check"
	lacksCard     = "card"
)

// preparation is what is noted of a mentor; empty for who has just come.
func (a *Act) preparation(id MembershipID) (Preparation, error) {
	p, err := a.Tx.Preparation(id)
	if errors.Is(err, ErrNotFound) {
		return Preparation{Membership: id}, nil
	}
	if err != nil {
		return p, fmt.Errorf("preparation: %w", err)
	}
	return p, nil
}

func (a *Act) putPreparation(p *Preparation) error {
	if err := a.Tx.PutPreparation(p); err != nil {
		return fmt.Errorf("put preparation: %w", err)
	}
	return nil
}

// Guide is how far a mentor has read the orientation guide.
func (a *Act) Guide(m Member) (Preparation, error) {
	s, err := a.ownMentor(m, DoGuide)
	if err != nil {
		return Preparation{}, err
	}
	return a.preparation(s.ID)
}

// ReadGuide notes that a mentor has read a step of the guide, 1 to total. With
// the last one the guide is done. The first makes an invited mentor one in
// training.
func (a *Act) ReadGuide(m Member, step, total int) (Preparation, error) {
	s, err := a.ownMentor(m, DoGuide)
	if err != nil {
		return Preparation{}, err
	}
	if step < 1 || step > total || total > 64 {
		return Preparation{}, Refuse("guide.no_step", "n", total)
	}
	p, err := a.preparation(s.ID)
	if err != nil {
		return p, err
	}
	p.Guide |= 1 << (step - 1)
	if p.NextStep(total) == 0 && p.GuideDone.IsZero() {
		p.GuideDone = a.Now
	}
	if err := MembershipMachine().shift(&s.State, StepPrepare); err != nil {
		return p, err
	}
	if err := a.putPreparation(&p); err != nil {
		return p, err
	}
	return p, a.putMembership(&s)
}

// NextStep is the first step of the guide that has not been read; 0 when all
// have.
func (p *Preparation) NextStep(total int) int {
	for n := 1; n <= total; n++ {
		if p.Guide&(1<<(n-1)) == 0 {
			return n
		}
	}
	return 0
}

// note changes what staff have noted of a mentor.
func (a *Act) note(staff Member, id MembershipID, change func(*Preparation) error) error {
	s, err := a.mentorFor(staff, id, DoMoveMentor)
	if err != nil {
		return err
	}
	p, err := a.preparation(id)
	if err != nil {
		return err
	}
	before := p
	if err := change(&p); err != nil {
		return err
	}
	if err := a.countTrained(s, before, p); err != nil {
		return err
	}
	if next, ok := MembershipMachine().Next(s.State, StepPrepare); ok && next != s.State {
		s.State = next
		if err := a.putMembership(&s); err != nil {
			return err
		}
	}
	if err := a.putPreparation(&p); err != nil {
		return err
	}
	return a.audit(staff.ID, AuditNote, id)
}

// NoteRound says in which training round a mentor is.
func (a *Act) NoteRound(staff Member, id MembershipID, round string) error {
	return a.note(staff, id, func(p *Preparation) (err error) {
		if round, err = fitLine(round, lineMax); err != nil {
			return err
		}
		if round == "" {
			return Refuse("mentor.round_which")
		}
		p.Round = round
		return nil
	})
}

// NoteTrained says on which day a mentor finished the training.
func (a *Act) NoteTrained(staff Member, id MembershipID, day time.Time) error {
	return a.note(staff, id, func(p *Preparation) error {
		if day.After(a.Now) {
			return Refuse("date.future")
		}
		p.Trained = day
		return nil
	})
}

// NoteCheck says on which day the staff member was shown a background check.
func (a *Act) NoteCheck(staff Member, id MembershipID, day time.Time) error {
	return a.note(staff, id, func(p *Preparation) error {
		if day.After(a.Now) {
			return Refuse("date.future")
		}
		p.Checked, p.CheckedBy = day, staff.ID
		return nil
	})
}

// Lacks names what a mentor still needs before staff can list them, in the
// order in which it is got; what the programme does not ask for is not named.
func (a *Act) Lacks(s Membership) ([]Text, error) {
	p, err := a.preparation(s.ID)
	if err != nil {
		return nil, err
	}
	c, err := a.Tx.Card(s.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("card: %w", err)
	}
	return a.lacks(s, p, c.State), nil
}

func (a *Act) lacks(s Membership, p Preparation, card CardState) []Text {
	rules := a.Rules.Programme(s.Programme)
	var parts []Text
	for _, part := range []struct {
		name   string
		needed bool
	}{
		{lacksGuide, rules.NeedGuide && p.GuideDone.IsZero()},
		{lacksTraining, rules.NeedTraining && p.Trained.IsZero()},
		{lacksCheck, rules.NeedCheck && p.Checked.IsZero()},
		{lacksCard, card != CardApproved},
	} {
		if part.needed {
			parts = append(parts, T("mentor.lacks."+part.name))
		}
	}
	return parts
}

// ListMentor shows a mentor to mentees, once everything that the programme asks
// for is there.
func (a *Act) ListMentor(staff Member, id MembershipID) error {
	s, err := a.mentorFor(staff, id, DoMoveMentor)
	if err != nil {
		return err
	}
	if s.State == Active {
		return Refuse("mentor.listed_already", "number", int64(id))
	}
	parts, err := a.Lacks(s)
	if err != nil {
		return err
	}
	if len(parts) > 0 {
		return Refuse("mentor.lacks", "number", int64(id), "parts", parts)
	}
	next, ok := MembershipMachine().Next(s.State, StepList)
	if !ok {
		return Refuse("mentor.cannot_now", "number", int64(id), "state", T("mentor.state."+string(s.State)))
	}
	s.State = next
	if err := a.listed(s); err != nil {
		return err
	}
	a.Do(Notify{Member: s.Member, Text: T("mentor.listed")})
	return a.audit(staff.ID, AuditList, id)
}

// listed keeps that a mentor is shown to mentees from now on.
func (a *Act) listed(s Membership) error {
	p, err := a.preparation(s.ID)
	if err != nil {
		return err
	}
	if p.Listed.IsZero() {
		p.Listed = a.Now
		if err := a.putPreparation(&p); err != nil {
			return err
		}
	}
	v, err := a.availability(s.ID)
	if err != nil {
		return err
	}
	if err := a.putAvailability(&v); err != nil { // the catalogue joins it
		return err
	}
	return a.putMembership(&s)
}

// New says whether the mentor has been shown for a short time only.
func (l *Listing) New(now time.Time) bool {
	return !l.Since.IsZero() && now.Sub(l.Since) < newFor
}
