package bridge_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// coordinator makes a staff member.
func (w *world) coordinator() mentoring.Member {
	w.t.Helper()
	m := mentoring.Member{Address: w.hs.Person("sari").ID, Language: "en", Alias: "Sari", Join: mentoring.JoinDone, Consent: 1}
	w.do(func(a *mentoring.Act) error {
		if err := a.Tx.PutMember(&m); err != nil {
			return err
		}
		return a.Tx.PutMembership(&mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
			Role: mentoring.Coordinator, State: mentoring.Active})
	})
	return m
}

// membershipOf is a talker's membership.
func (w *world) membershipOf(p *talker) (id mentoring.MembershipID) {
	w.t.Helper()
	w.do(func(a *mentoring.Act) error {
		c, err := a.Tx.ConversationOf(p.id)
		if err == nil {
			id = c.Participant(p.id).Membership
		}
		return err
	})
	return id
}

// suspendedRows are the copies of an author that wait for a reader because one of
// them is suspended.
func (w *world) suspendedRows(reader, author *talker) (n int) {
	w.t.Helper()
	lane := w.store.Lane(store.LaneOut, fmt.Sprint(int64(reader.id)), fmt.Sprint(int64(author.id)))
	err := w.store.Write(context.Background(), func(tx *store.Tx) error {
		rows, err := tx.Rows(lane)
		n = 0
		for _, row := range rows {
			if row.Hold == store.HoldSuspend {
				n++
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// babble lets everybody write all the time, until it is told to stop.
func (w *world) babble(people []*talker) (stop func()) {
	over := make(chan struct{})
	var wg sync.WaitGroup
	for _, p := range people {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				case <-time.After(time.Millisecond):
				}
				if _, err := p.Say(p.room, fmt.Sprint(p.alias, " ", i)); err != nil {
					w.t.Error(err)
					return
				}
			}
		})
	}
	return func() { close(over); wg.Wait() }
}

// TestSuspendUnderLoad: while everybody writes to everybody, no copy of a person
// who is suspended, and none for them, begins to be sent once the command is
// committed. What waits goes when it is lifted, in order, over a restart.
func TestSuspendUnderLoad(t *testing.T) {
	var imposing, committed atomic.Bool
	w := newWorld(t, func(w *world) {
		w.crash = func(after bool) error { // never crashes: it sees when the command is committed
			if after && imposing.CompareAndSwap(true, false) {
				committed.Store(true)
			}
			return nil
		}
	})
	staff := w.coordinator()
	people := w.talk("aino", "kaisa", "pia")
	a, b, c := people[0], people[1], people[2]
	w.join(people...)
	must(a.Say(a.room, "alku"))
	w.sees(b, "alku")
	w.sees(c, "alku")

	// Every send of a ghost takes a while, so that there are always some under way.
	var late, seen atomic.Int64
	aGhosts := sync.Map{}
	for _, m := range b.View(b.room) {
		if m.Body == "alku" {
			aGhosts.Store(m.Sender, true)
		}
	}
	w.mu.Lock()
	w.answer = func(r *http.Request) *http.Response {
		user := r.URL.Query().Get("user_id")
		_, from := aGhosts.Load(user)
		to := strings.Contains(r.URL.Path, "/rooms/"+a.room+"/send/") && strings.HasPrefix(user, "@silta_")
		if strings.Contains(r.URL.Path, "/send/") && (from || to) {
			seen.Add(1)
			if committed.Load() {
				late.Add(1)
			}
		}
		return nil
	}
	w.mu.Unlock()
	w.breakIt(func(call hs.Call) hs.Fault {
		if call.Route == "PUT rooms/*/send/*/*" {
			return hs.Fault{Delay: 3 * time.Millisecond}
		}
		return hs.Fault{}
	})
	defer w.breakIt(nil)
	stop := w.babble(people)
	defer stop()
	w.until("there is load", func() bool { return w.meter.count("sent send") > 100 })
	for round := range 5 {
		var x mentoring.Measure
		id := w.membershipOf(a)
		w.do(func(act *mentoring.Act) (err error) {
			x, err = act.Impose(staff, mentoring.Suspension, id, "uhkailu", time.Time{})
			imposing.Store(true)
			return err
		})
		if !committed.Load() || seen.Load() == 0 {
			t.Fatal("the test sees nothing")
		}
		before := w.meter.count("sent send")
		w.until("the others go on", func() bool { return w.meter.count("sent send") > before+20 })
		w.until("what is for them waits", func() bool { return w.suspendedRows(a, b) > 0 })
		if n := late.Load(); n > 0 {
			t.Fatalf("round %d: %d sends began after the commit", round, n)
		}
		committed.Store(false)
		w.do(func(act *mentoring.Act) error { _, err := act.Lift(staff, x.ID); return err })
		before = w.meter.count("sent send")
		w.until("it goes on", func() bool { return w.meter.count("sent send") > before+20 && w.suspendedRows(a, b) == 0 })
	}
}

// TestSuspended: told to the person and, in one line, to the other; what is
// written to them waits over a restart; a word to staff goes.
func TestSuspended(t *testing.T) {
	w := newWorld(t)
	staff := w.coordinator()
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(people...)
	must(a.Say(a.room, "hei"))
	regretted := must(a.Say(a.room, "tyhmä"))
	w.sees(b, "hei", "tyhmä")
	id := w.membershipOf(a)
	var x mentoring.Measure
	w.do(func(act *mentoring.Act) (err error) {
		x, err = act.Impose(staff, mentoring.Suspension, id, "uhkailu", time.Time{})
		return err
	})
	w.told(b, "cannot read or write here now")
	must(a.Say(a.room, "kuuletko"))
	w.told(a, "was not sent, because staff have suspended you")
	if err := a.Redact(a.room, regretted); err != nil {
		t.Fatal(err)
	}
	w.until("what is taken back waits", func() bool { return w.suspendedRows(b, a) > 0 })
	must(b.Say(b.room, "yksi"))
	must(b.Say(b.room, "kaksi"))
	w.until("it waits", func() bool { return w.suspendedRows(a, b) > 0 })
	must(a.Say(a.room, "!appeal"))
	w.told(a, "Staff have your appeal")
	w.stop()
	w.start()
	must(b.Say(b.room, "kolme"))
	must(a.Say(a.room, "!staff"))
	w.told(a, "Staff have your request")
	w.sees(a)
	w.sees(b, "hei", "tyhmä")
	w.do(func(act *mentoring.Act) error { _, err := act.Lift(staff, x.ID); return err })
	w.sees(a, "yksi", "kaksi", "kolme")
	must(a.Say(a.room, "kiitos"))
	w.sees(b, "hei", "kiitos")
}
