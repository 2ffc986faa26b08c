package mentoring_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

func (w *world) mentors(m mentoring.Member, all bool) []string {
	w.t.Helper()
	var names []string
	w.must(func(a *mentoring.Act) error {
		list, err := a.Mentors(m, all)
		for _, l := range list {
			names = append(names, l.Card.Alias)
		}
		return err
	})
	return names
}

// catalogueCase is one reason to be in the catalogue or not.
type catalogueCase struct {
	name      string
	free, all bool // shown among the free ones, among all
	prepare   func(w *world, staff, mentee, mentor mentoring.Member, id mentoring.MembershipID)
	refusal   string // of choosing
}

func catalogueCases() []catalogueCase {
	return []catalogueCase{
		{name: "free", free: true, all: true},
		{name: "away", all: true, refusal: "mentor.not_free",
			prepare: func(w *world, _, _, mentor mentoring.Member, _ mentoring.MembershipID) {
				w.must(func(a *mentoring.Act) error { return a.GoAway(mentor, time.Time{}, "") })
			}},
		{name: "was away until just now", free: true, all: true,
			prepare: func(w *world, _, _, mentor mentoring.Member, _ mentoring.MembershipID) {
				w.must(func(a *mentoring.Act) error { return a.GoAway(mentor, w.now.Add(time.Hour), "") })
				w.later(time.Hour)
			}},
		{name: "full", all: true, refusal: "mentor.not_free",
			prepare: func(w *world, _, _, _ mentoring.Member, id mentoring.MembershipID) {
				for i := range 3 {
					w.choose(w.mentee(fmt.Sprintf("Toinen-%d", i)), id)
				}
			}},
		{name: "own limit reached", all: true, refusal: "mentor.not_free",
			prepare: func(w *world, _, _, _ mentoring.Member, id mentoring.MembershipID) {
				w.put(func(tx mentoring.Tx) error {
					return tx.PutAvailability(&mentoring.Availability{Membership: id, Capacity: 1})
				})
				w.choose(w.mentee("Toinen"), id)
			}},
		{name: "own limit above the ceiling", all: true, refusal: "mentor.not_free",
			prepare: func(w *world, _, _, _ mentoring.Member, id mentoring.MembershipID) {
				w.put(func(tx mentoring.Tx) error {
					return tx.PutAvailability(&mentoring.Availability{Membership: id, Capacity: 40})
				})
				w.choose(w.mentee("Toinen"), id)
				w.choose(w.mentee("Kolmas"), id)
				w.choose(w.mentee("Neljäs"), id)
			}},
		{name: "paused", refusal: "mentor.not_there",
			prepare: func(w *world, staff, _, _ mentoring.Member, id mentoring.MembershipID) {
				w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, id) })
			}},
		{name: "ended", refusal: "mentor.not_there",
			prepare: func(w *world, staff, _, _ mentoring.Member, id mentoring.MembershipID) {
				w.must(func(a *mentoring.Act) error { return a.EndMentor(staff, id) })
			}},
		{name: "card changed", refusal: "mentor.not_there",
			prepare: func(w *world, _, _, mentor mentoring.Member, _ mentoring.MembershipID) {
				card := wholeCard()
				card.Story = "Uusi."
				w.must(func(a *mentoring.Act) error { return a.SaveCard(mentor, &card) })
			}},
		{name: "blocked by the mentee", refusal: "mentor.not_there",
			prepare: func(w *world, _, mentee, mentor mentoring.Member, _ mentoring.MembershipID) {
				w.put(func(tx mentoring.Tx) error { return tx.PutBlock(mentee.ID, mentor.ID, w.now) })
			}},
		{name: "blocked by the mentor", refusal: "mentor.not_there",
			prepare: func(w *world, _, mentee, mentor mentoring.Member, _ mentoring.MembershipID) {
				w.put(func(tx mentoring.Tx) error { return tx.PutBlock(mentor.ID, mentee.ID, w.now) })
			}},
	}
}

