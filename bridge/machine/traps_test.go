//go:build goolm

package machine

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"
)

// The traps are numbered as in the notes from which this package was designed;
// each says in its test what goes wrong. Each test has seen
// its remedy taken out and failed.

var errBroken = errors.New("the disk is full")

// breakCommits makes the next n commits fail.
func (w *world) breakCommits(n int) {
	w.m.db.fault = func([]change) error {
		if n > 0 {
			n--
			return errBroken
		}
		return nil
	}
}

func wantNoKey(t *testing.T, err error) {
	t.Helper()
	var noKey *NoKeyError
	if !errors.As(err, &noKey) {
		t.Fatalf("err = %v, want NoKeyError", err)
	}
}

func wantWait(t *testing.T, err error, reason Waiting) {
	t.Helper()
	var wait *WaitError
	if !errors.As(err, &wait) || wait.Reason != reason {
		t.Fatalf("err = %v, want to wait: %s", err, reason)
	}
}

func TestTrap01KeysLostWhileDown(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	e := a.says(leg, text("hei"), bot) // its key comes in no transaction
	_, err := w.m.Decrypt(t.Context(), bot, e)
	wantNoKey(t, err)
	if n, err := w.m.CatchUp(t.Context(), bot); err != nil || n != 1 {
		t.Fatalf("caught up on %d, %v; want 1", n, err)
	}
	w.hears(e, "hei")
	w.reopen()
	if n, err := w.m.CatchUp(t.Context(), bot); err != nil || n != 0 {
		t.Errorf("caught up on %d after a restart, %v; want 0: its place is kept", n, err)
	}
}

func TestTrap01MoreThanOneSync(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	var all []Envelope
	for range 3 * mostMessages / 2 {
		all = append(all, a.says(leg, text("hei"), bot))
		w.must(a.olm.CryptoStore.RemoveOutboundGroupSession(t.Context(), leg))
	}
	if n, err := w.m.CatchUp(t.Context(), bot); err != nil || n != len(all) {
		t.Fatalf("caught up on %d, %v; want %d", n, err, len(all))
	}
	for _, e := range all {
		w.hears(e, "hei")
	}
	if left := len(w.h.inbox(bot, device)); left > mostMessages/2 {
		t.Errorf("%d messages are left in the inbox: its position was not told", left)
	}
}

func TestTrap03DeviceChangesReachAllAccounts(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	const other, room2 = id.UserID("@ghost2:x"), id.RoomID("!leg2:x")
	_, err := w.m.EnsureSender(t.Context(), other, "")
	w.must(err)
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	w.join(room2, aino)
	first := w.speak(ghost, leg, "yksi")
	w.speak(other, room2, "yksi")

	a2 := newClient(t, w.h, aino, "AINO2", true, a.seeds())
	w.must(w.m.DeviceLists(t.Context(), []id.UserID{aino}))
	second := w.speak(ghost, leg, "kaksi")
	a2.readsAs(ghost, leg, second, "kaksi")
	a2.readsAs(other, room2, w.speak(other, room2, "kaksi"), "kaksi") // its account was not the first to look
	a.readsAs(ghost, leg, second, "kaksi")
	if first.SessionID == second.SessionID {
		t.Error("a new device came and the session went on")
	}
	if _, err := a2.reads(ghost, leg, first); err == nil {
		t.Error("a new device reads what was said before it came")
	}

	w.h.mu.Lock()
	delete(w.h.user(aino).devices, "AINO2")
	w.h.mu.Unlock()
	w.must(w.m.DeviceLists(t.Context(), []id.UserID{aino}))
	for account, room := range map[id.UserID]id.RoomID{ghost: leg, other: room2} {
		if w.speak(account, room, "kolme").SessionID == second.SessionID {
			t.Errorf("%s went on with the session of a device that logged out", account)
		}
	}
}

func TestTrap04FallbackKey(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	w.h.mu.Lock()
	d := w.h.user(bot).devices[device]
	if n := len(d.otk); n != mostKeys {
		t.Errorf("%d one-time keys, want %d", n, mostKeys)
	}
	d.otk = map[string]json.RawMessage{} // a stranger claimed them all
	before := slices.Collect(maps.Keys(d.fallback))
	w.h.mu.Unlock()
	e := a.says(leg, text("hei"), bot)
	w.deliver(device)
	w.hears(e, "hei")

	w.must(w.m.KeyCounts(t.Context(), bot, device, map[string]int{"signed_curve25519": 0}, []string{}))
	now := w.h.device(bot, device)
	if len(now.otk) != mostKeys {
		t.Errorf("%d one-time keys after a report of none, want %d", len(now.otk), mostKeys)
	}
	after := slices.Collect(maps.Keys(now.fallback))
	if len(after) != 1 || slices.Equal(before, after) {
		t.Errorf("fallback keys %v → %v, want another one: it was used", before, after)
	}
	w.h.count()
	w.must(w.m.KeyCounts(t.Context(), bot, device, map[string]int{"signed_curve25519": mostKeys}, []string{"signed_curve25519"}))
	w.must(w.m.KeyCounts(t.Context(), bot, "MASTERKEY", map[string]int{}, []string{}))
	if calls := w.h.count(); len(calls) > 0 {
		t.Errorf("requests %v, want none: nothing is short, and a key is no device", calls)
	}
}

