package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

var errBroken = errors.New("broken on purpose")

// occupy keeps the gate busy until the returned function is called, so that
// what is written meanwhile makes one group.
func (o *opened) occupy() (release func()) {
	busy, started := make(chan struct{}), make(chan struct{})
	o.WriteAsync(func(*store.Tx) error {
		close(started)
		<-busy
		return nil
	}, func(error) {})
	<-started
	return func() { close(busy) }
}

// TestGroupFailure: of a group in which one step fails, panics or ends its
// goroutine, the others are all committed, and none sees anything of it.
func TestGroupFailure(t *testing.T) {
	faults := map[string]func(tx *store.Tx) error{
		"error": func(*store.Tx) error { return errBroken },
		"panic": func(*store.Tx) error { panic("at " + address("secret")) },
		"exit":  func(*store.Tx) error { runtime.Goexit(); return nil },
		"sql": func(tx *store.Tx) error { // swallowed by the step, but the transaction is lost
			_ = tx.PutMembership(&mentoring.Membership{Member: 12345})
			return nil
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, w *world) { groupFailure(t, w, fault) })
		})
	}
}

func groupFailure(t *testing.T, w *world, fault func(*store.Tx) error) {
	s := w.open()
	const steps, bad = 20, 7
	lane := s.Lane(store.LaneIn, "room")
	free := s.occupy()
	var group sync.WaitGroup
	errs := make([]error, steps)
	for i := range steps {
		group.Go(func() {
			errs[i] = s.Write(context.Background(), func(tx *store.Tx) error {
				if err := tx.PutMember(&mentoring.Member{Address: address(fmt.Sprint(i))}); err != nil {
					return err
				}
				if _, err := tx.Seen(fmt.Sprint("event", i)); err != nil {
					return err
				}
				counter := mentoring.Counter{Name: mentoring.CountMessages, Month: "2026-11"}
				if err := tx.Count(counter, 1); err != nil {
					return err
				}
				if err := tx.Enqueue(&store.Row{Lane: lane, Kind: store.LaneIn, Payload: []byte{byte(i)}}); err != nil {
					return err
				}
				if i == bad {
					return fault(tx)
				}
				return nil
			})
		})
	}
	time.Sleep(50 * time.Millisecond) // until all of them wait
	free()
	group.Wait()
	for i, err := range errs {
		if (err != nil) != (i == bad) {
			t.Errorf("step %d: %v", i, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error quotes the panic: %v", err)
		}
	}
	rows, err := s.Next(t.Context(), lane, 0, 100)
	if err != nil || len(rows) != steps-1 {
		t.Errorf("%d rows in the queue, want %d (%v)", len(rows), steps-1, err)
	}
	counted := both(s, "counters", func(tx *store.Tx) ([]store.Counted, error) { return tx.Counters(mentoring.CountMessages) })
	if len(counted) != 1 || counted[0].Value != steps-1 {
		t.Errorf("counted %+v, want %d", counted, steps-1)
	}
	for i := range steps {
		look := func(tx *store.Tx) error { _, err := tx.MemberByAddress(address(fmt.Sprint(i))); return err }
		for _, err := range []error{s.Write(t.Context(), look), s.Read(t.Context(), look)} {
			if errors.Is(err, mentoring.ErrNotFound) != (i == bad) {
				t.Errorf("member %d: %v", i, err)
			}
		}
		s.write(func(tx *store.Tx) error {
			already, err := tx.Seen(fmt.Sprint("event", i))
			if already == (i == bad) {
				t.Errorf("event %d: seen %v", i, already)
			}
			return err
		})
	}
}

// TestCleanRefusal: a step that fails before it wrote anything does not make
// the others run again.
func TestCleanRefusal(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		free := s.occupy()
		var runs atomic.Int32
		var group sync.WaitGroup
		for i := range 10 {
			group.Go(func() {
				err := s.Write(context.Background(), func(tx *store.Tx) error {
					if i == 5 {
						return mentoring.Refuse("no.such.thing")
					}
					runs.Add(1)
					return tx.PutMember(&mentoring.Member{Address: address(fmt.Sprint(i))})
				})
				var refusal *mentoring.Refusal
				if errors.As(err, &refusal) != (i == 5) {
					t.Errorf("step %d: %v", i, err)
				}
			})
		}
		time.Sleep(50 * time.Millisecond)
		free()
		group.Wait()
		same(t, "runs", runs.Load(), 9)
	})
}

