package mentoring

import (
	"fmt"
	"time"
)

// TickEvery is how often time is looked at when nothing is left over.
const TickEvery = time.Minute

// tickBatch bounds the work of one tick, so that its transaction stays short.
const tickBatch = 100

// Tick does what time brings: places that run out, mentors who are back, ended
// conversations that are about to be emptied or are, joinings that nobody
// finishes. It does a bounded part and says when it wants to be called next; that is Now when there is more.
func (a *Act) Tick() (next time.Time, err error) {
	away, err := a.Tx.DueAvailabilities(a.Now, tickBatch)
	if err != nil {
		return time.Time{}, fmt.Errorf("due availabilities: %w", err)
	}
	for _, v := range away {
		s, err := a.Tx.Membership(v.Membership)
		if err != nil {
			return time.Time{}, fmt.Errorf("membership: %w", err)
		}
		if err := a.back(s, v); err != nil {
			return time.Time{}, err
		}
		if s.State == Active {
			a.Do(Notify{Member: s.Member, Text: T("away.over")})
		}
	}
	due, err := a.Tx.DueConversations(a.Now, tickBatch)
	if err != nil {
		return time.Time{}, fmt.Errorf("due conversations: %w", err)
	}
	for _, c := range due {
		if err := a.ripe(c); err != nil {
			return time.Time{}, err
		}
	}
	asked, err := a.dueHandOvers()
	if err != nil {
		return time.Time{}, err
	}
	met, err := a.dueSupervisions()
	if err != nil {
		return time.Time{}, err
	}
	offered, err := a.dueAskings()
	if err != nil {
		return time.Time{}, err
	}
	more, err := a.unfinished()
	if err != nil {
		return time.Time{}, err
	}
	called, err := a.dueSafety()
	if err != nil {
		return time.Time{}, err
	}
	idle, err := a.inactive()
	if err != nil {
		return time.Time{}, err
	}
	more = more || idle || called
	held, err := a.dueDecisions()
	if err != nil {
		return time.Time{}, err
	}
	told, err := a.digests()
	if err != nil {
		return time.Time{}, err
	}
	questions, err := a.questions()
	if err != nil {
		return time.Time{}, err
	}
	sending, err := a.announcements()
	if err != nil {
		return time.Time{}, err
	}
	if err := a.servicesUnchecked(); err != nil {
		return time.Time{}, err
	}
	if err := a.weeklies(); err != nil {
		return time.Time{}, err
	}
	if more || met || questions || sending || offered || asked || held || told || len(due) == tickBatch || len(away) == tickBatch {
		return a.Now, nil
	}
	return a.Now.Add(TickEvery), nil
}

// ripe does what is due with one conversation.
func (a *Act) ripe(c *Conversation) error {
	switch c.State {
	case Placed:
		return a.expire(c)
	case Closed:
		return a.warn(c)
	case Fading, Expired:
		return a.empty(c)
	case Open:
		if c.Kind == KindJoint {
			return a.jointOver(c)
		}
	}
	return a.waited(c)
}

// expire gives a place back in which nothing was written, and tells whoever
// chose the mentor in their own room.
func (a *Act) expire(c *Conversation) error {
	for _, p := range c.Participants {
		if p.Presence != NotAsked {
			a.Do(Notify{Member: p.Member, Text: T("chat.place_is_gone", "alias", c.Aliases(p.ID))})
		}
	}
	return a.finish(c, StepExpire, 0, "")
}

// warn tells the people who can still read an ended conversation when it will
// be emptied; never less than Rules.RetentionNotice before.
func (a *Act) warn(c *Conversation) error {
	c = c.Clone()
	if err := ConversationMachine().shift(&c.State, StepWarn); err != nil {
		return err
	}
	if a.purged(c) { // its people were told when somebody asked for it
		return a.empty(c)
	}
	c.Due = c.emptied(a.Rules)
	if !c.Purge.IsZero() && c.Purge.Before(c.Due) {
		c.Due = c.Purge
	}
	if least := a.Now.Add(a.Rules.RetentionNotice); c.Due.Before(least) {
		c.Due = least
	}
	if err := a.putConversation(c); err != nil {
		return err
	}
	for _, p := range c.Participants {
		if p.Presence == Here {
			a.Do(Tell{p.ID, T("chat.fading", "alias", c.Aliases(p.ID), "until", c.Due)})
		}
	}
	return nil
}

// empty takes a conversation away from everybody for good.
func (a *Act) empty(c *Conversation) error {
	held, err := a.held(c)
	if err != nil {
		return err
	}
	c = c.Clone()
	if held {
		c.Due = a.Now.Add(heldLook)
		return a.putConversation(c)
	}
	if err := ConversationMachine().shift(&c.State, StepEmpty); err != nil {
		return err
	}
	c.Due = time.Time{}
	for i := range c.Participants {
		p := &c.Participants[i]
		next, ok := PresenceMachine().Next(p.Presence, StepRemove)
		if !ok {
			continue
		}
		if p.Presence != NotAsked {
			a.Do(CloseLeg{p.ID})
		}
		p.Presence = next
	}
	if err := a.putConversation(c); err != nil {
		return err
	}
	a.Do(EmptyConversation{c.ID})
	return nil
}

// dueDecisions ends what nobody has decided about in time: messages that are held,
// and what staff asked to see.
func (a *Act) dueDecisions() (more bool, err error) {
	held, err := a.heldTooLong()
	if err != nil {
		return false, err
	}
	opened, err := a.dueAccesses()
	return held || opened, err
}
