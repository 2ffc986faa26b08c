package rewrite

import (
	"encoding/json"
	"regexp"
	"strings"
)

// Limits of what is read. Matrix events have at most 64 KiB; what comes larger
// did not come from a homeserver that keeps the rules.
const (
	maxContentIn = 128 << 10 // bytes of content that are looked at
	maxBody      = 32 << 10  // bytes of text that are relayed
	maxMentions  = 50
	maxEventID   = 255 // bytes (Matrix: "Size limits")
	maxKey       = 64  // bytes of a reaction
)

// Parse reads an event. The error is *[Unsupported] or *[Ignored]; hostile
// input of any form gives one of them.
func Parse(e Event) (*Message, error) {
	if e.StateKey != nil {
		return ignored()
	}
	switch e.Type {
	case "m.room.message", "m.reaction", "m.room.redaction", "m.sticker":
	default:
		if form, kind, ok := pollType(e.Type); ok {
			return parsePoll(form, kind, e.Content)
		}
		return refuseType(e.Type)
	}
	if len(e.Content) > maxContentIn {
		return unsupported("too_long")
	}
	valid := json.Valid(e.Content)
	switch {
	case e.Type == "m.room.redaction":
		return parseRedaction(e, valid)
	case !valid:
		return unsupported("unknown")
	case e.Type == "m.reaction":
		return parseReaction(e.Content)
	case e.Type == "m.sticker":
		return parseSticker(e.Content)
	}
	return parseMessage(e.Content)
}

// refuseType says whether the sender of a type that is not carried is told.
func refuseType(t string) (*Message, error) {
	switch t {
	case "m.call.invite", "m.call.notify", "org.matrix.msc4075.call.notify",
		"m.rtc.notification", "org.matrix.msc4075.rtc.notification":
		return unsupported("call")
	case "m.location", "m.beacon", "org.matrix.msc3672.beacon":
		return unsupported("location")
	case "m.key.verification.request":
		return unsupported("verification")
	case "m.receipt", "m.fully_read", "m.typing", "m.presence":
		return ignored()
	}
	// What follows a call or a verification that was refused already,
	// what the machine could not open, and state by a sender who left out its
	// key: a line about each would be noise.
	for _, prefix := range []string{"m.call.", "m.rtc.", "org.matrix.msc3401.", "org.matrix.msc4143.", "org.matrix.msc4310.", "io.element.call.",
		"m.key.", "m.room."} {
		if strings.HasPrefix(t, prefix) {
			return ignored()
		}
	}
	return unsupported("unknown")
}

// parseMessage reads a content of m.room.message.
func parseMessage(content json.RawMessage) (*Message, error) {
	f, ok := decode(content)
	if !ok {
		return unsupported("unknown")
	}
	if len(f) == 0 {
		return ignored() // what a redaction leaves
	}
	relation := parseRelation(f.get("m.relates_to"))
	if relation.Kind == Annotation {
		relation = Relation{} // only a reaction has a key, for only there it was looked at
	}
	if relation.Kind != Replace {
		m, err := parseContent(f)
		if err != nil {
			return nil, err
		}
		m.Relation = relation
		return m, nil
	}
	inner, ok := decode(f.get("m.new_content"))
	if !ok || len(inner) == 0 {
		return unsupported("unknown")
	}
	m, err := parseContent(explained(inner, f))
	if err != nil {
		return nil, err
	}
	return &Message{Kind: m.Kind, Body: m.Body, Mentions: parseMentions(f.get("m.mentions")), Relation: relation, New: m}, nil
}

// parseText reads the text of a message, or of the new content of an edit.
func parseText(f fields) (*Message, error) {
	kind, err := textKind(f.text("msgtype"))
	if err != nil {
		return nil, err
	}
	if f.get("org.matrix.msc4391.command") != nil {
		return unsupported("unknown") // a command to a bot that is not here
	}
	return parseWords(f, kind)
}

// parseWords reads the words of a text, or of a caption.
func parseWords(f fields, kind Kind) (*Message, error) {
	body, ok := f.str("body")
	if !ok {
		return unsupported("unknown")
	}
	m := &Message{Kind: kind}
	var pills []string
	quoted := false
	if f.text("format") == htmlFormat {
		m.HTML, pills, quoted = parseHTML(f.text("formatted_body"))
	}
	if m.HTML != nil {
		m.Body = plain(m.HTML, nil)
	} else {
		for _, key := range profileKeys() {
			body = trimProfile(f.get(key), clean(body))
		}
		m.Body = strings.TrimSpace(trimReply(body, quoted, answers(f)))
	}
	if m.Body == "" {
		return unsupported("empty")
	}
	if len(m.Body) > maxBody {
		return unsupported("too_long")
	}
	if raw := f.get("m.mentions"); raw != nil {
		m.Mentions = parseMentions(raw)
	} else {
		m.Mentions = pills
	}
	if m.HTML != nil && !structured(m.HTML) && !suspicious(m.Body) {
		m.HTML = nil // nothing that the body does not say
	}
	return m, nil
}

