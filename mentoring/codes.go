package mentoring

import (
	"fmt"
	"slices"
	"strings"
)

// codeAlphabet is Crockford's base 32: no I, L, O or U, which are misread.
const codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength is in characters of five bits: 80 bits cannot be guessed.
const codeLength = 16

// codesShown is how many of their codes a person is shown.
const codesShown = 50

// NewMentorCode makes a one-time code that staff give to a mentor-to-be, who
// tells it to the bot. It is valid for Rules.CodeLifetime.
func (a *Act) NewMentorCode(staff Member) (string, error) {
	return a.newCode(staff, DoInvite, Code{Kind: CodeMentor})
}

// NewTrialCode makes a one-time code for somebody who wants to try the service
// (feature J12). Whoever uses it is left out of every figure, and meets nobody
// but others on trial: a mentor who used one before their mentor's code is a
// demo mentor.
func (a *Act) NewTrialCode(staff Member) (string, error) {
	return a.newCode(staff, DoInvite, Code{Kind: CodeTrial})
}

// NewReferralCode makes a one-time code that a professional gives to a person
// (feature J13). It carries the professional's unit and, if it is not empty, a
// topic; who used it is never told.
func (a *Act) NewReferralCode(by Member, topic string) (string, error) {
	if topic != "" && !slices.Contains(a.Rules.Topics, topic) {
		return "", Refuse("code.topic_unknown")
	}
	return a.newCode(by, DoRefer, Code{Kind: CodeReferral, Topic: topic})
}

func (a *Act) newCode(by Member, action Action, c Code) (string, error) {
	s, err := a.canIn(by, action, DefaultProgramme, DefaultUnit)
	if err != nil {
		return "", err
	}
	code, err := randomText(a.Random, codeAlphabet, codeLength)
	if err != nil {
		return "", err
	}
	c.Programme, c.Unit, c.Giver = s.Programme, s.Unit, by.ID
	c.Created, c.Expires = a.Now, a.Now.Add(a.Rules.CodeLifetime)
	if err = a.Tx.PutCode(code, &c); err != nil {
		return "", fmt.Errorf("put code: %w", err)
	}
	if err = a.audit(by.ID, AuditCode); err != nil {
		return "", err
	}
	return code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:], nil
}

// CodesGiven lists the codes that a member gave, the newest first, with nothing
// of who used them.
func (a *Act) CodesGiven(by Member) ([]Code, error) {
	if err := a.can(by, DoRefer); err != nil {
		return nil, err
	}
	list, err := a.Tx.CodesBy(by.ID, codesShown)
	if err != nil {
		return nil, fmt.Errorf("codes: %w", err)
	}
	return list, nil
}

// plainCode is a code as it is kept: without separators, with the letters that
// are misread put right.
func plainCode(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		case r > 0x7f || !strings.ContainsRune(codeAlphabet, r):
			return -1
		}
		return r
	}, strings.ToUpper(code))
}

// Redeemed is what came of a code: its kind, and the membership of a mentor's.
type Redeemed struct {
	Membership
	Kind CodeKind
}

// RedeemCode makes a member what a one-time code says. It may be done at any
// point of joining; a trial or a referral before it is finished. A code that was
// never made, has been used or is too old gets the same answer.
func (a *Act) RedeemCode(m *Member, code string) (Redeemed, error) {
	wrong := Refuse("code.wrong")
	plain := plainCode(code)
	c, err := a.Tx.Code(plain)
	if err != nil {
		return Redeemed{}, missing(err, "code", wrong)
	}
	if c.Used || !c.Expires.After(a.Now) {
		return Redeemed{}, wrong
	}
	if err := a.notSuspended(*m); err != nil {
		return Redeemed{}, err
	}
	done := Redeemed{Kind: c.Kind}
	switch c.Kind {
	case CodeMentor:
		if s, err := a.mentorIn(*m, c.Programme, c.Unit); err != nil {
			return Redeemed{}, err
		} else if s != nil {
			return Redeemed{}, Refuse("mentor.already")
		}
	case CodeTrial, CodeReferral:
		known, err := a.Tx.Memberships(m.ID)
		if err != nil {
			return Redeemed{}, fmt.Errorf("memberships: %w", err)
		}
		if m.Joined() || len(known) > 0 {
			return Redeemed{}, Refuse("code.too_late")
		}
	default:
		return Redeemed{}, wrong
	}
	c.Used = true
	if err := a.Tx.PutCode(plain, &c); err != nil {
		return Redeemed{}, fmt.Errorf("put code: %w", err)
	}
	switch c.Kind {
	case CodeMentor:
		done.Membership, err = a.makeMentor(m, c.Programme, c.Unit)
		return done, err
	case CodeTrial:
		m.Trial = true
	case CodeReferral:
		m.Unit, m.Topic = c.Unit, c.Topic
	}
	return done, a.putMember(m)
}

// apart says whether two people must not meet: one is on trial and the other is
// not.
func (a *Act) apart(m Member, other MemberID) (bool, error) {
	o, err := a.Tx.Member(other)
	if err != nil {
		return false, fmt.Errorf("member: %w", err)
	}
	return o.Trial != m.Trial, nil
}
