package store

import (
	"encoding/json"
	"fmt"
	"time"

	"silta/mentoring"
)

const noteWords, snapshotWords = "case_note.words", "snapshot.words"

// PutNote implements [mentoring.Tx].
func (t *Tx) PutNote(n *mentoring.Note) error {
	if err := t.writing(); err != nil {
		return err
	}
	n.ID = t.newID(seqNote)
	t.undo(func() { n.ID = 0 })
	_, err := t.exec("INSERT INTO case_note (id, case_id, author, words, created) VALUES ($1, $2, $3, $4, $5)",
		n.ID, n.Case, n.Author, t.sealText(place{column: noteWords, id: n.ID}, n.Words), n.Created)
	return doing("put note", err)
}

// Notes implements [mentoring.Tx].
func (t *Tx) Notes(id mentoring.CaseID) ([]mentoring.Note, error) {
	list, err := collect(t, "SELECT id, case_id, author, words, created FROM case_note WHERE case_id = $1 ORDER BY id", func(r record) (n mentoring.Note, err error) {
		n = mentoring.Note{ID: r.int(0), Case: mentoring.CaseID(r.int(1)), Author: mentoring.MemberID(r.int(2)), Created: r.time(4)}
		n.Words, err = t.openText(place{column: noteWords, id: n.ID}, r.view(3))
		return n, err
	}, id)
	return list, doing("notes", err)
}

const snapshotColumns = "id, case_id, member, conversation, state, words, shown, created"

func (t *Tx) scanSnapshot(r record) (s mentoring.Snapshot, err error) {
	s = mentoring.Snapshot{
		ID: mentoring.SnapshotID(r.int(0)), Case: mentoring.CaseID(r.int(1)), Member: mentoring.MemberID(r.int(2)),
		Conversation: mentoring.ConversationID(r.int(3)), State: mentoring.SnapshotState(r.text(4)), Shown: int(r.int(6)), Created: r.time(7),
	}
	words, err := t.openText(place{column: snapshotWords, id: int64(s.ID)}, r.view(5))
	if err != nil || words == "" {
		return s, err
	}
	if err := json.Unmarshal([]byte(words), &s.Excerpts); err != nil {
		return s, fmt.Errorf("read snapshot: %w", err)
	}
	return s, nil
}

// Snapshot implements [mentoring.Tx].
func (t *Tx) Snapshot(id mentoring.SnapshotID) (mentoring.Snapshot, error) {
	s, err := single(t, "SELECT "+snapshotColumns+" FROM snapshot WHERE id = $1", t.scanSnapshot, id)
	return s, doing("snapshot", err)
}

// Snapshots implements [mentoring.Tx].
func (t *Tx) Snapshots(id mentoring.CaseID) ([]mentoring.Snapshot, error) {
	list, err := collect(t, "SELECT "+snapshotColumns+" FROM snapshot WHERE case_id = $1 ORDER BY id", t.scanSnapshot, id)
	return list, doing("snapshots", err)
}

