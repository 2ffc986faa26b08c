package mentoring_test

import (
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// TestSummaryIsPrefilled: hours by the answers, themes by what people looked for
// when they came; of those on trial nothing, and by the card where nobody said.
func TestSummaryIsPrefilled(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	w.rules.MentorCapacity = 20
	topics := w.rules.Topics
	own := func() (s mentoring.Summary) {
		t.Helper()
		now := w.now
		w.now = time.Date(2027, 1, 2, 12, 0, 0, 0, w.rules.Zone)
		w.look(func(a *mentoring.Act) (err error) { s, err = a.OwnSummary(m); return err })
		w.now = now
		return s
	}
	if s := own(); s.LikelyHours != 0 || s.LikelyThemes != nil {
		t.Errorf("of nothing: %+v", s)
	}
	for i, want := range []int64{1, 1, 1, 1, 2} {
		mentee := w.mentee("Kuu-" + string(rune('a'+i)))
		w.says(w.talking(mentee, id).Participants[1].ID)
		if s := own(); s.LikelyHours != want || !slices.Equal(s.LikelyThemes, topics[:2]) {
			t.Errorf("after %d answers: %+v, the card has %q", i+1, s, topics[:2])
		}
	}
	for i, trial := range []bool{true, false} {
		mentee := w.mentee("Suo-" + string(rune('a'+i)))
		c := w.choose(mentee, id).Clone()
		c.Trial = trial
		w.must(func(a *mentoring.Act) error { return a.Sought(c, []string{topics[2], "unknown", topics[2]}) })
		want := topics[:2]
		if !trial {
			want = topics[2:3]
		}
		if s := own(); !slices.Equal(s.LikelyThemes, want) {
			t.Errorf("trial %v: %q, want %q", trial, s.LikelyThemes, want)
		}
	}
}

// TestSummaryOnce: it is asked for when a quarter is over and not before, and given
// once; who took somebody who asked about a topic has that topic.
func TestSummaryOnce(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	mentee := w.mentee("Kuu")
	work := w.rules.Topics[1]
	w.must(func(a *mentoring.Act) error { _, err := a.AskAnyone(mentee, work, ""); return err })
	var c *mentoring.Conversation
	w.must(func(a *mentoring.Act) error {
		q, err := a.Tx.AskingOf(mentee.ID)
		if err != nil {
			return err
		}
		if c, err = a.ClaimAsking(m, q.ID); err != nil {
			return err
		}
		return a.Arrived(c.Participants[0].ID)
	})
	w.says(c.Participants[0].ID)
	w.must(func(a *mentoring.Act) error { return a.Arrived(c.Participants[1].ID) })
	w.says(c.Participants[1].ID)
	tick := func(a *mentoring.Act) error { _, err := a.Tick(); return err }
	w.now = time.Date(2026, 12, 1, 9, 0, 0, 0, w.rules.Zone)
	if effects := w.must(tick); notified(effects, m.ID, "digest.month") != 1 || notified(effects, m.ID, "summary.ask") != 0 {
		t.Errorf("after November: %v", effects)
	}
	w.now = time.Date(2027, 1, 1, 9, 0, 0, 0, w.rules.Zone)
	if effects := w.must(tick); notified(effects, m.ID, "summary.ask") != 1 {
		t.Errorf("after the quarter: %v", effects)
	}
	w.look(func(a *mentoring.Act) error {
		s, err := a.OwnSummary(m)
		if !slices.Equal(s.LikelyThemes, []string{work}) || s.Name != "4/2026" {
			t.Errorf("of mentor %d: %+v", id, s)
		}
		return err
	})
	give := func(a *mentoring.Act) error { return a.GiveSummary(m, 5, []string{work}) }
	w.must(give)
	w.refused("summary.given", give)
	w.refused("summary.hours_bounds", func(a *mentoring.Act) error { return a.GiveSummary(m, 501, nil) })
}
