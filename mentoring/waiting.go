package mentoring

import (
	"fmt"
	"time"
)

// Told says what has been told of one waiting, each at most once.
type Told int

// What is told while a mentee waits for an answer.
const (
	ToldHours    Told = 1 << iota // the mentee: when the mentor reads
	ToldReminder                  // the mentor: that somebody waits
	ToldOffer                     // the mentee: that they may choose another mentor
	ToldStaff                     // staff: that nobody has answered
	// Answered stays once the mentor has answered for the first time.
	Answered
	// Continues: the mentor is to be told, when the conversation opens, that the
	// mentee has had another mentor before.
	Continues
)

// Waiting says after how long a mentee's first unanswered message is told of.
//
// The mentee's clock never stops: Offer counts from the message, whatever the
// mentor's hours, for whoever waits does not feel them. Remind and Staff count
// from the first moment at which the mentor could have read it, and the
// reminder comes in the mentor's hours only, and not while they are away.
type Waiting struct {
	Remind time.Duration // the mentor is reminded
	Offer  time.Duration // the mentee is offered another mentor
	Staff  time.Duration // staff are told
}

// turns says whether a waiting begins or ends with what somebody says.
func (c *Conversation) turns(me *Participant) bool {
	if c.Kind != KindMentoring {
		return false
	}
	switch me.Role {
	case Mentee:
		return c.WaitSince.IsZero()
	case Mentor:
		return !c.WaitSince.IsZero()
	}
	return false
}

// turn begins or ends a waiting.
func (a *Act) turn(c *Conversation, me *Participant) error {
	if me.Role == Mentor {
		since, first := c.WaitSince, c.WaitDone&Answered == 0
		c.WaitSince, c.WaitDone, c.Due = time.Time{}, Answered, time.Time{}
		if first {
			if err := a.firstReply(c); err != nil {
				return err
			}
			if err := a.countFirstReply(c, a.Now.Sub(since)); err != nil {
				return err
			}
		}
		return a.replied(me, a.Now.Sub(since), first)
	}
	c.WaitSince, c.WaitDone = a.Now, c.WaitDone&Answered
	return a.waitOn(c)
}

// firstReply wakes the questions that are asked after a mentor's first answer.
func (a *Act) firstReply(c *Conversation) error {
	for i := range c.Participants {
		if err := a.questionEvent(c.Participants[i].Membership, func(s *Schedule) bool { return s.AfterReply }); err != nil {
			return err
		}
	}
	return nil
}

// replied keeps that a mentor answered, and after how long; first says whether
// it is their first answer in the conversation.
func (a *Act) replied(me *Participant, after time.Duration, first bool) error {
	if first {
		if err := a.sampleReply(me.Membership, after); err != nil {
			return err
		}
		if err := a.tally(me.Membership, TallyFirstReplies, 1); err != nil {
			return err
		}
	}
	if err := a.tally(me.Membership, TallyReplies, 1); err != nil {
		return err
	}
	return a.tally(me.Membership, TallyReplyMinutes, int64(after/time.Minute))
}

// mentorOf is the mentor of a mentoring conversation, nil if there is none.
func (c *Conversation) mentorOf() *Participant {
	for i := range c.Participants {
		if p := &c.Participants[i]; p.Role == Mentor && c.Kind == KindMentoring {
			return p
		}
	}
	return nil
}

// menteeOf is the other one.
func (c *Conversation) menteeOf() *Participant {
	for i := range c.Participants {
		if p := &c.Participants[i]; p.Role == Mentee && c.Kind == KindMentoring {
			return p
		}
	}
	return nil
}

// waitOn says when a waiting is to be looked at next.
func (a *Act) waitOn(c *Conversation) error {
	c.Due = time.Time{}
	mentor := c.mentorOf()
	if c.WaitSince.IsZero() || mentor == nil {
		return nil
	}
	v, err := a.availability(mentor.Membership)
	if err != nil {
		return err
	}
	for told, at := range a.waitTimes(c, &v) {
		if c.WaitDone&told == 0 && !at.IsZero() && (c.Due.IsZero() || at.Before(c.Due)) {
			c.Due = at
		}
	}
	return nil
}

