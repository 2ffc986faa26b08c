package mentoring

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// What the audit has of one-time codes.
const (
	AuditTotpOn    AuditAction = "totp_on"
	AuditTotpOff   AuditAction = "totp_off"
	AuditTotpReset AuditAction = "totp_reset" // somebody else took it away
	AuditTotpWrong AuditAction = "totp_wrong" // a wrong code where one was asked for
)

// OneTime makes and checks one-time codes (RFC 6238).
type OneTime interface {
	// New makes a secret, and the link by which apps take it.
	New(random io.Reader, issuer, account string) (secret, link string, err error)
	// Step is the step of 30 seconds, now or one before or after, at which a code
	// of a link's secret is right; ok is false when it is right at none of them.
	Step(link, code string, now time.Time) (step int64, ok bool)
	// Picture draws a link, for apps to read it with a camera: a PNG, and how many
	// pixels wide and high it is.
	Picture(link string) (png []byte, side int, err error)
}

// Totp is that a staff member has an app which makes one-time codes: something
// that whoever has only their account has not.
type Totp struct {
	Member  MemberID
	Link    string // with the secret; sealed at rest
	On      bool   // they have shown that their app makes the right codes
	Used    int64  // the step of the last code that was taken: no code is taken twice
	Created time.Time
}

// Proven says that a member has just given a right code. Only [Act.ProveTotp]
// makes one; its zero value is nobody's.
type Proven struct{ by MemberID }

// ShowTotp shows the picture of a member's new secret in their own room for a
// time; HideSecret takes what was shown there under a key away before its time.
type (
	ShowTotp struct {
		Member MemberID
		For    time.Duration
	}
	HideSecret struct {
		Member MemberID
		Key    string
	}
)

func (ShowTotp) effect()   {}
func (HideSecret) effect() {}

const (
	totpShown = 10 * time.Minute
	totpFree  = 4 // wrong codes without a wait
	totpFirst = time.Minute
	totpLast  = time.Hour
	totpFades = 24 * time.Hour
)

func totpKey(m MemberID) string { return fmt.Sprintf("totp/%d", m) }

// NeedsTotp says whether a member must give a one-time code to confirm something
// of a programme: they have turned it on, or everybody must.
func (a *Act) NeedsTotp(m Member, p Programme) (bool, error) {
	t, err := a.totp(m.ID)
	return t.On || a.Rules.Programme(p).RequireTotp, err
}

// HasTotp says whether a member has turned it on.
func (a *Act) HasTotp(m Member) (bool, error) {
	t, err := a.totp(m.ID)
	return t.On, err
}

func (a *Act) totp(m MemberID) (Totp, error) {
	t, err := a.Tx.Totp(m)
	if errors.Is(err, ErrNotFound) {
		return Totp{Member: m}, nil
	}
	if err != nil {
		return t, fmt.Errorf("one-time codes: %w", err)
	}
	return t, nil
}

// BeginTotp makes a new secret and shows it to the member, once and for a short
// time. It counts when they have given a code of it.
func (a *Act) BeginTotp(staff Member) error {
	if err := a.can(staff, DoTotp); err != nil {
		return err
	}
	t, err := a.totp(staff.ID)
	if err != nil {
		return err
	}
	if t.On {
		return Refuse("totp.on_already")
	}
	t = Totp{Member: staff.ID, Created: a.Now}
	secret, link, err := a.Rules.OneTime.New(a.Random, a.Rules.StaffAlias, fmt.Sprint(int64(staff.ID)))
	if err != nil {
		return err
	}
	t.Link = link
	if err := a.Tx.PutTotp(&t); err != nil {
		return fmt.Errorf("put one-time codes: %w", err)
	}
	a.Do(
		ShowTotp{staff.ID, totpShown},
		ShowSecret{Member: staff.ID, Key: totpKey(staff.ID), For: totpShown,
			Text: T("totp.secret", "link", link, "secret", secret, "minutes", int(totpShown.Minutes()))},
	)
	return nil
}

