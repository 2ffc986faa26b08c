package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// onCall gives the service an on-call list and hours as the settings would.
func (w *world) onCall(h mentoring.Hours, people ...mentoring.Member) {
	addresses := make([]string, len(people))
	for i := range people {
		addresses[i] = people[i].Address
	}
	w.rules.Programmes[mentoring.DefaultProgramme].OnCall = mentoring.OnCallRules{
		People: addresses, Hours: h, Repeat: 5 * time.Minute, Tries: 2,
	}
}

// called are the members whom the effects call to a case.
func called(effects []mentoring.Effect) (list []mentoring.MemberID) {
	for _, n := range of[mentoring.Notify](effects) {
		if n.Text.Key == "alarm.call" && n.Menu != 0 && n.Loud {
			list = append(list, n.Member)
		}
	}
	return list
}

func (w *world) calls(got []mentoring.Effect, want ...mentoring.Member) {
	w.t.Helper()
	list := called(got)
	ok := len(list) == len(want)
	for i := range want {
		ok = ok && list[i] == want[i].ID
	}
	if !ok {
		w.t.Fatalf("called %v, want %d people", list, len(want))
	}
}

// TestAlarm goes from one on-call person to the next, to everybody, and goes on
// until somebody answers; no call is made twice, however often time is looked at.
func TestAlarm(t *testing.T) {
	w := newWorld(t)
	first, second, third := w.staff(), w.staff(), w.staff()
	w.onCall(nil, second, first)
	caller := w.mentee("Kuu")
	c, effects := w.call(caller, mentoring.CaseUrgent, 0)
	w.calls(effects, second)
	w.calls(w.tick())
	again := func(want ...mentoring.Member) []mentoring.Effect {
		t.Helper()
		w.later(5*time.Minute - time.Millisecond)
		w.same(w.tick())
		w.later(time.Millisecond)
		got := w.tick()
		w.calls(got, want...)
		w.same(w.tick())
		return got
	}
	again(second)
	if room := of[mentoring.TellStaff](again(first)); len(room) != 1 || room[0].Text.Key != "alarm.unanswered" {
		t.Errorf("the room is told %+v", room)
	}
	again(first)
	everybody := again(first, second, third)
	told := 0
	for _, n := range of[mentoring.Notify](everybody) {
		if n.Member == caller.ID && n.Text.Key == "alarm.nobody" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the person is told %d times that nobody answers", told)
	}
	for _, n := range of[mentoring.Notify](again(first, second, third)) {
		if n.Member == caller.ID {
			t.Error("the person is told again that nobody answers")
		}
	}
	w.refused("not_allowed", func(a *mentoring.Act) error { return a.Acknowledge(caller, c.ID) })
	effects = w.must(func(a *mentoring.Act) error { return a.Acknowledge(third, c.ID) })
	if n := of[mentoring.Notify](effects); len(n) != 1 || n[0].Member != caller.ID || n[0].Text.Key != "alarm.seen" {
		t.Errorf("told %+v", n)
	}
	w.later(24 * time.Hour)
	w.calls(w.tick())
	w.refused("alarm.none", func(a *mentoring.Act) error { return a.Acknowledge(first, c.ID) })
	// Called again, the alarm begins anew: they are still in danger.
	_, effects = w.call(caller, mentoring.CaseUrgent, 0)
	w.calls(effects, second)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(first, c.ID); return err })
	w.refused("case.claimed_already", func(a *mentoring.Act) error { return a.Acknowledge(second, c.ID) })
	w.later(time.Hour)
	w.calls(w.tick())
	effects = w.must(func(a *mentoring.Act) error { _, err := a.ReleaseCase(first, c.ID); return err })
	w.calls(effects, second)
}