// waitTimes are when each thing is told; the zero time for what is not told as
// things are.
func (a *Act) waitTimes(c *Conversation, v *Availability) map[Told]time.Time {
	w := a.Rules.Programme(c.Programme).Waiting
	could := v.Hours.Next(c.WaitSince, a.zone())
	times := map[Told]time.Time{ToldOffer: c.WaitSince.Add(w.Offer), ToldStaff: could.Add(w.Staff)}
	if !v.AwayAt(a.Now) {
		remind := could.Add(w.Remind)
		if remind.Before(a.Now) {
			remind = a.Now
		}
		times[ToldReminder] = v.ReadsAgain(remind, a.zone())
	}
	return times
}

// waited tells what is due of a waiting.
func (a *Act) waited(c *Conversation) error {
	c = c.Clone()
	mentor, mentee := c.mentorOf(), c.menteeOf()
	if c.WaitSince.IsZero() || mentor == nil || mentee == nil {
		c.Due = time.Time{} // nothing is due in this state: do not look again
		return a.putConversation(c)
	}
	v, err := a.availability(mentor.Membership)
	if err != nil {
		return err
	}
	times := a.waitTimes(c, &v)
	due := func(told Told) bool {
		at := times[told]
		if c.WaitDone&told != 0 || at.IsZero() || at.After(a.Now) {
			return false
		}
		c.WaitDone |= told
		return true
	}
	if due(ToldReminder) {
		a.Do(Notify{Member: mentor.Member, Text: T("wait.remind", "alias", mentee.Alias), Loud: true})
	}
	if due(ToldOffer) {
		a.Do(Tell{mentee.ID, T("wait.offer", "alias", mentor.Alias)})
	}
	if due(ToldStaff) {
		a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Loud: true,
			Text: T("wait.staff", "number", int64(mentor.Membership), "hours", int64(a.Now.Sub(c.WaitSince)/time.Hour))})
	}
	if err := a.waitOn(c); err != nil {
		return err
	}
	return a.putConversation(c)
}

// closedNow tells the mentee once in a waiting that the mentor reads later, if
// they write outside of the mentor's hours.
func (a *Act) closedNow(c *Conversation, me *Participant) (time.Time, error) {
	mentor := c.mentorOf()
	if me.Role != Mentee || mentor == nil || c.WaitDone&ToldHours != 0 {
		return time.Time{}, nil
	}
	l, err := a.Listening(c, mentor)
	if err != nil {
		return time.Time{}, err
	}
	if from := l.From(a.Now); from.After(a.Now) {
		return from, nil
	}
	return time.Time{}, nil
}

// rewait sets the next look at every waiting of a mentor anew, because their
// time has changed.
func (a *Act) rewait(s Membership) error {
	live, err := a.liveOf(s)
	if err != nil {
		return err
	}
	for _, c := range live {
		if c.State != Open || c.WaitSince.IsZero() {
			continue
		}
		c = c.Clone()
		if err := a.waitOn(c); err != nil {
			return err
		}
		if err := a.putConversation(c); err != nil {
			return err
		}
	}
	return nil
}

// TallyName names a figure of one mentor in one month.
type TallyName string

// The tallies.
const (
	TallyReplies      TallyName = "replies"       // waitings that they ended by writing
	TallyReplyMinutes TallyName = "reply_minutes" // how long those were, together
	TallyFirstReplies TallyName = "first_replies" // those that were the first in their conversation
	TallyTalks        TallyName = "talks"         // conversations in which somebody wrote
	TallyNew          TallyName = "new"           // conversations that began
	TallyThanks       TallyName = "thanks"
	TallyCardSeen     TallyName = "card_seen"
	TallyThanked      TallyName = "thanked" // conversations in which they were thanked
)

func (a *Act) tally(s MembershipID, name TallyName, n int64) error {
	if s == 0 {
		return nil
	}
	if err := a.Tx.Tally(s, a.month(), name, n); err != nil {
		return fmt.Errorf("tally: %w", err)
	}
	return nil
}

// month is the month in the service's zone, as counters have it.
func (a *Act) month() string { return a.Now.In(a.zone()).Format("2006-01") }