// ConfirmTotp turns it on with the first code of the app. ok is false when the
// code is wrong; the transaction must be committed all the same.
func (a *Act) ConfirmTotp(staff Member, code string) (ok bool, err error) {
	if err := a.can(staff, DoTotp); err != nil {
		return false, err
	}
	t, err := a.totp(staff.ID)
	if err != nil {
		return false, err
	}
	switch {
	case t.On:
		return false, Refuse("totp.on_already")
	case t.Link == "", a.Now.Sub(t.Created) > totpShown:
		return false, Refuse("totp.begin_first")
	}
	if ok, err = a.takeCode(&t, code); !ok || err != nil {
		return false, err
	}
	t.On = true
	if err := a.Tx.PutTotp(&t); err != nil {
		return false, fmt.Errorf("put one-time codes: %w", err)
	}
	a.Do(HideSecret{staff.ID, totpKey(staff.ID)})
	return true, a.audit(staff.ID, AuditTotpOn, staff.ID)
}

// EndTotp turns it off, with a code. ok as with ConfirmTotp.
func (a *Act) EndTotp(staff Member, code string) (ok bool, err error) {
	proof, ok, err := a.ProveTotp(staff, code)
	if !ok || err != nil {
		return false, err
	}
	if err := a.Tx.DeleteTotp(proof.by); err != nil {
		return false, fmt.Errorf("delete one-time codes: %w", err)
	}
	return true, a.audit(staff.ID, AuditTotpOff, staff.ID)
}

// ResetTotp turns it off for somebody else, who has lost their app. All staff
// learn of it, for it takes a lock away.
func (a *Act) ResetTotp(staff Member, of MemberID) error {
	if err := a.can(staff, DoRoles); err != nil {
		return err
	}
	if of == staff.ID {
		return Refuse("totp.reset_own")
	}
	t, err := a.totp(of)
	if err != nil {
		return err
	}
	if t.Link == "" {
		return Refuse("totp.reset_none", "number", int64(of))
	}
	if err := a.Tx.DeleteTotp(of); err != nil {
		return fmt.Errorf("delete one-time codes: %w", err)
	}
	a.Do(Notify{Member: of, Loud: true, Text: T("totp.was_reset")})
	if err := a.tellAllStaff(T("totp.reset_staff", "number", int64(of))); err != nil {
		return err
	}
	return a.audit(staff.ID, AuditTotpReset, of)
}

// ProveTotp takes a code of a member's app. ok is false when it is wrong or was
// taken before; the try is counted, so the transaction must be committed. After a
// few wrong ones it refuses for a while.
func (a *Act) ProveTotp(m Member, code string) (proof Proven, ok bool, err error) {
	t, err := a.totp(m.ID)
	if err != nil {
		return Proven{}, false, err
	}
	if !t.On {
		return Proven{}, false, Refuse("totp.first")
	}
	if ok, err = a.takeCode(&t, code); !ok || err != nil {
		return Proven{}, false, err
	}
	if err := a.Tx.PutTotp(&t); err != nil {
		return Proven{}, false, fmt.Errorf("put one-time codes: %w", err)
	}
	return Proven{m.ID}, true, nil
}

func (a *Act) takeCode(t *Totp, code string) (ok bool, err error) {
	key := totpKey(t.Member)
	tried, err := a.Tx.Attempts(key)
	if err != nil {
		return false, fmt.Errorf("attempts: %w", err)
	}
	if tried.Until.After(a.Now) {
		return false, Refuse("totp.wait", "until", tried.Until)
	}
	code = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, code)
	step, ok := a.Rules.OneTime.Step(t.Link, code, a.Now)
	if !ok || step <= t.Used {
		if err := a.wrong(key, totpFree, totpFirst, totpLast, totpFades); err != nil {
			return false, err
		}
		return false, a.audit(t.Member, AuditTotpWrong, t.Member)
	}
	t.Used = step
	if err := a.Tx.PutAttempts(key, Attempts{}); err != nil {
		return false, fmt.Errorf("put attempts: %w", err)
	}
	return true, nil
}

// proven refuses when a member has to give a code and has not.
func (a *Act) proven(m Member, p Programme, proof Proven) error {
	needed, err := a.NeedsTotp(m, p)
	if err != nil || !needed || proof.by == m.ID {
		return err
	}
	return Refuse("totp.first")
}
