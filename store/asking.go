package store

import (
	"time"

	"silta/mentoring"
)

const askingColumns = "id, member, programme, unit, topic, words, state, created, due"

func (t *Tx) scanAsking(r record) (q mentoring.Asking, err error) {
	q = mentoring.Asking{
		ID: mentoring.AskingID(r.int(0)), Member: mentoring.MemberID(r.int(1)), Programme: mentoring.Programme(r.text(2)),
		Unit: mentoring.Unit(r.text(3)), Topic: r.text(4), State: mentoring.AskingState(r.text(6)), Created: r.time(7), Due: r.time(8),
	}
	q.Words, err = t.openText(place{column: "asking.words", id: r.int(0)}, r.view(5))
	return q, err
}

// Asking implements [mentoring.Tx].
func (t *Tx) Asking(id mentoring.AskingID) (mentoring.Asking, error) {
	q, err := single(t, "SELECT "+askingColumns+" FROM asking WHERE id = $1", t.scanAsking, id)
	return q, doing("asking", err)
}

// AskingOf implements [mentoring.Tx].
func (t *Tx) AskingOf(m mentoring.MemberID) (mentoring.Asking, error) {
	q, err := single(t, "SELECT "+askingColumns+" FROM asking WHERE member = $1 AND (state = $2 OR state = $3)",
		t.scanAsking, m, mentoring.AskingOpen, mentoring.AskingLate)
	return q, doing("asking of a member", err)
}

// DueAskings implements [mentoring.Tx]; the longest due come first.
func (t *Tx) DueAskings(now time.Time, limit int) ([]mentoring.Asking, error) {
	list, err := collect(t, "SELECT "+askingColumns+" FROM asking WHERE due <= $1 ORDER BY due, id LIMIT $2", t.scanAsking, now, limit)
	return list, doing("due askings", err)
}

// PutAsking implements [mentoring.Tx].
func (t *Tx) PutAsking(q *mentoring.Asking) error {
	if err := t.writing(); err != nil {
		return err
	}
	if q.ID == 0 {
		q.ID = mentoring.AskingID(t.newID(seqAsking))
		t.undo(func() { q.ID = 0 })
	}
	_, err := t.exec("INSERT INTO asking ("+askingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET topic = excluded.topic, words = excluded.words, state = excluded.state, due = excluded.due`,
		q.ID, q.Member, q.Programme, q.Unit, q.Topic, t.sealText(place{column: "asking.words", id: int64(q.ID)}, q.Words),
		q.State, q.Created, q.Due)
	return doing("put asking", err)
}

// DeleteAsking implements [mentoring.Tx].
func (t *Tx) DeleteAsking(id mentoring.AskingID) error {
	if _, err := t.exec("DELETE FROM asking_offer WHERE asking = $1", id); err != nil {
		return doing("delete offers", err)
	}
	return doing("delete asking", t.change("DELETE FROM asking WHERE id = $1", id))
}

func scanOffer(r record) (mentoring.AskingOffer, error) {
	return mentoring.AskingOffer{
		Asking: mentoring.AskingID(r.int(0)), Membership: mentoring.MembershipID(r.int(1)),
		Member: mentoring.MemberID(r.int(2)), Menu: r.int(3),
	}, nil
}

// Offers implements [mentoring.Tx], by membership.
func (t *Tx) Offers(id mentoring.AskingID) ([]mentoring.AskingOffer, error) {
	list, err := collect(t, "SELECT asking, membership, member, menu FROM asking_offer WHERE asking = $1 ORDER BY membership", scanOffer, id)
	return list, doing("offers", err)
}

// OfferUnder implements [mentoring.Tx].
func (t *Tx) OfferUnder(m mentoring.MemberID, menu int64) (mentoring.AskingOffer, error) {
	o, err := single(t, "SELECT asking, membership, member, menu FROM asking_offer WHERE member = $1 AND menu = $2", scanOffer, m, menu)
	return o, doing("offer", err)
}

// PutOffer implements [mentoring.Tx].
func (t *Tx) PutOffer(o *mentoring.AskingOffer) error {
	_, err := t.exec("INSERT INTO asking_offer (asking, membership, member, menu) VALUES ($1, $2, $3, $4)", o.Asking, o.Membership, o.Member, o.Menu)
	return doing("put offer", err)
}
