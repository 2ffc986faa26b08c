package mentoring_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// counted is what is counted under some names, one per line.
func (w *world) counted(names ...mentoring.CounterName) string {
	w.t.Helper()
	var lines []string
	for c, n := range w.figures(names...) {
		if n != 0 {
			lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s %s %d %s", c.Name, c.Month, n, c.About), " "))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (w *world) counts(want string, names ...mentoring.CounterName) {
	w.t.Helper()
	if got := w.counted(names...); got != want {
		w.t.Errorf("counted\n%s\n\nwant\n%s", got, want)
	}
}

// TestCountWriters: who wrote is counted once in a week, month, quarter and year,
// in however many conversations.
func TestCountWriters(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m1, first := w.mentor(staff, "Kanerva")
	_, second := w.mentor(staff, "Pihlaja")
	w.must(func(a *mentoring.Act) error { return a.NoteRound(staff, first, "syksy") })
	mentee := w.mentee("Kuu")
	one, two := w.talking(mentee, first), w.talking(mentee, second)
	w.says(one.ByMember(m1.ID).ID)
	w.counts("mentees 2026 1\nmentees 2026-11 1\nmentees 2026-Q4 1\nmentors 2026 1 1\nmentors 2026-11 1 1\nmentors 2026-Q4 1 1\nweek_new 2026-W45 1",
		mentoring.CountMentees, mentoring.CountMentors, mentoring.CountNew, mentoring.CountReturning)
	w.later(8 * 24 * time.Hour)
	w.says(one.ByMember(mentee.ID).ID)
	w.says(two.ByMember(mentee.ID).ID)
	w.later(7 * 24 * time.Hour)
	w.later(13 * 24 * time.Hour) // Monday 30 November, and the next day is another month, but the same week
	w.says(one.ByMember(mentee.ID).ID)
	w.later(24 * time.Hour)
	w.says(two.ByMember(mentee.ID).ID)
	w.says(two.Participants[1].ID)
	w.counts("mentees 2026 1\nmentees 2026-11 1\nmentees 2026-12 1\nmentees 2026-Q4 1\n"+
		"mentors 2026 1 0\nmentors 2026 1 1\nmentors 2026-11 1 1\nmentors 2026-12 1 0\nmentors 2026-Q4 1 0\nmentors 2026-Q4 1 1\n"+
		"week_new 2026-W45 1\nweek_returning 2026-W46 1\nweek_returning 2026-W49 1",
		mentoring.CountMentees, mentoring.CountMentors, mentoring.CountNew, mentoring.CountReturning)
}

// TestCountTalks: a conversation is opened once and ends once, whoever ends it
// and however; one in which nothing was written is neither. First messages are
// soon or late after registering, and replies fall into their buckets.
func TestCountTalks(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee, late, idle := w.mentee("Kuu"), w.mentee("Halla"), w.mentee("Sade")
	w.choose(idle, id)
	c := w.talking(mentee, id)
	w.later(3 * time.Hour)
	w.says(c.ByMember(mentor.ID).ID)
	w.must(func(a *mentoring.Act) error { return a.End(mentor, c.ID) })
	w.later(48 * time.Hour)
	w.tick() // idle's place runs out
	w.now = time.Date(2027, 1, 1, 12, 0, 0, 0, w.rules.Zone)
	second := w.talking(late, id)
	w.later(8 * 24 * time.Hour)
	w.says(second.ByMember(mentor.ID).ID)
	w.deletes(late)
	w.counts("ended 2026-11 1\nended 2027-01 1\nfirst_reply 2026-11 1 h0004\nfirst_reply 2027-01 1 longer\nopened 2026-11 1\nopened 2027-01 1\n"+
		"wrote_later 2027-01 1\nwrote_soon 2026-11 1",
		mentoring.CountOpened, mentoring.CountEnded, mentoring.CountFirstReply, mentoring.CountWroteSoon, mentoring.CountWroteLater)
}

// TestCountTrained: the training is counted in its round, when it is noted; a correction
// takes it back; the round's name is in no counter. Deleting changes nothing.
func TestCountTrained(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	day := time.Date(2026, 9, 30, 0, 0, 0, 0, w.rules.Zone)
	w.must(func(a *mentoring.Act) error { return a.NoteTrained(staff, id, day) })
	w.counts("trained 2026-11 1 0", mentoring.CountTrained)
	w.later(30 * 24 * time.Hour)
	w.must(func(a *mentoring.Act) error { return a.NoteRound(staff, id, "Syksy 2026") })
	w.must(func(a *mentoring.Act) error { return a.NoteTrained(staff, id, day.AddDate(0, 0, 1)) })
	w.must(func(a *mentoring.Act) error { return a.NoteCheck(staff, id, day) })
	w.counts("trained 2026-11 1 0\ntrained 2026-12 -1 0\ntrained 2026-12 1 1", mentoring.CountTrained)
	_, other := w.mentor(staff, "Pihlaja")
	w.must(func(a *mentoring.Act) error { return a.NoteRound(staff, other, "syksy 2026") })
	w.must(func(a *mentoring.Act) error { return a.NoteTrained(staff, other, day) })
	w.deletes(mentor)
	w.counts("trained 2026-11 1 0\ntrained 2026-12 -1 0\ntrained 2026-12 2 1", mentoring.CountTrained)
	w.look(func(a *mentoring.Act) error {
		rounds, err := a.Rounds()
		if !slices.Equal(rounds, []string{"Syksy 2026"}) {
			t.Error(rounds)
		}
		return err
	})
}

// TestCountCases: by kind, and with their outcome when they are closed; those of
// who is deleted are closed with them.
func TestCountCases(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentee := w.mentee("Kuu")
	help, _ := w.call(mentee, mentoring.CaseHelp, 0)
	w.call(mentee, mentoring.CaseHelp, 0) // a line of the first
	w.call(mentee, mentoring.CaseUrgent, 0)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, help.ID); return err })
	w.must(func(a *mentoring.Act) error {
		_, err := a.CloseCase(staff, help.ID, mentoring.OutcomeHelped)
		return err
	})
	w.deletes(mentee)
	w.counts("cases_closed 2026-11 1 help/helped\ncases_closed 2026-11 1 urgent/gone\ncases_opened 2026-11 1 help\ncases_opened 2026-11 1 urgent",
		mentoring.CountCasesOpened, mentoring.CountCasesClosed)
}

// TestCardSeen: of all mentors together by week, of each for themself.
func TestCardSeen(t *testing.T) {
	w := newWorld(t)
	w.catalogue()
	mentee := w.mentee("Kuu")
	var seen mentoring.MembershipID
	w.must(func(a *mentoring.Act) error {
		found, err := a.Mentors(mentee, true)
		if err != nil {
			return err
		}
		seen = found[0].Membership.ID
		return a.CardSeen(mentee, found[0])
	})
	w.counts("card_seen 2026-W45 1", mentoring.CountCardSeen)
	if got := w.tallies(seen, "2026-11"); !maps.Equal(got, map[mentoring.TallyName]int64{mentoring.TallyCardSeen: 1}) {
		t.Error(got)
	}
}
