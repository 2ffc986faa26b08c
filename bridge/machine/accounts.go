//go:build goolm

package machine

import (
	"container/list"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/id"
)

// account is a user of ours with its device: in memory while it is used.
type account struct {
	mu   sync.Mutex
	user id.UserID

	// Guarded by mu.
	loaded bool
	state  accountState
	olm    *crypto.OlmAccount
	reader *reader // of a reader; nil otherwise

	// Guarded by the cache's lock.
	uses int
	elem *list.Element // in the list of those that nobody uses
}

// accountState is what is kept of an account, sealed.
type accountState struct {
	Device id.DeviceID `json:"d"`
	Reader bool        `json:"r,omitempty"`
	Pickle []byte      `json:"p"`
	// Seeds are the private cross-signing keys: master, self-signing,
	// user-signing. A sender's are dropped once they have done their work.
	Seeds [][]byte `json:"x,omitempty"`
	// SelfSigning is the public self-signing key, Signature what it signed the
	// device with: they go along with every room key, so that a client can tell
	// whose it is before it has asked the homeserver.
	SelfSigning id.Ed25519 `json:"k,omitempty"`
	Signature   string     `json:"g,omitempty"`
	// Published: everything public is at the homeserver.
	Published bool   `json:"o,omitempty"`
	Since     string `json:"s,omitempty"` // position of the catch-up sync
	Fallback  int64  `json:"f,omitempty"` // when the fallback key was made
}

// forget makes the next use load the account anew.
func (a *account) forget() {
	a.loaded, a.state, a.olm, a.reader = false, accountState{}, nil, nil
}

// pickler is what goolm's objects can do. Their own encryption is not used:
// everything is sealed, and bound to its row.
type pickler interface {
	PickleLibOlm() []byte
	UnpickleLibOlm([]byte) error
}

var errDriver = errors.New("built without the goolm tag")

func pickle(v any) ([]byte, error) {
	p, ok := v.(pickler)
	if !ok {
		return nil, errDriver
	}
	return p.PickleLibOlm(), nil
}

func unpickle[T any](v T, raw []byte) (T, error) {
	p, ok := any(v).(pickler)
	if !ok {
		return v, errDriver
	}
	return v, p.UnpickleLibOlm(raw)
}

// load reads an account from the tables; the caller holds its lock.
func (m *Machines) load(ctx context.Context, a *account) error {
	key := m.hashUser(a.user)
	var sealed []byte
	found, err := m.db.one(ctx, `SELECT sealed FROM crypto_account WHERE account = $1`, []any{&sealed}, key)
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	if !found {
		return ErrUnknownAccount
	}
	var state accountState
	if err := m.unsealJSON(accountTable, key, sealed, &state); err != nil {
		return err
	}
	inner, err := unpickle(olm.NewBlankAccount(), state.Pickle)
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	m.adopt(a, state, &crypto.OlmAccount{Internal: inner, Shared: state.Published})
	return nil
}

// has says whether a user has an account here.
func (m *Machines) has(ctx context.Context, user id.UserID) (bool, error) {
	var one int
	return m.db.one(ctx, `SELECT 1 FROM crypto_account WHERE account = $1`, []any{&one}, m.hashUser(user))
}

// adopt makes a the account of that state.
func (m *Machines) adopt(a *account, state accountState, olmAccount *crypto.OlmAccount) {
	a.state, a.olm, a.loaded = state, olmAccount, true
	a.reader = nil
	if state.Reader {
		a.reader = m.newReader(a)
	}
}

// save adds the account's present state to the unit.
func (m *Machines) save(a *account, u *unit) error {
	var err error
	if a.state.Pickle, err = pickle(a.olm.Internal); err != nil {
		return u.fail(err)
	}
	key := m.hashUser(a.user)
	sealed, err := m.sealJSON(accountTable, key, a.state)
	if err != nil {
		return u.fail(err)
	}
	u.change(`INSERT INTO crypto_account (account, sealed) VALUES ($1, $2)
		ON CONFLICT (account) DO UPDATE SET sealed = excluded.sealed`, key, sealed)
	return nil
}

func (m *Machines) sealJSON(table string, row []byte, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", table, err)
	}
	return m.o.Keys.Seal(table+".sealed", string(row), plain), nil
}

func (m *Machines) unsealJSON(table string, row, sealed []byte, v any) error {
	plain, err := m.o.Keys.Open(table+".sealed", string(row), sealed)
	if err == nil {
		err = json.Unmarshal(plain, v)
	}
	if err != nil {
		return fmt.Errorf("unseal %s: %w", table, err)
	}
	return nil
}

// join makes the name of a row whose key has several columns.
func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// accounts keeps the accounts that are in use, and some that were lately.
type accounts struct {
	mu   sync.Mutex
	most int
	all  map[id.UserID]*account
	idle *list.List // front: longest unused
}

func newAccounts(most int) *accounts {
	return &accounts{most: most, all: map[id.UserID]*account{}, idle: list.New()}
}

// acquire returns the one account object of a user: never two at a time, for
// they would use the same ratchets.
func (c *accounts) acquire(user id.UserID) *account {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.all[user]
	if a == nil {
		a = &account{user: user}
		c.all[user] = a
	}
	if a.elem != nil {
		c.idle.Remove(a.elem)
		a.elem = nil
	}
	a.uses++
	return a
}

func (c *accounts) release(a *account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a.uses--
	if a.uses > 0 {
		return
	}
	a.elem = c.idle.PushBack(a)
	for len(c.all) > c.most && c.idle.Len() > 0 {
		old := c.idle.Remove(c.idle.Front()).(*account)
		old.elem = nil
		delete(c.all, old.user)
	}
}

// len is how many accounts are in memory.
func (c *accounts) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}
