package mentoring

import (
	"fmt"
	"time"
)

// signEvery bounds how often a sign of somebody who has not finished joining is
// written down.
const signEvery = time.Hour

// Heard is somebody saying or doing anything towards the bot. Whoever has not
// finished joining is kept from then on as if they had made a step; whoever is
// about to go starts anew.
func (a *Act) Heard(m *Member) error {
	switch {
	case m.Join == JoinForgotten:
		if err := JoinMachine().shift(&m.Join, StepMeet); err != nil {
			return err
		}
	case m.Join == JoinErasing, m.Join == JoinErased,
		m.Joined() && m.Warned.IsZero() && m.Changed.Equal(a.day()),
		!m.Joined() && m.Warned.IsZero() && a.Now.Sub(m.Changed) < signEvery:
		return nil
	}
	a.sign(m)
	return a.putMember(m)
}

// sign notes a sign of a person; of members the day only.
func (a *Act) sign(m *Member) {
	m.Changed, m.Warned = a.Now, time.Time{}
	if m.Joined() {
		m.Changed = a.day()
	}
}

// unfinished forgets those who have not finished joining and have given no sign
// for Rules.JoiningRetention, each warned Rules.RetentionNotice before. Nobody
// is who was ever anything more: a member, a mentor to be, a party to a case.
func (a *Act) unfinished() (more bool, err error) {
	keep, notice := a.Rules.JoiningRetention, a.Rules.RetentionNotice
	if keep <= 0 {
		return false, nil
	}
	over, err := a.Tx.UnfinishedMembers(a.Now.Add(-keep), a.Now.Add(-notice), tickBatch)
	if err != nil {
		return false, fmt.Errorf("unfinished members: %w", err)
	}
	for i := range over {
		if err := a.forget(&over[i]); err != nil {
			return false, err
		}
	}
	silent, err := a.Tx.UnfinishedMembers(a.Now.Add(notice-keep), time.Time{}, tickBatch)
	if err != nil {
		return false, fmt.Errorf("unfinished members: %w", err)
	}
	for i := range silent {
		until, err := a.warnSilent(&silent[i], keep)
		if err != nil {
			return false, err
		}
		a.Do(Notify{Member: silent[i].ID, Text: T("join.fading", "until", until)})
	}
	return len(over) == tickBatch || len(silent) == tickBatch, nil
}

// forget clears what a person has told, at once; the rest goes with the effect.
func (a *Act) forget(m *Member) error {
	if err := JoinMachine().shift(&m.Join, StepForget); err != nil {
		return err
	}
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for i := range list { // a mentor who was invited and never came
		if err = a.resign(&list[i]); err != nil {
			return err
		}
	}
	*m = Member{ID: m.ID, Address: m.Address, Join: m.Join, Trial: m.Trial, Created: m.Created}
	if err := a.putMember(m); err != nil {
		return err
	}
	if err := a.Tx.PutDialogue(m.ID, nil); err != nil {
		return fmt.Errorf("put dialogue: %w", err)
	}
	a.Do(ForgetMember{m.ID})
	return nil
}
