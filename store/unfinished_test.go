package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestUnfinishedMembers: who is listed by state, by time, by warning and by
// what else is kept of them.
func TestUnfinishedMembers(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		put := func(m mentoring.Member) mentoring.Member {
			m.Changed = w.now()
			s.write(func(tx *store.Tx) error { return tx.PutMember(&m) })
			return m
		}
		silent := put(mentoring.Member{Address: address("silent"), Join: mentoring.JoinAge, Created: w.now()})
		warned := put(mentoring.Member{Address: address("warned"), Join: mentoring.JoinNew, Warned: w.now().Add(time.Hour)})
		for _, state := range []mentoring.JoinState{mentoring.JoinDone, mentoring.JoinForgotten} {
			put(mentoring.Member{Join: state})
		}
		others := make([]mentoring.Member, 4)
		for i := range others {
			others[i] = put(mentoring.Member{Join: mentoring.JoinDeclined})
		}
		s.write(func(tx *store.Tx) error {
			conversation := c.conversation.Clone()
			conversation.Participants = append(conversation.Participants, mentoring.Participant{Number: 3, Member: others[0].ID})
			return errors.Join(tx.PutConversation(conversation),
				tx.PutMembership(&mentoring.Membership{Member: others[1].ID, State: mentoring.Ended}),
				tx.PutCase(&mentoring.Case{Opener: others[2].ID, ClaimedBy: others[3].ID, State: mentoring.CaseClosed}))
		})
		list := func(silent, warned time.Time, limit int) []mentoring.Member {
			t.Helper()
			return both(s, "unfinished", func(tx *store.Tx) ([]mentoring.Member, error) {
				return tx.UnfinishedMembers(silent, warned, limit)
			})
		}
		same(t, "not silent for so long", len(list(w.now().Add(-time.Millisecond), time.Time{}, 9)), 0)
		same(t, "not warned", list(w.now(), time.Time{}, 9), []mentoring.Member{silent})
		same(t, "warned later", len(list(w.now(), warned.Warned.Add(-time.Millisecond), 9)), 0)
		same(t, "warned", list(w.now(), warned.Warned, 9), []mentoring.Member{warned})
		again := put(mentoring.Member{Join: mentoring.JoinConsent})
		same(t, "both", list(w.now(), time.Time{}, 9), []mentoring.Member{silent, again})
		same(t, "the first", list(w.now(), time.Time{}, 1), []mentoring.Member{silent})
	})
}

// newcomer is a member who has not finished joining, with everything that is
// kept of such a one.
func (o *opened) newcomer(name string, at time.Time) (m mentoring.Member, room store.Room) {
	o.t.Helper()
	m = mentoring.Member{Address: address(name), Language: "sv", Alias: "Kuura", Join: mentoring.JoinNickname, Consent: 1, ConsentAt: at, Created: at, Changed: at, Warned: at}
	o.write(func(tx *store.Tx) error {
		if err := tx.PutMember(&m); err != nil {
			return err
		}
		for _, state := range []store.RoomState{store.RoomGone, store.RoomJoined} {
			room = store.Room{Kind: store.RoomManagement, Owner: int64(m.ID), Matrix: fmt.Sprintf("!own-%s-%d:silta.example", name, state), State: state,
				Marker: fmt.Sprintf("marker-%s-%d", name, state), Reader: "@silta:silta.example", Changed: at}
			if err := tx.PutRoom(&room); err != nil {
				return err
			}
			if err := tx.PutLine(&store.Line{Key: fmt.Sprintf("menu/%s-%d", name, state), Room: room.ID, Event: newEvent()}); err != nil {
				return err
			}
		}
		return tx.PutDialogue(m.ID, []byte("what is being asked"))
	})
	return m, room
}

