package year

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// countedNames are the counters that the year brings about.
func countedNames() []mentoring.CounterName {
	return []mentoring.CounterName{
		"registered", "wrote_soon", "wrote_later", "messages", "talk_days", "opened", "ended", "first_reply", "mentees", "mentors",
		"week_new", "week_returning", "trained", "hours", "hour_reports", "cases_opened", "cases_closed", "searched", "not_found", "nobody",
		"asked", "answered", "skipped", "helped", "why_ended", "thanks", "feedback", "ideas", "votes",
	}
}

func figureKey(name, period, about string, trial bool) string {
	return fmt.Sprintf("%s %s %s %v", name, period, about, trial)
}

// recounting counts figures from a journal, by a calendar of its own.
type recounting struct {
	zone  *time.Location
	n     map[string]int64
	trial map[string]bool
	born  map[string]time.Time // mentee registered
	wrote map[string]time.Time // mentee's first message
	seen  map[string]bool      // what is counted once
	talks map[string]*recountedTalk
	round map[string]string // of mentors, by number
	names []string          // of rounds
	cases map[string][2]string
}

type recountedTalk struct {
	mentor, mentee string
	opened, over   bool
	waits          time.Time
	answered       bool
}

func recountFigures(t *testing.T, lines []string) map[string]int64 {
	t.Helper()
	r := &recounting{
		zone: time.UTC, n: map[string]int64{}, trial: map[string]bool{}, born: map[string]time.Time{}, wrote: map[string]time.Time{},
		seen: map[string]bool{}, talks: map[string]*recountedTalk{}, round: map[string]string{}, cases: map[string][2]string{},
	}
	for _, line := range lines {
		f := strings.Fields(line)
		ms, err := strconv.ParseInt(f[0], 10, 64)
		if err == nil {
			err = r.line(time.UnixMilli(ms).In(r.zone), f[1], f[2:])
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return r.n
}

func (r *recounting) add(name, period, about string, trial bool, n int64) {
	r.n[figureKey(name, period, about, trial)] += n
}

func monthOf(at time.Time) string { return fmt.Sprintf("%d-%02d", at.Year(), int(at.Month())) }

// weekName is the week by counting days from Mondays: the year is that of its
// Thursday, the number how many Thursdays of the year there were.
func weekName(at time.Time) string {
	thursday := at
	for thursday.Weekday() != time.Monday {
		thursday = thursday.AddDate(0, 0, -1)
	}
	thursday = thursday.AddDate(0, 0, 3)
	return fmt.Sprintf("%d-W%02d", thursday.Year(), (thursday.YearDay()-1)/7+1)
}

func (r *recounting) line(at time.Time, what string, v []string) (err error) {
	switch what {
	case jZone:
		r.zone, err = time.LoadLocation(v[0])
	case jTrial:
		r.trial[v[0]] = true
	case jMentee:
		r.born[v[0]] = at
		r.add("registered", monthOf(at), "", r.trial[v[0]], 1)
	case jPlace:
		r.talks[v[0]] = &recountedTalk{mentor: v[1], mentee: v[2]}
	case jOpen:
		c := r.talks[v[0]]
		c.opened = true
		r.add("opened", monthOf(at), "", r.trial[c.mentee], 1)
	case jOver:
		if c := r.talks[v[0]]; c.opened && !c.over {
			c.over = true
			r.add("ended", monthOf(at), "", r.trial[c.mentee], 1)
		}
	case jSay:
		r.said(at, v[0], v[1])
	case jSearch:
		r.search(at, v)
	case jTrain:
		number := "0"
		if v[1] != "-" {
			if !slices.Contains(r.names, v[1]) {
				r.names = append(r.names, v[1])
			}
			number = strconv.Itoa(slices.Index(r.names, v[1]) + 1)
		}
		r.round[v[0]] = number
		r.add("trained", monthOf(at), number, false, 1)
	case jHoursUsed:
		n, bad := strconv.Atoi(v[1])
		err = bad
		r.add("hours", monthOf(at), "", false, int64(n))
		r.add("hour_reports", monthOf(at), "", false, 1)
	case jCase:
		r.cases[v[0]] = [2]string{v[1], v[2]}
		r.add("cases_opened", monthOf(at), v[2], r.trial[v[1]], 1)
	case jClosed:
		c := r.cases[v[0]]
		r.add("cases_closed", monthOf(at), c[1]+"/"+v[1], r.trial[c[0]], 1)
	default:
		r.voice(at, what, v)
	}
	return err
}

// voice counts what people were asked and said; the line has it as it is counted.
func (r *recounting) voice(at time.Time, what string, v []string) {
	name := map[string]string{
		jQuestion: "asked", jAnswer: "answered", jSkip: "skipped", jHelped: "helped", jWhy: "why_ended",
		jThank: "thanks", jFeedback: "feedback", jIdea: "ideas", jVote: "votes",
	}[what]
	if name != "" {
		r.add(name, monthOf(at), strings.Join(v[1:], "/"), r.trial[v[0]], 1)
	}
}

func (r *recounting) search(at time.Time, v []string) {
	for _, period := range []string{monthOf(at), weekName(at)} {
		r.add("searched", period, v[1], r.trial[v[0]], 1)
		if v[2] != "0" {
			continue
		}
		r.add("not_found", period, v[1], r.trial[v[0]], 1)
		if v[3] == "0" {
			r.add("nobody", period, v[1], r.trial[v[0]], 1)
		}
	}
}

// once says whether something was not yet so.
func (r *recounting) once(parts ...string) bool {
	key := strings.Join(parts, " ")
	if r.seen[key] {
		return false
	}
	r.seen[key] = true
	return true
}

func (r *recounting) said(at time.Time, talk, who string) {
	c := r.talks[talk]
	if c.over {
		return // it was refused
	}
	trial, month := r.trial[c.mentee], monthOf(at)
	r.add("messages", month, "", trial, 1)
	if r.once("day", talk, at.Format(time.DateOnly)) {
		r.add("talk_days", month, "", trial, 1)
	}
	long := []string{month, fmt.Sprintf("%d-Q%d", at.Year(), int(at.Month()-1)/3+1), strconv.Itoa(at.Year())}
	if who == "mentor" {
		if !c.waits.IsZero() && !c.answered {
			c.answered = true
			r.add("first_reply", month, bucketOf(at.Sub(c.waits)), trial, 1)
		}
		about := r.round[c.mentor]
		if about == "" {
			about = "0"
		}
		for _, period := range long {
			if r.once("mentor", c.mentor, period) {
				r.add("mentors", period, about, trial, 1)
			}
		}
		return
	}
	if c.waits.IsZero() {
		c.waits = at
	}
	r.mentee(at, c.mentee, long, trial)
}

func (r *recounting) mentee(at time.Time, who string, long []string, trial bool) {
	for _, period := range long {
		if r.once("mentee", who, period) {
			r.add("mentees", period, "", trial, 1)
		}
	}
	week := weekName(at)
	if first, wrote := r.wrote[who]; !wrote {
		r.wrote[who] = at
		born := r.born[who]
		if months := (at.Year()-born.Year())*12 + int(at.Month()) - int(born.Month()); months <= 1 {
			r.add("wrote_soon", monthOf(born), "", trial, 1)
		} else {
			r.add("wrote_later", monthOf(at), "", trial, 1)
		}
		r.once("week", who, week)
		r.add("week_new", week, "", trial, 1)
	} else if r.once("week", who, week) {
		if weekName(first) == week {
			panic("a week is counted twice")
		}
		r.add("week_returning", week, "", trial, 1)
	}
}

func bucketOf(d time.Duration) string {
	for _, hours := range []int{1, 2, 4, 8, 12, 24, 48, 72, 168} {
		if d <= time.Duration(hours)*time.Hour {
			return fmt.Sprintf("h%04d", hours)
		}
	}
	return "longer"
}

// compareReport makes of the recount what may be told, by a reading of its own of
// docs/adr/0009-release-in-fives.md, and compares every figure of a year's report.
func compareReport(t *testing.T, report *mentoring.Report, counted map[string]int64) {
	t.Helper()
	compared := map[mentoring.FigureName]int{}
	listed := map[string]bool{}
	for _, f := range report.Figures {
		want, ok := toldOf(f, counted)
		if !ok {
			continue
		}
		compared[f.Name]++
		listed[figureKey(string(f.Name), f.Period, f.About, f.Trial)] = true
		if f.Value != want {
			t.Errorf("%s %s %q %v: told %d, want %d", f.Name, f.Period, f.About, f.Trial, f.Value, want)
		}
	}
	for key, n := range counted {
		f := strings.Split(key, " ")
		year := f[1] == report.Term.Name() || len(f[1]) == len("2027-01") && !strings.Contains(f[1], "Q")
		if want := strings.Replace(key, "first_reply ", "first_replies ", 1); n >= 5 && year && !strings.Contains(f[1], "W") && !listed[want] {
			t.Errorf("nothing is told of %s, of which there were %d", key, n)
		}
	}
	if len(compared) < len(countedNames()) {
		t.Errorf("only %d kinds of figures were told: %v", len(compared), compared)
	}
	var registered, wrote int64
	for _, name := range []string{"wrote_soon", "wrote_later", "registered"} {
		var sum int64
		for key, n := range counted {
			if f := strings.Fields(key); f[0] == name && f[len(f)-1] == "false" {
				sum += n
			}
		}
		if name == "registered" {
			registered = sum / 5 * 5
		} else {
			wrote += sum / 5 * 5
		}
	}
	if r, w := report.Metric(false); r != registered || w != wrote || r == 0 || w == 0 {
		t.Errorf("the metric is %d of %d, want %d of %d", w, r, wrote, registered)
	}
	half, most := report.ReplyTimes(false)
	t.Logf("metric %d of %d, first replies within %v and %v, %d go on", wrote, registered, half, most, report.Going)
}

// toldOf is what may be told of one figure.
func toldOf(f mentoring.Figure, counted map[string]int64) (int64, bool) {
	name := string(f.Name)
	if name == "first_replies" {
		name = "first_reply"
	}
	if !slices.Contains(countedNames(), mentoring.CounterName(name)) {
		return 0, false
	}
	// The cells that come before it in its series, and itself.
	type cell struct {
		period, about string
		n             int64
	}
	var cells []cell
	for key, n := range counted {
		p := strings.Split(key, " ")
		c := cell{p[1], p[2], n}
		if p[0] != name || p[3] != fmt.Sprint(f.Trial) || len(c.period) != len(f.Period) || strings.Contains(c.period, "W") != strings.Contains(f.Period, "W") {
			continue
		}
		switch name {
		case "mentees", "mentors":
			if c.period != f.Period {
				continue
			}
		case "first_reply", "trained":
		default:
			if c.about != f.About {
				continue
			}
		}
		cells = append(cells, c)
	}
	var before, total int64
	waited := int64(0)
	slices.SortFunc(cells, func(x, y cell) int { return strings.Compare(x.period+" "+x.about, y.period+" "+y.about) })
	for _, c := range cells {
		if c.period > f.Period || c.period == f.Period && c.about > f.About {
			break
		}
		by := map[string]string{"messages": "mentees", "talk_days": "mentees", "hours": "hour_reports"}[name]
		enough := by == "" || counted[figureKey(by, c.period, "", f.Trial)] >= 5
		this := c.period == f.Period && c.about == f.About
		if !this {
			if enough {
				before, waited = before+waited+c.n, 0
			} else {
				waited += c.n
			}
			continue
		}
		if !enough {
			return 0, true
		}
		total = before + waited + c.n
		return total/5*5 - before/5*5, true
	}
	return 0, true // nothing of it was counted
}
