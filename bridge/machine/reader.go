//go:build goolm

package machine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// reader is mautrix's machine, and the store that it works on: reads come from
// the tables, writes go into the unit of the operation that is under way.
//
// The embedded interface is nil on purpose: mautrix's machine has some forty
// methods of a store for what is not used here. Should a new version of it call
// one of them, that is an error at once (see guard) and not a silent nothing.
type reader struct {
	crypto.Store
	crypto.StateStore

	m       *Machines
	a       *account
	machine *crypto.OlmMachine

	// Of the operation under way; the account's lock is held.
	unit     *unit
	session  *crypto.InboundGroupSession // the last one that was looked up
	row      []byte                      // its name
	tried    bool                        // an Olm message was looked at
	repeated bool                        // it had been seen before
	stepped  bool                        // it was decrypted
}

func (m *Machines) newReader(a *account) *reader {
	r := &reader{m: m, a: a}
	nop := zerolog.Nop()
	machine := crypto.NewOlmMachine(m.client(a), &nop, r, r)
	machine.DisableDecryptKeyFetching = true // no network here (trap 14)
	machine.DisableRatchetTracking = true    // nothing is forgotten by use; see Expire
	machine.IgnorePostDecryptionParseErrors = true
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	machine.SetBackgroundCtx(ended) // it starts goroutines of its own (trap 14): they must not get anywhere
	r.machine = machine
	return r
}

// during runs one operation of the machine on a unit.
func (r *reader) during(ctx context.Context, u *unit, fn func(context.Context)) error {
	r.unit, r.session, r.row, r.tried, r.repeated, r.stepped = u, nil, nil, false, false, false
	defer func() { r.unit = nil }()
	ctx = quiet(ctx)
	if r.machine.GetAccount() == nil {
		if err := r.machine.Load(ctx); err != nil {
			return err
		}
	}
	fn(ctx)
	return u.err
}

// GetAccount and PutAccount: the account is the one in memory.
func (r *reader) GetAccount(context.Context) (*crypto.OlmAccount, error) { return r.a.olm, nil }

// PutAccount keeps the account, whose one-time keys have been used up.
func (r *reader) PutAccount(context.Context, *crypto.OlmAccount) error {
	return r.m.save(r.a, r.unit)
}

// maxOlm bounds how many sessions of one device are looked at; mautrix deletes
// old ones when there are more than ten.
const maxOlm = 50

// GetSessions returns the Olm sessions with a device.
func (r *reader) GetSessions(ctx context.Context, key id.SenderKey) (crypto.OlmSessionList, error) {
	list, err := r.m.olmSessions(ctx, r.a.user, key, maxOlm)
	return list, r.unit.fail(err)
}

// AddSession keeps a session that somebody began with us.
func (r *reader) AddSession(_ context.Context, key id.SenderKey, session *crypto.OlmSession) error {
	return r.m.putOlm(r.unit, r.a.user, key, session)
}

// UpdateSession keeps a step of a session.
func (r *reader) UpdateSession(_ context.Context, key id.SenderKey, session *crypto.OlmSession) error {
	return r.m.putOlm(r.unit, r.a.user, key, session)
}

// DeleteSession forgets a session.
func (r *reader) DeleteSession(_ context.Context, key id.SenderKey, session *crypto.OlmSession) error {
	r.unit.change(`DELETE FROM crypto_olm WHERE account = $1 AND peer = $2 AND session = $3`,
		r.m.hashUser(r.a.user), r.m.hashPeer(key), r.m.hashOlm(session.ID()))
	return nil
}

// GetNewestSessionCreationTS is what mautrix asks first, in a goroutine of its
// own, when it wants to renew a broken Olm session. That is our work (unwedge):
// no is the answer, and nothing of the reader is touched, since the goroutine
// does not hold its lock.
func (*reader) GetNewestSessionCreationTS(context.Context, id.SenderKey) (time.Time, error) {
	return time.Time{}, errors.New("not in the background")
}

// GetOlmHash says whether an Olm message has been handled before.
func (r *reader) GetOlmHash(ctx context.Context, hash [32]byte) (time.Time, error) {
	r.tried = true
	var at int64
	found, err := r.m.db.one(ctx, `SELECT at FROM crypto_olm_seen WHERE hash = $1`, []any{&at}, r.olmHash(hash))
	if err != nil || !found {
		return time.Time{}, r.unit.fail(err)
	}
	r.repeated = true
	return time.UnixMilli(at), nil
}

// PutOlmHash notes that an Olm message has been handled.
func (r *reader) PutOlmHash(_ context.Context, hash [32]byte, _ time.Time) error {
	r.stepped = true
	r.unit.change(`INSERT INTO crypto_olm_seen (hash, at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING`, r.olmHash(hash), r.m.now())
	return nil
}

func (r *reader) olmHash(hash [32]byte) []byte {
	return r.m.hash("message", string(r.a.user)+"|"+string(hash[:]))
}

// inbound is what is kept of a Megolm session that somebody gave us, sealed.
type inbound struct {
	Pickle   []byte       `json:"p,omitempty"`
	Owner    id.UserID    `json:"o,omitempty"` // who sent the key
	Identity id.SenderKey `json:"c,omitempty"` // with which device
	Signing  id.Ed25519   `json:"e,omitempty"`
	Withheld string       `json:"w,omitempty"` // the code, when there is no key
}

