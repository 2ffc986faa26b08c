package dev

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
)

// SyncRoom is what one sync said of one room.
type SyncRoom struct {
	State    struct{ Events []json.RawMessage }
	Timeline struct {
		Events  []json.RawMessage
		Limited bool
		Prev    string `json:"prev_batch"`
	}
	// InviteState is set for invitations only.
	InviteState struct{ Events []json.RawMessage } `json:"invite_state"`
}

// Sync is one answer of /sync.
type Sync struct {
	Since string `json:"-"` // where it began
	Next  string `json:"next_batch"`
	Rooms struct {
		Join   map[string]*SyncRoom
		Invite map[string]*SyncRoom
		Leave  map[string]*SyncRoom
	}

	// What encryption needs.
	ToDevice    mautrix.SyncEventsList `json:"to_device"`
	DeviceLists mautrix.DeviceLists    `json:"device_lists"`
	KeyCounts   mautrix.OTKCount       `json:"device_one_time_keys_count"`
}

// SyncOn syncs until the context ends and hands over each answer, in order. It
// goes on over restarts of the homeserver, and fills gaps that the homeserver
// left in a timeline, so that every event is seen. since is where to begin
// ("": from nothing); it returns where it ended.
func (u *User) SyncOn(ctx context.Context, since string, each func(*Sync)) string {
	for ctx.Err() == nil {
		answer, err := u.syncOnce(ctx, since)
		if err != nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		answer.Since = since
		each(answer)
		since = answer.Next
	}
	return since
}

func (u *User) syncOnce(ctx context.Context, since string) (*Sync, error) {
	query := url.Values{"timeout": {"10000"}, "filter": {`{"presence":{"types":[]},"room":{"timeline":{"limit":100},"ephemeral":{"types":[]}}}`}}
	if since != "" {
		query.Set("since", since)
	} else {
		query.Set("timeout", "0")
	}
	var answer Sync
	if err := u.Do(ctx, http.MethodGet, api+"/sync?"+query.Encode(), nil, &answer); err != nil {
		return nil, err
	}
	if since == "" {
		return &answer, nil
	}
	for id, room := range answer.Rooms.Join {
		if !room.Timeline.Limited {
			continue
		}
		missed, err := u.between(ctx, id, since, room.Timeline.Prev)
		if err != nil {
			return nil, err
		}
		room.Timeline.Events = append(missed, room.Timeline.Events...)
	}
	return &answer, nil
}

// between reads the events of a room between two sync tokens, in order.
func (u *User) between(ctx context.Context, room, since, until string) ([]json.RawMessage, error) {
	var missed []json.RawMessage
	for from := until; from != ""; {
		query := url.Values{"dir": {"b"}, "from": {from}, "to": {since}, "limit": {strconv.Itoa(500)}}
		var page struct {
			Chunk []json.RawMessage
			End   string
		}
		if err := u.Do(ctx, http.MethodGet, api+"/rooms/"+url.PathEscape(room)+"/messages?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		missed = append(missed, page.Chunk...)
		if len(page.Chunk) == 0 {
			break
		}
		from = page.End
	}
	slices.Reverse(missed)
	return missed, nil
}

// pause sleeps, unless the context ends first.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
