package bridge

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// Polls (MSC3381). A poll is a message like any other, with a copy in each
// other leg; a vote is the voter's in their own leg and their ghost's in all
// others, so that every client counts the same. The answers have the IDs that
// the author's client made up in the author's leg only.
//
// Many clients show nothing at all of a poll. Until somebody has voted with
// their client, or made a poll, they get each poll of a conversation as a text,
// too, said by the author's ghost; they vote by answering it with a number.

// textOf makes, of the event that asks something, a name for its text in the
// message map. It is kept there as an edit of the poll, so that it goes when the
// poll goes.
func textOf(event string) string {
	sum := sha256.Sum256([]byte("text of " + event))
	return "$" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// pollState is what is kept of a poll.
type pollState struct {
	Ballot rewrite.Ballot `json:"b"`
	Author int            `json:"a"`           // participant number
	Secret bool           `json:"h,omitempty"` // no results before the end
	Voted  bool           `json:"v,omitempty"`
	End    string         `json:"e,omitempty"` // the event that ended it
	// Shown are those whose clients have shown that they have polls.
	Shown []int `json:"n,omitempty"`
	// Texts are the poll as a text, and each change of it, in the message map.
	Texts []string `json:"t,omitempty"`
	// Written are the votes that were written as a text.
	Written []string `json:"w,omitempty"`
	// Waits is what an edit that the guard holds makes of it.
	Waits *waitingPoll `json:"p,omitempty"`
}

// polls reads all that is kept of the polls of a conversation.
func (s *step) polls(c mentoring.ConversationID) ([]store.Poll, []pollState, error) {
	rows, err := s.tx.Polls(c)
	if err != nil {
		return nil, nil, err
	}
	states := make([]pollState, len(rows))
	for i := range rows {
		if err := json.Unmarshal(rows[i].State, &states[i]); err != nil {
			return nil, nil, errors.New("a poll cannot be read") // the error could quote
		}
	}
	return rows, states, nil
}

// pollAt finds the poll that a message is; ErrNotFound when it is none.
func (s *step) pollAt(target *store.Message) (store.Poll, pollState, error) {
	rows, states, err := s.polls(target.Conversation)
	for i := range rows {
		if rows[i].Source == target.Source {
			return rows[i], states[i], err
		}
	}
	if err == nil {
		err = mentoring.ErrNotFound
	}
	return store.Poll{}, pollState{}, err
}

func (s *step) putPoll(row *store.Poll, state *pollState) error {
	raw, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("write poll: %w", err)
	}
	row.State = raw
	return s.tx.PutPoll(row)
}

// relayPoll handles what is done with polls, but for their start. done is false
// for what is none of that.
func (s *step) relayPoll(room store.Room, from *mentoring.Participant, m *rewrite.Message, target *store.Message) (done bool, err error) {
	written := false
	switch {
	case m.Kind == rewrite.PollVote || m.Kind == rewrite.PollEnd:
	case mayBeVote(m):
		written = true
	default:
		return false, nil
	}
	if target == nil {
		return !written, nil // a poll that was never carried
	}
	revises := ""
	if written && m.Relation.Kind == rewrite.Replace {
		if revises = target.Source; target.Author != from.Number {
			return false, nil
		}
		if target, err = s.writtenOn(target); err != nil || target == nil {
			return false, err
		}
	}
	if written && m.Relation.Kind == rewrite.Thread {
		reply := rewrite.Message{Relation: rewrite.Relation{Kind: rewrite.Reply, Event: m.Relation.Reply}}
		if target, err = s.target(room, &reply); err != nil || target == nil {
			return false, err
		}
	}
	row, state, err := s.pollAt(target)
	if errors.Is(err, mentoring.ErrNotFound) {
		return !written, nil
	}
	if err != nil {
		return true, err
	}
	if waits, err := s.pollHeld(from.ID, row.Source); err != nil {
		return true, err
	} else if waits {
		return true, mentoring.Refuse("guard.poll_waits")
	}
	if m.Kind == rewrite.PollEnd {
		return true, s.endPoll(room, from, row, &state)
	}
	numbers := state.Ballot.Read(m.Choices, from.Number == state.Author)
	if written {
		if numbers = writtenNumbers(m, &state.Ballot); numbers == nil {
			return false, nil // a reply that happens to begin with a digit
		}
	}
	return true, s.vote(room, from, row, &state, numbers, written, revises)
}

// mayBeVote says whether a message could be a vote of somebody whose client has
// no polls: the number of an answer as a reply to the poll, or as a reaction.
func mayBeVote(m *rewrite.Message) bool {
	body := m.Body
	switch {
	case m.Kind == rewrite.Reaction:
		return rewrite.Keycap(m.Relation.Key) > 0
	case m.Kind != rewrite.Text:
		return false
	case m.Relation.Kind == rewrite.Replace:
		body = m.New.Body
	case m.Relation.Kind == rewrite.Thread:
		if m.Relation.Reply == "" {
			return false
		}
	case m.Relation.Kind != rewrite.Reply:
		return false
	}
	return len(body) <= 60 && body[0] >= '1' && body[0] <= '9'
}

