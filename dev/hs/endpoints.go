package hs

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

type object = map[string]any

func (c *call) nothing() (any, error) { return object{}, nil }

func (c *call) versions() (any, error) {
	return object{
		"versions": []string{"v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11", "v1.12"},
		"unstable_features": object{
			"fi.mau.msc2659.stable": true, "org.matrix.msc4190": true, "io.element.msc4190": true, "org.matrix.msc3202": true,
		},
	}, nil
}

func (c *call) capabilities() (any, error) {
	return object{"capabilities": object{"m.room_versions": object{
		"default": c.s.opts.RoomVersion, "available": object{"11": "stable", "12": "stable"},
	}}}, nil
}

func (c *call) whoami() (any, error) {
	out := object{"user_id": c.user, "is_guest": false}
	if c.device != "" {
		out["device_id"] = c.device
	}
	return out, nil
}

func (c *call) register() (any, error) {
	name := text(c.body["username"])
	id := c.s.userID(name)
	if name == "" || !c.s.ours(id) {
		return nil, bad("M_EXCLUSIVE", "Invalid user localpart for this application service.")
	}
	if c.s.users[id] != nil {
		return nil, bad("M_USER_IN_USE", "User ID already taken.")
	}
	c.s.addUser(id)
	if c.body["inhibit_login"] != true { // the user exists all the same (matrix-facts §1)
		return nil, bad("M_UNSUPPORTED", "appservice users cannot log in this way")
	}
	return object{"user_id": id}, nil
}

// deactivate ends the account of a user of the appservice, which needs no
// password for it; it leaves every room, and its profile goes with erase.
func (c *call) deactivate() (any, error) {
	u := c.s.users[c.user]
	u.ended = true
	for _, id := range c.s.order {
		if m := c.s.rooms[id].membership(c.user); m == joined || m == invited {
			if err := c.s.remove(c.user, c.user, id, left, ""); err != nil {
				return nil, err
			}
		}
	}
	if c.body["erase"] == true {
		u.name, u.avatar = "", ""
	}
	return object{"id_server_unbind_result": "success"}, nil
}

func (c *call) ping() (any, error) {
	start := time.Now()
	body, _ := json.Marshal(object{"transaction_id": c.body["transaction_id"]})
	status, err := c.s.push.request(c.ctx, http.MethodPost, "/_matrix/app/v1/ping", body)
	if err != nil {
		return nil, &apiError{status: http.StatusBadGateway, code: "M_CONNECTION_FAILED", text: "connection failed"}
	}
	if status != http.StatusOK {
		return nil, &apiError{status: http.StatusBadGateway, code: "M_BAD_STATUS", text: "bad status"}
	}
	c.s.push.hurry()
	return object{"duration_ms": time.Since(start).Milliseconds()}, nil
}

func (c *call) profile() (any, error) {
	u := c.s.users[c.args[0]]
	if u == nil {
		return nil, notFound("Profile")
	}
	out := object{}
	if u.name != "" {
		out["displayname"] = u.name
	}
	if u.avatar != "" {
		out["avatar_url"] = u.avatar
	}
	return out, nil
}

func (c *call) profileKey() (any, error) {
	all, err := c.profile()
	if err != nil {
		return nil, err
	}
	v, ok := all.(object)[c.args[1]]
	if !ok {
		return nil, notFound("Profile key")
	}
	return object{c.args[1]: v}, nil
}

// putProfile changes a profile and, as Synapse does, the membership event in
// each room that the user is in.
func (c *call) putProfile() (any, error) {
	u := c.s.users[c.args[0]]
	if u == nil || c.args[0] != c.user {
		return nil, forbidden("Cannot set another user's profile")
	}
	value := text(c.body[c.args[1]])
	switch {
	case c.args[1] == "displayname" && u.name != value:
		u.name = value
	case c.args[1] == "avatar_url" && u.avatar != value:
		u.avatar = value
	default:
		return object{}, nil
	}
	for _, id := range c.s.order {
		if r := c.s.rooms[id]; r.membership(c.user) == joined {
			c.s.setMember(r, c.user, c.user, c.s.member(c.user, joined))
		}
	}
	return object{}, nil
}

