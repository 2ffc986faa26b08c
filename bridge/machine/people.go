//go:build goolm

package machine

import (
	"container/list"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/id"
)

// device is a device of a person, as their homeserver tells.
type device struct {
	ID       id.DeviceID   `json:"i"`
	Identity id.Curve25519 `json:"c"`
	Signing  id.Ed25519    `json:"e"`
	Signed   bool          `json:"s,omitempty"` // by its owner's self-signing key, all the way from the master key
	// Broken: its keys were later replaced by others, which no honest device
	// does. It gets no keys any more.
	Broken bool `json:"b,omitempty"`
}

// person is a device list. A value is never changed once it is shown to others.
type person struct {
	user    id.UserID
	changed int64 // counts the calls that said: changed
	fetched int64 // changed, when the list was asked for

	Devices []device   `json:"d"`
	Master  id.Ed25519 `json:"m,omitempty"`
	First   id.Ed25519 `json:"f,omitempty"` // the first master key that was seen
	Self    id.Ed25519 `json:"s,omitempty"` // the self-signing key, if the master key signed it
}

// fresh says whether the list is the newest that we could know of.
func (p *person) fresh() bool { return p != nil && p.fetched >= p.changed }

// byKey finds a device by its Curve25519 key.
func (p *person) byKey(key id.Curve25519) (device, bool) {
	for _, d := range p.Devices {
		if d.Identity == key && !d.Broken {
			return d, true
		}
	}
	return device{}, false
}

// trust is what the person's identity says of a device of theirs.
func (p *person) trust(key id.Curve25519, signing id.Ed25519) Trust {
	d, ok := p.byKey(key)
	switch {
	case !ok || d.Signing != signing:
		return TrustUnknown
	case !d.Signed:
		return TrustUnsigned
	case p.Master != p.First:
		return TrustChanged
	}
	return TrustSigned
}

// maxPeople is how many device lists are kept in memory: about 0.5 KiB each.
const maxPeople = 5000

// people are the device lists of all persons, shared by all accounts.
type people struct {
	m *Machines

	// reading is held while a list goes from the tables into the cache, and
	// alone while the tables change: no old list is put in after that.
	reading sync.RWMutex

	mu   sync.Mutex
	all  map[id.UserID]*list.Element
	used *list.List // front: longest unused; values are *person
}

func newPeople(m *Machines) *people {
	return &people{m: m, all: map[id.UserID]*list.Element{}, used: list.New()}
}

func (p *people) cached(user id.UserID) *person {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.all[user]
	if e == nil {
		return nil
	}
	p.used.MoveToBack(e)
	return e.Value.(*person)
}

func (p *people) put(one *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.all[one.user]; e != nil {
		e.Value = one
		p.used.MoveToBack(e)
		return
	}
	p.all[one.user] = p.used.PushBack(one)
	for len(p.all) > maxPeople {
		old := p.used.Remove(p.used.Front()).(*person)
		delete(p.all, old.user)
	}
}

func (p *people) drop(users ...id.UserID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, user := range users {
		if e := p.all[user]; e != nil {
			p.used.Remove(e)
			delete(p.all, user)
		}
	}
}

func (p *people) dropAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.all)
	p.used.Init()
}

// get returns what is known of a person, nil when nothing is.
func (p *people) get(ctx context.Context, user id.UserID) (*person, error) {
	if one := p.cached(user); one != nil {
		return one, nil
	}
	p.reading.RLock()
	defer p.reading.RUnlock()
	one := &person{user: user}
	var sealed []byte
	key := p.m.hashUser(user)
	found, err := p.m.db.one(ctx, `SELECT changed, fetched, sealed FROM crypto_person WHERE person = $1`,
		[]any{&one.changed, &one.fetched, &sealed}, key)
	if err != nil {
		return nil, fmt.Errorf("read device list: %w", err)
	}
	if !found {
		return nil, nil
	}
	if err := p.m.unsealJSON(personTable, key, sealed, one); err != nil {
		return nil, err
	}
	p.put(one)
	return one, nil
}

// mark notes that people's lists have changed; they are fetched when they are
// next needed. Whoever has no list yet gets an old one: it may be on its way.
func (p *people) mark(users ...id.UserID) error {
	p.reading.Lock()
	defer p.reading.Unlock()
	changes := make([]change, 0, len(users))
	for _, user := range users {
		key := p.m.hashUser(user)
		sealed, err := p.m.sealJSON(personTable, key, &person{})
		if err != nil {
			return err
		}
		changes = append(changes, change{`INSERT INTO crypto_person (person, changed, fetched, sealed) VALUES ($1, 1, 0, $2)
			ON CONFLICT (person) DO UPDATE SET changed = crypto_person.changed + 1`, []any{key, sealed}})
	}
	err := p.m.db.commit(changes)
	p.drop(users...)
	return err
}

