//go:build goolm

package machine

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix/id"
)

// clientSession is how long a client uses one Megolm session at most, by the
// default that our rooms have, with a day for clocks that are wrong.
const clientSession = 8 * 24 * time.Hour

// seenAge is how long it is known that an Olm message has been handled.
const seenAge = 14 * 24 * time.Hour

// mostExpired is how many sessions one commit of Expire handles.
const mostExpired = 200

// Expire makes everything unreadable that a reader got before that time: in
// all rooms, or only in those given (programmes keep for different times). A
// session that is not used any more is deleted; one that may be is moved
// forward, past what is old. n is how many sessions it touched.
func (m *Machines) Expire(ctx context.Context, before time.Time, rooms ...id.RoomID) (n int, err error) {
	if len(rooms) == 0 {
		n, err = m.expire(ctx, before, `received < $1 AND session > $2`, before.UnixMilli())
	}
	for _, room := range rooms {
		var k int
		k, err = m.expire(ctx, before, `received < $1 AND session > $2 AND room = $3`, before.UnixMilli(), m.hashRoom(room))
		if n += k; err != nil {
			break
		}
	}
	if err == nil {
		err = m.db.commit([]change{{`DELETE FROM crypto_olm_seen WHERE at < $1`, []any{m.now() - seenAge.Milliseconds()}}})
	}
	return n, err
}

// expire goes through the sessions that where names, in order of their names.
func (m *Machines) expire(ctx context.Context, before time.Time, where string, limit int64, more ...any) (n int, err error) {
	after := []byte{}
	for {
		var changes []change
		found := 0
		args := append([]any{limit, after}, more...)
		err := m.db.each(ctx, func(scan func(...any) error) error {
			var row, sealed []byte
			var received int64
			if err := scan(&row, &received, &sealed); err != nil {
				return err
			}
			found++
			after = row
			c, err := m.expireOne(ctx, row, sealed, received, before)
			changes = append(changes, c...)
			if len(c) > 0 {
				n++
			}
			return err
		}, fmt.Sprintf(`SELECT session, received, sealed FROM crypto_inbound WHERE %s ORDER BY session LIMIT %d`, where, mostExpired), args...)
		if err == nil {
			err = m.db.commit(changes)
		}
		if err != nil || found < mostExpired {
			return n, err
		}
	}
}

// expireOne decides what becomes of a session that came before the limit.
func (m *Machines) expireOne(ctx context.Context, row, sealed []byte, received int64, before time.Time) ([]change, error) {
	gone := []change{
		{`DELETE FROM crypto_inbound WHERE session = $1 AND sealed = $2`, []any{row, sealed}},
		{`DELETE FROM crypto_index WHERE session = $1`, []any{row}},
	}
	var state inbound
	if err := m.unsealJSON(inboundTable, row, sealed, &state); err != nil {
		return nil, err
	}
	// The first index that was used since then; else the one after the last.
	var next int64
	kept, err := m.db.one(ctx, `SELECT idx FROM crypto_index WHERE session = $1 AND at >= $2 ORDER BY idx LIMIT 1`,
		[]any{&next}, row, before.UnixMilli())
	if err != nil {
		return nil, err
	}
	if !kept {
		if state.Withheld != "" || m.now()-received > clientSession.Milliseconds() {
			return gone, nil
		}
		used, err := m.db.one(ctx, `SELECT idx FROM crypto_index WHERE session = $1 ORDER BY idx DESC LIMIT 1`, []any{&next}, row)
		if err != nil {
			return nil, err
		}
		if !used {
			return nil, nil // not used yet: nothing old can be read with it
		}
		next++
	}
	return m.forward(row, sealed, state, uint32(next))
}

// forward moves a session to an index; what came before it cannot be read again.
func (m *Machines) forward(row, sealed []byte, state inbound, next uint32) ([]change, error) {
	session, err := m.openInbound(state, "", 0)
	if err != nil {
		return nil, err
	}
	if session.Internal.FirstKnownIndex() >= next {
		return nil, nil
	}
	if err := session.RatchetTo(next); err != nil {
		return nil, fmt.Errorf("move a session: %w", err)
	}
	if state.Pickle, err = pickle(session.Internal); err != nil {
		return nil, err
	}
	fresh, err := m.sealJSON(inboundTable, row, state)
	if err != nil {
		return nil, err
	}
	return []change{
		{`UPDATE crypto_inbound SET sealed = $3 WHERE session = $1 AND sealed = $2`, []any{row, sealed, fresh}},
		{`DELETE FROM crypto_index WHERE session = $1 AND idx < $2`, []any{row, int64(next)}},
	}, nil
}

// ForgetRoom deletes every session of a room.
func (m *Machines) ForgetRoom(_ context.Context, room id.RoomID) error {
	key := m.hashRoom(room)
	return m.db.commit([]change{
		{`DELETE FROM crypto_index WHERE session IN (SELECT session FROM crypto_inbound WHERE room = $1)`, []any{key}},
		{`DELETE FROM crypto_inbound WHERE room = $1`, []any{key}},
		{`DELETE FROM crypto_outbound WHERE room = $1`, []any{key}},
	})
}

// ForgetSender deletes a ghost's account and its sessions. Its device at the
// homeserver stays.
func (m *Machines) ForgetSender(_ context.Context, user id.UserID) error {
	a := m.cache.acquire(user)
	defer m.cache.release(a)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget()
	key := m.hashUser(user)
	return m.db.commit([]change{
		{`DELETE FROM crypto_account WHERE account = $1`, []any{key}},
		{`DELETE FROM crypto_olm WHERE account = $1`, []any{key}},
		{`DELETE FROM crypto_outbound WHERE account = $1`, []any{key}},
	})
}

// ForgetPerson deletes what is known of a person's devices, and every Olm
// session of ours with one of them.
func (m *Machines) ForgetPerson(ctx context.Context, user id.UserID) error {
	known, err := m.people.get(ctx, user)
	if err != nil {
		return err
	}
	changes := []change{{`DELETE FROM crypto_person WHERE person = $1`, []any{m.hashUser(user)}}}
	if known != nil {
		for _, d := range known.Devices {
			changes = append(changes, change{`DELETE FROM crypto_olm WHERE peer = $1`, []any{m.hashPeer(d.Identity)}})
		}
	}
	m.people.reading.Lock()
	defer m.people.reading.Unlock()
	m.people.drop(user)
	return m.db.commit(changes)
}
