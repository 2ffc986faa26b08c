package mentoring_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// TestReleasedTexts: what people write is in a report only when staff have
// released it, one by one, of its own time and unit, without a word of who or when.
func TestReleasedTexts(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 3, 10, 12, 0, 0, 0, w.rules.Zone)
	staff := w.staff()
	mentee, _, _ := w.pair(mentoring.Open)
	var q mentoring.Question
	w.must(func(a *mentoring.Act) (err error) {
		if q, err = a.NewQuestion(staff); err != nil {
			return err
		}
		q.Wording = mentoring.Wording{Kind: mentoring.QuestionText, Text: mentoring.Words{"fi": "Mikä auttoi?"}}
		return a.SaveQuestion(staff, &q)
	})
	write := func(kind mentoring.RemarkKind, text string) (id int64) {
		w.must(func(a *mentoring.Act) error {
			r, err := a.WriteRemark(mentee, kind, text)
			id = r.ID
			return err
		})
		return id
	}
	later, first, idea := write(mentoring.RemarkFeedback, "Toinen"), write(mentoring.RemarkFeedback, "Ensimmäinen"), write(mentoring.RemarkIdea, "Idea")
	answer := mentoring.Remark{
		Kind: mentoring.RemarkAnswer, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, State: mentoring.RemarkOpen, Question: q.ID,
		Day: w.now.Truncate(24 * time.Hour), Text: "Kuunteleminen",
	}
	w.put(func(tx mentoring.Tx) error { return tx.PutRemark(&answer) })
	elsewhere := mentoring.Remark{
		Kind: mentoring.RemarkFeedback, Programme: mentoring.DefaultProgramme, Unit: "north", State: mentoring.RemarkReleased, Day: w.now, Text: "Pohjoinen",
	}
	w.put(func(tx mentoring.Tx) error { return tx.PutRemark(&elsewhere) })

	told := func(term mentoring.Term) (texts []string) {
		w.look(func(a *mentoring.Act) error {
			r, err := a.Report(staff, mentoring.DefaultProgramme, mentoring.DefaultUnit, term)
			if err != nil {
				return err
			}
			texts = slices.Clone(r.Feedback)
			for _, asked := range r.Asked {
				for _, said := range asked.Said {
					texts = append(texts, asked.Wording.Text.In("fi")+" "+said)
				}
			}
			return nil
		})
		return texts
	}
	march := mentoring.MonthTerm(2026, 3)
	w.now = time.Date(2026, 4, 2, 12, 0, 0, 0, w.rules.Zone)
	if got := told(march); len(got) > 0 {
		t.Errorf("nothing is released, and told is %q", got)
	}
	w.refused("remark.not_now", func(a *mentoring.Act) error { return a.ReleaseRemark(staff, idea) })
	for i, id := range []int64{later, first, answer.ID} {
		w.must(func(a *mentoring.Act) error { return a.ReleaseRemark(staff, id) })
		if got := told(march); len(got) != i+1 {
			t.Errorf("after %d releases told is %q", i+1, got)
		}
	}
	if got, want := fmt.Sprint(told(march)), "[Ensimmäinen Toinen Mikä auttoi? Kuunteleminen]"; got != want {
		t.Errorf("told is %s, want %s", got, want)
	}
	if got := told(mentoring.MonthTerm(2026, 2)); len(got) > 0 {
		t.Errorf("of another month told is %q", got)
	}
	// What is added has not been read, and what is deleted is gone.
	w.must(func(a *mentoring.Act) error { return a.AddToRemark(mentee, first, "ja nimeni on …") })
	w.must(func(a *mentoring.Act) error { return a.DropRemark(staff, answer.ID) })
	if got := fmt.Sprint(told(march)); got != "[Toinen]" {
		t.Errorf("told is %s", got)
	}
}

// TestWordingsInReports: a report says what was asked, of each wording that
// something is told of, an old one included, and of no other.
func TestWordingsInReports(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	var q mentoring.Question
	w.must(func(a *mentoring.Act) (err error) { q, err = a.NewQuestion(staff); return err })
	w.put(func(tx mentoring.Tx) error {
		for version, words := range []string{"Vanha?", "Uusi?", "Vaiti?"} {
			wording := q
			if wording.ID, wording.Version = 0, version+1; version == 0 {
				wording.ID = q.ID
			}
			wording.State = mentoring.QuestionReplaced
			wording.Wording = mentoring.Wording{Kind: mentoring.QuestionChoice, Text: mentoring.Words{"fi": words},
				Choices: []mentoring.Words{{"fi": "koti"}, {"fi": "koulu"}}}
			if err := tx.PutQuestion(&wording); err != nil {
				return err
			}
			c := mentoring.Counter{Name: mentoring.CountAnswered, Month: "2026-03", About: fmt.Sprintf("%d.%d/tap/2", q.Number, version+1),
				Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit}
			if err := tx.Count(c, int64(7-2*version)); err != nil {
				return err
			}
		}
		return nil
	})
	w.now = time.Date(2026, 4, 2, 12, 0, 0, 0, w.rules.Zone)
	w.look(func(a *mentoring.Act) error {
		r, err := a.Report(staff, mentoring.DefaultProgramme, mentoring.DefaultUnit, mentoring.MonthTerm(2026, 3))
		if err != nil {
			return err
		}
		var texts []string
		for i := range r.Asked {
			texts = append(texts, r.Asked[i].Text().In("fi"))
		}
		if got := fmt.Sprint(texts); got != "[Vanha? Uusi? (2)]" {
			t.Errorf("asked: %s", got)
		}
		words := r.AboutWords("answered", r.Asked[0].About()+"/tap/2")
		if len(words) != 3 || words[0].Words.In("fi") != "Vanha?" || words[1].Key != "figure.kind.tap" || words[2].Words.In("fi") != "koulu" {
			t.Errorf("%v", words)
		}
		return nil
	})
}

