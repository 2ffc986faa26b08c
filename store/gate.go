package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// maxGroup bounds how many steps are committed together, and with that how
// long a step waits and how much is run again when one of them fails.
const maxGroup = 512

// PanicError is what a step that panicked returns. Its text has the panic's
// own words only when the runtime wrote them: others may quote a person.
type PanicError struct {
	Value any
	Stack []byte // of the step, without argument values that could be read
}

func (e *PanicError) Error() string {
	if err, ok := e.Value.(runtime.Error); ok {
		return "a step panicked: " + err.Error()
	}
	return fmt.Sprintf("a step panicked with a %T", e.Value)
}

var errExited = errors.New("a step ended its goroutine")

// step is one function that waits for the gate, and who is told how it went.
type step struct {
	ctx   context.Context // nil: never cancelled
	fn    func(*Tx) error
	wait  chan error  // for Write
	first bool        // see WriteFirst
	done  func(error) // for WriteAsync
	err   error
}

// gate runs the steps handed to it, one after another, in transactions that
// many of them share. Everything below mu belongs to its goroutine alone.
type gate struct {
	store   *Store
	link    *link
	slow    time.Duration
	hook    func(n int64, committed bool) error // of tests
	commits int64                               // so far, for the hook
	news    *notifier

	mu      sync.Mutex
	waiting []*step
	first   []*step // go before those that wait
	closed  bool
	wake    chan struct{}

	failed  chan struct{} // the connection is lost
	stopped chan struct{} // Close was called and everything is done

	caches *caches
	ids    *sequences
	seen   *seenEvents
	hot    *hotQueue
	batch  *batch
	group  []*step // the one that runs now
	index  int     // of the step in it
	later  []*step // to be run alone after it
}

// newGate reads from the database what the gate keeps in memory.
func newGate(s *Store, l *link, slow time.Duration) (*gate, error) {
	g := &gate{
		store: s, link: l, slow: slow,
		wake: make(chan struct{}, 1), failed: make(chan struct{}), stopped: make(chan struct{}),
		caches: newCaches(), batch: newBatch(),
	}
	var err error
	if g.ids, err = loadSequences(l); err != nil {
		return nil, doing("sequences", err)
	}
	if g.seen, err = loadSeen(l, s.now()); err != nil {
		return nil, doing("seen events", err)
	}
	if g.hot, err = loadHot(l); err != nil {
		return nil, doing("queue", err)
	}
	g.news = newNotifier(s)
	go g.run()
	if !l.sqlite {
		go g.beat()
	}
	return g, nil
}

// heartbeat is how often the connection to PostgreSQL is tried when nothing
// else does: while nothing is written, the loss of the owner's lock must be
// noticed all the same.
const heartbeat = 2 * time.Second

func (g *gate) beat() {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-g.stopped:
			return
		case <-ticker.C:
			g.add(&step{
				fn:   func(t *Tx) error { return t.one("SELECT 1", func(record) error { return nil }) },
				done: func(error) {}, // a loss closes failed
			})
		}
	}
}

// Write runs fn in a transaction and returns when it is committed, together
// with others. An error of fn undoes what it did and is returned as it is. fn
// may be run more than once, and runs on the gate's goroutine, where waiting
// for another Write would last for ever. IDs that Put and Enqueue have set are
// zero again when fn is undone. A cancelled ctx keeps fn from being started;
// once it has, Write waits for the outcome.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	st := &step{ctx: ctx, fn: fn, wait: make(chan error, 1)}
	if !s.gate.add(st) {
		return ErrClosed
	}
	return <-st.wait
}

// WriteAsync is Write without waiting: done is called after the commit, or
// with the error. It may call WriteAsync, but should not block: all of them
// are called by one goroutine, in order.
func (s *Store) WriteAsync(fn func(*Tx) error, done func(error)) {
	st := &step{fn: fn, done: done}
	if !s.gate.add(st) {
		done(ErrClosed)
	}
}

// WriteFirst is Write for what somebody outside waits for, such as the answer
// to the homeserver's transaction: it goes before everything that waits, and
// the group that is running when it comes ends with it.
func (s *Store) WriteFirst(ctx context.Context, fn func(*Tx) error) error {
	st := &step{ctx: ctx, fn: fn, wait: make(chan error, 1), first: true}
	if !s.gate.add(st) {
		return ErrClosed
	}
	return <-st.wait
}

