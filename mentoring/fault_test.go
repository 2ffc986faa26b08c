package mentoring_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"silta/mentoring"
)

var errBroken = errors.New("the disk is on fire")

// failing is a storage whose call number left (counted down) fails.
type failing struct {
	mentoring.Tx
	left int
}

// fails says whether this call is the one.
func (f *failing) fails() bool {
	f.left--
	return f.left == 0
}

// call is one call of the storage that gives a value.
func call[T any](f *failing, do func() (T, error)) (T, error) {
	if f.fails() {
		var none T
		return none, errBroken
	}
	return do()
}

// write is one call of the storage that gives none.
func (f *failing) write(do func() error) error {
	if f.fails() {
		return errBroken
	}
	return do()
}

func (f *failing) Member(id mentoring.MemberID) (mentoring.Member, error) {
	return call(f, func() (mentoring.Member, error) { return f.Tx.Member(id) })
}

func (f *failing) MemberByAddress(s string) (mentoring.Member, error) {
	return call(f, func() (mentoring.Member, error) { return f.Tx.MemberByAddress(s) })
}

func (f *failing) PutMember(m *mentoring.Member) error {
	return f.write(func() error { return f.Tx.PutMember(m) })
}

func (f *failing) Shows(m mentoring.MemberID) ([]mentoring.Sign, error) {
	return call(f, func() ([]mentoring.Sign, error) { return f.Tx.Shows(m) })
}

func (f *failing) PutShows(m mentoring.MemberID, signs []mentoring.Sign) error {
	return f.write(func() error { return f.Tx.PutShows(m, signs) })
}

func (f *failing) UnfinishedMembers(silent, warned time.Time, n int) ([]mentoring.Member, error) {
	return call(f, func() ([]mentoring.Member, error) { return f.Tx.UnfinishedMembers(silent, warned, n) })
}

func (f *failing) PutDialogue(id mentoring.MemberID, state []byte) error {
	return f.write(func() error { return f.Tx.PutDialogue(id, state) })
}

func (f *failing) AppendAudit(e *mentoring.AuditEntry) error {
	return f.write(func() error { return f.Tx.AppendAudit(e) })
}

func (f *failing) Setting(key string) (string, error) {
	return call(f, func() (string, error) { return f.Tx.Setting(key) })
}

func (f *failing) PutSetting(key, value string) error {
	return f.write(func() error { return f.Tx.PutSetting(key, value) })
}

func (f *failing) Membership(id mentoring.MembershipID) (mentoring.Membership, error) {
	return call(f, func() (mentoring.Membership, error) { return f.Tx.Membership(id) })
}

func (f *failing) Memberships(id mentoring.MemberID) ([]mentoring.Membership, error) {
	return call(f, func() ([]mentoring.Membership, error) { return f.Tx.Memberships(id) })
}

func (f *failing) MembershipsOf(p mentoring.Programme, r mentoring.Role) ([]mentoring.Membership, error) {
	return call(f, func() ([]mentoring.Membership, error) { return f.Tx.MembershipsOf(p, r) })
}

func (f *failing) PutMembership(m *mentoring.Membership) error {
	return f.write(func() error { return f.Tx.PutMembership(m) })
}

func (f *failing) Card(id mentoring.MembershipID) (mentoring.Card, error) {
	return call(f, func() (mentoring.Card, error) { return f.Tx.Card(id) })
}

func (f *failing) PutCard(c *mentoring.Card) error {
	return f.write(func() error { return f.Tx.PutCard(c) })
}

func (f *failing) Availability(id mentoring.MembershipID) (mentoring.Availability, error) {
	return call(f, func() (mentoring.Availability, error) { return f.Tx.Availability(id) })
}

func (f *failing) PutAvailability(v *mentoring.Availability) error {
	return f.write(func() error { return f.Tx.PutAvailability(v) })
}

func (f *failing) DueAvailabilities(now time.Time, n int) ([]mentoring.Availability, error) {
	return call(f, func() ([]mentoring.Availability, error) { return f.Tx.DueAvailabilities(now, n) })
}

