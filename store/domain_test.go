package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

func TestMembers(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		m := mentoring.Member{
			Address: address("aino"), Language: "fi", Alias: "Kuura", Join: mentoring.JoinConsent, Consent: 3,
			ConsentAt: w.now(), Trial: true, Created: w.now(), Unit: "west", Topic: "work", Account: "synapse-admin",
		}
		s.write(func(tx *store.Tx) error { return tx.PutMember(&m) })
		same(t, "member", both(s, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.Member(m.ID) }), m)
		same(t, "by address", both(s, "by address", func(tx *store.Tx) (mentoring.Member, error) { return tx.MemberByAddress(address("aino")) }), m)

		m.Address, m.Alias, m.ConsentAt = address("aino2"), "", time.Time{}
		s.write(func(tx *store.Tx) error { return tx.PutMember(&m) })
		same(t, "changed", both(s, "changed", func(tx *store.Tx) (mentoring.Member, error) { return tx.MemberByAddress(address("aino2")) }), m)
		for _, run := range []func(*store.Tx) error{
			func(tx *store.Tx) error { _, err := tx.MemberByAddress(address("aino")); return err },
			func(tx *store.Tx) error { _, err := tx.Member(m.ID + 1); return err },
			func(tx *store.Tx) error { _, err := tx.Membership(99); return err },
			func(tx *store.Tx) error { _, err := tx.Conversation(99); return err },
			func(tx *store.Tx) error { _, err := tx.ConversationOf(99); return err },
			func(tx *store.Tx) error { _, err := tx.Card(99); return err },
			func(tx *store.Tx) error { _, err := tx.Availability(99); return err },
			func(tx *store.Tx) error { _, err := tx.Case(99); return err },
			func(tx *store.Tx) error { _, err := tx.Code("no such code"); return err },
			func(tx *store.Tx) error { return tx.PutMember(&mentoring.Member{ID: 99, Address: "@x:y"}) },
			func(tx *store.Tx) error { return tx.PutMembership(&mentoring.Membership{ID: 99, Member: m.ID}) },
			func(tx *store.Tx) error { return tx.PutConversation(&mentoring.Conversation{ID: 99}) },
			func(tx *store.Tx) error {
				return tx.PutCase(&mentoring.Case{ID: 99, Opener: m.ID})
			},
		} {
			wantError(t, "what is not there", s.Write(t.Context(), run), mentoring.ErrNotFound)
		}
	})
}

// TestForgottenAddresses: several members may have none.
func TestForgottenAddresses(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		for range 2 {
			s.write(func(tx *store.Tx) error { return tx.PutMember(&mentoring.Member{Join: mentoring.JoinNew}) })
		}
		err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.MemberByAddress(""); return err })
		wantError(t, "by no address", err, mentoring.ErrNotFound)
		m := mentoring.Member{Address: address("once")}
		s.write(func(tx *store.Tx) error { return tx.PutMember(&m) })
		if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutMember(&mentoring.Member{Address: address("once")}) }); err == nil {
			t.Error("two members have the same address")
		}
	})
}

func TestMemberships(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		second := mentoring.Membership{Member: c.mentor.ID, Programme: mentoring.DefaultProgramme, Unit: "east", Role: mentoring.Mentor, State: mentoring.Ended, Created: w.now()}
		s.write(func(tx *store.Tx) error { return tx.PutMembership(&second) })
		list := both(s, "memberships", func(tx *store.Tx) ([]mentoring.Membership, error) { return tx.Memberships(c.mentor.ID) })
		same(t, "memberships", list, []mentoring.Membership{c.memberships[1], second})
		list = both(s, "of a role", func(tx *store.Tx) ([]mentoring.Membership, error) {
			return tx.MembershipsOf(mentoring.DefaultProgramme, mentoring.Mentor)
		})
		same(t, "the ended one is left out", list, []mentoring.Membership{c.memberships[1]})

		changed := c.memberships[0]
		changed.FirstMessage, changed.State = w.now(), mentoring.Suspended
		s.write(func(tx *store.Tx) error { return tx.PutMembership(&changed) })
		same(t, "changed", both(s, "membership", func(tx *store.Tx) (mentoring.Membership, error) { return tx.Membership(changed.ID) }), changed)
	})
}

