package mentoring_test

import (
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
