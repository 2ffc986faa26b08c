package mentoring_test

import (
	"reflect"
	"testing"
	"time"

	"silta/mentoring"
)

func helsinki(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatalf("time zone data: %v (apt-get install tzdata)", err)
	}
	return zone
}

// TestNewHours: in order, joined where they touch, cut at midnight.
func TestNewHours(t *testing.T) {
	got := mentoring.NewHours([]mentoring.Span{
		{Day: time.Sunday, From: 22 * 60, To: 2 * 60},
		{Day: time.Monday, From: 60, To: 180},
		{Day: time.Tuesday, From: 600, To: 600},
		{Day: time.Wednesday, From: 1320, To: 0},
		{Day: time.Wednesday, From: 600, To: 660}, {Day: time.Wednesday, From: 660, To: 720},
	})
	want := mentoring.Hours{
		{Day: time.Monday, From: 0, To: 180},
		{Day: time.Wednesday, From: 600, To: 720}, {Day: time.Wednesday, From: 1320, To: 1440},
		{Day: time.Sunday, From: 1320, To: 1440},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestHours: open and next, over a week's end and on both days when the clocks
// are changed in Helsinki (28 March 2027 03:00 → 04:00, 31 October 2027 04:00 → 03:00).
func TestHours(t *testing.T) {
	zone := helsinki(t)
	weekday := mentoring.NewHours([]mentoring.Span{{Day: time.Monday, From: 17 * 60, To: 20 * 60}, {Day: time.Friday, From: 17 * 60, To: 20 * 60}})
	sunday := mentoring.NewHours([]mentoring.Span{{Day: time.Sunday, From: 2 * 60, To: 5 * 60}})
	gap := mentoring.NewHours([]mentoring.Span{{Day: time.Sunday, From: 3 * 60, To: 4 * 60}})
	for _, test := range []struct {
		hours    mentoring.Hours
		at, next string // UTC
	}{
		{nil, "2026-11-02T03:00:00Z", "2026-11-02T03:00:00Z"},
		{weekday, "2026-11-02T14:59:59Z", "2026-11-02T15:00:00Z"}, // winter time: 17:00 is 15:00 UTC
		{weekday, "2026-11-02T15:00:00Z", "2026-11-02T15:00:00Z"},
		{weekday, "2026-11-02T17:59:59Z", "2026-11-02T17:59:59Z"},
		{weekday, "2026-11-02T18:00:00Z", "2026-11-06T15:00:00Z"},
		{weekday, "2026-11-06T18:00:00Z", "2026-11-09T15:00:00Z"},
		{weekday, "2027-03-26T18:00:00Z", "2027-03-29T14:00:00Z"}, // over the change: summer time
		{weekday, "2027-10-29T17:00:00Z", "2027-11-01T15:00:00Z"}, // and back
		{sunday, "2027-03-27T23:59:59Z", "2027-03-28T00:00:00Z"},
		{sunday, "2027-03-28T01:59:59Z", "2027-03-28T01:59:59Z"}, // two hours only: 02–05 without 03–04
		{sunday, "2027-03-28T02:00:00Z", "2027-04-03T23:00:00Z"},
		{sunday, "2027-10-30T22:59:59Z", "2027-10-30T23:00:00Z"},
		{sunday, "2027-10-31T02:59:59Z", "2027-10-31T02:59:59Z"}, // four hours: 03–04 twice
		{sunday, "2027-10-31T03:00:00Z", "2027-11-07T00:00:00Z"},
		{gap, "2027-03-27T20:00:00Z", "2027-04-04T00:00:00Z"}, // an hour that is not there that day
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		next := test.hours.Next(at, zone)
		if got := next.UTC().Format(time.RFC3339); got != test.next {
			t.Errorf("%v after %s: %s, want %s", test.hours, test.at, got, test.next)
		}
		if open := test.hours.Open(at, zone); open != (test.at == test.next) {
			t.Errorf("%v at %s: open is %v", test.hours, test.at, open)
		}
	}
}

// TestHoursBetween: how long a mentor reads, also where a day has 23 or 25 hours.
func TestHoursBetween(t *testing.T) {
	zone := helsinki(t)
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, zone) }
	nights := mentoring.NewHours([]mentoring.Span{{Day: time.Sunday, From: 2 * 60, To: 5 * 60}})
	for _, test := range []struct {
		hours    mentoring.Hours
		from, to time.Time
		want     time.Duration
	}{
		{nights, day(2026, 11, 2), day(2026, 11, 16), 6 * time.Hour},
		{nights, day(2027, 3, 28), day(2027, 3, 29), 2 * time.Hour},
		{nights, day(2027, 10, 31), day(2027, 11, 1), 4 * time.Hour},
		{nights, day(2026, 11, 8).Add(3 * time.Hour), day(2026, 11, 8).Add(4 * time.Hour), time.Hour},
		{nil, day(2027, 3, 28), day(2027, 3, 29), 23 * time.Hour},
		{nights, day(2027, 3, 29), day(2027, 3, 28), 0},
	} {
		if got := test.hours.Between(test.from, test.to, zone); got != test.want {
			t.Errorf("%v from %v to %v: %v, want %v", test.hours, test.from, test.to, got, test.want)
		}
	}
}

