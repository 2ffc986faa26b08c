//go:build goolm

package machine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/id"
)

const (
	// mostKeys is how many one-time keys of the reader the homeserver has at most,
	// fewestKeys when it gets new ones. goolm keeps the private halves of 100.
	mostKeys   = 50
	fewestKeys = 40
	// fallbackAge is how old the fallback key gets if nobody uses it.
	fallbackAge = 7 * 24 * time.Hour
	signedKeys  = string(id.KeyAlgorithmSignedCurve25519)
)

// fallbackAccount is what goolm's account can do and mautrix does not use: a
// key that is given out when the one-time keys are used up. Without it anybody
// who claims fifty keys makes the bot deaf (trap 4).
type fallbackAccount interface {
	GenFallbackKey() error
	FallbackKeyUnpublished() map[string]id.Curve25519
}

// KeyCounts is told what a transaction or a sync said of a device's keys at the
// homeserver: how many one-time keys of each algorithm, and the algorithms of
// which a fallback key has not been used yet (nil: it did not say). A reader
// makes new ones where they are short; a sender never has any.
func (m *Machines) KeyCounts(ctx context.Context, user id.UserID, device id.DeviceID, counts map[string]int, unused []string) error {
	var ours bool
	err := m.with(ctx, user, func(a *account, _ *unit) error {
		ours = a.state.Reader && a.state.Device == device && a.state.Published
		return nil
	})
	if errors.Is(err, ErrUnknownAccount) || err == nil && !ours {
		return nil // Synapse counts keys of cross-signing keys, too, as if they were devices
	}
	if err != nil {
		return err
	}
	spent := unused != nil && !slices.Contains(unused, signedKeys)
	if counts[signedKeys] >= fewestKeys && !spent {
		return nil
	}
	return m.topUp(ctx, user, spent)
}

// topUp asks how many one-time keys there are, since what a transaction said
// may be old by now, and uploads what is missing; fallback makes a new fallback
// key.
func (m *Machines) topUp(ctx context.Context, user id.UserID, fallback bool) error {
	done, err := m.turns.take(ctx, "keys/"+string(user))
	if err != nil {
		return err
	}
	defer done()
	as, err := m.clientOf(ctx, user)
	if err != nil {
		return err
	}
	var answer struct {
		Counts map[string]int `json:"one_time_key_counts"`
	}
	if err := m.request(ctx, as, "count one-time keys", http.MethodPost, nil, &answer, "v3", "keys", "upload"); err != nil {
		return err
	}
	missing := mostKeys - answer.Counts[signedKeys]
	if answer.Counts[signedKeys] >= fewestKeys {
		missing = 0
	}
	if missing <= 0 && !fallback {
		return nil
	}
	body := map[string]any{}
	err = m.with(ctx, user, func(a *account, u *unit) error { return m.makeKeys(a, u, body, missing, fallback) })
	if err != nil || len(body) == 0 {
		return err
	}
	if err := m.request(ctx, as, "upload keys", http.MethodPost, body, nil, "v3", "keys", "upload"); err != nil {
		return err
	}
	return m.with(ctx, user, func(a *account, u *unit) error {
		a.olm.Internal.MarkKeysAsPublished()
		return m.save(a, u)
	})
}

// makeKeys makes up to n one-time keys, those from an upload that did not work
// counted in, and a fallback key if there is to be one, and puts all that are
// not published into the body. They are kept before they are uploaded.
func (m *Machines) makeKeys(a *account, u *unit, body map[string]any, n int, fallback bool) error {
	unpublished, err := a.olm.Internal.OneTimeKeys()
	if err != nil {
		return u.fail(fmt.Errorf("one-time keys: %w", err))
	}
	if n > len(unpublished) {
		if err := a.olm.Internal.GenOneTimeKeys(uint(n - len(unpublished))); err != nil {
			return u.fail(fmt.Errorf("one-time keys: %w", err))
		}
		if unpublished, err = a.olm.Internal.OneTimeKeys(); err != nil {
			return u.fail(fmt.Errorf("one-time keys: %w", err))
		}
	}
	with, ok := a.olm.Internal.(fallbackAccount)
	if !ok {
		return u.fail(errDriver)
	}
	if fallback && len(with.FallbackKeyUnpublished()) == 0 {
		if err := with.GenFallbackKey(); err != nil {
			return u.fail(fmt.Errorf("fallback key: %w", err))
		}
		a.state.Fallback = m.now()
	}
	for name, keys := range map[string]map[string]id.Curve25519{"one_time_keys": unpublished, "fallback_keys": with.FallbackKeyUnpublished()} {
		signed := map[string]any{}
		for keyID, key := range keys {
			object := map[string]any{"key": key}
			if name == "fallback_keys" {
				object["fallback"] = true
			}
			by, err := a.olm.SignJSON(object)
			if err != nil {
				return u.fail(fmt.Errorf("sign a key: %w", err))
			}
			object["signatures"] = signatures.NewSingleSignature(a.user, id.KeyAlgorithmEd25519, string(a.state.Device), by)
			signed[signedKeys+":"+keyID] = object
		}
		if len(signed) > 0 {
			body[name] = signed
		}
	}
	return m.save(a, u)
}