// TestCatalogue: who is shown to whom, one reason at a time.
func TestCatalogue(t *testing.T) {
	for _, c := range catalogueCases() {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			staff := w.staff()
			mentor, id := w.mentor(staff, "Kanerva")
			mentee := w.mentee("Kuu")
			if c.prepare != nil {
				c.prepare(w, staff, mentee, mentor, id)
			}
			if got := len(w.mentors(mentee, false)) == 1; got != c.free {
				t.Errorf("among the free ones: %v", got)
			}
			if got := len(w.mentors(mentee, true)) == 1; got != c.all {
				t.Errorf("among all: %v", got)
			}
			if w.membership(id).State == mentoring.Ended {
				w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.Mentors(mentor, true); return err })
			} else if n := len(w.mentors(mentor, true)); n != 0 {
				t.Errorf("the mentor sees %d cards, own one included", n)
			}
			if c.refusal != "" {
				w.refused(c.refusal, func(a *mentoring.Act) error { _, err := a.Choose(mentee, id); return err })
				return
			}
			w.must(func(a *mentoring.Act) error { _, err := a.Choose(mentee, id); return err })
		})
	}
}

// TestOrderByShare: whoever takes few people and has nobody comes before whoever
// takes more and has somebody, though the latter has more places left.
func TestOrderByShare(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	few, id := w.mentor(staff, "Kanerva")
	_, many := w.mentor(staff, "Kielo")
	w.must(func(a *mentoring.Act) error { return a.SetCapacity(few, 1) })
	w.choose(w.mentee("Toinen"), many)
	for i := range 6 { // the same for every viewer
		if got := w.mentors(w.mentee("Kuu-"+string(rune('a'+i))), false); len(got) != 2 || got[0] != "Kanerva" {
			t.Errorf("order %v", got)
		}
	}
	_, away := w.mentor(staff, "Kaisla") // nobody yet, but does not take anybody now
	w.must(func(a *mentoring.Act) error { return a.GoAway(w.member(w.membership(away).Member), time.Time{}, "") })
	for i := range 6 {
		if got := w.mentors(w.mentee("Suo-"+string(rune('a'+i))), true); len(got) != 3 || got[2] != "Kaisla" {
			t.Errorf("with who is away: %v", got)
		}
	}
	w.choose(w.mentee("Kolmas"), id)
	if got := w.mentors(w.mentee("Neljäs"), false); len(got) != 1 || got[0] != "Kielo" {
		t.Errorf("full, and yet %v", got)
	}
}

