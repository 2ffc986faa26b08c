package mentoring

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// AuditAction names what an entry of the audit is about.
type AuditAction string

// The actions of staff, and what the service does in their stead. Each has its
// words in locale/, under audit.action and its name.
const (
	AuditClaim        AuditAction = "claim"
	AuditRelease      AuditAction = "release"
	AuditClose        AuditAction = "close"
	AuditHand         AuditAction = "hand"
	AuditReopen       AuditAction = "reopen"
	AuditCaseNote     AuditAction = "case_note"
	AuditSay          AuditAction = "say"
	AuditReadReport   AuditAction = "read_report" // what a reporter gave was shown
	AuditAskJoint     AuditAction = "ask_joint"
	AuditExpire       AuditAction = "expire" // a case: nothing of it is left
	AuditInvite       AuditAction = "invite"
	AuditCode         AuditAction = "code"
	AuditPause        AuditAction = "pause"
	AuditResume       AuditAction = "resume"
	AuditEnd          AuditAction = "end"
	AuditNote         AuditAction = "note" // round, training or background check of a mentor
	AuditKind         AuditAction = "kind"
	AuditList         AuditAction = "list"
	AuditLimit        AuditAction = "limit"
	AuditApprove      AuditAction = "approve"
	AuditReturn       AuditAction = "return"
	AuditTopic        AuditAction = "topic"
	AuditCanned       AuditAction = "canned"
	AuditText         AuditAction = "text"
	AuditLook         AuditAction = "look" // at what is kept of a person
	AuditService      AuditAction = "service"
	AuditAnnounce     AuditAction = "announce"
	AuditAppoint      AuditAction = "appoint" // somebody has a role of staff now
	AuditJoiningOpen  AuditAction = "joining_open"
	AuditJoiningClose AuditAction = "joining_close"
	AuditMoveAllow    AuditAction = "move_allow"
	AuditMoveRefuse   AuditAction = "move_refuse"
	AuditMoved        AuditAction = "moved"   // a member goes on from another account
	AuditEnlist       AuditAction = "enlist"  // somebody is staff now
	AuditDismiss      AuditAction = "dismiss" // somebody is staff no more
	AuditAcknowledge  AuditAction = "acknowledge"
	AuditOnCall       AuditAction = "on_call"
	AuditSupervision  AuditAction = "supervision" // a meeting of the mentors is set up, called off or ended
	AuditErase        AuditAction = "erase"       // a member is deleted; which, only a number says
	AuditRestore      AuditAction = "restore"     // the database comes from a backup
	AuditRotate       AuditAction = "rotate"      // everything was sealed with another key
	AuditWarn         AuditAction = "measure_warn"
	AuditSuspend      AuditAction = "measure_suspend"
	AuditBan          AuditAction = "measure_ban"
	AuditLift         AuditAction = "lift" // the end of a measure
)

// AuditKindOf is who acted.
type AuditKindOf string

// The kinds of actor. There is no third: nobody acts unseen.
const (
	ByPerson AuditKindOf = "person"
	BySystem AuditKindOf = "system"
)

// System is the actor of what the service does by itself.
const System MemberID = 0

// Subject is what an entry is about: an opaque number with its kind.
type Subject interface{ subject() string }

func (id MemberID) subject() string       { return "member " + strconv.FormatInt(int64(id), 10) }
func (id MembershipID) subject() string   { return "membership " + strconv.FormatInt(int64(id), 10) }
func (id CaseID) subject() string         { return "case " + strconv.FormatInt(int64(id), 10) }
func (id ConversationID) subject() string { return "conversation " + strconv.FormatInt(int64(id), 10) }
func (id QuestionID) subject() string     { return "question " + strconv.FormatInt(int64(id), 10) }
func (id RemarkID) subject() string       { return "remark " + strconv.FormatInt(int64(id), 10) }
func (id StaffRoomID) subject() string    { return "room " + strconv.FormatInt(int64(id), 10) }

// AuditEntry is one line of the audit: who did what to what, and never a name,
// an address or a word that anybody wrote. Entries are numbered from 1 without
// a gap, and each has the hash of the one before: whoever knows one hash knows
// whether anything up to there was changed.
//
// A written reason is kept apart, sealed, and goes when its time is over
// ([Rules.AuditReasons]). The entry has only its commitment, a hash of the reason
// with random salt, so that the chain stays whole without it; and since the salt
// goes with the reason, nobody can try reasons against the hash afterwards.
type AuditEntry struct {
	Number   int64
	At       time.Time // to the millisecond
	Kind     AuditKindOf
	Actor    MemberID // System for none
	Action   AuditAction
	Subject  string // "case 12, conversation 4"; empty: of nothing that has a number
	Reasoned []byte // commitment to the reason; empty: there was none
	Previous []byte // hash of the entry before; empty for the first
	Hash     []byte

	Reason AuditReason // empty when there was none, or it is over
}

// AuditReason is why somebody did something, in their own words.
type AuditReason struct {
	Salt []byte
	Text string
}

