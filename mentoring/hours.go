package mentoring

import (
	"cmp"
	"slices"
	"time"
)

// DayMinutes is how many minutes a day has on the wall clock; [Span.To] of a
// span that lasts until midnight.
const DayMinutes = 24 * 60

// Span is a time of the week, by the wall clock of the service's zone: what it
// lasts in hours is another thing on the two days when the clocks are changed.
type Span struct {
	Day      time.Weekday
	From, To int // minutes from midnight; From < To <= DayMinutes
}

// Hours are when a mentor reads messages every week, in order and without
// overlaps. None at all: whenever.
type Hours []Span

// NewHours puts spans in order and joins those that touch. One that ends before
// it begins goes on after midnight; one that is empty is left out.
func NewHours(spans []Span) Hours {
	var all []Span
	for _, s := range spans {
		switch {
		case s.To > s.From:
			all = append(all, s)
		case s.To < s.From:
			all = append(all, Span{s.Day, s.From, DayMinutes})
			if s.To > 0 {
				all = append(all, Span{(s.Day + 1) % 7, 0, s.To})
			}
		}
	}
	slices.SortFunc(all, func(a, b Span) int { return cmp.Or(weekday(a.Day)-weekday(b.Day), a.From-b.From) })
	var joined Hours
	for _, s := range all {
		if n := len(joined); n > 0 && joined[n-1].Day == s.Day && s.From <= joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, s.To)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// weekday counts from Monday.
func weekday(d time.Weekday) int { return (int(d) + 6) % 7 }

// at is a minute of the day that begins at midnight. A minute that the change of
// the clocks leaves out is the moment of the change, more or less an hour: the
// standard library decides.
func (s Span) at(midnight time.Time, minute int) time.Time {
	y, m, d := midnight.Date()
	return time.Date(y, m, d, 0, minute, 0, 0, midnight.Location())
}

// Week is for how long the mentor reads in a week; none: zero.
func (h Hours) Week() (sum time.Duration) {
	for _, s := range h {
		sum += time.Duration(s.To-s.From) * time.Minute
	}
	return sum
}

// Open says whether the mentor reads at that moment.
func (h Hours) Open(at time.Time, zone *time.Location) bool {
	return len(h) == 0 || h.Next(at, zone).Equal(at)
}

// Next is the first moment from at on in which the mentor reads: at itself when
// they do. Without hours it is always at.
func (h Hours) Next(at time.Time, zone *time.Location) time.Time {
	if len(h) == 0 {
		return at
	}
	y, m, d := at.In(zone).Date()
	for i := range 9 { // a week, and one day more on either side for the clocks
		midnight := time.Date(y, m, d+i, 0, 0, 0, 0, zone)
		for _, s := range h {
			if s.Day != midnight.Weekday() {
				continue
			}
			from, to := s.at(midnight, s.From), s.at(midnight, s.To)
			switch {
			case !from.Before(to) || !at.Before(to):
			case at.Before(from):
				return from
			default:
				return at
			}
		}
	}
	return at
}

// Between is for how long the mentor reads between two moments.
func (h Hours) Between(from, to time.Time, zone *time.Location) (sum time.Duration) {
	if len(h) == 0 {
		return max(0, to.Sub(from))
	}
	y, m, d := from.In(zone).Date()
	for i := 0; ; i++ {
		midnight := time.Date(y, m, d+i, 0, 0, 0, 0, zone)
		if !midnight.Before(to) {
			return sum
		}
		for _, s := range h {
			if s.Day != midnight.Weekday() {
				continue
			}
			begin, end := s.at(midnight, s.From), s.at(midnight, s.To)
			if begin.Before(from) {
				begin = from
			}
			if end.After(to) {
				end = to
			}
			sum += max(0, end.Sub(begin))
		}
	}
}

// Reads says whether the mentor reads messages at that moment: in their hours,
// or because they have said that they are free for a while.
func (v *Availability) Reads(at time.Time, zone *time.Location) bool {
	return v.FreeUntil.After(at) || v.Hours.Open(at, zone)
}

// ReadsAgain is the first moment from at on in which the mentor reads.
func (v *Availability) ReadsAgain(at time.Time, zone *time.Location) time.Time {
	if v.FreeUntil.After(at) {
		return at
	}
	return v.Hours.Next(at, zone)
}
