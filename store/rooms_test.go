package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

func TestRooms(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		legs := func() []store.Room {
			return both(s, "legs", func(tx *store.Tx) ([]store.Room, error) { return tx.LegsOf(c.conversation.ID) })
		}
		byMatrix := func(matrix string) store.Room {
			return both(s, "by Matrix ID", func(tx *store.Tx) (store.Room, error) { return tx.RoomByMatrix(matrix) })
		}
		owner := func() (store.Room, error) {
			var inside, outside error
			var r store.Room
			inside = s.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.RoomOf(store.RoomLeg, c.legs[1].Owner); return err })
			outside = s.Read(t.Context(), func(tx *store.Tx) (err error) { r, err = tx.RoomOf(store.RoomLeg, c.legs[1].Owner); return err })
			if (inside == nil) != (outside == nil) {
				t.Errorf("room of an owner: %v inside, %v outside", inside, outside)
			}
			return r, outside
		}
		same(t, "legs", legs(), c.legs[:])
		same(t, "room", byMatrix(c.legs[0].Matrix), c.legs[0])
		same(t, "by marker", both(s, "by marker", func(tx *store.Tx) (store.Room, error) { return tx.RoomByMarker(c.legs[1].Marker) }), c.legs[1])
		r, err := owner()
		same(t, "of an owner", r, c.legs[1])
		if err != nil {
			t.Error(err)
		}

		gone := c.legs[1]
		gone.State = store.RoomGone
		s.write(func(tx *store.Tx) error { return tx.PutRoom(&gone) })
		same(t, "legs without the one that is gone", legs(), c.legs[:1])
		same(t, "gone rooms are found", byMatrix(gone.Matrix), gone)
		_, err = owner()
		wantError(t, "of an owner whose room is gone", err, mentoring.ErrNotFound)

		fresh := gone
		fresh.ID, fresh.State, fresh.Matrix, fresh.Marker = 0, store.RoomPlanned, "", "m2"
		s.write(func(tx *store.Tx) error { return tx.PutRoom(&fresh) })
		second := fresh
		second.ID, second.Owner, second.Number, second.Marker = 0, 99, 9, "" // two without a Matrix ID
		s.write(func(tx *store.Tx) error { return tx.PutRoom(&second) })
		same(t, "legs", legs(), []store.Room{c.legs[0], fresh, second})
		fresh.Matrix, fresh.State = "!fresh:silta.example", store.RoomMade
		s.write(func(tx *store.Tx) error { return tx.PutRoom(&fresh) })
		same(t, "made", byMatrix(fresh.Matrix), fresh)
		r, _ = owner()
		same(t, "of an owner", r, fresh)
		same(t, "all", len(both(s, "rooms", func(tx *store.Tx) ([]store.Room, error) { return tx.Rooms(store.RoomLeg) })), 4)

		legs()[0].Reader = "changed" // what is returned is ours
		same(t, "legs", legs()[0], c.legs[0])
		for _, look := range []func(tx *store.Tx) error{
			func(tx *store.Tx) error { _, err := tx.RoomByMatrix("!no:such"); return err },
			func(tx *store.Tx) error { _, err := tx.RoomByMatrix("!\xff\x00"); return err },
			func(tx *store.Tx) error { _, err := tx.RoomByMatrix(""); return err },
			func(tx *store.Tx) error { _, err := tx.RoomByMarker(""); return err },
			func(tx *store.Tx) error { _, err := tx.Room(4711); return err },
			func(tx *store.Tx) error { _, err := tx.RoomOf(store.RoomStaff, 1); return err },
			func(tx *store.Tx) error { _, err := tx.Ghost(4711); return err },
			func(tx *store.Tx) error { _, err := tx.GhostByLocalpart("\x00"); return err },
			func(tx *store.Tx) error { _, err := tx.LineByEvent(1, "\x00"); return err },
			func(tx *store.Tx) error { _, err := tx.LineByEvent(1, "$nothing"); return err },
			func(tx *store.Tx) error { _, err := tx.LineByKey("menu/1"); return err },
		} {
			wantError(t, "inside", s.Write(t.Context(), look), mentoring.ErrNotFound)
			wantError(t, "outside", s.Read(t.Context(), look), mentoring.ErrNotFound)
		}
	})
}

