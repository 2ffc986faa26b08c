package mentoring_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// TestReleased: small numbers go into the next cell, nothing is lost but what is
// under five at the end, and what few people did waits for more.
func TestReleased(t *testing.T) {
	for _, test := range []struct{ in, by, want []int64 }{
		{[]int64{0, 0}, nil, []int64{0, 0}},
		{[]int64{4, 0, 1, 4, 5}, nil, []int64{0, 0, 5, 0, 5}},
		{[]int64{7, 7, 7}, nil, []int64{5, 5, 10}},
		{[]int64{12, -9, 1}, nil, []int64{10, -10, 0}}, // a correction
		{[]int64{100, 20, 3, 50}, []int64{4, 5, 1, 9}, []int64{0, 120, 0, 50}},
	} {
		got := mentoring.Released(test.in)
		if test.by != nil {
			got = mentoring.ReleasedDone(test.in, test.by)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v by %v: %v, want %v", test.in, test.by, got, test.want)
		}
	}
}

// sum is something an attacker knows: cells from (not in it) up to to add up to
// between low and high.
type sum struct {
	from, to  int
	low, high int64
}

const unbounded = 1 << 40

// attack finds what is known of each cell: it narrows what each may be, by every
// sum again and again, until nothing changes.
func attack(n int, known []sum) (low, high []int64) {
	low, high = make([]int64, n), make([]int64, n)
	for i := range high {
		high[i] = unbounded
	}
	for changed := true; changed; {
		changed = false
		for _, k := range known {
			var least, most int64
			for i := k.from; i < k.to; i++ {
				least, most = least+low[i], most+high[i]
			}
			for i := k.from; i < k.to; i++ {
				if l := k.low - (most - high[i]); l > low[i] {
					low[i], changed = l, true
				}
				if h := k.high - (least - low[i]); h < high[i] {
					high[i], changed = h, true
				}
			}
		}
	}
	return low, high
}

// recovered says how many cells below five the attacker knows exactly. It fails
// when what they know is wrong: then the attack would prove nothing.
func recovered(t *testing.T, truth []int64, known []sum) (n int) {
	t.Helper()
	low, high := attack(len(truth), known)
	for i, v := range truth {
		if v < low[i] || v > high[i] {
			t.Fatalf("cell %d is %d, and the attacker believes %d to %d", i, v, low[i], high[i])
		}
		if v < 5 && low[i] == high[i] {
			n++
		}
	}
	return n
}

// terms are all the terms of a year that reports can be asked for, as cells of
// its months.
func terms() map[mentoring.Term][2]int {
	all := map[mentoring.Term][2]int{mentoring.YearTerm(2026): {0, 12}}
	for m := range 12 {
		all[mentoring.MonthTerm(2026, m+1)] = [2]int{m, m + 1}
	}
	for q := range 4 {
		all[mentoring.QuarterTerm(2026, q+1)] = [2]int{3 * q, 3*q + 3}
	}
	return all
}

// TestAttack: somebody who has all reports of a year, of every month, every
// quarter and the year, each as it was at the end of every month, and who knows
// how they are made, does not know one number below five. When only single
// numbers below five are left out, the same script finds many.
func TestAttack(t *testing.T) {
	alone := 0
	for seed := range uint64(20) {
		w := newWorld(t)
		staff := w.staff()
		r := rand.New(rand.NewPCG(seed, 1))
		truth := map[mentoring.CounterName][]int64{}
		for _, name := range []mentoring.CounterName{mentoring.CountRegistered, mentoring.CountOpened, mentoring.CountCasesOpened} {
			truth[name] = make([]int64, 12)
		}
		var known, single map[mentoring.CounterName][]sum
		known, single = map[mentoring.CounterName][]sum{}, map[mentoring.CounterName][]sum{}
		told := map[string]int64{} // every number of every report so far
		for month := range 12 {
			w.now = time.Date(2026, time.Month(month+1), 15, 12, 0, 0, 0, w.rules.Zone)
			w.put(func(tx mentoring.Tx) error {
				for name, cells := range truth {
					cells[month] = int64(r.IntN(12))
					c := mentoring.Counter{Name: name, Month: w.now.Format("2006-01"), Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit}
					if name == mentoring.CountCasesOpened {
						c.About = "help"
					}
					if err := tx.Count(c, cells[month]); err != nil {
						return err
					}
				}
				return nil
			})
			w.now = time.Date(2026, time.Month(month+2), 1, 0, 0, 0, 0, w.rules.Zone)
			w.gather(staff, month+1, told, known, single)
		}
		for name, cells := range truth {
			if n := recovered(t, cells, known[name]); n > 0 {
				t.Errorf("seed %d: %d numbers of %s are known: %v", seed, n, name, cells)
			}
			alone += recovered(t, cells, single[name])
		}
	}
	t.Logf("with single numbers left out the attacker finds %d of 720", alone)
	if alone == 0 {
		t.Error("the attack finds nothing where it should: it proves nothing")
	}
}

// gather takes all reports that there are after some months of a year, and what
// they would be if only single numbers were left out.
func (w *world) gather(staff mentoring.Member, months int, told map[string]int64, known, single map[mentoring.CounterName][]sum) {
	w.t.Helper()
	figures := map[mentoring.CounterName]mentoring.FigureName{
		mentoring.CountRegistered: "registered", mentoring.CountOpened: "opened", mentoring.CountCasesOpened: "cases_opened",
	}
	w.look(func(a *mentoring.Act) error {
		for term, cells := range terms() {
			if cells[1] > months {
				continue
			}
			report, err := a.Report(staff, mentoring.DefaultProgramme, mentoring.DefaultUnit, term)
			if err != nil {
				return err
			}
			for _, f := range report.Figures {
				key := fmt.Sprint(f.Name, f.About, f.Period, f.Trial)
				if before, again := told[key]; again && before != f.Value {
					w.t.Fatalf("%s was %d, and is %d", key, before, f.Value)
				}
				told[key] = f.Value
			}
			raw, err := mentoring.RawReport(a, mentoring.DefaultProgramme, term, mentoring.DefaultUnit)
			if err != nil {
				return err
			}
			for name, figure := range figures {
				if months == 12 && cells == [2]int{0, 12} { // the running totals, which is all that the rule tells
					running, totals := int64(0), []int64{0}
					for _, month := range term.Months() {
						running += report.Of(figure, month, false)
						totals = append(totals, running)
					}
					for from := range totals {
						for to := from + 1; to < len(totals); to++ {
							low, high := totals[to]-totals[from]-4, totals[to]-totals[from]+4
							if from == 0 {
								low += 4 // the first total is 0, and nothing else
							}
							known[name] = append(known[name], sum{from, to, low, high})
						}
					}
				}
				v := raw.Sum(figure, "*", false)
				one := sum{cells[0], cells[1], v, v}
				if v < 5 {
					one.low, one.high = 0, 4
				}
				single[name] = append(single[name], one)
			}
		}
		return nil
	})
}
