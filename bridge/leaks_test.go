package bridge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"silta/dev/hs"
	"silta/mentoring"
)

// Rows of the table of leaks (docs/privacy.md) that show at the level of rooms,
// members and requests. What is in messages is in the vectors of rewrite.

// request is one request of the bridge to the homeserver.
type request struct{ method, path, query string }

// watch notes every request from now on.
func (w *world) watch() (all func() []request) {
	var list []request
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = func(r *http.Request) *http.Response {
		w.mu.Lock()
		defer w.mu.Unlock()
		list = append(list, request{r.Method, r.URL.Path, r.URL.RawQuery})
		return nil
	}
	return func() []request {
		w.mu.Lock()
		defer w.mu.Unlock()
		return slices.Clone(list)
	}
}

// ghostsIn are the ghosts in a room.
func (w *world) ghostsIn(room string) []string {
	return slices.DeleteFunc(w.hs.Members(room, "join"), func(user string) bool {
		return !w.hs.Ours(user) || user == "@silta:test"
	})
}

// readable is everything in a room as the homeserver has it.
func (w *world) readable(room string) string {
	raw, err := json.Marshal(w.hs.Events(room))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw)
}

// chatter has everybody say something, answer, react and take back.
func (w *world) chatter(people []*talker) {
	w.t.Helper()
	for i, p := range people {
		must(p.Say(p.room, fmt.Sprint("hei ", i)))
	}
	other := people[1]
	w.until("all has come", func() bool { return len(other.View(other.room)) == len(people) })
	m := other.View(other.room)[0]
	must(other.Reply(other.room, m.Event, "vastaus"))
	must(other.React(other.room, m.Event, "👍"))
	for _, p := range people {
		w.until("the answer has come", func() bool { return len(p.View(p.room)) == len(people)+1 })
	}
}

func TestLeak09OldVersionsGoWithTheMessage(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	first := must(aino.Say(aino.room, "olen Aino"))
	w.sees(oskar, "olen Aino")
	must(aino.Edit(aino.room, first, "olen minä"))
	w.sees(oskar, "olen minä")
	if err := aino.Redact(aino.room, first); err != nil {
		t.Fatal(err)
	}
	w.sees(oskar)
	w.until("no version is left", func() bool { return !stillThere(oskar, "olen Aino") && !stillThere(oskar, "olen minä") })
}

func TestLeak36GhostNamesAreRandom(t *testing.T) {
	seen := map[string]bool{}
	for range 2 { // the same people again in another service of the same name
		w := newWorld(t)
		people := w.talk("aino", "oskar")
		w.join(people...)
		for _, p := range people {
			for _, ghost := range w.ghostsIn(p.room) {
				name := regexp.MustCompile(`^@silta_([a-z2-7]{20,}):test$`).FindStringSubmatch(ghost)
				if name == nil {
					t.Fatalf("a ghost is called %s, want 100 random bits or more", ghost)
				}
				if seen[name[1]] {
					t.Error("two services give one person the same ghost")
				}
				seen[name[1]] = true
			}
		}
	}
}

func TestLeak37NoGhostInTwoConversations(t *testing.T) {
	w := newWorld(t)
	in := map[string]string{} // ghost → conversation
	for i, names := range [][]string{{"aino", "oskar"}, {"kaisa", "lasse", "meri"}} {
		people := w.talk(names...)
		w.join(people...)
		for _, p := range people {
			for _, ghost := range w.ghostsIn(p.room) {
				if other := in[ghost]; other != "" && other != fmt.Sprint(i) {
					t.Errorf("%s is in two conversations", ghost)
				}
				in[ghost] = fmt.Sprint(i)
			}
		}
	}
	if len(in) != 5 {
		t.Errorf("%d ghosts for 5 participants", len(in))
	}
}

func TestLeak39OwnNamesAreNobodysBusiness(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	w.chatter(people)
	if err := people[0].SetName("Aino Virtanen"); err != nil {
		t.Fatal(err)
	}
	must(people[0].Say(people[0].room, "uudella nimellä"))
	w.until("it is there", func() bool { return strings.Contains(w.readable(people[1].room), "uudella nimellä") })
	if strings.Contains(w.readable(people[1].room), "Virtanen") {
		t.Error("a new name of their own reached the other")
	}
	if !strings.Contains(w.readable(people[0].room), "Virtanen") {
		t.Error("the search would find nothing")
	}
}

// legState is what may stand in the state of a leg, and nothing else.
func legState() []string {
	return []string{"m.room.create", "m.room.member", "m.room.power_levels", "m.room.name", "m.room.topic", "m.room.join_rules",
		"m.room.history_visibility", "m.room.guest_access", "m.room.encryption"}
}

