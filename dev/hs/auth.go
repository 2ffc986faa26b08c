package hs

import "slices"

// most is the power of a creator in room version 12: more than any number.
const most = 1 << 53

func number(v any) (int, bool) {
	switch n := v.(type) {
	case float64:
		return int(n), true
	case int:
		return n, true
	}
	return 0, false
}

// level is the power of a user.
func (r *room) level(user string) int {
	if r.version == "12" && slices.Contains(r.creators, user) {
		return most
	}
	power := r.content("m.room.power_levels", "")
	if power == nil {
		if slices.Contains(r.creators, user) {
			return 100
		}
		return 0
	}
	users, _ := power["users"].(map[string]any)
	if n, ok := number(users[user]); ok {
		return n
	}
	n, _ := number(power["users_default"])
	return n
}

// need is the power that an event of that type needs.
func (r *room) need(kind string, state bool) int {
	power := r.content("m.room.power_levels", "")
	events, _ := power["events"].(map[string]any)
	if n, ok := number(events[kind]); ok {
		return n
	}
	if state {
		return r.act("state_default", 50)
	}
	return r.act("events_default", 0)
}

// act is the power that an action (invite, kick, ban, redact …) needs.
func (r *room) act(name string, otherwise int) int {
	power := r.content("m.room.power_levels", "")
	if n, ok := number(power[name]); ok {
		return n
	}
	if power == nil {
		return 0
	}
	return otherwise
}

// mayJoin …: the rules of membership events, in the order of the specification.
func (r *room) mayJoin(user string) error {
	switch r.membership(user) {
	case joined, invited:
		return nil
	case banned:
		return forbidden("%s is banned from the room", user)
	}
	if r.content("m.room.join_rules", "")["join_rule"] == "public" {
		return nil
	}
	return forbidden("You are not invited to this room.")
}

func (r *room) mayInvite(by, user string) error {
	if r.membership(by) != joined {
		return forbidden("%s not in room %s.", by, r.id)
	}
	switch r.membership(user) {
	case joined:
		return forbidden("%s is already in the room.", user)
	case banned:
		return forbidden("%s is banned from the room", user)
	}
	if r.level(by) < r.act("invite", 0) {
		return forbidden("You don't have permission to invite users")
	}
	return nil
}

func (r *room) mayRemove(by, user, how string) error {
	m := r.membership(user)
	if by == user && how == left {
		if m == joined || m == invited {
			return nil
		}
		return forbidden("%s not in room %s.", user, r.id)
	}
	if r.membership(by) != joined {
		return forbidden("%s not in room %s.", by, r.id)
	}
	action := "kick"
	if how == banned || m == banned {
		action = "ban"
	}
	if r.level(by) < r.act(action, 50) || r.level(by) <= r.level(user) {
		return forbidden("You cannot %s user %s.", action, user)
	}
	if how == left && m != joined && m != invited && m != banned {
		return forbidden("The target user is not in the room")
	}
	return nil
}

func (r *room) maySend(user, kind string, state *string) error {
	if r.membership(user) != joined {
		return forbidden("User %s not in room %s", user, r.id)
	}
	if state != nil && len(*state) > 0 && (*state)[0] == '@' && *state != user {
		return forbidden("You are not allowed to set others state")
	}
	if need := r.need(kind, state != nil); r.level(user) < need {
		return forbidden("You don't have permission to post that to the room. user_level (%d) < send_level (%d)", r.level(user), need)
	}
	return nil
}

func (r *room) mayRedact(user string, target *Event) error {
	if err := r.maySend(user, "m.room.redaction", nil); err != nil {
		return err
	}
	if r.level(user) >= r.act("redact", 50) {
		return nil
	}
	if target == nil || target.Room != r.id {
		return notFound("Event")
	}
	if target.Sender != user {
		return forbidden("You don't have permission to redact events")
	}
	return nil
}
