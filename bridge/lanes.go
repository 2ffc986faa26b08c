package bridge

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"silta/store"
)

// How many lanes of each kind are worked on at once. Steps are one after
// another at the store's gate anyway; senders wait for the homeserver.
const (
	inWorkers   = 32
	keysWorkers = 4
	outWorkers  = 64
	roomWorkers = 16
	workWorkers = 8
)

// scheduler knows which lanes have something to do and hands each to one worker
// at a time. It holds no content: rows are read by the worker. What it forgets
// at a crash is read again from the store's heads.
type scheduler struct {
	mu     sync.Mutex
	lanes  map[store.Lane]*lane
	queues map[store.LaneKind]*laneQueue
	due    dueHeap
	timer  *time.Timer
	now    func() time.Time
	closed bool

	// What was to be sent at the start and has not been tried yet; swept is
	// closed when all of it has.
	unswept map[store.Lane]bool
	swept   chan struct{}
}

// lane is one lane that has, or may have, something to do.
type lane struct {
	id     store.Lane
	kind   store.LaneKind
	at     time.Time // when it is due; meaningful while waiting in the heap
	index  int       // place in the heap; -1: not in it
	queued bool      // in its kind's queue
	busy   bool      // a worker has it
	again  bool      // something came while it was busy
	// failures counts sends that failed in a row, for the back-off; it is not
	// kept, since after a restart it is right to try at once.
	failures int
	waits    waits
}

// waits says what a lane that is due later waits for, so that it can be woken
// when that comes, and is not when something else does.
type waits int

const (
	waitsNothing    waits = iota // the time it named
	waitsHomeserver              // it did not answer
	waitsKey                     // of a message that came
	waitsPerson                  // somebody's devices, to encrypt for them
)

type laneQueue struct {
	ready *sync.Cond
	items []*lane
}

func newScheduler(now func() time.Time) *scheduler {
	s := &scheduler{
		lanes: map[store.Lane]*lane{}, queues: map[store.LaneKind]*laneQueue{}, now: now,
		unswept: map[store.Lane]bool{}, swept: make(chan struct{}),
	}
	for _, kind := range []store.LaneKind{store.LaneIn, store.LaneKeys, store.LaneOut, store.LaneRoom, store.LaneWork} {
		s.queues[kind] = &laneQueue{ready: sync.NewCond(&s.mu)}
	}
	s.timer = time.AfterFunc(time.Hour, s.wake)
	return s
}

// start gives the scheduler what the queue held when the program started.
func (s *scheduler) start(heads []store.Head) {
	s.mu.Lock()
	now := s.now()
	for _, h := range heads {
		if (h.Kind == store.LaneOut || h.Kind == store.LaneRoom) && !h.Due.After(now) {
			s.unswept[h.Lane] = true
		}
	}
	if len(s.unswept) == 0 {
		close(s.swept)
	}
	s.mu.Unlock()
	s.add(heads)
}

// add tells the scheduler of lanes that have something to do; the store calls
// it after each commit.
func (s *scheduler) add(heads []store.Head) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, h := range heads {
		l := s.lanes[h.Lane]
		if l == nil {
			l = &lane{id: h.Lane, kind: h.Kind, index: -1}
			s.lanes[h.Lane] = l
		}
		s.schedule(l, h.Due, now)
	}
	s.arm()
}

// schedule makes a lane due at a time; the sooner of two wins.
func (s *scheduler) schedule(l *lane, at, now time.Time) {
	switch {
	case l.busy:
		l.again = true
	case l.queued:
	case !at.After(now):
		if l.index >= 0 {
			heap.Remove(&s.due, l.index)
		}
		s.enqueue(l)
	case l.index < 0:
		l.at = at
		heap.Push(&s.due, l)
	case at.Before(l.at):
		l.at = at
		heap.Fix(&s.due, l.index)
	}
}

func (s *scheduler) enqueue(l *lane) {
	l.queued = true
	q := s.queues[l.kind]
	q.items = append(q.items, l)
	q.ready.Signal()
}

