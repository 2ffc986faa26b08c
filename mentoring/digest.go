package mentoring

import (
	"fmt"
	"slices"
	"time"
)

// Tallies that the service itself keeps about its own telling, and those that a
// mentor gives.
const (
	TallyDigest  TallyName = "digest"  // the month's digest has been told
	TallyHours   TallyName = "hours"   // that the mentor says they used in the quarter; under its last month
	TallySummary TallyName = "summary" // the quarter's summary has been given
	tallyTheme             = "theme."  // and the key of a topic, of a quarter's summary
)

// digestHour is from when on the first day of a month the last one is told of.
const digestHour = 9

// digests tell each mentor, once, what they did in the month that is over
// (feature A13), and at the end of a quarter ask for their summary (A12). A
// mentor who did nothing is told nothing. It does a bounded part.
func (a *Act) digests() (more bool, err error) {
	local := a.Now.In(a.zone())
	if local.Day() == 1 && local.Hour() < digestHour {
		return false, nil
	}
	first := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, a.zone())
	month := first.AddDate(0, 0, -1)
	due, err := a.Tx.Undigested(DefaultProgramme, month.Format("2006-01"), first, tickBatch)
	if err != nil {
		return false, fmt.Errorf("undigested: %w", err)
	}
	for _, s := range due {
		if err := a.digest(s, month); err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch, nil
}

func (a *Act) digest(s Membership, month time.Time) error {
	name := month.Format("2006-01")
	t, err := a.Tx.Tallies(s.ID, name)
	if err != nil {
		return fmt.Errorf("tallies: %w", err)
	}
	if err := a.Tx.Tally(s.ID, name, TallyDigest, 1); err != nil {
		return fmt.Errorf("tally: %w", err)
	}
	if t[TallyTalks] > 0 {
		text := T("digest.month", "month", month.Format("1/2006"), "talks", t[TallyTalks], "new", t[TallyNew], "replies", t[TallyReplies])
		if t[TallyThanks] > 0 {
			text = T("digest.thanked", "month", month.Format("1/2006"), "talks", t[TallyTalks], "new", t[TallyNew],
				"replies", t[TallyReplies], "thanks", t[TallyThanks], "thanked", t[TallyThanked])
		}
		a.Do(Notify{Member: s.Member, Text: text})
	}
	helped, answers, err := a.helpedShare(s.ID)
	if err != nil {
		return err
	}
	if answers > 0 { // enough of them that nobody's answer shows
		a.Do(Notify{Member: s.Member, Text: T("digest.helped", "helped", helped, "answers", answers)})
	}
	if month.Month()%3 != 0 {
		return nil
	}
	q, err := a.quarter(s, month)
	if err == nil && q.Talks > 0 {
		a.Do(Notify{Member: s.Member, Text: T("summary.ask", "quarter", q.Name)})
	}
	return err
}

// Summary is what a mentor tells staff of a quarter: figures and themes, never
// anybody (feature A12).
type Summary struct {
	Name                        string // "4/2026"
	Talks, New, Replies, Thanks int64
	Hours                       int64
	Themes                      []string // keys of topics
	Given                       int      // of how many mentors; 1 when a mentor has given theirs
	Mentors                     int
	month                       string // the last of the quarter
}

// lastQuarter is a day in the last month of the quarter that is over.
func (a *Act) lastQuarter() time.Time {
	local := a.Now.In(a.zone())
	begun := time.Month((int(local.Month())-1)/3*3 + 1)
	return time.Date(local.Year(), begun, 1, 0, 0, 0, 0, a.zone()).AddDate(0, 0, -1)
}

// quarter adds up the months of the quarter that ends with a month.
func (a *Act) quarter(s Membership, last time.Time) (Summary, error) {
	sum := Summary{Name: fmt.Sprintf("%d/%d", (last.Month()+2)/3, last.Year()), month: last.Format("2006-01")}
	for i := range 3 {
		month := time.Date(last.Year(), last.Month()-time.Month(i), 1, 0, 0, 0, 0, a.zone()).Format("2006-01")
		t, err := a.Tx.Tallies(s.ID, month)
		if err != nil {
			return sum, fmt.Errorf("tallies: %w", err)
		}
		sum.Talks += t[TallyTalks]
		sum.New += t[TallyNew]
		sum.Replies += t[TallyReplies]
		sum.Thanks += t[TallyThanks]
		if month != sum.month {
			continue
		}
		sum.Hours, sum.Given = t[TallyHours], int(t[TallySummary])
		for _, key := range a.Rules.Topics {
			if t[tallyTheme+TallyName(key)] > 0 {
				sum.Themes = append(sum.Themes, key)
			}
		}
	}
	return sum, nil
}

// OwnSummary is a mentor's last quarter, with what is known of it.
func (a *Act) OwnSummary(m Member) (Summary, error) {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return Summary{}, err
	}
	return a.quarter(s, a.lastQuarter())
}

// summaryHoursMax bounds what one mentor can have used in a quarter.
const summaryHoursMax = 500

// GiveSummary keeps a mentor's own part of the last quarter's summary: the hours
// they used and the themes. It is given once.
func (a *Act) GiveSummary(m Member, hours int, themes []string) error {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return err
	}
	if hours < 0 || hours > summaryHoursMax {
		return Refuse("summary.hours_bounds", "max", summaryHoursMax)
	}
	q, err := a.quarter(s, a.lastQuarter())
	if err != nil {
		return err
	}
	if q.Given > 0 {
		return Refuse("summary.given")
	}
	add := map[TallyName]int64{TallyHours: int64(hours), TallySummary: 1}
	for _, key := range themes {
		if slices.Contains(a.Rules.Topics, key) {
			add[tallyTheme+TallyName(key)] = 1
		}
	}
	if err := a.countHours(s, int64(hours)); err != nil {
		return err
	}
	for name, n := range add {
		if n == 0 {
			continue
		}
		if err := a.Tx.Tally(s.ID, q.month, name, n); err != nil {
			return fmt.Errorf("tally: %w", err)
		}
	}
	return nil
}

// StaffSummary adds up the last quarter of all mentors of the staff member's
// programme and unit. Themes come as often as mentors named them.
func (a *Act) StaffSummary(staff Member) (Summary, error) {
	records, err := a.MentorRecords(staff)
	if err != nil {
		return Summary{}, err
	}
	last := a.lastQuarter()
	total := Summary{Name: fmt.Sprintf("%d/%d", (last.Month()+2)/3, last.Year()), Mentors: len(records)}
	for _, r := range records {
		q, err := a.quarter(r.Membership, last)
		if err != nil {
			return total, err
		}
		total.Talks += q.Talks
		total.New += q.New
		total.Replies += q.Replies
		total.Thanks += q.Thanks
		total.Hours += q.Hours
		total.Given += q.Given
		total.Themes = append(total.Themes, q.Themes...)
	}
	return total, nil
}