func (f *failing) Listings(p mentoring.Programme) ([]*mentoring.Listing, error) {
	return call(f, func() ([]*mentoring.Listing, error) { return f.Tx.Listings(p) })
}

func (f *failing) Conversation(id mentoring.ConversationID) (*mentoring.Conversation, error) {
	return call(f, func() (*mentoring.Conversation, error) { return f.Tx.Conversation(id) })
}

func (f *failing) ConversationOf(id mentoring.ParticipantID) (*mentoring.Conversation, error) {
	return call(f, func() (*mentoring.Conversation, error) { return f.Tx.ConversationOf(id) })
}

func (f *failing) ConversationsOf(id mentoring.MemberID) ([]*mentoring.Conversation, error) {
	return call(f, func() ([]*mentoring.Conversation, error) { return f.Tx.ConversationsOf(id) })
}

func (f *failing) DueConversations(now time.Time, n int) ([]*mentoring.Conversation, error) {
	return call(f, func() ([]*mentoring.Conversation, error) { return f.Tx.DueConversations(now, n) })
}

func (f *failing) PutConversation(c *mentoring.Conversation) error {
	return f.write(func() error { return f.Tx.PutConversation(c) })
}

func (f *failing) Case(id mentoring.CaseID) (mentoring.Case, error) {
	return call(f, func() (mentoring.Case, error) { return f.Tx.Case(id) })
}

func (f *failing) Cases(states ...mentoring.CaseState) ([]mentoring.Case, error) {
	return call(f, func() ([]mentoring.Case, error) { return f.Tx.Cases(states...) })
}

func (f *failing) PutCase(c *mentoring.Case) error {
	return f.write(func() error { return f.Tx.PutCase(c) })
}

func (f *failing) StaffRooms() ([]mentoring.StaffRoom, error) {
	return call(f, func() ([]mentoring.StaffRoom, error) { return f.Tx.StaffRooms() })
}

func (f *failing) PutStaffRoom(r *mentoring.StaffRoom) error {
	return f.write(func() error { return f.Tx.PutStaffRoom(r) })
}

func (f *failing) Code(s string) (mentoring.Code, error) {
	return call(f, func() (mentoring.Code, error) { return f.Tx.Code(s) })
}

func (f *failing) PutCode(s string, c *mentoring.Code) error {
	return f.write(func() error { return f.Tx.PutCode(s, c) })
}

func (f *failing) Blocked(x, y mentoring.MemberID) (bool, error) {
	return call(f, func() (bool, error) { return f.Tx.Blocked(x, y) })
}

func (f *failing) Blocks(id mentoring.MemberID) ([]mentoring.MemberID, error) {
	return call(f, func() ([]mentoring.MemberID, error) { return f.Tx.Blocks(id) })
}

func (f *failing) PutBlock(x, y mentoring.MemberID, at time.Time) error {
	return f.write(func() error { return f.Tx.PutBlock(x, y, at) })
}

func (f *failing) Count(c mentoring.Counter, n int64) error {
	return f.write(func() error { return f.Tx.Count(c, n) })
}

// scene is what the use cases below are tried in: one of everything.
type scene struct {
	staff, mentor, mentee, invited, fresh mentoring.Member
	mentorID, free, unjudged              mentoring.MembershipID
	placed, open                          *mentoring.Conversation
	claimed, waiting                      mentoring.Case
	room                                  mentoring.StaffRoom
	code                                  string
}

