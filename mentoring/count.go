package mentoring

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Counters are kept as things happen, in the transaction of what happens, and
// are never taken from people's rows: they stay right when people are deleted,
// and cost the same however much there is. See docs/figures.md for what each
// means to those who read it.
const (
	// CountWroteSoon is under the month of registration: first messages that came
	// before the end of the month after it. CountWroteLater is under the month in
	// which the message came. Together they are CountFirstMessages.
	CountWroteSoon  CounterName = "wrote_soon"
	CountWroteLater CounterName = "wrote_later"

	// Conversations of a mentee and a mentor: the first message, the end of one in
	// which something was written. Those that go on are the difference.
	CountOpened CounterName = "opened"
	CountEnded  CounterName = "ended"
	// CountFirstReply is how long a mentor's first reply took; About: the bucket
	// ("h0004": up to four hours; see ReplyBuckets).
	CountFirstReply CounterName = "first_reply"

	// CountMentees is how many mentees wrote, CountMentors how many mentors; each
	// is counted once in a month ("2026-11"), once in a quarter ("2026-Q4") and once
	// in a year ("2026"). About of the mentors: the number of their training round.
	CountMentees CounterName = "mentees"
	CountMentors CounterName = "mentors"
	// CountNew and CountReturning are the mentees who wrote in a week ("2026-W47"):
	// for the first time in their life, or not.
	CountNew       CounterName = "week_new"
	CountReturning CounterName = "week_returning"

	// CountTrained is how many staff noted as trained; About: the number of the
	// training round. What they correct is taken back in the month of correcting.
	CountTrained CounterName = "trained"
	// CountHours and CountReports are the hours that mentors reported, and how many
	// mentors did, under the month in which they reported: what is counted in a
	// month that is over never changes, so that two reports of it cannot differ.
	CountHours   CounterName = "hours"
	CountReports CounterName = "hour_reports"

	CountCasesOpened CounterName = "cases_opened" // About: kind
	CountCasesClosed CounterName = "cases_closed" // About: kind "/" outcome

	// CountNobody is beside CountNotFound: there was nobody at all, free or not.
	CountNobody CounterName = "nobody"

	// What the people are asked (feedback). About is the question's number and what
	// else tells answers apart, joined by "/"; never words of a person.
	CountAsked    CounterName = "asked"    // question
	CountAnswered CounterName = "answered" // question "/" way "/" answer
	CountSkipped  CounterName = "skipped"  // question "/" "skip", "later" or "never"
	// CountFeedback is what came by itself; About: the way it came.
	CountFeedback CounterName = "feedback"
	// CountHelped is the tap at closing: role "/" answer "/" way; CountWhyEnded the
	// reason, in the same way.
	CountHelped   CounterName = "helped"
	CountWhyEnded CounterName = "why_ended"
	CountThanks   CounterName = "thanks"
	CountIdeas    CounterName = "ideas" // About: role
)

// countIn adds to a counter of a period.
func (a *Act) countIn(name CounterName, period, about string, p Programme, u Unit, trial bool, n int64) error {
	c := Counter{Name: name, Month: period, About: about, Programme: p, Unit: u, Trial: trial}
	if err := a.Tx.Count(c, n); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	return nil
}

// countAbout adds one to a counter of this month.
func (a *Act) countAbout(name CounterName, about string, p Programme, u Unit, trial bool) error {
	return a.countIn(name, a.month(), about, p, u, trial, 1)
}

// countOf is countAbout for a conversation of a mentee and a mentor; others are
// in no figure.
func (a *Act) countOf(c *Conversation, name CounterName, about string) error {
	if c.Kind != KindMentoring {
		return nil
	}
	return a.countAbout(name, about, c.Programme, c.Unit, c.Trial)
}

// countEnd counts the end of a conversation that is about to end.
func (a *Act) countEnd(c *Conversation) error {
	if c.State != Open {
		return nil
	}
	return a.countOf(c, CountEnded, "")
}

// countCase counts a case by kind, and when it is closed by outcome.
func (a *Act) countCase(name CounterName, c *Case, outcome string, trial bool) error {
	about := string(c.Kind)
	if outcome != "" {
		about += "/" + outcome
	}
	return a.countAbout(name, about, c.Programme, c.Unit, trial)
}

// countClosed counts a case that staff closed.
func (a *Act) countClosed(c *Case, outcome string) error {
	opener, err := a.Tx.Member(c.Opener)
	if err != nil {
		return fmt.Errorf("member: %w", err)
	}
	return a.countCase(CountCasesClosed, c, outcome, opener.Trial)
}

// countFirst counts a mentee's first message, soon after they registered or not.
func (a *Act) countFirst(s *Membership, trial bool) error {
	registered := s.Created.In(a.zone())
	soon := time.Date(registered.Year(), registered.Month()+2, 1, 0, 0, 0, 0, a.zone())
	if a.Now.Before(soon) {
		return a.countIn(CountWroteSoon, registered.Format("2006-01"), "", s.Programme, s.Unit, trial, 1)
	}
	return a.countAbout(CountWroteLater, "", s.Programme, s.Unit, trial)
}

// ReplyBuckets are the upper ends by which first replies are counted; the last
// has none.
func ReplyBuckets() []time.Duration {
	return []time.Duration{
		time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour,
		48 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour, 0,
	}
}

