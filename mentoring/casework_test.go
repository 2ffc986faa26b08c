package mentoring_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// reports has a member report a conversation with one message of the other's.
func (w *world) reports(m mentoring.Member, in mentoring.ConversationID, contact bool, words ...string) (c mentoring.Case) {
	w.t.Helper()
	var s mentoring.Snapshot
	w.must(func(a *mentoring.Act) (err error) { s, err = a.BeginReport(m, in, "", len(words)); return err })
	if len(words) > 0 {
		var all []mentoring.Excerpt
		for i, text := range words {
			all = append(all, mentoring.Excerpt{Author: 1 + (i+1)%2, At: w.now, Words: text})
		}
		w.must(func(a *mentoring.Act) error { _, err := a.Collected(s.ID, all); return err })
	}
	w.must(func(a *mentoring.Act) (err error) { c, err = a.FileReport(m, s.ID, "pelottava", contact); return err })
	return c
}

func keysOf(effects []mentoring.Effect) (keys []string) {
	for _, e := range effects {
		switch e := e.(type) {
		case mentoring.Notify:
			keys = append(keys, "notify "+e.Text.Key)
		case mentoring.TellStaff:
			in := "room "
			if e.Case != 0 {
				in = "thread "
			}
			keys = append(keys, in+e.Text.Key)
		case mentoring.HideLine:
			keys = append(keys, "hide")
		}
	}
	return keys
}

// TestReport: what is chosen is collected, shown with marks for names, given once,
// and belongs to one case as long as that is not closed.
func TestReport(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	stranger := w.mentee("Suo")
	w.refused("chat.unknown", func(a *mentoring.Act) error { _, err := a.BeginReport(stranger, c.ID, "", 3); return err })

	var s mentoring.Snapshot
	effects := w.must(func(a *mentoring.Act) (err error) { s, err = a.BeginReport(mentee, c.ID, "$event", 0); return err })
	w.same(effects, mentoring.Collect{Snapshot: s.ID, Participant: c.ByMember(mentee.ID).ID, Event: "$event"})
	w.refused("report.gone", func(a *mentoring.Act) error { _, err := a.FileReport(mentee, s.ID, "syy", true); return err })
	w.must(func(a *mentoring.Act) (err error) {
		s, err = a.Collected(s.ID, []mentoring.Excerpt{{Author: 2, Words: "KANERVAN ohje: Kuu, tule! Kuukausi, \ue001kaikki", At: w.now}})
		return err
	})
	if got := s.Excerpts[0].Text(func(n int) string { return []string{"", "M", "O"}[n] }); got != "ON ohje: M, tule! Mkausi, kaikki" {
		t.Errorf("names: %q", got)
	}
	if strings.Contains(strings.ToLower(s.Excerpts[0].Words), "kanerva") || s.Excerpts[0].Role != mentoring.Mentor {
		t.Errorf("kept: %+v", s.Excerpts[0])
	}
	w.refused("report.gone", func(a *mentoring.Act) error { _, err := a.FileReport(mentor, s.ID, "syy", true); return err })
	w.refused("report.reason_first", func(a *mentoring.Act) error { _, err := a.FileReport(mentee, s.ID, "  ", true); return err })
	var made mentoring.Case
	effects = w.must(func(a *mentoring.Act) (err error) {
		made, err = a.FileReport(mentee, s.ID, "pelottava", false)
		return err
	})
	w.same(effects, mentoring.ShowCase{Case: made.ID})
	if made.Kind != mentoring.CaseReport || made.About != mentor.ID || made.Reason != "pelottava" || made.Contact || made.OpenerRole != mentoring.Mentee {
		t.Errorf("case %+v", made)
	}
	w.refused("report.gone", func(a *mentoring.Act) error { _, err := a.FileReport(mentee, s.ID, "taas", true); return err })

	again := w.reports(mentee, c.ID, true, "lisää")
	if again.ID != made.ID || again.Reason != "pelottava\npelottava" || !again.Contact {
		t.Errorf("a second report: %+v", again)
	}
	if other := w.reports(mentor, c.ID, true); other.ID == made.ID || other.About != mentee.ID {
		t.Errorf("the other side's: %+v", other)
	}
}

