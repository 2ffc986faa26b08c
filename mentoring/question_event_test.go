package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestQuestionsAfterEvents: a question that is asked after a mentor's first reply,
// or after each conversation that has ended, comes then and not before.
func TestQuestionsAfterEvents(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	replied := w.started(staff, scale(mentoring.Schedule{AfterReply: true}))
	_, _, c := w.pair(mentoring.Placed)
	none := func(when string) {
		t.Helper()
		if shown := w.questions(); len(shown) > 0 {
			t.Fatalf("%s: asked %v", when, shown)
		}
	}
	none("at first")
	w.must(func(a *mentoring.Act) error { _, _, err := a.Speak(c.Participants[0].ID, mentoring.Says); return err })
	none("before the reply")
	w.must(func(a *mentoring.Act) error { _, _, err := a.Speak(c.Participants[1].ID, mentoring.Says); return err })
	if shown := w.questions(); len(shown) != 1 || shown[0].Prompt.Question != replied {
		t.Fatalf("after the reply: asked %v", shown)
	}
}

// TestStoppedQuestionComesLater: whose time came while a question was stopped is
// asked when it is started again.
func TestStoppedQuestionComesLater(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	w.mentee("Kuu")
	number := w.started(staff, scale(mentoring.Schedule{Days: 3}))
	w.questions()
	w.must(func(a *mentoring.Act) error { return a.StopQuestion(staff, number) })
	w.now = w.now.Add(5 * 24 * time.Hour)
	if shown := w.questions(); len(shown) > 0 {
		t.Fatalf("asked while it is stopped: %v", shown)
	}
	w.must(func(a *mentoring.Act) error { return a.StartQuestion(staff, number) })
	if shown := w.questions(); len(shown) != 1 {
		t.Fatalf("asked %d times when it was started again", len(shown))
	}
}
