package mentoring

import (
	"fmt"
	"time"
)

// Load is what a mentor has on their hands.
type Load struct {
	Membership MembershipID
	Alias      string
	Open       int           // conversations that are placed or going on
	Limit      int           // most of them
	Waiting    int           // in which a mentee waits for an answer
	Longest    time.Duration // that the one who waits longest has
	Weekly     time.Duration // their hours in a week; 0: they have set none
	Cases      int           // that are not closed: their own, and for staff those from their conversations
	Away       bool
}

// Full says whether the mentor takes nobody new because they have no place.
func (l *Load) Full() bool { return l.Open >= l.Limit }

// OwnLoad is what a mentor has on their hands. What others have told staff of
// their conversations is not in it.
func (a *Act) OwnLoad(m Member) (Load, error) {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return Load{}, err
	}
	return a.loadOf(s, func(c *Case) bool { return c.Opener == m.ID })
}

// Loads are those of all mentors of the staff member's programme and unit.
func (a *Act) Loads(staff Member) ([]Load, error) {
	records, err := a.MentorRecords(staff)
	if err != nil {
		return nil, err
	}
	var all []Load
	for _, r := range records {
		if r.Membership.State != Active && r.Membership.State != Paused {
			continue
		}
		talks, err := a.Tx.ConversationsOf(r.Membership.Member)
		if err != nil {
			return nil, fmt.Errorf("conversations: %w", err)
		}
		theirs := map[ConversationID]bool{}
		for _, c := range talks {
			theirs[c.ID] = c.byMembership(r.Membership.ID) != nil
		}
		l, err := a.loadOf(r.Membership, func(c *Case) bool { return c.Opener == r.Membership.Member || theirs[c.Conversation] })
		if err != nil {
			return nil, err
		}
		l.Alias = r.Card.Alias
		all = append(all, l)
	}
	return all, nil
}

func (a *Act) loadOf(s Membership, counts func(*Case) bool) (Load, error) {
	l := Load{Membership: s.ID}
	v, err := a.availability(s.ID)
	if err != nil {
		return l, err
	}
	l.Limit, l.Away, l.Weekly = v.Limit(a.Rules), v.AwayAt(a.Now), v.Hours.Week()
	live, err := a.liveOf(s)
	if err != nil {
		return l, err
	}
	l.Open = len(live)
	for _, c := range live {
		if !c.WaitSince.IsZero() {
			l.Waiting++
			l.Longest = max(l.Longest, a.Now.Sub(c.WaitSince))
		}
	}
	going, err := a.Tx.Cases(CaseOpen, CaseClaimed)
	if err != nil {
		return l, fmt.Errorf("cases: %w", err)
	}
	for i := range going {
		if counts(&going[i]) {
			l.Cases++
		}
	}
	return l, nil
}

// filled tells a mentor that their last place is taken, and staff when that
// leaves few mentors who can take somebody.
func (a *Act) filled(l *Listing) error {
	if l.spare(a.Rules) != 1 { // as it was before the place was taken
		return nil
	}
	a.Do(Notify{Member: l.Membership.Member, Text: T("load.full", "n", l.Open+1)})
	few := a.Rules.Programme(l.Membership.Programme).FewMentors
	list, err := a.Tx.Listings(l.Membership.Programme)
	if err != nil {
		return fmt.Errorf("listings: %w", err)
	}
	left := 0
	for _, o := range list {
		if o.Membership.ID != l.Membership.ID && o.spare(a.Rules) > 0 && !o.Availability.AwayAt(a.Now) {
			left++
		}
	}
	if left == few-1 { // told when it becomes so, not each time
		a.Do(TellStaff{Programme: l.Membership.Programme, Unit: l.Membership.Unit, Loud: true, Text: T("load.few", "n", left)})
	}
	return nil
}
