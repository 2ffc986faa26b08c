package mentoring

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Figure is one number of a report, released: a multiple of five but for hours.
// 0 says that there were fewer than five, or that they are told with the next.
type Figure struct {
	Name   FigureName
	About  string // what else tells it apart; see the counters
	Period string // "2026-11", "2026-Q4", "2026", "2026-W47"
	Trial  bool
	Value  int64
	SoFar  bool // the period is not over
}

// Report are the figures of a programme and unit for some months.
type Report struct {
	Programme Programme
	Unit      Unit
	Term      Term
	Made      time.Time
	Rounds    []string // names of the training rounds, the first is number 1
	Figures   []Figure
	// Going is how many conversations went on at the end.
	Going, GoingTrial int64
}

// Term is some months, both in it: "2026-01" to "2026-12".
type Term struct{ From, To string }

// MonthTerm, QuarterTerm and YearTerm are the terms that have a name.
func MonthTerm(year, month int) Term {
	m := fmt.Sprintf("%04d-%02d", year, month)
	return Term{m, m}
}

// QuarterTerm is a quarter, 1 to 4.
func QuarterTerm(year, quarter int) Term {
	return Term{fmt.Sprintf("%04d-%02d", year, quarter*3-2), fmt.Sprintf("%04d-%02d", year, quarter*3)}
}

// YearTerm is a year.
func YearTerm(year int) Term { return Term{fmt.Sprintf("%04d-01", year), fmt.Sprintf("%04d-12", year)} }

// Name is what the term is called, where it is a month, a quarter or a year:
// "2026-11", "2026-Q4", "2026"; "" for any other.
func (s Term) Name() string {
	first, err1 := time.Parse("2006-01", s.From)
	last, err2 := time.Parse("2006-01", s.To)
	if err1 != nil || err2 != nil {
		return ""
	}
	names := periodsOf(first).long
	switch {
	case s.From == s.To:
		return names[0]
	case s == QuarterTerm(first.Year(), int(first.Month()+2)/3):
		return names[1]
	case s == YearTerm(last.Year()):
		return names[2]
	}
	return ""
}

// Months are the months of the term.
func (s Term) Months() (months []string) {
	at, err := time.Parse("2006-01", s.From)
	if err != nil {
		return nil
	}
	for ; at.Format("2006-01") <= s.To && len(months) < 1200; at = at.AddDate(0, 1, 0) {
		months = append(months, at.Format("2006-01"))
	}
	return months
}

// LastMonths are the n months up to now, the one that goes on included.
func (a *Act) LastMonths(n int) Term {
	now := a.Now.In(a.zone())
	return Term{time.Date(now.Year(), now.Month()-time.Month(n-1), 1, 0, 0, 0, 0, time.UTC).Format("2006-01"), a.month()}
}

// Report tells the figures of a programme and unit to whoever may see figures.
// They are of months that are over; with now, what there is of the month and the
// week that go on is told, too: that is for staff, and does not leave the house.
func (a *Act) Report(m Member, p Programme, u Unit, term Term, now bool) (*Report, error) {
	action := DoFigures
	if now {
		action = DoStats
	}
	if _, err := a.canIn(m, action, p, u); err != nil {
		return nil, err
	}
	if !now && term.To >= a.month() {
		return nil, Refuse("figures.not_over", "period", term.Name())
	}
	return a.report(p, u, term, now, released)
}

func (a *Act) report(p Programme, u Unit, term Term, now bool, rule release) (*Report, error) {
	r := &reporter{
		Report: Report{Programme: p, Unit: u, Term: term, Made: a.Now}, rule: rule,
		month: a.month(), week: a.week(), now: now, kept: map[CounterName][]Counted{},
	}
	if err := r.read(a.Tx); err != nil {
		return nil, err
	}
	var err error
	if r.Rounds, err = a.Rounds(); err != nil {
		return nil, err
	}
	for _, trial := range []bool{false, true} {
		for _, m := range measures() {
			r.tell(m, trial)
		}
	}
	r.Going, r.GoingTrial = max(0, r.going[0]), max(0, r.going[1])
	return &r.Report, nil
}

// reporter makes a report out of counters.
type reporter struct {
	Report
	rule        release
	month, week string // that go on
	now         bool
	kept        map[CounterName][]Counted
	going       [2]int64 // mentees', trial
}

func (r *reporter) read(tx Tx) error {
	names := map[CounterName]bool{}
	for _, m := range measures() {
		names[m.counter] = true
		names[m.people] = true
	}
	delete(names, "")
	for name := range names {
		all, err := tx.Counters(name)
		if err != nil {
			return fmt.Errorf("counters: %w", err)
		}
		r.kept[name] = slices.DeleteFunc(all, func(c Counted) bool { return c.Programme != r.Programme || c.Unit != r.Unit })
	}
	return nil
}

// over says whether a period may be told, and whether it still goes on.
func (r *reporter) over(m measure, period string) (tell, soFar bool) {
	last := r.month
	switch {
	case m.weekly:
		last = r.week
	case m.late:
		at, err := time.Parse("2006-01", r.month)
		if err != nil {
			return false, false
		}
		last = at.AddDate(0, -1, 0).Format("2006-01")
	case strings.Contains(period, "-Q"):
		at, err := time.Parse("2006-01", r.month)
		if err != nil {
			return false, false
		}
		last = periodsOf(at).long[1]
	case len(period) == 4:
		last = r.month[:4]
	}
	return period < last || r.now, period >= last
}

// values are a counter's by period and kind.
func (r *reporter) values(name CounterName, trial bool) map[[2]string]int64 {
	values := map[[2]string]int64{}
	for _, c := range r.kept[name] {
		if c.Trial == trial {
			values[[2]string{c.Month, c.About}] += c.Value
		}
	}
	return values
}

