package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"silta/dev/hs"
	"silta/e2e/inside"
	"silta/mentoring"
	"silta/store"
)

// plan is everything that a seed fixes.
type plan struct {
	seed             uint64
	mentors, mentees int
	actions          int    // of each person, once in a conversation
	pace             int    // longest pause between two of them, in milliseconds
	version          string // of rooms

	strand  float64 // probability that a transaction stays behind after a recovery
	trouble float64 // probability of a fault, per request and per transaction
	downs   int     // restarts of the homeserver
	forged  int     // events that no honest homeserver would send
	crashes float64 // probability of a crash, per commit and side of it
	crashAt int64   // or: at exactly this commit of all (from 1) …
	after   bool    // … after it rather than before
	shortly bool    // a fixed short talk instead of a random one
}

// world is one run.
type world struct {
	t    *testing.T
	plan plan
	dir  string
	hs   *hs.Server
	log  syncBuffer
	ctx  context.Context
	stop context.CancelFunc
	wait sync.WaitGroup

	staff  *actor
	actors []*actor

	mu      sync.Mutex
	dice    *rand.Rand // of faults and crashes
	calm    bool       // no more faults
	commits int64      // of all incarnations
	crashed int
	now     *incarnation
	tokens  map[string]*token
	ahead   time.Duration // the bridge's clock before everybody else's
}

// incarnation is the bridge from a start to a crash.
type incarnation struct {
	*inside.Inside
	link *hs.Link
	dead chan struct{}
	once sync.Once
}

// die is what the rest of the world notices of a crash, at once.
func (i *incarnation) die() {
	i.once.Do(func() {
		i.link.Cut()
		close(i.dead)
	})
}

func (i *incarnation) isDead() bool {
	select {
	case <-i.dead:
		return true
	default:
		return false
	}
}

func newWorld(t *testing.T, p plan) *world {
	w := &world{t: t, plan: p, dir: t.TempDir(), tokens: map[string]*token{}, calm: true}
	w.dice = rand.New(rand.NewPCG(p.seed, 99))
	w.ctx, w.stop = context.WithCancel(context.Background())
	as := inside.Appservice()
	as.Handler = w
	w.hs = hs.New(hs.Options{Name: inside.Domain, Appservice: as, RoomVersion: p.version, Seed: p.seed,
		Fault: w.fault, PushFault: w.pushFault})
	w.hs.Start()
	return w
}

// ServeHTTP hands a transaction to the incarnation that lives; an answer of one
// that died meanwhile never arrives.
func (w *world) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	i := w.alive()
	if i == nil || i.isDead() {
		panic(http.ErrAbortHandler)
	}
	i.Handler().ServeHTTP(rw, req)
	if i.isDead() {
		panic(http.ErrAbortHandler)
	}
}

// start starts an incarnation. A crash may hit the start, too.
func (w *world) start() {
	for {
		i := &incarnation{link: w.hs.Link(), dead: make(chan struct{})}
		o := inside.Options{Dir: w.dir, Transport: i.link, Staff: []string{w.staff.ID}, Log: &w.log, Now: w.clock}
		o.Store = store.Options{Now: w.clock, CommitHook: func(_ int64, committed bool) error { return w.commit(i, committed) }}
		var err error
		i.Inside, err = inside.Start(o)
		if err == nil {
			w.mu.Lock()
			w.now = i
			w.mu.Unlock()
			return
		}
		if !i.isDead() {
			w.wrong("start: %v", err)
			w.stop()
			return
		}
	}
}

// commit is the hook of the store: it may be told to die here.
func (w *world) commit(i *incarnation, committed bool) error {
	w.mu.Lock()
	if !committed {
		w.commits++
	}
	die := w.commits == w.plan.crashAt && committed == w.plan.after
	if !w.calm && w.dice.Float64() < w.plan.crashes {
		die = true
	}
	if die {
		w.crashed++
	}
	w.mu.Unlock()
	if !die {
		return nil
	}
	i.die()
	return errors.New("crash")
}

// supervise starts the bridge anew after each crash, as an init system does.
func (w *world) supervise() {
	pause := rand.New(rand.NewPCG(w.plan.seed, 98))
	for {
		i := w.alive()
		select {
		case <-i.dead:
		case <-w.ctx.Done():
			return
		}
		_ = i.Stop() // it is dead: what it says of it does not matter
		time.Sleep(time.Duration(pause.IntN(20000)) * time.Millisecond)
		w.start()
	}
}

func (w *world) chance(p float64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.calm && w.dice.Float64() < p
}

func (w *world) random(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n)
}

