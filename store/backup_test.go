package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"silta/mentoring"
	"silta/store"
	"silta/store/pgtest"
)

func backupOf(t *testing.T, w *world) []byte {
	t.Helper()
	var file bytes.Buffer
	o := w.Options
	o.Keys = nil // a backup needs none
	if err := store.Backup(t.Context(), o, &file); err != nil {
		t.Fatalf("backup: %v", err)
	}
	return file.Bytes()
}

func restoreInto(t *testing.T, w *world, file []byte) error {
	t.Helper()
	return store.Restore(t.Context(), w.Options, bytes.NewReader(file))
}

// newDSN is an empty database of either kind.
func newDSN(t *testing.T, sqlite bool) string {
	if sqlite {
		return filepath.Join(t.TempDir(), "restored.db")
	}
	return pgtest.DSN(t)
}

// TestRehearsal: a backup is made while the service writes, and restored into
// a database of each kind; everything is there but the queue and the devices.
func TestRehearsal(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for _, sqlite := range []bool{true, false} {
			rehearse(t, newWorldAs(w, t), newDSN(t, sqlite))
		}
	})
}

// newWorldAs is a world like w in a database of its own.
func newWorldAs(w *world, t *testing.T) *world { return newWorld(t, newDSN(t, w.sqlite())) }

func rehearse(t *testing.T, w *world, target string) {
	s := w.open()
	c := s.cast("a", w.now())
	sent, unsent, half := newEvent(), newEvent(), newEvent()
	copied := newEvent()
	s.write(func(tx *store.Tx) error {
		conv := c.conversation.ID
		return errors.Join(
			tx.PutMessage(&store.Message{Conversation: conv, Source: sent, Author: 1, Copies: []store.Copy{{Number: 2, Event: copied}}}),
			tx.PutMessage(&store.Message{Conversation: conv, Source: unsent, Author: 1, Copies: []store.Copy{{Number: 2}}}),
			tx.PutMessage(&store.Message{Conversation: conv, Source: half, Author: 1, Copies: []store.Copy{{Number: 2}, {Number: 3, Event: "$x:y"}}}),
			tx.Enqueue(&store.Row{Lane: 1, Kind: store.LaneOut, Payload: []byte("old")}),
			tx.PutSetting("device/bot", "BOTDEVICE"), tx.PutSetting("staff", "words"),
			tx.PutDialogue(c.mentee.ID, []byte("asked")),
			tx.PutCard(&mentoring.Card{Membership: c.memberships[1].ID, State: mentoring.CardApproved, Alias: "Kanerva"}),
			tx.PutPoll(&store.Poll{Conversation: conv, Source: sent, State: []byte("poll")}),
			tx.PutTopic(&mentoring.Topic{Programme: "p", Unit: "u", Key: "k", Words: map[mentoring.Language]string{"fi": "työ"}}),
			tx.PutLine(&store.Line{Key: "menu/1", Room: c.legs[0].ID, Event: sent}),
			tx.Count(mentoring.Counter{Name: mentoring.CountMessages, Month: "2026-11"}, 7),
		)
	})
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() { // the service goes on
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			_ = s.Write(context.Background(), func(tx *store.Tx) error {
				return tx.PutMessage(&store.Message{Conversation: 4711, Source: newEvent(), Author: 1, Copies: []store.Copy{{Number: 2, Event: newEvent()}}})
			})
		}
	}()
	file := backupOf(t, w)
	close(stop)
	<-stopped

	restored := &world{t: t, Options: w.Options}
	restored.DSN = target
	var stages []string
	restored.Progress = func(stage string, _, _ int64) { stages = append(stages, stage) }
	if err := restoreInto(t, restored, file); err != nil {
		t.Fatalf("restore: %v", err)
	}
	same(t, "progress", slices.Compact(stages), []string{"migrate", "restore"})
	wantError(t, "a second restore", restoreInto(t, restored, file), store.ErrNotEmpty)
	r := restored.open()
	same(t, "member", both(r, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.MemberByAddress(c.mentee.Address) }), c.mentee)
	same(t, "conversation", both(r, "conversation", func(tx *store.Tx) (*mentoring.Conversation, error) { return tx.Conversation(c.conversation.ID) }), c.conversation)
	same(t, "room", both(r, "room", func(tx *store.Tx) (store.Room, error) { return tx.RoomByMatrix(c.legs[0].Matrix) }), c.legs[0])
	same(t, "setting", both(r, "setting", func(tx *store.Tx) (string, error) { return tx.Setting("staff") }), "words")
	same(t, "device setting", both(r, "setting", func(tx *store.Tx) (string, error) { return tx.Setting("device/bot") }), "")
	same(t, "dialogue", string(both(r, "dialogue", func(tx *store.Tx) ([]byte, error) { return tx.Dialogue(c.mentee.ID) })), "asked")
	polls := both(r, "polls", func(tx *store.Tx) ([]store.Poll, error) { return tx.Polls(c.conversation.ID) })
	same(t, "polls", polls, []store.Poll{{ID: 1, Conversation: c.conversation.ID, Source: sent, State: []byte("poll")}})
	same(t, "topics", len(both(r, "topics", func(tx *store.Tx) ([]mentoring.Topic, error) { return tx.Topics("p") })), 1)
	same(t, "counters", both(r, "counters", func(tx *store.Tx) ([]store.Counted, error) { return tx.Counters(mentoring.CountMessages) })[0].Value, 7)
	ghost := c.ghosts[0]
	ghost.Device, ghost.Ready = "", false
	same(t, "ghost", both(r, "ghost", func(tx *store.Tx) (store.Ghost, error) { return tx.Ghost(ghost.Participant) }), ghost)
	same(t, "message by copy", r.message(c.conversation.ID, 2, copied).Source, sent)
	same(t, "half sent", r.message(c.conversation.ID, 1, half).Copies, []store.Copy{{Number: 3, Event: "$x:y"}})
	r.noMessage(c.conversation.ID, 1, unsent)
	same(t, "queue", len(r.next(1, 0)), 0)
	var m mentoring.Member
	r.write(func(tx *store.Tx) error {
		m = mentoring.Member{Address: address("new")}
		return tx.PutMember(&m)
	})
	if m.ID <= c.mentor.ID {
		t.Errorf("ID %d was given again", m.ID)
	}
}

