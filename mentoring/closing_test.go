package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestHelpedIsToldOfFiveOnly: what mentees answer at closing reaches their mentor
// as a sum of five at least, and each answer in one sum only.
func TestHelpedIsToldOfFiveOnly(t *testing.T) {
	w := newWorld(t)
	w.rules.Programmes[mentoring.DefaultProgramme].AskClosing = true
	w.rules.MentorCapacity = 20
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	ends := func(name string, answer int) {
		t.Helper()
		m := w.mentee(name)
		c := w.talking(m, id)
		w.must(func(a *mentoring.Act) error { return a.End(m, c.ID) })
		w.must(func(a *mentoring.Act) error {
			open, err := a.OpenQuestions(m, false)
			if err != nil {
				return err
			}
			return a.AnswerQuestion(m, open[0].Prompt.Menu, answer, "", mentoring.WayTap)
		})
	}
	told := func(month time.Month) (got []mentoring.Args) {
		t.Helper()
		w.now = time.Date(2027, month, 1, 10, 0, 0, 0, w.rules.Zone)
		for _, e := range of[mentoring.Notify](w.must(func(a *mentoring.Act) error { _, err := a.Tick(); return err })) {
			if e.Member == mentor.ID && e.Text.Key == "digest.helped" {
				got = append(got, e.Text.Args)
			}
		}
		return got
	}
	w.now = time.Date(2026, 12, 5, 12, 0, 0, 0, w.rules.Zone)
	for i, answer := range []int{1, 2, 3, 1} {
		ends([]string{"Kuu", "Suo", "Puro", "Mänty"}[i], answer)
	}
	if got := told(time.January); len(got) != 0 {
		t.Errorf("told of four: %v", got)
	}
	ends("Kivi", 3)
	got := told(time.February)
	if len(got) != 1 || got[0]["answers"] != int64(5) || got[0]["helped"] != int64(3) {
		t.Errorf("told %v", got)
	}
	ends("Lumi", 1)
	if got := told(time.March); len(got) != 0 {
		t.Errorf("told of the one after: %v", got)
	}
}

// TestClosingAsksBothSides: whoever ends it at once, the other when their time
// comes; each is counted with their role and the way.
func TestClosingAsksBothSides(t *testing.T) {
	w := newWorld(t)
	w.rules.Programmes[mentoring.DefaultProgramme].AskClosing = true
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	m := w.mentee("Kuu")
	c := w.talking(m, id)
	if shown := of[mentoring.ShowQuestion](w.must(func(a *mentoring.Act) error { return a.End(m, c.ID) })); len(shown) != 1 || shown[0].Prompt.About[0] != "Kanerva" {
		t.Fatalf("at once: %+v", shown)
	}
	shown := w.questions()
	if len(shown) != 1 || shown[0].Prompt.Membership != id || shown[0].Prompt.About[0] != "Kuu" {
		t.Fatalf("the other: %+v", shown)
	}
	w.must(func(a *mentoring.Act) error {
		return a.AnswerQuestion(mentor, shown[0].Prompt.Menu, 2, "", mentoring.WayText)
	})
	w.must(func(a *mentoring.Act) error { return a.WhyEnded(mentor, id, 1, mentoring.WayTap) })
	w.refused("question.over", func(a *mentoring.Act) error { return a.WhyEnded(m, id, 1, mentoring.WayTap) })
	for name, about := range map[mentoring.CounterName]string{mentoring.CountHelped: "mentor/2/text", mentoring.CountWhyEnded: "mentor/1/tap"} {
		counted := w.figures(name)
		if len(counted) != 1 {
			t.Errorf("%s: %v", name, counted)
		}
		for c := range counted {
			if c.About != about {
				t.Errorf("%s about %s, want %s", name, c.About, about)
			}
		}
	}
}
