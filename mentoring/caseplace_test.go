package mentoring_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// has gives somebody a further membership.
func (w *world) has(m mentoring.Member, role mentoring.Role, unit mentoring.Unit, state mentoring.MembershipState) (id mentoring.MembershipID) {
	w.t.Helper()
	s := mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: unit, Role: role, State: state, Created: w.now}
	w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&s) })
	return s.ID
}

// comesTo is somebody who is a mentee of a unit only.
func (w *world) comesTo(unit mentoring.Unit, nickname string) mentoring.Member {
	w.t.Helper()
	m := w.mentee(nickname)
	s := w.memberships(m)[0]
	s.State = mentoring.Ended
	w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&s) })
	w.has(m, mentoring.Mentee, unit, mentoring.Active)
	return m
}

// TestCaseOfAUnit: a call is for the staff of where the person is now, and not of
// where they were; staff of another unit do not learn that there is one, in no list,
// no history and by no number.
func TestCaseOfAUnit(t *testing.T) {
	w := newWorld(t)
	staff, north := w.staff(), w.named("Pohjoinen", mentoring.Active, northUnit)
	mentee := w.comesTo(northUnit, "Kuu")
	c, effects := w.call(mentee, mentoring.CaseUrgent, 0)
	if c.Unit != northUnit || c.Programme != mentoring.DefaultProgramme || c.OpenerRole != mentoring.Mentee {
		t.Errorf("called: %+v", c)
	}
	w.calls(effects, north)
	if lines := of[mentoring.TellStaff](effects); len(lines) != 1 || lines[0].Unit != northUnit {
		t.Errorf("told %+v", lines)
	}
	// Called as what they are elsewhere, it is a case of its own.
	w.has(mentee, mentoring.Mentee, mentoring.DefaultUnit, mentoring.Active)
	theirs := mentoring.Case{Kind: mentoring.CaseHelp, Programme: c.Programme, Unit: mentoring.DefaultUnit, State: mentoring.CaseOpen,
		Opener: mentee.ID, OpenerRole: mentoring.Mentee, Contact: true, Created: w.now, Changed: w.now}
	w.put(func(tx mentoring.Tx) error { return tx.PutCase(&theirs) })
	if help, _ := w.call(mentee, mentoring.CaseHelp, 0); help.ID == theirs.ID || help.Unit != northUnit {
		t.Errorf("in the other unit's case: %+v", help)
	}
	ids := func(list []mentoring.Case) (numbers []mentoring.CaseID) {
		for _, c := range list {
			numbers = append(numbers, c.ID)
		}
		slices.Sort(numbers)
		return numbers
	}
	for _, who := range []struct {
		m          mentoring.Member
		lists, own []mentoring.CaseID
		look, not  mentoring.CaseID
	}{
		{staff, []mentoring.CaseID{theirs.ID}, nil, theirs.ID, c.ID},
		{north, []mentoring.CaseID{c.ID, c.ID + 2}, []mentoring.CaseID{c.ID + 2}, c.ID, theirs.ID},
	} {
		w.look(func(a *mentoring.Act) error {
			list, err := a.ListCases(who.m, mentoring.CaseFilter{})
			if err != nil {
				return err
			}
			opener, _, err := a.CaseHistory(who.m, who.look)
			if !slices.Equal(ids(list), who.lists) || !slices.Equal(ids(opener), who.own) {
				t.Errorf("%d sees %v and %v", who.m.ID, ids(list), ids(opener))
			}
			return err
		})
		w.refused("case.unknown", func(a *mentoring.Act) error { _, err := a.ReadCase(who.m, who.not); return err })
		w.refused("case.unknown", func(a *mentoring.Act) error { _, err := a.Claim(who.m, who.not); return err })
	}
	w.later(time.Second)
	gone := w.comesTo(northUnit, "Suo")
	for _, s := range w.memberships(gone) {
		s.State = mentoring.Ended
		w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&s) })
	}
	if c, _ := w.call(gone, mentoring.CaseHelp, 0); c.Unit != mentoring.DefaultUnit || !c.Changed.Equal(w.now) || !c.Created.Equal(w.now) {
		t.Errorf("of somebody who is nothing any more: %+v", c)
	}
}

