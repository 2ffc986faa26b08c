package bridge_test

import (
	"context"
	"strings"
	"testing"
	"time"

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
