package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"silta/mentoring"
	"silta/store"
)

// purge has the homeserver remove a room from its own database, where it lets us:
// what is redacted, and who was in it under which name, is gone at once then and
// not only after its own times. Elsewhere those times count, and nothing is lost.
// The homeserver does it later by itself and can fail (measured on Synapse 1.160: an
// event that is being stored meanwhile breaks it), so a job looks until it is done.
func (b *Bridge) purge(ctx context.Context, room string) error {
	if room == "" {
		return nil
	}
	begun, err := b.hs.purgeRoom(ctx, b.botActor(), b.config.Load().Homeserver.AdminToken, room)
	if errors.Is(err, errNotAllowed) || err == nil && !begun {
		return nil
	}
	if err != nil {
		return err
	}
	return b.run(ctx, func(s *step) error {
		return s.jobAt(s.now.Add(purgeLook), job{Op: opPurged, Room: room, Since: s.now.UnixMilli()}, "purged", room)
	})
}

const (
	purgeLook     = 2 * time.Second // from asking to looking; then ever more slowly
	purgePatience = 7 * 24 * time.Hour
)

// purged looks whether a room is gone, and asks for it again when it is not.
func (b *Bridge) purged(ctx context.Context, j job) error {
	token := b.config.Load().Homeserver.AdminToken
	there, err := b.hs.roomExists(ctx, b.botActor(), token, j.Room)
	switch {
	case errors.Is(err, errNotAllowed), err == nil && !there:
		return nil
	case err != nil:
		return err
	}
	asked := b.now().Sub(time.UnixMilli(j.Since))
	if asked > purgePatience {
		b.log.Warn().Msg("a room could not be removed from the homeserver")
		return nil
	}
	if _, err = b.hs.purgeRoom(ctx, b.botActor(), token, j.Room); err != nil && !errors.Is(err, errNotAllowed) {
		return err
	}
	return &errNotYet{until: min(max(asked/2, purgeLook), time.Hour)}
}

// purgeFormer purges the rooms of a conversation besides its legs: those that a leg
// had before it had to be made anew. What was said there is there still.
func (b *Bridge) purgeFormer(ctx context.Context, of mentoring.ConversationID, legs []store.Room) error {
	var rooms []string
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		rooms = nil
		c, err := tx.Conversation(of)
		if err != nil {
			return notFoundIsFine(err)
		}
		for _, p := range c.Participants {
			all, err := tx.RoomsOf(store.RoomLeg, int64(p.ID))
			if err != nil {
				return err
			}
			for _, room := range all {
				if !slices.ContainsFunc(legs, func(leg store.Room) bool { return leg.ID == room.ID }) {
					rooms = append(rooms, room.Matrix)
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, room := range rooms {
		if err = b.purge(ctx, room); err != nil {
			return err
		}
	}
	return nil
}

// purgeRoom begins to delete a room by Synapse's admin API, which goes on by
// itself. Who of its own users is still in it is sent away. begun is false when
// there is no such room.
func (hs *homeserver) purgeRoom(ctx context.Context, as actor, adminToken, room string) (begun bool, err error) {
	raw, err := json.Marshal(map[string]bool{"purge": true, "block": false})
	if err != nil {
		return false, fmt.Errorf("write request: %w", err)
	}
	return hs.askRoom(ctx, as, adminToken, http.MethodDelete, "v2", room, bytes.NewReader(raw))
}

// roomExists says whether the homeserver has a room in its database.
func (hs *homeserver) roomExists(ctx context.Context, as actor, adminToken, room string) (bool, error) {
	return hs.askRoom(ctx, as, adminToken, http.MethodGet, "v1", room, http.NoBody)
}

// askRoom asks Synapse's admin API something about a room; there is false when it
// has none of that name.
func (hs *homeserver) askRoom(ctx context.Context, as actor, adminToken, method, version, room string, body io.Reader) (there bool, err error) {
	target, token := hs.adminURL(as, adminToken, version, "rooms", room)
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return false, &failure{}
	}
	request.Header["Authorization"] = []string{token}
	request.Header["Content-Type"] = []string{"application/json"}
	err = hs.finish(ctx, hs.client, request, nil)
	var f *failure
	switch {
	case !errors.As(err, &f) || f.transient:
		return err == nil, err
	case f.status == http.StatusNotFound && f.code == "M_NOT_FOUND":
		return false, nil
	case f.status == http.StatusBadRequest:
		return true, nil // under way
	}
	return false, errNotAllowed
}