func TestCatalogue(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		id := c.memberships[1].ID
		card := mentoring.Card{
			Membership: id, State: mentoring.CardSubmitted, Alias: "Kanerva", AgeBand: "25–34", Area: "Turku", Story: "Olen…\nkaksi riviä",
			Topics: []string{"work", "studies"}, Languages: []mentoring.Language{"fi", "en"}, Gender: mentoring.Woman,
			Kind: mentoring.HelperVolunteer, Status: "paikalla", Updated: w.now(),
		}
		s.write(func(tx *store.Tx) error { return tx.PutCard(&card) })
		same(t, "card", both(s, "card", func(tx *store.Tx) (mentoring.Card, error) { return tx.Card(id) }), card)
		listings := func() []*mentoring.Listing {
			return both(s, "listings", func(tx *store.Tx) ([]*mentoring.Listing, error) { return tx.Listings(mentoring.DefaultProgramme) })
		}
		if got := listings(); len(got) != 0 {
			t.Errorf("a card that is not approved is listed: %+v", got)
		}
		card.State = mentoring.CardApproved
		s.write(func(tx *store.Tx) error { return tx.PutCard(&card) })
		want := &mentoring.Listing{Membership: c.memberships[1], Card: card, Availability: mentoring.Availability{Membership: id}, Open: 1}
		same(t, "without availability", listings(), []*mentoring.Listing{want})

		away := mentoring.Availability{Membership: id, Capacity: 3, Away: true, AwayUntil: w.now().Add(time.Hour), AwayText: "mökillä"}
		s.write(func(tx *store.Tx) error { return tx.PutAvailability(&away) })
		same(t, "availability", both(s, "availability", func(tx *store.Tx) (mentoring.Availability, error) { return tx.Availability(id) }), away)
		ended := c.conversation.Clone()
		ended.State = mentoring.Closed
		s.write(func(tx *store.Tx) error { return tx.PutConversation(ended) })
		want.Availability, want.Open = away, 0
		same(t, "with availability", listings(), []*mentoring.Listing{want})

		due := func(at time.Time) []mentoring.Availability {
			return both(s, "due", func(tx *store.Tx) ([]mentoring.Availability, error) { return tx.DueAvailabilities(at, 5) })
		}
		same(t, "not due yet", len(due(w.now())), 0)
		same(t, "due", due(away.AwayUntil), []mentoring.Availability{away})

		paused := c.memberships[1]
		paused.State = mentoring.Paused
		s.write(func(tx *store.Tx) error { return tx.PutMembership(&paused) })
		same(t, "paused ones are not listed", len(listings()), 0)
	})
}

func TestConversations(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		get := func() *mentoring.Conversation {
			return both(s, "conversation", func(tx *store.Tx) (*mentoring.Conversation, error) { return tx.Conversation(c.conversation.ID) })
		}
		same(t, "conversation", get(), c.conversation)

		changed := c.conversation.Clone()
		changed.State, changed.LastTalk, changed.Due = mentoring.Open, w.now(), time.Time{}
		changed.Participants[0].Presence = mentoring.Away
		changed.Participants = append(changed.Participants, mentoring.Participant{Number: 3, Member: c.mentee.ID, Role: mentoring.Coordinator, Alias: "Henkilökunta", Presence: mentoring.Asked})
		s.write(func(tx *store.Tx) error { return tx.PutConversation(changed) })
		same(t, "changed", get(), changed)
		if changed.Participants[2].ID == 0 {
			t.Error("the third participant has no ID")
		}
		same(t, "by participant", both(s, "by participant", func(tx *store.Tx) (*mentoring.Conversation, error) {
			return tx.ConversationOf(changed.Participants[2].ID)
		}), changed)

		other := s.cast("b", w.now())
		list := both(s, "of a member", func(tx *store.Tx) ([]*mentoring.Conversation, error) { return tx.ConversationsOf(c.mentee.ID) })
		same(t, "of a member who is in it twice", list, []*mentoring.Conversation{changed})

		due := both(s, "due", func(tx *store.Tx) ([]*mentoring.Conversation, error) {
			return tx.DueConversations(w.now().Add(time.Hour), 10)
		})
		same(t, "due", due, []*mentoring.Conversation{other.conversation})

		less := changed.Clone()
		less.Participants = less.Participants[:2]
		if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutConversation(less) }); err == nil {
			t.Error("a participant was taken away")
		}
	})
}

