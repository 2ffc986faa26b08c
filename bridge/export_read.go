package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/bridge/machine"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// legReader reads one conversation back, as one participant saw it.
//
// In a leg there are the participant's own events and the ghosts' copies, which
// nobody but the participant's own devices can read: a ghost's keys are for them
// alone. So of a copy only that it is there, and when, is taken from the leg;
// what it says is read from its source in its author's leg and built anew for
// this viewer, as it was when it was sent. In the author's leg the contact guard
// may have left something out; whatever it would find is left out here.
type legReader struct {
	b        *Bridge
	c        *mentoring.Conversation
	me       *mentoring.Participant
	address  string
	language mentoring.Language
	rooms    map[int]string // legs, by participant number
	people   map[int]rewrite.Person
	redacted string
	hidden   string       // stands where the guard finds something
	guarded  map[int]bool // whose words the guard looks at
	before   time.Time    // nothing can be read that is older

	entries map[string]*takenMessage // by source
	inLeg   map[string]*takenMessage // by event in the leg
	out     *takenChat
}

// takeChat reads one conversation; nil when the person was never in its room.
// names are the addresses that what is read must not have.
func (b *Bridge) takeChat(ctx context.Context, m mentoring.Member, c *mentoring.Conversation) (chat *takenChat, names []string, err error) {
	r, err := b.legReader(ctx, m, c)
	if err != nil || r == nil {
		return nil, nil, err
	}
	for _, p := range r.people {
		names = append(names, p.Real, p.Ghost)
	}
	events, err := r.events(ctx, r.rooms[r.me.Number])
	if err != nil {
		if isRefused(err) {
			return nil, names, nil // the room is lost
		}
		return nil, names, err
	}
	copies, err := r.copiesAmong(ctx, events)
	if err != nil {
		return nil, names, err
	}
	sources, err := r.sources(ctx, copies)
	if err != nil {
		return nil, names, err
	}
	for _, w := range events {
		from, source := r.me, w
		if original, isCopy := copies[w.ID]; isCopy {
			var there bool
			if source, there = sources[original.Source]; !there {
				continue // taken back there
			}
			from = c.ByNumber(original.Author)
		} else if w.Sender != r.address {
			continue // the bot, or somebody who should not be here
		}
		if err = r.take(ctx, w, source, from); err != nil {
			return nil, names, err
		}
	}
	return r.out, names, nil
}

// legReader gathers what reading needs; nil when there is nothing to read.
func (b *Bridge) legReader(ctx context.Context, m mentoring.Member, c *mentoring.Conversation) (r *legReader, err error) {
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		r = &legReader{
			b: b, c: c, me: c.ByMember(m.ID), address: m.Address, language: m.Language, rooms: map[int]string{}, guarded: map[int]bool{},
			entries: map[string]*takenMessage{}, inLeg: map[string]*takenMessage{},
		}
		if r.me == nil {
			r = nil
			return nil
		}
		s := b.newStep(tx, nil)
		if r.people, err = s.people(c); err != nil {
			return err
		}
		if r.redacted, err = s.redactedWord(r.me); err != nil {
			return err
		}
		legs, err := tx.LegsOf(c.ID)
		for _, leg := range legs {
			r.rooms[leg.Number] = leg.Matrix
		}
		return err
	})
	if err != nil || r == nil || r.rooms[r.me.Number] == "" {
		return nil, err
	}
	rules := b.rules()
	for _, p := range c.Participants {
		r.guarded[p.Number] = b.guard != nil && rules.Programme(c.Programme).GuardOf(p.Role) != mentoring.GuardOff
	}
	r.hidden = b.bot.Render(m.Language, mentoring.T("guard.word"))
	if b.machines != nil {
		r.before = b.now().Add(-rules.KeysKept)
	}
	r.out = &takenChat{You: r.me.Alias, With: c.Aliases(r.me.ID), Kind: string(c.Kind), Began: c.Created.UTC(), Ended: c.Ended.UTC(), Messages: []*takenMessage{}}
	return r, nil
}

// events reads a leg as the bot, the oldest event first.
func (r *legReader) events(ctx context.Context, room string) ([]wire, error) {
	all, err := r.b.timeline(ctx, room, r.before)
	slices.Reverse(all)
	return all, err
}

