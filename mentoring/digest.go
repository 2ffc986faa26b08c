package mentoring

import (
	"fmt"
	"time"
)

// Tallies that the service itself keeps about its own telling, and those that a
// mentor gives.
const (
	TallyDigest  TallyName = "digest"  // the month's digest has been told
	TallyHours   TallyName = "hours"   // that the mentor says they used in the quarter; under its last month
	TallySummary TallyName = "summary" // the quarter's summary has been given
	tallyTheme             = "theme."  // and the key of a topic, of a quarter's summary
	tallySought            = "sought." // and the key of a topic: conversations that began with it
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
