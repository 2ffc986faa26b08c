package mentoring

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// HandOverState is the state of a hand-over; see docs/states.md.
type HandOverState string

// asked → accepted, declined or lapsed.
const (
	HandOverAsked    HandOverState = "asked"
	HandOverAccepted HandOverState = "accepted" // goes on with the mentor who was proposed
	HandOverDeclined HandOverState = "declined" // chooses for themself, or nobody
	HandOverLapsed   HandOverState = "lapsed"   // did not answer; staff know
)

// HandOver is the question to a mentee how they want to go on when their mentor
// does not (feature A11). Nothing of the former conversation is carried over.
type HandOver struct {
	Conversation ConversationID // the former one, whose number it has
	Mentee       MemberID
	Proposed     MembershipID // a mentor who fits and was free; 0: none
	State        HandOverState
	Reminded     bool
	Created, Due time.Time
}

// When a mentee who does not answer is reminded, and when staff are told.
const (
	handOverRemind = 24 * time.Hour
	handOverLapse  = 72 * time.Hour
)

// OfferHandOver is a mentor asking for one of their mentees to be taken over. The
// mentee is asked first, and the conversation goes on until they have answered.
func (a *Act) OfferHandOver(m Member, id ConversationID) error {
	c, p, err := a.mine(m, id)
	if err != nil {
		return err
	}
	mentee := c.menteeOf()
	switch {
	case p.Role != Mentor || mentee == nil:
		return Refuse("handover.not_here")
	case c.State != Open:
		return Refuse("chat.is_over")
	}
	if h, err := a.Tx.HandOver(id); err == nil && h.State == HandOverAsked {
		return Refuse("handover.already")
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("hand-over: %w", err)
	}
	h, err := a.askHandOver(c, mentee)
	if err != nil {
		return err
	}
	a.Do(Tell{mentee.ID, T("handover.ask_here", "alias", p.Alias)},
		Notify{Member: h.Mentee, Text: T("handover.ask", "alias", p.Alias), Loud: true})
	return nil
}

// AskHandOver ends the conversations of a mentor who does not go on, whatever
// the reason, and asks each mentee at once how they want to go on. Places in
// which nothing was written are given back.
func (a *Act) AskHandOver(s Membership) error {
	live, err := a.liveOf(s)
	if err != nil {
		return err
	}
	for _, c := range live {
		mentor, mentee := c.byMembership(s.ID), c.menteeOf()
		written := c.State == Open
		if err := a.finish(c, StepWithdraw, mentor.ID, "chat.mentor_stopped"); err != nil {
			return err
		}
		if !written || mentee == nil {
			continue
		}
		if _, err := a.askHandOver(c, mentee); err != nil {
			return err
		}
		a.Do(Notify{Member: mentee.Member, Text: T("handover.ask", "alias", mentor.Alias), Loud: true})
	}
	return nil
}

// leaveMentees is for a mentor who does not go on at all, because they were
// suspended, ended or are deleted: each of their mentees is asked at once how
// they want to go on, and they leave the mentors' group. It is called in the same transaction, whichever comes
// first, and a second time changes nothing.
func (a *Act) leaveMentees(m Member) error {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for i := range list {
		if list[i].Role != Mentor {
			continue
		}
		if err := a.stopMentoring(list[i]); err != nil {
			return err
		}
	}
	return nil
}

// stopMentoring is leaveMentees for one membership.
func (a *Act) stopMentoring(s Membership) error {
	if err := a.AskHandOver(s); err != nil {
		return err
	}
	return a.leaveGroups(s)
}

func (a *Act) askHandOver(c *Conversation, mentee *Participant) (*HandOver, error) {
	h := &HandOver{Conversation: c.ID, Mentee: mentee.Member, Created: a.Now, Due: a.Now.Add(handOverRemind)}
	if err := HandOverMachine().shift(&h.State, StepAsk); err != nil {
		return nil, err
	}
	proposed, err := a.successor(c, mentee)
	if err != nil {
		return nil, err
	}
	if proposed != nil {
		h.Proposed = proposed.Membership.ID
	}
	return h, a.putHandOver(h)
}

func (a *Act) putHandOver(h *HandOver) error {
	if err := a.Tx.PutHandOver(h); err != nil {
		return fmt.Errorf("put hand-over: %w", err)
	}
	return nil
}

// successor finds the mentor who fits best instead of a conversation's: free
// now, with the most of the same topics, then in the order of the list; nil if
// nobody is free.
func (a *Act) successor(c *Conversation, mentee *Participant) (*Listing, error) {
	list, err := a.Tx.Listings(c.Programme)
	if err != nil {
		return nil, fmt.Errorf("listings: %w", err)
	}
	blocked, err := a.Tx.Blocks(mentee.Member)
	if err != nil {
		return nil, fmt.Errorf("blocks: %w", err)
	}
	var topics []string
	former := c.mentorOf()
	if former != nil {
		card, err := a.Tx.Card(former.Membership)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("card: %w", err)
		}
		topics = card.Topics
	}
	shared := func(l *Listing) (n int) {
		for _, t := range l.Card.Topics {
			if slices.Contains(topics, t) {
				n++
			}
		}
		return n
	}
	free := slices.DeleteFunc(slices.Clone(list), func(l *Listing) bool {
		return !l.Free(a.Now, a.Rules) || former != nil && l.Membership.ID == former.Membership ||
			l.Membership.Member == mentee.Member || slices.Contains(blocked, l.Membership.Member)
	})
	if free, err = a.notApart(c.Trial, free); err != nil {
		return nil, err
	}
	if len(free) == 0 {
		return nil, nil
	}
	best := slices.MinFunc(free, func(x, y *Listing) int {
		return cmp.Or(-cmp.Compare(shared(x), shared(y)), cmp.Compare(x.taken(a.Rules), y.taken(a.Rules)),
			cmp.Compare(shuffled(mentee.Member, x.Membership.ID), shuffled(mentee.Member, y.Membership.ID)))
	})
	return best, nil
}