func TestLeakRowsOfRooms(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar", "kaisa")
	before := map[string]string{}
	for _, p := range people { // what an invitation can show is there by now
		before[p.ID] = w.readable(p.room)
	}
	w.join(people...)
	w.chatter(people)
	for _, p := range people {
		t.Run("leak-41-invitations", func(t *testing.T) {
			for _, other := range people {
				if other != p && strings.Contains(before[p.ID], strings.TrimPrefix(other.ID, "@")) {
					t.Errorf("the invitation of %s shows %s", p.alias, other.ID)
				}
			}
		})
		t.Run("leak-42-names-of-rooms", func(t *testing.T) {
			name, _ := w.hs.State(p.room, "m.room.name", "")["name"].(string)
			for _, other := range people {
				if (other != p) != strings.Contains(name, other.alias) {
					t.Errorf("the room of %s is called %q", p.alias, name)
				}
			}
			if rule := w.hs.State(p.room, "m.room.join_rules", "")["join_rule"]; rule != "invite" {
				t.Errorf("one may come in by %v", rule)
			}
		})
		t.Run("leak-43-who-made-the-room", func(t *testing.T) {
			create := w.hs.State(p.room, "m.room.create", "")
			if create["additional_creators"] != nil {
				t.Errorf("the room has other creators: %v", create)
			}
			levels := w.hs.State(p.room, "m.room.power_levels", "")["users"].(map[string]any)
			for user := range levels {
				if !w.hs.Ours(user) {
					t.Errorf("%s has a power level", user)
				}
			}
		})
		t.Run("leak-46-nothing-of-the-other-side", func(t *testing.T) {
			for _, ev := range w.hs.Events(p.room) {
				if ev.StateKey != nil && strings.Contains(ev.Type, "bridge") {
					t.Errorf("the room says %s", ev.Type)
				}
			}
		})
		t.Run("leak-47-no-spaces", func(t *testing.T) {
			for _, ev := range w.hs.Events(p.room) {
				if ev.StateKey != nil && !slices.Contains(legState(), ev.Type) {
					t.Errorf("the room has %s", ev.Type)
				}
			}
		})
		t.Run("leak-48-who-is-in-a-room", func(t *testing.T) {
			for _, user := range w.hs.Members(p.room, "join") {
				if user != p.ID && !w.hs.Ours(user) {
					t.Errorf("%s is in the room of %s", user, p.alias)
				}
			}
		})
		t.Run("leak-49-history", func(t *testing.T) {
			if v := w.hs.State(p.room, "m.room.history_visibility", "")["history_visibility"]; v != "joined" {
				t.Errorf("history is visible as %v", v)
			}
		})
		t.Run("leak-59-no-mark-of-reading", func(t *testing.T) {
			for _, ev := range w.hs.Events(p.room) {
				if ev.Sender == "@silta:test" && ev.StateKey == nil {
					t.Errorf("the bot said %v of a message that was relayed", ev.Content)
				}
			}
		})
	}
}

func TestLeak44NobodyIsInvitedIntoALeg(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	for _, who := range []string{"@friend:test", people[1].ID, "@friend:elsewhere.example"} {
		if err := people[0].Invite(people[0].room, who); err == nil {
			t.Errorf("somebody could invite %s into their leg", who)
		}
	}
}

func TestLeak45NobodySetsState(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino := people[0]
	for _, kind := range []string{"im.vector.modular.widgets", "m.widget", "m.room.pinned_events", "m.room.tombstone", "m.room.server_acl",
		"m.room.name", "m.room.avatar", "m.room.power_levels", "m.space.child", "m.call.member", "org.matrix.msc3401.call.member",
		"org.matrix.msc3672.beacon_info", "fi.example.anything"} {
		if err := aino.SetState(aino.room, kind, "", map[string]any{"url": "https://jitsi.example/?user=aino"}); err == nil {
			t.Errorf("somebody could set %s", kind)
		}
	}
}

func TestLeak50NobodyInvitesAGhost(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	ghost := w.ghostsIn(people[0].room)[0]
	for _, who := range []*hs.Person{people[0].Person, people[1].Person, w.hs.Person("stranger")} {
		room := must(who.Direct(ghost))
		w.until("the ghost refuses", func() bool { return len(w.hs.Members(room, "invite")) == 0 })
		if in := w.hs.Members(room, "join"); !slices.Equal(in, []string{who.ID}) {
			t.Errorf("in the room are %v", in)
		}
		for _, ev := range w.hs.Events(room) {
			if ev.Type == "m.room.member" && ev.Sender == ghost && ev.Content["reason"] != nil {
				t.Errorf("the ghost refuses with %v", ev.Content)
			}
		}
	}
}

