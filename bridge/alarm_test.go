package bridge_test

import (
	"strings"
	"testing"
	"time"

	"silta/dev/hs"
	"silta/mentoring"
)

// desk is a staff member's own room with the bot.
func (w *world) desk(name string) (*hs.Person, string) {
	w.t.Helper()
	p := w.hs.Person(name)
	w.do(func(a *mentoring.Act) error {
		m := mentoring.Member{Address: p.ID, Language: "en", Alias: name, Join: mentoring.JoinDone, Consent: 1}
		if err := a.Tx.PutMember(&m); err != nil {
			return err
		}
		a.Do(mentoring.Welcome{Member: m.ID})
		return a.Tx.PutMembership(&mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
			Role: mentoring.Coordinator, State: mentoring.Active})
	})
	w.until("staff are asked into their own room", func() bool { return len(p.Rooms("invite")) > 0 })
	room := p.Rooms("invite")[0]
	must("", p.Join(room))
	return p, room
}

// alarms are the lines in a room that call somebody to an urgent case.
func alarms(p *hs.Person, room string) (events []string) {
	for _, m := range p.View(room) {
		if m.Sender == "@silta:test" && strings.Contains(m.Body, "it is your turn now") {
			events = append(events, m.Event)
		}
	}
	return events
}

// TestUnansweredAlarm: who is on call does not answer, so the next one is called,
// over a restart and once each; a tap on the line ends it.
func TestUnansweredAlarm(t *testing.T) {
	w := newWorld(t)
	first, firstDesk := w.desk("sari")
	next, nextDesk := w.desk("tero")
	w.do(func(a *mentoring.Act) error {
		m, err := a.Tx.MemberByAddress(first.ID)
		if err != nil {
			return err
		}
		_, all, err := a.OnCallList(m)
		if err != nil {
			return err
		}
		return a.SetOnCall(m, []mentoring.MembershipID{all[0].Membership, all[1].Membership})
	})
	people := w.talk("aino", "kaisa")
	a := people[0]
	w.join(people...)
	must(a.Say(a.room, "!urgent"))
	w.told(a, "112")
	w.until("the first is called", func() bool { return len(alarms(first, firstDesk)) == 1 })
	later := func() {
		w.skew.Add(int64(5*time.Minute + time.Second))
		for range 3 { // however often time is looked at
			if err := w.bridge.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	later()
	w.until("the first is called again", func() bool { return len(alarms(first, firstDesk)) == 2 })
	w.stop()
	w.start()
	later()
	w.until("the next is called", func() bool { return len(alarms(next, nextDesk)) == 1 })
	if n := len(alarms(first, firstDesk)); n != 2 {
		t.Errorf("the first was called %d times", n)
	}
	must(next.React(nextDesk, alarms(next, nextDesk)[0], "👍"))
	w.until("nobody is called any more", func() bool {
		var due []mentoring.Alarm
		w.do(func(a *mentoring.Act) (err error) {
			due, err = a.Tx.DueAlarms(a.Now.Add(time.Hour), 1)
			return err
		})
		return len(due) == 0
	})
	later()
	later()
	if n, m := len(alarms(first, firstDesk)), len(alarms(next, nextDesk)); n != 2 || m != 1 {
		t.Errorf("they were called %d and %d times", n, m)
	}
}
