package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/bridge/machine"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// What staff read of a reported conversation is not kept anywhere in Silta: it is
// read back from the homeserver, as the bot, out of each participant's own leg, and
// opened with the reader's keys, which are forgotten after retention.keys. The
// copies that others see are not looked at: nobody but their viewers can open those.

const (
	readPages = 100 // of a hundred events, in one leg
	// readChunk is how many letters of the conversation one line of the bot has.
	readChunk = 6000
)

// saidBack is one message that was read back.
type saidBack struct {
	at   time.Time
	role mentoring.Role
	text string
}

// readBack reads what an access allows and hands it to the domain, in words.
func (b *Bridge) readBack(ctx context.Context, id mentoring.AccessID) error {
	var x mentoring.Access
	var c *mentoring.Conversation
	var legs []store.Room
	var people map[int]rewrite.Person
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		if x, err = tx.Access(id); err != nil {
			return err
		}
		if c, err = tx.Conversation(x.Conversation); err != nil {
			return err
		}
		if people, err = b.newStep(tx, nil).people(c); err != nil {
			return err
		}
		legs, err = tx.LegsOf(c.ID)
		return err
	})
	if errors.Is(err, mentoring.ErrNotFound) || err == nil && x.State != mentoring.AccessGranted {
		return nil
	}
	if err != nil {
		return err
	}
	for number, p := range people { // roles stand where aliases were
		p.Alias = b.roleName(c.ByNumber(number).Role)
		people[number] = p
	}
	var said []saidBack
	for _, leg := range legs {
		p := c.ByNumber(leg.Number)
		if p == nil || leg.Matrix == "" {
			continue
		}
		events, err := b.legEvents(ctx, leg.Matrix, x.Created.AddDate(0, 0, -x.Days), x.Created)
		if isRefused(err) {
			continue // the room is lost
		}
		if err != nil {
			return err
		}
		for _, w := range events {
			if w.Sender != people[leg.Number].Real {
				continue
			}
			text, err := b.saidIn(ctx, w, c, p, people)
			if err != nil {
				return err
			}
			if text != "" {
				said = append(said, saidBack{time.UnixMilli(w.Time), p.Role, text})
			}
		}
	}
	slices.SortStableFunc(said, func(a, b saidBack) int { return a.at.Compare(b.at) })
	said = said[max(0, len(said)-mentoring.ReadMost):]
	return b.run(ctx, func(s *step) error { return s.act.ReadDone(id, b.readTexts(said), len(said)) })
}

func (b *Bridge) roleName(role mentoring.Role) string {
	return b.bot.Render(b.staffLanguage(), mentoring.T("access.role."+string(role)))
}

// readTexts makes a few lines of many messages.
func (b *Bridge) readTexts(said []saidBack) []mentoring.Text {
	var texts []mentoring.Text
	var all strings.Builder
	flush := func() {
		if all.Len() > 0 {
			texts = append(texts, mentoring.T("access.read_lines", "lines", strings.TrimSpace(all.String())))
			all.Reset()
		}
	}
	zone := b.config.Load().Location()
	for _, m := range said {
		line := fmt.Sprintf("%s %s: %s\n", m.at.In(zone).Format("2.1. 15.04"), b.roleName(m.role), m.text)
		if all.Len() > 0 && all.Len()+len(line) > readChunk {
			flush()
		}
		all.WriteString(line)
	}
	flush()
	return texts
}

// legEvents reads the messages of a span out of a room as the bot, the oldest first.
func (b *Bridge) legEvents(ctx context.Context, room string, from, until time.Time) ([]wire, error) {
	var all []wire
	as := b.botActor()
	as.query = url.Values{"dir": {"b"}, "limit": {"100"}}
	for range readPages {
		var page timeline
		if err := b.hs.call(ctx, as, http.MethodGet, nil, &page, "v3", "rooms", room, "messages"); err != nil {
			return nil, err
		}
		old := false
		for _, raw := range page.Chunk {
			w, ok := readWire(raw)
			if !ok || w.StateKey != nil || len(w.Content) <= len("{}") { // state, or taken back
				continue
			}
			w.Room = room
			at := time.UnixMilli(w.Time)
			old = at.Before(from)
			if !old && !at.After(until) {
				all = append(all, w)
			}
		}
		if page.End == "" || len(page.Chunk) == 0 || old {
			break
		}
		as.query.Set("from", page.End)
	}
	slices.Reverse(all)
	return all, nil
}

// saidIn is what a message of a participant says, with roles in place of whatever
// names somebody; "" when it was for the bot, or cannot be read any more.
func (b *Bridge) saidIn(ctx context.Context, w wire, c *mentoring.Conversation, from *mentoring.Participant, people map[int]rewrite.Person) (string, error) {
	ev := incoming{Event: rewrite.Event{Type: w.Type, Sender: w.Sender, Room: w.Room, ID: w.ID, Content: w.Content}}
	if b.machines != nil {
		if w.Type != typeEncrypted {
			return "", nil
		}
		plain, err := b.machines.Decrypt(ctx, b.botID, machine.Envelope{
			Room: id.RoomID(w.Room), Sender: id.UserID(w.Sender), ID: id.EventID(w.ID), Timestamp: w.Time, Content: w.Content,
		})
		var noKey *machine.NoKeyError
		switch {
		case errors.As(err, &noKey), errors.Is(err, machine.ErrForged), errors.Is(err, machine.ErrCorrupt):
			return "", nil
		case err != nil:
			return "", err
		}
		ev.Type, ev.Content = plain.Type, plain.Content
	}
	ev.parse()
	m := ev.Message
	if m == nil || m.Body == "" && m.Media == nil || b.bot.IsCommand(m.Body) {
		return "", nil
	}
	shown := *m
	if m.New != nil {
		shown = *m.New
	}
	switch {
	case m.Kind == rewrite.PollStart:
		shown = *rewrite.PollText(m, "")
	case m.Kind.IsMedia():
		shown.Media, shown.Kind = nil, rewrite.Text
		if shown.Body == "" {
			return b.bot.Render(b.staffLanguage(), mentoring.T("access.file")), nil
		}
	case m.Kind != rewrite.Text && m.Kind != rewrite.Emote && m.Kind != rewrite.Notice:
		return "", nil
	}
	shown.Mentions, shown.Relation, shown.New = nil, rewrite.Relation{}, nil
	view := rewrite.View{From: people[from.Number], Redacted: b.bot.Render(b.staffLanguage(), mentoring.T("relay.address"))}
	for number, p := range people {
		if number != from.Number {
			view.Others = append(view.Others, p)
		}
	}
	_, content, err := rewrite.Render(&shown, view)
	if err != nil {
		return "", nil // what could not be sent says nothing
	}
	body, _ := content["body"].(string)
	raw, err := json.Marshal(rewrite.Content{"msgtype": "m.text", "body": body, "m.mentions": map[string]any{}})
	if err != nil || rewrite.Check("m.room.message", raw, rewrite.Allowed{}) != nil {
		return view.Redacted, nil
	}
	return b.withRoles(body, c), nil
}

// withRoles puts roles in the place of aliases that stand in a text; an ending of
// the word stays.
func (b *Bridge) withRoles(text string, c *mentoring.Conversation) string {
	for _, p := range c.Participants {
		if p.Alias == "" {
			continue
		}
		alias := regexp.MustCompile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(p.Alias))
		text = alias.ReplaceAllString(text, "${1}["+strings.ReplaceAll(b.roleName(p.Role), "$", "")+"]")
	}
	return text
}
