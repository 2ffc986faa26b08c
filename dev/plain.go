package dev

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// plain is the driver written here, with mautrix's encryption. It writes what a
// present-day client writes.
type plain struct {
	user   *User
	crypto *secrets
	client *Client
	stop   context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	senders map[string]string // of events seen: whom a reply mentions

	memberships map[string]string // of this person, by room, as told last
}

// Plain starts a client of our own, which is light, for people who only have to
// be there. It encrypts where the room is encrypted. An account with a token is
// used as it is; there must be one client at most for a session.
func Plain(t T, a Account, options ...ClientOption) *Client {
	t.Helper()
	return newClient(t, a, func(c *Client) driver {
		return &plain{user: NewUser(a), client: c, done: make(chan struct{}),
			senders: map[string]string{}, memberships: map[string]string{}}
	}, options)
}

func (p *plain) call(cmd string, args map[string]any) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	out, err := p.run(ctx, cmd, args)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func (p *plain) run(ctx context.Context, cmd string, args map[string]any) (any, error) {
	u := p.user
	text := func(name string) string { s, _ := args[name].(string); return s }
	room := text("room")
	switch cmd {
	case "start":
		signed, _ := args["signed"].(bool)
		return p.start(ctx, signed)
	case "text", "html", "emote", "notice", "reply", "edit":
		return p.send(ctx, room, "m.room.message", text("txn"), p.message(cmd, text))
	case "react":
		return p.send(ctx, room, "m.reaction", text("txn"), map[string]any{"m.relates_to": map[string]any{
			"rel_type": "m.annotation", "event_id": text("to"), "key": text("key")}})
	case "redact":
		return u.Redact(ctx, room, text("to"), text("reason"))
	case "send":
		return p.send(ctx, room, text("type"), text("txn"), args["content"])
	case "state":
		return u.SetState(ctx, room, text("type"), text("key"), args["content"])
	case "join":
		return room, u.Join(ctx, room)
	case "leave":
		return nil, u.Leave(ctx, room)
	case "invite":
		return nil, u.Invite(ctx, room, text("user"))
	case "kick":
		return nil, u.Kick(ctx, room, text("user"))
	case "create":
		content, _ := args["content"].(map[string]any)
		return u.Create(ctx, content)
	case "view":
		return p.view(room), nil
	case "rotate":
		return nil, p.crypto.rotate(ctx, room)
	case "logout":
		return nil, u.Do(ctx, http.MethodPost, api+"/logout", map[string]any{}, nil)
	}
	return nil, fmt.Errorf("the plain client does not know how to %s", cmd)
}

// send encrypts and sends. A transaction ID of the caller's has it sent once,
// however often it is tried.
func (p *plain) send(ctx context.Context, room, kind, txn string, content any) (event string, err error) {
	if kind, content, err = p.crypto.seal(ctx, room, kind, content); err != nil {
		return "", err
	}
	if txn == "" {
		txn = p.user.NewTxn()
	}
	return p.user.Send(ctx, room, kind, txn, content)
}

// message is the content of a message, as Element writes it.
func (p *plain) message(cmd string, text func(string) string) map[string]any {
	content := map[string]any{"msgtype": "m.text", "body": text("body")}
	switch cmd {
	case "emote":
		content["msgtype"] = "m.emote"
	case "notice":
		content["msgtype"] = "m.notice"
	case "html":
		content["format"], content["formatted_body"] = "org.matrix.custom.html", text("html")
	case "reply":
		p.mu.Lock()
		author := p.senders[text("to")]
		p.mu.Unlock()
		content["m.relates_to"] = map[string]any{"m.in_reply_to": map[string]any{"event_id": text("to")}}
		content["m.mentions"] = map[string]any{"user_ids": []string{author}}
	case "edit":
		content = map[string]any{
			"msgtype": "m.text", "body": "* " + text("body"), "m.new_content": content,
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": text("to")},
		}
	}
	return content
}

// start logs in, unless there is a token, and syncs until close.
func (p *plain) start(ctx context.Context, signed bool) (any, error) {
	if p.user.Token == "" {
		if err := p.user.Login(ctx); err != nil {
			return nil, err
		}
	}
	var err error
	if p.crypto, err = openSecrets(ctx, p.user.Account, signed); err != nil {
		return nil, err
	}
	first := make(chan struct{})
	var once sync.Once
	running, stop := context.WithCancel(context.Background())
	p.stop = stop
	go func() {
		defer close(p.done)
		p.user.SyncOn(running, "", func(s *Sync) {
			p.news(running, s)
			once.Do(func() { close(first) })
		})
	}()
	select {
	case <-first:
	case <-ctx.Done():
		return nil, fmt.Errorf("first sync: %w", ctx.Err())
	}
	return map[string]string{"device_id": p.user.Device, "token": p.user.Token}, nil
}

