//go:build goolm

package machine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"silta/store/pgtest"
)

// everywhere runs a test on both databases.
func everywhere(t *testing.T, test func(*testing.T, *world)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, newWorldAt(t, pgtest.DSN(t))) })
}

func TestTalk(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		device := w.ensure()
		a := newClient(t, w.h, aino, "AINO1", true, nil)
		w.join(leg, aino)
		a.readsAs(ghost, leg, w.speak(ghost, leg, "hei"), "hei")
		a.readsAs(ghost, leg, w.speak(ghost, leg, "mitä kuuluu"), "mitä kuuluu")
		a.readsAs(bot, leg, w.speak(bot, leg, "olen botti"), "olen botti")
		e := a.says(leg, text("hyvää"), bot)
		w.deliver(device)
		w.hears(e, "hyvää")
		w.hears(e, "hyvää") // again after a crash
		w.reopen()
		w.hears(e, "hyvää")
		e = a.says(leg, text("lisää"), bot)
		w.hears(e, "lisää")
		a.readsAs(ghost, leg, w.speak(ghost, leg, "samalla avaimella"), "samalla avaimella")
	})
}

// TestSenderIsLean: four requests, no key that anybody could claim, and nothing
// private left but what sends.
func TestSenderIsLean(t *testing.T) {
	w := newWorld(t)
	w.must(func() error { _, err := w.m.EnsureReader(t.Context(), bot); return err }())
	w.h.count()
	device, err := w.m.EnsureSender(t.Context(), ghost, "")
	w.must(err)
	want := []string{"POST register", "PUT devices", "POST keys/device_signing/upload", "POST keys/upload"}
	if calls := w.h.count(); !slices.Equal(calls, want) {
		t.Errorf("requests %v, want %v", calls, want)
	}
	if d := w.h.device(ghost, device); len(d.otk)+len(d.fallback) > 0 || d.keys == nil {
		t.Errorf("%d one-time and %d fallback keys, want none, and device keys", len(d.otk), len(d.fallback))
	}
	again, err := w.m.EnsureSender(t.Context(), ghost, device)
	if calls := w.h.count(); err != nil || again != device || len(calls) > 0 {
		t.Errorf("again: device %v, %v, requests %v; want the same and none", again == device, err, calls)
	}
	w.must(w.m.with(t.Context(), ghost, func(a *account, _ *unit) error {
		if a.state.Seeds != nil {
			t.Error("a ghost's private identity is kept although nothing is left to sign")
		}
		return nil
	}))
}

// TestLeak64EachGhostItsOwnIdentity: a key that two ghosts share would say that
// they belong together; nobody signs another's, either.
func TestLeak64EachGhostItsOwnIdentity(t *testing.T) {
	w := newWorld(t)
	w.must(func() error { _, err := w.m.EnsureReader(t.Context(), bot); return err }())
	keys := map[string]id.UserID{}
	signer := regexp.MustCompile(`"signatures":\{"([^"]+)"`)
	for _, user := range []id.UserID{ghost, ghost + "2", ghost + "3"} {
		_, err := w.m.EnsureSender(t.Context(), user, "")
		w.must(err)
		for kind, raw := range w.h.user(user).signing {
			var key struct {
				Keys map[string]string `json:"keys"`
			}
			w.must(json.Unmarshal(raw, &key))
			for _, public := range key.Keys {
				if other := keys[public]; other != "" && other != user {
					t.Errorf("%s and %s share their %s", user, other, kind)
				}
				keys[public] = user
			}
			for _, m := range signer.FindAllSubmatch(raw, -1) {
				if string(m[1]) != string(user) {
					t.Errorf("the %s of %s is signed by %s", kind, user, m[1])
				}
			}
		}
	}
	if len(keys) != 9 {
		t.Errorf("%d public keys of three ghosts, want three each", len(keys))
	}
}

