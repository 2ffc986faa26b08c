package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/tidwall/gjson"

	"silta/bot"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// Reading for a report. Which messages are meant stands in the reporter's own
// leg; what was written stands in its writer's, for the ghosts' copies only
// people can decrypt. It is read there with the reader's keys, as long as there
// are any, and rendered anew for somebody else, as it was when it was relayed: so
// nothing comes out that the reporter could not see, and less (contacts are left
// out, and so are files).

// opCollect is the job of reading what somebody chose for a report.
const opCollect = "collect"

// collectPages bounds how far back the last messages are looked for.
const (
	collectPages = 10
	collectPage  = "100"
)

// chosen is a message that somebody chose for a report: where it is, and its
// later versions.
type chosen struct {
	author int
	room   string // the writer's leg
	events []string
}

// collect reads what somebody chose, and lets the bot go on with the report.
func (b *Bridge) collect(ctx context.Context, c *mentoring.Collect) error {
	if c == nil {
		return errors.New("nothing to collect")
	}
	var found []mentoring.Excerpt
	var err error
	if c.Event != "" {
		found, err = b.excerpts(ctx, c.Participant, []string{c.Event}, 1, nil)
	} else {
		found, err = b.lastExcerpts(ctx, c.Participant, c.Last)
	}
	if err != nil {
		return err
	}
	return b.run(ctx, func(s *step) error {
		taken, err := s.act.Collected(c.Snapshot, found)
		if err != nil {
			return notFoundIsFine(err)
		}
		member, err := s.tx.Member(taken.Member)
		if err != nil {
			return err
		}
		answer, err := s.b.bot.Handle(bot.Request{Act: s.act, Member: &member, Place: bot.Management,
			Input: bot.Input{Kind: bot.Collected, Menu: int64(c.Snapshot)}})
		if err != nil {
			return err
		}
		return s.answer(store.Room{Kind: store.RoomManagement, Owner: int64(member.ID)}, answer)
	})
}

// lastExcerpts reads the last messages of a leg, the oldest first.
func (b *Bridge) lastExcerpts(ctx context.Context, leg mentoring.ParticipantID, last int) ([]mentoring.Excerpt, error) {
	var room store.Room
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		room, err = tx.RoomOf(store.RoomLeg, int64(leg))
		return err
	})
	if errors.Is(err, mentoring.ErrNotFound) || err == nil && room.Matrix == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []mentoring.Excerpt
	seen := map[string]bool{}
	query := url.Values{"dir": {"b"}, "limit": {collectPage}}
	for range collectPages {
		as := b.botActor()
		as.query = query
		var page timeline
		if err := b.hs.call(ctx, as, http.MethodGet, nil, &page, "v3", "rooms", room.Matrix, "messages"); err != nil {
			if isRefused(err) {
				break // the room is not ours any more
			}
			return nil, err
		}
		var events []string
		for _, raw := range page.Chunk {
			if kind := gjson.GetBytes(raw, "type").Str; kind == typeEncrypted || kind == "m.room.message" {
				events = append(events, gjson.GetBytes(raw, "event_id").Str)
			}
		}
		more, err := b.excerpts(ctx, leg, events, last-len(found), seen)
		if err != nil {
			return nil, err
		}
		if found = append(found, more...); len(found) >= last || page.End == "" {
			break
		}
		query.Set("from", page.End)
	}
	slices.Reverse(found)
	return found, nil
}

// excerpts reads the messages that events of a leg are, at most as many as are
// wanted. Events that are no message of anybody's (lines of the bot, commands)
// are left out; seen keeps which have been read.
func (b *Bridge) excerpts(ctx context.Context, leg mentoring.ParticipantID, events []string, wanted int, seen map[string]bool) ([]mentoring.Excerpt, error) {
	if seen == nil {
		seen = map[string]bool{}
	}
	var found []mentoring.Excerpt
	for _, event := range events {
		if len(found) >= wanted {
			break
		}
		var where *chosen
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			where, err = b.newStep(tx, nil).choose(leg, event, seen)
			return err
		})
		if err != nil {
			return nil, err
		}
		if where == nil {
			continue
		}
		e, ok, err := b.excerptOf(ctx, leg, where)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, e)
		}
	}
	return found, nil
}

