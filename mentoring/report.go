package mentoring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Figure is one number of a report, released: a multiple of five. 0 says that
// there were fewer than five, or that they are told with the next.
type Figure struct {
	Name   FigureName
	About  string // what else tells it apart; see the counters
	Period string // "2026-11", "2026-Q4", "2026", "2026-W47"
	Trial  bool
	Value  int64
}

// Report are the figures of a programme and unit for some months.
type Report struct {
	Programme Programme
	Unit      Unit // "": several units together
	Term      Term
	Made      time.Time
	Until     string   // the last month of the term that is over
	Month     string   // that goes on
	Rounds    []string // names of the training rounds, the first is number 1
	Figures   []Figure
	// Asked are the questions that the figures are about, Feedback what people wrote
	// by themselves, as far as staff have released it.
	Asked    []AskedWording
	Feedback []string
	// Going is how many conversations went on at the end.
	Going, GoingTrial int64
}

// Term is some months, both in it: "2026-01" to "2026-12".
type Term struct{ From, To string }

// MonthTerm is a month, 1 to 12.
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

// Months are the months of the report that are over.
func (r *Report) Months() []string {
	return slices.DeleteFunc(r.Term.Months(), func(month string) bool { return month > r.Until })
}

// LastMonths are the n months before the one that goes on, and that one.
func (a *Act) LastMonths(n int) Term {
	now := a.Now.In(a.zone())
	return Term{time.Date(now.Year(), now.Month()-time.Month(n), 1, 0, 0, 0, 0, time.UTC).Format("2006-01"), a.month()}
}

// Report tells the figures of a programme and unit to whoever may see figures; of
// all their units in the programme when none is named. The term must be over.
func (a *Act) Report(m Member, p Programme, u Unit, term Term) (*Report, error) {
	if term.To >= a.month() {
		return nil, Refuse("figures.not_over", "period", term.Name())
	}
	return a.reportFor(m, DoFigures, p, u, term)
}

// Stats are the same for staff, for a term that may go on: of it what is over is
// told, and nothing else. Whoever looked at a month that goes on every day would
// see what one day brings.
func (a *Act) Stats(m Member, p Programme, u Unit, term Term) (*Report, error) {
	return a.reportFor(m, DoStats, p, u, term)
}

func (a *Act) reportFor(m Member, action Action, p Programme, u Unit, term Term) (*Report, error) {
	if u != "" {
		if _, err := a.canIn(m, action, p, u); err != nil {
			return nil, err
		}
		return a.report(p, term, released, u)
	}
	places, err := a.FigurePlaces(m, action)
	if err != nil {
		return nil, err
	}
	var units []Unit
	for _, s := range places {
		if s.Programme == p && !slices.Contains(units, s.Unit) {
			units = append(units, s.Unit)
		}
	}
	if len(units) == 0 {
		return nil, Refuse("not_allowed")
	}
	return a.report(p, term, released, units...)
}

// report adds up what is released of each unit: a total of its own would tell, less
// the units that are known, of the one that is not.
func (a *Act) report(p Programme, term Term, rule release, units ...Unit) (*Report, error) {
	r := &reporter{
		Report: Report{Programme: p, Term: term, Made: a.Now, Until: min(term.To, a.monthBefore()), Month: a.month()},
		rule:   rule, month: a.month(), week: a.week(), all: map[CounterName][]Counted{}, at: map[Figure]int{},
	}
	if len(units) == 1 {
		r.Unit = units[0]
	}
	err := r.read(a.Tx)
	if err == nil {
		r.Rounds, err = a.Rounds()
	}
	if err != nil {
		return nil, err
	}
	for _, unit := range units {
		r.of(unit)
		for _, trial := range []bool{false, true} {
			for _, m := range measures() {
				r.tell(m, trial)
			}
		}
		r.Going, r.GoingTrial = r.Going+max(0, r.going[0]), r.GoingTrial+max(0, r.going[1])
	}
	return &r.Report, r.voices(a, units)
}

