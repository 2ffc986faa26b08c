package store

import (
	"time"

	"silta/mentoring"
)

// Tally implements [mentoring.Tx].
func (t *Tx) Tally(s mentoring.MembershipID, month string, name mentoring.TallyName, n int64) error {
	_, err := t.exec(`INSERT INTO tally (membership, month, name, value) VALUES ($1, $2, $3, $4)
		ON CONFLICT (membership, month, name) DO UPDATE SET value = tally.value + excluded.value`, s, month, name, n)
	return doing("tally", err)
}

// Tallies implements [mentoring.Tx].
func (t *Tx) Tallies(s mentoring.MembershipID, month string) (map[mentoring.TallyName]int64, error) {
	all := map[mentoring.TallyName]int64{}
	_, err := collect(t, "SELECT name, value FROM tally WHERE membership = $1 AND month = $2", func(r record) (int64, error) {
		all[mentoring.TallyName(r.text(0))] = r.int(1)
		return 0, nil
	}, s, month)
	return all, doing("tallies", err)
}

// Undigested implements [mentoring.Tx].
func (t *Tx) Undigested(p mentoring.Programme, month string, before time.Time, limit int) ([]mentoring.Membership, error) {
	list, err := collect(t, "SELECT "+membershipColumns+` FROM membership m
		WHERE programme = $1 AND role = $2 AND (state = $3 OR state = $4) AND created < $5
		AND NOT EXISTS (SELECT 1 FROM tally WHERE membership = m.id AND month = $6 AND name = $7) ORDER BY id LIMIT $8`,
		scanMembership, p, mentoring.Mentor, mentoring.Active, mentoring.Paused, before, month, mentoring.TallyDigest, limit)
	return list, doing("undigested", err)
}
