package year

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // hours are by the wall clock of a zone
)

// Bounds are what was promised; the recount counts what breaks it.
type Bounds struct {
	Offer time.Duration // a mentee has an answer or an offer after that
	Awake time.Duration // a mentor's leg is open so long after they wrote in it
	Ask   time.Duration // a mentee is asked so soon after their mentor stopped
}

// Figures are what the journal says of the year.
type Figures struct {
	Mentors, Mentees, Stopped                   int
	Conversations, Messages, Held               int // Held: that waited for hours
	Waitings, Answered, Reminded, Offered       int
	Staff, Nobody, GaveUp, Asked                int
	Silent, Overfull, Quiet, Late, Twice, OutOf int           // broken promises; see Broken
	Longest                                     time.Duration // until an answer or an offer
	Median                                      time.Duration // until the first answer
	Gini                                        float64
	first                                       []time.Duration
}

// Broken lists the promises that were not kept.
func (f *Figures) Broken() (list []string) {
	for _, b := range []struct {
		n    int
		what string
	}{
		{f.Silent, "mentees had neither an answer nor an offer in time"},
		{f.Overfull, "times a mentor had more conversations than their limit"},
		{f.Quiet, "messages came outside of a mentor's hours"},
		{f.Late, "mentees were not asked in time when their mentor stopped"},
		{f.Twice, "things were told twice in one waiting"},
		{f.OutOf, "reminders came outside of the mentor's hours"},
	} {
		if b.n > 0 {
			list = append(list, fmt.Sprintf("%d %s", b.n, b.what))
		}
	}
	return list
}

// String prints the figures.
func (f *Figures) String() string {
	return fmt.Sprintf(`mentors %d (%d stopped), mentees %d
conversations with a message %d, messages %d, of which waited for the mentor's hours %d
waitings %d, answered %d, longest until an answer or an offer %v, median until the first answer %v
reminders %d, offers %d, staff told %d
nobody free %d times, %d mentees gave up; asked how to go on %d
neither answer nor offer in time %d, above the limit %d, in quiet hours %d (reminders %d), asked late %d, told twice %d
Gini of new conversations over available mentor-hours %.3f`,
		f.Mentors, f.Stopped, f.Mentees, f.Conversations, f.Messages, f.Held,
		f.Waitings, f.Answered, f.Longest.Round(time.Minute), f.Median.Round(time.Minute),
		f.Reminded, f.Offered, f.Staff, f.Nobody, f.GaveUp, f.Asked,
		f.Silent, f.Overfull, f.Quiet, f.OutOf, f.Late, f.Twice, f.Gini)
}

type mentorCount struct {
	limit, open, new int
	spans            [][3]int
	away, stopped    bool
	stoppedAt        time.Time
	since            time.Time     // last change of whether they are available
	available        time.Duration // hours in which they could be chosen
}

type talkCount struct {
	mentor, mentee string
	opened, over   bool
	waits          time.Time // first unanswered message
	told           map[string]bool
	pending        int       // not shown to the mentor yet
	awake          time.Time // the mentor wrote
	everAnswered   bool
	begun          time.Time
	asked, mustAsk bool
	mustAskBefore  time.Time
}

type recount struct {
	f       Figures
	b       Bounds
	zone    *time.Location
	tick    time.Duration
	mentors map[string]*mentorCount
	talks   map[string]*talkCount
	last    time.Time
}

// Recount reads a journal and counts.
func Recount(in io.Reader, b Bounds) (*Figures, error) {
	r := &recount{b: b, zone: time.UTC, mentors: map[string]*mentorCount{}, talks: map[string]*talkCount{}}
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		f := strings.Fields(lines.Text())
		ms, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil || len(f) < 2 {
			return nil, fmt.Errorf("line %d: %q", n, lines.Text())
		}
		at := time.UnixMilli(ms)
		if at.Before(r.last) {
			return nil, fmt.Errorf("line %d: time goes back", n)
		}
		r.last = at
		if err := r.line(at, f[1], f[2:]); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	r.finish()
	return &r.f, lines.Err()
}

func (r *recount) line(at time.Time, what string, v []string) error {
	switch what {
	case jZone:
		zone, err := time.LoadLocation(v[0])
		r.zone = zone
		return err
	case jTick:
		n, err := strconv.Atoi(v[0])
		r.tick = time.Duration(n) * time.Minute
		return err
	case jMentee:
		r.f.Mentees++
	case jNobody:
		r.f.Nobody++
	case jGone:
		r.f.GaveUp++
	case jMentor:
		r.f.Mentors++
		r.mentors[v[0]] = &mentorCount{since: at}
	case jLimit, jHours, jAway, jBack, jStop:
		return r.mentor(at, what, v)
	case jStaff:
		r.f.Staff++
	case jTrial, jSearch, jTrain, jHoursUsed, jCase, jClosed: // of figures_test.go
	case jPlace:
		m := r.mentors[v[1]]
		r.change(m, at, func() { m.open++; m.new++ })
		if m.open > m.limit {
			r.f.Overfull++
		}
		r.talks[v[0]] = &talkCount{mentor: v[1], mentee: v[2], told: map[string]bool{}}
	default:
		c := r.talks[v[0]]
		if c == nil {
			return fmt.Errorf("unknown conversation %s", v[0])
		}
		r.talk(at, c, what, v)
	}
	return nil
}