// TestWeekly: staff who want it are told of each week that is over, once, on the
// Monday after it; others are not.
func TestWeekly(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 3, 10, 12, 0, 0, 0, w.rules.Zone) // a Tuesday
	staff := w.staff()
	weeklies := func() (weeks []int) {
		for _, e := range w.tick() {
			if told, ok := e.(mentoring.TellStaff); ok && told.Text.Key == "stats.weekly" {
				if told.Programme != mentoring.DefaultProgramme || told.Unit != mentoring.DefaultUnit || told.Case != 0 {
					t.Errorf("told where nobody sees it: %+v", told)
				}
				weeks = append(weeks, told.Text.Args["week"].(int))
			}
		}
		return weeks
	}
	mentee, _, _ := w.pair(mentoring.Open)
	w.refused("not_allowed", func(a *mentoring.Act) error { return a.WantWeekly(mentee, mentoring.DefaultProgramme, "", true) })
	var told [][]int
	step := func(days, hour int) {
		w.now = time.Date(2026, 3, 10+days, hour, 0, 0, 0, w.rules.Zone)
		told = append(told, weeklies())
	}
	step(6, 12) // nobody wants them
	entries := len(w.auditOf())
	w.must(func(a *mentoring.Act) error {
		return a.WantWeekly(staff, mentoring.DefaultProgramme, mentoring.DefaultUnit, true)
	})
	step(6, 13)  // from the next week on
	step(13, 8)  // Monday, too early
	step(13, 9)  // now
	step(13, 10) // once
	step(22, 12) // a Wednesday: the service was not there on Monday
	w.must(func(a *mentoring.Act) error { return a.WantWeekly(staff, mentoring.DefaultProgramme, "", false) })
	step(34, 12)
	if got := fmt.Sprint(told); got != "[[] [] [] [12] [] [13] []]" {
		t.Errorf("told: %s", got)
	}
	if got := w.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditWeekly, mentoring.AuditWeekly}) {
		t.Errorf("audit %v", got)
	}
}

// TestUnitsTogether: units without a name are those that somebody may see, and
// what is told of them is the sum of what is told of each.
func TestUnitsTogether(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 4, 2, 12, 0, 0, 0, w.rules.Zone)
	one, both := w.staff(), w.staff()
	w.put(func(tx mentoring.Tx) error {
		for unit, n := range map[mentoring.Unit]int64{mentoring.DefaultUnit: 7, "north": 14, "south": 100} {
			c := mentoring.Counter{Name: mentoring.CountOpened, Month: "2026-03", Programme: mentoring.DefaultProgramme, Unit: unit}
			if err := tx.Count(c, n); err != nil {
				return err
			}
		}
		return tx.PutMembership(&mentoring.Membership{
			Member: both.ID, Programme: mentoring.DefaultProgramme, Unit: "north", Role: mentoring.Coordinator, State: mentoring.Active,
		})
	})
	for _, test := range []struct {
		who  mentoring.Member
		unit mentoring.Unit
		want int64
	}{{one, "", 5}, {both, "", 15}, {both, "north", 10}, {both, mentoring.DefaultUnit, 5}} {
		w.look(func(a *mentoring.Act) error {
			r, err := a.Report(test.who, mentoring.DefaultProgramme, test.unit, mentoring.MonthTerm(2026, 3))
			if err == nil && (r.Sum("opened", "", false) != test.want || r.Going != test.want) {
				t.Errorf("unit %q: %d, %d go on; want %d", test.unit, r.Sum("opened", "", false), r.Going, test.want)
			}
			return err
		})
	}
	w.refused("not_allowed", func(a *mentoring.Act) error {
		_, err := a.Report(one, mentoring.DefaultProgramme, "north", mentoring.MonthTerm(2026, 3))
		return err
	})
	w.refused("not_allowed", func(a *mentoring.Act) error {
		_, err := a.Stats(one, mentoring.DefaultProgramme, "south", mentoring.MonthTerm(2026, 3))
		return err
	})
}
