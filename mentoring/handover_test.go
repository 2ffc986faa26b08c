package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestMentorDoesNotGoOn: whichever way a mentor stops, each of their mentees is
// asked at that moment, a place without words is given back, and the question
// can still be answered a day later, when nothing is left of the mentor.
func TestMentorDoesNotGoOn(t *testing.T) {
	for name, stops := range map[string]func(a *mentoring.Act, staff, mentor mentoring.Member, id mentoring.MembershipID) error{
		"ended": func(a *mentoring.Act, staff, _ mentoring.Member, id mentoring.MembershipID) error {
			return a.EndMentor(staff, id)
		},
		"deleted": func(a *mentoring.Act, _, mentor mentoring.Member, _ mentoring.MembershipID) error {
			return a.DeleteMe(&mentor)
		},
		"ended, then deleted": func(a *mentoring.Act, staff, mentor mentoring.Member, id mentoring.MembershipID) error {
			if err := a.EndMentor(staff, id); err != nil {
				return err
			}
			return a.DeleteMe(&mentor)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			staff := w.staff()
			mentor, id := w.mentor(staff, "Kanerva")
			asked := map[mentoring.MemberID]*mentoring.Conversation{}
			for _, alias := range []string{"Kuu", "Otter"} {
				m := w.mentee(alias)
				asked[m.ID] = w.talking(m, id)
			}
			silent := w.mentee("Hiljaa")
			place := w.choose(silent, id)
			effects := w.must(func(a *mentoring.Act) error { return stops(a, staff, mentor, id) })
			for m, c := range asked {
				if n := notified(effects, m, "handover.ask"); n != 1 {
					t.Errorf("a mentee was asked %d times", n)
				}
				w.look(func(a *mentoring.Act) error {
					h, err := a.Tx.HandOver(c.ID)
					if h.State != mentoring.HandOverAsked || !h.Created.Equal(w.now) {
						t.Errorf("hand-over %+v", h)
					}
					return err
				})
			}
			if notified(effects, silent.ID, "handover.ask") > 0 || w.conversation(place.ID).Live() {
				t.Error("a place in which nothing was written is not given back")
			}
			for _, c := range asked { // what the bridge does with what is deleted
				if w.conversation(c.ID).State == mentoring.Emptied {
					w.emptied(c.ID)
				}
			}
			w.now = w.now.Add(24 * time.Hour)
			effects = w.tick()
			for m, c := range asked {
				if n := notified(effects, m, "handover.ask"); n != 1 {
					t.Errorf("a mentee was reminded %d times", n)
				}
				w.look(func(a *mentoring.Act) error {
					list, err := a.Proposals(w.memberIn(a, m))
					if err != nil || len(list) != 1 {
						t.Errorf("questions: %v, %v", list, err)
						return err
					}
					want := "handover.former"
					if w.conversation(c.ID).State == mentoring.Emptied {
						want = "handover.former_gone"
					}
					if list[0].Former.Key != want {
						t.Errorf("the mentor is called by %q, want %q", list[0].Former.Key, want)
					}
					return nil
				})
				w.must(func(a *mentoring.Act) error { return a.DeclineHandOver(w.memberIn(a, m), c.ID) })
			}
		})
	}
}

// notified counts what a member is told in their own room.
func notified(effects []mentoring.Effect, to mentoring.MemberID, key string) (n int) {
	for _, e := range effects {
		if e, ok := e.(mentoring.Notify); ok && e.Member == to && e.Text.Key == key {
			n++
		}
	}
	return n
}

// TestSuccessorOnTrial: nobody is handed over from a trial to the real service,
// or the other way.
func TestSuccessorOnTrial(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, id := w.mentor(staff, "Kanerva")
	other, _ := w.mentor(staff, "Koe")
	w.must(func(a *mentoring.Act) error {
		m := w.memberIn(a, other.ID)
		m.Trial = true
		return a.Tx.PutMember(&m)
	})
	mentee := w.mentee("Kuu")
	w.talking(mentee, id)
	w.must(func(a *mentoring.Act) error { return a.EndMentor(staff, id) })
	w.look(func(a *mentoring.Act) error {
		list, err := a.Proposals(mentee)
		if err != nil || len(list) != 1 || list[0].Mentor != nil {
			t.Errorf("proposed: %+v, %v", list, err)
		}
		return err
	})
}

// TestSuccessorNow: the one with the most of the same topics, then the one with the
// fewest people; never the former, the mentee themself, or somebody with a block;
// and another when the one who was proposed is not free any more.
func TestSuccessorNow(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, former := w.mentor(staff, "Kanerva")
	mentee, own := w.mentor(staff, "Kuu") // a mentor can be a mentee, too
	_, busyID := w.mentor(staff, "Kaisla")
	for _, alias := range []string{"Kuusama", "Kurjenkello", "Kissankello"} { // who have two each
		_, id := w.mentor(staff, alias)
		w.choose(w.mentee("A-"+alias), id)
		w.choose(w.mentee("B-"+alias), id)
	}
	_, best := w.mentor(staff, "Kataja")
	blocked, _ := w.mentor(staff, "Kielo")
	other, _ := w.invited(staff, "Koivu")
	otherID := w.memberships(other)[0].ID
	card := wholeCard()
	card.Alias, card.Topics = "Koivu", []string{"family"}
	w.must(func(a *mentoring.Act) error { return a.SaveCard(other, &card) })
	w.must(func(a *mentoring.Act) error { return a.SubmitCard(other) })
	w.must(func(a *mentoring.Act) error { return a.ApproveCard(staff, otherID) })
	w.put(func(tx mentoring.Tx) error { return tx.PutBlock(blocked.ID, mentee.ID, w.now) })
	w.choose(w.mentee("Suo"), busyID)
	c := w.talking(mentee, former)
	mentor := w.member(c.Participants[1].Member)
	offer := func(a *mentoring.Act) error { return a.OfferHandOver(mentor, c.ID) }
	w.must(offer)
	w.refused("handover.already", offer)
	proposed := func() mentoring.MembershipID {
		t.Helper()
		var p []mentoring.Proposal
		w.look(func(a *mentoring.Act) (err error) { p, err = a.Proposals(mentee); return err })
		if len(p) != 1 {
			t.Fatalf("%d questions", len(p))
		}
		if p[0].Mentor == nil {
			return 0
		}
		return p[0].Mentor.Membership.ID
	}
	for _, step := range []struct {
		want mentoring.MembershipID
		gone mentoring.MembershipID // after that
	}{{best, best}, {busyID, busyID}} {
		if got := proposed(); got != step.want {
			t.Errorf("proposed %d, want %d (own %d, former %d)", got, step.want, own, former)
		}
		if step.gone != 0 {
			w.must(func(a *mentoring.Act) error {
				return a.GoAway(w.memberIn(a, w.membership(step.gone).Member), time.Time{}, "")
			})
		}
	}
	w.refused("handover.none", func(a *mentoring.Act) error { return a.DeclineHandOver(mentor, c.ID) })
	w.later(25 * time.Hour)
	w.tick()
	w.later(48 * time.Hour)
	if !toldStaff(w.tick(), "handover.lapsed") {
		t.Error("staff do not know that nobody answered")
	}
	proposed()    // it can still be answered
	w.must(offer) // or asked again
	w.later(25 * time.Hour)
	w.tick()
	w.must(func(a *mentoring.Act) error { return a.DeclineHandOver(mentee, c.ID) })
	w.refused("chat.is_over", offer)
}
