package mentoring

import (
	"fmt"
	"time"
)

// Archive makes a member's own leg of a conversation quiet: what comes is still
// there to read, but does not ring (feature C6). Nobody else learns of it. What
// the member writes there ends it.
func (a *Act) Archive(m Member, id ConversationID) error { return a.archive(m, id, true) }

// Restore ends that.
func (a *Act) Restore(m Member, id ConversationID) error { return a.archive(m, id, false) }

func (a *Act) archive(m Member, id ConversationID, quiet bool) error {
	c, p, err := a.mine(m, id)
	if err != nil {
		return err
	}
	switch {
	case !c.Live():
		return Refuse("chat.is_over")
	case quiet && !p.Archived.IsZero():
		return Refuse("archive.already")
	case !quiet && p.Archived.IsZero():
		return Refuse("archive.not")
	}
	c = c.Clone()
	p = c.Participant(p.ID)
	p.Archived = time.Time{}
	if quiet {
		p.Archived = a.Now
	}
	return a.putConversation(c)
}

// Readable lists a member's conversations that they can still read, ended ones
// included.
func (a *Act) Readable(m Member) ([]*Conversation, error) {
	if err := a.can(m, DoTalk); err != nil {
		return nil, err
	}
	list, err := a.Tx.ConversationsOf(m.ID)
	if err != nil {
		return nil, fmt.Errorf("conversations: %w", err)
	}
	var all []*Conversation
	for _, c := range list {
		if p := c.ByMember(m.ID); p != nil && p.Presence != NotAsked && p.Presence != Removed {
			all = append(all, c)
		}
	}
	return all, nil
}

// Blocking lists the conversations that the member has ended by a block, and
// that they can still see.
func (a *Act) Blocking(m Member) ([]*Conversation, error) {
	list, err := a.Readable(m)
	if err != nil {
		return nil, err
	}
	var blocking []*Conversation
	for _, c := range list {
		if !c.ByMember(m.ID).Blocking.IsZero() {
			blocking = append(blocking, c)
		}
	}
	return blocking, nil
}

// Unblock takes back a block that was made in a conversation. The conversation
// stays as it is. As long as the same two are kept apart by a block in another
// conversation they stay so: anything else would tell that they are the same.
func (a *Act) Unblock(m Member, id ConversationID) error {
	c, p, err := a.mine(m, id)
	if err != nil {
		return err
	}
	if p.Blocking.IsZero() {
		return Refuse("unblock.not")
	}
	others, err := a.Blocking(m)
	if err != nil {
		return err
	}
	for _, o := range c.Participants {
		if o.Member == m.ID || blocksToo(others, c.ID, o.Member) {
			continue
		}
		if err := a.Tx.DropBlock(m.ID, o.Member); err != nil {
			return fmt.Errorf("drop block: %w", err)
		}
	}
	c = c.Clone()
	c.Participant(p.ID).Blocking = time.Time{}
	return a.putConversation(c)
}

func blocksToo(list []*Conversation, but ConversationID, whom MemberID) bool {
	for _, c := range list {
		if c.ID != but && c.ByMember(whom) != nil {
			return true
		}
	}
	return false
}

// Forget has a conversation go for good, for everybody in it, after
// ProgrammeRules.ForgetAfter; it ends now if it has not (feature C8). It returns
// when. As long as a case that was called from it is open, it stays.
func (a *Act) Forget(m Member, id ConversationID) (time.Time, error) {
	c, p, err := a.mine(m, id)
	if err != nil {
		return time.Time{}, err
	}
	if c.Kind == KindCase || c.Kind == KindGroup {
		return time.Time{}, Refuse("forget.not_here")
	}
	if !c.Purge.IsZero() {
		return c.Purge, nil
	}
	until := a.Now.Add(a.Rules.Programme(c.Programme).ForgetAfter)
	if c.Live() {
		if err := a.finish(c, StepEnd, p.ID, ""); err != nil {
			return until, err
		}
		if c, err = a.Tx.Conversation(id); err != nil {
			return until, fmt.Errorf("conversation: %w", err)
		}
	}
	c = c.Clone()
	if !c.Due.IsZero() && c.State != Closed && c.Due.Before(until) {
		until = c.Due // it goes before that anyway
	}
	c.Purge = until
	if c.Due.IsZero() || c.Due.After(until) {
		c.Due = until
	}
	if err := a.putConversation(c); err != nil {
		return until, err
	}
	for _, o := range c.others(p.ID) {
		a.Do(Tell{o, T("forget.told", "alias", c.Aliases(o), "until", until)})
	}
	return until, nil
}

// purged says whether a conversation goes now because somebody asked for it.
func (a *Act) purged(c *Conversation) bool { return !c.Purge.IsZero() && !c.Purge.After(a.Now) }

// heldLook is when a conversation is looked at again that a case holds.
const heldLook = 24 * time.Hour

// held says whether a case that is not closed was called from a conversation.
func (a *Act) held(c *Conversation) (bool, error) {
	going, err := a.Tx.Cases(CaseOpen, CaseClaimed)
	if err != nil {
		return false, fmt.Errorf("cases: %w", err)
	}
	for _, g := range going {
		if g.Conversation == c.ID {
			return true, nil
		}
	}
	return false, nil
}

// Thank tells the other person of a mentoring conversation that it helped, in
// their own room and once a day (feature C14). It feeds the mentor's digest.
func (a *Act) Thank(m Member, id ConversationID) error {
	c, p, err := a.mine(m, id)
	if err != nil {
		return err
	}
	done, err := a.thank(c, p)
	if err == nil && !done {
		return Refuse("thanks.already")
	}
	return err
}

// Hearted is a mentee having put a heart to something of their mentor's: it
// counts as thanks, if they have not thanked today.
func (a *Act) Hearted(from ParticipantID) error {
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return missing(err, "conversation", Refuse("chat.unknown"))
	}
	if p := c.Participant(from); c.Kind == KindMentoring && p.Role == Mentee {
		_, err = a.thank(c, p)
		return unrefused(err)
	}
	return nil
}

func (a *Act) thank(c *Conversation, p *Participant) (bool, error) {
	mentor, mentee := c.mentorOf(), c.menteeOf()
	if mentor == nil || mentee == nil || c.LastTalk.IsZero() || c.State == Expired || c.State == Emptied {
		return false, Refuse("thanks.not_here")
	}
	if !p.Barred.IsZero() {
		return false, Refuse("measure.barred")
	}
	apart, err := a.Tx.Blocked(mentor.Member, mentee.Member)
	if err != nil {
		return false, fmt.Errorf("blocked: %w", err)
	}
	if apart {
		return false, Refuse("thanks.not_here")
	}
	if today := a.day(); !p.Thanked.Before(today) {
		return false, nil
	}
	before := p.Thanked
	c = c.Clone()
	p = c.Participant(p.ID)
	p.Thanked = a.Now
	if err := a.putConversation(c); err != nil {
		return false, err
	}
	other := mentor
	if p.ID == mentor.ID {
		other = mentee
	}
	a.Do(Notify{Member: other.Member, Text: T("thanks.got", "alias", p.Alias)})
	if other != mentor {
		return true, nil
	}
	if err := a.countOf(c, CountThanks, ""); err != nil {
		return false, err
	}
	if err := a.tally(mentor.Membership, TallyThanks, 1); err != nil {
		return false, err
	}
	if before.In(a.zone()).Format("2006-01") == a.month() {
		return true, nil
	}
	return true, a.tally(mentor.Membership, TallyThanked, 1)
}