// choose finds the message that an event of a leg is; nil when it is none, or one
// that has been seen.
func (s *step) choose(leg mentoring.ParticipantID, event string, seen map[string]bool) (*chosen, error) {
	c, err := s.tx.ConversationOf(leg)
	if err != nil {
		return nil, err
	}
	m, err := s.tx.Message(c.ID, c.Participant(leg).Number, event)
	if err == nil {
		m, err = s.pollOfText(m)
	}
	if err == nil && m.Edits != "" {
		m, err = s.tx.Message(c.ID, m.Author, m.Edits)
	}
	if err != nil {
		return nil, notFoundIsFine(err)
	}
	if seen[m.Source] {
		return nil, nil
	}
	seen[m.Source] = true
	found := &chosen{author: m.Author, events: []string{m.Source}}
	edits, err := s.tx.EditsOf(c.ID, m.Source)
	if err != nil {
		return nil, err
	}
	for _, e := range edits {
		found.events = append(found.events, e.Source)
	}
	author := c.ByNumber(m.Author)
	if author == nil {
		return nil, nil
	}
	room, err := s.tx.RoomOf(store.RoomLeg, int64(author.ID))
	found.room = room.Matrix
	return found, notFoundIsFine(err)
}

// excerptOf reads one message with its latest version. ok is false for what is no
// message, but a reaction or a vote.
func (b *Bridge) excerptOf(ctx context.Context, leg mentoring.ParticipantID, m *chosen) (e mentoring.Excerpt, ok bool, err error) {
	e = mentoring.Excerpt{Author: m.author, Lost: true}
	var latest *incoming
	for i, event := range m.events {
		ev, err := b.readAgain(ctx, m.room, event)
		if err != nil {
			return e, false, err
		}
		if ev == nil {
			continue
		}
		at := time.UnixMilli(ev.Time)
		if i == 0 {
			e.At = at
		}
		if ev.Message == nil {
			continue
		}
		if latest == nil || ev.Time > latest.Time {
			latest, e.Edited = ev, i > 0
		}
	}
	if latest == nil {
		return e, true, nil
	}
	switch latest.Message.Kind {
	case rewrite.Text, rewrite.Emote, rewrite.Notice, rewrite.PollStart:
	default:
		return e, false, nil
	}
	e.File = latest.Message.Media != nil
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		e.Words, err = b.newStep(tx, latest).wordsFor(leg, m.author)
		return err
	})
	if err != nil {
		return e, false, err
	}
	if e.Lost = e.Words == "" && !e.File; b.bot.IsCommand(e.Words) {
		e.Words, e.Lost = "", true // what it said was said by the service
	}
	return e, true, nil
}

// wordsFor renders the words of the step's message as somebody else than its
// writer reads them, without contacts.
func (s *step) wordsFor(leg mentoring.ParticipantID, author int) (string, error) {
	c, err := s.tx.ConversationOf(leg)
	if err != nil {
		return "", err
	}
	viewer, from := c.Participant(leg), c.ByNumber(author)
	if viewer.Number == author {
		for i := range c.Participants {
			if c.Participants[i].Number != author {
				viewer = &c.Participants[i]
				break
			}
		}
	}
	people, err := s.people(c)
	if err != nil {
		return "", err
	}
	view := s.view(people, c, from, viewer)
	if view.Redacted, err = s.redactedWord(viewer); err != nil {
		return "", err
	}
	m := s.ev.Message
	if len(s.ev.Found) > 0 {
		parts := make([][2]int, len(s.ev.Found))
		for i, f := range s.ev.Found {
			parts[i] = [2]int{f.Start, f.End}
		}
		m = m.Hide(parts, s.b.bot.Render(s.b.staffLanguage(), mentoring.T("guard.word")))
	}
	if m.Kind == rewrite.PollStart || m.Media != nil { // the words of it only
		if m = (&rewrite.Message{Kind: rewrite.Text, Body: m.Readable()}); m.Body == "" {
			return "", nil
		}
	}
	_, object, err := rewrite.Render(m, view)
	var unsupported *rewrite.Unsupported
	var ignored *rewrite.Ignored
	if errors.As(err, &unsupported) || errors.As(err, &ignored) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("render: %w", err)
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return "", fmt.Errorf("render: %w", err)
	}
	return bodyOf(raw), nil
}

// readAgain fetches an event from a room of ours and reads it; nil when it is not
// there or its key is gone.
func (b *Bridge) readAgain(ctx context.Context, room, event string) (*incoming, error) {
	if room == "" {
		return nil, nil
	}
	var raw json.RawMessage
	err := b.hs.call(ctx, b.botActor(), http.MethodGet, nil, &raw, "v3", "rooms", room, "event", event)
	if isRefused(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ev, result, err := b.open(ctx, store.Row{Payload: raw})
	if err != nil || result != openReady {
		return nil, err
	}
	if ev != nil && ev.Room != room {
		return nil, nil
	}
	return ev, nil
}
