package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/bridge/machine"
	"silta/mentoring"
	"silta/store"
)

// workJob does the first job of a lane.
func (b *Bridge) workJob(ctx context.Context, l *lane) verdict {
	rows, err := b.store.Next(ctx, l.id, 0, 1)
	if err != nil {
		return b.storeTrouble(err)
	}
	rows, later := due(rows, b.now())
	if len(rows) == 0 {
		return verdict{later: later}
	}
	row := rows[0]
	var j job
	var notYet *errNotYet
	if err = json.Unmarshal(row.Payload, &j); err == nil {
		err = b.do(ctx, j)
	}
	switch {
	case err == nil:
		l.failures = 0
		b.answered()
		if err = b.store.Write(ctx, func(tx *store.Tx) error { return tx.Done(row.ID) }); err != nil {
			return b.storeTrouble(err)
		}
		return verdict{more: true}
	case ctx.Err() != nil:
		return verdict{}
	case isTransient(err), isWaiting(err):
		return b.transient(l, err)
	case errors.As(err, &notYet):
		return verdict{later: b.now().Add(notYet.until)}
	default:
		return b.fault(ctx, "work", row, nil, err)
	}
}

func (b *Bridge) do(ctx context.Context, j job) error {
	switch j.Op {
	case opRoom:
		return b.room(ctx, j.Kind, j.Owner, true)
	case opRenew:
		return b.room(ctx, j.Kind, j.Owner, false)
	case opClose:
		return b.closeLeg(ctx, j.Owner)
	case opEmpty:
		return b.emptyConversation(ctx, mentoring.ConversationID(j.Owner))
	case opHello:
		return b.hello(ctx, j.Room, j.Txn)
	case opReject:
		return b.hs.leave(ctx, actor{user: id.UserID(j.User)}, j.Room)
	case opKick:
		return b.hs.kick(ctx, b.botActor(), j.Room, id.UserID(j.User))
	case opAdmit:
		return b.admit(ctx, j)
	case opDismiss:
		return b.dismiss(ctx, j)
	case opSignUp:
		return b.endSignUp(ctx, j.Ticket)
	case opForget:
		return b.forget(ctx, j.Member)
	case opCutOff:
		return b.cutOff(ctx, j.Room, id.UserID(j.User))
	case opFigures:
		return b.showFigures(ctx, j.Figures)
	case opErase:
		return b.erase(ctx, j)
	case opExport:
		return b.export(ctx, j.Member)
	case opFileGone:
		return b.takeFileBack(ctx, j.Key)
	case opShowPhrase:
		return b.showPhrase(ctx, j.Member)
	case opHidePhrase:
		return b.hidePhrase(ctx, j.Member)
	case opHideLine:
		return b.hideLine(ctx, j.Member, j.Key)
	case opTotp:
		return b.showTotp(ctx, j.Member, time.Duration(j.Since))
	case opDuty:
		return b.showDuty(ctx, mentoring.CaseID(j.Owner), j.Member)
	case opDutyGone:
		return b.dutyGone(ctx, j.Member)
	case opReadBack:
		return b.readBack(ctx, mentoring.AccessID(j.Owner))
	case opPurged:
		return b.purged(ctx, j)
	case opTakeBack:
		return b.takeBack(ctx, j)
	case opCollect:
		return b.collect(ctx, j.Collect)
	default:
		return fmt.Errorf("job with unknown operation")
	}
}

// plan is everything a room's making needs, read in one go.
type plan struct {
	room   store.Room
	person mentoring.Member
	name   string
	ghosts []ghostPlan
	gone   []store.Ghost // of participants who have left for good
	group  bool
	topic  mentoring.Text // besides what stands over every room; see HelperShown
	// listens is when the person may be asked in.
	listens mentoring.Listening
}

type ghostPlan struct {
	participant mentoring.ParticipantID
	alias       string
	ghost       store.Ghost
}

