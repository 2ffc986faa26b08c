package mentoring_test

import (
	"fmt"
	"testing"
	"time"

	"silta/mentoring"
)

// supervised is a service with some mentors and a meeting ten days from now, of
// which all have been asked.
func supervised(t *testing.T, mentors int) (w *world, staff mentoring.Member, all []mentoring.Member, ids []mentoring.MembershipID, at time.Time) {
	w = newWorld(t)
	w.rules.GroupNames = []string{"Kuusi", "Mänty", "Koivu", "Paju", "Haapa"}
	staff = w.staff()
	for i := range mentors {
		m, id := w.mentor(staff, fmt.Sprintf("Kanerva-%d", i))
		all, ids = append(all, m), append(ids, id)
	}
	at = w.now.Add(10 * day)
	w.must(func(a *mentoring.Act) error { _, err := a.Supervise(staff, at, time.Time{}); return err })
	w.tick()
	return w, staff, all, ids, at
}

func (w *world) attends(m mentoring.Member, comes bool) []mentoring.Effect {
	w.t.Helper()
	return w.must(func(a *mentoring.Act) error { _, _, err := a.Attend(m, comes); return err })
}

func (w *world) meeting() (m mentoring.Supervision) {
	w.t.Helper()
	w.look(func(a *mentoring.Act) error {
		list, err := a.Tx.SupervisionsOf(mentoring.DefaultProgramme, mentoring.DefaultUnit, 1)
		if len(list) > 0 {
			m = list[0]
		}
		return err
	})
	return m
}

func (w *world) seat(of mentoring.SupervisionID, id mentoring.MembershipID) (seat mentoring.Seat) {
	w.t.Helper()
	w.look(func(a *mentoring.Act) error {
		all, err := a.Tx.Seats(of)
		for _, s := range all {
			if s.Membership == id {
				seat = s
			}
		}
		return err
	})
	return seat
}

// group is the mentors' group.
func (w *world) mentorsGroup() *mentoring.Conversation {
	w.t.Helper()
	id := w.meeting().Conversation
	if id == 0 {
		w.t.Fatal("there is no group")
	}
	return w.conversation(id)
}

// TestSupervisionRound: asked, reminded, begun, over, and the next one is set
// up at the same time of day, also when the clocks are changed.
func TestSupervisionRound(t *testing.T) {
	w, staff, mentors, ids, at := supervised(t, 3)
	w.rules.Programmes[mentoring.DefaultProgramme].Supervision.Every = 140 * day // over the change of the clocks
	first := w.meeting()
	if first.State != mentoring.SupervisionPlanned || !first.Until.Equal(at.Add(90*time.Minute)) || first.Conversation != 0 {
		t.Fatalf("set up: %+v", first)
	}
	for _, id := range ids {
		if s := w.seat(first.ID, id); s.State != mentoring.SeatCalled || s.Menu == 0 {
			t.Errorf("not asked: %+v", s)
		}
	}
	w.attends(mentors[0], true)
	w.attends(mentors[1], false)
	w.now = at.Add(-7*day - time.Minute)
	w.toldExactly("before the first reminder", w.tick())
	w.now = at.Add(-7 * day)
	w.toldExactly("a week before", w.tick(), "own supervision.remind", "own supervision.ask")
	w.now = at.Add(-24 * time.Hour)
	w.toldExactly("a day before", w.tick(), "own supervision.remind", "own supervision.ask")
	w.now = at
	w.toldExactly("now", w.tick(), "own supervision.now", "own supervision.now", "staff supervision.begins")
	w.refused("supervision.goes_on", func(a *mentoring.Act) error {
		_, err := a.Supervise(staff, at.Add(day), time.Time{})
		return err
	})
	w.attends(mentors[0], true)
	w.toldExactly("said before", w.attends(mentors[0], true))
	if s := w.seat(first.ID, ids[0]); s.State != mentoring.SeatPresent {
		t.Errorf("was there: %+v", s)
	}
	w.now = at.Add(90 * time.Minute)
	w.toldExactly("over", w.tick(), "staff supervision.over", "staff supervision.next",
		"own supervision.ask", "own supervision.ask", "own supervision.ask") // of the next one
	for i, want := range []mentoring.SeatState{mentoring.SeatPresent, mentoring.SeatExcused, mentoring.SeatMissed} {
		if s := w.seat(first.ID, ids[i]); s.State != want {
			t.Errorf("mentor %d is %s, want %s", i, s.State, want)
		}
	}
	next := w.meeting()
	if want := at.AddDate(0, 0, 140); next.ID == first.ID || !next.At.Equal(want) || next.Conversation == 0 {
		t.Errorf("the next: %+v, want at %v", next, want)
	}
}

