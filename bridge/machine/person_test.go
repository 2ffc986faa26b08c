//go:build goolm

package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// client is a person's device: mautrix's machine with its store in memory, i.e.
// code that the package under test does not use for sending.
type client struct {
	t      *testing.T
	h      *homeserver
	user   id.UserID
	device id.DeviceID
	olm    *crypto.OlmMachine
	events int
}

type openRooms struct{ crypto.StateStore }

func (openRooms) IsEncrypted(context.Context, id.RoomID) (bool, error) { return true, nil }
func (openRooms) GetEncryptionEvent(context.Context, id.RoomID) (*event.EncryptionEventContent, error) {
	return &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}, nil
}
func (openRooms) GetHistoryVisibility(context.Context, id.RoomID) (*event.HistoryVisibilityEventContent, error) {
	return nil, nil
}
func (openRooms) FindSharedRooms(context.Context, id.UserID) ([]id.RoomID, error) { return nil, nil }

// identitySeeds lets a person's second device use the identity of the first.
type identitySeeds = crypto.CrossSigningSeeds

// newClient logs a person in. With signed, the device is signed by the person's
// identity, which is made when seeds is nil.
func newClient(t *testing.T, h *homeserver, user id.UserID, device id.DeviceID, signed bool, seeds *identitySeeds) *client {
	t.Helper()
	h.mu.Lock()
	h.user(user).devices[device] = &hsDevice{otk: map[string]json.RawMessage{}, fallback: map[string]json.RawMessage{}}
	h.mu.Unlock()
	cli, err := mautrix.NewClient(h.URL, user, string(user)+"|"+string(device))
	if err != nil {
		t.Fatal(err)
	}
	cli.DeviceID = device
	c := &client{t: t, h: h, user: user, device: device}
	c.olm = crypto.NewOlmMachine(cli, nil, crypto.NewMemoryStore(nil), openRooms{})
	c.must(c.olm.Load(t.Context()))
	c.must(c.olm.ShareKeys(t.Context(), 0))
	if signed {
		if seeds == nil {
			keys, err := c.olm.GenerateCrossSigningKeys()
			c.must(err)
			c.must(c.olm.PublishCrossSigningKeys(t.Context(), keys, nil))
		} else {
			c.must(c.olm.ImportCrossSigningKeys(*seeds))
		}
		c.must(c.olm.SignOwnDevice(t.Context(), c.olm.OwnIdentity()))
	}
	return c
}

func (c *client) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) seeds() *identitySeeds {
	s := c.olm.ExportCrossSigningKeys()
	return &s
}

// sync takes in what is in the device's inbox.
func (c *client) sync() {
	c.t.Helper()
	for _, raw := range c.h.inbox(c.user, c.device) {
		evt := &event.Event{}
		c.must(json.Unmarshal(raw, evt))
		evt.Type.Class = event.ToDeviceEventType
		if evt.Content.ParseRaw(evt.Type) == nil {
			c.olm.HandleToDeviceEvent(c.t.Context(), evt)
		}
	}
	c.h.mu.Lock()
	c.h.user(c.user).devices[c.device].inbox = nil
	c.h.mu.Unlock()
}

// says encrypts an event of the person for the bot and others.
func (c *client) says(room id.RoomID, content any, to ...id.UserID) Envelope {
	c.t.Helper()
	enc, err := c.olm.EncryptMegolmEvent(c.t.Context(), room, event.EventMessage, content)
	if crypto.IsShareError(err) {
		c.must(c.olm.ShareGroupSession(c.t.Context(), room, to))
		enc, err = c.olm.EncryptMegolmEvent(c.t.Context(), room, event.EventMessage, content)
	}
	c.must(err)
	raw, err := json.Marshal(enc)
	c.must(err)
	c.events++
	return Envelope{Room: room, Sender: c.user, ID: id.EventID(fmt.Sprintf("$%s%s%d", c.user, c.device, c.events)),
		Timestamp: time.Now().UnixMilli(), Content: raw}
}

func text(body string) map[string]any { return map[string]any{"msgtype": "m.text", "body": body} }

// reads decrypts an event of a user of ours, as the client would show it.
func (c *client) reads(from id.UserID, room id.RoomID, content *event.EncryptedEventContent) (*event.Event, error) {
	c.t.Helper()
	c.sync()
	raw, err := json.Marshal(content)
	c.must(err)
	c.events++
	evt := &event.Event{Sender: from, RoomID: room, Type: event.EventEncrypted, Timestamp: int64(c.events),
		ID: id.EventID(fmt.Sprintf("$%s-%d", content.SessionID, c.events))}
	evt.Content.VeryRaw = raw
	c.must(evt.Content.ParseRaw(evt.Type))
	return c.olm.DecryptMegolmEvent(c.t.Context(), evt)
}

// readsAs is reads for when it must work, signed by its owner.
func (c *client) readsAs(from id.UserID, room id.RoomID, content *event.EncryptedEventContent, body string) {
	c.t.Helper()
	evt, err := c.reads(from, room, content)
	if err != nil {
		c.t.Fatalf("%s cannot read: %v", c.device, err)
	}
	if got := evt.Content.AsMessage().Body; got != body {
		c.t.Errorf("body = %q, want %q", got, body)
	}
	if evt.Mautrix.TrustState < id.TrustStateCrossSignedTOFU {
		c.t.Errorf("the sender's device is %v for the client, want signed by its owner", evt.Mautrix.TrustState)
	}
}
