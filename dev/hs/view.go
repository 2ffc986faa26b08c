package hs

import (
	"slices"
	"strings"
)

// Message is one message as a person's client shows it in the end: the latest
// edit of it, with the reactions that are left. Redacted messages are not shown.
type Message struct {
	Event     string
	Sender    string
	Kind      string // msgtype, or the event's type
	Body      string // without the quotation of old clients
	HTML      string
	ReplyTo   string
	Edited    bool
	Reactions []Reaction
}

// Reaction is one user's emoji on a message.
type Reaction struct{ Key, Sender, Event string }

// View is what the person sees of a room in the end, in order.
func (p *Person) View(room string) []Message { return View(p.Timeline(room)) }

// View applies edits, reactions and redactions to events as a client does:
// only the sender may edit, and an edit of a reply keeps what it answers.
func View(events []Event) []Message {
	var out []Message
	at := map[string]int{}
	for _, ev := range events {
		if ev.Redacted != "" || ev.StateKey != nil {
			continue
		}
		rel, _ := ev.Content["m.relates_to"].(map[string]any)
		target := text(rel["event_id"])
		switch i, known := at[target]; {
		case ev.Type == "m.reaction":
			if known {
				out[i].Reactions = append(out[i].Reactions, Reaction{text(rel["key"]), ev.Sender, ev.ID})
			}
		case rel["rel_type"] == "m.replace":
			if known && out[i].Sender == ev.Sender {
				edit(&out[i], ev)
			}
		case ev.Type == "m.room.message" || ev.Type == "m.room.encrypted":
			at[ev.ID] = len(out)
			out = append(out, message(ev, rel))
		}
	}
	for i := range out {
		slices.SortFunc(out[i].Reactions, func(a, b Reaction) int {
			return strings.Compare(a.Key+a.Sender, b.Key+b.Sender)
		})
	}
	return out
}

func message(ev Event, rel map[string]any) Message {
	m := Message{Event: ev.ID, Sender: ev.Sender, Kind: text(ev.Content["msgtype"]), Body: text(ev.Content["body"]),
		HTML: text(ev.Content["formatted_body"])}
	if m.Kind == "" {
		m.Kind = ev.Type
	}
	if to, ok := rel["m.in_reply_to"].(map[string]any); ok {
		m.ReplyTo = text(to["event_id"])
		m.Body = withoutQuote(m.Body)
	}
	return m
}

// withoutQuote takes the quotation away that old clients put before an answer.
func withoutQuote(body string) string {
	if _, rest, ok := strings.Cut(body, "\n\n"); ok && strings.HasPrefix(body, "> <") {
		return rest
	}
	return body
}

func edit(m *Message, ev Event) {
	content, _ := ev.Content["m.new_content"].(map[string]any)
	if content == nil {
		return
	}
	m.Body, m.HTML, m.Edited = text(content["body"]), text(content["formatted_body"]), true
	if kind := text(content["msgtype"]); kind != "" {
		m.Kind = kind
	}
}

// Deactivated says whether a user's account was ended, and their name.
func (s *Server) Deactivated(user string) (ended bool, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[user]; u != nil {
		return u.ended, u.name
	}
	return false, ""
}
