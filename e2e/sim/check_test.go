package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"silta/dev/hs"
	"silta/e2e/inside"
	"silta/mentoring"
	"silta/store"
)

// leg is one participant's room as the store knows it.
type leg struct {
	room  string
	who   *actor
	ghost string // of that participant, in the other legs
}

// talks reads which legs belong together.
func (w *world) talks() ([][]leg, error) {
	var out [][]leg
	err := w.alive().Store.Read(w.ctx, func(tx *store.Tx) error {
		out = nil
		rooms, err := tx.Rooms(store.RoomLeg)
		if err != nil {
			return err
		}
		seen := map[mentoring.ConversationID]bool{}
		for _, room := range rooms {
			if seen[room.Conversation] {
				continue
			}
			seen[room.Conversation] = true
			legs, err := w.legsOf(tx, room.Conversation)
			if err != nil {
				return err
			}
			out = append(out, legs)
		}
		return nil
	})
	return out, err
}

func (w *world) legsOf(tx *store.Tx, id mentoring.ConversationID) ([]leg, error) {
	c, err := tx.Conversation(id)
	if err != nil {
		return nil, err
	}
	rooms, err := tx.LegsOf(id)
	if err != nil {
		return nil, err
	}
	var legs []leg
	for _, room := range rooms {
		p := c.ByNumber(room.Number)
		m, err := tx.Member(p.Member)
		if err != nil {
			return nil, err
		}
		l := leg{room: room.Matrix}
		for _, a := range w.actors {
			if a.ID == m.Address {
				l.who = a
			}
		}
		g, err := tx.Ghost(p.ID)
		if err == nil {
			l.ghost = "@" + g.Localpart + ":" + inside.Domain
		} else if !errors.Is(err, mentoring.ErrNotFound) {
			return nil, err
		}
		legs = append(legs, l)
	}
	return legs, nil
}

// check compares everything with everything and reports what must not be.
func (w *world) check() {
	talks, err := w.talks()
	if err != nil {
		w.t.Errorf("read the conversations: %v", err)
		return
	}
	if len(talks) != w.plan.mentees {
		w.wrong("%d conversations, want %d", len(talks), w.plan.mentees)
	}
	home := map[string]int{} // room → conversation
	for i, legs := range talks {
		for _, from := range legs {
			home[from.room] = i
			for _, to := range legs {
				if from.room != to.room {
					w.compare(from, to)
				}
			}
		}
	}
	for _, room := range w.hs.Rooms() {
		w.checkRoom(room, home)
	}
	w.checkPeople()
}

func (w *world) wrong(format string, args ...any) {
	w.t.Errorf("seed %d: %s", w.plan.seed, fmt.Sprintf(format, args...))
}

// compare holds what one person said in their leg against what their ghost said
// in another.
func (w *world) compare(from, to leg) {
	said, heard := hs.View(w.hs.Events(from.room)), hs.View(w.hs.Events(to.room))
	var want, got []string
	for _, m := range said {
		if m.Sender == from.who.ID && !w.tokens[tokenOf(m.Body)].late {
			want = append(want, m.Body)
		}
	}
	times := map[string]int{}
	for _, m := range heard {
		if m.Sender == from.ghost && !isPollText(m) {
			if !w.tokens[tokenOf(m.Body)].late {
				got = append(got, m.Body)
			}
			if times[tokenOf(m.Body)]++; times[tokenOf(m.Body)] > 1 {
				w.wrong("%s came twice", m.Body)
			}
		}
	}
	if !slices.Equal(want, got) {
		w.wrong("%s said (in the end)\n  %q\nand %s has heard\n  %q", from.who.alias, want, to.who.alias, got)
	}
	w.compareReplies(from, said, to, heard)
	w.compareHeld(from, said, to, heard)
	if want, got := w.reactions(said, from.who.ID), w.reactions(heard, from.ghost); !slices.Equal(want, got) {
		w.wrong("%s has reacted\n  %q\nand %s sees\n  %q", from.who.alias, want, to.who.alias, got)
	}
	w.comparePolls(from, to)
	w.goneIsGone(from, to)
}

