//go:build goolm

package machine

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/id"
)

// olmState is what is kept of an Olm session, sealed.
type olmState struct {
	Pickle  []byte `json:"p"`
	Created int64  `json:"c"`
}

func (m *Machines) hashPeer(key id.Curve25519) []byte     { return m.hash("peer", string(key)) }
func (m *Machines) hashOlm(session id.SessionID) []byte   { return m.hash("olm", string(session)) }
func olmRow(account, peer, session []byte) (place []byte) { return join(account, peer, session) }

// olmSessions reads the sessions of an account with a device, the one that was
// used last to decrypt first.
func (m *Machines) olmSessions(ctx context.Context, user id.UserID, peer id.Curve25519, limit int) (crypto.OlmSessionList, error) {
	account, peerKey := m.hashUser(user), m.hashPeer(peer)
	list := crypto.OlmSessionList{}
	err := m.db.each(ctx, func(scan func(...any) error) error {
		var session, sealed []byte
		var used int64
		if err := scan(&session, &used, &sealed); err != nil {
			return err
		}
		var state olmState
		if err := m.unsealJSON(olmTable, olmRow(account, peerKey, session), sealed, &state); err != nil {
			return err
		}
		inner, err := unpickle(olm.NewBlankSession(), state.Pickle)
		if err != nil {
			return err
		}
		one := &crypto.OlmSession{Internal: inner}
		one.CreationTime, one.LastEncryptedTime = time.UnixMilli(state.Created), time.UnixMilli(state.Created)
		one.LastDecryptedTime = time.UnixMilli(used)
		list = append(list, one)
		return nil
	}, `SELECT session, used, sealed FROM crypto_olm WHERE account = $1 AND peer = $2 ORDER BY used DESC, session LIMIT $3`,
		account, peerKey, limit)
	if err != nil {
		return nil, fmt.Errorf("read Olm sessions: %w", err)
	}
	return list, nil
}

// putOlm adds an Olm session's present state to the unit.
func (m *Machines) putOlm(u *unit, user id.UserID, peer id.Curve25519, session *crypto.OlmSession) error {
	raw, err := pickle(session.Internal)
	if err != nil {
		return u.fail(err)
	}
	account, peerKey, name := m.hashUser(user), m.hashPeer(peer), m.hashOlm(session.ID())
	sealed, err := m.sealJSON(olmTable, olmRow(account, peerKey, name),
		olmState{Pickle: raw, Created: session.CreationTime.UnixMilli()})
	if err != nil {
		return u.fail(err)
	}
	u.change(`INSERT INTO crypto_olm (account, peer, session, used, sealed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, peer, session) DO UPDATE SET used = excluded.used, sealed = excluded.sealed`,
		account, peerKey, name, session.LastDecryptedTime.UnixMilli(), sealed)
	return nil
}

// newOlm wraps a session that we begin.
func (m *Machines) newOlm(inner olm.Session) *crypto.OlmSession {
	now := m.o.Now()
	one := &crypto.OlmSession{Internal: inner}
	one.CreationTime, one.LastEncryptedTime, one.LastDecryptedTime = now, now, now
	return one
}
