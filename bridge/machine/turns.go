//go:build goolm

package machine

import (
	"context"
	"sync"
)

// turns lets one at a time do something by a name. Unlike a mutex it may be
// held while the network is waited for: who waits for a turn gives up when
// their context ends.
type turns struct {
	mu  sync.Mutex
	all map[string]*turn
}

type turn struct {
	token chan struct{} // full: somebody has the turn
	users int           // who has it or waits for it
}

func newTurns() *turns { return &turns{all: map[string]*turn{}} }

// take waits for the turn; done gives it back.
func (t *turns) take(ctx context.Context, name string) (done func(), err error) {
	t.mu.Lock()
	one := t.all[name]
	if one == nil {
		one = &turn{token: make(chan struct{}, 1)}
		t.all[name] = one
	}
	one.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if one.users--; one.users == 0 {
			delete(t.all, name)
		}
	}
	select {
	case one.token <- struct{}{}:
		return func() { <-one.token; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
