package mentoring

import (
	"fmt"
	"time"
)

// Utterance is what a participant does in a conversation.
type Utterance int

// The utterances.
const (
	Says     Utterance = iota // something new
	Changes                   // an edit, a reaction, a vote: refers to what was said
	Retracts                  // takes back what they said; possible for ever
)

// Chats lists the conversations that a member can write in, the oldest first.
func (a *Act) Chats(m Member) ([]*Conversation, error) {
	if err := a.can(m, DoTalk); err != nil {
		return nil, err
	}
	list, err := a.Tx.ConversationsOf(m.ID)
	if err != nil {
		return nil, fmt.Errorf("conversations: %w", err)
	}
	var mine []*Conversation
	for _, c := range list {
		if p := c.ByMember(m.ID); c.Live() && p != nil && p.Presence != NotAsked && p.Presence != Removed {
			mine = append(mine, c)
		}
	}
	return mine, nil
}

// Speak says whether a participant may say (change, take back) something now,
// and to whom it goes: also to those who have left, for whom it waits. The
// first thing said asks the other participants in.
//
// It runs for every message, so it reads nothing but the conversation, and
// writes nothing but a counter once a day's first message is behind.
func (a *Act) Speak(from ParticipantID, what Utterance) (*Conversation, []ParticipantID, error) {
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return nil, nil, missing(err, "conversation", Refuse("chat.unknown"))
	}
	me := c.Participant(from)
	if me == nil || me.Presence == NotAsked || me.Presence == Removed {
		return nil, nil, Refuse("chat.unknown")
	}
	if what == Retracts {
		return c, c.others(from), nil
	}
	if !me.Barred.IsZero() {
		return nil, nil, Refuse("measure.barred")
	}
	if c.State == Expired {
		return nil, nil, Refuse("chat.place_is_gone", "alias", c.Aliases(from))
	}
	if !c.Live() {
		return nil, nil, Refuse("chat.is_over")
	}
	if what == Says {
		if c, err = a.said(c, me); err != nil {
			return nil, nil, err
		}
	}
	return c, c.others(from), nil
}

// others lists whom something from a participant goes to.
func (c *Conversation) others(from ParticipantID) []ParticipantID {
	to := make([]ParticipantID, 0, len(c.Participants)-1)
	for i := range c.Participants {
		p := &c.Participants[i]
		if p.ID != from && p.Presence != NotAsked && p.Presence != Removed {
			to = append(to, p.ID)
		}
	}
	return to
}

// said keeps what follows from something having been said. Conversations with
// staff and among mentors are left out of the figures, which are about mentoring.
func (a *Act) said(c *Conversation, me *Participant) (*Conversation, error) {
	figures := c.Case == 0
	today := a.day()
	opens, firstToday := c.State == Placed, !c.LastTalk.Equal(today)
	fresh := c.Kind == KindMentoring && a.freshPeriod(me.Wrote)
	newMonth := !c.LastTalk.In(a.zone()).After(today.AddDate(0, 0, -today.Day()))
	c, err := a.spoke(c, me, opens || firstToday, fresh)
	if err != nil {
		return nil, err
	}
	if mentor := c.mentorOf(); mentor != nil && (opens || firstToday && newMonth) {
		if err := a.talked(mentor.Membership, opens, newMonth); err != nil {
			return nil, err
		}
	}
	if c.Kind == KindGroup {
		return c, a.heardInGroup(c, me)
	}
	if !figures {
		return c, nil
	}
	if opens {
		if err := a.firstMessage(c, c.Participant(me.ID)); err != nil {
			return nil, err
		}
	}
	if fresh {
		if err := a.wroteAnew(c, c.Participant(me.ID)); err != nil {
			return nil, err
		}
	}
	if firstToday {
		if err := a.count(CountTalkDays, a.Now, c.Programme, c.Unit, c.Trial); err != nil {
			return nil, err
		}
	}
	if err := a.Tx.AddSent(me.Membership); err != nil {
		return nil, fmt.Errorf("add sent: %w", err)
	}
	return c, a.count(CountMessages, a.Now, c.Programme, c.Unit, c.Trial)
}

// talked keeps a mentor's figures of a conversation in which somebody wrote.
func (a *Act) talked(mentor MembershipID, opens, newMonth bool) error {
	if opens {
		if err := a.tally(mentor, TallyNew, 1); err != nil {
			return err
		}
	}
	if !opens && !newMonth {
		return nil
	}
	return a.tally(mentor, TallyTalks, 1)
}