// GetGroupSession returns a Megolm session that somebody gave us.
func (r *reader) GetGroupSession(ctx context.Context, room id.RoomID, session id.SessionID) (*crypto.InboundGroupSession, error) {
	r.row = r.m.sessionKey(r.a.user, room, session)
	r.session = nil
	var sealed []byte
	var received int64
	found, err := r.m.db.one(ctx, `SELECT received, sealed FROM crypto_inbound WHERE session = $1`, []any{&received, &sealed}, r.row)
	if err != nil || !found {
		return nil, r.unit.fail(err)
	}
	var state inbound
	if err := r.m.unsealJSON(inboundTable, r.row, sealed, &state); err != nil {
		return nil, r.unit.fail(err)
	}
	if state.Withheld != "" {
		return nil, &event.RoomKeyWithheldEventContent{Code: event.RoomKeyWithheldCode(state.Withheld)}
	}
	one, err := r.m.openInbound(state, room, received)
	r.session = one
	return one, r.unit.fail(err)
}

func (m *Machines) openInbound(state inbound, room id.RoomID, received int64) (*crypto.InboundGroupSession, error) {
	inner, err := unpickle(olm.NewBlankInboundGroupSession(), state.Pickle)
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	return &crypto.InboundGroupSession{
		Internal: inner, SenderKey: state.Identity, SigningKey: state.Signing, RoomID: room,
		ForwardingChains: []string{}, ReceivedAt: time.UnixMilli(received),
		KeySource: id.KeySourceDirect, SourceUser: state.Owner,
	}, nil
}

// PutGroupSession keeps a Megolm session. One that was handed on by somebody
// else than its owner is not taken: its owner could not be told (trap 13).
func (r *reader) PutGroupSession(_ context.Context, session *crypto.InboundGroupSession) error {
	if session.KeySource != id.KeySourceDirect || len(session.ForwardingChains) > 0 {
		return nil
	}
	raw, err := pickle(session.Internal)
	if err != nil {
		return r.unit.fail(err)
	}
	return r.put(session.RoomID, session.ID(), inbound{
		Pickle: raw, Owner: session.SourceUser, Identity: session.SenderKey, Signing: session.SigningKey,
	}, `ON CONFLICT (session) DO UPDATE SET sealed = excluded.sealed`)
}

// PutWithheldGroupSession notes that a device will not give a key.
func (r *reader) PutWithheldGroupSession(_ context.Context, content event.RoomKeyWithheldEventContent) error {
	code := content.Code
	switch code {
	case event.RoomKeyWithheldBlacklisted, event.RoomKeyWithheldUnverified, event.RoomKeyWithheldUnauthorized,
		event.RoomKeyWithheldUnavailable, event.RoomKeyWithheldNoOlmSession:
	default:
		code = "m.unknown" // it comes from outside and is not text of ours
	}
	return r.put(content.RoomID, content.SessionID, inbound{Withheld: string(code)}, `ON CONFLICT (session) DO NOTHING`)
}

func (r *reader) put(room id.RoomID, session id.SessionID, state inbound, conflict string) error {
	row := r.m.sessionKey(r.a.user, room, session)
	sealed, err := r.m.sealJSON(inboundTable, row, state)
	if err != nil {
		return r.unit.fail(err)
	}
	r.unit.change(`INSERT INTO crypto_inbound (session, account, room, received, sealed) VALUES ($1, $2, $3, $4, $5) `+conflict,
		row, r.m.hashUser(r.a.user), r.m.hashRoom(room), r.m.now(), sealed)
	return nil
}

// ValidateMessageIndex refuses a second event that uses an index of a session.
func (r *reader) ValidateMessageIndex(ctx context.Context, _ id.SessionID, eventID id.EventID, index uint, timestamp int64) (bool, error) {
	used := r.m.hash("event", string(binary.BigEndian.AppendUint64(nil, uint64(timestamp)))+string(eventID))[:8]
	var known []byte
	found, err := r.m.db.one(ctx, `SELECT event FROM crypto_index WHERE session = $1 AND idx = $2`, []any{&known}, r.row, int64(index))
	if err != nil {
		return false, r.unit.fail(err)
	}
	if found {
		return string(known) == string(used), nil
	}
	r.unit.change(`INSERT INTO crypto_index (session, idx, event, at) VALUES ($1, $2, $3, $4)`,
		r.row, int64(index), used, r.m.now())
	return true, nil
}

// FindDeviceByKey finds a person's device in what is known already.
func (r *reader) FindDeviceByKey(ctx context.Context, user id.UserID, key id.IdentityKey) (*id.Device, error) {
	one, err := r.m.people.get(ctx, user)
	if err != nil || one == nil {
		return nil, r.unit.fail(err)
	}
	d, ok := one.byKey(key)
	if !ok {
		return nil, nil
	}
	return &id.Device{UserID: user, DeviceID: d.ID, IdentityKey: d.Identity, SigningKey: d.Signing}, nil
}

// GetCrossSigningKeys knows none: what trust there is, Decrypt says by itself.
func (*reader) GetCrossSigningKeys(context.Context, id.UserID) (map[id.CrossSigningUsage]id.CrossSigningKey, error) {
	return nil, nil
}

// GetEncryptionEvent is asked for how long a session may live: as long as it does.
func (*reader) GetEncryptionEvent(context.Context, id.RoomID) (*event.EncryptionEventContent, error) {
	return nil, nil
}
