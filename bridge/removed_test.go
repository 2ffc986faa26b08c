package bridge_test

import (
	"slices"
	"strings"
	"testing"

	"silta/mentoring"
	"silta/store"
)

// TestRemovedMidDialogue: who goes out of the staff room loses every power with that
// event, also for what they were just being asked in their own room, where they are
// still.
func TestRemovedMidDialogue(t *testing.T) {
	w := newAtWork(t)
	var id mentoring.MemberID
	w.do(func(a *mentoring.Act) error {
		m, err := a.Tx.MemberByAddress(w.sari.ID)
		id = m.ID
		a.Do(mentoring.Welcome{Member: id})
		return err
	})
	w.until("she has a room of her own", func() bool { return w.ownRoom(id).Matrix != "" })
	own := w.ownRoom(id).Matrix
	w.until("she is asked in", func() bool { return slices.Contains(w.sari.Rooms("invite"), own) })
	must(struct{}{}, w.sari.Join(own))
	w.until("she is in it", func() bool { return w.ownRoom(id).State == store.RoomJoined })
	hears := func(word string) {
		w.until("she hears: "+word, func() bool {
			for _, m := range w.sari.View(own) {
				if m.Sender == "@silta:test" && strings.Contains(m.Body, word) {
					return true
				}
			}
			return false
		})
	}
	must(w.sari.Say(own, "claim 1"))
	w.until("she has the case", func() bool { c, _ := w.stands(); return c.State == mentoring.CaseClaimed })
	must(w.sari.Say(own, "close 1 mistake"))
	hears("Close case 1?")
	must(struct{}{}, w.sari.Leave(w.room))
	w.until("she is no longer staff", func() (gone bool) {
		w.do(func(a *mentoring.Act) error {
			m, err := a.Tx.MemberByAddress(w.sari.ID)
			if err != nil {
				return err
			}
			is, err := a.IsStaff(m)
			gone = !is
			return err
		})
		return gone
	})
	before, _ := w.stands()
	if before.State != mentoring.CaseOpen || before.ClaimedBy != 0 {
		t.Errorf("the case is %s, with %d", before.State, before.ClaimedBy)
	}
	must(w.sari.Say(own, "yes"))
	hears("This is not something you can do here")
	if after, _ := w.stands(); after.State != mentoring.CaseOpen || !after.Changed.Equal(before.Changed) {
		t.Errorf("the case is %s", after.State)
	}
}
