package year

import (
	"bytes"
	"context"
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

var figuresPeople = flag.Int("figures-mentees", 300, "how many mentees come in the year of figures")

// tries is how some join: with a code, to try the service only.
func (w *world) tries(p *mentee) func(*mentoring.Act, *mentoring.Member) error {
	if !w.figures || !w.yes(0.08) {
		return nil
	}
	p.trial = true
	return func(a *mentoring.Act, member *mentoring.Member) error {
		code, err := a.NewTrialCode(w.staff)
		if err != nil {
			return err
		}
		_, err = a.RedeemCode(member, code)
		return err
	}
}

// trains has staff note a mentor's training, and the mentor report hours.
func (w *world) trains(m *mentor, n int) {
	round := []string{"-", "kevät", "syksy"}[n%3]
	w.at(w.begin.AddDate(0, n%5, 3), func() {
		if m.gone {
			return
		}
		w.act(func(a *mentoring.Act) error {
			if round != "-" {
				if err := a.NoteRound(w.staff, m.id, round); err != nil {
					return err
				}
			}
			return a.NoteTrained(w.staff, m.id, w.now.AddDate(0, 0, -20))
		})
		w.journal.line(w.now, jTrain, m.id, round)
	})
	for quarter := 1; quarter <= 3; quarter++ {
		w.at(w.begin.AddDate(0, 3*quarter, w.rand.IntN(50)), func() {
			hours := w.rand.IntN(40)
			if !m.gone && w.yes(0.7) && w.act(func(a *mentoring.Act) error { return a.GiveSummary(m.member, hours, nil) }) {
				w.journal.line(w.now, jHoursUsed, m.id, hours)
			}
		})
	}
}

// lives is what befalls a mentee besides: some call for help, three in ten are
// deleted.
func (w *world) lives(p *mentee) {
	w.says(p)
	if w.yes(0.12) {
		kind := []mentoring.CaseKind{mentoring.CaseHelp, mentoring.CaseHelp, mentoring.CaseUrgent}[w.rand.IntN(3)]
		w.after(time.Duration(w.rand.IntN(60*24))*time.Hour, func() { w.calls(p, kind) })
	}
	if w.yes(0.3) {
		w.after(time.Duration(w.rand.IntN(150*24*60))*time.Minute, func() { w.leaves(p) })
	}
}

func (w *world) calls(p *mentee, kind mentoring.CaseKind) {
	if p.gone {
		return
	}
	var c mentoring.Case
	if !w.act(func(a *mentoring.Act) (err error) { c, err = a.CallStaff(p.member, kind, 0); return err }) {
		w.faults++
		return
	}
	w.cases[c.ID] = p.member.ID
	w.journal.line(w.now, jCase, c.ID, p.member.ID, kind)
	w.after(time.Duration(w.rand.IntN(10*24))*time.Hour, func() {
		if _, open := w.cases[c.ID]; !open {
			return
		}
		delete(w.cases, c.ID)
		if !w.act(func(a *mentoring.Act) error { return closes(a, w.staff, c.ID) }) {
			w.faults++
		}
		w.journal.line(w.now, jClosed, c.ID, closedBecause)
	})
}

// Why cases of this year are closed.
const closedBecause, goneBecause = string(mentoring.OutcomeHelped), string(mentoring.OutcomeGone)

func closes(a *mentoring.Act, staff mentoring.Member, id mentoring.CaseID) error {
	_, err := a.CloseCase(staff, id, mentoring.OutcomeHelped)
	return err
}

// leaves is a mentee being deleted, with all that is going on.
func (w *world) leaves(p *mentee) {
	p.gone = true
	for id, of := range w.cases {
		if of == p.member.ID {
			delete(w.cases, id)
			w.journal.line(w.now, jClosed, id, goneBecause)
		}
	}
	for _, id := range p.talks {
		w.over(w.talks[id])
	}
	if !w.act(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(p.member.ID)
		if err != nil {
			return err
		}
		return a.DeleteMe(&m)
	}) {
		w.faults++
	}
}

