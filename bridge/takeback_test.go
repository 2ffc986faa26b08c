package bridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// TestNobodyEditsAnEdit: clients would not show it, and it would stay when the
// message is taken back.
func TestNobodyEditsAnEdit(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	first := must(aino.Say(aino.room, "yksi"))
	edit := must(aino.Edit(aino.room, first, "kaksi"))
	must(aino.Edit(aino.room, edit, "kolme"))
	w.told(aino, "can no longer be changed")
	must(aino.Edit(aino.room, first, "neljä"))
	w.sees(oskar, "neljä")
	if err := aino.Redact(aino.room, first); err != nil {
		t.Fatal(err)
	}
	w.sees(oskar)
	for _, text := range []string{"yksi", "kaksi", "kolme", "neljä"} {
		w.until("no version is left", func() bool { return !stillThere(oskar, text) })
	}
}

// TestTakenBackBeforeItCouldBeRead: an event whose key has not come is set aside
// and tried again when it comes, but not when its sender has taken it back.
func TestTakenBackBeforeItCouldBeRead(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	unread := func() string {
		event := newEvent()
		raw, err := json.Marshal(map[string]any{"event_id": event, "room_id": aino.room, "sender": aino.ID, "type": "m.room.message",
			"origin_server_ts": 1, "content": map[string]any{"msgtype": "m.text", "body": "tuli myöhään"}})
		if err != nil {
			t.Fatal(err)
		}
		err = w.store.Write(context.Background(), func(tx *store.Tx) error {
			return tx.Enqueue(&store.Row{Lane: w.store.Lane(store.LaneIn, aino.room, aino.ID), Kind: store.LaneIn,
				State: store.RowAside, Hold: store.HoldKey, Payload: raw})
		})
		if err != nil {
			t.Fatal(err)
		}
		return event
	}
	redact := func(p *talker, event string) {
		w.hs.Inject(map[string]any{"event_id": newEvent(), "room_id": p.room, "sender": p.ID, "type": "m.room.redaction", "redacts": event, "content": map[string]any{}})
	}
	aside := func() (n int) {
		err := w.store.Read(context.Background(), func(tx *store.Tx) error {
			rows, err := tx.Aside(store.HoldKey)
			n = len(rows)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	kept, taken := unread(), unread()
	redact(oskar, kept) // it is not theirs
	redact(aino, taken)
	w.until("one is forgotten", func() bool { return aside() == 1 })
	must(oskar.Say(oskar.room, "väliin"))
	w.sees(aino, "väliin")
	err := w.store.Write(context.Background(), func(tx *store.Tx) error { // as when a key comes
		rows, err := tx.Aside(store.HoldKey)
		for _, row := range rows {
			err = tx.Retry(row.ID, w.now(), 1)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.do(func(*mentoring.Act) error { return nil }) // wakes the lanes
	w.sees(oskar, "tuli myöhään")
}

// TestTakenBackFromAFormerRoom: where a leg had to be made anew, what was said in
// the room before is taken back there, and nothing in the new room refers to it.
func TestTakenBackFromAFormerRoom(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	one, two := must(aino.Say(aino.room, "yksi")), must(aino.Say(aino.room, "kaksi"))
	w.sees(oskar, "yksi", "kaksi")
	his := must(oskar.Say(oskar.room, "hänen"))
	copied := w.sees(aino, "hänen")[0].Event
	former := oskar.room
	w.hs.Inject(map[string]any{"event_id": newEvent(), "type": "m.room.tombstone", "state_key": "", "room_id": former, "sender": "@admin:test",
		"content": map[string]any{"replacement_room": "!elsewhere:test"}})
	w.until("the leg is given up", func() bool { return w.legState(oskar) == store.RoomGone })
	if err := aino.Redact(aino.room, one); err != nil { // while there is no leg
		t.Fatal(err)
	}
	here := func(text string) bool {
		for _, ev := range oskar.Timeline(former) {
			if ev.Content["body"] == text {
				return true
			}
		}
		return false
	}
	w.until("it is taken back", func() bool { return !here("yksi") })
	w.do(func(a *mentoring.Act) error {
		a.Do(mentoring.OpenLeg{Participant: oskar.id})
		return nil
	})
	w.invited(oskar)
	w.join(oskar)
	must(aino.Reply(aino.room, two, "vastaus"))
	must(aino.Reply(aino.room, copied, "toinen"))
	must(aino.Edit(aino.room, two, "kaksi b"))
	w.told(aino, "can no longer be changed")
	must(aino.React(aino.room, copied, "👍"))
	if err := aino.Redact(aino.room, two); err != nil { // while there is a new one
		t.Fatal(err)
	}
	w.until("it is taken back", func() bool { return !here("kaksi") })
	last := must(aino.Say(aino.room, "loppu"))
	must(aino.Reply(aino.room, last, "loppuun"))
	w.sees(oskar, "vastaus", "toinen", "loppu", "loppuun")
	for _, ev := range oskar.Timeline(oskar.room) {
		raw, err := json.Marshal(ev.Content)
		if err != nil {
			t.Fatal(err)
		}
		if relation, ok := ev.Content["m.relates_to"]; ok && ev.Content["body"] != "loppuun" || strings.Contains(string(raw), his) {
			t.Errorf("it refers to %v: %s", relation, raw)
		}
	}
	if got := w.sees(oskar, "vastaus", "toinen", "loppu", "loppuun"); got[3].ReplyTo != got[2].Event {
		t.Errorf("what is in the new room is answered there: %q", got[3].ReplyTo)
	}
	if n := w.meter.count("send error refused") + w.meter.count("fault work"); n != 0 {
		t.Errorf("%d requests were refused", n)
	}
}

// TestTakenBackThoughTheyAreAway: what is in a leg is taken back at once, also
// while its person has left it and newer words wait for them.
func TestTakenBackThoughTheyAreAway(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	first := must(aino.Say(aino.room, "yksi"))
	w.sees(oskar, "yksi")
	if err := oskar.Leave(oskar.room); err != nil {
		t.Fatal(err)
	}
	w.until("the bridge knows", func() bool { return w.legState(oskar) == store.RoomLeft })
	must(aino.Say(aino.room, "odottaa"))
	if err := aino.Redact(aino.room, first); err != nil {
		t.Fatal(err)
	}
	w.until("it is taken back", func() bool { return !strings.Contains(w.readable(oskar.room), `"yksi"`) })
	w.until("and not known any more", func() bool {
		err := w.store.Read(context.Background(), func(tx *store.Tx) error {
			c, err := tx.ConversationOf(aino.id)
			if err == nil {
				_, err = tx.MessageBySource(c.ID, first)
			}
			return err
		})
		return errors.Is(err, mentoring.ErrNotFound)
	})
}

// TestNobodyTakesBackForAnother: who removes a copy from their own room, as an
// administrator there could, removes it from no other.
func TestNobodyTakesBackForAnother(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar", "kaisa")
	w.join(people...)
	aino, oskar, kaisa := people[0], people[1], people[2]
	must(aino.Say(aino.room, "alku"))
	copied := w.sees(oskar, "alku")[0].Event
	w.sees(kaisa, "alku")
	w.hs.Inject(map[string]any{"event_id": newEvent(), "room_id": oskar.room, "sender": oskar.ID, "type": "m.room.redaction",
		"redacts": copied, "content": map[string]any{"redacts": copied}})
	must(oskar.Say(oskar.room, "loppu")) // comes after it in the same lane
	w.sees(kaisa, "alku", "loppu")
	w.sees(oskar, "alku")
	w.until("nothing is under way", w.hs.Quiet)
	if n := w.hs.Calls()["PUT rooms/*/redact/*/*"]; n != 0 {
		t.Errorf("%d copies were to be taken back", n)
	}
}

// TestReactionsToNothing: to a line of the bot's, or to what is not known, nobody
// reacts in another room; nor does the final check have to stop it.
func TestReactionsToNothing(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	must(aino.Send(aino.room, "m.call.invite", map[string]any{}))
	w.told(aino, "Calls cannot be made")
	for _, m := range aino.View(aino.room) {
		must(aino.React(aino.room, m.Event, "👍"))
	}
	must(aino.Send(aino.room, "m.reaction", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": newEvent(), "key": "👍"}}))
	must(aino.Say(aino.room, "loppu"))
	w.sees(oskar, "loppu")
	for _, ev := range oskar.Timeline(oskar.room) {
		if ev.Type == "m.reaction" {
			t.Errorf("a reaction came: %v", ev.Content)
		}
	}
	if n := w.meter.count("send error tripwire"); n != 0 {
		t.Errorf("the final check had to stop %d", n)
	}
}

// TestTakenBackWithItsFile: a picture that was uploaded for somebody who went away
// before it was sent is deleted when it is taken back.
func TestTakenBackWithItsFile(t *testing.T) {
	w := newWorld(t, carriesMedia)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	var broken atomic.Bool
	broken.Store(true)
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "PUT rooms/*/send/*/*" && broken.Load() {
			return hs.Fault{Status: 503}
		}
		return hs.Fault{}
	})
	address := aino.Upload(photo(60, 60))
	event := must(aino.Send(aino.room, "m.room.message", map[string]any{"msgtype": "m.image", "body": "kuva.jpg", "url": address}))
	w.until("a send failed", func() bool { return w.hs.Calls()["PUT rooms/*/send/*/*"] > 2 && len(w.hs.Media()) > 0 })
	if err := oskar.Leave(oskar.room); err != nil {
		t.Fatal(err)
	}
	w.until("it waits for them", func() bool {
		held := false
		err := w.store.Read(context.Background(), func(tx *store.Tx) error {
			rows, err := tx.Rows(w.store.Lane(store.LaneOut, strconv.FormatInt(int64(oskar.id), 10), strconv.FormatInt(int64(aino.id), 10)))
			held = len(rows) == 1 && rows[0].State == store.RowHeld
			return err
		})
		return err == nil && held
	})
	broken.Store(false)
	if err := aino.Redact(aino.room, event); err != nil {
		t.Fatal(err)
	}
	w.nothingUploaded()
}
