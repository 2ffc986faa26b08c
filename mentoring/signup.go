package mentoring

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The length of a password: at least so many characters, and no more bytes than
// homeservers take (feature J5). There are no other rules.
const (
	PasswordMin = 8
	PasswordMax = 500
)

// CheckPassword refuses a password that is too short, too long, or has signs
// that cannot be typed. It is never kept.
func CheckPassword(password string) error {
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return Refuse("password.characters")
	}
	if utf8.RuneCountInString(password) < PasswordMin || len(password) > PasswordMax {
		return Refuse("password.length", "min", PasswordMin, "max", PasswordMax)
	}
	return nil
}

// SignUp is what a person tells who joins on the page, all at once. They have
// said there that they are old enough, and accepted the consent text of that
// version.
type SignUp struct {
	Language Language `json:"l"`
	Consent  int      `json:"c"`
	Nickname string   `json:"n"`
	Code     string   `json:"o,omitempty"`
}

// Joined is what a person is told, once, who has joined on the page.
type Joined struct {
	Address string // of their account
	Phrase  string // with which they come back; empty where there is none
}

// settingClosed is set while joining is closed.
const settingClosed = "mentoring/joining_closed"

// JoiningOpen says whether people may join whom nobody has invited.
func (a *Act) JoiningOpen() (bool, error) {
	closed, err := a.Tx.Setting(settingClosed)
	if err != nil {
		return false, fmt.Errorf("setting: %w", err)
	}
	return closed == "", nil
}

// OpenJoining opens or closes joining for those whom nobody has invited
// (feature S12). Whoever is in the middle of it may finish.
func (a *Act) OpenJoining(m Member, open bool) error {
	before, err := a.JoiningOpen()
	if err != nil {
		return err
	}
	if err := a.openJoining(m, open); err != nil {
		return err
	}
	return a.undoable(m, Undone{Kind: UndoJoining, Open: before})
}

func (a *Act) openJoining(m Member, open bool) error {
	if err := a.can(m, DoOpenJoining); err != nil {
		return err
	}
	value := "closed"
	if open {
		value = ""
	}
	if err := a.Tx.PutSetting(settingClosed, value); err != nil {
		return fmt.Errorf("put setting: %w", err)
	}
	if open {
		return a.audit(m.ID, AuditJoiningOpen)
	}
	return a.audit(m.ID, AuditJoiningClose)
}

// mustBeOpen refuses while joining is closed.
func (a *Act) mustBeOpen() error {
	open, err := a.JoiningOpen()
	if err == nil && !open {
		return Refuse("join.closed")
	}
	return err
}

// CheckSignUp refuses what could not become a member, before an account is made,
// and gives the rest in the form in which it is kept.
func (a *Act) CheckSignUp(s SignUp) (SignUp, error) {
	if err := a.mustBeOpen(); err != nil {
		return s, err
	}
	if !s.Language.wellFormed() {
		return s, Refuse("language.unknown")
	}
	if s.Consent != a.Rules.ConsentVersion {
		return s, Refuse("join.consent_again")
	}
	name, err := a.CheckAlias(s.Nickname)
	if err != nil {
		return s, err
	}
	s.Nickname = name
	return s, a.checkCode(s.Code)
}

// checkCode refuses a code that is not good; none is good.
func (a *Act) checkCode(code string) error {
	if code == "" {
		return nil
	}
	c, err := a.Tx.Code(plainCode(code))
	if err != nil {
		return missing(err, "code", Refuse("code.wrong"))
	}
	if c.Used || !c.Expires.After(a.Now) {
		return Refuse("code.wrong")
	}
	return nil
}

// redeem uses the code of somebody who joins on the page. It was good a moment
// ago: if somebody was quicker with it, the person joins without.
func (a *Act) redeem(m *Member, code string) error {
	if code == "" {
		return nil
	}
	_, err := a.RedeemCode(m, code)
	if _, refused := errors.AsType[*Refusal](err); refused {
		return nil
	}
	return err
}

// SignUp makes a member of somebody whose account has just been made, and asks
// them into their own room with the bot. What they told has been checked by
// CheckSignUp; it may be repeated, and then changes nothing.
func (a *Act) SignUp(address string, s SignUp) (Member, error) {
	m, err := a.Tx.MemberByAddress(address)
	if err == nil && m.Joined() {
		return m, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return m, fmt.Errorf("member by address: %w", err)
	}
	if m, err = a.know(address); err != nil {
		return m, err
	}
	m.Language, m.Account = s.Language, AccountOurs
	if err = a.redeem(&m, s.Code); err != nil {
		return m, err
	}
	vouched, err := a.vouched(m) // by a mentor's code
	if err != nil {
		return m, err
	}
	steps := []Step{StepLanguage, StepOldEnough}
	if vouched {
		steps = []Step{StepVouched}
	}
	for _, by := range steps {
		if m.Join == JoinConsent {
			break
		}
		if err = JoinMachine().shift(&m.Join, by); err != nil {
			return m, err
		}
	}
	if err = a.AnswerConsent(&m, true); err != nil {
		return m, err
	}
	m.Consent = s.Consent
	if err = a.TakeNickname(&m, s.Nickname); err != nil {
		return m, err
	}
	a.Do(Welcome{m.ID})
	return m, nil
}

// Preview lists mentors for somebody who has not joined yet (feature J8): those
// who are free now, in an order that changes every day and favours nobody. What
// it gives is shared: never change it.
func (a *Act) Preview() ([]*Listing, error) {
	list, err := a.Tx.Listings(DefaultProgramme)
	if err != nil {
		return nil, fmt.Errorf("listings: %w", err)
	}
	var free []*Listing
	for _, l := range list {
		demo, err := a.apart(Member{}, l.Membership.Member)
		if err != nil {
			return nil, err
		}
		if !demo && l.Free(a.Now, a.Rules) {
			free = append(free, l)
		}
	}
	day := MemberID(a.Now.Unix() / 86400)
	slices.SortFunc(free, func(x, y *Listing) int {
		return cmp.Or(cmp.Compare(shuffled(day, x.Membership.ID), shuffled(day, y.Membership.ID)), cmp.Compare(x.Membership.ID, y.Membership.ID))
	})
	return free, nil
}
