package mentoring_test

import (
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// asks has a member ask whoever is free, and returns the asking and to whom it
// was offered.
func (w *world) asks(m mentoring.Member, topic string) (mentoring.Asking, []mentoring.MemberID) {
	w.t.Helper()
	effects := w.must(func(a *mentoring.Act) error { _, err := a.AskAnyone(m, topic, "Hei!"); return err })
	var to []mentoring.MemberID
	for _, e := range of[mentoring.ShowOffer](effects) {
		to = append(to, e.Offer.Member)
	}
	return w.asking(m), to
}

func (w *world) asking(m mentoring.Member) (q mentoring.Asking) {
	w.t.Helper()
	w.look(func(a *mentoring.Act) (err error) { q, err = a.Tx.AskingOf(m.ID); return err })
	return q
}

// TestAskAnyoneFits: who gets the card, one reason at a time.
func TestAskAnyoneFits(t *testing.T) {
	for name, c := range map[string]struct {
		fits    bool
		prepare func(w *world, staff, mentee, mentor mentoring.Member, id mentoring.MembershipID)
	}{
		"free": {true, nil},
		"away": {false, func(w *world, _, _, mentor mentoring.Member, _ mentoring.MembershipID) {
			w.must(func(a *mentoring.Act) error { return a.GoAway(mentor, time.Time{}, "") })
		}},
		"another topic": {false, func(w *world, _, _, _ mentoring.Member, id mentoring.MembershipID) {
			w.changeCard(id, func(c *mentoring.Card) { c.Topics = []string{"family"} })
		}},
		"another language": {false, func(w *world, _, _, _ mentoring.Member, id mentoring.MembershipID) {
			w.changeCard(id, func(c *mentoring.Card) { c.Languages = []mentoring.Language{"sv"} })
		}},
		"blocked": {false, func(w *world, _, mentee, mentor mentoring.Member, _ mentoring.MembershipID) {
			w.put(func(tx mentoring.Tx) error { return tx.PutBlock(mentor.ID, mentee.ID, w.now) })
		}},
		"talking already": {false, func(w *world, _, mentee, _ mentoring.Member, id mentoring.MembershipID) { w.talking(mentee, id) }},
		"full": {false, func(w *world, _, _, _ mentoring.Member, id mentoring.MembershipID) {
			for _, name := range []string{"Yksi", "Kaksi", "Kolme"} {
				w.choose(w.mentee(name), id)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			staff := w.staff()
			mentor, id := w.mentor(staff, "Kanerva")
			mentee := w.mentee("Kuu")
			if c.prepare != nil {
				c.prepare(w, staff, mentee, mentor, id)
			}
			q, to := w.asks(mentee, "work")
			if got := slices.Contains(to, mentor.ID); got != c.fits {
				t.Errorf("offered: %v", got)
			}
			want := mentoring.AskingOpen
			if !c.fits {
				want = mentoring.AskingLate // nobody: staff know at once
			}
			if q.State != want {
				t.Errorf("it is %s", q.State)
			}
		})
	}
}

func (w *world) changeCard(id mentoring.MembershipID, change func(*mentoring.Card)) {
	w.t.Helper()
	w.put(func(tx mentoring.Tx) error {
		c, err := tx.Card(id)
		if err != nil {
			return err
		}
		change(&c)
		return tx.PutCard(&c)
	})
}

// TestFirstToClaim: one mentor gets it, every card says so, the words are gone;
// between the card and the claim much can happen.
func TestFirstToClaim(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	first, _ := w.mentor(staff, "Kanerva")
	second, secondID := w.mentor(staff, "Kielo")
	outsider := w.mentee("Ulpukka")
	mentee := w.mentee("Kuu")
	late, _ := w.mentor(staff, "Kaisla") // to whom it is not offered, because they are away
	w.must(func(a *mentoring.Act) error { return a.GoAway(late, time.Time{}, "") })
	q, to := w.asks(mentee, "")
	if len(to) != 2 {
		t.Fatalf("offered to %v", to)
	}
	claim := func(m mentoring.Member) func(a *mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.ClaimAsking(m, q.ID); return err }
	}
	w.refused("mentor.not_one", claim(outsider))
	w.must(func(a *mentoring.Act) error { return a.ComeBack(late) })
	w.refused("ask.unknown", claim(late))
	// The second fills up meanwhile.
	var others []*mentoring.Conversation
	for _, name := range []string{"Yksi", "Kaksi", "Kolme"} {
		others = append(others, w.choose(w.mentee(name), secondID))
	}
	w.refused("ask.not_free", claim(second))
	if others[0] == nil {
		t.Fatal("no conversation")
	}
	effects := w.must(claim(first))
	if shown := of[mentoring.ShowOffer](effects); len(shown) != 2 {
		t.Errorf("%d cards are updated", len(shown))
	}
	if told := of[mentoring.Notify](effects); len(told) != 1 || told[0].Member != mentee.ID || !told[0].Loud {
		t.Errorf("told: %+v", told)
	}
	w.look(func(a *mentoring.Act) error {
		over, err := a.Tx.Asking(q.ID)
		if over.State != mentoring.AskingClaimed || over.Words != "" {
			t.Errorf("%+v", over)
		}
		mine, err2 := a.Tx.ConversationsOf(mentee.ID)
		if len(mine) != 1 || mine[0].State != mentoring.Placed || mine[0].ByMember(first.ID) == nil {
			t.Errorf("conversations %+v", mine)
		}
		if err != nil {
			return err
		}
		return err2
	})
	w.refused("ask.taken", claim(second))
	w.refused("ask.taken", claim(first))
}

// TestBlockBeforeTheClaim: who has blocked the other meanwhile does not meet
// them, though the card was shown, whether the mentor is free or away; nor do
// those who are on trial and those who are not.
func TestBlockBeforeTheClaim(t *testing.T) {
	for _, change := range map[string]func(w *world, mentee, mentor mentoring.Member){
		"block": func(w *world, mentee, mentor mentoring.Member) {
			w.put(func(tx mentoring.Tx) error { return tx.PutBlock(mentee.ID, mentor.ID, w.now) })
		},
		"trial": func(w *world, _, mentor mentoring.Member) {
			mentor.Trial = true
			w.put(func(tx mentoring.Tx) error { return tx.PutMember(&mentor) })
		},
	} {
		for _, away := range []bool{false, true} {
			w := newWorld(t)
			mentor, _ := w.mentor(w.staff(), "Kanerva")
			mentee := w.mentee("Kuu")
			q, to := w.asks(mentee, "work")
			if len(to) != 1 {
				t.Fatalf("offered to %v", to)
			}
			if away {
				w.must(func(a *mentoring.Act) error { return a.GoAway(mentor, time.Time{}, "") })
			}
			change(w, mentee, mentor)
			w.refused("ask.taken", func(a *mentoring.Act) error { _, err := a.ClaimAsking(mentor, q.ID); return err })
		}
	}
}

// TestAskingsEnd: staff after the set time, once; the end after a week; nothing
// left a month later. Each is told to the mentee.
func TestAskingsEnd(t *testing.T) {
	w := newWorld(t)
	w.rules.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {AskWait: 2 * time.Hour}}
	staff := w.staff()
	mentor, _ := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	q, _ := w.asks(mentee, "work")
	told := func(effects []mentoring.Effect) (keys []string) {
		for _, e := range of[mentoring.Notify](effects) {
			if e.Member == mentee.ID {
				keys = append(keys, e.Text.Key)
			}
		}
		for _, e := range of[mentoring.TellStaff](effects) {
			keys = append(keys, "staff: "+e.Text.Key)
		}
		return keys
	}
	w.later(2*time.Hour - time.Second)
	if got := told(w.tick()); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	w.later(time.Second)
	if got := told(w.tick()); !slices.Equal(got, []string{"ask.late", "staff: ask.late_staff"}) {
		t.Errorf("after the set time: %v", got)
	}
	if got := told(w.tick()); len(got) != 0 {
		t.Errorf("again: %v", got)
	}
	w.later(7 * 24 * time.Hour)
	if got := told(w.tick()); !slices.Equal(got, []string{"ask.expired"}) {
		t.Errorf("after a week: %v", got)
	}
	w.refused("ask.taken", func(a *mentoring.Act) error { _, err := a.ClaimAsking(mentor, q.ID); return err })
	w.refused("ask.none", func(a *mentoring.Act) error { return a.WithdrawAsking(mentee) })
	w.later(30 * 24 * time.Hour)
	w.tick()
	w.refused("ask.unknown", func(a *mentoring.Act) error { _, err := a.ClaimAsking(mentor, q.ID); return err })
}

// TestChange: the mentor gets one neutral line, and has room again.
func TestChange(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	w.refused("change.not_here", func(a *mentoring.Act) error { return a.Change(mentor, c.ID) })
	effects := w.must(func(a *mentoring.Act) error { return a.Change(mentee, c.ID) })
	told := of[mentoring.Tell](effects)
	if len(told) != 1 || told[0].Participant != c.Participants[1].ID || told[0].Text.Key != "chat.changed" {
		t.Errorf("told: %+v", told)
	}
	if w.conversation(c.ID).State != mentoring.Closed {
		t.Error("still open")
	}
	w.refused("chat.is_over", func(a *mentoring.Act) error { return a.Change(mentee, c.ID) })
}
