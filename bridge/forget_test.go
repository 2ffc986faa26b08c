package bridge_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"silta/bridge"
	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

const day = 24 * time.Hour

// newcomer is a person who has written to the bot and has not finished joining.
type newcomer struct {
	*hs.Person
	room string // their own room with the bot
	id   mentoring.MemberID
}

// comes lets a person invite the bot; they have been asked into a room of their
// own when it returns.
func (w *world) comes(name string) *newcomer {
	w.t.Helper()
	n := &newcomer{Person: w.hs.Person(name)}
	before := n.Rooms("invite")
	must(n.Direct("@silta:test"))
	w.until("the bot asks them in", func() bool {
		for _, room := range n.Rooms("invite") {
			if !slices.Contains(before, room) {
				n.room = room
			}
		}
		m, err := w.member(n.ID)
		n.id = m.ID
		return n.room != "" && err == nil && w.ownRoom(n.id).State == store.RoomInvited
	})
	return n
}

// enters lets a person into their own room, where the bot asks the first question.
func (w *world) enters(n *newcomer) {
	w.t.Helper()
	if err := n.Join(n.room); err != nil {
		w.t.Fatal(err)
	}
	w.hears(n, "(?s)English")
}

func (w *world) hears(n *newcomer, pattern string) {
	w.t.Helper()
	w.told(&talker{Person: n.Person, room: n.room}, pattern)
}

func (w *world) member(address string) (m mentoring.Member, err error) {
	err = w.store.Read(context.Background(), func(tx *store.Tx) (err error) {
		m, err = tx.MemberByAddress(address)
		return err
	})
	return m, err
}

func (w *world) ownRoom(of mentoring.MemberID) (room store.Room) {
	_ = w.store.Read(context.Background(), func(tx *store.Tx) (err error) {
		room, err = tx.RoomOf(store.RoomManagement, int64(of))
		return err
	})
	return room
}

// pass lets time pass and looks at what it changed.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.skew.Add(int64(d))
	if err := w.bridge.Tick(context.Background()); err != nil && !w.crashed.Load() {
		w.t.Fatal(err)
	}
}

func (w *world) gone(n *newcomer) {
	w.t.Helper()
	w.until("the member is gone", func() bool {
		_, err := w.member(n.ID)
		return errors.Is(err, mentoring.ErrNotFound)
	})
	w.rests(n)
	for _, room := range w.hs.Rooms() {
		if in := w.hs.Members(room, "join"); slices.Contains(in, n.ID) && slices.Contains(in, "@silta:test") {
			w.t.Error("they share a room with the bot")
		}
	}
	if in := append(w.hs.Members(n.room, "join"), w.hs.Members(n.room, "invite")...); len(in) > 0 {
		w.t.Errorf("in their room are %v", in)
	}
	if member := w.hs.State(n.room, "m.room.member", n.ID); member["reason"] != nil {
		w.t.Errorf("removed with a reason: %v", member)
	}
}

// rests waits until there is no work, and nothing to say to that person.
func (w *world) rests(n *newcomer) {
	w.t.Helper()
	w.until("nothing is left to do", func() bool {
		heads, err := w.store.Heads(context.Background())
		return err == nil && !slices.ContainsFunc(heads, func(h store.Head) bool {
			return h.Kind == store.LaneWork || h.Kind == store.LaneIn || h.Lane == w.lines(n)
		})
	})
}

// lines is the lane of what the bot says to a person in their own room.
func (w *world) lines(n *newcomer) store.Lane {
	return w.store.Lane(store.LaneRoom, strconv.Itoa(int(store.RoomManagement)), strconv.FormatInt(int64(n.id), 10))
}

func (w *world) linesFor(n *newcomer) []store.Row {
	return must(w.store.Next(context.Background(), w.lines(n), 0, 9))
}

func TestWhoNeverFinishesJoiningIsForgotten(t *testing.T) {
	for name, enter := range map[string]bool{"joined": true, "only invited": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			n, other := w.comes("aino"), w.comes("oskar")
			w.enters(other)
			if enter {
				w.enters(n)
				must(n.Say(n.room, "3")) // English
				w.hears(n, "at least 17 years old")
			}
			w.pass(26 * day)
			must(other.Say(other.room, "3"))
			w.hears(other, "at least 17 years old")
			w.pass(day)
			if enter {
				w.hears(n, "not finished joining.*write anything here")
			}
			w.pass(3*day - time.Minute)
			if m, err := w.member(n.ID); err != nil || m.Join == mentoring.JoinForgotten {
				t.Fatalf("forgotten before it was said: %+v, %v", m, err)
			}
			w.pass(time.Minute)
			w.gone(n)
			if m, err := w.member(other.ID); err != nil || m.Join != mentoring.JoinAge {
				t.Errorf("who wrote meanwhile is %+v, %v", m, err)
			}
			must(other.Say(other.room, "1"))
			w.hears(other, "what the service keeps")

			again := w.comes("aino")
			if again.id == n.id || again.room == n.room {
				t.Error("the same member again")
			}
			w.enters(again)
		})
	}
}

