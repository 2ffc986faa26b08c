//go:build goolm

package machine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/id"
)

// EnsureReader makes the bot's account, once, and at every start sees to it
// that the homeserver has what it should have of it: the device, signed; enough
// one-time keys; a fallback key. Then it catches up on what came meanwhile.
// What it returns is the bot's device, also for what it sends itself.
func (m *Machines) EnsureReader(ctx context.Context, user id.UserID) (id.DeviceID, error) {
	state, fresh, err := m.ensure(ctx, user, true, "")
	if err == nil && !fresh {
		err = m.repair(ctx, user)
	}
	if err != nil {
		return "", err
	}
	if err := m.topUp(ctx, user, m.now()-state.Fallback > fallbackAge.Milliseconds()); err != nil {
		return "", err
	}
	if _, err := m.CatchUp(ctx, user); err != nil {
		return "", err
	}
	return state.Device, nil
}

// EnsureSender makes a ghost's account with its device and its identity: four
// requests, and none when it is there already. It may be cut off anywhere and
// called again. was is the device that the ghost is known to have had ("" when
// none): where the crypto tables were lost it is removed at the homeserver.
func (m *Machines) EnsureSender(ctx context.Context, user id.UserID, was id.DeviceID) (id.DeviceID, error) {
	state, _, err := m.ensure(ctx, user, false, was)
	return state.Device, err
}

// ensure returns the account's state, made and published; fresh says that this
// call published it.
func (m *Machines) ensure(ctx context.Context, user id.UserID, asReader bool, was id.DeviceID) (state accountState, fresh bool, err error) {
	read := func(a *account, _ *unit) error {
		state = a.state
		return nil
	}
	err = m.with(ctx, user, read)
	if errors.Is(err, ErrUnknownAccount) {
		if err = m.make(ctx, user, asReader); err == nil {
			err = m.with(ctx, user, read)
		}
	}
	if err != nil || state.Published {
		return state, false, err
	}
	return state, true, m.publish(ctx, user, was)
}

// make creates an account in the tables, all its keys with it, before the
// homeserver hears of any: so every request can be made again after a crash.
func (m *Machines) make(ctx context.Context, user id.UserID, asReader bool) error {
	a := m.cache.acquire(user)
	defer m.cache.release(a)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.loaded {
		if err := m.load(ctx, a); err == nil || !errors.Is(err, ErrUnknownAccount) {
			return err
		}
	}
	return guard(func() error {
		inner, err := olm.NewAccount()
		if err != nil {
			return fmt.Errorf("make an account: %w", err)
		}
		state := accountState{Device: id.DeviceID(strings.ToUpper(randomName())), Reader: asReader}
		for range 3 {
			key, err := olm.NewPKSigning()
			if err != nil {
				return fmt.Errorf("make an identity: %w", err)
			}
			state.Seeds = append(state.Seeds, key.Seed())
		}
		m.adopt(a, state, &crypto.OlmAccount{Internal: inner})
		u := &unit{}
		if err = m.signDevice(a); err == nil {
			err = m.save(a, u)
		}
		if err == nil {
			err = m.db.commit(u.changes)
		}
		if err != nil {
			a.forget()
		}
		return err
	})
}

// identityKeys are the private cross-signing keys of an account.
type identityKeys struct{ master, self, user olm.PKSigning }

func (s accountState) identity() (k identityKeys, err error) {
	if len(s.Seeds) != 3 {
		return k, errors.New("the account's identity is not here any more")
	}
	for i, into := range []*olm.PKSigning{&k.master, &k.self, &k.user} {
		if *into, err = olm.NewPKSigningFromSeed(s.Seeds[i]); err != nil {
			return k, fmt.Errorf("read identity: %w", err)
		}
	}
	return k, nil
}

// signDevice has the account's self-signing key sign its device.
func (m *Machines) signDevice(a *account) error {
	keys, err := a.state.identity()
	if err != nil {
		return err
	}
	a.state.SelfSigning = keys.self.PublicKey()
	unsigned := m.deviceKeys(a)
	unsigned.Signatures = nil
	if a.state.Signature, err = keys.self.SignJSON(unsigned); err != nil {
		return fmt.Errorf("sign the device: %w", err)
	}
	return nil
}

