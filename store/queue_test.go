package store_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

func ids(rows []store.Row) []int64 {
	list := make([]int64, len(rows))
	for i := range rows {
		list[i] = rows[i].ID
	}
	return list
}

func (o *opened) next(lane store.Lane, after int64) []store.Row {
	o.t.Helper()
	rows, err := o.Next(o.t.Context(), lane, after, 100)
	if err != nil {
		o.t.Fatalf("next: %v", err)
	}
	return rows
}

// put enqueues rows and returns them with their IDs.
func (o *opened) put(rows ...store.Row) []store.Row {
	o.t.Helper()
	o.write(func(tx *store.Tx) error {
		for i := range rows {
			rows[i].ID = 0
			if err := tx.Enqueue(&rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return rows
}

func TestQueueStates(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		lane, other := s.Lane(store.LaneOut, "leg", "1"), s.Lane(store.LaneOut, "leg", "2")
		rows := s.put(
			store.Row{Lane: lane, Kind: store.LaneOut, Payload: []byte("eka")},
			store.Row{Lane: lane, Kind: store.LaneOut, Payload: []byte("toka"), State: store.RowHeld, Hold: store.HoldJoin},
			store.Row{Lane: lane, Kind: store.LaneOut, Due: w.now().Add(time.Hour)},
			store.Row{Lane: other, Kind: store.LaneOut, Payload: []byte("muu"), Created: w.now().Add(-time.Hour)},
		)
		for i := range 3 {
			rows[i].Created = w.now()
		}
		same(t, "next", s.next(lane, 0), rows[:3])
		same(t, "next after the first", s.next(lane, rows[0].ID), rows[1:3])
		limited, err := s.Next(t.Context(), lane, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "limit", ids(limited), ids(rows[:2]))

		s.write(func(tx *store.Tx) error { return tx.SetAside(rows[0].ID, store.HoldPoison) })
		same(t, "aside", ids(s.next(lane, 0)), ids(rows[1:3]))
		rows[0].State, rows[0].Hold = store.RowAside, store.HoldPoison
		same(t, "all rows", both(s, "rows", func(tx *store.Tx) ([]store.Row, error) { return tx.Rows(lane) }), rows[:3])

		due := w.now().Add(time.Minute)
		s.write(func(tx *store.Tx) error {
			n, err := tx.Release(lane, store.HoldQuiet, due)
			same(t, "released for another reason", n, 0)
			if err != nil {
				return err
			}
			n, err = tx.Release(lane, store.HoldJoin, due)
			same(t, "released", n, 1)
			return err
		})
		rows[1].State, rows[1].Hold, rows[1].Due = store.RowReady, store.HoldNone, due
		s.write(func(tx *store.Tx) error { return tx.Retry(rows[0].ID, due, 4) })
		rows[0].State, rows[0].Hold, rows[0].Due, rows[0].Tries = store.RowReady, store.HoldNone, due, 4
		s.write(func(tx *store.Tx) error { return tx.Rewrite(rows[1].ID, []byte("uusi")) })
		rows[1].Payload = []byte("uusi")
		same(t, "released, retried, rewritten", s.next(lane, 0), rows[:3])

		s.write(func(tx *store.Tx) error { return tx.HoldRow(rows[2].ID, store.HoldSuspend) })
		stats, err := s.QueueStats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "figures", stats, []store.QueueStat{
			{Kind: store.LaneOut, State: store.RowReady, Rows: 3, Lanes: 2, Oldest: time.Hour},
			{Kind: store.LaneOut, State: store.RowHeld, Rows: 1, Lanes: 1},
		})
		old := both(s, "older", func(tx *store.Tx) ([]store.Row, error) { return tx.OlderThan(store.LaneOut, w.now()) })
		same(t, "older", ids(old), ids(rows[3:]))

		s.write(func(tx *store.Tx) error { return tx.Done(rows[0].ID, rows[2].ID, 4711) })
		same(t, "done", ids(s.next(lane, 0)), ids(rows[1:2]))
		for _, run := range []func(tx *store.Tx) error{
			func(tx *store.Tx) error { return tx.Retry(rows[0].ID, due, 1) },
			func(tx *store.Tx) error { return tx.HoldRow(rows[0].ID, store.HoldJoin) },
			func(tx *store.Tx) error { return tx.SetAside(rows[0].ID, store.HoldJoin) },
			func(tx *store.Tx) error { return tx.Rewrite(rows[0].ID, nil) },
		} {
			wantError(t, "a row that is done", s.Write(t.Context(), run), mentoring.ErrNotFound)
		}
	})
}

// TestQueueWithinAStep: a step sees what it has enqueued and done itself.
func TestQueueWithinAStep(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		var kept store.Row
		s.write(func(tx *store.Tx) error {
			gone := store.Row{Lane: 1, Kind: store.LaneWork, Payload: []byte("a")}
			kept = store.Row{Lane: 1, Kind: store.LaneWork, Payload: []byte("b")}
			for _, r := range []*store.Row{&gone, &kept} {
				r.ID = 0
				if err := tx.Enqueue(r); err != nil {
					return err
				}
			}
			if err := tx.Done(gone.ID); err != nil {
				return err
			}
			rows, err := tx.Rows(1)
			same(t, "inside", ids(rows), []int64{kept.ID})
			if err != nil {
				return err
			}
			return tx.HoldRow(kept.ID, store.HoldJoin)
		})
		same(t, "outside", ids(s.next(1, 0)), []int64{kept.ID})
	})
}