// TestDraftsGo: what was read for a report and not given is gone after a day, and
// with the next report.
func TestDraftsGo(t *testing.T) {
	w := newWorld(t)
	_, id := w.mentor(w.staff(), "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	begin := func() (s mentoring.Snapshot) {
		w.must(func(a *mentoring.Act) (err error) { s, err = a.BeginReport(mentee, c.ID, "", 0); return err })
		return s
	}
	first := begin()
	second := begin()
	w.refused("report.gone", func(a *mentoring.Act) error { _, err := a.FileReport(mentee, first.ID, "syy", true); return err })
	w.later(25 * time.Hour)
	w.refused("report.gone", func(a *mentoring.Act) error { _, err := a.FileReport(mentee, second.ID, "syy", true); return err })
	w.tick()
	w.look(func(a *mentoring.Act) error {
		if s, err := a.Tx.Snapshot(second.ID); err == nil {
			t.Errorf("still there: %+v", s)
		}
		return nil
	})
}

// TestQuietReport: whoever does not want to be contacted is not, and hears of
// every change all the same.
func TestQuietReport(t *testing.T) {
	w := newWorld(t)
	staff, other := w.staff(), w.staff()
	_, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.reports(mentee, w.talking(mentee, id).ID, false, "hei")
	var told []string
	do := func(fn func(a *mentoring.Act) error) {
		for _, n := range of[mentoring.Notify](w.must(fn)) {
			if n.Member == mentee.ID {
				told = append(told, n.Text.Key)
			}
		}
	}
	do(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	if c.Talk != 0 {
		t.Error("a talk all the same")
	}
	w.refused("case.no_contact", func(a *mentoring.Act) error { _, err := a.SayInCase(staff, c.ID, "hei"); return err })
	w.refused("case.no_contact", func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, 0, 0) })
	do(func(a *mentoring.Act) error { _, err := a.HandOn(staff, c.ID, w.memberships(other)[0].ID); return err })
	do(func(a *mentoring.Act) error { _, err := a.ReleaseCase(other, c.ID); return err })
	do(func(a *mentoring.Act) error { _, err := a.CloseCase(other, c.ID, mentoring.OutcomeNothing); return err })
	do(func(a *mentoring.Act) error { _, err := a.Reopen(other, c.ID); return err })
	if want := []string{"case.claimed_quiet", "case.handed_quiet", "case.released_quiet", "case.closed", "case.reopened"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// TestHandOn ends the old talk and begins a new one with the colleague.
func TestHandOn(t *testing.T) {
	w := newWorld(t)
	staff, other := w.staff(), w.staff()
	mentee := w.mentee("Kuu")
	c, _ := w.call(mentee, mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	old := c.Talk
	w.refused("case.no_such_colleague", func(a *mentoring.Act) error {
		_, err := a.HandOn(staff, c.ID, w.memberships(mentee)[0].ID)
		return err
	})
	effects := w.must(func(a *mentoring.Act) (err error) {
		c, err = a.HandOn(staff, c.ID, w.memberships(other)[0].ID)
		return err
	})
	if got := keysOf(effects); !slices.Equal(got, []string{"notify case.handed_you", "notify case.handed"}) {
		t.Errorf("told %q", got)
	}
	if c.ClaimedBy != other.ID || c.Talk == old || w.conversation(old).State != mentoring.Closed || w.conversation(c.Talk).ByMember(other.ID) == nil {
		t.Errorf("handed on: %+v", c)
	}
	w.refused("case.claim_first", func(a *mentoring.Act) error { _, err := a.SayInCase(staff, c.ID, "hei"); return err })
}

// TestReminders: first in the thread, then in the room, then everybody in their
// own room, at most once a day; none once somebody does something.
func TestReminders(t *testing.T) {
	w := newWorld(t)
	w.rules.Programmes[mentoring.DefaultProgramme].Cases = mentoring.CaseRules{
		Target: map[mentoring.CaseKind]time.Duration{mentoring.CaseHelp: time.Hour}, Finish: 48 * time.Hour,
	}
	staff := w.staff()
	w.staff()
	c, _ := w.call(w.mentee("Kuu"), mentoring.CaseHelp, 0)
	if !w.caseOf(c.ID).Due.Equal(w.now.Add(time.Hour)) {
		t.Errorf("due %v", c.Due)
	}
	for i, want := range [][]string{
		{"thread case.overdue"}, {"room case.overdue"}, {"room case.overdue", "notify case.overdue", "notify case.overdue"}, nil,
	} {
		w.later(time.Hour)
		if got := keysOf(w.tick()); !slices.Equal(got, want) {
			t.Errorf("reminder %d: %q", i, got)
		}
	}
	list := func(f mentoring.CaseFilter) (n int) {
		w.look(func(a *mentoring.Act) error {
			all, err := a.ListCases(staff, f)
			n = len(all)
			return err
		})
		return n
	}
	if list(mentoring.CaseFilter{Overdue: true}) != 1 || list(mentoring.CaseFilter{Mine: true}) != 0 || list(mentoring.CaseFilter{Kind: mentoring.CaseReport}) != 0 {
		t.Error("the list is wrong while it is overdue")
	}
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, c.ID); return err })
	if list(mentoring.CaseFilter{Overdue: true}) != 0 || list(mentoring.CaseFilter{Mine: true}) != 1 {
		t.Error("the list is wrong once it is claimed")
	}
	w.later(47 * time.Hour)
	if got := keysOf(w.tick()); got != nil {
		t.Errorf("too early: %q", got)
	}
	w.later(time.Hour)
	if got := keysOf(w.tick()); !slices.Equal(got, []string{"thread case.unfinished"}) {
		t.Errorf("unfinished: %q", got)
	}
}

