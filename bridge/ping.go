package bridge

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// ping asks the homeserver to call us back; it ends its back-off at once.
//
// Whether it did is seen here, not there: Synapse answers 502
// M_CONNECTION_FAILED when it is just then trying again by itself, although its
// call has come (read in its appservice/scheduler.py: it cancels a timer that
// has run out already).
func (b *Bridge) ping(ctx context.Context) error {
	ticket := randomName(8)
	came := make(chan struct{})
	b.pings.Store(ticket, came)
	defer b.pings.Delete(ticket)
	err := b.hs.call(ctx, actor{}, http.MethodPost, map[string]any{"transaction_id": ticket}, nil,
		"v1", "appservice", b.registration.ID, "ping")
	select {
	case <-came:
		return nil
	default:
		return err
	}
}

// pinged takes the homeserver's call.
func (b *Bridge) pinged(w http.ResponseWriter, r *http.Request) {
	var call struct {
		Ticket string `json:"transaction_id"`
	}
	if json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&call) == nil {
		if came, ours := b.pings.LoadAndDelete(call.Ticket); ours {
			close(came.(chan struct{}))
		}
	}
	writeJSON(w, http.StatusOK, struct{}{})
}
