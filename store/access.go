package store

import (
	"time"

	"silta/mentoring"
)

const accessColumns = "id, kind, case_id, conversation, member, asker, second, state, days, of_mentee, deferred, created, due"

func scanAccess(r record) (mentoring.Access, error) {
	return mentoring.Access{
		ID: mentoring.AccessID(r.int(0)), Kind: mentoring.AccessKind(r.text(1)), Case: mentoring.CaseID(r.int(2)),
		Conversation: mentoring.ConversationID(r.int(3)), Member: mentoring.MemberID(r.int(4)),
		Asker: mentoring.MemberID(r.int(5)), Second: mentoring.MemberID(r.int(6)), State: mentoring.AccessState(r.text(7)),
		Days: int(r.int(8)), OfMentee: r.flag(9), Deferred: int(r.int(10)), Created: r.time(11), Due: r.time(12),
	}, nil
}

// Access implements [mentoring.Tx].
func (t *Tx) Access(id mentoring.AccessID) (mentoring.Access, error) {
	x, err := single(t, "SELECT "+accessColumns+" FROM access WHERE id = $1", scanAccess, id)
	return x, doing("access", err)
}

// DueAccesses implements [mentoring.Tx]; the longest due come first.
func (t *Tx) DueAccesses(now time.Time, limit int) ([]mentoring.Access, error) {
	list, err := collect(t, "SELECT "+accessColumns+" FROM access WHERE due <= $1 ORDER BY due, id LIMIT $2", scanAccess, now, limit)
	return list, doing("due accesses", err)
}

// PutAccess implements [mentoring.Tx].
func (t *Tx) PutAccess(x *mentoring.Access) error {
	if err := t.writing(); err != nil {
		return err
	}
	insert := x.ID == 0
	if insert {
		x.ID = mentoring.AccessID(t.newID(seqAccess))
		t.undo(func() { x.ID = 0 })
	}
	values := []any{
		x.ID, x.Kind, x.Case, x.Conversation, orNull(x.Member), x.Asker, x.Second, x.State, x.Days, x.OfMentee, x.Deferred, x.Created, x.Due,
	}
	if insert {
		_, err := t.exec("INSERT INTO access ("+accessColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", values...)
		return doing("put access", err)
	}
	return doing("put access", t.change(`UPDATE access SET kind = $2, case_id = $3, conversation = $4, member = $5, asker = $6, second = $7,
		state = $8, days = $9, of_mentee = $10, deferred = $11, created = $12, due = $13 WHERE id = $1`, values...))
}

// DeleteAccess implements [mentoring.Tx].
func (t *Tx) DeleteAccess(id mentoring.AccessID) error {
	_, err := t.exec("DELETE FROM access WHERE id = $1", id)
	return doing("delete access", err)
}