// room brings a room of ours to where it should be: made, with its ghosts in
// it, and the person asked in if that is wanted. Each stage is committed before
// the next begins.
func (b *Bridge) room(ctx context.Context, kind store.RoomKind, owner int64, ask bool) error {
	p, err := b.plan(ctx, kind, owner)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil // emptied meanwhile
	}
	if err != nil {
		return err
	}
	for i := range p.ghosts {
		if err = b.ensureGhost(ctx, &p.ghosts[i]); err != nil {
			return err
		}
	}
	if p.room.Matrix == "" {
		if err = b.makeRoom(ctx, p); err != nil {
			return err
		}
	} else if p.room.State != store.RoomMade { // it was in use: is it still there?
		membership, err := b.hs.membership(ctx, b.botActor(), p.room.Matrix, b.botID)
		if isRefused(err) || err == nil && membership != "join" {
			return b.run(ctx, func(s *step) error { return s.lost(p.room) })
		}
		if err != nil {
			return err
		}
	}
	for _, g := range p.ghosts {
		if err = b.bringIn(ctx, p.room.Matrix, b.ghostActor(g.ghost)); err != nil {
			return err
		}
	}
	for _, g := range p.gone {
		if err = b.hs.leave(ctx, b.ghostActor(g), p.room.Matrix); err != nil {
			return err
		}
	}
	if !ask {
		return b.renewTopic(ctx, p)
	}
	if early := p.listens.From(b.now()).Sub(b.now()); early > 0 {
		return &errNotYet{until: early} // an invitation rings, too
	}
	return b.askIn(ctx, p)
}

// plan reads what a room should be, and draws the ghosts that it lacks.
func (b *Bridge) plan(ctx context.Context, kind store.RoomKind, owner int64) (*plan, error) {
	var p *plan
	err := b.store.Write(ctx, func(tx *store.Tx) error {
		p = &plan{}
		var err error
		if p.room, err = tx.RoomOf(kind, owner); err != nil {
			return err
		}
		s := b.newStep(tx, nil)
		if p.person, err = s.person(p.room); err != nil {
			return err
		}
		p.name = b.roomTitle(kind)
		if kind != store.RoomLeg {
			return nil
		}
		c, err := tx.Conversation(p.room.Conversation)
		if err != nil {
			return err
		}
		for _, other := range c.Participants {
			if other.Number == p.room.Number {
				continue
			}
			if other.Presence == mentoring.Removed {
				g, err := tx.Ghost(other.ID)
				if err == nil && g.Ready {
					p.gone = append(p.gone, g)
				}
				if notFoundIsFine(err) != nil {
					return err
				}
				continue
			}
			ghost, err := s.ghost(other.ID)
			if err != nil {
				return err
			}
			p.ghosts = append(p.ghosts, ghostPlan{other.ID, other.Alias, ghost})
		}
		p.name, p.group = legTitle(p.ghosts), c.Kind == mentoring.KindGroup
		if p.group {
			p.name = b.groupTitle(p.person.Language)
		}
		if to := c.ByNumber(p.room.Number); to != nil {
			if p.topic, err = s.act.HelperShown(c, to); err != nil {
				return err
			}
		}
		p.listens, err = b.listening(tx, p.room)
		return err
	})
	return p, err
}

// ghost returns a participant's ghost, drawn anew when there is none: random,
// so that neither a person nor another conversation follows from it.
func (s *step) ghost(of mentoring.ParticipantID) (store.Ghost, error) {
	g, err := s.tx.Ghost(of)
	if !errors.Is(err, mentoring.ErrNotFound) {
		return g, err
	}
	g = store.Ghost{Participant: of, Localpart: s.b.ghostPrefix + randomName(20)}
	s.stale = true
	return g, s.tx.PutGhost(&g)
}

// ensureGhost registers a ghost, gives it its device, its name and its picture.
func (b *Bridge) ensureGhost(ctx context.Context, g *ghostPlan) error {
	if g.ghost.Ready {
		_, err := b.dress(ctx, g.ghost)
		return err
	}
	user := id.UserID(b.ghostID(g.ghost.Localpart))
	if err := b.hs.register(ctx, g.ghost.Localpart); err != nil {
		return err
	}
	device, err := b.makeDevice(ctx, user, g.ghost.Device)
	if err != nil {
		return err
	}
	if err = b.hs.setDisplayName(ctx, user, g.alias); err != nil {
		return err
	}
	if g.ghost.Avatar, err = b.dress(ctx, g.ghost); err != nil {
		return err
	}
	g.ghost.Device, g.ghost.Ready = device, true
	err = b.store.Write(ctx, func(tx *store.Tx) error { return tx.PutGhost(&g.ghost) })
	b.routes.drop()
	return err
}

// makeDevice gives a ghost its device, with its keys where rooms are encrypted;
// "" where the homeserver has no devices for appservices.
func (b *Bridge) makeDevice(ctx context.Context, user id.UserID, device string) (string, error) {
	if b.machines != nil {
		made, err := b.machines.EnsureSender(ctx, user, id.DeviceID(device))
		return string(made), err
	}
	if device == "" {
		device = strings.ToUpper(randomName(10))
	}
	ok, err := b.hs.makeDevice(ctx, user, device)
	if err != nil || !ok {
		return "", err
	}
	return device, nil
}

