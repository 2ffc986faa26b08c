package store_test

import (
	"errors"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// fillCase puts a value into every sealed column that is about a case.
func fillCase(tx *store.Tx, c *cast) error {
	call := mentoring.Case{Kind: mentoring.CaseReport, State: mentoring.CaseOpen, Opener: c.mentee.ID, Conversation: c.conversation.ID, Reason: "pelottava"}
	if err := tx.PutCase(&call); err != nil {
		return err
	}
	return errors.Join(
		tx.PutNote(&mentoring.Note{Case: call.ID, Author: c.mentor.ID, Words: "muistio"}),
		tx.PutSnapshot(&mentoring.Snapshot{Case: call.ID, Member: c.mentee.ID, Conversation: c.conversation.ID, State: mentoring.SnapshotGiven,
			Excerpts: []mentoring.Excerpt{{Author: 2, Words: "viesti"}}}),
		tx.PutDuty(&mentoring.Duty{Case: call.ID, Writer: c.mentor.ID, State: mentoring.DutyDraft, Parts: map[mentoring.DutyPart]string{mentoring.DutyConcern: "huoli"}}),
		tx.PutTotp(&mentoring.Totp{Member: c.mentor.ID, Link: "otpauth://totp/x?secret=ABC"}),
	)
}

// filledCase reads what fillCase has put there.
func filledCase(t *testing.T, tx *store.Tx, c *cast) {
	t.Helper()
	list, err := tx.CasesOf(c.mentee.ID)
	if err != nil || len(list) != 1 || list[0].Reason != "pelottava" {
		t.Fatalf("cases %+v, %v", list, err)
	}
	id := list[0].ID
	notes, err1 := tx.Notes(id)
	given, err2 := tx.Snapshots(id)
	duty, err3 := tx.Duty(id)
	codes, err4 := tx.Totp(c.mentor.ID)
	if len(notes) != 1 || notes[0].Words != "muistio" || len(given) != 1 || len(given[0].Excerpts) != 1 || given[0].Excerpts[0].Words != "viesti" ||
		duty.Parts[mentoring.DutyConcern] != "huoli" || codes.Link != "otpauth://totp/x?secret=ABC" {
		t.Errorf("notes %v, snapshots %v, summary %v, codes %v: %v", notes, given, duty, codes, errors.Join(err1, err2, err3, err4))
	}
}

// TestCasework: what belongs to a case is kept whole, found by the case, and goes
// with its work; drafts of a report go by member and by time.
func TestCasework(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		call := mentoring.Case{Kind: mentoring.CaseReport, State: mentoring.CaseOpen, Opener: c.mentee.ID, Conversation: c.conversation.ID, Created: w.now()}
		s.write(func(tx *store.Tx) error { return tx.PutCase(&call) })
		note := mentoring.Note{Case: call.ID, Author: c.mentor.ID, Words: "hei\nhei", Created: w.now()}
		draft := mentoring.Snapshot{Member: c.mentee.ID, Conversation: c.conversation.ID, State: mentoring.SnapshotAsked, Created: w.now()}
		given := draft
		given.Case, given.State, given.Shown = call.ID, mentoring.SnapshotGiven, 2
		given.Excerpts = []mentoring.Excerpt{{Author: 1, Role: mentoring.Mentee, At: w.now(), Words: "a", Edited: true}, {Author: 2, Lost: true}}
		joint := mentoring.Joint{Case: call.ID, Length: 90 * time.Minute, State: mentoring.JointAsked, Due: w.now().Add(time.Hour), Created: w.now(),
			Consents: []mentoring.Consent{{Member: c.mentee.ID, Menu: 71}}}
		s.write(func(tx *store.Tx) error {
			return errors.Join(tx.PutNote(&note), tx.PutSnapshot(&draft), tx.PutSnapshot(&given), tx.PutJoint(&joint))
		})
		notes := func() []mentoring.Note {
			return both(s, "notes", func(tx *store.Tx) ([]mentoring.Note, error) { return tx.Notes(call.ID) })
		}
		snapshots := func() []mentoring.Snapshot {
			return both(s, "snapshots", func(tx *store.Tx) ([]mentoring.Snapshot, error) { return tx.Snapshots(call.ID) })
		}
		drafted := func() mentoring.Snapshot {
			return both(s, "draft", func(tx *store.Tx) (mentoring.Snapshot, error) {
				found, err := tx.Snapshot(draft.ID)
				return found, maybe(err)
			})
		}
		asked := func() mentoring.Joint {
			return both(s, "joint", func(tx *store.Tx) (mentoring.Joint, error) {
				found, err := tx.JointOf(c.mentee.ID)
				return found, maybe(err)
			})
		}
		same(t, "notes", notes(), []mentoring.Note{note})
		same(t, "shown", snapshots()[0].Shown, 2)
		same(t, "words", snapshots()[0].Excerpts[0].Words+snapshots()[0].Excerpts[1].Words, "a")
		same(t, "draft", drafted(), draft)
		same(t, "joint", asked(), joint)
		same(t, "due", len(both(s, "due", func(tx *store.Tx) ([]mentoring.Joint, error) { return tx.DueJoints(joint.Due, 5) })), 1)
		same(t, "not due", len(both(s, "due", func(tx *store.Tx) ([]mentoring.Joint, error) { return tx.DueJoints(w.now(), 5) })), 0)
		s.write(func(tx *store.Tx) error { return tx.DropDrafts(c.mentor.ID, w.now().Add(time.Hour)) })
		s.write(func(tx *store.Tx) error { return tx.DropDrafts(0, w.now().Add(-time.Millisecond)) })
		same(t, "another's, and older ones", drafted(), draft)
		s.write(func(tx *store.Tx) error { return tx.DropDrafts(0, w.now()) })
		same(t, "dropped", drafted(), mentoring.Snapshot{})
		same(t, "given", len(snapshots()), 1)
		joint.Consents[0].Answer = mentoring.Agrees
		joint.Consents = append(joint.Consents, mentoring.Consent{Member: c.mentor.ID, Menu: 72})
		s.write(func(tx *store.Tx) error { return tx.PutJoint(&joint) })
		same(t, "answered", asked(), mentoring.Joint{})
		same(t, "under a menu", both(s, "under", func(tx *store.Tx) (mentoring.Joint, error) { return tx.JointUnder(c.mentor.ID, 72) }), joint)
		s.write(func(tx *store.Tx) error { return tx.DropCasework(call.ID) })
		same(t, "notes that are left", len(notes()), 0)
		same(t, "snapshots that are left", len(snapshots()), 0)
		same(t, "joints that are left", len(both(s, "joints", func(tx *store.Tx) ([]mentoring.Joint, error) { return tx.JointsOf(call.ID) })), 0)
	})
}