func TestGhostsAndLines(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		g := c.ghosts[0]
		g.Device, g.Avatar = "", ""
		s.write(func(tx *store.Tx) error { return tx.PutGhost(&g) })
		same(t, "ghost", both(s, "ghost", func(tx *store.Tx) (store.Ghost, error) { return tx.Ghost(g.Participant) }), g)
		same(t, "by localpart", both(s, "ghost", func(tx *store.Tx) (store.Ghost, error) { return tx.GhostByLocalpart(g.Localpart) }), g)

		line := store.Line{Key: "menu/7", Room: c.legs[0].ID, Event: newEvent()}
		s.write(func(tx *store.Tx) error { return tx.PutLine(&line) })
		line.Event = "$old:example.org"
		s.write(func(tx *store.Tx) error { return tx.PutLine(&line) })
		same(t, "by key", both(s, "line", func(tx *store.Tx) (store.Line, error) { return tx.LineByKey("menu/7") }), line)
		same(t, "by event", both(s, "line", func(tx *store.Tx) (store.Line, error) { return tx.LineByEvent(line.Room, line.Event) }), line)
		s.write(func(tx *store.Tx) error { return tx.DropLine("menu/7") })
		err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.LineByKey("menu/7"); return err })
		wantError(t, "dropped", err, mentoring.ErrNotFound)
	})
}

// TestEmptyConversation: nothing is left of it but the bare conversation; the
// neighbour keeps everything.
func TestEmptyConversation(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c, other := s.cast("a", w.now()), s.cast("b", w.now())
		event, copied := newEvent(), newEvent()
		s.write(func(tx *store.Tx) error {
			for _, conv := range []mentoring.ConversationID{c.conversation.ID, other.conversation.ID} {
				m := store.Message{Conversation: conv, Source: event, Author: 1, Copies: []store.Copy{{Number: 2, Event: copied}}}
				if err := tx.PutMessage(&m); err != nil {
					return err
				}
			}
			return tx.PutLine(&store.Line{Key: "menu/1", Room: c.legs[0].ID, Event: event})
		})
		both(s, "legs", func(tx *store.Tx) ([]store.Room, error) { return tx.LegsOf(c.conversation.ID) })
		s.write(func(tx *store.Tx) error { return tx.EmptyConversation(c.conversation.ID) })

		s.noMessage(c.conversation.ID, 1, event)
		s.noMessage(c.conversation.ID, 2, copied)
		if s.message(other.conversation.ID, 2, copied) == nil {
			t.Error("the neighbour's message is gone")
		}
		for _, look := range []func(tx *store.Tx) error{
			func(tx *store.Tx) error { _, err := tx.RoomByMatrix(c.legs[0].Matrix); return err },
			func(tx *store.Tx) error { _, err := tx.Room(c.legs[1].ID); return err },
			func(tx *store.Tx) error { _, err := tx.RoomOf(store.RoomLeg, c.legs[1].Owner); return err },
			func(tx *store.Tx) error { _, err := tx.Ghost(c.ghosts[0].Participant); return err },
			func(tx *store.Tx) error { _, err := tx.LineByKey("menu/1"); return err },
		} {
			wantError(t, "inside", s.Write(t.Context(), look), mentoring.ErrNotFound)
			wantError(t, "outside", s.Read(t.Context(), look), mentoring.ErrNotFound)
		}
		same(t, "legs", len(both(s, "legs", func(tx *store.Tx) ([]store.Room, error) { return tx.LegsOf(c.conversation.ID) })), 0)
		left := both(s, "conversation", func(tx *store.Tx) (*mentoring.Conversation, error) { return tx.Conversation(c.conversation.ID) })
		for _, p := range left.Participants {
			if p.Alias != "" || p.Presence != mentoring.Removed {
				t.Errorf("participant %+v", p)
			}
		}
		if !left.Due.IsZero() {
			t.Error("it is still due")
		}
		same(t, "listed", len(both(s, "of a member", func(tx *store.Tx) ([]*mentoring.Conversation, error) { return tx.ConversationsOf(c.mentee.ID) })), 0)
		same(t, "the neighbour", both(s, "conversation", func(tx *store.Tx) (*mentoring.Conversation, error) { return tx.Conversation(other.conversation.ID) }), other.conversation)
	})
}

func TestPruneCodes(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		code := mentoring.Code{Kind: mentoring.CodeMentor, Created: w.now(), Expires: w.now().Add(time.Hour)}
		s.write(func(tx *store.Tx) error { return tx.PutCode("abc", &code) })
		find := func() error {
			return s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Code("abc"); return err })
		}
		for _, step := range []struct {
			pass time.Duration
			want error
		}{{24 * time.Hour, nil}, {31 * 24 * time.Hour, mentoring.ErrNotFound}} {
			w.pass(step.pass)
			s.write(func(tx *store.Tx) error { _, err := tx.Prune(w.now()); return err })
			wantError(t, "code", find(), step.want)
		}
	})
}
