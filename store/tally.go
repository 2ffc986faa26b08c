package store

import "silta/mentoring"

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
