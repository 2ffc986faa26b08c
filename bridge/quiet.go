package bridge

import (
	"context"
	"time"

	"silta/mentoring"
	"silta/store"
)

// Outside of a mentor's hours nothing reaches their leg: what is in its lanes
// waits there as a held row whose due time is the next of their hours (feature
// A5). It is looked at when it is about to be sent, so that whatever was kept
// before, and in whatever way, waits too.

// quiet lets a parcel wait for its reader's hours. It looks once more, in the
// order of all writing: the route may have been read before the reader opened
// their leg, and nobody would wake the row after that.
func (b *Bridge) quiet(ctx context.Context, row store.Row, p *parcel) error {
	var from time.Time
	err := b.store.Write(ctx, func(tx *store.Tx) error {
		room, err := tx.RoomOf(p.Kind, p.Owner)
		if err != nil {
			from = b.now()
			return notFoundIsFine(err)
		}
		l, err := b.listening(tx, room)
		if err != nil {
			return err
		}
		if from = l.From(b.now()); !from.After(b.now()) {
			return nil
		}
		return tx.HoldUntil(row.ID, store.HoldQuiet, from)
	})
	if err != nil {
		return err
	}
	wait := max(0, from.Sub(b.now()))
	if wait == 0 {
		b.routes.drop()
	}
	return &errNotYet{until: wait}
}

// listening is when the person of a room may be written to.
func (b *Bridge) listening(tx *store.Tx, room store.Room) (mentoring.Listening, error) {
	if room.Kind != store.RoomLeg {
		return mentoring.Listening{}, nil
	}
	s := b.newStep(tx, nil)
	c, err := tx.Conversation(room.Conversation)
	if err != nil {
		return mentoring.Listening{}, notFoundIsFine(err)
	}
	p := c.ByNumber(room.Number)
	if p == nil {
		return mentoring.Listening{}, nil
	}
	return s.act.Listening(c, p)
}

// wakeLeg lets go of what waits in a leg's lanes for its reader's hours. What is
// still too early is held again.
func (s *step) wakeLeg(id mentoring.ParticipantID) error {
	s.stale = true // routes know the hours
	c, err := s.tx.ConversationOf(id)
	if err != nil {
		return err
	}
	lanes := []store.Lane{s.b.lineLane(store.RoomLeg, int64(id))}
	for _, other := range c.Participants {
		if other.ID != id {
			lanes = append(lanes, s.b.copyLane(id, other.ID))
		}
	}
	for _, lane := range lanes {
		if _, err := s.tx.Release(lane, store.HoldQuiet, s.now); err != nil {
			return err
		}
	}
	room, err := s.tx.RoomOf(store.RoomLeg, int64(id))
	if err != nil || room.State == store.RoomJoined || room.State == store.RoomLeft {
		return notFoundIsFine(err)
	}
	return s.roomJob(store.RoomLeg, int64(id)) // the invitation may be waiting
}
