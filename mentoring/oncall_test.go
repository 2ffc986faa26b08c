package mentoring_test

import (
	"iter"
	"reflect"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// colleague is what the on-call list shows of somebody.
type colleague struct {
	alias string
	place int
}

func (w *world) onCallList(staff mentoring.Member) (o mentoring.OnCall, shown []colleague) {
	w.t.Helper()
	w.look(func(a *mentoring.Act) error {
		got, list, err := a.OnCallList(staff)
		for _, c := range list {
			shown = append(shown, colleague{c.Alias, c.Place})
		}
		o = got
		return err
	})
	return o, shown
}

// names are the aliases on a list.
func names(list []colleague) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, c := range list {
			if !yield(c.alias) {
				return
			}
		}
	}
}

// named is staff with a nickname, in a state and unit.
func (w *world) named(alias string, state mentoring.MembershipState, unit mentoring.Unit) mentoring.Member {
	w.t.Helper()
	m := w.staff()
	m.Alias = alias
	s := w.memberships(m)[0]
	s.State = state
	if unit != s.Unit { // a membership never moves to another unit: this is a new one
		ended := s
		ended.State = mentoring.Ended
		w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&ended) })
		s.ID, s.Unit = 0, unit
	}
	w.put(func(tx mentoring.Tx) error {
		if err := tx.PutMember(&m); err != nil {
			return err
		}
		return tx.PutMembership(&s)
	})
	return m
}

// TestOnCallShows those on the list in the order in which they are called, then the
// others who could be: staff of the unit who may work on cases now, and nobody else,
// whatever the settings say.
func TestOnCallShows(t *testing.T) {
	w := newWorld(t)
	sari, tero := w.named("Sari", mentoring.Active, mentoring.DefaultUnit), w.named("Tero", mentoring.Active, mentoring.DefaultUnit)
	away := w.named("Poissa", mentoring.Paused, mentoring.DefaultUnit)
	north := w.named("Pohjoinen", mentoring.Active, northUnit)
	ulla := w.named("Ulla", mentoring.Active, mentoring.DefaultUnit)
	mentee := w.mentee("Kuu")
	coordinator := w.mentee("Koordi")
	w.must(func(a *mentoring.Act) error { return a.Appoint(sari, coordinator.ID, mentoring.Coordinator) })
	w.onCall(nil, ulla, mentoring.Member{Address: "@nobody:example.org"}, away, north, mentee, coordinator)
	o, shown := w.onCallList(sari)
	if want := []colleague{{"Ulla", 1}, {"Koordi", 2}, {"Sari", 0}, {"Tero", 0}}; !slices.Equal(shown, want) || len(o.People) != 2 {
		t.Errorf("shown %v of %v, want %v", shown, o.People, want)
	}
	w.has(ulla, mentoring.Coordinator, mentoring.DefaultUnit, mentoring.Active)
	w.has(tero, mentoring.Coordinator, mentoring.DefaultUnit, mentoring.Active)
	if _, again := w.onCallList(sari); !slices.Equal(slices.Sorted(names(again)), slices.Sorted(names(shown))) {
		t.Errorf("shown %v with a second role, %v before", again, shown)
	}
	id := func(m mentoring.Member) mentoring.MembershipID {
		list := w.memberships(m)
		return list[len(list)-1].ID
	}
	for _, m := range []mentoring.Member{away, north, mentee} {
		refusal := w.refused("oncall.unknown", func(a *mentoring.Act) error { return a.SetOnCall(sari, []mentoring.MembershipID{id(tero), id(m)}) })
		if refusal.Text.Args["number"] != int64(id(m)) {
			t.Errorf("refused %+v", refusal)
		}
	}
	refusal := w.refused("oncall.twice", func(a *mentoring.Act) error {
		return a.SetOnCall(sari, []mentoring.MembershipID{id(ulla), id(tero), id(ulla)})
	})
	if refusal.Text.Args["number"] != int64(id(ulla)) {
		t.Errorf("refused %+v", refusal)
	}
	w.must(func(a *mentoring.Act) error {
		return a.SetOnCall(sari, []mentoring.MembershipID{id(tero), id(sari), id(ulla)})
	})
	if _, shown = w.onCallList(sari); !slices.Equal(shown, []colleague{{"Tero", 1}, {"Sari", 2}, {"Ulla", 3}, {"Koordi", 0}}) {
		t.Errorf("changed: %v", shown)
	}
	if _, shown = w.onCallList(north); !slices.Equal(shown, []colleague{{"Pohjoinen", 1}}) { // theirs is another
		t.Errorf("in the other unit: %v", shown)
	}
}

// TestOnCallIsChanged: whoever changes who is called leaves the hours as they are,
// and the other way round; what was said stands until somebody goes back to the
// settings. All of it is kept in the audit, and the next alarm does as it says.
func TestOnCallIsChanged(t *testing.T) {
	w := newWorld(t)
	one, two := w.staff(), w.staff()
	always := mentoring.Hours(nil)
	settings := mentoring.NewHours([]mentoring.Span{{Day: w.now.Weekday(), From: 0, To: mentoring.DayMinutes}})
	later := mentoring.NewHours([]mentoring.Span{{Day: w.now.Weekday(), From: (w.now.Hour() + 1) * 60, To: mentoring.DayMinutes}})
	w.onCall(settings, one)
	first, second := w.memberships(one)[0].ID, w.memberships(two)[0].ID
	is := func(hours mentoring.Hours, there time.Time, people ...mentoring.MembershipID) {
		t.Helper()
		w.look(func(a *mentoring.Act) error {
			o, err := a.OnCall(mentoring.DefaultProgramme, mentoring.DefaultUnit)
			if err != nil {
				return err
			}
			if !reflect.DeepEqual(o.Hours, hours) || !slices.Equal(o.People, people) {
				t.Errorf("on call %+v, want %v %v", o, people, hours)
			}
			at, err := a.StaffThere(mentoring.DefaultProgramme, mentoring.DefaultUnit)
			if !at.Equal(there) {
				t.Errorf("there at %s, want %s", at, there)
			}
			return err
		})
	}
	entries := len(w.auditOf())
	is(settings, w.now, first)
	w.must(func(a *mentoring.Act) error { return a.SetOnCall(two, []mentoring.MembershipID{second}) })
	is(settings, w.now, second)
	w.must(func(a *mentoring.Act) error { return a.SetOnCallHours(two, later) })
	is(later, w.now.Add(time.Hour), second)
	c, effects := w.call(w.mentee("Kuu"), mentoring.CaseUrgent, 0)
	w.calls(effects)
	w.later(time.Hour)
	w.calls(w.tick(), two)
	w.must(func(a *mentoring.Act) error { return a.Acknowledge(one, c.ID) })
	w.must(func(a *mentoring.Act) error { return a.SetOnCallHours(two, always) })
	w.must(func(a *mentoring.Act) error { return a.SetOnCall(two, nil) })
	is(always, w.now)
	_, effects = w.call(w.mentee("Suo"), mentoring.CaseUrgent, 0)
	w.calls(effects, one, two) // nobody on the list: everybody at once
	w.must(func(a *mentoring.Act) error { return a.ResetOnCall(one) })
	is(settings, w.now, first)
	var who []mentoring.MemberID
	for _, e := range w.auditOf()[entries:] {
		if e.Action == mentoring.AuditOnCall {
			who = append(who, e.Actor)
		}
	}
	if !slices.Equal(who, []mentoring.MemberID{two.ID, two.ID, two.ID, two.ID, one.ID}) {
		t.Errorf("audit: changed by %v", who)
	}
}