func TestCasesAndStaffRooms(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		urgent := mentoring.Case{Kind: mentoring.CaseUrgent, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, State: mentoring.CaseOpen,
			Opener: c.mentee.ID, OpenerRole: mentoring.Mentee, Conversation: c.conversation.ID, Created: w.now(), Changed: w.now()}
		help := urgent
		help.Kind, help.Conversation = mentoring.CaseHelp, 0
		s.write(func(tx *store.Tx) error {
			if err := tx.PutCase(&urgent); err != nil {
				return err
			}
			return tx.PutCase(&help)
		})
		same(t, "numbers", []mentoring.CaseID{urgent.ID, help.ID}, []mentoring.CaseID{1, 2})
		help.State, help.ClaimedBy, help.Talk = mentoring.CaseClaimed, c.mentor.ID, c.conversation.ID
		s.write(func(tx *store.Tx) error { return tx.PutCase(&help) })
		same(t, "case", both(s, "case", func(tx *store.Tx) (mentoring.Case, error) { return tx.Case(help.ID) }), help)
		list := func(states ...mentoring.CaseState) []mentoring.Case {
			return both(s, "cases", func(tx *store.Tx) ([]mentoring.Case, error) { return tx.Cases(states...) })
		}
		same(t, "open", list(mentoring.CaseOpen), []mentoring.Case{urgent})
		same(t, "open or claimed", list(mentoring.CaseOpen, mentoring.CaseClaimed), []mentoring.Case{urgent, help})
		same(t, "all", list(), []mentoring.Case{urgent, help})

		room := mentoring.StaffRoom{Programme: mentoring.DefaultProgramme, Unit: "east"}
		s.write(func(tx *store.Tx) error { return tx.PutStaffRoom(&room) })
		room.Unit = "west"
		s.write(func(tx *store.Tx) error { return tx.PutStaffRoom(&room) })
		same(t, "staff rooms", both(s, "staff rooms", (*store.Tx).StaffRooms), []mentoring.StaffRoom{room})
	})
}

func TestCodesBlocksCountersDialogues(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		code := mentoring.Code{Kind: mentoring.CodeReferral, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Topic: "work", Created: w.now(), Expires: w.now().Add(time.Hour), Giver: c.mentor.ID}
		s.write(func(tx *store.Tx) error { return tx.PutCode("kuu-tyyni-17", &code) })
		code.Used = true
		s.write(func(tx *store.Tx) error { return tx.PutCode("Kuu Tyyni 17", &code) })
		same(t, "code", both(s, "code", func(tx *store.Tx) (mentoring.Code, error) { return tx.Code("KUU-TYYNI-17") }), code)
		newer := code
		newer.Created, newer.Used = code.Created.Add(time.Minute), false
		s.write(func(tx *store.Tx) error { return tx.PutCode("kuu-tyyni-18", &newer) })
		for limit, want := range [][]mentoring.Code{nil, {newer}, {newer, code}, {newer, code}} {
			same(t, "codes of a giver", both(s, "codes", func(tx *store.Tx) ([]mentoring.Code, error) { return tx.CodesBy(c.mentor.ID, limit) }), want)
		}

		blocked := func() bool {
			return both(s, "blocked", func(tx *store.Tx) (bool, error) { return tx.Blocked(c.mentor.ID, c.mentee.ID) })
		}
		same(t, "before", blocked(), false)
		for range 2 {
			s.write(func(tx *store.Tx) error { return tx.PutBlock(c.mentee.ID, c.mentor.ID, w.now()) })
		}
		same(t, "after", blocked(), true)
		for _, m := range []mentoring.MemberID{c.mentor.ID, c.mentee.ID} {
			same(t, "blocks", both(s, "blocks", func(tx *store.Tx) ([]mentoring.MemberID, error) { return tx.Blocks(m) }),
				[]mentoring.MemberID{c.mentor.ID + c.mentee.ID - m})
		}

		counter := mentoring.Counter{Name: mentoring.CountMessages, Month: "2026-11", Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit}
		trial := counter
		trial.Trial = true
		for range 3 {
			s.write(func(tx *store.Tx) error {
				if err := tx.Count(counter, 2); err != nil {
					return err
				}
				return tx.Count(trial, 1)
			})
		}
		same(t, "counters", both(s, "counters", func(tx *store.Tx) ([]store.Counted, error) { return tx.Counters(mentoring.CountMessages) }),
			[]store.Counted{{Counter: counter, Value: 6}, {Counter: trial, Value: 3}})

		dialogue := func() []byte {
			return both(s, "dialogue", func(tx *store.Tx) ([]byte, error) { return tx.Dialogue(c.mentee.ID) })
		}
		same(t, "no dialogue", dialogue(), nil)
		s.write(func(tx *store.Tx) error { return tx.PutDialogue(c.mentee.ID, []byte("asks for a nickname")) })
		s.write(func(tx *store.Tx) error { return tx.PutDialogue(c.mentee.ID, []byte{0, 1, 2}) })
		same(t, "dialogue", dialogue(), []byte{0, 1, 2})
		s.write(func(tx *store.Tx) error { return tx.PutDialogue(c.mentee.ID, nil) })
		same(t, "ended dialogue", dialogue(), nil)
	})
}

