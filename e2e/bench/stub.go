package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"silta/dev/hs"
	"silta/e2e/inside"
)

const (
	stubRooms   = 64
	perTxn      = 100
	textPrefix  = "message number "
	stubTimeout = 2 * time.Minute
)

// pair is one conversation as a relay needs it: what is said in From is to be
// said in To by Ghost.
type pair struct {
	From, To      string
	Person, Ghost string
}

// relay is one side of a stub measurement.
type relay interface {
	// Start begins to relay at a homeserver and returns the URL for transactions.
	Start(ctx context.Context, b *stub, pairs []pair) (string, error)
	Stop() error
}

// stub is a homeserver in its fast mode that counts what is relayed.
type stub struct {
	server *hs.Server
	url    string
	rooms  map[string]*target // by room ID as it stands in a URL
	done   chan struct{}
	mu     sync.Mutex
	left   int
	faults int // copies out of order, twice or in a wrong room
}

type target struct {
	mu   sync.Mutex
	next int
}

func newStub() (*stub, error) {
	b := &stub{rooms: map[string]*target{}}
	b.server = hs.New(hs.Options{Name: inside.Domain, Appservice: inside.Appservice()})
	b.server.Fast(&hs.Fast{OnSend: b.sent})
	var err error
	b.url, err = b.server.Listen()
	return b, err
}

// expect sets what is to come: n messages spread evenly over the pairs.
func (b *stub) expect(pairs []pair, n int) {
	for _, p := range pairs {
		t := &target{}
		b.rooms[url.PathEscape(p.To)], b.rooms[p.To] = t, t
	}
	b.left, b.faults, b.done = n, 0, make(chan struct{})
}

func (b *stub) sent(room, kind, _, body []byte) {
	number, ok := sequence(body)
	t := b.rooms[string(room)]
	if !ok || t == nil || string(kind) != "m.room.message" {
		b.fault()
		return
	}
	t.mu.Lock()
	right := t.next == number
	t.next = number + 1
	t.mu.Unlock()
	if !right {
		b.fault()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left--; b.left == 0 {
		close(b.done)
	}
}

func (b *stub) fault() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults++
}

// sequence finds the message's number in its room in the raw content.
func sequence(body []byte) (int, bool) {
	_, rest, ok := bytes.Cut(body, []byte(textPrefix))
	if !ok {
		return 0, false
	}
	digits, _, ok := bytes.Cut(rest, []byte{'"'})
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(string(digits))
	return n, err == nil
}

// transactions prepares n messages, round and round over the pairs; first is
// the number of the first in each room, and salt keeps event IDs apart.
func transactions(pairs []pair, n, first int, salt string) [][]byte {
	var out [][]byte
	var events []any
	for i := range n {
		p := pairs[i%len(pairs)]
		events = append(events, map[string]any{
			"type": "m.room.message", "room_id": p.From, "sender": p.Person,
			"event_id": hs.EventID(salt, i), "origin_server_ts": 1790000000000 + i,
			"content":  map[string]any{"msgtype": "m.text", "body": textPrefix + strconv.Itoa(first+i/len(pairs)), "m.mentions": map[string]any{}},
			"unsigned": map[string]any{"age": 5},
		})
		if len(events) == perTxn || i == n-1 {
			raw, err := json.Marshal(map[string]any{"events": events})
			if err != nil {
				panic(err) // only strings and numbers
			}
			out = append(out, raw)
			events = nil
		}
	}
	return out
}

// result is one round.
type result struct {
	rate    float64 // messages per second
	missing int
	faults  int
}

// run pushes the transactions, one in flight, and waits for all the copies.
func (b *stub) run(ctx context.Context, to, salt string, txns [][]byte) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, stubTimeout)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	n := b.left
	start := time.Now()
	for i, body := range txns {
		if err := put(ctx, client, to+"/_matrix/app/v1/transactions/"+salt+strconv.Itoa(i), body); err != nil {
			return result{}, err
		}
	}
	select {
	case <-b.done:
	case <-ctx.Done():
	}
	took := time.Since(start)
	time.Sleep(50 * time.Millisecond) // what comes twice comes now
	b.mu.Lock()
	defer b.mu.Unlock()
	r := result{rate: float64(n-max(b.left, 0)) / took.Seconds(), missing: max(b.left, 0), faults: b.faults}
	if b.left < 0 {
		r.faults -= b.left
	}
	return r, nil
}

func put(ctx context.Context, client *http.Client, to string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+inside.HSToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("push: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("push: HTTP %d", resp.StatusCode)
	}
	return nil
}
