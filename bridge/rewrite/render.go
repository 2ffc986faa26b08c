package rewrite

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Person is one participant of a conversation. Real is their user ID, seen in
// their own room only; Ghost stands for them in all others, and may be empty
// while there is none yet.
type Person struct{ Real, Ghost, Alias string }

// View is a conversation as one viewer's room must show it.
type View struct {
	From   Person // whose message it is
	Viewer Person // who is to see it
	Others []Person
	// Redacted is the word that stands for an identifier of nobody here, in the
	// viewer's language. Empty: a sign that needs none.
	Redacted string
}

// person counts From as -2 and Viewer as -1.
func (v *View) person(i int) *Person {
	switch i {
	case -2:
		return &v.From
	case -1:
		return &v.Viewer
	}
	return &v.Others[i]
}

// of finds a person by either of their IDs; nil when it is nobody here.
func (v *View) of(user string) *Person {
	for i := -2; i < len(v.Others); i++ {
		if p := v.person(i); user != "" && (p.Real == user || p.Ghost == user) {
			return p
		}
	}
	return nil
}

// Content is the content of an event to be sent. Marshalled it is the same for
// the same message and view.
type Content map[string]any

// Limits of what is sent. An encrypted event may have 64 KiB and encryption
// adds a third, so a whole content must stay below 48,000 bytes.
const (
	maxText     = 34000 // JSON bytes of body and formatted body
	maxFallback = 1000  // bytes of the old-style body before an edit, and of its HTML
)

// Render gives the event that shows m to the viewer, without its relation (see
// [Relate]). An edit comes with its fallback and m.new_content; rendering
// m.New gives the new text alone. The content of a redaction is empty.
//
// The errors are those of [Parse]: *[Unsupported] (too_long, empty) once
// everything has its last form, *[Ignored] for a reaction that could spell.
func Render(m *Message, v View) (eventType string, content Content, err error) {
	switch m.Kind {
	case Redaction:
		return "m.room.redaction", Content{}, nil
	case Reaction:
		if spells(m.Relation.Key) {
			return "", nil, &Ignored{}
		}
		return "m.reaction", Content{}, nil
	case PollStart:
		if m.New == nil {
			content, err = renderPoll(m, &v)
		} else if content, err = renderPoll(m.New, &v); err == nil {
			content = editedPoll(content)
		}
		return unstableForm().start, content, err
	case PollVote, PollEnd: // see Ballot: their form depends on the room
		return "", nil, &Ignored{}
	}
	if m.New == nil {
		content, err = renderContent(m, &v)
	} else if content, err = renderContent(m.New, &v); err == nil {
		content = edited(content, mentions(m.Mentions, &v))
	}
	if err != nil {
		return "", nil, err
	}
	return "m.room.message", content, nil
}

// renderContent builds the content of a text, or of what surrounds a file.
func renderContent(m *Message, v *View) (Content, error) {
	if m.Media != nil {
		return renderMedia(m, v)
	}
	return renderText(m, v)
}

// renderText builds the content of a text.
func renderText(m *Message, v *View) (Content, error) {
	body, rich := m.Body, ""
	if m.HTML != nil || suspicious(body) {
		r := newRedactor(v)
		if m.HTML == nil {
			body = r.text(body)
		} else {
			body, rich = richText(m.HTML, r)
		}
		body = strings.TrimSpace(body)
	}
	size := jsonSize(body)
	switch {
	case body == "":
		return nil, &Unsupported{What: "empty"}
	case size > maxText:
		return nil, &Unsupported{What: "too_long"}
	}
	content := Content{"msgtype": msgtype(m.Kind), "body": body, "m.mentions": mentions(m.Mentions, v)}
	if rich != "" && size+jsonSize(rich) <= maxText {
		content["format"] = htmlFormat
		content["formatted_body"] = rich
	}
	if mayLink(body) {
		// MSC4095: a list of previews, empty: do not fetch any.
		content["com.beeper.linkpreviews"] = []any{}
	}
	return content, nil
}

// richText gives formatted text as body and formatted body. The latter is ""
// when there is nothing to format, or when an identifier runs through several
// pieces of it: then the words alone must do.
func richText(nodes []Node, r *redactor) (body, rich string) {
	w := htmlWriter{name: r.name, redact: r.text}
	w.nodes(nodes)
	apart := r.replaced
	body = r.text(plain(nodes, r.name))
	// What was an identifier in its own piece may not look like one when it
	// touches the next piece.
	for _, one := range apart {
		body = strings.ReplaceAll(body, one.id, one.name)
	}
	if !formatted(nodes) || !w.whole(r, "\n") || !w.whole(r, "") {
		return body, ""
	}
	return body, w.b.String()
}