// news tells the client what a sync brought, in the order that nio and
// matrix-js-sdk have: membership first.
func (p *plain) news(ctx context.Context, s *Sync) {
	late := p.crypto.received(ctx, s)
	for id, room := range s.Rooms.Invite {
		inviter := ""
		for _, raw := range room.InviteState.Events {
			e := decodeEvent(raw)
			if e.Type == "m.room.member" && e.StateKey != nil && *e.StateKey == p.user.UserID {
				inviter = e.Sender
			}
		}
		p.membership(id, "invite", inviter)
	}
	for id, room := range s.Rooms.Join {
		events := slices.Concat(room.State.Events, room.Timeline.Events)
		p.state(ctx, id, events) // first: who hears of a room may write in it at once
		p.membership(id, "join", "")
		p.events(ctx, id, events)
	}
	for id, room := range s.Rooms.Leave {
		p.events(ctx, id, slices.Concat(room.State.Events, room.Timeline.Events))
		p.membership(id, "leave", "")
	}
	for _, e := range late {
		p.client.add(e)
	}
}

// membership tells of this person's own membership, when it has changed.
func (p *plain) membership(room, membership, inviter string) {
	if p.memberships[room] == membership {
		return
	}
	p.memberships[room] = membership
	p.client.add(membershipChange(room, membership, inviter))
}

// state takes note of a room's encryption and people.
func (p *plain) state(ctx context.Context, room string, events []json.RawMessage) {
	for _, raw := range events {
		e := decodeEvent(raw)
		e.Room = room
		p.crypto.state(ctx, e)
	}
}

func (p *plain) events(ctx context.Context, room string, events []json.RawMessage) {
	for _, raw := range events {
		e := decodeEvent(raw)
		e.Room, e.Wire = room, e.Type
		e = p.crypto.open(ctx, e)
		p.mu.Lock()
		p.senders[e.ID] = e.Sender
		p.mu.Unlock()
		p.client.add(e)
	}
}

func (p *plain) close() {
	if p.stop == nil {
		return
	}
	p.stop()
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
	}
}

// view applies edits, reactions and redactions to what was seen.
func (p *plain) view(room string) []*Shown {
	var order []*Shown
	byID := map[string]*Shown{}
	gone := map[string]bool{}
	var events []Event
	for _, e := range p.client.Events(0) {
		if e.Room != room || e.ID == "" {
			continue
		}
		events = append(events, e)
		if e.Type == "m.room.redaction" {
			gone[e.Redacts], gone[e.Text("redacts")] = true, true // before and from room version 11
		}
	}
	for _, e := range events {
		relation, target := e.Text("m.relates_to", "rel_type"), byID[e.Text("m.relates_to", "event_id")]
		switch {
		case relation != "" && (gone[e.ID] || target == nil || target.Redacted):
		case relation == "m.annotation":
			target.Reactions[e.Text("m.relates_to", "key")]++
		case relation == "m.replace":
			if target.Sender == e.Sender {
				target.Body, target.HTML, target.Edited = e.Text("m.new_content", "body"), e.Text("m.new_content", "formatted_body"), true
			}
		case e.Failure != "" && byID[e.ID] == nil && hasLate(events, e.ID): // is told again, readable
		case byID[e.ID] == nil:
			shown := p.shown(e, gone[e.ID])
			byID[e.ID] = shown
			order = append(order, shown)
		}
	}
	return order
}

func hasLate(events []Event, id string) bool {
	return slices.ContainsFunc(events, func(e Event) bool { return e.ID == id && e.Late })
}

func (p *plain) shown(e Event, redacted bool) *Shown {
	s := &Shown{ID: e.ID, Sender: e.Sender, Type: e.Type, Redacted: redacted, Reactions: map[string]int{}}
	if !redacted {
		s.MsgType, s.Body, s.HTML = e.Text("msgtype"), e.Body(), e.Text("formatted_body")
		s.ReplyTo = e.Text("m.relates_to", "m.in_reply_to", "event_id")
	}
	return s
}
