package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Free says whether the mentor can take somebody new now: listed, not away,
// with a place, within their hours. It is the one predicate of the catalogue, of
// choosing and of asking anyone.
func (l *Listing) Free(now time.Time, r *Rules) bool {
	return l.Membership.State == Active && l.Card.State == CardApproved &&
		!l.Availability.AwayAt(now) && l.spare(r) > 0 && l.Availability.Reads(now, r.zone())
}

// AwayAt says whether the mentor is away at that moment.
func (v *Availability) AwayAt(now time.Time) bool {
	return v.Away && (v.AwayUntil.IsZero() || v.AwayUntil.After(now))
}

// spare is how many more conversations the mentor can take.
func (l *Listing) spare(r *Rules) int { return l.Availability.Limit(r) - l.Open }

// wholeWeek is what a mentor reads in a week who has set no hours.
const wholeWeek = 7 * 24 * time.Hour

// taken says how much of what the mentor offers is taken, in parts of no meaning;
// by that the list is ordered, least first. They offer places and hours, and both
// weigh the same: it is the square of their conversations over both. By places
// alone, whoever reads two evenings a week would get as many people as somebody
// who reads all day with as many places; by hours alone, those who read all day
// would be full, and nobody there in the morning.
func (l *Listing) taken(r *Rules) int64 {
	limit := int64(l.Availability.Limit(r))
	week := l.Availability.Hours.Week()
	if week <= 0 {
		week = wholeWeek
	}
	open := int64(l.Open)
	return open * open * int64(wholeWeek) / max(1, limit*int64(week/time.Minute))
}

// Limit is the mentor's own capacity, at most the ceiling.
func (v *Availability) Limit(r *Rules) int {
	if v.Capacity <= 0 {
		return v.ceiling(r)
	}
	return min(v.Capacity, v.ceiling(r))
}

// ceiling is what staff allow the mentor at most.
func (v *Availability) ceiling(r *Rules) int {
	if v.Ceiling <= 0 {
		return r.MentorCapacity
	}
	return min(v.Ceiling, r.MentorCapacity)
}

