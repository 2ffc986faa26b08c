package mentoring_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

func (w *world) deletes(m mentoring.Member) []mentoring.Effect {
	w.t.Helper()
	return w.must(func(a *mentoring.Act) error { return a.DeleteMe(&m) })
}

func tells(effects []mentoring.Effect, to mentoring.MemberID, key string) bool {
	for _, e := range effects {
		if n, ok := e.(mentoring.Notify); ok && n.Member == to && n.Text.Key == key {
			return true
		}
	}
	return false
}

func TestDeletedMentee(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	kaisa, mentor := w.mentor(staff, "Kanerva")
	m := w.mentee("Otter")
	c := w.talking(m, mentor)
	w.must(func(a *mentoring.Act) error { _, err := a.CallStaff(m, mentoring.CaseHelp, 0); return err })
	effects := w.deletes(m)
	if !tells(effects, kaisa.ID, "delete.told") || tells(effects, m.ID, "delete.told") {
		t.Errorf("told: %v", effects)
	}
	if got := w.member(m.ID); got.Join != mentoring.JoinErasing || got.Alias != "" || got.Consent != 0 || got.Address != m.Address {
		t.Errorf("kept %+v", got)
	}
	for _, s := range w.memberships(m) {
		if s.State != mentoring.Ended {
			t.Errorf("still %+v", s)
		}
	}
	if got := w.conversation(c.ID); got.State != mentoring.Emptied {
		t.Errorf("the conversation is %s", got.State)
	}
	w.refused("chat.unknown", func(a *mentoring.Act) error { _, _, err := a.Speak(c.Participants[1].ID, mentoring.Says); return err })
	w.refused("delete.going_on", func(a *mentoring.Act) error { gone := w.memberIn(a, m.ID); return a.DeleteMe(&gone) })
	w.refused("delete.going_on", func(a *mentoring.Act) error { _, err := a.Meet(m.Address); return err })
	w.look(func(a *mentoring.Act) error {
		open, err := a.Tx.Cases(mentoring.CaseOpen, mentoring.CaseClaimed)
		if len(open) > 0 {
			t.Errorf("cases left: %+v", open)
		}
		return err
	})
}

