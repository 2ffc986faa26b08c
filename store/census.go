package store

import (
	"context"
	"errors"
	"time"

	"silta/mentoring"
)

// Census is how much there is in a database, and of how many people: what an
// authority asks after a breach. Nobody is named.
type Census struct {
	// People are members with a membership of a role that has not ended; one person
	// may be in several.
	People map[mentoring.Role]int64
	All    int64 // members of whom something is kept, joining or joined
	// Joining are those of them who have not finished joining.
	Joining int64
	Talks   int64 // conversations that have not been emptied
	Cases   map[mentoring.CaseKind]int64
	Cards   int64
	Waiting int64 // messages and lines that wait for delivery
	Files   int64 // files at the homeserver
	Phrases int64
	Oldest  time.Time // when the oldest of what is kept began; zero: there is nothing
	// Audit is how often each action was done in the span.
	Audit map[mentoring.AuditAction]int64
	// Readings and Identities say when staff read a conversation, or learnt who
	// somebody is, in the span.
	Readings, Identities []time.Time
}

// TakeCensus counts, as one consistent snapshot, while another process may own the
// database.
func TakeCensus(ctx context.Context, o Options, from, until time.Time) (c Census, err error) {
	err = snapshot(ctx, o.DSN, "census", func(l *link) error {
		return errors.Join(c.count(l), c.countAudit(l, from, until))
	})
	return c, err
}

func (c *Census) count(l *link) (err error) {
	c.People, c.Cases = map[mentoring.Role]int64{}, map[mentoring.CaseKind]int64{}
	err = l.query("SELECT role, count(DISTINCT member) FROM membership WHERE state <> 'ended' GROUP BY role ORDER BY role", func(r record) error {
		c.People[mentoring.Role(r.text(0))] = r.int(1)
		return nil
	})
	if err != nil {
		return err
	}
	err = l.query("SELECT kind, count(*) FROM cases GROUP BY kind ORDER BY kind", func(r record) error {
		c.Cases[mentoring.CaseKind(r.text(0))] = r.int(1)
		return nil
	})
	if err != nil {
		return err
	}
	const here = " FROM member WHERE join_state <> 'erased' AND join_state <> 'forgotten'"
	for _, one := range []struct {
		into  *int64
		query string
	}{
		{&c.All, "SELECT count(*)" + here},
		{&c.Joining, "SELECT count(*)" + here + " AND join_state <> 'joined'"},
		{&c.Talks, "SELECT count(*) FROM conversation WHERE emptied = 0"},
		{&c.Cards, "SELECT count(*) FROM card"},
		{&c.Waiting, "SELECT count(*) FROM queue"},
		{&c.Files, "SELECT count(*) FROM upload"},
		{&c.Phrases, "SELECT count(*) FROM phrase"},
	} {
		if *one.into, err = l.number(one.query); err != nil {
			return err
		}
	}
	oldest, err := l.number("SELECT coalesce(min(created), 0)" + here + " AND created > 0")
	if oldest > 0 {
		c.Oldest = fromMillis(oldest)
	}
	return err
}

func (c *Census) countAudit(l *link, from, until time.Time) error {
	c.Audit = map[mentoring.AuditAction]int64{}
	return l.query("SELECT action, at FROM audit WHERE at >= $1 AND at < $2 ORDER BY number", func(r record) error {
		action, at := mentoring.AuditAction(r.text(0)), r.time(1)
		c.Audit[action]++
		switch action {
		case mentoring.AuditRead:
			c.Readings = append(c.Readings, at)
		case mentoring.AuditReveal:
			c.Identities = append(c.Identities, at)
		}
		return nil
	}, from, until)
}
