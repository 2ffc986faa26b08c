package bridge_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// mentoringPair is a mentee and a mentor who talk with each other; the mentor
// reads for an hour that begins in two hours.
func (w *world) mentoringPair(t *testing.T) (mentee, mentor *talker) {
	t.Helper()
	people := w.talk("aino", "kaisa")
	mentee, mentor = people[0], people[1]
	w.join(people...)
	w.do(func(a *mentoring.Act) error {
		c, err := makeMentoring(a, mentee.id)
		if err != nil {
			return err
		}
		m, err := a.Tx.Member(c.Participants[1].Member)
		if err != nil {
			return err
		}
		from := a.Now.In(a.Rules.Zone).Add(2 * time.Hour)
		minute := from.Hour()*60 + from.Minute()
		return a.SetHours(m, mentoring.NewHours([]mentoring.Span{{Day: from.Weekday(), From: minute, To: (minute + 60) % mentoring.DayMinutes}}))
	})
	return mentee, mentor
}

// makeMentoring makes the second of a conversation its mentor.
func makeMentoring(a *mentoring.Act, one mentoring.ParticipantID) (*mentoring.Conversation, error) {
	c, err := a.Tx.ConversationOf(one)
	if err != nil {
		return nil, err
	}
	c = c.Clone()
	c.Kind, c.Participants[1].Role = mentoring.KindMentoring, mentoring.Mentor
	s, err := a.Tx.Membership(c.Participants[1].Membership)
	if err != nil {
		return nil, err
	}
	s.Role = mentoring.Mentor
	if err := a.Tx.PutMembership(&s); err != nil {
		return nil, err
	}
	return c, a.Tx.PutConversation(c)
}

// readsAlways takes a mentor's hours away.
func (w *world) readsAlways(mentor *talker) {
	w.t.Helper()
	w.do(func(a *mentoring.Act) error {
		c, err := a.Tx.ConversationOf(mentor.id)
		if err != nil {
			return err
		}
		m, err := a.Tx.Member(c.Participant(mentor.id).Member)
		if err != nil {
			return err
		}
		return a.SetHours(m, nil)
	})
}

// heldQuiet counts what waits in a lane for its reader's hours.
func (w *world) heldQuiet(t *testing.T, p, from *talker) (n int) {
	t.Helper()
	lane := w.store.Lane(store.LaneOut, strconv.FormatInt(int64(p.id), 10), strconv.FormatInt(int64(from.id), 10))
	err := w.store.Write(context.Background(), func(tx *store.Tx) error {
		rows, err := tx.Rows(lane)
		n = 0
		for _, row := range rows {
			if row.State == store.RowHeld && row.Hold == store.HoldQuiet {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestQuietHours: what is written to a mentor outside of their hours waits, also
// over a restart, and comes in order when the hours begin. The mentee is told
// when that is, and hears from the mentor at any time.
func TestQuietHours(t *testing.T) {
	w := newWorld(t)
	mentee, mentor := w.mentoringPair(t)
	for _, body := range []string{"yksi", "kaksi", "kolme"} {
		must(mentee.Say(mentee.room, body))
	}
	w.told(mentee, "reads messages again on")
	w.until("the first waits", func() bool { return w.heldQuiet(t, mentor, mentee) == 1 })
	w.sees(mentor)
	w.stop()
	w.start()
	w.until("it still waits", func() bool { return w.heldQuiet(t, mentor, mentee) == 1 })
	w.sees(mentor)
	w.stop()
	w.skew.Add(int64(2*time.Hour + 2*time.Minute))
	w.start()
	w.sees(mentor, "yksi", "kaksi", "kolme")
}

// TestQuietHoursOpened: what a mentor writes opens their leg, at once and for
// what comes then; so does a change of their hours.
func TestQuietHoursOpened(t *testing.T) {
	w := newWorld(t)
	mentee, mentor := w.mentoringPair(t)
	must(mentee.Say(mentee.room, "yksi"))
	must(mentee.Say(mentee.room, "kaksi"))
	w.until("the first waits", func() bool { return w.heldQuiet(t, mentor, mentee) == 1 })
	must(mentor.Say(mentor.room, "hei"))
	w.sees(mentee, "hei")
	w.sees(mentor, "yksi", "kaksi")
	must(mentee.Say(mentee.room, "kolme"))
	w.sees(mentor, "yksi", "kaksi", "kolme")
	w.stop()
	w.skew.Add(int64(65 * time.Minute)) // still before the hours
	w.start()
	must(mentee.Say(mentee.room, "neljä"))
	w.until("it waits", func() bool { return w.heldQuiet(t, mentor, mentee) == 1 })
	w.readsAlways(mentor)
	w.sees(mentor, "yksi", "kaksi", "kolme", "neljä")
}

// TestQuietInvitation: a mentor is not asked into a new conversation outside of
// their hours either.
func TestQuietInvitation(t *testing.T) {
	w := newWorld(t)
	mentee, mentor := w.mentoringPair(t)
	var room string
	w.do(func(a *mentoring.Act) error {
		old, err := a.Tx.ConversationOf(mentor.id)
		if err != nil {
			return err
		}
		c := old.Clone()
		c.ID, c.WaitSince, c.Due = 0, time.Time{}, time.Time{}
		for i := range c.Participants {
			c.Participants[i].ID, c.Participants[i].Presence = 0, mentoring.Asked
		}
		if err := a.Tx.PutConversation(c); err != nil {
			return err
		}
		for _, p := range c.Participants {
			a.Do(mentoring.OpenLeg{Participant: p.ID})
		}
		return nil
	})
	asked := func(p *talker) bool {
		for _, r := range p.Rooms("invite") {
			if r != p.room && w.isLeg(r) {
				room = r
			}
		}
		return room != ""
	}
	w.until("the mentee is asked in", func() bool { return asked(mentee) })
	w.until("the mentor's leg is made", func() bool {
		return len(slices.DeleteFunc(w.hs.Rooms(), func(r string) bool {
			return !w.isLeg(r) || slices.Contains(w.hs.Members(r, "join"), mentee.ID) || slices.Contains(w.hs.Members(r, "invite"), mentee.ID)
		})) == 2
	})
	if room = ""; asked(mentor) {
		t.Error("asked in outside of the hours")
	}
	w.stop()
	w.skew.Add(int64(2*time.Hour + 2*time.Minute))
	w.start()
	w.until("the mentor is asked in", func() bool { return asked(mentor) })
}