// TestHandOnTo: to those who can work on it now, each once, and neither to oneself nor
// to who called; both hear of it and are asked into a talk of their own.
func TestHandOnTo(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	both := w.named("Molemmat", mentoring.Active, mentoring.DefaultUnit)
	w.has(both, mentoring.Coordinator, mentoring.DefaultUnit, mentoring.Active)
	away := w.named("Poissa", mentoring.Paused, mentoring.DefaultUnit)
	north := w.named("Pohjoinen", mentoring.Active, northUnit)
	mentee := w.mentee("Kuu")
	w.has(mentee, mentoring.Coordinator, mentoring.DefaultUnit, mentoring.Active) // who called is staff besides
	c, _ := w.call(mentee, mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	var to mentoring.MembershipID
	w.look(func(a *mentoring.Act) error {
		list, people, err := a.Colleagues(staff, c.ID)
		if len(people) != 1 || people[0].ID != both.ID || len(list) != 1 || list[0].Member != both.ID {
			t.Fatalf("colleagues %+v", people)
		}
		to = list[0].ID
		return err
	})
	for _, m := range []mentoring.Member{staff, away, north, mentee} {
		list := w.memberships(m)
		w.refused("case.no_such_colleague", func(a *mentoring.Act) error {
			_, err := a.HandOn(staff, c.ID, list[len(list)-1].ID)
			return err
		})
	}
	old := w.conversation(c.Talk)
	entries := len(w.auditOf())
	effects := w.must(func(a *mentoring.Act) (err error) { c, err = a.HandOn(staff, c.ID, to); return err })
	p := w.conversation(c.Talk).Participants
	number := int64(c.ID)
	over := func(i int, other string) mentoring.Effect {
		return mentoring.Tell{Participant: old.Participants[i].ID, Text: mentoring.T("chat.ended", "alias", []string{other})}
	}
	w.same(effects, over(0, "Silta"), over(1, "Kuu"),
		mentoring.ShowCase{Case: c.ID},
		mentoring.Notify{Member: both.ID, Loud: true, Text: mentoring.T("case.handed_you", "number", number)},
		mentoring.Notify{Member: mentee.ID, Text: mentoring.T("case.handed", "number", number)},
		mentoring.OpenLeg{Participant: p[0].ID}, mentoring.Tell{Participant: p[0].ID, Text: mentoring.T("case.hello", "number", number, "alias", []string{"Molemmat"})},
		mentoring.OpenLeg{Participant: p[1].ID}, mentoring.Tell{Participant: p[1].ID, Text: mentoring.T("case.hello_staff", "number", number, "alias", []string{"Kuu"})})
	if p[1].Membership != to || p[0].Number != 1 || p[1].Number != 2 {
		t.Errorf("in the talk: %+v", p)
	}
	if got := w.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditHand}) {
		t.Errorf("audit %v", got)
	}
	effects = w.must(func(a *mentoring.Act) error { _, err := a.ReleaseCase(both, c.ID); return err })
	if !slices.ContainsFunc(effects, func(e mentoring.Effect) bool {
		return reflect.DeepEqual(e, mentoring.TellStaff{
			Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: mentoring.T("case.released_staff", "number", number),
		})
	}) {
		t.Errorf("staff are not told that it was given back: %v", effects)
	}
}

