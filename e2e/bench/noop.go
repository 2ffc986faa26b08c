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
	"sync/atomic"

	"silta/e2e/inside"
)

// noop is the least that a relay can do: a map from room to room, one request
// to the homeserver for each message, nothing kept, nothing checked. Messages
// of one room go in order, rooms go in parallel.
type noop struct {
	server *http.Server
	client *http.Client
	base   string
	txn    atomic.Int64
	mu     sync.Mutex
	lanes  map[string]chan noopEvent
	wait   sync.WaitGroup
	route  func(room, sender string) (pair, bool)
	token  string
}

type noopEvent struct {
	Type    string `json:"type"`
	Room    string `json:"room_id"`
	Sender  string `json:"sender"`
	Content struct {
		Kind string `json:"msgtype"`
		Body string `json:"body"`
	} `json:"content"`
	pair pair
}

func (r *noop) Start(_ context.Context, b *stub, pairs []pair) (string, error) {
	routes := map[string]pair{}
	for _, p := range pairs {
		routes[p.From] = p
	}
	r.route = func(room, sender string) (pair, bool) {
		p, ok := routes[room]
		return p, ok && p.Person == sender
	}
	r.token, r.base = inside.Token, b.url
	r.prepare()
	r.server = &http.Server{Handler: r}
	return serve(r.server)
}

func (r *noop) prepare() {
	r.lanes = map[string]chan noopEvent{}
	r.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * stubRooms}}
}

func (r *noop) Stop() error {
	err := r.server.Close()
	r.mu.Lock()
	for _, lane := range r.lanes {
		close(lane)
	}
	r.lanes = map[string]chan noopEvent{}
	r.mu.Unlock()
	r.wait.Wait()
	r.client.CloseIdleConnections()
	return err
}

// ServeHTTP takes a transaction (or a ping).
func (r *noop) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var txn struct {
		Events []noopEvent `json:"events"`
	}
	if err := json.NewDecoder(req.Body).Decode(&txn); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, ev := range txn.Events {
		p, ok := r.route(ev.Room, ev.Sender)
		if ev.Type != "m.room.message" || !ok {
			continue
		}
		ev.pair = p
		r.lane(p.To) <- ev
	}
	_, _ = io.WriteString(w, "{}")
}

func (r *noop) lane(room string) chan noopEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	lane := r.lanes[room]
	if lane == nil {
		lane = make(chan noopEvent, 4*perTxn)
		r.lanes[room] = lane
		r.wait.Add(1)
		go func() {
			defer r.wait.Done()
			for ev := range lane {
				_ = r.send(ev) // it has nowhere to keep what failed
			}
		}()
	}
	return lane
}

func (r *noop) send(ev noopEvent) error {
	body, err := json.Marshal(map[string]string{"msgtype": ev.Content.Kind, "body": ev.Content.Body})
	if err != nil {
		return err
	}
	to := r.base + "/_matrix/client/v3/rooms/" + url.PathEscape(ev.pair.To) + "/send/m.room.message/n" +
		strconv.FormatInt(r.txn.Add(1), 10) + "?user_id=" + url.QueryEscape(ev.pair.Ghost)
	req, err := http.NewRequest(http.MethodPut, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("send: HTTP %d", resp.StatusCode)
	}
	return nil
}
