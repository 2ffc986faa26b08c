//go:build goolm

package machine

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// catching is a catch-up that has not begun yet: whoever comes before it begins
// shares it, since it will see everything that came before.
type catching struct {
	start chan struct{} // whoever takes the token runs it
	done  chan struct{}
	n     int
	err   error
}

// filter leaves everything out of a sync but the device's own messages.
const filter = `{"presence":{"not_types":["*"]},"account_data":{"not_types":["*"]},"room":{"rooms":[]}}`

// mostMessages is how many to-device messages a sync of Synapse holds.
const mostMessages = 100

// CatchUp takes in what was sent to an account's device while no transaction
// came through: to-device messages and device changes of a downtime are in no
// transaction ever (traps 1 and 16), only in the device's inbox. It is for the
// reader at every start (EnsureReader does it), after any transaction that was
// not answered with 200, when a key is missing, and now and then. n is how many
// messages there were, mostly ones that had come by transaction, too.
//
// For a sender it empties the inbox, which only a sync does: what clients say
// to a device without one-time keys is of no use, but it piles up.
//
// Calls for one account at the same time share a run.
func (m *Machines) CatchUp(ctx context.Context, user id.UserID) (n int, err error) {
	m.catchMu.Lock()
	c := m.catches[user]
	if c == nil {
		c = &catching{start: make(chan struct{}, 1), done: make(chan struct{})}
		c.start <- struct{}{}
		m.catches[user] = c
	}
	m.catchMu.Unlock()
	select {
	case <-c.start:
	case <-c.done:
		return c.n, c.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	// One run at a time: the next one waits here for the one before.
	release, err := m.turns.take(ctx, "sync/"+string(user))
	if err != nil {
		c.start <- struct{}{} // somebody else's turn to run it
		return 0, err
	}
	m.catchMu.Lock()
	delete(m.catches, user) // from now on a caller wants a later one
	m.catchMu.Unlock()
	c.n, c.err = m.catchUp(ctx, user)
	release()
	close(c.done)
	return c.n, c.err
}

type syncAnswer struct {
	Next     string `json:"next_batch"`
	ToDevice struct {
		Events []json.RawMessage `json:"events"`
	} `json:"to_device"`
	Lists struct {
		Changed []id.UserID `json:"changed"`
		Left    []id.UserID `json:"left"`
	} `json:"device_lists"`
	Counts map[string]int `json:"device_one_time_keys_count"`
	Unused []string       `json:"device_unused_fallback_key_types"`
}

func (m *Machines) catchUp(ctx context.Context, user id.UserID) (n int, err error) {
	var state accountState
	var as *mautrix.Client
	err = m.with(ctx, user, func(a *account, _ *unit) error {
		state, as = a.state, m.client(a)
		return nil
	})
	for err == nil {
		var answer *syncAnswer
		answer, err = m.sync(ctx, as, state)
		if err != nil {
			break
		}
		n += len(answer.ToDevice.Events)
		if err = m.takeIn(ctx, user, state, answer); err != nil {
			break
		}
		state.Since = answer.Next
		err = m.with(ctx, user, func(a *account, u *unit) error {
			a.state.Since = answer.Next
			return m.save(a, u)
		})
		if len(answer.ToDevice.Events) < mostMessages {
			break
		}
	}
	return n, err
}

// sync asks once. A position that the homeserver does not know any more is
// given up: then everybody's device list may have changed.
func (m *Machines) sync(ctx context.Context, as *mautrix.Client, state accountState) (*syncAnswer, error) {
	answer := &syncAnswer{}
	ask := func(since string) error {
		query := url.Values{"timeout": {"0"}, "filter": {filter}, "set_presence": {"offline"}}
		if since != "" {
			query.Set("since", since)
		}
		address := as.BuildURLWithFullQuery(mautrix.ClientURLPath{"v3", "sync"}, func(q url.Values) {
			for k, v := range query {
				q[k] = v
			}
		})
		return m.requestURL(ctx, as, "catch up", http.MethodGet, address, nil, answer)
	}
	err := ask(state.Since)
	var refused *requestError
	if state.Since != "" && errors.As(err, &refused) && refused.status == http.StatusBadRequest {
		state.Since = ""
		err = ask("")
	}
	if err == nil && state.Since == "" && state.Reader {
		err = m.people.markAll()
	}
	return answer, err
}

// takeIn handles what a sync brought, before its position is kept.
func (m *Machines) takeIn(ctx context.Context, user id.UserID, state accountState, answer *syncAnswer) error {
	if !state.Reader {
		return nil
	}
	if err := m.DeviceLists(ctx, append(answer.Lists.Changed, answer.Lists.Left...)); err != nil {
		return err
	}
	if err := m.ToDevice(ctx, user, state.Device, answer.ToDevice.Events...); err != nil {
		return err
	}
	return m.KeyCounts(ctx, user, state.Device, answer.Counts, answer.Unused)
}