// TestSupervisionMissed: staff are told when somebody was missing twice in a
// row, said or not, and not before; being there begins anew; who is away or
// paused is not counted.
func TestSupervisionMissed(t *testing.T) {
	w, staff, mentors, ids, _ := supervised(t, 4)
	missed := func(round int) (numbers []int64) {
		meeting := w.meeting()
		w.now = meeting.At
		w.tick()
		w.attends(mentors[0], round%2 == 0)
		w.now = meeting.Until
		for _, e := range w.tick() {
			if e, ok := e.(mentoring.TellStaff); ok && e.Text.Key == "supervision.missed" {
				numbers = e.Text.Args["numbers"].([]int64)
			}
		}
		return numbers
	}
	w.attends(mentors[1], false)
	w.must(func(a *mentoring.Act) error { return a.GoAway(mentors[2], time.Time{}, "") })
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, ids[3]) })
	if got := missed(1); len(got) != 0 {
		t.Errorf("after one: %v", got)
	}
	if got := missed(2); len(got) != 1 || got[0] != int64(ids[1]) {
		t.Errorf("after two: %v, want %d alone", got, ids[1])
	}
	if got := missed(3); len(got) != 0 { // the first one's first since they were there, the second one's third
		t.Errorf("after three: %v", got)
	}
	w.must(func(a *mentoring.Act) error {
		meeting, seats, err := a.SupervisionView(staff)
		if len(seats) == 0 || seats[0].Membership != ids[1] || seats[0].Absent != 3 || meeting.State != mentoring.SupervisionPlanned {
			t.Errorf("staff see %+v %+v", meeting, seats)
		}
		return err
	})
	if got := missed(4); len(got) != 1 || got[0] != int64(ids[1]) {
		t.Errorf("after four: %v", got)
	}
}

// TestSupervisionHours: nobody is asked or reminded outside of their hours; a
// reminder that finds none before the meeting is left out.
func TestSupervisionHours(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, _ := w.mentor(staff, "Kanerva")
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, evenings()) }) // Mon–Fri 17–20
	at := time.Date(2026, 11, 16, 12, 0, 0, 0, w.rules.Zone)                  // a Monday noon
	w.must(func(a *mentoring.Act) error { _, err := a.Supervise(staff, at, time.Time{}); return err })
	w.now = time.Date(2026, 11, 2, 16, 59, 0, 0, w.rules.Zone)
	w.toldExactly("before their hours", w.tick())
	w.now = w.now.Add(time.Minute)
	w.toldExactly("in their hours", w.tick(), "own supervision.ask")
	w.now = time.Date(2026, 11, 9, 16, 0, 0, 0, w.rules.Zone)
	w.toldExactly("a week before, too early in the day", w.tick())
	w.now = time.Date(2026, 11, 9, 17, 0, 0, 0, w.rules.Zone)
	w.toldExactly("a week before", w.tick(), "own supervision.ask")
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, nil) })
	w.must(func(a *mentoring.Act) error { _, err := a.Supervise(staff, at, time.Time{}); return err })
	w.must(func(a *mentoring.Act) error { return a.SetHours(m, evenings()) })
	w.now = time.Date(2026, 11, 10, 12, 0, 0, 0, w.rules.Zone)
	w.toldExactly("their hours have changed since", w.tick())
	w.now = time.Date(2026, 11, 10, 17, 0, 0, 0, w.rules.Zone)
	w.toldExactly("the next day", w.tick(), "own supervision.ask")
	w.now = at.Add(-time.Minute)
	w.toldExactly("a day before is a Sunday, and the next hours are after the meeting", w.tick())
	w.now = at
	w.toldExactly("it begins", w.tick(), "own supervision.now", "staff supervision.begins")
}

