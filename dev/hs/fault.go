package hs

import "time"

// Call is a request of the appservice (or of a client) as [Options.Fault] sees it.
type Call struct {
	Method string
	Route  string // method and path with * for what varies: "PUT rooms/*/send/*/*"
	N      int    // the how-manieth of its route, from 1
	User   string // who acts
	Device string // with which device; "" if none was named
}

// Fault is what goes wrong with one request. Delay comes first; then, with
// After, the request takes effect; then Status or Cut replace the answer.
type Fault struct {
	Delay      time.Duration
	Status     int           // answered instead of the true answer, e.g. 429 or 502
	RetryAfter time.Duration // with 429: as retry_after_ms and as Retry-After
	Cut        bool          // the connection ends without an answer
	After      bool          // the request took effect before Status or Cut
}

// Push is one attempt to deliver a transaction, as [Options.PushFault] sees it.
type Push struct {
	N       int // the how-manieth attempt of all, from 1
	Attempt int // the how-manieth of this transaction, from 1
	Events  int
	// Recovered: the transaction before this one had failed at first.
	Recovered bool
}

// PushFault is what goes wrong with one attempt.
type PushFault struct {
	Delay time.Duration
	// Unsent: the appservice never sees this attempt.
	Unsent bool
	// Lost: the appservice's answer does not arrive; the same comes again.
	Lost bool
	// Torn: the body ends in the middle.
	Torn bool
	// Again: these events come once more in the next transaction, under its
	// ID, as Synapse and Dendrite have been seen to do.
	Again bool
	// Strand: the transaction stays behind, and later ones go first, until an
	// attempt fails: then what stayed behind comes before all others. Synapse
	// does so to a transaction that is made at the moment in which it finishes
	// catching up after a failure.
	Strand bool
}

// fails says whether the attempt counts as failed, whatever the answer was.
func (f PushFault) fails() bool { return f.Unsent || f.Lost || f.Torn }
