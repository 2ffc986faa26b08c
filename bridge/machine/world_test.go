//go:build goolm

package machine

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq" // the program gets both drivers from store
	_ "github.com/mattn/go-sqlite3"
	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// world is a homeserver, the machines, and the rooms that the bridge would know.
type world struct {
	t   *testing.T
	h   *homeserver
	m   *Machines
	dsn string
	// base and token are of the homeserver, whichever it is.
	base, token string
	log         bytes.Buffer

	mu      sync.Mutex
	now     time.Time
	keys    *testKeys
	persons map[id.RoomID][]id.UserID
	known   map[id.UserID]bool
}

const (
	bot   = id.UserID("@silta:x")
	ghost = id.UserID("@ghost1:x")
	aino  = id.UserID("@aino.oikea.nimi:x")
	leg   = id.RoomID("!leg:x")
)

// testKeys seals as the keyring does: key number first, bound to its place.
type testKeys struct {
	mu     sync.Mutex
	newest byte
}

func (k *testKeys) aead(n byte) cipher.AEAD {
	key := sha256.Sum256([]byte{n})
	block, _ := aes.NewCipher(key[:])
	out, _ := cipher.NewGCM(block)
	return out
}

func (k *testKeys) Seal(column, row string, plain []byte) []byte {
	k.mu.Lock()
	n := k.newest
	k.mu.Unlock()
	out := append([]byte{n}, make([]byte, 12)...)
	_, _ = rand.Read(out[1:])
	return k.aead(n).Seal(out, out[1:13], plain, []byte(column+"\x00"+row))
}

func (k *testKeys) Open(column, row string, sealed []byte) ([]byte, error) {
	if len(sealed) < 13 {
		return nil, errors.New("short")
	}
	return k.aead(sealed[0]).Open(nil, sealed[1:13], sealed[13:], []byte(column+"\x00"+row))
}

func (k *testKeys) Newest(sealed []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(sealed) > 0 && sealed[0] == k.newest
}

func (w *world) Persons(_ context.Context, room id.RoomID) ([]id.UserID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.persons[room], nil
}

func (w *world) Known(_ context.Context, user id.UserID) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known[user], nil
}

// join puts a person into a room and tells of it.
func (w *world) join(room id.RoomID, user id.UserID) {
	w.t.Helper()
	w.mu.Lock()
	w.persons[room] = append(w.persons[room], user)
	w.known[user] = true
	w.mu.Unlock()
	w.must(w.m.MemberChanged(w.t.Context(), room, user))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) after(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldAt(t, filepath.Join(t.TempDir(), "silta-crypto.db"))
}

func newWorldAt(t *testing.T, dsn string) *world {
	t.Helper()
	h := newHomeserver(t)
	w := newWorldOn(t, dsn, h.URL, "as")
	w.h = h
	return w
}

func newWorldOn(t *testing.T, dsn, base, token string) *world {
	t.Helper()
	w := &world{t: t, dsn: dsn, base: base, token: token, now: time.Now(), keys: &testKeys{newest: 1},
		persons: map[id.RoomID][]id.UserID{}, known: map[id.UserID]bool{}}
	w.open("")
	t.Cleanup(func() { _ = w.m.Close() })
	return w
}

func (w *world) options(epoch string) Options {
	return Options{
		DSN: w.dsn, Epoch: epoch, Keys: w.keys, Rooms: w, Log: zerolog.New(&w.log),
		Hash: func(domain, value string) []byte {
			mac := hmac.New(sha256.New, []byte("test"))
			mac.Write([]byte(domain + "\x00" + value))
			return mac.Sum(nil)[:16]
		},
		Now: func() time.Time {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.now
		},
		Client: func(user id.UserID, device id.DeviceID) *mautrix.Client {
			cli, _ := mautrix.NewClient(w.base, user, w.token)
			cli.DeviceID = device
			cli.SetAppServiceUserID, cli.SetAppServiceDeviceID = user != "", device != ""
			return cli
		},
	}
}

func (w *world) open(epoch string) {
	w.t.Helper()
	m, err := Open(w.t.Context(), w.options(epoch))
	if err != nil {
		w.t.Fatal(err)
	}
	w.m = m
}

// reopen is a restart.
func (w *world) reopen() {
	w.t.Helper()
	w.must(w.m.Close())
	w.open("")
}

// ensure makes the bot and a ghost.
func (w *world) ensure() (botDevice id.DeviceID) {
	w.t.Helper()
	device, err := w.m.EnsureReader(w.t.Context(), bot)
	w.must(err)
	_, err = w.m.EnsureSender(w.t.Context(), ghost, "")
	w.must(err)
	return device
}

// speak encrypts a text of a user of ours.
func (w *world) speak(as id.UserID, room id.RoomID, body string) *event.EncryptedEventContent {
	w.t.Helper()
	out, err := w.m.Encrypt(w.t.Context(), as, room, "m.room.message", text(body))
	if err != nil {
		w.t.Fatalf("encrypt: %v", err)
	}
	return out
}

// deliver hands the bot's inbox over as a transaction does; the inbox keeps it.
func (w *world) deliver(device id.DeviceID) {
	w.t.Helper()
	w.must(w.m.ToDevice(w.t.Context(), bot, device, w.h.inbox(bot, device)...))
}

// hears decrypts what a person said.
func (w *world) hears(e Envelope, body string) *Plain {
	w.t.Helper()
	plain, err := w.m.Decrypt(w.t.Context(), bot, e)
	if err != nil {
		w.t.Fatalf("decrypt: %v", err)
	}
	if !bytes.Contains(plain.Content, []byte(body+`"`)) { // nio quotes what it answers
		w.t.Errorf("content = %s, want the body %q", plain.Content, body)
	}
	return plain
}