// take waits for a lane of the kind; nil when the scheduler is closed.
func (s *scheduler) take(kind store.LaneKind) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[kind]
	for len(q.items) == 0 && !s.closed {
		q.ready.Wait()
	}
	if s.closed {
		return nil
	}
	l := q.items[0]
	q.items[0] = nil
	q.items = q.items[1:]
	if len(q.items) == 0 {
		q.items = nil // let the backing array go
	}
	l.queued, l.busy, l.again, l.waits = false, true, false, waitsNothing
	return l
}

// verdict is what a worker says of a lane when it lets go of it.
type verdict struct {
	more  bool      // there is more to do now
	later time.Time // not before then; zero: nothing to wait for
}

// release gives a lane back.
func (s *scheduler) release(l *lane, v verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.busy = false
	if s.unswept[l.id] {
		if delete(s.unswept, l.id); len(s.unswept) == 0 {
			close(s.swept)
		}
	}
	now := s.now()
	switch {
	case v.more || l.again && l.waits == waitsNothing:
		s.schedule(l, now, now)
	case !v.later.IsZero():
		s.schedule(l, v.later, now)
	default:
		if l.index < 0 && !l.queued {
			delete(s.lanes, l.id)
		}
	}
	s.arm()
}

// nudge makes every lane of the kinds that waits for something due now.
func (s *scheduler) nudge(reason waits, kinds ...store.LaneKind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, l := range append(dueHeap(nil), s.due...) {
		for _, kind := range kinds {
			if l.kind == kind && l.waits == reason {
				s.schedule(l, now, now)
			}
		}
	}
	s.arm()
}

func (s *scheduler) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.arm()
	}
}

// arm moves what has come due into the queues and sets the timer for the next.
func (s *scheduler) arm() {
	now := s.now()
	for len(s.due) > 0 && !s.due[0].at.After(now) {
		l := heap.Pop(&s.due).(*lane)
		s.enqueue(l)
	}
	if len(s.due) > 0 {
		s.timer.Reset(s.due[0].at.Sub(now))
	}
}

// close ends the scheduler: take returns nil from now on.
func (s *scheduler) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.timer.Stop()
	for _, q := range s.queues {
		q.ready.Broadcast()
	}
}

// dueHeap orders lanes by the time at which they are due.
type dueHeap []*lane

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i]; h[i].index = i; h[j].index = j }
func (h *dueHeap) Push(x any)        { l := x.(*lane); l.index = len(*h); *h = append(*h, l) }
func (h *dueHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	l.index = -1
	*h = old[:len(old)-1]
	return l
}

// work runs the workers of every kind until the scheduler is closed and all of
// them have let go of their lanes.
func (b *Bridge) work(ctx context.Context) {
	var wg sync.WaitGroup
	for _, w := range []struct {
		kind  store.LaneKind
		count int
		do    func(context.Context, *lane) verdict
	}{
		{store.LaneIn, inWorkers, b.workInAfterSweep},
		{store.LaneKeys, keysWorkers, b.workKeys},
		{store.LaneOut, outWorkers, b.workOut},
		{store.LaneRoom, roomWorkers, b.workOut},
		{store.LaneWork, workWorkers, b.workJob},
	} {
		for range w.count {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for l := b.lanes.take(w.kind); l != nil; l = b.lanes.take(w.kind) {
					b.lanes.release(l, w.do(ctx, l))
				}
			}()
		}
	}
	wg.Wait()
}

// sweepWait bounds how long incoming lanes wait at the start for the outbox.
const sweepWait = 10 * time.Second

// workInAfterSweep does a lane of incoming rows once what was being sent before
// a crash has been sent again and noted: an answer to such a message would not
// find it in the message map otherwise.
func (b *Bridge) workInAfterSweep(ctx context.Context, l *lane) verdict {
	select {
	case <-b.lanes.swept:
	case <-b.sweepOver:
	case <-ctx.Done():
		return verdict{}
	}
	return b.workIn(ctx, l)
}
