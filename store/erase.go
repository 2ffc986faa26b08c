package store

import (
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
	const theirs = " WHERE membership IN (SELECT id FROM membership WHERE member = $1)"
	for _, statement := range []string{
		"DELETE FROM line WHERE room IN (SELECT id FROM room WHERE kind = 2 AND owner = $1)",
		"DELETE FROM room WHERE kind = 2 AND owner = $1",
		"DELETE FROM phrase WHERE member = $1",
		"DELETE FROM told WHERE member = $1",
		"DELETE FROM asking_offer WHERE asking IN (SELECT id FROM asking WHERE member = $1) OR member = $1",
		"DELETE FROM asking WHERE member = $1",
		"DELETE FROM move_request WHERE newcomer = $1 OR member = $1",
		"DELETE FROM dialogue WHERE member = $1",
		"DELETE FROM block WHERE blocker = $1 OR blocked = $1",
		"DELETE FROM handover WHERE mentee = $1",
		"UPDATE code SET giver = 0 WHERE giver = $1",
		"UPDATE text_override SET author = NULL WHERE author = $1",
		"DELETE FROM card" + theirs,
		"DELETE FROM card_history" + theirs,
		"UPDATE card_history SET author = 0 WHERE author = $1",
		"DELETE FROM preparation" + theirs,
		"UPDATE preparation SET checked_by = 0 WHERE checked_by = $1",
		"DELETE FROM availability" + theirs,
		"DELETE FROM tally" + theirs,
		"DELETE FROM reply_sample" + theirs,
		"UPDATE membership SET created = 0, first_message = 0 WHERE member = $1",
		`UPDATE member SET address = '', address_hash = NULL, language = '', alias = '', join_state = 'erased', consent = 0,
			consent_at = 0, created = 0, changed = 0, warned = 0, unit = '', topic = '', account = '' WHERE id = $1`,
	} {
		if _, err := t.exec(statement, id); err != nil {
			return doing("erase member", err)
		}
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
