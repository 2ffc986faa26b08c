//go:build goolm

package machine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// A session of ours lives for as many messages and as long as Matrix clients'
// own do by default.
const (
	sessionMessages = 100
	sessionAge      = 7 * 24 * time.Hour
	// partAge is how long a session lives that one of several people could not be
	// given, since their homeserver or their keys were missing: then they are
	// tried again. Where only one device of somebody is without, it may well have
	// been given up: that is tried less often.
	partAge   = 30 * time.Second
	deviceAge = 10 * time.Minute
)

// outbound is a Megolm session of ours in a room, sealed.
type outbound struct {
	Pickle []byte `json:"p"`
	Sent   int    `json:"n"`
	Ends   int64  `json:"e"` // Unix ms
	// Bound is what it was shared with, exactly; see bind.
	Bound []byte `json:"b"`

	session olm.OutboundGroupSession
}

// bind is a digest of people and the keys of all their devices. A session is
// used only while it is the same: whoever joins, leaves, logs in or out ends
// the sessions of every account in their rooms, whichever account hears of it
// first (traps 3 and 7).
func bind(to []recipient) []byte {
	lines := make([]string, 0, len(to))
	for _, r := range to {
		lines = append(lines, string(r.user)+"\x00"+string(r.ID)+"\x00"+string(r.Identity)+"\x00"+string(r.Signing)+"\n")
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, l := range lines {
		h.Write([]byte(l))
	}
	return h.Sum(nil)[:16]
}

// Encrypt encrypts an event that a user of ours will send to a room, and gives
// the session's key to the people there first, where they do not have it.
// The content goes through encoding/json; its m.relates_to is repeated outside,
// where homeservers and clients look for it.
//
// A [*WaitError] says that somebody could not read it now; nothing has been
// sent. What is returned is meant to be sent at once, by the same user with the
// same device; encrypting again for a retry under the same transaction ID is
// right. The caller lets a ghost speak only a second after it joined (trap 18).
func (m *Machines) Encrypt(ctx context.Context, sender id.UserID, room id.RoomID, eventType string, content any) (*event.EncryptedEventContent, error) {
	plain, relates, err := payload(room, eventType, content)
	if err != nil {
		return nil, err
	}
	to, missing, err := m.audience(ctx, sender, room)
	if err != nil {
		return nil, err
	}
	done, err := m.turns.take(ctx, "room/"+string(sender)+"|"+string(room))
	if err != nil {
		return nil, err
	}
	defer done()
	out, err := m.encryptWith(ctx, sender, room, bind(to), plain)
	if err == nil && out == nil {
		var fresh *outbound
		if fresh, err = m.share(ctx, sender, room, to, missing); err == nil {
			out, err = m.encryptFirst(ctx, sender, room, fresh, plain)
		}
	}
	if err != nil {
		return nil, err
	}
	out.RelatesTo = relates
	return out, nil
}

func payload(room id.RoomID, eventType string, content any) (plain []byte, relates *event.RelatesTo, err error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, nil, fmt.Errorf("encrypt: %w", err)
	}
	var outside struct {
		RelatesTo *event.RelatesTo `json:"m.relates_to"`
	}
	if err := json.Unmarshal(raw, &outside); err != nil {
		return nil, nil, fmt.Errorf("encrypt: %w", err)
	}
	plain, err = json.Marshal(map[string]any{"room_id": room, "type": eventType, "content": json.RawMessage(raw)})
	return plain, outside.RelatesTo, err
}

// audience is every device that must be able to read what is said in a room,
// and which people could not be asked about. Whoever is alone in a room must be
// reachable; where there are several, one who is not does not silence it.
func (m *Machines) audience(ctx context.Context, sender id.UserID, room id.RoomID) (to []recipient, missing bool, err error) {
	persons, err := m.o.Rooms.Persons(ctx, room)
	if err != nil {
		return nil, false, fmt.Errorf("who is there: %w", err)
	}
	if len(persons) == 0 {
		return nil, false, &WaitError{WaitPerson} // earlier messages would stay unreadable (trap 8)
	}
	lists, err := m.people.current(ctx, func() (*mautrix.Client, error) { return m.clientOf(ctx, sender) }, persons)
	if err != nil {
		return nil, false, err
	}
	if len(lists) == 0 {
		return nil, false, &WaitError{WaitKeys}
	}
	if to = recipients(lists); len(to) == 0 {
		return nil, false, &WaitError{WaitDevice}
	}
	return to, len(lists) < len(persons), nil
}

