package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// Taking back what was said. Where a leg had to be made anew (its room was
// upgraded, or the bot thrown out of it), what was said before is in the room
// that was: it is taken back there, as far as Silta still may, and nothing in the
// new room refers to it.

// relayRedaction removes a message from the other legs. A copy that certainly
// was never sent is taken out of the outbox, and its text with it; one that may
// be on its way is redacted after it, in the same lane; one that is there is
// redacted at once, whatever else waits for its reader.
func (s *step) relayRedaction(room store.Room, from *mentoring.Participant, m *rewrite.Message) error {
	target, err := s.target(room, m)
	if err == nil && target == nil {
		return s.dropUnread(room, m.Relation.Event)
	}
	if err != nil || target.Author != from.Number {
		return err
	}
	conversation, _, err := s.act.Speak(from.ID, mentoring.Retracts)
	if err != nil {
		return err
	}
	// The versions in between would stay readable: clients redact the first only.
	edits, err := s.tx.EditsOf(conversation.ID, target.Source)
	if err != nil {
		return err
	}
	for _, message := range append(edits, target) {
		if err = s.retract(conversation, from, message); err != nil {
			return err
		}
	}
	return s.pollRetracted(target)
}

// dropUnread forgets an event that waits for its key, or was set aside: what its
// sender took back before it could be read is never relayed.
func (s *step) dropUnread(room store.Room, event string) error {
	rows, err := s.tx.Rows(s.b.inLane(room.Matrix, s.ev.Sender))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.State != store.RowAside {
			continue
		}
		if ev, err := parseIncoming(row.Payload); err == nil && ev.ID == event {
			return s.tx.Done(row.ID)
		}
	}
	return nil
}

// retract takes the copies of one message back.
func (s *step) retract(conversation *mentoring.Conversation, from *mentoring.Participant, target *store.Message) error {
	for _, c := range target.Copies {
		viewer := conversation.ByNumber(c.Number)
		if viewer == nil {
			continue
		}
		if c.Event != "" {
			err := s.job(job{Op: opTakeBack, Owner: int64(viewer.ID), Txn: randomName(16), Copy: &sentCopy{
				Conversation: conversation.ID, Source: target.Source, Number: c.Number, Author: from.ID,
			}}, "takeback", target.Source, strconv.Itoa(c.Number))
			if err != nil {
				return err
			}
			continue
		}
		lane := s.b.copyLane(viewer.ID, from.ID)
		dropped, err := s.dropUnsent(lane, target, c.Number)
		if err != nil {
			return err
		}
		if dropped {
			continue
		}
		err = s.enqueue(lane, store.LaneOut, store.RowReady, parcel{
			Kind: store.RoomLeg, Owner: int64(viewer.ID), Author: from.ID, Op: opRedact,
			Conversation: conversation.ID, Number: c.Number, Relation: &relation{Source: target.Source, Author: target.Author},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *step) dropUnsent(lane store.Lane, target *store.Message, number int) (bool, error) {
	rows, err := s.tx.Rows(lane)
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		if row.State == store.RowReady {
			continue // may be on its way this very moment
		}
		p, err := readParcel(row)
		if err != nil {
			return false, err
		}
		if p.Op != opSend || p.Source != target.Source {
			continue
		}
		if err = errors.Join(s.tx.Done(row.ID), s.withdrawn(p)); err != nil {
			return false, err
		}
		if err = s.doomCopy(target.Conversation, target.Source, number); err != nil {
			return false, err
		}
		return true, s.tx.DropCopy(target.Conversation, target.Source, number)
	}
	return false, nil
}

// sentCopy is a copy that is in its leg.
type sentCopy struct {
	Conversation mentoring.ConversationID `json:"v"`
	Source       string                   `json:"s"`
	Number       int                      `json:"n"`
	Author       mentoring.ParticipantID  `json:"a"`
}

// takeBack redacts a copy that is in its leg, and lets its files be deleted. Where
// one of the two is suspended it waits in the lane of their copies, as those do.
func (b *Bridge) takeBack(ctx context.Context, j job) error {
	p := &parcel{Kind: store.RoomLeg, Owner: j.Owner, Author: j.Copy.Author, Txn: j.Txn, Op: opRedact,
		Conversation: j.Copy.Conversation, Number: j.Copy.Number, Relation: &relation{Source: j.Copy.Source}}
	var event string
	var as actor
	barred, epoch := false, b.bars.epoch()
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		m, err := tx.MessageBySource(p.Conversation, p.Relation.Source)
		if err != nil {
			return err
		}
		event, _ = m.EventIn(p.Number)
		p.Relation.Author = m.Author
		c, err := tx.Conversation(p.Conversation)
		if err != nil {
			return err
		}
		barred = barredIn(c, p.Number, p.Author)
		ghost, err := tx.Ghost(p.Author)
		as = b.ghostActor(ghost)
		return err
	})
	if errors.Is(err, mentoring.ErrNotFound) || err == nil && event == "" {
		return nil // all of it has gone meanwhile
	}
	if err != nil {
		return err
	}
	if barred {
		return b.run(ctx, func(s *step) error {
			return s.enqueue(b.copyLane(mentoring.ParticipantID(p.Owner), p.Author), store.LaneOut, store.RowReady, *p)
		})
	}
	if !b.bars.enter(&route{bars: epoch}, p) {
		return &errNotYet{until: barPoll}
	}
	defer b.bars.leave(p)
	started := time.Now()
	if _, err = b.redactCopy(ctx, as, p, event); err != nil {
		if isRefused(err) { // is the ghost still in the room?
			return errors.Join(err, b.run(ctx, func(s *step) error { return s.roomJob(p.Kind, p.Owner) }))
		}
		return err
	}
	b.meter.Sent(opRedact, time.Since(started))
	err = b.store.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.DoomUploads(p.Conversation, p.Relation.Source, p.Number),
			notFoundIsFine(tx.DropCopy(p.Conversation, p.Relation.Source, p.Number)),
			notFoundIsFine(tx.DropCopy(p.Conversation, fileOf(p.Relation.Source), p.Number)))
	})
	b.files.wantSweep()
	return err
}