// shuffled mixes the two numbers (splitmix64's finaliser), so that each viewer
// has an order of their own that does not change.
func shuffled(viewer MemberID, id MembershipID) uint64 {
	x := uint64(viewer)*0x9e3779b97f4a7c15 + uint64(id)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Choose begins a conversation with a mentor: the place is held for
// Rules.PlaceHeld, and the mentor learns of it with the first message. When the
// two are talking already, that conversation is returned with the refusal.
func (a *Act) Choose(m Member, mentor MembershipID) (*Conversation, error) {
	if err := a.can(m, DoChoose); err != nil {
		return nil, err
	}
	l, err := a.listing(mentor)
	if err != nil {
		return nil, err
	}
	if l.Membership.Member == m.ID {
		return nil, Refuse("mentor.own")
	}
	blocked, err := a.Tx.Blocked(m.ID, l.Membership.Member)
	if err != nil {
		return nil, fmt.Errorf("blocked: %w", err)
	}
	apart, err := a.apart(m, l.Membership.Member)
	if err != nil {
		return nil, err
	}
	if blocked || apart {
		return nil, Refuse("mentor.not_there")
	}
	mine, err := a.Tx.ConversationsOf(m.ID)
	if err != nil {
		return nil, fmt.Errorf("conversations: %w", err)
	}
	for _, c := range mine {
		if c.Kind == KindMentoring && c.Live() && c.byMembership(mentor) != nil {
			return c, Refuse("chat.already", "alias", l.Card.Alias)
		}
	}
	if !l.Free(a.Now, a.Rules) {
		return nil, Refuse("mentor.not_free", "alias", l.Card.Alias)
	}
	if err = a.tooMany(m, mine); err != nil {
		return nil, err
	}
	return a.place(m, l)
}

// listing finds a mentor as the catalogue would show them, or refuses in the
// same words whatever the reason.
func (a *Act) listing(id MembershipID) (*Listing, error) {
	gone := Refuse("mentor.not_there")
	s, err := a.Tx.Membership(id)
	if err != nil {
		return nil, missing(err, "membership", gone)
	}
	if s.Role != Mentor || s.State != Active {
		return nil, gone
	}
	card, err := a.Tx.Card(id)
	if err != nil {
		return nil, missing(err, "card", gone)
	}
	if card.State != CardApproved {
		return nil, gone
	}
	l := &Listing{Membership: s, Card: card}
	if l.Availability, err = a.availability(id); err != nil {
		return nil, err
	}
	live, err := a.liveOf(s)
	if err != nil {
		return nil, err
	}
	l.Open = len(live)
	return l, nil
}

// availability is what a mentor has said of their time; who has said nothing
// has all of it.
func (a *Act) availability(id MembershipID) (Availability, error) {
	v, err := a.Tx.Availability(id)
	if errors.Is(err, ErrNotFound) {
		return Availability{Membership: id}, nil
	}
	if err != nil {
		return v, fmt.Errorf("availability: %w", err)
	}
	return v, nil
}

// liveOf lists the placed and active conversations of one membership.
func (a *Act) liveOf(s Membership) ([]*Conversation, error) {
	list, err := a.Tx.ConversationsOf(s.Member)
	if err != nil {
		return nil, fmt.Errorf("conversations: %w", err)
	}
	var live []*Conversation
	for _, c := range list {
		if c.Live() && c.byMembership(s.ID) != nil && c.Kind == KindMentoring {
			live = append(live, c)
		}
	}
	return live, nil
}

func (c *Conversation) byMembership(id MembershipID) *Participant {
	for i := range c.Participants {
		if c.Participants[i].Membership == id {
			return &c.Participants[i]
		}
	}
	return nil
}

func (a *Act) place(m Member, l *Listing) (*Conversation, error) {
	mentee, err := a.menteeMembership(m)
	if err != nil {
		return nil, err
	}
	c := &Conversation{
		Kind: KindMentoring, Programme: l.Membership.Programme, Unit: l.Membership.Unit,
		Trial: m.Trial, Created: a.Now, Due: a.Now.Add(a.Rules.PlaceHeld),
		Participants: []Participant{
			{Number: 1, Member: m.ID, Membership: mentee.ID, Role: Mentee, Alias: m.Alias, Presence: NotAsked},
			{Number: 2, Member: l.Membership.Member, Membership: l.Membership.ID, Role: Mentor, Alias: l.Card.Alias, Presence: NotAsked},
		},
	}
	if err := ConversationMachine().shift(&c.State, StepChoose); err != nil {
		return nil, err
	}
	if err := PresenceMachine().shift(&c.Participants[0].Presence, StepAsk); err != nil {
		return nil, err
	}
	if err := a.putConversation(c); err != nil {
		return nil, err
	}
	if err := a.filled(l); err != nil {
		return nil, err
	}
	me := c.Participants[0].ID
	a.Do(OpenLeg{me}, Tell{me, T("chat.placed", "alias", l.Card.Alias, "until", c.Due)})
	return c, nil
}

func (a *Act) putConversation(c *Conversation) error {
	if err := a.Tx.PutConversation(c); err != nil {
		return fmt.Errorf("put conversation: %w", err)
	}
	return nil
}

// tooMany refuses when a member has begun as many conversations in the last 24
// hours as they can; it says when the next may begin.
func (a *Act) tooMany(m Member, mine []*Conversation) error {
	most := a.Rules.Programme(DefaultProgramme).NewPerDay
	if most <= 0 {
		return nil
	}
	var begun []time.Time
	for _, c := range mine {
		p := c.ByMember(m.ID)
		if c.Kind == KindMentoring && p != nil && p.Role == Mentee && a.Now.Sub(c.Created) < 24*time.Hour {
			begun = append(begun, c.Created)
		}
	}
	if len(begun) < most {
		return nil
	}
	slices.SortFunc(begun, time.Time.Compare)
	return Refuse("limit.conversations", "n", most, "until", begun[len(begun)-most].Add(24*time.Hour))
}