// evenings are 17–20 on weekdays; the world begins on a Monday at noon.
func evenings() mentoring.Hours {
	var spans []mentoring.Span
	for d := time.Monday; d <= time.Friday; d++ {
		spans = append(spans, mentoring.Span{Day: d, From: 17 * 60, To: 20 * 60})
	}
	return mentoring.NewHours(spans)
}

// TestFreeNow: the one predicate follows hours, `free for` and capacity.
func TestFreeNow(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	free := func() bool {
		var n int
		w.look(func(a *mentoring.Act) error {
			list, err := a.Mentors(mentee, false)
			n = len(list)
			return err
		})
		if n == 0 {
			w.refused("mentor.not_free", func(a *mentoring.Act) error { _, err := a.Choose(mentee, id); return err })
		}
		return n == 1
	}
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, evenings()) })
	if free() {
		t.Error("free at noon")
	}
	w.must(func(a *mentoring.Act) error { _, err := a.FreeFor(m, time.Hour); return err })
	if !free() {
		t.Error("not free when they said so")
	}
	w.later(time.Hour)
	if free() {
		t.Error("free when the hour was over")
	}
	w.later(4*time.Hour - time.Millisecond)
	if free() {
		t.Error("free before 17")
	}
	w.later(time.Millisecond)
	if !free() {
		t.Error("not free at 17")
	}
	w.must(func(a *mentoring.Act) error { return a.SetCapacity(m, 1) })
	w.choose(w.mentee("Suo"), id)
	if free() {
		t.Error("free when full")
	}
	w.refused("capacity.bounds", func(a *mentoring.Act) error { return a.SetCapacity(m, 4) })
	w.refused("capacity.bounds", func(a *mentoring.Act) error { return a.SetCapacity(m, 0) })
	w.must(func(a *mentoring.Act) error { return a.SetCapacity(m, 3) })
	if !free() {
		t.Error("not free with two places")
	}
	told := w.must(func(a *mentoring.Act) error { return a.SetCeiling(staff, id, 1) })
	w.same(told, mentoring.Notify{Member: m.ID, Text: mentoring.T("capacity.by_staff", "n", 1)})
	if free() {
		t.Error("free above the ceiling")
	}
	w.refused("capacity.bounds", func(a *mentoring.Act) error { return a.SetCapacity(m, 2) })
	w.refused("capacity.bounds", func(a *mentoring.Act) error { return a.SetCeiling(staff, id, 4) })
	w.refused("not_allowed", func(a *mentoring.Act) error { return a.SetCeiling(m, id, 2) })
	w.refused("free.too_long", func(a *mentoring.Act) error { _, err := a.FreeFor(m, 13*time.Hour); return err })
	w.must(func(a *mentoring.Act) error { return a.GoAway(m, time.Time{}, "") })
	w.refused("free.away", func(a *mentoring.Act) error { _, err := a.FreeFor(m, time.Hour); return err })
	w.refused("mentor.not_one", func(a *mentoring.Act) error { return a.SetHours(mentee, nil) })
}

// TestLimitIsTheLeast: of what the mentor wants, what staff allow and what the
// service allows, also when that became less later.
func TestLimitIsTheLeast(t *testing.T) {
	rules := &mentoring.Rules{MentorCapacity: 4}
	for _, c := range []struct{ capacity, ceiling, want int }{
		{0, 0, 4}, {3, 0, 3}, {9, 0, 4}, {0, 2, 2}, {3, 2, 2}, {1, 2, 1}, {0, 9, 4}, {9, 9, 4},
	} {
		v := mentoring.Availability{Capacity: c.capacity, Ceiling: c.ceiling}
		if got := v.Limit(rules); got != c.want {
			t.Errorf("wants %d, allowed %d: %d, want %d", c.capacity, c.ceiling, got, c.want)
		}
	}
}

// TestTooManyHours: a week has room for so many; a ceiling that changes nothing is
// not told.
func TestTooManyHours(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	var many mentoring.Hours
	for i := range 31 {
		many = append(many, mentoring.Span{Day: time.Weekday(i % 7), From: 60 * (i / 7), To: 60*(i/7) + 30})
	}
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, many[:30]) })
	w.refused("hours.too_many", func(a *mentoring.Act) error { return a.SetHours(m, many) })
	for n, told := range map[int]int{3: 0, 2: 1} {
		effects := w.must(func(a *mentoring.Act) error { return a.SetCeiling(staff, id, n) })
		if got := notified(effects, m.ID, "capacity.by_staff"); got != told {
			t.Errorf("a ceiling of %d: told %d times, want %d", n, got, told)
		}
		w.must(func(a *mentoring.Act) error { return a.SetCeiling(staff, id, 3) })
	}
}
