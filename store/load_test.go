package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestHoursTalliesHandOvers: what the mentors' load needs is given back as it
// was kept, on both databases.
func TestHoursTalliesHandOvers(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		id := c.conversation.Participants[1].Membership
		v := mentoring.Availability{
			Membership: id, Capacity: 2, Ceiling: 3, FreeUntil: w.now().Add(time.Hour),
			Hours: mentoring.Hours{{Day: time.Sunday, From: 0, To: 90}, {Day: time.Friday, From: 1020, To: 1440}},
		}
		s.write(func(tx *store.Tx) error { return tx.PutAvailability(&v) })
		same(t, "availability", both(s, "availability", func(tx *store.Tx) (mentoring.Availability, error) { return tx.Availability(id) }), v)
		v.Hours, v.FreeUntil = nil, time.Time{}
		s.write(func(tx *store.Tx) error { return tx.PutAvailability(&v) })
		same(t, "without hours", both(s, "availability", func(tx *store.Tx) (mentoring.Availability, error) { return tx.Availability(id) }), v)

		talk := c.conversation.Clone()
		talk.WaitSince, talk.WaitDone, talk.Purge = w.now(), mentoring.ToldOffer|mentoring.Answered, w.now().Add(time.Hour)
		p := &talk.Participants[0]
		p.AwakeUntil, p.Archived, p.Blocking, p.Thanked = w.now(), w.now().Add(1e9), w.now().Add(2e9), w.now().Add(3e9)
		s.write(func(tx *store.Tx) error { return tx.PutConversation(talk) })
		same(t, "conversation", both(s, "conversation", func(tx *store.Tx) (*mentoring.Conversation, error) { return tx.Conversation(talk.ID) }), talk)

		for range 2 {
			s.write(func(tx *store.Tx) error { return tx.Tally(id, "2026-11", mentoring.TallyThanks, 2) })
		}
		s.write(func(tx *store.Tx) error { return tx.Tally(id, "2026-12", mentoring.TallyThanks, 1) })
		same(t, "tallies", both(s, "tallies", func(tx *store.Tx) (map[mentoring.TallyName]int64, error) { return tx.Tallies(id, "2026-11") }),
			map[mentoring.TallyName]int64{mentoring.TallyThanks: 4})

		h := mentoring.HandOver{
			Conversation: talk.ID, Mentee: c.mentee.ID, Proposed: id, State: mentoring.HandOverAsked,
			Created: w.now(), Due: w.now().Add(time.Hour),
		}
		s.write(func(tx *store.Tx) error { return tx.PutHandOver(&h) })
		h.Reminded, h.Proposed = true, 0
		s.write(func(tx *store.Tx) error { return tx.PutHandOver(&h) })
		same(t, "hand-over", both(s, "hand-over", func(tx *store.Tx) (mentoring.HandOver, error) { return tx.HandOver(talk.ID) }), h)
		same(t, "of a member", both(s, "of a member", func(tx *store.Tx) ([]mentoring.HandOver, error) { return tx.HandOvers(c.mentee.ID) }), []mentoring.HandOver{h})
		due := func(after time.Duration) int {
			return len(both(s, "due", func(tx *store.Tx) ([]mentoring.HandOver, error) { return tx.DueHandOvers(w.now().Add(after), 9) }))
		}
		same(t, "due", []int{due(59 * time.Minute), due(time.Hour)}, []int{0, 1})

		s.write(func(tx *store.Tx) error { return tx.PutBlock(c.mentee.ID, c.mentor.ID, w.now()) })
		s.write(func(tx *store.Tx) error { return tx.DropBlock(c.mentor.ID, c.mentee.ID) })
		blocked := func() bool {
			return both(s, "blocked", func(tx *store.Tx) (bool, error) { return tx.Blocked(c.mentor.ID, c.mentee.ID) })
		}
		same(t, "another's block", blocked(), true)
		s.write(func(tx *store.Tx) error { return tx.DropBlock(c.mentee.ID, c.mentor.ID) })
		same(t, "blocked", blocked(), false)
	})
}

// TestHeldUntil: such a row waits until its time or until it is released,
// whichever is first, and is not lost to who looks for heads.
func TestHeldUntil(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		lane := s.Lane(store.LaneOut, "leg", "author")
		row := store.Row{Lane: lane, Kind: store.LaneOut, Payload: []byte("x")}
		s.write(func(tx *store.Tx) error { return tx.Enqueue(&row) })
		until := w.now().Add(time.Hour)
		s.write(func(tx *store.Tx) error { return tx.HoldUntil(row.ID, store.HoldQuiet, until) })
		next := func() store.Row {
			rows, err := s.Next(t.Context(), lane, 0, 9)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			return rows[0]
		}
		if r := next(); r.State != store.RowHeld || r.Hold != store.HoldQuiet || !r.Due.Equal(until) {
			t.Errorf("held as %+v", r)
		}
		heads, err := s.Heads(t.Context())
		if err != nil || len(heads) != 1 || !heads[0].Due.Equal(until) {
			t.Errorf("heads %+v, %v", heads, err)
		}
		s.write(func(tx *store.Tx) error {
			n, err := tx.Release(lane, store.HoldJoin, w.now())
			if n != 0 {
				t.Error("released by another hold's end")
			}
			return err
		})
		s.write(func(tx *store.Tx) error { _, err := tx.Release(lane, store.HoldQuiet, w.now()); return err })
		if r := next(); r.State != store.RowReady || r.Due.After(w.now()) {
			t.Errorf("released to %+v", r)
		}
	})
}
