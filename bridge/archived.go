package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// A leg that its person has archived is quiet (feature C6). Push rules belong to
// the person's account, so all that can be done without it is to send what the
// rules that every account begins with let pass in silence (Matrix 1.17, 11.12.1.4):
//
//   - words become a notice (.m.rule.suppress_notices);
//   - a file cannot be one. It comes as an edit (.m.rule.suppress_edits) of a notice
//     that says what it is. Clients show the file in the place of the notice; to
//     what does not know edits the notice stays.
//
// In the message map the notice is the copy, for it is what people answer, change
// and take back; the edit is kept beside it, so that it can be taken back, too.

// hushed makes a notice of what a person wrote; the rest goes as it is.
func hushed(object rewrite.Content) rewrite.Content {
	for _, part := range []any{object, object["m.new_content"]} {
		content, ok := part.(rewrite.Content)
		if !ok {
			if plain, isMap := part.(map[string]any); isMap {
				content = plain
			}
		}
		if kind, ok := content["msgtype"].(string); ok && (kind == "m.text" || kind == "m.emote") {
			content["msgtype"] = "m.notice"
		}
	}
	return object
}

// quietly is the notice of a file that somebody gets in silence.
func (s *step) quietly(viewer *mentoring.Participant, kind rewrite.Kind) (json.RawMessage, error) {
	language, err := s.languageOf(viewer)
	if err != nil {
		return nil, err
	}
	text := s.b.bot.Render(language, mentoring.T("archive.file."+string(contentOf(kind))))
	made, err := marshalled("m.room.message", rewrite.Content{"msgtype": "m.notice", "body": text, "m.mentions": map[string]any{}})
	return made.raw, err
}

// quietTxn marks the transaction of what is sent, or taken back, besides.
const quietTxn = "q"

// deliverQuietly sends a notice and, as an edit of it, a file. Both have their own
// transaction, so that a second try sends neither twice.
func (b *Bridge) deliverQuietly(ctx context.Context, r *route, p *parcel) (notice, file string, err error) {
	first := *p
	first.Content, first.File, first.Quiet, first.Txn = p.Quiet, nil, nil, p.Txn+quietTxn
	if notice, err = b.deliverEvent(ctx, r, &first); err != nil {
		return "", "", err
	}
	var content rewrite.Content
	if err = json.Unmarshal(p.Content, &content); err != nil {
		return "", "", fmt.Errorf("read parcel: %w", err)
	}
	content = rewrite.Attach(rewrite.Relate(content, rewrite.Relation{Kind: rewrite.Replace}, notice, ""), p.File.Ready)
	allowed := r.allowed
	allowed.Events, allowed.Media = []string{notice}, p.File.Ready.Addresses()
	allowed.Sealed = b.machines != nil
	raw, err := json.Marshal(hushed(content))
	if err != nil {
		return "", "", fmt.Errorf("write content: %w", err)
	}
	file, err = b.sendRaw(ctx, r, p, raw, allowed)
	return notice, file, err
}

// fileOf makes, of the event that carries a file, a name for the edit by which it
// came to an archived leg.
func fileOf(event string) string {
	sum := sha256.Sum256([]byte("file of " + event))
	return "$" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// noteShown keeps the edit by which a file came.
func noteShown(tx *store.Tx, p *parcel) error {
	if p.shown == "" {
		return nil
	}
	of, err := tx.MessageBySource(p.Conversation, p.Source)
	if err != nil {
		return notFoundIsFine(err)
	}
	m := &store.Message{Conversation: p.Conversation, Source: fileOf(p.Source), Author: of.Author}
	old, err := tx.MessageBySource(p.Conversation, m.Source)
	switch {
	case err == nil:
		m.Copies = slices.Clone(old.Copies)
	case !errors.Is(err, mentoring.ErrNotFound):
		return err
	}
	m.Copies = append(m.Copies, store.Copy{Number: p.Number, Event: p.shown})
	return tx.PutMessage(m)
}

// shownAs is the edit by which the file came that a parcel takes back; empty when
// it came as other files do.
func (b *Bridge) shownAs(ctx context.Context, p *parcel) (event string, err error) {
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		m, err := tx.MessageBySource(p.Conversation, fileOf(p.Relation.Source))
		if err == nil {
			event, _ = m.EventIn(p.Number)
		}
		return notFoundIsFine(err)
	})
	return event, err
}

// isHeart says whether a reaction is the heart by which mentees thank.
func isHeart(key string) bool {
	key = strings.TrimRight(strings.TrimSpace(key), "\ufe0e\ufe0f")
	return key == "❤" || key == "♥"
}
