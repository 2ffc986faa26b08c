package store

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"silta/mentoring"
)

// The message map takes little room, for it is by far the largest table. Event
// IDs are kept as the 32 bytes that they are the base64 of (any other form as
// it is); a message has its copies packed into one value; and a copy is found
// by the first four bytes of its event ID, which lead to the first four bytes
// of the source. Both are only hints: candidates are compared in full.

// messageKey is where a message is in the map.
type messageKey struct {
	conversation mentoring.ConversationID
	source       string // packed event ID
}

type copyRef struct {
	conversation  mentoring.ConversationID
	event, source int32
}

const rawEvent = 32

var errEvent = errors.New("not an event ID that can be kept")

// packEvent returns the bytes an event ID is kept as.
func packEvent(event string) ([]byte, error) {
	if len(event) == 44 && event[0] == '$' {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(event[1:])
		if err == nil {
			return raw, nil
		}
	}
	switch {
	case event == "" || len(event) > 255 || strings.HasSuffix(event, "\x00"):
		return nil, errEvent
	case len(event) == rawEvent: // must not look like a raw one
		return append([]byte(event), 0), nil
	}
	return []byte(event), nil
}

func unpackEvent(packed []byte) string {
	if len(packed) == rawEvent {
		return "$" + base64.RawURLEncoding.EncodeToString(packed)
	}
	return strings.TrimSuffix(string(packed), "\x00")
}

// hint is the first four bytes of a raw event ID; of others, which tend to
// begin alike, a checksum.
func hint(packed []byte) int32 {
	if len(packed) == rawEvent {
		return int32(binary.BigEndian.Uint32(packed))
	}
	return int32(crc32.ChecksumIEEE(packed))
}

// Forms of a packed copy, in the low bits of its number.
const (
	copyUnsent = 0
	copyRaw    = 1
	copyOther  = 2
)

// editsNumber is the number under which the source of an edited message is
// packed among the copies, so that it leads to its edits as a copy leads to its
// message. No participant has it.
const editsNumber = 0

// links are the events that lead to a message.
func (m *Message) links() []Copy {
	if m.Edits == "" {
		return m.Copies
	}
	return append([]Copy{{Number: editsNumber, Event: m.Edits}}, m.Copies...)
}

func packCopies(copies []Copy) []byte {
	out := make([]byte, 0, len(copies)*(1+rawEvent))
	for _, c := range copies {
		packed, err := packEvent(c.Event)
		switch {
		case c.Event == "" || err != nil: // SetCopy lets no other through
			out = binary.AppendUvarint(out, uint64(c.Number)<<2|copyUnsent)
			out = append(out, make([]byte, rawEvent)...)
		case len(packed) == rawEvent:
			out = binary.AppendUvarint(out, uint64(c.Number)<<2|copyRaw)
			out = append(out, packed...)
		default:
			out = binary.AppendUvarint(out, uint64(c.Number)<<2|copyOther)
			out = append(out, byte(len(packed)))
			out = append(out, packed...)
		}
	}
	return out
}

var errCopies = errors.New("message map: a damaged row")

func unpackCopies(packed []byte) ([]Copy, error) {
	var copies []Copy
	for len(packed) > 0 {
		head, n := binary.Uvarint(packed)
		if n <= 0 {
			return nil, errCopies
		}
		packed = packed[n:]
		size := 0
		switch head & 3 {
		case copyUnsent:
			if len(packed) < rawEvent {
				return nil, errCopies
			}
			packed = packed[rawEvent:]
		case copyRaw:
			size = rawEvent
		case copyOther:
			if len(packed) == 0 {
				return nil, errCopies
			}
			size = int(packed[0])
			packed = packed[1:]
		}
		if len(packed) < size {
			return nil, errCopies
		}
		c := Copy{Number: int(head >> 2)}
		if size > 0 {
			c.Event = unpackEvent(packed[:size])
		}
		packed = packed[size:]
		copies = append(copies, c)
	}
	return copies, nil
}

func keyOf(conv mentoring.ConversationID, source string) (messageKey, error) {
	packed, err := packEvent(source)
	return messageKey{conv, string(packed)}, err
}