// TestCaseIsWaitedFor: in each state that a case comes into it is waited for anew, so
// that staff are reminded of it whatever happened before.
func TestCaseIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	const answer, finish = time.Hour, 48 * time.Hour
	w.rules.Programmes[mentoring.DefaultProgramme].Cases = mentoring.CaseRules{
		Target: map[mentoring.CaseKind]time.Duration{mentoring.CaseHelp: answer}, Finish: finish, Keep: 30 * 24 * time.Hour,
	}
	staff, other := w.staff(), w.staff()
	c, _ := w.call(w.mentee("Kuu"), mentoring.CaseHelp, 0)
	do := func(what string, fn func(a *mentoring.Act) (mentoring.Case, error), wait time.Duration) {
		t.Helper()
		w.later(time.Minute)
		w.must(func(a *mentoring.Act) error { _, err := fn(a); return err })
		now := w.caseOf(c.ID)
		if !now.Due.Equal(w.now.Add(wait)) || now.Reminded != 0 || !now.Changed.Equal(w.now) {
			t.Errorf("%s: due %s, want in %s; %+v", what, now.Due, wait, now)
		}
		if now.State != mentoring.CaseClosed {
			key := "case.overdue"
			if now.State == mentoring.CaseClaimed {
				key = "case.unfinished"
			}
			w.later(wait)
			w.same(w.tick(), mentoring.TellStaff{
				Programme: c.Programme, Unit: c.Unit, Case: c.ID, Loud: true, Text: mentoring.T(key, "number", int64(c.ID)),
			})
			if n := w.caseOf(c.ID).Reminded; n != 1 {
				t.Errorf("%s: staff are reminded %d times", what, n)
			}
		}
	}
	do("claimed", func(a *mentoring.Act) (mentoring.Case, error) { return a.Claim(staff, c.ID) }, finish)
	do("handed on", func(a *mentoring.Act) (mentoring.Case, error) {
		return a.HandOn(staff, c.ID, w.memberships(other)[0].ID)
	}, finish)
	do("given back", func(a *mentoring.Act) (mentoring.Case, error) { return a.ReleaseCase(other, c.ID) }, answer)
	do("closed", func(a *mentoring.Act) (mentoring.Case, error) {
		return a.CloseCase(other, c.ID, mentoring.OutcomeHelped)
	}, 30*24*time.Hour)
	do("taken up again", func(a *mentoring.Act) (mentoring.Case, error) { return a.Reopen(other, c.ID) }, answer)
	do("closed", func(a *mentoring.Act) (mentoring.Case, error) {
		return a.CloseCase(other, c.ID, mentoring.OutcomeHelped)
	}, 30*24*time.Hour)
	closed := w.caseOf(c.ID)
	entries := len(w.auditOf())
	w.later(30 * 24 * time.Hour)
	w.same(w.tick(), mentoring.ShowCase{Case: c.ID})
	left := w.caseOf(c.ID)
	if got := w.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditExpire}) || left.State != mentoring.CaseExpired ||
		!left.Created.Equal(closed.Created) || !left.Closed.Equal(closed.Closed) {
		t.Errorf("expired: %+v, audit %v", left, got)
	}
}

// TestCaseFile: staff see what was noted, by whom and when, how much was given, and
// whether the case is theirs; each note leaves a trace.
func TestCaseFile(t *testing.T) {
	s := newAccessing(t)
	s.reports(s.mentee, s.talk.ID, true, "hei", "taas")
	s.reports(s.mentee, s.talk.ID, true, "vielä")
	entries := len(s.auditOf())
	s.must(func(a *mentoring.Act) error { return a.AddNote(s.tero, s.number, " Soita huomenna. ") })
	if got := s.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditCaseNote}) {
		t.Errorf("audit %v", got)
	}
	for _, m := range []mentoring.Member{s.sari, s.tero} {
		s.look(func(a *mentoring.Act) error {
			f, err := a.ReadCase(m, s.number)
			if f.Case.ID != s.number || f.Case.State != mentoring.CaseClaimed || f.Mine != (m.ID == s.sari.ID) || f.Snapshots != 3 {
				t.Errorf("the file %+v", f)
			}
			if len(f.Notes) != 1 || f.Notes[0].Author != s.tero.ID || f.Notes[0].Words != "Soita huomenna." || !f.Notes[0].Created.Equal(s.now) {
				t.Errorf("notes %+v", f.Notes)
			}
			return err
		})
	}
	help, _ := s.call(s.mentee, mentoring.CaseHelp, 0)
	for kind, want := range map[mentoring.CaseKind]mentoring.CaseID{mentoring.CaseReport: s.number, mentoring.CaseHelp: help.ID} {
		s.look(func(a *mentoring.Act) error {
			list, err := a.ListCases(s.sari, mentoring.CaseFilter{Kind: kind})
			if len(list) != 1 || list[0].ID != want {
				t.Errorf("of kind %s: %+v", kind, list)
			}
			return err
		})
	}
}

