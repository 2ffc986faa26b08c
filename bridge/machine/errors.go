package machine

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// Why an event cannot be read. They are final for the event unless they say
// otherwise.
var (
	// ErrForged says that an event is not what it claims to be: another person's
	// session, another room's message, or a repetition under a new event ID.
	ErrForged = errors.New("the event is not its sender's own")
	// ErrCorrupt says that an event is encrypted in a way that cannot be right.
	ErrCorrupt = errors.New("the event's encryption is broken")
	// ErrUnknownAccount says that an account was never made, or was lost with
	// the crypto tables: Ensure it first.
	ErrUnknownAccount = errors.New("no such account in the crypto tables")
)

// NoKeyError says that the session key of an event has not come (yet): catch
// up, wait, and try again.
type NoKeyError struct {
	Session id.SessionID
	// Withheld is the code by which the sender's device said that it will not
	// give the key ("m.unverified", "m.no_olm" …); empty: it said nothing.
	Withheld string
}

// Error is safe to log: it names no session.
func (e *NoKeyError) Error() string {
	if e.Withheld != "" {
		return "the key of the event was withheld"
	}
	return "the key of the event has not come"
}

// Waiting says why a message cannot be encrypted now.
type Waiting string

// The reasons of a [WaitError].
const (
	// WaitPerson: nobody to encrypt for is in the room.
	WaitPerson Waiting = "nobody is there"
	// WaitDevice: the person has no device that can encrypt. It ends when their
	// device list changes.
	WaitDevice Waiting = "no device that can encrypt"
	// WaitKeys: the person's homeserver did not give device lists or keys.
	WaitKeys Waiting = "no keys from the person's homeserver"
)

// WaitError says that a message must wait and be tried again; nothing was sent
// and no session is left behind. It is nobody's fault and never counts as one.
type WaitError struct{ Reason Waiting }

func (e *WaitError) Error() string { return "encryption must wait: " + string(e.Reason) }

// requestError is a request to the homeserver that did not work. The error of
// the library is not shown: it quotes the address, which names people.
type requestError struct {
	what   string
	status int    // HTTP status; 0: no answer
	code   string // Matrix error code
}

func (e *requestError) Error() string {
	if e.status == 0 {
		return e.what + ": no answer from the homeserver"
	}
	return fmt.Sprintf("%s: HTTP %d %s", e.what, e.status, e.code)
}

// IsTransient says whether the same call may work later without anyone
// changing anything: no answer, 429, a 5xx, or something to wait for.
func IsTransient(err error) bool {
	var wait *WaitError
	var request *requestError
	return errors.Is(err, context.Canceled) || errors.As(err, &wait) ||
		errors.As(err, &request) && (request.status == 0 || request.status == http.StatusTooManyRequests || request.status >= 500)
}

func isRefused(err error, statuses ...int) bool {
	var request *requestError
	if !errors.As(err, &request) {
		return false
	}
	for _, s := range statuses {
		if request.status == s {
			return true
		}
	}
	return false
}

func newRequestError(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	out := &requestError{what: what}
	var httpErr mautrix.HTTPError
	if errors.As(err, &httpErr) && httpErr.Response != nil {
		out.status = httpErr.Response.StatusCode
		if httpErr.RespError != nil {
			out.code = errorCode(httpErr.RespError.ErrCode)
		}
	}
	return out
}

// errorCode lets only what looks like an error code through: it comes from
// outside and goes into the log.
func errorCode(code string) string {
	for _, r := range code {
		if (r < 'A' || r > 'Z') && r != '_' {
			return "M_UNKNOWN"
		}
	}
	return code
}
