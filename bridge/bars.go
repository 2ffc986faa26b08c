package bridge

import (
	"context"
	"sync"
	"time"

	"silta/mentoring"
	"silta/store"
)

// A suspension is in force from the commit of the command that makes it: no copy
// of the person's, and none for them, begins to be sent after that (feature
// S11). Whether somebody is barred is read with the route of a copy, and between
// that and the sending a commit may come: encrypting takes a while. So each
// route carries the epoch in which it was read; a step that bars somebody begins
// another before its commit, and lets nothing begin until it is committed.

// bars is the turnstile before every send of somebody's words.
type bars struct {
	mu      sync.Mutex
	now     uint64 // the epoch
	closing int    // steps that bar somebody and are about to be committed
	under   int    // sends under way
	idle    chan struct{}
}

const (
	// barPoll is after how long a copy looks again that met a closed turnstile.
	barPoll = 5 * time.Millisecond
	// barPatience is how long a step waits for sends that have begun: they began
	// before, and all of writing waits with it.
	barPatience = 250 * time.Millisecond
)

func (t *bars) epoch() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

func (t *bars) current(epoch uint64) bool { return t.epoch() == epoch }

// enter says whether a send may begin; leave is its end. Lines of the bot always
// may: a person who is suspended is told so.
func (t *bars) enter(r *route, p *parcel) bool {
	if p.Author == 0 {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing > 0 || t.now != r.bars {
		return false
	}
	t.under++
	return true
}

func (t *bars) leave(p *parcel) {
	if p.Author == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.under--; t.under == 0 && t.idle != nil {
		close(t.idle)
		t.idle = nil
	}
}

// close lets nothing begin any more, and waits for what has: a while only, for a
// homeserver may be slow, and what it is asked already began before.
func (t *bars) close() {
	t.mu.Lock()
	t.now++
	t.closing++
	var idle chan struct{}
	if t.under > 0 {
		if t.idle == nil {
			t.idle = make(chan struct{})
		}
		idle = t.idle
	}
	t.mu.Unlock()
	if idle == nil {
		return
	}
	select {
	case <-idle:
	case <-time.After(barPatience):
	}
}

// open is the end of close. A route that was read while it was closed may be
// older than the commit, so the epoch ends here, too.
func (t *bars) open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now++
	t.closing--
}

// barredIn says whether nothing is to be sent from an author to the participant
// with a number.
func barredIn(c *mentoring.Conversation, number int, author mentoring.ParticipantID) bool {
	reader, from := c.ByNumber(number), c.Participant(author)
	return reader != nil && !reader.Barred.IsZero() || from != nil && !from.Barred.IsZero()
}

// barred lets a copy wait until whoever is suspended is not any more. It looks
// once more in the order of all writing: nobody would wake the row otherwise.
func (b *Bridge) barred(ctx context.Context, row store.Row, p *parcel) error {
	held := false
	err := b.store.Write(ctx, func(tx *store.Tx) error {
		held = false
		c, err := tx.ConversationOf(p.Author)
		if err != nil {
			return notFoundIsFine(err)
		}
		room, err := tx.RoomOf(p.Kind, p.Owner)
		if err != nil || !barredIn(c, room.Number, p.Author) {
			return notFoundIsFine(err)
		}
		held = true
		return tx.HoldRow(row.ID, store.HoldSuspend)
	})
	return b.wasHeld(held, err)
}

// barLeg stops what goes to and from a participant, or lets it go on: what has
// waited goes then, unless the other one is barred, too.
func (s *step) barLeg(e mentoring.BarLeg) error {
	s.stale = true
	if e.On {
		s.barring = true
		return nil
	}
	c, err := s.tx.ConversationOf(e.Participant)
	if err != nil {
		return err
	}
	for _, other := range c.Participants {
		if other.ID == e.Participant {
			continue
		}
		for _, lane := range []store.Lane{s.b.copyLane(e.Participant, other.ID), s.b.copyLane(other.ID, e.Participant)} {
			if _, err := s.tx.Release(lane, store.HoldSuspend, s.now); err != nil {
				return err
			}
		}
	}
	return nil
}
