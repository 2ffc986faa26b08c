package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestUploads: what was uploaded for a copy can be put into a message again,
// goes with the copy, and is known until it has been deleted.
func TestUploads(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		conv := c.conversation.ID
		begun := store.Upload{Conversation: conv, Source: "$one", Number: 2, Address: "mxc://x/begun", Created: w.now()}
		whole := store.Upload{Conversation: conv, Source: "$two", Number: 2, Address: "mxc://x/whole", Created: w.now()}
		other := store.Upload{Conversation: conv, Source: "$two", Number: 1, State: store.UploadWhole, Address: "mxc://x/other", Opens: []byte("other"), Created: w.now()}
		s.write(func(tx *store.Tx) error {
			for _, u := range []*store.Upload{&begun, &whole, &other} {
				if err := tx.PutUpload(u); err != nil {
					return err
				}
			}
			whole.State, whole.Opens = store.UploadWhole, []byte("key")
			return tx.PutUpload(&whole)
		})
		of := func(source string, number int) (store.Upload, error) {
			var u store.Upload
			err := s.Read(t.Context(), func(tx *store.Tx) (err error) { u, err = tx.UploadOf(conv, source, number); return err })
			return u, err
		}
		got, err := of("$two", 2)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "upload", got, whole)
		_, err = of("$one", 2)
		wantError(t, "one that is not whole", err, mentoring.ErrNotFound)

		doomed := func() (all []string) {
			s.read(func(tx *store.Tx) error {
				list, err := tx.DoomedUploads(0, 10)
				for _, u := range list {
					all = append(all, u.Address+string(u.Opens))
				}
				return err
			})
			return all
		}
		s.write(func(tx *store.Tx) error { return tx.DoomBegun() })
		same(t, "what a crash left", doomed(), []string{"mxc://x/begun"})
		s.write(func(tx *store.Tx) error { return tx.DoomUploads(conv, "$two", 2) })
		same(t, "doomed", doomed(), []string{"mxc://x/begun", "mxc://x/whole"})
		_, err = of("$two", 2)
		wantError(t, "a doomed one", err, mentoring.ErrNotFound)
		late := whole
		wantError(t, "noted too late", s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutUpload(&late) }), mentoring.ErrNotFound)

		s.write(func(tx *store.Tx) error { return tx.LockUploads(w.now()) })
		if _, err = of("$two", 1); err != nil {
			t.Errorf("a young one was locked: %v", err)
		}
		s.write(func(tx *store.Tx) error { return tx.LockUploads(w.now().Add(time.Second)) })
		_, err = of("$two", 1)
		wantError(t, "an old one", err, mentoring.ErrNotFound)

		s.write(func(tx *store.Tx) error { return tx.DropUpload(begun.ID) })
		s.write(func(tx *store.Tx) error { return tx.EmptyConversation(conv) })
		same(t, "after emptying, the pictures of its two ghosts among them", doomed(),
			[]string{"mxc://x/whole", "mxc://x/other", "mxc://silta.example/x", "mxc://silta.example/x"})
	})
}

// TestTold: what a member was told is theirs, and goes with them.
func TestTold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		one, other := mentoring.Member{Address: address("one"), Join: mentoring.JoinNew}, mentoring.Member{Address: address("other"), Join: mentoring.JoinNew}
		s.write(func(tx *store.Tx) error {
			for _, m := range []*mentoring.Member{&one, &other} {
				if err := tx.PutMember(m); err != nil {
					return err
				}
			}
			if err := tx.PutTold(one.ID, "voice"); err != nil {
				return err
			}
			return tx.PutTold(one.ID, "voice")
		})
		told := func(m mentoring.MemberID, what string) bool {
			return both(s, "told", func(tx *store.Tx) (bool, error) { return tx.Told(m, what) })
		}
		if !told(one.ID, "voice") || told(other.ID, "voice") || told(one.ID, "else") {
			t.Error("it is not known who was told what")
		}
		s.write(func(tx *store.Tx) error { return tx.DeleteMember(one.ID) })
		if told(one.ID, "voice") {
			t.Error("it is known of somebody who is not known")
		}
	})
}
