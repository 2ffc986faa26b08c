package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestTrouble: 10,000 faults in a day are a handful of lines, all of them are
// counted, and when it is over the next one is told at once again.
func TestTrouble(t *testing.T) {
	w := newWorld(t)
	w.staff()
	lines, counted := 0, 0
	count := func(effects []mentoring.Effect) {
		for _, e := range of[mentoring.TellStaff](effects) {
			lines++
			if e.Text.Key == "trouble.more" {
				counted += e.Text.Args["n"].(int)
			} else {
				counted++
			}
		}
	}
	fault := func(kind mentoring.TroubleKind) {
		count(w.must(func(a *mentoring.Act) error {
			return a.Trouble(kind, mentoring.T("staff.set_aside", "incident", "abc"))
		}))
	}
	const faults = 10_000
	for range faults / 100 {
		for range 50 {
			fault(mentoring.TroubleSetAside)
			fault(mentoring.TroubleSend)
		}
		w.later(24 * time.Hour * 100 / faults)
		count(w.tick())
	}
	if lines < 2 || lines > 14 {
		t.Errorf("%d lines in a day", lines)
	}
	for range 3 {
		w.later(25 * time.Hour)
		count(w.tick())
	}
	if counted != faults {
		t.Errorf("%d of %d faults were told of", counted, faults)
	}
	before := lines
	fault(mentoring.TroubleSetAside)
	if lines != before+1 {
		t.Error("the first of a new trouble is not told at once")
	}
	fault(mentoring.TroubleTripwire)
	if lines != before+2 {
		t.Error("one kind hides another")
	}
}