func (c *call) createRoom() (any, error) {
	for _, v := range list(c.body["invite"]) {
		if c.s.users[text(v)] == nil {
			return nil, bad("M_INVALID_PARAM", "unknown invitee")
		}
	}
	r, err := c.s.create(c.user, c.body)
	if err != nil {
		return nil, err
	}
	return object{"room_id": r.id}, nil
}

func (c *call) join() (any, error) {
	return object{"room_id": c.args[0]}, c.s.join(c.user, c.args[0])
}

func (c *call) invite() (any, error) {
	return object{}, c.s.invite(c.user, text(c.body["user_id"]), c.args[0], text(c.body["reason"]), false)
}

func (c *call) leave() (any, error) {
	return object{}, c.s.remove(c.user, c.user, c.args[0], left, text(c.body["reason"]))
}

func (c *call) kick() (any, error) {
	return object{}, c.s.remove(c.user, text(c.body["user_id"]), c.args[0], left, text(c.body["reason"]))
}

func (c *call) ban() (any, error) {
	return object{}, c.s.remove(c.user, text(c.body["user_id"]), c.args[0], banned, text(c.body["reason"]))
}

func (c *call) joinedRooms() (any, error) {
	out := []string{}
	for _, id := range c.s.order {
		if c.s.rooms[id].membership(c.user) == joined {
			out = append(out, id)
		}
	}
	return object{"joined_rooms": out}, nil
}

// inside returns the room of the request if its user is in it.
func (c *call) inside() (*room, error) {
	r := c.s.rooms[c.args[0]]
	if r == nil || r.membership(c.user) != joined {
		return nil, forbidden("User %s not in room %s", c.user, c.args[0])
	}
	return r, nil
}

func (c *call) joinedMembers() (any, error) {
	r, err := c.inside()
	if err != nil {
		return nil, err
	}
	out := object{}
	for _, id := range r.members(joined) {
		m := r.content("m.room.member", id)
		out[id] = object{"display_name": m["displayname"], "avatar_url": m["avatar_url"]}
	}
	return object{"joined": out}, nil
}

func (c *call) members() (any, error) {
	r, err := c.inside()
	if err != nil {
		return nil, err
	}
	want, not := c.query.Get("membership"), c.query.Get("not_membership")
	chunk := []any{}
	for _, ev := range r.events {
		if ev.Type != "m.room.member" || r.state[stateKey{ev.Type, *ev.StateKey}] != ev {
			continue
		}
		if m := text(ev.Content["membership"]); (want == "" || m == want) && (not == "" || m != not) {
			chunk = append(chunk, c.s.wire(ev, c.user))
		}
	}
	return object{"chunk": chunk}, nil
}

func (c *call) state() (any, error) {
	r, err := c.inside()
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, ev := range r.events {
		if ev.StateKey != nil && r.state[stateKey{ev.Type, *ev.StateKey}] == ev {
			out = append(out, c.s.wire(ev, c.user))
		}
	}
	return out, nil
}

func (c *call) key() string {
	if len(c.args) > 2 {
		return c.args[2]
	}
	return ""
}

func (c *call) stateEvent() (any, error) {
	r, err := c.inside()
	if err != nil {
		return nil, err
	}
	ev := r.state[stateKey{c.args[1], c.key()}]
	if ev == nil {
		return nil, notFound("Event")
	}
	return ev.Content, nil
}

func (c *call) putState() (any, error) {
	ev, err := c.s.setState(c.user, c.args[0], c.args[1], c.key(), c.body)
	if err != nil {
		return nil, err
	}
	return object{"event_id": ev.ID}, nil
}

func (c *call) send() (any, error) {
	return c.once(c.args[2], func() (any, error) {
		ev, err := c.s.send(c.user, c.args[0], c.args[1], c.args[2], c.body)
		if err != nil {
			return nil, err
		}
		return object{"event_id": ev.ID}, nil
	})
}

