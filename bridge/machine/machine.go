//go:build goolm

package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// Machines is all encryption of one bridge. All methods may be called from any
// goroutine; calls for the same account take turns, and none holds up another's
// account while it waits for the network.
type Machines struct {
	o      Options
	db     *database
	people *people
	cache  *accounts
	// turns: "room/…" an account in a room, so that a session is shared once;
	// "keys/…" an account's one-time keys, so that it is known which were
	// published; "sync/…" an account's inbox.
	turns *turns

	catchMu sync.Mutex
	catches map[id.UserID]*catching

	unwedgedMu sync.Mutex
	unwedged   map[string]time.Time // by account and device, when a new Olm session was last begun
}

// Available says why this program cannot encrypt; nil when it can.
func Available() error { return nil }

// Open opens the crypto tables and makes them where they are missing. Nothing
// is loaded: an account is when it is needed.
func Open(ctx context.Context, o Options) (*Machines, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Loaded <= 0 {
		o.Loaded = 1000
	}
	db, err := openDatabase(ctx, o.DSN)
	if err != nil {
		return nil, err
	}
	m := &Machines{
		o: o, db: db, cache: newAccounts(o.Loaded),
		turns: newTurns(), catches: map[id.UserID]*catching{}, unwedged: map[string]time.Time{},
	}
	m.people = newPeople(m)
	if err := m.checkEpoch(ctx); err != nil {
		return nil, errors.Join(err, db.close())
	}
	return m, nil
}

// Close waits for the commit that is under way; no call may follow.
func (m *Machines) Close() error { return m.db.close() }

// checkEpoch empties the tables when they belong to another life of the main
// database.
func (m *Machines) checkEpoch(ctx context.Context) error {
	if m.o.Epoch == "" {
		return nil
	}
	var known []byte
	found, err := m.db.one(ctx, `SELECT value FROM crypto_meta WHERE key = 'epoch'`, []any{&known})
	if err != nil || found && string(known) == m.o.Epoch {
		return err
	}
	var changes []change
	for _, table := range tables() {
		changes = append(changes, change{query: `DELETE FROM ` + table.name})
	}
	changes = append(changes, change{query: `DELETE FROM crypto_olm_seen`}, change{query: `DELETE FROM crypto_index`},
		change{`INSERT INTO crypto_meta (key, value) VALUES ('epoch', $1)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`, []any{[]byte(m.o.Epoch)}})
	if found {
		m.o.Log.Warn().Msg("the crypto tables belong to another database: all devices will be made anew")
	}
	return m.db.commit(changes)
}

// now is in whole milliseconds, as the tables keep times.
func (m *Machines) now() int64 { return m.o.Now().UnixMilli() }

// hash is the 16-byte keyed hash by which the tables know something.
func (m *Machines) hash(domain, value string) []byte { return m.o.Hash("crypto."+domain, value)[:16] }

func (m *Machines) hashUser(user id.UserID) []byte { return m.hash("user", string(user)) }
func (m *Machines) hashRoom(room id.RoomID) []byte { return m.hash("room", string(room)) }

// sessionKey is the name of an inbound session: of this reader, in this room.
func (m *Machines) sessionKey(reader id.UserID, room id.RoomID, session id.SessionID) []byte {
	return m.hash("session", string(reader)+"|"+string(room)+"|"+string(session))
}

// quiet keeps mautrix from logging: it would log Matrix IDs. A disabled logger
// is not enough, since the library then falls back to the process's default one.
func quiet(ctx context.Context) context.Context {
	return zerolog.New(io.Discard).Level(zerolog.PanicLevel).WithContext(ctx)
}

// request makes one request as a user of ours. It never retries: the caller's
// queue does.
func (m *Machines) request(ctx context.Context, as *mautrix.Client, what, method string, body, answer any, path ...any) error {
	return m.requestURL(ctx, as, what, method, as.BuildClientURL(path...), body, answer)
}

func (m *Machines) requestURL(ctx context.Context, as *mautrix.Client, what, method, url string, body, answer any) error {
	nop := zerolog.New(io.Discard).Level(zerolog.PanicLevel)
	if body == nil && method != http.MethodGet {
		body = struct{}{}
	}
	_, err := as.MakeFullRequest(quiet(ctx), mautrix.FullRequest{
		Method: method, URL: url, RequestJSON: body, ResponseJSON: answer,
		MaxAttempts: 1, Logger: &nop, SensitiveContent: true,
	})
	if err != nil {
		return newRequestError(ctx, what, err)
	}
	return nil
}

// unit is what one operation of one account changes; it is committed as a whole
// or not at all.
type unit struct {
	changes []change
	// err is the first error of the store. mautrix goes on after most of them and
	// returns nil (trap 12), so they are kept here and looked at in the end.
	err error
}

func (u *unit) change(query string, args ...any) {
	u.changes = append(u.changes, change{query, args})
}

// fail keeps an error that a caller may swallow.
func (u *unit) fail(err error) error {
	if err != nil && u.err == nil {
		u.err = err
	}
	return err
}

// with runs fn alone on an account and commits what it changed. When anything
// goes wrong after something changed, the account in memory is thrown away: it
// may be ahead of the tables. fn must not use the network.
func (m *Machines) with(ctx context.Context, user id.UserID, fn func(*account, *unit) error) error {
	a := m.cache.acquire(user)
	defer m.cache.release(a)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.loaded {
		if err := m.load(ctx, a); err != nil {
			return err
		}
	}
	u := &unit{}
	err := guard(func() error { return fn(a, u) })
	if err == nil {
		err = u.err
	}
	if err == nil {
		err = m.db.commit(u.changes)
	}
	if err != nil && (len(u.changes) > 0 || u.err != nil || errors.Is(err, errPanic)) {
		a.forget()
	}
	return err
}

var errPanic = errors.New("the encryption library gave up")

// guard turns a panic into an error: mautrix panics where it thinks that an
// error cannot be, and it is fed by anybody's device.
func guard(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %T", errPanic, r) // its text may quote content
		}
	}()
	return fn()
}
