package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"silta/dev/hs"
	"silta/e2e/inside"
	"silta/mentoring"
	"silta/store"
)

// busy is how many conversations are written in during a measurement,
// whatever the number of those that are only there.
const busy = 1000

// grown is a database of some size and the bridge that runs on it, in a process
// of its own so that its memory can be seen.
type grown struct {
	conversations int
	dir           string
	perMessage    float64 // bytes
	start         time.Duration

	stub  *stub
	pairs []pair
	url   string
	round int
	cmd   *exec.Cmd
	stdin io.Closer
}

func (b *bench) growth(ctx context.Context) (err error) {
	small, large, messages, rounds, n := 1000, 100000, 50, 7, 20000
	if b.sample {
		small, large, messages, rounds, n = 1000, 10000, 10, 2, 5000
	}
	sides := []*grown{{conversations: small}, {conversations: large}}
	defer func() {
		for _, g := range sides {
			err = errors.Join(err, g.close())
		}
	}()
	for _, g := range sides {
		if err := g.prepare(ctx, messages); err != nil {
			return err
		}
	}
	if err := b.figures(ctx, sides); err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	for _, g := range sides {
		if err := g.begin(ctx); err != nil {
			return err
		}
	}
	rates, faults := make([][]float64, 2), 0
	for range rounds {
		for i, g := range sides {
			r, err := g.measure(ctx, n)
			if err != nil {
				return err
			}
			rates[i] = append(rates[i], r.rate)
			faults += r.faults + r.missing
		}
	}
	memory, err := resident(sides[1].cmd.Process.Pid)
	if err != nil {
		return err
	}
	few, many := median(rates[0]), median(rates[1])
	size := fmt.Sprintf("with %d × %d", large, messages)
	b.bound("growth: rate", fmt.Sprintf("%s %.0f/s, with %d %.0f/s (median of %d)", size, many, small, few, rounds), many/few, true, 0.8)
	b.bound("growth: bytes per message", fmt.Sprintf("%s %.0f, with %d %.0f", size, sides[1].perMessage, small, sides[0].perMessage), sides[1].perMessage, false, 150)
	b.bound("growth: start", fmt.Sprintf("%s %.2f s, with %d %.2f s", size, sides[1].start.Seconds(), small, sides[0].start.Seconds()), sides[1].start.Seconds(), false, 2)
	b.bound("growth: memory", fmt.Sprintf("%s %.0f MB after the rounds", size, memory), memory, false, 150)
	b.count("growth: lost or out of order", size, faults)
	return nil
}

// prepare fills the database.
func (g *grown) prepare(ctx context.Context, messages int) error {
	var err error
	if g.dir, err = os.MkdirTemp("", "silta-growth-"); err != nil {
		return err
	}
	var talks []*mentoring.Conversation
	err = g.fill(ctx, func(s *store.Store) error {
		talks, err = g.talks(ctx, s)
		return err
	})
	if err != nil {
		return fmt.Errorf("make conversations: %w", err)
	}
	before, err := g.size()
	if err != nil {
		return err
	}
	err = g.fill(ctx, func(s *store.Store) error { return remember(ctx, s, talks, messages) })
	if err != nil {
		return fmt.Errorf("map messages: %w", err)
	}
	after, err := g.size()
	g.perMessage = float64(after-before) / float64(g.conversations*messages)
	return err
}

func (g *grown) fill(_ context.Context, do func(*store.Store) error) error {
	i, err := inside.Open(inside.Options{Dir: g.dir})
	if err != nil {
		return err
	}
	return errors.Join(do(i.Store), i.Store.Close())
}

// size of the database file; the store is closed, so nothing is beside it.
func (g *grown) size() (int64, error) {
	info, err := os.Stat(filepath.Join(g.dir, "silta.db"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// perStep is how many conversations are made in one step of the store.
const perStep = 200

func (g *grown) talks(ctx context.Context, s *store.Store) ([]*mentoring.Conversation, error) {
	g.pairs = stubPairs(g.conversations)
	var all []*mentoring.Conversation
	for from := 0; from < len(g.pairs); from += perStep {
		var made []*mentoring.Conversation
		err := s.Write(ctx, func(tx *store.Tx) error {
			made = made[:0]
			for i := from; i < min(from+perStep, len(g.pairs)); i++ {
				c, err := inside.Talk(tx, talkOf(g.pairs[i], i), time.Now())
				if err != nil {
					return err
				}
				made = append(made, c)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, made...)
	}
	return all, nil
}

func remember(ctx context.Context, s *store.Store, talks []*mentoring.Conversation, messages int) error {
	for from := 0; from < len(talks); from += perStep {
		err := s.Write(ctx, func(tx *store.Tx) error {
			for _, c := range talks[from:min(from+perStep, len(talks))] {
				salt := "m" + strconv.FormatInt(int64(c.ID), 10)
				for i := range messages {
					err := tx.PutMessage(&store.Message{Conversation: c.ID, Source: hs.EventID(salt, 2*i), Author: 1 + i%2,
						Copies: []store.Copy{{Number: 2 - i%2, Event: hs.EventID(salt, 2*i+1)}}})
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// begin starts the bridge in a process of its own and takes the time until it
// is ready.
func (g *grown) begin(ctx context.Context) error {
	var err error
	if g.stub, err = newStub(); err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(1, uint64(g.conversations))) //nolint:gosec // the same choice in each run
	dice.Shuffle(len(g.pairs), func(i, k int) { g.pairs[i], g.pairs[k] = g.pairs[k], g.pairs[i] })
	g.pairs = g.pairs[:busy]
	self, err := os.Executable()
	if err != nil {
		return err
	}
	g.cmd = exec.CommandContext(ctx, self, "-child", g.dir, "-homeserver", g.stub.url)
	g.cmd.Stderr = os.Stderr
	if g.stdin, err = g.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := g.cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		return fmt.Errorf("the bridge did not start: %w", err)
	}
	g.url = strings.TrimSpace(line)
	g.stub.server.SetAppservice(g.url, nil)
	if _, err = lines.ReadString('\n'); err != nil {
		return fmt.Errorf("the bridge did not become ready: %w", err)
	}
	g.start = time.Since(began)
	return nil
}

func (g *grown) measure(ctx context.Context, n int) (result, error) {
	g.stub.expect(g.pairs, n)
	g.round++
	salt := "round" + number(g.round)
	return g.stub.run(ctx, g.url, salt, transactions(g.pairs, n, 0, salt))
}

func (g *grown) close() error {
	if g.cmd != nil && g.cmd.Process != nil {
		_ = g.stdin.Close() // tells it to end
		_ = g.cmd.Wait()    // its own errors have been printed
	}
	if g.stub != nil {
		g.stub.server.Close()
	}
	if g.dir == "" {
		return nil
	}
	return os.RemoveAll(g.dir)
}

// child is the bridge's process: it prints where transactions go, then that it is
// ready, and ends with its standard input.
func child(ctx context.Context, dir, homeserver string) error {
	r := &silta{dir: dir}
	var err error
	if r.bridge, err = inside.Start(inside.Options{Dir: dir, URL: homeserver}); err != nil {
		return err
	}
	r.server = &http.Server{Handler: r.bridge.Handler()}
	url, err := serve(r.server)
	if err != nil {
		return err
	}
	fmt.Println(url)
	if err := r.ready(ctx); err != nil {
		return err
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return errors.Join(r.server.Close(), r.bridge.Stop())
}