// TestCaseExpires: what staff wrote and what was given goes with the case; its
// number, kind and outcome stay, and so do the counters.
func TestCaseExpires(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	talk := w.talking(mentee, id)
	c := w.reports(mentee, talk.ID, true, "uhkaus")
	w.must(func(a *mentoring.Act) error {
		if _, err := a.Claim(staff, c.ID); err != nil {
			return err
		}
		if err := a.AddNote(staff, c.ID, "muista tämä"); err != nil {
			return err
		}
		_, _, err := a.ReadReport(staff, c.ID, func(mentoring.Snapshot) int { return 2 })
		return err
	})
	effects := w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID, mentoring.OutcomeMeasure); return err })
	if n := len(of[mentoring.HideLine](effects)); n != 2 {
		t.Errorf("%d lines of the snapshot are taken away, want 2", n)
	}
	w.later(90 * 24 * time.Hour)
	if before := w.caseOf(c.ID); before.Opener != mentee.ID || before.About != mentor.ID {
		t.Errorf("too early: %+v", before)
	}
	w.tick()
	after := w.caseOf(c.ID)
	if want := (mentoring.Case{ID: c.ID, Kind: c.Kind, Programme: c.Programme, Unit: c.Unit, State: mentoring.CaseExpired, OpenerRole: mentoring.Mentee,
		Outcome: mentoring.OutcomeMeasure, Created: after.Created, Closed: after.Closed, Changed: after.Changed}); !reflect.DeepEqual(after, want) {
		t.Errorf("left: %+v", after)
	}
	w.look(func(a *mentoring.Act) error {
		notes, err := a.Tx.Notes(c.ID)
		given, err2 := a.Tx.Snapshots(c.ID)
		if len(notes)+len(given) > 0 || err != nil || err2 != nil {
			t.Errorf("%d notes, %d snapshots", len(notes), len(given))
		}
		mine, err := a.Tx.CasesOf(mentee.ID)
		if len(mine) > 0 {
			t.Errorf("the person still has %v", mine)
		}
		return err
	})
	closed := map[string]int64{}
	for counter, n := range w.figures(mentoring.CountCasesClosed) {
		closed[counter.About] += n
	}
	if want := map[string]int64{"report/measure": 1}; !reflect.DeepEqual(closed, want) {
		t.Errorf("counted %v", closed)
	}
}

