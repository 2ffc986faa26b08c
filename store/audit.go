package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"time"

	"silta/mentoring"
)

const (
	insertAudit  = "INSERT INTO audit (number, at, kind, actor, action, subject, reasoned, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
	reasonColumn = "audit_reason.words"
	auditPage    = 500
)

func scanAudit(r record) (mentoring.AuditEntry, error) {
	return mentoring.AuditEntry{
		Number: r.int(0), At: r.time(1), Kind: mentoring.AuditKindOf(r.text(2)), Actor: mentoring.MemberID(r.int(3)),
		Action: mentoring.AuditAction(r.text(4)), Subject: r.text(5),
		Reasoned: r.bytes(6), Previous: r.bytes(7), Hash: r.bytes(8),
	}, nil
}

// AppendAudit implements [mentoring.Tx]: it gives the entry its number, the hash
// of the entry before it and its own.
func (t *Tx) AppendAudit(e *mentoring.AuditEntry) error {
	if err := t.writing(); err != nil {
		return err
	}
	last, err := lastAudit(t.l)
	if err != nil {
		return doing("append audit", err)
	}
	chain(e, last)
	_, err = t.exec(insertAudit, auditValues(e)...)
	if err != nil || e.Reason.Text == "" {
		return doing("append audit", err)
	}
	words, err := t.sealJSON(place{column: reasonColumn, id: e.Number}, e.Reason)
	if err != nil {
		return doing("append audit", err)
	}
	_, err = t.exec("INSERT INTO audit_reason (number, words, at) VALUES ($1, $2, $3)", e.Number, words, e.At)
	return doing("append audit", err)
}

// chain makes an entry the one after last.
func chain(e *mentoring.AuditEntry, last mentoring.AuditHead) {
	e.Number, e.Previous = last.Number+1, last.Hash
	e.Hash = e.Sum()
}

func auditValues(e *mentoring.AuditEntry) []any {
	return []any{e.Number, e.At, e.Kind, e.Actor, e.Action, e.Subject, notNull(e.Reasoned), notNull(e.Previous), e.Hash}
}

// notNull is an empty value for none.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// lastAudit is the newest entry's head; the zero value when there is none.
func lastAudit(l *link) (h mentoring.AuditHead, err error) {
	err = l.one("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", func(r record) error {
		h = mentoring.AuditHead{Number: r.int(0), Hash: r.bytes(1)}
		return nil
	})
	if isNotFound(err) {
		return h, nil
	}
	return h, err
}

// AuditHead implements [mentoring.Tx].
func (t *Tx) AuditHead() (mentoring.AuditHead, error) {
	if err := t.usable(); err != nil {
		return mentoring.AuditHead{}, err
	}
	h, err := lastAudit(t.l)
	return h, t.latch(doing("audit head", err))
}

// AuditEntries implements [mentoring.Tx].
func (t *Tx) AuditEntries(after int64, limit int) ([]mentoring.AuditEntry, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	list, err := auditEntries(t.l, t.s.keys, after, limit)
	return list, t.latch(doing("audit", err))
}

// auditEntries reads entries in their order, those with the reasons that are
// still kept; without keys no reasons.
func auditEntries(l *link, keys *Keyring, after int64, limit int) ([]mentoring.AuditEntry, error) {
	var list []mentoring.AuditEntry
	err := l.query(`SELECT a.number, a.at, a.kind, a.actor, a.action, a.subject, a.reasoned, a.previous, a.hash, r.words
		FROM audit a LEFT JOIN audit_reason r ON r.number = a.number WHERE a.number > $1 ORDER BY a.number LIMIT $2`, func(r record) error {
		e, err := scanAudit(r)
		if words := r.view(9); err == nil && len(words) > 0 && keys != nil {
			var plain []byte
			if plain, err = keys.open(place{column: reasonColumn, id: e.Number}, words); err == nil {
				err = json.Unmarshal(plain, &e.Reason)
			}
		}
		list = append(list, e)
		return err
	}, after, limit)
	return list, err
}