// TestEnsureAfterACrash cuts the making of a ghost off at every request, before
// and after it took effect, and at every commit.
func TestEnsureAfterACrash(t *testing.T) {
	for what, steps := range map[string]int{"request lost": 4, "answer lost": 4, "commit": 2} {
		for n := range steps {
			t.Run(fmt.Sprintf("%s %d", what, n), func(t *testing.T) {
				w := newWorld(t)
				w.must(func() error { _, err := w.m.EnsureReader(t.Context(), bot); return err }())
				seen := 0
				now := func() bool { seen++; return seen == n+1 }
				switch what {
				case "commit":
					w.m.db.fault = func([]change) error {
						if now() {
							return errBroken
						}
						return nil
					}
				case "request lost":
					w.h.setHook(func(string, id.UserID, map[string]json.RawMessage) (int, any, bool) { return 0, nil, now() })
				case "answer lost":
					w.h.mu.Lock()
					w.h.lose = now
					w.h.mu.Unlock()
				}
				_, err := w.m.EnsureSender(t.Context(), ghost, "")
				if err == nil {
					t.Fatal("nothing was cut off")
				}
				w.h.setHook(nil)
				w.h.mu.Lock()
				w.h.lose = nil
				w.h.mu.Unlock()
				w.m.db.fault = nil
				w.reopen()
				a := newClient(t, w.h, aino, "AINO1", true, nil)
				w.join(leg, aino)
				if _, err = w.m.Encrypt(t.Context(), ghost, leg, "m.room.message", text("hei")); !errors.Is(err, ErrUnknownAccount) {
					t.Errorf("half made, it speaks: %v", err)
				}
				_, err = w.m.EnsureSender(t.Context(), ghost, "")
				w.must(err)
				a.readsAs(ghost, leg, w.speak(ghost, leg, "hei"), "hei")
				w.h.mu.Lock()
				defer w.h.mu.Unlock()
				if n := len(w.h.user(ghost).devices); n != 1 {
					t.Errorf("%d devices, want 1", n)
				}
			})
		}
	}
}

// TestReaderIsRepaired: the homeserver lost the bot's device.
func TestReaderIsRepaired(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	w.h.mu.Lock()
	delete(w.h.user(bot).devices, device)
	w.h.mu.Unlock()
	again, err := w.m.EnsureReader(t.Context(), bot)
	w.must(err)
	if d := w.h.device(bot, again); again != device || len(d.otk) != mostKeys || len(d.fallback) != 1 {
		t.Errorf("device the same: %v, %d one-time keys, %d fallback keys", again == device, len(d.otk), len(d.fallback))
	}
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	e := a.says(leg, text("hei"), bot)
	w.deliver(device)
	w.hears(e, "hei")
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	first := w.speak(ghost, leg, "1").SessionID
	for n := 2; n <= sessionMessages; n++ {
		if w.speak(ghost, leg, "n").SessionID != first {
			t.Fatalf("a new session at message %d", n)
		}
	}
	second := w.speak(ghost, leg, "101").SessionID
	if second == first {
		t.Error("the session goes on after 100 messages")
	}
	w.after(sessionAge - time.Minute)
	if w.speak(ghost, leg, "samana viikkona").SessionID != second {
		t.Error("a new session within a week")
	}
	w.after(time.Minute)
	if w.speak(ghost, leg, "seuraavalla").SessionID == second {
		t.Error("the session goes on after a week")
	}
}

// TestSomeCannotBeReached: in a room of several, one whose keys cannot be had
// does not silence it, and is given the next session once they can.
func TestSomeCannotBeReached(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	b := newClient(t, w.h, "@bertta:x", "BERTTA1", true, nil)
	w.join(leg, aino)
	w.join(leg, b.user)
	w.join(leg, "@kone:x") // has no device at all
	w.h.mu.Lock()
	keys := w.h.user(b.user).devices["BERTTA1"].otk
	w.h.user(b.user).devices["BERTTA1"].otk = map[string]json.RawMessage{}
	w.h.mu.Unlock()
	first := w.speak(ghost, leg, "hei kaikki")
	a.readsAs(ghost, leg, first, "hei kaikki")
	if _, err := b.reads(ghost, leg, first); err == nil {
		t.Error("read without a key")
	}
	w.h.mu.Lock()
	w.h.user(b.user).devices["BERTTA1"].otk = keys
	w.h.mu.Unlock()
	w.after(partAge)
	second := w.speak(ghost, leg, "hei taas")
	a.readsAs(ghost, leg, second, "hei taas")
	b.readsAs(ghost, leg, second, "hei taas")
	w.after(partAge)
	if w.speak(ghost, leg, "ja taas").SessionID != second.SessionID {
		t.Error("tried again although all devices have the session")
	}
}

func TestNoDevice(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	w.join(leg, aino)
	_, err := w.m.Encrypt(t.Context(), ghost, leg, "m.room.message", text("hei"))
	wantWait(t, err, WaitDevice)
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.must(w.m.DeviceLists(t.Context(), []id.UserID{aino, ghost, bot}))
	a.readsAs(ghost, leg, w.speak(ghost, leg, "hei"), "hei")
}

