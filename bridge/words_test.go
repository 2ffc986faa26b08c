package bridge_test

import (
	"strings"
	"testing"

	"silta/mentoring"
)

// TestRewordedText: a text that staff have rewritten is said from its commit on,
// and after a restart; taken back, it is the first one again.
func TestRewordedText(t *testing.T) {
	w := newWorld(t)
	mentee, _ := w.mentoringPair(t)
	staff := w.coordinator()
	reword := func(words string) {
		w.do(func(a *mentoring.Act) error { return a.SetText(staff, "unknown.leg", "en", words) })
	}
	// hears is how often the mentee has been told some words.
	hears := func(words string, times int) {
		t.Helper()
		must(mentee.Say(mentee.room, "!zzzzzzzz"))
		w.until("the text "+words, func() bool {
			n := 0
			for _, m := range mentee.View(mentee.room) {
				if m.Sender == "@silta:test" && strings.HasPrefix(m.Body, words) {
					n++
				}
			}
			return n == times
		})
	}
	const first = "Your message was not passed on"
	hears(first, 1)
	reword("Reworded once.")
	hears("Reworded once.", 1)
	w.stop()
	w.start()
	hears("Reworded once.", 2)
	reword("")
	hears(first, 2)
}
