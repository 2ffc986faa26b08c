package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestAskings: what is asked of whoever is free, and to whom it is offered.
func TestAskings(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		q := mentoring.Asking{
			Member: c.mentee.ID, Programme: "p", Unit: "u", Topic: "work", Words: "Hei!", State: mentoring.AskingOpen,
			Created: w.now(), Due: w.now().Add(time.Hour),
		}
		s.write(func(tx *store.Tx) error { return tx.PutAsking(&q) })
		offer := mentoring.AskingOffer{Asking: q.ID, Membership: c.memberships[1].ID, Member: c.mentor.ID, Menu: 77}
		s.write(func(tx *store.Tx) error { return tx.PutOffer(&offer) })
		of := func() mentoring.Asking {
			return both(s, "of", func(tx *store.Tx) (mentoring.Asking, error) {
				found, err := tx.AskingOf(c.mentee.ID)
				return found, maybe(err)
			})
		}
		due := func(at time.Time) []mentoring.Asking {
			return both(s, "due", func(tx *store.Tx) ([]mentoring.Asking, error) { return tx.DueAskings(at, 5) })
		}
		same(t, "of", of(), q)
		same(t, "not due", len(due(w.now())), 0)
		same(t, "due", due(q.Due), []mentoring.Asking{q})
		same(t, "offers", both(s, "offers", func(tx *store.Tx) ([]mentoring.AskingOffer, error) { return tx.Offers(q.ID) }), []mentoring.AskingOffer{offer})
		same(t, "under", both(s, "under", func(tx *store.Tx) (mentoring.AskingOffer, error) { return tx.OfferUnder(c.mentor.ID, 77) }), offer)
		err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.OfferUnder(c.mentee.ID, 77); return err })
		if err == nil || maybe(err) != nil {
			t.Errorf("another's menu: %v", err)
		}
		q.State, q.Words = mentoring.AskingClaimed, ""
		s.write(func(tx *store.Tx) error { return tx.PutAsking(&q) })
		same(t, "over", of(), mentoring.Asking{})
		same(t, "by number", both(s, "asking", func(tx *store.Tx) (mentoring.Asking, error) { return tx.Asking(q.ID) }), q)
		s.write(func(tx *store.Tx) error { return tx.DeleteAsking(q.ID) })
		same(t, "deleted", len(due(q.Due)), 0)
	})
}
