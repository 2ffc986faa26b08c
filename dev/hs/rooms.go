package hs

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

func text(v any) string {
	t, _ := v.(string)
	return t
}

func pointer(v string) *string { return &v }

// create makes a room as POST /createRoom does, its events in Synapse's order.
func (s *Server) create(user string, body map[string]any) (*room, error) {
	preset := text(body["preset"])
	if preset == "" {
		preset = "private_chat"
		if body["visibility"] == "public" {
			preset = "public_chat"
		}
	}
	version := text(body["room_version"])
	if version == "" {
		version = s.opts.RoomVersion
	}
	if alias := text(body["room_alias_name"]); alias != "" {
		return nil, bad("M_INVALID_PARAM", "this server has no aliases")
	}
	r := &room{id: s.roomID(), version: version, state: map[stateKey]*Event{}, creators: []string{user}}
	content := map[string]any{}
	if c, ok := body["creation_content"].(map[string]any); ok {
		content = maps.Clone(c)
	}
	content["room_version"] = version
	if version == "12" {
		for _, c := range list(content["additional_creators"]) {
			r.creators = append(r.creators, text(c))
		}
		if preset == "trusted_private_chat" {
			for _, u := range list(body["invite"]) {
				r.creators = append(r.creators, text(u))
			}
		}
	}
	power, err := s.firstPower(r, user, preset, body)
	if err != nil {
		return nil, err
	}
	s.rooms[r.id] = r
	s.order = append(s.order, r.id)
	put := func(kind, key string, c map[string]any) {
		s.append(r, &Event{Type: kind, StateKey: pointer(key), Sender: user, Content: c})
	}
	put("m.room.create", "", content)
	put("m.room.member", user, s.member(user, joined))
	put("m.room.power_levels", "", power)
	s.firstState(preset, body, put)
	for _, who := range list(body["invite"]) {
		c := s.member(text(who), invited)
		if body["is_direct"] == true {
			c["is_direct"] = true
		}
		put("m.room.member", text(who), c)
	}
	return r, nil
}

func (s *Server) firstState(preset string, body map[string]any, put func(kind, key string, c map[string]any)) {
	rules := map[string][3]string{"public_chat": {"public", "shared", "forbidden"}}[preset]
	if preset != "public_chat" {
		rules = [3]string{"invite", "shared", "can_join"}
	}
	var initial []stateKey
	for _, v := range list(body["initial_state"]) {
		e, _ := v.(map[string]any)
		initial = append(initial, stateKey{text(e["type"]), text(e["state_key"])})
	}
	for i, kind := range []string{"m.room.join_rules", "m.room.history_visibility", "m.room.guest_access"} {
		if !slices.Contains(initial, stateKey{kind, ""}) {
			put(kind, "", map[string]any{[]string{"join_rule", "history_visibility", "guest_access"}[i]: rules[i]})
		}
	}
	for _, v := range list(body["initial_state"]) {
		e, _ := v.(map[string]any)
		c, _ := e["content"].(map[string]any)
		put(text(e["type"]), text(e["state_key"]), c)
	}
	if name := text(body["name"]); name != "" {
		put("m.room.name", "", map[string]any{"name": name})
	}
	if topic := text(body["topic"]); topic != "" {
		put("m.room.topic", "", map[string]any{"topic": topic})
	}
}

// firstPower is the power-level event of a new room: Synapse's defaults with
// the override's keys laid over them whole (so an "events" in the override
// replaces the preset's, and without one m.room.name stays at 50).
func (s *Server) firstPower(r *room, user, preset string, body map[string]any) (map[string]any, error) {
	users := map[string]any{}
	if r.version != "12" {
		users[user] = 100
		if preset == "trusted_private_chat" {
			for _, u := range list(body["invite"]) {
				users[text(u)] = 100
			}
		}
	}
	power := map[string]any{
		"users": users, "users_default": 0, "events_default": 0, "state_default": 50,
		"ban": 50, "kick": 50, "redact": 50, "invite": 50, "historical": 100,
		"events": map[string]any{
			"m.room.name": 50, "m.room.power_levels": 100, "m.room.history_visibility": 100, "m.room.canonical_alias": 50,
			"m.room.avatar": 50, "m.room.tombstone": 100, "m.room.server_acl": 100, "m.room.encryption": 100,
		},
	}
	if preset != "public_chat" {
		power["invite"] = 0
	}
	if o, ok := body["power_level_content_override"].(map[string]any); ok {
		maps.Copy(power, o)
	}
	return power, checkPower(r, power)
}