func writtenNumbers(m *rewrite.Message, ballot *rewrite.Ballot) []int {
	if m.Kind == rewrite.Reaction {
		return ballot.Numbers(strconv.Itoa(rewrite.Keycap(m.Relation.Key)))
	}
	if m.New != nil {
		m = m.New
	}
	return ballot.Numbers(m.Body)
}

// writtenOn is the poll that a message was a written vote on; nil when it was none.
func (s *step) writtenOn(vote *store.Message) (*store.Message, error) {
	rows, states, err := s.polls(vote.Conversation)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if slices.Contains(states[i].Written, vote.Source) {
			m, err := s.tx.MessageBySource(vote.Conversation, rows[i].Source)
			return m, notFoundIsFine(err)
		}
	}
	return nil, nil
}

// vote gives a vote to everybody else.
func (s *step) vote(room store.Room, from *mentoring.Participant, row store.Poll, state *pollState, numbers []int, written bool, revises string) error {
	if state.End != "" {
		return mentoring.Refuse("relay.poll_over")
	}
	c, to, err := s.act.Speak(from.ID, mentoring.Changes)
	if err != nil {
		return err
	}
	rendered := make(map[int]content, len(to))
	for _, id := range to {
		viewer := c.Participant(id).Number
		own := viewer == state.Author
		eventType, object := state.Ballot.Vote(numbers, own)
		made, err := marshalled(eventType, object)
		if err != nil {
			return err
		}
		if own {
			made.answers = state.Ballot.IDs
		}
		rendered[viewer] = made
	}
	link := &relation{Kind: rewrite.Reference, Source: row.Source, Author: state.Author}
	if err := s.copies(c, from, to, rendered, link, revises); err != nil {
		return err
	}
	said := "–"
	if len(numbers) > 0 {
		said = strings.Trim(strings.Join(strings.Fields(fmt.Sprint(numbers)), ", "), "[]")
	}
	if !state.Secret {
		if err := s.tellPlain(c, to, mentoring.T("relay.poll_answer", "alias", from.Alias, "answer", said)); err != nil {
			return err
		}
	}
	state.Voted = true
	if written {
		state.Written = append(state.Written, s.ev.ID)
		if err := s.say(room, mentoring.T("relay.poll_counted", "answer", said)); err != nil {
			return err
		}
	} else if !slices.Contains(state.Shown, from.Number) {
		state.Shown = append(state.Shown, from.Number)
	}
	return s.putPoll(&row, state)
}

// endPoll ends a poll for everybody else. Only its author can, as in any client.
func (s *step) endPoll(room store.Room, from *mentoring.Participant, row store.Poll, state *pollState) error {
	if from.Number != state.Author || state.End != "" {
		return nil
	}
	c, to, err := s.act.Speak(from.ID, mentoring.Changes)
	if err != nil {
		return err
	}
	rendered := make(map[int]content, len(to))
	for _, id := range to {
		viewer := c.Participant(id)
		language, err := s.languageOf(viewer)
		if err != nil {
			return err
		}
		eventType, object := rewrite.EndPoll(s.b.bot.Render(language, mentoring.T("relay.poll_ended")))
		if rendered[viewer.Number], err = marshalled(eventType, object); err != nil {
			return err
		}
	}
	link := &relation{Kind: rewrite.Reference, Source: row.Source, Author: state.Author}
	if err := s.copies(c, from, to, rendered, link, ""); err != nil {
		return err
	}
	if err := s.tellPlain(c, to, mentoring.T("relay.poll_ended")); err != nil {
		return err
	}
	state.End = s.ev.ID
	return s.putPoll(&row, state)
}

// mayStartPoll refuses the edit of a poll that somebody has voted on, as
// clients do: their votes would be for other answers.
func (s *step) mayStartPoll(m *rewrite.Message, target *store.Message) error {
	if m.Kind != rewrite.PollStart || m.Relation.Kind != rewrite.Replace {
		return nil
	}
	_, state, err := s.pollAt(target)
	switch {
	case errors.Is(err, mentoring.ErrNotFound):
		return mentoring.Refuse("relay.edit_unknown")
	case err != nil:
		return err
	case state.Voted || state.End != "":
		return mentoring.Refuse("relay.poll_edit")
	}
	return nil
}

