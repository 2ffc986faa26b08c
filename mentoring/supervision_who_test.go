package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestSupervisionWho: who is paused when a meeting is set up has no part in it;
// who has gone away since is not reminded; staff see neither of those who were let
// off; and somebody on trial learns of no meeting of the others.
func TestSupervisionWho(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, paused := w.mentor(staff, "Kaisla")
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, paused) })
	m, id := w.mentor(staff, "Kanerva")
	_, otherID := w.mentor(staff, "Kielo")
	at := w.now.Add(10 * day)
	w.must(func(a *mentoring.Act) error { _, err := a.Supervise(staff, at, time.Time{}); return err })
	meeting := w.meeting()
	if s := w.seat(meeting.ID, paused); s.State != "" {
		t.Errorf("paused, and has a part: %+v", s)
	}
	w.must(func(a *mentoring.Act) error { return a.GoAway(m, time.Time{}, "") })
	w.toldExactly("who is away is not asked", w.tick(), "own supervision.ask")
	if s := w.seat(meeting.ID, id); s.Menu != 0 {
		t.Errorf("away, and asked: %+v", s)
	}
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, otherID) })
	w.look(func(a *mentoring.Act) error {
		_, seats, err := a.SupervisionView(staff)
		if len(seats) != 1 || seats[0].Membership != id || seats[0].Alias != "Kanerva" {
			t.Errorf("staff see %+v", seats)
		}
		return err
	})
	w.must(func(a *mentoring.Act) error { return a.ResumeMentor(staff, otherID) })
	late, _ := w.mentor(staff, "Kataja") // after it was set up
	w.look(func(a *mentoring.Act) error {
		_, seat, err := a.OwnSeat(late)
		if seat.State != mentoring.SeatCalled {
			t.Errorf("who came later has %+v", seat)
		}
		return err
	})
	late.Trial = true
	w.refused("supervision.none", func(a *mentoring.Act) error { _, _, err := a.OwnSeat(late); return err })
}

// TestSupervisionCalledOff: only those are told who know of it, and what was
// called off is no meeting that somebody missed.
func TestSupervisionCalledOff(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	evening, _ := w.mentor(staff, "Kielo")
	w.must(func(a *mentoring.Act) error { return a.SetHours(evening, evenings()) })
	set := func() {
		t.Helper()
		w.must(func(a *mentoring.Act) error { _, err := a.Supervise(staff, w.now.Add(10*day), time.Time{}); return err })
	}
	set()
	w.toldExactly("it is noon", w.tick(), "own supervision.ask")
	w.attends(m, false)
	w.toldExactly("called off", w.must(func(a *mentoring.Act) error { _, err := a.CancelSupervision(staff); return err }), "own supervision.cancelled")
	set()
	w.tick()
	w.look(func(a *mentoring.Act) error {
		_, seats, err := a.SupervisionView(staff)
		for _, s := range seats {
			if s.Absent != 0 {
				t.Errorf("missed what was not: %+v", s)
			}
		}
		return err
	})
	// A programme that flags nobody.
	w.rules.Programmes[mentoring.DefaultProgramme].Supervision.Missed = 0
	for range 3 {
		w.now = w.meeting().At
		w.tick()
		w.now = w.meeting().Until
		if effects := w.tick(); toldStaff(effects, "supervision.missed") || !toldStaff(effects, "supervision.over") {
			t.Errorf("told %v", effects)
		}
	}
	if s := w.seat(w.meeting().ID, id); s.State != mentoring.SeatCalled {
		t.Errorf("the next one: %+v", s)
	}
}

func toldStaff(effects []mentoring.Effect, key string) bool {
	for _, e := range of[mentoring.TellStaff](effects) {
		if e.Text.Key == key {
			return true
		}
	}
	return false
}