func (c *call) redact() (any, error) {
	return c.once(c.args[2], func() (any, error) {
		ev, err := c.s.redact(c.user, c.args[0], c.args[1], c.args[2], text(c.body["reason"]))
		if err != nil {
			return nil, err
		}
		return object{"event_id": ev.ID}, nil
	})
}

func (c *call) event() (any, error) {
	r := c.s.rooms[c.args[0]]
	if r == nil {
		return nil, notFound("Event")
	}
	for _, ev := range r.visible(c.user) {
		if ev.ID == c.args[1] {
			return c.s.wire(ev, c.user), nil
		}
	}
	return nil, notFound("Event")
}

// messages pages through what the user may see; tokens are positions.
func (c *call) messages() (any, error) {
	r, err := c.inside()
	if err != nil {
		return nil, err
	}
	events := r.visible(c.user)
	limit := 10
	if n, err := strconv.Atoi(c.query.Get("limit")); err == nil && n > 0 {
		limit = n
	}
	chunk := []any{}
	out := object{"start": c.query.Get("from")}
	if c.query.Get("dir") == "f" {
		from, _ := strconv.Atoi(c.query.Get("from"))
		for from < len(events) && len(chunk) < limit {
			chunk = append(chunk, c.s.wire(events[from], c.user))
			from++
		}
		if from < len(events) {
			out["end"] = strconv.Itoa(from)
		}
	} else {
		from := len(events)
		if n, err := strconv.Atoi(c.query.Get("from")); err == nil {
			from = min(n, from)
		}
		for from > 0 && len(chunk) < limit {
			from--
			chunk = append(chunk, c.s.wire(events[from], c.user))
		}
		if from > 0 {
			out["end"] = strconv.Itoa(from)
		}
	}
	out["chunk"] = chunk
	return out, nil
}

func (c *call) putData() (any, error) {
	if u := c.s.users[c.user]; u != nil {
		u.data[c.args[1]] = c.body
	}
	return object{}, nil
}

func (c *call) data() (any, error) {
	if u := c.s.users[c.user]; u != nil && u.data[c.args[1]] != nil {
		return u.data[c.args[1]], nil
	}
	return nil, notFound("Account data")
}

func (c *call) filter() (any, error) { return object{"filter_id": "1"}, nil }

// sync returns what a device was sent directly, waiting for up to the wished
// time; rooms are left out, since the appservice has its transactions.
func (c *call) sync() (any, error) {
	if c.user == c.s.userID(c.s.opts.Appservice.Sender) {
		return nil, &apiError{status: http.StatusInternalServerError, code: "M_UNKNOWN", text: "Internal server error"}
	}
	since, _ := strconv.ParseInt(c.query.Get("since"), 10, 64)
	wait, _ := strconv.Atoi(c.query.Get("timeout"))
	ctx, cancel := context.WithTimeout(c.ctx, time.Duration(wait)*time.Millisecond)
	defer cancel()
	for {
		changed := c.s.Changed()
		c.s.mu.Lock()
		out, n := c.inbox(since)
		c.s.mu.Unlock()
		if n > 0 || wait == 0 {
			return out, nil
		}
		select {
		case <-changed:
		case <-c.s.closed:
			return out, nil
		case <-ctx.Done():
			return out, nil
		}
	}
}

func (c *call) inbox(since int64) (any, int) {
	events := []any{}
	next := since
	counts := object{}
	if u := c.s.users[c.user]; u != nil {
		if d := u.devices[c.device]; d != nil {
			keep := d.inbox[:0]
			for _, m := range d.inbox {
				if m.n > since { // what is older has been acknowledged
					keep = append(keep, m)
					events = append(events, m.event)
					next = max(next, m.n)
				}
			}
			d.inbox = keep
			counts["signed_curve25519"] = len(d.otk)
		}
	}
	return object{"next_batch": strconv.FormatInt(next, 10), "to_device": object{"events": events},
		"device_one_time_keys_count": counts}, len(events)
}
