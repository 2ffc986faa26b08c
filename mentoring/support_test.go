package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestSupportIsAsked: of the colleagues those are asked who are active, read now,
// are not away and have no block with whoever asks; once, however often it is said.
func TestSupportIsAsked(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	free, _ := w.mentor(staff, "Kaisla")
	away, _ := w.mentor(staff, "Kataja")
	w.must(func(a *mentoring.Act) error { return a.GoAway(away, time.Time{}, "") })
	evening, _ := w.mentor(staff, "Kielo")
	w.must(func(a *mentoring.Act) error { return a.SetHours(evening, evenings()) })
	_, paused := w.mentor(staff, "Koivu")
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, paused) })
	blocked, _ := w.mentor(staff, "Kuusi")
	_, elsewhere := w.mentor(staff, "Kuusama")
	w.put(func(tx mentoring.Tx) error {
		if err := tx.PutBlock(blocked.ID, m.ID, w.now); err != nil {
			return err
		}
		s, err := tx.Membership(elsewhere)
		if err != nil {
			return err
		}
		s.Unit = "elsewhere"
		return tx.PutMembership(&s)
	})
	asks := func() (c mentoring.Case, asked []mentoring.MemberID) {
		t.Helper()
		for _, e := range w.must(func(a *mentoring.Act) (err error) { c, err = a.AskSupport(m); return err }) {
			if e, ok := e.(mentoring.Notify); ok && e.Text.Key == "support.wanted" {
				asked = append(asked, e.Member)
			}
		}
		return c, asked
	}
	c, asked := asks()
	if len(asked) != 1 || asked[0] != free.ID || c.Kind != mentoring.CaseSupport || c.Conversation != 0 {
		t.Errorf("case %+v, asked %v, want %d alone", c, asked, free.ID)
	}
	w.later(time.Minute)
	if again, asked := asks(); again.ID != c.ID || len(asked) != 0 {
		t.Errorf("again: case %d, asked %v", again.ID, asked)
	}
	gives := func(who mentoring.Member, number mentoring.CaseID) func(a *mentoring.Act) error {
		return func(a *mentoring.Act) error { return a.GiveSupport(who, number) }
	}
	mentee := w.mentee("Kuu")
	talk := w.talking(mentee, id)
	var report mentoring.Case
	w.must(func(a *mentoring.Act) (err error) {
		report, err = a.CallStaff(mentee, mentoring.CaseReport, talk.ID)
		return err
	})
	w.refused("support.own", gives(m, c.ID))
	w.refused("support.gone", gives(free, report.ID)) // it is no mentor's wish to talk
	w.refused("support.gone", gives(free, 999))
	w.refused("support.gone", gives(blocked, c.ID))
	effects := w.must(gives(free, c.ID))
	w.refused("support.gone", gives(evening, c.ID))
	names := map[string]bool{}
	for _, e := range of[mentoring.Tell](effects) {
		p := w.conversationOf(t, e.Participant).Participant(e.Participant)
		names[p.Alias] = true
		if p.Member != m.ID && p.Member != free.ID {
			t.Errorf("told %+v", p)
		}
	}
	if len(names) != 2 || names["Kanerva"] || names["Kaisla"] {
		t.Errorf("they are called %v", names)
	}
}

func (w *world) conversationOf(t *testing.T, id mentoring.ParticipantID) (c *mentoring.Conversation) {
	t.Helper()
	w.look(func(a *mentoring.Act) (err error) { c, err = a.Tx.ConversationOf(id); return err })
	return c
}

// TestSupportIsForMentors: whoever came as a mentee and became a mentor later asks
// for support as a mentor; what staff read says so.
func TestSupportIsForMentors(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m := w.mentee("Kanerva")
	w.must(func(a *mentoring.Act) error {
		code, err := a.NewMentorCode(staff)
		if err != nil {
			return err
		}
		_, err = a.RedeemCode(&m, code)
		return err
	})
	id := w.list(staff, m, "Kanerva")
	if n := len(w.memberships(m)); n != 2 {
		t.Fatalf("%d memberships", n)
	}
	var c mentoring.Case
	w.must(func(a *mentoring.Act) (err error) { c, err = a.AskSupport(m); return err })
	if c.OpenerRole != mentoring.Mentor {
		t.Errorf("mentor %d asks for support as a %s", id, c.OpenerRole)
	}
}