// AuditCounts implements [mentoring.Tx].
func (t *Tx) AuditCounts(from, until time.Time) (map[mentoring.AuditAction]int64, error) {
	counts := map[mentoring.AuditAction]int64{}
	err := t.query("SELECT action, count(*) FROM audit WHERE at >= $1 AND at < $2 GROUP BY action", func(r record) error {
		counts[mentoring.AuditAction(r.text(0))] = r.int(1)
		return nil
	}, from, until)
	return counts, doing("audit counts", err)
}

// DropAuditReasons implements [mentoring.Tx].
func (t *Tx) DropAuditReasons(before time.Time) error {
	_, err := t.exec("DELETE FROM audit_reason WHERE at < $1", before)
	return doing("drop reasons", err)
}

// WalkAudit reads the whole audit, the oldest entry first, as one consistent
// snapshot, while another process may own the database. Reasons are there only
// when o.Keys is not nil.
func WalkAudit(ctx context.Context, o Options, each func(*mentoring.AuditEntry) error) error {
	return snapshot(ctx, o.DSN, "audit", func(l *link) error { return walkAudit(ctx, l, o.Keys, each) })
}

func walkAudit(ctx context.Context, l *link, keys *Keyring, each func(*mentoring.AuditEntry) error) error {
	if exists, err := hasTable(l, "audit"); err != nil || !exists {
		return doing("audit", errors.Join(err, errNoAudit(exists)))
	}
	for after := int64(math.MinInt64); ; {
		page, err := auditEntries(l, keys, after, auditPage)
		if err != nil {
			return doing("audit", err)
		}
		for i := range page {
			if err := cmp.Or(ctx.Err(), each(&page[i])); err != nil {
				return err
			}
		}
		if len(page) < auditPage {
			return nil
		}
		after = page[len(page)-1].Number
	}
}

func errNoAudit(exists bool) error {
	if exists {
		return nil
	}
	return errors.New("there is no audit in the database")
}

// auditSystem adds an entry of what the program does with a whole database.
func auditSystem(l *link, now time.Time, action mentoring.AuditAction) error {
	last, err := lastAudit(l)
	if err != nil {
		return err
	}
	e := mentoring.AuditEntry{At: now.Truncate(time.Millisecond), Kind: mentoring.BySystem, Action: action}
	chain(&e, last)
	_, err = l.exec(insertAudit, auditValues(&e)...)
	return err
}

// aboutAudit says what the audit holds about members (see keepings).
func aboutAudit() []keeping {
	return []keeping{
		{
			table: "audit", of: "actor = $1", what: "audit", counted: true,
			hidden: map[string]string{
				"number": aNumber, "at": "staff and the person know when it was", "kind": "a person", "actor": theirs,
				"action": "what they did themselves", "subject": "numbers of others", "reasoned": byItself,
				"previous": byItself, "hash": byItself,
			},
			stays: "a number that leads to nobody: nothing can be taken from the audit, or it would prove nothing",
		},
		{
			table: "audit_reason", of: "number IN (SELECT number FROM audit WHERE actor = $1)", what: "reason", counted: true,
			hidden: map[string]string{"number": aNumber, "words": "what they wrote as staff about somebody else", "at": "when they did"},
			stays:  "it answers for what was read of somebody else, and goes by itself (retention.reasons)",
		},
		{
			table: "access", of: "member = $1", what: "access", counted: true,
			hidden: map[string]string{
				"id": aNumber, "kind": "they are told when staff have seen who they are", "case_id": aNumber, "conversation": aNumber,
				"member": theirs, "asker": another, "second": another, "state": "of the work of staff", "days": "of the work of staff",
				"of_mentee": "they were asked", "deferred": "staff may have to wait with telling them, for a written reason",
				"created": "of the work of staff", "due": "of the work of staff",
			},
			erase: "DELETE FROM access WHERE member = $1",
		},
	}
}
