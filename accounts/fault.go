package accounts

import (
	"fmt"
	"time"
)

// Fault is something that the homeserver did not do. Its text never quotes what
// came from outside, which may name people.
type Fault struct {
	doing     string
	status    int    // HTTP status; 0: no answer
	code      string // errcode, of letters only
	reason    string // what to put right, where that is known
	transient bool
	cannot    bool
	after     time.Duration
}

// Error says what was being done, and the class of what went wrong.
func (f *Fault) Error() string {
	switch {
	case f.reason != "":
		return f.doing + ": " + f.reason
	case f.status == 0:
		return f.doing + ": no answer from the homeserver"
	}
	return fmt.Sprintf("%s: HTTP %d %s", f.doing, f.status, f.code)
}

// Transient says whether the same may work later without anyone changing
// anything: a network error, 429, a 5xx.
func (f *Fault) Transient() bool { return f.transient }

// After is how long the homeserver wishes us to wait; 0 if it said nothing.
func (f *Fault) After() time.Duration { return f.after }

// misconfigured is a fault that only the operator can put right; it keeps
// nothing of what the homeserver said.
func misconfigured(doing, reason string) error { return &Fault{doing: doing, reason: reason} }

// unable is the fault of asking a provider for what it cannot do.
func unable(doing string) error {
	return &Fault{doing: doing, reason: "this provider cannot", cannot: true}
}
