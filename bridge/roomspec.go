package bridge

import (
	"context"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/mentoring"
	"silta/store"
)

// markerKey is the key in the create event by which a room of this program is
// known after a crash between createRoom and its commit. Its value is random.
const markerKey = "silta"

// Power levels in our rooms. People have none at all: they can neither invite
// nor change anything (leaks.md rows 44, 45). A ghost may invite, no more.
const (
	levelBot    = 100
	levelGhost  = 50
	levelPerson = 0
)

// roomRequest is the body of createRoom. The preset is private_chat:
// trusted_private_chat would make the invited equal to the creator
// (matrix-facts §1). Only ghosts are invited here; the person is asked in when
// the room's ID has been committed.
func (b *Bridge) roomRequest(p *plan) map[string]any {
	invite := make([]string, 0, len(p.ghosts))
	for _, g := range p.ghosts {
		invite = append(invite, b.ghostID(g.ghost.Localpart))
	}
	create := map[string]any{markerKey: p.room.Marker}
	if p.room.Kind == store.RoomStaff || b.hs.isLocal(p.person.Address) {
		create["m.federate"] = p.room.Kind == store.RoomStaff && b.staffElsewhere()
	}
	return map[string]any{
		"preset":                       "private_chat",
		"visibility":                   "private",
		"name":                         p.name,
		"topic":                        b.roomTopic(p),
		"creation_content":             create,
		"invite":                       invite,
		"is_direct":                    false,
		"initial_state":                b.initialState(),
		"power_level_content_override": b.powerLevels(p),
	}
}

// rotation is what our rooms ask of everybody's sessions, ours included: as many
// messages and as long as clients do by themselves.
const (
	rotationMessages = 100
	rotationPeriod   = 7 * 24 * time.Hour
)

func (b *Bridge) initialState() []map[string]any {
	state := func(kind string, content map[string]any) map[string]any {
		return map[string]any{"type": kind, "state_key": "", "content": content}
	}
	list := []map[string]any{
		state("m.room.history_visibility", map[string]any{"history_visibility": "joined"}),
		state("m.room.guest_access", map[string]any{"guest_access": "forbidden"}),
		state("m.room.join_rules", map[string]any{"join_rule": "invite"}),
	}
	if b.machines != nil {
		list = append(list, state("m.room.encryption", map[string]any{
			"algorithm": id.AlgorithmMegolmV1, "rotation_period_msgs": rotationMessages, "rotation_period_ms": rotationPeriod.Milliseconds(),
		}))
	}
	return list
}

// powerLevels lists every state type by name: state_default does not cover the
// types that the preset lists (matrix-facts §1).
func (b *Bridge) powerLevels(p *plan) map[string]any {
	users := map[string]int{}
	if !b.creatorsRule.Load() {
		users[string(b.botID)] = levelBot
	}
	for _, g := range p.ghosts {
		users[b.ghostID(g.ghost.Localpart)] = levelGhost
	}
	events := map[string]int{}
	for _, kind := range []string{
		"m.room.name", "m.room.topic", "m.room.avatar", "m.room.canonical_alias", "m.room.history_visibility",
		"m.room.power_levels", "m.room.encryption", "m.room.tombstone", "m.room.server_acl", "m.room.guest_access",
		"m.room.join_rules", "m.room.pinned_events", "m.room.third_party_invite", "m.space.child", "m.space.parent",
		"im.vector.modular.widgets", "m.widget", "m.bridge", "uk.half-shot.bridge",
		"m.beacon_info", "org.matrix.msc3672.beacon_info", // leaks.md row 18
		"m.call.member", "org.matrix.msc3401.call.member", "org.matrix.msc3401.call", "m.call", "m.rtc.member", "m.rtc.slot", // row 65
	} {
		events[kind] = levelBot
	}
	return map[string]any{
		"users": users, "users_default": levelPerson, "events": events,
		"events_default": levelPerson, "state_default": levelBot,
		"invite": levelGhost, "kick": levelBot, "ban": levelBot, "redact": levelBot,
		"notifications": map[string]int{"room": levelBot},
	}
}

// roomTopic says what kind of helper a mentee talks with, and in plain words
// what to do where a client cannot read what is encrypted.
func (b *Bridge) roomTopic(p *plan) string {
	language := p.person.Language
	if p.room.Kind == store.RoomStaff {
		language = b.staffLanguage()
	}
	var parts []string
	if p.topic.Key != "" {
		parts = append(parts, b.bot.Render(language, p.topic))
	}
	if b.machines != nil {
		parts = append(parts, b.bot.Render(language, mentoring.T("room.topic")))
	}
	return strings.Join(parts, " ")
}

// renewTopic makes the topic of a leg what it is to be now, if it says more than
// every room's does.
func (b *Bridge) renewTopic(ctx context.Context, p *plan) error {
	if p.topic.Key == "" {
		return nil
	}
	return b.hs.putState(ctx, b.botActor(), p.room.Matrix, "m.room.topic", "", map[string]any{"topic": b.roomTopic(p)})
}

// roomTitle is what a room that is no leg is called; it may stand on a locked
// phone's screen, so it names the service at most (leaks.md row 66).
func (b *Bridge) roomTitle(kind store.RoomKind) string {
	if kind == store.RoomStaff {
		return b.serviceName + " – staff"
	}
	return b.serviceName
}

// groupTitle is what a leg of a group is called: who is in it changes.
func (b *Bridge) groupTitle(l mentoring.Language) string {
	return b.serviceName + " – " + b.bot.Render(l, mentoring.T("room.group"))
}

// legTitle calls a leg by the others' aliases.
func legTitle(ghosts []ghostPlan) string {
	names := make([]string, 0, 3)
	for i, g := range ghosts {
		if i == 3 {
			names = append(names, "…")
			break
		}
		names = append(names, g.alias)
	}
	return strings.Join(names, ", ")
}

// staffElsewhere says whether somebody of the initial staff is on another
// homeserver, so that the staff room must be able to reach them.
func (b *Bridge) staffElsewhere() bool {
	for _, staff := range b.staff {
		if !b.hs.isLocal(staff) {
			return true
		}
	}
	return false
}

func (b *Bridge) ghostID(localpart string) string {
	return string(id.NewUserID(localpart, b.hs.domain))
}

// isOurs says whether a user ID is the bot's, the appservice's own, or a ghost's.
func (b *Bridge) isOurs(user string) bool {
	localpart, domain, ok := strings.Cut(strings.TrimPrefix(user, "@"), ":")
	if !ok || domain != b.hs.domain {
		return false
	}
	return strings.HasPrefix(localpart, b.ghostPrefix) || user == string(b.botID) || localpart == b.registration.SenderLocalpart
}
