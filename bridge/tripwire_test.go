package bridge_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"silta/mentoring"
	"silta/store"
)

// plant puts a copy into the outbox as a faulty rewriting would: of a message of
// from for to, with a content that was never checked.
func (w *world) plant(from, to *talker, eventType string, content any, relation any) {
	w.t.Helper()
	raw, err := json.Marshal(map[string]any{"k": store.RoomLeg, "o": to.id, "a": from.id, "x": strconv.Itoa(len(eventType)) + newEvent(), "p": "send", "t": eventType,
		"c": content, "v": 1, "n": 2, "s": newEvent(), "r": relation})
	if err != nil {
		w.t.Fatal(err)
	}
	lane := w.store.Lane(store.LaneOut, strconv.FormatInt(int64(to.id), 10), strconv.FormatInt(int64(from.id), 10))
	err = w.store.Write(context.Background(), func(tx *store.Tx) error {
		return tx.Enqueue(&store.Row{Lane: lane, Kind: store.LaneOut, State: store.RowReady, Payload: raw})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.do(func(*mentoring.Act) error { return nil }) // wakes the lanes
}

// Whatever the rewriting may do wrong, the final check stops: that one message
// only. Its writer is told, and staff, without a quotation.
func TestTripwire(t *testing.T) {
	w := newWorld(t)
	_, staffRoom := w.staffRoom()
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	source := must(aino.Say(aino.room, "ensimmäinen"))
	w.sees(oskar, "ensimmäinen")
	on := map[string]any{"k": 2, "s": source, "a": 1} // an edit of it
	text := func(body string) map[string]any {
		return map[string]any{"msgtype": "m.text", "body": body, "m.mentions": map[string]any{}}
	}
	poll := pollOf("vuotaako", 1, "joo")
	for i, leak := range []struct {
		name, eventType string
		content         map[string]any
		relation        any
	}{
		{"a real ID in a text", "m.room.message", text("vuotaa @real-aino:test"), nil},
		{"a key of a client's", "m.room.message", map[string]any{"msgtype": "m.text", "body": "vuotaa", "m.mentions": map[string]any{}, "io.element.vuotaa": 1}, nil},
		{"a mention of the person", "m.room.message", map[string]any{"msgtype": "m.text", "body": "vuotaa", "m.mentions": map[string]any{"user_ids": []string{aino.ID}}}, nil},
		{"an edit with a link to a room", "m.room.message", map[string]any{"msgtype": "m.text", "body": "* x", "m.mentions": map[string]any{},
			"m.new_content": text("vuotaa https://matrix.to/#/" + aino.room)}, on},
		{"an event of another room", "m.room.message", map[string]any{"msgtype": "m.text", "body": "vuotaa", "m.mentions": map[string]any{},
			"m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": source}}}, nil},
		{"a picture of the sender's", "m.room.message", map[string]any{"msgtype": "m.image", "body": "vuotaa.jpg", "url": "mxc://koti.example/vuotaa", "m.mentions": map[string]any{}}, nil},
		{"a poll with the author's IDs", pollType + "start", poll, nil},
		{"a vote for a text", pollType + "response", map[string]any{pollType + "response": map[string]any{"answers": []string{"vuotaa"}}}, map[string]any{"k": 40, "s": source, "a": 1}},
		{"an end in the words of a client", pollType + "end", map[string]any{pollType + "end": map[string]any{}, "org.matrix.msc1767.text": "vuotaa @real-aino:test"}, map[string]any{"k": 40, "s": source, "a": 1}},
		{"a reaction that is a word", "m.reaction", map[string]any{}, map[string]any{"k": 3, "s": source, "a": 1, "y": "vuotaa"}},
		{"an unknown type", "org.example.vuotaa", map[string]any{}, nil},
		{"a place", "m.room.message", map[string]any{"msgtype": "m.location", "body": "vuotaa", "geo_uri": "geo:60,24"}, nil},
	} {
		t.Run(leak.name, func(t *testing.T) {
			before := len(oskar.Timeline(oskar.room))
			w.plant(aino, oskar, leak.eventType, leak.content, leak.relation)
			w.until("the writer is told", func() bool {
				return strings.Count(w.readable(aino.room), "seemed to contain something that identifies") == i+1
			})
			w.until("staff are told once, and then how many more", func() bool {
				known, more := w.troubles(mentoring.TroubleTripwire)
				return known && more == i && strings.Count(w.readable(staffRoom), "stopped") == 1
			})
			for _, ev := range oskar.Timeline(oskar.room)[before:] {
				t.Errorf("it came: %v", ev.Content)
			}
		})
	}
	for _, room := range []string{staffRoom, aino.room, oskar.room} {
		if strings.Contains(w.readable(room), "vuotaa") {
			t.Error("what was stopped is quoted")
		}
	}
	must(aino.Say(aino.room, "kaikki hyvin"))
	w.sees(oskar, "ensimmäinen", "kaikki hyvin")
	if n := w.meter.count("send error tripwire"); n != 12 {
		t.Errorf("the check stopped %d messages", n)
	}
}
