package mentoring_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// TestCardTable: every state of a card × what is done with it.
func TestCardTable(t *testing.T) {
	type cell struct {
		to      mentoring.CardState
		refusal string
	}
	judge := cell{"", "card.nothing_to_judge"}
	table := map[mentoring.CardState][5]cell{ // save, save unchanged, submit, approve, return
		"":                      {{"draft", ""}, {"draft", ""}, {"", "card.none"}, judge, judge},
		mentoring.CardDraft:     {{"draft", ""}, {"draft", ""}, {"submitted", ""}, judge, judge},
		mentoring.CardSubmitted: {{"submitted", ""}, {"submitted", ""}, {"", "card.waiting"}, {"approved", ""}, {"draft", ""}},
		mentoring.CardApproved:  {{"submitted", ""}, {"approved", ""}, {"", "card.approved_already"}, judge, judge},
	}
	for from, row := range table {
		for i, want := range row {
			t.Run(string(from)+"/"+[]string{"save", "same", "submit", "approve", "return"}[i], func(t *testing.T) {
				w := newWorld(t)
				staff := w.staff()
				m, s := w.invited(staff, "Kanerva")
				card := wholeCard()
				if from != "" {
					w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
				}
				if from == mentoring.CardSubmitted || from == mentoring.CardApproved {
					w.must(func(a *mentoring.Act) error { return a.SubmitCard(m) })
				}
				if from == mentoring.CardApproved {
					w.must(func(a *mentoring.Act) error { return a.ApproveCard(staff, s.ID) })
				}
				w.later(time.Hour)
				act := []func(a *mentoring.Act) error{
					func(a *mentoring.Act) error { c := card; c.Story = "Toinen."; return a.SaveCard(m, &c) },
					func(a *mentoring.Act) error { c := card; return a.SaveCard(m, &c) },
					func(a *mentoring.Act) error { return a.SubmitCard(m) },
					func(a *mentoring.Act) error { return a.ApproveCard(staff, s.ID) },
					func(a *mentoring.Act) error { return a.ReturnCard(staff, s.ID, "Lisää jotain.") },
				}[i]
				forStaff := mentoring.TellStaff{Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
					Text: mentoring.T("card.for_staff", "number", int64(s.ID))}
				var effects []mentoring.Effect
				switch {
				case want.refusal != "":
					w.refused(want.refusal, act)
					return
				case i == 0 && from == mentoring.CardApproved, i == 2:
					effects = []mentoring.Effect{forStaff}
				case i == 3:
					effects = []mentoring.Effect{mentoring.Notify{Member: m.ID, Text: mentoring.T("card.approved")}}
				case i == 4:
					effects = []mentoring.Effect{mentoring.Notify{Member: m.ID, Text: mentoring.T("card.returned", "why", "Lisää jotain.")}}
				}
				w.same(w.must(act), effects...)
				w.must(func(a *mentoring.Act) error {
					c, err := a.MyCard(m)
					if c.State != want.to {
						t.Errorf("%s → %s, want %s", from, c.State, want.to)
					}
					return err
				})
			})
		}
	}
}

// TestCardMovesTheMembership: invited → training with the first save → active
// with the approval; a paused mentor stays paused.
func TestCardMovesTheMembership(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, s := w.invited(staff, "Kanerva")
	is := func(want mentoring.MembershipState) {
		t.Helper()
		if got := w.membership(s.ID).State; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	is(mentoring.Invited)
	card := wholeCard()
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	is(mentoring.Training)
	w.must(func(a *mentoring.Act) error { return a.SubmitCard(m) })
	is(mentoring.Training)
	w.must(func(a *mentoring.Act) error { return a.ReturnCard(staff, s.ID, "Lisää.") })
	w.must(func(a *mentoring.Act) error { return a.SubmitCard(m) })
	w.must(func(a *mentoring.Act) error { return a.ApproveCard(staff, s.ID) })
	is(mentoring.Active)
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, s.ID) })
	card.Story = "Uusi."
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	w.must(func(a *mentoring.Act) error { return a.ApproveCard(staff, s.ID) })
	is(mentoring.Paused)
}

func TestNewCard(t *testing.T) {
	w := newWorld(t)
	m, s := w.invited(w.staff(), "Kanerva")
	w.must(func(a *mentoring.Act) error {
		got, err := a.MyCard(m)
		want := mentoring.Card{Membership: s.ID, Alias: "Kanerva", Languages: []mentoring.Language{"fi"}, Kind: mentoring.HelperPeer}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v", got)
		}
		return err
	})
	other := w.mentee("Kuu")
	w.refused("mentor.not_one", func(a *mentoring.Act) error { _, err := a.MyCard(other); return err })
}