// PutMessage keeps a message with its copies, sent or not.
func (t *Tx) PutMessage(m *Message) error {
	if err := t.writing(); err != nil {
		return err
	}
	key, err := keyOf(m.Conversation, m.Source)
	if err != nil {
		return doing("put message", err)
	}
	same := *m
	same.Copies = slices.Clone(m.Copies)
	for _, c := range same.links() {
		if err := t.refer(key, c.Event); err != nil {
			return doing("put message", err)
		}
	}
	t.keepMessage(key, &same)
	return nil
}

// refer makes a copy's event lead to its message.
func (t *Tx) refer(key messageKey, event string) error {
	if event == "" {
		return nil
	}
	packed, err := packEvent(event)
	if err != nil {
		return err
	}
	t.g.batch.refs = append(t.g.batch.refs, copyRef{key.conversation, hint(packed), hint([]byte(key.source))})
	return nil
}

func (t *Tx) keepMessage(key messageKey, m *Message) {
	t.g.batch.putMessage(key, m)
	if m == nil {
		t.caches.messages.drop(key)
		return
	}
	t.caches.messages.put(key, m)
}

// Message finds a message by an event ID in the leg of participant number:
// the source there, or a copy. The value is shared: never change it.
func (t *Tx) Message(conv mentoring.ConversationID, number int, event string) (*Message, error) {
	key, err := keyOf(conv, event)
	if err != nil {
		return nil, mentoring.ErrNotFound // such an event was never kept
	}
	m, err := t.messageAt(key)
	if err == nil && m.Author == number {
		return m, nil
	}
	if err != nil && !isNotFound(err) {
		return nil, doing("message", err)
	}
	m, err = t.messageByCopy(conv, number, event, hint([]byte(key.source)))
	return m, doing("message by copy", err)
}

// MessageBySource finds a message by the event that its author sent, whoever
// that was. The value is shared: never change it.
func (t *Tx) MessageBySource(conv mentoring.ConversationID, source string) (*Message, error) {
	key, err := keyOf(conv, source)
	if err != nil {
		return nil, mentoring.ErrNotFound
	}
	m, err := t.messageAt(key)
	return m, doing("message by source", err)
}

// messageAt finds a message by its source.
func (t *Tx) messageAt(key messageKey) (*Message, error) {
	return cached(t.caches.messages, key, func() (*Message, error) {
		if err := t.settle(); err != nil {
			return nil, err
		}
		return single(t, "SELECT conversation, source, author, copies FROM message WHERE conversation = $1 AND source = $2",
			scanMessage, key.conversation, []byte(key.source))
	})
}

func scanMessage(r record) (*Message, error) {
	copies, err := unpackCopies(r.view(3))
	m := &Message{
		Conversation: mentoring.ConversationID(r.int(0)),
		Source:       unpackEvent(r.view(1)),
		Author:       int(r.int(2)),
		Copies:       copies,
	}
	if len(copies) > 0 && copies[0].Number == editsNumber {
		m.Edits, m.Copies = copies[0].Event, copies[1:]
	}
	return m, err
}

// EditsOf lists the edits of a message that have copies, in no order that
// matters. The values are shared: never change them.
func (t *Tx) EditsOf(conv mentoring.ConversationID, source string) ([]*Message, error) {
	key, err := keyOf(conv, source)
	if err != nil {
		return nil, nil // such a message was never kept
	}
	if err := t.settle(); err != nil {
		return nil, err
	}
	hints, err := collect(t, "SELECT source FROM copy_ref WHERE conversation = $1 AND event = $2", func(r record) (int32, error) {
		return int32(r.int(0)), nil
	}, conv, int64(hint([]byte(key.source))))
	if err != nil {
		return nil, doing("edits", err)
	}
	var edits []*Message
	for _, h := range hints {
		list, err := collect(t, "SELECT conversation, source, author, copies FROM message WHERE conversation = $1 AND "+hinted,
			scanMessage, hintedArgs(conv, h)...)
		if err != nil {
			return nil, doing("edits", err)
		}
		for _, m := range list {
			if m.Edits == source {
				edits = append(edits, m)
			}
		}
	}
	return edits, nil
}