// TestTrap10OneAtATime: however many speak at once as one ghost, no index of a session is
// used twice, and one session is shared.
func TestTrap10OneAtATime(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	w.h.count()
	out := make([]*event.EncryptedEventContent, 40)
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() { out[i] = w.speak(ghost, leg, fmt.Sprint("viesti ", i)) })
	}
	wg.Wait()
	for i, c := range out {
		a.readsAs(ghost, leg, c, fmt.Sprint("viesti ", i)) // mautrix refuses an index that comes twice
	}
	claims := 0
	for _, call := range w.h.count() {
		if call == "POST keys/claim" {
			claims++
		}
	}
	if claims != 1 {
		t.Errorf("%d claims of keys, want 1", claims)
	}

	// In other rooms at once: their keys go through one Olm session.
	var rooms []id.RoomID
	for i := range out {
		rooms = append(rooms, id.RoomID(fmt.Sprintf("!r%d:x", i)))
		w.join(rooms[i], aino)
	}
	w.speak(ghost, leg, "ja muualla")
	for i := range out {
		wg.Go(func() { out[i] = w.speak(ghost, rooms[i], fmt.Sprint("huone ", i)) })
	}
	wg.Wait()
	for i, c := range out {
		a.readsAs(ghost, rooms[i], c, fmt.Sprint("huone ", i))
	}
}

// TestFewInMemory: accounts are let go of, and are as they were when needed again.
func TestFewInMemory(t *testing.T) {
	w := newWorld(t)
	w.must(w.m.Close())
	o := w.options("")
	o.Loaded = 3
	var err error
	w.m, err = Open(t.Context(), o)
	w.must(err)
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	session := map[id.UserID]id.SessionID{}
	for round := range 2 {
		for n := range 10 {
			name := id.UserID(fmt.Sprintf("@g%d:x", n))
			_, err := w.m.EnsureSender(t.Context(), name, "")
			w.must(err)
			out := w.speak(name, leg, "hei")
			a.readsAs(name, leg, out, "hei")
			if round == 1 && session[name] != out.SessionID {
				t.Errorf("%s came back with another session", name)
			}
			session[name] = out.SessionID
		}
	}
	if n := w.m.cache.len(); n > 3 {
		t.Errorf("%d accounts in memory, want 3 at most", n)
	}
}

func TestLeak63StrangersAreNotHeard(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	eve := newClient(t, w.h, "@eeva:x", "EEVA1", true, nil)
	e := eve.says(leg, text("hei"), bot)
	w.deliver(device)
	_, err := w.m.Decrypt(t.Context(), bot, e)
	wantNoKey(t, err)
	for _, table := range []string{"crypto_olm", "crypto_olm_seen", "crypto_inbound"} {
		if n := w.rows(table); n > 0 {
			t.Errorf("%s has %d rows of a stranger's", table, n)
		}
	}
}

func (w *world) rows(table string) (n int) {
	w.t.Helper()
	w.must(w.m.db.sql.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n))
	return n
}

// TestLeak62HandedOnKeysAreNotTaken: a key that somebody else than its owner gives.
func TestLeak62HandedOnKeysAreNotTaken(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	eve := newClient(t, w.h, "@eeva:x", "EEVA1", true, nil)
	w.join(leg, aino)
	w.join(leg, eve.user)
	e := a.says(leg, text("hei"), eve.user)
	eve.sync()
	session, err := eve.olm.CryptoStore.GetGroupSession(t.Context(), leg, sessionOf(e))
	if err != nil || session == nil {
		t.Fatalf("the other has no key: %v", err)
	}
	key, err := session.Internal.Export(session.Internal.FirstKnownIndex())
	w.must(err)
	to, err := eve.olm.GetOrFetchDevice(t.Context(), bot, device)
	w.must(err)
	w.must(eve.olm.SendEncryptedToDevice(t.Context(), to, event.ToDeviceForwardedRoomKey, event.Content{Parsed: &event.ForwardedRoomKeyEventContent{
		RoomKeyEventContent: event.RoomKeyEventContent{Algorithm: id.AlgorithmMegolmV1, RoomID: leg, SessionID: session.ID(), SessionKey: string(key)},
		SenderKey:           session.SenderKey, SenderClaimedKey: session.SigningKey,
	}}))
	w.deliver(device)
	_, err = w.m.Decrypt(t.Context(), bot, e)
	wantNoKey(t, err)
}

func sessionOf(e Envelope) id.SessionID {
	var content struct {
		Session id.SessionID `json:"session_id"`
	}
	_ = json.Unmarshal(e.Content, &content)
	return content.Session
}

