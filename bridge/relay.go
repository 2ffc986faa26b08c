package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"silta/bot"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// handleLeg relays what a participant does in their leg to all other legs, or
// tells them, and nobody else, why not.
func (s *step) handleLeg(room store.Room) error {
	conversation, err := s.tx.Conversation(room.Conversation)
	if err != nil {
		return err
	}
	from := conversation.ByNumber(room.Number)
	if from == nil {
		return nil
	}
	person, err := s.tx.Member(from.Member)
	if err != nil {
		return err
	}
	if s.ev.Sender != person.Address {
		return nil // a stranger's words; the membership event has them removed
	}
	if refused, err := s.unencrypted(room); refused || err != nil {
		return err
	}
	message := s.ev.Message
	if message == nil {
		return s.refuseKind(room, from, person, s.ev.ParseErr)
	}
	if (message.Kind == rewrite.Text || message.Media != nil) && message.Relation.Kind != rewrite.Replace && s.b.bot.IsCommand(message.Body) {
		if err := s.act.Stir(from.ID); err != nil {
			return err
		}
		about := ""
		if message.Relation.Kind == rewrite.Reply {
			about = message.Relation.Event
		}
		return s.ask(room, bot.Request{Act: s.act, Member: &person, Place: bot.Leg, Participant: from.ID, About: about,
			Input: bot.Input{Kind: bot.Text, Text: message.Body}})
	}
	if done, err := s.answered(room, person, from.ID, message); done || err != nil {
		return err
	}
	if message.Kind == rewrite.Reaction {
		if done, err := s.tapped(room, person, from.ID, message); done || err != nil {
			return err
		}
	}
	if err := s.offerHelp(room, person, from); err != nil {
		return err
	}
	err = s.relay(room, from, message)
	var unsupported *rewrite.Unsupported
	var ignored *rewrite.Ignored
	if errors.As(err, &unsupported) || errors.As(err, &ignored) { // seen only when it was built anew
		return s.refuseKind(room, from, person, err)
	}
	var refusal *mentoring.Refusal
	if errors.As(err, &refusal) {
		return s.refuse(room, person, refusal.Text)
	}
	return err
}

// refuse tells the sender why something of theirs goes nowhere; of a kind that
// is never carried here, once for many.
func (s *step) refuse(room store.Room, person mentoring.Member, text mentoring.Text) error {
	s.refused = append(s.refused, text.Key)
	if neverCarried(text.Key) && s.b.told.already(room, text.Key, s.ev.ID, s.now) {
		return nil
	}
	return s.line(room.Kind, room.Owner, line{text: s.b.bot.Render(person.Language, text)})
}

