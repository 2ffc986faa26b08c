// Command chaos kills Silta and restarts Synapse while people talk, and counts
// what was lost, came twice or came out of order (within what one person wrote
// in one conversation).
//
//	chaos            20 kills -9 of Silta, 3 restarts of Synapse, 2,000 messages,
//	                 20 conversations of 40 people
//	chaos -sample    2 kills, 1 restart, 200 messages, 3 conversations
//	chaos -encrypted  with encryption: counts also what cannot be read; in the end
//	                  somebody writes and changes their session twice while Silta
//	                  is down
//
// Faults come when a random number of messages has been sent, so that all of
// them hit a service at work; -seed repeats the numbers. The exit code is 1 when
// anything was lost, twice or out of order, or when it takes too long.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"silta/dev"
)

// size is how much of everything a run has.
type size struct {
	talks, messages, kills, restarts int
	down                             int           // messages while Silta is down, with encryption
	window                           time.Duration // in which the messages are sent, about
	limit                            time.Duration // for everything
}

func main() {
	sample := flag.Bool("sample", false, "a short form")
	encrypted := flag.Bool("encrypted", false, "with end-to-end encryption")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the moments of the faults") //nolint:gosec // a seed
	keep := flag.String("keep", "", "keep Silta's database and log in this folder")
	flag.Parse()
	n := size{talks: 20, messages: 2000, kills: 20, restarts: 3, down: 200, window: 100 * time.Second, limit: 15 * time.Minute}
	if *sample {
		n = size{talks: 3, messages: 200, kills: 2, restarts: 1, down: 20, window: 20 * time.Second, limit: 4 * time.Minute}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, n.limit)
	defer cancel()
	scope := dev.NewScope()
	t := &trial{size: n, encrypted: *encrypted, keep: *keep, scope: scope, dice: rand.New(rand.NewPCG(*seed, 1))} //nolint:gosec // replayable
	wrong, err := t.run(ctx)
	scope.Close()
	if err != nil {
		fmt.Fprintf(os.Stderr, "chaos (seed %d): %v\n", *seed, err)
		os.Exit(1)
	}
	if wrong {
		fmt.Printf("seed %d\n", *seed)
		os.Exit(1)
	}
}

// trial is one run.
type trial struct {
	size
	encrypted bool
	scope     *dev.Scope
	dice      *rand.Rand
	hs        *dev.Homeserver
	program   *dev.Program
	ways      []*way
	sent      atomic.Int64
	keep      string
	done      []string // the faults, with their times
}

// way is one direction of one conversation.
type way struct {
	name     string
	writer   *dev.User
	reader   *dev.User
	from, to string
	count    int

	says, hears *dev.Client // with encryption only: the writer's client and the reader's
}

func (t *trial) run(ctx context.Context) (wrong bool, err error) {
	began := time.Now()
	if err := t.prepare(); err != nil {
		return false, err
	}
	fmt.Printf("%d conversations after %.0f s\n", t.talks, time.Since(began).Seconds())
	for i, w := range t.ways {
		w.count = t.messages / len(t.ways)
		if i < t.messages%len(t.ways) {
			w.count++
		}
	}
	began = time.Now()
	var wait sync.WaitGroup
	for i, w := range t.ways {
		pace := rand.New(rand.NewPCG(t.dice.Uint64(), uint64(i))) //nolint:gosec // replayable
		wait.Go(func() { t.write(ctx, w, pace) })
	}
	faults := t.moments()
	t.strike(ctx, faults)
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("only %d of %d messages could be sent in time", t.sent.Load(), t.messages)
	}
	if t.encrypted {
		t.downtime(ctx)
	}
	outcome, err := t.settle(ctx)
	if err != nil {
		return false, err
	}
	fmt.Printf("%d messages in %d conversations, %d kills, %d restarts of Synapse, %.0f s: %d lost, %d twice, %d out of order",
		t.messages, t.talks, t.kills, t.restarts, time.Since(began).Seconds(), outcome.lost, outcome.twice, outcome.disorder)
	if t.encrypted {
		fmt.Printf(", %d undecryptable", outcome.unreadable)
	}
	fmt.Println()
	if outcome != (outcomes{}) {
		return true, t.explain(ctx)
	}
	return false, nil
}

