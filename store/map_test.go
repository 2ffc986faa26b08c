package store_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"silta/mentoring"
	"silta/store"
)

// message finds a message both ways, or fails.
func (o *opened) message(conv mentoring.ConversationID, number int, event string) *store.Message {
	o.t.Helper()
	return both(o, "message", func(tx *store.Tx) (*store.Message, error) { return tx.Message(conv, number, event) })
}

func (o *opened) noMessage(conv mentoring.ConversationID, number int, event string) {
	o.t.Helper()
	look := func(tx *store.Tx) error { _, err := tx.Message(conv, number, event); return err }
	wantError(o.t, "inside", o.Write(o.t.Context(), look), mentoring.ErrNotFound)
	wantError(o.t, "outside", o.Read(o.t.Context(), look), mentoring.ErrNotFound)
}

func TestMessageMap(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		// Forms of event IDs: today's, today's but not canonical, those of the
		// first room versions, one that is as long as a raw one.
		forms := []string{newEvent(), "$" + strings.Repeat("A", 42) + "B", "$1431246:example.org", "$" + strings.Repeat("x", 31), "$" + strings.Repeat("x", 30) + ":y"}
		for i, source := range forms {
			copies := []string{newEvent(), forms[(i+1)%len(forms)] + "x"}
			conv := mentoring.ConversationID(i + 1)
			m := store.Message{Conversation: conv, Source: source, Author: 2, Copies: []store.Copy{{Number: 1}, {Number: 200}}}
			s.write(func(tx *store.Tx) error { return tx.PutMessage(&m) })
			same(t, "unsent", s.message(conv, 2, source), &m)
			s.write(func(tx *store.Tx) error { return tx.SetCopy(conv, source, 200, copies[1]) })
			m.Copies = []store.Copy{{Number: 1}, {Number: 200, Event: copies[1]}}
			same(t, "by the second copy", s.message(conv, 200, copies[1]), &m)
			s.write(func(tx *store.Tx) error { return tx.SetCopy(conv, source, 1, copies[0]) })
			m.Copies = []store.Copy{{Number: 1, Event: copies[0]}, {Number: 200, Event: copies[1]}}
			same(t, "by source", s.message(conv, 2, source), &m)
			same(t, "by the first copy", s.message(conv, 1, copies[0]), &m)
			same(t, "whoever the author", both(s, "by source", func(tx *store.Tx) (*store.Message, error) { return tx.MessageBySource(conv, source) }), &m)

			// An event is only itself in its own leg and its own conversation.
			s.noMessage(conv, 1, source)
			s.noMessage(conv, 2, copies[0])
			s.noMessage(conv, 200, copies[0])
			s.noMessage(conv+100, 2, source)
			s.noMessage(conv+100, 1, copies[0])

			s.write(func(tx *store.Tx) error { return tx.DropCopy(conv, source, 1) })
			s.noMessage(conv, 1, copies[0])
			m.Copies = m.Copies[1:]
			same(t, "by the copy that is left", s.message(conv, 200, copies[1]), &m)
			s.write(func(tx *store.Tx) error { return tx.DropCopy(conv, source, 200) })
			s.noMessage(conv, 2, source)
			s.noMessage(conv, 200, copies[1])
		}
		for _, run := range []func(tx *store.Tx) error{
			func(tx *store.Tx) error { return tx.SetCopy(1, newEvent(), 1, newEvent()) },
			func(tx *store.Tx) error { return tx.DropCopy(1, newEvent(), 1) },
			func(tx *store.Tx) error { _, err := tx.Message(1, 1, ""); return err },
			func(tx *store.Tx) error { _, err := tx.Message(1, 1, "$\x00"); return err },
			func(tx *store.Tx) error { _, err := tx.Message(1, 1, "$"+strings.Repeat("\xff", 300)); return err },
			func(tx *store.Tx) error { _, err := tx.MessageBySource(1, strings.Repeat("x", 300)); return err },
		} {
			wantError(t, "what is not there", s.Write(t.Context(), run), mentoring.ErrNotFound)
		}
		bad := store.Message{Conversation: 1, Source: strings.Repeat("x", 256), Copies: []store.Copy{{Number: 1}}}
		if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutMessage(&bad) }); err == nil {
			t.Error("an event ID that is too long was kept")
		}
	})
}

// TestMessageMapCollisions: hints are short on purpose; here they all collide.
func TestMessageMapCollisions(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		event := func(prefix string, i int) string {
			return "$" + prefix + strings.Repeat("A", 30) + fmt.Sprintf("%04d", i) + "A"
		}
		var all []store.Message
		for i := range 50 {
			all = append(all, store.Message{Conversation: 1, Source: event("SameSour", i), Author: 1, Copies: []store.Copy{{Number: 2, Event: event("SameCopy", i)}}})
		}
		s.write(func(tx *store.Tx) error {
			for i := range all {
				if err := tx.PutMessage(&all[i]); err != nil {
					return err
				}
			}
			return nil
		})
		for i := range all {
			same(t, "by copy", s.message(1, 2, event("SameCopy", i)), &all[i])
		}
		s.write(func(tx *store.Tx) error { return tx.DropCopy(1, all[3].Source, 2) })
		s.noMessage(1, 2, event("SameCopy", 3))
		same(t, "the others stay", s.message(1, 2, event("SameCopy", 4)), &all[4])
	})
}

// TestMessageMapSize: at most 150 bytes for a mapped message with one copy,
// when many conversations go on at the same time, as they do.
func TestMessageMapSize(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/silta.db")
	s := w.open()
	const conversations, each = 1000, 50
	for round := range each {
		pending := make([]store.Message, conversations)
		for i := range pending {
			// in an order that is neither that of the table nor always the same
			conv := mentoring.ConversationID((i*367+round*11)%conversations + 100_000)
			pending[i] = store.Message{Conversation: conv, Source: newEvent(), Author: 1 + round%2, Copies: []store.Copy{{Number: 2 - round%2}}}
		}
		for group := 0; group < conversations; group += 50 {
			s.write(func(tx *store.Tx) error {
				for i := group; i < group+50; i++ {
					if err := tx.PutMessage(&pending[i]); err != nil {
						return err
					}
				}
				return nil
			})
			s.write(func(tx *store.Tx) error {
				for _, m := range pending[group : group+50] {
					if err := tx.SetCopy(m.Conversation, m.Source, m.Copies[0].Number, newEvent()); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	if err := s.Close(); err != nil { // the write-ahead log goes into the file
		t.Fatal(err)
	}
	info, err := os.Stat(w.DSN)
	if err != nil {
		t.Fatal(err)
	}
	perMessage := float64(info.Size()) / (conversations * each)
	t.Logf("%.1f bytes a message", perMessage)
	if perMessage > 150 {
		t.Errorf("%.1f bytes a message, at most 150 are allowed", perMessage)
	}
}
