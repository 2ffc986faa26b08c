package store

import (
	"time"

	"silta/mentoring"
)

// addressHash is what a member is found by; nil (NULL) for no address.
func (t *Tx) addressHash(address string) []byte {
	if address == "" {
		return nil
	}
	return t.s.Hash("address", address)
}

const memberColumns = "id, address, language, alias, join_state, consent, consent_at, trial, created, changed, warned, unit, topic, account"

func (t *Tx) scanMember(r record) (m mentoring.Member, err error) {
	m = mentoring.Member{
		ID:        mentoring.MemberID(r.int(0)),
		Language:  mentoring.Language(r.text(2)),
		Join:      mentoring.JoinState(r.text(4)),
		Consent:   int(r.int(5)),
		ConsentAt: r.time(6),
		Trial:     r.flag(7),
		Created:   r.time(8),
		Changed:   r.time(9),
		Warned:    r.time(10),
		Unit:      mentoring.Unit(r.text(11)),
		Topic:     r.text(12),
	}
	if m.Account, err = t.openText(place{column: "member.account", id: r.int(0)}, r.view(13)); err != nil {
		return m, err
	}
	if m.Address, err = t.openText(place{column: "member.address", id: r.int(0)}, r.view(1)); err != nil {
		return m, err
	}
	m.Alias, err = t.openText(place{column: "member.alias", id: r.int(0)}, r.view(3))
	return m, err
}

// Member implements [mentoring.Tx].
func (t *Tx) Member(id mentoring.MemberID) (mentoring.Member, error) {
	m, err := cached(t.caches.members, id, func() (mentoring.Member, error) {
		return single(t, "SELECT "+memberColumns+" FROM member WHERE id = $1", t.scanMember, id)
	})
	return m, doing("member", err)
}

// MemberByAddress implements [mentoring.Tx]. The address is the real Matrix ID.
func (t *Tx) MemberByAddress(address string) (mentoring.Member, error) {
	if id, ok := t.caches.addresses.get(address); ok {
		return t.Member(id)
	}
	m, err := single(t, "SELECT "+memberColumns+" FROM member WHERE address_hash = $1", t.scanMember, t.addressHash(address))
	if err != nil {
		return m, doing("member by address", err)
	}
	t.caches.members.put(m.ID, m)
	t.caches.addresses.put(address, m.ID)
	return m, nil
}

// PutMember implements [mentoring.Tx].
func (t *Tx) PutMember(m *mentoring.Member) error {
	if err := t.writing(); err != nil {
		return err
	}
	if m.ID == 0 {
		m.ID = mentoring.MemberID(t.newID(seqMember))
		t.undo(func() { m.ID = 0 })
	} else if old, err := t.Member(m.ID); err != nil {
		return doing("put member", err)
	} else if old.Address != m.Address {
		t.caches.addresses.drop(old.Address)
	}
	id := int64(m.ID)
	_, err := t.exec(`INSERT INTO member (id, address, address_hash, language, alias, join_state, consent, consent_at, trial, created, changed, warned,
		unit, topic, account) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET address = excluded.address, address_hash = excluded.address_hash,
		language = excluded.language, alias = excluded.alias, join_state = excluded.join_state, consent = excluded.consent,
		consent_at = excluded.consent_at, trial = excluded.trial, created = excluded.created,
		changed = excluded.changed, warned = excluded.warned, unit = excluded.unit, topic = excluded.topic, account = excluded.account`,
		id, t.sealText(place{column: "member.address", id: id}, m.Address), t.addressHash(m.Address),
		m.Language, t.sealText(place{column: "member.alias", id: id}, m.Alias), m.Join, m.Consent, m.ConsentAt, m.Trial, m.Created,
		m.Changed, m.Warned, m.Unit, m.Topic, t.sealText(place{column: "member.account", id: id}, m.Account))
	if err != nil {
		return doing("put member", err)
	}
	t.caches.members.put(m.ID, kept(*m))
	if m.Address != "" {
		t.caches.addresses.put(m.Address, m.ID)
	}
	return nil
}

// kept is a member as the database gives it back: times to the millisecond.
func kept(m mentoring.Member) mentoring.Member {
	m.ConsentAt, m.Created = fromMillis(millis(m.ConsentAt)), fromMillis(millis(m.Created))
	m.Changed, m.Warned = fromMillis(millis(m.Changed)), fromMillis(millis(m.Warned))
	return m
}

// UnfinishedMembers implements [mentoring.Tx].
func (t *Tx) UnfinishedMembers(silent, warned time.Time, limit int) ([]mentoring.Member, error) {
	least := int64(1) // of warned: that they were at all
	if warned.IsZero() {
		least = 0
	}
	list, err := collect(t, "SELECT "+memberColumns+` FROM member m
		WHERE join_state <> 'joined' AND join_state <> 'forgotten' AND changed <= $1 AND warned >= $2 AND warned <= $3
		AND join_state <> 'erasing' AND join_state <> 'erased'
		AND NOT EXISTS (SELECT 1 FROM membership WHERE member = m.id AND NOT (role = 'mentor' AND state = 'invited'))
		AND NOT EXISTS (SELECT 1 FROM participant WHERE member = m.id)
		AND NOT EXISTS (SELECT 1 FROM cases WHERE opener = m.id OR claimed_by = m.id)
		ORDER BY +id LIMIT $4`, // not by the table, which is long: by the index of those who have not finished
		t.scanMember, silent, least, warned, limit)
	return list, doing("unfinished members", err)
}