// erased does what the bridge does at the end of a deletion.
func (w *world) erased(id mentoring.MemberID) {
	w.t.Helper()
	err := w.store.Write(context.Background(), func(tx *store.Tx) error {
		list, err := tx.ConversationsOf(id)
		if err != nil {
			return err
		}
		for _, c := range list {
			if err := tx.EmptyConversation(c.ID); err != nil {
				return err
			}
		}
		return tx.EraseMember(id)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// emptied does what the bridge does at the end of a conversation's time.
func (w *world) emptied(id mentoring.ConversationID) {
	w.t.Helper()
	if err := w.store.Write(context.Background(), func(tx *store.Tx) error { return tx.EmptyConversation(id) }); err != nil {
		w.t.Fatal(err)
	}
}

// searched writes a search down, as the bot does.
func (w *world) searched(p *mentee, free int) {
	there := 0
	for _, m := range w.hired {
		if !m.gone && !p.trial && slices.Contains(m.topics, p.topic) {
			there++
		}
	}
	w.journal.line(w.now, jSearch, p.member.ID, p.topic, free, there)
	w.act(func(a *mentoring.Act) error {
		return a.Searched(p.member, &mentoring.Filter{Topics: []string{p.topic}}, free)
	})
}

// restarts ends the process and begins another.
func (w *world) restarts() {
	w.t.Helper()
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.opens()
}

func (w *world) opens() {
	w.t.Helper()
	var err error
	if w.store, err = store.Open(context.Background(), w.options); err != nil {
		w.t.Fatal(err)
	}
}

// restores goes on from a backup, in a new database.
func (w *world) restores() {
	w.t.Helper()
	var file bytes.Buffer
	if err := store.Backup(context.Background(), w.options, &file); err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.options.DSN = filepath.Join(filepath.Dir(w.options.DSN), "restored.db")
	if err := store.Restore(context.Background(), w.options, &file); err != nil {
		w.t.Fatal(err)
	}
	w.opens()
}

// TestYearFigures (with -figures-mentees 2700 the whole of TestYear's, as in make
// soak): after a year in which three in ten were deleted, with a
// restart and a restore from a backup in the middle, every counter is what an
// independent recount of the journal says, and every figure of a report what the
// rule makes of that.
func TestYearFigures(t *testing.T) {
	var kept bytes.Buffer
	j := newJournal(&kept)
	w := start(t, 7, j)
	w.figures = true
	w.rules.Programmes[mentoring.DefaultProgramme].AskClosing = true
	w.examples()
	*people, *figuresPeople = *figuresPeople, *people
	defer func() { *people, *figuresPeople = *figuresPeople, *people }()
	w.at(w.begin.AddDate(0, 5, 10), w.restarts)
	w.at(w.begin.AddDate(0, 8, 3), w.restores)
	w.at(w.begin.AddDate(0, 10, 20), w.restarts)
	live(w)
	if j.err != nil || j.w.Flush() != nil || w.faults > 0 {
		t.Fatalf("journal: %v, %d faults", j.err, w.faults)
	}
	want := recountFigures(t, strings.Split(strings.TrimSpace(kept.String()), "\n"))
	got := map[string]int64{}
	var report *mentoring.Report
	w.now = w.end.AddDate(0, 1, 1) // so that all months are known
	w.read(func(a *mentoring.Act) (err error) {
		for _, name := range countedNames() {
			list, err := a.Tx.Counters(name)
			if err != nil {
				return err
			}
			for _, c := range list {
				got[figureKey(string(c.Name), c.Month, c.About, c.Trial)] += c.Value
			}
		}
		report, err = a.Report(w.staff, mentoring.DefaultProgramme, mentoring.DefaultUnit, mentoring.YearTerm(w.begin.Year()))
		return err
	})
	total := map[string]int64{}
	for key, n := range want {
		if got[key] != n {
			t.Errorf("%s: counted %d, recounted %d", key, got[key], n)
		}
		name, _, _ := strings.Cut(key, " ")
		total[name] += n
	}
	for key, n := range got {
		if n != 0 && want[key] == 0 {
			t.Errorf("%s: counted %d, recounted none", key, n)
		}
	}
	for _, name := range countedNames() {
		if total[string(name)] == 0 {
			t.Errorf("nothing of %s: not the year that was meant", name)
		}
	}
	t.Logf("%d counters; %v", len(want), total)
	compareReport(t, report, want)
}
