package bridge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"silta/mentoring"
	"silta/store"
)

// maxTries is after how many faults a row is set aside (design §2.2). Network
// errors, 429 and 5xx never count.
const maxTries = 5

// batch is how many rows of a lane are taken at once.
const batch = 64

// step is one row being handled inside a transaction of the store. It may be
// run more than once, so everything that leaves the transaction (metrics, the
// lanes' wake-up) is gathered here and done after the commit.
type step struct {
	b   *Bridge
	tx  *store.Tx
	act *mentoring.Act
	now time.Time
	ev  *incoming
	// came is when the row was kept; the zero time for what is no row.
	came time.Time

	waitsBehind int64 // the question that what is relayed now waits for

	refused []string // text keys of refusals, for the metrics
	stale   bool     // a room or a ghost changed: cached routes are dropped
	barring bool     // nothing is to be sent any more from or to somebody
	// wanted is the file of the message that was relayed, to be fetched at once.
	wanted   *filePart
	wantedOf fileKey
	reworded bool // texts of the service were rewritten
	doomed   bool // files are to be deleted
}

func (b *Bridge) newStep(tx *store.Tx, ev *incoming) *step {
	now := b.now()
	return &step{b: b, tx: tx, now: now, ev: ev,
		act: &mentoring.Act{Tx: tx, Now: now, Rules: b.rules(), Random: rand.Reader}}
}

// committed is called once after the step's transaction was committed.
func (s *step) committed() {
	for _, key := range s.refused {
		s.b.meter.Refused(key)
	}
	if s.reworded {
		s.b.reword(context.Background())
	}
	if s.doomed {
		s.b.files.wantSweep()
	}
	if s.wanted != nil {
		s.b.files.prefetch(s.wantedOf, s.wanted)
	}
}

// run does work in a step of its own: for what does not come from a queue row
// (start, tick).
func (b *Bridge) run(ctx context.Context, do func(*step) error) error {
	var last *step
	changing := b.changing()
	defer changing.end()
	err := b.store.Write(ctx, func(tx *store.Tx) error {
		last = b.newStep(tx, nil)
		if err := do(last); err != nil {
			return err
		}
		if err := last.apply(); err != nil {
			return err
		}
		changing.note(last)
		return nil
	})
	if err == nil {
		last.committed()
	}
	return err
}

// changing suspends the cache of routes for a step that changes rooms, from
// before its commit until its end. A step may be run several times.
type changing struct {
	routes *routes
	bars   *bars
	on     bool
	closed bool
}

func (b *Bridge) changing() *changing { return &changing{routes: &b.routes, bars: &b.bars} }

func (c *changing) note(s *step) {
	if s.stale && !c.on {
		c.on = true
		c.routes.suspend()
	}
	if s.barring && !c.closed {
		c.closed = true
		c.bars.close()
	}
}

func (c *changing) end() {
	if c.closed {
		defer c.bars.open()
	}
	if c.on {
		c.routes.resume()
	}
}

// opened is a queue row whose event has been read and decrypted.
type opened struct {
	row store.Row
	ev  *incoming // nil: nothing to do but to delete the row
}

// workIn does what has come in one lane. The rows of a batch share a
// transaction; when one of them faults, those before it are done alone and the
// faulty one is counted.
func (b *Bridge) workIn(ctx context.Context, l *lane) verdict {
	rows, none := b.nextDue(ctx, l)
	if len(rows) == 0 {
		return none
	}
	events, rest := b.openAll(ctx, rows)
	if len(events) == 0 {
		return b.unopened(ctx, l, rows[0], rest)
	}
	started := b.now()
	for len(events) > 0 {
		failed, err := b.stepAll(ctx, events)
		if err == nil {
			b.meter.Step("in", b.now().Sub(started))
			return verdict{more: true}
		}
		if ctx.Err() != nil {
			return verdict{}
		}
		if failed == 0 && errors.Is(err, errTooSoon) {
			return verdict{later: b.now().Add(targetPoll)}
		}
		if failed == 0 {
			return b.fault(ctx, "in", events[0].row, events[0].ev, err)
		}
		events = events[:failed]
	}
	return verdict{more: true}
}

// unreadable is why a row could not be opened.
type unreadable struct {
	ev     *incoming
	result openResult
	err    error
}

// openAll opens rows from the first to the first that cannot be.
func (b *Bridge) openAll(ctx context.Context, rows []store.Row) (events []opened, rest unreadable) {
	events = make([]opened, 0, len(rows))
	for _, row := range rows {
		ev, result, err := b.open(ctx, row)
		if result != openReady || err != nil {
			return events, unreadable{ev, result, err}
		}
		if err = b.prove(ctx, ev); err != nil {
			return events, unreadable{ev, result, err}
		}
		events = append(events, opened{row, ev})
	}
	return events, rest
}

