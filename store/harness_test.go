package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
	"silta/store/pgtest"
)

// The tests of this package are one conformance suite: what is written for one
// database runs on both.

// everywhere runs a test on SQLite and on PostgreSQL.
func everywhere(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t, filepath.Join(t.TempDir(), "silta.db"))) })
	t.Run("postgres", func(t *testing.T) { test(t, newWorld(t, pgtest.DSN(t))) })
}

// world is a database, its keys, and a clock that only tests move.
type world struct {
	store.Options
	t     *testing.T
	clock atomic.Int64
}

func newWorld(t *testing.T, dsn string) *world {
	w := &world{t: t}
	w.clock.Store(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixMilli())
	w.Options = store.Options{DSN: dsn, Keys: newKeys(t), Now: w.now}
	return w
}

func (w *world) now() time.Time            { return time.UnixMilli(w.clock.Load()).UTC() }
func (w *world) pass(d time.Duration)      { w.clock.Add(d.Milliseconds()) }
func (w *world) sqlite() bool              { return filepath.IsAbs(w.DSN) }
func (w *world) file(suffix string) string { return w.DSN + suffix }

// open opens the database until the test ends or it is closed.
func (w *world) open() *opened {
	w.t.Helper()
	s, err := store.Open(context.Background(), w.Options)
	if err != nil {
		w.t.Fatalf("open: %v", err)
	}
	w.t.Cleanup(func() { _ = s.Close() })
	return &opened{Store: s, t: w.t}
}

// opened is a store whose steps must succeed.
type opened struct {
	*store.Store
	t *testing.T
}

func (o *opened) write(fn func(*store.Tx) error) {
	o.t.Helper()
	if err := o.Write(context.Background(), fn); err != nil {
		o.t.Fatalf("write: %v", err)
	}
}

func (o *opened) read(fn func(*store.Tx) error) {
	o.t.Helper()
	if err := o.Read(context.Background(), fn); err != nil {
		o.t.Fatalf("read: %v", err)
	}
}

// both runs a look-up inside the gate, where the caches are, and in a read
// transaction, which has none: the answers must be the same.
func both[T any](o *opened, what string, look func(*store.Tx) (T, error)) T {
	o.t.Helper()
	var inside, outside T
	o.write(func(tx *store.Tx) (err error) { inside, err = look(tx); return err })
	o.read(func(tx *store.Tx) (err error) { outside, err = look(tx); return err })
	if !reflect.DeepEqual(inside, outside) {
		o.t.Errorf("%s: the caches say %+v, the database %+v", what, inside, outside)
	}
	return outside
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// cast is a mentee and a mentor in a conversation with legs and ghosts.
type cast struct {
	mentee, mentor mentoring.Member
	memberships    [2]mentoring.Membership
	conversation   *mentoring.Conversation
	legs           [2]store.Room
	ghosts         [2]store.Ghost
}

func address(name string) string { return "@" + name + ":example.org" }

// act makes the cast, with name in every value that must be unique.
func act(tx *store.Tx, name string, at time.Time) (*cast, error) {
	c := &cast{
		mentee: mentoring.Member{Address: address("mentee-" + name), Alias: "Kuura", Language: "fi", Join: mentoring.JoinDone, Consent: 1, ConsentAt: at, Created: at},
		mentor: mentoring.Member{Address: address("mentor-" + name), Alias: "Kanerva", Language: "sv", Join: mentoring.JoinDone, Trial: true, Created: at},
	}
	for i, m := range []*mentoring.Member{&c.mentee, &c.mentor} {
		if err := tx.PutMember(m); err != nil {
			return nil, err
		}
		role := mentoring.Mentee
		if i == 1 {
			role = mentoring.Mentor
		}
		c.memberships[i] = mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: role, State: mentoring.Active, Created: at}
		if err := tx.PutMembership(&c.memberships[i]); err != nil {
			return nil, err
		}
	}
	c.conversation = &mentoring.Conversation{
		Kind: mentoring.KindMentoring, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, State: mentoring.Placed, Created: at, Due: at.Add(time.Hour),
		Participants: []mentoring.Participant{
			{Number: 1, Member: c.mentee.ID, Membership: c.memberships[0].ID, Role: mentoring.Mentee, Alias: "Kuura", Presence: mentoring.Here},
			{Number: 2, Member: c.mentor.ID, Membership: c.memberships[1].ID, Role: mentoring.Mentor, Alias: "Kanerva", Presence: mentoring.NotAsked},
		},
	}
	if err := tx.PutConversation(c.conversation); err != nil {
		return nil, err
	}
	for i, p := range c.conversation.Participants {
		c.legs[i] = store.Room{
			Kind: store.RoomLeg, Owner: int64(p.ID), Matrix: "!leg" + string(rune('1'+i)) + name + ":silta.example", State: store.RoomJoined,
			Marker: "marker" + string(rune('1'+i)) + name, Reader: "@silta:silta.example", Conversation: c.conversation.ID, Number: p.Number, Changed: at,
		}
		if err := tx.PutRoom(&c.legs[i]); err != nil {
			return nil, err
		}
		c.ghosts[i] = store.Ghost{Participant: p.ID, Localpart: "silta_" + string(rune('a'+i)) + name, Device: "DEV", Ready: true, Avatar: "mxc://silta.example/x"}
		if err := tx.PutGhost(&c.ghosts[i]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// cast makes one in a step of its own.
func (o *opened) cast(name string, at time.Time) (c *cast) {
	o.t.Helper()
	o.write(func(tx *store.Tx) (err error) { c, err = act(tx, name, at); return err })
	return c
}

// unpacked is the inside of a backup file.
func unpacked(t *testing.T, file []byte) []byte {
	t.Helper()
	_, zipped, found := bytes.Cut(file, []byte("\n"))
	if !found {
		t.Fatal("no first line")
	}
	zip, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// dump is everything in a PostgreSQL database, as text.
func dump(t *testing.T, w *world) []byte {
	t.Helper()
	db, err := sql.Open("postgres", w.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all bytes.Buffer
	for _, form := range []string{"hex", "escape"} { // how binary values are written
		tables, err := db.QueryContext(t.Context(), "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for tables.Next() {
			var name string
			if err := tables.Scan(&name); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		if err := errors.Join(tables.Err(), tables.Close()); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			rows, err := db.QueryContext(t.Context(), "SELECT set_config('bytea_output', $1, false), t::text FROM "+name+" t", form)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var setting, row string
				if err := rows.Scan(&setting, &row); err != nil {
					t.Fatal(err)
				}
				all.WriteString(row + "\n")
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all.Bytes()
}
