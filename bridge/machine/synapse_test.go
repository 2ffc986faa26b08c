//go:build goolm

package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/dev"
)

// appservice is the little of a bridge that these tests need: it takes
// transactions in at once (a real one keeps them first) and collects what
// people say.
type appservice struct {
	*world
	hs     *dev.Homeserver
	port   int
	server *http.Server

	mu    sync.Mutex
	heard []Envelope
	more  chan bool // one message for each event heard
}

const registration = `id: machine
url: http://127.0.0.1:%d
as_token: as-token
hs_token: hs-token
sender_localpart: machine
rate_limited: false
receive_ephemeral: true
org.matrix.msc3202: true
io.element.msc4190: true
namespaces:
  users: [{exclusive: true, regex: "@(silta|ghost.*):x"}]
`

func newAppservice(t *testing.T) *appservice {
	t.Helper()
	hs := dev.NewSynapse(t, dev.ServerName("x"))
	a := &appservice{hs: hs, port: dev.FreePort(t), more: make(chan bool, 10_000)}
	file := filepath.Join(t.TempDir(), "registration.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, registration, a.port), 0o600); err != nil {
		t.Fatal(err)
	}
	hs.AddRegistration(file)
	hs.Start()
	a.world = newWorldOn(t, filepath.Join(t.TempDir(), "crypto.db"), hs.URL(), "as-token")
	a.listen()
	t.Cleanup(a.stop)
	return a
}