// DeleteMember implements [mentoring.Tx]. It is a fault when something else is
// kept that refers to the member.
func (t *Tx) DeleteMember(id mentoring.MemberID) error {
	old, err := t.Member(id)
	if err != nil {
		return doing("delete member", err)
	}
	rooms, err := t.RoomsOf(RoomManagement, int64(id))
	if err != nil {
		return doing("delete member", err)
	}
	invited, err := t.Memberships(id)
	if err != nil {
		return doing("delete member", err)
	}
	if err := t.eraseKept(id); err != nil {
		return doing("delete member", err)
	}
	if _, err := t.exec("DELETE FROM membership WHERE member = $1", id); err != nil {
		return doing("delete member", err)
	}
	for _, r := range rooms {
		t.forgetRoom(r)
	}
	for i := range invited {
		t.caches.memberships.drop(invited[i].ID)
		t.stale(invited[i].ID)
	}
	if err := t.change("DELETE FROM member WHERE id = $1", id); err != nil {
		return doing("delete member", err)
	}
	t.caches.members.drop(id)
	t.caches.addresses.drop(old.Address)
	return nil
}

const membershipColumns = "id, member, programme, unit, role, state, created, first_message, wrote"

func scanMembership(r record) (mentoring.Membership, error) {
	return membershipAt(r, 0), nil
}

// membershipAt reads membershipColumns from position i on.
func membershipAt(r record, i int) mentoring.Membership {
	return mentoring.Membership{
		ID:           mentoring.MembershipID(r.int(i)),
		Member:       mentoring.MemberID(r.int(i + 1)),
		Programme:    mentoring.Programme(r.text(i + 2)),
		Unit:         mentoring.Unit(r.text(i + 3)),
		Role:         mentoring.Role(r.text(i + 4)),
		State:        mentoring.MembershipState(r.text(i + 5)),
		Created:      r.time(i + 6),
		FirstMessage: r.time(i + 7),
		Wrote:        r.time(i + 8),
	}
}

// Membership implements [mentoring.Tx].
func (t *Tx) Membership(id mentoring.MembershipID) (mentoring.Membership, error) {
	m, err := cached(t.caches.memberships, id, func() (mentoring.Membership, error) {
		return single(t, "SELECT "+membershipColumns+" FROM membership WHERE id = $1", scanMembership, id)
	})
	return m, doing("membership", err)
}

// Memberships implements [mentoring.Tx].
func (t *Tx) Memberships(member mentoring.MemberID) ([]mentoring.Membership, error) {
	list, err := collect(t, "SELECT "+membershipColumns+" FROM membership WHERE member = $1 ORDER BY id", scanMembership, member)
	return list, doing("memberships", err)
}

// MembershipsOf implements [mentoring.Tx].
func (t *Tx) MembershipsOf(p mentoring.Programme, role mentoring.Role) ([]mentoring.Membership, error) {
	list, err := collect(t, "SELECT "+membershipColumns+" FROM membership WHERE programme = $1 AND role = $2 AND state <> $3 ORDER BY id",
		scanMembership, p, role, mentoring.Ended)
	return list, doing("memberships of a role", err)
}

// PutMembership implements [mentoring.Tx].
func (t *Tx) PutMembership(m *mentoring.Membership) error {
	if err := t.writing(); err != nil {
		return err
	}
	var err error
	if m.ID == 0 {
		m.ID = mentoring.MembershipID(t.newID(seqMembership))
		t.undo(func() { m.ID = 0 })
		_, err = t.exec("INSERT INTO membership ("+membershipColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			m.ID, m.Member, m.Programme, m.Unit, m.Role, m.State, m.Created, m.FirstMessage, m.Wrote)
	} else {
		err = t.change(`UPDATE membership SET member = $2, programme = $3, unit = $4, role = $5, state = $6, created = $7,
			first_message = $8, wrote = $9 WHERE id = $1`,
			m.ID, m.Member, m.Programme, m.Unit, m.Role, m.State, m.Created, m.FirstMessage, m.Wrote)
	}
	if err != nil {
		return doing("put membership", err)
	}
	same := *m
	same.Created, same.FirstMessage, same.Wrote = fromMillis(millis(m.Created)), fromMillis(millis(m.FirstMessage)), fromMillis(millis(m.Wrote))
	t.caches.memberships.put(m.ID, same)
	if m.Role == mentoring.Mentor {
		t.stale(m.ID)
	}
	return nil
}

// pair is two members, the lower ID first.
func pair(a, b mentoring.MemberID) [2]mentoring.MemberID {
	return [2]mentoring.MemberID{min(a, b), max(a, b)}
}

// Blocked implements [mentoring.Tx].
func (t *Tx) Blocked(a, b mentoring.MemberID) (bool, error) {
	blocked, err := cached(t.caches.blocks, pair(a, b), func() (bool, error) {
		return single(t, "SELECT count(*) FROM block WHERE blocker = $1 AND blocked = $2 OR blocker = $2 AND blocked = $1",
			func(r record) (bool, error) { return r.flag(0), nil }, a, b)
	})
	return blocked, doing("blocked", err)
}
