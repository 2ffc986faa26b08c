package e2e

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"silta/dev"
	"silta/dev/hs"
)

// kind is one kind of event as somebody's client writes it, and as everybody
// else must get it: the whole content, nothing more.
//
// In both, {on X} is the event of the case X, and {user N} the Matrix ID of the
// participant N places after the author, each as the room has it. {alias N} is
// that participant's alias, {real} the author's own Matrix ID, {name} their own
// name, and {leg} their room.
type kind struct {
	name, eventType string
	sent            string
	// arrives is the content that comes; "" when the event must not come at all.
	arrives string
	as      string // the type under which it comes; default: eventType
	told    string // the text that the author is told instead; "" when they know already
}

const pollKind = "org.matrix.msc3381.poll."

// kinds is what people can send but files, in an order in which later ones
// refer to earlier ones.
func kinds() []kind {
	const message = "m.room.message"
	return append([]kind{
		{name: "first", eventType: message, sent: `{"msgtype":"m.text","body":"aihe: {tag}","io.element.session":"{real}"}`,
			arrives: `{"msgtype":"m.text","body":"aihe: {tag}","m.mentions":{}}`},
		{name: "formatted", eventType: message,
			sent:    `{"msgtype":"m.text","body":"x","format":"org.matrix.custom.html","formatted_body":"<p class=\"{name}\">Hei <a href=\"https://matrix.to/#/{user 1}?via=localhost\">X</a>, <b>katso</b> <a href=\"https://apu.example/sivu?a=b\">tätä</a> {tag} <img src=\"mxc://localhost/abc\" alt=\":kuu:\" /> {real}</p>","m.mentions":{"user_ids":["{user 1}","@outo:example.org"],"room":true}}`,
			arrives: `{"msgtype":"m.text","body":"Hei {alias 1}, katso tätä (https://apu.example/sivu?a=b) {tag} :kuu: {alias 0}","format":"org.matrix.custom.html","formatted_body":"<p>Hei {alias 1}, <strong>katso</strong> tätä (https://apu.example/sivu?a=b) {tag} :kuu: {alias 0}</p>","m.mentions":{"user_ids":["{user 1}"]},"com.beeper.linkpreviews":[]}`},
		{name: "emote", eventType: message, sent: `{"msgtype":"m.emote","body":"nauraa {tag}"}`, arrives: `{"msgtype":"m.emote","body":"nauraa {tag}","m.mentions":{}}`},
		{name: "notice", eventType: message, sent: `{"msgtype":"m.notice","body":"huom {tag}"}`, arrives: `{"msgtype":"m.notice","body":"huom {tag}","m.mentions":{}}`},
		{name: "reply", eventType: message, sent: `{"msgtype":"m.text","body":"niin {tag}","m.mentions":{},"m.relates_to":{"m.in_reply_to":{"event_id":"{on first}"}}}`,
			arrives: `{"msgtype":"m.text","body":"niin {tag}","m.mentions":{},"m.relates_to":{"m.in_reply_to":{"event_id":"{on first}"}}}`},
		{name: "reply with a fallback", eventType: message,
			sent:    `{"msgtype":"m.text","body":"> <{real}> aihe\n\nvanha {tag}","format":"org.matrix.custom.html","formatted_body":"<mx-reply><blockquote><a href=\"https://matrix.to/#/{leg}/{on first}\">In reply to</a> <a href=\"https://matrix.to/#/{real}\">{real}</a><br>aihe</blockquote></mx-reply>vanha {tag}","m.relates_to":{"m.in_reply_to":{"event_id":"{on first}"}}}`,
			arrives: `{"msgtype":"m.text","body":"vanha {tag}","m.mentions":{},"m.relates_to":{"m.in_reply_to":{"event_id":"{on first}"}}}`},
		{name: "in a thread", eventType: message, sent: `{"msgtype":"m.text","body":"ketju {tag}","m.relates_to":{"rel_type":"m.thread","event_id":"{on first}","is_falling_back":true,"m.in_reply_to":{"event_id":"{on reply}"}}}`,
			arrives: `{"msgtype":"m.text","body":"ketju {tag}","m.mentions":{},"m.relates_to":{"rel_type":"m.thread","event_id":"{on first}","is_falling_back":true,"m.in_reply_to":{"event_id":"{on first}"}}}`},
		{name: "reply in a thread", eventType: message, sent: `{"msgtype":"m.text","body":"ketjussa {tag}","m.relates_to":{"rel_type":"m.thread","event_id":"{on first}","is_falling_back":false,"m.in_reply_to":{"event_id":"{on in a thread}"}}}`,
			arrives: `{"msgtype":"m.text","body":"ketjussa {tag}","m.mentions":{},"m.relates_to":{"rel_type":"m.thread","event_id":"{on first}","is_falling_back":false,"m.in_reply_to":{"event_id":"{on in a thread}"}}}`},
		{name: "edit", eventType: message, sent: `{"msgtype":"m.text","body":"* {real}","m.new_content":{"msgtype":"m.text","body":"uusi {tag} {real}","m.mentions":{}},"m.relates_to":{"rel_type":"m.replace","event_id":"{on first}"}}`,
			arrives: `{"msgtype":"m.text","body":"* uusi {tag} {alias 0}","m.mentions":{},"m.new_content":{"msgtype":"m.text","body":"uusi {tag} {alias 0}","m.mentions":{}},"m.relates_to":{"rel_type":"m.replace","event_id":"{on first}"}}`},
		{name: "reaction", eventType: "m.reaction", sent: `{"m.relates_to":{"rel_type":"m.annotation","event_id":"{on emote}","key":"👍🏽"},"shortcode":"{name}"}`,
			arrives: `{"m.relates_to":{"rel_type":"m.annotation","event_id":"{on emote}","key":"👍🏽"}}`},
	}, pollKinds()...)
}

