package bridge_test

import (
	"strings"
	"testing"
	"time"
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
