package store_test

import (
	"errors"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestDuties: a child-welfare summary is kept whole, is due in its time, and goes
// alone, with its case's work, and with who opened the case; its writer's going
// leaves it without a writer.
func TestDuties(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		call := mentoring.Case{Kind: mentoring.CaseHelp, State: mentoring.CaseClaimed, Opener: c.mentee.ID, ClaimedBy: c.mentor.ID, Created: w.now()}
		s.write(func(tx *store.Tx) error { return tx.PutCase(&call) })
		d := mentoring.Duty{
			Case: call.ID, Writer: c.mentor.ID, State: mentoring.DutyDraft, Parts: map[mentoring.DutyPart]string{},
			Created: w.now(), Due: w.now().Add(time.Hour),
		}
		put := func() { s.write(func(tx *store.Tx) error { return tx.PutDuty(&d) }) }
		of := func() mentoring.Duty {
			return both(s, "duty", func(tx *store.Tx) (mentoring.Duty, error) {
				found, err := tx.Duty(call.ID)
				return found, maybe(err)
			})
		}
		due := func(at time.Time) []mentoring.Duty {
			return both(s, "due", func(tx *store.Tx) ([]mentoring.Duty, error) { return tx.DueDuties(at, 5) })
		}
		put()
		same(t, "empty", of(), d)
		d.State, d.Due = mentoring.DutyReady, w.now().Add(2*time.Hour)
		d.Parts = map[mentoring.DutyPart]string{mentoring.DutyName: "Lapsi", mentoring.DutyConcern: "Huoli\nja toinen"}
		put()
		same(t, "filled", of(), d)
		same(t, "not due", len(due(d.Due.Add(-time.Millisecond))), 0)
		same(t, "due", due(d.Due), []mentoring.Duty{d})
		s.write(func(tx *store.Tx) error { return tx.DeleteDuty(call.ID) })
		s.write(func(tx *store.Tx) error { return tx.DeleteDuty(call.ID) })
		same(t, "deleted", of(), mentoring.Duty{})
		put()
		s.write(func(tx *store.Tx) error { return tx.DropCasework(call.ID) })
		same(t, "gone with the work on the case", of(), mentoring.Duty{})
		put()
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			other := d
			other.Case = 1 << 40
			return tx.PutDuty(&other)
		})
		if err == nil || errors.Is(err, mentoring.ErrNotFound) {
			t.Errorf("of no case: %v", err)
		}
	})
}
