package store

import (
	"time"

	"silta/mentoring"
)

const handOverColumns = "conversation, mentee, proposed, state, reminded, created, due"

func scanHandOver(r record) (mentoring.HandOver, error) {
	return mentoring.HandOver{
		Conversation: mentoring.ConversationID(r.int(0)),
		Mentee:       mentoring.MemberID(r.int(1)),
		Proposed:     mentoring.MembershipID(r.int(2)),
		State:        mentoring.HandOverState(r.text(3)),
		Reminded:     r.flag(4),
		Created:      r.time(5),
		Due:          r.time(6),
	}, nil
}

// HandOver implements [mentoring.Tx].
func (t *Tx) HandOver(c mentoring.ConversationID) (mentoring.HandOver, error) {
	h, err := single(t, "SELECT "+handOverColumns+" FROM handover WHERE conversation = $1", scanHandOver, c)
	return h, doing("hand-over", err)
}

// HandOvers implements [mentoring.Tx].
func (t *Tx) HandOvers(m mentoring.MemberID) ([]mentoring.HandOver, error) {
	list, err := collect(t, "SELECT "+handOverColumns+" FROM handover WHERE mentee = $1 ORDER BY conversation", scanHandOver, m)
	return list, doing("hand-overs of a member", err)
}

// DueHandOvers implements [mentoring.Tx]; the longest due come first.
func (t *Tx) DueHandOvers(now time.Time, limit int) ([]mentoring.HandOver, error) {
	list, err := collect(t, "SELECT "+handOverColumns+" FROM handover WHERE due > 0 AND due <= $1 ORDER BY due, conversation LIMIT $2",
		scanHandOver, now, limit)
	return list, doing("due hand-overs", err)
}

// PutHandOver implements [mentoring.Tx].
func (t *Tx) PutHandOver(h *mentoring.HandOver) error {
	_, err := t.exec("INSERT INTO handover ("+handOverColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (conversation) DO UPDATE SET mentee = excluded.mentee, proposed = excluded.proposed, state = excluded.state,
		reminded = excluded.reminded, created = excluded.created, due = excluded.due`,
		h.Conversation, h.Mentee, orNull(h.Proposed), h.State, h.Reminded, h.Created, h.Due)
	return doing("put hand-over", err)
}
