package store

import "silta/mentoring"

// Shows implements [mentoring.Tx].
func (t *Tx) Shows(m mentoring.MemberID) ([]mentoring.Sign, error) {
	list, err := collect(t, "SELECT sign FROM shows WHERE member = $1 ORDER BY sign",
		func(r record) (mentoring.Sign, error) { return mentoring.Sign(r.text(0)), nil }, m)
	return list, doing("shows", err)
}

// PutShows implements [mentoring.Tx].
func (t *Tx) PutShows(m mentoring.MemberID, signs []mentoring.Sign) error {
	if _, err := t.exec("DELETE FROM shows WHERE member = $1", m); err != nil {
		return doing("put shows", err)
	}
	for _, sign := range signs {
		if _, err := t.exec("INSERT INTO shows (member, sign) VALUES ($1, $2)", m, string(sign)); err != nil {
			return doing("put shows", err)
		}
	}
	return nil
}
