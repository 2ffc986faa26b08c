package store_test

import (
	"testing"

	"silta/mentoring"
	"silta/store"
)

// TestTotp: one row a member, kept whole and replaced whole.
func TestTotp(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		of := func(m mentoring.MemberID) mentoring.Totp {
			return both(s, "totp", func(tx *store.Tx) (mentoring.Totp, error) {
				found, err := tx.Totp(m)
				return found, maybe(err)
			})
		}
		one := mentoring.Totp{Member: c.mentor.ID, Link: "otpauth://totp/x?secret=ABC", Created: w.now()}
		s.write(func(tx *store.Tx) error { return tx.PutTotp(&one) })
		same(t, "new", of(c.mentor.ID), one)
		same(t, "another's", of(c.mentee.ID), mentoring.Totp{})
		one.On, one.Used, one.Link = true, 59_000_000, "otpauth://totp/y?secret=DEF"
		s.write(func(tx *store.Tx) error { return tx.PutTotp(&one) })
		same(t, "used", of(c.mentor.ID), one)
		s.write(func(tx *store.Tx) error { return tx.DeleteTotp(c.mentor.ID) })
		s.write(func(tx *store.Tx) error { return tx.DeleteTotp(c.mentor.ID) })
		same(t, "deleted", of(c.mentor.ID), mentoring.Totp{})
	})
}
