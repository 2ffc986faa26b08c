package bridge_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestWhatOneSaysAllOthersSee(t *testing.T) {
	for _, names := range [][]string{{"aino", "oskar"}, {"aino", "oskar", "kaisa"}} {
		w := newWorld(t)
		people := w.talk(names...)
		w.join(people...)
		from := people[0]
		first := must(from.Say(from.room, "hei"))
		for _, p := range people[1:] {
			m := w.sees(p, "hei")[0]
			if !w.hs.Ours(m.Sender) || m.Sender == "@silta:test" {
				t.Errorf("%s sees the message from %s, want a ghost", p.alias, m.Sender)
			}
		}
		if _, err := from.Edit(from.room, first, "moi"); err != nil {
			t.Fatal(err)
		}
		other := people[1]
		copied := w.sees(other, "moi")[0].Event
		must(other.Reply(other.room, copied, "no moi"))
		if m := w.sees(from, "no moi")[0]; m.ReplyTo != first {
			t.Errorf("the reply points to %s, want the writer's own event", m.ReplyTo)
		}
		reaction := must(other.React(other.room, copied, "👍"))
		w.until("the reaction is there", func() bool { return len(reactions(from, first)) == 1 })
		if err := other.Redact(other.room, reaction); err != nil {
			t.Fatal(err)
		}
		w.until("the reaction is taken away", func() bool { return len(reactions(from, first)) == 0 })
		if err := from.Redact(from.room, first); err != nil {
			t.Fatal(err)
		}
		w.sees(other)
		w.until("no version of it is left", func() bool { return !stillThere(other, "hei") && !stillThere(other, "moi") })
		if len(people) == 3 {
			if m := w.sees(people[2], "no moi")[0]; m.Sender == other.ID {
				t.Error("a real ID is in another's leg")
			}
		}
	}
}

func newEvent() string { return hs.EventID("injected", rand.Int()) }

// stillThere says whether a text is in anything that the homeserver still gives
// a person, old versions included.
func stillThere(p *talker, text string) bool {
	for _, ev := range p.Timeline(p.room) {
		raw, _ := json.Marshal(ev.Content)
		if ev.Sender != p.ID && strings.Contains(string(raw), text+`"`) {
			return true
		}
	}
	return false
}

func reactions(p *talker, event string) []hs.Reaction {
	for _, m := range p.View(p.room) {
		if m.Event == event {
			return m.Reactions
		}
	}
	return nil
}

// The invitation of a leg of two comes from the ghost and files the room under
// the other's alias.
func TestALegOfTwoIsAskedForByTheGhost(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	room := people[0].room
	if name := w.hs.State(room, "m.room.name", "")["name"]; name != "Alias-oskar" {
		t.Errorf("the room is called %v", name)
	}
	member := w.hs.State(room, "m.room.member", people[0].ID)
	if member["is_direct"] != true {
		t.Error("the invitation is not marked as direct")
	}
	levels := w.hs.State(room, "m.room.power_levels", "")
	if users := levels["users"].(map[string]any); users[people[0].ID] != nil {
		t.Error("the person has a power level of their own")
	}
	if create := w.hs.State(room, "m.room.create", ""); create["m.federate"] != false {
		t.Error("the room of a local person federates")
	}
}

// What is written before the other has come waits for them; what is taken back
// before that is never sent.
func TestWhatIsWrittenWaitsForThePerson(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	aino, oskar := people[0], people[1]
	w.join(aino)
	must(aino.Say(aino.room, "yksi"))
	secret := must(aino.Say(aino.room, "salaisuus"))
	must(aino.Say(aino.room, "kaksi"))
	w.until("three copies wait", func() bool { return w.waiting() == 3 })
	if err := aino.Redact(aino.room, secret); err != nil {
		t.Fatal(err)
	}
	w.until("two copies wait", func() bool { return w.waiting() == 2 })
	w.stop()
	w.start() // what waits outlives a restart
	w.join(oskar)
	w.sees(oskar, "yksi", "kaksi")
	for _, ev := range oskar.Timeline(oskar.room) {
		if body, _ := ev.Content["body"].(string); strings.Contains(body, "salaisuus") || ev.Redacted != "" {
			t.Error("a message that was taken back was sent all the same")
		}
	}
}

