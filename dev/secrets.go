//go:build goolm

package dev

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// secrets is the end-to-end encryption of the plain client: mautrix's machine
// with everything in memory. One thing at a time.
type secrets struct {
	mu      sync.Mutex
	machine *crypto.OlmMachine
	rooms   *book
	waiting []Event // could not be decrypted yet
}

// openSecrets makes new keys for a session and publishes them. With signed the
// device is signed by its owner's cross-signing identity, which is made for it.
func openSecrets(ctx context.Context, a Account, signed bool) (*secrets, error) {
	client, err := mautrix.NewClient(a.Homeserver, id.UserID(a.UserID), a.Token)
	if err != nil {
		return nil, fmt.Errorf("encryption: %w", err)
	}
	client.DeviceID = id.DeviceID(a.Device)
	client.Log = zerolog.Nop()
	s := &secrets{rooms: &book{encrypted: map[string]bool{}, members: map[string]map[string]bool{}}}
	silent := zerolog.Nop()
	s.machine = crypto.NewOlmMachine(client, &silent, crypto.NewMemoryStore(nil), s.rooms)
	s.machine.DisableDecryptKeyFetching = true
	ctx = silent.WithContext(ctx)
	if err := s.machine.Load(ctx); err != nil {
		return nil, fmt.Errorf("encryption: %w", err)
	}
	if err := s.machine.ShareKeys(ctx, 0); err != nil {
		return nil, fmt.Errorf("publish keys: %w", err)
	}
	if signed {
		return s, s.sign(ctx, a)
	}
	return s, nil
}

// sign makes a cross-signing identity and has it sign the device.
func (s *secrets) sign(ctx context.Context, a Account) error {
	keys, err := s.machine.GenerateCrossSigningKeys()
	if err != nil {
		return fmt.Errorf("cross-signing keys: %w", err)
	}
	err = s.machine.PublishCrossSigningKeys(ctx, keys, func(flow *mautrix.RespUserInteractive) any {
		return map[string]any{
			"type": "m.login.password", "session": flow.Session, "password": a.Password,
			"identifier": map[string]any{"type": "m.id.user", "user": a.UserID},
		}
	})
	if err != nil {
		return fmt.Errorf("publish cross-signing keys: %w", err)
	}
	s.machine.CrossSigningKeys = keys
	if err := s.machine.SignOwnDevice(ctx, s.machine.OwnIdentity()); err != nil {
		return fmt.Errorf("sign the device: %w", err)
	}
	return nil
}

// received takes what a sync brought besides rooms: keys above all. It returns
// the events that can be decrypted now and could not before.
func (s *secrets) received(ctx context.Context, answer *Sync) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	silent := zerolog.Nop()
	ctx = silent.WithContext(ctx)
	s.machine.ProcessSyncResponse(ctx, &mautrix.RespSync{
		ToDevice: answer.ToDevice, DeviceLists: answer.DeviceLists, DeviceOTKCount: answer.KeyCounts,
	}, answer.Since)
	if len(answer.ToDevice.Events) == 0 {
		return nil
	}
	var late []Event
	s.waiting = slices.DeleteFunc(s.waiting, func(e Event) bool {
		if s.decrypt(ctx, &e) != nil {
			return false
		}
		e.Late = true
		late = append(late, e)
		return true
	})
	return late
}

