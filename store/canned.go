package store

import "silta/mentoring"

// CannedTexts implements [mentoring.Tx], by key.
func (t *Tx) CannedTexts(p mentoring.Programme) ([]mentoring.Canned, error) {
	list, err := collect(t, "SELECT id, programme, unit, name, words, changed FROM canned WHERE programme = $1 ORDER BY name, id",
		func(r record) (mentoring.Canned, error) {
			c := mentoring.Canned{
				ID: r.int(0), Programme: mentoring.Programme(r.text(1)), Unit: mentoring.Unit(r.text(2)), Key: r.text(3), Changed: r.time(5),
			}
			return c, t.openJSON(place{column: "canned.words", id: c.ID}, r.view(4), &c.Words)
		}, p)
	return list, doing("canned texts", err)
}

// PutCanned implements [mentoring.Tx].
func (t *Tx) PutCanned(c *mentoring.Canned) error {
	if err := t.writing(); err != nil {
		return err
	}
	if c.ID == 0 {
		c.ID = t.newID(seqCanned)
		t.undo(func() { c.ID = 0 })
	}
	words, err := t.sealJSON(place{column: "canned.words", id: c.ID}, c.Words)
	if err != nil {
		return doing("put canned text", err)
	}
	_, err = t.exec(`INSERT INTO canned (id, programme, unit, name, words, changed) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET words = excluded.words, changed = excluded.changed`,
		c.ID, c.Programme, c.Unit, c.Key, words, c.Changed)
	return doing("put canned text", err)
}

// DeleteCanned implements [mentoring.Tx].
func (t *Tx) DeleteCanned(id int64) error {
	return doing("delete canned text", t.change("DELETE FROM canned WHERE id = $1", id))
}

// AddReply implements [mentoring.Tx].
func (t *Tx) AddReply(id mentoring.MembershipID, day, bucket, before int) error {
	if _, err := t.exec("DELETE FROM reply_sample WHERE membership = $1 AND day < $2", id, before); err != nil {
		return doing("forget replies", err)
	}
	_, err := t.exec(`INSERT INTO reply_sample (membership, day, bucket, n) VALUES ($1, $2, $3, 1)
		ON CONFLICT (membership, day, bucket) DO UPDATE SET n = reply_sample.n + 1`, id, day, bucket)
	return doing("add reply", err)
}

// Replies implements [mentoring.Tx].
func (t *Tx) Replies(id mentoring.MembershipID, since int) (map[int]int, error) {
	counts := map[int]int{}
	err := t.query("SELECT bucket, n FROM reply_sample WHERE membership = $1 AND day >= $2", func(r record) error {
		counts[int(r.int(0))] += int(r.int(1))
		return nil
	}, id, since)
	return counts, doing("replies", err)
}
