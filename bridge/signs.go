package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"silta/mentoring"
	"silta/store"
)

// Signs: that somebody is writing, and what they have read (leaks.md rows 56 and
// 57), where their programme carries that and they asked for it themself. They
// are made anew as everything else is: the ghost of the one writes or has read,
// in the others' legs. Of a sign nothing is kept: it is in memory until it is
// out, is never tried twice, and is dropped when there are too many. Presence
// (row 55) is not looked at.
//
// They are coarse. Writing begins and ends, once in a while and never for long;
// what was read is told in rounds, so that the time that a homeserver puts on it
// is that of the round.
type signs struct {
	b     *Bridge
	inbox chan sign
	round chan struct{} // it may be time for a round

	// What follows is the one goroutine's.
	typists map[mentoring.ParticipantID]*typist
	reads   map[string]sign // the newest by room and reader
	last    time.Time       // round
}

const (
	// typingTime is how long somebody is shown as writing when nothing says that
	// they have stopped. Homeservers do not repeat that somebody goes on.
	typingTime = 60 * time.Second
	// typingEvery is how often somebody can begin.
	typingEvery = 5 * time.Second
	// readEvery is how often is told what was read.
	readEvery = time.Minute
	// signTime bounds what is done for one sign.
	signTime = 5 * time.Second
	// maxSigns bounds the memory.
	maxSigns = 1000
)

// sign is one thing that a homeserver said of one room.
type sign struct {
	at     time.Time // it came
	room   string
	typing []string // who writes there now, ours left out
	reader string   // who has read, and the newest event; "": it is about writing
	event  string
}

// typist is somebody who is shown as writing.
type typist struct {
	began time.Time
	to    []*route // where they are shown; nil: nowhere any more
}

func newSigns(b *Bridge) *signs {
	return &signs{
		b: b, inbox: make(chan sign, maxSigns), round: make(chan struct{}, 1),
		typists: map[mentoring.ParticipantID]*typist{}, reads: map[string]sign{},
	}
}

// take reads the EDUs of a transaction. It never waits.
func (ss *signs) take(edus []json.RawMessage) {
	if len(edus) == 0 || !ss.b.rules().ShowsSigns() {
		return
	}
	now := ss.b.now()
	for _, raw := range edus {
		for _, one := range ss.read(raw) {
			one.at = now
			select {
			case ss.inbox <- one:
			default:
			}
		}
	}
}

// read understands an EDU. Of a receipt neither its time is read nor its thread,
// and private ones and the mark of what was read whole are nobody's business.
func (ss *signs) read(raw json.RawMessage) []sign {
	var edu struct {
		Type    string          `json:"type"`
		Room    string          `json:"room_id"`
		Content json.RawMessage `json:"content"`
	}
	if json.Unmarshal(raw, &edu) != nil || edu.Room == "" {
		return nil
	}
	switch edu.Type {
	case "m.typing":
		var who struct {
			Users []string `json:"user_ids"`
		}
		if json.Unmarshal(edu.Content, &who) != nil {
			return nil
		}
		return []sign{{room: edu.Room, typing: slices.DeleteFunc(who.Users, ss.b.isOurs)}}
	case "m.receipt":
		var of map[string]struct {
			Read map[string]json.RawMessage `json:"m.read"`
		}
		if json.Unmarshal(edu.Content, &of) != nil {
			return nil
		}
		var list []sign
		for event, by := range of {
			for user := range by.Read {
				if !ss.b.isOurs(user) {
					list = append(list, sign{room: edu.Room, reader: user, event: event})
				}
			}
		}
		return list
	}
	return nil
}

// tick is called now and then.
func (ss *signs) tick() {
	select {
	case ss.round <- struct{}{}:
	default:
	}
}

// run carries signs until ctx ends.
func (ss *signs) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-ss.inbox:
			ss.came(ctx, one)
		case <-ss.round:
			for range len(ss.inbox) { // what came before the round belongs to it
				ss.came(ctx, <-ss.inbox)
			}
			ss.tellRead(ctx)
		}
	}
}

func (ss *signs) came(ctx context.Context, one sign) {
	if one.reader == "" {
		ss.wrote(ctx, one)
	} else if len(ss.reads) < maxSigns {
		ss.reads[one.room+" "+one.reader] = one
	}
}

// within runs fn in bounded time. Its error is that a sign did not get through,
// which nobody needs to know.
func (ss *signs) within(ctx context.Context, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, signTime)
	defer cancel()
	_ = fn(ctx)
}