// tell adds a figure to the report.
func (r *reporter) tell(m measure, trial bool) {
	values := r.values(m.counter, trial)
	var periods, kinds []string
	for k := range values {
		if month := len(k[0]) == 7 && !strings.Contains(k[0], "Q"); m.weekly == strings.Contains(k[0], "W") && (m.once || m.weekly || month) {
			periods, kinds = append(periods, k[0]), append(kinds, k[1])
		}
	}
	if !m.once && !m.weekly && !m.kinds && !m.inOrder { // a month in which nothing happened is one, too
		periods, kinds = append(periods, r.Term.Months()...), append(kinds, "")
	}
	slices.Sort(periods)
	periods, kinds = slices.Compact(periods), inOrder(kinds)
	switch {
	case m.once: // each period is a series
		for _, period := range periods {
			r.series(m, trial, values, []string{period}, kinds)
		}
	case m.inOrder || !m.kinds:
		r.series(m, trial, values, periods, kinds)
	default:
		for _, kind := range kinds {
			r.series(m, trial, values, periods, []string{kind})
		}
	}
}

// series releases one series and tells of it what is in the term.
func (r *reporter) series(m measure, trial bool, values map[[2]string]int64, periods, kinds []string) {
	people := r.values(m.people, trial)
	var at [][2]string
	var cells []cell
	for _, period := range periods {
		if tell, _ := r.over(m, period); !tell {
			continue
		}
		for i, kind := range kinds {
			key := [2]string{period, kind}
			c := cell{n: values[key]}
			if i == 0 {
				c.by = people[[2]string{period, ""}]
			}
			at, cells = append(at, key), append(cells, c)
		}
	}
	for i, n := range r.rule(cells, m.people != "") {
		r.goes(m.counter, trial, at[i][0], n)
		if !r.within(m, at[i][0]) {
			continue
		}
		_, soFar := r.over(m, at[i][0])
		r.Figures = append(r.Figures, Figure{Name: m.name, About: at[i][1], Period: at[i][0], Trial: trial, Value: n, SoFar: soFar})
	}
}

// goes keeps how many conversations go on at the end of the term.
func (r *reporter) goes(name CounterName, trial bool, period string, n int64) {
	i := 0
	if trial {
		i = 1
	}
	switch {
	case period > r.Term.To:
	case name == CountOpened:
		r.going[i] += n
	case name == CountEnded:
		r.going[i] -= n
	}
}

// within says whether a period is of the term.
func (r *reporter) within(m measure, period string) bool {
	switch {
	case m.weekly:
		return weekMonth(period) >= r.Term.From && weekMonth(period) <= r.Term.To
	case m.once && len(period) != len("2026-11") || strings.Contains(period, "Q"):
		return period == r.Term.Name()
	}
	return period >= r.Term.From && period <= r.Term.To
}

// weekMonth is the month in which the Thursday of a week is, as ISO 8601 does it
// with years.
func weekMonth(week string) string {
	var year, n int
	if _, err := fmt.Sscanf(week, "%d-W%d", &year, &n); err != nil {
		return ""
	}
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // always in week 1
	thursday := fourth.AddDate(0, 0, 4-(int(fourth.Weekday())+6)%7-1+7*(n-1))
	return thursday.Format("2006-01")
}

// Sum adds up the months of a figure; about "*" is all of it.
func (r *Report) Sum(name FigureName, about string, trial bool) (sum int64) {
	for _, f := range r.Figures {
		if f.Name == name && f.Trial == trial && (about == "*" || f.About == about) {
			sum += f.Value
		}
	}
	return sum
}

// Of is a figure of one period, all that it is about together.
func (r *Report) Of(name FigureName, period string, trial bool) (sum int64) {
	for _, f := range r.Figures {
		if f.Name == name && f.Trial == trial && f.Period == period {
			sum += f.Value
		}
	}
	return sum
}

// Abouts are the kinds of a figure that the report has, in order.
func (r *Report) Abouts(name FigureName, trial bool) []string {
	var kinds []string
	for _, f := range r.Figures {
		if f.Name == name && f.Trial == trial {
			kinds = append(kinds, f.About)
		}
	}
	return inOrder(kinds)
}

// Metric is the service's own measure: of who registered, how many wrote to a
// mentor. It is told of the months for which both are known.
func (r *Report) Metric(trial bool) (registered, wrote int64) {
	for _, month := range r.Term.Months() {
		known := slices.ContainsFunc(r.Figures, func(f Figure) bool {
			return f.Name == "wrote_soon" && f.Period == month && f.Trial == trial
		})
		wrote += r.Of("wrote_later", month, trial)
		if known {
			registered += r.Of("registered", month, trial)
			wrote += r.Of("wrote_soon", month, trial)
		}
	}
	return registered, wrote
}

// replyLeastTold is of how many first replies at least a time is told.
const replyLeastTold = 10

// ReplyTimes are the times within which half and nine tenths of the first
// replies came; zero when too few are told, negative when it was longer than all
// that is counted.
func (r *Report) ReplyTimes(trial bool) (half, most time.Duration) {
	total := r.Sum("first_replies", "*", trial)
	if total < replyLeastTold {
		return 0, 0
	}
	var seen int64
	for _, upTo := range ReplyBuckets() {
		seen += r.Sum("first_replies", bucketName(upTo), trial)
		if upTo == 0 {
			upTo = -1
		}
		if half == 0 && 2*seen >= total {
			half = upTo
		}
		if most == 0 && 10*seen >= 9*total {
			most = upTo
		}
	}
	return half, most
}
