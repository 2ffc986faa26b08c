package mentoring_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

func (w *world) strict() {
	w.rules.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{
		mentoring.DefaultProgramme: {NeedGuide: true, NeedTraining: true, NeedCheck: true},
	}
}

func (w *world) lacks(id mentoring.MembershipID) (keys []string) {
	w.t.Helper()
	w.look(func(a *mentoring.Act) error {
		s, err := a.Tx.Membership(id)
		if err != nil {
			return err
		}
		parts, err := a.Lacks(s)
		for _, p := range parts {
			keys = append(keys, p.Key)
		}
		return err
	})
	return keys
}

func (w *world) listed(id mentoring.MembershipID) bool {
	w.t.Helper()
	shown := false
	w.look(func(a *mentoring.Act) error {
		list, err := a.Tx.Listings(mentoring.DefaultProgramme)
		shown = slices.ContainsFunc(list, func(l *mentoring.Listing) bool { return l.Membership.ID == id })
		return err
	})
	return shown
}

// TestNotListedBeforeAllIsThere: every one of the four keeps a mentor off the
// list, whatever the order, and nothing but staff puts them on it.
func TestNotListedBeforeAllIsThere(t *testing.T) {
	steps := map[string]func(w *world, staff, m mentoring.Member, id mentoring.MembershipID) error{
		"mentor.lacks.guide": func(w *world, _, m mentoring.Member, _ mentoring.MembershipID) error {
			w.must(func(a *mentoring.Act) error {
				_, err := a.ReadGuide(m, 1, 2)
				if err == nil {
					_, err = a.ReadGuide(m, 2, 2)
				}
				return err
			})
			return nil
		},
		"mentor.lacks.training": func(w *world, staff, _ mentoring.Member, id mentoring.MembershipID) error {
			w.must(func(a *mentoring.Act) error { return a.NoteTrained(staff, id, w.now) })
			return nil
		},
		"mentor.lacks.check": func(w *world, staff, _ mentoring.Member, id mentoring.MembershipID) error {
			w.must(func(a *mentoring.Act) error { return a.NoteCheck(staff, id, w.now) })
			return nil
		},
		"mentor.lacks.card": func(w *world, staff, m mentoring.Member, id mentoring.MembershipID) error {
			card := wholeCard()
			w.must(func(a *mentoring.Act) error {
				return cmp.Or(a.SaveCard(m, &card), a.SubmitCard(m), a.ApproveCard(staff, id))
			})
			return nil
		},
	}
	all := []string{"mentor.lacks.guide", "mentor.lacks.training", "mentor.lacks.check", "mentor.lacks.card"}
	for shift := range all {
		order := append(slices.Clone(all[shift:]), all[:shift]...)
		w := newWorld(t)
		w.strict()
		staff := w.staff()
		m, s := w.invited(staff, "Kanerva")
		for i, name := range order {
			last := i == len(order)-1
			if w.listed(s.ID) {
				t.Fatalf("listed before %s", name)
			}
			w.refused("mentor.lacks", func(a *mentoring.Act) error { return a.ListMentor(staff, s.ID) })
			if err := steps[name](w, staff, m, s.ID); err != nil {
				t.Fatal(err)
			}
			if got := w.lacks(s.ID); slices.Contains(got, name) || len(got) != len(order)-1-i {
				t.Fatalf("after %s: lacks %v", name, got)
			}
			if last && name != "mentor.lacks.card" {
				if w.listed(s.ID) {
					t.Fatal("listed though staff have not said so")
				}
				w.must(func(a *mentoring.Act) error { return a.ListMentor(staff, s.ID) })
			}
		}
		if !w.listed(s.ID) {
			t.Errorf("not listed in the end, in the order %v", order)
		}
		w.refused("mentor.listed_already", func(a *mentoring.Act) error { return a.ListMentor(staff, s.ID) })
	}
}

