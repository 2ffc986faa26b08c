package bridge_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// between lets a test answer in the homeserver's place.
func (w *world) between(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		w.mu.Lock()
		answer := w.answer
		w.mu.Unlock()
		if answer != nil {
			if response := answer(r); response != nil {
				return response, nil
			}
		}
		return next.RoundTrip(r)
	})
}

// What a restarted Synapse forgot to send is asked for and relayed, once.
func TestWhatNoTransactionBroughtIsAskedFor(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	forgotten := map[string]any{"event_id": newEvent(), "sender": people[0].ID, "type": "m.room.message",
		"origin_server_ts": 1, "content": map[string]any{"msgtype": "m.text", "body": "unohdettu"}}
	body, err := json.Marshal(map[string]any{"next_batch": "later", "rooms": map[string]any{"join": map[string]any{
		people[0].room: map[string]any{"timeline": map[string]any{"events": []any{forgotten}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.answer = func(r *http.Request) *http.Response {
		if !strings.HasSuffix(r.URL.Path, "/sync") {
			return nil
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}
	}
	w.mu.Unlock()
	w.stop()
	w.start() // whatever was the reason, it asks at each start
	w.sees(people[1], "unohdettu")
	w.stop()
	w.start() // and what it knows already is not relayed again
	if _, err = people[0].Say(people[0].room, "uusi"); err != nil {
		t.Fatal(err)
	}
	w.sees(people[1], "unohdettu", "uusi")
}
