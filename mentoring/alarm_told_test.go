package mentoring_test

import (
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// TestAlarmIsTold: each thing that the staff room hears of an alarm is in the case's
// thread, of the programme and unit, and what calls is loud and can be answered with a
// tap; the room hears when the next one is called and each time that everybody is.
func TestAlarmIsTold(t *testing.T) {
	w := newWorld(t)
	one, two := w.staff(), w.staff()
	w.onCall(nil, one)
	caller := w.mentee("Kuu")
	c, effects := w.call(caller, mentoring.CaseUrgent, 0)
	inRoom := func(effects []mentoring.Effect) (keys []string) {
		t.Helper()
		for _, e := range of[mentoring.TellStaff](effects) {
			if e.Programme != c.Programme || e.Unit != c.Unit || e.Case != c.ID || e.Text.Args["number"] != int64(c.ID) ||
				e.Loud != (e.Menu != 0) {
				t.Errorf("told %+v", e)
			}
			keys = append(keys, e.Text.Key)
		}
		return keys
	}
	var told [][]string
	waves := func(n int) {
		for range n {
			w.later(5 * time.Minute)
			effects = w.tick()
			told = append(told, inRoom(effects))
		}
	}
	told = append(told, inRoom(effects))
	waves(5) // the second of one; then everybody, four times
	for i, want := range [][]string{{"case.urgent"}, nil, {"alarm.unanswered"}, {"alarm.unanswered"}, {"alarm.unanswered"}, {"alarm.unanswered"}} {
		if !slices.Equal(told[i], want) {
			t.Errorf("call %d: the room is told %v", i+1, told[i])
		}
	}
	w.calls(effects, one, two)
	entries := len(w.auditOf())
	sari := w.named("Sari", mentoring.Active, mentoring.DefaultUnit)
	effects = w.must(func(a *mentoring.Act) error { return a.Acknowledge(sari, c.ID) })
	w.same(effects,
		mentoring.TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: mentoring.T("alarm.answered", "number", int64(c.ID), "alias", "Sari")},
		mentoring.Notify{Member: caller.ID, Text: mentoring.T("alarm.seen", "number", int64(c.ID))})
	if got := w.actions(entries); got[len(got)-1] != mentoring.AuditAcknowledge {
		t.Errorf("audit %v", got)
	}
}

// TestNobodyIsTold: whoever called is told loudly that nobody answers, once, when all
// have been called; not at once when there is nobody on the list.
func TestNobodyIsTold(t *testing.T) {
	for listed, want := range []int{0, 1} {
		w := newWorld(t)
		one := w.staff()
		var list []mentoring.Member
		if listed > 0 {
			list = append(list, one)
		}
		w.onCall(nil, list...)
		caller := w.mentee("Kuu")
		c, effects := w.call(caller, mentoring.CaseUrgent, 0)
		for range 3 {
			w.later(5 * time.Minute)
			effects = append(effects, w.tick()...)
		}
		told := 0
		for _, n := range of[mentoring.Notify](effects) {
			if n.Member == caller.ID && n.Text.Key == "alarm.nobody" {
				if told++; !n.Loud || n.Text.Args["number"] != int64(c.ID) {
					t.Errorf("told %+v", n)
				}
			}
		}
		if told != want {
			t.Errorf("with %d on the list: told %d times that nobody answers", listed, told)
		}
	}
}

// TestAlarmPace: the usual pace for twelve calls to everybody, and then one an hour.
func TestAlarmPace(t *testing.T) {
	w := newWorld(t)
	w.staff()
	w.onCall(nil)
	w.rules.Programmes[mentoring.DefaultProgramme].OnCall.Repeat = 7 * time.Second // never more often than once a minute
	w.call(w.mentee("Kuu"), mentoring.CaseUrgent, 0)
	var at []time.Duration
	for d := time.Duration(0); d < 3*time.Hour; d += time.Minute {
		if len(called(w.tick())) > 0 {
			at = append(at, d)
		}
		w.later(time.Minute)
	}
	var want []time.Duration
	for i := range 12 {
		want = append(want, time.Duration(i+1)*time.Minute)
	}
	for _, h := range []time.Duration{1, 2} {
		want = append(want, 12*time.Minute+h*time.Hour)
	}
	if !slices.Equal(at, want) {
		t.Errorf("called after %v, want %v", at, want)
	}
}

// TestAlarmWithoutTries: where the settings do not say how often, each is called once,
// and the person is told when nobody was there.
func TestAlarmWithoutTries(t *testing.T) {
	w := newWorld(t)
	one, two := w.staff(), w.staff()
	w.onCall(nil, two)
	w.rules.Programmes[mentoring.DefaultProgramme].OnCall.Tries = 0
	caller := w.mentee("Kuu")
	_, effects := w.call(caller, mentoring.CaseUrgent, 0)
	w.calls(effects, two)
	w.later(5 * time.Minute)
	effects = w.tick()
	w.calls(effects, one, two)
	if !slices.ContainsFunc(of[mentoring.Notify](effects), func(n mentoring.Notify) bool {
		return n.Member == caller.ID && n.Text.Key == "alarm.nobody"
	}) {
		t.Error("the person is not told that nobody answers")
	}
}