func pollKinds() []kind {
	return []kind{
		{name: "poll", eventType: pollKind + "start",
			sent:    `{"org.matrix.msc1767.text":"{real} kysyy","` + pollKind + `start":{"kind":"` + pollKind + `disclosed","max_selections":1,"question":{"org.matrix.msc1767.text":"Mikä {tag}, {real}?","body":"x","msgtype":"m.text"},"answers":[{"id":"{name}-1","org.matrix.msc1767.text":"Tämä"},{"id":"{name}-2","org.matrix.msc1767.text":"Tuo"}]}}`,
			arrives: `{"org.matrix.msc1767.text":"Mikä {tag}, {alias 0}?\n1. Tämä\n2. Tuo","` + pollKind + `start":{"kind":"` + pollKind + `disclosed","max_selections":1,"question":{"org.matrix.msc1767.text":"Mikä {tag}, {alias 0}?","body":"Mikä {tag}, {alias 0}?","msgtype":"m.text"},"answers":[{"id":"1","org.matrix.msc1767.text":"Tämä"},{"id":"2","org.matrix.msc1767.text":"Tuo"}]},"m.mentions":{}}`},
		{name: "vote", eventType: pollKind + "response", sent: `{"m.relates_to":{"rel_type":"m.reference","event_id":"{on poll}"},"` + pollKind + `response":{"answers":["{name}-2"]}}`,
			arrives: `{"m.relates_to":{"rel_type":"m.reference","event_id":"{on poll}"},"` + pollKind + `response":{"answers":["2"]}}`},
		{name: "end", eventType: pollKind + "end", sent: `{"m.relates_to":{"rel_type":"m.reference","event_id":"{on poll}"},"` + pollKind + `end":{},"org.matrix.msc1767.text":"{name} päätti"}`,
			arrives: `{"m.relates_to":{"rel_type":"m.reference","event_id":"{on poll}"},"` + pollKind + `end":{},"org.matrix.msc1767.text":"{ended}"}`},
		{name: "stable poll", eventType: "m.poll.start", as: pollKind + "start",
			sent:    `{"m.text":[{"body":"{real}"}],"m.poll":{"kind":"m.undisclosed","max_selections":2,"question":{"m.text":[{"body":"Vakaa {tag}?"}]},"answers":[{"m.id":"{name}","m.text":[{"body":"Joo"}]}]}}`,
			arrives: `{"org.matrix.msc1767.text":"Vakaa {tag}?\n1. Joo","` + pollKind + `start":{"kind":"` + pollKind + `undisclosed","max_selections":1,"question":{"org.matrix.msc1767.text":"Vakaa {tag}?","body":"Vakaa {tag}?","msgtype":"m.text"},"answers":[{"id":"1","org.matrix.msc1767.text":"Joo"}]},"m.mentions":{}}`},
		{name: "stable vote", eventType: "m.poll.response", as: pollKind + "response", sent: `{"m.relates_to":{"rel_type":"m.reference","event_id":"{on stable poll}"},"m.selections":["{name}"]}`,
			arrives: `{"m.relates_to":{"rel_type":"m.reference","event_id":"{on stable poll}"},"` + pollKind + `response":{"answers":["1"]}}`},
		{name: "place", eventType: "m.room.message", sent: `{"msgtype":"m.location","body":"{name}","geo_uri":"geo:60.1,24.9"}`, told: "relay.unsupported.location"},
		{name: "live place", eventType: "org.matrix.msc3672.beacon", sent: `{"org.matrix.msc3488.location":{"uri":"geo:60.1,24.9"}}`}, // told of the place just before
		{name: "call", eventType: "m.call.invite", sent: `{"call_id":"{name}","offer":{"sdp":"192.0.2.7"}}`, told: "relay.unsupported.call"},
		{name: "verification", eventType: "m.room.message", sent: `{"msgtype":"m.key.verification.request","to":"{user 1}","from_device":"X","body":"{name}"}`, told: "relay.unsupported.verification"},
		{name: "unknown", eventType: "com.example.card", sent: `{"card":"{name}"}`, told: "relay.unsupported.unknown"},
	}
}

