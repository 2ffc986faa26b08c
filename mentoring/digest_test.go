package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestDigest: once for each month in which somebody wrote, from nine on the
// first day of the next one; nothing for a month of nothing.
func TestDigest(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	idle, _ := w.mentor(staff, "Kaisla")
	c := w.talking(w.mentee("Kuu"), id)
	w.says(c.Participants[1].ID)
	digests := func() (n, forIdle int) {
		for _, e := range of[mentoring.Notify](w.must(func(a *mentoring.Act) error { _, err := a.Tick(); return err })) {
			switch {
			case e.Member == idle.ID:
				forIdle++
			case e.Member == m.ID && e.Text.Key == "digest.month":
				n++
				if e.Text.Args["month"] != "11/2026" || e.Text.Args["talks"] != int64(1) || e.Text.Args["replies"] != int64(1) {
					t.Errorf("told %v", e.Text.Args)
				}
			}
		}
		return n, forIdle
	}
	for _, step := range []struct {
		at   time.Time
		want int
	}{
		{time.Date(2026, 11, 30, 23, 59, 0, 0, w.rules.Zone), 0},
		{time.Date(2026, 12, 1, 8, 59, 59, 0, w.rules.Zone), 0},
		{time.Date(2026, 12, 1, 9, 0, 0, 0, w.rules.Zone), 1},
		{time.Date(2026, 12, 1, 9, 1, 0, 0, w.rules.Zone), 0},
		{time.Date(2026, 12, 31, 12, 0, 0, 0, w.rules.Zone), 0},
		{time.Date(2027, 1, 1, 12, 0, 0, 0, w.rules.Zone), 0}, // nobody wrote in December
	} {
		w.now = step.at
		if n, forIdle := digests(); n != step.want || forIdle != 0 {
			t.Errorf("at %v: %d digests, %d for who did nothing", step.at, n, forIdle)
		}
	}
}

// TestLoad: a mentor sees their own cases only; staff those from their
// conversations, too.
func TestLoad(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, evenings()) })
	w.must(func(a *mentoring.Act) error { _, err := a.CallStaff(mentee, mentoring.CaseReport, c.ID); return err })
	w.later(7 * time.Hour)
	w.look(func(a *mentoring.Act) error {
		own, err := a.OwnLoad(m)
		if err != nil {
			return err
		}
		if own.Cases != 0 || own.Open != 1 || own.Limit != 3 || own.Waiting != 1 || own.Longest != 7*time.Hour || own.Weekly != 15*time.Hour || own.Full() {
			t.Errorf("own %+v", own)
		}
		all, err := a.Loads(staff)
		if len(all) != 1 || all[0].Cases != 1 || all[0].Alias != "Kanerva" || all[0].Waiting != 1 {
			t.Errorf("all %+v", all)
		}
		return err
	})
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.Loads(m); return err })
	w.refused("mentor.not_one", func(a *mentoring.Act) error { _, err := a.OwnLoad(mentee); return err })
}

// TestDigestHelped: how many said that it helped is told once five have, and not
// again with the next month's.
func TestDigestHelped(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	answers := func(helped, all int64) {
		w.put(func(tx mentoring.Tx) error {
			if err := tx.Tally(id, "open", mentoring.TallyHelped, helped); err != nil {
				return err
			}
			return tx.Tally(id, "open", mentoring.TallyHelpedAsked, all)
		})
	}
	for i, month := range []struct{ helped, all, toldHelped, toldAll int64 }{
		{3, 4, 0, 0}, // fewer would tell of one person
		{0, 1, 3, 5},
		{1, 1, 0, 0},
		{4, 4, 5, 5},
	} {
		answers(month.helped, month.all)
		w.now = time.Date(2026, time.Month(12+i), 1, 9, 0, 0, 0, w.rules.Zone)
		var helped, all int64
		for _, e := range of[mentoring.Notify](w.must(func(a *mentoring.Act) error { _, err := a.Tick(); return err })) {
			if e.Member == m.ID && e.Text.Key == "digest.helped" {
				helped, all = e.Text.Args["helped"].(int64), e.Text.Args["answers"].(int64)
			}
		}
		if helped != month.toldHelped || all != month.toldAll {
			t.Errorf("month %d: told %d of %d, want %d of %d", i+1, helped, all, month.toldHelped, month.toldAll)
		}
	}
}
