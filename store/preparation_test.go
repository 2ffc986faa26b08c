package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestPreparation: what staff note of a mentor, and what a card has been.
func TestPreparation(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		id := c.memberships[1].ID
		err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Preparation(id); return err })
		if maybe(err) != nil || err == nil {
			t.Errorf("nothing noted yet: %v", err)
		}
		p := mentoring.Preparation{
			Membership: id, Guide: 1<<63 | 5, GuideDone: w.now(), Round: "kevät 2027", Trained: w.now().Add(-time.Hour),
			Checked: w.now().Add(-2 * time.Hour), CheckedBy: c.mentee.ID, Listed: w.now().Add(time.Hour),
		}
		for range 2 {
			s.write(func(tx *store.Tx) error { return tx.PutPreparation(&p) })
			same(t, "preparation", both(s, "preparation", func(tx *store.Tx) (mentoring.Preparation, error) { return tx.Preparation(id) }), p)
			p.Guide, p.Round = 7, ""
		}
		s.write(func(tx *store.Tx) error {
			return tx.PutCard(&mentoring.Card{Membership: id, State: mentoring.CardApproved, Alias: "Kanerva"})
		})
		listed := both(s, "listings", func(tx *store.Tx) ([]*mentoring.Listing, error) { return tx.Listings(mentoring.DefaultProgramme) })
		same(t, "since", listed[0].Since, p.Listed)

		var all []mentoring.CardVersion
		for n := range 32 {
			v := mentoring.CardVersion{By: c.mentor.ID, Step: mentoring.StepSave, At: w.now(), Card: mentoring.Card{
				Membership: id, State: mentoring.CardApproved, Kind: mentoring.HelperPeer, Alias: "Kanerva", Story: string(rune('a' + n)), Updated: w.now(),
			}}
			s.write(func(tx *store.Tx) error { return tx.PutCardVersion(&v) })
			all = append([]mentoring.CardVersion{v}, all...)
		}
		same(t, "versions", both(s, "versions", func(tx *store.Tx) ([]mentoring.CardVersion, error) { return tx.CardVersions(id) }), all[:30])
	})
}
