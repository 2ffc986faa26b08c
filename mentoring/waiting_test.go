package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// told are the keys of all texts in effects, by whom they are for.
func told(effects []mentoring.Effect) (all []string) {
	for _, e := range effects {
		switch e := e.(type) {
		case mentoring.Notify:
			all = append(all, "own "+e.Text.Key)
		case mentoring.Tell:
			all = append(all, "leg "+e.Text.Key)
		case mentoring.TellStaff:
			all = append(all, "staff "+e.Text.Key)
		}
	}
	return all
}

func (w *world) toldExactly(what string, effects []mentoring.Effect, want ...string) {
	w.t.Helper()
	got := told(effects)
	if len(got) != len(want) {
		w.t.Errorf("%s: told %v, want %v", what, got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			w.t.Errorf("%s: told %v, want %v", what, got, want)
		}
	}
}

// TestNobodyWaitsInSilence: each thing at its time and once in a waiting; an
// answer ends it, and the next message begins another.
func TestNobodyWaitsInSilence(t *testing.T) {
	w := newWorld(t)
	_, id := w.mentor(w.staff(), "Kanerva")
	c := w.talking(w.mentee("Kuu"), id)
	mentee, mentor := c.Participants[0].ID, c.Participants[1].ID
	begun := w.now
	at := func(d time.Duration) []mentoring.Effect { w.now = begun.Add(d); return w.tick() }
	for range 2 {
		w.toldExactly("a moment before", at(24*time.Hour-time.Millisecond))
		w.toldExactly("after 24 h", at(24*time.Hour), "own wait.remind")
		w.says(mentee) // more words are the same waiting
		w.toldExactly("after 47 h", at(47*time.Hour))
		w.toldExactly("after 48 h", at(48*time.Hour), "leg wait.offer")
		w.toldExactly("after 72 h", at(72*time.Hour), "staff wait.staff")
		w.toldExactly("after a month", at(30*24*time.Hour))
		w.says(mentor)
		if now := w.conversation(c.ID); !now.WaitSince.IsZero() || !now.Due.IsZero() {
			t.Errorf("answered, and yet %+v", now)
		}
		w.toldExactly("answered", at(60*24*time.Hour))
		w.says(mentee)
		begun = w.now
	}
	w.must(func(a *mentoring.Act) error { return a.End(w.member(c.Participants[0].Member), c.ID) })
	w.toldExactly("ended", at(80*24*time.Hour))
}

// TestWaitingAndHours: the offer does not wait for the mentor's hours, the
// reminder comes in them, staff count from when the mentor could have read; the
// mentee is told when that is, once.
func TestWaitingAndHours(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	c := w.talking(w.mentee("Kuu"), id)
	mentee, mentor := c.Participants[0].ID, c.Participants[1].ID
	w.says(mentor)
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, evenings()) })
	w.now = time.Date(2026, 11, 6, 22, 0, 0, 0, w.rules.Zone) // a Friday
	monday := time.Date(2026, 11, 9, 17, 0, 0, 0, w.rules.Zone)
	w.same(w.says(mentee), mentoring.Tell{Participant: mentee, Text: mentoring.T("wait.hours", "alias", "Kanerva", "until", monday)})
	w.same(w.says(mentee))
	w.now = time.Date(2026, 11, 8, 22, 0, 0, 0, w.rules.Zone)
	w.toldExactly("on Sunday", w.tick(), "leg wait.offer")
	w.now = monday.Add(24*time.Hour - time.Millisecond)
	w.toldExactly("on Tuesday before 17", w.tick())
	w.now = monday.Add(24 * time.Hour)
	w.toldExactly("on Tuesday at 17", w.tick(), "own wait.remind")
	w.now = monday.Add(72 * time.Hour)
	w.toldExactly("on Thursday at 17", w.tick(), "staff wait.staff")
}

