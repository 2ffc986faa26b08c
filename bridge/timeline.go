package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// How much of one room is read back: the newest.
const (
	timelinePage  = 100
	timelinePages = 200
)

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
// commands, and all of a person's own room. What the bot said from a moment on
// stays: those are the last lines, for the person to read.
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
	for _, w := range events {
		if w.Sender == string(b.botID) && !time.UnixMilli(w.Time).Before(since) {
			continue
		}
		if _, err = b.hs.redact(ctx, b.botActor(), room, w.ID, "clear"+randomName(16)); err != nil && !isRefused(err) {
			return err
		}
	}
	return nil
}