// kinds has everybody send every kind, and compares what comes with what must.
func (c *talk) kinds() {
	c.t.Helper()
	for author := range c.seats {
		ids := map[string][]string{} // by case: its event in each seat's leg
		for i, k := range kinds() {
			tag := fmt.Sprintf("t%dk%d", author, i)
			c.kind(k, author, tag, ids)
		}
	}
}

func (c *talk) kind(k kind, author int, tag string, ids map[string][]string) {
	c.t.Helper()
	marks := make([]int, len(c.seats))
	for i, s := range c.seats {
		marks[i] = s.Mark()
	}
	s := c.seats[author]
	events := make([]string, len(c.seats))
	ids[k.name] = events
	events[author] = s.Send(s.leg, k.eventType, c.filled(k.sent, author, author, tag, ids))
	if k.told != "" {
		s.HearsIn(s.leg, marks[author], k.told)
	} else if k.arrives == "" { // told once for many: looked at with the next
		c.silent = marks
		return
	}
	if c.silent != nil {
		marks, c.silent = c.silent, nil
	}
	as := k.as
	if as == "" {
		as = k.eventType
	}
	for viewer, v := range c.seats {
		if viewer == author {
			continue
		}
		if k.arrives == "" {
			for _, e := range v.Events(marks[viewer]) { // the author has been told: nothing comes any more
				if e.Room == v.leg && e.Sender == c.ghosts[viewer][author] {
					c.t.Errorf("%s: it came to %s: %s", k.name, v.UserID, e.Raw)
				}
			}
			continue
		}
		events[viewer] = c.comes(k.name, as, author, viewer, marks[viewer], c.filled(k.arrives, author, viewer, tag, ids))
	}
}

