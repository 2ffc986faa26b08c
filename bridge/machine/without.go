//go:build !goolm

package machine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// errWithout is all that a program without the tag goolm says of encryption.
// With neither that tag nor libolm's headers nothing that encrypts can be
// compiled; so that everything else can, this file stands in for it.
var errWithout = errors.New("built without the tag goolm: encryption is not in this program; build with `make build`")

// Available says why this program cannot encrypt; nil when it can.
func Available() error { return errWithout }

// Machines is never made in a program that cannot encrypt.
type Machines struct{}

// Open refuses: this program cannot encrypt.
func Open(context.Context, Options) (*Machines, error) { return nil, errWithout }

// What bridge calls; see the files with the tag.

func (*Machines) Close() error { return errWithout }

func (*Machines) EnsureReader(context.Context, id.UserID) (id.DeviceID, error) { return "", errWithout }

func (*Machines) EnsureSender(context.Context, id.UserID, id.DeviceID) (id.DeviceID, error) {
	return "", errWithout
}

func (*Machines) CatchUp(context.Context, id.UserID) (int, error) { return 0, errWithout }

func (*Machines) Expire(context.Context, time.Time, ...id.RoomID) (int, error) { return 0, errWithout }

func (*Machines) MemberChanged(context.Context, id.RoomID, id.UserID) error { return errWithout }

func (*Machines) Learn(context.Context, id.UserID, id.UserID) error { return errWithout }

func (*Machines) AcceptIdentity(context.Context, id.UserID, id.UserID) error { return errWithout }

func (*Machines) Decrypt(context.Context, id.UserID, Envelope) (*Plain, error) {
	return nil, errWithout
}

func (*Machines) Encrypt(context.Context, id.UserID, id.RoomID, string, any) (*event.EncryptedEventContent, error) {
	return nil, errWithout
}

func (*Machines) ToDevice(context.Context, id.UserID, id.DeviceID, ...json.RawMessage) error {
	return errWithout
}

func (*Machines) DeviceLists(context.Context, []id.UserID) error { return errWithout }

func (*Machines) KeyCounts(context.Context, id.UserID, id.DeviceID, map[string]int, []string) error {
	return errWithout
}

func (*Machines) ForgetRoom(context.Context, id.RoomID) error { return errWithout }

func (*Machines) ForgetSender(context.Context, id.UserID) error { return errWithout }

func (*Machines) ForgetPerson(context.Context, id.UserID) error { return errWithout }