// TestGuideProgress: steps may be read in any order and again; the day of the
// last one stays.
func TestGuideProgress(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, s := w.invited(staff, "Kanerva")
	read := func(n int) (p mentoring.Preparation) {
		w.must(func(a *mentoring.Act) (err error) { p, err = a.ReadGuide(m, n, 3); return err })
		return p
	}
	if p := read(2); p.NextStep(3) != 1 || !p.GuideDone.IsZero() {
		t.Errorf("%+v", p)
	}
	if w.membership(s.ID).State != mentoring.Training {
		t.Error("not in training after the first step")
	}
	read(1)
	done := read(3).GuideDone
	if !done.Equal(w.now) {
		t.Error("not done")
	}
	w.later(time.Hour)
	if again := read(3).GuideDone; !again.Equal(done) {
		t.Errorf("done at %v, then at %v", done, again)
	}
	for _, n := range []int{0, -1, 4} {
		w.refused("guide.no_step", func(a *mentoring.Act) error { _, err := a.ReadGuide(m, n, 3); return err })
	}
	mentee := w.mentee("Kuu")
	w.refused("mentor.not_one", func(a *mentoring.Act) error { _, err := a.Guide(mentee); return err })
}

// TestNotesAreOfDaysGone: staff cannot note what has not been; the check keeps
// who saw it.
func TestNotesAreOfDaysGone(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, s := w.invited(staff, "Kanerva")
	tomorrow := w.now.Add(24 * time.Hour)
	w.refused("date.future", func(a *mentoring.Act) error { return a.NoteTrained(staff, s.ID, tomorrow) })
	w.refused("date.future", func(a *mentoring.Act) error { return a.NoteCheck(staff, s.ID, tomorrow) })
	w.refused("mentor.round_which", func(a *mentoring.Act) error { return a.NoteRound(staff, s.ID, "  ") })
	w.must(func(a *mentoring.Act) error {
		return cmp.Or(a.NoteRound(staff, s.ID, " kevät  2027"), a.NoteTrained(staff, s.ID, w.now), a.NoteCheck(staff, s.ID, w.now))
	})
	w.must(func(a *mentoring.Act) error {
		records, err := a.MentorRecords(staff)
		if err != nil {
			return err
		}
		if p := records[0].Preparation; p.Round != "kevät 2027" || p.CheckedBy != staff.ID || p.Trained.IsZero() || p.Checked.IsZero() {
			t.Errorf("%+v", p)
		}
		return nil
	})
}

// TestCardsWithoutApproval: where the programme asks for no approval the card is
// ready at once and stays so; listing is still for staff.
func TestCardsWithoutApproval(t *testing.T) {
	w := newWorld(t)
	w.rules.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {FreeCards: true}}
	staff := w.staff()
	m, s := w.invited(staff, "Kanerva")
	card := wholeCard()
	effects := w.must(func(a *mentoring.Act) error { return cmp.Or(a.SaveCard(m, &card), a.SubmitCard(m)) })
	if told := of[mentoring.TellStaff](effects); len(told) != 1 || told[0].Text.Key != "card.without_approval" {
		t.Errorf("staff are told %+v", told)
	}
	if w.listed(s.ID) {
		t.Error("listed though staff have not said so")
	}
	w.must(func(a *mentoring.Act) error { return a.ListMentor(staff, s.ID) })
	card.Story = "Uusi."
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	if !w.listed(s.ID) {
		t.Error("a changed card took the mentor off the list")
	}
}

// TestCardHistory: every version that staff or mentees could see is kept, with
// what was done and by whom; the oldest go.
func TestCardHistory(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	history := func() (list []mentoring.CardVersion) {
		w.must(func(a *mentoring.Act) (err error) { list, err = a.CardHistory(staff, id); return err })
		return list
	}
	steps := func() (all []mentoring.Step) {
		for _, v := range history() {
			all = append(all, v.Step)
		}
		return all
	}
	card := wholeCard()
	card.Alias, card.Story = "Kanerva", "Toinen."
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	w.must(func(a *mentoring.Act) error { return a.ReturnCard(staff, id, "Lisää.") })
	w.must(func(a *mentoring.Act) error { return a.SetKind(staff, id, mentoring.HelperVolunteer) })
	want := []mentoring.Step{mentoring.StepKind, mentoring.StepReturn, mentoring.StepSave, mentoring.StepApprove, mentoring.StepSubmit}
	if got := steps(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if list := history(); list[0].By != staff.ID || list[2].By != m.ID || list[2].Card.Story != "Toinen." || list[3].Card.Story != "Kuuntelen." {
		t.Errorf("%+v", list)
	}
	for range 40 {
		w.must(func(a *mentoring.Act) error { return a.SetKind(staff, id, mentoring.HelperPeer) })
	}
	if n := len(history()); n != 30 {
		t.Errorf("%d versions are kept", n)
	}
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.CardHistory(m, id); return err })
	w.refused("not_allowed", func(a *mentoring.Act) error { return a.SetKind(m, id, mentoring.HelperProfessional) })
}

