package bridge_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"testing"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// mover is a conversation of which one is about to go on from another account.
type mover struct {
	*world
	aino, kaisa *talker
	own         *newcomer // aino's own room with the bot
	id          mentoring.MemberID
	phrase      mentoring.Phrase
}

func newMover(w *world) *mover {
	w.t.Helper()
	people := w.talk("aino", "kaisa")
	w.join(people...)
	m := &mover{world: w, aino: people[0], kaisa: people[1]}
	must(m.aino.Say(m.aino.room, "ennen"))
	w.sees(m.kaisa, "ennen")
	must(m.kaisa.Say(m.kaisa.room, "ennen tätäkin"))
	w.sees(m.aino, "ennen tätäkin")
	m.phrase = must(mentoring.NewPhrase(rand.Reader))
	proof := w.store.Prove(m.phrase)
	w.do(func(a *mentoring.Act) error {
		member, err := a.Tx.MemberByAddress(m.aino.ID)
		m.id = member.ID
		if err != nil {
			return err
		}
		a.Do(mentoring.Welcome{Member: m.id})
		return a.SetPhrase(member, proof)
	})
	m.own = &newcomer{Person: m.aino.Person, id: m.id}
	w.until("they have a room of their own", func() bool {
		for _, room := range m.aino.Rooms("invite") {
			m.own.room = room
		}
		return m.own.room != ""
	})
	must(struct{}{}, m.own.Join(m.own.room))
	w.until("the bridge knows that they are in it", func() bool { return w.ownRoom(m.id).State == store.RoomJoined })
	return m
}

// moves lets another account write the phrase and come into the leg.
func (m *mover) moves() *newcomer {
	m.t.Helper()
	n := m.comes("uusi")
	m.enters(n)
	must(n.Say(n.room, "move "+m.phrase.String()))
	return n
}

func (m *mover) moved(n *newcomer) {
	m.t.Helper()
	m.until("the member has the new address", func() bool { got, err := m.member(n.ID); return err == nil && got.ID == m.id })
	next := &talker{Person: n.Person, alias: m.aino.alias, id: m.aino.id, room: m.aino.room}
	m.until("they are asked into the conversation", func() bool {
		return slices.Contains(n.Rooms("invite"), m.aino.room) || slices.Contains(n.Rooms("join"), m.aino.room)
	})
	must(m.kaisa.Say(m.kaisa.room, "tämä odottaa"))
	if !slices.Contains(n.Rooms("join"), m.aino.room) {
		must(struct{}{}, n.Join(m.aino.room))
	}
	m.until("the bridge knows", func() bool { return m.legState(next) == store.RoomJoined })
	m.until("what was said meanwhile comes", func() bool {
		return slices.ContainsFunc(n.View(next.room), func(v hs.Message) bool { return v.Body == "tämä odottaa" && v.Sender != n.ID })
	})
	must(n.Say(next.room, "täällä taas"))
	m.until("the other reads them", func() bool {
		return slices.ContainsFunc(m.kaisa.View(m.kaisa.room), func(v hs.Message) bool { return v.Body == "täällä taas" })
	})
	for _, v := range m.kaisa.View(m.kaisa.room) {
		if v.Kind == "m.notice" && v.Sender == "@silta:test" {
			m.t.Errorf("the other was told: %q", v.Body)
		}
	}
	// The old account is in none of our rooms, and what it writes goes nowhere.
	m.until("the old account is gone from everywhere", func() bool {
		for _, room := range m.hs.Rooms() {
			in := m.hs.Members(room, "join")
			if slices.Contains(in, m.aino.ID) && slices.Contains(in, "@silta:test") {
				return false
			}
		}
		_, err := m.member(m.aino.ID)
		return errors.Is(err, mentoring.ErrNotFound)
	})
	if room := m.ownRoom(m.id); room.Matrix != n.room || room.State != store.RoomJoined {
		m.t.Errorf("their own room is %+v, not %s", room, n.room)
	}
}

func TestMove(t *testing.T) {
	m := newMover(newWorld(t))
	n := m.moves()
	m.moved(n)
	m.hears(n, "You are back, Alias-aino")
	m.hears(m.own, "gone to another account")
	m.until("the phrase is taken away", func() bool {
		return !slices.ContainsFunc(n.View(n.room), func(v hs.Message) bool { _, ok := mentoring.ParsePhrase(v.Body); return ok })
	})
}

// The service dies before and after each commit of a move.
func TestMovingGoesOnAfterACrash(t *testing.T) {
	for _, committed := range []bool{false, true} {
		for at := int64(1); at < 40; at++ {
			if !moveWithCrash(t, at, committed) {
				if at < 6 {
					t.Errorf("only %d commits", at-1)
				}
				break
			}
		}
	}
}

func moveWithCrash(t *testing.T, at int64, committed bool) (died bool) {
	t.Helper()
	d := &death{at: at, committed: committed}
	m := newMover(newWorld(t, d.waits))
	n := m.comes("uusi")
	m.enters(n)
	d.armed.Store(true)
	must(n.Say(n.room, "move "+m.phrase.String()))
	m.until("the end or the crash", func() bool {
		_, found := m.member(m.aino.ID)
		return m.crashed.Load() || errors.Is(found, mentoring.ErrNotFound)
	})
	died = d.passes(m.world)
	m.moved(n)
	m.stop()
	return died
}
