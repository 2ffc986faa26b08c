package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/bridge/machine"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// exportShown is how long a copy given as a file stays in its person's room.
const exportShown = 24 * time.Hour

func exportKey(of mentoring.MemberID) string { return fmt.Sprintf("export/%d", of) }

// exportSource names, in the table of uploads, what belongs to no message: the
// file of one member.
func (b *Bridge) exportSource(of mentoring.MemberID) string { return textOf(exportKey(of)) }

// giveFile puts a copy into the person's own room, where there is no page to
// fetch it from. It takes the place of one that is there.
func (b *Bridge) giveFile(ctx context.Context, m mentoring.Member, file []byte) error {
	if err := b.takeFileBack(ctx, m.ID); err != nil {
		return err
	}
	var from io.Reader = bytes.NewReader(file)
	mime := "application/zip"
	var sealed *machine.SealedAttachment
	if b.machines != nil {
		sealed = machine.SealAttachment(from)
		from, mime = sealed, "application/octet-stream"
	}
	address, err := b.hs.upload(ctx, b.botActor(), "", mime, from, int64(len(file)))
	if err != nil {
		return err
	}
	content := rewrite.Content{
		"msgtype": "m.file", "body": "conversations.zip", "filename": "conversations.zip",
		"info": map[string]any{"mimetype": "application/zip", "size": len(file)},
	}
	if sealed == nil {
		content["url"] = address
	} else {
		if err = sealed.Close(); err != nil {
			return fmt.Errorf("seal a file: %w", err)
		}
		content["file"] = sealed.File(id.ContentURIString(address))
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return b.run(ctx, func(s *step) error {
		err := s.tx.PutUpload(&store.Upload{Source: b.exportSource(m.ID), State: store.UploadWhole, Address: address, Created: s.now})
		if err != nil {
			return err
		}
		p := parcel{Kind: store.RoomManagement, Owner: int64(m.ID), Op: opSend, Type: "m.room.message", Content: raw, Key: exportKey(m.ID)}
		if err = s.enqueue(s.b.lineLane(p.Kind, p.Owner), store.LaneRoom, store.RowReady, p); err != nil {
			return err
		}
		text := s.b.bot.Render(m.Language, mentoring.T("export.file", "until", s.now.Add(exportShown)))
		if err = s.line(p.Kind, p.Owner, line{text: text}); err != nil {
			return err
		}
		return s.jobAt(s.now.Add(exportShown), job{Op: opExportGone, Member: m.ID}, "export later", fmt.Sprint(m.ID))
	})
}

// takeFileBack takes a copy that was given as a file away again.
func (b *Bridge) takeFileBack(ctx context.Context, of mentoring.MemberID) error {
	var shown store.Line
	var room store.Room
	err := b.store.Write(ctx, func(tx *store.Tx) (err error) {
		shown, room = store.Line{}, store.Room{}
		if shown, err = tx.LineByKey(exportKey(of)); err == nil {
			room, err = tx.Room(shown.Room)
		}
		return notFoundIsFine(err)
	})
	if err != nil {
		return err
	}
	if room.Matrix != "" {
		if _, err = b.hs.redact(ctx, b.botActor(), room.Matrix, shown.Event, randomName(16)); err != nil && !isRefused(err) {
			return err
		}
	}
	return b.run(ctx, func(s *step) error {
		s.doomed = true
		if err := s.tx.DoomUploads(0, b.exportSource(of), 0); err != nil {
			return err
		}
		return notFoundIsFine(s.tx.DropLine(exportKey(of)))
	})
}