// TestTrap05AtOnce: once ToDevice has returned, the key is on the disk, with the
// step of the Olm session, and Decrypt finds it.
func TestTrap05AtOnce(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	e := a.says(leg, text("hei"), bot)
	w.m.db.fault = func(changes []change) error {
		tables := ""
		for _, c := range changes {
			tables += c.query
		}
		if !strings.Contains(tables, "crypto_inbound") || !strings.Contains(tables, "crypto_olm ") {
			t.Errorf("a commit with only a part of a room key:\n%s", tables)
		}
		return nil
	}
	w.deliver(device)
	w.m.db.fault = nil
	w.hears(e, "hei")
}

func TestTrap06LostTables(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	was, err := w.m.EnsureSender(t.Context(), ghost, "")
	w.must(err)
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	a.readsAs(ghost, leg, w.speak(ghost, leg, "ennen"), "ennen")

	w.must(w.m.Close())
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(w.dsn + end); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	w.open("")
	fresh, err := w.m.EnsureReader(t.Context(), bot)
	w.must(err)
	ghostDevice, err := w.m.EnsureSender(t.Context(), ghost, was)
	w.must(err)
	if fresh == device || ghostDevice == was {
		t.Error("a device ID was used again: the homeserver has other keys under it")
	}
	if w.h.device(bot, device).keys != nil || w.h.device(ghost, was).keys != nil {
		t.Error("a device whose keys are lost is still at the homeserver")
	}
	_, err = a.olm.FetchKeys(t.Context(), []id.UserID{bot, ghost}, true)
	w.must(err)
	evt, err := a.reads(ghost, leg, w.speak(ghost, leg, "jälkeen"))
	if err != nil || evt.Content.AsMessage().Body != "jälkeen" {
		t.Fatalf("after the loss: %v", err)
	}
	if evt.Mautrix.TrustState < id.TrustStateCrossSignedUntrusted {
		t.Errorf("the new device is %v, want signed by its owner's new identity", evt.Mautrix.TrustState)
	}
	w.must(a.olm.CryptoStore.RemoveOutboundGroupSession(t.Context(), leg))
	e := a.says(leg, text("hei taas"), bot)
	w.deliver(fresh)
	w.hears(e, "hei taas")
}

func TestTrap07MembershipReachesAllAccounts(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	before := map[id.UserID]id.SessionID{ghost: w.speak(ghost, leg, "hei").SessionID, bot: w.speak(bot, leg, "hei").SessionID}
	for account, session := range before {
		if w.speak(account, leg, "hei").SessionID != session {
			t.Errorf("%s rotates although nothing happened", account)
		}
	}
	// Out and in again, with nothing said between: the same people as before.
	w.must(w.m.MemberChanged(t.Context(), leg, aino))
	for account, session := range before {
		if w.speak(account, leg, "hei").SessionID == session {
			t.Errorf("%s goes on with a session from before somebody left", account)
		}
	}
	// Somebody else comes, and the news of it is late.
	after := w.speak(ghost, leg, "hei").SessionID
	b := newClient(t, w.h, "@bertta:x", "BERTTA1", true, nil)
	w.mu.Lock()
	w.persons[leg] = append(w.persons[leg], b.user)
	w.mu.Unlock()
	out := w.speak(ghost, leg, "tervetuloa")
	if out.SessionID == after {
		t.Error("a newcomer is not given the session")
	}
	b.readsAs(ghost, leg, out, "tervetuloa")
}

func TestTrap08NobodyIsThere(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.h.count()
	_, err := w.m.Encrypt(t.Context(), ghost, leg, "m.room.message", text("liian aikaisin"))
	wantWait(t, err, WaitPerson)
	if calls := w.h.count(); len(calls) > 0 {
		t.Errorf("requests %v, want none", calls)
	}
	w.join(leg, aino)
	a.readsAs(ghost, leg, w.speak(ghost, leg, "nyt"), "nyt")
}

