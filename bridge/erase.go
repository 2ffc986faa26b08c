package bridge

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/mentoring"
	"silta/store"
)

// partingTime is how long a person who is deleted has to get the last lines
// that the bot says to them.
const partingTime = 2 * time.Minute

// eraseMember begins to erase a member: everything that follows is one piece of
// work, all of which can be done again.
func (s *step) eraseMember(of mentoring.MemberID) error {
	return s.job(job{Op: opErase, Member: of, Since: s.now.UnixMilli()}, "erase", fmt.Sprint(of))
}

// erase takes everything away from a member who is deleted, in an order in which
// each part still knows what it needs: conversations, rooms, account, keys, and
// last what the store keeps. Whatever was done before a crash is done again or
// is seen to be done.
func (b *Bridge) erase(ctx context.Context, j job) error {
	var m mentoring.Member
	var rooms, staff []store.Room
	var chats []mentoring.ConversationID
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.Member(j.Member); err != nil {
			return notFoundIsFine(err)
		}
		if rooms, err = tx.RoomsOf(store.RoomManagement, int64(j.Member)); err != nil {
			return err
		}
		if staff, err = tx.Rooms(store.RoomStaff); err != nil {
			return err
		}
		list, err := tx.ConversationsOf(j.Member)
		for _, c := range list {
			chats = append(chats, c.ID)
		}
		return err
	})
	if err != nil || m.Join != mentoring.JoinErasing {
		return err
	}
	if b.now().Sub(time.UnixMilli(j.Since)) < partingTime {
		if err = b.said(ctx, j.Member); err != nil {
			return err
		}
	}
	for _, c := range chats {
		if err = b.eraseConversation(ctx, c, time.UnixMilli(j.Since)); err != nil {
			return err
		}
	}
	b.exports.drop(j.Member)
	b.reports.drop(j.Member)
	if err = b.takeFileBack(ctx, exportKey(j.Member)); err != nil {
		return err
	}
	if err = b.dutyGone(ctx, j.Member); err != nil {
		return err
	}
	person := id.UserID(m.Address)
	for _, room := range staff {
		if room.Matrix == "" || room.State == store.RoomGone {
			continue
		}
		if err = b.hs.kick(ctx, b.botActor(), room.Matrix, person); err != nil {
			return err
		}
	}
	for _, room := range rooms {
		if room.Matrix == "" {
			continue
		}
		if err = b.clear(ctx, room.Matrix, time.UnixMilli(j.Since)); err != nil {
			return err
		}
		if err = b.leaveRoom(ctx, room.Matrix, person); err != nil {
			return err
		}
		if err = b.hs.forget(ctx, b.botActor(), room.Matrix); err != nil {
			return err
		}
		if err = b.purge(ctx, room.Matrix); err != nil {
			return err
		}
	}
	if m.Account != "" && b.accounts != nil && b.accounts.CanDeactivate() {
		if err = b.accounts.Deactivate(ctx, m.Address); err != nil {
			return &failure{transient: true} // it says how in its own log; nothing is lost by trying again
		}
	}
	if b.machines != nil {
		if err = b.machines.ForgetPerson(ctx, person); err != nil {
			return err
		}
	}
	return b.run(ctx, func(s *step) error { return s.erased(j.Member) })
}

// said waits until the bot has said its last lines to a member who can hear them.
func (b *Bridge) said(ctx context.Context, of mentoring.MemberID) error {
	waits := false
	err := b.store.Write(ctx, func(tx *store.Tx) error {
		waits = false
		rows, err := tx.Rows(b.lineLane(store.RoomManagement, int64(of)))
		for _, row := range rows {
			waits = waits || row.State == store.RowReady
		}
		return err
	})
	if err == nil && waits {
		return &failure{transient: true, after: targetPoll}
	}
	return err
}

// erased is the end: what waits in the queue for the member goes, and all that
// the store keeps of them.
func (s *step) erased(of mentoring.MemberID) error {
	m, err := s.tx.Member(of)
	if err != nil || m.Join != mentoring.JoinErasing {
		return notFoundIsFine(err)
	}
	if err = s.dropRows(of); err != nil {
		return err
	}
	s.stale = true
	return s.tx.EraseMember(of)
}