func checkPower(r *room, power map[string]any) error {
	users, _ := power["users"].(map[string]any)
	for _, c := range r.creators {
		if _, listed := users[c]; listed && r.version == "12" {
			return bad("M_BAD_JSON", "Creator user %s must not appear in content.users", c)
		}
	}
	if r.version != "12" {
		if n, ok := number(users[r.creators[0]]); !ok || n < 100 {
			if r.state[stateKey{"m.room.power_levels", ""}] == nil {
				return bad("M_BAD_JSON", "Not a valid power_level_content_override: 'users' did not contain %s", r.creators[0])
			}
		}
	}
	return nil
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// member is the content of a membership event, with the user's profile as the
// homeserver adds it.
func (s *Server) member(user, membership string) map[string]any {
	c := map[string]any{"membership": membership}
	if u := s.users[user]; u != nil && (membership == joined || membership == invited) {
		if u.name != "" {
			c["displayname"] = u.name
		}
		if u.avatar != "" {
			c["avatar_url"] = u.avatar
		}
	}
	return c
}

// setMember puts a membership event, unless the same user has put the same one:
// Synapse then answers with the old one, so that inviting twice is harmless as
// long as it is the same inviter.
func (s *Server) setMember(r *room, by, user string, content map[string]any) {
	s.put(r, "m.room.member", user, by, content)
}

// put puts a state event if it changes anything.
func (s *Server) put(r *room, kind, key, by string, content map[string]any) *Event {
	if old := r.state[stateKey{kind, key}]; old != nil && old.Sender == by && same(old.Content, content) {
		return old
	}
	return s.append(r, &Event{Type: kind, StateKey: pointer(key), Sender: by, Content: content})
}

// same compares contents as JSON: numbers that came over the wire are floats.
func same(a, b map[string]any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func (s *Server) room(id string) (*room, error) {
	if r := s.rooms[id]; r != nil {
		return r, nil
	}
	return nil, notFound("Room")
}

func (s *Server) join(user, id string) error {
	r := s.rooms[id]
	if r == nil {
		return notFound("Can't join remote room because no servers that are in the room have been provided: room")
	}
	if err := r.mayJoin(user); err != nil {
		return err
	}
	if r.membership(user) != joined {
		s.setMember(r, user, user, s.member(user, joined))
	}
	return nil
}

func (s *Server) invite(by, user, id, reason string, direct bool) error {
	r, err := s.room(id)
	if err != nil {
		return err
	}
	if err := r.mayInvite(by, user); err != nil {
		return err
	}
	c := s.member(user, invited)
	if reason != "" {
		c["reason"] = reason
	}
	if direct {
		c["is_direct"] = true
	}
	s.setMember(r, by, user, c)
	return nil
}

func (s *Server) remove(by, user, id, how, reason string) error {
	r, err := s.room(id)
	if err != nil {
		return err
	}
	if by == user && r.membership(user) == left {
		return nil // Synapse: leaving what one has left is no error
	}
	if err := r.mayRemove(by, user, how); err != nil {
		return err
	}
	c := map[string]any{"membership": how}
	if reason != "" {
		c["reason"] = reason
	}
	s.setMember(r, by, user, c)
	return nil
}

// send puts a message event into a room.
func (s *Server) send(user, id, kind, txn string, content map[string]any) (*Event, error) {
	r, err := s.room(id)
	if err != nil {
		return nil, err
	}
	if err := r.maySend(user, kind, nil); err != nil {
		return nil, err
	}
	if kind == "m.reaction" {
		target, key := annotation(content)
		for _, ev := range r.events {
			t, k := annotation(ev.Content)
			if ev.Type == kind && ev.Sender == user && t == target && k == key && ev.Redacted == "" {
				return nil, bad("M_DUPLICATE_ANNOTATION", "Can't send same reaction twice")
			}
		}
	}
	return s.append(r, &Event{Type: kind, Sender: user, Content: content, txn: txn}), nil
}

func annotation(content map[string]any) (target, key string) {
	rel, _ := content["m.relates_to"].(map[string]any)
	return text(rel["event_id"]), text(rel["key"])
}

// setState puts a state event into a room; memberships go through the rules of
// their own.
func (s *Server) setState(user, id, kind, key string, content map[string]any) (*Event, error) {
	r, err := s.room(id)
	if err != nil {
		return nil, err
	}
	if kind == "m.room.member" {
		switch how := text(content["membership"]); how {
		case joined:
			if key != user {
				return nil, forbidden("Cannot force another user to join.")
			}
			err = s.join(user, id)
		case invited:
			err = s.invite(user, key, id, text(content["reason"]), content["is_direct"] == true)
		default:
			err = s.remove(user, key, id, how, text(content["reason"]))
		}
		return r.state[stateKey{kind, key}], err
	}
	if err := r.maySend(user, kind, &key); err != nil {
		return nil, err
	}
	if kind == "m.room.power_levels" {
		if err := checkPower(r, content); err != nil {
			return nil, err
		}
	}
	return s.put(r, kind, key, user, content), nil
}

func (s *Server) redact(user, id, target, txn, reason string) (*Event, error) {
	r, err := s.room(id)
	if err != nil {
		return nil, err
	}
	if err := r.mayRedact(user, s.events[target]); err != nil {
		return nil, err
	}
	c := map[string]any{}
	if reason != "" {
		c["reason"] = reason
	}
	return s.append(r, &Event{Type: "m.room.redaction", Sender: user, Redacts: target, Content: c, txn: txn}), nil
}