// TestDeleteMember: nothing of the member is found by any way, others are as
// they were, and the same address is somebody new.
func TestDeleteMember(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		m, room := s.newcomer("gone", w.now())
		other, otherRoom := s.newcomer("stays", w.now())
		same(t, "rooms", len(both(s, "rooms", func(tx *store.Tx) ([]store.Room, error) { return tx.RoomsOf(store.RoomManagement, int64(m.ID)) })), 2)
		wantError(t, "a step that fails", s.Write(t.Context(), func(tx *store.Tx) error {
			return errors.Join(tx.DeleteMember(m.ID), errBroken)
		}), errBroken)
		same(t, "still there", both(s, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.MemberByAddress(m.Address) }), m)
		s.write(func(tx *store.Tx) error { return tx.DeleteMember(m.ID) })
		for what, look := range map[string]func(*store.Tx) error{
			"member":     func(tx *store.Tx) error { _, err := tx.Member(m.ID); return err },
			"by address": func(tx *store.Tx) error { _, err := tx.MemberByAddress(m.Address); return err },
			"room":       func(tx *store.Tx) error { _, err := tx.Room(room.ID); return err },
			"room of":    func(tx *store.Tx) error { _, err := tx.RoomOf(store.RoomManagement, int64(m.ID)); return err },
			"by Matrix":  func(tx *store.Tx) error { _, err := tx.RoomByMatrix(room.Matrix); return err },
			"by marker":  func(tx *store.Tx) error { _, err := tx.RoomByMarker(room.Marker); return err },
			"line":       func(tx *store.Tx) error { _, err := tx.LineByKey("menu/gone-6"); return err },
		} {
			wantError(t, what+" in a step", s.Write(t.Context(), look), mentoring.ErrNotFound)
			wantError(t, what, s.Read(t.Context(), look), mentoring.ErrNotFound)
		}
		same(t, "dialogue", both(s, "dialogue", func(tx *store.Tx) ([]byte, error) { return tx.Dialogue(m.ID) }), nil)
		same(t, "rooms", len(both(s, "rooms", func(tx *store.Tx) ([]store.Room, error) { return tx.RoomsOf(store.RoomManagement, int64(m.ID)) })), 0)
		wantError(t, "twice", s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteMember(m.ID) }), mentoring.ErrNotFound)
		same(t, "the other", both(s, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.MemberByAddress(other.Address) }), other)
		same(t, "the other's room", both(s, "room", func(tx *store.Tx) (store.Room, error) { return tx.RoomByMatrix(otherRoom.Matrix) }), otherRoom)
		same(t, "the other's dialogue", string(both(s, "dialogue", func(tx *store.Tx) ([]byte, error) { return tx.Dialogue(other.ID) })), "what is being asked")
		again, _ := s.newcomer("gone", w.now())
		if again.ID == m.ID {
			t.Error("the number was given again")
		}
		c := s.cast("a", w.now())
		if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteMember(c.mentee.ID) }); err == nil || errors.Is(err, mentoring.ErrNotFound) {
			t.Errorf("a member with a conversation was deleted: %v", err)
		}
		same(t, "after that", both(s, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.Member(c.mentee.ID) }), c.mentee)

		restored := newWorldAs(w, t)
		restored.Keys = w.Keys
		if err := restoreInto(t, restored, backupOf(t, w)); err != nil {
			t.Fatal(err)
		}
		r := restored.open()
		same(t, "restored", both(r, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.Member(other.ID) }), other)
		wantError(t, "restored", r.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Member(m.ID); return err }), mentoring.ErrNotFound)
	})
}

// TestForgottenLeavesNoTrace: whoever steals the SQLite file afterwards finds
// not even what was sealed of a member who was deleted.
func TestForgottenLeavesNoTrace(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/silta.db")
	s := w.open()
	m, _ := s.newcomer("gone", w.now())
	s.newcomer("stays", w.now())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	gone, stays := rawTraces(t, w, int64(m.ID)), rawTraces(t, w, int64(m.ID)+1)
	file := func() []byte {
		content, err := os.ReadFile(w.DSN)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	for _, trace := range append(gone, stays...) {
		if !bytes.Contains(file(), trace) {
			t.Fatalf("the search does not find %x", trace)
		}
	}
	s = w.open()
	s.write(func(tx *store.Tx) error { return tx.DeleteMember(m.ID) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i, trace := range gone {
		if bytes.Contains(file(), trace) {
			t.Errorf("trace %d is left: %x", i, trace)
		}
	}
	for i, trace := range stays {
		if !bytes.Contains(file(), trace) {
			t.Errorf("trace %d of another has gone, too", i)
		}
	}
}

// rawTraces are the values in the columns that a member's rows have alone, as
// they stand in the file.
func rawTraces(t *testing.T, w *world, id int64) (all [][]byte) {
	t.Helper()
	db, err := sql.Open("sqlite3", w.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, query := range []string{
		"SELECT address, address_hash, alias FROM member WHERE id = $1",
		"SELECT state, state, state FROM dialogue WHERE member = $1",
		"SELECT CAST(matrix AS BLOB), CAST(marker AS BLOB), CAST(matrix AS BLOB) FROM room WHERE kind = 2 AND owner = $1 ORDER BY id",
		"SELECT CAST(matrix AS BLOB), CAST(marker AS BLOB), CAST(matrix AS BLOB) FROM room WHERE kind = 2 AND owner = $1 ORDER BY id DESC",
		"SELECT CAST(name AS BLOB), event, event FROM line WHERE room IN (SELECT id FROM room WHERE kind = 2 AND owner = $1)",
	} {
		var one [3][]byte
		if err := db.QueryRowContext(t.Context(), query, id).Scan(&one[0], &one[1], &one[2]); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		all = append(all, one[:]...)
	}
	if reflect.DeepEqual(all[0], all[1]) || len(all[0]) < 16 {
		t.Fatalf("these are no traces: %x", all)
	}
	return all
}