// prepare starts everything and brings the people together, all the way that
// people come.
func (t *trial) prepare() error {
	t.hs = dev.NewSynapse(t.scope)
	var options []dev.SiltaOption
	if !t.encrypted {
		options = append(options, dev.Set("encryption", "off"))
	}
	if t.keep != "" {
		options = append(options, dev.KeptIn(t.keep))
	}
	t.program = dev.NewSilta(t.scope, t.hs, options...)
	t.hs.Start()
	t.program.Start()
	service := t.program.Open(dev.Plain(t.scope, t.hs.Register("staff", "password")))
	for i := range t.talks {
		n := strconv.Itoa(i)
		alias := "Helper-" + string(rune('a'+i))
		mentorAccount, menteeAccount := t.hs.Register("mentor"+n, "password"), t.hs.Register("mentee"+n, "password")
		mentor := service.Mentor(dev.Plain(t.scope, mentorAccount), "en", dev.Card{
			Alias: alias, AgeBand: 2, Area: "Turku", Story: "A story.", Topics: "1", Languages: "1 3",
		})
		mentee := service.Mentee(dev.Plain(t.scope, menteeAccount), "en", "Seeker")
		a, b := service.Conversation(mentee, mentor, alias, "hello")
		one, other := dev.NewUser(menteeAccount), dev.NewUser(mentorAccount)
		there := &way{name: "e" + n, writer: one, reader: other, from: a, to: b}
		back := &way{name: "r" + n, writer: other, reader: one, from: b, to: a}
		if t.encrypted {
			there.says, there.hears = mentee.Client, mentor.Client
			back.says, back.hears = mentor.Client, mentee.Client
		} else {
			mentor.Close()
			mentee.Close()
		}
		t.ways = append(t.ways, there, back)
	}
	service.Staff.Close()
	return nil
}

// write sends one direction's messages, each until the homeserver has it.
func (t *trial) write(ctx context.Context, w *way, pace *rand.Rand) {
	for i := range w.count {
		pause(ctx, time.Duration(pace.Int64N(2*int64(t.window)/int64(w.count))))
		t.insist(ctx, w, i)
	}
}

// insist sends a message until the homeserver has it, once.
func (t *trial) insist(ctx context.Context, w *way, i int) {
	txn := w.writer.NewTxn()
	for ctx.Err() == nil {
		err := w.send(ctx, txn, w.body(i))
		if err == nil {
			break
		}
		if !dev.Passing(err) {
			t.scope.Logf("%s cannot write: %v", w.name, err)
		}
		pause(ctx, 100*time.Millisecond)
	}
	t.sent.Add(1)
}

func (w *way) send(ctx context.Context, txn, body string) error {
	var err error
	if w.says != nil {
		_, err = w.says.Try("text", map[string]any{"room": w.from, "body": body, "txn": txn})
	} else {
		_, err = w.writer.Send(ctx, w.from, "m.room.message", txn, map[string]any{"msgtype": "m.text", "body": body})
	}
	return err
}

func (w *way) body(i int) string { return "chaos " + w.name + " " + strconv.Itoa(i) }

// fault is something that is done when so many messages have been sent.
type fault struct {
	at      int
	restart bool
}

func (t *trial) moments() []fault {
	var all []fault
	for i := range t.kills + t.restarts {
		all = append(all, fault{at: t.dice.IntN(t.messages * 9 / 10), restart: i < t.restarts})
	}
	slices.SortFunc(all, func(a, b fault) int { return a.at - b.at })
	return all
}

func (t *trial) strike(ctx context.Context, faults []fault) {
	for _, f := range faults {
		for t.sent.Load() < int64(f.at) && ctx.Err() == nil {
			pause(ctx, 5*time.Millisecond)
		}
		if ctx.Err() != nil {
			return
		}
		pause(ctx, time.Duration(t.dice.IntN(200))*time.Millisecond)
		if f.restart {
			t.note("restart of Synapse")
			t.hs.Restart()
			t.note("Synapse is back")
			continue
		}
		t.note("kill")
		t.program.Kill9()
		pause(ctx, time.Duration(t.dice.IntN(500))*time.Millisecond)
		t.program.Start()
	}
}

func (t *trial) note(what string) { t.done = append(t.done, clock(time.Now())+" "+what) }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