// Whoever writes anything after the warning stays, whether or not it answers
// the question.
func TestAnAnswerToTheWarningIsEnough(t *testing.T) {
	w := newWorld(t)
	n := w.comes("aino")
	w.enters(n)
	w.pass(27 * day)
	w.hears(n, "(?s)vielä kesken.*inte anslutit.*not finished joining") // no language yet
	must(n.Say(n.room, "mietin vielä"))
	w.until("it is noted", func() bool { m, err := w.member(n.ID); return err == nil && m.Warned.IsZero() })
	w.pass(3 * day)
	w.pass(24*day - time.Minute)
	if m, err := w.member(n.ID); err != nil || m.Join != mentoring.JoinNew || w.ownRoom(m.ID).State != store.RoomJoined {
		t.Errorf("is %+v, %v", m, err)
	}
	w.pass(time.Minute)
	w.until("they are warned again", func() bool { m, err := w.member(n.ID); return err == nil && !m.Warned.IsZero() })
	w.pass(3 * day)
	w.gone(n)
}

// The service dies before and after each commit that is made while somebody is
// forgotten, and each request fails before and after it took effect: in the end
// it is the same.
func TestForgettingGoesOnAfterACrash(t *testing.T) {
	for _, committed := range []bool{false, true} {
		for at := int64(1); ; at++ {
			died := forgetWithCrash(t, at, committed)
			if !died {
				if at < 4 {
					t.Errorf("only %d commits", at-1)
				}
				break
			}
		}
	}
	for route, after := range map[string]bool{"kick": false, "kick ": true, "leave": false, "leave ": true} {
		t.Run(fmt.Sprint(route, after), func(t *testing.T) {
			w := newWorld(t)
			n := w.comes("aino")
			w.enters(n)
			w.pass(27 * day)
			w.hears(n, "not finished")
			var failed atomic.Int32
			w.breakIt(func(c hs.Call) hs.Fault {
				if c.Route == "POST rooms/*/"+strings.TrimSpace(route) {
					failed.Add(1)
					return hs.Fault{Status: 502, After: after}
				}
				return hs.Fault{}
			})
			w.pass(3 * day)
			w.until("it failed", func() bool { return failed.Load() > 0 })
			w.stop()
			w.breakIt(nil)
			w.start()
			w.gone(n)
		})
	}
}

func forgetWithCrash(t *testing.T, at int64, committed bool) (died bool) {
	t.Helper()
	d := &death{at: at, committed: committed}
	w := newWorld(t, d.waits)
	n := w.comes("aino")
	w.enters(n)
	w.pass(27 * day)
	w.hears(n, "not finished")
	d.armed.Store(true)
	w.pass(3 * day)
	w.until("the end or the crash", func() bool {
		heads, err := w.store.Heads(context.Background())
		_, found := w.member(n.ID)
		return w.crashed.Load() || errors.Is(found, mentoring.ErrNotFound) && err == nil && len(heads) == 0
	})
	died = d.passes(w)
	w.gone(n)
	w.stop()
	return died
}

// Whoever comes again while their room is being taken away gets a new one and
// starts anew.
func TestWhoComesAgainWhileForgottenStartsAnew(t *testing.T) {
	w := newWorld(t)
	n := w.comes("aino")
	w.enters(n)
	must(n.Say(n.room, "3"))
	w.hears(n, "at least 17 years old")
	w.pass(27 * day)
	w.hears(n, "not finished")
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "POST rooms/*/leave" {
			return hs.Fault{Status: 502}
		}
		return hs.Fault{}
	})
	w.pass(3 * day)
	w.until("they are removed", func() bool { return len(w.hs.Members(n.room, "join")) == 1 })
	again := w.comes("aino")
	if again.id != n.id || again.room == n.room {
		t.Errorf("member %d in %s, then %d in %s", n.id, n.room, again.id, again.room)
	}
	w.breakIt(nil)
	w.enters(again)
	w.until("the old room is left", func() bool { return len(w.hs.Members(n.room, "join")) == 0 })
	w.rests(n)
	if m, err := w.member(n.ID); err != nil || m.Join != mentoring.JoinNew || m.Language != "" {
		t.Errorf("is %+v, %v", m, err)
	}
}