// markAll does so for everybody: when changes may have been missed.
func (p *people) markAll() error {
	p.reading.Lock()
	defer p.reading.Unlock()
	err := p.m.db.commit([]change{{query: `UPDATE crypto_person SET changed = changed + 1`}})
	p.dropAll()
	return err
}

// current returns the newest lists of people, asking the homeserver where what
// is known is old. Whoever is not in the answer could not be asked about: their
// homeserver did not answer ours.
func (p *people) current(ctx context.Context, as func() (*mautrix.Client, error), users []id.UserID) (map[id.UserID]*person, error) {
	out := make(map[id.UserID]*person, len(users))
	var ask []id.UserID
	for _, user := range users {
		one, err := p.get(ctx, user)
		if err != nil {
			return nil, err
		}
		if one.fresh() {
			out[user] = one
		} else {
			ask = append(ask, user)
		}
	}
	if len(ask) == 0 {
		return out, nil
	}
	client, err := as()
	if err != nil {
		return nil, err
	}
	fetched, err := p.fetch(ctx, client, ask)
	if err != nil {
		return nil, err
	}
	for user, one := range fetched {
		out[user] = one
	}
	return out, nil
}

// keysAnswer is the answer of keys/query, with what is signed left as it came.
type keysAnswer struct {
	Devices  map[id.UserID]map[id.DeviceID]json.RawMessage `json:"device_keys"`
	Master   map[id.UserID]json.RawMessage                 `json:"master_keys"`
	Self     map[id.UserID]json.RawMessage                 `json:"self_signing_keys"`
	Failures map[string]json.RawMessage                    `json:"failures"`
}

// keyTimeout is how long our homeserver may wait for another one, in ms.
const keyTimeout = 10_000

// fetch asks for people's lists and keeps them.
func (p *people) fetch(ctx context.Context, as *mautrix.Client, users []id.UserID) (map[id.UserID]*person, error) {
	before := make(map[id.UserID]*person, len(users))
	asked := map[id.UserID][]string{}
	for _, user := range users {
		one, err := p.get(ctx, user)
		if err != nil {
			return nil, err
		}
		if one == nil {
			one = &person{user: user}
		}
		before[user], asked[user] = one, []string{}
	}
	var answer keysAnswer
	err := p.m.request(ctx, as, "ask for device lists", http.MethodPost,
		map[string]any{"device_keys": asked, "timeout": keyTimeout}, &answer, "v3", "keys", "query")
	if err != nil {
		return nil, err
	}
	out := make(map[id.UserID]*person, len(users))
	for _, user := range users {
		_, server, _ := strings.Cut(string(user), ":")
		if _, failed := answer.Failures[server]; failed && answer.Devices[user] == nil {
			continue
		}
		out[user] = before[user].updated(&answer)
	}
	return out, p.store(out)
}

// store keeps fetched lists. A change that was told of while they were asked
// for stays one: only the count that was known before is taken as fetched.
func (p *people) store(fetched map[id.UserID]*person) error {
	p.reading.Lock()
	defer p.reading.Unlock()
	var changes []change
	for user, one := range fetched {
		key := p.m.hashUser(user)
		sealed, err := p.m.sealJSON(personTable, key, one)
		if err != nil {
			return err
		}
		changes = append(changes, change{`INSERT INTO crypto_person (person, changed, fetched, sealed) VALUES ($1, $2, $3, $4)
			ON CONFLICT (person) DO UPDATE SET fetched = excluded.fetched, sealed = excluded.sealed`,
			[]any{key, one.changed, one.fetched, sealed}})
		p.drop(user) // not put: changed may have been counted up meanwhile
	}
	return p.m.db.commit(changes)
}

