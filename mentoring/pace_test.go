package mentoring_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"silta/mentoring"
)

// TestHasty: the limit is met, then nothing goes through for a minute, of which
// they are told once; others, staff and talk with staff are never held up.
func TestHasty(t *testing.T) {
	rules := &mentoring.Rules{Programmes: map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {PerMinute: 3}}}
	c := &mentoring.Conversation{Kind: mentoring.KindMentoring, Programme: mentoring.DefaultProgramme, Participants: []mentoring.Participant{
		{ID: 1, Role: mentoring.Mentee}, {ID: 2, Role: mentoring.Mentor}, {ID: 3, Role: mentoring.Coordinator}}}
	withStaff := c.Clone()
	withStaff.Kind = mentoring.KindCase
	began := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	p := &mentoring.Pace{}
	const goes, refused, silent = "goes", "refused", "silent"
	ask := func(c *mentoring.Conversation, from mentoring.ParticipantID, event string, after time.Duration) string {
		told, err := p.Hasty(rules, c, from, event, began.Add(after))
		var r *mentoring.Refusal
		switch {
		case told:
			return silent
		case errors.As(err, &r) && r.Text.Key == "limit.messages":
			if until := r.Text.Args["until"].(time.Time); !until.After(began.Add(after)) {
				t.Errorf("until %v", until)
			}
			return refused
		case err != nil:
			t.Error(err)
		}
		return goes
	}
	for _, try := range []struct {
		from  mentoring.ParticipantID
		event string
		after time.Duration
		want  string
	}{
		{1, "a", 0, goes}, {1, "b", 10 * time.Second, goes}, {1, "b", 11 * time.Second, goes}, {1, "c", 20 * time.Second, goes},
		{1, "d", 30 * time.Second, refused}, {1, "d", 31 * time.Second, refused}, {1, "c", 32 * time.Second, goes},
		{1, "e", 40 * time.Second, silent}, {1, "f", 89 * time.Second, silent},
		{2, "x", 40 * time.Second, goes},
		{1, "g", 90 * time.Second, goes}, {1, "h", 91 * time.Second, goes}, {1, "i", 92 * time.Second, goes}, {1, "j", 93 * time.Second, refused},
	} {
		if got := ask(c, try.from, try.event, try.after); got != try.want {
			t.Errorf("%s after %v: %s, want %s", try.event, try.after, got, try.want)
		}
	}
	for i := range 50 {
		event := fmt.Sprint("staff", i)
		if ask(c, 3, event, 0) != goes || ask(withStaff, 1, event, 0) != goes || ask(withStaff, 2, event, 0) != goes {
			t.Fatalf("talk with staff is held up at %d", i)
		}
	}
	rules.Programmes[mentoring.DefaultProgramme].PerMinute = 0
	for i := range 500 {
		if ask(c, 2, fmt.Sprint("y", i), time.Hour) != goes {
			t.Fatal("there is a limit where there is none")
		}
	}
}

// TestHastyForgets: whoever writes no more is not remembered.
func TestHastyForgets(t *testing.T) {
	rules := &mentoring.Rules{Programmes: map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {PerMinute: 3}}}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	p := &mentoring.Pace{}
	for i := range 5000 {
		now = now.Add(time.Minute)
		id := mentoring.ParticipantID(i + 1)
		c := &mentoring.Conversation{Programme: mentoring.DefaultProgramme, Participants: []mentoring.Participant{{ID: id, Role: mentoring.Mentee}}}
		if told, err := p.Hasty(rules, c, id, "a", now); told || err != nil {
			t.Fatal(told, err)
		}
	}
	if n := mentoring.Remembered(p); n > 1100 {
		t.Errorf("%d are remembered", n)
	}
}