// What happens between the leaving of the room and the end is not lost, and
// leaves nothing: they come again, or there is something to say to them.
func TestWhatHappensWhileSomebodyIsForgotten(t *testing.T) {
	for name, stays := range map[string]bool{"comes again": true, "lines to and from them": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			n := w.comes("aino")
			w.pass(27 * day)
			if k := len(w.linesFor(n)); k == 0 {
				t.Fatal("no warning waits for them")
			}
			done := make(chan error, 1)
			w.breakIt(func(c hs.Call) hs.Fault {
				if c.Route != "POST rooms/*/leave" || len(done) > 0 {
					return hs.Fault{}
				}
				if stays {
					done <- w.bridge.Do(context.Background(), func(a *mentoring.Act) error { _, err := a.Meet(n.ID); return err })
				} else {
					done <- w.store.Write(context.Background(), func(tx *store.Tx) error {
						return errors.Join(
							tx.Enqueue(&store.Row{Lane: w.lines(n), Kind: store.LaneRoom, State: store.RowHeld, Hold: store.HoldJoin, Payload: []byte("{}")}),
							tx.Enqueue(&store.Row{Lane: w.store.Lane(store.LaneIn, n.room, n.ID), Kind: store.LaneIn, State: store.RowAside, Hold: store.HoldKey, Payload: []byte("{}")}))
					})
				}
				return hs.Fault{}
			})
			w.pass(3 * day)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if !stays {
				w.gone(n)
				err := w.store.Write(context.Background(), func(tx *store.Tx) error {
					rows, err := tx.Rows(w.store.Lane(store.LaneIn, n.room, n.ID))
					if len(rows) > 0 {
						t.Errorf("%d rows of theirs that could not be read are kept", len(rows))
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			w.until("the new room is made", func() bool { return w.ownRoom(n.id).State == store.RoomInvited })
			w.rests(n)
			n.room = w.ownRoom(n.id).Matrix
			w.enters(n)
			for _, m := range n.View(n.room) {
				if strings.Contains(m.Body, "not finished") {
					t.Error("the old warning is in the new room")
				}
			}
		})
	}
}

// Of a person who was forgotten neither database keeps anything: no row of the
// crypto tables, and in the files no value that was theirs.
func TestNothingIsLeftOfTheForgotten(t *testing.T) {
	crypto := filepath.Join(t.TempDir(), "crypto.db")
	w := newWorld(t, func(w *world) {
		w.crypto = func(b *bridge.Bridge) error { return b.UseEncryption(context.Background(), crypto, w.keys) }
	})
	n := w.comes("aino")
	if err := n.Join(n.room); err != nil {
		t.Fatal(err)
	}
	w.until("their devices are looked at", func() bool {
		return w.ownRoom(n.id).State == store.RoomJoined && rows(t, crypto, "crypto_person") == 1
	})
	w.pass(27 * day)
	room := w.store.Hash("crypto.room", n.room)
	w.stop()
	change(t, crypto, "INSERT INTO crypto_inbound (session, account, room, received, sealed) VALUES ($1, $1, $1, $2, $1)", room, w.now().Add(100*day).UnixMilli())
	change(t, crypto, "INSERT INTO crypto_outbound (account, room, sealed) VALUES ($1, $1, $1)", room)
	traces := [][]byte{[]byte(n.room), sealed(t, w.dsn, "address"), sealed(t, w.dsn, "address_hash")}
	for i, trace := range traces {
		if !inFile(t, w.dsn, trace) {
			t.Fatalf("the search does not find trace %d", i)
		}
	}
	w.start()
	w.pass(3 * day)
	w.gone(n)
	// Late news of who is nobody to us any more.
	w.hs.Inject(map[string]any{"event_id": newEvent(), "type": "m.room.member", "state_key": n.ID, "room_id": n.room, "sender": n.ID,
		"content": map[string]any{"membership": "leave"}})
	w.until("the homeserver has told all", w.hs.Quiet)
	w.rests(n)
	w.stop()
	for i, trace := range traces {
		if inFile(t, w.dsn, trace) {
			t.Errorf("trace %d is left", i)
		}
	}
	for _, table := range []string{"crypto_person", "crypto_inbound", "crypto_outbound"} {
		if k := rows(t, crypto, table); k != 0 {
			t.Errorf("%d rows in %s", k, table)
		}
	}
}

func inFile(t *testing.T, path string, trace []byte) bool {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return len(trace) > 8 && bytes.Contains(content, trace)
}

func rows(t *testing.T, dsn, table string) (n int) {
	t.Helper()
	query(t, dsn, "SELECT count(*) FROM "+table, &n)
	return n
}

// sealed is a column of the one member as it stands in the file.
func sealed(t *testing.T, dsn, column string) (value []byte) {
	t.Helper()
	query(t, dsn, "SELECT "+column+" FROM member", &value)
	return value
}

func change(t *testing.T, dsn, text string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err = db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, dsn, text string, into any) {
	t.Helper()
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err = db.QueryRowContext(t.Context(), text).Scan(into); err != nil {
		t.Fatal(err)
	}
}
