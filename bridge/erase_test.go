package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// leaver is a conversation in which one is about to be deleted.
type leaver struct {
	*world
	aino, kaisa *talker
	ghosts      []string
	id          mentoring.MemberID
}

const private = "jotain hyvin henkilökohtaista"

func newLeaver(w *world) *leaver {
	w.t.Helper()
	people := w.talk("aino", "kaisa")
	w.join(people...)
	l := &leaver{world: w, aino: people[0], kaisa: people[1]}
	must(l.aino.Say(l.aino.room, private))
	w.sees(l.kaisa, private)
	must(l.kaisa.Say(l.kaisa.room, "vastaus"))
	w.sees(l.aino, "vastaus")
	for _, room := range []string{l.aino.room, l.kaisa.room} {
		for _, user := range w.hs.Members(room, "join") {
			if strings.HasPrefix(user, "@silta_") {
				l.ghosts = append(l.ghosts, user)
			}
		}
	}
	m, err := w.member(l.aino.ID)
	if err != nil || len(l.ghosts) != 2 {
		w.t.Fatalf("%v, ghosts %v", err, l.ghosts)
	}
	l.id = m.ID
	return l
}

func (l *leaver) deletes() error {
	return l.bridge.Do(context.Background(), func(a *mentoring.Act) error {
		m, err := a.Tx.Member(l.id)
		if err != nil {
			return err
		}
		return a.DeleteMe(&m)
	})
}

// TestErasingClears: what is in no message map goes, too: commands in a
// conversation, and all of the person's own room but the last lines.
func TestErasingClears(t *testing.T) {
	m := newMover(newWorld(t))
	must(m.aino.Say(m.aino.room, "!report salainen huoli"))
	m.told(m.aino, ".")
	must(m.aino.Say(m.own.room, "salainen kysymys"))
	must(m.aino.Say(m.own.room, "mydata"))
	m.hears(m.own, "@real-aino:test")
	must(m.aino.Say(m.own.room, "salainen viimeinen"))
	must(struct{}{}, m.bridge.Do(context.Background(), func(a *mentoring.Act) error {
		member, err := a.Tx.Member(m.id)
		if err != nil {
			return err
		}
		return a.DeleteMe(&member)
	}))
	m.until("the member is erased", func() bool {
		_, err := m.member(m.aino.ID)
		return errors.Is(err, mentoring.ErrNotFound)
	})
	for _, room := range []string{m.aino.room, m.kaisa.room, m.own.room} {
		for _, ev := range m.hs.Events(room) {
			if said := fmt.Sprint(ev.Content["body"]); strings.Contains(said, "salainen") || strings.Contains(said, "@real") || strings.Contains(said, "ennen") {
				t.Errorf("still there: %v", ev.Content)
			}
		}
	}
}

// erased waits for the end and looks for everything that should be gone.
func (l *leaver) erased() {
	l.t.Helper()
	l.until("the member is erased", func() bool {
		_, err := l.member(l.aino.ID)
		return errors.Is(err, mentoring.ErrNotFound)
	})
	for _, room := range []string{l.aino.room, l.kaisa.room} {
		if in := l.hs.Members(room, "join"); len(in) > 0 {
			l.t.Errorf("in the leg are still %v", in)
		}
		for _, ev := range l.hs.Events(room) {
			if strings.Contains(fmt.Sprint(ev.Content), private) || strings.Contains(fmt.Sprint(ev.Content), "vastaus") {
				l.t.Errorf("still there: %v", ev.Content)
			}
		}
	}
	for _, ghost := range l.ghosts {
		if ended, name := l.hs.Deactivated(ghost); !ended || name != "" {
			l.t.Errorf("a ghost is there: %v, %q", ended, name)
		}
	}
	err := l.store.Read(context.Background(), func(tx *store.Tx) error {
		m, err := tx.Member(l.id)
		if err != nil || m != (mentoring.Member{ID: l.id, Join: mentoring.JoinErased}) {
			l.t.Errorf("kept: %+v, %v", m, err)
		}
		for _, p := range []mentoring.ParticipantID{l.aino.id, l.kaisa.id} {
			if _, err := tx.Ghost(p); !errors.Is(err, mentoring.ErrNotFound) {
				l.t.Errorf("a ghost is kept: %v", err)
			}
			if _, err := tx.RoomOf(store.RoomLeg, int64(p)); !errors.Is(err, mentoring.ErrNotFound) {
				l.t.Errorf("a leg is kept: %v", err)
			}
		}
		rooms, err := tx.RoomsOf(store.RoomManagement, int64(l.id))
		if len(rooms) > 0 {
			l.t.Errorf("their own rooms are kept: %+v", rooms)
		}
		deleted, countErr := tx.Counters(mentoring.CountDeleted)
		if len(deleted) != 1 || deleted[0].Value != 1 {
			l.t.Errorf("counted %+v", deleted)
		}
		return errors.Join(err, countErr)
	})
	if err != nil {
		l.t.Error(err)
	}
}

