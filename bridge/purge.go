package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// purge has the homeserver remove a room from its own database, where it lets us:
// what is redacted, and who was in it under which name, is gone at once then and
// not only after its own times. Elsewhere those times count, and nothing is lost.
func (b *Bridge) purge(ctx context.Context, room string) error {
	if room == "" {
		return nil
	}
	err := b.hs.purgeRoom(ctx, b.botActor(), b.config.Load().Homeserver.AdminToken, room)
	if errors.Is(err, errNotAllowed) {
		return nil
	}
	return err
}

// purgeRoom begins to delete a room by Synapse's admin API, which goes on by
// itself. Who of its own users is still in it is sent away.
func (hs *homeserver) purgeRoom(ctx context.Context, as actor, adminToken, room string) error {
	raw, err := json.Marshal(map[string]bool{"purge": true, "block": false})
	if err != nil {
		return fmt.Errorf("write request: %w", err)
	}
	target, token := hs.adminURL(as, adminToken, "v2", "rooms", room)
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, target, bytes.NewReader(raw))
	if err != nil {
		return &failure{}
	}
	request.Header["Authorization"] = []string{token}
	request.Header["Content-Type"] = []string{"application/json"}
	err = hs.finish(ctx, hs.client, request, nil)
	var f *failure
	switch {
	case !errors.As(err, &f) || f.transient:
		return err
	case f.status == http.StatusNotFound && f.code == "M_NOT_FOUND", f.status == http.StatusBadRequest:
		return nil // gone already, or under way
	}
	return errNotAllowed
}
