package bridge

import (
	"testing"
	"time"
)

// TestBars: a copy whose route was read before a bar, or while one was being
// committed, does not begin; a bar waits for what has begun; the bot may always.
func TestBars(t *testing.T) {
	var bars bars
	copied, said := &parcel{Author: 1}, &parcel{}
	before := &route{bars: bars.epoch()}
	if !bars.enter(before, copied) {
		t.Fatal("nothing stands in the way")
	}
	closed := make(chan struct{})
	go func() { bars.close(); close(closed) }()
	for bars.current(before.bars) {
		time.Sleep(time.Millisecond)
	}
	select {
	case <-closed:
		t.Error("it did not wait for what had begun")
	default:
	}
	during := &route{bars: bars.epoch()}
	if bars.enter(before, copied) || bars.enter(during, copied) {
		t.Error("a copy began before the commit")
	}
	if !bars.enter(during, said) {
		t.Error("the bot had to wait")
	}
	bars.leave(said)
	bars.leave(copied)
	<-closed
	bars.open()
	if bars.enter(before, copied) || bars.enter(during, copied) {
		t.Error("a copy began with a route that is older than the commit")
	}
	if bars.current(during.bars) {
		t.Error("such a route is still used")
	}
	after := &route{bars: bars.epoch()}
	if !bars.enter(after, copied) {
		t.Error("nothing stands in the way any more")
	}
	bars.close() // what has begun does not end: it is not waited for longer than that
	bars.open()
}