// publish tells the homeserver of an account: the user, the device, the
// identity, and the device's keys with the identity's signature in one. What is
// left of an earlier life goes before the new device comes.
func (m *Machines) publish(ctx context.Context, user id.UserID, was id.DeviceID) error {
	done, err := m.turns.take(ctx, "keys/"+string(user))
	if err != nil {
		return err
	}
	defer done()
	asReader := false
	var signing map[string]any
	var upload map[string]any
	var device id.DeviceID
	err = m.with(ctx, user, func(a *account, u *unit) (err error) {
		device, asReader = a.state.Device, a.state.Reader
		upload = map[string]any{"device_keys": m.deviceKeys(a)}
		if a.state.Reader {
			if err := m.makeKeys(a, u, upload, mostKeys, a.state.Fallback == 0); err != nil {
				return err
			}
		}
		signing, err = m.signingKeys(a)
		return err
	})
	if err != nil {
		return err
	}
	localpart, _, _ := strings.Cut(strings.TrimPrefix(string(user), "@"), ":")
	err = m.request(ctx, m.o.Client("", ""), "register", http.MethodPost,
		map[string]any{"type": mautrix.AuthTypeAppservice, "username": localpart, "inhibit_login": true}, nil, "v3", "register")
	var refused *requestError
	if err != nil && (!errors.As(err, &refused) || refused.code != "M_USER_IN_USE") {
		return err
	}
	if err := m.dropDevices(ctx, user, device, was, asReader); err != nil {
		return err
	}
	if err := m.request(ctx, m.o.Client(user, ""), "make a device", http.MethodPut, nil, nil, "v3", "devices", device); err != nil {
		return err
	}
	as := m.o.Client(user, device)
	if err := m.request(ctx, as, "publish an identity", http.MethodPost, signing, nil, "v3", "keys", "device_signing", "upload"); err != nil {
		return err
	}
	if err := m.request(ctx, as, "publish device keys", http.MethodPost, upload, nil, "v3", "keys", "upload"); err != nil {
		return err
	}
	return m.with(ctx, user, func(a *account, u *unit) error {
		a.olm.Internal.MarkKeysAsPublished()
		a.olm.Shared, a.state.Published = true, true
		if !a.state.Reader {
			a.state.Seeds = nil // nothing is left to sign
		}
		return m.save(a, u)
	})
}

// signingKeys is the body of device_signing/upload.
func (m *Machines) signingKeys(a *account) (map[string]any, error) {
	keys, err := a.state.identity()
	if err != nil {
		return nil, err
	}
	master := crossSigningKey(a.user, id.XSUsageMaster, keys.master)
	own, err := a.olm.SignJSON(master)
	if err != nil {
		return nil, fmt.Errorf("sign the identity: %w", err)
	}
	master.Signatures = signatures.NewSingleSignature(a.user, id.KeyAlgorithmEd25519, string(a.state.Device), own)
	out := map[string]any{"master_key": master}
	for usage, key := range map[id.CrossSigningUsage]olm.PKSigning{id.XSUsageSelfSigning: keys.self, id.XSUsageUserSigning: keys.user} {
		one := crossSigningKey(a.user, usage, key)
		by, err := keys.master.SignJSON(one)
		if err != nil {
			return nil, fmt.Errorf("sign the identity: %w", err)
		}
		one.Signatures = signatures.NewSingleSignature(a.user, id.KeyAlgorithmEd25519, string(keys.master.PublicKey()), by)
		out[string(usage)+"_key"] = one
	}
	return out, nil
}

func crossSigningKey(user id.UserID, usage id.CrossSigningUsage, key olm.PKSigning) mautrix.CrossSigningKeys {
	public := key.PublicKey()
	return mautrix.CrossSigningKeys{
		UserID: user, Usage: []id.CrossSigningUsage{usage},
		Keys: map[id.KeyID]id.Ed25519{id.NewKeyID(id.KeyAlgorithmEd25519, string(public)): public},
	}
}

// repair publishes a reader again when the homeserver does not have its device,
// or not as it should be: it was removed, or the homeserver was restored.
func (m *Machines) repair(ctx context.Context, user id.UserID) error {
	var state accountState
	var identityKey id.Curve25519
	err := m.with(ctx, user, func(a *account, _ *unit) error {
		state, identityKey = a.state, a.olm.IdentityKey()
		return nil
	})
	if err != nil {
		return err
	}
	var answer keysAnswer
	err = m.request(ctx, m.o.Client(user, ""), "look at own device", http.MethodPost,
		map[string]any{"device_keys": map[id.UserID][]string{user: {}}, "timeout": keyTimeout}, &answer, "v3", "keys", "query")
	if err != nil {
		return err
	}
	now := (&person{user: user}).updated(&answer)
	if d, ok := now.byKey(identityKey); ok && d.Signed && d.ID == state.Device {
		return nil
	}
	return m.publish(ctx, user, "")
}

// dropDevices removes what an earlier life of an account left: of a sender the
// device that it is known to have had, of a reader all others, since people's
// clients would encrypt for them for ever.
func (m *Machines) dropDevices(ctx context.Context, user id.UserID, keep, was id.DeviceID, all bool) error {
	as := m.o.Client(user, "")
	type listed struct {
		ID id.DeviceID `json:"device_id"`
	}
	var answer struct {
		Devices []listed `json:"devices"`
	}
	if was != "" {
		answer.Devices = []listed{{was}}
	}
	if all {
		if err := m.request(ctx, as, "list devices", http.MethodGet, nil, &answer, "v3", "devices"); err != nil {
			return err
		}
	}
	for _, d := range answer.Devices {
		if d.ID == keep {
			continue
		}
		err := m.request(ctx, as, "remove a lost device", http.MethodDelete, nil, nil, "v3", "devices", d.ID)
		if err != nil && !isRefused(err, http.StatusNotFound) {
			return err
		}
	}
	return nil
}