func (t *Tx) messageByCopy(conv mentoring.ConversationID, number int, event string, eventHint int32) (*Message, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	hints, err := collect(t, "SELECT source FROM copy_ref WHERE conversation = $1 AND event = $2", func(r record) (int32, error) {
		return int32(r.int(0)), nil
	}, conv, int64(eventHint))
	if err != nil {
		return nil, err
	}
	wanted := Copy{Number: number, Event: event}
	for _, h := range hints {
		m, err := t.messageWith(wanted, hinted, hintedArgs(conv, h)...)
		if !isNotFound(err) {
			return m, err
		}
	}
	if len(hints) == 0 {
		return nil, mentoring.ErrNotFound
	}
	// A source of another form: no hint leads there, so look at all of those.
	return t.messageWith(wanted, "length(source) <> 32", conv)
}

// messageWith finds, among the messages of a conversation ($1) that satisfy
// where, the one with that copy.
func (t *Tx) messageWith(wanted Copy, where string, args ...any) (*Message, error) {
	list, err := collect(t, "SELECT conversation, source, author, copies FROM message WHERE conversation = $1 AND "+where, scanMessage, args...)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if slices.Contains(m.Copies, wanted) {
			return m, nil
		}
	}
	return nil, mentoring.ErrNotFound
}

// SetCopy notes the event that a copy has become. ErrNotFound: there is no such
// copy (any more).
func (t *Tx) SetCopy(conv mentoring.ConversationID, source string, number int, event string) error {
	return doing("set copy", t.changeCopy(conv, source, number, func(key messageKey, m *Message, i int) error {
		if event == "" {
			return errEvent
		}
		m.Copies[i].Event = event
		return t.refer(key, event)
	}))
}

// DropCopy takes a copy away; with the last one goes the message.
func (t *Tx) DropCopy(conv mentoring.ConversationID, source string, number int) error {
	return doing("drop copy", t.changeCopy(conv, source, number, func(key messageKey, m *Message, i int) error {
		event := m.Copies[i].Event
		m.Copies = slices.Delete(m.Copies, i, i+1)
		if event == "" {
			return nil
		}
		packed, err := packEvent(event)
		if err != nil {
			return err
		}
		return t.unrefer(key, hint(packed))
	}))
}

// unrefer takes the way from a copy's event to its message away, unless
// another message whose hints are the same needs it.
func (t *Tx) unrefer(key messageKey, event int32) error {
	if err := t.settle(); err != nil {
		return err
	}
	source := hint([]byte(key.source))
	list, err := collect(t, "SELECT conversation, source, author, copies FROM message WHERE conversation = $1 AND "+hinted, scanMessage,
		hintedArgs(key.conversation, source)...)
	if err != nil {
		return err
	}
	for _, m := range list {
		for _, c := range m.Copies {
			packed, err := packEvent(c.Event)
			if other, _ := keyOf(m.Conversation, m.Source); err == nil && other != key && hint(packed) == event {
				return nil
			}
		}
	}
	_, err = t.exec("DELETE FROM copy_ref WHERE conversation = $1 AND event = $2 AND source = $3", key.conversation, int64(event), int64(source))
	return err
}

// hinted is the condition for messages whose source begins with a hint.
const hinted = "source >= $2 AND source <= $3"

func hintedArgs(conv mentoring.ConversationID, sourceHint int32) []any {
	low := binary.BigEndian.AppendUint32(nil, uint32(sourceHint))
	high := slices.Repeat([]byte{0xff}, rawEvent)
	copy(high, low)
	return []any{conv, low, high}
}

// changeCopy changes a clone of a message and keeps it.
func (t *Tx) changeCopy(conv mentoring.ConversationID, source string, number int, change func(messageKey, *Message, int) error) error {
	if err := t.writing(); err != nil {
		return err
	}
	key, err := keyOf(conv, source)
	if err != nil {
		return mentoring.ErrNotFound
	}
	old, err := t.messageAt(key)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(old.Copies, func(c Copy) bool { return c.Number == number })
	if i < 0 {
		return fmt.Errorf("copy: %w", mentoring.ErrNotFound)
	}
	m := *old
	m.Copies = slices.Clone(old.Copies)
	if err := change(key, &m, i); err != nil {
		return err
	}
	if len(m.Copies) == 0 {
		t.keepMessage(key, nil)
		return nil
	}
	t.keepMessage(key, &m)
	return nil
}
