package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// The back-off of one lane whose sends fail: it doubles from the first to the
// last, with jitter, so that lanes do not all come back at the same moment.
const (
	firstBackoff = 200 * time.Millisecond
	lastBackoff  = 8 * time.Second
)

func backoff(failures int, wish time.Duration) time.Duration {
	wait := firstBackoff << min(failures, 10)
	wait = min(wait, lastBackoff)
	return max(wait/2+rand.N(wait), wish) //nolint:gosec // jitter, not a secret
}

// errNotYet says that a parcel has to wait for something that will wake its
// lane, or for the time it carries.
type errNotYet struct{ until time.Duration }

func (e *errNotYet) Error() string { return "not yet" }

// errHeld says that the row was put on hold.
var errHeld = errors.New("held")

// errTripwire says that the final check found something that must never pass.
var errTripwire = errors.New("the final check stopped a message")

// completions are the commits that note what has been sent; the next send of
// the lane need not wait for them unless it refers to an earlier one.
type completions struct {
	wg  sync.WaitGroup
	mu  sync.Mutex
	err error
}

func (c *completions) done(err error) {
	c.mu.Lock()
	if err != nil && c.err == nil {
		c.err = err
	}
	c.mu.Unlock()
	c.wg.Done()
}

func (c *completions) wait() error {
	c.wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// workOut sends what waits in one lane, in order. Each parcel has its own
// transaction ID, so what was sent but not noted before a crash is sent again
// and is known to the homeserver as the same.
func (b *Bridge) workOut(ctx context.Context, l *lane) verdict {
	rows, none := b.nextDue(ctx, l)
	if len(rows) == 0 {
		return none
	}
	var done completions
	for _, row := range rows {
		p, err := readParcel(row)
		if err == nil {
			err = b.deliver(ctx, row, p, &done)
		}
		if err != nil {
			if waitErr := done.wait(); waitErr != nil {
				return b.storeTrouble(waitErr)
			}
			return b.undelivered(ctx, l, row, p, err)
		}
		l.failures = 0
		b.answered()
	}
	if err := done.wait(); err != nil {
		return b.storeTrouble(err)
	}
	return verdict{more: true}
}

// deliver sends one parcel and begins the commit that notes it.
func (b *Bridge) deliver(ctx context.Context, row store.Row, p *parcel, done *completions) error {
	r, err := b.route(ctx, p)
	if err != nil {
		return err
	}
	if p.Kind != store.RoomStaff && r.state != store.RoomJoined || r.room == "" {
		return b.hold(ctx, row, p)
	}
	if r.unready != nil {
		ghost := *r.unready
		if err = b.ensureGhost(ctx, &ghost); err != nil {
			return err
		}
		return &errNotYet{until: settleTime}
	}
	if early := r.settled.Sub(b.now()); early > 0 {
		return &errNotYet{until: early}
	}
	if r.barred && p.Author != 0 {
		return b.barred(ctx, row, p)
	}
	if from := r.listens.From(b.now()); from.After(b.now()) {
		return b.quiet(ctx, row, p)
	}
	if p.Relation != nil || p.Thread != "" || p.Edits != "" || p.Op == opRedact && p.Key != "" {
		if err = done.wait(); err != nil { // what it refers to may be the parcel before it
			return err
		}
	}
	if p.File != nil && p.File.Ready == nil {
		return b.files.send(row, p, r)
	}
	started := time.Now()
	var event string
	switch p.Op {
	case opSend:
		if len(p.Quiet) > 0 && p.File != nil {
			same := *p
			p = &same
			event, p.shown, err = b.deliverQuietly(ctx, r, p)
		} else {
			event, err = b.deliverEvent(ctx, r, p)
		}
	case opRedact:
		event, err = b.deliverRedaction(ctx, r, p)
	case opButton:
		event, err = b.deliverButton(ctx, r, p)
	default:
		err = fmt.Errorf("parcel with unknown operation")
	}
	if errors.Is(err, errGone) {
		event, err = "", nil // what it refers to is not there any more: nothing to send
	}
	if err != nil {
		return err
	}
	b.meter.Sent(p.Op, time.Since(started))
	done.wg.Add(1)
	b.store.WriteAsync(func(tx *store.Tx) error { return b.note(tx, row, p, r, event) }, func(err error) {
		done.done(err)
		if p.dooms(event) {
			b.files.wantSweep()
		}
	})
	return nil
}

// errGone says that what a parcel refers to is not there any more.
var errGone = errors.New("gone")

func (b *Bridge) deliverEvent(ctx context.Context, r *route, p *parcel) (string, error) {
	raw, allowed := p.Content, r.allowed
	allowed.Sealed = b.machines != nil
	if p.File != nil || p.Relation != nil || p.Thread != "" || p.Edits != "" {
		var err error
		if raw, err = b.relate(ctx, r, p, &allowed); err != nil {
			return "", err
		}
	}
	return b.sendRaw(ctx, r, p, raw, allowed)
}

// sendRaw checks a content, encrypts it and sends it.
func (b *Bridge) sendRaw(ctx context.Context, r *route, p *parcel, raw json.RawMessage, allowed rewrite.Allowed) (string, error) {
	if p.Author != 0 {
		allowed.Answers = p.Answers
		if err := rewrite.Check(p.Type, raw, allowed); err != nil {
			return "", fmt.Errorf("%w: %w", errTripwire, err)
		}
	}
	eventType, raw, err := b.seal(ctx, r, p.Type, raw)
	if err != nil {
		return "", err
	}
	if !b.bars.enter(r, p) {
		return "", &errNotYet{until: barPoll}
	}
	defer b.bars.leave(p)
	return b.hs.send(ctx, r.as, r.room, eventType, p.Txn, raw)
}

// relate completes a parcel's content with what is known only now: its file, and
// the events that it refers to in its own leg. Both are then allowed in it.
func (b *Bridge) relate(ctx context.Context, r *route, p *parcel, allowed *rewrite.Allowed) (raw json.RawMessage, err error) {
	var content rewrite.Content
	if err = json.Unmarshal(p.Content, &content); err != nil {
		return nil, fmt.Errorf("read parcel: %w", err)
	}
	if p.File != nil {
		content, allowed.Media = rewrite.Attach(content, p.File.Ready), p.File.Ready.Addresses()
	}
	if p.Relation != nil {
		target, reply, err := b.targetsIn(ctx, r, p)
		switch {
		case errors.Is(err, errFormer) && p.Relation.Kind == rewrite.Replace:
			return nil, errors.Join(errGone, b.tellUnchanged(ctx, p))
		case errors.Is(err, errGone) && (p.Relation.Kind == rewrite.Reply || p.Relation.Kind == rewrite.Thread):
			// What it answers was taken back: it says something all the same.
		case err != nil:
			return nil, err
		default:
			if p.Relation.Kind == rewrite.Replace {
				if content, allowed.Media, err = b.captioned(ctx, p, content); err != nil {
					return nil, err
				}
			}
			content = rewrite.Relate(content, rewrite.Relation{Kind: p.Relation.Kind, Key: p.Relation.Key}, target, reply)
			allowed.Events = []string{target, reply}
		}
	} else if content, err = b.attach(ctx, content, p); err != nil {
		return nil, err
	}
	if raw, err = json.Marshal(content); err != nil {
		return nil, fmt.Errorf("write content: %w", err)
	}
	return raw, nil
}

// targets finds the events that a copy relates to in its own leg.
func (b *Bridge) targets(ctx context.Context, p *parcel) (target, reply string, err error) {
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		target, err = eventIn(tx, p, p.Relation.Source, p.Relation.Author)
		if err == nil && p.Relation.Reply != "" {
			reply, err = eventIn(tx, p, p.Relation.Reply, p.Relation.ReplyAuthor)
			if errors.Is(err, errGone) {
				err = nil
			}
		}
		return err
	})
	return target, reply, err
}