func TestTrap11ThrownAwayAfterARollback(t *testing.T) {
	for _, kind := range []string{"first message", "later message"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			device := w.ensure()
			a := newClient(t, w.h, aino, "AINO1", true, nil)
			w.join(leg, aino)
			if kind == "later message" {
				a.says(leg, text("ensin"), bot)
				w.deliver(device)
				w.must(a.olm.CryptoStore.RemoveOutboundGroupSession(t.Context(), leg))
			}
			e := a.says(leg, text("hei"), bot)
			w.breakCommits(1)
			if err := w.m.ToDevice(t.Context(), bot, device, w.h.inbox(bot, device)...); !errors.Is(err, errBroken) {
				t.Fatalf("err = %v, want that of the commit", err)
			}
			w.deliver(device) // the lane's next try
			w.hears(e, "hei")
		})
	}
}

// TestTrap12Latched: what the tables say no to is an error of the operation,
// though the library goes on.
func TestTrap12Latched(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	a.says(leg, text("hei"), bot)
	w.deliver(device)
	var e Envelope
	// Sharing commits the device list, the Olm session that it begins, the sealing of the
	// key, then the first message; later messages are one commit each.
	for n, commit := range []int{1, 2, 2, 2, 1} {
		if n == 4 {
			a.readsAs(ghost, leg, w.speak(ghost, leg, "hei"), "hei")
		}
		seen := 0
		w.m.db.fault = func([]change) error {
			if seen++; seen == commit {
				return errBroken
			}
			return nil
		}
		if out, err := w.m.Encrypt(t.Context(), ghost, leg, "m.room.message", text("hei")); !errors.Is(err, errBroken) || out != nil {
			t.Errorf("Encrypt %d = %v, %v; want no ciphertext of a ratchet that was not kept", n, out, err)
		}
		w.m.db.fault = nil
	}
	a.readsAs(ghost, leg, w.speak(ghost, leg, "hei"), "hei")

	// mautrix only logs that it cannot look for the session of a room key; the
	// step of the Olm session would be kept and the key lost.
	w.must(a.olm.CryptoStore.RemoveOutboundGroupSession(t.Context(), leg))
	e = a.says(leg, text("hei taas"), bot)
	exec := func(query string) {
		t.Helper()
		if _, err := w.m.db.sql.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER TABLE crypto_inbound RENAME TO away`)
	if err := w.m.ToDevice(t.Context(), bot, device, w.h.inbox(bot, device)...); err == nil {
		t.Error("a table is missing and nobody was told")
	}
	exec(`ALTER TABLE away RENAME TO crypto_inbound`)
	w.deliver(device)
	w.hears(e, "hei taas")
}

func TestTrap13ForgedSender(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	eve := newClient(t, w.h, "@eeva:x", "EEVA1", true, nil)
	w.join(leg, aino)
	w.join(leg, eve.user)
	e := eve.says(leg, text("case 7 close"), bot)
	w.deliver(device)
	forged := e
	forged.Sender = aino
	if plain, err := w.m.Decrypt(t.Context(), bot, forged); !errors.Is(err, ErrForged) {
		t.Errorf("an event with another's session = %v, %v; want ErrForged", plain, err)
	}
	w.hears(e, "case 7 close") // as her own it is good, and its index was not used up
	again := e
	again.ID = "$again"
	if _, err := w.m.Decrypt(t.Context(), bot, again); !errors.Is(err, ErrForged) {
		t.Errorf("the same under another event ID: %v, want ErrForged", err)
	}
	elsewhere := e
	elsewhere.Room = "!staff:x"
	if _, err := w.m.Decrypt(t.Context(), bot, elsewhere); err == nil {
		t.Error("an event of one room was read in another")
	}
}

func TestTrap13ForgedRelation(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	own := text("hei")
	own["m.relates_to"] = map[string]any{"rel_type": "m.thread", "event_id": "$mine"}
	e, plain := a.says(leg, own, bot), a.says(leg, text("ilman"), bot)
	w.deliver(device)
	for _, one := range []*Envelope{&e, &plain} {
		var wrapper map[string]any
		w.must(json.Unmarshal(one.Content, &wrapper))
		wrapper["m.relates_to"] = map[string]any{"rel_type": "m.thread", "event_id": "$otherCase"}
		one.Content, _ = json.Marshal(wrapper)
	}
	if got := string(w.hears(e, "hei").Content); !strings.Contains(got, "$mine") || strings.Contains(got, "$otherCase") {
		t.Errorf("content = %s, want the relation that was encrypted", got)
	}
	if got := string(w.hears(plain, "ilman").Content); strings.Contains(got, "relates") {
		t.Errorf("content = %s, want no relation: none was encrypted", got)
	}
}

// TestTrap14NoNetworkUnderALock: a person's homeserver that does not answer
// holds up nobody but those who speak to that person.
func TestTrap14NoNetworkUnderALock(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	far := newClient(t, w.h, "@kaukainen:y", "KAUKA1", true, nil)
	const farRoom = id.RoomID("!far:x")
	w.join(leg, aino)
	w.join(farRoom, far.user)
	e := a.says(leg, text("hei"), bot)
	asked, answer := make(chan bool), make(chan bool)
	w.h.setHook(func(call string, _ id.UserID, body map[string]json.RawMessage) (int, any, bool) {
		if call == "POST keys/claim" && strings.Contains(string(body["one_time_keys"]), "kaukainen") {
			asked <- true
			<-answer
			return http.StatusBadGateway, map[string]any{}, true
		}
		return 0, nil, false
	})
	done := make(chan error)
	go func() {
		_, err := w.m.Encrypt(t.Context(), bot, farRoom, "m.room.message", text("kauas"))
		done <- err
	}()
	<-asked
	finished := make(chan bool)
	go func() {
		defer close(finished)
		w.deliver(device) // the bot reads
		w.hears(e, "hei")
		a.readsAs(bot, leg, w.speak(bot, leg, "lähelle"), "lähelle") // and speaks elsewhere
	}()
	select {
	case <-finished:
	case <-time.After(10 * time.Second):
		t.Error("everybody waits for one homeserver")
	}
	close(answer)
	if err := <-done; err == nil || !IsTransient(err) {
		t.Errorf("err = %v, want one to try again after", err)
	}
}

// TestTrap14OnlyWhatWasAsked: reading makes no requests of its own and asks
// nobody for devices.
func TestTrap14OnlyWhatWasAsked(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	e := a.says(leg, text("hei"), bot)
	request, err := json.Marshal(map[string]any{"type": "m.room_key_request", "sender": aino, "content": map[string]any{
		"action": "request", "request_id": "1", "requesting_device_id": "UNKNOWN",
		"body": map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "room_id": leg, "session_id": "x"}}})
	w.must(err)
	w.h.count()
	w.deliver(device)
	w.must(w.m.ToDevice(t.Context(), bot, device, request))
	w.hears(e, "hei")
	time.Sleep(50 * time.Millisecond) // for what a goroutine might do
	if calls := w.h.count(); len(calls) > 0 {
		t.Errorf("requests %v, want none", calls)
	}
}

func TestTrap16DeviceChangesLostWithATransaction(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	w.speak(ghost, leg, "hei")
	a2 := newClient(t, w.h, aino, "AINO2", true, a.seeds()) // told of in a transaction that failed
	w.h.mu.Lock()
	w.h.changed = []id.UserID{aino}
	w.h.mu.Unlock()
	_, err := w.m.CatchUp(t.Context(), bot)
	w.must(err)
	a2.readsAs(ghost, leg, w.speak(ghost, leg, "hei hei"), "hei hei")
}

func TestTrap17FailedClaimHoldsTheMessage(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	w.h.setHook(func(call string, _ id.UserID, _ map[string]json.RawMessage) (int, any, bool) {
		if call == "POST keys/claim" {
			return 200, map[string]any{"one_time_keys": map[string]any{}, "failures": map[string]any{"x": map[string]any{"status": 503}}}, true
		}
		return 0, nil, false
	})
	_, err := w.m.Encrypt(t.Context(), ghost, leg, "m.room.message", text("hei"))
	wantWait(t, err, WaitKeys)
	w.h.setHook(nil)
	out := w.speak(ghost, leg, "hei")
	a.readsAs(ghost, leg, out, "hei")
}

func TestTrap17NoDeviceLists(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	far := newClient(t, w.h, "@kaukainen:y", "KAUKA1", true, nil)
	w.join(leg, far.user)
	w.h.setHook(func(call string, _ id.UserID, _ map[string]json.RawMessage) (int, any, bool) {
		if call == "POST keys/query" {
			return 200, map[string]any{"device_keys": map[string]any{}, "failures": map[string]any{"y": map[string]any{"status": 503}}}, true
		}
		return 0, nil, false
	})
	_, err := w.m.Encrypt(t.Context(), ghost, leg, "m.room.message", text("hei"))
	wantWait(t, err, WaitKeys)
	w.h.setHook(nil)
	far.readsAs(ghost, leg, w.speak(ghost, leg, "hei"), "hei")
}
