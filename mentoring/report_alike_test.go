package mentoring_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// counted is what was counted in a service: of each counter how many in each period,
// and on which day of it.
type counted struct {
	counters []mentoring.Counter // without a month
	periods  [][]string          // of each
	numbers  [][]int64
	seed     uint64 // of the days
}

const northUnit mentoring.Unit = "north"

// alikeMonths are the months in which the services of TestAlike are watched.
const alikeMonths = 4

// someCounted is a small service in which most numbers are under five.
func someCounted(r *rand.Rand) *counted {
	l := &counted{seed: r.Uint64()}
	months := mentoring.YearTerm(2026).Months()[:alikeMonths]
	var weeks []string
	for week := range 17 {
		weeks = append(weeks, fmt.Sprintf("2026-W%02d", week+1))
	}
	for _, unit := range []mentoring.Unit{mentoring.DefaultUnit, northUnit} {
		for _, one := range []struct {
			name  mentoring.CounterName
			about string
			most  int
		}{
			{mentoring.CountRegistered, "", 7}, {mentoring.CountWroteSoon, "", 5}, {mentoring.CountOpened, "", 7}, {mentoring.CountCasesOpened, "help", 4},
			{mentoring.CountCasesOpened, "urgent", 2}, {mentoring.CountSearched, "work", 8}, {mentoring.CountAnswered, "1.1/tap/1", 3},
			{mentoring.CountFirstReply, "h0004", 4}, {mentoring.CountTrained, "0", 3}, {mentoring.CountNew, "", 3}, {mentoring.CountReturning, "", 6},
		} {
			periods := months
			if strings.HasPrefix(string(one.name), "week") {
				periods = weeks
			}
			numbers := make([]int64, len(periods))
			for i := range numbers {
				numbers[i] = int64(r.IntN(one.most + 1))
			}
			l.counters = append(l.counters, mentoring.Counter{Name: one.name, About: one.about, Programme: mentoring.DefaultProgramme, Unit: unit})
			l.periods, l.numbers = append(l.periods, periods), append(l.numbers, numbers)
		}
	}
	return l
}

// like is another service of which the same is told: of each of its series every
// running total is, down to fives, what it is in this. With from, what is left is
// none before that period and four from then on; without it is always none.
func (l *counted) like(from func(periods int) int) *counted {
	other := &counted{counters: l.counters, periods: l.periods, seed: l.seed + 1}
	for _, numbers := range l.numbers {
		at := len(numbers)
		if from != nil {
			at = from(at)
		}
		var total, told, before int64
		var changed []int64
		for j, n := range numbers {
			total += n
			told = total - total%5
			if j >= at {
				told += 4
			}
			changed, before = append(changed, told-before), told
		}
		other.numbers = append(other.numbers, changed)
	}
	return other
}

// day is on which day of a period the k-th of something was: any.
func (l *counted) day(r *rand.Rand, period string) time.Time {
	var year, n int
	if _, err := fmt.Sscanf(period, "%d-W%d", &year, &n); err == nil {
		return time.Date(2025, 12, 29, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*(n-1)+r.IntN(7))
	}
	first, err := time.Parse("2006-01", period)
	if err != nil {
		return first
	}
	return first.AddDate(0, 0, r.IntN(first.AddDate(0, 1, -1).Day()))
}

// lived lets it all happen day by day and gives everything that staff and
// evaluators can see on each day, in words.
func (l *counted) lived(t *testing.T) []string {
	w := newWorld(t)
	staff := w.staff()
	w.put(func(tx mentoring.Tx) error {
		return tx.PutMembership(&mentoring.Membership{
			Member: staff.ID, Programme: mentoring.DefaultProgramme, Unit: northUnit, Role: mentoring.Coordinator, State: mentoring.Active,
		})
	})
	r := rand.New(rand.NewPCG(l.seed, 3))
	days := map[time.Time][]mentoring.Counter{}
	for i, c := range l.counters {
		for j, period := range l.periods[i] {
			c.Month = period
			for range l.numbers[i][j] {
				day := l.day(r, period)
				days[day] = append(days[day], c)
			}
		}
	}
	watch := rand.New(rand.NewPCG(1, 4))
	var seen []string
	for day := time.Date(2025, 12, 29, 0, 0, 0, 0, time.UTC); day.Before(time.Date(2026, alikeMonths+2, 1, 0, 0, 0, 0, time.UTC)); day = day.AddDate(0, 0, 1) {
		w.now = day.Add(20 * time.Hour)
		w.put(func(tx mentoring.Tx) error {
			for _, c := range days[day] {
				if err := tx.Count(c, 1); err != nil {
					return err
				}
			}
			return nil
		})
		if first := day.Day() == 1; !first && day.Weekday() != time.Monday && watch.IntN(4) > 0 {
			continue
		}
		w.look(func(a *mentoring.Act) error {
			seen = append(seen, everythingTold(t, a, staff, day.Day() == 1)...)
			return nil
		})
	}
	return seen
}

// everythingTold is all that can be seen on a day, a line each: the figures of the
// last year up to the day, of a unit and of all; when a month has begun, the
// reports of every time, besides. The other unit is what is left of all.
func everythingTold(t *testing.T, a *mentoring.Act, staff mentoring.Member, all bool) []string {
	t.Helper()
	var lines []string
	see := func(r *mentoring.Report, err error) {
		if err != nil {
			t.Fatal(err)
		}
		registered, wrote := r.Metric(false)
		half, most := r.ReplyTimes(false)
		head := fmt.Sprint(a.Now.Format(time.DateOnly), " ", r.Unit, r.Term, " ")
		lines = append(lines, head+fmt.Sprint(r.Going, registered, wrote, half, most))
		for _, f := range r.Figures {
			lines = append(lines, head+fmt.Sprint(f))
		}
	}
	for _, unit := range []mentoring.Unit{"", northUnit} {
		see(a.Stats(staff, mentoring.DefaultProgramme, unit, a.LastMonths(12)))
		for _, term := range slices.SortedFunc(maps.Keys(terms()), func(x, y mentoring.Term) int { return strings.Compare(x.From+x.To, y.From+y.To) }) {
			if all && term.To < a.Now.Format("2006-01") {
				see(a.Report(staff, mentoring.DefaultProgramme, unit, term))
			}
		}
	}
	return lines
}

// TestAlike: whatever somebody sees, day after day, of a service and its units,
// in the figures up to today and in all reports, they see the same of others in
// which every number below five is another one. So nobody can know any of them.
func TestAlike(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 9))
		truth := someCounted(r)
		seen := truth.lived(t)
		small := 0
		alike := []*counted{truth.like(func(periods int) int { return r.IntN(periods) })}
		if seed == 0 {
			alike = append(alike, truth.like(nil))
		}
		for _, other := range alike {
			others := other.lived(t)
			for i, what := range seen {
				if i >= len(others) || what != others[i] {
					t.Fatalf("seed %d: this is seen, and of the other service something else: %s (%d and %d lines)", seed, what, len(seen), len(others))
				}
			}
			for i, numbers := range truth.numbers {
				for j, n := range numbers {
					if n < 5 && n != other.numbers[i][j] {
						small++
					}
				}
			}
		}
		if small < 50*len(alike) {
			t.Errorf("seed %d: the others differ in %d small numbers only", seed, small)
		}
	}
}