// fault makes requests of the bridge go wrong.
func (w *world) fault(c hs.Call) hs.Fault {
	if (c.Route == "PUT rooms/*/send/*/*" || c.Route == "PUT rooms/*/redact/*/*") && c.Device == "" {
		w.wrong("%s sent something without its device: a restart of the homeserver would make it come twice", c.User)
	}
	if c.User == "" || !w.chance(w.plan.trouble) {
		return hs.Fault{}
	}
	f := hs.Fault{After: w.random(2) == 0}
	switch w.random(6) {
	case 0:
		f.Delay = time.Duration(w.random(3000)) * time.Millisecond
	case 1:
		f.Status, f.RetryAfter, f.After = 429, time.Duration(w.random(5000))*time.Millisecond, false
	case 2:
		f.Status = 502
	case 3:
		f.Status = 500
	default:
		f.Cut = true
	}
	return f
}

// pushFault makes transactions go wrong.
func (w *world) pushFault(p hs.Push) hs.PushFault {
	if p.Recovered && w.chance(w.plan.strand) {
		return hs.PushFault{Strand: true}
	}
	if !w.chance(w.plan.trouble) {
		return hs.PushFault{}
	}
	switch w.random(5) {
	case 0:
		return hs.PushFault{Delay: time.Duration(w.random(3000)) * time.Millisecond}
	case 1:
		return hs.PushFault{Unsent: true}
	case 2:
		return hs.PushFault{Lost: true}
	case 3:
		return hs.PushFault{Torn: true}
	default:
		return hs.PushFault{Again: true}
	}
}

// restarts takes the homeserver down now and then.
func (w *world) restarts() {
	for range w.plan.downs {
		if !w.sleep(time.Duration(10+w.random(120)) * time.Second) {
			return
		}
		w.hs.SetDown(true)
		w.sleep(time.Duration(1+w.random(40)) * time.Second)
		w.hs.Restart()
		w.hs.SetDown(false)
	}
}

func (w *world) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.ctx.Done():
		return false
	}
}

// do runs a use case in the bridge that lives, again after a crash; so it must
// see by itself whether it has been done.
func (w *world) do(use func(*mentoring.Act) error) bool {
	var err error
	return w.until("a use case has been carried out", func() bool {
		i := w.alive()
		if err = i.Bridge.Do(w.ctx, use); err != nil && !i.isDead() {
			w.wrong("prepare: %v", err)
			w.stop()
		}
		return err == nil
	})
}

// alive is the incarnation that runs, or that ran last.
func (w *world) alive() *incarnation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// clock is the bridge's.
func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

// settled waits until nobody has anything left to do: the homeserver has
// delivered everything and the queue is empty, for a minute on end.
func (w *world) settled() error {
	quiet, unanswered := 0, 0
	for range 4 * 60 * 60 {
		time.Sleep(time.Second)
		stats, err := w.alive().Store.QueueStats(w.ctx)
		if err == nil && len(stats) == 0 && w.hs.Quiet() && w.everybodyIn() {
			if quiet++; quiet > 60 {
				return nil
			}
			continue
		}
		quiet = 0
		if err == nil && onlyHeld(stats) && w.hs.Quiet() && w.everybodyIn() {
			if unanswered++; unanswered == 60 {
				w.dayPasses()
				unanswered = 0
			}
			continue
		}
		unanswered = 0
	}
	stats, err := w.alive().Store.QueueStats(w.ctx)
	return fmt.Errorf("not settled after four hours: queue %+v (%w), homeserver quiet %v, everybody in %v\n%s",
		stats, err, w.hs.Quiet(), w.everybodyIn(), w.stuck())
}

// onlyHeld says whether all that is left waits for somebody's word.
func onlyHeld(stats []store.QueueStat) bool {
	for _, s := range stats {
		if s.Kind != store.LaneOut || s.State != store.RowAside {
			return false
		}
	}
	return len(stats) > 0
}

// dayPasses puts the bridge's clock forward, past the end of every question: to
// live through a day would cost a minute for each seed.
func (w *world) dayPasses() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += mentoring.HeldFor + time.Minute
}

// stuck shows the first rows of each lane that is left.
func (w *world) stuck() string {
	heads, err := w.alive().Store.Heads(w.ctx)
	out := fmt.Sprintf("lanes that are left (%v):\n", err)
	for _, h := range heads {
		rows, err := w.alive().Store.Next(w.ctx, h.Lane, 0, 8)
		out += fmt.Sprintf("  kind %d due %v (%v)\n", h.Kind, h.Due, err)
		for _, r := range rows {
			out += fmt.Sprintf("    row %d state %d hold %d tries %d due %v %s\n", r.ID, r.State, r.Hold, r.Tries, r.Due, r.Payload)
		}
	}
	return out
}

func (w *world) everybodyIn() bool {
	for _, a := range w.actors {
		if len(a.Rooms("invite")) > 0 || a.outside() {
			return false
		}
	}
	return true
}

// end stops everything; the bubble must be empty afterwards.
func (w *world) end() {
	w.stop()
	w.wait.Wait()
	if err := w.alive().Stop(); err != nil && !w.alive().isDead() {
		w.t.Errorf("stop: %v", err)
	}
	w.hs.Close()
}

// syncBuffer is a log that several incarnations may write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// tail is the end of the log without what the faults themselves explain.
func (s *syncBuffer) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(s.b.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}
