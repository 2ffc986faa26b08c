package bridge

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"silta/store"
)

func head(n int) []store.Head {
	return []store.Head{{Lane: store.Lane(n), Kind: store.LaneIn}}
}

// One lane is never with two workers, and what comes while it is worked on is
// not forgotten.
func TestALaneIsNeverDoneInParallel(t *testing.T) {
	s := newScheduler(time.Now)
	var mu sync.Mutex
	working, waiting, done := map[store.Lane]bool{}, map[store.Lane]int{}, 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for l := s.take(store.LaneIn); l != nil; l = s.take(store.LaneIn) {
				mu.Lock()
				if working[l.id] {
					t.Errorf("lane %d is with two workers", l.id)
				}
				working[l.id] = true
				n := waiting[l.id]
				waiting[l.id] = 0
				mu.Unlock()
				time.Sleep(time.Microsecond)
				mu.Lock()
				working[l.id] = false
				done += n
				mu.Unlock()
				s.release(l, verdict{})
			}
		})
	}
	const each, lanes = 500, 20
	for range each {
		for n := range lanes {
			mu.Lock()
			waiting[store.Lane(n)]++
			mu.Unlock()
			s.add(head(n))
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		mu.Lock()
		finished := done == each*lanes
		mu.Unlock()
		if finished {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d were done", done, each*lanes)
		}
		time.Sleep(time.Millisecond)
	}
	s.close()
	wg.Wait()
	if len(s.lanes) != 0 {
		t.Errorf("%d idle lanes are still remembered", len(s.lanes))
	}
}

func TestALaneWaitsForItsTimeAndIsWokenEarlier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(time.Now)
		defer s.close()
		taken := make(chan time.Time, 10)
		start := time.Now()
		go func() {
			for l := s.take(store.LaneIn); l != nil; l = s.take(store.LaneIn) {
				taken <- time.Now()
				s.release(l, verdict{})
			}
		}()
		s.add([]store.Head{{Lane: 1, Kind: store.LaneIn, Due: start.Add(time.Minute)}})
		s.add([]store.Head{{Lane: 2, Kind: store.LaneIn, Due: start.Add(2 * time.Minute)}})
		if got := (<-taken).Sub(start); got != time.Minute {
			t.Errorf("lane 1 was taken after %v, want 1m", got)
		}
		s.add(head(2)) // something due at once comes into the lane that waits
		if got := (<-taken).Sub(start); got != time.Minute {
			t.Errorf("lane 2 was taken after %v, want 1m", got)
		}
	})
}

// What comes into a lane that backs off does not break its back-off; what comes
// into one that only waits for its target does.
func TestNewRowsDoNotBreakABackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(time.Now)
		defer s.close()
		s.add(head(1))
		l := s.take(store.LaneIn)
		start := time.Now()
		l.waits = waitsHomeserver
		s.add(head(1))
		s.release(l, verdict{later: start.Add(time.Minute)})
		l = s.take(store.LaneIn)
		if got := time.Since(start); got != time.Minute {
			t.Errorf("taken again after %v, want 1m", got)
		}
		s.add(head(1))
		s.release(l, verdict{later: time.Now().Add(time.Hour)})
		s.take(store.LaneIn)
		if got := time.Since(start); got != time.Minute {
			t.Errorf("taken again after %v, want at once", got)
		}
	})
}

func TestNudgeWakesOnlyWhatWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(time.Now)
		defer s.close()
		for n := 1; n <= 2; n++ {
			s.add(head(n))
			l := s.take(store.LaneIn)
			if n == 2 { // lane 1 waits for something else
				l.waits = waitsHomeserver
			}
			s.release(l, verdict{later: time.Now().Add(time.Hour)})
		}
		s.nudge(waitsHomeserver, store.LaneIn)
		if l := s.take(store.LaneIn); l.id != 2 {
			t.Errorf("lane %d was woken, want 2", l.id)
		}
		if n := len(s.due); n != 1 {
			t.Errorf("%d lanes wait, want 1", n)
		}
	})
}

func TestBackoffStaysWithinItsBounds(t *testing.T) {
	for failures := range 40 {
		for range 100 {
			if d := backoff(failures, 0); d < firstBackoff/2 || d > lastBackoff*3/2 {
				t.Fatalf("back-off after %d failures is %v", failures, d)
			}
		}
	}
	if d := backoff(1, time.Minute); d < time.Minute/2 {
		t.Errorf("the homeserver's wish for a minute gives %v", d)
	}
}
