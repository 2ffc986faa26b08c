package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// strangers get nowhere: neither to a ghost nor into a room of the service; and
// the people of a room cannot change it.
func strangers(t *testing.T, w *world) {
	p := w.pair(t)
	e := p.mentee.Await(0, "the ghost", func(e dev.Event) bool {
		return e.Room == p.menteeLeg && e.Type == "m.room.member" && strings.HasPrefix(e.Sender, "@silta_")
	})
	ghost := e.Sender
	stranger := dev.Plain(t, w.account(t))
	t.Run("inviting a ghost", func(t *testing.T) { inviteGhost(t, stranger, ghost) })
	t.Run("entering a leg", func(t *testing.T) { enterLeg(t, stranger, p) })
	t.Run("changing a leg", func(t *testing.T) { changeLeg(t, p) })
	t.Run("leak-51-user-directory", func(t *testing.T) { directory(t, stranger, p, ghost) })
	p.mentee.Text(p.menteeLeg, "kaikki kuten ennen")
	p.mentor.AwaitText(p.mentorLeg, "kaikki kuten ennen")
}

// inviteGhost: the ghost refuses, without a word and without a reason.
func inviteGhost(t *testing.T, stranger *dev.Client, ghost string) {
	room := stranger.Create(map[string]any{"preset": "trusted_private_chat", "is_direct": true, "invite": []string{ghost}})
	e := stranger.Await(0, "the ghost's refusal", func(e dev.Event) bool {
		return e.Room == room && e.Type == "m.room.member" && e.StateKey != nil && *e.StateKey == ghost && e.Text("membership") != "invite"
	})
	if e.Text("membership") != "leave" || e.Text("reason") != "" {
		t.Errorf("a ghost answered an invitation with %s", e.Raw)
	}
	for _, e := range stranger.Events(0) {
		if e.Room == room && e.Sender == ghost && e.Text("membership") == "join" {
			t.Errorf("the ghost was in a stranger's room: %s", e.Raw)
		}
	}
}

// enterLeg: nobody comes into a leg uninvited, and people cannot invite.
func enterLeg(t *testing.T, stranger *dev.Client, p *pair) {
	if _, err := stranger.Try("join", map[string]any{"room": p.menteeLeg}); err == nil {
		t.Error("a stranger went into a leg")
	}
	if _, err := p.mentee.Try("invite", map[string]any{"room": p.menteeLeg, "user": stranger.UserID}); err == nil {
		t.Error("a mentee invited somebody into their leg")
	}
	if _, err := p.mentee.Try("invite", map[string]any{"room": p.menteeLeg, "user": p.mentor.UserID}); err == nil {
		t.Error("a mentee invited the mentor's account, had they guessed it")
	}
	stranger.Never(0, 200*time.Millisecond, "an invitation to a leg", func(e dev.Event) bool {
		return e.Room == p.menteeLeg || e.Room == p.mentorLeg
	})
}

// changeLeg: nothing of a room's state is a person's to change.
func changeLeg(t *testing.T, p *pair) {
	for kind, content := range map[string]map[string]any{
		"m.room.name":                    {"name": "oma nimi"},
		"m.room.topic":                   {"topic": "oma aihe"},
		"m.room.avatar":                  {"url": "mxc://localhost/abc"},
		"m.room.power_levels":            {"users": map[string]any{p.mentee.UserID: 100}},
		"m.room.join_rules":              {"join_rule": "public"},
		"m.room.guest_access":            {"guest_access": "can_join"},
		"m.room.history_visibility":      {"history_visibility": "world_readable"},
		"m.room.encryption":              {"algorithm": "m.megolm.v1.aes-sha2"},
		"m.room.tombstone":               {"body": "muutto", "replacement_room": "!muu:localhost"},
		"m.room.pinned_events":           {"pinned": []string{}},
		"m.space.child":                  {"via": []string{"localhost"}},
		"im.vector.modular.widgets":      {"type": "jitsi", "url": "https://silta.invalid"},
		"m.call.member":                  {},
		"org.matrix.msc3672.beacon_info": {"live": true},
		"fi.silta.anything":              {"a": 1},
	} {
		_, err := p.mentee.Try("state", map[string]any{"room": p.menteeLeg, "type": kind, "content": content})
		if err == nil || !strings.Contains(err.Error(), "M_FORBIDDEN") {
			t.Errorf("a mentee could set %s (%v)", kind, err)
		}
	}
	if _, err := p.mentee.Try("kick", map[string]any{"room": p.menteeLeg, "user": p.mentee.Bot}); err == nil {
		t.Error("a mentee removed the bot")
	}
}

// directory: nobody finds a ghost by asking the homeserver for users, not even
// those who share a room with it.
func directory(t *testing.T, stranger *dev.Client, p *pair, ghost string) {
	for _, who := range []dev.Account{stranger.Account, p.mentee.Account} {
		for _, term := range []string{p.alias, ghost, "silta_"} {
			var found struct {
				Results []struct {
					User string `json:"user_id"`
				} `json:"results"`
			}
			err := dev.NewUser(who).Do(t.Context(), http.MethodPost, "/_matrix/client/v3/user_directory/search", map[string]any{"search_term": term, "limit": 50}, &found)
			if err != nil {
				t.Fatalf("search: %v", err)
			}
			for _, one := range found.Results {
				if strings.HasPrefix(one.User, "@silta_") {
					t.Errorf("the directory gives %s for %q", one.User, term)
				}
			}
		}
	}
}
