package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"silta/dev"
)

// deliveryTime is how long a message may take before the measurement is given up.
const deliveryTime = 30 * time.Second

// inbox is what one person's client has been shown, room by room.
type inbox struct {
	mu      sync.Mutex
	bodies  map[string][]string
	at      map[string]time.Time // by room and body
	changed chan struct{}
}

func newInbox() *inbox {
	return &inbox{bodies: map[string][]string{}, at: map[string]time.Time{}, changed: make(chan struct{})}
}

func (b *inbox) add(s *dev.Sync) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	for room, news := range s.Rooms.Join {
		for _, raw := range news.Timeline.Events {
			var ev struct {
				Content struct{ Body string }
			}
			if json.Unmarshal(raw, &ev) == nil && strings.HasPrefix(ev.Content.Body, textPrefix) {
				b.bodies[room] = append(b.bodies[room], ev.Content.Body)
				b.at[room+ev.Content.Body] = now
			}
		}
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// wait returns when a message arrived in a room.
func (b *inbox) wait(ctx context.Context, room, body string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	for {
		b.mu.Lock()
		at, ok := b.at[room+body]
		changed := b.changed
		b.mu.Unlock()
		if ok {
			return at, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return at, fmt.Errorf("%q has not arrived after %v", body, deliveryTime)
		}
	}
}

// disorder counts what of the messages base+1 … base+n did not come, came twice
// or came in a wrong place.
func (b *inbox) disorder(room string, base, n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	next, wrong := base+1, 0
	for _, body := range b.bodies[room] {
		k, err := strconv.Atoi(strings.TrimPrefix(body, textPrefix))
		if err != nil || k <= base || k > base+n {
			continue
		}
		if k != next {
			wrong++
		}
		next = k + 1
	}
	return wrong + base + n + 1 - next
}