func TestWithheld(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	e := a.says(leg, text("hei"))
	told, err := json.Marshal(map[string]any{"type": "m.room_key.withheld", "sender": aino, "content": map[string]any{
		"algorithm": "m.megolm.v1.aes-sha2", "room_id": leg, "session_id": sessionOf(e), "sender_key": "x",
		"code": "m.unverified", "reason": "canary"}})
	w.must(err)
	w.must(w.m.ToDevice(t.Context(), bot, device, told))
	var noKey *NoKeyError
	if _, err = w.m.Decrypt(t.Context(), bot, e); !errors.As(err, &noKey) || noKey.Withheld != "m.unverified" {
		t.Fatalf("err = %v, want a key withheld for m.unverified", err)
	}
	// The key comes after all.
	w.must(a.olm.CryptoStore.RemoveOutboundGroupSession(t.Context(), leg))
	e = a.says(leg, text("hei"), bot)
	w.must(w.m.ToDevice(t.Context(), bot, device, bytes.ReplaceAll(told, []byte("x"), []byte("x"))))
	w.deliver(device)
	w.hears(e, "hei")
}

// TestUnwedge: the bot lost an Olm session; the device is made to begin a new one.
func TestUnwedge(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	a.readsAs(bot, leg, w.speak(bot, leg, "hei"), "hei") // so that the device answers with normal messages
	w.hears(w.saidAnew(a, device, "hei"), "hei")
	if _, err := w.m.db.sql.Exec(`DELETE FROM crypto_olm`); err != nil {
		t.Fatal(err)
	}
	lost := a.saysAnew("ei aukea")
	w.deliver(device)
	_, err := w.m.Decrypt(t.Context(), bot, lost)
	wantNoKey(t, err)
	a.sync()
	a.useNewest(t)
	w.hears(w.saidAnew(a, device, "taas kuuluu"), "taas kuuluu")
	w.h.count()
	w.deliver(device) // the broken message comes again with every catch-up
	if calls := w.h.count(); len(calls) > 0 {
		t.Errorf("requests %v, want none within the hour", calls)
	}
}

// useNewest has the client use the Olm session that was begun last, as clients
// do; mautrix's store in memory orders them otherwise.
func (c *client) useNewest(t *testing.T) {
	t.Helper()
	store := c.olm.CryptoStore.(*crypto.MemoryStore)
	for peer, sessions := range store.Sessions {
		if len(sessions) != 2 {
			t.Fatalf("%d Olm sessions, want the bot to have begun a second", len(sessions))
		}
		newest := slices.MaxFunc(sessions, func(a, b *crypto.OlmSession) int { return a.CreationTime.Compare(b.CreationTime) })
		store.Sessions[peer] = crypto.OlmSessionList{newest}
	}
}

func (c *client) saysAnew(body string) Envelope {
	c.t.Helper()
	c.must(c.olm.CryptoStore.RemoveOutboundGroupSession(c.t.Context(), leg))
	return c.says(leg, text(body), bot)
}

func (w *world) saidAnew(c *client, device id.DeviceID, body string) Envelope {
	w.t.Helper()
	e := c.saysAnew(body)
	w.deliver(device)
	return e
}

func TestTrust(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	unsigned := newClient(t, w.h, aino, "AINO2", false, nil)
	fromSigned, fromUnsigned := w.saidAnew(a, device, "hei"), w.saidAnew(unsigned, device, "hei")
	want := func(e Envelope, trust Trust) {
		t.Helper()
		if got := w.hears(e, "hei").Trust; got != trust {
			t.Errorf("trust = %d, want %d", got, trust)
		}
	}
	want(fromSigned, TrustUnknown) // nothing has been asked yet
	w.must(w.m.Learn(t.Context(), bot, aino))
	want(fromSigned, TrustSigned)
	want(fromUnsigned, TrustUnsigned)

	w.must(w.m.DeviceLists(t.Context(), []id.UserID{aino}))
	want(fromSigned, TrustUnknown) // what is known may be old
	keys, err := a.olm.GenerateCrossSigningKeys()
	w.must(err)
	w.must(a.olm.PublishCrossSigningKeys(t.Context(), keys, nil))
	w.must(w.m.Learn(t.Context(), bot, aino))
	want(fromSigned, TrustUnsigned) // by the new identity, which has not signed it yet
	w.must(a.olm.SignOwnDevice(t.Context(), a.olm.OwnIdentity()))
	w.must(w.m.DeviceLists(t.Context(), []id.UserID{aino}))
	w.must(w.m.Learn(t.Context(), bot, aino))
	want(fromSigned, TrustChanged)
	w.must(w.m.AcceptIdentity(t.Context(), bot, aino))
	want(fromSigned, TrustSigned)
}

