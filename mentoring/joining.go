package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// Meet is somebody, perhaps never seen before, turning to the bot. It finds or
// makes the member and asks them into their own room with the bot.
func (a *Act) Meet(address string) (Member, error) {
	m, err := a.know(address)
	if err != nil {
		return Member{}, err
	}
	if err := a.Heard(&m); err != nil {
		return Member{}, err
	}
	a.Do(Welcome{m.ID})
	return m, nil
}

// know finds or makes the member with that address.
func (a *Act) know(address string) (Member, error) {
	m, err := a.Tx.MemberByAddress(address)
	if err == nil && m.Join == JoinForgotten {
		return m, a.Heard(&m)
	}
	if err == nil && m.Join == JoinErasing {
		return Member{}, Refuse("delete.going_on")
	}
	if err == nil {
		return m, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return Member{}, fmt.Errorf("member by address: %w", err)
	}
	m = Member{Address: address, Created: a.Now, Changed: a.Now}
	if err := JoinMachine().shift(&m.Join, StepMeet); err != nil {
		return Member{}, err
	}
	return m, a.putMember(&m)
}

func (a *Act) putMember(m *Member) error {
	if err := a.Tx.PutMember(m); err != nil {
		return fmt.Errorf("put member: %w", err)
	}
	return nil
}

// joinStep makes a step of joining and keeps the member, or refuses with
// join.not_now when the step has no sense in the state that joining is in.
func (a *Act) joinStep(m *Member, by Step) error {
	next, ok := JoinMachine().Next(m.Join, by)
	if !ok {
		return Refuse("join.not_now")
	}
	m.Join = next
	a.sign(m)
	return a.putMember(m)
}

// SetLanguage keeps the language a person has chosen; at the very beginning it
// also takes joining to its next question.
func (a *Act) SetLanguage(m *Member, l Language) error {
	if !l.wellFormed() {
		return Refuse("language.unknown")
	}
	if m.Join != JoinNew {
		m.Language = l
		a.sign(m)
		return a.putMember(m)
	}
	vouched, err := a.vouched(*m)
	if err != nil {
		return err
	}
	if !vouched {
		if err = a.mustBeOpen(); err != nil {
			return err
		}
	}
	if err := a.notBarred(*m); err != nil {
		return err
	}
	m.Language = l
	if vouched {
		return a.joinStep(m, StepVouched)
	}
	return a.joinStep(m, StepLanguage)
}

// wellFormed says whether a language tag looks like one ("fi", "sme").
func (l Language) wellFormed() bool {
	if len(l) < 2 || len(l) > 3 {
		return false
	}
	for _, r := range l {
		if r < 'a' || r > 'z' {
			return false
		}
	}
	return true
}

// vouched says whether staff have asked this person in: as a mentor or as staff.
func (a *Act) vouched(m Member) (bool, error) {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return false, fmt.Errorf("memberships: %w", err)
	}
	for _, s := range list {
		if s.Role != Mentee && s.State != Ended {
			return true, nil
		}
	}
	return false, nil
}

// AnswerAge is the answer to "are you at least Rules.MinimumAge years old". No
// is kept as JoinUnderage and may be answered again.
func (a *Act) AnswerAge(m *Member, oldEnough bool) error {
	if oldEnough {
		return a.joinStep(m, StepOldEnough)
	}
	return a.joinStep(m, StepTooYoung)
}

// AnswerConsent is the answer to the consent text that is shown now; it is also
// asked of members whenever that text has a new version (NeedsConsent). No may
// be answered again.
func (a *Act) AnswerConsent(m *Member, yes bool) error {
	by, version, at := StepDecline, 0, time.Time{}
	if yes {
		by, version, at = StepConsent, a.Rules.ConsentVersion, a.Now
		if m.Alias != "" {
			by = StepConsentAgain // a member already; only the text is new
		}
	}
	if _, ok := JoinMachine().Next(m.Join, by); !ok {
		return Refuse("join.not_now")
	}
	m.Consent, m.ConsentAt = version, at
	return a.joinStep(m, by)
}

// NeedsConsent says whether a member has to be asked again, because the consent
// text has changed since they accepted it.
func (a *Act) NeedsConsent(m Member) bool {
	return m.Joined() && m.Consent < a.Rules.ConsentVersion
}

// TakeNickname keeps the nickname and finishes joining. Whoever nobody invited
// becomes a mentee. A member may take another nickname later; it is used in new
// conversations only.
func (a *Act) TakeNickname(m *Member, name string) error {
	if _, ok := JoinMachine().Next(m.Join, StepNickname); !ok {
		return Refuse("join.not_now")
	}
	name, err := a.CheckAlias(name)
	if err != nil {
		return err
	}
	first := !m.Joined()
	if first {
		if err := a.notBarred(*m); err != nil {
			return err
		}
	}
	vouched, err := a.vouched(*m)
	if err != nil {
		return err
	}
	m.Alias = name
	if err := a.joinStep(m, StepNickname); err != nil {
		return err
	}
	if !first || vouched {
		return nil
	}
	_, err = a.menteeMembership(*m)
	return err
}

// menteeMembership finds the member's membership as a mentee, or makes it and
// counts a registration.
func (a *Act) menteeMembership(m Member) (Membership, error) {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return Membership{}, fmt.Errorf("memberships: %w", err)
	}
	unit := m.Unit
	if unit == "" {
		unit = DefaultUnit
	}
	for _, s := range list {
		if s.Role == Mentee && s.State != Ended && s.Programme == DefaultProgramme && s.Unit == unit {
			return s, nil
		}
	}
	s := Membership{
		Member: m.ID, Programme: DefaultProgramme, Unit: unit, Role: Mentee, Created: a.Now,
	}
	if err := a.beginMembership(&s, StepJoin); err != nil {
		return Membership{}, err
	}
	return s, a.count(CountRegistered, a.Now, s.Programme, s.Unit, m.Trial)
}

func (a *Act) beginMembership(s *Membership, by Step) error {
	if err := MembershipMachine().shift(&s.State, by); err != nil {
		return err
	}
	return a.putMembership(s)
}

func (a *Act) putMembership(s *Membership) error {
	if err := a.Tx.PutMembership(s); err != nil {
		return fmt.Errorf("put membership: %w", err)
	}
	return nil
}
