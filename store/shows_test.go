package store_test

import (
	"slices"
	"testing"

	"silta/mentoring"
	"silta/store"
)

// TestShows: what a member shows of themself is theirs, and goes with them.
func TestShows(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		one, other := mentoring.Member{Address: address("one"), Join: mentoring.JoinNew}, mentoring.Member{Address: address("other"), Join: mentoring.JoinNew}
		s.write(func(tx *store.Tx) error {
			for _, m := range []*mentoring.Member{&one, &other} {
				if err := tx.PutMember(m); err != nil {
					return err
				}
				if err := tx.PutShows(m.ID, mentoring.Signs()); err != nil {
					return err
				}
			}
			return tx.PutShows(one.ID, []mentoring.Sign{mentoring.Typing})
		})
		shows := func(m mentoring.MemberID, want ...mentoring.Sign) {
			t.Helper()
			got := both(s, "shows", func(tx *store.Tx) ([]mentoring.Sign, error) { return tx.Shows(m) })
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("shows %v, want %v", got, want)
			}
		}
		shows(one.ID, mentoring.Typing)
		shows(other.ID, mentoring.Signs()...)
		s.write(func(tx *store.Tx) error { return tx.PutShows(other.ID, nil) })
		shows(other.ID)
		s.write(func(tx *store.Tx) error { return tx.DeleteMember(one.ID) })
		shows(one.ID)
	})
}