// updated is the person's list after the homeserver's answer, with everything
// checked that can be: nothing is believed without its signature.
func (p *person) updated(answer *keysAnswer) *person {
	out := &person{user: p.user, changed: p.changed, fetched: p.changed, First: p.First}
	out.Master, out.Self = identity(p.user, answer.Master[p.user], answer.Self[p.user])
	if out.First == "" {
		out.First = out.Master
	}
	known := map[id.DeviceID]device{}
	for _, d := range p.Devices {
		known[d.ID] = d
	}
	for name, raw := range answer.Devices[p.user] {
		d, ok := checkDevice(p.user, name, raw, out.Self)
		if !ok {
			continue
		}
		if old, seen := known[name]; seen && (old.Broken || old.Signing != d.Signing || old.Identity != d.Identity) {
			d = old
			d.Broken = true
		}
		out.Devices = append(out.Devices, d)
	}
	slices.SortFunc(out.Devices, func(a, b device) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out
}

// signedKey is a cross-signing key as it is published.
type signedKey struct {
	User  id.UserID               `json:"user_id"`
	Usage []id.CrossSigningUsage  `json:"usage"`
	Keys  map[id.KeyID]id.Ed25519 `json:"keys"`
}

func readSignedKey(user id.UserID, usage id.CrossSigningUsage, raw json.RawMessage) id.Ed25519 {
	var k signedKey
	if raw == nil || json.Unmarshal(raw, &k) != nil || k.User != user || !slices.Contains(k.Usage, usage) || len(k.Keys) != 1 {
		return ""
	}
	for name, key := range k.Keys {
		if name == id.NewKeyID(id.KeyAlgorithmEd25519, string(key)) {
			return key
		}
	}
	return ""
}

// identity returns a person's master key, and their self-signing key if the
// master key signed it.
func identity(user id.UserID, masterRaw, selfRaw json.RawMessage) (master, self id.Ed25519) {
	master = readSignedKey(user, id.XSUsageMaster, masterRaw)
	self = readSignedKey(user, id.XSUsageSelfSigning, selfRaw)
	if master == "" || self == "" || !signedBy(selfRaw, user, string(master), master) {
		self = ""
	}
	return master, self
}

// checkDevice reads a device that signed itself; ok is false for anything else.
func checkDevice(user id.UserID, name id.DeviceID, raw json.RawMessage, self id.Ed25519) (device, bool) {
	var keys mautrix.DeviceKeys
	if json.Unmarshal(raw, &keys) != nil || keys.UserID != user || keys.DeviceID != name {
		return device{}, false
	}
	d := device{ID: name, Identity: keys.Keys.GetCurve25519(name), Signing: keys.Keys.GetEd25519(name)}
	if !validKey(string(d.Identity)) || !signedBy(raw, user, string(name), d.Signing) {
		return device{}, false
	}
	d.Signed = self != "" && signedBy(raw, user, string(self), self)
	return d, true
}

// signedBy says whether a JSON object carries a valid signature by a key.
func signedBy(raw json.RawMessage, user id.UserID, keyName string, key id.Ed25519) bool {
	if !validKey(string(key)) {
		return false
	}
	ok, err := signatures.VerifySignatureJSON(raw, user, keyName, key)
	return err == nil && ok
}

// validKey says whether a public key has the right length: goolm does not look.
func validKey(key string) bool {
	raw, err := decodeBase64(key)
	return err == nil && len(raw) == 32
}

// DeviceLists notes that people's device lists have changed, as a transaction
// or a sync told. Nothing is fetched: what needs a list asks for it then.
func (m *Machines) DeviceLists(ctx context.Context, changed []id.UserID) error {
	others := make([]id.UserID, 0, len(changed))
	for _, user := range changed {
		ours, err := m.has(ctx, user) // our ghosts' lists are told of, too
		if err != nil {
			return err
		}
		if !ours {
			others = append(others, user)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return m.people.mark(others...)
}

// MemberChanged notes that a user joined, left, was invited or kicked: every
// session of ours in the room ends, and their device list is asked for anew,
// since the homeserver tells of changes only while a room is shared.
func (m *Machines) MemberChanged(_ context.Context, room id.RoomID, user id.UserID) error {
	if err := m.db.commit([]change{{`DELETE FROM crypto_outbound WHERE room = $1`, []any{m.hashRoom(room)}}}); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return m.people.mark(user)
}

// AcceptIdentity takes a person's present identity as theirs, after it has
// changed: what [TrustChanged] waits for. Whoever calls it has asked the person.
func (m *Machines) AcceptIdentity(ctx context.Context, reader, user id.UserID) error {
	as := m.o.Client(reader, "")
	lists, err := m.people.fetch(ctx, as, []id.UserID{user})
	if err != nil {
		return err
	}
	one := lists[user]
	if one == nil {
		return &WaitError{WaitKeys}
	}
	accepted := *one
	accepted.First = one.Master
	return m.people.store(map[id.UserID]*person{user: &accepted})
}