// makeRoom creates the room. createRoom has no transaction ID, so the marker in
// the create event tells after a crash whether it was made.
func (b *Bridge) makeRoom(ctx context.Context, p *plan) error {
	if p.room.State == store.RoomMaking {
		found, err := b.findMarked(ctx, p.room.Marker)
		if err != nil {
			return err
		}
		p.room.Matrix = found
	}
	if p.room.Matrix == "" {
		p.room.State = store.RoomMaking
		if err := b.putRoom(ctx, &p.room); err != nil {
			return err
		}
		matrix, err := b.hs.createRoom(ctx, b.botActor(), b.roomRequest(p))
		if err != nil {
			return err
		}
		p.room.Matrix = matrix
	}
	p.room.State = store.RoomMade
	if err := b.putRoom(ctx, &p.room); err != nil {
		return err
	}
	if p.room.Kind != store.RoomStaff {
		return nil
	}
	return b.store.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Release(b.lineLane(p.room.Kind, p.room.Owner), store.HoldJoin, b.now())
		return err
	})
}

func (b *Bridge) putRoom(ctx context.Context, room *store.Room) error {
	return b.run(ctx, func(s *step) error {
		room.Changed = s.now.Truncate(time.Millisecond) // as the store gives it back
		return s.putRoom(*room, room.State)
	})
}

// findMarked looks among the bot's rooms for one that was made but not noted.
func (b *Bridge) findMarked(ctx context.Context, marker string) (string, error) {
	joined, err := b.hs.joinedRooms(ctx, b.botActor())
	if err != nil {
		return "", err
	}
	for _, matrix := range joined {
		err = b.store.Read(ctx, func(tx *store.Tx) error {
			_, err := tx.RoomByMatrix(matrix)
			return err
		})
		if !errors.Is(err, mentoring.ErrNotFound) {
			if err != nil {
				return "", err
			}
			continue // known
		}
		found, err := b.hs.createMarker(ctx, b.botActor(), matrix)
		if err != nil {
			return "", err
		}
		if found == marker {
			return matrix, nil
		}
	}
	return "", nil
}

// bringIn makes a user of ours a member of a room of ours.
func (b *Bridge) bringIn(ctx context.Context, room string, who actor) error {
	err := b.hs.join(ctx, who, room)
	if !isRefused(err) {
		return err
	}
	if err = b.hs.invite(ctx, b.botActor(), room, who.user, false); err != nil {
		return err
	}
	return b.hs.join(ctx, who, room)
}

// askIn invites the person. In a leg of two the ghost does it, with is_direct:
// clients then file the room under the other's alias (design §5).
func (b *Bridge) askIn(ctx context.Context, p *plan) error {
	if p.room.Kind == store.RoomStaff || p.room.State == store.RoomJoined {
		return nil
	}
	person := id.UserID(p.person.Address)
	by, direct := b.botActor(), p.room.Kind == store.RoomManagement
	if len(p.ghosts) == 1 && !p.group {
		by, direct = b.ghostActor(p.ghosts[0].ghost), true
	}
	err := b.hs.invite(ctx, by, p.room.Matrix, person, direct)
	if isRefused(err) { // the inviter's right was taken away, or the person is banned by an administrator
		err = b.hs.invite(ctx, b.botActor(), p.room.Matrix, person, direct)
	}
	if err != nil {
		return err
	}
	return b.run(ctx, func(s *step) error {
		room, err := s.tx.Room(p.room.ID)
		if err != nil {
			return err
		}
		if room.State != p.room.State || !room.Changed.Equal(p.room.Changed) {
			return nil // the person has answered meanwhile
		}
		return s.putRoom(room, store.RoomInvited)
	})
}

// hello answers somebody who invited the bot to a room of their own: one line,
// and an invitation to a room that the bot made. Then it leaves theirs.
func (b *Bridge) hello(ctx context.Context, room, txn string) error {
	err := b.hs.join(ctx, b.botActor(), room)
	if isRefused(err) {
		return nil // the invitation was taken back
	}
	if err != nil {
		return err
	}
	text := b.bot.Render("", mentoring.T("hello.elsewhere"))
	content, err := json.Marshal(map[string]any{"msgtype": msgtype(false), "body": text})
	if err != nil {
		return fmt.Errorf("write line: %w", err)
	}
	if err = b.sayElsewhere(ctx, room, txn, content); err != nil {
		return err
	}
	return b.hs.leave(ctx, b.botActor(), room)
}