func (w *world) scene() *scene {
	w.t.Helper()
	s := &scene{staff: w.staff(), fresh: w.met()}
	s.mentor, s.mentorID = w.mentor(s.staff, "Kanerva")
	_, s.free = w.mentor(s.staff, "Kielo")
	_, other := w.mentor(s.staff, "Kataja")
	invited, membership := w.invited(s.staff, "Kaisla")
	s.invited, s.unjudged = invited, membership.ID
	s.mentee = w.mentee("Kuu")
	s.open, s.placed = w.talking(s.mentee, s.mentorID), w.choose(s.mentee, other)
	card := wholeCard()
	w.must(func(a *mentoring.Act) (err error) {
		if s.code, err = a.NewMentorCode(s.staff); err != nil {
			return err
		}
		if s.room, err = a.StaffRoomFor(mentoring.DefaultProgramme, mentoring.DefaultUnit); err != nil {
			return err
		}
		if s.claimed, err = a.CallStaff(s.mentee, mentoring.CaseHelp, 0); err != nil {
			return err
		}
		if s.claimed, err = a.Claim(s.staff, s.claimed.ID); err != nil {
			return err
		}
		if s.waiting, err = a.CallStaff(s.mentor, mentoring.CaseHelp, s.open.ID); err != nil {
			return err
		}
		if err = a.SaveCard(s.invited, &card); err != nil {
			return err
		}
		if err = a.SubmitCard(s.invited); err != nil {
			return err
		}
		return a.GoAway(s.mentor, w.now.Add(time.Hour), "")
	})
	return s
}

// uses are all the use cases, each in a form that goes through in the scene.
func (s *scene) uses() map[string]func(a *mentoring.Act) error {
	participant := s.open.Participants[0].ID
	return map[string]func(a *mentoring.Act) error{
		"Meet":        func(a *mentoring.Act) error { _, err := a.Meet("@new:b"); return err },
		"SetLanguage": func(a *mentoring.Act) error { m := s.fresh; return a.SetLanguage(&m, "fi") },
		"joining": func(a *mentoring.Act) error {
			m := s.fresh
			for _, step := range []func() error{
				func() error { return a.SetLanguage(&m, "fi") },
				func() error { return a.AnswerAge(&m, false) },
				func() error { return a.AnswerAge(&m, true) },
				func() error { return a.AnswerConsent(&m, false) },
				func() error { return a.AnswerConsent(&m, true) },
				func() error { return a.TakeNickname(&m, "Puro") },
			} {
				if err := step(); err != nil {
					return err
				}
			}
			return nil
		},
		"Mentors":       func(a *mentoring.Act) error { _, err := a.Mentors(s.mentee, true); return err },
		"Choose":        func(a *mentoring.Act) error { _, err := a.Choose(s.mentee, s.free); return err },
		"Choose anew":   func(a *mentoring.Act) error { _, err := a.Choose(s.mentor, s.free); return err },
		"Chats":         func(a *mentoring.Act) error { _, err := a.Chats(s.mentee); return err },
		"Speak first":   func(a *mentoring.Act) error { return speak(a, s.placed.Participants[0].ID) },
		"Speak again":   func(a *mentoring.Act) error { a.Now = a.Now.Add(48 * time.Hour); return speak(a, participant) },
		"Departed":      func(a *mentoring.Act) error { return a.Departed(participant, false) },
		"Return":        func(a *mentoring.Act) error { return a.Return(s.mentee, s.open.ID) },
		"End":           func(a *mentoring.Act) error { return a.End(s.mentee, s.open.ID) },
		"Block":         func(a *mentoring.Act) error { return a.Block(s.mentee, s.open.ID) },
		"NewMentorCode": func(a *mentoring.Act) error { _, err := a.NewMentorCode(s.staff); return err },
		"InviteMentor":  func(a *mentoring.Act) error { return a.InviteMentor(s.staff, "@x:y") },
		"RedeemCode":    func(a *mentoring.Act) error { m := s.fresh; _, err := a.RedeemCode(&m, s.code); return err },
		"SaveCard":      func(a *mentoring.Act) error { c := mentoring.Card{Alias: "Uusi"}; return a.SaveCard(s.invited, &c) },
		"SubmitCard": func(a *mentoring.Act) error {
			if err := a.ReturnCard(s.staff, s.unjudged, "Lisää."); err != nil {
				return err
			}
			return a.SubmitCard(s.invited)
		},
		"ApproveCard":   func(a *mentoring.Act) error { return a.ApproveCard(s.staff, s.unjudged) },
		"MentorRecords": func(a *mentoring.Act) error { _, err := a.MentorRecords(s.staff); return err },
		"PauseMentor":   func(a *mentoring.Act) error { return a.PauseMentor(s.staff, s.mentorID) },
		"EndMentor":     func(a *mentoring.Act) error { return a.EndMentor(s.staff, s.mentorID) },
		"GoAway":        func(a *mentoring.Act) error { return a.GoAway(s.mentor, time.Time{}, "") },
		"ComeBack":      func(a *mentoring.Act) error { return a.ComeBack(s.mentor) },
		"SetStatus":     func(a *mentoring.Act) error { return a.SetStatus(s.mentor, "Hei") },
		"CallStaff": func(a *mentoring.Act) error {
			_, err := a.CallStaff(s.mentee, mentoring.CaseUrgent, s.open.ID)
			return err
		},
		"Claim":       func(a *mentoring.Act) error { _, err := a.Claim(s.staff, s.waiting.ID); return err },
		"ReleaseCase": func(a *mentoring.Act) error { _, err := a.ReleaseCase(s.staff, s.claimed.ID); return err },
		"CloseCase": func(a *mentoring.Act) error {
			_, err := a.CloseCase(s.staff, s.claimed.ID, mentoring.OutcomeHelped)
			return err
		},
		"Enlist":     func(a *mentoring.Act) error { _, err := a.Enlist("@new:b"); return err },
		"Dismissed":  func(a *mentoring.Act) error { return a.Dismissed(s.staff, s.room.ID) },
		"IsStaff":    func(a *mentoring.Act) error { _, err := a.IsStaff(s.staff); return err },
		"Tick":       func(a *mentoring.Act) error { a.Now = a.Now.Add(24 * time.Hour); _, err := a.Tick(); return err },
		"Tick warns": func(a *mentoring.Act) error { a.Now = a.Now.Add(27 * 24 * time.Hour); _, err := a.Tick(); return err },
		"Tick forgets": func(a *mentoring.Act) error {
			m := s.fresh
			m.Warned = a.Now
			if err := a.Tx.PutMember(&m); err != nil {
				return err
			}
			a.Now = a.Now.Add(30 * 24 * time.Hour)
			_, err := a.Tick()
			return err
		},
	}
}

