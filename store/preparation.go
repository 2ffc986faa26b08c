package store

import "silta/mentoring"

// Preparation implements [mentoring.Tx].
func (t *Tx) Preparation(id mentoring.MembershipID) (mentoring.Preparation, error) {
	p, err := single(t, "SELECT guide, guide_done, round, trained, checked, checked_by, listed FROM preparation WHERE membership = $1",
		func(r record) (p mentoring.Preparation, err error) {
			p = mentoring.Preparation{
				Membership: id, Guide: uint64(r.int(0)), GuideDone: r.time(1), Trained: r.time(3), Checked: r.time(4),
				CheckedBy: mentoring.MemberID(r.int(5)), Listed: r.time(6),
			}
			p.Round, err = t.openText(place{column: "preparation.round", id: int64(id)}, r.view(2))
			return p, err
		}, id)
	return p, doing("preparation", err)
}

// PutPreparation implements [mentoring.Tx].
func (t *Tx) PutPreparation(p *mentoring.Preparation) error {
	t.stale(p.Membership)
	_, err := t.exec(`INSERT INTO preparation (membership, guide, guide_done, round, trained, checked, checked_by, listed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (membership) DO UPDATE SET guide = excluded.guide, guide_done = excluded.guide_done, round = excluded.round,
		trained = excluded.trained, checked = excluded.checked, checked_by = excluded.checked_by, listed = excluded.listed`,
		p.Membership, int64(p.Guide), p.GuideDone, t.sealText(place{column: "preparation.round", id: int64(p.Membership)}, p.Round),
		p.Trained, p.Checked, p.CheckedBy, p.Listed)
	return doing("put preparation", err)
}

// keptVersions is how many versions of a card are kept.
const keptVersions = 30

// PutCardVersion implements [mentoring.Tx].
func (t *Tx) PutCardVersion(v *mentoring.CardVersion) error {
	if err := t.writing(); err != nil {
		return err
	}
	v.ID = t.newID(seqVersion)
	t.undo(func() { v.ID = 0 })
	c := &v.Card
	words, err := t.sealJSON(place{column: "card_history.words", id: v.ID}, wordsOf(c))
	if err != nil {
		return doing("put card version", err)
	}
	_, err = t.exec("INSERT INTO card_history (id, membership, author, step, changed, state, kind, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		v.ID, c.Membership, v.By, v.Step, v.At, c.State, c.Kind, words)
	if err != nil {
		return doing("put card version", err)
	}
	_, err = t.exec(`DELETE FROM card_history WHERE membership = $1 AND id NOT IN
		(SELECT id FROM card_history WHERE membership = $1 ORDER BY id DESC LIMIT $2)`, c.Membership, keptVersions)
	return doing("forget card versions", err)
}

// CardVersions implements [mentoring.Tx].
func (t *Tx) CardVersions(id mentoring.MembershipID) ([]mentoring.CardVersion, error) {
	list, err := collect(t, "SELECT id, author, step, changed, state, kind, words FROM card_history WHERE membership = $1 ORDER BY id DESC",
		func(r record) (mentoring.CardVersion, error) {
			v := mentoring.CardVersion{
				ID: r.int(0), By: mentoring.MemberID(r.int(1)), Step: mentoring.Step(r.text(2)), At: r.time(3),
				Card: mentoring.Card{Membership: id, State: mentoring.CardState(r.text(4)), Kind: mentoring.HelperKind(r.text(5)), Updated: r.time(3)},
			}
			var w cardWords
			err := t.openJSON(place{column: "card_history.words", id: v.ID}, r.view(6), &w)
			w.into(&v.Card)
			return v, err
		}, id)
	return list, doing("card versions", err)
}
