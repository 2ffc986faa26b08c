package store

import (
	"errors"
	"time"

	"silta/mentoring"
)

// ErrInUse says that another process owns the database.
var ErrInUse = errors.New("the database is in use by another process")

// Lane is what must happen in order: a keyed hash of the lane's name, since the
// name would name people. See [Store.Lane].
type Lane int64

// LaneKind says which worker a lane's rows are for.
type LaneKind int16

// The kinds of lane (design §2).
const (
	LaneIn   LaneKind = 1 // in/<room>/<sender>: what one sender did in one room
	LaneKeys LaneKind = 2 // keys/<device>: to-device messages, key counts, device changes
	LaneOut  LaneKind = 3 // out/<leg>/<author>: copies of one author for one leg
	LaneRoom LaneKind = 4 // out/<room>: the bot's own lines in a room
	LaneWork LaneKind = 5 // work/<thing>: resumable work
)

// RowState is the state of a queue row.
type RowState int16

const (
	RowReady RowState = 0 // to be done when due; may have been started
	RowHeld  RowState = 1 // waits for something that Release will name; certainly never started
	RowAside RowState = 2 // stepped aside (contact guard) or set aside after the fifth fault; its lane goes on
)

// Hold names what a held row waits for.
type Hold int16

const (
	HoldNone    Hold = 0
	HoldJoin    Hold = 1 // the person has not come yet
	HoldQuiet   Hold = 2 // quiet hours
	HoldSuspend Hold = 3
	HoldGuard   Hold = 4 // the contact guard asked its writer
	HoldPoison  Hold = 5 // failed five times
	HoldKey     Hold = 6 // aside: its key has not come
)

// Row is one row of the queue.
type Row struct {
	ID      int64 // given by Enqueue when 0
	Lane    Lane
	Kind    LaneKind
	State   RowState
	Hold    Hold
	Due     time.Time // zero: at once
	Tries   int       // faults so far; network errors, 429 and 5xx never count
	Created time.Time
	Payload []byte // sealed at rest
	// Value is what whoever enqueued the row knows of its payload; it is not kept
	// in the database, and nil when the row was read from there.
	Value any
}

// Head is the first row of a lane that is not aside, as the scheduler needs it.
type Head struct {
	Lane Lane
	Kind LaneKind
	Due  time.Time
}

// RoomKind says what a room of ours is for.
type RoomKind int16

const (
	RoomLeg        RoomKind = 1 // owner: participant
	RoomManagement RoomKind = 2 // owner: member
	RoomStaff      RoomKind = 3 // owner: staff room
)

// RoomState is how far the room is; see docs/ARCHITECTURE.md.
type RoomState int16

const (
	RoomPlanned RoomState = 0 // row made, nothing at the homeserver
	RoomMaking  RoomState = 1 // createRoom may have been called; Marker tells it
	RoomMade    RoomState = 2 // exists, ghosts in it, the person not invited yet
	RoomInvited RoomState = 3
	RoomJoined  RoomState = 4
	RoomLeft    RoomState = 5 // the person has gone; may come back
	RoomGone    RoomState = 6 // lost, replaced or emptied: never used again
)

// Room is a room that the bot made. A leg also carries its conversation and
// number; for other kinds they are zero. A staff room has no single person:
// its State never goes past RoomMade.
type Room struct {
	ID           int64
	Kind         RoomKind
	Owner        int64 // mentoring.ParticipantID, MemberID or StaffRoomID by Kind
	Matrix       string
	State        RoomState
	Marker       string // opaque, in the create event, to find a room made before a crash
	Reader       string // user ID of the one machine that decrypts here
	Conversation mentoring.ConversationID
	Number       int
	Changed      time.Time
}

// Ghost is the appservice user that stands for one participant in the other
// legs. Localpart is random (leaks.md 36).
type Ghost struct {
	Participant mentoring.ParticipantID
	Localpart   string
	Device      string // device ID; empty until made, or where the homeserver has none for appservices
	Ready       bool   // registered, named, device made
	Avatar      string // mxc URI of its generated avatar; empty: none
}

// Message is one event that a participant sent and that was relayed, with its
// copies. Events are looked up by (conversation, leg, event), never by event
// alone (GHSA-c7hh-3v6c-fj4q).
type Message struct {
	Conversation mentoring.ConversationID
	Source       string // event ID in the author's leg
	Author       int    // participant number
	Copies       []Copy
	// Edits is the source of the message that this one is a new version of; ""
	// when it is none. See [Tx.EditsOf].
	Edits string
}

// Copy is the message in one other leg. A copy is a row before it is an event:
// Event is empty until it has been sent.
type Copy struct {
	Number int // the leg's participant number
	Event  string
}

// EventIn returns the message's event ID in the leg of that participant number:
// the source for the author's own leg, a copy elsewhere; "" when not sent yet.
// ok is false when the message has nothing in that leg.
func (m *Message) EventIn(number int) (event string, ok bool) {
	if number == m.Author {
		return m.Source, true
	}
	for _, c := range m.Copies {
		if c.Number == number {
			return c.Event, true
		}
	}
	return "", false
}

// Line is a message of the bot whose event must be found again: a menu, or a
// case's head message.
type Line struct {
	Key   string // "menu/<id>", "case/<id>"
	Room  int64
	Event string
}
