package mentoring_test

import (
	"testing"

	"silta/mentoring"
)

// TestStatusIsTold: those who talk with the mentor read a new line in their rooms;
// nobody reads the same one again, nor that one was taken away.
func TestStatusIsTold(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	w.choose(w.mentee("Suo"), id) // has not written: there is nobody to tell yet
	c := w.talking(w.mentee("Kuu"), id)
	told := func(text string) []mentoring.Tell {
		t.Helper()
		return of[mentoring.Tell](w.must(func(a *mentoring.Act) error { return a.SetStatus(m, text) }))
	}
	got := told("Vastaan iltaisin")
	if len(got) != 1 || got[0].Participant != c.Participants[0].ID || got[0].Text.Key != "chat.mentor_status" || got[0].Text.Args["text"] != "Vastaan iltaisin" {
		t.Errorf("told %+v", got)
	}
	for _, text := range []string{"Vastaan iltaisin", ""} {
		if got := told(text); len(got) != 0 {
			t.Errorf("%q: told %+v", text, got)
		}
	}
}