// PutSnapshot implements [mentoring.Tx].
func (t *Tx) PutSnapshot(s *mentoring.Snapshot) error {
	if err := t.writing(); err != nil {
		return err
	}
	words := ""
	if len(s.Excerpts) > 0 {
		raw, err := json.Marshal(s.Excerpts)
		if err != nil {
			return fmt.Errorf("write snapshot: %w", err)
		}
		words = string(raw)
	}
	if s.ID == 0 {
		s.ID = mentoring.SnapshotID(t.newID(seqSnapshot))
		t.undo(func() { s.ID = 0 })
	}
	_, err := t.exec("INSERT INTO snapshot ("+snapshotColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET case_id = excluded.case_id, state = excluded.state, words = excluded.words, shown = excluded.shown`,
		s.ID, orNull(s.Case), s.Member, s.Conversation, s.State, t.sealText(place{column: snapshotWords, id: int64(s.ID)}, words), s.Shown, s.Created)
	return doing("put snapshot", err)
}

// DropDrafts implements [mentoring.Tx].
func (t *Tx) DropDrafts(m mentoring.MemberID, before time.Time) error {
	where, args := "created <= $1", []any{before}
	if m != 0 {
		where, args = "member = $1", []any{m}
	}
	_, err := t.exec("DELETE FROM snapshot WHERE case_id IS NULL AND "+where, args...)
	return doing("drop drafts", err)
}

// DropCasework implements [mentoring.Tx].
func (t *Tx) DropCasework(id mentoring.CaseID) error {
	for _, statement := range []string{
		"DELETE FROM case_note WHERE case_id = $1",
		"DELETE FROM duty WHERE case_id = $1",
		"DELETE FROM snapshot WHERE case_id = $1",
		"DELETE FROM joint_consent WHERE joint IN (SELECT id FROM joint WHERE case_id = $1)",
		"DELETE FROM joint WHERE case_id = $1",
	} {
		if _, err := t.exec(statement, id); err != nil {
			return doing("drop casework", err)
		}
	}
	return nil
}

const jointColumns = "id, case_id, guest, minutes, state, due, created"

func scanJoint(r record) (mentoring.Joint, error) {
	return mentoring.Joint{
		ID: mentoring.JointID(r.int(0)), Case: mentoring.CaseID(r.int(1)), Guest: mentoring.MembershipID(r.int(2)),
		Length: time.Duration(r.int(3)) * time.Minute, State: mentoring.JointState(r.text(4)), Due: r.time(5), Created: r.time(6),
	}, nil
}

func (t *Tx) joints(where string, args ...any) ([]mentoring.Joint, error) {
	list, err := collect(t, "SELECT "+jointColumns+" FROM joint WHERE "+where, scanJoint, args...)
	if err != nil {
		return nil, doing("joint talks", err)
	}
	for i := range list {
		list[i].Consents, err = collect(t, "SELECT member, menu, answer FROM joint_consent WHERE joint = $1 ORDER BY menu", func(r record) (mentoring.Consent, error) {
			return mentoring.Consent{Member: mentoring.MemberID(r.int(0)), Menu: r.int(1), Answer: mentoring.ConsentAnswer(r.int(2))}, nil
		}, list[i].ID)
		if err != nil {
			return nil, doing("consents", err)
		}
	}
	return list, nil
}

func firstJoint(list []mentoring.Joint, err error) (mentoring.Joint, error) {
	if err == nil && len(list) == 0 {
		err = mentoring.ErrNotFound
	}
	if err != nil {
		return mentoring.Joint{}, err
	}
	return list[0], nil
}

// Joint implements [mentoring.Tx].
func (t *Tx) Joint(id mentoring.JointID) (mentoring.Joint, error) {
	return firstJoint(t.joints("id = $1", id))
}

// JointOf implements [mentoring.Tx].
func (t *Tx) JointOf(m mentoring.MemberID) (mentoring.Joint, error) {
	return firstJoint(t.joints("state = $1 AND id IN (SELECT joint FROM joint_consent WHERE member = $2 AND answer = 0) ORDER BY id DESC LIMIT 1",
		mentoring.JointAsked, m))
}

// JointsOf implements [mentoring.Tx].
func (t *Tx) JointsOf(id mentoring.CaseID) ([]mentoring.Joint, error) {
	return t.joints("case_id = $1 ORDER BY id", id)
}

// JointUnder implements [mentoring.Tx].
func (t *Tx) JointUnder(m mentoring.MemberID, menu int64) (mentoring.Joint, error) {
	return firstJoint(t.joints("id IN (SELECT joint FROM joint_consent WHERE member = $1 AND menu = $2)", m, menu))
}

// DueJoints implements [mentoring.Tx].
func (t *Tx) DueJoints(now time.Time, limit int) ([]mentoring.Joint, error) {
	return t.joints("due > 0 AND due <= $1 ORDER BY due, id LIMIT $2", now, limit)
}

// PutJoint implements [mentoring.Tx].
func (t *Tx) PutJoint(j *mentoring.Joint) error {
	if err := t.writing(); err != nil {
		return err
	}
	if j.ID == 0 {
		j.ID = mentoring.JointID(t.newID(seqJoint))
		t.undo(func() { j.ID = 0 })
	}
	_, err := t.exec("INSERT INTO joint ("+jointColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, due = excluded.due`,
		j.ID, j.Case, int64(j.Guest), int64(j.Length/time.Minute), j.State, j.Due, j.Created)
	if err != nil {
		return doing("put joint talk", err)
	}
	for _, c := range j.Consents {
		if _, err := t.exec(`INSERT INTO joint_consent (joint, member, menu, answer) VALUES ($1, $2, $3, $4)
			ON CONFLICT (menu) DO UPDATE SET answer = excluded.answer`, j.ID, c.Member, c.Menu, int64(c.Answer)); err != nil {
			return doing("put consent", err)
		}
	}
	return nil
}
