package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// allowed lets the link of the kinds pass, and people show signs: everything
// else is asked about, or not carried.
func allowed() dev.SiltaOption {
	return dev.Set("programmes", map[string]any{"mentoring": map[string]any{
		"guard": map[string]any{"domains": []string{"apu.example"}},
		"signs": map[string]any{"typing": true, "reading": true},
	}})
}

// ephemeral is what a homeserver tells of a room and does not keep.
type ephemeral struct {
	Type    string
	Content json.RawMessage
}

// listener hears what is told of a room.
type listener struct {
	*dev.User
	room, since string
}

// told is what has been told since it was last asked.
func (l *listener) told(t *testing.T) []ephemeral {
	t.Helper()
	filter := fmt.Sprintf(`{"room":{"rooms":[%q],"timeline":{"limit":1}}}`, l.room)
	query := url.Values{"timeout": {"500"}, "set_presence": {"offline"}, "filter": {filter}}
	if l.since != "" {
		query.Set("since", l.since)
	}
	var answer struct {
		Next  string `json:"next_batch"`
		Rooms struct {
			Join map[string]struct {
				Ephemeral struct{ Events []ephemeral }
			}
		}
	}
	if err := l.Do(t.Context(), http.MethodGet, "/_matrix/client/v3/sync?"+query.Encode(), nil, &answer); err != nil {
		t.Fatalf("sync: %v", err)
	}
	l.since = answer.Next
	return answer.Rooms.Join[l.room].Ephemeral.Events
}

// signs: the mentee shows that they write and what they have read, and the
// mentor, who has not asked for it, does not.
func signs(t *testing.T, w *world) {
	p := w.pair(t)
	mentee, mentor := &listener{User: dev.NewUser(p.mentee.Account), room: p.menteeLeg}, &listener{User: dev.NewUser(p.mentor.Account), room: p.mentorLeg}
	p.mentor.Text(p.mentorLeg, "luetko tämän")
	read := p.mentee.AwaitText(p.menteeLeg, "luetko tämän")
	ghosts := map[*listener]string{mentee: read.Sender, mentor: p.mentor.AwaitText(p.mentorLeg, "hei, ensimmäinen viesti").Sender}
	here := p.mentee.In(p.menteeLeg)
	here.Say("!" + w.Words.Command("fi", "signs") + " " + w.Words.Text("fi", "signs.both"))
	here.Hears("signs.done")

	do := func(u *listener, method, path string, body any) {
		t.Helper()
		if err := u.Do(t.Context(), method, "/_matrix/client/v3/"+path, body, nil); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	mentor.told(t)
	mentee.told(t)
	do(mentor, http.MethodPut, "rooms/"+p.mentorLeg+"/typing/"+mentor.UserID, map[string]any{"typing": true, "timeout": 60000})
	do(mentor, http.MethodPost, "rooms/"+p.mentorLeg+"/receipt/m.read/"+p.mentor.AwaitText(p.mentorLeg, "hei, ensimmäinen viesti").ID, map[string]any{})
	do(mentee, http.MethodPut, "rooms/"+p.menteeLeg+"/typing/"+mentee.UserID, map[string]any{"typing": true, "timeout": 60000})
	do(mentee, http.MethodPost, "rooms/"+p.menteeLeg+"/receipt/m.read/"+read.ID, map[string]any{})

	missing := map[string]bool{"m.typing": true, "m.receipt": true}
	eventually(t, 90*time.Second, func() error {
		for _, e := range mentor.told(t) {
			if strings.Contains(string(e.Content), ghosts[mentor]) {
				delete(missing, e.Type)
			}
			if strings.Contains(string(e.Content), mentee.UserID) {
				t.Errorf("the mentor is told of the mentee: %s", e.Content)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("the mentor is not told of %v", missing)
		}
		return nil
	})
	for _, e := range mentee.told(t) {
		if strings.Contains(string(e.Content), ghosts[mentee]) || strings.Contains(string(e.Content), mentor.UserID) {
			t.Errorf("the mentee is told of the mentor, who did not ask for it: %s", e.Content)
		}
	}
	t.Run("leak-52-device-names", func(t *testing.T) { deviceNames(t, mentee.User, w.Bot, ghosts[mentee]) })
}

// deviceNames: what a person's client is told of the devices of the bot and a
// ghost has no name in it.
func deviceNames(t *testing.T, u *dev.User, users ...string) {
	var answer struct {
		Devices map[string]map[string]map[string]json.RawMessage `json:"device_keys"`
	}
	ask := map[string][]string{}
	for _, user := range users {
		ask[user] = []string{}
	}
	if err := u.Do(t.Context(), http.MethodPost, "/_matrix/client/v3/keys/query", map[string]any{"device_keys": ask}, &answer); err != nil {
		t.Fatal(err)
	}
	for _, user := range users {
		if len(answer.Devices[user]) == 0 {
			t.Errorf("%s has no device", user)
		}
		for id, device := range answer.Devices[user] {
			for key, value := range device {
				known := slices.Contains([]string{"user_id", "device_id", "algorithms", "keys", "signatures"}, key)
				if !known && string(value) != "{}" {
					t.Errorf("device %s of %s shows %s: %s", id, user, key, value)
				}
			}
		}
	}
}
