package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// TroubleKind is a kind of thing that goes wrong in the service itself.
type TroubleKind string

// The kinds of trouble.
const (
	TroubleSetAside   TroubleKind = "set_aside"      // something could not be handled
	TroubleSend       TroubleKind = "not_delivered"  // the homeserver refused a message
	TroubleTripwire   TroubleKind = "tripwire"       // the last check stopped a message
	TroubleEncrypt    TroubleKind = "cannot_encrypt" // somebody's devices cannot be encrypted for
	TroubleHomeserver TroubleKind = "homeserver"     // it did not answer for a while
	TroubleGap        TroubleKind = "gap"            // the service did not run for a while
	TroubleStranger   TroubleKind = "stranger"       // somebody who is not of the staff was in their room
)

// Trouble is what staff have been told of one kind of trouble (feature O5): the
// first is a line at once; what comes after it is counted, and told in one line
// when the time is over. The time doubles as long as there is more.
type Trouble struct {
	Kind  TroubleKind
	Until time.Time     // of counting
	Lasts time.Duration // how long it counts
	More  int           // since the last line
}

// The shortest and the longest time between two lines of a kind.
const (
	troubleFirst = time.Hour
	troubleLast  = 24 * time.Hour
)

// Trouble tells staff that something goes wrong, or counts it.
func (a *Act) Trouble(kind TroubleKind, line Text) error {
	w, err := a.Tx.Trouble(kind)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("trouble: %w", err)
	}
	if err == nil {
		w.More++
	} else {
		w = Trouble{Kind: kind, Until: a.Now.Add(troubleFirst), Lasts: troubleFirst}
		a.Do(TellStaff{Programme: DefaultProgramme, Unit: DefaultUnit, Text: line, Loud: true})
	}
	if err := a.Tx.PutTrouble(&w); err != nil {
		return fmt.Errorf("put trouble: %w", err)
	}
	return nil
}

// dueTroubles tells how much more there was, of each kind in one line.
func (a *Act) dueTroubles() error {
	due, err := a.Tx.DueTroubles(a.Now)
	if err != nil {
		return fmt.Errorf("due troubles: %w", err)
	}
	for _, w := range due {
		if w.More == 0 { // it is over
			if err := a.Tx.DropTrouble(w.Kind); err != nil {
				return fmt.Errorf("drop trouble: %w", err)
			}
			continue
		}
		a.Do(TellStaff{Programme: DefaultProgramme, Unit: DefaultUnit,
			Text: T("trouble.more", "n", w.More, "kind", T("trouble.kind."+string(w.Kind)))})
		w.More, w.Lasts = 0, min(2*w.Lasts, troubleLast)
		w.Until = a.Now.Add(w.Lasts)
		if err := a.Tx.PutTrouble(&w); err != nil {
			return fmt.Errorf("put trouble: %w", err)
		}
	}
	return nil
}