// TestCardWords: what is refused, and the form in which the rest is kept.
func TestCardWords(t *testing.T) {
	w := newWorld(t)
	m, s := w.invited(w.staff(), "Kanerva")
	for name, c := range map[string]struct {
		refusal string
		change  func(c *mentoring.Card)
	}{
		"alias":         {"nickname.characters", func(c *mentoring.Card) { c.Alias = "Ka nerva" }},
		"staff's alias": {"nickname.taken", func(c *mentoring.Card) { c.Alias = "Silta" }},
		"birth year":    {"card.age_band", func(c *mentoring.Card) { c.AgeBand = "1990" }},
		"age":           {"card.age_band", func(c *mentoring.Card) { c.AgeBand = "25–26" }},
		"area":          {"text.too_long", func(c *mentoring.Card) { c.Area = strings.Repeat("ä", 61) }},
		"gender":        {"card.gender_unknown", func(c *mentoring.Card) { c.Gender = "nainen" }},
		"story":         {"text.too_long", func(c *mentoring.Card) { c.Story = strings.Repeat("ä", 2001) }},
		"topic":         {"card.topic_unknown", func(c *mentoring.Card) { c.Topics = []string{"study", "golf"} }},
		"language":      {"language.unknown", func(c *mentoring.Card) { c.Languages = []mentoring.Language{"suomi"} }},
	} {
		t.Run(name, func(*testing.T) {
			card := wholeCard()
			c.change(&card)
			given := card
			w.refused(c.refusal, func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
			if !reflect.DeepEqual(card, given) {
				t.Errorf("refused, but changed to %+v", card)
			}
		})
	}
	card := mentoring.Card{
		Membership: 99, State: mentoring.CardApproved, Kind: mentoring.HelperProfessional, Status: "x",
		Alias: " Kanerva ", AgeBand: " 25-34", Area: "Ou\nlu  seutu", Gender: mentoring.Woman,
		Story:  "  Hei!\r\n\r\nKuuntelen.\x07\u200b \xff" + strings.Repeat("ä", 1900),
		Topics: []string{"work", "study", "work"}, Languages: []mentoring.Language{"fi", "sv", "fi"},
	}
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	want := mentoring.Card{
		Membership: s.ID, State: mentoring.CardDraft, Kind: mentoring.HelperPeer,
		Alias: "Kanerva", AgeBand: "25–34", Area: "Ou lu seutu", Gender: mentoring.Woman,
		Story:  "Hei!\n\nKuuntelen. " + strings.Repeat("ä", 1900),
		Topics: []string{"work", "study"}, Languages: []mentoring.Language{"fi", "sv"}, Updated: w.now,
	}
	if !reflect.DeepEqual(card, want) {
		t.Errorf("kept\n%+v, want\n%+v", card, want)
	}
	for _, band := range append(mentoring.AgeBands(), "") {
		c := wholeCard()
		c.AgeBand = band
		w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &c) })
	}
}

// TestUnfinishedCard can be saved, not submitted; the refusal names what is
// missing.
func TestUnfinishedCard(t *testing.T) {
	all := []string{"alias", "age", "story", "topics", "languages"}
	clear := []func(c *mentoring.Card){
		func(c *mentoring.Card) { c.Alias = "" },
		func(c *mentoring.Card) { c.AgeBand = "" },
		func(c *mentoring.Card) { c.Story = " \n" },
		func(c *mentoring.Card) { c.Topics = nil },
		func(c *mentoring.Card) { c.Languages = nil },
	}
	w := newWorld(t)
	m, _ := w.invited(w.staff(), "Kanerva")
	for pick := 1; pick < 1<<len(all); pick++ {
		card := wholeCard()
		var want []mentoring.Text
		for i, name := range all {
			if pick>>i&1 == 1 {
				clear[i](&card)
				want = append(want, mentoring.T("card.part."+name))
			}
		}
		w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
		r := w.refused("card.unfinished", func(a *mentoring.Act) error { return a.SubmitCard(m) })
		if got := r.Text.Args["parts"]; !reflect.DeepEqual(got, want) {
			t.Errorf("missing %v, want %v", got, want)
		}
	}
	card := wholeCard()
	card.Area, card.Gender = "", "" // these two are up to the mentor
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	w.must(func(a *mentoring.Act) error { return a.SubmitCard(m) })
}

func TestReturnNeedsAReason(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, s := w.invited(staff, "Kanerva")
	card := wholeCard()
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	w.must(func(a *mentoring.Act) error { return a.SubmitCard(m) })
	w.refused("card.say_why", func(a *mentoring.Act) error { return a.ReturnCard(staff, s.ID, " \u200b") })
	w.refused("text.too_long", func(a *mentoring.Act) error { return a.ReturnCard(staff, s.ID, strings.Repeat("x", 281)) })
}

// TestStatusAndKindStay whatever a helper saves.
func TestStatusAndKindStay(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	w.must(func(a *mentoring.Act) error { return a.SetStatus(m, "Hei") })
	w.put(func(tx mentoring.Tx) error {
		c, err := tx.Card(id)
		if err != nil {
			return err
		}
		c.Kind = mentoring.HelperVolunteer
		return tx.PutCard(&c)
	})
	card := wholeCard()
	card.Story, card.Status, card.Kind = "Uusi.", "Vaihdettu", mentoring.HelperProfessional
	w.must(func(a *mentoring.Act) error { return a.SaveCard(m, &card) })
	if card.Status != "Hei" || card.Kind != mentoring.HelperVolunteer {
		t.Errorf("status %q, kind %q", card.Status, card.Kind)
	}
}