func TestDeleteMe(t *testing.T) {
	l := newLeaver(newWorld(t))
	if err := l.deletes(); err != nil {
		t.Fatal(err)
	}
	l.erased()
	// The other is told in their own room; the leaver comes again as somebody new.
	n := &newcomer{Person: l.kaisa.Person}
	l.until("the other is asked into their own room", func() bool {
		for _, room := range n.Rooms("invite") {
			n.room = room
		}
		return n.room != ""
	})
	if err := n.Join(n.room); err != nil {
		t.Fatal(err)
	}
	l.hears(n, "Alias-aino.*left the service")
	must(l.aino.Direct("@silta:test"))
	l.until("they are somebody new", func() bool {
		m, err := l.member(l.aino.ID)
		return err == nil && m.ID != l.id && m.Join == mentoring.JoinNew
	})
}

// The service dies before and after each commit that is made while somebody is
// erased: in the end it is the same.
func TestErasingGoesOnAfterACrash(t *testing.T) {
	for _, committed := range []bool{false, true} {
		for at := int64(1); ; at++ {
			if !eraseWithCrash(t, at, committed) {
				if at < 6 {
					t.Errorf("only %d commits", at-1)
				}
				break
			}
		}
	}
}

func eraseWithCrash(t *testing.T, at int64, committed bool) (died bool) {
	t.Helper()
	d := &death{at: at, committed: committed}
	l := newLeaver(newWorld(t, d.waits))
	d.armed.Store(true)
	began := l.deletes()
	l.until("the end or the crash", func() bool {
		_, found := l.member(l.aino.ID)
		return l.crashed.Load() || errors.Is(found, mentoring.ErrNotFound)
	})
	if died = d.passes(l.world); died {
		if m, err := l.member(l.aino.ID); began != nil && err == nil && m.Join == mentoring.JoinDone {
			if err := l.deletes(); err != nil { // it was not decided: they say it again
				t.Fatal(err)
			}
		}
	}
	l.erased()
	l.stop()
	return died
}

// Each request of the erasing fails, before and after it took effect, until the
// service is started again.
func TestErasingGoesOnAfterAFailure(t *testing.T) {
	for _, route := range []string{"PUT rooms/*/redact/*/*", "POST rooms/*/kick", "POST rooms/*/leave", "POST rooms/*/forget", "POST account/deactivate"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(route, after), func(t *testing.T) {
				l := newLeaver(newWorld(t))
				var failed atomic.Int32
				l.breakIt(func(c hs.Call) hs.Fault {
					if c.Route == route {
						failed.Add(1)
						return hs.Fault{Status: 502, After: after}
					}
					return hs.Fault{}
				})
				if err := l.deletes(); err != nil {
					t.Fatal(err)
				}
				l.until("it failed", func() bool { return failed.Load() > 0 })
				l.stop()
				l.breakIt(nil)
				l.start()
				l.erased()
			})
		}
	}
}

// What waited to be sent to somebody who was not there goes, too.
func TestErasingDropsWhatWaits(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa")
	w.join(people[0])
	must(people[0].Say(people[0].room, private))
	w.until("it waits", func() bool {
		heads, err := w.store.Heads(context.Background())
		return err == nil && slices.ContainsFunc(heads, func(h store.Head) bool { return h.Kind == store.LaneOut })
	})
	m, err := w.member(people[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	l := &leaver{world: w, aino: people[0], kaisa: people[1], id: m.ID}
	if err := l.deletes(); err != nil {
		t.Fatal(err)
	}
	l.erased()
	heads, err := w.store.Heads(context.Background())
	if err != nil || slices.ContainsFunc(heads, func(h store.Head) bool { return h.Kind == store.LaneOut }) {
		t.Errorf("rows are left: %v, %v", heads, err)
	}
}