func (g *gate) add(st *step) bool {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return false
	}
	if st.first {
		g.first = append(g.first, st)
	} else {
		g.waiting = append(g.waiting, st)
	}
	g.mu.Unlock()
	g.ring()
	return true
}

func (g *gate) ring() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// take returns what is waiting, at most maxGroup; nil when closed and empty.
func (g *gate) take() []*step {
	for {
		g.mu.Lock()
		if group := g.first; len(group) > 0 {
			g.first = nil
			g.mu.Unlock()
			return group
		}
		n := min(len(g.waiting), maxGroup)
		group := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		if len(g.waiting) == 0 {
			g.waiting = nil
		}
		closed := g.closed
		g.mu.Unlock()
		if n > 0 {
			return group
		}
		if closed {
			return nil
		}
		<-g.wake
	}
}

// gather lets those whose steps have just been committed come back with their
// next ones, so that groups do not get smaller than they need be. It costs
// microseconds, and nothing when nobody else wants to run.
func (g *gate) gather() {
	for before := -1; ; {
		runtime.Gosched()
		g.mu.Lock()
		n := len(g.waiting)
		g.mu.Unlock()
		if n == before || n >= maxGroup {
			return
		}
		before = n
	}
}

// stop lets no more steps in and waits until the others are done.
func (g *gate) stop() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.ring()
	<-g.stopped
	g.news.stop()
}

func (g *gate) run() {
	finished := false
	defer func() {
		if !finished { // a step called runtime.Goexit, as t.FailNow does
			g.exited()
			go g.run()
		}
	}()
	for group := g.take(); group != nil; group = g.take() {
		g.runGroup(group)
		g.gather()
	}
	finished = true
	close(g.stopped)
}

// exited repairs the gate after a step has ended the goroutine under it.
func (g *gate) exited() {
	g.rollback()
	g.answer(g.group[g.index], errExited)
	g.news.send(nil)
	again := append(g.others(), g.later...)
	g.mu.Lock()
	g.waiting = append(again, g.waiting...)
	g.mu.Unlock()
	g.group, g.later = nil, nil
}

// others are the steps of the group without the one at index.
func (g *gate) others() []*step {
	rest := append([]*step(nil), g.group[:g.index]...)
	return append(rest, g.group[g.index+1:]...)
}

// runGroup runs steps in one transaction, or, when one of them fails, the
// others each in a transaction of their own.
func (g *gate) runGroup(group []*step) {
	if g.dead() {
		for _, st := range group {
			g.answer(st, ErrClosed)
		}
		g.news.send(nil)
		return
	}
	begun := time.Now()
	if err := g.link.beginWrite(); err != nil {
		g.checkLink()
		err = fmt.Errorf("begin: %w", err)
		for _, st := range group {
			g.answer(st, err)
		}
		g.news.send(nil)
		return
	}
	g.group = group
	for i := 0; i < len(group); i++ {
		st := group[i]
		if i > 0 && !st.first {
			if first := g.interrupted(group[i:]); first != nil {
				group = append(group[:i:i], first...)
				g.group, st = group, group[i]
			}
		}
		g.index = i
		if g.runStep(st) {
			continue
		}
		g.rollback()
		g.answer(st, st.err)
		g.news.send(nil)
		g.runAlone(g.others())
		return
	}
	heads, err := g.commit()
	if err == nil {
		g.store.committed(len(group), time.Since(begun))
		for _, st := range group {
			g.answer(st, st.err)
		}
		g.news.send(heads)
		return
	}
	g.rollback()
	if len(group) > 1 {
		g.runAlone(group)
		return
	}
	g.answer(group[0], fmt.Errorf("commit: %w", err))
	g.news.send(nil)
}

// interrupted takes what goes first, if something does: the group ends with it,
// and the rest of the group goes back to the head of what waits.
func (g *gate) interrupted(rest []*step) (first []*step) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.first) == 0 {
		return nil
	}
	first, g.first = g.first, nil
	g.waiting = append(slices.Clone(rest), g.waiting...)
	return first
}

func (g *gate) runAlone(steps []*step) {
	for i := range steps {
		g.later = steps[i+1:]
		g.runGroup(steps[i : i+1])
	}
	g.later = nil
}