// comes waits for an event of the author's ghost with that content and no other.
func (c *talk) comes(name, eventType string, author, viewer, mark int, want map[string]any) (event string) {
	c.t.Helper()
	v := c.seats[viewer]
	var got []string
	deadline := time.Now().Add(20 * time.Second)
	for {
		got = got[:0]
		for _, e := range v.Events(mark) {
			if e.Room != v.leg || e.Type != eventType || e.Sender != c.ghosts[viewer][author] {
				continue
			}
			if reflect.DeepEqual(e.Content, want) {
				overTheWire(c.t, name, v, e)
				return e.ID
			}
			raw, _ := json.Marshal(e.Content)
			got = append(got, string(raw))
		}
		if time.Now().After(deadline) {
			raw, _ := json.Marshal(want)
			c.t.Fatalf("%s by %d: %s got\n%s\nwant\n%s", name, author, v.UserID, strings.Join(got, "\n"), raw)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// overTheWire compares the event as the viewer's homeserver gives it, with all that
// changes from event to event taken out.
func overTheWire(t *testing.T, name string, v seat, e dev.Event) {
	t.Helper()
	raw, err := dev.NewUser(v.Account).Raw(t.Context(), "/_matrix/client/v3/rooms/"+v.leg+"/event/"+e.ID)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var got map[string]any
	if err = json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	content, _ := got["content"].(map[string]any)
	for _, volatile := range []string{"origin_server_ts", "unsigned", "age"} {
		delete(got, volatile)
	}
	want := map[string]any{"event_id": e.ID, "room_id": v.leg, "sender": e.Sender, "user_id": e.Sender, "type": e.Type, "content": content}
	if e.Encrypted {
		want["type"] = "m.room.encrypted"
		for key := range content { // what must be clear for the homeserver, and keys of the ghost's own session
			switch key {
			case "algorithm", "ciphertext", "session_id", "sender_key", "device_id", "m.relates_to":
			default:
				t.Errorf("%s: the wrapping of an event says %s", name, key)
			}
		}
	}
	if _, old := got["user_id"]; !old { // the same as the sender, from older Synapses
		delete(want, "user_id")
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: over the wire came %s", name, raw)
	}
}

var placeholder = regexp.MustCompile(`\{(on|user|alias) ([^}]*)\}`)

// filled is a content with its placeholders as they are in the room of viewer.
func (c *talk) filled(template string, author, viewer int, tag string, ids map[string][]string) map[string]any {
	c.t.Helper()
	s := c.seats[author]
	ended := c.seats[viewer].Reads("relay.poll_ended")
	text := strings.NewReplacer("{tag}", tag, "{real}", s.UserID, "{name}", profileName(s.Client), "{leg}", s.leg, "{ended}", ended).Replace(template)
	text = placeholder.ReplaceAllStringFunc(text, func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		if m[1] == "on" {
			return ids[m[2]][viewer]
		}
		var places int
		if _, err := fmt.Sscan(m[2], &places); err != nil {
			c.t.Fatal(err)
		}
		of := (author + places) % len(c.seats)
		switch {
		case m[1] == "alias":
			return c.seats[of].alias
		case of == viewer:
			return c.seats[of].UserID
		}
		return c.ghosts[viewer][of]
	})
	var content map[string]any
	if err := json.Unmarshal([]byte(text), &content); err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	return content
}

// polls: everybody votes on a poll of each, one of them twice, and every client
// counts the same.
func (c *talk) polls() {
	c.t.Helper()
	for author, s := range c.seats {
		question := fmt.Sprintf("Kysymys %d?", author)
		answers := []any{}
		for _, text := range []string{"Joo", "Ei"} {
			answers = append(answers, map[string]any{"id": "id-" + text, "org.matrix.msc1767.text": text})
		}
		s.Send(s.leg, pollKind+"start", map[string]any{"org.matrix.msc1767.text": question, pollKind + "start": map[string]any{
			"kind": pollKind + "disclosed", "max_selections": 1, "question": map[string]any{"org.matrix.msc1767.text": question}, "answers": answers}})
		want := map[int]string{}
		for voter := range c.seats {
			want[voter] = []string{"Joo", "Ei"}[(author+voter)%2]
			c.vote(voter, question, "Joo")
			c.vote(voter, question, want[voter])
		}
		for viewer := range c.seats {
			eventually(c.t, 20*time.Second, func() error { return c.counted(viewer, question, want) })
		}
	}
}

// start waits for a poll in a leg.
func (c *talk) start(viewer int, question string) dev.Event {
	c.t.Helper()
	v := c.seats[viewer]
	return v.Await(0, "a poll", func(e dev.Event) bool {
		return e.Room == v.leg && e.Type == pollKind+"start" && e.Text(pollKind+"start", "question", "org.matrix.msc1767.text") == question
	})
}

func (c *talk) vote(voter int, question, answer string) {
	c.t.Helper()
	v, e := c.seats[voter], c.start(voter, question)
	start, _ := e.Content[pollKind+"start"].(map[string]any)
	listed, _ := start["answers"].([]any)
	for _, one := range listed {
		if a, _ := one.(map[string]any); a["org.matrix.msc1767.text"] == answer {
			v.Send(v.leg, pollKind+"response", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.reference", "event_id": e.ID},
				pollKind + "response": map[string]any{"answers": []any{a["id"]}}})
		}
	}
}

// counted compares the votes that a client shows; matrix-js-sdk counts for
// itself, for the others it is counted here from what they were given.
func (c *talk) counted(viewer int, question string, want map[int]string) error {
	v, e := c.seats[viewer], c.start(viewer, question)
	got := map[string][]string{}
	if viewer == c.sdk {
		poll, err := v.Poll(v.leg, e.ID)
		if err != nil {
			return err
		}
		got = poll.Votes
	} else {
		for _, poll := range hs.Polls(timeline(v)) {
			if poll.Event == e.ID {
				got = poll.Votes
			}
		}
	}
	expected := map[string][]string{}
	for voter, answer := range want {
		user := c.ghosts[viewer][voter]
		if voter == viewer {
			user = v.UserID
		}
		expected[user] = []string{answer}
	}
	if !reflect.DeepEqual(got, expected) {
		return fmt.Errorf("%s counts %v, want %v", v.UserID, got, expected)
	}
	return nil
}

// timeline is what a client was given of its leg, in order and each event once.
func timeline(v seat) (events []hs.Event) {
	seen := map[string]bool{}
	for _, e := range v.Events(0) {
		if e.Room == v.leg && e.ID != "" && !seen[e.ID] {
			seen[e.ID] = true
			events = append(events, hs.Event{ID: e.ID, Type: e.Type, Room: e.Room, Sender: e.Sender, StateKey: e.StateKey, Content: e.Content})
		}
	}
	return events
}