// whole says whether every identifier was inside of one piece of text, where it
// has been replaced. Blocks are looked at as lines apart, and as if they were
// one line.
func (w *htmlWriter) whole(r *redactor, between string) bool {
	after := strings.ReplaceAll(w.after.String(), boundary, between)
	return r.text(strings.ReplaceAll(w.before.String(), boundary, between)) == after && !r.finds(after)
}

// name is what to call the person that a mention is of.
func (r *redactor) name(user string) string {
	for _, a := range r.known {
		if a.id == user {
			return a.name
		}
	}
	return r.word
}

func msgtype(k Kind) string {
	switch k {
	case Emote:
		return "m.emote"
	case Notice:
		return "m.notice"
	}
	return "m.text"
}

// mentions gives m.mentions: the viewer by their real ID, since this is their
// own room, all others by their ghosts. It is written also when empty: then
// clients do not search the text for names.
func mentions(users []string, v *View) map[string]any {
	var ids []string
	for _, user := range users {
		p := v.of(user)
		if p == nil {
			continue
		}
		id := p.Ghost
		if p.Real == v.Viewer.Real {
			id = p.Real
		}
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return map[string]any{}
	}
	return map[string]any{"user_ids": ids}
}

// Relate points a rendered content to another event of the viewer's room:
// target stands for rel.Event, threadReply for rel.Reply ("" where the viewer
// has no such event). The content itself is not changed.
//
// Where the target is missing, a reply and a message of a thread go without
// relation; an edit and a reaction are nothing without it, and nil is returned.
// A redaction names its target in the request, not in the content.
func Relate(content Content, rel Relation, target, threadReply string) Content {
	out := maps.Clone(content)
	switch rel.Kind {
	case Reply:
		relate(out, replyTo(target))
	case Thread:
		relate(out, inThread(target, threadReply))
	case Replace:
		if target == "" {
			return nil
		}
		if out["m.new_content"] == nil {
			out = edited(out, map[string]any{})
		}
		relate(out, map[string]any{"rel_type": "m.replace", "event_id": target})
	case Reference:
		if target == "" {
			return nil
		}
		relate(out, map[string]any{"rel_type": "m.reference", "event_id": target})
	case Annotation:
		if target == "" {
			return nil
		}
		relate(out, map[string]any{"rel_type": "m.annotation", "event_id": target, "key": rel.Key})
	}
	return out
}

func relate(content Content, relation map[string]any) {
	if relation != nil {
		content["m.relates_to"] = relation
	}
}

func replyTo(target string) map[string]any {
	if target == "" {
		return nil
	}
	return map[string]any{"m.in_reply_to": map[string]any{"event_id": target}}
}

// inThread is a thread's relation. One that answers nothing in particular
// carries a fallback for clients without threads: an answer to the root.
func inThread(root, reply string) map[string]any {
	if root == "" {
		return replyTo(reply)
	}
	to := reply
	if to == "" {
		to = root
	}
	relation := replyTo(to)
	relation["rel_type"] = "m.thread"
	relation["event_id"] = root
	relation["is_falling_back"] = reply == ""
	return relation
}

// edited wraps a content into the edit that puts it in place of another. The
// part for clients that do not know edits is cut short: the whole is inside.
func edited(content Content, mentions map[string]any) Content {
	body, _ := content["body"].(string)
	out := Content{
		"msgtype": content["msgtype"], "body": "* " + shortened(body, maxFallback),
		"m.mentions": mentions, "m.new_content": content,
	}
	if body == "" {
		out["body"] = "" // a file without a caption; Attach names it
	}
	if rich, ok := content["formatted_body"].(string); ok && len(rich) <= maxFallback {
		out["format"] = htmlFormat
		out["formatted_body"] = "* " + rich
	}
	if previews, ok := content["com.beeper.linkpreviews"]; ok {
		out["com.beeper.linkpreviews"] = previews
	}
	return out
}

// shortened cuts a text between characters.
func shortened(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// mayLink says whether a client could find an address in a text.
func mayLink(s string) bool {
	for i := 1; i+1 < len(s); i++ {
		if s[i] == '.' && !space(s[i-1]) && s[i-1] != '.' && (alphanumeric(s[i+1]) || s[i+1] >= utf8.RuneSelf) ||
			s[i] == ':' && s[i+1] == '/' {
			return true
		}
	}
	return false
}

// jsonSize is the length of s in JSON as encoding/json writes it.
func jsonSize(s string) int {
	n := len(s) + 2
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '<', '>', '&':
			n += 5
		case '"', '\\', '\n', '\t':
			n++
		}
	}
	return n
}
