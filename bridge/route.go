package bridge

import (
	"encoding/json"
	"errors"
	"time"

	"silta/bot"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// handle decides what an event means by the room it is in.
func (s *step) handle() error {
	room, err := s.tx.RoomByMatrix(s.ev.Room)
	switch {
	case errors.Is(err, mentoring.ErrNotFound):
		return s.handleElsewhere()
	case err != nil:
		return err
	case room.State == store.RoomGone:
		return nil
	case s.ev.StateKey != nil:
		return s.handleState(room)
	case room.Kind != store.RoomLeg && s.ev.Message != nil && s.ev.Message.Kind == rewrite.Redaction:
		return s.dropUnread(room, s.ev.Message.Relation.Event)
	}
	switch room.Kind {
	case store.RoomLeg:
		return s.handleLeg(room)
	case store.RoomManagement:
		return s.handleManagement(room)
	case store.RoomStaff:
		return s.handleStaff(room)
	}
	return nil
}

// member is the content of m.room.member, as far as it is looked at: names,
// pictures and reasons never are (leaks.md rows 39 and 40).
type member struct {
	Membership string `json:"membership"`
}

func (s *step) membership() string {
	var m member
	_ = json.Unmarshal(s.ev.Content, &m) // mistyped: no membership
	return m.Membership
}

// handleElsewhere is for rooms that are not ours: somebody invites the bot, or
// a stranger invites a ghost.
func (s *step) handleElsewhere() error {
	if s.ev.Type != "m.room.member" || s.ev.StateKey == nil || s.membership() != "invite" {
		return nil
	}
	invited := *s.ev.StateKey
	switch {
	case invited == string(s.b.botID):
		if _, err := s.act.Meet(s.ev.Sender); err != nil {
			return refusalIsFine(err)
		}
		return s.job(job{Op: opHello, Room: s.ev.Room, Txn: randomName(16)}, "hello", s.ev.Room)
	case s.b.isOurs(invited):
		return s.job(job{Op: opReject, Room: s.ev.Room, User: invited}, "reject", s.ev.Room, invited)
	}
	return nil
}

// handleState looks at who comes and goes, and at what ends a room. Everything
// else that may stand in a room's state is nobody's business here.
func (s *step) handleState(room store.Room) error {
	switch s.ev.Type {
	case "m.room.member":
	case "m.room.tombstone": // an administrator upgraded the room: its successor is not ours
		return s.lost(room)
	default:
		return nil
	}
	who, membership := *s.ev.StateKey, s.membership()
	if s.b.isOurs(who) {
		if membership == "leave" || membership == "ban" {
			return s.oursThrownOut(room, who)
		}
		return nil
	}
	person, err := s.person(room)
	if err != nil {
		return err
	}
	if room.Kind == store.RoomStaff {
		return s.staffMoved(room, who, membership)
	}
	if who != person.Address {
		if membership == "invite" || membership == "join" || membership == "knock" {
			return s.job(job{Op: opKick, Room: room.Matrix, User: who}, "kick", room.Matrix, who)
		}
		return nil
	}
	switch membership {
	case "join":
		return s.arrived(room, person)
	case "leave", "ban":
		return s.departed(room)
	}
	return nil
}

// person is the one whose room it is: the participant of a leg, the member of a
// management room. A staff room has none.
func (s *step) person(room store.Room) (mentoring.Member, error) {
	switch room.Kind {
	case store.RoomLeg:
		c, err := s.tx.Conversation(room.Conversation)
		if err != nil {
			return mentoring.Member{}, err
		}
		p := c.ByNumber(room.Number)
		if p == nil {
			return mentoring.Member{}, mentoring.ErrNotFound
		}
		return s.tx.Member(p.Member)
	case store.RoomManagement:
		return s.tx.Member(mentoring.MemberID(room.Owner))
	default:
		return mentoring.Member{}, nil
	}
}

func (s *step) putRoom(room store.Room, state store.RoomState) error {
	room.State, room.Changed = state, s.now.Truncate(time.Millisecond)
	s.stale = true
	return s.tx.PutRoom(&room)
}

// arrived: the person joined, so what waited for them may go.
func (s *step) arrived(room store.Room, person mentoring.Member) error {
	if room.State == store.RoomJoined {
		return nil // a change of name or picture is a membership event, too
	}
	asked := room.Changed // the ghosts were there by then
	if err := s.putRoom(room, store.RoomJoined); err != nil {
		return err
	}
	from := s.now
	if settled := asked.Add(settleTime); s.b.machines != nil && settled.After(from) {
		from = settled
	}
	if _, err := s.tx.Release(s.b.lineLane(room.Kind, room.Owner), store.HoldJoin, from); err != nil {
		return err
	}
	if room.Kind == store.RoomManagement {
		answer, err := s.b.bot.Handle(bot.Request{Act: s.act, Member: &person, Place: bot.Management, Input: bot.Input{Kind: bot.Arrived}})
		if err != nil {
			return err
		}
		return s.answer(room, answer)
	}
	conversation, err := s.tx.Conversation(room.Conversation)
	if err != nil {
		return err
	}
	for _, p := range conversation.Participants {
		if p.Number == room.Number {
			continue
		}
		lane := s.b.copyLane(mentoring.ParticipantID(room.Owner), p.ID)
		if _, err = s.tx.Release(lane, store.HoldJoin, from); err != nil {
			return err
		}
	}
	return refusalIsFine(s.act.Arrived(mentoring.ParticipantID(room.Owner)))
}

// departed: the person left, was kicked, or refused the invitation.
func (s *step) departed(room store.Room) error {
	refused := room.State == store.RoomInvited || room.State == store.RoomMade // the answer may outrun our note of the invitation
	if room.State != store.RoomJoined && !refused {
		return nil
	}
	if err := s.putRoom(room, store.RoomLeft); err != nil {
		return err
	}
	if room.Kind != store.RoomLeg {
		return nil
	}
	return refusalIsFine(s.act.Departed(mentoring.ParticipantID(room.Owner), refused))
}

// oursThrownOut: somebody with power over the homeserver removed the bot or a
// ghost. Without the bot the room is lost; a ghost is asked back in.
func (s *step) oursThrownOut(room store.Room, who string) error {
	if who == string(s.b.botID) {
		return s.lost(room)
	}
	return s.roomJob(room.Kind, room.Owner)
}

// lost gives a room up. A person can have a new leg when they ask for it; a
// staff room is made anew at once.
func (s *step) lost(room store.Room) error {
	if err := s.putRoom(room, store.RoomGone); err != nil {
		return err
	}
	switch room.Kind {
	case store.RoomLeg:
		return refusalIsFine(s.act.LegLost(mentoring.ParticipantID(room.Owner)))
	case store.RoomStaff:
		return s.planRoom(store.RoomStaff, room.Owner, 0, 0)
	}
	return nil
}

// staffMoved follows who is in a staff room. Coming in gives nobody any
// authority, and whoever is not of the staff is shown out; going out takes it at
// once.
func (s *step) staffMoved(room store.Room, who, membership string) error {
	if membership != "leave" && membership != "ban" {
		return s.staffCame(room, who)
	}
	m, err := s.tx.MemberByAddress(who)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return refusalIsFine(s.act.Dismissed(m, mentoring.StaffRoomID(room.Owner)))
}

// staffCame shows a stranger out of a staff room. Where an administrator of the
// homeserver has given them as much power as the bot has, they stay, but nothing
// is encrypted for them (see [directory.Persons]).
func (s *step) staffCame(room store.Room, who string) error {
	if sees, err := s.seesStaffRoom(room, who); sees || err != nil {
		return err
	}
	if err := s.trouble(mentoring.TroubleStranger, mentoring.T("trouble.stranger")); err != nil {
		return err
	}
	return s.job(job{Op: opKick, Room: room.Matrix, User: who}, "kick", room.Matrix, who)
}

// seesStaffRoom says whether what is said in a staff room is for somebody's eyes.
func (s *step) seesStaffRoom(room store.Room, who string) (bool, error) {
	m, err := s.tx.MemberByAddress(who)
	if errors.Is(err, mentoring.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return s.act.SeesStaffRoom(m, mentoring.StaffRoomID(room.Owner))
}

// refusalIsFine drops a refusal where there is nobody to tell: the rule said no
// to something that simply happened.
func refusalIsFine(err error) error {
	var refusal *mentoring.Refusal
	if errors.As(err, &refusal) || errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	return err
}
