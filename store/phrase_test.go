package store_test

import (
	"bytes"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

func TestPhrases(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		find := func(locator string) error {
			return s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.PhraseByLocator(locator); return err })
		}
		wantError(t, "none", find("AAAA1111"), mentoring.ErrNotFound)
		first := mentoring.PhraseRecord{Member: c.mentee.ID, Hash: []byte("first"), Created: w.now()}
		s.write(func(tx *store.Tx) error { return tx.PutPhrase("AAAA1111", first) })
		same(t, "by locator", both(s, "phrase", func(tx *store.Tx) (mentoring.PhraseRecord, error) { return tx.PhraseByLocator("AAAA1111") }), first)
		second := mentoring.PhraseRecord{Member: c.mentee.ID, Hash: []byte("second"), Created: w.now().Add(time.Hour)}
		s.write(func(tx *store.Tx) error { return tx.PutPhrase("BBBB2222", second) })
		same(t, "of the member", both(s, "phrase", func(tx *store.Tx) (mentoring.PhraseRecord, error) { return tx.PhraseOf(c.mentee.ID) }), second)
		wantError(t, "the one before", find("AAAA1111"), mentoring.ErrNotFound)
		if err := s.Write(t.Context(), func(tx *store.Tx) error {
			return tx.PutPhrase("BBBB2222", mentoring.PhraseRecord{Member: c.mentor.ID, Hash: []byte("x")})
		}); err == nil {
			t.Error("two people with one phrase")
		}

		look := func() mentoring.Attempts {
			return both(s, "attempts", func(tx *store.Tx) (mentoring.Attempts, error) { return tx.Attempts("phrase") })
		}
		same(t, "no attempts", look(), mentoring.Attempts{})
		for _, tried := range []mentoring.Attempts{{Wrong: 1, Changed: w.now()}, {Wrong: 2, Until: w.now().Add(time.Minute), Changed: w.now()}, {}} {
			s.write(func(tx *store.Tx) error { return tx.PutAttempts("phrase", tried) })
			same(t, "attempts", look(), tried)
		}
		s.write(func(tx *store.Tx) error {
			return tx.PutAttempts("phrase", mentoring.Attempts{Wrong: 9, Changed: w.now()})
		})
		w.pass(9 * 24 * time.Hour)
		s.write(func(tx *store.Tx) error { _, err := tx.Prune(w.now()); return err })
		same(t, "long ago", look(), mentoring.Attempts{})
	})
}

// TestProve: the same for the same phrase only, and of this service only.
func TestProve(t *testing.T) {
	one, other := newWorld(t, t.TempDir()+"/a.db").open(), newWorld(t, t.TempDir()+"/b.db").open()
	phrase := mentoring.Phrase{Locator: "K7P29WXM", Secret: "4TRC8NHVQZ3JD6EK"}
	proof := one.Prove(phrase)
	if len(proof.Hash) != 32 || proof.Locator != phrase.Locator || !bytes.Equal(proof.Hash, one.Prove(phrase).Hash) {
		t.Errorf("proof %v", proof)
	}
	for name, hash := range map[string][]byte{
		"another service": other.Prove(phrase).Hash,
		"another secret":  one.Prove(mentoring.Phrase{Locator: "K7P29WXM", Secret: "4TRC8NHVQZ3JD6E0"}).Hash,
		"another locator": one.Prove(mentoring.Phrase{Locator: "K7P29WX0", Secret: "4TRC8NHVQZ3JD6EK"}).Hash,
	} {
		if bytes.Equal(hash, proof.Hash) {
			t.Errorf("%s has the same proof", name)
		}
	}
}

// TestPruneIsBounded: one call deletes so much at most, and says that there is more.
func TestPruneIsBounded(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		s.write(func(tx *store.Tx) error {
			for i := range 1500 {
				if err := tx.PutAttempts(string(rune('a'+i)), mentoring.Attempts{Wrong: 1, Changed: w.now()}); err != nil {
					return err
				}
			}
			return nil
		})
		w.pass(9 * 24 * time.Hour)
		for _, want := range []bool{true, false, false} {
			var more bool
			s.write(func(tx *store.Tx) (err error) { more, err = tx.Prune(w.now()); return err })
			same(t, "more", more, want)
		}
	})
}
