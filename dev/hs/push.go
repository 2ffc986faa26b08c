package hs

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"time"
)

// maxEvents is how many events a transaction carries at most.
const maxEvents = 100

// pusher sends the appservice its transactions, one at a time. Its fields are
// guarded by the server's lock.
type pusher struct {
	s         *Server
	queue     []queued
	toDevice  []json.RawMessage // for the next transaction only; lost if that fails
	again     []queued          // to come once more in the next transaction
	txn       int
	attempts  int
	busy      bool
	stranded  []batch
	recovered bool          // the last transaction had failed at first
	wake      chan struct{} // ends the back-off
}

// queued is an event of ours, or raw bytes of a test's own making.
type queued struct {
	ev  *Event
	raw json.RawMessage
}

func newPusher(s *Server) *pusher { return &pusher{s: s, wake: make(chan struct{}, 1)} }

func (p *pusher) add(ev *Event) { p.queue = append(p.queue, queued{ev: ev}) }

// hurry ends the back-off, as a ping does.
func (p *pusher) hurry() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Inject puts an event into the appservice's stream that is in no room and
// obeys no rule: a forged sender, a room that is not there, missing fields.
func (s *Server) Inject(event map[string]any) {
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err) // a test's own value
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push.queue = append(s.push.queue, queued{raw: raw})
	s.bump()
}

// Quiet says whether the appservice has taken everything.
func (s *Server) Quiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.push.queue) == 0 && len(s.push.again) == 0 && len(s.push.stranded) == 0 && !s.push.busy
}

func (p *pusher) run() {
	for {
		batch, ok := p.next()
		if !ok {
			return
		}
		p.deliver(batch)
		p.s.mu.Lock()
		p.busy = false
		p.s.bump()
		p.s.mu.Unlock()
	}
}

// batch is one transaction.
type batch struct {
	id       string
	events   []queued
	toDevice []json.RawMessage
}

func (p *pusher) next() (batch, bool) {
	for {
		p.s.mu.Lock()
		n := min(len(p.queue), maxEvents-len(p.again))
		if p.s.opts.PerEvent {
			n = min(n, 1)
		}
		if n+len(p.again)+len(p.toDevice) > 0 && !p.s.down {
			p.txn++
			b := batch{id: strconv.Itoa(p.txn), events: append(p.again, p.queue[:n]...), toDevice: p.toDevice}
			p.queue = slices.Clone(p.queue[n:])
			p.again, p.toDevice, p.busy = nil, nil, true
			p.s.mu.Unlock()
			return b, true
		}
		changed := p.s.changed
		p.s.mu.Unlock()
		select {
		case <-changed:
		case <-p.s.closed:
			return batch{}, false
		}
	}
}

// deliver repeats a transaction until it is answered with 200. To-device
// messages go with the first attempt only (matrix-facts §3, trap 16).
func (p *pusher) deliver(b batch) {
	for attempt := 1; ; attempt++ {
		p.s.mu.Lock()
		p.attempts++
		push := Push{N: p.attempts, Attempt: attempt, Events: len(b.events), Recovered: p.recovered}
		p.s.mu.Unlock()
		var fault PushFault
		if p.s.opts.PushFault != nil {
			fault = p.s.opts.PushFault(push)
		}
		if fault.Strand && attempt == 1 {
			p.s.mu.Lock()
			p.stranded, p.recovered = append(p.stranded, b), false
			p.s.mu.Unlock()
			return
		}
		if p.attempt(b, fault) {
			p.s.mu.Lock()
			p.recovered = attempt > 1
			p.s.mu.Unlock()
			return
		}
		b.toDevice = nil
		pause := min(time.Second<<min(attempt, 9), 512*time.Second)
		if p.s.opts.Backoff != nil {
			pause = p.s.opts.Backoff(attempt)
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-p.wake:
			t.Stop()
		case <-p.s.closed:
			t.Stop()
			return
		}
		for _, old := range p.takeStranded() {
			p.deliver(old)
		}
	}
}

// takeStranded are the transactions that stayed behind, the oldest first.
func (p *pusher) takeStranded() []batch {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	all := p.stranded
	p.stranded = nil
	for i := range all {
		all[i].toDevice = nil
	}
	return all
}

func (p *pusher) attempt(b batch, fault PushFault) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := context.AfterFunc(closing{p.s.closed}, cancel)
	defer stop()
	if !sleep(ctx, fault.Delay) || fault.Unsent || p.isDown() {
		return false
	}
	body := p.body(b)
	if fault.Torn {
		body = body[:len(body)/2]
	}
	status, err := p.request(ctx, http.MethodPut, "/_matrix/app/v1/transactions/"+b.id, body)
	if err != nil || status != http.StatusOK || fault.fails() {
		return false
	}
	if fault.Again {
		p.s.mu.Lock()
		p.again = slices.Clone(b.events)
		if len(p.again) >= maxEvents {
			p.again = p.again[:maxEvents/2]
		}
		p.s.mu.Unlock()
	}
	return true
}

func (p *pusher) isDown() bool {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.down
}

// body is made anew for each attempt: an event that has been redacted since
// comes without its content, as from a database.
func (p *pusher) body(b batch) []byte {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	events := make([]any, len(b.events))
	for i, q := range b.events {
		if q.raw != nil {
			events[i] = q.raw
		} else {
			events[i] = p.s.wire(q.ev, "")
		}
	}
	out := object{"events": events}
	if len(b.toDevice) > 0 {
		out["de.sorunome.msc2409.to_device"] = b.toDevice
	}
	raw, err := json.Marshal(out)
	if err != nil {
		panic(err) // only JSON values get here
	}
	return raw
}

// request makes one request to the appservice.
func (p *pusher) request(ctx context.Context, method, path string, body []byte) (int, error) {
	p.s.mu.Lock()
	as := p.s.opts.Appservice
	p.s.mu.Unlock()
	base := as.URL
	if base == "" {
		base = "http://appservice"
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+as.HSToken)
	req.Header.Set("Content-Type", "application/json")
	if as.Handler != nil {
		return inMemory(as.Handler, req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// inMemory calls a handler as a server would: in a goroutine of its own, so
// that a caller that has given up does not wait for it.
func inMemory(h http.Handler, req *http.Request) (int, error) {
	done := make(chan int, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- 0 // net/http cuts the connection
			}
		}()
		w := httptest.NewRecorder()
		req.RequestURI = req.URL.RequestURI()
		h.ServeHTTP(w, req)
		done <- w.Code
	}()
	select {
	case code := <-done:
		if code == 0 {
			return 0, errCut
		}
		return code, nil
	case <-req.Context().Done():
		return 0, req.Context().Err()
	}
}

// closing is a context that ends when the server is closed.
type closing struct{ done <-chan struct{} }

func (closing) Deadline() (time.Time, bool) { return time.Time{}, false }
func (c closing) Done() <-chan struct{}     { return c.done }
func (closing) Value(any) any               { return nil }
func (c closing) Err() error {
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}
