package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// How much of one room is read back: the newest.
const (
	timelinePage  = 100
	timelinePages = 200
)

// clockError is how far the homeserver's clock may be from ours.
const clockError = 5 * time.Second

// timeline reads what was sent in a room of ours as the bot, the newest first,
// back to a moment: no state, and nothing that has been redacted.
func (b *Bridge) timeline(ctx context.Context, room string, before time.Time) ([]wire, error) {
	var all []wire
	as := b.botActor()
	as.query = url.Values{"dir": {"b"}, "limit": {strconv.Itoa(timelinePage)}}
	for range timelinePages {
		var answer struct {
			End   string            `json:"end"`
			Chunk []json.RawMessage `json:"chunk"`
		}
		if err := b.hs.call(ctx, as, http.MethodGet, nil, &answer, "v3", "rooms", room, "messages"); err != nil {
			return nil, err
		}
		old := false
		for _, raw := range answer.Chunk {
			w, ok := readWire(raw)
			if !ok || w.StateKey != nil || len(w.Content) <= len("{}") || w.Type == "m.room.redaction" {
				continue
			}
			w.Room = room
			old = time.UnixMilli(w.Time).Before(before)
			all = append(all, w)
		}
		if answer.End == "" || len(answer.Chunk) == 0 || old {
			break
		}
		as.query.Set("from", answer.End)
	}
	return all, nil
}

// clear redacts what was said in a room of ours and is not in the message map:
// commands, and all of a person's own room. What the bot said from a moment on, and
// after the person's last word there, stays: those are the last lines, for the
// person to read. The homeserver's clock need not be ours, so the moment is rough.
func (b *Bridge) clear(ctx context.Context, room string, since time.Time) error {
	if room == "" {
		return nil
	}
	events, err := b.timeline(ctx, room, time.Time{})
	if err != nil {
		if isRefused(err) {
			return nil // left before
		}
		return err
	}
	word := slices.IndexFunc(events, func(w wire) bool { return !b.isOurs(w.Sender) }) // the newest is first
	for i := len(events) - 1; i >= 0; i-- {                                            // the oldest first: after a crash the person's last word still tells
		w := &events[i]
		if w.Sender == string(b.botID) && (word < 0 || i < word) && time.UnixMilli(w.Time).After(since.Add(-clockError)) {
			continue
		}
		if _, err = b.hs.redact(ctx, b.botActor(), room, w.ID, "clear"+randomName(16)); err != nil && !isRefused(err) {
			return err
		}
	}
	return nil
}