// open decrypts an event, if it is encrypted.
func (s *secrets) open(ctx context.Context, e Event) Event {
	if e.Type != "m.room.encrypted" || e.StateKey != nil {
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	silent := zerolog.Nop()
	e.Encrypted = true
	waiting := e
	if err := s.decrypt(silent.WithContext(ctx), &e); err != nil {
		e.Failure = err.Error()
		s.waiting = append(s.waiting, waiting)
	}
	return e
}

func (s *secrets) decrypt(ctx context.Context, e *Event) error {
	var sealed event.Event
	if err := json.Unmarshal(e.Raw, &sealed); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	sealed.RoomID = id.RoomID(e.Room)
	if err := sealed.Content.ParseRaw(event.EventEncrypted); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	opened, err := s.machine.DecryptMegolmEvent(ctx, &sealed)
	if err != nil {
		return err
	}
	e.Type, e.Content = opened.Type.Type, opened.Content.Raw
	return nil
}

// seal encrypts an event for everybody in its room, if the room is encrypted.
// Reactions stay clear, as clients leave them.
func (s *secrets) seal(ctx context.Context, room, kind string, content any) (string, any, error) {
	if kind == "m.reaction" || !s.rooms.isEncrypted(room) {
		return kind, content, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	silent := zerolog.Nop()
	ctx = silent.WithContext(ctx)
	roomID, eventType := id.RoomID(room), event.NewEventType(kind)
	sealed, err := s.machine.EncryptMegolmEvent(ctx, roomID, eventType, content)
	if crypto.IsShareError(err) {
		if err = s.machine.ShareGroupSession(ctx, roomID, s.rooms.people(room)); err == nil {
			sealed, err = s.machine.EncryptMegolmEvent(ctx, roomID, eventType, content)
		}
	}
	if err != nil {
		return "", nil, fmt.Errorf("encrypt: %w", err)
	}
	return event.EventEncrypted.Type, sealed, nil
}

// rotate drops the outbound session of a room.
func (s *secrets) rotate(ctx context.Context, room string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.machine.CryptoStore.RemoveOutboundGroupSession(ctx, id.RoomID(room))
}

// state notes what a room's state says of its encryption and its people; a
// change of people makes a new outbound session necessary.
func (s *secrets) state(ctx context.Context, e Event) {
	if e.StateKey == nil {
		return
	}
	if s.rooms.note(e) {
		// Nothing to remove is as good as removed.
		_ = s.rotate(ctx, e.Room)
	}
}

// book is what the machine asks about rooms.
type book struct {
	mu        sync.Mutex
	encrypted map[string]bool
	members   map[string]map[string]bool // joined or invited
}

// note takes a state event; true when the people of the room have changed.
func (b *book) note(e Event) (changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e.Type {
	case "m.room.encryption":
		b.encrypted[e.Room] = true
	case "m.room.member":
		if b.members[e.Room] == nil {
			b.members[e.Room] = map[string]bool{}
		}
		membership := e.Text("membership")
		in := membership == "join" || membership == "invite"
		changed = b.members[e.Room][*e.StateKey] != in
		b.members[e.Room][*e.StateKey] = in
	}
	return changed
}

func (b *book) isEncrypted(room string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.encrypted[room]
}

// people are all who are in a room or invited to it.
func (b *book) people(room string) (ids []id.UserID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for user, in := range b.members[room] {
		if in {
			ids = append(ids, id.UserID(user))
		}
	}
	return ids
}

// IsEncrypted is for the machine.
func (b *book) IsEncrypted(_ context.Context, room id.RoomID) (bool, error) {
	return b.isEncrypted(string(room)), nil
}

// GetEncryptionEvent is for the machine: rotation as Silta's rooms have it.
func (b *book) GetEncryptionEvent(context.Context, id.RoomID) (*event.EncryptionEventContent, error) {
	return &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1, RotationPeriodMessages: 100}, nil
}

// GetHistoryVisibility is for the machine: no history is shared.
func (b *book) GetHistoryVisibility(context.Context, id.RoomID) (*event.HistoryVisibilityEventContent, error) {
	return &event.HistoryVisibilityEventContent{HistoryVisibility: event.HistoryVisibilityJoined}, nil
}

// FindSharedRooms is for the machine: the encrypted rooms that somebody is in.
func (b *book) FindSharedRooms(_ context.Context, user id.UserID) (rooms []id.RoomID, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for room, members := range b.members {
		if b.encrypted[room] && members[string(user)] {
			rooms = append(rooms, id.RoomID(room))
		}
	}
	return rooms, nil
}
