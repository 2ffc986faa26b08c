package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"silta/bridge"
	"silta/e2e/inside"
	"silta/store"
)

// silta is the real bridge on a real SQLite file, synchronous=FULL and group
// commit as always.
type silta struct {
	slow time.Duration // added to each fsync

	bridge *inside.Inside
	server *http.Server
	dir    string
	gc     int // what the process had before
}

func (r *silta) Start(ctx context.Context, b *stub, pairs []pair) (string, error) {
	var err error
	if r.dir, err = os.MkdirTemp("", "silta-bench-"); err != nil {
		return "", err
	}
	r.gc = debug.SetGCPercent(bridge.GCPercent) // as the program does; the other side runs as its own would
	r.bridge, err = inside.Start(inside.Options{
		Dir: r.dir, URL: b.url, Store: store.Options{SlowSync: r.slow},
		Before: func(ctx context.Context, s *store.Store) error { return seed(ctx, s, pairs) },
	})
	if err != nil {
		return "", err
	}
	r.server = &http.Server{Handler: r.bridge.Handler()}
	to, err := serve(r.server)
	if err != nil {
		return "", err
	}
	b.server.SetAppservice(to, nil) // the bridge has itself pinged before it is ready
	return to, r.ready(ctx)
}

// ready waits until the bridge has made its bot and staff room.
func (r *silta) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for r.bridge.Bridge.Ready() != nil {
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the bridge does not become ready"), r.bridge.Bridge.Ready())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

func (r *silta) Stop() error {
	defer debug.SetGCPercent(r.gc)
	return errors.Join(r.server.Close(), r.bridge.Stop(), os.RemoveAll(r.dir))
}

// seed makes a conversation for each pair: the mentee writes in From, the
// mentor reads in To.
func seed(ctx context.Context, s *store.Store, pairs []pair) error {
	return s.Write(ctx, func(tx *store.Tx) error {
		for i, p := range pairs {
			if _, err := inside.Talk(tx, talkOf(p, i), time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

func talkOf(p pair, i int) inside.Seed {
	return inside.Seed{
		Mentee: p.Person, Mentor: "@mentor" + number(i) + ":" + inside.Domain, Alias: "Kanerva",
		MenteeRoom: p.From, MentorRoom: p.To,
		MenteeGhost: "silta_ghost" + number(i), MentorGhost: "silta_other" + number(i),
	}
}
