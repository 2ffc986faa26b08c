package mentoring_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"silta/mentoring"
	"silta/text"
)

// catalogue is a service with mentors whose cards differ.
func (w *world) catalogue() (staff mentoring.Member) {
	w.t.Helper()
	w.rules.Search = text.Search{}
	staff = w.staff()
	for _, c := range []mentoring.Card{
		{Alias: "Kanerva", AgeBand: "25–34", Area: "Oulu", Story: "Toivuin masennuksesta. Työ ja yö.", Topics: []string{"study"}, Languages: []mentoring.Language{"fi", "sv"}, Gender: mentoring.Woman},
		{Alias: "Kielo", AgeBand: "35–44", Area: "Uusimaa", Story: "Opiskelin Oulussa.", Topics: []string{"study", "work"}, Languages: []mentoring.Language{"fi"}, Gender: mentoring.Man},
		{Alias: "Kaisla", AgeBand: "35–44", Area: "Åland", Story: "Ensamhet. Yöllinen.", Topics: []string{"family"}, Languages: []mentoring.Language{"sv"}},
	} {
		m, id := w.mentor(staff, c.Alias)
		w.put(func(tx mentoring.Tx) error {
			card, err := tx.Card(id)
			if err != nil {
				return err
			}
			c.Membership, c.State, c.Kind = id, card.State, mentoring.HelperPeer
			if c.Alias == "Kaisla" {
				c.Kind = mentoring.HelperVolunteer
			}
			return tx.PutCard(&c)
		})
		_ = m
	}
	return staff
}

func (w *world) found(m mentoring.Member, f mentoring.Filter) []string {
	w.t.Helper()
	var names []string
	w.must(func(a *mentoring.Act) error {
		list, err := a.Find(m, &f)
		for _, l := range list {
			names = append(names, l.Card.Alias)
		}
		return err
	})
	slices.Sort(names)
	return names
}

// TestFind: each field alone, alternatives within a field, all fields together.
func TestFind(t *testing.T) {
	w := newWorld(t)
	w.catalogue()
	m := w.mentee("Kuu")
	for name, c := range map[string]struct {
		f    mentoring.Filter
		want []string
	}{
		"nothing":           {mentoring.Filter{}, []string{"Kaisla", "Kanerva", "Kielo"}},
		"topic":             {mentoring.Filter{Topics: []string{"work"}}, []string{"Kielo"}},
		"one of two topics": {mentoring.Filter{Topics: []string{"work", "family"}}, []string{"Kaisla", "Kielo"}},
		"language":          {mentoring.Filter{Languages: []mentoring.Language{"sv"}}, []string{"Kaisla", "Kanerva"}},
		"gender":            {mentoring.Filter{Genders: []mentoring.Gender{mentoring.Woman}}, []string{"Kanerva"}},
		"band":              {mentoring.Filter{Bands: []string{"35–44"}}, []string{"Kaisla", "Kielo"}},
		"kind":              {mentoring.Filter{Kinds: []mentoring.HelperKind{mentoring.HelperVolunteer}}, []string{"Kaisla"}},
		"area, not a story": {mentoring.Filter{Words: []string{"oulussa"}}, []string{"Kanerva"}},
		"folded area":       {mentoring.Filter{Words: []string{"aland"}}, []string{"Kaisla"}},
		"word of a story":   {mentoring.Filter{Words: []string{"masennus"}}, []string{"Kanerva"}},
		"a short word":      {mentoring.Filter{Words: []string{"yö"}}, []string{"Kanerva"}},
		"two words":         {mentoring.Filter{Words: []string{"masennus", "ensamhet"}}, nil},
		"alias":             {mentoring.Filter{Words: []string{"kielo"}}, []string{"Kielo"}},
		"all fields": {mentoring.Filter{
			Topics: []string{"study"}, Languages: []mentoring.Language{"fi"}, Genders: []mentoring.Gender{mentoring.Man, mentoring.Woman},
			Bands: []string{"25–34"}, Kinds: []mentoring.HelperKind{mentoring.HelperPeer}, Words: []string{"oulu", "toivuin"},
		}, []string{"Kanerva"}},
		"fields that do not meet": {mentoring.Filter{Topics: []string{"family"}, Genders: []mentoring.Gender{mentoring.Man}}, nil},
	} {
		if got := w.found(m, c.f); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestFindFollows: what changes on a card or in the mentor's life shows at once.
func TestFindFollows(t *testing.T) {
	w := newWorld(t)
	staff := w.catalogue()
	m := w.mentee("Kuu")
	ofArea := mentoring.Filter{Words: []string{"rovaniemi"}}
	if got := w.found(m, ofArea); got != nil {
		t.Fatal(got)
	}
	var id mentoring.MembershipID
	w.must(func(a *mentoring.Act) error {
		list, err := a.Find(m, &mentoring.Filter{Words: []string{"kielo"}})
		id = list[0].Membership.ID
		return err
	})
	w.put(func(tx mentoring.Tx) error {
		c, err := tx.Card(id)
		c.Area = "Rovaniemi"
		if err != nil {
			return err
		}
		return tx.PutCard(&c)
	})
	if got := w.found(m, ofArea); !slices.Equal(got, []string{"Kielo"}) {
		t.Error("after the card changed:", got)
	}
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, id) })
	if got := w.found(m, ofArea); got != nil {
		t.Error("after the pause:", got)
	}
}

