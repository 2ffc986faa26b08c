package store_test

import (
	"testing"

	"silta/mentoring"
	"silta/store"
)

func TestPolls(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		look := func(conv mentoring.ConversationID) []store.Poll {
			return both(s, "polls", func(tx *store.Tx) ([]store.Poll, error) { return tx.Polls(conv) })
		}
		first := store.Poll{Conversation: c.conversation.ID, Source: newEvent(), State: []byte("one")}
		second := store.Poll{Conversation: c.conversation.ID, Source: "$old:example.org", State: []byte("two")}
		for _, p := range []*store.Poll{&first, &second} {
			s.write(func(tx *store.Tx) error { p.ID = 0; return tx.PutPoll(p) })
		}
		same(t, "polls", look(c.conversation.ID), []store.Poll{first, second})
		first.State = []byte("changed")
		s.write(func(tx *store.Tx) error { return tx.PutPoll(&first) })
		s.write(func(tx *store.Tx) error { return tx.DropPoll(second.ID) })
		same(t, "after a change", look(c.conversation.ID), []store.Poll{first})
		s.write(func(tx *store.Tx) error { return tx.EmptyConversation(c.conversation.ID) })
		same(t, "of an emptied conversation", len(look(c.conversation.ID)), 0)
	})
}