// monthBefore is the last month that is over.
func (a *Act) monthBefore() string {
	now := a.Now.In(a.zone())
	return time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

// reporter makes a report out of counters.
type reporter struct {
	Report
	rule        release
	month, week string // that go on
	all         map[CounterName][]Counted
	kept        map[CounterName][]Counted // of the unit that is being told
	going       [2]int64                  // of that unit: mentees', trial
	at          map[Figure]int            // where a figure is, by all but its value
}

func (r *reporter) read(tx Tx) error {
	for _, m := range measures() {
		for _, name := range []CounterName{m.counter, m.people} {
			if _, known := r.all[name]; known || name == "" {
				continue
			}
			all, err := tx.Counters(name)
			if err != nil {
				return fmt.Errorf("counters: %w", err)
			}
			r.all[name] = slices.DeleteFunc(all, func(c Counted) bool { return c.Programme != r.Programme })
		}
	}
	return nil
}

// of goes over to a unit.
func (r *reporter) of(unit Unit) {
	r.kept, r.going = map[CounterName][]Counted{}, [2]int64{}
	for name, all := range r.all {
		for _, c := range all {
			if c.Unit == unit {
				r.kept[name] = append(r.kept[name], c)
			}
		}
	}
}

// over says whether a period may be told: when it is over.
func (r *reporter) over(m measure, period string) bool {
	last := r.month
	at, err := time.Parse("2006-01", r.month)
	if err != nil {
		return false
	}
	switch {
	case m.weekly:
		last = r.week
	case m.late:
		last = at.AddDate(0, -1, 0).Format("2006-01")
	case strings.Contains(period, "-Q"):
		last = periodsOf(at).long[1]
	case len(period) == 4:
		last = r.month[:4]
	}
	return period < last
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

// tell adds a figure to the report. What is listed hangs on what is told and on
// nothing else: a row that is left out must not say that there was nobody, nor one
// that is there that there was somebody.
func (r *reporter) tell(m measure, trial bool) {
	values := r.values(m.counter, trial)
	periods, kinds := r.periods(m), r.kinds(m)
	for k := range values {
		if month := len(k[0]) == 7 && !strings.Contains(k[0], "Q"); m.weekly == strings.Contains(k[0], "W") && (m.once || m.weekly || month) {
			periods, kinds = append(periods, k[0]), append(kinds, k[1])
		}
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

// periods are those of the term, whether anything was counted in them or not.
func (r *reporter) periods(m measure) []string {
	months := r.Term.Months()
	switch {
	case m.once && len(months) > 1 && r.Term.Name() != "":
		return append(months, r.Term.Name())
	case !m.weekly || len(months) == 0:
		return months
	}
	var weeks []string
	first, err := time.Parse("2006-01", months[0])
	if err != nil {
		return nil
	}
	for day := first.AddDate(0, 0, -6); weekMonth(weekOf(day)) <= r.Term.To; day = day.AddDate(0, 0, 7) {
		if r.within(m, weekOf(day)) {
			weeks = append(weeks, weekOf(day))
		}
	}
	return weeks
}

// kinds are those that a figure always has.
func (r *reporter) kinds(m measure) (kinds []string) {
	switch m.counter {
	case CountFirstReply:
		for _, upTo := range ReplyBuckets() {
			kinds = append(kinds, bucketName(upTo))
		}
	case CountTrained, CountMentors:
		for n := range len(r.Rounds) + 1 {
			kinds = append(kinds, strconv.Itoa(n))
		}
	}
	if !m.kinds && !m.inOrder {
		kinds = []string{""}
	}
	return kinds
}

// series releases one series and tells of it what is in the term. A kind of which
// nothing has been told by the end of the term is not listed.
func (r *reporter) series(m measure, trial bool, values map[[2]string]int64, periods, kinds []string) {
	people := r.values(m.people, trial)
	var at [][2]string
	var cells []cell
	for _, period := range periods {
		if !r.over(m, period) {
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
	numbers := r.rule(cells, m.people != "")
	listed := !m.kinds
	for i, n := range numbers {
		listed = listed || n != 0 && at[i][0] <= r.Term.To
	}
	for i, n := range numbers {
		r.goes(m.counter, trial, at[i][0], n)
		if listed && r.within(m, at[i][0]) {
			r.put(Figure{Name: m.name, About: at[i][1], Period: at[i][0], Trial: trial}, n)
		}
	}
}

// put adds to a figure; units that are told together are added up.
func (r *reporter) put(f Figure, n int64) {
	i, known := r.at[f]
	if !known {
		i = len(r.Figures)
		r.at[f] = i
		r.Figures = append(r.Figures, f)
	}
	r.Figures[i].Value += n
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
	y, w, _ := strings.Cut(week, "-W")
	year, err := strconv.Atoi(y)
	if err != nil {
		return ""
	}
	n, err := strconv.Atoi(w)
	if err != nil {
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