// tapped hands a reaction to a menu of the bot's in the leg to the bot.
func (s *step) tapped(room store.Room, person mentoring.Member, from mentoring.ParticipantID, m *rewrite.Message) (bool, error) {
	_, err := s.tx.LineByEvent(room.ID, m.Relation.Event)
	if errors.Is(err, mentoring.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	input, _, ok, err := s.input(room)
	if err != nil || !ok {
		return true, err
	}
	return true, s.ask(room, bot.Request{Act: s.act, Member: &person, Place: bot.Leg, Participant: from, Input: input})
}

// answered hands a text that answers a question about a held message to the bot.
func (s *step) answered(room store.Room, person mentoring.Member, from mentoring.ParticipantID, m *rewrite.Message) (bool, error) {
	if m.Kind != rewrite.Text || m.Relation.Kind != rewrite.Reply {
		return false, nil
	}
	menu, ok, err := s.menuAt(room, m.Relation.Event)
	if err != nil || !ok {
		return false, err
	}
	if _, err = s.tx.Held(menu); err != nil {
		return false, notFoundIsFine(err)
	}
	return true, s.ask(room, bot.Request{Act: s.act, Member: &person, Place: bot.Leg, Participant: from,
		Input: bot.Input{Kind: bot.Replied, Menu: menu, Text: m.Body}})
}

// refuseKind tells the sender, in one friendly line, that a kind of content is
// not carried.
func (s *step) refuseKind(room store.Room, from *mentoring.Participant, person mentoring.Member, err error) error {
	var unsupported *rewrite.Unsupported
	if !errors.As(err, &unsupported) {
		return nil // ignored: receipts, state, what no person wrote
	}
	text := mentoring.T("relay.unsupported." + unsupported.What)
	if unsupported.What == rewrite.Gallery { // "one by one" helps only where pictures are carried
		var refusal *mentoring.Refusal
		if errors.As(s.act.Carry(from.ID, mentoring.Images, 0), &refusal) {
			text = refusal.Text
		}
	}
	return s.refuse(room, person, text)
}

// relay makes one copy of a message for every other leg: a row of the message
// map and a row of the outbox for each, in the step that deletes the incoming
// row.
func (s *step) relay(room store.Room, from *mentoring.Participant, m *rewrite.Message) error {
	if m.Kind == rewrite.Redaction {
		return s.relayRedaction(room, from, m)
	}
	target, err := s.target(room, m)
	if err != nil {
		return err
	}
	if done, err := s.relayPoll(room, from, m, target); done || err != nil {
		return err
	}
	what := mentoring.Says
	switch {
	case m.Relation.Kind == rewrite.Replace:
		if target == nil || target.Author != from.Number || target.Edits != "" { // nor can an edit be edited
			return mentoring.Refuse("relay.edit_unknown")
		}
		if err = s.editsCaption(m, target); err != nil {
			return err
		}
		what = mentoring.Changes
	case m.Kind == rewrite.Reaction:
		if target == nil {
			return nil // to something that was never carried: a line of the bot, an old message
		}
		what = mentoring.Changes
	}
	if told, err := s.hasty(room, from); told || err != nil {
		return err
	}
	// Everything that can be refused comes before Speak, which writes.
	if err := s.mayStartPoll(m, target); err != nil {
		return err
	}
	rendered, err := s.render(room, from, m)
	if err != nil {
		return err
	}
	link, err := s.link(room, m, target)
	if err != nil {
		return err
	}
	own := ownMessage{room: room, from: from, m: m, target: target, link: link, what: what}
	done, err := s.guarded(&own, rendered)
	if err != nil {
		return err
	}
	if asked, err := s.firstVoice(own, rendered, done); done || asked || err != nil {
		return err
	}
	conversation, to, err := s.act.Speak(from.ID, what)
	if err != nil {
		return err
	}
	edits := ""
	if m.Relation.Kind == rewrite.Replace {
		edits = target.Source
	}
	if m.Kind == rewrite.Reaction && isHeart(m.Relation.Key) && target.Author != from.Number {
		if err := s.act.Hearted(from.ID); err != nil {
			return err
		}
	}
	if err := s.copies(conversation, from, to, rendered, link, edits); err != nil || m.Kind != rewrite.PollStart {
		return err
	}
	return s.startPoll(conversation, to, own, nil)
}

// content is what a message looks like in one leg.
type content struct {
	eventType string
	raw       json.RawMessage
	answers   []string // of a vote for the poll's author: the IDs it may name
	file      *filePart
	quiet     json.RawMessage // see parcel.Quiet
}

// marshalled is a content as it waits in the outbox.
func marshalled(eventType string, object rewrite.Content) (content, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return content{}, fmt.Errorf("render: %w", err)
	}
	return content{eventType: eventType, raw: raw}, nil
}

// render builds a message for every other leg, by participant number.
func (s *step) render(room store.Room, from *mentoring.Participant, m *rewrite.Message) (map[int]content, error) {
	c, err := s.tx.Conversation(room.Conversation)
	if err != nil {
		return nil, err
	}
	people, err := s.people(c)
	if err != nil {
		return nil, err
	}
	file, err := s.file(c, from, m)
	if err != nil {
		return nil, err
	}
	rendered := make(map[int]content, len(c.Participants)-1)
	for i := range c.Participants {
		viewer := &c.Participants[i]
		if viewer.Number == from.Number {
			continue
		}
		view := s.view(people, c, from, viewer)
		if view.Redacted, err = s.redactedWord(viewer); err != nil {
			return nil, err
		}
		eventType, object, err := rewrite.Render(m, view)
		if err != nil {
			return nil, fmt.Errorf("render: %w", err)
		}
		if !viewer.Archived.IsZero() {
			object = hushed(object)
		}
		made, err := marshalled(eventType, object)
		if err != nil {
			return nil, err
		}
		made.file = file
		if file != nil && !viewer.Archived.IsZero() && m.Relation.Kind != rewrite.Replace {
			if made.quiet, err = s.quietly(viewer, m.Kind); err != nil {
				return nil, err
			}
		}
		rendered[viewer.Number] = made
	}
	return rendered, nil
}

// copies writes the message and its outbox rows.
func (s *step) copies(c *mentoring.Conversation, from *mentoring.Participant, to []mentoring.ParticipantID, rendered map[int]content, link *relation, edits string) error {
	return s.copiesOf(s.ev.ID, c, from, to, rendered, link, edits)
}

func (s *step) copiesOf(source string, c *mentoring.Conversation, from *mentoring.Participant, to []mentoring.ParticipantID, rendered map[int]content, link *relation, edits string) error {
	legs, err := s.legs(c)
	if err != nil {
		return err
	}
	record := store.Message{Conversation: c.ID, Source: source, Author: from.Number, Edits: edits}
	for _, id := range to {
		viewer := c.Participant(id)
		made, ok := rendered[viewer.Number]
		if !ok {
			return fmt.Errorf("a leg without a rendering")
		}
		record.Copies = append(record.Copies, store.Copy{Number: viewer.Number})
		state := store.RowHeld
		if legs[viewer.Number] == store.RoomJoined {
			state = store.RowReady
		}
		if s.waitsBehind != 0 {
			state = store.RowAside
		}
		err = s.enqueue(s.b.copyLane(id, from.ID), store.LaneOut, state, parcel{
			Kind: store.RoomLeg, Owner: int64(id), Author: from.ID, Op: opSend, Type: made.eventType, Content: made.raw,
			Conversation: c.ID, Number: viewer.Number, Source: source, Relation: link, Answers: made.answers, File: made.file, Quiet: made.quiet, Held: s.waitsBehind,
		})
		if err != nil {
			return err
		}
		if made.file != nil {
			s.wanted, s.wantedOf = made.file, fileKey{c.ID, source}
		}
	}
	if len(record.Copies) == 0 {
		return nil
	}
	return s.tx.PutMessage(&record)
}

