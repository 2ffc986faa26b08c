//go:build goolm

package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Decrypt reads an event with a reader's keys. It uses no network, and gives the
// same again for the same event.
//
// Errors: [*NoKeyError], when the key may still come; [ErrForged]; [ErrCorrupt];
// anything else is a fault of ours.
func (m *Machines) Decrypt(ctx context.Context, reader id.UserID, e Envelope) (*Plain, error) {
	content, err := wrapper(e.Content)
	if err != nil {
		return nil, err
	}
	evt := &event.Event{ID: e.ID, RoomID: e.Room, Sender: e.Sender, Timestamp: e.Timestamp, Type: event.EventEncrypted}
	evt.Content.Parsed = content
	var out *Plain
	err = m.with(ctx, reader, func(a *account, u *unit) error {
		if a.reader == nil {
			return ErrUnknownAccount
		}
		var plain *event.Event
		var failed error
		if err := a.reader.during(ctx, u, func(ctx context.Context) {
			plain, failed = a.reader.machine.DecryptMegolmEvent(ctx, evt)
		}); err != nil {
			return fmt.Errorf("decrypt: %w", err)
		}
		if failed != nil {
			return explain(failed, content.SessionID)
		}
		// The key says whose it is; the event only claims (trap 13).
		session := a.reader.session
		if session.SourceUser != e.Sender {
			return ErrForged
		}
		out = &Plain{Type: plain.Type.Type, Content: plain.Content.VeryRaw}
		out.Trust, err = m.trust(ctx, session)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// wrapper reads the clear part of an event: nothing but the ciphertext, so that
// mautrix finds no relation to copy into what was encrypted.
func wrapper(raw json.RawMessage) (*event.EncryptedEventContent, error) {
	var clear struct {
		Algorithm  id.Algorithm    `json:"algorithm"`
		Session    id.SessionID    `json:"session_id"`
		Ciphertext json.RawMessage `json:"ciphertext"`
	}
	var ciphertext string
	if json.Unmarshal(raw, &clear) != nil || clear.Algorithm != id.AlgorithmMegolmV1 ||
		json.Unmarshal(clear.Ciphertext, &ciphertext) != nil {
		return nil, ErrCorrupt
	}
	return &event.EncryptedEventContent{Algorithm: clear.Algorithm, SessionID: clear.Session, MegolmCiphertext: []byte(ciphertext)}, nil
}

// explain turns mautrix's reasons into ours; its texts quote IDs.
func explain(err error, session id.SessionID) error {
	var withheld *event.RoomKeyWithheldEventContent
	switch {
	case errors.As(err, &withheld):
		return &NoKeyError{Session: session, Withheld: string(withheld.Code)}
	case errors.Is(err, crypto.ErrNoSessionFound), errors.Is(err, olm.ErrUnknownMessageIndex):
		return &NoKeyError{Session: session}
	case errors.Is(err, crypto.ErrDuplicateMessageIndex), errors.Is(err, crypto.ErrWrongRoom):
		return ErrForged
	}
	return ErrCorrupt
}

// trust is what is known of the device whose session it is. Only lists that
// are there are looked at; see Learn.
func (m *Machines) trust(ctx context.Context, session *crypto.InboundGroupSession) (Trust, error) {
	one, err := m.people.get(ctx, session.SourceUser)
	if err != nil || !one.fresh() {
		return TrustUnknown, err
	}
	return one.trust(session.SenderKey, session.SigningKey), nil
}

// Learn asks for a person's device list when it is missing or old, so that
// Decrypt can tell the trust of their devices: before something that needs it.
func (m *Machines) Learn(ctx context.Context, reader, user id.UserID) error {
	lists, err := m.people.current(ctx, func() (*mautrix.Client, error) { return m.clientOf(ctx, reader) }, []id.UserID{user})
	if err == nil && lists[user] == nil {
		return &WaitError{WaitKeys}
	}
	return err
}
