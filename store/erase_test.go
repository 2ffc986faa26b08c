package store_test

import (
	"reflect"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

func TestInactiveMembers(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		const day = 24 * time.Hour
		began := w.now()
		put := func(name string, wrote bool, role mentoring.Role, talked time.Time) mentoring.MemberID {
			m := mentoring.Member{Address: address(name), Join: mentoring.JoinDone, Created: began, Changed: began}
			s.write(func(tx *store.Tx) error {
				m.ID = 0
				if err := tx.PutMember(&m); err != nil {
					return err
				}
				ms := mentoring.Membership{Member: m.ID, Role: role, State: mentoring.Active, Created: began}
				if wrote {
					ms.FirstMessage = began
				}
				if err := tx.PutMembership(&ms); err != nil || talked.IsZero() {
					return err
				}
				return tx.PutConversation(&mentoring.Conversation{State: mentoring.Open, Created: began, LastTalk: talked,
					Participants: []mentoring.Participant{{Number: 1, Member: m.ID}}})
			})
			return m.ID
		}
		silent, wrote := put("silent", false, mentoring.Mentee, time.Time{}), put("wrote", true, mentoring.Mentee, began)
		put("talked", true, mentoring.Mentee, began.Add(50*day))
		put("mentor", true, mentoring.Mentor, time.Time{})
		put("staff", false, mentoring.Coordinator, time.Time{})
		w.pass(60 * day)
		list := func(wrote bool, warned time.Time) []mentoring.MemberID {
			return both(s, "inactive", func(tx *store.Tx) (ids []mentoring.MemberID, err error) {
				all, err := tx.InactiveMembers(wrote, w.now().Add(-30*day), warned, 9)
				for _, m := range all {
					ids = append(ids, m.ID)
				}
				return ids, err
			})
		}
		same(t, "never wrote", list(false, time.Time{}), []mentoring.MemberID{silent})
		same(t, "wrote", list(true, time.Time{}), []mentoring.MemberID{wrote})
		same(t, "warned", list(false, w.now()), nil)
		s.write(func(tx *store.Tx) error {
			m, err := tx.Member(silent)
			if err != nil {
				return err
			}
			m.Warned = w.now()
			return tx.PutMember(&m)
		})
		same(t, "not warned", list(false, time.Time{}), nil)
		same(t, "warned", list(false, w.now()), []mentoring.MemberID{silent})
	})
}

// TestEraseMember: nothing but a number is left, and whoever refers to it still can.
func TestEraseMember(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c, other := s.cast("a", w.now()), s.cast("b", w.now())
		id := c.mentor.ID
		s.write(func(tx *store.Tx) error {
			room := store.Room{Kind: store.RoomManagement, Owner: int64(id), Matrix: "!own:x", State: store.RoomJoined, Reader: "@r:x"}
			for _, err := range []error{
				tx.PutRoom(&room), tx.PutLine(&store.Line{Key: "menu/5", Room: room.ID, Event: "$e"}),
				tx.PutPhrase("LOCATOR1", mentoring.PhraseRecord{Member: id, Hash: []byte("x"), Created: w.now()}),
				tx.PutDialogue(id, []byte("asked")), tx.PutBlock(id, other.mentee.ID, w.now()), tx.PutBlock(other.mentor.ID, id, w.now()),
				tx.PutCard(&mentoring.Card{Membership: c.memberships[1].ID, Alias: "Kanerva", State: mentoring.CardApproved}),
				tx.PutCode("code", &mentoring.Code{Kind: mentoring.CodeTrial, Giver: id, Created: w.now()}),
				tx.PutCase(&mentoring.Case{Opener: id, State: mentoring.CaseClosed}),
			} {
				if err != nil {
					return err
				}
			}
			return tx.EmptyConversation(c.conversation.ID)
		})
		for range 2 {
			s.write(func(tx *store.Tx) error { return tx.EraseMember(id) })
		}
		same(t, "member", both(s, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.Member(id) }),
			mentoring.Member{ID: id, Join: mentoring.JoinErased, Trial: c.mentor.Trial})
		for name, look := range map[string]func(*store.Tx) error{
			"address":  func(tx *store.Tx) error { _, err := tx.MemberByAddress(c.mentor.Address); return err },
			"own room": func(tx *store.Tx) error { _, err := tx.RoomByMatrix("!own:x"); return err },
			"line":     func(tx *store.Tx) error { _, err := tx.LineByKey("menu/5"); return err },
			"phrase":   func(tx *store.Tx) error { _, err := tx.PhraseOf(id); return err },
			"card":     func(tx *store.Tx) error { _, err := tx.Card(c.memberships[1].ID); return err },
		} {
			wantError(t, name, s.Read(t.Context(), look), mentoring.ErrNotFound)
			wantError(t, name, s.Write(t.Context(), look), mentoring.ErrNotFound)
		}
		if got := both(s, "blocks", func(tx *store.Tx) ([]mentoring.MemberID, error) { return tx.Blocks(id) }); len(got) > 0 {
			t.Errorf("blocks %v", got)
		}
		if got := both(s, "codes", func(tx *store.Tx) ([]mentoring.Code, error) { return tx.CodesBy(id, 9) }); len(got) > 0 {
			t.Errorf("codes %v", got)
		}
		now := both(s, "the other", func(tx *store.Tx) (mentoring.Member, error) { return tx.Member(other.mentee.ID) })
		if !reflect.DeepEqual(now, other.mentee) {
			t.Errorf("somebody else was changed: %+v", now)
		}
		s.write(func(tx *store.Tx) error {
			return tx.PutMember(&mentoring.Member{Address: c.mentor.Address, Join: mentoring.JoinNew})
		})
	})
}
