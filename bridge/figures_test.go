package bridge_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"silta/config"
	"silta/dev/hs"
	"silta/mentoring"
)

// coordinates makes aino staff, and lets things have happened two months ago.
func (m *mover) coordinates() mentoring.Term {
	m.t.Helper()
	past := time.Date(m.now().Year(), m.now().Month()-2, 1, 0, 0, 0, 0, time.UTC)
	m.do(func(a *mentoring.Act) error {
		for _, name := range []mentoring.CounterName{mentoring.CountRegistered, mentoring.CountWroteSoon, mentoring.CountOpened} {
			c := mentoring.Counter{Name: name, Month: past.Format("2006-01"), Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit}
			if err := a.Tx.Count(c, 23); err != nil {
				return err
			}
		}
		return a.Tx.PutMembership(&mentoring.Membership{
			Member: m.id, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: mentoring.Coordinator, State: mentoring.Active,
		})
	})
	return mentoring.MonthTerm(past.Year(), int(past.Month()))
}

func (m *mover) shows(term mentoring.Term, charts ...string) {
	m.t.Helper()
	m.do(func(a *mentoring.Act) error {
		a.Do(mentoring.ShowFigures{Member: m.id, Language: "en", Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Term: term, Charts: charts})
		return nil
	})
}

// said waits for a line of the bot in aino's own room.
func (m *mover) said(what string, fits func(hs.Message) bool) (found hs.Message) {
	m.t.Helper()
	m.until(what, func() bool {
		for _, v := range m.own.View(m.own.room) {
			if fits(v) {
				found = v
			}
		}
		return found.Event != ""
	})
	return found
}

// TestFiguresAreShown: pictures come with their numbers in words; of what has no
// numbers there is none. A report is behind a link, once, and is told of nobody
// who may not see it.
func TestFiguresAreShown(t *testing.T) {
	m := newMover(newWorld(t, func(w *world) {
		w.prepare = func(c *config.Config) { c.Web.Listen, c.Web.URL = "127.0.0.1:0", "https://liity.example" }
	}))
	m.shows(mentoring.YearTerm(2020), "metric") // not staff yet: nothing comes of it
	term := m.coordinates()
	m.shows(term, "metric", "replies", "talks")
	picture := m.said("a picture comes", func(v hs.Message) bool { return v.Kind == "m.image" && strings.HasPrefix(v.Body, "Registered") })
	m.said("and the next", func(v hs.Message) bool { return v.Kind == "m.image" && strings.HasPrefix(v.Body, "Conversations") })
	if !strings.Contains(picture.Body, ": 20") {
		t.Errorf("%q", picture.Body)
	}
	m.shows(term)
	link := regexp.MustCompile(`https://liity\.example/figures/en/([A-Za-z0-9_-]+)`)
	said := m.said("the link is said", func(v hs.Message) bool { return link.MatchString(v.Body) })
	token := link.FindStringSubmatch(said.Body)[1]
	page, err := m.bridge.Reports().Take(token)
	if err != nil || !strings.Contains(string(page), `<html lang="en">`) || !strings.Contains(string(page), ">20<") {
		t.Errorf("%v %d bytes", err, len(page))
	}
	if again, err := m.bridge.Reports().Take(token); again != nil || err != nil {
		t.Errorf("again %d bytes, %v", len(again), err)
	}
	images := 0
	for _, v := range m.own.View(m.own.room) {
		if v.Kind == "m.image" {
			images++
		}
	}
	if images != 2 {
		t.Errorf("%d pictures", images)
	}
}

// TestFiguresAsFiles: where there is no page, the report comes as files.
func TestFiguresAsFiles(t *testing.T) {
	m := newMover(newWorld(t))
	term := m.coordinates()
	m.shows(term)
	for _, ending := range []string{"html", "csv", "json"} {
		m.said("the file comes", func(v hs.Message) bool { return v.Kind == "m.file" && v.Body == "silta-"+term.Name()+"."+ending })
	}
}

// TestFiguresAfterACrash: whenever the service dies, everybody sees each picture
// once in the end, and nothing else is left at the homeserver.
func TestFiguresAfterACrash(t *testing.T) {
	for _, committed := range []bool{false, true} {
		for at := int64(1); at < 20; at++ {
			if !figuresWithCrash(t, at, committed) {
				if at == 1 {
					t.Error("it did not die once")
				}
				break
			}
		}
	}
}

func figuresWithCrash(t *testing.T, at int64, committed bool) (died bool) {
	t.Helper()
	d := &death{at: at, committed: committed}
	m := newMover(newWorld(t, d.waits))
	term := m.coordinates()
	pictures := func() (n int) {
		for _, v := range m.own.View(m.own.room) {
			if v.Kind == "m.image" {
				n++
			}
		}
		return n
	}
	before := m.wholeFiles()
	m.shows(term, "metric", "talks")
	d.armed.Store(true)
	m.until("the end or the crash", func() bool { return m.crashed.Load() || pictures() == 2 })
	died = d.passes(m.world)
	m.until("the pictures are there, and nothing else is left", func() bool {
		return pictures() == 2 && m.doomed() == 0 && m.wholeFiles() == before+2
	})
	m.stop()
	return died
}