// spoke keeps what something said changes in the conversation, if anything:
// that it is open, that it is a new day, who waits for whom, that a mentor's leg
// is open for a while, that an archived leg is not any more.
func (a *Act) spoke(c *Conversation, me *Participant, news, fresh bool) (*Conversation, error) {
	turns := c.turns(me)
	stirs, err := a.stirs(c, me)
	if err != nil {
		return nil, err
	}
	closed, err := a.closedNow(c, me)
	if err != nil {
		return nil, err
	}
	if !news && !fresh && !turns && !stirs && closed.IsZero() && me.Archived.IsZero() {
		return c, nil
	}
	c = c.Clone()
	me = c.Participant(me.ID)
	c.LastTalk, me.Archived = a.day(), time.Time{}
	if fresh {
		me.Wrote = a.day()
	}
	if err := a.opened(c, me.ID); err != nil {
		return nil, err
	}
	if turns {
		if err := a.turn(c, me); err != nil {
			return nil, err
		}
	}
	if stirs {
		a.stir(me)
	}
	if !closed.IsZero() {
		c.WaitDone |= ToldHours
		a.Do(Tell{me.ID, T("wait.hours", "alias", c.mentorOf().Alias, "until", closed)})
	}
	return c, a.putConversation(c)
}

// opened makes a placed conversation active, and asks in whoever has not been.
func (a *Act) opened(c *Conversation, by ParticipantID) error {
	if c.State == Placed {
		c.Due = time.Time{}
		if err := a.countOf(c, CountOpened, ""); err != nil {
			return err
		}
	}
	if err := ConversationMachine().shift(&c.State, StepSpeak); err != nil {
		return err
	}
	for i := range c.Participants {
		p := &c.Participants[i]
		if p.ID == by || p.Presence != NotAsked {
			continue
		}
		if err := PresenceMachine().shift(&p.Presence, StepAsk); err != nil {
			return err
		}
		a.Do(OpenLeg{p.ID}, Tell{p.ID, T("chat.hello", "alias", c.Aliases(p.ID))})
		if c.WaitDone&Continues != 0 && p.Role == Mentor {
			a.Do(Tell{p.ID, T("handover.continues", "alias", c.Aliases(p.ID))})
		}
	}
	return nil
}

// firstMessage counts a mentee's first message to a mentor, once in the life of
// the membership. It is looked at only when a conversation opens, since a
// mentee's first message in it is what opens it.
func (a *Act) firstMessage(c *Conversation, p *Participant) error {
	if p.Role != Mentee {
		return nil
	}
	s, err := a.Tx.Membership(p.Membership)
	if err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	if !s.FirstMessage.IsZero() {
		return nil
	}
	s.FirstMessage = a.Now
	if err := a.putMembership(&s); err != nil {
		return err
	}
	if err := a.count(CountFirstMessages, s.Created, s.Programme, s.Unit, c.Trial); err != nil {
		return err
	}
	return a.countFirst(&s, c.Trial)
}

func (a *Act) count(name CounterName, at time.Time, p Programme, u Unit, trial bool) error {
	month := at.In(a.zone()).Format("2006-01")
	if err := a.Tx.Count(Counter{Name: name, Month: month, Programme: p, Unit: u, Trial: trial}, 1); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	return nil
}

// day is the start of the day in the service's zone.
func (a *Act) day() time.Time {
	y, m, d := a.Now.In(a.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, a.zone())
}

func (a *Act) zone() *time.Location { return a.Rules.zone() }

// Arrived is the bridge reporting that a person has come into their leg.
// Somebody who comes back is announced to the others; the first coming is not,
// for it would tell them when the person reads.
func (a *Act) Arrived(p ParticipantID) error {
	return a.present(p, StepArrive, "", "chat.came_back")
}

// Departed is the bridge reporting that a person has left their leg, was
// removed from it, or would not come. The others get one neutral line; the
// person is told in their own room how to come back.
func (a *Act) Departed(p ParticipantID, refusedInvitation bool) error {
	if refusedInvitation {
		return a.present(p, StepRefuse, "chat.way_back", "chat.not_now")
	}
	return a.present(p, StepDepart, "chat.way_back", "chat.left")
}

// LegLost is the bridge reporting that a leg is no longer there or cannot be
// used: for the people it is as if the person had left, with a way back.
func (a *Act) LegLost(p ParticipantID) error {
	return a.present(p, StepLose, "chat.room_lost", "chat.left")
}