// waiting counts copies that have not been sent.
func (w *world) waiting() int {
	n := 0
	heads, err := w.store.Heads(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range heads {
		if h.Kind != store.LaneOut {
			continue
		}
		rows, err := w.store.Next(context.Background(), h.Lane, 0, 100)
		if err != nil {
			w.t.Fatal(err)
		}
		n += len(rows)
	}
	return n
}

func TestLeavingAndComingBack(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	aino, oskar := people[0], people[1]
	w.join(aino, oskar)
	if err := oskar.Leave(oskar.room); err != nil {
		t.Fatal(err)
	}
	w.until("the bridge knows", func() bool { return w.legState(oskar) == store.RoomLeft })
	must(aino.Say(aino.room, "missä olet"))
	w.until("the copy waits", func() bool { return w.waiting() == 1 })
	w.do(func(a *mentoring.Act) error {
		a.Do(mentoring.OpenLeg{Participant: oskar.id})
		return nil
	})
	w.invited(oskar)
	w.join(oskar)
	w.sees(oskar, "missä olet")
}

func TestALostRoomIsReplaced(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	aino, oskar := people[0], people[1]
	w.join(aino, oskar)
	before := oskar.room
	w.hs.Inject(map[string]any{"event_id": newEvent(), "type": "m.room.tombstone", "state_key": "", "room_id": oskar.room, "sender": "@admin:test",
		"content": map[string]any{"replacement_room": "!elsewhere:test"}})
	w.until("the leg is given up", func() bool { return w.legState(oskar) == store.RoomGone })
	must(aino.Say(aino.room, "hei taas"))
	w.do(func(a *mentoring.Act) error {
		a.Do(mentoring.OpenLeg{Participant: oskar.id})
		return nil
	})
	w.invited(oskar)
	if oskar.room == before {
		t.Fatal("asked into the lost room")
	}
	w.join(oskar)
	w.sees(oskar, "hei taas")
}

func TestStrangersGetNowhere(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	aino := people[0]
	w.join(people...)
	must(aino.Say(aino.room, "hei"))
	ghost := w.sees(people[1], "hei")[0].Sender

	stranger := w.hs.Person("stranger")
	room := must(stranger.Direct(ghost))
	w.until("the ghost refuses", func() bool { return len(w.hs.Members(room, "invite")) == 0 })
	if got := w.hs.Members(room, "join"); len(got) != 1 {
		t.Errorf("in the stranger's room are %v", got)
	}
	// An administrator can put a stranger into a leg.
	w.hs.Inject(map[string]any{"event_id": newEvent(), "type": "m.room.member", "state_key": stranger.ID, "room_id": aino.room, "sender": stranger.ID,
		"content": map[string]any{"membership": "join"}})
	w.hs.Inject(map[string]any{"event_id": newEvent(), "type": "m.room.message", "room_id": aino.room, "sender": stranger.ID,
		"content": map[string]any{"msgtype": "m.text", "body": "I am aino"}})
	w.until("the stranger is removed", func() bool {
		return w.hs.Calls()["POST rooms/*/kick"] > 0
	})
	must(aino.Say(aino.room, "vielä"))
	w.sees(people[1], "hei", "vielä") // and not what the stranger said
}

// Server errors and rate limits are not faults: the message goes when it can,
// once, and what came after it comes after it.
func TestTroubleAtTheHomeserverLosesNothing(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	broken := 0
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "PUT rooms/*/send/*/*" && broken < 4 {
			broken++
			switch broken % 3 {
			case 0:
				return hs.Fault{Status: 502, After: true} // it took effect
			case 1:
				return hs.Fault{Status: 429, RetryAfter: 10 * time.Millisecond}
			default:
				return hs.Fault{Cut: true}
			}
		}
		return hs.Fault{}
	})
	for _, body := range []string{"1", "2", "3", "4"} {
		must(people[0].Say(people[0].room, body))
	}
	w.sees(people[1], "1", "2", "3", "4")
	if n := w.meter.count("aside out"); n != 0 {
		t.Errorf("%d rows were set aside", n)
	}
	if broken != 4 {
		t.Errorf("only %d faults happened", broken)
	}
}

// A send that is refused five times is given up; its writer is told, and the
// lane goes on.
func TestARefusedSendIsGivenUpAndTold(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	refused := 0
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "PUT rooms/*/send/*/*" && refused < 5 && c.User != "@silta:test" {
			refused++
			return hs.Fault{Status: 403}
		}
		return hs.Fault{}
	})
	must(people[0].Say(people[0].room, "ei mene"))
	must(people[0].Say(people[0].room, "menee"))
	w.sees(people[1], "menee")
	w.told(people[0], "could not be delivered")
	if n := w.meter.count("aside out"); n != 1 {
		t.Errorf("%d rows were given up, want 1", n)
	}
}

func TestTheSameEventTwiceIsRelayedOnce(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	id := must(people[0].Say(people[0].room, "kerran"))
	w.sees(people[1], "kerran")
	ev, ok := w.hs.Event(id)
	if !ok {
		t.Fatal("no such event")
	}
	w.push(map[string]any{"event_id": ev.ID, "room_id": ev.Room, "sender": ev.Sender, "type": ev.Type, "content": ev.Content})
	must(people[0].Say(people[0].room, "sitten"))
	w.sees(people[1], "kerran", "sitten")
}

// Only the writer of a message can change it, whatever a client says.
func TestNobodyEditsAnothersMessage(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	must(people[0].Say(people[0].room, "alku"))
	copied := w.sees(people[1], "alku")[0].Event
	must(people[1].Edit(people[1].room, copied, "väärä"))
	w.told(people[1], "(?i)edit|change")
	must(people[1].Say(people[1].room, "loppu"))
	w.sees(people[0], "loppu")
	w.sees(people[1], "alku")
}

func TestACommandInALegIsNeverRelayed(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	must(people[0].Say(people[0].room, "!staf please"))
	must(people[0].Say(people[0].room, "moi"))
	w.sees(people[1], "moi")
	w.told(people[0], "(?i)staff")
}