func TestTopicsTextsSettings(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		work := mentoring.Topic{Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Key: "work", Position: 2, Changed: w.now(), Words: map[mentoring.Language]string{"fi": "työelämä"}}
		own := mentoring.Topic{Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Key: "own", Position: 1, Retired: true, Changed: w.now(), Words: map[mentoring.Language]string{"fi": "itsenäistyminen", "en": "becoming independent"}}
		s.write(func(tx *store.Tx) error {
			if err := tx.PutTopic(&work); err != nil {
				return err
			}
			return tx.PutTopic(&own)
		})
		work.Words["sv"] = "arbetsliv"
		s.write(func(tx *store.Tx) error { return tx.PutTopic(&work) })
		same(t, "topics", both(s, "topics", func(tx *store.Tx) ([]mentoring.Topic, error) { return tx.Topics(mentoring.DefaultProgramme) }), []mentoring.Topic{own, work})

		put := func(words string) mentoring.TextVersion {
			o := mentoring.TextVersion{Key: "welcome", Language: "fi", Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Words: words, Author: 7, Changed: w.now()}
			s.write(func(tx *store.Tx) error { o.ID = 0; return tx.PutText(&o) })
			return o
		}
		first, second := put("Tervetuloa"), put("Hei, tervetuloa!")
		same(t, "history", both(s, "history", func(tx *store.Tx) ([]mentoring.TextVersion, error) {
			return tx.TextHistory("welcome", "fi", mentoring.DefaultProgramme, mentoring.DefaultUnit)
		}), []mentoring.TextVersion{second, first})
		same(t, "all texts", both(s, "texts", (*store.Tx).Texts), []mentoring.TextVersion{second})
		put("")
		same(t, "back to the file", len(both(s, "texts", (*store.Tx).Texts)), 0)

		setting := func() string {
			return both(s, "setting", func(tx *store.Tx) (string, error) { return tx.Setting("sync") })
		}
		same(t, "no setting", setting(), "")
		for _, value := range []string{"a", "b", ""} {
			s.write(func(tx *store.Tx) error { return tx.PutSetting("sync", value) })
			same(t, "setting", setting(), value)
		}
		if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutSetting(".lookup", "x") }); err == nil {
			t.Error("the store's own setting was overwritten")
		}
	})
}

// TestIDsAreNeverGivenTwice: not after a failed step, not after a restart, and
// not when the row with the highest ID has gone.
func TestIDsAreNeverGivenTwice(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		given := make(map[int64]bool)
		for range 3 {
			s := w.open()
			for i := range 20 {
				var row store.Row
				_ = s.Write(t.Context(), func(tx *store.Tx) error {
					row = store.Row{Kind: store.LaneIn}
					for _, id := range []int64{tx.NewID()} {
						if given[-id] {
							t.Errorf("menu %d was given twice", id)
						}
						given[-id] = true
					}
					if err := tx.Enqueue(&row); err != nil {
						return err
					}
					if given[row.ID] {
						t.Errorf("row %d was given twice", row.ID)
					}
					given[row.ID] = true
					if i%3 == 0 {
						return errBroken
					}
					return nil
				})
				s.write(func(tx *store.Tx) error { return tx.Done(row.ID) })
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
