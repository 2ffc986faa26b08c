package machine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// Sealer seals what the tables hold; *store.Keyring is one. column and row are
// where the value lives: it cannot be opened anywhere else.
type Sealer interface {
	Seal(column, row string, plain []byte) []byte
	Open(column, row string, sealed []byte) ([]byte, error)
	// Newest says whether a value is sealed under the newest key; the value's
	// first byte is enough.
	Newest(sealed []byte) bool
}

// Rooms tells what the bridge knows of its rooms. Its methods are called
// without any lock of this package and may read the main database.
type Rooms interface {
	// Persons are the real users who are joined to the room and must be able to
	// read what is said there. Ghosts and the bot are not among them.
	Persons(ctx context.Context, room id.RoomID) ([]id.UserID, error)
	// Known says whether a user shares a room with the bot or is invited to one.
	// What others send to our devices is dropped unread. It must already be true
	// when the first key of somebody who has just joined arrives.
	Known(ctx context.Context, user id.UserID) (bool, error)
}

// Options are what [Open] needs.
type Options struct {
	// DSN is the database of the crypto tables; see [DSN].
	DSN string
	// Epoch is a random word that the main database keeps. Where it differs from
	// the one in the crypto tables they are emptied: a main database that was
	// restored from a backup gets a new one, so that no old ratchet is used again.
	// Empty: not looked at.
	Epoch string
	Keys  Sealer
	// Hash is a keyed hash of at least 16 bytes; (*store.Store).Hash is one.
	Hash func(domain, value string) []byte
	// Client gives a client that acts as a user of ours, with its device; without
	// a device when that is empty, as the appservice itself when both are.
	Client func(user id.UserID, device id.DeviceID) *mautrix.Client
	Rooms  Rooms
	Now    func() time.Time // nil: time.Now
	// Loaded is how many accounts are kept in memory at most; 0: 1000.
	Loaded int
	Log    zerolog.Logger // counts and incident causes only
}

// Envelope is an m.room.encrypted event as it came from the homeserver.
type Envelope struct {
	Room      id.RoomID
	Sender    id.UserID
	ID        id.EventID
	Timestamp int64 // origin_server_ts
	Content   json.RawMessage
}

// Plain is what was inside.
type Plain struct {
	Type string
	// Content is as the sender's device wrote it. Relations are what it wrote,
	// too: those of the wrapper, which homeservers can change, are not looked at.
	Content json.RawMessage
	Trust   Trust
}

// Trust is what is known of the device that encrypted an event.
type Trust int

const (
	// TrustUnknown: the device is not in its owner's list, or there is no list.
	TrustUnknown Trust = iota
	// TrustUnsigned: its owner has not signed it.
	TrustUnsigned
	// TrustChanged: signed, by another identity than the one first seen of its
	// owner; see [Machines.AcceptIdentity].
	TrustChanged
	// TrustSigned: signed by its owner's identity, the first that was seen.
	TrustSigned
)
