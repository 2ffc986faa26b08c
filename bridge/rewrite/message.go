package rewrite

import "encoding/json"

// Event is an incoming event, decrypted, with its relations already inside
// Content. Only Type, StateKey, Redacts and Content are read.
type Event struct {
	Type, Sender, Room, ID string

	StateKey *string
	Redacts  string
	Content  json.RawMessage
}

// Kind says what a message is.
type Kind uint8

// The kinds that are carried. What is not listed is refused by [Parse].
const (
	Text      Kind = 1 + iota // m.text
	Emote                     // m.emote
	Notice                    // m.notice
	Reaction                  // m.reaction: the emoji is in Relation.Key
	Redaction                 // m.room.redaction: without its reason
)

// Message is what one event says, and nothing else of it. Everything in it
// still speaks in the identifiers of the room it came from.
type Message struct {
	Kind Kind
	// Body is all the readable text, cleaned of control characters and reply
	// quotes. Where somebody is mentioned it has their incoming user ID.
	Body string
	// HTML is the formatting; nil when the body says it all.
	HTML []Node
	// Mentions are the incoming user IDs of those who are to be notified.
	Mentions []string
	// Media is the file; nil for everything that is none. Body is its caption.
	Media    *Media
	Relation Relation
	// New is what an edit (Relation.Kind is Replace) puts in place of the old;
	// nil for everything else.
	New *Message
	// Poll is what a PollStart asks; Choices are the IDs that a PollVote names,
	// as the voter's room has them.
	Poll    *Poll
	Choices []string
}

// RelationKind says how a message stands to another.
type RelationKind uint8

// The relations that are understood. All others are dropped.
const (
	None       RelationKind = iota
	Reply                   // answers Event
	Replace                 // an edit of Event
	Annotation              // a reaction to Event, Key being the emoji
	Thread                  // belongs to the thread of Event, perhaps answering Reply there
	Redacts                 // removes Event
)

// Relation points to another event of the room that the message came from.
type Relation struct {
	Kind  RelationKind
	Event string // incoming event ID
	Key   string // reaction, in the form that clients compare (with U+FE0F)
	Reply string // incoming event ID of a true reply inside a thread
}

// Unsupported is the error for what people can send and Silta does not carry.
// Its sender is told so, in one friendly line.
type Unsupported struct {
	// What is one of location, call, verification, gallery, unknown, empty,
	// too_long, file_broken.
	What string
}

// Gallery is what several files in one message are called (MSC4274).
const Gallery = "gallery"

func (e *Unsupported) Error() string { return "unsupported: " + e.What }

// Ignored is the error for what is dropped without a word: state, receipts,
// leftovers of redacted events, and what clients send on their own.
type Ignored struct{}

func (*Ignored) Error() string { return "ignored" }

func unsupported(what string) (*Message, error) { return nil, &Unsupported{What: what} }

func ignored() (*Message, error) { return nil, &Ignored{} }
