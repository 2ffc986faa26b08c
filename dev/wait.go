package dev

import (
	"fmt"
	"strings"
	"time"
)

// Mark is a place in what the client has been told so far; waits begin at one.
func (c *Client) Mark() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.log)
}

// Events is what the client has been told since a mark.
func (c *Client) Events(from int) []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Event(nil), c.log[from:]...)
}

// Await waits for the first event since the mark that fits, and fails the test
// after c.Patience. what is for the failure's message.
func (c *Client) Await(from int, what string, fits func(Event) bool) Event {
	c.t.Helper()
	e, ok := c.find(from, c.Patience, fits)
	if !ok {
		c.t.Fatalf("%s waited %v in vain for %s; it was told:\n%s", c.UserID, c.Patience, what, c.told(from))
	}
	return e
}

// Never fails the test when an event that fits comes within a time.
func (c *Client) Never(from int, within time.Duration, what string, fits func(Event) bool) {
	c.t.Helper()
	if e, ok := c.find(from, within, fits); ok {
		c.t.Fatalf("%s got %s, which should not be: %s", c.UserID, what, e.Raw)
	}
}

func (c *Client) find(from int, within time.Duration, fits func(Event) bool) (Event, bool) {
	deadline := time.After(within)
	for at := from; ; {
		c.mu.Lock()
		fresh, more := c.log[at:], c.more
		c.mu.Unlock()
		for _, e := range fresh {
			if fits(e) {
				return e, true
			}
		}
		at += len(fresh)
		select {
		case <-more:
		case <-deadline:
			return Event{}, false
		}
	}
}

// told is the last things that the client was told, for a failure's message.
func (c *Client) told(from int) string {
	var b strings.Builder
	events := c.Events(from)
	if len(events) > 20 {
		fmt.Fprintf(&b, "  … %d more\n", len(events)-20)
		events = events[len(events)-20:]
	}
	for _, e := range events {
		fmt.Fprintf(&b, "  %s %s in %s: %.300s%s\n", e.Sender, e.Type, e.Room, e.Body()+e.Text("membership"), e.Failure)
	}
	return b.String()
}

// Message fits a message in a room, by its text.
func Message(room, body string) func(Event) bool {
	return func(e Event) bool { return e.Room == room && e.Type == "m.room.message" && e.Body() == body }
}

// MessageWith fits a message of somebody in a room that has all of the pieces in
// its text, whatever their case.
func MessageWith(room, sender string, pieces ...string) func(Event) bool {
	return func(e Event) bool {
		if e.Room != room || e.Sender != sender || e.Type != "m.room.message" {
			return false
		}
		body := strings.ToLower(e.Body())
		for _, piece := range pieces {
			if !strings.Contains(body, strings.ToLower(piece)) {
				return false
			}
		}
		return true
	}
}

// Membership fits the news that this person's own membership of a room is now
// such; an empty room fits any.
func Membership(room, membership string) func(Event) bool {
	return func(e Event) bool {
		return e.Type == membershipEvent && (room == "" || e.Room == room) && e.Text("membership") == membership
	}
}

// AwaitText waits for a message with that text in a room.
func (c *Client) AwaitText(room, body string) Event {
	c.t.Helper()
	return c.Await(0, fmt.Sprintf("the message %.80q", body), Message(room, body))
}

// AwaitInvited waits until the person is invited to a room (or already in it, where
// invitations are accepted by themselves) for the first time since the mark, and
// goes in.
func (c *Client) AwaitInvited(from int) (room string) {
	c.t.Helper()
	e := c.Await(from, "an invitation", func(e Event) bool {
		return Membership("", "invite")(e) || Membership("", "join")(e)
	})
	c.enter(e.Room)
	return e.Room
}

// enter makes sure that the person is in a room they were invited to.
//
// An invitation over federation is with the client before the inviting server
// has kept it, and a join in that moment is refused: people tap again.
func (c *Client) enter(room string) {
	c.t.Helper()
	for deadline := time.Now().Add(c.Patience); ; time.Sleep(200 * time.Millisecond) {
		if _, in := c.find(0, 0, Membership(room, "join")); in {
			break
		}
		_, err := c.Try("join", map[string]any{"room": room})
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%s cannot join: %v", c.UserID, err)
		}
	}
	c.Await(0, "having joined", Membership(room, "join"))
}