// textKind gives the kind of a msgtype that is carried.
func textKind(msgtype string) (Kind, error) {
	switch msgtype {
	case "m.text":
		return Text, nil
	case "m.emote":
		return Emote, nil
	case "m.notice":
		return Notice, nil
	case "m.location":
		return 0, &Unsupported{What: "location"}
	case "m.key.verification.request":
		return 0, &Unsupported{What: "verification"}
	case "m.gallery", "dm.filament.gallery":
		return 0, &Unsupported{What: Gallery}
	}
	return 0, &Unsupported{What: "unknown"}
}

// parseReaction reads an emoji. Anything else that a key may hold (words, the
// address of a picture) is dropped. Keycaps are read, since they tap the
// numbers of a menu, but [Render] does not carry them.
func parseReaction(content json.RawMessage) (*Message, error) {
	f, _ := decode(content)
	relation := parseRelation(f.get("m.relates_to"))
	if relation.Kind != Annotation {
		return ignored()
	}
	key, ok := emoji(relation.Key)
	if !ok {
		return ignored()
	}
	return &Message{Kind: Reaction, Relation: Relation{Kind: Annotation, Event: relation.Event, Key: key}}, nil
}

// parseRedaction reads which event is to go; why is not carried on.
func parseRedaction(e Event, valid bool) (*Message, error) {
	target := e.Redacts
	if target == "" && valid {
		f, _ := decode(e.Content)
		target = f.text("redacts") // since room version 11
	}
	if !eventID(target) {
		return ignored()
	}
	return &Message{Kind: Redaction, Relation: Relation{Kind: Redacts, Event: target}}, nil
}

// parseRelation reads m.relates_to. What is not understood is no relation.
func parseRelation(raw json.RawMessage) Relation {
	f, ok := decode(raw)
	if !ok {
		return Relation{}
	}
	target, kind := f.text("event_id"), f.text("rel_type")
	var reply string
	if inner, ok := decode(f.get("m.in_reply_to")); ok {
		reply = inner.text("event_id")
	}
	if !eventID(reply) {
		reply = ""
	}
	if eventID(target) {
		switch kind {
		case "m.replace":
			return Relation{Kind: Replace, Event: target}
		case "m.annotation":
			return Relation{Kind: Annotation, Event: target, Key: f.text("key")}
		case "m.thread", "io.element.thread":
			if string(f.get("is_falling_back")) == "true" {
				reply = ""
			}
			return Relation{Kind: Thread, Event: target, Reply: reply}
		}
	}
	if reply != "" {
		return Relation{Kind: Reply, Event: reply}
	}
	return Relation{}
}

// parseMentions reads m.mentions. Mentioning the whole room is not carried: it
// would override how people chose to be notified.
func parseMentions(raw json.RawMessage) []string {
	f, _ := decode(raw)
	var listed []any
	if json.Unmarshal(f.get("user_ids"), &listed) != nil {
		return nil
	}
	var users []string
	for _, one := range listed[:min(len(listed), maxMentions)] {
		if user, ok := one.(string); ok && userID(user) {
			users = append(users, user)
		}
	}
	return users
}

// namedQuote begins with who is quoted.
var namedQuote = regexp.MustCompile(`^> (\* )?<[^>\n]+>`)

// trimReply takes off the quote that clients before Matrix 1.13 put before an
// answer: lines of "> ", the first of which names the person quoted. A quote
// that somebody typed has no name; it is taken for a fallback only where the
// formatted body had one. In an answer the name may be the one that somebody shows.
func trimReply(body string, quoted, answer bool) string {
	id := strings.HasPrefix(body, "> <@") || strings.HasPrefix(body, "> * <@")
	if !id && (!quoted || !strings.HasPrefix(body, "> ")) && (!answer || !namedQuote.MatchString(body)) {
		return body
	}
	for strings.HasPrefix(body, ">") {
		_, rest, found := strings.Cut(body, "\n")
		if !found {
			return ""
		}
		body = rest
	}
	return body
}

// explained gives the new content of an edit what only the content around it may
// say: whose name stands before the words. Whether it answers something is said
// nowhere in an edit, so that a quote with a name is taken for a fallback.
func explained(inner, outer fields) fields {
	for _, key := range profileKeys() {
		if raw := outer.get(key); raw != nil && inner.get(key) == nil {
			inner = append(inner, field{key, raw})
		}
	}
	if inner.get("m.relates_to") == nil {
		inner = append(inner, field{"m.relates_to", json.RawMessage(`{"m.in_reply_to":{}}`)})
	}
	return inner
}

// profileKeys are the names of per-message profiles (MSC4144).
func profileKeys() []string {
	return []string{"com.beeper.per_message_profile", "m.per_message_profile"}
}

// answers says whether a content says that it answers something.
func answers(f fields) bool {
	relation, _ := decode(f.get("m.relates_to"))
	return relation.get("m.in_reply_to") != nil
}

// trimProfile takes off the name that MSC4144 clients put before the text for
// clients that do not know per-message profiles.
func trimProfile(raw json.RawMessage, body string) string {
	if raw == nil {
		return body
	}
	f, _ := decode(raw)
	if name := f.text("displayname"); name != "" {
		return strings.TrimPrefix(body, clean(name)+": ")
	}
	return body
}

// eventID says whether s has the form of an event ID.
func eventID(s string) bool {
	return len(s) > 1 && len(s) <= maxEventID && s[0] == '$' && !strings.ContainsAny(s, " \t\r\n")
}
