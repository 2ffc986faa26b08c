package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestFewMentors: staff are told when it becomes so that few can take somebody, and
// not again when fewer can; who is away is none of them. The mentor is told that
// they are full.
func TestFewMentors(t *testing.T) {
	w := newWorld(t)
	w.rules.MentorCapacity = 1
	w.rules.Programmes[mentoring.DefaultProgramme].FewMentors = 2
	staff := w.staff()
	away, _ := w.mentor(staff, "Poissa")
	w.must(func(a *mentoring.Act) error { return a.GoAway(away, time.Time{}, "") })
	for _, alias := range []string{"Kanerva", "Kaisla", "Kataja"} {
		w.mentor(staff, alias)
	}
	var told []bool
	for _, id := range w.freeOnes(t) {
		mentee := w.mentee("Kuu-" + string(rune('a'+len(told))))
		effects := w.must(func(a *mentoring.Act) error { _, err := a.Choose(mentee, id); return err })
		told = append(told, toldStaff(effects, "load.few"))
		if notified(effects, w.membership(id).Member, "load.full") != 1 {
			t.Error("the mentor does not know that they are full")
		}
	}
	if len(told) != 3 || told[0] || !told[1] || told[2] {
		t.Errorf("staff are told at %v", told)
	}
}

// freeOnes are the mentors who can take somebody now.
func (w *world) freeOnes(t *testing.T) (ids []mentoring.MembershipID) {
	t.Helper()
	m := w.mentee("Katsoja")
	w.look(func(a *mentoring.Act) error {
		list, err := a.Find(m, &mentoring.Filter{})
		for _, l := range list {
			ids = append(ids, l.Membership.ID)
		}
		return err
	})
	return ids
}

// TestWaitingInLoad: only who waits is counted as waiting, in either view.
func TestWaitingInLoad(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	answered := w.talking(w.mentee("Kuu"), id)
	w.later(time.Hour)
	w.talking(w.mentee("Suo"), id)
	w.says(answered.Participants[1].ID)
	w.choose(w.mentee("Lumi"), id) // nothing written yet
	w.later(2 * time.Hour)
	w.look(func(a *mentoring.Act) error {
		own, err := a.OwnLoad(m)
		if err != nil {
			return err
		}
		all, err := a.Loads(staff)
		for _, l := range append(all, own) {
			if l.Open != 3 || l.Waiting != 1 || l.Longest != 2*time.Hour || !l.Full() {
				t.Errorf("%+v", l)
			}
		}
		return err
	})
}
