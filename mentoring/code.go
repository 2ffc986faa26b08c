package mentoring

import "time"

// CodeKind says what a one-time code is for.
type CodeKind string

// The kinds of one-time code.
const (
	CodeMentor   CodeKind = "mentor"
	CodeTrial    CodeKind = "trial"
	CodeReferral CodeKind = "referral"
)

// Code is a one-time code that staff give to a person. Only a keyed hash of it
// is kept; the store computes it.
type Code struct {
	Kind      CodeKind
	Programme Programme
	Unit      Unit
	Topic     string
	Giver     MemberID // who sees whether it was used, and nothing else of it
	Created   time.Time
	Expires   time.Time
	Used      bool
}

// Counter is a figure that outlives the accounts it came from. Month is
// "2026-11" in the service's zone; counters of a week have "2026-W47" there.
type Counter struct {
	Name      CounterName
	Month     string
	About     string // a topic's key, a mentor's number; "" for most
	Programme Programme
	Unit      Unit
	Trial     bool
}

// Counted is a counter with its value.
type Counted struct {
	Counter
	Value int64
}

// CounterName names a Counter.
type CounterName string

// The counters kept from the first schema on (features I1, I2). FirstMessages
// is counted under the month of registration, so that the two give the metric.
const (
	CountRegistered    CounterName = "registered"
	CountFirstMessages CounterName = "first_messages"
	CountMessages      CounterName = "messages"
	CountTalkDays      CounterName = "talk_days"
	// CountDeleted is how many people were deleted: by themselves, or because
	// they were inactive. It is the proof that it was done, and names nobody.
	CountDeleted CounterName = "deleted"
)

// The counters of a week (feature I11): what people look for and do not find.
const (
	CountSearched CounterName = "searched"  // About: topic
	CountNotFound CounterName = "not_found" // About: topic; nobody was free, or there was nobody
	CountCardSeen CounterName = "card_seen"
)
