package bridge_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestRefusedOnceForMany: ten places, or ten pictures out of a gallery, are one
// line; it is said again when some time has passed, and to everybody once.
func TestRefusedOnceForMany(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	lines := func(p *talker, text string) int { return strings.Count(w.readable(p.room), text) }
	many := func(p *talker) {
		for range 10 {
			must(p.Send(p.room, "m.beacon", map[string]any{"org.matrix.msc3488.location": map[string]any{"uri": "geo:60.1,24.9"}}))
			must(p.Send(p.room, "m.room.message", map[string]any{"msgtype": "m.image", "body": "a.jpg", "url": "mxc://test/abc"}))
			must(p.Send(p.room, "m.room.message", map[string]any{"msgtype": "dm.filament.gallery", "body": "many"}))
		}
		must(p.Send(p.room, "m.call.invite", map[string]any{}))
	}
	many(aino)
	w.toldTimes(aino, "Calls cannot be made", 1)
	many(oskar)
	w.toldTimes(oskar, "Calls cannot be made", 1)
	for _, p := range people {
		if places, pictures := lines(p, "Your location was not sent"), lines(p, "Pictures cannot be sent"); places != 1 || pictures != 1 {
			t.Errorf("%s: %d lines of places, %d of pictures", p.alias, places, pictures)
		}
		if lines(p, "one at a time") != 0 {
			t.Errorf("%s is to send pictures one at a time, where none are carried", p.alias)
		}
	}
	for range 2 { // what is wrong with one message is told each time
		must(aino.Say(aino.room, strings.Repeat("ä", 17000)))
	}
	w.toldTimes(aino, "is too long", 2)
	w.skew.Store(int64(2 * time.Minute))
	many(aino)
	w.toldTimes(aino, "Your location was not sent", 2)
	w.toldTimes(aino, "Calls cannot be made", 2)
	w.toldTimes(aino, "Pictures cannot be sent", 2)
	must(aino.Say(aino.room, "loppu"))
	w.sees(oskar, "loppu")
}

// TestGalleryIsRefusedWithAWayOut: where pictures are carried, one by one.
func TestGalleryIsRefusedWithAWayOut(t *testing.T) {
	w := newWorld(t, carriesMedia)
	people := w.talk("aino", "oskar")
	w.join(people...)
	must(people[0].Send(people[0].room, "m.room.message", map[string]any{"msgtype": "dm.filament.gallery", "body": "kaksi kuvaa"}))
	w.told(people[0], "one at a time")
}

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
}