// TestTopicsAreStaffs: what staff do to the list, and what it does to cards.
func TestTopicsAreStaffs(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva") // topics study and work
	offered := func() (keys []string) {
		w.must(func(a *mentoring.Act) error {
			list, err := a.Topics(mentoring.DefaultProgramme)
			for _, topic := range list {
				if !topic.Retired {
					keys = append(keys, topic.Key)
				}
			}
			return err
		})
		return keys
	}
	if got := offered(); !slices.Equal(got, w.rules.Topics) {
		t.Errorf("before staff did anything: %v", got)
	}
	var number int
	w.must(func(a *mentoring.Act) (err error) {
		number, err = a.AddTopic(staff, map[mentoring.Language]string{"fi": "suru"})
		return err
	})
	if got := offered(); number != 4 || !slices.Equal(got, []string{"study", "work", "family", "own4"}) {
		t.Errorf("added as %d: %v", number, got)
	}
	w.must(func(a *mentoring.Act) error { return a.MergeTopic(staff, 2, 4) })
	w.must(func(a *mentoring.Act) error {
		c, err := a.Tx.Card(id)
		if !slices.Equal(c.Topics, []string{"study", "own4"}) || c.State != mentoring.CardApproved {
			t.Errorf("after the merge the card has %v, %s", c.Topics, c.State)
		}
		return err
	})
	w.must(func(a *mentoring.Act) error { return a.RetireTopic(staff, 1, false) })
	// The card keeps a topic that is no longer offered; nobody can take it anew.
	card := wholeCard()
	card.Alias, card.Topics = "Kanerva", []string{"study"}
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	card.Topics = []string{"work"}
	w.refused("card.topic_unknown", func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	w.must(func(a *mentoring.Act) error { return a.RetireTopic(staff, 3, false) })
	w.refused("topic.last", func(a *mentoring.Act) error { return a.RetireTopic(staff, 4, false) })
	for name, refused := range map[string]func(a *mentoring.Act) error{
		"not_allowed": func(a *mentoring.Act) error {
			_, err := a.AddTopic(m, map[mentoring.Language]string{"fi": "x"})
			return err
		},
		"topic.say_name": func(a *mentoring.Act) error { return a.RenameTopic(staff, 4, map[mentoring.Language]string{"fi": " "}) },
		"topic.unknown":  func(a *mentoring.Act) error { return a.MergeTopic(staff, 4, 1) },
	} {
		w.refused(name, refused)
	}
}

// TestNewForAMonth: a mentor is new for thirty days from the first listing on,
// whatever is done to their card later.
func TestNewForAMonth(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	isNew := func() (found bool) {
		t.Helper()
		w.look(func(a *mentoring.Act) error {
			list, err := a.Find(mentee, &mentoring.Filter{})
			if len(list) == 1 {
				found = list[0].New(a.Now)
			}
			return err
		})
		return found
	}
	w.later(30*day - time.Minute)
	if !isNew() {
		t.Error("not new in the first month")
	}
	w.later(time.Minute)
	if isNew() {
		t.Error("new after a month")
	}
	card := wholeCard()
	card.Story = "Kuuntelen iltaisin."
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	w.must(func(a *mentoring.Act) error { return a.ApproveCard(staff, id) })
	if isNew() {
		t.Error("new again, because the card was approved again")
	}
}
