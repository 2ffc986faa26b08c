package mentoring

import (
	"fmt"
	"slices"
	"strconv"
)

// AskSupport is a mentor who wants to talk something over (feature A10): staff
// see it as a case, and the other mentors who read now are asked, too. Whoever
// takes it first gets a conversation with them. Their mentees learn nothing.
func (a *Act) AskSupport(m Member) (Case, error) {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return Case{}, err
	}
	c, err := a.CallStaff(m, CaseSupport, 0)
	if err != nil || !c.Created.Equal(a.Now) { // asked before: colleagues know
		return c, err
	}
	colleagues, err := a.Tx.MembershipsOf(s.Programme, Mentor)
	if err != nil {
		return c, fmt.Errorf("mentors: %w", err)
	}
	blocked, err := a.Tx.Blocks(m.ID)
	if err != nil {
		return c, fmt.Errorf("blocks: %w", err)
	}
	for _, o := range colleagues {
		if o.Member == m.ID || o.State != Active || o.Unit != s.Unit || slices.Contains(blocked, o.Member) {
			continue
		}
		v, err := a.availability(o.ID)
		if err != nil {
			return c, err
		}
		if !v.AwayAt(a.Now) && v.Reads(a.Now, a.zone()) {
			a.Do(Notify{Member: o.Member, Text: T("support.wanted", "number", int64(c.ID))})
		}
	}
	return c, nil
}

// GiveSupport is a mentor taking a colleague's wish to talk. Mentors are
// anonymous to each other: in this conversation both go by the case's number.
func (a *Act) GiveSupport(m Member, id CaseID) error {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return err
	}
	gone := Refuse("support.gone", "number", int64(id))
	c, err := a.Tx.Case(id)
	if err != nil {
		return missing(err, "case", gone)
	}
	next, ok := CaseMachine().Next(c.State, StepClaim)
	if c.Kind != CaseSupport || !ok || c.Programme != s.Programme || c.Unit != s.Unit {
		return gone
	}
	if c.Opener == m.ID {
		return Refuse("support.own")
	}
	apart, err := a.Tx.Blocked(m.ID, c.Opener)
	if err != nil {
		return fmt.Errorf("blocked: %w", err)
	}
	if apart {
		return gone
	}
	opener, err := a.Tx.Member(c.Opener)
	if err != nil {
		return fmt.Errorf("member: %w", err)
	}
	number := "#" + strconv.FormatInt(int64(id), 10)
	opener.Alias, m.Alias = number+"a", number+"b"
	talk, err := a.caseTalk(c, opener, m, s)
	if err != nil {
		return err
	}
	c.State, c.ClaimedBy, c.Talk = next, m.ID, talk.ID
	a.wait(&c, a.caseRules(&c).Finish)
	if err := a.putCase(&c); err != nil {
		return err
	}
	a.Do(ShowCase{id}, Notify{Member: c.Opener, Text: T("support.taken", "number", int64(id))})
	for i := range talk.Participants {
		p := &talk.Participants[i]
		a.Do(OpenLeg{p.ID}, Tell{p.ID, T("support.hello", "number", int64(id))})
	}
	return nil
}