// sayElsewhere says a line in a room that is not ours, encrypted where the room
// is. Where nobody could read it the invitation must speak for itself.
func (b *Bridge) sayElsewhere(ctx context.Context, room, txn string, content json.RawMessage) error {
	eventType := "m.room.message"
	encrypted, err := b.hs.isEncrypted(ctx, b.botActor(), room)
	if err != nil {
		return err
	}
	if encrypted {
		if b.machines == nil {
			return nil
		}
		eventType, content, err = b.seal(ctx, &route{room: room, as: b.botActor()}, eventType, content)
		var wait *machine.WaitError
		if errors.As(err, &wait) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	_, err = b.hs.send(ctx, b.botActor(), room, eventType, txn, content)
	if isRefused(err) {
		return nil
	}
	return err
}

// admit asks a member into a staff room, once it is made.
func (b *Bridge) admit(ctx context.Context, j job) error {
	room, member, err := b.staffJob(ctx, j)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if room.Matrix == "" {
		return &failure{transient: true} // its own work makes it
	}
	return b.hs.invite(ctx, b.botActor(), room.Matrix, id.UserID(member.Address), false)
}

func (b *Bridge) dismiss(ctx context.Context, j job) error {
	room, member, err := b.staffJob(ctx, j)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	if err != nil || room.Matrix == "" {
		return err
	}
	return b.hs.kick(ctx, b.botActor(), room.Matrix, id.UserID(member.Address))
}

func (b *Bridge) staffJob(ctx context.Context, j job) (room store.Room, member mentoring.Member, err error) {
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		if room, err = tx.RoomOf(j.Kind, j.Owner); err != nil {
			return err
		}
		member, err = tx.Member(j.Member)
		return err
	})
	return room, member, err
}

// closeLeg takes a leg away from its person: they and all of ours leave it.
func (b *Bridge) closeLeg(ctx context.Context, owner int64) error {
	p, err := b.plan(ctx, store.RoomLeg, owner)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if p.room.Matrix != "" {
		if err = b.hs.kick(ctx, b.botActor(), p.room.Matrix, id.UserID(p.person.Address)); err != nil {
			return err
		}
		for _, g := range p.ghosts {
			if err = b.hs.leave(ctx, b.ghostActor(g.ghost), p.room.Matrix); err != nil {
				return err
			}
		}
		if err = b.hs.leave(ctx, b.botActor(), p.room.Matrix); err != nil {
			return err
		}
		if err = b.purge(ctx, p.room.Matrix); err != nil { // before it is gone: then nobody looks for it again
			return err
		}
	}
	if b.machines != nil && p.room.Matrix != "" {
		if err = b.machines.ForgetRoom(ctx, id.RoomID(p.room.Matrix)); err != nil {
			return err
		}
	}
	p.room.State = store.RoomGone
	return b.putRoom(ctx, &p.room)
}

// emptyConversation ends what retention ends: every leg, then everything kept.
func (b *Bridge) emptyConversation(ctx context.Context, c mentoring.ConversationID) error {
	var legs []store.Room
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		legs, err = tx.LegsOf(c)
		return err
	})
	if err != nil {
		return err
	}
	for _, leg := range legs {
		if err = b.closeLeg(ctx, leg.Owner); err != nil {
			return err
		}
	}
	if err = b.purgeFormer(ctx, c, legs); err != nil {
		return err
	}
	if err = b.forgetGhosts(ctx, c); err != nil {
		return err
	}
	err = b.store.Write(ctx, func(tx *store.Tx) error { return tx.EmptyConversation(c) })
	b.routes.drop()
	b.files.wantSweep()
	return err
}

// forgetGhosts deletes the keys of a conversation's ghosts.
func (b *Bridge) forgetGhosts(ctx context.Context, c mentoring.ConversationID) error {
	if b.machines == nil {
		return nil
	}
	var users []id.UserID
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		conversation, err := tx.Conversation(c)
		if err != nil {
			return notFoundIsFine(err)
		}
		for _, p := range conversation.Participants {
			ghost, err := tx.Ghost(p.ID)
			if err == nil {
				users = append(users, id.UserID(b.ghostID(ghost.Localpart)))
			} else if err = notFoundIsFine(err); err != nil {
				return err
			}
		}
		return nil
	})
	for _, user := range users {
		if err == nil {
			err = b.machines.ForgetSender(ctx, user)
		}
	}
	return err
}
