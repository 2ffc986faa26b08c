package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// MoveRequest is somebody with the recovery phrase of a mentor or of staff who
// wants to go on from another account: staff confirm it first.
type MoveRequest struct {
	Newcomer MemberID // its number
	Member   MemberID
	Created  time.Time
}

// moveWaits is how long staff can confirm a move.
const moveWaits = 7 * 24 * time.Hour

// Moved says what came of Move.
type Moved int

// What can come of it.
const (
	MoveWrong   Moved = iota // the phrase is not right; the try was counted
	MoveWaiting              // staff have been asked
	MoveDone
)

// Move lets whoever has a recovery phrase go on from their present account
// (features J10, J11): its address becomes the member's, the conversations go
// on, and the old account is told and cut off. m, who wrote, must be nobody here
// yet; afterwards m is what is left of the old account.
func (a *Act) Move(m *Member, proof PhraseProof) (Moved, Member, error) {
	if err := a.nobodyYet(*m); err != nil {
		return MoveWrong, Member{}, err
	}
	old, ok, err := a.FindByPhrase(proof)
	if err != nil {
		return MoveWrong, Member{}, err
	}
	if !ok || old.ID == m.ID || old.Join == JoinErasing || old.Join == JoinErased {
		return MoveWrong, Member{}, nil
	}
	if err := a.notBarred(old); err != nil {
		return MoveWrong, Member{}, err
	}
	trusted, err := a.vouched(old)
	if err != nil {
		return MoveWrong, Member{}, err
	}
	if !trusted {
		return MoveDone, old, a.move(m, &old)
	}
	if err = a.Tx.PutMoveRequest(MoveRequest{Newcomer: m.ID, Member: old.ID, Created: a.Now}); err != nil {
		return MoveWrong, Member{}, fmt.Errorf("put move request: %w", err)
	}
	a.Do(
		TellStaff{Programme: DefaultProgramme, Unit: DefaultUnit, Text: T("move.staff", "number", int64(m.ID), "alias", old.Alias), Loud: true},
		Notify{Member: old.ID, Text: T("move.asked"), Loud: true},
	)
	return MoveWaiting, old, nil
}

// nobodyYet refuses for an account that already is somebody here.
func (a *Act) nobodyYet(m Member) error {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	chats, err := a.Tx.ConversationsOf(m.ID)
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	if len(list) > 0 || len(chats) > 0 || m.Joined() {
		return Refuse("move.somebody")
	}
	return nil
}

// ConfirmMove is staff saying that a mentor or one of them may go on from
// another account, or may not.
func (a *Act) ConfirmMove(staff Member, number MemberID, yes bool) error {
	if err := a.can(staff, DoMoveMentor); err != nil {
		return err
	}
	unknown := Refuse("move.unknown", "number", int64(number))
	r, err := a.Tx.MoveRequest(number)
	if err != nil {
		return missing(err, "move request", unknown)
	}
	if a.Now.Sub(r.Created) > moveWaits {
		return unknown
	}
	m, err := a.Tx.Member(r.Newcomer)
	if err != nil {
		return missing(err, "member", unknown)
	}
	old, err := a.Tx.Member(r.Member)
	if err != nil {
		return missing(err, "member", unknown)
	}
	if old.ID == staff.ID {
		return Refuse("move.own")
	}
	if yes {
		if err := a.notBarred(old); err != nil {
			return instead(err, Refuse("measure.banned_staff"))
		}
	}
	if err = a.nobodyYet(m); err != nil {
		return instead(err, unknown)
	}
	if err = a.Tx.DropMoveRequest(number); err != nil {
		return fmt.Errorf("drop move request: %w", err)
	}
	decided := AuditMoveAllow
	if !yes {
		decided = AuditMoveRefuse
	}
	if err = a.audit(staff.ID, decided, old.ID); err != nil {
		return err
	}
	if !yes {
		a.Do(Notify{Member: m.ID, Text: T("move.refused")}, Notify{Member: old.ID, Text: T("move.refused_old")})
		return nil
	}
	if err = a.move(&m, &old); err != nil {
		return err
	}
	a.Do(Notify{Member: old.ID, Text: T("move.done", "alias", old.Alias), Loud: true})
	return nil
}

// move gives the newcomer's address to the member, and the member's to the
// newcomer, who is then what is left of the old account, and goes.
func (a *Act) move(m, old *Member) error {
	if err := a.audit(old.ID, AuditMoved, old.ID); err != nil {
		return err
	}
	from, to := old.Address, m.Address
	m.Address = "" // an address has one owner at any moment
	if err := a.putMember(m); err != nil {
		return err
	}
	old.Address, old.Account = to, ""
	a.sign(old)
	if err := a.putMember(old); err != nil {
		return err
	}
	*m = Member{ID: m.ID, Address: from, Language: old.Language, Join: m.Join, Created: a.Now}
	if err := JoinMachine().shift(&m.Join, StepDelete); err != nil {
		return err
	}
	if err := a.putMember(m); err != nil {
		return err
	}
	if err := a.Tx.PutDialogue(m.ID, nil); err != nil {
		return fmt.Errorf("put dialogue: %w", err)
	}
	if err := a.Tx.DropMoveRequest(m.ID); err != nil {
		return fmt.Errorf("drop move request: %w", err)
	}
	chats, err := a.Tx.ConversationsOf(old.ID)
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	var legs []ParticipantID
	for _, c := range chats {
		p := c.ByMember(old.ID)
		next, ok := PresenceMachine().Next(p.Presence, StepMove)
		if !ok {
			continue
		}
		legs = append(legs, p.ID)
		c = c.Clone()
		c.Participant(p.ID).Presence = next
		if err = a.putConversation(c); err != nil {
			return err
		}
	}
	a.Do(MoveMember{Member: old.ID, Left: m.ID, Legs: legs}, Notify{Member: m.ID, Text: T("move.told"), Loud: true}, EraseMember{m.ID})
	return a.readmit(*old)
}

// readmit asks staff who have moved into the staff rooms that are for their eyes.
func (a *Act) readmit(m Member) error {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for _, s := range list {
		if !s.Role.sees() || s.State != Active {
			continue
		}
		room, err := a.StaffRoomFor(s.Programme, s.Unit)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		a.Do(AdmitStaff{m.ID, room.ID})
	}
	return nil
}