// startPoll keeps what is needed of a poll that has just been copied, and says
// it as a text to those whose clients may not have polls.
//
// Where it is held, so is its text; what an edit changes is kept until it is sent.
func (s *step) startPoll(c *mentoring.Conversation, to []mentoring.ParticipantID, o ownMessage, held *heldPoll) error {
	row := store.Poll{Conversation: c.ID, Source: s.ev.ID}
	state := pollState{Author: o.from.Number, Shown: []int{o.from.Number}}
	poll, link := o.m.Poll, o.link
	if o.m.New != nil {
		var err error
		if row, state, err = s.pollAt(o.target); err != nil {
			return err
		}
		poll, link = o.m.New.Poll, nil
	}
	if held != nil && o.m.New != nil {
		state.Waits = &waitingPoll{Held: held.id, Ballot: poll.Ballot, Secret: poll.Secret}
	} else {
		state.Ballot, state.Secret = poll.Ballot, poll.Secret
	}
	if err := s.putPoll(&row, &state); err != nil {
		return err
	}
	plain, err := s.plainViewers(c, to)
	if err != nil || len(plain) == 0 {
		return err
	}
	rendered, err := s.pollTexts(c, plain, o)
	if err != nil {
		return err
	}
	text := textOf(s.ev.ID)
	state.Texts = append(state.Texts, text)
	if err := s.putPoll(&row, &state); err != nil {
		return err
	}
	if held == nil {
		return s.copiesOf(text, c, o.from, plain, rendered, link, row.Source)
	}
	o.parts = held.parts
	without, err := s.pollTexts(c, plain, o)
	if err != nil {
		return err
	}
	return s.holdCopies(holding{text, row.Source, held.id}, c, o.from, plain, link, rendered, without)
}

// pollTexts builds a poll as a text for each of those who need it.
func (s *step) pollTexts(c *mentoring.Conversation, plain []mentoring.ParticipantID, o ownMessage) (map[int]content, error) {
	people, err := s.people(c)
	if err != nil {
		return nil, err
	}
	rendered := make(map[int]content, len(plain))
	for _, id := range plain {
		viewer := c.Participant(id)
		language, err := s.languageOf(viewer)
		if err != nil {
			return nil, err
		}
		view := s.view(people, c, o.from, viewer)
		if view.Redacted, err = s.redactedWord(viewer); err != nil {
			return nil, err
		}
		hint := s.b.bot.Render(language, mentoring.T("relay.poll_hint"))
		eventType, object, err := rewrite.Render(rewrite.PollText(s.shown(&o, language), hint), view)
		if err != nil {
			return nil, fmt.Errorf("render: %w", err)
		}
		if !viewer.Archived.IsZero() {
			object = hushed(object)
		}
		if rendered[viewer.Number], err = marshalled(eventType, object); err != nil {
			return nil, err
		}
	}
	return rendered, nil
}

// plainViewers are those of a conversation whose clients have not shown that
// they have polls.
func (s *step) plainViewers(c *mentoring.Conversation, of []mentoring.ParticipantID) ([]mentoring.ParticipantID, error) {
	_, states, err := s.polls(c.ID)
	if err != nil {
		return nil, err
	}
	var plain []mentoring.ParticipantID
	for _, id := range of {
		number := c.Participant(id).Number
		shown := slices.ContainsFunc(states, func(p pollState) bool { return slices.Contains(p.Shown, number) })
		if !shown {
			plain = append(plain, id)
		}
	}
	return plain, nil
}

// tellPlain tells those who may not see it what happens to a poll.
func (s *step) tellPlain(c *mentoring.Conversation, of []mentoring.ParticipantID, text mentoring.Text) error {
	plain, err := s.plainViewers(c, of)
	for _, id := range plain {
		s.act.Do(mentoring.Tell{Participant: id, Text: text})
	}
	return err
}

// pollRetracted follows the redaction of a message: a poll is forgotten, one
// whose end was taken back goes on.
func (s *step) pollRetracted(target *store.Message) error {
	rows, states, err := s.polls(target.Conversation)
	if err != nil {
		return err
	}
	for i := range rows {
		switch target.Source {
		case rows[i].Source:
			return s.tx.DropPoll(rows[i].ID)
		case states[i].End:
			states[i].End = ""
			return s.putPoll(&rows[i], &states[i])
		}
	}
	return nil
}

// pollOfText gives, for the text of a poll, the poll: what people do with the
// one is done with the other.
func (s *step) pollOfText(m *store.Message) (*store.Message, error) {
	if m.Edits == "" {
		return m, nil
	}
	_, states, err := s.polls(m.Conversation)
	for i := range states {
		if slices.Contains(states[i].Texts, m.Source) {
			return s.tx.MessageBySource(m.Conversation, m.Edits)
		}
	}
	return m, err
}

// languageOf is the language of a participant.
func (s *step) languageOf(p *mentoring.Participant) (mentoring.Language, error) {
	member, err := s.tx.Member(p.Member)
	return member.Language, err
}

// say tells the owner of a leg something in it.
func (s *step) say(room store.Room, text mentoring.Text) error {
	person, err := s.person(room)
	if err != nil {
		return err
	}
	return s.line(room.Kind, room.Owner, line{text: s.b.bot.Render(person.Language, text)})
}
