//go:build goolm

package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// recipient is a device that gets a key.
type recipient struct {
	user id.UserID
	device
}

// parcel is the body of sendToDevice.
type parcel map[id.UserID]map[id.DeviceID]any

func (p parcel) put(to recipient, content any) {
	if p[to.user] == nil {
		p[to.user] = map[id.DeviceID]any{}
	}
	p[to.user][to.ID] = content
}

// recipients are the devices of all these people that may get keys.
func recipients(lists map[id.UserID]*person) []recipient {
	var out []recipient
	for user, one := range lists {
		for _, d := range one.Devices {
			if !d.Broken {
				out = append(out, recipient{user, d})
			}
		}
	}
	return out
}

// begin makes sure that there is an Olm session with each device, or as many as
// can be: claim one key for each that has none, then start the sessions. anew
// claims for all of them.
func (m *Machines) begin(ctx context.Context, user id.UserID, to []recipient, anew bool) error {
	var as *mautrix.Client
	ask := map[id.UserID]map[id.DeviceID]id.KeyAlgorithm{}
	missing := map[id.UserID]map[id.DeviceID]recipient{}
	err := m.with(ctx, user, func(a *account, _ *unit) error {
		as = m.client(a)
		for _, r := range to {
			has, err := m.hasOlm(ctx, user, r.Identity)
			if err != nil {
				return err
			}
			if has && !anew {
				continue
			}
			if ask[r.user] == nil {
				ask[r.user], missing[r.user] = map[id.DeviceID]id.KeyAlgorithm{}, map[id.DeviceID]recipient{}
			}
			ask[r.user][r.ID] = id.KeyAlgorithmSignedCurve25519
			missing[r.user][r.ID] = r
		}
		return nil
	})
	if err != nil || len(ask) == 0 {
		return err
	}
	// Failures of other homeservers are in the answer, too; they show in that no
	// session comes of it (trap 17).
	var answer struct {
		Keys map[id.UserID]map[id.DeviceID]map[id.KeyID]json.RawMessage `json:"one_time_keys"`
	}
	err = m.request(ctx, as, "claim keys", http.MethodPost,
		map[string]any{"one_time_keys": ask, "timeout": keyTimeout}, &answer, "v3", "keys", "claim")
	if err != nil {
		return err
	}
	return m.with(ctx, user, func(a *account, u *unit) error {
		for owner, devices := range answer.Keys {
			for name, keys := range devices {
				r, asked := missing[owner][name]
				if !asked {
					continue
				}
				key, ok := claimed(r, keys)
				if !ok {
					continue
				}
				inner, err := a.olm.Internal.NewOutboundSession(r.Identity, key)
				if err != nil {
					continue // a key that is none: as if it had not been given
				}
				if err := m.putOlm(u, user, r.Identity, m.newOlm(inner)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// claimed reads the one-time key of a device, if the device signed it.
func claimed(r recipient, keys map[id.KeyID]json.RawMessage) (id.Curve25519, bool) {
	for name, raw := range keys {
		var key struct {
			Key id.Curve25519 `json:"key"`
		}
		algorithm, _ := name.Parse()
		if algorithm == id.KeyAlgorithmSignedCurve25519 && json.Unmarshal(raw, &key) == nil &&
			validKey(string(key.Key)) && signedBy(raw, r.user, string(r.ID), r.Signing) {
			return key.Key, true
		}
	}
	return "", false
}

func (m *Machines) hasOlm(ctx context.Context, user id.UserID, peer id.Curve25519) (bool, error) {
	var one int
	return m.db.one(ctx, `SELECT 1 FROM crypto_olm WHERE account = $1 AND peer = $2 LIMIT 1`,
		[]any{&one}, m.hashUser(user), m.hashPeer(peer))
}

// seal encrypts content for a device with the account's Olm session, and adds
// the ratchet's step to the unit; ok is false when there is no session.
func (m *Machines) seal(ctx context.Context, a *account, u *unit, to recipient, eventType event.Type, content any) (sealed any, ok bool, err error) {
	sessions, err := m.olmSessions(ctx, a.user, to.Identity, 1)
	if err != nil || len(sessions) == 0 {
		return nil, false, err
	}
	plain, err := json.Marshal(&crypto.DecryptedOlmEvent{
		Sender: a.user, SenderDeviceID: a.state.Device, SenderDeviceKeys: m.deviceKeys(a),
		Keys: crypto.OlmEventKeys{Ed25519: a.olm.SigningKey()}, Recipient: to.user,
		RecipientKeys: crypto.OlmEventKeys{Ed25519: to.Signing},
		Type:          eventType, Content: event.Content{Parsed: content},
	})
	if err != nil {
		return nil, false, fmt.Errorf("encrypt for a device: %w", err)
	}
	kind, body, err := sessions[0].Encrypt(plain)
	if err != nil {
		return nil, false, fmt.Errorf("encrypt for a device: %w", err)
	}
	if err := m.putOlm(u, a.user, to.Identity, sessions[0]); err != nil {
		return nil, false, err
	}
	return &event.EncryptedEventContent{
		Algorithm: id.AlgorithmOlmV1, SenderKey: a.olm.IdentityKey(),
		OlmCiphertext: event.OlmCiphertexts{to.Identity: {Type: kind, Body: string(body)}},
	}, true, nil
}

// deviceKeys are the account's public device keys, signed by the device and by
// its owner's self-signing key.
func (m *Machines) deviceKeys(a *account) *mautrix.DeviceKeys {
	device := a.state.Device
	keys := &mautrix.DeviceKeys{
		UserID: a.user, DeviceID: device,
		Algorithms: []id.Algorithm{id.AlgorithmMegolmV1, id.AlgorithmOlmV1},
		Keys: map[id.DeviceKeyID]string{
			id.NewDeviceKeyID(id.KeyAlgorithmCurve25519, device): string(a.olm.IdentityKey()),
			id.NewDeviceKeyID(id.KeyAlgorithmEd25519, device):    string(a.olm.SigningKey()),
		},
	}
	own, err := a.olm.SignJSON(keys)
	if err != nil {
		panic(err) // a struct of strings can be marshalled; guard turns it into an error
	}
	keys.Signatures = signatures.NewSingleSignature(a.user, id.KeyAlgorithmEd25519, string(device), own)
	if a.state.Signature != "" {
		keys.Signatures[a.user][id.NewKeyID(id.KeyAlgorithmEd25519, string(a.state.SelfSigning))] = a.state.Signature
	}
	return keys
}

// sendToDevices sends a parcel as an account's device.
func (m *Machines) sendToDevices(ctx context.Context, as *mautrix.Client, eventType event.Type, p parcel) error {
	return m.request(ctx, as, "send to devices", http.MethodPut, map[string]any{"messages": p}, nil,
		"v3", "sendToDevice", eventType.Type, randomName())
}

// client acts as the account, with its device.
func (m *Machines) client(a *account) *mautrix.Client { return m.o.Client(a.user, a.state.Device) }

// clientOf is client for an account that may have to be loaded.
func (m *Machines) clientOf(ctx context.Context, user id.UserID) (as *mautrix.Client, err error) {
	err = m.with(ctx, user, func(a *account, _ *unit) error {
		as = m.client(a)
		return nil
	})
	return as, err
}
