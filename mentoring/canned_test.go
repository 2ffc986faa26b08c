package mentoring_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// TestTypicalReply: the median of the first replies of 30 days, nothing below
// five of them.
func TestTypicalReply(t *testing.T) {
	w := newWorld(t)
	w.rules.MentorCapacity = 50
	staff := w.staff()
	_, id := w.mentor(staff, "Kanerva")
	typical := func() (r mentoring.ReplyTime) {
		w.look(func(a *mentoring.Act) (err error) { r, err = a.TypicalReply(id); return err })
		return r
	}
	answer := func(after time.Duration) {
		w.people++
		c := w.talking(w.mentee("Kuu-"+string(rune('a'+w.people%26))), id)
		w.later(after)
		w.says(c.Participants[1].ID)
		w.says(c.Participants[0].ID)
		w.later(time.Minute)
		w.says(c.Participants[1].ID) // not the first reply: counts for nothing here
	}
	for i, step := range []struct {
		after time.Duration
		want  mentoring.ReplyTime
	}{
		{30 * time.Minute, ""}, {30 * time.Minute, ""}, {5 * time.Hour, ""}, {5 * time.Hour, ""},
		{20 * time.Hour, mentoring.WithinHours}, {20 * time.Hour, mentoring.WithinHours}, {20 * time.Hour, mentoring.WithinHours},
		{48 * time.Hour, mentoring.WithinHours}, {100 * time.Hour, mentoring.WithinDay},
	} {
		if answer(step.after); typical() != step.want {
			t.Errorf("after %d: %q, want %q", i+1, typical(), step.want)
		}
	}
	w.later(29 * 24 * time.Hour)
	if got := typical(); got != "" { // only the last ones are of the last 30 days
		t.Errorf("a month later: %q", got)
	}
}

// TestCannedLanguages: a text is said in the language of whoever hears it.
func TestCannedLanguages(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	said := func() (text string) {
		w.must(func(a *mentoring.Act) (err error) {
			text, err = a.Canned(mentor, c.Participants[1].ID, " Moi ")
			return err
		})
		return text
	}
	set := func(lang mentoring.Language, text string) {
		w.must(func(a *mentoring.Act) error { return a.SetCanned(staff, "moi", lang, text) })
	}
	set("en", "Hello")
	if got := said(); got != "Hello" {
		t.Errorf("said %q", got)
	}
	set("fi", "Hei")
	if got := said(); got != "Hei" {
		t.Errorf("to somebody who reads Finnish: %q", got)
	}
	set("fi", "Moikka")
	if got := said(); got != "Moikka" {
		t.Errorf("written anew: %q", got)
	}
	w.must(func(a *mentoring.Act) error { return a.SetLanguage(&mentee, "sv") })
	set("sv", "Hej")
	if got := said(); got != "Hej" {
		t.Errorf("to somebody who reads Swedish: %q", got)
	}
	w.refused("not_allowed", func(a *mentoring.Act) error { return a.SetCanned(mentor, "moi", "fi", "x") })
	mentees := c.Participants[0].ID
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.Canned(mentee, mentees, "moi"); return err })
	// Whoever may say them elsewhere, as a mentor, is a mentee here.
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.Canned(mentor, mentees, "moi"); return err })
}

// TestCannedBounds: how long a word may be, and how many texts there can be.
func TestCannedBounds(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	set := func(key string) func(a *mentoring.Act) error {
		return func(a *mentoring.Act) error { return a.SetCanned(staff, key, "fi", "Hei") }
	}
	for _, key := range []string{"", "a b", "a!", strings.Repeat("x", 31)} {
		w.refused("canned.bad_key", set(key))
	}
	for i := range 100 {
		w.must(set(fmt.Sprintf("%030d", i)))
	}
	w.refused("canned.too_many", set("x"))
	w.must(set(fmt.Sprintf("%030d", 7))) // one that is there can be changed
}
