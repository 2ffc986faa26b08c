package bridge

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/tidwall/gjson"

	"silta/bridge/rewrite"
	"silta/mentoring"
)

// envelope is what every event must have, or it is not kept.
type envelope struct {
	ID, Room, Sender, Type string
}

var errMalformed = errors.New("malformed event")

// Matrix allows 255 bytes for each of them (spec, "Size limits").
const maxIdentifier = 255

func (e *envelope) check() error {
	for _, s := range []string{e.ID, e.Room, e.Sender, e.Type} {
		if s == "" || len(s) > maxIdentifier {
			return errMalformed
		}
	}
	if e.ID[0] != '$' || e.Room[0] != '!' || e.Sender[0] != '@' || !strings.Contains(e.Sender, ":") {
		return errMalformed
	}
	return nil
}

// incoming is one event as the step sees it: decrypted, relations taken from
// inside the encryption.
type incoming struct {
	rewrite.Event
	// Message is what the event says, parsed before the step since the store's
	// gate does one step at a time; ParseErr is why there is none.
	Message  *rewrite.Message
	ParseErr error
	// Found are the contacts in what is readable of it.
	Found []mentoring.Finding
	// Danger says that it sounds of danger.
	Danger bool
	// Encrypted says that the content came encrypted by a device of the sender.
	Encrypted bool
	// Signed says that this device is signed by its owner.
	Signed bool
	Time   int64 // origin_server_ts, Unix ms
	// Proof is made of a recovery phrase that the event holds; nil: it holds none.
	Proof *mentoring.PhraseProof
}

func (in *incoming) parse() {
	if in.StateKey == nil {
		in.Message, in.ParseErr = rewrite.Parse(in.Event)
	}
}

// wire is the whole of an event as it came.
type wire struct {
	envelope
	StateKey *string
	Redacts  string
	Time     int64
	Content  json.RawMessage
}

// readWire reads an event in one pass over valid JSON: encoding/json takes four
// times as long, and the homeserver waits for it. A field of the wrong type
// makes the event malformed.
func readWire(raw []byte) (w wire, ok bool) {
	event := gjson.ParseBytes(raw)
	ok = event.IsObject()
	text := func(v gjson.Result, into *string) {
		ok = ok && v.Type == gjson.String
		*into = v.Str
	}
	event.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "event_id":
			text(v, &w.ID)
		case "room_id":
			text(v, &w.Room)
		case "sender":
			text(v, &w.Sender)
		case "type":
			text(v, &w.Type)
		case "state_key":
			w.StateKey = new(string)
			text(v, w.StateKey)
		case "redacts":
			text(v, &w.Redacts)
		case "origin_server_ts":
			ok = ok && v.Type == gjson.Number
			w.Time = v.Int()
		case "content":
			w.Content = json.RawMessage(v.Raw)
		}
		return ok
	})
	return w, ok
}

func parseIncoming(raw []byte) (*incoming, error) {
	w, ok := readWire(raw)
	if !ok || w.check() != nil {
		return nil, errMalformed
	}
	if w.Type == "m.room.redaction" && w.Redacts == "" {
		var inside struct {
			Redacts string `json:"redacts"` // room version 11 and later
		}
		_ = json.Unmarshal(w.Content, &inside)
		w.Redacts = inside.Redacts
	}
	in := &incoming{Event: rewrite.Event{
		Type: w.Type, Sender: w.Sender, Room: w.Room, ID: w.ID,
		StateKey: w.StateKey, Redacts: w.Redacts, Content: w.Content,
	}, Time: w.Time}
	return in, nil
}
