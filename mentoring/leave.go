package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// DeleteMe ends everything of a member for good (features J16, P1): at once they
// are no mentor, no mentee and no staff any more, and their conversations are
// over; what is kept of them goes with the effect, at the homeserver, too.
// Counters stay, and one of them says that somebody was deleted.
//
// The others in their conversations get one neutral line, and the mentees of a
// mentor are asked how they want to go on.
func (a *Act) DeleteMe(m *Member) error { return a.deleteMember(m.ID, m) }

func (a *Act) deleteMember(by MemberID, m *Member) error {
	if _, ok := JoinMachine().Next(m.Join, StepDelete); !ok {
		return Refuse("delete.going_on")
	}
	if err := a.leaveMentees(*m); err != nil {
		return err
	}
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for i := range list {
		if err = a.resign(&list[i]); err != nil {
			return err
		}
	}
	if err = a.giveCasesBack(by, *m); err != nil {
		return err
	}
	if err = a.endAskingOf(*m); err != nil {
		return err
	}
	chats, err := a.Tx.ConversationsOf(m.ID)
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	for _, c := range chats {
		if err = a.eraseConversation(c, m.ID); err != nil {
			return err
		}
	}
	if err = JoinMachine().shift(&m.Join, StepDelete); err != nil {
		return err
	}
	*m = Member{ID: m.ID, Address: m.Address, Language: m.Language, Join: m.Join, Trial: m.Trial, Account: m.Account, Created: m.Created}
	if err = a.putMember(m); err != nil {
		return err
	}
	if err = a.Tx.PutDialogue(m.ID, nil); err != nil {
		return fmt.Errorf("put dialogue: %w", err)
	}
	a.Do(EraseMember{m.ID})
	if err = a.audit(by, AuditErase, m.ID); err != nil {
		return err
	}
	return a.count(CountDeleted, a.Now, DefaultProgramme, DefaultUnit, m.Trial)
}

// resign ends a membership, whatever it is.
func (a *Act) resign(s *Membership) error {
	next, ok := MembershipMachine().Next(s.State, StepEnd)
	if !ok {
		return nil
	}
	s.State = next
	return a.putMembership(s)
}

// giveCasesBack frees the cases that a member has taken, and closes those that
// they opened: there will be nobody to talk with.
func (a *Act) giveCasesBack(by MemberID, m Member) error {
	going, err := a.Tx.Cases(CaseOpen, CaseClaimed)
	if err != nil {
		return fmt.Errorf("cases: %w", err)
	}
	for _, c := range going {
		switch {
		case c.ClaimedBy == m.ID:
			if _, err = a.release(by, c); err != nil {
				return err
			}
		case c.Opener == m.ID:
			if err = a.shut(&c, OutcomeGone); err != nil {
				return err
			}
			if err = a.audit(by, AuditClose, c.ID); err != nil {
				return err
			}
			a.Do(ShowCase{c.ID}, TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: T("delete.case", "number", int64(c.ID))})
		}
	}
	return nil
}

// endAskingOf takes back what a member asks whoever is free.
func (a *Act) endAskingOf(m Member) error {
	q, err := a.Tx.AskingOf(m.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	offers, err := a.Tx.Offers(q.ID)
	if err != nil {
		return fmt.Errorf("offers: %w", err)
	}
	return a.endAsking(&q, offers, StepWithdraw)
}

// eraseConversation takes a conversation away from everybody in it: what one has
// written stands in the others' rooms, too. The others are told in their own room.
func (a *Act) eraseConversation(c *Conversation, leaver MemberID) error {
	before, err := a.Tx.Conversation(c.ID) // a hand-over may have changed it
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	if before.State == Emptied { // it is being emptied already
		return nil
	}
	if err = a.countEnd(before); err != nil {
		return err
	}
	c = before.Clone()
	if err = ConversationMachine().shift(&c.State, StepErase); err != nil {
		return err
	}
	c.Due, c.Purge = time.Time{}, time.Time{}
	for i := range c.Participants {
		p := &c.Participants[i]
		if p.Member != leaver && p.Presence != NotAsked && p.Presence != Removed {
			key := "delete.told"
			if c.Kind == KindGroup {
				key = "delete.told_group"
			}
			a.Do(Notify{Member: p.Member, Text: T(key, "alias", c.Aliases(p.ID))})
		}
		if next, ok := PresenceMachine().Next(p.Presence, StepRemove); ok {
			p.Presence = next
		}
	}
	return a.putConversation(c)
}

// inactive forgets members who have given no sign for long: those who never
// wrote to anybody after Rules.RegisteredRetention, the others after
// Rules.InactiveRetention. Each is warned Rules.RetentionNotice before. Mentors
// and staff stay: whoever leads them sees to that.
func (a *Act) inactive() (more bool, err error) {
	for _, kind := range []struct {
		keep  time.Duration
		wrote bool
	}{{a.Rules.RegisteredRetention, false}, {a.Rules.InactiveRetention, true}} {
		if kind.keep <= 0 {
			continue
		}
		again, err := a.inactiveSince(kind.keep, kind.wrote)
		if err != nil {
			return false, err
		}
		more = more || again
	}
	return more, nil
}

// warnSilent notes that a member who has given no sign is warned, and tells when
// they will be forgotten: keep after their last sign, at least the notice from now.
func (a *Act) warnSilent(m *Member, keep time.Duration) (until time.Time, err error) {
	until = m.Changed.Add(keep)
	if least := a.Now.Add(a.Rules.RetentionNotice); until.Before(least) {
		until = least
	}
	m.Warned = a.Now
	return until, a.putMember(m)
}

func (a *Act) inactiveSince(keep time.Duration, wrote bool) (more bool, err error) {
	notice := a.Rules.RetentionNotice
	over, err := a.Tx.InactiveMembers(wrote, a.Now.Add(-keep), a.Now.Add(-notice), tickBatch)
	if err != nil {
		return false, fmt.Errorf("inactive members: %w", err)
	}
	for i := range over {
		if err = a.deleteMember(System, &over[i]); err != nil {
			return false, err
		}
	}
	silent, err := a.Tx.InactiveMembers(wrote, a.Now.Add(notice-keep), time.Time{}, tickBatch)
	if err != nil {
		return false, fmt.Errorf("inactive members: %w", err)
	}
	for i := range silent {
		until, err := a.warnSilent(&silent[i], keep)
		if err != nil {
			return false, err
		}
		a.Do(Notify{Member: silent[i].ID, Text: T("delete.fading", "until", until), Loud: true})
	}
	return len(over) == tickBatch || len(silent) == tickBatch, nil
}