// TestDamagedBackups: whatever is cut off or changed, nothing is restored.
func TestDamagedBackups(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		s.cast("a", w.now())
		file := backupOf(t, w)
		target := newWorld(t, newDSN(t, w.sqlite()))
		target.Keys = w.Keys
		for _, at := range []int{0, 5, 15, 30, len(file) / 2, len(file) - 60, len(file) - 20, len(file) - 1} {
			wantError(t, "cut off", restoreInto(t, target, file[:at]), store.ErrBadBackup)
			damaged := bytes.Clone(file)
			damaged[at] ^= 0x20
			if err := restoreInto(t, target, damaged); err == nil && at > 30 {
				t.Errorf("a backup with a wrong byte at %d of %d was restored", at, len(file))
			} else if err == nil {
				t.Fatalf("the gzip header's byte %d does not matter; choose another", at)
			}
		}
		wantError(t, "changed inside", restoreInto(t, target, changedInside(t, file)), store.ErrBadBackup)
		wantError(t, "with something after it", restoreInto(t, target, append(bytes.Clone(file), "more"...)), store.ErrBadBackup)
		strange := newWorld(t, target.DSN) // other keys
		wantError(t, "other keys", restoreInto(t, strange, file), store.ErrTampered)
		if err := restoreInto(t, target, file); err != nil {
			t.Errorf("after all that the database is not empty: %v", err)
		}
		empty := newWorld(t, newDSN(t, w.sqlite()))
		if err := store.Backup(t.Context(), empty.Options, &bytes.Buffer{}); err == nil {
			t.Error("a backup of nothing was made")
		}
	})
}

// changedInside is a backup file in which one letter is another, and which has
// been compressed again, so that gzip's own sum is right.
func changedInside(t *testing.T, file []byte) []byte {
	t.Helper()
	content := unpacked(t, file)
	at := bytes.Index(content, []byte("!leg1a"))
	if at < 0 {
		t.Fatal("the room is not in the backup")
	}
	content[at+1] = 'L'
	head, _, _ := bytes.Cut(file, []byte("\n"))
	out := bytes.NewBuffer(append(bytes.Clone(head), '\n'))
	zip := gzip.NewWriter(out)
	if _, err := zip.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
