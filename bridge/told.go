package bridge

import (
	"strings"
	"sync"
	"time"

	"silta/store"
)

// Some things that are not carried come many at once: ten pictures out of a
// gallery, a place that goes on being told, each sign of a call. Their sender is
// told once what cannot be sent here, not once for each; after a minute without
// any, they are told again. What went wrong with one message only (too long, a
// broken file) is told each time. In memory only.
type told struct {
	mu    sync.Mutex
	lines map[toldLine]toldOf
}

// toldLine is a line about a kind in a room.
type toldLine struct {
	room int64
	key  string
}

// toldOf is the event that the line was said about, and when one like it came last.
type toldOf struct {
	event string
	last  time.Time
}

const (
	toldFor  = time.Minute
	maxLines = 1000 // bounds the memory
)

// already says whether the sender of an event knows. The same event is asked
// about again when its step is run again.
func (t *told) already(room store.Room, key, event string, now time.Time) bool {
	line := toldLine{room.ID, key}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) >= maxLines {
		for one, of := range t.lines {
			if now.Sub(of.last) >= toldFor {
				delete(t.lines, one)
			}
		}
	}
	of, known := t.lines[line]
	if !known || now.Sub(of.last) >= toldFor {
		if of = (toldOf{event: event}); len(t.lines) >= maxLines {
			return false
		}
	}
	if t.lines == nil {
		t.lines = map[toldLine]toldOf{}
	}
	of.last = now
	t.lines[line] = of
	return of.event != event
}

// neverCarried says whether a refusal is about a kind of content rather than about
// the one message.
func neverCarried(key string) bool {
	switch key {
	case "relay.unsupported.location", "relay.unsupported.call", "relay.unsupported.verification",
		"relay.unsupported.unknown", "relay.unsupported.gallery":
		return true
	}
	return strings.HasPrefix(key, "media.off.")
}