// Commitment is what an entry has of its reason.
func (r AuditReason) Commitment() []byte {
	if r.Text == "" {
		return nil
	}
	sum := sha256.Sum256(frame(nil, "silta audit reason 1", string(r.Salt), r.Text))
	return sum[:]
}

// frame appends texts with their lengths, so that no two lists look alike.
func frame(to []byte, parts ...string) []byte {
	for _, p := range parts {
		to = binary.BigEndian.AppendUint64(to, uint64(len(p)))
		to = append(to, p...)
	}
	return to
}

// Sum is the hash that the entry must have. It needs no key: an export can be
// verified by anybody.
func (e *AuditEntry) Sum() []byte {
	sum := sha256.Sum256(frame(nil, "silta audit 1",
		strconv.FormatInt(e.Number, 10), strconv.FormatInt(e.At.UnixMilli(), 10), string(e.Kind),
		strconv.FormatInt(int64(e.Actor), 10), string(e.Action), e.Subject,
		string(e.Reasoned), string(e.Previous)))
	return sum[:]
}

// Head names an entry and everything before it.
func (e *AuditEntry) Head() AuditHead { return AuditHead{e.Number, e.Hash} }

// AuditHead is the number and the hash of an entry, as it is posted and kept
// elsewhere: "12-9f86d0…".
type AuditHead struct {
	Number int64
	Hash   []byte
}

func (h AuditHead) String() string {
	return strconv.FormatInt(h.Number, 10) + "-" + hex.EncodeToString(h.Hash)
}

// ParseAuditHead reads a head as it was posted.
func ParseAuditHead(text string) (AuditHead, error) {
	number, hash, _ := strings.Cut(strings.TrimSpace(text), "-")
	n, err := strconv.ParseInt(number, 10, 64)
	sum, broken := hex.DecodeString(hash)
	if err != nil || broken != nil || n < 1 || len(sum) != sha256.Size {
		return AuditHead{}, errors.New("a head looks like 12-9f86d081…, a number, a dash and 64 letters and digits")
	}
	return AuditHead{n, sum}, nil
}

// AuditFault says where an audit is not what it was.
type AuditFault struct {
	Number int64
	Why    string
}

func (f *AuditFault) Error() string { return fmt.Sprintf("audit entry %d: %s", f.Number, f.Why) }

// AuditCheck looks at entries in their order, one Add each, and at the end at
// the heads that were posted. Its zero value has seen nothing.
type AuditCheck struct {
	last  AuditEntry
	heads []AuditHead
}

// Expect adds a head that must be met.
func (c *AuditCheck) Expect(heads ...AuditHead) { c.heads = append(c.heads, heads...) }

// Add looks at the next entry. Errors are [AuditFault].
func (c *AuditCheck) Add(e *AuditEntry) error {
	switch want := c.last.Number + 1; {
	case e.Number > want:
		return &AuditFault{want, "is missing"}
	case e.Number < want:
		return &AuditFault{e.Number, "stands in the wrong place"}
	case !bytes.Equal(e.Previous, c.last.Hash):
		return &AuditFault{e.Number, "does not follow from the entry before it"}
	case !bytes.Equal(e.Hash, e.Sum()):
		return &AuditFault{e.Number, "was changed"}
	case e.Reason.Text != "" && !bytes.Equal(e.Reasoned, e.Reason.Commitment()):
		return &AuditFault{e.Number, "has another reason than was given"}
	}
	for _, h := range c.heads {
		if h.Number == e.Number && !bytes.Equal(h.Hash, e.Hash) {
			return &AuditFault{e.Number, "is not the one that was posted: it, or one before it, was changed"}
		}
	}
	c.last = *e
	return nil
}

// End says whether everything that was posted is there, and what the head is now.
func (c *AuditCheck) End() (AuditHead, error) {
	for _, h := range c.heads {
		if h.Number > c.last.Number {
			return c.last.Head(), &AuditFault{c.last.Number + 1, fmt.Sprintf("is missing: entries up to %d were cut off", h.Number)}
		}
	}
	return c.last.Head(), nil
}

// audit adds an entry about what is being done, in the transaction that does it.
// by is who does it, [System] when nobody does. Call it where nothing can be
// refused any more.
func (a *Act) audit(by MemberID, action AuditAction, about ...Subject) error {
	return a.auditBecause(by, action, "", about...)
}

// auditBecause is audit with a reason that somebody wrote.
func (a *Act) auditBecause(by MemberID, action AuditAction, reason string, about ...Subject) error {
	e := AuditEntry{At: a.Now.Truncate(time.Millisecond), Kind: ByPerson, Actor: by, Action: action}
	if by == System {
		e.Kind = BySystem
	}
	subjects := make([]string, len(about))
	for i, s := range about {
		subjects[i] = s.subject()
	}
	e.Subject = strings.Join(subjects, ", ")
	if reason != "" {
		e.Reason = AuditReason{Salt: make([]byte, 16), Text: reason}
		if _, err := io.ReadFull(a.Random, e.Reason.Salt); err != nil {
			return fmt.Errorf("random salt: %w", err)
		}
		e.Reasoned = e.Reason.Commitment()
	}
	if err := a.Tx.AppendAudit(&e); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
