package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"silta/store"
)

// Synapse keeps the events that it is about to put into a transaction in memory,
// and has by then noted that they were sent: a homeserver that is killed loses
// them for the appservice, though people see them in their rooms (read in its
// handlers/appservice.py; 2 of 2,000 messages in three restarts under load). So
// whenever the homeserver may have been restarted (a request failed, a connection
// ended, its transaction IDs began anew), the bot, who is in every room
// of ours, asks by /sync what was said there since it last asked, before
// anything newer is kept. What came by transaction as well is known by its ID.

// settingPosition is up to where the bot has asked.
const settingPosition = store.DeviceSetting + "position"

const (
	missedTimeout = 20 * time.Second
)

// Filters of /sync: nothing but a position; and the events of rooms, without
// state apart from the timeline, receipts, typing or account data.
const (
	positionFilter = `{"presence":{"not_types":["*"]},"account_data":{"not_types":["*"]},"room":{"rooms":[]}}`
	missedFilter   = `{"presence":{"not_types":["*"]},"account_data":{"not_types":["*"]},"room":{"account_data":{"not_types":["*"]},` +
		`"ephemeral":{"not_types":["*"]},"state":{"not_types":["*"]},"timeline":{"limit":100}}}`
)

// syncAnswer is what is read of /sync.
type syncAnswer struct {
	Next  string `json:"next_batch"`
	Rooms struct {
		Join map[string]struct {
			Timeline timeline `json:"timeline"`
		} `json:"join"`
	} `json:"rooms"`
}

// timeline is a piece of a room's history, from /sync or /messages.
type timeline struct {
	Events  []json.RawMessage `json:"events"`
	Limited bool              `json:"limited"`
	Before  string            `json:"prev_batch"`

	Chunk []json.RawMessage `json:"chunk"` // of /messages: newest first
	End   string            `json:"end"`
}

// sync asks as the bot, but as none of its devices: asking for a device would
// take away what was sent to it.
func (hs *homeserver) sync(ctx context.Context, as actor, since, filter string) (*syncAnswer, error) {
	query := url.Values{"timeout": {"0"}, "set_presence": {"offline"}, "filter": {filter}}
	if since != "" {
		query.Set("since", since)
	}
	answer := &syncAnswer{}
	as.query = query
	return answer, hs.call(ctx, as, http.MethodGet, nil, answer, "v3", "sync")
}

// missed keeps what was said in our rooms and did not come by transaction.
func (b *Bridge) missed(ctx context.Context) error {
	select { // not a mutex: it is held while the homeserver is asked
	case b.missing <- struct{}{}:
		defer func() { <-b.missing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, missedTimeout)
	defer cancel()
	b.suspect.Store(false) // trouble from now on asks again
	err := b.ask(ctx)
	if err != nil {
		b.suspect.Store(true)
	}
	return err
}

func (b *Bridge) ask(ctx context.Context) error {
	var since string
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		since, err = tx.Setting(settingPosition)
		return err
	})
	if err != nil {
		return err
	}
	filter := missedFilter
	if since == "" {
		filter = positionFilter // the first time there is nothing that could be missing
	}
	as := actor{user: b.botID}
	answer, err := b.hs.sync(ctx, as, since, filter)
	var refused *failure
	if since != "" && errors.As(err, &refused) && refused.status == http.StatusBadRequest {
		// A homeserver that does not know the position any more (it was restored):
		// what is missing cannot be asked for, what comes from now on can.
		answer, err = b.hs.sync(ctx, as, "", positionFilter)
	}
	if err != nil {
		return err
	}
	var rows []kept
	for room, joined := range answer.Rooms.Join {
		events := joined.Timeline.Events
		if joined.Timeline.Limited {
			if events, err = b.hs.between(ctx, as, room, joined.Timeline, since); err != nil {
				return err
			}
		}
		for _, raw := range events {
			if row, ok := b.missedRow(room, raw); ok {
				rows = append(rows, row)
			}
		}
	}
	return b.store.WriteFirst(ctx, func(tx *store.Tx) error {
		if err := enqueueNew(tx, rows); err != nil {
			return err
		}
		return tx.PutSetting(settingPosition, answer.Next)
	})
}

// missedRow makes of an event of /sync, which does not name its room, the row
// that its transaction would have made.
func (b *Bridge) missedRow(room string, raw json.RawMessage) (kept, bool) {
	var event map[string]json.RawMessage
	if json.Unmarshal(raw, &event) != nil {
		return kept{}, false
	}
	event["room_id"], _ = json.Marshal(room) // a string always can
	delete(event, "unsigned")
	whole, err := json.Marshal(event)
	if err != nil {
		return kept{}, false
	}
	return b.eventRow(whole)
}

// mostPages bounds how far back one question goes in one room.
const mostPages = 50

// between reads what a limited timeline left out, back to a position; the
// oldest comes first.
func (hs *homeserver) between(ctx context.Context, as actor, room string, t timeline, since string) ([]json.RawMessage, error) {
	events := t.Events
	from := t.Before
	for range mostPages {
		query := url.Values{"dir": {"b"}, "from": {from}, "to": {since}, "limit": {"100"}}
		as.query = query
		var page timeline
		err := hs.call(ctx, as, http.MethodGet, nil, &page, "v3", "rooms", room, "messages")
		if err != nil {
			return nil, fmt.Errorf("read back: %w", err)
		}
		older := make([]json.RawMessage, 0, len(page.Chunk)+len(events))
		for i := len(page.Chunk) - 1; i >= 0; i-- {
			older = append(older, page.Chunk[i])
		}
		events = append(older, events...)
		if page.End == "" || len(page.Chunk) == 0 {
			break
		}
		from = page.End
	}
	return events, nil
}
