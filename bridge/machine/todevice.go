//go:build goolm

package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// toDevice is a to-device message as it comes, by transaction or by sync.
type toDevice struct {
	Type     string          `json:"type"`
	Sender   id.UserID       `json:"sender"`
	ToUser   id.UserID       `json:"to_user_id"`
	ToDevice id.DeviceID     `json:"to_device_id"`
	Content  json.RawMessage `json:"content"`
}

// ToDevice takes in messages to a device of ours, as they came in a transaction,
// in order; each is committed by itself. After an error those before it are
// kept, and handing all of them in again does no harm.
//
// What is for a sender, from a stranger, or of a kind that nobody here listens
// to, is dropped: keys that are asked for are not given, secrets are not taken.
func (m *Machines) ToDevice(ctx context.Context, user id.UserID, device id.DeviceID, messages ...json.RawMessage) error {
	for _, raw := range messages {
		var msg toDevice
		if json.Unmarshal(raw, &msg) != nil {
			continue // no message at all: it will be none next time either
		}
		if err := m.toDevice(ctx, user, device, msg); err != nil {
			return err
		}
	}
	return nil
}

func (m *Machines) toDevice(ctx context.Context, user id.UserID, device id.DeviceID, msg toDevice) error {
	switch msg.Type {
	case event.ToDeviceEncrypted.Type, event.ToDeviceRoomKeyWithheld.Type:
	default:
		return nil
	}
	known, err := m.o.Rooms.Known(ctx, msg.Sender)
	if err != nil || !known {
		return err
	}
	evt := &event.Event{Sender: msg.Sender, Type: event.NewEventType(msg.Type), ToUserID: user, ToDeviceID: device}
	evt.Type.Class = event.ToDeviceEventType
	evt.Content.VeryRaw = msg.Content
	if evt.Content.ParseRaw(evt.Type) != nil {
		return nil
	}
	var broken id.Curve25519
	err = m.with(ctx, user, func(a *account, u *unit) error {
		if a.reader == nil || a.state.Device != device {
			return nil
		}
		if err := a.reader.during(ctx, u, func(ctx context.Context) { a.reader.machine.HandleToDeviceEvent(ctx, evt) }); err != nil {
			return fmt.Errorf("to-device message: %w", err)
		}
		if a.reader.tried && !a.reader.repeated && !a.reader.stepped {
			broken = evt.Content.AsEncrypted().SenderKey
		}
		return nil
	})
	if broken != "" && err == nil {
		m.unwedge(ctx, user, msg.Sender, broken)
	}
	return err
}

// unwedgeInterval is how often a new Olm session is begun with one device at
// most; the same as mautrix's.
const unwedgeInterval = time.Hour

// unwedge begins a new Olm session with a device whose messages cannot be read
// any more, and says nothing in it: the device will use it from then on. It is
// tried again when the next message cannot be read, so failing does no harm.
func (m *Machines) unwedge(ctx context.Context, user, owner id.UserID, key id.Curve25519) {
	name := string(user) + "|" + string(key)
	if !m.mayUnwedge(name) {
		return
	}
	if err := m.renew(ctx, user, owner, key); err != nil {
		m.unwedgedMu.Lock()
		delete(m.unwedged, name)
		m.unwedgedMu.Unlock()
		m.o.Log.Warn().Err(err).Msg("a new Olm session could not be begun")
	}
}

func (m *Machines) mayUnwedge(name string) bool {
	m.unwedgedMu.Lock()
	defer m.unwedgedMu.Unlock()
	now := m.o.Now()
	for other, at := range m.unwedged {
		if now.Sub(at) >= unwedgeInterval {
			delete(m.unwedged, other)
		}
	}
	if _, lately := m.unwedged[name]; lately {
		return false
	}
	m.unwedged[name] = now
	return true
}

func (m *Machines) renew(ctx context.Context, user, owner id.UserID, key id.Curve25519) error {
	if err := m.Learn(ctx, user, owner); err != nil {
		return err
	}
	one, err := m.people.get(ctx, owner)
	if err != nil || one == nil {
		return err
	}
	d, ok := one.byKey(key)
	if !ok {
		return nil // not a device of theirs
	}
	to := recipient{owner, d}
	if err := m.begin(ctx, user, []recipient{to}, true); err != nil {
		return err
	}
	as, err := m.clientOf(ctx, user)
	if err != nil {
		return err
	}
	dummy := parcel{}
	err = m.with(ctx, user, func(a *account, u *unit) error {
		sealed, ok, err := m.seal(ctx, a, u, to, event.ToDeviceDummy, struct{}{})
		if ok {
			dummy.put(to, sealed)
		}
		return err
	})
	if err != nil || len(dummy) == 0 {
		return err
	}
	return m.sendToDevices(ctx, as, event.ToDeviceEncrypted, dummy)
}