// TestGroupIsLazyAndAnonymous: nobody has a room of the group who does not
// come; everybody has a name of the group, which is on no card.
func TestGroupIsLazyAndAnonymous(t *testing.T) {
	w, staff, mentors, ids, at := supervised(t, 3)
	if got := w.meeting().Conversation; got != 0 {
		t.Fatalf("a group without anybody: %d", got)
	}
	effects := w.attends(mentors[0], true)
	if legs := of[mentoring.OpenLeg](effects); len(legs) != 2 { // theirs and staff's
		t.Errorf("%d legs", len(legs))
	}
	effects = w.attends(mentors[1], true)
	if legs, renewed := of[mentoring.OpenLeg](effects), of[mentoring.RenewLeg](effects); len(legs) != 1 || len(renewed) != 2 {
		t.Errorf("%d legs opened, %d renewed", len(legs), len(renewed))
	}
	c := w.mentorsGroup()
	seen := map[string]bool{}
	for _, p := range c.Participants {
		if p.Role == mentoring.Mentor && (seen[p.Alias] || len(p.Alias) > 6 || p.Alias == "") {
			t.Errorf("alias %q", p.Alias)
		}
		seen[p.Alias] = true
	}
	if len(c.Participants) != 3 || c.ByMember(mentors[2].ID) != nil || c.ByMember(staff.ID).Role != mentoring.Admin {
		t.Errorf("in the group: %+v", c.Participants)
	}
	// Writing while the meeting goes on is being there.
	me := c.ByMember(mentors[0].ID)
	w.must(func(a *mentoring.Act) error { return a.Arrived(me.ID) })
	w.says(me.ID)
	if s := w.seat(w.meeting().ID, ids[0]); s.State != mentoring.SeatComing {
		t.Errorf("before the meeting: %s", s.State)
	}
	w.now = at
	w.tick()
	w.says(me.ID)
	if s := w.seat(w.meeting().ID, ids[0]); s.State != mentoring.SeatPresent {
		t.Errorf("wrote in it: %s", s.State)
	}
	if n := w.figure(mentoring.CountMessages, false); n != 0 {
		t.Errorf("%d messages are counted as mentoring", n)
	}
	known := w.rules.Programmes[mentoring.DefaultProgramme]
	known.Supervision.Known = true
	w.attends(mentors[2], true)
	if p := w.mentorsGroup().ByMember(mentors[2].ID); p.Alias != "Kanerva-2" {
		t.Errorf("known to each other, and yet %q", p.Alias)
	}
}

// TestLeavingTheGroup: whoever ends, is paused, deletes their account or leaves
// is out of the group; the others get one line, and go on.
func TestLeavingTheGroup(t *testing.T) {
	w, staff, mentors, ids, at := supervised(t, 3)
	for _, m := range mentors {
		w.attends(m, true)
	}
	c := w.mentorsGroup()
	for _, p := range c.Participants {
		w.must(func(a *mentoring.Act) error { return a.Arrived(p.ID) })
	}
	gone := func(effects []mentoring.Effect, who mentoring.Member, others int) {
		t.Helper()
		p := c.ByMember(who.ID)
		if now := w.conversation(c.ID); now.State != mentoring.Open || now.Participant(p.ID).Presence != mentoring.Removed {
			t.Errorf("still there: %+v", now)
		}
		if closed := of[mentoring.CloseLeg](effects); len(closed) != 1 || closed[0].Participant != p.ID {
			t.Errorf("closed: %v", closed)
		}
		if n := len(of[mentoring.RenewLeg](effects)); n != others {
			t.Errorf("%d legs renewed, want %d", n, others)
		}
		left := 0
		for _, e := range of[mentoring.Tell](effects) {
			if e.Text.Key == "chat.left" {
				left++
			}
		}
		if left != others {
			t.Errorf("%d others are told, want %d", left, others)
		}
	}
	gone(w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, ids[0]) }), mentors[0], 3)
	if s := w.seat(w.meeting().ID, ids[0]); s.State != mentoring.SeatOff {
		t.Errorf("paused, and yet %s", s.State)
	}
	gone(w.must(func(a *mentoring.Act) error { return a.EndMentor(staff, ids[1]) }), mentors[1], 2)
	gone(w.must(func(a *mentoring.Act) error { return a.End(mentors[2], c.ID) }), mentors[2], 1)
	w.refused("forget.not_here", func(a *mentoring.Act) error { _, err := a.Forget(staff, c.ID); return err })
	// Coming again is coming as somebody new.
	w.must(func(a *mentoring.Act) error { return a.ResumeMentor(staff, ids[0]) })
	w.now = at
	w.tick()
	for _, e := range of[mentoring.RenewLeg](w.attends(mentors[0], true)) {
		if p := w.mentorsGroup().Participant(e.Participant); p.Presence == mentoring.Removed {
			t.Errorf("the room of somebody who has left is looked at: %+v", p)
		}
	}
	before, now := c.ByMember(mentors[0].ID), w.mentorsGroup().ByMember(mentors[0].ID)
	if now.ID == before.ID || now.Alias == before.Alias || now.Presence != mentoring.Asked {
		t.Errorf("came again as %+v, was %+v", now, before)
	}
	// Deleting an account takes what was written with it, for everybody.
	effects := w.deletes(mentors[0])
	if !tells(effects, staff.ID, "delete.told_group") || w.conversation(c.ID).State != mentoring.Emptied {
		t.Errorf("deleted: %v", effects)
	}
	w.attends(mentors[2], true)
	if again := w.mentorsGroup(); again.ID == c.ID || again.State != mentoring.Open {
		t.Errorf("a group that is gone: %+v", again)
	}
}