func (r *recount) mentor(at time.Time, what string, v []string) error {
	m := r.mentors[v[0]]
	var fault error
	r.change(m, at, func() {
		switch what {
		case jLimit:
			m.limit, fault = strconv.Atoi(v[1])
		case jAway:
			m.away = true
		case jBack:
			m.away = false
		case jStop:
			m.stopped, m.stoppedAt = true, at
			r.f.Stopped++
			for _, c := range r.talks {
				if c.mentor == v[0] && c.opened && !c.over {
					c.mustAsk, c.mustAskBefore = true, at.Add(r.b.Ask)
				}
			}
		case jHours:
			m.spans = nil
			for part := range strings.SplitSeq(v[1], ",") {
				var s [3]int
				if _, err := fmt.Sscanf(part, "%d-%d-%d", &s[0], &s[1], &s[2]); err == nil {
					m.spans = append(m.spans, s)
				}
			}
		}
	})
	return fault
}

// change makes a change of a mentor, and counts before for how long they could
// be chosen since the last one.
func (r *recount) change(m *mentorCount, at time.Time, do func()) {
	if !m.away && !m.stopped && m.open < m.limit {
		m.available += r.reads(m, m.since, at)
	}
	m.since = at
	do()
}

// reads is for how long a mentor's hours are open between two moments: minute by
// minute would take long, so day by day.
func (r *recount) reads(m *mentorCount, from, to time.Time) (sum time.Duration) {
	if len(m.spans) == 0 {
		return to.Sub(from)
	}
	day := from.In(r.zone)
	for midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, r.zone); midnight.Before(to); midnight = midnight.AddDate(0, 0, 1) {
		for _, s := range m.spans {
			if int(midnight.Weekday()) != s[0] {
				continue
			}
			begin := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), s[1]/60, s[1]%60, 0, 0, r.zone)
			end := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), s[2]/60, s[2]%60, 0, 0, r.zone)
			if begin.Before(from) {
				begin = from
			}
			if end.After(to) {
				end = to
			}
			sum += max(0, end.Sub(begin))
		}
	}
	return sum
}

// inHours says whether a mentor reads at a moment, by the wall clock.
func (r *recount) inHours(m *mentorCount, at time.Time) bool {
	local := at.In(r.zone)
	minute := local.Hour()*60 + local.Minute()
	return len(m.spans) == 0 || slices.ContainsFunc(m.spans, func(s [3]int) bool {
		return s[0] == int(local.Weekday()) && s[1] <= minute && minute < s[2]
	})
}

func (r *recount) talk(at time.Time, c *talkCount, what string, v []string) {
	m := r.mentors[c.mentor]
	switch what {
	case jOpen:
		c.opened, c.begun = true, at
		r.f.Conversations++
	case jSay:
		r.f.Messages++
		r.said(at, c, v[1] == "mentee")
	case jShow:
		c.pending--
		if !r.inHours(m, at) && at.After(c.awake) {
			r.f.Quiet++
		}
	case jHoursTold:
		r.f.Held++
	case jRemind, jOffer:
		r.told(at, c, m, what)
	case jOver:
		if !c.over {
			r.change(m, at, func() { m.open-- })
		}
		c.over = true
		r.waited(c, at)
		c.waits = time.Time{}
	case jAsk:
		r.f.Asked++
		if c.asked = true; c.mustAsk && at.After(c.mustAskBefore) {
			r.f.Late++
		}
	}
}

func (r *recount) said(at time.Time, c *talkCount, byMentee bool) {
	if byMentee {
		c.pending++
		if c.waits.IsZero() {
			c.waits, c.told = at, map[string]bool{}
			r.f.Waitings++
		}
		return
	}
	c.awake = at.Add(r.b.Awake)
	if c.waits.IsZero() {
		return
	}
	r.waited(c, at)
	r.f.Answered++
	if !c.everAnswered {
		c.everAnswered = true
		r.f.first = append(r.f.first, at.Sub(c.begun))
	}
	c.waits = time.Time{}
}

func (r *recount) told(at time.Time, c *talkCount, m *mentorCount, what string) {
	if c.told[what] {
		r.f.Twice++
	}
	switch what {
	case jRemind:
		r.f.Reminded++
		if !r.inHours(m, at) {
			r.f.OutOf++
		}
	case jOffer:
		r.f.Offered++
		r.waited(c, at)
	}
	c.told[what] = true
}

// waited looks at how long a mentee waited for an answer, an offer or the end of
// the conversation, of which they are told.
func (r *recount) waited(c *talkCount, until time.Time) {
	if c.waits.IsZero() || c.told[jOffer] {
		return
	}
	d := until.Sub(c.waits)
	r.f.Longest = max(r.f.Longest, d)
	if d > r.b.Offer+r.tick {
		r.f.Silent++
	}
}

// finish counts what is still going on at the end of the journal.
func (r *recount) finish() {
	for _, c := range r.talks {
		r.waited(c, r.last)
		if c.mustAsk && !c.asked {
			r.f.Late++
		}
	}
	for _, m := range r.mentors {
		r.change(m, r.last, func() {})
	}
	slices.Sort(r.f.first)
	if n := len(r.f.first); n > 0 {
		r.f.Median = r.f.first[n/2]
	}
	r.f.Gini = r.gini()
}

// gini is how unevenly new conversations are spread over the hours in which
// mentors could be chosen: 0 when every such hour brings as many, whosever it is.
func (r *recount) gini() float64 {
	type share struct{ hours, talks float64 }
	var all []share
	var hours, talks float64
	for _, m := range r.mentors {
		s := share{m.available.Hours(), float64(m.new)}
		if s.hours > 0 {
			all = append(all, s)
			hours, talks = hours+s.hours, talks+s.talks
		}
	}
	slices.SortFunc(all, func(a, b share) int {
		switch x, y := a.talks/a.hours, b.talks/b.hours; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	area, x, y := 0.0, 0.0, 0.0
	for _, s := range all {
		nx, ny := x+s.hours/hours, y+s.talks/talks
		area += (nx - x) * (y + ny) / 2
		x, y = nx, ny
	}
	return 1 - 2*area
}
