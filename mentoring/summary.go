package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Summary is what a mentor tells staff of a quarter: figures and themes, never
// anybody (feature A12).
type Summary struct {
	Name                        string // "4/2026"
	Talks, New, Replies, Thanks int64
	Hours                       int64
	Themes                      []string // keys of topics
	// What is proposed to a mentor who has not given theirs: a quarter of an hour
	// for each answer, in whole hours, at least one; and the topics that people
	// looked for when they came to them, or else those of their card.
	LikelyHours  int64
	LikelyThemes []string
	Given        int // of how many mentors; 1 when a mentor has given theirs
	Mentors      int
	month        string // the last of the quarter
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
	sought := map[string]bool{}
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
		for _, key := range a.Rules.Topics {
			sought[key] = sought[key] || t[tallySought+TallyName(key)] > 0
		}
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
	sum.LikelyHours = (sum.Replies + repliesInHour - 1) / repliesInHour
	for _, key := range a.Rules.Topics {
		if sought[key] {
			sum.LikelyThemes = append(sum.LikelyThemes, key)
		}
	}
	return sum, nil
}

// repliesInHour is how many answers are taken for an hour.
const repliesInHour = 4

// ownQuarter is a mentor's quarter with what is proposed to them.
func (a *Act) ownQuarter(s Membership) (Summary, error) {
	sum, err := a.quarter(s, a.lastQuarter())
	if err != nil || len(sum.LikelyThemes) > 0 || sum.Talks == 0 {
		return sum, err
	}
	card, err := a.Tx.Card(s.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return sum, fmt.Errorf("card: %w", err)
	}
	for _, key := range a.Rules.Topics {
		if slices.Contains(card.Topics, key) {
			sum.LikelyThemes = append(sum.LikelyThemes, key)
		}
	}
	return sum, nil
}

// Sought keeps, for the mentor's own summary, with which topics somebody came to
// them; of the person nothing, and nothing of those on trial.
func (a *Act) Sought(c *Conversation, topics []string) error {
	mentor := c.mentorOf()
	if mentor == nil || c.Trial {
		return nil
	}
	for _, key := range unique(topics) {
		if !slices.Contains(a.Rules.Topics, key) {
			continue
		}
		if err := a.tally(mentor.Membership, tallySought+TallyName(key), 1); err != nil {
			return err
		}
	}
	return nil
}

// OwnSummary is a mentor's last quarter, with what is known of it.
func (a *Act) OwnSummary(m Member) (Summary, error) {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return Summary{}, err
	}
	return a.ownQuarter(s)
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