// TestWaitingAndAway: nobody reminds a mentor who is away; when they are back,
// they are.
func TestWaitingAndAway(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	c := w.talking(w.mentee("Kuu"), id)
	w.must(func(a *mentoring.Act) error { return a.GoAway(m, time.Time{}, "") })
	w.later(30 * time.Hour)
	w.toldExactly("away", w.tick())
	w.later(18 * time.Hour)
	w.toldExactly("away for two days", w.tick(), "leg wait.offer")
	w.must(func(a *mentoring.Act) error { return a.ComeBack(m) })
	w.toldExactly("back", w.tick(), "own wait.remind")
	w.toldExactly("reminded", w.tick())
	w.says(c.Participants[1].ID)
}

// TestListening: outside of the hours nothing may be written to the mentor,
// until they write, and then for a while.
func TestListening(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	c := w.talking(w.mentee("Kuu"), id)
	mentee, mentor := c.Participants[0].ID, c.Participants[1].ID
	from := func(p mentoring.ParticipantID) (at time.Time) {
		now := w.conversation(c.ID)
		w.look(func(a *mentoring.Act) error {
			l, err := a.Listening(now, now.Participant(p))
			at = l.From(a.Now)
			return err
		})
		return at
	}
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, evenings()) })
	five := time.Date(2026, 11, 2, 17, 0, 0, 0, w.rules.Zone)
	if got := from(mentor); !got.Equal(five) {
		t.Errorf("listens from %v", got)
	}
	if got := from(mentee); !got.Equal(w.now) {
		t.Errorf("a mentee has no hours, and listens from %v", got)
	}
	w.same(w.must(func(a *mentoring.Act) error { return a.Stir(mentor) }), mentoring.WakeLeg{Participant: mentor})
	w.same(w.must(func(a *mentoring.Act) error { return a.Stir(mentor) })) // not again at once
	if got := from(mentor); !got.Equal(w.now) {
		t.Errorf("wrote, and listens from %v", got)
	}
	w.later(40 * time.Minute)
	w.same(w.says(mentor), mentoring.WakeLeg{Participant: mentor}) // for an hour from now
	w.later(59 * time.Minute)
	if got := from(mentor); !got.Equal(w.now) {
		t.Errorf("wrote an hour ago, and listens from %v", got)
	}
	w.later(time.Minute)
	if got := from(mentor); !got.Equal(five) {
		t.Errorf("the hour is over, and they listen from %v", got)
	}
	w.now = five.Add(3*time.Hour - time.Minute) // an answer to what is written now comes after the hours
	w.same(w.says(mentor), mentoring.WakeLeg{Participant: mentor})
	w.later(2 * time.Minute)
	if got := from(mentor); !got.Equal(w.now) {
		t.Errorf("wrote at the end of the hours, and listens from %v", got)
	}
}

// TestRemindedInHours: a day after Friday evening is no evening of the mentor's:
// they are reminded on Monday, and the mentee has had an offer before.
func TestRemindedInHours(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, evenings()) })
	w.now = time.Date(2026, 11, 6, 18, 0, 0, 0, w.rules.Zone) // a Friday
	w.talking(w.mentee("Kuu"), id)
	var reminded, offered time.Time
	for range 24 * 5 {
		effects := w.tick()
		if notified(effects, m.ID, "wait.remind") > 0 {
			reminded = w.now
		}
		for _, e := range of[mentoring.Tell](effects) {
			if e.Text.Key == "wait.offer" {
				offered = w.now
			}
		}
		w.later(time.Hour)
	}
	if want := time.Date(2026, 11, 9, 17, 0, 0, 0, w.rules.Zone); !reminded.Equal(want) {
		t.Errorf("reminded %v, want %v", reminded, want)
	}
	if want := time.Date(2026, 11, 8, 18, 0, 0, 0, w.rules.Zone); !offered.Equal(want) {
		t.Errorf("offered %v, want %v", offered, want)
	}
}
