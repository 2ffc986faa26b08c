package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestSupervisions: meetings and seats are given back as they were put, found
// when they are due, and forgotten when they are old.
func TestSupervisions(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		id := c.memberships[1].ID
		make := func(at time.Time) mentoring.Supervision {
			m := mentoring.Supervision{
				Programme: "p", Unit: "u", Leader: c.mentee.ID, State: mentoring.SupervisionPlanned, At: at, Until: at.Add(time.Hour), Due: at,
			}
			s.write(func(tx *store.Tx) error { m.ID = 0; return tx.PutSupervision(&m) })
			return m
		}
		first, second := make(w.now().Add(time.Hour)), make(w.now().Add(48*time.Hour))
		of := func(p mentoring.Programme, u mentoring.Unit, limit int) []mentoring.Supervision {
			return both(s, "of", func(tx *store.Tx) ([]mentoring.Supervision, error) { return tx.SupervisionsOf(p, u, limit) })
		}
		due := func(at time.Time) []mentoring.Supervision {
			return both(s, "due", func(tx *store.Tx) ([]mentoring.Supervision, error) { return tx.DueSupervisions(at, 5) })
		}
		same(t, "of", of("p", "u", 5), []mentoring.Supervision{second, first})
		same(t, "newest", of("p", "u", 1), []mentoring.Supervision{second})
		same(t, "another unit's", len(of("p", "v", 5))+len(of("q", "u", 5)), 0)
		same(t, "due too early", len(due(first.Due.Add(-time.Millisecond))), 0)
		same(t, "due", due(first.Due), []mentoring.Supervision{first})
		seats := []mentoring.Seat{
			{Supervision: first.ID, Membership: id, Member: c.mentor.ID, State: mentoring.SeatCalled, Menu: 41, Due: w.now().Add(time.Minute)},
			{Supervision: second.ID, Membership: id, Member: c.mentor.ID, State: mentoring.SeatComing, Menu: 42},
		}
		for range 2 {
			for i := range seats {
				s.write(func(tx *store.Tx) error { return tx.PutSeat(&seats[i]) })
			}
			same(t, "seats", both(s, "seats", func(tx *store.Tx) ([]mentoring.Seat, error) { return tx.Seats(first.ID) }), seats[:1])
			same(t, "of a mentor", both(s, "of a mentor", func(tx *store.Tx) ([]mentoring.Seat, error) { return tx.SeatsOf(id, 9) }),
				[]mentoring.Seat{seats[1], seats[0]})
			same(t, "under", both(s, "under", func(tx *store.Tx) (mentoring.Seat, error) { return tx.SeatUnder(c.mentor.ID, seats[1].Menu) }), seats[1])
			same(t, "due", both(s, "due", func(tx *store.Tx) ([]mentoring.Seat, error) { return tx.DueSeats(seats[0].Due, 9) }), seats[:1])
			seats[0].State, seats[0].Menu, seats[1].Menu = mentoring.SeatMissed, 51, 52
			seats[0].Due = seats[0].Due.Add(time.Minute)
		}
		err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.SeatUnder(c.mentee.ID, 52); return err })
		if err == nil || maybe(err) != nil {
			t.Errorf("another's menu: %v", err)
		}
		first.State, first.Due, first.Leader, first.Conversation = mentoring.SupervisionHeld, time.Time{}, c.mentor.ID, 7
		first.At, first.Until = first.At.Add(time.Minute), first.Until.Add(time.Minute)
		s.write(func(tx *store.Tx) error { return tx.PutSupervision(&first) })
		same(t, "changed", both(s, "supervision", func(tx *store.Tx) (mentoring.Supervision, error) { return tx.Supervision(first.ID) }), first)
		forget := func(before time.Time) {
			s.write(func(tx *store.Tx) error { return tx.ForgetSupervisions("p", "u", before) })
		}
		forget(first.Until)
		same(t, "not old enough", len(of("p", "u", 5)), 2)
		forget(second.Until.Add(time.Hour)) // the second one is not over
		same(t, "forgotten", of("p", "u", 5), []mentoring.Supervision{second})
		same(t, "its seats", both(s, "of a mentor", func(tx *store.Tx) ([]mentoring.Seat, error) { return tx.SeatsOf(id, 9) }), seats[1:])
	})
}
