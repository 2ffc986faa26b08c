package bridge_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
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

// Synapse answers a ping with 502 although it has called, when it is just then
// trying again by itself: the start must not wait for that.
func TestAPingThatCameCounts(t *testing.T) {
	w := newWorld(t)
	w.stop()
	w.mu.Lock()
	w.answer = func(r *http.Request) *http.Response {
		if !strings.HasSuffix(r.URL.Path, "/appservice/silta/ping") {
			return nil
		}
		call := httptest.NewRequest(http.MethodPost, "/_matrix/app/v1/ping", r.Body)
		call.Header.Set("Authorization", "Bearer hs")
		w.bridge.Handler().ServeHTTP(httptest.NewRecorder(), call)
		return &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{}, Request: r,
			Body: io.NopCloser(strings.NewReader(`{"errcode":"M_CONNECTION_FAILED"}`))}
	}
	w.mu.Unlock()
	w.start()
	// One that did not come does not count.
	w.stop()
	w.mu.Lock()
	tries := 0
	w.answer = func(r *http.Request) *http.Response {
		if !strings.HasSuffix(r.URL.Path, "/appservice/silta/ping") {
			return nil
		}
		if tries++; tries > 1 {
			return nil
		}
		return &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{}, Request: r,
			Body: io.NopCloser(strings.NewReader(`{"errcode":"M_CONNECTION_FAILED"}`))}
	}
	w.mu.Unlock()
	w.start()
	if tries < 2 {
		t.Errorf("pinged %d times, want a second try after one that did not come", tries)
	}
}