// TestUnitsAreFound: with several units the name of one is about it.
func TestUnitsAreFound(t *testing.T) {
	w := newWorld(t)
	w.catalogue()
	m := w.mentee("Kuu")
	if got := w.found(m, mentoring.Filter{Words: []string{"main"}}); got != nil {
		t.Errorf("the only unit is found by name: %v", got)
	}
	w.must(func(a *mentoring.Act) error {
		list, err := a.Find(m, &mentoring.Filter{Words: []string{"kielo"}})
		if err != nil {
			return err
		}
		s := list[0].Membership
		s.Unit = "pohjola"
		return a.Tx.PutMembership(&s)
	})
	if got := w.found(m, mentoring.Filter{Words: []string{"pohjola"}}); !slices.Equal(got, []string{"Kielo"}) {
		t.Error(got)
	}
}

// TestNearTopics: only what somebody is free for, what goes together first.
func TestNearTopics(t *testing.T) {
	w := newWorld(t)
	w.catalogue()
	m := w.mentee("Kuu")
	near := func(f mentoring.Filter) (topics []string) {
		w.must(func(a *mentoring.Act) (err error) { topics, err = a.NearTopics(m, &f); return err })
		return topics
	}
	if got := near(mentoring.Filter{Topics: []string{"work"}, Genders: []mentoring.Gender{mentoring.Woman}}); !slices.Equal(got, []string{"study"}) {
		t.Error(got)
	}
	if got := near(mentoring.Filter{Topics: []string{"work"}}); !slices.Equal(got, []string{"study", "family"}) {
		t.Error(got)
	}
	if got := near(mentoring.Filter{Words: []string{"nobody"}}); len(got) != 0 {
		t.Error(got)
	}
}

// TestNearTopicsInOrder: before what most can talk about comes what goes together
// with what was looked for.
func TestNearTopicsInOrder(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	for i, topics := range [][]string{{"study", "work"}, {"study", "family"}, {"study", "family"}, {"work"}, {"work"}, {"work"}} {
		_, id := w.mentor(staff, "Kanerva-"+string(rune('a'+i)))
		w.put(func(tx mentoring.Tx) error {
			card, err := tx.Card(id)
			if err != nil {
				return err
			}
			card.Topics = topics
			return tx.PutCard(&card)
		})
	}
	m := w.mentee("Kuu")
	for topic, want := range map[string][]string{"study": {"family", "work"}, "other": {"work", "study", "family"}} {
		var got []string
		w.look(func(a *mentoring.Act) (err error) {
			got, err = a.NearTopics(m, &mentoring.Filter{Topics: []string{topic}})
			return err
		})
		if !slices.Equal(got, want) {
			t.Errorf("near %s: %v, want %v", topic, got, want)
		}
	}
}

// TestDemandThatIsMetLater: nobody free now is another thing than nobody at all.
func TestDemandThatIsMetLater(t *testing.T) {
	w := newWorld(t)
	mentor, _ := w.mentor(w.staff(), "Kanerva")
	m := w.mentee("Kuu")
	w.must(func(a *mentoring.Act) error { return a.GoAway(mentor, w.now.Add(30*day), "") })
	if got := w.found(m, mentoring.Filter{}); got != nil {
		t.Errorf("away for a month, and found: %v", got)
	}
	w.must(func(a *mentoring.Act) error { return a.Searched(m, &mentoring.Filter{Topics: []string{"work"}}, 0) })
	if got := w.figures(mentoring.CountNobody); len(got) != 0 {
		t.Errorf("nobody at all: %v", got)
	}
	if got := w.figures(mentoring.CountNotFound); len(got) != 2 {
		t.Errorf("not found: %v", got)
	}
}

// TestUnmetDemand: searches are counted by topic, month and week, and nothing else.
func TestUnmetDemand(t *testing.T) {
	w := newWorld(t)
	m := w.mentee("Kuu")
	count := func(found int, topics ...string) {
		w.must(func(a *mentoring.Act) error { return a.Searched(m, &mentoring.Filter{Topics: topics}, found) })
	}
	count(2, "work")
	count(0, "work", "study")
	count(0)
	want := map[string]int64{
		"searched/2026-W45/work": 2, "searched/2026-W45/study": 1, "searched/2026-W45/": 1,
		"not_found/2026-W45/work": 1, "not_found/2026-W45/study": 1, "not_found/2026-W45/": 1,
		"nobody/2026-W45/work": 1, "nobody/2026-W45/study": 1, "nobody/2026-W45/": 1,
	}
	for key, n := range maps.Clone(want) {
		want[strings.Replace(key, "W45", "11", 1)] = n
	}
	got := map[string]int64{}
	for c, n := range w.figures(mentoring.CountSearched, mentoring.CountNotFound, mentoring.CountNobody) {
		got[fmt.Sprintf("%s/%s/%s", c.Name, c.Month, c.About)] = n
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}
