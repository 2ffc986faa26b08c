package media

import (
	"context"
	"fmt"
	"sync"
)

// budget is memory that several decodes share: those that do not fit wait,
// in the order in which they came, so that a big one is not passed for ever.
type budget struct {
	total int64

	mu      sync.Mutex
	free    int64
	waiting []*waiter
}

type waiter struct {
	need  int64
	ready chan struct{} // closed when the memory is the waiter's
}

func newBudget(total int64) *budget { return &budget{total: total, free: total} }

// take waits for n bytes, at most the total, and returns what gives them back.
func (b *budget) take(ctx context.Context, n int64) (release func(), err error) {
	if n > b.total {
		return nil, refuse(WhyPixels, "needs %d of %d bytes", n, b.total)
	}
	give := sync.OnceFunc(func() { b.give(n) })
	b.mu.Lock()
	if len(b.waiting) == 0 && b.free >= n {
		b.free -= n
		b.mu.Unlock()
		return give, nil
	}
	w := &waiter{need: n, ready: make(chan struct{})}
	b.waiting = append(b.waiting, w)
	b.mu.Unlock()
	select {
	case <-w.ready:
		return give, nil
	case <-ctx.Done():
	}
	if b.leave(w) {
		give() // it was granted in the same moment
	}
	return nil, fmt.Errorf("wait for memory: %w", ctx.Err())
}

// leave takes w out of the queue and says whether it had been granted already.
func (b *budget) leave(w *waiter) (granted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.waiting {
		if other == w {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			b.grant()
			return false
		}
	}
	return true
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	b.grant()
}

// grant lets the first ones in for whom there is room; b.mu is held.
func (b *budget) grant() {
	for len(b.waiting) > 0 && b.waiting[0].need <= b.free {
		b.free -= b.waiting[0].need
		close(b.waiting[0].ready)
		b.waiting = b.waiting[1:]
	}
}
