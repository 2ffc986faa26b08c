package hs

import (
	"maps"
	"slices"
)

// Event is an event in a room. Events returned to callers are copies, but their
// Content is shared: do not change it.
type Event struct {
	ID       string
	Type     string
	Room     string
	Sender   string
	StateKey *string // nil: not a state event
	Content  map[string]any
	Time     int64  // Unix milliseconds
	Redacts  string // of a redaction
	Redacted string // the redaction's ID; Content is then empty
	Reason   string // kept apart from Content for redactions

	txn string // the sender's own transaction ID
}

// Membership values.
const (
	joined  = "join"
	invited = "invite"
	left    = "leave"
	banned  = "ban"
)

type room struct {
	id       string
	version  string
	creators []string
	events   []*Event
	state    map[stateKey]*Event
}

type stateKey struct{ kind, key string }

func (r *room) content(kind, key string) map[string]any {
	if ev := r.state[stateKey{kind, key}]; ev != nil {
		return ev.Content
	}
	return nil
}

func (r *room) membership(user string) string {
	m, _ := r.content("m.room.member", user)["membership"].(string)
	return m
}

// members lists the users with that membership, sorted.
func (r *room) members(membership string) []string {
	var out []string
	for k, ev := range r.state {
		if k.kind == "m.room.member" && ev.Content["membership"] == membership {
			out = append(out, k.key)
		}
	}
	slices.Sort(out)
	return out
}

// append puts an event into its room, updates the state, carries out a
// redaction, and hands it to the appservice if that is interested.
func (s *Server) append(r *room, ev *Event) *Event {
	ev.ID = "$" + s.name("event")
	ev.Room = r.id
	ev.Time = s.opts.Now().UnixMilli()
	if ev.Content == nil {
		ev.Content = map[string]any{}
	}
	interested := s.interested(r, ev)
	r.events = append(r.events, ev)
	s.events[ev.ID] = ev
	if ev.StateKey != nil {
		r.state[stateKey{ev.Type, *ev.StateKey}] = ev
	}
	if ev.Redacts != "" {
		if target := s.events[ev.Redacts]; target != nil && target.Room == r.id {
			target.Redacted = ev.ID
			target.Content = prune(target)
		}
	}
	if interested || s.interested(r, ev) {
		s.push.add(ev)
	}
	s.bump()
	return ev
}

// interested says whether the appservice gets an event: when its own user or
// one of its namespace is in the room, sent it, or is its state key.
func (s *Server) interested(r *room, ev *Event) bool {
	if s.ours(ev.Sender) || ev.StateKey != nil && s.ours(*ev.StateKey) {
		return true
	}
	for k, m := range r.state {
		if k.kind == "m.room.member" && m.Content["membership"] == joined && s.ours(k.key) {
			return true
		}
	}
	return false
}

// prune is what is left of an event's content after redaction (room version 11).
func prune(ev *Event) map[string]any {
	keep := map[string][]string{
		"m.room.member":             {"membership", "join_authorised_via_users_server"},
		"m.room.join_rules":         {"join_rule", "allow"},
		"m.room.history_visibility": {"history_visibility"},
	}[ev.Type]
	if ev.Type == "m.room.create" || ev.Type == "m.room.power_levels" {
		return ev.Content
	}
	out := map[string]any{}
	for _, k := range keep {
		if v, ok := ev.Content[k]; ok {
			out[k] = v
		}
	}
	return out
}

// wire is the event as the APIs send it; for is the user it is sent to ("" for
// the appservice).
func (s *Server) wire(ev *Event, user string) map[string]any {
	unsigned := map[string]any{"age": s.opts.Now().UnixMilli() - ev.Time}
	if ev.txn != "" && ev.Sender == user {
		unsigned["transaction_id"] = ev.txn
	}
	out := map[string]any{
		"type": ev.Type, "room_id": ev.Room, "sender": ev.Sender, "event_id": ev.ID,
		"origin_server_ts": ev.Time, "content": ev.Content, "unsigned": unsigned,
	}
	if ev.StateKey != nil {
		out["state_key"] = *ev.StateKey
	}
	if ev.Redacts != "" {
		content := maps.Clone(ev.Content)
		content["redacts"] = ev.Redacts
		out["content"], out["redacts"] = content, ev.Redacts
	}
	if ev.Redacted != "" {
		if because := s.events[ev.Redacted]; because != nil {
			unsigned["redacted_by"] = because.ID
			unsigned["redacted_because"] = s.wire(because, user)
		}
	}
	if ev.Type == "m.room.member" && ev.Content["membership"] == invited {
		unsigned["invite_room_state"] = s.stripped(s.rooms[ev.Room])
	}
	return out
}

// stripped is the state that an invited user is shown.
func (s *Server) stripped(r *room) []map[string]any {
	var out []map[string]any
	for _, kind := range []string{"m.room.create", "m.room.join_rules", "m.room.encryption", "m.room.name", "m.room.topic"} {
		if ev := r.state[stateKey{kind, ""}]; ev != nil {
			out = append(out, map[string]any{"type": kind, "state_key": "", "sender": ev.Sender, "content": ev.Content})
		}
	}
	return out
}

// visible reports which of a room's events a user may see: with history
// visibility "joined" those that were sent while they were in, else all since
// they first came.
func (r *room) visible(user string) []*Event {
	var out []*Event
	in, ever, onlyJoined := false, false, false
	for _, ev := range r.events {
		if ev.Type == "m.room.history_visibility" {
			onlyJoined = ev.Content["history_visibility"] == "joined"
		}
		if ev.Type == "m.room.member" && ev.StateKey != nil && *ev.StateKey == user {
			in = ev.Content["membership"] == joined
			if in && !ever {
				ever = true
				if !onlyJoined { // "shared": what was before is theirs, too
					out = out[:0]
					for _, old := range r.events {
						if old == ev {
							break
						}
						out = append(out, old)
					}
				}
			}
			out = append(out, ev)
			continue
		}
		if in {
			out = append(out, ev)
		}
	}
	return out
}