// redactCopy redacts the event of a copy, and the edit by which its file came, in
// whichever room of the leg they are.
func (b *Bridge) redactCopy(ctx context.Context, as actor, p *parcel, event string) (redaction string, err error) {
	shown, err := b.shownAs(ctx, p)
	if err != nil {
		return "", err
	}
	var rooms []store.Room
	err = b.store.Read(ctx, func(tx *store.Tx) (err error) {
		rooms, err = tx.RoomsOf(p.Kind, p.Owner)
		return err
	})
	if err != nil {
		return "", err
	}
	rooms = slices.DeleteFunc(rooms, func(r store.Room) bool { return r.Matrix == "" })
	slices.Reverse(rooms) // the newest first
	if shown != "" {
		if _, err = b.redactIn(ctx, as, rooms, shown, p.Txn+quietTxn); err != nil {
			return "", err
		}
	}
	return b.redactIn(ctx, as, rooms, event, p.Txn)
}

// redactIn redacts an event in the one of several rooms in which it is. In a room
// that was lost it may not be possible any more.
func (b *Bridge) redactIn(ctx context.Context, as actor, rooms []store.Room, event, txn string) (redaction string, err error) {
	for _, room := range rooms {
		if len(rooms) > 1 {
			if there, err := b.hs.has(ctx, as, room.Matrix, event); err != nil || !there {
				if err != nil {
					return "", err
				}
				continue
			}
		}
		redaction, err = b.hs.redact(ctx, as, room.Matrix, event, txn)
		if room.State == store.RoomGone && isRefused(err) {
			return "", nil
		}
		return redaction, err
	}
	return "", nil
}

// has says whether a user of ours sees an event in a room.
func (hs *homeserver) has(ctx context.Context, as actor, room, event string) (bool, error) {
	err := hs.call(ctx, actor{user: as.user}, http.MethodGet, nil, nil, "v3", "rooms", room, "event", event)
	if isRefused(err) {
		return false, nil
	}
	return err == nil, err
}

// errFormer says that what is referred to is in a room that the leg had before.
var errFormer = fmt.Errorf("in a former room: %w", errGone)

// targetsIn finds the events that a copy relates to in the room in which it is to
// be said.
func (b *Bridge) targetsIn(ctx context.Context, r *route, p *parcel) (target, reply string, err error) {
	target, reply, err = b.targets(ctx, p)
	if err != nil || !r.replaced {
		return target, reply, err
	}
	there, err := b.hs.has(ctx, r.as, r.room, target)
	if err != nil {
		return "", "", err
	}
	if !there {
		return "", "", errFormer
	}
	if reply != "" {
		if there, err = b.hs.has(ctx, r.as, r.room, reply); err == nil && !there {
			reply = ""
		}
	}
	return target, reply, err
}

// tellUnchanged tells a writer that their edit came too late.
func (b *Bridge) tellUnchanged(ctx context.Context, p *parcel) error {
	return b.run(ctx, func(s *step) error {
		s.act.Do(mentoring.Tell{Participant: p.Author, Text: mentoring.T("relay.edit_unknown")})
		return nil
	})
}