func TestReadTransactions(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		lane := s.Lane(store.LaneIn, "room")
		s.read(func(tx *store.Tx) error {
			before, err := tx.Rows(lane)
			if err != nil {
				return err
			}
			s.write(func(tx *store.Tx) error { return tx.Enqueue(&store.Row{Lane: lane, Kind: store.LaneIn}) })
			after, err := tx.Rows(lane)
			if len(before) != len(after) {
				t.Error("the snapshot changed")
			}
			if err := tx.Enqueue(&store.Row{Lane: lane}); err == nil {
				t.Error("a read transaction wrote")
			}
			if err := tx.PutMember(&mentoring.Member{}); err == nil {
				t.Error("a read transaction wrote")
			}
			return err
		})
		var leaked *store.Tx
		s.write(func(tx *store.Tx) error { leaked = tx; return nil })
		if err := leaked.Done(1); err == nil {
			t.Error("a transaction was used after its end")
		}
		rows, err := s.Next(t.Context(), lane, 0, 10)
		if err != nil || len(rows) != 1 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})
}

func TestAsyncOrderAndClose(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		const steps = 200
		var order []int
		for i := range steps {
			s.WriteAsync(func(tx *store.Tx) error {
				return tx.Enqueue(&store.Row{Lane: 1, Kind: store.LaneIn})
			}, func(err error) {
				if err != nil {
					t.Errorf("step %d: %v", i, err)
				}
				order = append(order, i)
			})
		}
		if err := s.Close(); err != nil { // runs what waits
			t.Fatal(err)
		}
		for i, got := range order {
			if i != got {
				t.Fatalf("answer %d came at place %d", got, i)
			}
		}
		same(t, "answers", len(order), steps)
		wantError(t, "after Close", s.Write(t.Context(), func(*store.Tx) error { return nil }), store.ErrClosed)
		wantError(t, "after Close", s.Read(t.Context(), func(*store.Tx) error { return nil }), store.ErrClosed)
		s.WriteAsync(func(*store.Tx) error { return nil }, func(err error) { wantError(t, "after Close", err, store.ErrClosed) })

		again := w.open()
		rows, err := again.Next(t.Context(), 1, 0, steps+1)
		if err != nil || len(rows) != steps {
			t.Errorf("%d rows after Close, want %d (%v)", len(rows), steps, err)
		}
	})
}

func TestCancelledBeforeStart(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		free := s.occupy()
		ctx, cancel := context.WithCancel(t.Context())
		outcome := make(chan error, 1)
		go func() {
			outcome <- s.Write(ctx, func(*store.Tx) error {
				t.Error("a cancelled step was run")
				return nil
			})
		}()
		time.Sleep(20 * time.Millisecond)
		cancel()
		free()
		wantError(t, "cancelled", <-outcome, context.Canceled)
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
		free = s.occupy()
		limited, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		wantError(t, "ping of a busy store", s.Ping(limited), context.DeadlineExceeded)
		free()
	})
}

// TestOneOwner: a second process, or a second Open, is refused.
func TestOneOwner(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		_, err := store.Open(t.Context(), w.Options)
		wantError(t, "second owner", err, store.ErrInUse)
		_, err = store.Inspect(t.Context(), w.Options)
		wantError(t, "inspection", err, store.ErrInUse)
		wantError(t, "restore", restoreInto(t, w, backupOf(t, w)), store.ErrInUse)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		state, err := store.Inspect(t.Context(), w.Options)
		if err != nil || state.Schema != state.Newest || state.Schema == 0 {
			t.Errorf("inspection: %+v, %v", state, err)
		}
		w.open()
	})
}
