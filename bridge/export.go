package bridge

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"silta/mentoring"
	"silta/store"
)

// A person's own conversations to take along (feature C15). Nothing that people
// write is kept here, so it is read back from the homeserver, as far as the
// reader's keys reach: each conversation from its legs, everything built anew as
// a viewer's room shows it (export_read.go). What comes of it is held in memory
// and behind a one-time link (exports.go), or, where there is no page, given as
// a file in the person's own room, which goes again after a day.

// taken is what a person gets. It names nobody but by pseudonyms.
type taken struct {
	Service       string      `json:"service"`
	Made          time.Time   `json:"made"`
	Conversations []takenChat `json:"conversations"`
}

type takenChat struct {
	You   string    `json:"you"`
	With  []string  `json:"with"`
	Kind  string    `json:"kind"`
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended,omitzero"`
	// Unreadable is how many messages there are besides, whose keys are gone.
	Unreadable int             `json:"unreadable,omitempty"`
	Messages   []*takenMessage `json:"messages"`
}

type takenMessage struct {
	At   time.Time `json:"at"`
	From string    `json:"from"`
	// Kind is text, emote, notice, poll, or the kind of a file: image, voice,
	// audio, video, file. Files themselves are not in it.
	Kind      string          `json:"kind"`
	Text      string          `json:"text,omitempty"`
	Edited    bool            `json:"edited,omitempty"`
	Reactions []takenReaction `json:"reactions,omitempty"`
}

type takenReaction struct {
	From     string `json:"from"`
	Reaction string `json:"reaction"`
}

// errNames says that something in what was to be handed over names somebody: the
// last tripwire. Nothing of it is handed over then.
var errNames = errors.New("an export would name somebody")

// export makes a person's copy and tells them where it is.
func (b *Bridge) export(ctx context.Context, of mentoring.MemberID) error {
	var m mentoring.Member
	var chats []*mentoring.Conversation
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.Member(of); err == nil {
			chats, err = tx.ConversationsOf(of)
		}
		return notFoundIsFine(err)
	})
	if err != nil || !m.Joined() {
		return err
	}
	all := taken{Service: b.serviceName, Made: b.now().UTC().Truncate(time.Second)}
	var people []string // whom it must not name
	for _, c := range chats {
		one, names, err := b.takeChat(ctx, m, c)
		if err != nil {
			return err
		}
		people = append(people, names...)
		if one != nil {
			all.Conversations = append(all.Conversations, *one)
		}
	}
	file, err := b.pack(m.Language, &all, people)
	if err != nil {
		return err
	}
	if address := b.exportAddress(); address != "" {
		return b.handOver(ctx, m, address, file)
	}
	return b.giveExport(ctx, m, file)
}

// exportAddress is where exports are fetched; "" when there is no page.
func (b *Bridge) exportAddress() string {
	c := b.config.Load()
	if c.Web.Listen == "" || c.Web.URL == "" {
		return ""
	}
	return strings.TrimSuffix(c.Web.URL, "/") + "/export/"
}

// pack writes a copy as text and as JSON into one file.
func (b *Bridge) pack(lang mentoring.Language, all *taken, people []string) ([]byte, error) {
	object, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write export: %w", err)
	}
	text := b.exportText(lang, all)
	for _, id := range people {
		if id != "" && (bytes.Contains(object, []byte(id)) || strings.Contains(text, id)) {
			return nil, errNames
		}
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range []struct {
		name string
		data []byte
	}{{"conversations.txt", []byte(text)}, {"conversations.json", object}} {
		f, err := w.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: all.Made})
		if err == nil {
			_, err = f.Write(part.data)
		}
		if err != nil {
			return nil, fmt.Errorf("write export: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write export: %w", err)
	}
	return out.Bytes(), nil
}

// exportText is a copy in words.
func (b *Bridge) exportText(lang mentoring.Language, all *taken) string {
	say := func(key string, pairs ...any) string { return b.bot.Render(lang, mentoring.T(key, pairs...)) }
	lines := []string{say("export.title", "made", all.Made)}
	for _, c := range all.Conversations {
		lines = append(lines, "", strings.Repeat("=", 40), say("export.with", "alias", c.With, "you", c.You, "since", c.Began))
		if c.Unreadable > 0 {
			lines = append(lines, say("export.unreadable", "n", c.Unreadable))
		}
		lines = append(lines, "")
		if len(c.Messages) == 0 {
			lines = append(lines, say("export.empty"))
		}
		for _, m := range c.Messages {
			text := m.Text
			switch m.Kind {
			case "text", "notice", "poll":
			case "emote":
				text = m.From + " " + text
			default:
				text = strings.TrimSpace(say("export.kind."+m.Kind) + " " + text)
			}
			if m.Edited {
				text += " " + say("export.edited")
			}
			lines = append(lines, say("export.line", "at", m.At, "alias", m.From, "text", text))
			for _, r := range m.Reactions {
				lines = append(lines, say("export.reaction", "alias", r.From, "text", r.Reaction))
			}
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// handOver keeps a copy behind a link, and says the link in the person's own room.
func (b *Bridge) handOver(ctx context.Context, m mentoring.Member, address string, file []byte) error {
	token, err := b.exports.put(m.ID, file)
	if err != nil {
		return err
	}
	language := m.Language
	if language == "" {
		language = b.staffLanguage()
	}
	text := b.bot.Render(language, mentoring.T("export.ready",
		"link", address+string(language)+"/"+token, "until", b.now().Add(exportKept)))
	return b.run(ctx, func(s *step) error {
		return s.line(store.RoomManagement, int64(m.ID), line{text: text})
	})
}