func TestLeakRowsOfRequests(t *testing.T) {
	w := newWorld(t)
	requests := w.watch()
	people := w.talk("aino", "oskar", "kaisa")
	w.join(people...)
	w.chatter(people)
	all := requests()
	if len(all) < 20 {
		t.Fatalf("only %d requests were seen", len(all))
	}
	none := func(t *testing.T, what ...string) {
		for _, r := range all {
			for _, part := range what {
				if strings.Contains(r.path+"?"+r.query, part) {
					t.Errorf("%s %s?%s", r.method, r.path, r.query)
				}
			}
		}
	}
	t.Run("leak-54-account-data", func(t *testing.T) { none(t, "/account_data", "/tags") })
	t.Run("leak-58-exact-times", func(t *testing.T) { none(t, "?ts=", "&ts=") })
	t.Run("leak-70-reports-stay-here", func(t *testing.T) { none(t, "/report") })
}

// telling are words that say what the service is about.
func telling() *regexp.Regexp {
	return regexp.MustCompile(`(?i)mentor|tukinuor|tuki|stöd|lastensuojel|barnskydd|child|youth|nuori`)
}

// The names that may stand on a locked screen or in an e-mail.
func TestLeakRowsOfNotifications(t *testing.T) {
	telling := telling()
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	w.chatter(people)
	var names, topics []string
	for _, room := range w.hs.Rooms() {
		names = append(names, fmt.Sprint(w.hs.State(room, "m.room.name", "")["name"]))
		topics = append(topics, fmt.Sprint(w.hs.State(room, "m.room.topic", "")["topic"]))
		for _, user := range w.hs.Members(room, "join") {
			if w.hs.Ours(user) {
				names = append(names, fmt.Sprint(w.hs.State(room, "m.room.member", user)["displayname"]))
			}
		}
	}
	if len(names) < 8 {
		t.Fatalf("only %v", names)
	}
	t.Run("leak-66-push", func(t *testing.T) {
		for _, name := range names {
			if telling.MatchString(name) || strings.Contains(name, "real-") {
				t.Errorf("a room or a sender is called %q", name)
			}
		}
	})
	t.Run("leak-67-mail", func(t *testing.T) {
		for _, topic := range topics {
			if telling.MatchString(topic) || strings.Contains(topic, "real-") {
				t.Errorf("a topic says %q", topic)
			}
		}
	})
}

// What the homeserver says of a refused send names people and rooms; what the
// writer is told of it does not.
func TestLeak68FaultsAreToldInFixedWords(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "PUT rooms/*/send/*/*" && c.User != "@silta:test" {
			return hs.Fault{Status: 403}
		}
		return hs.Fault{}
	})
	must(aino.Say(aino.room, "ei mene"))
	w.told(aino, "could not be delivered")
	for _, m := range aino.View(aino.room) {
		if m.Sender != "@silta:test" {
			continue
		}
		for _, secret := range []string{oskar.ID, oskar.room, "real-", "!", "$", "M_", "403", "ei mene"} {
			if strings.Contains(strings.ReplaceAll(m.Body, "“!staff”", ""), secret) {
				t.Errorf("the writer is told %q, which has %q", m.Body, secret)
			}
		}
	}
}

// staffRoom has somebody of staff come into their room.
func (w *world) staffRoom() (staff *hs.Person, room string) {
	w.t.Helper()
	staff = w.hs.Person("real-staff")
	w.do(func(a *mentoring.Act) error { _, err := a.Enlist(staff.ID); return err })
	w.until("staff are asked in", func() bool {
		for _, r := range staff.Rooms("invite") {
			if err := staff.Join(r); err != nil {
				w.t.Fatal(err)
			}
			if name, _ := w.hs.State(r, "m.room.name", "")["name"].(string); strings.Contains(name, "staff") {
				room = r
			}
		}
		return room != ""
	})
	return staff, room
}

// Staff see numbers, never who somebody is.
func TestLeak71StaffSeeNumbers(t *testing.T) {
	w := newWorld(t)
	_, room := w.staffRoom()
	people := w.talk("aino", "oskar")
	w.join(people...)
	w.chatter(people)
	must(people[0].Say(people[0].room, "!staff"))
	w.until("staff see the case", func() bool { return strings.Contains(w.readable(room), "Case 1") })
	for _, p := range people {
		for _, secret := range []string{p.ID, strings.TrimPrefix(p.ID, "@"), p.room, "hei 0"} {
			if strings.Contains(w.readable(room), secret) {
				t.Errorf("the staff room has %q", secret)
			}
		}
	}
}
