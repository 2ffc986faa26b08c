package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// roomFile is a file in a person's own room, where there is no page to fetch it
// from.
type roomFile struct {
	of         mentoring.MemberID
	key        string // that it is known by, to be taken away
	name, mime string
	data       []byte
	text       string // said below it, if anything
	shown      time.Duration
	// side is the width and height of a square picture, which is shown as such; 0
	// for any other file.
	side int
}

func exportKey(of mentoring.MemberID) string { return fmt.Sprintf("export/%d", of) }

// fileSource names, in the table of uploads, what belongs to no message: a file of
// one member.
func fileSource(key string) string { return textOf(key) }

// giveExport puts a copy of a person's conversations into their own room.
func (b *Bridge) giveExport(ctx context.Context, m mentoring.Member, data []byte) error {
	return b.giveFile(ctx, roomFile{
		of: m.ID, key: exportKey(m.ID), name: "conversations.zip", mime: "application/zip", data: data, shown: exportShown,
		text: b.bot.Render(m.Language, mentoring.T("export.file", "until", b.now().Add(exportShown))),
	})
}

// giveFile puts a file into a person's own room. It takes the place of one that is
// there under its key.
func (b *Bridge) giveFile(ctx context.Context, f roomFile) error {
	if err := b.takeFileBack(ctx, f.key); err != nil {
		return err
	}
	var kept []store.Upload
	content, err := b.putWhole(ctx, &kept, f.key, f.mime, f.data)
	if err == nil {
		err = b.run(ctx, func(s *step) error { return s.showFile(&f, content, kept) })
	}
	if err != nil {
		for _, u := range kept {
			err = errors.Join(err, b.files.doom(u))
		}
	}
	return err
}

// showFile puts a file that has been uploaded into its person's room. It cannot be
// shown when its key was taken back meanwhile.
func (s *step) showFile(f *roomFile, content rewrite.Content, kept []store.Upload) error {
	for _, u := range kept {
		u.State = store.UploadWhole
		if err := s.tx.PutUpload(&u); err != nil {
			return err
		}
	}
	content["msgtype"], content["body"], content["filename"] = "m.file", f.name, f.name
	info := map[string]any{"mimetype": f.mime, "size": len(f.data)}
	if f.side > 0 {
		content["msgtype"] = "m.image"
		info["w"], info["h"] = f.side, f.side
	}
	content["info"] = info
	raw, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write a file's message: %w", err)
	}
	p := parcel{Kind: store.RoomManagement, Owner: int64(f.of), Op: opSend, Type: "m.room.message", Content: raw, Key: f.key}
	if err = s.enqueue(s.b.lineLane(p.Kind, p.Owner), store.LaneRoom, store.RowReady, p); err != nil {
		return err
	}
	if f.text != "" {
		if err = s.line(p.Kind, p.Owner, line{text: f.text}); err != nil {
			return err
		}
	}
	return s.jobAt(s.now.Add(f.shown), job{Op: opFileGone, Member: f.of, Key: f.key}, "file later", f.key)
}

// takeFileBack takes a file that was given under a key away again.
func (b *Bridge) takeFileBack(ctx context.Context, key string) error {
	var shown store.Line
	var room store.Room
	err := b.store.Write(ctx, func(tx *store.Tx) (err error) {
		shown, room = store.Line{}, store.Room{}
		if shown, err = tx.LineByKey(key); err == nil {
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
		if err := s.tx.DoomUploads(0, fileSource(key), 0); err != nil {
			return err
		}
		return notFoundIsFine(s.tx.DropLine(key))
	})
}

// putWhole uploads a file of the bot's own, encrypted where rooms are, and gives
// the content that points to it. That it was begun is noted under its source before
// anything is sent to its address, and added to kept.
func (b *Bridge) putWhole(ctx context.Context, kept *[]store.Upload, source, mime string, data []byte) (rewrite.Content, error) {
	var from io.Reader = bytes.NewReader(data)
	var sealed *machine.SealedAttachment
	if b.machines != nil {
		sealed = machine.SealAttachment(from)
		from, mime = sealed, "application/octet-stream"
	}
	address, minted, err := b.hs.mint(ctx, b.botActor())
	if err != nil {
		return nil, err
	}
	note := func() error {
		u := store.Upload{Source: fileSource(source), Address: address, Created: b.now()}
		err := b.store.Write(ctx, func(tx *store.Tx) error { return tx.PutUpload(&u) })
		if err == nil {
			*kept = append(*kept, u)
		}
		return err
	}
	if minted {
		if err = note(); err != nil {
			return nil, err
		}
	}
	if address, err = b.hs.upload(ctx, b.botActor(), address, mime, from, int64(len(data))); err != nil {
		return nil, err
	}
	if !minted {
		if err = note(); err != nil {
			return nil, err
		}
	}
	if sealed == nil {
		return rewrite.Content{"url": address}, nil
	}
	if err = sealed.Close(); err != nil {
		return nil, fmt.Errorf("seal a file: %w", err)
	}
	return rewrite.Content{"file": sealed.File(id.ContentURIString(address))}, nil
}