func (a *appservice) listen() {
	a.t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", a.port))
	if err != nil {
		a.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /_matrix/app/v1/transactions/{txn}", a.transaction)
	mux.HandleFunc("POST /_matrix/app/v1/ping", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	a.server = &http.Server{Handler: mux}
	go func(s *http.Server) { _ = s.Serve(l) }(a.server)
}

func (a *appservice) stop() { _ = a.server.Close() }

// up comes back after a downtime, as a bridge does: it pings until Synapse has
// reached it. Synapse answers 502 M_CONNECTION_FAILED when it is just then trying
// again by itself.
func (a *appservice) up() {
	a.t.Helper()
	a.listen()
	var err error
	for range 50 {
		if err = a.call(http.MethodPost, "", map[string]any{}, nil, "v1", "appservice", "machine", "ping"); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	a.must(err)
	_, err = a.m.CatchUp(a.t.Context(), bot)
	a.must(err)
}

func (a *appservice) transaction(w http.ResponseWriter, r *http.Request) {
	var txn struct {
		Events   []json.RawMessage                           `json:"events"`
		ToDevice []json.RawMessage                           `json:"de.sorunome.msc2409.to_device"`
		Lists    struct{ Changed []id.UserID }               `json:"org.matrix.msc3202.device_lists"`
		Counts   map[id.UserID]map[id.DeviceID]counts        `json:"org.matrix.msc3202.device_one_time_keys_count"`
		Unused   map[id.UserID]map[id.DeviceID]stringsOrNone `json:"org.matrix.msc3202.device_unused_fallback_key_types"`
	}
	if err := json.NewDecoder(r.Body).Decode(&txn); err != nil {
		a.t.Errorf("transaction: %v", err)
	}
	fmt.Fprint(w, "{}")
	ctx := context.WithoutCancel(r.Context())
	check := func(err error) {
		if err != nil && !errors.Is(err, errClosed) {
			a.t.Errorf("transaction: %v", err)
		}
	}
	check(a.m.DeviceLists(ctx, txn.Lists.Changed))
	for _, raw := range txn.ToDevice {
		var to struct {
			User   id.UserID   `json:"to_user_id"`
			Device id.DeviceID `json:"to_device_id"`
		}
		_ = json.Unmarshal(raw, &to)
		if to.User == bot {
			check(a.m.ToDevice(ctx, to.User, to.Device, raw))
		}
	}
	for device, n := range txn.Counts[bot] {
		check(a.m.KeyCounts(ctx, bot, device, n, txn.Unused[bot][device]))
	}
	for _, raw := range txn.Events {
		var e struct {
			Type    string          `json:"type"`
			Room    id.RoomID       `json:"room_id"`
			Sender  id.UserID       `json:"sender"`
			ID      id.EventID      `json:"event_id"`
			Time    int64           `json:"origin_server_ts"`
			Content json.RawMessage `json:"content"`
		}
		_ = json.Unmarshal(raw, &e)
		if e.Type == "m.room.encrypted" && e.Sender != bot && !strings.HasPrefix(string(e.Sender), "@ghost") {
			a.mu.Lock()
			a.heard = append(a.heard, Envelope{Room: e.Room, Sender: e.Sender, ID: e.ID, Timestamp: e.Time, Content: e.Content})
			a.mu.Unlock()
			a.more <- true
		}
	}
}

// counts and stringsOrNone are what Synapse sends: lists where there is nothing.
type counts map[string]int

func (c *counts) UnmarshalJSON(raw []byte) error {
	if string(raw) == "[]" {
		*c = counts{}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]int)(c))
}

type stringsOrNone []string

func (s *stringsOrNone) UnmarshalJSON(raw []byte) error {
	if string(raw) == "{}" {
		*s = stringsOrNone{}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(s))
}

func (a *appservice) call(method string, as id.UserID, body, answer any, path ...any) error {
	return a.m.request(a.t.Context(), a.options("").Client(as, ""), "test", method, body, answer, path...)
}

// room makes an encrypted room of the bot with a ghost in it, and has a person
// come in, at least a second after the ghost.
func (a *appservice) room(ghost id.UserID, person *dev.Client) id.RoomID {
	a.t.Helper()
	var made struct {
		Room id.RoomID `json:"room_id"`
	}
	a.must(a.call(http.MethodPost, bot, map[string]any{
		"preset": "private_chat", "invite": []id.UserID{ghost},
		"initial_state": []any{map[string]any{"type": "m.room.encryption", "content": map[string]any{"algorithm": id.AlgorithmMegolmV1}}},
	}, &made, "v3", "createRoom"))
	a.must(a.call(http.MethodPost, ghost, nil, nil, "v3", "join", made.Room))
	user := id.UserID(person.UserID)
	a.world.mu.Lock()
	a.known[user] = true
	a.world.mu.Unlock()
	from := person.Mark()
	a.must(a.call(http.MethodPost, bot, map[string]any{"user_id": user}, nil, "v3", "rooms", made.Room, "invite"))
	person.Await(from, "an invitation", func(e dev.Event) bool { return e.Room == string(made.Room) })
	_, _ = person.Try("join", map[string]any{"room": made.Room}) // it may have been accepted by itself
	a.join(made.Room, user)
	time.Sleep(time.Second) // trap 18
	return made.Room
}

// says sends a text of a user of ours, and has the person read it.
func (a *appservice) says(as id.UserID, room id.RoomID, person *dev.Client, body string) dev.Event {
	a.t.Helper()
	from := person.Mark()
	var device id.DeviceID
	a.must(a.m.with(a.t.Context(), as, func(one *account, _ *unit) error {
		device = one.state.Device
		return nil
	}))
	content := a.speak(as, room, body)
	client := a.options("").Client(as, device)
	a.must(a.m.request(a.t.Context(), client, "send", http.MethodPut, content, nil, "v3", "rooms", room, "send", "m.room.encrypted", randomName()))
	return person.Await(from, "an encrypted message", func(e dev.Event) bool {
		return e.Room == string(room) && e.Sender == string(as) && e.Encrypted
	})
}

// hears waits for the next encrypted event of anybody and reads it, catching up
// where its key has not come.
func (a *appservice) hearsNext(body string) *Plain {
	a.t.Helper()
	select {
	case <-a.more:
	case <-time.After(30 * time.Second):
		a.t.Fatalf("waited for %q in vain", body)
	}
	a.mu.Lock()
	e := a.heard[0]
	a.heard = a.heard[1:]
	a.mu.Unlock()
	var noKey *NoKeyError
	for range 40 {
		if _, err := a.m.Decrypt(a.t.Context(), bot, e); !errors.As(err, &noKey) {
			break
		}
		_, err := a.m.CatchUp(a.t.Context(), bot)
		a.must(err)
		time.Sleep(50 * time.Millisecond)
	}
	return a.hears(e, body)
}

// clean fails the test unless a client showed a message readable, without a shield.
func clean(t *testing.T, e dev.Event, body string) {
	t.Helper()
	if e.Failure != "" || e.Body() != body || e.Shield != "NONE" {
		t.Errorf("shown as %q, shield %s (%s), failure %q, late %v; want %q without a shield", e.Body(), e.Shield, e.Reason, e.Failure, e.Late, body)
	}
}

// TestSynapse: the machines against a real homeserver and matrix-js-sdk.
func TestSynapse(t *testing.T) {
	a := newAppservice(t)
	device, err := a.m.EnsureReader(t.Context(), bot)
	a.must(err)
	t.Run("no shields", func(t *testing.T) { noShields(t, a) })
	t.Run("nio", func(t *testing.T) { otherLibrary(t, a) })
	t.Run("downtime", func(t *testing.T) { downtime(t, a, device) })
	t.Run("lost tables", func(t *testing.T) { lostTables(t, a) })
}

// noShields: in both modes of the client, no message of a ghost or of the bot
// has a shield, the first in a fresh room included, and the bot reads everything.
func noShields(t *testing.T, a *appservice) {
	for name, mode := range map[string]dev.ClientOption{"aino": dev.Encrypted(), "bertta": dev.OnlySigned()} {
		t.Run(name, func(t *testing.T) {
			person := dev.JSSDK(t, a.hs.Register(name, "salasana-"+name), mode)
			for n := range 2 { // fresh rooms with fresh ghosts
				ghost := id.UserID(fmt.Sprintf("@ghost_%s_%d:x", name, n))
				_, err := a.m.EnsureSender(t.Context(), ghost, "")
				a.must(err)
				room := a.room(ghost, person)
				for k := range 6 {
					body := fmt.Sprintf("%s %d %d", name, n, k)
					clean(t, a.says(ghost, room, person, body), body)
					person.Text(string(room), "vastaus "+body)
					a.hearsNext("vastaus " + body)
				}
				clean(t, a.says(bot, room, person, "botti"), "botti")
			}
			room := a.room("@ghost_"+id.UserID(name)+"_0:x", person)
			a.must(a.m.Learn(t.Context(), bot, id.UserID(person.UserID)))
			person.Text(string(room), "käsky")
			if trust := a.hearsNext("käsky").Trust; trust != TrustSigned {
				t.Errorf("trust = %d, want signed by its owner", trust)
			}
		})
	}
}

// otherLibrary: a client that shares no code with ours or with Element reads and
// is read.
func otherLibrary(t *testing.T, a *appservice) {
	_, err := a.m.EnsureSender(t.Context(), "@ghost_nio:x", "")
	a.must(err)
	person := dev.Nio(t, a.hs.Register("noora", "salasana"), dev.Encrypted())
	room := a.room("@ghost_nio:x", person)
	for n := range 3 {
		body := fmt.Sprint("nio ", n)
		if e := a.says("@ghost_nio:x", room, person, body); e.Failure != "" || e.Body() != body {
			t.Errorf("read as %q, failure %q; want %q", e.Body(), e.Failure, body)
		}
		person.Text(string(room), "vastaus "+body)
		a.hearsNext("vastaus " + body)
	}
	event := person.Text(string(room), "alku")
	a.hearsNext("alku")
	person.Reply(string(room), event, "vastaus")
	if plain := a.hearsNext("vastaus"); !strings.Contains(string(plain.Content), event) {
		t.Errorf("content = %s, want the relation inside", plain.Content)
	}
}

// downtime: while nobody answers transactions a person writes,
// changes session twice and logs in elsewhere; afterwards everything is read,
// and the new device reads us.
func downtime(t *testing.T, a *appservice, device id.DeviceID) {
	_, err := a.m.EnsureSender(t.Context(), "@ghost1:x", "")
	a.must(err)
	account := a.hs.Register("cecilia", "salasana")
	person := dev.JSSDK(t, account, dev.Encrypted())
	room := a.room("@ghost1:x", person)
	clean(t, a.says("@ghost1:x", room, person, "ennen"), "ennen")

	a.stop()
	const messages = 15
	for n := range messages {
		if n%5 == 2 {
			person.Rotate(string(room))
		}
		person.Text(string(room), fmt.Sprint("yksin ", n))
	}
	other := dev.JSSDK(t, account, dev.Encrypted())
	a.up()
	for n := range messages {
		a.hearsNext(fmt.Sprint("yksin ", n))
	}
	body := "näkyykö molemmilla"
	from := other.Mark()
	clean(t, a.says("@ghost1:x", room, person, body), body)
	e := other.Await(from, "the message on the new device", func(e dev.Event) bool { return e.Encrypted && e.Room == string(room) && e.Failure == "" })
	clean(t, e, body)

	// A stranger claims all keys (trap 4): a device that is new still reaches the bot.
	stranger := dev.NewUser(a.hs.Register("vieras", "salasana"))
	for range mostKeys + 10 {
		a.must(stranger.Do(t.Context(), http.MethodPost, "/_matrix/client/v3/keys/claim", map[string]any{
			"one_time_keys": map[string]any{string(bot): map[string]any{string(device): "signed_curve25519"}}}, nil))
	}
	third := dev.JSSDK(t, account, dev.Encrypted())
	third.Text(string(room), "kolmas laite")
	a.hearsNext("kolmas laite")
}

// lostTables: new devices and identities, and people can talk on.
func lostTables(t *testing.T, a *appservice) {
	was, err := a.m.EnsureSender(t.Context(), "@ghost2:x", "")
	a.must(err)
	person := dev.JSSDK(t, a.hs.Register("david", "salasana"), dev.Encrypted())
	room := a.room("@ghost2:x", person)
	person.Text(string(room), "ennen")
	a.hearsNext("ennen")
	clean(t, a.says("@ghost2:x", room, person, "ennen"), "ennen")
	a.stop()
	a.must(a.m.Close())
	a.dsn = filepath.Join(t.TempDir(), "new-crypto.db")
	a.open("")
	_, err = a.m.EnsureReader(t.Context(), bot)
	a.must(err)
	_, err = a.m.EnsureSender(t.Context(), "@ghost2:x", was)
	a.must(err)
	a.up()
	time.Sleep(time.Second) // clients hear of the new devices
	if e := a.says("@ghost2:x", room, person, "jälkeen"); e.Failure != "" || e.Body() != "jälkeen" {
		t.Errorf("after the loss: %q, failure %q", e.Body(), e.Failure)
	}
	person.Text(string(room), "takaisin")
	a.hearsNext("takaisin")
	var devices struct {
		Devices []struct {
			ID id.DeviceID `json:"device_id"`
		} `json:"devices"`
	}
	for _, user := range []id.UserID{bot, "@ghost2:x"} {
		a.must(a.call(http.MethodGet, user, nil, &devices, "v3", "devices"))
		if len(devices.Devices) != 1 || slices.Contains([]id.DeviceID{was}, devices.Devices[0].ID) {
			t.Errorf("%s has %d devices, want the new one only", user, len(devices.Devices))
		}
	}
}