// unopened decides what becomes of a lane whose head cannot be opened.
func (b *Bridge) unopened(ctx context.Context, l *lane, row store.Row, why unreadable) verdict {
	switch {
	case ctx.Err() != nil:
		return verdict{}
	case why.err != nil && isWaiting(why.err):
		return b.transient(l, why.err)
	case why.err != nil:
		return b.fault(ctx, "in", row, why.ev, why.err)
	case why.result == openAside:
		return b.setAside(ctx, row, why.ev)
	default:
		l.waits = waitsKey
		return verdict{later: b.now().Add(keyPoll)}
	}
}

// stepAll handles the events in one transaction. failed is the index of the one
// that made it fail.
func (b *Bridge) stepAll(ctx context.Context, events []opened) (failed int, err error) {
	steps := make([]*step, 0, len(events))
	changing := b.changing()
	defer changing.end()
	err = b.store.Write(ctx, func(tx *store.Tx) error {
		steps = steps[:0]
		failed = 0
		for i, e := range events {
			failed = i
			if e.ev != nil {
				s := b.newStep(tx, e.ev)
				s.came = e.row.Created
				if err := s.handle(); err != nil {
					return err
				}
				if err := s.apply(); err != nil {
					return err
				}
				changing.note(s)
				steps = append(steps, s)
			}
			if err := tx.Done(e.row.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		for _, s := range steps {
			s.committed()
		}
	}
	return failed, err
}

// nextDue are the rows of a lane that may be handled now; none is what becomes of
// the lane when there are none.
func (b *Bridge) nextDue(ctx context.Context, l *lane) (rows []store.Row, none verdict) {
	rows, err := b.store.Next(ctx, l.id, 0, batch)
	if err != nil {
		return nil, b.storeTrouble(err)
	}
	rows, later := due(rows, b.now())
	return rows, verdict{later: later}
}

// due cuts rows after those that may be done now, and says when the next may.
func due(rows []store.Row, now time.Time) (ready []store.Row, later time.Time) {
	for i, row := range rows {
		if row.State == store.RowHeld && row.Hold != store.HoldQuiet {
			return rows[:i], time.Time{} // whoever ends the wait wakes the lane
		}
		if row.Due.After(now) {
			return rows[:i], row.Due
		}
	}
	return rows, time.Time{}
}

// fault counts a fault against a row that was to be handled, and after the
// fifth sets it aside: its sender and staff are told, and the lane goes on.
func (b *Bridge) fault(ctx context.Context, laneKind string, row store.Row, ev *incoming, cause error) verdict {
	incident := randomName(6)
	b.meter.Fault(laneKind)
	b.log.Error().Err(redacted(cause)).Str("lane", laneKind).Int64("row", row.ID).Int("tries", row.Tries+1).
		Str("incident", incident).Msg("fault")
	if row.Tries+1 < maxTries {
		wait := backoff(row.Tries+1, 0)
		err := b.store.Write(ctx, func(tx *store.Tx) error {
			return tx.Retry(row.ID, b.now().Add(wait), row.Tries+1)
		})
		if err != nil {
			return b.storeTrouble(err)
		}
		return verdict{later: b.now().Add(wait)}
	}
	err := b.run(ctx, func(s *step) error {
		if err := s.tx.SetAside(row.ID, store.HoldPoison); err != nil {
			return err
		}
		if ev != nil {
			if err := s.tellSender(ev, mentoring.T("fault.incident", "incident", incident)); err != nil {
				return err
			}
		}
		return s.trouble(mentoring.TroubleSetAside, mentoring.T("staff.set_aside", "incident", incident))
	})
	if err != nil {
		return b.storeTrouble(err)
	}
	b.meter.SetAside(laneKind)
	return verdict{more: true}
}

func (b *Bridge) storeTrouble(err error) verdict {
	if !errors.Is(err, context.Canceled) {
		b.log.Error().Err(redacted(err)).Msg("the database did not answer")
	}
	return verdict{later: b.now().Add(time.Second)}
}

// tellSender tells the sender of an event something in the room it came from,
// if that is a room of theirs.
func (s *step) tellSender(ev *incoming, text mentoring.Text) error {
	room, err := s.tx.RoomByMatrix(ev.Room)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	member, err := s.tx.MemberByAddress(ev.Sender)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.line(room.Kind, room.Owner, line{text: s.b.bot.Render(member.Language, text)})
}

// redacted makes an error fit for the log: faults of ours carry no content by
// the house rule, but an error that came through another's library may.
func redacted(err error) error {
	var f *failure
	var refusal *mentoring.Refusal
	var account interface{ Transient() bool } // of package accounts, whose errors name nobody
	switch {
	case errors.As(err, &f), errors.As(err, &account), errors.As(err, &refusal), errors.Is(err, mentoring.ErrNotFound), errors.Is(err, errMalformed):
		return err
	default:
		return fmt.Errorf("%T", root(err))
	}
}

func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