// present makes a step of a participant's presence. A step that changes nothing
// tells nobody anything.
func (a *Act) present(id ParticipantID, by Step, own, others string) error {
	c, err := a.Tx.ConversationOf(id)
	if err != nil {
		return missing(err, "conversation", Refuse("chat.unknown"))
	}
	p := c.Participant(id)
	if p == nil {
		return Refuse("chat.unknown")
	}
	before := p.Presence
	next, ok := PresenceMachine().Next(before, by)
	if !ok {
		return nil
	}
	c = c.Clone()
	p = c.Participant(id)
	p.Presence = next
	if err := a.putConversation(c); err != nil {
		return err
	}
	if !c.Live() {
		return nil
	}
	if own != "" {
		a.Do(Notify{Member: p.Member, Text: T(own, "alias", c.Aliases(id))})
	}
	if by == StepArrive && before != Away {
		return nil
	}
	for _, o := range c.others(id) {
		a.Do(Tell{o, T(others, "alias", p.Alias)})
	}
	return nil
}

// mine finds a conversation and the member's own participant in it.
func (a *Act) mine(m Member, id ConversationID) (*Conversation, *Participant, error) {
	if err := a.can(m, DoTalk); err != nil {
		return nil, nil, err
	}
	unknown := Refuse("chat.unknown")
	c, err := a.Tx.Conversation(id)
	if err != nil {
		return nil, nil, missing(err, "conversation", unknown)
	}
	p := c.ByMember(m.ID)
	if p == nil || p.Presence == NotAsked || p.Presence == Removed {
		return nil, nil, unknown
	}
	return c, p, nil
}

// Return asks a member back into a conversation that they left.
func (a *Act) Return(m Member, id ConversationID) error {
	c, p, err := a.mine(m, id)
	if err != nil {
		return err
	}
	if !c.Live() {
		return Refuse("chat.is_over")
	}
	a.Do(OpenLeg{p.ID})
	return nil
}

// End ends a conversation for everybody in it. They can read it until it is
// emptied (Rules.Retention). A group goes on without who ends it.
func (a *Act) End(m Member, id ConversationID) error {
	c, p, err := a.mine(m, id)
	if err != nil {
		return err
	}
	if _, ok := ConversationMachine().Next(c.State, StepEnd); !ok {
		return Refuse("chat.is_over")
	}
	if c.Kind == KindGroup {
		return a.leaveGroup(c, p.ID)
	}
	return a.finish(c, StepEnd, p.ID, "chat.ended")
}

// finish ends a conversation by a step, and tells all but one participant.
func (a *Act) finish(c *Conversation, by Step, except ParticipantID, line string) error {
	if err := a.countEnd(c); err != nil {
		return err
	}
	c = c.Clone()
	if err := ConversationMachine().shift(&c.State, by); err != nil {
		return err
	}
	c.Ended = a.Now
	c.WaitSince, c.WaitDone = time.Time{}, c.WaitDone&Answered
	c.Due = c.fades(a.Rules)
	if c.State == Expired { // nothing was written, so there is nothing to keep or to warn of
		c.Due = c.Ended.Add(min(a.Rules.Retention, a.Rules.RetentionNotice))
	}
	if err := a.putConversation(c); err != nil {
		return err
	}
	for _, o := range c.others(except) {
		if line != "" {
			a.Do(Tell{o, T(line, "alias", c.Aliases(o))})
		}
	}
	if by == StepEnd {
		if err := a.closing(c, except); err != nil {
			return err
		}
	}
	if c.Case != 0 && by == StepEnd {
		a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.Case, Text: T("case.talk_ended", "number", int64(c.Case))})
	}
	return nil
}

// emptied is when nothing of an ended conversation is left; fades is when its
// people are warned of that.
func (c *Conversation) emptied(r *Rules) time.Time { return c.Ended.Add(r.Retention) }
func (c *Conversation) fades(r *Rules) time.Time {
	return c.Ended.Add(max(0, r.Retention-r.RetentionNotice))
}

// Block ends a conversation and keeps the other people in it and the member
// apart from now on, in both directions. The others get the same line as when a
// conversation ends. Conversations of the same two under other aliases are left
// as they are: ending them together would tell who is who.
func (a *Act) Block(m Member, id ConversationID) error {
	c, p, err := a.mine(m, id)
	if err != nil {
		return err
	}
	if c.Kind == KindCase || c.Kind == KindGroup {
		return Refuse("block.not_here")
	}
	if _, ok := ConversationMachine().Next(c.State, StepBlock); !ok {
		return Refuse("chat.is_over")
	}
	for _, o := range c.Participants {
		if o.Member == m.ID || o.Role == Coordinator || o.Role == Admin {
			continue
		}
		if err := a.Tx.PutBlock(m.ID, o.Member, a.Now); err != nil {
			return fmt.Errorf("put block: %w", err)
		}
	}
	c = c.Clone()
	c.Participant(p.ID).Blocking = a.Now
	if !c.Live() {
		return a.putConversation(c)
	}
	return a.finish(c, StepBlock, p.ID, "chat.ended")
}
