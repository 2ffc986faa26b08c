package bridge_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// push hands a transaction of these events to the bridge as a homeserver would.
func (w *world) push(events ...any) {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"events": events})
	if err != nil {
		w.t.Fatal(err)
	}
	if got := w.put("hs", body); got != http.StatusOK {
		w.t.Fatalf("the transaction was answered with %d", got)
	}
}

func (w *world) put(token string, body []byte) int {
	request := httptest.NewRequest(http.MethodPut, "/_matrix/app/v1/transactions/1", bytes.NewReader(body))
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	w.bridge.Handler().ServeHTTP(recorder, request)
	return recorder.Code
}

func TestIntakeAnswersBadInputClearly(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		token string
		body  string
		want  int
	}{
		"no token":                 {"", `{"events":[]}`, http.StatusUnauthorized},
		"wrong token":              {"as", `{"events":[]}`, http.StatusForbidden},
		"no JSON":                  {"hs", `{"events":[`, http.StatusBadRequest},
		"not an object":            {"hs", `[]`, http.StatusBadRequest},
		"events of the wrong type": {"hs", `{"events":{}}`, http.StatusBadRequest},
		"empty":                    {"hs", `{}`, http.StatusOK},
		"events that are none":     {"hs", `{"events":[1,null,"x",[],{},{"event_id":7},{"event_id":"$a","room_id":"!r","sender":"nobody","type":"t"}]}`, http.StatusOK},
		"identifiers too long":     {"hs", `{"events":[{"event_id":"$` + strings.Repeat("a", 300) + `","room_id":"!r:test","sender":"@a:test","type":"m.room.message"}]}`, http.StatusOK},
		"invalid UTF-8":            {"hs", "{\"events\":[{\"event_id\":\"$x\",\"room_id\":\"!r:test\",\"sender\":\"@a:test\",\"type\":\"m.room.message\",\"content\":{\"body\":\"\xff\xfe\"}}]}", http.StatusOK},
		"too large":                {"hs", `{"events":["` + strings.Repeat("x", 65<<20) + `"]}`, http.StatusRequestEntityTooLarge},
	} {
		if got := w.put(c.token, []byte(c.body)); got != c.want {
			t.Errorf("%s: answered with %d, want %d", name, got, c.want)
		}
	}
}

// Whatever stands in an event of a leg, the leg goes on.
func TestOddEventsStopNoLane(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	contents := []any{
		nil, 7, "text", []any{}, map[string]any{}, map[string]any{"msgtype": 7}, map[string]any{"msgtype": "m.text"},
		map[string]any{"msgtype": "m.text", "body": map[string]any{}}, map[string]any{"msgtype": "fi.example.odd", "body": "x"},
		map[string]any{"msgtype": "m.text", "body": strings.Repeat("a", 1_000_000)},
		map[string]any{"msgtype": "m.text", "body": "x", "m.relates_to": "odd"},
		map[string]any{"msgtype": "m.text", "body": "", "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": 5}},
		map[string]any{"membership": "join"},
	}
	var events []any
	for i, content := range contents {
		for _, kind := range []string{"m.room.message", "m.reaction", "m.room.redaction", "m.room.encrypted", "m.room.member", "fi.example.unknown"} {
			events = append(events, map[string]any{"event_id": "$odd" + kind + string(rune('a'+i)), "room_id": people[0].room,
				"sender": people[0].ID, "type": kind, "content": content})
			events = append(events, map[string]any{"event_id": "$state" + kind + string(rune('a'+i)), "room_id": people[0].room,
				"sender": people[0].ID, "type": kind, "state_key": "odd", "content": content})
		}
	}
	w.push(events...)
	if _, err := people[0].Say(people[0].room, "vielä elossa"); err != nil {
		t.Fatal(err)
	}
	deadline := func() bool {
		for _, m := range people[1].View(people[1].room) {
			if m.Body == "vielä elossa" {
				return true
			}
		}
		return false
	}
	w.until("the lane has gone on", deadline)
	if n := w.meter.count("fault in"); n != 0 {
		t.Errorf("%d faults", n)
	}
}
