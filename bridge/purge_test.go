package bridge_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"silta/store"
)

// disposal is a homeserver that removes rooms, which fails the first time for each:
// it said that it would, and did not.
type disposal struct {
	mu    sync.Mutex
	asked map[string]int
}

func (d *disposal) answer(r *http.Request) *http.Response {
	if !strings.HasPrefix(r.URL.Path, "/_synapse/admin/") || !strings.Contains(r.URL.Path, "/rooms/") {
		return nil
	}
	room := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	d.mu.Lock()
	defer d.mu.Unlock()
	status, body := http.StatusOK, "{}"
	switch {
	case d.asked[room] > 1:
		status, body = http.StatusNotFound, `{"errcode":"M_NOT_FOUND","error":"Room not found"}`
	case r.Method == http.MethodDelete:
		d.asked[room]++
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

// gone says whether a room has been removed.
func (d *disposal) gone(room string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[room] > 1
}

// TestRoomsAreRemoved: whoever is deleted leaves no room, also where the homeserver
// fails to remove one at first, and of a leg that had to be made anew the former
// room, too. A restart forgets nothing of it.
func TestRoomsAreRemoved(t *testing.T) {
	w := newWorld(t)
	d := &disposal{asked: map[string]int{}}
	w.mu.Lock()
	w.answer = d.answer
	w.mu.Unlock()
	l := newLeaver(w)
	former := l.kaisa.room
	w.hs.Inject(map[string]any{"event_id": newEvent(), "type": "m.room.tombstone", "state_key": "", "room_id": former, "sender": "@admin:test",
		"content": map[string]any{"replacement_room": "!elsewhere:test"}})
	w.until("the leg is given up", func() bool { return w.legState(l.kaisa) == store.RoomGone })
	must(struct{}{}, l.deletes())
	w.until("each room was to be removed", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.asked[l.aino.room] > 0 && d.asked[former] > 0
	})
	w.stop()
	w.start()
	for what, room := range map[string]string{"the leg": l.aino.room, "the former room of the other": former} {
		w.until(what+" is removed", func() bool { return d.gone(room) })
	}
}