// TestAlarmRarely: everybody is called often at first, then once in an hour, and
// never stops being called.
func TestAlarmRarely(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	w.onCall(nil)
	w.call(w.mentee("Kuu"), mentoring.CaseUrgent, 0)
	hour := func() (n int) {
		for range 12 {
			w.later(5 * time.Minute)
			n += len(called(w.tick()))
		}
		return n
	}
	if a := hour(); a < 10 {
		t.Errorf("%d calls in the first hour", a)
	}
	hour()
	for range 48 {
		if n := hour(); n > 2 {
			t.Fatalf("%d calls in an hour, later", n)
		}
	}
	w.later(2 * time.Hour)
	w.calls(w.tick(), staff)
}

// TestAlarmAfterHours: the room hears of it at once, people are called when the
// hours begin. Whoever calls is not called to their own case.
func TestAlarmAfterHours(t *testing.T) {
	w := newWorld(t)
	staff, other := w.staff(), w.staff()
	begin := w.now.Add(3 * time.Hour).In(w.rules.Zone)
	minute := begin.Hour()*60 + begin.Minute()
	w.onCall(mentoring.NewHours([]mentoring.Span{{Day: begin.Weekday(), From: minute, To: mentoring.DayMinutes}}), staff)
	c, effects := w.call(w.mentee("Kuu"), mentoring.CaseUrgent, 0)
	w.calls(effects)
	if room := of[mentoring.TellStaff](effects); len(room) != 1 || room[0].Text.Key != "alarm.after_hours" || room[0].Menu == 0 {
		t.Errorf("the room is told %+v", room)
	}
	w.look(func(a *mentoring.Act) error {
		there, err := a.StaffThere(c.Programme, c.Unit)
		if there.Before(w.now.Add(2*time.Hour)) || there.After(w.now.Add(3*time.Hour)) {
			t.Errorf("there %s", there)
		}
		return err
	})
	w.later(2 * time.Hour)
	w.calls(w.tick())
	w.later(time.Hour)
	w.calls(w.tick(), staff)
	_, effects = w.call(staff, mentoring.CaseUrgent, 0)
	w.calls(effects, other)
}

// TestOnCallList is changed by staff and nobody else, of staff and nobody else.
func TestOnCallList(t *testing.T) {
	w := newWorld(t)
	a1, a2 := w.staff(), w.staff()
	w.onCall(nil, a2)
	mentee := w.mentee("Kuu")
	first, second := w.memberships(a1)[0].ID, w.memberships(a2)[0].ID
	list := func() (ids []mentoring.MembershipID) {
		w.look(func(a *mentoring.Act) error {
			_, all, err := a.OnCallList(a1)
			for _, c := range all {
				if c.Place > 0 {
					ids = append(ids, c.Membership)
				}
			}
			return err
		})
		return ids
	}
	is := func(want ...mentoring.MembershipID) {
		t.Helper()
		got := list()
		if len(got) != len(want) {
			t.Fatalf("on call: %v, want %v", got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("on call: %v, want %v", got, want)
			}
		}
	}
	is(second)
	w.must(func(a *mentoring.Act) error { return a.SetOnCall(a1, []mentoring.MembershipID{first, second}) })
	is(first, second)
	w.refused("oncall.unknown", func(a *mentoring.Act) error {
		return a.SetOnCall(a1, []mentoring.MembershipID{w.memberships(mentee)[0].ID})
	})
	w.refused("oncall.twice", func(a *mentoring.Act) error {
		return a.SetOnCall(a1, []mentoring.MembershipID{first, first})
	})
	for _, no := range []func(*mentoring.Act) error{
		func(a *mentoring.Act) error { return a.SetOnCall(mentee, nil) },
		func(a *mentoring.Act) error { return a.SetOnCallHours(mentee, nil) },
		func(a *mentoring.Act) error { return a.ResetOnCall(mentee) },
		func(a *mentoring.Act) error { _, _, err := a.OnCallList(mentee); return err },
	} {
		w.refused("not_allowed", no)
	}
	is(first, second)
	w.must(func(a *mentoring.Act) error { return a.ResetOnCall(a2) })
	is(second)
}
