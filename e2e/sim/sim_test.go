package sim

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"silta/dev/hs"
	"silta/e2e/inside"
)

// settings are the flags of this package's tests.
type settings struct {
	seed   uint64
	seeds  int
	strand float64
}

func given(t *testing.T) settings {
	t.Helper()
	var s settings
	s.seed = flag.Lookup("seed").Value.(flag.Getter).Get().(uint64)
	s.seeds = flag.Lookup("seeds").Value.(flag.Getter).Get().(int)
	s.strand = flag.Lookup("strand").Value.(flag.Getter).Get().(float64)
	return s
}

func TestMain(m *testing.M) {
	flag.Uint64("seed", 0, "run this seed only (0: -seeds of them)")
	flag.Int("seeds", 12, "how many seeds to run")
	flag.Float64("strand", 0, "how likely the homeserver leaves a transaction behind after it has recovered")
	flag.Parse()
	m.Run()
}

// random draws a plan from a seed.
func random(seed uint64) plan {
	p := plan{
		seed: seed, mentors: 1 + int(seed%3), mentees: 1 + int(seed/3%4), actions: 12 + int(seed%5)*6, version: []string{"11", "11", "11", "12"}[seed%4],
		pace:    []int{8000, 2000, 150}[seed/2%3],
		trouble: []float64{0, 0.02, 0.1, 0.25}[seed%4], crashes: []float64{0, 0.01, 0.04}[seed/4%3],
		downs: int(seed % 3), forged: 10,
	}
	return p
}

// simulate runs a plan and checks the world at its end. It returns how many
// commits there were.
func simulate(t *testing.T, p plan) (commits int64) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.populate()
		w.mu.Lock()
		w.calm = false
		w.mu.Unlock()
		began := time.Now()
		if p.shortly {
			w.shortTalk()
		} else {
			w.wildTalk()
		}
		w.mu.Lock()
		w.calm = true
		w.mu.Unlock()
		w.hs.SetDown(false)
		if w.ctx.Err() == nil {
			if err := w.settled(); err != nil {
				w.wrong("%v", err)
			}
			w.check()
		}
		if w.commits == 0 {
			w.wrong("the store does not call its hook: nothing was crashed")
		}
		commits = w.commits
		t.Logf("seed %d: %v of talk, %d messages (%s), %d commits, %d crashes", p.seed, time.Since(began).Round(time.Second), len(w.tokens), w.heldOnes(), w.commits, w.crashed)
		if t.Failed() {
			t.Logf("%+v\n%s", p, w.log.tail())
		}
		w.end()
	})
	return commits
}

// wildTalk has everybody do what they like, while things go wrong.
func (w *world) wildTalk() {
	done := make(chan struct{}, len(w.actors))
	for _, a := range w.actors {
		w.wait.Go(func() {
			a.live()
			done <- struct{}{}
		})
	}
	w.wait.Go(w.restarts)
	w.wait.Go(w.forge)
	for range w.actors {
		select {
		case <-done:
		case <-w.ctx.Done():
			return
		}
	}
}

// forge puts events into the stream that no honest homeserver would send.
func (w *world) forge() {
	for i := range w.plan.forged {
		if !w.sleep(time.Duration(w.random(60)) * time.Second) {
			return
		}
		rooms := w.hs.Rooms()
		room := rooms[w.random(len(rooms))]
		event := map[string]any{
			"type": "m.room.message", "room_id": room, "event_id": hs.EventID("forged", i), "origin_server_ts": time.Now().UnixMilli(),
			"sender": "@stranger:elsewhere.example", "content": map[string]any{"msgtype": "m.text", "body": "FORGED"},
		}
		switch i % 6 {
		case 1: // somebody who is in another room
			event["sender"] = w.actors[w.random(len(w.actors))].ID
			event["room_id"] = "!nowhere:" + inside.Domain
		case 2:
			event["sender"] = w.hs.Members(room, "join")
		case 3:
			delete(event, "event_id")
		case 4:
			event["content"] = "FORGED"
		case 5:
			event["type"], event["state_key"] = "m.room.member", "@stranger:elsewhere.example"
			event["content"] = map[string]any{"membership": 7, "reason": "FORGED"}
		}
		w.hs.Inject(event)
	}
}

// shortTalk is always the same: one mentee, one mentor, everything once.
func (w *world) shortTalk() {
	mentor, mentee := w.actors[0], w.actors[1]
	if !mentee.arrive() {
		return
	}
	leg := mentee.legs()[0]
	must := func(event string, err error) string {
		if err != nil {
			w.t.Errorf("talk: %v", err)
		}
		return event
	}
	one := must(mentee.Say(leg, mentee.words(leg)))
	two := must(mentee.Say(leg, mentee.words(leg)))
	if !w.until("the mentor hears two messages", func() bool {
		legs := mentor.legs()
		return len(legs) == 1 && len(mentor.people(legs[0])) == 2
	}) {
		return
	}
	theirs := mentor.legs()[0]
	must(mentor.Reply(theirs, mentor.people(theirs)[0].Event, mentor.words(theirs)))
	must(mentor.React(theirs, mentor.people(theirs)[1].Event, "👍"))
	must(mentee.Edit(leg, one, "token-1-1 edited"))
	must("", mentee.Redact(leg, two))
	mentor.leave(theirs)
	must(mentee.Say(leg, mentee.words(leg)))
	mentor.comeBack()
}

// TestSeeds runs random worlds. A failing one prints its seed.
func TestSeeds(t *testing.T) {
	s := given(t)
	first, last := uint64(1), uint64(s.seeds)
	if s.seed != 0 {
		first, last = s.seed, s.seed
	}
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := random(seed)
			p.strand = s.strand
			simulate(t, p)
		})
	}
}

// TestEveryCommit crashes a short talk once at each commit, before and after it.
func TestEveryCommit(t *testing.T) {
	short := plan{seed: 1, mentors: 1, mentees: 1, version: "11", shortly: true}
	commits := simulate(t, short)
	if t.Failed() {
		return
	}
	for n := int64(1); n <= commits; n++ {
		for _, after := range []bool{false, true} {
			p := short
			p.crashAt, p.after = n, after
			t.Run(fmt.Sprintf("%d/%v", n, after), func(t *testing.T) { simulate(t, p) })
		}
	}
}
