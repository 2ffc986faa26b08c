package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestForget: it ends now, everybody in it is told when it goes, and then it
// goes for good; a case that was called from it holds it.
func TestForget(t *testing.T) {
	for name, reported := range map[string]bool{"plain": false, "a case holds it": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			staff := w.staff()
			_, id := w.mentor(staff, "Kanerva")
			mentee := w.mentee("Kuu")
			c := w.talking(mentee, id)
			var number mentoring.CaseID
			if reported {
				w.must(func(a *mentoring.Act) error {
					called, err := a.CallStaff(mentee, mentoring.CaseReport, c.ID)
					number = called.ID
					return err
				})
			}
			until := w.now.Add(7 * 24 * time.Hour)
			effects := w.must(func(a *mentoring.Act) error {
				got, err := a.Forget(mentee, c.ID)
				if !got.Equal(until) {
					t.Errorf("goes at %v", got)
				}
				return err
			})
			w.same(effects, mentoring.Tell{Participant: c.Participants[1].ID,
				Text: mentoring.T("forget.told", "alias", []string{"Kuu"}, "until", until)})
			w.same(w.must(func(a *mentoring.Act) error { _, err := a.Forget(mentee, c.ID); return err })) // once
			w.refused("chat.is_over", func(a *mentoring.Act) error { return speak(a, c.Participants[1].ID) })
			w.now = until.Add(-time.Millisecond)
			w.tick()
			if got := w.conversation(c.ID).State; got != mentoring.Closed {
				t.Errorf("a moment before it is %s", got)
			}
			w.now = until
			effects = w.tick()
			if reported {
				if got := w.conversation(c.ID).State; got == mentoring.Emptied {
					t.Error("went although it was reported")
				}
				w.later(30 * 24 * time.Hour)
				w.tick()
				w.must(func(a *mentoring.Act) error {
					_, err := a.CloseCase(staff, number, mentoring.OutcomeHelped)
					return err
				})
				w.later(24 * time.Hour)
				effects = w.tick()
			}
			if got := w.conversation(c.ID).State; got != mentoring.Emptied || len(of[mentoring.CloseLeg](effects)) != 2 {
				t.Errorf("it is %s, with %v", got, effects)
			}
		})
	}
}

// TestForgetWhereItIsNot: a place in which nothing was written goes with its
// own time; a conversation with staff stays until its case is closed.
func TestForgetWhereItIsNot(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, id := w.mentor(staff, "Kanerva")
	mentee, stranger := w.mentee("Kuu"), w.mentee("Suo")
	c := w.choose(mentee, id)
	w.refused("chat.unknown", func(a *mentoring.Act) error { _, err := a.Forget(stranger, c.ID); return err })
	w.must(func(a *mentoring.Act) error {
		until, err := a.Forget(mentee, c.ID)
		if !until.Equal(w.now.Add(72 * time.Hour)) {
			t.Errorf("a place goes at %v", until)
		}
		return err
	})
	var talk mentoring.ConversationID
	w.must(func(a *mentoring.Act) error {
		called, err := a.CallStaff(mentee, mentoring.CaseHelp, 0)
		if err != nil {
			return err
		}
		called, err = a.Claim(staff, called.ID)
		talk = called.Talk
		return err
	})
	w.refused("forget.not_here", func(a *mentoring.Act) error { _, err := a.Forget(mentee, talk); return err })
	w.refused("thanks.not_here", func(a *mentoring.Act) error { return a.Thank(mentee, talk) })
}