// TestLiesAboutDevices: a homeserver's answer is not believed without signatures.
func TestLiesAboutDevices(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	eve := newClient(t, w.h, "@eeva:x", "EEVA1", true, nil)
	w.join(leg, aino)
	w.speak(ghost, leg, "hei")
	w.h.mu.Lock()
	stolen := map[string]any{}
	for k, v := range w.h.user(eve.user).devices["EEVA1"].keys {
		stolen[k] = v
	}
	stolen["user_id"] = aino
	w.h.user(aino).devices["EEVA1"] = &hsDevice{keys: stolen} // another's keys under her name
	w.h.mu.Unlock()
	w.must(w.m.DeviceLists(t.Context(), []id.UserID{aino}))
	w.must(w.m.Learn(t.Context(), bot, aino))
	one, err := w.m.people.get(t.Context(), aino)
	w.must(err)
	if len(one.Devices) != 1 || one.Devices[0].ID != "AINO1" {
		t.Errorf("devices %+v, want the honest one only", one.Devices)
	}
	// Other keys under a device ID that is known.
	w.h.mu.Lock()
	delete(w.h.user(aino).devices, "EEVA1")
	w.h.mu.Unlock()
	other := newClient(t, w.h, aino, "AINO1", true, a.seeds())
	w.must(w.m.DeviceLists(t.Context(), []id.UserID{aino}))
	_, err = w.m.Encrypt(t.Context(), ghost, leg, "m.room.message", text("hei"))
	wantWait(t, err, WaitDevice)
	if n := len(w.h.inbox(aino, other.device)); n > 0 {
		t.Error("a device whose keys were replaced was sent something")
	}
}

// TestSilence: nothing of the library reaches any log, and no error quotes what
// a homeserver says.
func TestSilence(t *testing.T) {
	w := newWorld(t)
	var all bytes.Buffer
	loud := zerolog.New(&all).Level(zerolog.TraceLevel)
	before := zerolog.DefaultContextLogger
	zerolog.DefaultContextLogger = &loud
	defer func() { zerolog.DefaultContextLogger = before }()
	ctx := loud.WithContext(t.Context())
	device, err := w.m.EnsureReader(ctx, bot)
	w.must(err)
	_, err = w.m.EnsureSender(ctx, ghost, "")
	w.must(err)
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	e := a.says(leg, text("kanarialintu"), bot)
	all.Reset() // what the client of the test said
	w.must(w.m.ToDevice(ctx, bot, device, w.h.inbox(bot, device)...))
	_, err = w.m.Decrypt(ctx, bot, e)
	w.must(err)
	_, err = w.m.Encrypt(ctx, ghost, leg, "m.room.message", text("kanarialintu"))
	w.must(err)
	w.h.setHook(func(string, id.UserID, map[string]json.RawMessage) (int, any, bool) {
		return http.StatusForbidden, map[string]any{"errcode": "@secret:canary", "error": "@secret:canary"}, true
	})
	_, err = w.m.CatchUp(ctx, bot)
	if err == nil || strings.ContainsAny(err.Error(), "@!$") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("error %q names somebody", err)
	}
	all.Write(w.log.Bytes())
	if all.Len() > 0 {
		t.Errorf("logged:\n%s", all.Bytes())
	}
}

// TestTrap15Canary: a stolen database names nobody and quotes nobody.
func TestTrap15Canary(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "KANARIALAITE", true, nil)
	w.h.mu.Lock()
	w.h.user(aino).devices["KANARIALAITE"].keys["unsigned"] = map[string]any{"device_display_name": "Ainon puhelin"}
	w.h.mu.Unlock()
	w.join(leg, aino)
	w.speak(ghost, leg, "kanarialintu laulaa")
	w.hears(w.saidAnew(a, device, "kanarialintu vastaa"), "kanarialintu vastaa")
	w.must(w.m.Learn(t.Context(), bot, aino))
	files, err := filepath.Glob(w.dsn + "*")
	w.must(err)
	ik, sk := a.olm.GetAccount().Keys()
	rawI, _ := decodeBase64(string(ik))
	rawS, _ := decodeBase64(string(sk))
	searched := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		w.must(err)
		searched += len(content)
		for _, secret := range []string{"aino", "oikea", "KANARIALAITE", "puhelin", "kanarialintu", "ghost1", "silta:x",
			string(leg), string(device), "m.text", string(ik), string(sk), string(rawI), string(rawS)} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds %q", filepath.Base(file), secret)
			}
		}
	}
	if searched < 10_000 {
		t.Errorf("only %d bytes were searched", searched)
	}
}
