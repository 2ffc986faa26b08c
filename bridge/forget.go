package bridge

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/id"

	"silta/mentoring"
	"silta/store"
)

// forgetMember begins to forget a member. Their room is given up in the step
// that decided it, so that whoever comes again at once gets another.
func (s *step) forgetMember(of mentoring.MemberID) error {
	room, err := s.tx.RoomOf(store.RoomManagement, int64(of))
	if err == nil {
		err = s.putRoom(room, store.RoomGone)
	}
	if err = notFoundIsFine(err); err != nil {
		return err
	}
	if err = s.dropRows(of); err != nil {
		return err
	}
	return s.job(job{Op: opForget, Member: of}, "forget", fmt.Sprint(of))
}

// dropRows deletes what waits to be said to a member in their own room, and
// what of theirs there could not be read.
func (s *step) dropRows(of mentoring.MemberID) error {
	m, err := s.tx.Member(of)
	if err != nil {
		return err
	}
	rooms, err := s.tx.RoomsOf(store.RoomManagement, int64(of))
	if err != nil {
		return err
	}
	lanes := []store.Lane{s.b.lineLane(store.RoomManagement, int64(of))}
	for _, room := range rooms {
		lanes = append(lanes, s.b.store.Lane(store.LaneIn, room.Matrix, m.Address))
	}
	return s.dropLanes(lanes)
}

// forget takes a member's own room away from them, then what is known of their
// devices, and last the member. All of it can be done again. Whoever has come
// again meanwhile keeps all but the old room.
func (b *Bridge) forget(ctx context.Context, of mentoring.MemberID) error {
	var m mentoring.Member
	var rooms []store.Room
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.Member(of); err == nil {
			rooms, err = tx.RoomsOf(store.RoomManagement, int64(of))
		}
		return notFoundIsFine(err)
	})
	if err != nil || m.ID == 0 {
		return err
	}
	gone := m.Join == mentoring.JoinForgotten
	for _, room := range rooms {
		if room.Matrix == "" || room.State != store.RoomGone && !gone {
			continue
		}
		if err = b.leaveRoom(ctx, room.Matrix, id.UserID(m.Address)); err != nil {
			return err
		}
		if err = b.purge(ctx, room.Matrix); err != nil {
			return err
		}
	}
	if !gone {
		return nil
	}
	if b.machines != nil {
		if err = b.machines.ForgetPerson(ctx, id.UserID(m.Address)); err != nil {
			return err
		}
	}
	return b.run(ctx, func(s *step) error { return s.deleteMember(of) })
}

// leaveRoom leaves a room that is a person's and the bot's, and has them leave it.
func (b *Bridge) leaveRoom(ctx context.Context, room string, person id.UserID) error {
	if err := b.hs.kick(ctx, b.botActor(), room, person); err != nil {
		return err
	}
	if err := b.hs.leave(ctx, b.botActor(), room); err != nil {
		return err
	}
	if b.machines == nil {
		return nil
	}
	return b.machines.ForgetRoom(ctx, id.RoomID(room))
}

// deleteMember is the end of forgetting, if it is still meant.
func (s *step) deleteMember(of mentoring.MemberID) error {
	m, err := s.tx.Member(of)
	if err != nil || m.Join != mentoring.JoinForgotten {
		return notFoundIsFine(err)
	}
	if err = s.dropRows(of); err != nil {
		return err
	}
	s.stale = true
	return s.tx.DeleteMember(of)
}

// memberMoved tells the machines that somebody came to a room or went. Of those
// who are nobody to us any more nothing is noted.
func (b *Bridge) memberMoved(ctx context.Context, ev *incoming) error {
	matters := false
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		room, err := tx.RoomByMatrix(ev.Room)
		if err == nil {
			matters = room.State != store.RoomGone
			return nil
		}
		if err = notFoundIsFine(err); err != nil {
			return err
		}
		_, err = tx.MemberByAddress(*ev.StateKey)
		matters = err == nil
		return notFoundIsFine(err)
	})
	if err != nil || !matters {
		return err
	}
	return b.machines.MemberChanged(ctx, id.RoomID(ev.Room), id.UserID(*ev.StateKey))
}