// TestOrderByHours: among those with as many people and as many places, whoever
// reads more comes first; but not whoever has somebody before whoever has nobody.
func TestOrderByHours(t *testing.T) {
	w := newWorld(t)
	w.rules.MentorCapacity = 8
	staff := w.staff()
	member, evenings := w.mentor(staff, "Kanerva")
	_, always := w.mentor(staff, "Kielo")
	day := w.now.In(time.UTC).Weekday()
	hours := mentoring.NewHours([]mentoring.Span{{Day: day, From: 0, To: mentoring.DayMinutes}})
	if hours.Week() != 24*time.Hour || mentoring.Hours(nil).Week() != 0 {
		t.Fatalf("a day is %v", hours.Week())
	}
	w.must(func(a *mentoring.Act) error { return a.SetHours(member, hours) })
	order := func(what string, want ...string) {
		t.Helper()
		for i := range 6 {
			if got := w.mentors(w.mentee("Kuu-"+string(rune('a'+i))), false); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
	}
	w.choose(w.mentee("Toinen"), always)
	order("one has nobody", "Kanerva", "Kielo")
	w.choose(w.mentee("Kolmas"), evenings)
	order("one each", "Kielo", "Kanerva")
	w.choose(w.mentee("Neljäs"), always)
	order("twice as many people in seven times the hours", "Kielo", "Kanerva")
	w.choose(w.mentee("Viides"), always)
	order("three times as many, which weighs nine times", "Kanerva", "Kielo")
}

// TestOrderIsFair: more room comes first; among equals each viewer has an own
// order, which does not change, and nobody is favoured over all viewers.
func TestOrderIsFair(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	ids := map[string]mentoring.MembershipID{}
	for _, alias := range []string{"Kanerva", "Kaisla", "Kataja", "Kielo"} {
		_, ids[alias] = w.mentor(staff, alias)
	}
	first := map[string]int{}
	for i := range 80 {
		m := mentoring.Member{ID: mentoring.MemberID(1000 + i), Join: mentoring.JoinDone, Consent: 1}
		w.put(func(tx mentoring.Tx) error {
			m.ID, m.Address = 0, w.address()
			if err := tx.PutMember(&m); err != nil {
				return err
			}
			return tx.PutMembership(&mentoring.Membership{
				Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
				Role: mentoring.Mentee, State: mentoring.Active, Created: w.now,
			})
		})
		order := w.mentors(m, false)
		if again := w.mentors(m, false); !slices.Equal(order, again) || len(order) != 4 {
			t.Fatalf("order %v, then %v", order, again)
		}
		first[order[0]]++
	}
	for alias := range ids {
		if n := first[alias]; n < 8 || n > 36 { // 20 expected, σ ≈ 3.9
			t.Errorf("%s is first for %d of 80", alias, n)
		}
	}
	m := w.mentee("Kuu")
	w.choose(w.mentee("Toinen"), ids["Kaisla"])
	w.choose(w.mentee("Kolmas"), ids["Kaisla"])
	w.choose(w.mentee("Neljäs"), ids["Kielo"])
	if got := w.mentors(m, false); got[2] != "Kielo" || got[3] != "Kaisla" {
		t.Errorf("with one and two conversations: %v", got)
	}
	w.choose(w.mentee("Viides"), ids["Kielo"])
	w.choose(w.mentee("Kuudes"), ids["Kielo"])
	if got := w.mentors(m, true); got[3] != "Kielo" || got[2] != "Kaisla" {
		t.Errorf("full one among all: %v", got)
	}
}

func TestChoose(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	m := w.mentee("Kuu")
	var c *mentoring.Conversation
	effects := w.must(func(a *mentoring.Act) (err error) { c, err = a.Choose(m, id); return err })
	me := c.Participants[0]
	until := w.now.Add(24 * time.Hour)
	w.same(effects, mentoring.OpenLeg{Participant: me.ID},
		mentoring.Tell{Participant: me.ID, Text: mentoring.T("chat.placed", "alias", "Kanerva", "until", until)})
	kept := w.conversation(c.ID)
	if kept.State != mentoring.Placed || !kept.Due.Equal(until) || kept.Kind != mentoring.KindMentoring ||
		kept.Programme != mentoring.DefaultProgramme || kept.Unit != mentoring.DefaultUnit {
		t.Errorf("kept %+v", kept)
	}
	them := kept.Participants[1]
	if me.Number != 1 || me.Alias != "Kuu" || me.Role != mentoring.Mentee || me.Presence != mentoring.Asked || me.Member != m.ID {
		t.Errorf("mentee %+v", me)
	}
	if them.Number != 2 || them.Alias != "Kanerva" || them.Role != mentoring.Mentor || them.Presence != mentoring.NotAsked || them.Member != mentor.ID || them.Membership != id {
		t.Errorf("mentor %+v", them)
	}
	// The mentor knows nothing of it yet.
	w.must(func(a *mentoring.Act) error {
		if list, err := a.Chats(mentor); err != nil || len(list) != 0 {
			t.Errorf("the mentor sees %v, %v", list, err)
		}
		return nil
	})
	for name, act := range map[string]func(a *mentoring.Act) error{
		"End":    func(a *mentoring.Act) error { return a.End(mentor, c.ID) },
		"Block":  func(a *mentoring.Act) error { return a.Block(mentor, c.ID) },
		"Return": func(a *mentoring.Act) error { return a.Return(mentor, c.ID) },
		"Call":   func(a *mentoring.Act) error { _, err := a.CallStaff(mentor, mentoring.CaseHelp, c.ID); return err },
	} {
		t.Run(name, func(*testing.T) { w.refused("chat.unknown", act) })
	}
}

// TestChooseAgain: while the two are talking the refusal comes with the
// conversation; afterwards they may begin anew.
func TestChooseAgain(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, id := w.mentor(staff, "Kanerva")
	m := w.mentee("Kuu")
	c := w.choose(m, id)
	for range 2 {
		var again *mentoring.Conversation
		w.refused("chat.already", func(a *mentoring.Act) (err error) { again, err = a.Choose(m, id); return err })
		if again == nil || again.ID != c.ID {
			t.Errorf("pointed to %+v", again)
		}
		if c.State == mentoring.Placed {
			w.says(c.Participants[0].ID)
		}
	}
	w.must(func(a *mentoring.Act) error { return a.End(m, c.ID) })
	next := w.choose(m, id)
	if next.ID == c.ID || next.Participants[0].ID == c.Participants[0].ID {
		t.Error("the new conversation shares something with the old one")
	}
}

// TestMentorChooses: a mentor may have a mentor, but not themself, and becomes
// a mentee with it.
func TestMentorChooses(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, own := w.mentor(staff, "Kanerva")
	_, other := w.mentor(staff, "Kaisla")
	w.refused("mentor.own", func(a *mentoring.Act) error { _, err := a.Choose(m, own); return err })
	w.choose(m, other)
	if list := w.memberships(m); len(list) != 2 || list[1].Role != mentoring.Mentee {
		t.Errorf("memberships %+v", list)
	}
	if n := w.figure(mentoring.CountRegistered, false); n != 1 {
		t.Errorf("%d registered", n)
	}
	w.refused("mentor.not_there", func(a *mentoring.Act) error { _, err := a.Choose(m, 1<<40); return err })
	mentee := w.mentee("Kuu")
	s := w.memberships(mentee)[0].ID
	w.refused("mentor.not_there", func(a *mentoring.Act) error { _, err := a.Choose(m, s); return err })
}

// TestAliasesOfAConversationStay: another nickname or card changes nothing in
// conversations that are there.
func TestAliasesOfAConversationStay(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	m := w.mentee("Kuu")
	c := w.talking(m, id)
	w.must(func(a *mentoring.Act) error { return a.TakeNickname(&m, "Suo") })
	card := wholeCard()
	card.Alias = "Kaisla"
	w.must(func(a *mentoring.Act) error { return a.SaveCard(mentor, &card) })
	w.must(func(a *mentoring.Act) error { return a.ApproveCard(staff, id) })
	if p := w.conversation(c.ID).Participants; p[0].Alias != "Kuu" || p[1].Alias != "Kanerva" {
		t.Errorf("now %q and %q", p[0].Alias, p[1].Alias)
	}
	w.must(func(a *mentoring.Act) error { return a.End(m, c.ID) })
	if p := w.choose(m, id).Participants; p[0].Alias != "Suo" || p[1].Alias != "Kaisla" {
		t.Errorf("new conversation with %q and %q", p[0].Alias, p[1].Alias)
	}
}

// TestTooManyConversations: a mentee can begin so many in a day, and is told when
// the next may begin; nothing is written when it is refused.
func TestTooManyConversations(t *testing.T) {
	w := newWorld(t)
	w.rules.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {NewPerDay: 2}}
	staff := w.staff()
	var mentors []mentoring.MembershipID
	for _, alias := range []string{"Kanerva", "Lumme", "Kaisla"} {
		_, id := w.mentor(staff, alias)
		mentors = append(mentors, id)
	}
	m := w.mentee("Otter")
	began := w.now
	w.choose(m, mentors[0])
	w.later(time.Hour)
	w.choose(m, mentors[1])
	refusal := w.refused("limit.conversations", func(a *mentoring.Act) error { _, err := a.Choose(m, mentors[2]); return err })
	if until := refusal.Text.Args["until"].(time.Time); !until.Equal(began.Add(24 * time.Hour)) {
		t.Errorf("until %v", until)
	}
	other := w.mentee("Kuura")
	w.choose(other, mentors[2])
	w.now = began.Add(24 * time.Hour)
	w.choose(m, mentors[2])
}
