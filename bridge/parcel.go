package bridge

import (
	"encoding/json"
	"fmt"
	"strconv"

	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// parcel is one thing to be sent to one room of ours: the payload of a row of
// the outbox. It names the room by its owner, not by its Matrix ID, so that it
// can be written before the room exists and outlives the room's replacement.
type parcel struct {
	Kind   store.RoomKind          `json:"k"`
	Owner  int64                   `json:"o"`
	Author mentoring.ParticipantID `json:"a,omitempty"` // 0: the bot
	// Txn is the random transaction ID: drawn once, so that a second try is
	// known to the homeserver as the same (design §2.4).
	Txn string `json:"x"`

	Op      string          `json:"p"`
	Type    string          `json:"t,omitempty"`
	Content json.RawMessage `json:"c,omitempty"`
	Event   string          `json:"e,omitempty"` // what opRedact redacts, when it is no copy

	// A copy: which message of which conversation this is, in which leg.
	Conversation mentoring.ConversationID `json:"v,omitempty"`
	Number       int                      `json:"n,omitempty"`
	Source       string                   `json:"s,omitempty"`
	Relation     *relation                `json:"r,omitempty"`
	Answers      []string                 `json:"i,omitempty"` // the answer IDs that a vote may name, besides numbers
	File         *filePart                `json:"f,omitempty"`
	// Quiet is a notice that a file comes as an edit of, in an archived leg; shown
	// is the event of that edit, once it has been sent.
	Quiet json.RawMessage `json:"z,omitempty"`
	shown string

	// Held is the question of the guard that this waits for. Without is the
	// content without the contact; only what is asked about has it.
	Held    int64           `json:"u,omitempty"`
	Without json.RawMessage `json:"q,omitempty"`

	// A line of the bot.
	Menu    int64    `json:"m,omitempty"`
	Buttons []string `json:"b,omitempty"`
	Key     string   `json:"y,omitempty"` // under which the event is kept, to be found again
	Thread  string   `json:"h,omitempty"` // key of the line whose thread this goes to
	Edits   string   `json:"d,omitempty"` // key of the line that this replaces

	Told bool `json:"w,omitempty"` // staff know that it waits
}

// The operations of a parcel.
const (
	opSend   = "send"
	opRedact = "redact"
	opButton = "button" // a reaction to the line with the key Thread
)

// relation points from one message to another by the other's source, since the
// event in this leg may not exist yet when the parcel is written.
type relation struct {
	Kind   rewrite.RelationKind `json:"k"`
	Source string               `json:"s"`
	Author int                  `json:"a"`
	Key    string               `json:"y,omitempty"`
	// The message replied to inside a thread, in the same way.
	Reply       string `json:"r,omitempty"`
	ReplyAuthor int    `json:"ra,omitempty"`
}

// copyLane is the lane of one author's copies for one leg.
func (b *Bridge) copyLane(leg, author mentoring.ParticipantID) store.Lane {
	return b.store.Lane(store.LaneOut, strconv.FormatInt(int64(leg), 10), strconv.FormatInt(int64(author), 10))
}

// inLane is the lane of what one sender does in one room.
func (b *Bridge) inLane(room, sender string) store.Lane {
	return b.store.Lane(store.LaneIn, room, sender)
}

// lineLane is the lane of the bot's own lines in a room.
func (b *Bridge) lineLane(kind store.RoomKind, owner int64) store.Lane {
	return b.store.Lane(store.LaneRoom, strconv.Itoa(int(kind)), strconv.FormatInt(owner, 10))
}

// readParcel reads the payload of a row of the outbox; an empty parcel comes
// with an error.
func readParcel(row store.Row) (*parcel, error) {
	if p, ok := row.Value.(*parcel); ok {
		return p, nil
	}
	p := &parcel{}
	if err := json.Unmarshal(row.Payload, p); err != nil {
		return p, fmt.Errorf("read parcel: %w", err)
	}
	return p, nil
}

func (s *step) enqueue(lane store.Lane, kind store.LaneKind, state store.RowState, p parcel) error {
	if p.Txn == "" {
		p.Txn = randomName(16)
	}
	payload, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write parcel: %w", err)
	}
	row := store.Row{Lane: lane, Kind: kind, State: state, Payload: payload, Value: &p}
	switch state {
	case store.RowHeld:
		row.Hold = store.HoldJoin
	case store.RowAside:
		row.Hold = store.HoldGuard
	}
	return s.tx.Enqueue(&row)
}

// line is something the bot says in a room.
type line struct {
	text    string
	menu    int64
	buttons []string
	loud    bool // asks the person's client to notify
	key     string
	thread  string
	edits   string
	answers string // event of the person, in this room
}

// line keeps a line of the bot for a room. It waits until the person is in the
// room: with history visible to those who have joined, they would never see
// what was said before.
func (s *step) line(kind store.RoomKind, owner int64, l line) error {
	state, err := s.lineState(kind, owner)
	if err != nil {
		return err
	}
	said := map[string]any{"msgtype": msgtype(l.loud), "body": l.text}
	if l.answers != "" {
		said["m.relates_to"] = map[string]any{"m.in_reply_to": map[string]any{"event_id": l.answers}}
	}
	content, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("write line: %w", err)
	}
	p := parcel{
		Kind: kind, Owner: owner, Op: opSend, Type: "m.room.message", Content: content,
		Menu: l.menu, Buttons: l.buttons, Key: l.key, Thread: l.thread, Edits: l.edits,
	}
	if l.menu != 0 {
		p.Key = menuKey(l.menu)
	}
	return s.enqueue(s.b.lineLane(kind, owner), store.LaneRoom, state, p)
}

// lineState says whether a line waits until the person is in the room.
func (s *step) lineState(kind store.RoomKind, owner int64) (store.RowState, error) {
	if kind == store.RoomStaff {
		return store.RowReady, nil
	}
	room, err := s.tx.RoomOf(kind, owner)
	if err != nil || room.State != store.RoomJoined {
		return store.RowHeld, notFoundIsFine(err)
	}
	return store.RowReady, nil
}

// Clients do not notify for notices (push rule .m.rule.suppress_notices).
func msgtype(loud bool) string {
	if loud {
		return "m.text"
	}
	return "m.notice"
}

// sourceOf is the message that a parcel carries, or takes back.
func (p *parcel) sourceOf() string {
	if p.Op == opRedact && p.Relation != nil {
		return p.Relation.Source
	}
	return p.Source
}

// dooms says whether the files of the message go with a parcel that is done:
// that message was taken back, or came to nothing.
func (p *parcel) dooms(event string) bool {
	return p.Op == opRedact && p.Relation != nil || event == "" && p.File != nil
}