// TestReopen counts the outcome back, and nobody reopens the case of somebody who
// is gone.
func TestReopen(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentee := w.mentee("Kuu")
	c, _ := w.call(mentee, mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID, mentoring.OutcomeHelped); return err })
	effects := w.must(func(a *mentoring.Act) error { _, err := a.Reopen(staff, c.ID); return err })
	if got := keysOf(effects); !slices.Equal(got, []string{"notify case.reopened"}) {
		t.Errorf("told %q", got)
	}
	if got := w.caseOf(c.ID); got.State != mentoring.CaseOpen || got.Outcome != "" || !got.Closed.IsZero() {
		t.Errorf("reopened: %+v", got)
	}
	for _, n := range w.figures(mentoring.CountCasesClosed) {
		if n != 0 {
			t.Errorf("counted %d", n)
		}
	}
	w.must(func(a *mentoring.Act) error { m := w.member(mentee.ID); return a.DeleteMe(&m) })
	w.refused("case.gone", func(a *mentoring.Act) error { _, err := a.Reopen(staff, c.ID); return err })
}

// TestCaseHistory: the other cases of the person and of whom it is about.
func TestCaseHistory(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	talk := w.talking(mentee, id)
	first, _ := w.call(mentee, mentoring.CaseHelp, 0)
	report := w.reports(mentee, talk.ID, true)
	back := w.reports(mentor, talk.ID, true)
	ids := func(list []mentoring.Case) (ids []mentoring.CaseID) {
		for _, c := range list {
			ids = append(ids, c.ID)
		}
		return ids
	}
	w.look(func(a *mentoring.Act) error {
		opener, about, err := a.CaseHistory(staff, report.ID)
		if !slices.Equal(ids(opener), []mentoring.CaseID{first.ID, back.ID}) || !slices.Equal(ids(about), []mentoring.CaseID{back.ID}) {
			t.Errorf("history %v, %v", ids(opener), ids(about))
		}
		return err
	})
}

// jointWorld is a claimed case of a mentee's about a conversation with a mentor.
func jointWorld(t *testing.T) (w *world, staff, mentor, mentee mentoring.Member, peer *mentoring.Conversation, c mentoring.Case) {
	w = newWorld(t)
	staff = w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee = w.mentee("Kuu")
	peer = w.talking(mentee, id)
	c, _ = w.call(mentee, mentoring.CaseHelp, peer.ID)
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	return w, staff, mentor, mentee, peer, c
}

