package mentoring_test

import (
	"fmt"
	"testing"
	"time"

	"silta/mentoring"
)

// TestPlaceRunsOut to the millisecond; the mentee is told in their own room, the
// mentor never hears of it, and the place is free again.
func TestPlaceRunsOut(t *testing.T) {
	w := newWorld(t)
	mentee, _, c := w.pair(mentoring.Placed)
	w.later(24*time.Hour - time.Millisecond)
	w.same(w.tick())
	w.later(time.Millisecond)
	w.same(w.tick(), mentoring.Notify{Member: mentee.ID, Text: mentoring.T("chat.place_is_gone", "alias", []string{"Kanerva"})})
	w.same(w.tick())
	if got := w.conversation(c.ID); got.State != mentoring.Expired || !got.Ended.Equal(w.now) {
		t.Errorf("now %+v", got)
	}
	w.choose(mentee, c.Participants[1].Membership)
	// What is left of the old one goes after the notice time, with no warning:
	// nothing was written in it.
	w.later(72 * time.Hour)
	effects := w.tick()
	if closes := of[mentoring.CloseLeg](effects); len(closes) != 1 || closes[0].Participant != c.Participants[0].ID {
		t.Errorf("closed %v", closes)
	}
	if got := w.conversation(c.ID).State; got != mentoring.Emptied {
		t.Errorf("now %s", got)
	}
}

// TestPlaceHeldByWriting: one word in time is enough.
func TestPlaceHeldByWriting(t *testing.T) {
	w := newWorld(t)
	_, _, c := w.pair(mentoring.Placed)
	w.later(24*time.Hour - time.Millisecond)
	w.says(c.Participants[0].ID)
	w.says(c.Participants[1].ID)
	w.later(365 * 24 * time.Hour)
	w.same(w.tick())
	if got := w.conversation(c.ID).State; got != mentoring.Open {
		t.Errorf("now %s", got)
	}
}

// TestRetention: warned the notice before, emptied when said, each once.
func TestRetention(t *testing.T) {
	w := newWorld(t)
	mentee, _, c := w.pair(mentoring.Open)
	me, them := c.Participants[0].ID, c.Participants[1].ID
	ended := w.now
	w.must(func(a *mentoring.Act) error { return a.End(mentee, c.ID) })
	w.must(func(a *mentoring.Act) error { return a.Departed(me, false) }) // cannot read it any more: not warned
	w.later(87*24*time.Hour - time.Millisecond)
	w.same(w.tick())
	w.later(time.Millisecond)
	gone := ended.Add(90 * 24 * time.Hour)
	w.same(w.tick(), mentoring.Tell{Participant: them, Text: mentoring.T("chat.fading", "alias", []string{"Kuu"}, "until", gone)})
	w.same(w.tick())
	w.now = gone.Add(-time.Millisecond)
	w.same(w.tick())
	w.now = gone
	w.same(w.tick(), mentoring.CloseLeg{Participant: me}, mentoring.CloseLeg{Participant: them}, mentoring.EmptyConversation{Conversation: c.ID})
	w.same(w.tick())
	after := w.conversation(c.ID)
	for _, p := range after.Participants {
		if p.Presence != mentoring.Removed {
			t.Errorf("participant %d is %s", p.Number, p.Presence)
		}
	}
	w.must(func(a *mentoring.Act) error {
		list, err := a.Chats(mentee)
		if len(list) != 0 {
			t.Errorf("still shown: %v", list)
		}
		return err
	})
	if n := w.figure(mentoring.CountMessages, false); n != 1 {
		t.Errorf("the figures went too: %d messages", n)
	}
}

// TestRetentionAfterAPause of the whole service: the notice is given in full all
// the same.
func TestRetentionAfterAPause(t *testing.T) {
	w := newWorld(t)
	mentee, _, c := w.pair(mentoring.Open)
	w.must(func(a *mentoring.Act) error { return a.End(mentee, c.ID) })
	w.later(200 * 24 * time.Hour)
	if tells := of[mentoring.Tell](w.tick()); len(tells) != 2 {
		t.Errorf("warned %v", tells)
	}
	w.later(72*time.Hour - time.Millisecond)
	w.same(w.tick())
	w.later(time.Millisecond)
	if closes := of[mentoring.CloseLeg](w.tick()); len(closes) != 2 {
		t.Errorf("closed %v", closes)
	}
}

// TestShorterRetention: a setting that is made shorter still warns.
func TestShorterRetention(t *testing.T) {
	w := newWorld(t)
	mentee, _, c := w.pair(mentoring.Open)
	w.must(func(a *mentoring.Act) error { return a.End(mentee, c.ID) })
	w.rules.Retention = 10 * 24 * time.Hour
	w.later(87 * 24 * time.Hour)
	if tells := of[mentoring.Tell](w.tick()); len(tells) != 2 {
		t.Errorf("warned %v", tells)
	}
	if got := w.conversation(c.ID); got.State != mentoring.Fading || !got.Due.Equal(w.now.Add(72*time.Hour)) {
		t.Errorf("now %+v", got)
	}
}

// TestNoticeLongerThanRetention does not end before the notice has.
func TestNoticeLongerThanRetention(t *testing.T) {
	w := newWorld(t)
	w.rules.Retention = time.Hour
	mentee, _, c := w.pair(mentoring.Open)
	w.must(func(a *mentoring.Act) error { return a.End(mentee, c.ID) })
	if tells := of[mentoring.Tell](w.tick()); len(tells) != 2 {
		t.Errorf("warned %v", tells)
	}
	if got := w.conversation(c.ID).Due; !got.Equal(w.now.Add(72 * time.Hour)) {
		t.Errorf("due %v", got)
	}
}

// TestTickIsBounded: much at once is done in parts, nothing is left out.
func TestTickIsBounded(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	s := w.memberships(mentee)[0].ID
	const many = 230
	w.put(func(tx mentoring.Tx) error {
		for range many {
			if err := tx.PutConversation(&mentoring.Conversation{
				Kind: mentoring.KindMentoring, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
				State: mentoring.Placed, Created: w.now, Due: w.now,
				Participants: []mentoring.Participant{
					{Number: 1, Member: mentee.ID, Membership: s, Role: mentoring.Mentee, Alias: "Kuu", Presence: mentoring.Here},
					{Number: 2, Member: mentor.ID, Membership: id, Role: mentoring.Mentor, Alias: "Kanerva", Presence: mentoring.NotAsked},
				},
			}); err != nil {
				return err
			}
		}
		return nil
	})
	told := 0
	for _, want := range []time.Duration{0, 0, mentoring.TickEvery, mentoring.TickEvery} {
		var next time.Time
		effects := w.must(func(a *mentoring.Act) (err error) { next, err = a.Tick(); return err })
		told += len(of[mentoring.Notify](effects))
		if got := next.Sub(w.now); got != want {
			t.Errorf("after %d: next in %v, want %v", told, got, want)
		}
	}
	if told != many {
		t.Errorf("told %d of %d", told, many)
	}
}

// TestTickInEveryState: whatever is due, in whatever state, is due no more
// afterwards, so that it cannot keep the others from their turn.
func TestTickInEveryState(t *testing.T) {
	for _, state := range conversationStates() {
		t.Run(fmt.Sprint(state), func(t *testing.T) {
			w := newWorld(t)
			_, _, c := w.pair(state)
			c.Due = w.now
			w.put(func(tx mentoring.Tx) error { return tx.PutConversation(c) })
			w.tick()
			if due := w.conversation(c.ID).Due; !due.IsZero() && !due.After(w.now) {
				t.Errorf("still due at %v", due)
			}
		})
	}
}
