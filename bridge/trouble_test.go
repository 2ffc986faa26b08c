package bridge_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// troubles says what staff have been told of a kind of trouble.
func (w *world) troubles(kind mentoring.TroubleKind) (known bool, more int) {
	w.t.Helper()
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		found, err := tx.Trouble(kind)
		known, more = err == nil, found.More
		if err != nil && !strings.Contains(err.Error(), mentoring.ErrNotFound.Error()) {
			return err
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return known, more
}

// TestGap: after a restart staff are told that the service did not run, if it was
// for long; not of a short one, and not at the very first start.
func TestGap(t *testing.T) {
	w := newWorld(t)
	alive := func() (noted bool) {
		err := w.store.Read(context.Background(), func(tx *store.Tx) error {
			last, err := tx.Setting("alive")
			noted = last != ""
			return err
		})
		return err == nil && noted
	}
	w.until("it is noted that the service runs", alive)
	if known, _ := w.troubles(mentoring.TroubleGap); known {
		t.Error("the first start is a gap")
	}
	w.stop()
	w.start()
	w.do(func(*mentoring.Act) error { return nil })
	if known, _ := w.troubles(mentoring.TroubleGap); known {
		t.Error("a short stop is a gap")
	}
	w.stop()
	w.skew.Store(int64(2 * time.Hour))
	w.start()
	w.until("staff are told of the gap", func() bool { known, _ := w.troubles(mentoring.TroubleGap); return known })
}

// TestHomeserverAway: when the homeserver answers again after a while, staff are
// told once for how long it did not, and what waited arrives.
func TestHomeserverAway(t *testing.T) {
	w := newWorld(t)
	_, staffRoom := w.staffRoom()
	people := w.talk("aino", "oskar")
	w.join(people...)
	var tried atomic.Int64
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "PUT rooms/*/send/*/*" {
			tried.Add(1)
			return hs.Fault{Cut: true}
		}
		return hs.Fault{}
	})
	must(people[0].Say(people[0].room, "odottaa"))
	w.until("it was tried", func() bool { return tried.Load() > 1 })
	w.skew.Add(int64(20 * time.Minute))
	w.breakIt(func(hs.Call) hs.Fault { return hs.Fault{} })
	w.sees(people[1], "odottaa")
	w.until("staff are told", func() bool { return strings.Count(w.readable(staffRoom), "did not answer") == 1 })
	must(people[0].Say(people[0].room, "perille"))
	w.sees(people[1], "odottaa", "perille")
	if known, more := w.troubles(mentoring.TroubleHomeserver); !known || more != 0 {
		t.Errorf("known: %v, and %d more", known, more)
	}
}