// TestThanks: once a day by a word or a heart; counted for the mentor, the
// conversation once a month.
func TestThanks(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	me, them := c.Participants[0].ID, c.Participants[1].ID
	note := mentoring.Notify{Member: m.ID, Text: mentoring.T("thanks.got", "alias", "Kuu")}
	heart := func(p mentoring.ParticipantID) []mentoring.Effect {
		return w.must(func(a *mentoring.Act) error { return a.Hearted(p) })
	}
	w.same(heart(them)) // a mentor's heart is a heart
	w.same(heart(me), note)
	w.same(heart(me))
	w.refused("thanks.already", func(a *mentoring.Act) error { return a.Thank(mentee, c.ID) })
	w.later(24 * time.Hour)
	w.same(w.must(func(a *mentoring.Act) error { return a.Thank(mentee, c.ID) }), note)
	if got := w.tallies(id, "2026-11"); got[mentoring.TallyThanks] != 2 || got[mentoring.TallyThanked] != 1 || got[mentoring.TallyNew] != 1 || got[mentoring.TallyTalks] != 1 {
		t.Errorf("tallies %v", got)
	}
	w.now = time.Date(2026, 12, 1, 0, 0, 1, 0, w.rules.Zone)
	w.same(heart(me), note)
	w.says(me)
	w.says(them)
	if got := w.tallies(id, "2026-12"); got[mentoring.TallyThanked] != 1 || got[mentoring.TallyTalks] != 1 || got[mentoring.TallyNew] != 0 || got[mentoring.TallyReplies] != 1 {
		t.Errorf("tallies %v", got)
	}
	w.must(func(a *mentoring.Act) error { return a.Block(m, c.ID) })
	w.later(24 * time.Hour)
	w.same(heart(me)) // nothing from whom they have blocked
	w.refused("thanks.not_here", func(a *mentoring.Act) error { return a.Thank(mentee, c.ID) })
}

func (w *world) tallies(id mentoring.MembershipID, month string) (all map[mentoring.TallyName]int64) {
	w.t.Helper()
	w.look(func(a *mentoring.Act) (err error) { all, err = a.Tx.Tallies(id, month); return err })
	return all
}

// TestUnblock: the two can meet again, unless they are kept apart elsewhere.
func TestUnblock(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	mentee := w.mentee("Kuu")
	first := w.talking(mentee, id)
	w.must(func(a *mentoring.Act) error { return a.End(mentee, first.ID) })
	second := w.talking(mentee, id)
	for _, c := range []*mentoring.Conversation{first, second} {
		w.must(func(a *mentoring.Act) error { return a.Block(mentee, c.ID) })
	}
	apart := func() (is bool) {
		w.look(func(a *mentoring.Act) (err error) { is, err = a.Tx.Blocked(m.ID, mentee.ID); return err })
		return is
	}
	w.refused("unblock.not", func(a *mentoring.Act) error { return a.Unblock(m, first.ID) })
	w.must(func(a *mentoring.Act) error { return a.Unblock(mentee, first.ID) })
	if !apart() {
		t.Error("the block of the other conversation was taken back")
	}
	w.must(func(a *mentoring.Act) error { return a.Unblock(mentee, second.ID) })
	if apart() {
		t.Error("still apart")
	}
	w.choose(mentee, id)
}

// TestHandOverEveryState: who may offer one, in which state of the conversation.
func TestHandOverEveryState(t *testing.T) {
	for _, state := range conversationStates() {
		w := newWorld(t)
		staff := w.staff()
		m, id := w.mentor(staff, "Kanerva")
		mentee := w.mentee("Kuu")
		c := w.talking(mentee, id)
		c.State = state
		w.put(func(tx mentoring.Tx) error { return tx.PutConversation(c) })
		offer := func(by mentoring.Member) func(a *mentoring.Act) error {
			return func(a *mentoring.Act) error { return a.OfferHandOver(by, c.ID) }
		}
		w.refused("handover.not_here", offer(mentee))
		w.refused("chat.unknown", offer(staff))
		if state != mentoring.Open {
			w.refused("chat.is_over", offer(m))
			continue
		}
		w.must(offer(m))
		w.refused("handover.already", offer(m))
		w.refused("handover.none", func(a *mentoring.Act) error { return a.DeclineHandOver(m, c.ID) })
		w.must(func(a *mentoring.Act) error { return a.DeclineHandOver(mentee, c.ID) })
		w.refused("handover.none", func(a *mentoring.Act) error { return a.DeclineHandOver(mentee, c.ID) })
		if got := w.conversation(c.ID).State; got != mentoring.Closed {
			t.Errorf("declined, and the conversation is %s", got)
		}
	}
}