// notApart leaves out mentors who must not meet somebody on trial, or somebody
// who is not.
func (a *Act) notApart(trial bool, list []*Listing) ([]*Listing, error) {
	var met []*Listing
	for _, l := range list {
		apart, err := a.apart(Member{Trial: trial}, l.Membership.Member)
		if err != nil {
			return nil, err
		}
		if !apart {
			met = append(met, l)
		}
	}
	return met, nil
}

// Proposal is an open question of hand-over with what the mentee needs to
// answer it.
type Proposal struct {
	HandOver HandOver
	Former   Text     // what the former mentor was called; "your mentor" when they were deleted
	Mentor   *Listing // who is proposed and is still free; nil: nobody
}

// Proposals are the questions of hand-over that a member has not answered.
func (a *Act) Proposals(m Member) ([]Proposal, error) {
	list, err := a.Tx.HandOvers(m.ID)
	if err != nil {
		return nil, fmt.Errorf("hand-overs: %w", err)
	}
	var open []Proposal
	for _, h := range list {
		if h.State != HandOverAsked && h.State != HandOverLapsed {
			continue
		}
		p, err := a.proposal(m, h)
		if err != nil {
			return nil, err
		}
		open = append(open, p)
	}
	return open, nil
}

// proposal looks whether who was proposed can still take the mentee, and for
// somebody else if not.
func (a *Act) proposal(m Member, h HandOver) (Proposal, error) {
	p := Proposal{HandOver: h, Former: T("handover.former_gone")}
	c, err := a.Tx.Conversation(h.Conversation)
	if err != nil {
		return p, fmt.Errorf("conversation: %w", err)
	}
	if former := c.mentorOf(); former != nil && former.Alias != "" {
		p.Former = T("handover.former", "alias", former.Alias)
	}
	if h.Proposed != 0 {
		l, err := a.listing(h.Proposed)
		if err == nil && l.Free(a.Now, a.Rules) {
			p.Mentor = l
			return p, nil
		}
		if err = unrefused(err); err != nil {
			return p, err
		}
	}
	if mentee := c.ByMember(m.ID); mentee != nil {
		p.Mentor, err = a.successor(c, mentee)
	}
	return p, err
}

// AcceptHandOver goes on with a mentor who was proposed; tell lets them know
// that the mentee has had another mentor here. The former conversation ends for
// both, and can be read for a while.
func (a *Act) AcceptHandOver(m Member, id ConversationID, mentor MembershipID, tell bool) (*Conversation, error) {
	h, err := a.handOver(m, id)
	if err != nil {
		return nil, err
	}
	next, err := a.Choose(m, mentor)
	if err != nil {
		return nil, err
	}
	if tell {
		next = next.Clone()
		next.WaitDone |= Continues
		if err := a.putConversation(next); err != nil {
			return nil, err
		}
	}
	h.Proposed = mentor
	return next, a.answerHandOver(h, StepAccept)
}

// DeclineHandOver is the mentee choosing for themself, or going on with nobody.
func (a *Act) DeclineHandOver(m Member, id ConversationID) error {
	h, err := a.handOver(m, id)
	if err != nil {
		return err
	}
	return a.answerHandOver(h, StepDecline)
}

func (a *Act) handOver(m Member, id ConversationID) (*HandOver, error) {
	none := Refuse("handover.none")
	h, err := a.Tx.HandOver(id)
	if err != nil {
		return nil, missing(err, "hand-over", none)
	}
	if h.Mentee != m.ID {
		return nil, none
	}
	if _, ok := HandOverMachine().Next(h.State, StepDecline); !ok {
		return nil, none
	}
	return &h, nil
}

func (a *Act) answerHandOver(h *HandOver, by Step) error {
	if err := HandOverMachine().shift(&h.State, by); err != nil {
		return err
	}
	h.Due = time.Time{}
	if err := a.putHandOver(h); err != nil {
		return err
	}
	c, err := a.Tx.Conversation(h.Conversation)
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	if !c.Live() {
		return nil
	}
	return a.finish(c, StepEnd, 0, "handover.over")
}

// unanswered reminds a mentee once of a hand-over, and then tells staff.
func (a *Act) unanswered(h HandOver) error {
	if !h.Reminded {
		h.Reminded, h.Due = true, h.Created.Add(handOverLapse)
		if err := a.putHandOver(&h); err != nil {
			return err
		}
		p, err := a.proposal(Member{ID: h.Mentee}, h)
		if err != nil {
			return err
		}
		a.Do(Notify{Member: h.Mentee, Text: T("handover.ask", "alias", p.Former)})
		return nil
	}
	if err := HandOverMachine().shift(&h.State, StepLapse); err != nil {
		return err
	}
	h.Due = time.Time{}
	if err := a.putHandOver(&h); err != nil {
		return err
	}
	c, err := a.Tx.Conversation(h.Conversation)
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	var number int64
	if mentor := c.mentorOf(); mentor != nil {
		number = int64(mentor.Membership)
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Text: T("handover.lapsed", "number", number)})
	return nil
}

// dueHandOvers does what time brings to questions of hand-over.
func (a *Act) dueHandOvers() (more bool, err error) {
	due, err := a.Tx.DueHandOvers(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due hand-overs: %w", err)
	}
	for _, h := range due {
		if err := a.unanswered(h); err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch, nil
}