// eraseConversation takes the words of everybody in a conversation away, ends
// its rooms and the ghosts in it, and then all that is kept of it. What the bot
// has said since stays.
func (b *Bridge) eraseConversation(ctx context.Context, of mentoring.ConversationID, since time.Time) error {
	var legs []store.Room
	var c *mentoring.Conversation
	var ghosts []store.Ghost
	err := b.store.Write(ctx, func(tx *store.Tx) (err error) {
		ghosts = nil
		if c, err = tx.Conversation(of); err != nil {
			return notFoundIsFine(err)
		}
		if legs, err = tx.LegsOf(of); err != nil {
			return err
		}
		for _, p := range c.Participants {
			if ghost, err := tx.Ghost(p.ID); err == nil {
				ghosts = append(ghosts, ghost)
			} else if err = notFoundIsFine(err); err != nil {
				return err
			}
		}
		return b.newStep(tx, nil).dropConversationRows(c, legs)
	})
	if err != nil || c == nil {
		return err
	}
	if err = b.redactAll(ctx, c, legs); err != nil {
		return err
	}
	for _, leg := range legs {
		if err = b.clear(ctx, leg.Matrix, since); err != nil {
			return err
		}
		if err = b.closeLeg(ctx, leg.Owner); err != nil {
			return err
		}
		if leg.Matrix != "" {
			if err = b.hs.forget(ctx, b.botActor(), leg.Matrix); err != nil {
				return err
			}
		}
	}
	for _, ghost := range ghosts {
		if err = b.hs.deactivate(ctx, b.ghostActor(ghost)); err != nil {
			return err
		}
	}
	if err = b.purgeFormer(ctx, of, legs); err != nil {
		return err
	}
	if err = b.forgetGhosts(ctx, of); err != nil {
		return err
	}
	err = b.store.Write(ctx, func(tx *store.Tx) error { return tx.EmptyConversation(of) })
	b.routes.drop()
	return err
}

// dropConversationRows deletes what waits to be said in a conversation, and what
// was said in it and could not be read.
func (s *step) dropConversationRows(c *mentoring.Conversation, legs []store.Room) error {
	var lanes []store.Lane
	for _, viewer := range c.Participants {
		lanes = append(lanes, s.b.lineLane(store.RoomLeg, int64(viewer.ID)))
		for _, author := range c.Participants {
			lanes = append(lanes, s.b.copyLane(viewer.ID, author.ID))
		}
	}
	for _, leg := range legs {
		p := c.ByNumber(leg.Number)
		if p == nil {
			continue
		}
		m, err := s.tx.Member(p.Member)
		if err != nil {
			return err
		}
		lanes = append(lanes, s.b.store.Lane(store.LaneIn, leg.Matrix, m.Address))
	}
	return s.dropLanes(lanes)
}

func (s *step) dropLanes(lanes []store.Lane) error {
	for _, lane := range lanes {
		rows, err := s.tx.Rows(lane)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err = s.tx.Done(row.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// redactBatch is how many messages are taken away before it is noted.
const redactBatch = 20

// redactAll takes the messages of a conversation away in every leg: whoever was
// in a room could read it for as long as it exists.
func (b *Bridge) redactAll(ctx context.Context, c *mentoring.Conversation, legs []store.Room) error {
	rooms := map[int]string{}
	for _, leg := range legs {
		rooms[leg.Number] = leg.Matrix
	}
	for {
		var messages []store.Message
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			messages, err = tx.SomeMessages(c.ID, redactBatch)
			return err
		})
		if err != nil || len(messages) == 0 {
			return err
		}
		for _, m := range messages {
			for _, p := range c.Participants {
				event, ok := m.EventIn(p.Number)
				if !ok || event == "" || rooms[p.Number] == "" {
					continue
				}
				txn := "erase" + strconv.FormatInt(int64(c.ID), 36) + randomName(16)
				if _, err = b.hs.redact(ctx, b.botActor(), rooms[p.Number], event, txn); err != nil && !isRefused(err) {
					return err
				}
			}
		}
		err = b.store.Write(ctx, func(tx *store.Tx) error {
			for _, m := range messages {
				for _, c := range m.Copies {
					if err := notFoundIsFine(tx.DropCopy(m.Conversation, m.Source, c.Number)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
