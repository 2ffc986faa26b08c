package bridge_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/config"
	"silta/dev/hs"
	"silta/mentoring"
)

// writes has sari write a summary in her own room; what she answers is taken away
// at once.
func (r *reported) writes() {
	r.t.Helper()
	r.do(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(r.staff.ID)
		if err != nil {
			return err
		}
		m.Language = "en"
		return a.Tx.PutMember(&m)
	})
	must(r.sari.Say(r.sari.room, fmt.Sprint("duty ", r.number)))
	for _, step := range [][2]string{
		{"Let us write a summary", "Lapsi Lapsinen"}, {"How old", "done"}, {"Summary for child welfare", "6"},
		{"What worries you", "Joku lyö."}, {"Summary for child welfare", "10"}, {"Who notifies", "Sari, 050"},
		{"Summary for child welfare", "yes"},
	} {
		seen := 0
		r.until(step[0], func() bool { seen = len(r.shown(step[0])); return seen > 0 })
		must(r.sari.Say(r.sari.room, step[1]))
		r.until(step[1]+" was heard", func() bool { return len(r.shown(step[0])) > seen || r.answered(step[0]) })
	}
	r.until("it is ready", func() bool { return len(r.shown("The summary is ready")) > 0 })
	r.until("what she wrote is taken away", func() bool {
		return !slices.ContainsFunc(r.sari.View(r.sari.room), func(m hs.Message) bool {
			return m.Sender == r.sari.ID && (strings.Contains(m.Body, "Laps") || strings.Contains(m.Body, "lyö") || strings.Contains(m.Body, "050"))
		})
	})
}

// answered: something else has been said since the last line that begins so.
func (r *reported) answered(begin string) bool {
	view := r.sari.View(r.sari.room)
	for i := len(view) - 1; i >= 0; i-- {
		if view[i].Sender == "@silta:test" {
			return !strings.HasPrefix(view[i].Body, begin)
		}
	}
	return false
}

// later lets time go by; something has to happen then, for a real clock to notice.
func (r *reported) later(d time.Duration) {
	r.t.Helper()
	r.skew.Store(int64(d))
	must(r.sari.Say(r.sari.room, "cancel"))
}

func (r *reported) nothingOfIt() {
	r.t.Helper()
	rooms := r.tero.Rooms("join")
	if len(rooms) == 0 {
		r.t.Error("there is no staff room")
	}
	for _, room := range rooms {
		for _, m := range r.tero.View(room) {
			for _, word := range []string{"Laps", "lyö", "050"} {
				if strings.Contains(m.Body, word) {
					r.t.Errorf("said in the staff room: %q", m.Body)
				}
			}
		}
	}
}

// TestDutyIsPrinted: behind a link, once; what is shown in her room goes after an
// hour, and nothing of it is ever in the staff room.
func TestDutyIsPrinted(t *testing.T) {
	r := newReported(t, func(w *world) {
		w.prepare = func(c *config.Config) { c.Web.Listen, c.Web.URL = "127.0.0.1:0", "https://liity.example" }
	})
	r.writes()
	must(r.sari.Say(r.sari.room, fmt.Sprint("duty ", r.number)))
	link := regexp.MustCompile(`https://liity\.example/duty/en/([A-Za-z0-9_-]+)`)
	var token string
	r.until("the link is said", func() bool {
		for _, m := range r.sari.View(r.sari.room) {
			if found := link.FindStringSubmatch(m.Body); found != nil {
				token = found[1]
			}
		}
		return token != ""
	})
	page, err := r.bridge.Duties().Take(token)
	for _, want := range []string{`<html lang="en">`, "Lapsi Lapsinen", "Joku lyö.", "Sari, 050", "not known", fmt.Sprint("Case ", r.number)} {
		if err != nil || !strings.Contains(string(page), want) {
			t.Errorf("%q is not on the page (%v):\n%s", want, err, page)
		}
	}
	if again, err := r.bridge.Duties().Take(token); again != nil || err != nil {
		t.Errorf("again %d bytes, %v", len(again), err)
	}
	r.until("the staff room learns that there is one", func() bool {
		for _, room := range r.tero.Rooms("join") {
			if slices.ContainsFunc(r.tero.View(room), func(m hs.Message) bool { return strings.Contains(m.Body, "there is a summary") }) {
				return true
			}
		}
		return false
	})
	r.nothingOfIt()
	r.later(61 * time.Minute)
	r.until("what was shown is taken away", func() bool {
		return !slices.ContainsFunc(r.sari.View(r.sari.room), func(m hs.Message) bool { return strings.Contains(m.Body, "Laps") })
	})
}

// TestDutyAsFile: where there is no page it comes as a file into her own room, and
// goes when the summary is erased.
func TestDutyAsFile(t *testing.T) {
	r := newReported(t)
	r.writes()
	must(r.sari.Say(r.sari.room, fmt.Sprint("duty ", r.number)))
	there := func() bool {
		return slices.ContainsFunc(r.sari.View(r.sari.room), func(m hs.Message) bool { return m.Kind == "m.file" && strings.HasPrefix(m.Body, "summary-") })
	}
	r.until("the file comes", there)
	must(r.sari.Say(r.sari.room, fmt.Sprintf("duty %d remove", r.number)))
	r.until("she is asked", func() bool { return len(r.shown("Remove the summary")) > 0 })
	must(r.sari.Say(r.sari.room, "yes"))
	r.until("it is taken away", func() bool { return !there() })
	r.nothingOfIt()
}
