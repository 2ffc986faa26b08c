package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

const transactions = "/_matrix/app/v1/transactions/"

// TestBadInput: whatever comes to the port that the homeserver uses, the program
// answers clearly or drops it, and goes on. Encryption is off, so that what is
// pushed there is read at all.
func TestBadInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dev.Set("encryption", "off"))
	p := w.pair(t)
	t.Run("requests", func(t *testing.T) { badRequests(t, w) })
	t.Run("events", func(t *testing.T) { badEvents(t, w, p) })
	t.Run("forged", func(t *testing.T) { forged(t, w, p) })
	t.Run("long", func(t *testing.T) { long(t, w, p) })
	t.Run("nicknames", func(t *testing.T) { badNicknames(t, w) })
	p.mentee.Text(p.menteeLeg, "ja matka jatkuu")
	p.mentor.AwaitText(p.mentorLeg, "ja matka jatkuu")
	if faults := w.Metrics().Sum("silta_set_aside_total"); faults != 0 {
		t.Errorf("%v rows were given up because of bad input", faults)
	}
	if !w.Running() {
		t.Error("the program has ended")
	}
	w.noPanic(t)
}

func badRequests(t *testing.T, w *world) {
	token := w.HomeserverToken()
	for _, c := range []struct {
		name, method, path, token string
		body                      []byte
		want                      []int
	}{
		{"no token", http.MethodPut, transactions + "b1", "", []byte(`{"events":[]}`), []int{401, 403}},
		{"wrong token", http.MethodPut, transactions + "b2", "vale", []byte(`{"events":[]}`), []int{401, 403}},
		{"half a token", http.MethodPut, transactions + "b3", token[:len(token)/2], []byte(`{"events":[]}`), []int{401, 403}},
		{"not JSON", http.MethodPut, transactions + "b4", token, []byte(`{"events":[`), []int{400}},
		{"empty", http.MethodPut, transactions + "b5", token, nil, []int{400}},
		{"not an object", http.MethodPut, transactions + "b6", token, []byte(`[]`), []int{400}},
		{"events not a list", http.MethodPut, transactions + "b7", token, []byte(`{"events":{"a":1}}`), []int{400}},
		{"invalid UTF-8", http.MethodPut, transactions + "b8", token, []byte("{\"events\":[{\"type\":\"m.\xff\xfe\"}]}"), []int{200, 400}},
		{"deep", http.MethodPut, transactions + "b9", token, []byte(`{"events":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `}`), []int{400}},
		{"too large", http.MethodPut, transactions + "b10", token, bytes.Repeat([]byte(" "), 80<<20), []int{413, 0}}, // 0: hung up while we were sending
		{"other path", http.MethodPut, "/_matrix/app/v1/nothing", token, []byte(`{}`), []int{404}},
		{"other method", http.MethodPost, transactions + "b11", token, []byte(`{"events":[]}`), []int{404, 405}},
		{"a user", http.MethodGet, "/_matrix/app/v1/users/@silta_x:localhost", token, nil, []int{404}},
		{"a ping", http.MethodPost, "/_matrix/app/v1/ping", token, []byte(`{}`), []int{200}},
	} {
		status, answer := w.Push(c.method, c.path, c.token, c.body)
		ok := false
		for _, want := range c.want {
			ok = ok || status == want
		}
		if !ok {
			t.Errorf("%s: answered %d %.100s, want one of %v", c.name, status, answer, c.want)
		}
		if strings.Contains(answer, token) {
			t.Errorf("%s: the answer has the token in it", c.name)
		}
	}
}

// badEvents: events with missing or mistyped fields, in a room of the service.
func badEvents(t *testing.T, w *world, p *pair) {
	silent := p.mentor.Mark()
	room, sender := p.menteeLeg, p.mentee.UserID
	n := 0
	event := func(kind any, content any, more ...any) map[string]any {
		n++
		e := map[string]any{"type": kind, "room_id": room, "sender": sender, "content": content,
			"event_id": "$paha" + strconv.Itoa(n), "origin_server_ts": time.Now().UnixMilli()}
		for i := 0; i+1 < len(more); i += 2 {
			e[more[i].(string)] = more[i+1]
		}
		return e
	}
	content := func(pairs ...any) map[string]any {
		c := map[string]any{"msgtype": "m.text", "body": "paha"}
		for i := 0; i+1 < len(pairs); i += 2 {
			c[pairs[i].(string)] = pairs[i+1]
		}
		return c
	}
	odd := []any{nil, 1, 1.5, true, "", "teksti", []any{}, []any{1}, map[string]any{}, map[string]any{"a": nil}}
	events := []any{nil, 1, "teksti", []any{}, map[string]any{}, map[string]any{"type": "m.room.message"}}
	for _, o := range odd {
		events = append(events, event("m.room.message", o), event(o, content()),
			event("m.room.message", content("body", o)), event("m.room.message", content("msgtype", o)),
			event("m.room.message", content("m.relates_to", o)), event("m.room.message", content("m.new_content", o, "m.relates_to", map[string]any{"rel_type": "m.replace", "event_id": o})),
			event("m.reaction", content("m.relates_to", map[string]any{"rel_type": "m.annotation", "event_id": o, "key": o})),
			event("m.room.redaction", o, "redacts", o), event("m.room.member", o, "state_key", sender),
			event("m.room.member", map[string]any{"membership": o}, "state_key", o),
			event("m.room.encrypted", o), event("m.room.tombstone", o, "state_key", 7),
			event("m.room.message", content("body", o), "room_id", o), event("m.room.message", content("body", o), "sender", o),
			event("m.room.message", content("body", o), "event_id", o))
	}
	for _, kind := range []string{"fi.silta.tuntematon", "m.sticker", "m.poll.start", "m.call.invite", "m.beacon", "m.room.name", strings.Repeat("x", 5000)} {
		events = append(events, event(kind, content()))
	}
	if status := w.Transaction(events...); status != 200 {
		t.Errorf("a transaction of bad events was answered with %d", status)
	}
	p.mentee.Text(p.menteeLeg, "heti pahojen perään")
	p.mentor.AwaitText(p.mentorLeg, "heti pahojen perään")
	p.mentor.Never(silent, 0, "something odd", func(e dev.Event) bool {
		return e.Room == p.mentorLeg && e.Type != "m.room.message"
	})
}

// forged: what the sender of an event may not do, and the same event twice.
func forged(t *testing.T, w *world, p *pair) {
	silent := p.mentor.Mark()
	message := func(id, sender, body string) map[string]any {
		return map[string]any{"type": "m.room.message", "room_id": p.menteeLeg, "sender": sender, "event_id": id,
			"origin_server_ts": time.Now().UnixMilli(), "content": map[string]any{"msgtype": "m.text", "body": body}}
	}
	once := message("$kahdesti", p.mentee.UserID, "vain kerran")
	for range 2 {
		w.Transaction(message("$vieras", "@vieras:localhost", "vieraan sana"),
			message("$mentori", p.mentor.UserID, "mentorin sana väärässä huoneessa"), once, once)
	}
	p.mentor.AwaitText(p.mentorLeg, "vain kerran")
	p.mentee.Text(p.menteeLeg, "oikea viesti")
	p.mentor.AwaitText(p.mentorLeg, "oikea viesti")
	times := 0
	for _, e := range p.mentor.Events(silent) {
		switch {
		case e.Room != p.mentorLeg || e.Type != "m.room.message":
		case e.Body() == "vain kerran":
			times++
		case strings.Contains(e.Body(), "sana"):
			t.Errorf("a forged message was relayed: %s", e.Raw)
		}
	}
	if times != 1 {
		t.Errorf("an event that came four times was relayed %d times", times)
	}
}

// long: what is too long is answered, what is just not is carried.
func long(t *testing.T, w *world, p *pair) {
	body := strings.TrimSpace(strings.Repeat("pitkä viesti ", 2200))
	p.mentee.Text(p.menteeLeg, body)
	p.mentor.AwaitText(p.mentorLeg, body)
	mark := p.mentee.Mark()
	p.mentee.Text(p.menteeLeg, body+body)
	p.mentee.HearsIn(p.menteeLeg, mark, "relay.unsupported.too_long")
	mark = p.mentee.Mark()
	w.Transaction(map[string]any{"type": "m.room.message", "room_id": p.menteeLeg, "sender": p.mentee.UserID,
		"event_id": "$miljoona", "origin_server_ts": time.Now().UnixMilli(),
		"content": map[string]any{"msgtype": "m.text", "body": strings.Repeat("a", 1_000_000)}})
	p.mentee.HearsIn(p.menteeLeg, mark, "relay.unsupported.too_long")
	p.mentee.Text(p.menteeLeg, "lyhyempi")
	p.mentor.AwaitText(p.mentorLeg, "lyhyempi")
}

// badNicknames: look-alikes, line breaks, invisible characters, contacts.
func badNicknames(t *testing.T, w *world) {
	p := w.Meet(dev.Plain(t, w.account(t)), w.Words)
	p.Hears("language.ask")
	p.Say("1")
	p.Hears("join.age")
	yes := w.Words.Answer("fi", "yes")
	p.Asks(yes, "join.consent")
	p.Asks(yes, "join.nickname")
	for _, name := range []string{
		"Кuusi", "Kuu\nsi", "a", strings.Repeat("a", 31), "aino@example.org", "040 123 4567", "@aino:localhost",
		"https://aino.example", "010190-123A", "🙂🙂🙂",
	} {
		mark := p.Mark()
		p.Say(name)
		e := p.Await(mark, fmt.Sprintf("an answer to the nickname %q", name), func(e dev.Event) bool {
			return e.Room == p.Room && e.Sender == w.Bot && e.Type == "m.room.message"
		})
		done, err := w.Words.Pattern("fi", "join.done")
		if err != nil {
			t.Fatal(err)
		}
		if done.MatchString(e.Body()) {
			t.Fatalf("the nickname %q was taken: %s", name, e.Body())
		}
	}
	p.Asks(w.nickname(), "join.done")
}
