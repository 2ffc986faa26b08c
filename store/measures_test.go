package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestMeasures: what staff have done about somebody, and accounts that cannot
// come back.
func TestMeasures(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		x := mentoring.Measure{
			Kind: mentoring.Suspension, State: mentoring.MeasureFresh, Member: c.mentee.ID, Membership: c.memberships[0].ID,
			Programme: "p", Unit: "u", By: c.mentor.ID, Created: w.now(), Review: w.now().Add(time.Hour), Due: w.now().Add(time.Minute),
			Words: mentoring.MeasureWords{Reason: "uhkailu", Before: map[mentoring.MembershipID]mentoring.MembershipState{c.memberships[0].ID: mentoring.Paused}},
		}
		s.write(func(tx *store.Tx) error { return tx.PutMeasure(&x) })
		list := func(look func(*store.Tx) ([]mentoring.Measure, error)) []mentoring.Measure {
			return both(s, "measures", look)
		}
		due := func(at time.Time) []mentoring.Measure {
			return list(func(tx *store.Tx) ([]mentoring.Measure, error) { return tx.DueMeasures(at, 5) })
		}
		same(t, "kept", both(s, "measure", func(tx *store.Tx) (mentoring.Measure, error) { return tx.Measure(x.ID) }), x)
		same(t, "of them", list(func(tx *store.Tx) ([]mentoring.Measure, error) { return tx.MeasuresOf(c.mentee.ID) }), []mentoring.Measure{x})
		same(t, "of another", len(list(func(tx *store.Tx) ([]mentoring.Measure, error) { return tx.MeasuresOf(c.mentor.ID) })), 0)
		same(t, "not due", len(due(w.now())), 0)
		same(t, "due", due(x.Due), []mentoring.Measure{x})
		x.State, x.Due = mentoring.MeasureStanding, time.Time{}
		s.write(func(tx *store.Tx) error { return tx.PutMeasure(&x) })
		same(t, "never due", len(due(w.now().Add(time.Hour))), 0)
		same(t, "standing", list(func(tx *store.Tx) ([]mentoring.Measure, error) { return tx.Measures(mentoring.MeasureStanding) }), []mentoring.Measure{x})
		same(t, "fresh", len(list(func(tx *store.Tx) ([]mentoring.Measure, error) { return tx.Measures(mentoring.MeasureFresh) })), 0)
		s.write(func(tx *store.Tx) error { return tx.DeleteMeasure(x.ID) })
		same(t, "deleted", len(list(func(tx *store.Tx) ([]mentoring.Measure, error) { return tx.Measures() })), 0)

		banned := func() bool {
			return both(s, "banned", func(tx *store.Tx) (bool, error) { return tx.Banned(c.mentee.Address) })
		}
		same(t, "not banned", banned(), false)
		for range 2 {
			s.write(func(tx *store.Tx) error { return tx.PutBan(c.mentee.Address, w.now()) })
		}
		same(t, "banned", banned(), true)
		prune := func(at time.Time) { s.write(func(tx *store.Tx) error { _, err := tx.Prune(at); return err }) }
		prune(w.now().Add(3 * 365 * 24 * time.Hour))
		same(t, "still a member", banned(), true)
		s.write(func(tx *store.Tx) error { return tx.EmptyConversation(c.conversation.ID) })
		s.write(func(tx *store.Tx) error { return tx.EraseMember(c.mentee.ID) })
		prune(w.now().Add(365 * 24 * time.Hour))
		same(t, "still banned", banned(), true)
		prune(w.now().Add(3 * 365 * 24 * time.Hour))
		same(t, "forgotten", banned(), false)
		s.write(func(tx *store.Tx) error { return tx.PutBan("@x:y", w.now()) })
		s.write(func(tx *store.Tx) error { return tx.DropBan("@x:y") })
		same(t, "dropped", both(s, "x", func(tx *store.Tx) (bool, error) { return tx.Banned("@x:y") }), false)
	})
}
