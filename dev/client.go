package dev

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Event is an event as a client shows it: decrypted, when it could be.
type Event struct {
	ID       string         `json:"event_id"`
	Room     string         `json:"room_id"`
	Sender   string         `json:"sender"`
	Type     string         `json:"type"`
	StateKey *string        `json:"state_key"`
	Content  map[string]any `json:"content"`
	Redacts  string         `json:"redacts"`

	Wire      string `json:"wire"`      // the type that was sent over the wire
	Encrypted bool   `json:"encrypted"` // whether it came encrypted
	Failure   string `json:"failure"`   // why it could not be decrypted; empty: it could
	Shield    string `json:"shield"`    // matrix-js-sdk only: NONE, GREY, RED
	Reason    string `json:"reason"`    // why there is a shield
	Notify    bool   `json:"notify"`    // matrix-js-sdk only: whether the person's push rules ask for a sound
	Late      bool   `json:"late"`      // told again, because it could be decrypted only later

	Raw json.RawMessage `json:"-"` // all that the client said of it
}

// membershipEvent is the type of the entries by which a client tells that this
// person's own membership of a room changed.
const membershipEvent = "dev.membership"

// Body is the text of a message.
func (e Event) Body() string { return e.Text("body") }

// Text is a text inside the content, by its path; empty if there is none.
func (e Event) Text(path ...string) string {
	var at any = e.Content
	for _, key := range path {
		inner, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = inner[key]
	}
	text, _ := at.(string)
	return text
}

// Shown is a message of a room as the person sees it now: edits applied,
// reactions gathered, redactions done.
type Shown struct {
	ID        string         `json:"event_id"`
	Sender    string         `json:"sender"`
	Type      string         `json:"type"`
	MsgType   string         `json:"msgtype"`
	Body      string         `json:"body"`
	HTML      string         `json:"html"`
	Edited    bool           `json:"edited"`
	Redacted  bool           `json:"redacted"`
	ReplyTo   string         `json:"reply_to"`
	Reactions map[string]int `json:"reactions"`
}

// driver carries out the commands of a Client, one at a time.
type driver interface {
	call(cmd string, args map[string]any) (json.RawMessage, error)
	close()
}

// Client is one person's Matrix client. Its methods end the test when the
// client says no; [Client.Try] gives the error instead. Which client it is makes
// no difference to the caller: see [JSSDK], [Nio] and [Plain].
type Client struct {
	Account
	// Patience is how long waits last before they fail; default 60 s.
	Patience time.Duration

	t      T
	driver driver

	mu   sync.Mutex
	log  []Event
	more chan struct{} // closed and replaced when something is added to log
}

// ClientOption changes how a client is started.
type ClientOption func(args map[string]any)

// Encrypted switches end-to-end encryption on, with a cross-signing identity
// where the client has such a thing.
func Encrypted() ClientOption { return func(args map[string]any) { args["crypto"] = true } }

// OnlySigned has the client refuse devices that their owner has not signed
// (matrix-js-sdk's OnlySignedDevicesIsolationMode).
func OnlySigned() ClientOption {
	return func(args map[string]any) { args["crypto"], args["isolate"] = true, true }
}

// Signed has the plain client make a cross-signing identity that signs its
// device (matrix-js-sdk always does with [Encrypted]).
func Signed() ClientOption { return func(args map[string]any) { args["signed"] = true } }

// newClient has the driver log in and start.
func newClient(t T, a Account, start func(c *Client) driver, options []ClientOption) *Client {
	t.Helper()
	c := &Client{Account: a, Patience: 60 * time.Second, t: t, more: make(chan struct{})}
	c.driver = start(c)
	t.Cleanup(c.driver.close)
	args := map[string]any{"homeserver": a.Homeserver, "user_id": a.UserID, "password": a.Password}
	for _, option := range options {
		option(args)
	}
	var session struct {
		Device string `json:"device_id"`
		Token  string `json:"token"`
	}
	c.must("start", args, &session)
	c.Device, c.Token = session.Device, session.Token
	return c
}

// add is called by the driver for each line that the client told unasked.
func (c *Client) add(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, e)
	close(c.more)
	c.more = make(chan struct{})
}

// Try carries out a command and returns the client's error.
func (c *Client) Try(cmd string, args map[string]any) (string, error) {
	raw, err := c.driver.call(cmd, args)
	if err != nil {
		return "", fmt.Errorf("%s: %w", cmd, err)
	}
	var text string
	if len(raw) > 0 && raw[0] == '"' {
		err = json.Unmarshal(raw, &text)
	}
	return text, err
}

