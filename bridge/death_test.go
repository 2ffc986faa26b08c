package bridge_test

import (
	"context"
	"errors"
	"sync/atomic"

	"silta/store"
)

// death ends the service at a commit, as a kill would: just before it is on the
// disk, or just after. The commits are counted from when it is armed.
type death struct {
	at        int64 // the commit, from 1
	committed bool  // it is on the disk
	armed     atomic.Bool
	commits   atomic.Int64
}

var errDied = errors.New("the process died")

// waits makes a world in which the service can die so.
func (d *death) waits(w *world) {
	w.crash = func(after bool) error {
		if !d.armed.Load() {
			return nil
		}
		if !after {
			d.commits.Add(1)
		}
		if d.commits.Load() == d.at && after == d.committed {
			return errDied
		}
		return nil
	}
}

// passes ends the danger, starts the service again if it died, and says whether it did.
func (d *death) passes(w *world) (died bool) {
	d.armed.Store(false)
	err := w.store.Write(context.Background(), func(*store.Tx) error { return nil })
	if err == nil {
		return false
	}
	w.stop()
	w.crashed.Store(false)
	w.start()
	return true
}
