package bridge

import (
	"context"
	"errors"
	"fmt"

	"silta/mentoring"
	"silta/store"
)

// showSecret says something in a member's own room and keeps the work that takes
// it away from there again.
func (s *step) showSecret(e mentoring.ShowSecret) error {
	member, err := s.inOwnRoom(e.Member)
	if err != nil {
		return err
	}
	l := line{text: s.b.bot.Render(member.Language, e.Text), key: e.Key}
	if err = s.line(store.RoomManagement, int64(e.Member), l); err != nil {
		return err
	}
	return s.jobAt(s.now.Add(e.For), job{Op: opHideLine, Member: e.Member, Key: e.Key}, "secret", fmt.Sprint(e.Member), e.Key)
}

// hideLine takes a line of the bot away from a member's own room, or from what
// waits to be sent there.
func (b *Bridge) hideLine(ctx context.Context, of mentoring.MemberID, key string) error {
	var shown store.Line
	var room store.Room
	err := b.run(ctx, func(s *step) error {
		shown, room = store.Line{}, store.Room{}
		rows, err := s.tx.Rows(s.b.lineLane(store.RoomManagement, int64(of)))
		if err != nil {
			return err
		}
		for _, row := range rows {
			p, err := readParcel(row)
			if err != nil {
				return err
			}
			if p.Key != key {
				continue
			}
			if row.State != store.RowHeld {
				return &errNotYet{until: targetPoll} // may be on its way this very moment
			}
			if err = s.tx.Done(row.ID); err != nil {
				return err
			}
		}
		if shown, err = s.tx.LineByKey(key); err == nil {
			room, err = s.tx.Room(shown.Room)
		}
		return notFoundIsFine(err)
	})
	var notYet *errNotYet
	if errors.As(err, &notYet) {
		return &failure{transient: true, after: notYet.until}
	}
	if err != nil || room.Matrix == "" {
		return err
	}
	if _, err = b.hs.redact(ctx, b.botActor(), room.Matrix, shown.Event, randomName(16)); err != nil && !isRefused(err) {
		return err
	}
	return b.store.Write(ctx, func(tx *store.Tx) error { return tx.DropLine(key) })
}
