package store

import (
	"fmt"
	"strings"
	"time"

	"silta/mentoring"
)

const measureColumns = "id, kind, state, member, membership, programme, unit, author, words, created, review, due"

func (t *Tx) scanMeasure(r record) (mentoring.Measure, error) {
	x := mentoring.Measure{
		ID: mentoring.MeasureID(r.int(0)), Kind: mentoring.MeasureKind(r.text(1)), State: mentoring.MeasureState(r.text(2)),
		Member: mentoring.MemberID(r.int(3)), Membership: mentoring.MembershipID(r.int(4)),
		Programme: mentoring.Programme(r.text(5)), Unit: mentoring.Unit(r.text(6)), By: mentoring.MemberID(r.int(7)),
		Created: r.time(9), Review: r.time(10), Due: r.time(11),
	}
	return x, t.openJSON(place{column: "measure.words", id: r.int(0)}, r.view(8), &x.Words)
}

// Measure implements [mentoring.Tx].
func (t *Tx) Measure(id mentoring.MeasureID) (mentoring.Measure, error) {
	x, err := single(t, "SELECT "+measureColumns+" FROM measure WHERE id = $1", t.scanMeasure, id)
	return x, doing("measure", err)
}

// MeasuresOf implements [mentoring.Tx].
func (t *Tx) MeasuresOf(m mentoring.MemberID) ([]mentoring.Measure, error) {
	list, err := collect(t, "SELECT "+measureColumns+" FROM measure WHERE member = $1 ORDER BY id", t.scanMeasure, m)
	return list, doing("measures of a member", err)
}

// Measures implements [mentoring.Tx]. Without states it lists all.
func (t *Tx) Measures(states ...mentoring.MeasureState) ([]mentoring.Measure, error) {
	where, args := inStates(states)
	list, err := collect(t, "SELECT "+measureColumns+" FROM measure"+where+" ORDER BY id", t.scanMeasure, args...)
	return list, doing("measures", err)
}

// DueMeasures implements [mentoring.Tx].
func (t *Tx) DueMeasures(now time.Time, limit int) ([]mentoring.Measure, error) {
	list, err := collect(t, "SELECT "+measureColumns+" FROM measure WHERE due > 0 AND due <= $1 ORDER BY id LIMIT $2", t.scanMeasure, now, limit)
	return list, doing("due measures", err)
}

// PutMeasure implements [mentoring.Tx].
func (t *Tx) PutMeasure(x *mentoring.Measure) error {
	if err := t.writing(); err != nil {
		return err
	}
	if x.ID == 0 {
		x.ID = mentoring.MeasureID(t.newID(seqMeasure))
		t.undo(func() { x.ID = 0 })
	}
	words, err := t.sealJSON(place{column: "measure.words", id: int64(x.ID)}, x.Words)
	if err != nil {
		return doing("put measure", err)
	}
	_, err = t.exec("INSERT INTO measure ("+measureColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, words = excluded.words, review = excluded.review, due = excluded.due`,
		x.ID, x.Kind, x.State, x.Member, x.Membership, x.Programme, x.Unit, x.By, words, x.Created, x.Review, x.Due)
	return doing("put measure", err)
}

// DeleteMeasure implements [mentoring.Tx].
func (t *Tx) DeleteMeasure(id mentoring.MeasureID) error {
	return doing("delete measure", t.change("DELETE FROM measure WHERE id = $1", id))
}

// PutBan implements [mentoring.Tx]. A second ban changes nothing.
func (t *Tx) PutBan(address string, at time.Time) error {
	_, err := t.exec("INSERT INTO ban (address_hash, since) VALUES ($1, $2) ON CONFLICT (address_hash) DO NOTHING", t.addressHash(address), at)
	return doing("put ban", err)
}

// DropBan implements [mentoring.Tx].
func (t *Tx) DropBan(address string) error {
	if address == "" {
		return nil
	}
	_, err := t.exec("DELETE FROM ban WHERE address_hash = $1", t.addressHash(address))
	return doing("drop ban", err)
}

// Banned implements [mentoring.Tx].
func (t *Tx) Banned(address string) (bool, error) {
	if address == "" {
		return false, nil
	}
	n, err := single(t, "SELECT count(*) FROM ban WHERE address_hash = $1", func(r record) (int64, error) { return r.int(0), nil }, t.addressHash(address))
	return n > 0, doing("banned", err)
}

// bansKept is how long an account is kept out of which nothing else is known.
const bansKept = 2 * 365 * 24 * time.Hour

// forgetBans forgets old bans of accounts that no member has.
func (t *Tx) forgetBans(now time.Time) error {
	_, err := t.exec("DELETE FROM ban WHERE since < $1 AND NOT EXISTS (SELECT 1 FROM member WHERE member.address_hash = ban.address_hash)", now.Add(-bansKept))
	return doing("forget bans", err)
}

// inStates is the condition that a row is in one of the states, with its arguments
// from $1 on; without states every row is meant.
func inStates[S ~string](states []S) (where string, args []any) {
	var b strings.Builder
	for i, state := range states {
		word := " OR"
		if i == 0 {
			word = " WHERE"
		}
		fmt.Fprintf(&b, "%s state = $%d", word, i+1)
		args = append(args, state)
	}
	return b.String(), args
}