// wrote follows who writes in a leg.
func (ss *signs) wrote(ctx context.Context, one sign) {
	ss.within(ctx, func(ctx context.Context) error {
		from, address, err := ss.b.owner(ctx, one.room)
		if err != nil {
			return err
		}
		now, t := one.at, ss.typists[from]
		if !slices.Contains(one.typing, address) {
			if t == nil {
				return nil
			}
			for _, to := range t.to {
				_ = ss.b.hs.typing(ctx, to.as, to.room, false) // it ends by itself, too
			}
			t.to = nil
			return nil
		}
		if ss.b.now().Sub(now) > typingEvery {
			return nil // a sign that comes late is none
		}
		if t != nil && (now.Sub(t.began) < typingEvery || len(t.to) > 0 && now.Sub(t.began) < typingTime) {
			return nil
		}
		ss.tidy(now)
		t = &typist{began: now}
		ss.typists[from] = t
		_, to, err := ss.seenBy(ctx, from, mentoring.Typing)
		if err != nil {
			return err
		}
		for _, r := range to {
			if err := ss.b.hs.typing(ctx, r.as, r.room, true); err == nil {
				t.to = append(t.to, r)
			}
		}
		return nil
	})
}

// tidy forgets who wrote some time ago.
func (ss *signs) tidy(now time.Time) {
	if len(ss.typists) < maxSigns {
		return
	}
	for id, t := range ss.typists {
		if now.Sub(t.began) > typingTime {
			delete(ss.typists, id)
		}
	}
}

// tellRead is a round: it tells what was read since the last.
func (ss *signs) tellRead(ctx context.Context) {
	now := ss.b.now()
	if now.Sub(ss.last) < readEvery || len(ss.reads) == 0 {
		return
	}
	ss.last = now
	reads := ss.reads
	ss.reads = map[string]sign{}
	for _, one := range reads {
		ss.within(ctx, func(ctx context.Context) error { return ss.hasRead(ctx, one) })
	}
}

// hasRead tells what one person has read, in the events of the others' legs.
// What has no event there is not told: the bot's lines, what is on its way.
func (ss *signs) hasRead(ctx context.Context, one sign) error {
	from, address, err := ss.b.owner(ctx, one.room)
	if err != nil || address != one.reader {
		return err
	}
	c, to, err := ss.seenBy(ctx, from, mentoring.Reading)
	if err != nil || len(to) == 0 {
		return err
	}
	var m *store.Message
	me := c.Participant(from)
	err = ss.b.store.Read(ctx, func(tx *store.Tx) (err error) {
		s := ss.b.newStep(tx, nil)
		if m, err = tx.Message(c.ID, me.Number, one.event); err == nil {
			m, err = s.pollOfText(m)
		}
		return err
	})
	if err != nil || m.Author == me.Number {
		return err
	}
	for id, r := range to {
		if event, _ := m.EventIn(c.Participant(id).Number); event != "" {
			_ = ss.b.hs.receipt(ctx, r.as, r.room, event)
		}
	}
	return nil
}

// owner is whose leg a room is; 0 when it is none or nobody is in it.
func (b *Bridge) owner(ctx context.Context, matrix string) (id mentoring.ParticipantID, address string, err error) {
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		room, err := tx.RoomByMatrix(matrix)
		if err != nil {
			return err
		}
		if room.Kind != store.RoomLeg || room.State != store.RoomJoined {
			return mentoring.ErrNotFound
		}
		person, err := b.newStep(tx, nil).person(room)
		id, address = mentoring.ParticipantID(room.Owner), person.Address
		return err
	})
	return id, address, err
}

// seenBy finds where a sign of a participant's goes now, by who sees it.
func (ss *signs) seenBy(ctx context.Context, from mentoring.ParticipantID, what mentoring.Sign) (c *mentoring.Conversation, to map[mentoring.ParticipantID]*route, err error) {
	var seen []mentoring.ParticipantID
	err = ss.b.store.Read(ctx, func(tx *store.Tx) (err error) {
		c, seen, err = ss.b.newStep(tx, nil).act.SeenBy(from, what)
		return err
	})
	to = map[mentoring.ParticipantID]*route{}
	for _, id := range seen {
		r, err := ss.b.route(ctx, &parcel{Kind: store.RoomLeg, Owner: int64(id), Author: from})
		if err != nil {
			return c, nil, err
		}
		if r.state == store.RoomJoined && r.unready == nil && r.as.user != ss.b.botID && !r.settled.After(ss.b.now()) {
			to[id] = r
		}
	}
	return c, to, err
}

// typing shows a user as writing in a room, or not any more.
func (hs *homeserver) typing(ctx context.Context, as actor, room string, on bool) error {
	body := map[string]any{"typing": on}
	if on {
		body["timeout"] = typingTime.Milliseconds()
	}
	return hs.call(ctx, actor{user: as.user}, http.MethodPut, body, nil, "v3", "rooms", room, "typing", string(as.user))
}

// receipt says that a user has read up to an event.
func (hs *homeserver) receipt(ctx context.Context, as actor, room, event string) error {
	return hs.call(ctx, actor{user: as.user}, http.MethodPost, struct{}{}, nil, "v3", "rooms", room, "receipt", "m.read", event)
}
