package mentoring

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// GroupMax is how many people there can be in a group at once.
const GroupMax = 40

// group is the conversation in which a meeting is held: that of the meeting
// before, or a new one when there is none any more. Whoever leads is in it.
func (a *Act) group(m *Supervision) (*Conversation, error) {
	c := &Conversation{Kind: KindGroup, Programme: m.Programme, Unit: m.Unit, Created: a.Now}
	if m.Conversation != 0 {
		before, err := a.Tx.Conversation(m.Conversation)
		if unfound(err) != nil {
			return nil, fmt.Errorf("group: %w", err)
		}
		if err == nil && before.Live() {
			c = before.Clone()
		}
	}
	leader, err := a.leader(m)
	if err != nil {
		return nil, err
	}
	if c.ID == 0 {
		c.Trial = leader.Trial
		if err := ConversationMachine().shift(&c.State, StepGather); err != nil {
			return nil, err
		}
	}
	s, err := a.canIn(leader, DoSupervise, m.Programme, m.Unit)
	if err != nil { // no staff any more
		return c, unrefused(err)
	}
	name := leader.Alias
	if name == "" {
		name = a.Rules.StaffAlias
	}
	return c, a.seated(c, Participant{Member: leader.ID, Membership: s.ID, Role: s.Role, Alias: name})
}

// enterGroup makes a mentor a participant of the group and asks them in. Their
// room is made now, not when the group was: nobody gets one who does not come.
func (a *Act) enterGroup(m *Supervision, as MembershipID, who Member) error {
	c, err := a.group(m)
	if err != nil {
		return err
	}
	if c.present(as) == nil && c.count() >= GroupMax {
		return Refuse("supervision.full", "max", GroupMax)
	}
	name, err := a.groupName(c, m, as)
	if err != nil {
		return err
	}
	if err := a.seated(c, Participant{Member: who.ID, Membership: as, Role: Mentor, Alias: name}); err != nil {
		return err
	}
	var came []int // who is asked in now, by number
	for i := range c.Participants {
		p := &c.Participants[i]
		if p.Presence == NotAsked {
			if err := PresenceMachine().shift(&p.Presence, StepAsk); err != nil {
				return err
			}
			came = append(came, p.Number)
		}
	}
	if err := a.putConversation(c); err != nil {
		return err
	}
	for _, p := range c.Participants {
		switch {
		case slices.Contains(came, p.Number):
			a.Do(OpenLeg{p.ID}, Tell{p.ID, T("supervision.hello", "alias", p.Alias)})
		case p.Membership == as && p.Presence == Away:
			a.Do(OpenLeg{p.ID})
		case p.Presence != Removed && len(came) > 0:
			a.Do(RenewLeg{p.ID})
		}
	}
	if m.Conversation == c.ID {
		return nil
	}
	m.Conversation = c.ID
	return a.putSupervision(m)
}

// seated adds a participant who is not in the conversation yet.
func (a *Act) seated(c *Conversation, p Participant) error {
	if c.present(p.Membership) != nil {
		return nil
	}
	if err := PresenceMachine().shift(&p.Presence, StepChoose); err != nil {
		return err
	}
	for _, o := range c.Participants {
		p.Number = max(p.Number, o.Number)
	}
	p.Number++
	c.Participants = append(c.Participants, p)
	return nil
}

// present is the participant of a membership that has not left for good.
func (c *Conversation) present(id MembershipID) *Participant {
	for i := range c.Participants {
		if p := &c.Participants[i]; p.Membership == id && p.Presence != Removed {
			return p
		}
	}
	return nil
}

// count is how many people there are in a conversation.
func (c *Conversation) count() (n int) {
	for i := range c.Participants {
		if c.Participants[i].Presence != Removed {
			n++
		}
	}
	return n
}

// groupName is what a mentor is called in the group: a name of this group only,
// that nobody in it has had, so that the mentors' cards do not tell who is who;
// unless the programme has them know each other.
func (a *Act) groupName(c *Conversation, m *Supervision, as MembershipID) (string, error) {
	if a.Rules.Programme(m.Programme).Supervision.Known {
		card, err := a.Tx.Card(as)
		if err = unfound(err); err != nil {
			return "", fmt.Errorf("card: %w", err)
		}
		if card.Alias != "" {
			return card.Alias, nil
		}
	}
	return a.freshName(c), nil
}

// freshName is one that nobody in the group has had.
func (a *Act) freshName(c *Conversation) string {
	free := slices.DeleteFunc(slices.Clone(a.Rules.GroupNames), func(name string) bool {
		return slices.ContainsFunc(c.Participants, func(p Participant) bool { return p.Alias == name })
	})
	if len(free) > 0 {
		return free[a.pick(len(free))]
	}
	return "#" + strconv.Itoa(len(c.Participants)+1)
}

// leaveGroups takes a mentor out of the mentors' group and its meetings, because
// they are paused, suspended or no mentor any more. The others get one neutral line.
func (a *Act) leaveGroups(s Membership) error {
	all, err := a.Tx.ConversationsOf(s.Member)
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	for _, c := range all {
		if p := c.present(s.ID); c.Kind == KindGroup && c.Live() && p != nil {
			if err := a.leaveGroup(c, p.ID); err != nil {
				return err
			}
		}
	}
	meeting, err := a.supervision(s.Programme, s.Unit)
	if err != nil || meeting.State != SupervisionPlanned && meeting.State != SupervisionRunning {
		return err
	}
	seats, err := a.Tx.Seats(meeting.ID)
	if err != nil {
		return fmt.Errorf("seats: %w", err)
	}
	for _, seat := range seats {
		if next, ok := SeatMachine().Next(seat.State, StepLetOff); ok && seat.Membership == s.ID {
			seat.State, seat.Due = next, time.Time{}
			if err := a.putSeat(&seat); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaveGroup takes one participant out of a group for good; coming again they
// are somebody new in it.
func (a *Act) leaveGroup(c *Conversation, id ParticipantID) error {
	c = c.Clone()
	p := c.Participant(id)
	if err := PresenceMachine().shift(&p.Presence, StepRemove); err != nil {
		return err
	}
	if err := a.putConversation(c); err != nil {
		return err
	}
	a.Do(CloseLeg{id})
	for _, o := range c.others(id) {
		a.Do(RenewLeg{o}, Tell{o, T("chat.left", "alias", p.Alias)})
	}
	return nil
}