// copiesAmong finds the messages that the ghosts' events in the leg are copies
// of, by event; a poll's text is left out where the poll is there, too.
func (r *legReader) copiesAmong(ctx context.Context, events []wire) (map[string]store.Message, error) {
	var copies map[string]store.Message
	err := r.b.store.Write(ctx, func(tx *store.Tx) error {
		copies = map[string]store.Message{}
		s := r.b.newStep(tx, nil)
		for _, w := range events {
			if !r.b.isOurs(w.Sender) || w.Sender == string(r.b.botID) {
				continue
			}
			m, err := tx.Message(r.c.ID, r.me.Number, w.ID)
			if errors.Is(err, mentoring.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			source := m.Source
			if m, err = s.pollOfText(m); err != nil {
				if err = notFoundIsFine(err); err != nil {
					return err
				}
				continue
			}
			if m.Source == source {
				copies[w.ID] = *m
			}
		}
		return nil
	})
	return copies, err
}

// sources reads the legs of those whose copies there are, by event.
func (r *legReader) sources(ctx context.Context, copies map[string]store.Message) (map[string]wire, error) {
	found := map[string]wire{}
	read := map[int]bool{}
	for _, m := range copies {
		author := r.c.ByNumber(m.Author)
		if author == nil || read[m.Author] || r.rooms[m.Author] == "" {
			continue
		}
		read[m.Author] = true
		events, err := r.events(ctx, r.rooms[m.Author])
		if err != nil && !isRefused(err) {
			return nil, err
		}
		for _, w := range events {
			if w.Sender == r.people[m.Author].Real {
				found[w.ID] = w
			}
		}
	}
	return found, nil
}

// take adds one event to what is taken along. w is where it stands in the leg,
// source what it says.
func (r *legReader) take(ctx context.Context, w, source wire, from *mentoring.Participant) error {
	m, err := r.read(ctx, source)
	var noKey *machine.NoKeyError
	switch {
	case errors.As(err, &noKey):
		r.out.Unreadable++
		return nil
	case err != nil || m == nil:
		return err
	}
	switch m.Kind {
	case rewrite.Reaction:
		to, err := r.target(ctx, m, from)
		if err != nil {
			return err
		}
		if to != nil {
			to.Reactions = append(to.Reactions, takenReaction{From: from.Alias, Reaction: m.Relation.Key})
		}
		return nil
	case rewrite.Redaction, rewrite.PollVote, rewrite.PollEnd:
		return nil
	}
	kind, text, ok := r.text(m, from)
	if !ok {
		return nil
	}
	if m.Relation.Kind == rewrite.Replace {
		if old := r.entries[m.Relation.Event]; old != nil && old.From == from.Alias {
			old.Text, old.Edited = text, true
		}
		return nil
	}
	one := &takenMessage{At: time.UnixMilli(w.Time).UTC(), From: from.Alias, Kind: kind, Text: text}
	r.entries[source.ID], r.inLeg[w.ID] = one, one
	r.out.Messages = append(r.out.Messages, one)
	return nil
}

// target is what a reaction is to: in one's own leg an event of that leg, else
// one of the author's, where it may be a copy.
func (r *legReader) target(ctx context.Context, m *rewrite.Message, from *mentoring.Participant) (found *takenMessage, err error) {
	if from.ID == r.me.ID {
		return r.inLeg[m.Relation.Event], nil
	}
	if own := r.entries[m.Relation.Event]; own != nil {
		return own, nil
	}
	err = r.b.store.Write(ctx, func(tx *store.Tx) error {
		found = nil
		m, err := tx.Message(r.c.ID, from.Number, m.Relation.Event)
		if err == nil {
			found = r.entries[m.Source]
		}
		return notFoundIsFine(err)
	})
	return found, err
}

// read opens an event with the reader's keys. nil: it says nothing that was carried.
func (r *legReader) read(ctx context.Context, w wire) (*rewrite.Message, error) {
	ev := incoming{Event: rewrite.Event{Type: w.Type, Sender: w.Sender, Room: w.Room, ID: w.ID, Content: w.Content}}
	if r.b.machines != nil && w.Type == typeEncrypted {
		plain, err := r.b.machines.Decrypt(ctx, r.b.botID, machine.Envelope{
			Room: id.RoomID(w.Room), Sender: id.UserID(w.Sender), ID: id.EventID(w.ID), Timestamp: w.Time, Content: w.Content,
		})
		if errors.Is(err, machine.ErrForged) || errors.Is(err, machine.ErrCorrupt) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		ev.Type, ev.Content = plain.Type, plain.Content
		if ev.Type == "m.reaction" || ev.Type == typeEncrypted {
			return nil, nil
		}
	} else if r.b.machines != nil && w.Type != "m.reaction" {
		return nil, nil // plain text in an encrypted room was never carried
	}
	ev.parse()
	return ev.Message, nil
}

// kindNames are what kinds are called in what is handed over.
func kindNames() map[rewrite.Kind]string {
	return map[rewrite.Kind]string{
		rewrite.Text: "text", rewrite.Emote: "emote", rewrite.Notice: "notice", rewrite.PollStart: "poll",
		rewrite.Image: "image", rewrite.Voice: "voice", rewrite.Audio: "audio", rewrite.Video: "video", rewrite.File: "file",
	}
}

// text is what a message says, as the viewer's leg shows it.
func (r *legReader) text(m *rewrite.Message, from *mentoring.Participant) (kind, text string, ok bool) {
	shown := *m
	if m.New != nil {
		shown = *m.New
	}
	if m.Kind == rewrite.PollStart {
		shown = *rewrite.PollText(m, "")
	}
	kind = kindNames()[m.Kind]
	if m.Media != nil || m.Kind.IsMedia() {
		shown.Media, shown.Kind = nil, rewrite.Text
		if shown.Body == "" {
			return kind, "", true
		}
	}
	mine := from.ID == r.me.ID
	if !mine && r.b.bot.IsCommand(shown.Body) { // a ready-made text was said with it
		return kind, r.b.bot.Render(r.language, mentoring.T("export.canned")), true
	}
	if text, ok = r.rendered(&shown, from); ok && !mine {
		text = r.withoutContacts(text, from)
	}
	return kind, text, ok
}

// withoutContacts hides in another's words what the guard finds there now: what
// its writer decided then is not known any more.
func (r *legReader) withoutContacts(text string, from *mentoring.Participant) string {
	if r.b.guard == nil || !r.guarded[from.Number] {
		return text
	}
	var parts [][2]int
	for _, f := range r.b.guard.Find(text) {
		name := strings.TrimPrefix(text[f.Start:f.End], "@")
		if f.Kind == mentoring.ContactHandle && slices.ContainsFunc(r.c.Participants, func(p mentoring.Participant) bool {
			return p.Alias != "" && strings.EqualFold(p.Alias, name)
		}) {
			continue
		}
		parts = append(parts, [2]int{f.Start, f.End})
	}
	hidden := rewrite.Message{Kind: rewrite.Text, Body: text}
	return hidden.Hide(parts, r.hidden).Body
}

// rendered is the text of a message as it is built for the viewer, looked at once
// more: it may name nobody at all.
func (r *legReader) rendered(m *rewrite.Message, from *mentoring.Participant) (string, bool) {
	view := rewrite.View{From: r.people[from.Number], Viewer: r.people[r.me.Number], Redacted: r.redacted}
	if from.ID == r.me.ID {
		view.Viewer = rewrite.Person{}
	}
	for _, p := range r.c.Participants {
		if p.ID != from.ID && p.ID != r.me.ID {
			view.Others = append(view.Others, r.people[p.Number])
		}
	}
	m.Mentions, m.Relation, m.New = nil, rewrite.Relation{}, nil
	_, content, err := rewrite.Render(m, view)
	if err != nil {
		return "", false // what could not be sent
	}
	body, _ := content["body"].(string)
	raw, err := json.Marshal(rewrite.Content{"msgtype": "m.text", "body": body, "m.mentions": map[string]any{}})
	if err != nil || rewrite.Check("m.room.message", raw, rewrite.Allowed{}) != nil {
		return r.redacted, true
	}
	return body, true
}