// target is the message that this one relates to, found by (leg, event) and
// never by the event alone; nil when there is none or it is not known here.
func (s *step) target(room store.Room, m *rewrite.Message) (*store.Message, error) {
	if m.Relation.Kind == rewrite.None || m.Relation.Event == "" {
		return nil, nil
	}
	t, err := s.tx.Message(room.Conversation, room.Number, m.Relation.Event)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil, s.tooSoon(room)
	}
	if err != nil {
		return nil, err
	}
	t, err = s.pollOfText(t)
	return t, notFoundIsFine(err)
}

// errTooSoon says that an event refers to one that may be a copy which is being
// sent: the homeserver has it, but its answer has not come yet, or was lost.
var errTooSoon = errors.New("refers to what is being sent")

// soonWait is how long such an event waits at most: a lost answer comes again
// with the next try. Then it goes without its relation.
const soonWait = 10 * time.Second

func (s *step) tooSoon(room store.Room) error {
	if s.now.Sub(s.came) > soonWait {
		return nil
	}
	c, err := s.tx.Conversation(room.Conversation)
	if err != nil {
		return err
	}
	for _, author := range c.Participants {
		if author.Number == room.Number {
			continue
		}
		rows, err := s.tx.Rows(s.b.copyLane(mentoring.ParticipantID(room.Owner), author.ID))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.State == store.RowReady {
				return errTooSoon
			}
		}
	}
	return nil
}

// link is the relation as the outbox needs it; nil when the target is not
// known: then the message goes without.
func (s *step) link(room store.Room, m *rewrite.Message, target *store.Message) (*relation, error) {
	if target == nil {
		return nil, nil
	}
	link := &relation{Kind: m.Relation.Kind, Source: target.Source, Author: target.Author, Key: m.Relation.Key}
	if m.Relation.Reply != "" {
		reply, err := s.tx.Message(room.Conversation, room.Number, m.Relation.Reply)
		if err == nil {
			reply, err = s.pollOfText(reply)
		}
		if err == nil {
			link.Reply, link.ReplyAuthor = reply.Source, reply.Author
		} else if err = notFoundIsFine(err); err != nil {
			return nil, err
		}
	}
	return link, nil
}

// people are the participants as rewrite needs them, by number.
func (s *step) people(c *mentoring.Conversation) (map[int]rewrite.Person, error) {
	people := make(map[int]rewrite.Person, len(c.Participants))
	for _, p := range c.Participants {
		member, err := s.tx.Member(p.Member)
		if err != nil {
			return nil, err
		}
		person := rewrite.Person{Real: member.Address, Alias: p.Alias}
		ghost, err := s.tx.Ghost(p.ID)
		if err == nil {
			person.Ghost = s.b.ghostID(ghost.Localpart)
		} else if err = notFoundIsFine(err); err != nil {
			return nil, err
		}
		people[p.Number] = person
	}
	return people, nil
}

func (s *step) view(people map[int]rewrite.Person, c *mentoring.Conversation, from, viewer *mentoring.Participant) rewrite.View {
	v := rewrite.View{From: people[from.Number], Viewer: people[viewer.Number]}
	for _, p := range c.Participants {
		if p.Number != from.Number && p.Number != viewer.Number {
			v.Others = append(v.Others, people[p.Number])
		}
	}
	return v
}

// redactedWord stands in a viewer's leg where somebody's address was.
func (s *step) redactedWord(viewer *mentoring.Participant) (string, error) {
	member, err := s.tx.Member(viewer.Member)
	if err != nil {
		return "", err
	}
	lang := member.Language
	if lang == "" {
		lang = s.b.staffLanguage()
	}
	return s.b.bot.Render(lang, mentoring.T("relay.address")), nil
}

// legs says how far each leg of a conversation is, by number.
func (s *step) legs(c *mentoring.Conversation) (map[int]store.RoomState, error) {
	rooms, err := s.tx.LegsOf(c.ID)
	if err != nil {
		return nil, err
	}
	states := make(map[int]store.RoomState, len(rooms))
	for _, room := range rooms {
		states[room.Number] = room.State
	}
	return states, nil
}

func notFoundIsFine(err error) error {
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	return err
}