// bucketName is what a bucket is called in a counter: sorted as they are long.
func bucketName(upTo time.Duration) string {
	if upTo == 0 {
		return "longer"
	}
	return fmt.Sprintf("h%04d", upTo/time.Hour)
}

// countFirstReply counts how long a mentor's first reply took.
func (a *Act) countFirstReply(c *Conversation, after time.Duration) error {
	for _, upTo := range ReplyBuckets() {
		if upTo == 0 || after <= upTo {
			return a.countOf(c, CountFirstReply, bucketName(upTo))
		}
	}
	return nil
}

// countHours counts what a mentor reported of a quarter.
func (a *Act) countHours(s Membership, hours int64) error {
	if err := a.countIn(CountHours, a.month(), "", s.Programme, s.Unit, false, hours); err != nil {
		return err
	}
	return a.countAbout(CountReports, "", s.Programme, s.Unit, false)
}

// countTrained counts a training that staff noted, and takes one back that they
// noted otherwise.
func (a *Act) countTrained(s Membership, before, after Preparation) error {
	if before.Trained.Equal(after.Trained) && before.Round == after.Round {
		return nil
	}
	for _, change := range []struct {
		p Preparation
		n int64
	}{{before, -1}, {after, 1}} {
		if change.p.Trained.IsZero() {
			continue
		}
		round, err := a.roundNumber(change.p.Round)
		if err != nil {
			return err
		}
		if err = a.countIn(CountTrained, a.month(), round, s.Programme, s.Unit, false, change.n); err != nil {
			return err
		}
	}
	return nil
}

// settingRounds keeps the training rounds in the order in which they were first
// named. Counters have their numbers, since a counter is not sealed.
const settingRounds = "figures.rounds"

// Rounds are the training rounds by number, the first is 1.
func (a *Act) Rounds() ([]string, error) {
	kept, err := a.Tx.Setting(settingRounds)
	if err != nil {
		return nil, fmt.Errorf("setting: %w", err)
	}
	var rounds []string
	if kept == "" {
		return nil, nil
	}
	if err = json.Unmarshal([]byte(kept), &rounds); err != nil {
		return nil, fmt.Errorf("training rounds: %w", err)
	}
	return rounds, nil
}

// roundNumber is the number of a training round; "0" for who is in none.
func (a *Act) roundNumber(name string) (string, error) {
	if name == "" {
		return "0", nil
	}
	rounds, err := a.Rounds()
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(rounds, func(r string) bool { return strings.EqualFold(r, name) }); i >= 0 {
		return strconv.Itoa(i + 1), nil
	}
	rounds = append(rounds, name)
	kept, err := json.Marshal(rounds)
	if err != nil {
		return "", fmt.Errorf("training rounds: %w", err)
	}
	if err = a.Tx.PutSetting(settingRounds, string(kept)); err != nil {
		return "", fmt.Errorf("put setting: %w", err)
	}
	return strconv.Itoa(len(rounds)), nil
}

// freshPeriod says whether now is another week or month than that of a day.
func (a *Act) freshPeriod(day time.Time) bool {
	if day.IsZero() {
		return true
	}
	day = day.In(a.zone())
	return weekOf(day) != a.week() || day.Format("2006-01") != a.month()
}

// wroteAnew counts a mentee or a mentor who writes for the first time in a week
// or month in one of their conversations; in another they may have already.
func (a *Act) wroteAnew(c *Conversation, p *Participant) error {
	if p.Membership == 0 || p.Role != Mentee && p.Role != Mentor {
		return nil
	}
	s, err := a.Tx.Membership(p.Membership)
	if err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	if !a.freshPeriod(s.Wrote) {
		return nil
	}
	last := periods{}
	if !s.Wrote.IsZero() {
		last = periodsOf(s.Wrote.In(a.zone()))
	}
	s.Wrote = a.day()
	if err = a.putMembership(&s); err != nil {
		return err
	}
	now := periodsOf(a.Now.In(a.zone()))
	name, about := CountMentees, ""
	if p.Role == Mentor {
		prepared, err := a.preparation(s.ID)
		if err != nil {
			return err
		}
		name = CountMentors
		if about, err = a.roundNumber(prepared.Round); err != nil {
			return err
		}
	} else if now.week != last.week {
		kind := CountNew
		if first := s.FirstMessage; !first.IsZero() && weekOf(first.In(a.zone())) != now.week {
			kind = CountReturning
		}
		if err = a.countIn(kind, now.week, "", c.Programme, c.Unit, c.Trial, 1); err != nil {
			return err
		}
	}
	for i, period := range now.long {
		if period == last.long[i] {
			continue
		}
		if err = a.countIn(name, period, about, c.Programme, c.Unit, c.Trial, 1); err != nil {
			return err
		}
	}
	return nil
}

// periods are what a moment is in, as counters name them.
type periods struct {
	week string
	long [3]string // month, quarter, year
}

func periodsOf(at time.Time) periods {
	return periods{weekOf(at), [3]string{
		at.Format("2006-01"), fmt.Sprintf("%04d-Q%d", at.Year(), (at.Month()+2)/3), fmt.Sprintf("%04d", at.Year()),
	}}
}

func weekOf(at time.Time) string {
	year, week := at.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

// week is the week in the service's zone, as counters have it.
func (a *Act) week() string { return weekOf(a.Now.In(a.zone())) }