// runStep runs one step; clean is false when it left something in the
// transaction that must be undone. A step that failed before it changed
// anything spoils nothing for the others.
func (g *gate) runStep(st *step) (clean bool) {
	if st.ctx != nil && st.ctx.Err() != nil {
		st.err = st.ctx.Err()
		return true
	}
	t := &Tx{s: g.store, l: g.link, g: g, caches: g.caches}
	st.err = t.call(st.fn)
	return st.err == nil || !t.wrote && t.broken == nil
}

// call runs fn, a panic of which is an error.
func (t *Tx) call(fn func(*Tx) error) (err error) {
	defer t.end()
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
			t.broken = err
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	return t.broken
}

// commit writes what the group has gathered and commits.
func (g *gate) commit() ([]Head, error) {
	if err := g.batch.flush(g.link); err != nil {
		return nil, err
	}
	if err := g.ids.flush(g.link); err != nil {
		return nil, err
	}
	now := g.store.now()
	if err := g.seen.flush(g.link, now); err != nil {
		return nil, err
	}
	g.commits++
	if err := g.crash(false); err != nil {
		return nil, err
	}
	if err := g.link.control("COMMIT"); err != nil {
		return nil, err
	}
	if err := g.crash(true); err != nil {
		return nil, err
	}
	if g.slow > 0 {
		time.Sleep(g.slow)
	}
	g.hot.apply(&g.batch.changes)
	heads := g.batch.takeHeads()
	g.batch.reset()
	g.ids.committed()
	g.seen.committed(now)
	g.caches.commit()
	return heads, nil
}

// rollback undoes the transaction and forgets what was gathered. SQLite has
// undone it already after some errors, so that ROLLBACK itself may fail.
func (g *gate) rollback() {
	_ = g.link.control("ROLLBACK")
	g.batch.rolledBack()
	g.ids.rolledBack()
	g.seen.rolledBack()
	g.caches.rollback()
	g.checkLink()
}

// checkLink fails the store for good when its connection is lost: with it went
// the owner's lock, and another process may be writing by now.
func (g *gate) checkLink() {
	if !g.link.alive() {
		g.fail()
	}
}

// fail lets nothing be read or written any more.
func (g *gate) fail() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	select {
	case <-g.failed:
	default:
		close(g.failed)
	}
}

func (g *gate) dead() bool {
	select {
	case <-g.failed:
		return true
	default:
		return false
	}
}

// crash lets a test's hook end the store in the middle of a commit.
func (g *gate) crash(committed bool) error {
	if g.hook == nil {
		return nil
	}
	if err := g.hook(g.commits, committed); err != nil {
		g.fail()
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return nil
}

// answer tells a step's caller how it went.
func (g *gate) answer(st *step, err error) {
	if st.wait != nil {
		st.wait <- err
		return
	}
	g.news.add(st.done, err)
}

// notifier calls other people's functions on a goroutine of its own, so that
// the gate goes on meanwhile.
type notifier struct {
	store   *Store
	mu      sync.Mutex
	pending []news
	closed  bool
	wake    chan struct{}
	done    chan struct{}

	batch news // of the gate's goroutine
}

type news struct {
	heads   []Head
	answers []answer
}

type answer struct {
	done func(error)
	err  error
}

func newNotifier(s *Store) *notifier {
	n := &notifier{store: s, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go n.run()
	return n
}

func (n *notifier) add(done func(error), err error) {
	n.batch.answers = append(n.batch.answers, answer{done, err})
}

// send hands over what was added since the last time, and the ready lanes.
func (n *notifier) send(heads []Head) {
	n.batch.heads = heads
	if len(heads) == 0 && len(n.batch.answers) == 0 {
		return
	}
	n.mu.Lock()
	n.pending = append(n.pending, n.batch)
	n.mu.Unlock()
	n.batch = news{}
	n.ring()
}

func (n *notifier) ring() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *notifier) stop() {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.ring()
	<-n.done
}

func (n *notifier) run() {
	defer close(n.done)
	for {
		n.mu.Lock()
		pending, closed := n.pending, n.closed
		n.pending = nil
		n.mu.Unlock()
		for _, p := range pending {
			n.store.tellReady(p.heads)
			for _, a := range p.answers {
				a.done(a.err)
			}
		}
		if len(pending) > 0 {
			continue
		}
		if closed {
			return
		}
		<-n.wake
	}
}
