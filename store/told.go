package store

import "silta/mentoring"

// Told implements [mentoring.Tx].
func (t *Tx) Told(m mentoring.MemberID, what string) (bool, error) {
	_, err := single(t, "SELECT member FROM told WHERE member = $1 AND what = $2", scanID, m, what)
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, doing("told", err)
}

// PutTold implements [mentoring.Tx]. A second time changes nothing.
func (t *Tx) PutTold(m mentoring.MemberID, what string) error {
	_, err := t.exec("INSERT INTO told (member, what) VALUES ($1, $2) ON CONFLICT (member, what) DO NOTHING", m, what)
	return doing("put told", err)
}