func (w *world) memberIn(a *mentoring.Act, id mentoring.MemberID) mentoring.Member {
	m, err := a.Tx.Member(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// TestDeletedMentor: their mentees are asked how they want to go on, and can still answer.
func TestDeletedMentor(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	kaisa, mentor := w.mentor(staff, "Kanerva")
	m := w.mentee("Otter")
	c := w.talking(m, mentor)
	effects := w.deletes(kaisa)
	if !tells(effects, m.ID, "handover.ask") || !tells(effects, m.ID, "delete.told") {
		t.Errorf("told: %v", effects)
	}
	w.look(func(a *mentoring.Act) error {
		h, err := a.Tx.HandOver(c.ID)
		if h.State != mentoring.HandOverAsked {
			t.Errorf("hand-over %+v", h)
		}
		return err
	})
}

// TestDeletedWhileEmptied: what is being emptied already is no reason to wait.
func TestDeletedWhileEmptied(t *testing.T) {
	w := newWorld(t)
	m, _, c := w.pair(mentoring.Open)
	w.must(func(a *mentoring.Act) error { return a.End(m, c.ID) })
	for range 2 {
		w.later(100 * day)
		w.tick()
	}
	if got := w.conversation(c.ID).State; got != mentoring.Emptied {
		t.Fatalf("it is %s", got)
	}
	w.deletes(m)
}

// TestInactive: a mentee who gives no sign is warned, then deleted; whoever
// writes anything stays.
func TestInactive(t *testing.T) {
	w := newWorld(t)
	w.rules.RegisteredRetention, w.rules.InactiveRetention = 60*day, 90*day
	w.staff()
	m, other := w.mentee("Otter"), w.mentee("Kuura")
	began := w.member(m.ID).Changed
	w.now = began.Add(57 * day)
	effects := w.tick()
	if !tells(effects, m.ID, "delete.fading") || !tells(effects, other.ID, "delete.fading") || len(effects) != 2 {
		t.Fatalf("warned: %v", effects)
	}
	w.must(func(a *mentoring.Act) error { o := w.memberIn(a, other.ID); return a.Heard(&o) })
	w.now = began.Add(60*day - time.Minute)
	w.same(w.tick())
	w.now = began.Add(60 * day)
	w.same(w.tick(), mentoring.EraseMember{Member: m.ID})
	if got := w.member(other.ID); !got.Joined() || !got.Warned.IsZero() {
		t.Errorf("who wrote is %+v", got)
	}
}

// TestDeletedLeavesOthers: of the cases those that the person opened are closed, and
// staff hear of it in the thread; what others called about or work on goes on. Whoever
// was not asked in yet, or has gone, is told nothing.
func TestDeletedLeavesOthers(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	m := w.mentee("Otter")
	talk := w.talking(m, id)
	theirs, _ := w.call(m, mentoring.CaseHelp, 0)
	waits, _ := w.call(w.mentee("Suo"), mentoring.CaseHelp, 0)
	taken, _ := w.call(mentor, mentoring.CaseHelp, talk.ID)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, taken.ID); return err })
	group := w.group(mentoring.KindGroup, 5).Clone()
	group.Participants[1].Member, group.Participants[1].Presence = m.ID, mentoring.Here
	group.Participants[2].Presence, group.Participants[3].Presence = mentoring.Removed, mentoring.Here
	group.State = mentoring.Open
	w.put(func(tx mentoring.Tx) error { return tx.PutConversation(group) })
	before, entries := w.member(m.ID), len(w.auditOf())
	effects := w.deletes(m)
	if a, b := w.caseOf(waits.ID), w.caseOf(taken.ID); a.State != mentoring.CaseOpen || b.State != mentoring.CaseClaimed || b.ClaimedBy != staff.ID {
		t.Errorf("cases of others: %+v, %+v", a, b)
	}
	if c := w.caseOf(theirs.ID); c.State != mentoring.CaseClosed || c.Outcome != mentoring.OutcomeGone {
		t.Errorf("their own case: %+v", c)
	}
	if got, want := of[mentoring.TellStaff](effects), (mentoring.TellStaff{
		Programme: theirs.Programme, Unit: theirs.Unit, Case: theirs.ID, Text: mentoring.T("delete.case", "number", int64(theirs.ID)),
	}); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("staff are told %+v", got)
	}
	if got := of[mentoring.ShowCase](effects); !slices.Equal(got, []mentoring.ShowCase{{Case: theirs.ID}}) {
		t.Errorf("shown anew: %+v", got)
	}
	var told []mentoring.MemberID
	for _, n := range of[mentoring.Notify](effects) {
		if n.Text.Key == "delete.told_group" {
			told = append(told, n.Member)
		}
	}
	if want := []mentoring.MemberID{group.Participants[0].Member, group.Participants[3].Member}; !slices.Equal(told, want) {
		t.Errorf("told in the group: %v, want %v", told, want)
	}
	for _, c := range []*mentoring.Conversation{w.conversation(talk.ID), w.conversation(group.ID)} {
		if c.State != mentoring.Emptied || !c.Due.IsZero() || !c.Purge.IsZero() {
			t.Errorf("conversation %+v", c)
		}
	}
	kept := w.member(m.ID)
	if want := (mentoring.Member{
		ID: m.ID, Address: before.Address, Language: before.Language, Join: mentoring.JoinErasing, Created: before.Created, Changed: kept.Changed,
	}); !reflect.DeepEqual(kept, want) {
		t.Errorf("kept %+v", kept)
	}
	var did []mentoring.AuditAction
	for _, e := range w.auditOf()[entries:] {
		if e.Action == mentoring.AuditErase || e.Action == mentoring.AuditClose {
			did = append(did, e.Action)
		}
	}
	if !slices.Equal(did, []mentoring.AuditAction{mentoring.AuditClose, mentoring.AuditErase}) {
		t.Errorf("audit %v", did)
	}
	deleted := int64(0)
	for _, n := range w.figures(mentoring.CountDeleted) {
		deleted += n
	}
	if deleted != 1 {
		t.Errorf("counted %d", deleted)
	}
}