// targetPoll is how long a copy waits before it looks again for the event of
// its target, which is in another lane of the same leg.
const targetPoll = 100 * time.Millisecond

func eventIn(tx *store.Tx, p *parcel, source string, author int) (string, error) {
	m, err := tx.Message(p.Conversation, author, source)
	if errors.Is(err, mentoring.ErrNotFound) {
		return "", errGone
	}
	if err != nil {
		return "", err
	}
	if p.Number == m.Author { // what was said from another room is not in their leg
		if _, err := tx.LineByKey(saidKey(source)); err == nil {
			return "", errGone
		} else if err = notFoundIsFine(err); err != nil {
			return "", err
		}
	}
	event, ok := m.EventIn(p.Number)
	switch {
	case !ok:
		return "", errGone
	case event == "":
		return "", &errNotYet{until: targetPoll}
	}
	return event, nil
}

// attach puts a line of the bot into its thread, or makes it the new text of an
// earlier line.
func (b *Bridge) attach(ctx context.Context, content rewrite.Content, p *parcel) (rewrite.Content, error) {
	key := p.Thread
	if p.Edits != "" {
		key = p.Edits
	}
	var to store.Line
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		to, err = tx.LineByKey(key)
		return notFoundIsFine(err)
	})
	if err != nil || to.Event == "" {
		return content, err // the first of its key: said as it is
	}
	relation := rewrite.Relation{Kind: rewrite.Thread}
	if p.Edits != "" {
		relation.Kind = rewrite.Replace
	}
	return rewrite.Relate(content, relation, to.Event, ""), nil
}