func TestHeadsAndReady(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		told := make(chan []store.Head, 100)
		s.OnReady(func(heads []store.Head) { told <- heads })
		due := w.now().Add(time.Hour)
		rows := s.put(
			store.Row{Lane: 1, Kind: store.LaneIn, Due: due},
			store.Row{Lane: 1, Kind: store.LaneIn},
			store.Row{Lane: 2, Kind: store.LaneOut, State: store.RowHeld, Hold: store.HoldJoin},
			store.Row{Lane: 3, Kind: store.LaneWork, Due: due},
		)
		same(t, "enqueued", <-told, []store.Head{{Lane: 1, Kind: store.LaneIn}, {Lane: 3, Kind: store.LaneWork, Due: due}})
		s.write(func(tx *store.Tx) error {
			_, err := tx.Release(2, store.HoldJoin, time.Time{})
			return err
		})
		same(t, "released", <-told, []store.Head{{Lane: 2, Kind: store.LaneOut}})
		s.write(func(tx *store.Tx) error { return tx.Retry(rows[0].ID, w.now(), 1) })
		same(t, "retried", <-told, []store.Head{{Lane: 1, Kind: store.LaneIn, Due: w.now()}})
		_ = s.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.Enqueue(&store.Row{Lane: 9, Kind: store.LaneIn}); err != nil {
				return err
			}
			return errBroken
		})
		s.write(func(tx *store.Tx) error { return tx.SetAside(rows[0].ID, store.HoldPoison) })
		s.write(func(tx *store.Tx) error { return tx.HoldRow(rows[2].ID, store.HoldQuiet) })
		s.put(store.Row{Lane: 4, Kind: store.LaneKeys})
		same(t, "nothing of a failed step, nothing of held rows", <-told, []store.Head{{Lane: 4, Kind: store.LaneKeys}})

		heads, err := s.Heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "heads", heads, []store.Head{
			{Lane: 1, Kind: store.LaneIn}, {Lane: 2, Kind: store.LaneOut}, {Lane: 3, Kind: store.LaneWork, Due: due}, {Lane: 4, Kind: store.LaneKeys},
		})
	})
}

func TestSeen(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		see := func(event string) (already bool) {
			s.write(func(tx *store.Tx) (err error) { already, err = tx.Seen(event); return err })
			return already
		}
		same(t, "first", see("$a"), false)
		same(t, "second", see("$a"), true)
		_ = s.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Seen("$b"); err != nil {
				return err
			}
			return errBroken
		})
		same(t, "of a failed step", see("$b"), false)
		w.pass(6 * 24 * time.Hour)
		s.write(func(tx *store.Tx) error { _, err := tx.Prune(w.now()); return err })
		same(t, "in another hour", see("$c"), false)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = w.open()
		same(t, "after a restart and six days", see("$a"), true)
		w.pass(2 * 24 * time.Hour)
		s.write(func(tx *store.Tx) error { _, err := tx.Prune(w.now()); return err })
		same(t, "after eight days", see("$a"), false)
		same(t, "after two days", see("$c"), true)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = w.open()
		same(t, "after a restart", see("$c"), true)
	})
}

// TestHashes: the names of lanes and hashes do not run into each other, and
// depend on the database's own key.
func TestHashes(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		lanes := []store.Lane{
			s.Lane(store.LaneIn, "a", "b"), s.Lane(store.LaneIn, "ab"), s.Lane(store.LaneIn, "a", "", "b"), s.Lane(store.LaneOut, "a", "b"), s.Lane(store.LaneIn, "b", "a"),
		}
		slices.Sort(lanes)
		same(t, "different lanes", len(slices.Compact(lanes)), 5)
		if slices.Min(lanes) < 0 {
			t.Error("a lane is negative")
		}
		same(t, "same hash", s.Hash("x", "1"), s.Hash("x", "1"))
		if bytes.Equal(s.Hash("x", "1"), s.Hash("x1", "")) {
			t.Error("domain and value run into each other")
		}
		lane := s.Lane(store.LaneIn, "a", "b")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		same(t, "after a restart", w.open().Lane(store.LaneIn, "a", "b"), lane)
		stranger := newWorld(t, t.TempDir()+"/other.db").open()
		if stranger.Lane(store.LaneIn, "a", "b") == lane {
			t.Error("another database has the same lane")
		}
	})
}
