package mentoring_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// TestPeopleInPages: the newest first, twenty at a time, everybody once, and only
// who has joined; more is said where there are others, and only there.
func TestPeopleInPages(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	var want []mentoring.MemberID
	for i := range 40 {
		want = append(want, w.mentee(fmt.Sprintf("Kuu-%02d", i)).ID)
	}
	w.met()
	slices.Reverse(want)
	page := func(f mentoring.PeopleFilter) (ids []mentoring.MemberID, more bool) {
		w.look(func(a *mentoring.Act) error {
			list, others, err := a.People(staff, f)
			for _, p := range list {
				ids = append(ids, p.ID)
			}
			more = others
			return err
		})
		return ids, more
	}
	first, more := page(mentoring.PeopleFilter{})
	if !slices.Equal(first, want[:20]) || !more {
		t.Errorf("first page %v, more %v", first, more)
	}
	second, more := page(mentoring.PeopleFilter{Before: first[19]})
	if !slices.Equal(second, want[20:]) || more {
		t.Errorf("second page %v, more %v", second, more)
	}
	for words, n := range map[string]int{" kUU-1 ": 10, "kuu": 20, "suo": 0, "": 20} {
		got, more := page(mentoring.PeopleFilter{Words: words})
		if len(got) != n || more != (n == 20) {
			t.Errorf("%q: %d people, more %v", words, len(got), more)
		}
	}
}

// TestPerson: staff see who somebody is here and how much they talk, not with whom;
// that they looked is kept. Whoever has not joined is not told from nobody.
func TestPerson(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, one := w.mentor(staff, "Kanerva")
	_, two := w.mentor(staff, "Vanamo")
	mentee := w.mentee("Kuu")
	over := w.choose(mentee, one)
	w.must(func(a *mentoring.Act) error { return a.End(mentee, over.ID) })
	w.choose(mentee, two)
	help, _ := w.call(mentee, mentoring.CaseHelp, 0)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, help.ID); return err }) // they talk with staff, which is not counted
	mentee = w.member(mentee.ID)
	mentee.Trial = true
	w.put(func(tx mentoring.Tx) error { return tx.PutMember(&mentee) })
	entries := len(w.auditOf())
	w.must(func(a *mentoring.Act) error {
		p, err := a.Person(staff, mentee.ID)
		if p.ID != mentee.ID || p.Alias != "Kuu" || p.Language != "fi" || !p.Trial || !p.Joined.Equal(mentee.Created) ||
			!p.LastSign.Equal(mentee.Changed) || p.Conversations != 1 || len(p.Memberships) != 1 || p.Memberships[0].Role != mentoring.Mentee {
			t.Errorf("seen: %+v", p)
		}
		return err
	})
	look := w.auditOf()[entries:]
	if len(look) != 1 || look[0].Action != mentoring.AuditLook || look[0].Actor != staff.ID || look[0].Subject != fmt.Sprint("member ", mentee.ID) {
		t.Errorf("audit %+v", look)
	}
	w.look(func(a *mentoring.Act) error {
		list, _, err := a.People(staff, mentoring.PeopleFilter{Trial: true})
		if len(list) != 1 || len(list[0].Memberships) != 1 || list[0].Conversations != 0 {
			t.Errorf("listed: %+v", list)
		}
		return err
	})
	for _, id := range []mentoring.MemberID{w.met().ID, 999} {
		refusal := w.refused("user.unknown", func(a *mentoring.Act) error { _, err := a.Person(staff, id); return err })
		if refusal.Text.Args["number"] != int64(id) {
			t.Errorf("refused: %+v", refusal)
		}
	}
}

// TestHelpIsShown to mentees and mentors in whose words danger was found, where the
// programme has chosen it; never to staff.
func TestHelpIsShown(t *testing.T) {
	w := newWorld(t)
	rules := w.rules.Programmes[mentoring.DefaultProgramme]
	for _, on := range []bool{false, true} {
		rules.DangerWords, rules.DangerAgain = on, 3*time.Hour
		if w.rules.AnyDangerWords() != on {
			t.Errorf("any: %v, want %v", !on, on)
		}
		w.look(func(a *mentoring.Act) error {
			for _, role := range mentoring.Roles() {
				want := on && (role == mentoring.Mentee || role == mentoring.Mentor)
				if a.ShowsHelp(mentoring.DefaultProgramme, role) != want {
					t.Errorf("%s, switched on %v: help is shown: %v", role, on, !want)
				}
			}
			if again := a.HelpAgain(mentoring.DefaultProgramme); again != 3*time.Hour {
				t.Errorf("again after %s", again)
			}
			return nil
		})
	}
}