func (c *Client) must(cmd string, args map[string]any, out any) {
	c.t.Helper()
	raw, err := c.driver.call(cmd, args)
	if err == nil && out != nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		c.t.Fatalf("%s: %s: %v", c.UserID, cmd, err)
	}
}

func (c *Client) do(cmd, room string, pairs ...any) (event string) {
	c.t.Helper()
	args := map[string]any{"room": room}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	c.must(cmd, args, &event)
	return event
}

// Text sends plain text and returns the event's ID; so do the others.
func (c *Client) Text(room, body string) string {
	c.t.Helper()
	return c.do("text", room, "body", body)
}

// HTML sends formatted text.
func (c *Client) HTML(room, body, html string) string {
	c.t.Helper()
	return c.do("html", room, "body", body, "html", html)
}

// Emote sends what the person does ("/me").
func (c *Client) Emote(room, body string) string {
	c.t.Helper()
	return c.do("emote", room, "body", body)
}

// Notice sends an automatic notice.
func (c *Client) Notice(room, body string) string {
	c.t.Helper()
	return c.do("notice", room, "body", body)
}

// Reply answers an event.
func (c *Client) Reply(room, to, body string) string {
	c.t.Helper()
	return c.do("reply", room, "to", to, "body", body)
}

// Edit changes an earlier message.
func (c *Client) Edit(room, event, body string) string {
	c.t.Helper()
	return c.do("edit", room, "to", event, "body", body)
}

// React adds a reaction to an event.
func (c *Client) React(room, to, key string) string {
	c.t.Helper()
	return c.do("react", room, "to", to, "key", key)
}

// Redact removes an event; the reason may be empty.
func (c *Client) Redact(room, event, reason string) string {
	c.t.Helper()
	return c.do("redact", room, "to", event, "reason", reason)
}

// Send sends any event.
func (c *Client) Send(room, kind string, content map[string]any) string {
	c.t.Helper()
	return c.do("send", room, "type", kind, "content", content)
}

// Join accepts an invitation.
func (c *Client) Join(room string) { c.t.Helper(); c.do("join", room) }

// Leave leaves a room or refuses an invitation.
func (c *Client) Leave(room string) { c.t.Helper(); c.must("leave", map[string]any{"room": room}, nil) }

// Invite invites somebody.
func (c *Client) Invite(room, user string) {
	c.t.Helper()
	c.must("invite", map[string]any{"room": room, "user": user}, nil)
}

// Create makes a room; content is that of createRoom.
func (c *Client) Create(content map[string]any) (room string) {
	c.t.Helper()
	c.must("create", map[string]any{"content": content}, &room)
	return room
}

// Rotate drops the outbound encryption session of a room.
func (c *Client) Rotate(room string) {
	c.t.Helper()
	c.must("rotate", map[string]any{"room": room}, nil)
}

// View is the room as this client shows it now.
func (c *Client) View(room string) (shown []Shown) {
	c.t.Helper()
	c.must("view", map[string]any{"room": room}, &shown)
	return shown
}

// Store is all that the client has kept of what came to it, as a text to be
// searched. matrix-js-sdk and matrix-nio only.
func (c *Client) Store() string {
	c.t.Helper()
	var kept string
	c.must("store", nil, &kept)
	return kept
}

// Poll is a poll as a client shows it.
type Poll struct {
	Question string              `json:"question"`
	Answers  []string            `json:"answers"`
	Votes    map[string][]string `json:"votes"` // by sender: the texts of the answers
	Ended    bool                `json:"ended"`
}

// Poll is a poll as this client counts it now. matrix-js-sdk only.
func (c *Client) Poll(room, event string) (Poll, error) {
	raw, err := c.driver.call("poll", map[string]any{"room": room, "to": event})
	var p Poll
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	return p, err
}

// Judged is every encrypted event of a room with the shield that the client
// shows beside it now. matrix-js-sdk only.
func (c *Client) Judged(room string) (events []Event) {
	c.t.Helper()
	c.must("judged", map[string]any{"room": room}, &events)
	return events
}

// Logout ends the session at the homeserver, so that it is no device of the
// account's any more, and the client. Plain clients only.
func (c *Client) Logout() {
	c.t.Helper()
	c.must("logout", nil, nil)
	c.Close()
}

// Close ends the client.
func (c *Client) Close() { c.driver.close() }