// TestJoint: the person is asked first, the mentor only when they agree; with
// both a conversation of three begins, and the peers' own goes on.
func TestJoint(t *testing.T) {
	w, staff, mentor, mentee, peer, c := jointWorld(t)
	shown := func(effects []mentoring.Effect) (who []mentoring.MemberID) {
		for _, e := range of[mentoring.ShowJoint](effects) {
			w.look(func(a *mentoring.Act) error {
				j, err := a.Tx.Joint(e.Joint)
				for _, consent := range j.Consents {
					if consent.Menu == e.Menu && consent.Answer == mentoring.NoAnswer && j.State == mentoring.JointAsked {
						who = append(who, consent.Member)
					}
				}
				return err
			})
		}
		return who
	}
	effects := w.must(func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, 0, 0) })
	if got := shown(effects); !slices.Equal(got, []mentoring.MemberID{mentee.ID}) {
		t.Errorf("asked first: %v", got)
	}
	w.refused("joint.asked_already", func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, 0, 0) })
	w.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(mentor, 0, true) })
	effects = w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentee, 0, true) })
	if got := shown(effects); !slices.Equal(got, []mentoring.MemberID{mentor.ID}) {
		t.Errorf("asked next: %v", got)
	}
	effects = w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentor, 0, true) })
	if got := keysOf(effects); !slices.Contains(got, "thread joint.begun_staff") {
		t.Errorf("told %q", got)
	}
	c = w.caseOf(c.ID)
	all := w.conversation(c.Joint)
	var aliases []string
	for _, p := range all.Participants {
		aliases = append(aliases, p.Alias)
	}
	if all.Kind != mentoring.KindJoint || !slices.Equal(aliases, []string{"Kuu", "Kanerva", "Silta"}) || !all.Due.IsZero() {
		t.Errorf("joint: %+v", all)
	}
	if w.conversation(peer.ID).State != mentoring.Open || w.conversation(c.Talk).State != mentoring.Open {
		t.Error("another conversation ended")
	}
	w.refused("joint.going_on", func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, 0, 0) })
	before := w.figure(mentoring.CountMessages, false)
	w.says(all.Participants[0].ID)
	if after := w.figure(mentoring.CountMessages, false); after != before {
		t.Error("talking with staff was counted as mentoring")
	}
	w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID, mentoring.OutcomeHelped); return err })
	if w.conversation(all.ID).State != mentoring.Closed || w.conversation(peer.ID).State != mentoring.Open {
		t.Error("closing the case must end the joint conversation, and that only")
	}
}

// TestJointDeclined: a no ends it, whoever says it; staff do not learn who.
func TestJointDeclined(t *testing.T) {
	for _, by := range []string{"person", "mentor", "time", "close"} {
		t.Run(by, func(t *testing.T) {
			w, staff, mentor, mentee, _, c := jointWorld(t)
			w.must(func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, 0, 0) })
			var effects []mentoring.Effect
			switch by {
			case "person":
				effects = w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentee, 0, false) })
			case "mentor":
				w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentee, 0, true) })
				effects = w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentor, 0, false) })
			case "time":
				w.later(72 * time.Hour)
				effects = w.tick()
			case "close":
				w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID, mentoring.OutcomeHelped); return err })
			}
			if got := keysOf(effects); by != "close" && !slices.Contains(got, "thread joint.declined_staff") {
				t.Errorf("told %q", got)
			}
			w.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(mentee, 0, true) })
			w.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(mentor, 0, true) })
			if by == "person" && len(of[mentoring.ShowJoint](effects)) != 1 {
				t.Error("the mentor learned of it")
			}
		})
	}
}

// TestGuest: an outside professional takes part for a time, and then it is over.
func TestGuest(t *testing.T) {
	w, staff, _, mentee, peer, c := jointWorld(t)
	guest := w.mentee("Pihlaja")
	s := mentoring.Membership{Member: guest.ID, Programme: c.Programme, Unit: c.Unit, Role: mentoring.Professional, State: mentoring.Active}
	w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&s) })
	w.refused("joint.nobody", func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, w.memberships(mentee)[0].ID, 0) })
	w.must(func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, s.ID, 90*time.Minute) })
	w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentee, 0, true) })
	w.must(func(a *mentoring.Act) error { return a.AnswerJoint(guest, 0, true) })
	all := w.conversation(w.caseOf(c.ID).Joint)
	if p := all.ByMember(guest.ID); p == nil || p.Role != mentoring.Professional || !all.Due.Equal(w.now.Add(90*time.Minute)) {
		t.Fatalf("joint: %+v", all)
	}
	w.later(89 * time.Minute)
	w.says(all.Participants[0].ID)
	w.tick()
	if got := w.conversation(all.ID).State; got != mentoring.Open {
		t.Errorf("over too early: %s", got)
	}
	w.later(time.Minute)
	if got := keysOf(w.tick()); !slices.Equal(got, []string{"thread joint.over_staff"}) {
		t.Errorf("told %q", got)
	}
	if w.conversation(all.ID).State != mentoring.Closed || w.conversation(peer.ID).State != mentoring.Open || w.caseOf(c.ID).State != mentoring.CaseClaimed {
		t.Error("more, or less, than the joint conversation ended")
	}
}