func (w *world) reactions(view []hs.Message, by string) []string {
	var out []string
	for _, m := range view {
		if t := w.tokens[tokenOf(m.Body)]; t != nil && len(t.versions) > 0 {
			continue // it may have been dropped, and they with it
		}
		for _, r := range m.Reactions {
			if r.Sender == by && m.Sender != inside.Bot {
				out = append(out, tokenOf(m.Body)+" "+strings.TrimSuffix(r.Key, "\ufe0f"))
			}
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) compareReplies(from leg, said []hs.Message, to leg, heard []hs.Message) {
	answers := func(view []hs.Message, by string) map[string]string {
		tokens, out := map[string]string{}, map[string]string{}
		for _, m := range view {
			tokens[m.Event] = tokenOf(m.Body)
		}
		for _, m := range view {
			if m.Sender == by && m.ReplyTo != "" {
				out[tokenOf(m.Body)] = tokens[m.ReplyTo] // "" if that has been taken back
			}
		}
		return out
	}
	want, got := answers(said, from.who.ID), answers(heard, from.ghost)
	for message, target := range want {
		if w.dropped(message, heard) || w.dropped(target, heard) {
			continue
		}
		if target != "" && got[message] != target {
			w.wrong("%s answers %s, but for %s it answers %q", message, target, to.who.alias, got[message])
		}
	}
}

// goneIsGone: what was taken back can be read nowhere, not even in an edit that
// no client shows any more.
func (w *world) goneIsGone(from, to leg) {
	gone := map[string]bool{}
	for _, ev := range w.hs.Events(from.room) {
		if ev.Sender != from.who.ID || ev.Redacted == "" {
			continue
		}
		for name, t := range w.tokens {
			if t.room == from.room && !w.shown(from.room, name) {
				gone[name] = true
			}
		}
	}
	for _, ev := range w.hs.Events(to.room) {
		for name := range gone {
			if ev.Sender == from.ghost && ev.Redacted == "" && strings.Contains(text(ev.Content), name+" ") {
				w.wrong("%s was taken back, and %s can still read it in %s", name, to.who.alias, text(ev.Content))
			}
		}
	}
}

// shown says whether a message is still there in the room it was written in.
func (w *world) shown(room, name string) bool {
	for _, m := range hs.View(w.hs.Events(room)) {
		if tokenOf(m.Body) == name {
			return true
		}
	}
	return w.asked(room, name)
}

func text(content map[string]any) string {
	raw, err := json.Marshal(content)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// checkRoom looks at every event of ours in a room for what must not be there.
func (w *world) checkRoom(room string, home map[string]int) {
	events := w.hs.Events(room)
	conversation, isLeg := home[room]
	owner := w.owner(events)
	last := ""
	for _, ev := range events {
		if !w.hs.Ours(ev.Sender) {
			continue
		}
		raw := text(ev.Content)
		if strings.Contains(raw, "FORGED") {
			w.wrong("a forged event was relayed: %s", raw)
		}
		for _, other := range append(w.actors, w.staff) {
			if name := strings.TrimPrefix(strings.Split(other.ID, ":")[0], "@"); other.ID != owner && isLeg && strings.Contains(raw+stateKey(ev), name) {
				w.wrong("%s can be read in another's leg: %s %s", other.ID, ev.Type, raw)
			}
		}
		for name, t := range w.tokens {
			if strings.Contains(raw, name+" ") && (!isLeg || home[t.room] != conversation) {
				w.wrong("%s was said in %s and came to %s", name, t.room, room)
			}
		}
		for _, id := range eventIDs(raw) {
			if known, ok := w.hs.Event(id); !ok || known.Room != room {
				w.wrong("an event of another room is named in %s: %s", room, raw)
			}
		}
		// Edits of a message that was taken back before the bridge saw it are each refused in the same words.
		body, _ := ev.Content["body"].(string)
		if ev.Sender == inside.Bot && isLeg && body != "" && !strings.HasPrefix(body, "This message can no longer be changed.") && !strings.Contains(body, "answers the poll") && !ofGuard(body) {
			if body == last {
				w.wrong("the bot said twice in a leg: %s\n%s", body, w.history(room))
			}
			last = body
		}
	}
	if events[0].Sender == inside.Bot {
		w.checkInvitations(room, owner, events)
	}
}

// history is what happened in a room, a line an event.
func (w *world) history(room string) string {
	var out strings.Builder
	for _, ev := range w.hs.Events(room) {
		who := "ghost"
		for _, a := range w.actors {
			if ev.Sender == a.ID {
				who = a.alias
			}
		}
		if ev.Sender == inside.Bot {
			who = "bot"
		}
		fmt.Fprintf(&out, "    %s %s %s %s %.200s redacted=%t redacts=%.9s\n", time.UnixMilli(ev.Time).UTC().Format(time.TimeOnly), ev.ID[:9], who, ev.Type,
			text(ev.Content), ev.Redacted != "", ev.Redacts)
	}
	return out.String()
}

func stateKey(ev hs.Event) string {
	if ev.StateKey == nil {
		return ""
	}
	return *ev.StateKey
}

// eventIDs finds what looks like an event ID in a content.
func eventIDs(raw string) []string {
	var out []string
	for i := 0; i < len(raw); i++ {
		if raw[i] != '$' || i+44 > len(raw) {
			continue
		}
		if id := raw[i : i+44]; !strings.ContainsAny(id[1:], `"\ ,{}:`) {
			out = append(out, id)
		}
	}
	return out
}

// owner is the one person of a room of the bot's.
func (w *world) owner(events []hs.Event) string {
	for _, ev := range events {
		if ev.Type == "m.room.member" && ev.StateKey != nil && !w.hs.Ours(*ev.StateKey) {
			return *ev.StateKey
		}
	}
	return ""
}

// checkInvitations: one for the first time, one for each coming back.
func (w *world) checkInvitations(room, owner string, events []hs.Event) {
	invitations, leavings := 0, 0
	for _, ev := range events {
		if ev.Type != "m.room.member" || ev.StateKey == nil || *ev.StateKey != owner {
			continue
		}
		switch ev.Content["membership"] {
		case "invite":
			invitations++
		case "leave":
			leavings++
		}
	}
	if owner != "" && invitations > 1+leavings {
		w.wrong("%s was invited %d times to %s and left it %d times", owner, invitations, room, leavings)
	}
	err := w.alive().Store.Read(w.ctx, func(tx *store.Tx) error {
		_, err := tx.RoomByMatrix(room)
		return err
	})
	if err != nil {
		w.wrong("the bot made a room that it does not know: %v", err)
	}
}

// checkPeople: one room of one's own, one leg a conversation, one greeting.
func (w *world) checkPeople() {
	for _, a := range w.actors {
		own, legs := 0, 0
		for _, room := range append(a.Rooms("join"), a.Rooms("invite")...) {
			switch {
			case w.hs.Events(room)[0].Sender != inside.Bot:
			case w.isLeg(room):
				legs++
			default:
				own++
			}
		}
		if own != 1 {
			w.wrong("%s has %d rooms with the bot", a.alias, own)
		}
		if !a.mentor && legs != 1 {
			w.wrong("%s has %d legs, want 1", a.alias, legs)
		}
		if a.elsewhere == "" {
			continue
		}
		greetings := 0
		for _, ev := range w.hs.Events(a.elsewhere) {
			if ev.Sender == inside.Bot && ev.Type == "m.room.message" {
				greetings++
			}
		}
		if greetings != 1 {
			w.wrong("%s was greeted %d times", a.alias, greetings)
		}
	}
}