func (b *Bridge) deliverRedaction(ctx context.Context, r *route, p *parcel) (string, error) {
	event := p.Event
	if p.Key != "" {
		err := b.store.Read(ctx, func(tx *store.Tx) error {
			l, err := tx.LineByKey(p.Key)
			event = l.Event
			return err
		})
		if errors.Is(err, mentoring.ErrNotFound) {
			return "", errGone
		}
		if err != nil {
			return "", err
		}
	}
	copied := event == ""
	if copied {
		var err error
		if event, _, err = b.targets(ctx, p); err != nil {
			return "", err
		}
	}
	if !b.bars.enter(r, p) {
		return "", &errNotYet{until: barPoll}
	}
	defer b.bars.leave(p)
	if copied {
		return b.redactCopy(ctx, r.as, p, event)
	}
	return b.hs.redact(ctx, r.as, r.room, event, p.Txn)
}

func (b *Bridge) deliverButton(ctx context.Context, r *route, p *parcel) (string, error) {
	var raw json.RawMessage
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		raw, err = b.newStep(tx, nil).react(p)
		return err
	})
	if err != nil {
		return "", err
	}
	return b.hs.send(ctx, r.as, r.room, p.Type, p.Txn, raw)
}

// note is the step that ends a parcel: its event is filled in, its row and with
// it the text is deleted.
func (b *Bridge) note(tx *store.Tx, row store.Row, p *parcel, r *route, event string) error {
	if err := tx.Done(row.ID); err != nil {
		return err
	}
	if p.dooms(event) {
		if err := tx.DoomUploads(p.Conversation, p.sourceOf(), p.Number); err != nil {
			return err
		}
	}
	if event == "" {
		if p.Author != 0 && p.Op == opSend { // so that nothing waits for it
			return notFoundIsFine(tx.DropCopy(p.Conversation, p.Source, p.Number))
		}
		return nil
	}
	if p.Author != 0 {
		if p.Op == opRedact {
			return errors.Join(notFoundIsFine(tx.DropCopy(p.Conversation, p.Relation.Source, p.Number)),
				notFoundIsFine(tx.DropCopy(p.Conversation, fileOf(p.Relation.Source), p.Number)))
		}
		return errors.Join(notFoundIsFine(tx.SetCopy(p.Conversation, p.Source, p.Number, event)), noteShown(tx, p))
	}
	if p.Key != "" && p.Op == opRedact {
		return tx.DropLine(p.Key)
	}
	if p.Key != "" && (p.Op == opSend || p.Op == opButton) {
		_, err := tx.LineByKey(p.Key)
		if errors.Is(err, mentoring.ErrNotFound) {
			err = tx.PutLine(&store.Line{Key: p.Key, Room: r.id, Event: event})
		}
		if err != nil {
			return err
		}
	}
	if p.Op == opButton {
		return nil
	}
	s := b.newStep(tx, nil)
	for _, button := range p.Buttons {
		content, err := json.Marshal(rewrite.Relate(rewrite.Content{}, rewrite.Relation{Kind: rewrite.Annotation, Key: button}, event, ""))
		if err != nil {
			return fmt.Errorf("write button: %w", err)
		}
		err = s.enqueue(row.Lane, store.LaneRoom, store.RowReady, parcel{
			Kind: p.Kind, Owner: p.Owner, Op: opSend, Type: "m.reaction", Content: content,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hold puts a row on hold until its person has come; unless they came this
// moment.
func (b *Bridge) hold(ctx context.Context, row store.Row, p *parcel) error {
	held := false
	err := b.store.Write(ctx, func(tx *store.Tx) error {
		held = false
		room, err := tx.RoomOf(p.Kind, p.Owner)
		if err = notFoundIsFine(err); err != nil {
			return err
		}
		if room.State == store.RoomJoined {
			return nil
		}
		if p.Kind == store.RoomStaff && room.Matrix != "" {
			return nil // it waits for the room's making only
		}
		held = true
		return tx.HoldRow(row.ID, store.HoldJoin)
	})
	return b.wasHeld(held, err)
}

// wasHeld is what comes of holding a row: when it need not wait after all, the
// route that said so was an old one, and the row is tried again.
func (b *Bridge) wasHeld(held bool, err error) error {
	switch {
	case err != nil:
		return err
	case held:
		return errHeld
	}
	b.routes.drop()
	return &errNotYet{}
}

// undelivered decides what becomes of a parcel that could not be sent.
func (b *Bridge) undelivered(ctx context.Context, l *lane, row store.Row, p *parcel, err error) verdict {
	var notYet *errNotYet
	switch {
	case errors.Is(err, errHeld):
		return verdict{}
	case errors.As(err, &notYet):
		return verdict{later: b.now().Add(notYet.until)}
	case ctx.Err() != nil:
		return verdict{}
	case isTransient(err):
		return b.transient(l, err)
	case isWaiting(err):
		return b.unsealed(ctx, l, row, p)
	case errors.Is(err, errTripwire):
		b.meter.SendError("tripwire")
		return b.giveUp(ctx, row, p, "relay.stopped", "staff.tripwire", err)
	}
	b.meter.SendError("refused")
	b.routes.drop()
	if row.Tries+1 >= maxTries {
		return b.giveUp(ctx, row, p, "relay.not_delivered", "staff.not_delivered", err)
	}
	wait := backoff(row.Tries+1, 0)
	b.log.Warn().Err(redacted(err)).Int64("row", row.ID).Int("tries", row.Tries+1).Msg("a send was refused")
	err = b.run(ctx, func(s *step) error {
		if err := s.roomJob(p.Kind, p.Owner); err != nil { // looks whether the room is still what it was
			return err
		}
		return s.tx.Retry(row.ID, s.now.Add(wait), row.Tries+1)
	})
	if err != nil {
		return b.storeTrouble(err)
	}
	return verdict{later: b.now().Add(wait)}
}

// transient lets a lane back off after a failure that says nothing of its row.
func (b *Bridge) transient(l *lane, err error) verdict {
	l.failures++
	l.waits = waitsHomeserver
	b.meter.SendError("transient")
	var f *failure
	if !errors.As(err, &f) {
		return verdict{later: b.now().Add(backoff(l.failures, 0))}
	}
	if f.status != http.StatusTooManyRequests {
		b.troubled.Store(true)
		b.homeserverAway()
		b.suspect.Store(true)
	}
	return verdict{later: b.now().Add(backoff(l.failures, f.after))}
}

// sealTold is after how long staff are told of a message that cannot be
// encrypted.
const sealTold = 10 * time.Minute

// unsealed lets a message wait that cannot be encrypted for its reader: their
// homeserver does not answer, or no client of theirs can encrypt.
func (b *Bridge) unsealed(ctx context.Context, l *lane, row store.Row, p *parcel) verdict {
	l.failures++
	l.waits = waitsPerson
	b.meter.SendError("unsealed")
	if b.now().Sub(row.Created) > sealTold && !p.Told {
		p.Told = true
		err := b.run(ctx, func(s *step) error {
			payload, err := json.Marshal(p)
			if err != nil {
				return fmt.Errorf("write parcel: %w", err)
			}
			if err := s.trouble(mentoring.TroubleEncrypt, mentoring.T("staff.cannot_encrypt")); err != nil {
				return err
			}
			return s.tx.Rewrite(row.ID, payload)
		})
		if err != nil {
			return b.storeTrouble(err)
		}
	}
	return verdict{later: b.now().Add(backoff(l.failures, 0))}
}

// answered notes that the homeserver works: lanes that backed off because it
// did not need not wait for their time.
func (b *Bridge) answered() {
	if b.troubled.Load() && b.troubled.CompareAndSwap(true, false) {
		b.lanes.nudge(waitsHomeserver, store.LaneOut, store.LaneRoom, store.LaneWork)
	}
}

// giveUp ends a parcel that cannot be sent: its writer is told, staff get one
// line that quotes nothing, and the lane goes on.
func (b *Bridge) giveUp(ctx context.Context, row store.Row, p *parcel, toWriter, toStaff string, cause error) verdict {
	incident := randomName(6)
	b.log.Error().Err(redacted(cause)).Int64("row", row.ID).Str("incident", incident).Msg("a send was given up")
	b.meter.SetAside("out")
	err := b.run(ctx, func(s *step) error { return s.abandon(row, p, toWriter, toStaff, incident) })
	if err != nil {
		return b.storeTrouble(err)
	}
	return verdict{more: true}
}

func (s *step) abandon(row store.Row, p *parcel, toWriter, toStaff, incident string) error {
	// The row, and with it the text, goes: nothing people write is kept for later.
	if err := s.tx.Done(row.ID); err != nil {
		return err
	}
	if p.Author != 0 && p.Op == opSend {
		if p.File != nil {
			if err := s.doomCopy(p.Conversation, p.Source, p.Number); err != nil {
				return err
			}
		}
		if err := notFoundIsFine(s.tx.DropCopy(p.Conversation, p.Source, p.Number)); err != nil {
			return err
		}
		gone, err := s.goneForGood(p)
		if err != nil {
			return err
		}
		if !gone { // of whom the writer knows
			s.act.Do(mentoring.Tell{Participant: p.Author, Text: mentoring.T(toWriter, "incident", incident)})
		}
	}
	if toStaff != "" && p.Kind != store.RoomStaff {
		kind := mentoring.TroubleKind(strings.TrimPrefix(toStaff, "staff."))
		return s.trouble(kind, mentoring.T(toStaff, "incident", incident))
	}
	return nil
}

// goneForGood says whether a parcel is for somebody who has left a group.
func (s *step) goneForGood(p *parcel) (bool, error) {
	c, err := s.tx.Conversation(p.Conversation)
	if err != nil {
		return false, notFoundIsFine(err)
	}
	to := c.ByNumber(p.Number)
	return to != nil && to.Presence == mentoring.Removed, nil
}

// expire gives a row up that waited too long.
func (s *step) expire(row store.Row) error {
	p, err := readParcel(row)
	if err != nil {
		return err
	}
	return s.abandon(row, p, "relay.expired", "", "")
}
