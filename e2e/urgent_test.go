package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"silta/dev"
	"silta/mentoring"
)

// alarm is an urgent call that whoever is called first does not answer.
type alarm struct {
	caller *dev.Person
	number string
	line   dev.Event // that told the room
	began  time.Time
	marks  map[*dev.Person]int
}

// alarms: `urgent` by a mentee tells them whom to ring, at once; the first of the
// on-call list is called in their own room, nobody else; then the program dies.
func (d *desk) alarms(t *testing.T) {
	caller := d.mentee(d.t)
	a := &alarm{caller: caller, began: time.Now(), marks: map[*dev.Person]int{
		d.Staff: d.Staff.Mark(), d.second: d.second.Mark(), caller: caller.Mark(),
	}}
	caller.Say(d.Words.Command("fi", "urgent"))
	e := caller.HearsWords("112", "2525 0111")
	if e.Text("msgtype") != "m.text" {
		t.Errorf("the numbers came as a %s, which clients do not notify of", e.Text("msgtype"))
	}
	head, found := d.StaffRoom.HearsIn(d.StaffRoom.Room, a.marks[d.Staff], "case.head.urgent")
	a.number = found[0]
	line, _ := d.StaffRoom.HearsIn(d.StaffRoom.Room, a.marks[d.Staff], "case.urgent")
	if !inThread(line, head) || line.Text("msgtype") != "m.text" {
		t.Errorf("the room is told by %s", line.Raw)
	}
	a.line = line
	call, _ := d.second.HearsIn(d.second.Room, a.marks[d.second], "alarm.call")
	if call.Text("msgtype") != "m.text" || !strings.Contains(call.Body(), a.number) {
		t.Errorf("the first is called with %s", call.Raw)
	}
	d.alarm = a
	d.Kill9()
	d.Start()
}

// unanswered: a minute later the next on the list is called, who taps the line: then nobody is called any more, and the caller hears that somebody has seen it.
func (d *desk) unanswered(t *testing.T) {
	a := d.alarm
	patience := d.Staff.Patience
	d.Staff.Patience = 2 * time.Minute
	call, _ := d.Staff.HearsIn(d.Staff.Room, a.marks[d.Staff], "alarm.call")
	d.Staff.Patience = patience
	if after := sentAt(t, call).Sub(sentAt(t, a.line)); after < 55*time.Second {
		t.Errorf("the next is called %v after the first", after)
	}
	t.Logf("the next is called %.0f s after the first, over a kill of the program", time.Since(a.began).Seconds())
	d.StaffRoom.HearsIn(d.StaffRoom.Room, a.marks[d.Staff], "alarm.unanswered")
	d.Staff.Tap(call.ID, "👍")
	d.Staff.Hears("alarm.yours")
	d.StaffRoom.HearsIn(d.StaffRoom.Room, a.marks[d.Staff], "alarm.answered")
	a.caller.HearsIn(a.caller.Room, a.marks[a.caller], "alarm.seen")
	d.second.Command("ack", a.number, "alarm.none")
	// On a slow machine more time has gone by, and then everybody was called again.
	eventually(t, time.Minute, func() error {
		if first, next := d.calls(d.second), d.calls(d.Staff); first < 1 || first != next {
			return fmt.Errorf("the first was called %d times, the next %d times", first, next)
		}
		return nil
	})
}

// sentAt is when the homeserver got an event.
func sentAt(t *testing.T, e dev.Event) time.Time {
	t.Helper()
	var at struct {
		TS int64 `json:"origin_server_ts"`
	}
	if err := json.Unmarshal(e.Raw, &at); err != nil || at.TS == 0 {
		t.Fatalf("an event has no time: %v, %s", err, e.Raw)
	}
	return time.UnixMilli(at.TS)
}

// calls counts how often somebody was called in their own room.
func (d *desk) calls(who *dev.Person) (n int) {
	called, err := d.Words.Pattern("fi", "alarm.call")
	for _, e := range who.Events(d.alarm.marks[who]) {
		if err == nil && e.Room == who.Room && e.Sender == who.Bot && called.MatchString(e.Body()) {
			n++
		}
	}
	return n
}

// announced: a message to all mentees reaches each of them once, also over a kill
// of the program while it goes out.
func (d *desk) announced(t *testing.T) {
	people := []*dev.Person{d.mentee(t), d.mentee(t), d.mentee(t)}
	const words = "Palvelu on kiinni maanantaina (tiedote)"
	skip := d.Words.Answer("fi", "skip")
	d.Staff.Command("announce", d.Words.Answer("fi", "mentees"), "announce.words_in")
	for _, step := range [][2]string{{words, "announce.words_in"}, {skip, "announce.words_in"}, {skip, "announce.sure"}} {
		d.Staff.Asks(step[0], step[1])
	}
	d.Staff.Yes("announce.planned")
	d.Term()
	err := besides(t.Context(), d.ConfigFile(), func() time.Time { return time.Now().Add(11 * time.Minute) }, func(a *mentoring.Act) error {
		_, err := a.Tick()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Start()
	said := regexp.MustCompile(regexp.QuoteMeta(words))
	for i, p := range people {
		p.Await(0, "the announcement", func(e dev.Event) bool { return e.Room == p.Room && said.MatchString(e.Body()) })
		if i == 0 {
			d.Kill9()
			d.Start()
		}
	}
	for _, p := range people {
		n := 0
		p.Command("chats", "", "chats.none") // what was on its way is there by then
		for _, e := range p.Events(0) {
			if said.MatchString(e.Body()) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s reads the announcement %d times", p.UserID, n)
		}
	}
}
