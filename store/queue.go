package store

import (
	"context"
	"encoding/binary"
	"time"
)

func payloadPlace(id int64) place { return place{column: "queue.payload", id: id} }

const queueColumns = "id, lane, kind, state, hold, due, tries, created, payload"

func (s *Store) scanRow(r record) (Row, error) {
	row := Row{
		ID:      r.int(0),
		Lane:    Lane(r.int(1)),
		Kind:    LaneKind(r.int(2)),
		State:   RowState(r.int(3)),
		Hold:    Hold(r.int(4)),
		Due:     r.time(5),
		Tries:   int(r.int(6)),
		Created: r.time(7),
	}
	var err error
	row.Payload, err = s.keys.open(payloadPlace(row.ID), r.view(8))
	return row, err
}

// Seen marks an event as seen and says whether it had been seen already. It is
// remembered for seven days; see [Tx.Prune].
func (t *Tx) Seen(eventID string) (already bool, err error) {
	if err := t.writing(); err != nil {
		return false, err
	}
	sum := t.s.hashes.sum("seen", eventID)
	return t.g.seen.see(int64(binary.BigEndian.Uint64(sum[:8]))), nil
}

// Enqueue adds a row to its lane. It sets ID, and Created when it is zero. The
// payload must not be changed afterwards: Next may return it as it is.
func (t *Tx) Enqueue(r *Row) error {
	if err := t.writing(); err != nil {
		return err
	}
	if r.ID == 0 {
		r.ID = t.newID(seqQueue)
		t.undo(func() { r.ID = 0 })
	}
	if r.Created.IsZero() {
		r.Created = t.s.now()
	}
	same := *r
	same.Due, same.Created = fromMillis(millis(r.Due)), fromMillis(millis(r.Created))
	t.g.batch.enqueue(same, t.s.keys.seal(payloadPlace(r.ID), r.Payload))
	return nil
}

// Done deletes rows. Rows that are not there are no error.
func (t *Tx) Done(ids ...int64) error {
	if err := t.writing(); err != nil {
		return err
	}
	for _, id := range ids {
		t.g.batch.done(id)
	}
	return nil
}

// Retry makes a row ready again at due, after tries faults.
func (t *Tx) Retry(id int64, due time.Time, tries int) error {
	if err := t.settle(); err != nil {
		return err
	}
	if err := t.writing(); err != nil {
		return err
	}
	err := t.one("UPDATE queue SET state = 0, hold = 0, due = $2, tries = $3 WHERE id = $1 RETURNING lane, kind", func(r record) error {
		t.touched(Lane(r.int(0)))
		t.g.batch.ready(Head{Lane: Lane(r.int(0)), Kind: LaneKind(r.int(1)), Due: fromMillis(millis(due))})
		return nil
	}, id, due, tries)
	return doing("retry", err)
}

// HoldRow lets a row, and with it its lane, wait until Release names hold.
func (t *Tx) HoldRow(id int64, hold Hold) error { return t.park(id, RowHeld, hold) }

// HoldUntil lets a row, and with it its lane, wait until a time, or until
// Release names hold before that.
func (t *Tx) HoldUntil(id int64, hold Hold, due time.Time) error {
	if err := t.settle(); err != nil {
		return err
	}
	err := t.changeRow("UPDATE queue SET state = $2, hold = $3, due = $4 WHERE id = $1 RETURNING lane", id, RowHeld, hold, due)
	return doing("hold row", err)
}

// SetAside takes a row out of its lane's order; the lane goes on without it.
func (t *Tx) SetAside(id int64, hold Hold) error { return t.park(id, RowAside, hold) }

func (t *Tx) park(id int64, state RowState, hold Hold) error {
	if err := t.settle(); err != nil {
		return err
	}
	return doing("hold row", t.changeRow("UPDATE queue SET state = $2, hold = $3 WHERE id = $1 RETURNING lane", id, state, hold))
}

// Release makes the held rows of a lane that wait for hold ready at due, and
// says how many they were. Rows aside stay aside: Retry takes them back.
func (t *Tx) Release(lane Lane, hold Hold, due time.Time) (int, error) {
	if err := t.settle(); err != nil {
		return 0, err
	}
	if err := t.writing(); err != nil {
		return 0, err
	}
	released := 0
	err := t.query("UPDATE queue SET state = 0, hold = 0, due = $3 WHERE lane = $1 AND state = 1 AND hold = $2 RETURNING kind", func(r record) error {
		released++
		t.touched(lane)
		t.g.batch.ready(Head{Lane: lane, Kind: LaneKind(r.int(0)), Due: fromMillis(millis(due))})
		return nil
	}, lane, hold, due)
	return released, doing("release", err)
}

