package hs

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Person is a user of the homeserver outside the appservice's namespace, with a
// client that does as it is told.
type Person struct {
	ID    string
	Token string // for those who use HTTP after all

	s *Server
}

// Person makes a user (or returns the one of that name).
func (s *Server) Person(localpart string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &Person{ID: s.userID(localpart), Token: "person-" + localpart, s: s}
	if s.users[p.ID] == nil {
		s.addUser(p.ID).name = localpart
		s.tokens[p.Token] = p.ID
	}
	return p
}

// SetName changes the person's own display name, in their rooms too.
func (p *Person) SetName(name string) error { return p.setProfile("displayname", name) }

// SetPicture changes the person's own picture, in their rooms too.
func (p *Person) SetPicture(address string) error { return p.setProfile("avatar_url", address) }

func (p *Person) setProfile(key, value string) error {
	return p.with(func(s *Server) error {
		c := &call{s: s, user: p.ID, args: []string{p.ID, key}, body: object{key: value}}
		_, err := c.putProfile()
		return err
	})
}

func (p *Person) with(fn func(*Server) error) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return fn(p.s)
}

// CreateRoom makes a room as a client would; body is that of POST /createRoom.
func (p *Person) CreateRoom(body map[string]any) (id string, err error) {
	err = p.with(func(s *Server) error {
		r, err := s.create(p.ID, body)
		if err == nil {
			id = r.id
		}
		return err
	})
	return id, err
}

// Direct makes a room for two with a user, as "start a chat" does.
func (p *Person) Direct(user string) (id string, err error) {
	return p.CreateRoom(object{"preset": "trusted_private_chat", "is_direct": true, "invite": []any{user}})
}

// Join accepts an invitation.
func (p *Person) Join(room string) error {
	return p.with(func(s *Server) error { return s.join(p.ID, room) })
}

// Leave leaves a room or refuses an invitation.
func (p *Person) Leave(room string) error {
	return p.with(func(s *Server) error { return s.remove(p.ID, p.ID, room, left, "") })
}

// Invite asks another user into a room.
func (p *Person) Invite(room, user string) error {
	return p.with(func(s *Server) error { return s.invite(p.ID, user, room, "", false) })
}

// Kick removes another user from a room.
func (p *Person) Kick(room, user string) error {
	return p.with(func(s *Server) error { return s.remove(p.ID, user, room, left, "") })
}

// Send sends an event of any type and returns its ID.
func (p *Person) Send(room, kind string, content map[string]any) (id string, err error) {
	err = p.with(func(s *Server) error {
		ev, err := s.send(p.ID, room, kind, "m"+s.name("txn")[:8], content)
		if err == nil {
			id = ev.ID
		}
		return err
	})
	return id, err
}

// Say sends a text.
func (p *Person) Say(room, body string) (string, error) {
	return p.Send(room, "m.room.message", object{"msgtype": "m.text", "body": body})
}

// Reply sends a text that answers an event, with the fallback of old clients,
// which quotes the sender's ID.
func (p *Person) Reply(room, to, body string) (string, error) {
	quoted := ""
	if ev, ok := p.s.Event(to); ok {
		quoted = "> <" + ev.Sender + "> " + strings.ReplaceAll(withoutQuote(text(ev.Content["body"])), "\n", "\n> ") + "\n\n"
	}
	return p.Send(room, "m.room.message", object{"msgtype": "m.text", "body": quoted + body,
		"m.relates_to": object{"m.in_reply_to": object{"event_id": to}}})
}

// Edit replaces a text of the person's own.
func (p *Person) Edit(room, event, body string) (string, error) {
	return p.Send(room, "m.room.message", object{"msgtype": "m.text", "body": "* " + body,
		"m.new_content": object{"msgtype": "m.text", "body": body},
		"m.relates_to":  object{"rel_type": "m.replace", "event_id": event}})
}

// React puts an emoji on an event.
func (p *Person) React(room, event, key string) (string, error) {
	return p.Send(room, "m.reaction", object{"m.relates_to": object{"rel_type": "m.annotation", "event_id": event, "key": key}})
}

// Redact removes an event.
func (p *Person) Redact(room, event string) error {
	return p.with(func(s *Server) error {
		_, err := s.redact(p.ID, room, event, "m"+s.name("txn")[:8], "")
		return err
	})
}

// SetState puts a state event.
func (p *Person) SetState(room, kind, key string, content map[string]any) error {
	return p.with(func(s *Server) error {
		_, err := s.setState(p.ID, room, kind, key, content)
		return err
	})
}

// Rooms lists the rooms in which the person has that membership ("join",
// "invite", "leave"), in order of making.
func (p *Person) Rooms(membership string) []string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	var out []string
	for _, id := range p.s.order {
		if p.s.rooms[id].membership(p.ID) == membership {
			out = append(out, id)
		}
	}
	return out
}

// Timeline is every event of a room that the person may see.
func (p *Person) Timeline(room string) []Event {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r := p.s.rooms[room]
	if r == nil {
		return nil
	}
	return copies(r.visible(p.ID))
}

// Wait returns once ok holds, which is asked again after every change; it
// returns the context's error if that comes first.
func (s *Server) Wait(ctx context.Context, ok func() bool) error {
	for {
		changed := s.Changed()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func copies(events []*Event) []Event {
	out := make([]Event, len(events))
	for i, ev := range events {
		out[i] = *ev
		out[i].Content = maps.Clone(ev.Content)
	}
	return out
}

// Event returns an event by its ID.
func (s *Server) Event(id string) (Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ev := s.events[id]
	if ev == nil {
		return Event{}, false
	}
	return copies([]*Event{ev})[0], true
}

// Rooms lists all rooms in order of making.
func (s *Server) Rooms() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order)
}

// Events returns all events of a room, whoever may see them.
func (s *Server) Events(room string) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[room]; r != nil {
		return copies(r.events)
	}
	return nil
}

// Members lists the users with that membership in a room.
func (s *Server) Members(room, membership string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[room]; r != nil {
		return r.members(membership)
	}
	return nil
}

// State returns the content of a room's state event, or nil.
func (s *Server) State(room, kind, key string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[room]; r != nil {
		return maps.Clone(r.content(kind, key))
	}
	return nil
}

// Ours says whether a user ID is of the appservice.
func (s *Server) Ours(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ours(user)
}