// TestSuccessor: of those who are free the one with most of the same topics;
// never somebody blocked, never the same again.
func TestSuccessor(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, id := w.mentor(staff, "Kanerva")
	other := func(alias string, topics ...string) mentoring.MembershipID {
		m, s := w.invited(staff, alias)
		card := wholeCard()
		card.Alias, card.Topics = alias, topics
		w.must(func(a *mentoring.Act) error {
			for _, err := range []error{a.SaveCard(m, &card), a.SubmitCard(m), a.ApproveCard(staff, s.ID)} {
				if err != nil {
					return err
				}
			}
			return nil
		})
		return s.ID
	}
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	proposed := func() (l *mentoring.Listing) {
		w.look(func(a *mentoring.Act) error {
			list, err := a.Proposals(mentee)
			if err == nil && len(list) == 1 {
				l = list[0].Mentor
			}
			return err
		})
		return l
	}
	w.must(func(a *mentoring.Act) error { return a.EndMentor(staff, id) })
	if l := proposed(); l != nil {
		t.Errorf("proposed %v", l.Card.Alias)
	}
	family := other("Perhe", "family")
	if l := proposed(); l == nil || l.Membership.ID != family {
		t.Errorf("proposed %v", l)
	}
	both := other("Molemmat", "study", "work")
	if l := proposed(); l == nil || l.Membership.ID != both {
		t.Errorf("proposed %v", l)
	}
	w.must(func(a *mentoring.Act) error {
		return a.Tx.PutBlock(mentee.ID, w.membership(both).Member, a.Now)
	})
	if l := proposed(); l == nil || l.Membership.ID != family {
		t.Errorf("proposed somebody blocked: %v", l)
	}
	w.must(func(a *mentoring.Act) error { _, err := a.AcceptHandOver(mentee, c.ID, family, false); return err })
	if l := proposed(); l != nil {
		t.Error("answered, and still asked")
	}
}

// TestArchiveAndRestore: each once, and only while the conversation goes on.
func TestArchiveAndRestore(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	for _, who := range []mentoring.Member{mentee, m} { // from either side
		archive := func(a *mentoring.Act) error { return a.Archive(who, c.ID) }
		restore := func(a *mentoring.Act) error { return a.Restore(who, c.ID) }
		archived := func() bool { return !w.conversation(c.ID).ByMember(who.ID).Archived.IsZero() }
		w.refused("archive.not", restore)
		if w.same(w.must(archive)); !archived() {
			t.Error("not archived")
		}
		w.refused("archive.already", archive)
		if w.same(w.must(restore)); archived() {
			t.Error("not restored")
		}
		w.must(archive)
		w.says(c.ByMember(who.ID).ID)
		if archived() {
			t.Error("wrote there, and it is still quiet")
		}
	}
	w.must(func(a *mentoring.Act) error { return a.End(m, c.ID) })
	w.refused("chat.is_over", func(a *mentoring.Act) error { return a.Archive(mentee, c.ID) })
}

// TestThanksOfMentors: a mentor's thanks come to the mentee, and are none for the
// mentor; before anything was said there is nothing to thank for.
func TestThanksOfMentors(t *testing.T) {
	w := newWorld(t)
	m, id := w.mentor(w.staff(), "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.choose(mentee, id)
	w.refused("thanks.not_here", func(a *mentoring.Act) error { return a.Thank(mentee, c.ID) })
	w.says(c.Participants[0].ID)
	w.must(func(a *mentoring.Act) error { return a.Arrived(c.Participants[1].ID) })
	effects := w.must(func(a *mentoring.Act) error { return a.Thank(m, c.ID) })
	w.same(effects, mentoring.Notify{Member: mentee.ID, Text: mentoring.T("thanks.got", "alias", "Kanerva")})
	w.later(24 * time.Hour)
	w.put(func(tx mentoring.Tx) error {
		barred := w.conversation(c.ID).Clone()
		barred.Participants[0].Barred = w.now
		return tx.PutConversation(barred)
	})
	w.refused("measure.barred", func(a *mentoring.Act) error { return a.Thank(mentee, c.ID) })
	if got := w.tallies(id, "2026-11"); got[mentoring.TallyThanks] != 0 || got[mentoring.TallyThanked] != 0 {
		t.Errorf("the mentor's own thanks are in their figures: %v", got)
	}
}