func speak(a *mentoring.Act, p mentoring.ParticipantID) error {
	_, _, err := a.Speak(p, mentoring.Says)
	return err
}

// TestFaultsAreFaults lets each storage call of each use case fail in turn: what
// comes back is that fault, never a refusal, never nothing.
func TestFaultsAreFaults(t *testing.T) {
	w := newWorld(t)
	s := w.scene()
	uses := s.uses()
	maps.Copy(uses, s.findingUses())
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			calls := 0
			for through := false; !through; calls++ {
				var err error
				undo := w.undone(func(a *mentoring.Act) error {
					a.Tx = &failing{Tx: a.Tx, left: calls + 1}
					err = use(a)
					through = a.Tx.(*failing).left > 0
					return nil
				})
				switch {
				case undo != nil:
					t.Fatal(undo)
				case through && err != nil:
					t.Fatalf("with a sound storage: %v", err)
				case !through && !errors.Is(err, errBroken):
					t.Errorf("call %d failed, and it answered %v", calls+1, err)
				case !through && asRefusal(err) != nil:
					t.Errorf("call %d failed, and it refused: %v", calls+1, err)
				case calls > 100:
					t.Fatal("does not end")
				}
			}
			if calls < 2 {
				t.Error("does not use the storage")
			}
		})
	}
}

// TestFaultsNameNobody: what is logged of a fault or a refusal has no name, no
// address and no text in it.
func TestFaultsNameNobody(t *testing.T) {
	for _, err := range []error{
		mentoring.Refuse("chat.already", "alias", "Kanerva"),
		fmt.Errorf("step: %w", mentoring.Refuse("mentor.not_free", "alias", "Kanerva")),
	} {
		if got := err.Error(); got != "refused: chat.already" && got != "step: refused: mentor.not_free" {
			t.Errorf("says %q", got)
		}
	}
}

// TestNoChance: without a source of chance nothing guessable is handed out.
func TestNoChance(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	w.random = broken{}
	if err := w.undone(func(a *mentoring.Act) error { _, err := a.NewMentorCode(staff); return err }); !errors.Is(err, errBroken) {
		t.Errorf("a code all the same: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }
