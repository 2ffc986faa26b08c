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