// TestSupervisionRefusals: what staff cannot set up, and what mentors cannot answer.
func TestSupervisionRefusals(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, _ := w.mentor(staff, "Kanerva")
	set := func(at, until time.Time) func(a *mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.Supervise(staff, at, until); return err }
	}
	w.refused("supervision.none", func(a *mentoring.Act) error { _, _, err := a.OwnSeat(m); return err })
	w.refused("supervision.none_staff", func(a *mentoring.Act) error { _, err := a.CancelSupervision(staff); return err })
	w.refused("supervision.past", set(w.now, time.Time{}))
	w.refused("supervision.bounds", set(w.now.Add(367*day), time.Time{}))
	w.refused("supervision.bounds", set(w.now.Add(day), w.now.Add(day)))
	w.refused("supervision.bounds", set(w.now.Add(day), w.now.Add(day+8*time.Hour+time.Minute)))
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.Supervise(m, w.now.Add(day), time.Time{}); return err })
	w.must(set(w.now.Add(day), time.Time{}))
	w.toldExactly("asked", w.tick(), "own supervision.ask")
	meeting := w.meeting()
	menu := w.seat(meeting.ID, w.memberships(m)[0].ID).Menu
	// Another date: the same meeting, and everybody is asked anew.
	w.attends(m, true)
	w.must(set(w.now.Add(2*day), time.Time{}))
	if again := w.meeting(); again.ID != meeting.ID || !again.At.Equal(w.now.Add(2*day)) {
		t.Errorf("another date: %+v", again)
	}
	if s := w.seat(meeting.ID, w.memberships(m)[0].ID); s.State != mentoring.SeatCalled {
		t.Errorf("another date, and yet %s", s.State)
	}
	w.toldExactly("asked anew", w.tick(), "own supervision.ask")
	// A tap on somebody else's line, or an old one, is none.
	under := func(who mentoring.Member, menu int64) (known bool) {
		w.must(func(a *mentoring.Act) (err error) { _, _, known, err = a.AttendUnder(who, menu, true); return err })
		return known
	}
	fresh := w.seat(meeting.ID, w.memberships(m)[0].ID).Menu
	if under(m, menu) || under(staff, fresh) || !under(m, fresh) {
		t.Error("taps are not told apart")
	}
	w.toldExactly("called off", w.must(func(a *mentoring.Act) error { _, err := a.CancelSupervision(staff); return err }), "own supervision.cancelled")
	w.refused("supervision.is_over", func(a *mentoring.Act) error { _, _, _, err := a.AttendUnder(m, fresh, true); return err })
	w.refused("supervision.none", func(a *mentoring.Act) error { _, _, err := a.Attend(m, true); return err })
	w.now = w.now.Add(10 * day)
	w.toldExactly("nothing more of it", w.tick())
}

// TestSupervisionFull: the forty-first is told so.
func TestSupervisionFull(t *testing.T) {
	w, _, mentors, _, _ := supervised(t, mentoring.GroupMax)
	for _, m := range mentors[:mentoring.GroupMax-1] { // staff are in it, too
		w.attends(m, true)
	}
	last := mentors[mentoring.GroupMax-1]
	w.refused("supervision.full", func(a *mentoring.Act) error { _, _, err := a.Attend(last, true); return err })
	w.must(func(a *mentoring.Act) error { return a.End(mentors[0], w.meeting().Conversation) })
	w.attends(last, true)
}