// TestCalledAgain: who calls again while somebody has their case does not sound the
// alarm: it is said in the case's thread, which is theirs to read.
func TestCalledAgain(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	caller := w.mentee("Kuu")
	c, _ := w.call(caller, mentoring.CaseUrgent, 0)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, c.ID); return err })
	w.later(time.Hour)
	w.tick()
	_, effects := w.call(caller, mentoring.CaseUrgent, 0)
	w.same(effects, mentoring.TellStaff{
		Programme: c.Programme, Unit: c.Unit, Case: c.ID, Loud: true, Text: mentoring.T("case.called_again", "number", int64(c.ID)),
	})
}

// TestTalkOfACase: both are in it as what they are in its programme and unit; what
// somebody on trial says there is not counted.
func TestTalkOfACase(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentee := w.mentee("Kuu")
	own := w.memberships(mentee)[0].ID
	w.has(mentee, mentoring.Mentee, northUnit, mentoring.Active)
	w.has(mentee, mentoring.Professional, mentoring.DefaultUnit, mentoring.Active)
	w.put(func(tx mentoring.Tx) error { m := w.member(mentee.ID); m.Trial = true; return tx.PutMember(&m) })
	c, _ := w.call(w.member(mentee.ID), mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	talk := w.conversation(c.Talk)
	if p := talk.Participants[0]; p.Membership != own || p.Role != mentoring.Mentee || !talk.Trial || !talk.Created.Equal(w.now) {
		t.Errorf("in the talk: %+v", talk)
	}
	nobody := w.met() // has no nickname yet
	c, _ = w.call(nobody, mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	if p := w.conversation(c.Talk).Participants[0]; p.Alias != "#2" || p.Membership != 0 || p.Role != mentoring.Mentee {
		t.Errorf("who has not joined: %+v", p)
	}
	say := func(words string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error {
			p, err := a.SayInCase(staff, c.ID, words)
			if err == nil && p != w.conversation(c.Talk).Participants[1].ID {
				t.Errorf("said as %d", p)
			}
			return err
		}
	}
	w.must(say("hei"))
	if r := w.refused("case.say_long", say(strings.Repeat("ä", 4001))); r.Text.Args["max"] != 4000 {
		t.Errorf("told %v", r.Text.Args)
	}
}

// TestStaffAreToldOnce of what waits or calls, whatever roles they have.
func TestStaffAreToldOnce(t *testing.T) {
	w := newWorld(t)
	w.rules.Programmes[mentoring.DefaultProgramme].Cases = mentoring.CaseRules{
		Target: map[mentoring.CaseKind]time.Duration{mentoring.CaseHelp: time.Hour},
	}
	both := w.staff()
	w.has(both, mentoring.Coordinator, mentoring.DefaultUnit, mentoring.Active)
	w.named("Poissa", mentoring.Paused, mentoring.DefaultUnit)
	w.named("Pohjoinen", mentoring.Active, northUnit)
	caller := w.mentee("Kuu")
	_, effects := w.call(caller, mentoring.CaseUrgent, 0)
	w.calls(effects, both)
	w.call(caller, mentoring.CaseHelp, 0)
	var told []mentoring.MemberID
	for range 3 {
		w.later(time.Hour)
		for _, n := range of[mentoring.Notify](w.tick()) {
			if n.Text.Key == "case.overdue" {
				if told = append(told, n.Member); !n.Loud {
					t.Errorf("told quietly: %+v", n)
				}
			}
		}
	}
	if !slices.Equal(told, []mentoring.MemberID{both.ID}) {
		t.Errorf("reminded %v", told)
	}
}
