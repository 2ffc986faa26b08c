package store

import (
	"slices"
	"time"

	"silta/mentoring"
)

// InactiveMembers implements [mentoring.Tx].
func (t *Tx) InactiveMembers(wrote bool, silent, warned time.Time, limit int) ([]mentoring.Member, error) {
	least := int64(1) // of warned: that they were at all
	if warned.IsZero() {
		least = 0
	}
	ever := "NOT EXISTS"
	if wrote {
		ever = "EXISTS"
	}
	list, err := collect(t, "SELECT "+memberColumns+` FROM member m
		WHERE changed <= $1 AND warned >= $2 AND warned <= $3
		AND (join_state = 'joined' OR join_state = 'declined' AND EXISTS (SELECT 1 FROM membership WHERE member = m.id))
		AND `+ever+` (SELECT 1 FROM membership WHERE member = m.id AND first_message > 0)
		AND NOT EXISTS (SELECT 1 FROM membership WHERE member = m.id AND role <> 'mentee' AND state <> 'ended')
		AND NOT EXISTS (SELECT 1 FROM participant p JOIN conversation c ON c.id = p.conversation
			WHERE p.member = m.id AND c.emptied = 0 AND (c.last_talk > $1 OR c.created > $1))
		ORDER BY id LIMIT $4`, t.scanMember, silent, least, warned, limit)
	return list, doing("inactive members", err)
}

// EraseMember deletes everything that is kept of a member. The row stays with
// nothing in it but its number, to which ended conversations and closed cases
// refer; whoever comes with the same address is somebody new. All their
// conversations must have been emptied.
func (t *Tx) EraseMember(id mentoring.MemberID) error {
	if err := t.settle(); err != nil {
		return doing("erase member", err)
	}
	old, err := t.Member(id)
	if err != nil {
		return doing("erase member", err)
	}
	memberships, err := t.Memberships(id)
	if err != nil {
		return doing("erase member", err)
	}
	rooms, err := t.RoomsOf(RoomManagement, int64(id))
	if err != nil {
		return doing("erase member", err)
	}
	if err := t.eraseKept(id); err != nil {
		return doing("erase member", err)
	}
	if err := t.eraseRemarks(id); err != nil {
		return doing("erase member", err)
	}
	for _, r := range rooms {
		t.forgetRoom(r)
	}
	for i := range memberships {
		t.caches.memberships.drop(memberships[i].ID)
		t.stale(memberships[i].ID)
	}
	t.caches.blocks.dropIf(func(p [2]mentoring.MemberID, _ bool) bool { return p[0] == id || p[1] == id })
	t.caches.members.drop(id)
	t.caches.addresses.drop(old.Address)
	return nil
}

// eraseKept erases what every table holds about a member, as [keepings] says.
func (t *Tx) eraseKept(id mentoring.MemberID) error {
	for _, k := range slices.Backward(keepings()) {
		if k.erase == "" {
			continue
		}
		if _, err := t.exec(k.erase, id); err != nil {
			return doing(k.table, err)
		}
	}
	return nil
}

// SomeMessages lists messages of a conversation that the map has, at most limit.
func (t *Tx) SomeMessages(conv mentoring.ConversationID, limit int) ([]Message, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	list, err := collect(t, "SELECT conversation, source, author, copies FROM message WHERE conversation = $1 ORDER BY source LIMIT $2",
		func(r record) (Message, error) {
			m, err := scanMessage(r)
			return *m, err
		}, conv, limit)
	return list, doing("messages of a conversation", err)
}