// Rows lists all rows of a lane in order, those aside included.
func (t *Tx) Rows(lane Lane) ([]Row, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	rows, err := collect(t, "SELECT "+queueColumns+" FROM queue WHERE lane = $1 ORDER BY id", t.s.scanRow, lane)
	return rows, doing("rows", err)
}

// Rewrite replaces a row's payload.
func (t *Tx) Rewrite(id int64, payload []byte) error {
	if err := t.settle(); err != nil {
		return err
	}
	return doing("rewrite row", t.changeRow("UPDATE queue SET payload = $2 WHERE id = $1 RETURNING lane", id, t.s.keys.seal(payloadPlace(id), payload)))
}

// changeRow runs an update of one row that returns its lane.
func (t *Tx) changeRow(query string, args ...any) error {
	if err := t.writing(); err != nil {
		return err
	}
	return t.one(query, func(r record) error {
		t.touched(Lane(r.int(0)))
		return nil
	}, args...)
}

// touched notes that the rows of a lane must be read from the database again.
func (t *Tx) touched(lane Lane) {
	t.g.batch.changes.touched = append(t.g.batch.changes.touched, lane)
}

// Heads lists the first row of each lane that is not aside, held and future
// ones included. It is for the start; afterwards OnReady tells.
func (s *Store) Heads(ctx context.Context) ([]Head, error) {
	var heads []Head
	err := s.Read(ctx, func(t *Tx) (err error) {
		heads, err = collect(t, `SELECT q.lane, q.kind, q.due FROM queue q
			JOIN (SELECT min(id) AS id FROM queue WHERE state <> 2 GROUP BY lane) f ON f.id = q.id ORDER BY q.id`,
			func(r record) (Head, error) {
				return Head{Lane: Lane(r.int(0)), Kind: LaneKind(r.int(1)), Due: r.time(2)}, nil
			})
		return err
	})
	return heads, doing("heads", err)
}

// Next returns the first rows of a lane with an ID above after, in order, at
// most limit: held and future ones included, those aside left out. It sees
// everything that is committed. Never change the payloads: they are shared.
func (s *Store) Next(ctx context.Context, lane Lane, after int64, limit int) ([]Row, error) {
	rows, group, cold := s.gate.hot.next(lane, after, limit)
	if !cold {
		select {
		case <-s.gate.failed:
			return nil, ErrClosed
		default:
			return rows, ctx.Err()
		}
	}
	l, err := s.reader(ctx)
	if err != nil {
		return nil, err
	}
	defer s.readers.give(l)
	t := &Tx{s: s, l: l, ctx: ctx, caches: &caches{}}
	rows, err = collect(t, "SELECT "+queueColumns+" FROM queue WHERE lane = $1 AND id > $2 AND state <> 2 ORDER BY id LIMIT $3",
		s.scanRow, lane, after, limit)
	if err == nil && after == 0 && len(rows) < limit { // that is all of them
		s.gate.hot.warm(lane, rows, group)
	}
	return rows, doing("next", err)
}

// QueueStat says how many rows of a kind are in a state, in how many lanes,
// and since when the oldest has been there.
type QueueStat struct {
	Kind   LaneKind
	State  RowState
	Rows   int64
	Lanes  int64
	Oldest time.Duration
}

// statsLimit bounds how many rows QueueStats looks at.
const statsLimit = 100_000

// QueueStats is for metrics. It looks at the oldest 100,000 rows: in a queue that
// is longer the numbers of rows are at least those, and Oldest is right.
func (s *Store) QueueStats(ctx context.Context) ([]QueueStat, error) {
	var stats []QueueStat
	now := s.now()
	err := s.Read(ctx, func(t *Tx) (err error) {
		stats, err = collect(t, `SELECT kind, state, count(*), count(DISTINCT lane), min(created)
			FROM (SELECT kind, state, lane, created FROM queue ORDER BY id LIMIT $1) oldest GROUP BY kind, state ORDER BY kind, state`,
			func(r record) (QueueStat, error) {
				return QueueStat{
					Kind: LaneKind(r.int(0)), State: RowState(r.int(1)), Rows: r.int(2), Lanes: r.int(3), Oldest: now.Sub(r.time(4)),
				}, nil
			}, statsLimit)
		return err
	})
	return stats, doing("queue figures", err)
}

// olderLimit bounds what OlderThan returns at once.
const olderLimit = 500

// OlderThan lists the rows of a kind that were made before a moment, whatever
// their state, the oldest first, at most 500: call it again for more.
func (t *Tx) OlderThan(kind LaneKind, before time.Time) ([]Row, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	rows, err := collect(t, "SELECT "+queueColumns+" FROM queue WHERE kind = $1 AND created < $2 ORDER BY id LIMIT $3",
		t.s.scanRow, kind, before, olderLimit)
	return rows, doing("old rows", err)
}
