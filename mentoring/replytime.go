package mentoring

import (
	"fmt"
	"time"
)

// ReplyTime says in words how soon a mentor typically answers somebody new; its
// words are in locale/ under reply. Empty: not enough is known (feature F10).
type ReplyTime string

// The reply times, shortest first.
const (
	WithinHour  ReplyTime = "hour"
	WithinHours ReplyTime = "hours"
	WithinDay   ReplyTime = "day"
	WithinDays  ReplyTime = "days"
	Later       ReplyTime = "later"
)

// replyTimes are the buckets of the samples, by their upper ends.
func replyTimes() []struct {
	name ReplyTime
	upTo time.Duration
} {
	return []struct {
		name ReplyTime
		upTo time.Duration
	}{
		{WithinHour, time.Hour}, {WithinHours, 6 * time.Hour}, {WithinDay, 24 * time.Hour}, {WithinDays, 72 * time.Hour}, {Later, 0},
	}
}

const (
	replyDays  = 30 // that samples count for, and are kept
	replyLeast = 5  // samples; fewer would tell of one conversation
)

// epochDay numbers the days, in the service's zone.
func (a *Act) epochDay() int {
	y, m, d := a.Now.In(a.zone()).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// sampleReply keeps how soon a mentor first answered in a conversation: one more
// in the day's bucket, nothing else.
func (a *Act) sampleReply(id MembershipID, after time.Duration) error {
	bucket := 0
	for i, r := range replyTimes() {
		if bucket = i; r.upTo == 0 || after <= r.upTo {
			break
		}
	}
	day := a.epochDay()
	if err := a.Tx.AddReply(id, day, bucket, day-replyDays); err != nil {
		return fmt.Errorf("add reply: %w", err)
	}
	return nil
}

// TypicalReply is the median of a mentor's first replies over 30 days.
func (a *Act) TypicalReply(id MembershipID) (ReplyTime, error) {
	counts, err := a.Tx.Replies(id, a.epochDay()-replyDays)
	if err != nil {
		return "", fmt.Errorf("replies: %w", err)
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if total < replyLeast {
		return "", nil
	}
	seen := 0
	for bucket, r := range replyTimes() {
		if seen += counts[bucket]; 2*seen >= total {
			return r.name, nil
		}
	}
	return Later, nil
}