// encryptWith uses the session that there is; nil when it must be a new one.
func (m *Machines) encryptWith(ctx context.Context, sender id.UserID, room id.RoomID, bound, plain []byte) (out *event.EncryptedEventContent, err error) {
	err = m.with(ctx, sender, func(a *account, u *unit) error {
		if !a.state.Published {
			return ErrUnknownAccount // it was being made when the program ended
		}
		s, err := m.outbound(ctx, sender, room)
		if err != nil || s == nil || s.Sent >= sessionMessages || m.now() >= s.Ends || !slices.Equal(s.Bound, bound) {
			return err
		}
		out, err = m.step(a, u, room, s, plain)
		return err
	})
	if err != nil {
		return nil, err // never a ciphertext whose step is not on the disk
	}
	return out, nil
}

// encryptFirst keeps a session that has just been shared, with its first use.
func (m *Machines) encryptFirst(ctx context.Context, sender id.UserID, room id.RoomID, s *outbound, plain []byte) (out *event.EncryptedEventContent, err error) {
	err = m.with(ctx, sender, func(a *account, u *unit) error {
		out, err = m.step(a, u, room, s, plain)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// step encrypts one event and adds the ratchet's step to the unit.
func (m *Machines) step(a *account, u *unit, room id.RoomID, s *outbound, plain []byte) (*event.EncryptedEventContent, error) {
	ciphertext, err := s.session.Encrypt(plain)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	s.Sent++
	if s.Pickle, err = pickle(s.session); err != nil {
		return nil, u.fail(err)
	}
	account, roomKey := m.hashUser(a.user), m.hashRoom(room)
	sealed, err := m.sealJSON(outboundTable, join(account, roomKey), s)
	if err != nil {
		return nil, u.fail(err)
	}
	u.change(`INSERT INTO crypto_outbound (account, room, sealed) VALUES ($1, $2, $3)
		ON CONFLICT (account, room) DO UPDATE SET sealed = excluded.sealed`, account, roomKey, sealed)
	return &event.EncryptedEventContent{
		Algorithm: id.AlgorithmMegolmV1, SenderKey: a.olm.IdentityKey(), DeviceID: a.state.Device,
		SessionID: s.session.ID(), MegolmCiphertext: ciphertext,
	}, nil
}

// outbound reads the account's session in a room; nil when there is none.
func (m *Machines) outbound(ctx context.Context, sender id.UserID, room id.RoomID) (*outbound, error) {
	account, roomKey := m.hashUser(sender), m.hashRoom(room)
	var sealed []byte
	found, err := m.db.one(ctx, `SELECT sealed FROM crypto_outbound WHERE account = $1 AND room = $2`,
		[]any{&sealed}, account, roomKey)
	if err != nil || !found {
		return nil, err
	}
	s := &outbound{}
	if err := m.unsealJSON(outboundTable, join(account, roomKey), sealed, s); err != nil {
		return nil, err
	}
	if s.session, err = unpickle(olm.NewBlankOutboundGroupSession(), s.Pickle); err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	return s, nil
}

// share makes a session and sends its key to every device that can be reached.
// It is not kept before the homeserver has taken the keys; a crash leaves
// nothing but a step of some Olm ratchets.
func (m *Machines) share(ctx context.Context, sender id.UserID, room id.RoomID, to []recipient, missing bool) (*outbound, error) {
	if err := m.begin(ctx, sender, to, false); err != nil {
		return nil, err
	}
	session, err := olm.NewOutboundGroupSession()
	if err != nil {
		return nil, fmt.Errorf("make a session: %w", err)
	}
	keys, withheld := parcel{}, parcel{}
	var as *mautrix.Client
	err = m.with(ctx, sender, func(a *account, u *unit) error {
		as = m.client(a)
		for _, r := range to {
			sealed, ok, err := m.seal(ctx, a, u, r, event.ToDeviceRoomKey, &event.RoomKeyEventContent{
				Algorithm: id.AlgorithmMegolmV1, RoomID: room, SessionID: session.ID(), SessionKey: session.Key(),
			})
			if err != nil {
				return err
			}
			if ok {
				keys.put(r, sealed)
				continue
			}
			withheld.put(r, &event.RoomKeyWithheldEventContent{
				RoomID: room, Algorithm: id.AlgorithmMegolmV1, SessionID: session.ID(),
				SenderKey: a.olm.IdentityKey(), Code: event.RoomKeyWithheldNoOlmSession, Reason: "no Olm session",
			})
		}
		if len(keys) == 0 {
			return &WaitError{WaitKeys} // trap 17
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := m.sendToDevices(ctx, as, event.ToDeviceEncrypted, keys); err != nil {
		return nil, err
	}
	if len(withheld) > 0 {
		// Only a hint for the device's own screen; it may be lost.
		_ = m.sendToDevices(ctx, as, event.ToDeviceRoomKeyWithheld, withheld)
	}
	age := sessionAge
	if len(withheld) > 0 {
		age = deviceAge
	}
	for person := range withheld {
		missing = missing || len(keys[person]) == 0
	}
	if missing {
		age = partAge
	}
	return &outbound{session: session, Ends: m.o.Now().Add(age).UnixMilli(), Bound: bind(to)}, nil
}
