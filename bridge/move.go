package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"maunium.net/go/mautrix/id"

	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// prove makes the proof of a recovery phrase that somebody wrote to the bot:
// before the step, for it is slow. While no phrase may be tried none is made.
func (b *Bridge) prove(ctx context.Context, ev *incoming) error {
	if ev == nil || ev.Message == nil || ev.Message.Kind != rewrite.Text {
		return nil
	}
	phrase, ok := mentoring.ParsePhrase(ev.Message.Body)
	if !ok {
		return nil
	}
	asked, waits := false, false
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		room, err := tx.RoomByMatrix(ev.Room)
		if err != nil || room.Kind != store.RoomManagement {
			return notFoundIsFine(err)
		}
		asked = true
		err = b.newStep(tx, nil).act.PhraseWait(phrase)
		var refusal *mentoring.Refusal
		if errors.As(err, &refusal) {
			waits = true
			return nil
		}
		return err
	})
	if err != nil || !asked {
		return err
	}
	ev.Proof = &mentoring.PhraseProof{Locator: phrase.Locator}
	if !waits {
		proof := b.store.Prove(phrase)
		ev.Proof = &proof
	}
	return nil
}

// moveMember gives a member the own room of the account they have moved to, and
// lets them into their legs in place of the old account. The rooms of the legs
// stay, with the map of what was said in them; the new account sees what is said
// from its coming on.
func (s *step) moveMember(e mentoring.MoveMember) error {
	left, err := s.tx.Member(e.Left)
	if err != nil {
		return err
	}
	if err = s.swapRooms(e.Member, e.Left); err != nil {
		return err
	}
	if err = s.swapLines(e.Member, e.Left); err != nil {
		return err
	}
	for _, p := range e.Legs {
		room, err := s.tx.RoomOf(store.RoomLeg, int64(p))
		if errors.Is(err, mentoring.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if room.Matrix == "" {
			continue // its making asks whoever the member is by then
		}
		if err = s.putRoom(room, store.RoomLeft); err != nil {
			return err
		}
		err = s.job(job{Op: opCutOff, Room: room.Matrix, User: left.Address}, "room", roomName(store.RoomLeg, int64(p)))
		if err != nil {
			return err
		}
		if err = s.roomJob(store.RoomLeg, int64(p)); err != nil {
			return err
		}
	}
	return nil
}

// swapRooms gives each of two members the other's own rooms.
func (s *step) swapRooms(a, b mentoring.MemberID) error {
	ofA, err := s.tx.RoomsOf(store.RoomManagement, int64(a))
	if err != nil {
		return err
	}
	ofB, err := s.tx.RoomsOf(store.RoomManagement, int64(b))
	if err != nil {
		return err
	}
	for i := range ofA {
		ofA[i].Owner = int64(b)
		if err = s.tx.PutRoom(&ofA[i]); err != nil {
			return err
		}
	}
	for i := range ofB {
		ofB[i].Owner = int64(a)
		if err = s.tx.PutRoom(&ofB[i]); err != nil {
			return err
		}
	}
	s.stale = true
	return nil
}

// swapLines lets what waits to be said to the new account be said to it under
// its new owner. What waited for the member goes to their new room by itself,
// but for what was to be taken away from the old one, which they lose.
func (s *step) swapLines(member, left mentoring.MemberID) error {
	old, err := s.tx.Rows(s.b.lineLane(store.RoomManagement, int64(member)))
	if err != nil {
		return err
	}
	for _, row := range old {
		p, err := readParcel(row)
		if err != nil {
			return err
		}
		if p.Op == opRedact {
			if err = s.tx.Done(row.ID); err != nil {
				return err
			}
		}
	}
	rows, err := s.tx.Rows(s.b.lineLane(store.RoomManagement, int64(left)))
	if err != nil {
		return err
	}
	for _, row := range rows {
		p, err := readParcel(row)
		if err != nil {
			return err
		}
		same := *p
		same.Owner = int64(member)
		payload, err := json.Marshal(same)
		if err != nil {
			return fmt.Errorf("write parcel: %w", err)
		}
		if err = s.tx.Done(row.ID); err != nil {
			return err
		}
		row.ID, row.Lane, row.Payload, row.Value = 0, s.b.lineLane(store.RoomManagement, int64(member)), payload, &same
		if err = s.tx.Enqueue(&row); err != nil {
			return err
		}
	}
	return nil
}

// cutOff removes a moved member's old account from a leg, and ends the sessions
// that it could read with.
func (b *Bridge) cutOff(ctx context.Context, room string, user id.UserID) error {
	if err := b.hs.kick(ctx, b.botActor(), room, user); err != nil {
		return err
	}
	if b.machines == nil {
		return nil
	}
	return b.machines.MemberChanged(ctx, id.RoomID(room), user)
}
