package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"silta/bridge/machine"
	"silta/bridge/media"
	"silta/bridge/rewrite"
	"silta/store"
)

// upload puts a file to where one leg's people find it, and notes that in the
// leg's row.
func (fs *files) upload(f *file, u *uploading, row store.Row, p *parcel, as actor) {
	err := fs.ctx.Err()
	if fs.enter(fs.sending) {
		err = fs.uploadTo(f, u, row, p, as)
		<-fs.sending
	}
	if errors.Is(err, errTooLarge) && fs.ctx.Err() == nil {
		err = fs.b.refuseFile(fs.ctx, f.key, &media.Refused{Why: media.WhyTooBig})
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	u.running, u.err = false, err
	f.uses--
	if err == nil {
		delete(fs.uploads, row.ID)
		f.left--
	}
	fs.rest(f)
	fs.wake(map[store.Lane]bool{row.Lane: true})
}

// errTooLarge says that the homeserver does not take a file of that size.
var errTooLarge = errors.New("larger than the homeserver takes")

func (fs *files) uploadTo(f *file, u *uploading, row store.Row, p *parcel, as actor) error {
	limit, err := fs.limit.ask(fs.ctx, fs.b)
	if err != nil {
		return err
	}
	if limit > 0 && f.clean.size > limit {
		return errTooLarge
	}
	r := f.result
	ready := &rewrite.Upload{
		Kind: kindOf(r.Kind), MIME: r.MIME, Ext: r.Ext, Size: f.clean.size, Width: r.Width, Height: r.Height,
		Duration: r.Duration.Milliseconds(),
	}
	main, err := fs.put(u, p, as, f.clean.reader(), f.clean.size, r.MIME)
	if err != nil {
		return err
	}
	ready.Place = main.place
	kept := []*store.Upload{&main.kept}
	if t := r.Thumbnail; t != nil {
		small, err := fs.put(u, p, as, bytes.NewReader(t.Data), int64(len(t.Data)), t.MIME)
		if err != nil {
			return errors.Join(err, fs.doom(main.kept))
		}
		ready.Thumb = &rewrite.Thumb{Place: small.place, MIME: t.MIME, Size: int64(len(t.Data)), Width: t.Width, Height: t.Height}
		kept = append(kept, &small.kept)
	}
	if err = fs.noteReady(row, ready, kept); err == nil {
		fs.b.meter.Media(string(r.Kind), f.clean.size)
	}
	return err
}

// noteReady writes into a row where its file is. When the row has gone
// meanwhile, so must the file.
func (fs *files) noteReady(row store.Row, ready *rewrite.Upload, kept []*store.Upload) error {
	opens, err := json.Marshal(ready)
	if err != nil {
		return fmt.Errorf("write upload: %w", err)
	}
	gone := false
	err = fs.b.store.Write(fs.ctx, func(tx *store.Tx) error {
		rows, err := tx.Rows(row.Lane)
		if err != nil {
			return err
		}
		gone = true
		for _, now := range rows {
			if now.ID != row.ID {
				continue
			}
			p, err := readParcel(now)
			if err != nil {
				return err
			}
			gone = false
			fresh, part := *p, *p.File
			part.Ready = ready
			fresh.File = &part
			payload, err := json.Marshal(fresh)
			if err != nil {
				return fmt.Errorf("write parcel: %w", err)
			}
			if err = tx.Rewrite(row.ID, payload); err != nil {
				return err
			}
		}
		for i, one := range kept {
			same := *one
			same.State = store.UploadWhole
			if gone {
				same.State = store.UploadDoomed
			} else if i == 0 {
				same.Opens = opens
			}
			if err = notFoundIsFine(tx.PutUpload(&same)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && gone {
		fs.wantSweep()
	}
	return err
}

// putFile is a file that has been uploaded.
type putFile struct {
	kept  store.Upload
	place rewrite.Place
}

// put uploads one file, encrypted where rooms are. Its address is noted before
// anything is sent to it, so that it can be deleted whatever happens.
func (fs *files) put(u *uploading, p *parcel, as actor, from io.Reader, size int64, mime string) (*putFile, error) {
	address, minted, err := fs.b.hs.mint(fs.ctx, as)
	if err != nil {
		return nil, err
	}
	put := &putFile{kept: store.Upload{Conversation: p.Conversation, Source: p.Source, Number: p.Number, Address: address, Created: fs.b.now()}}
	note := func() error {
		return fs.b.store.Write(fs.ctx, func(tx *store.Tx) error { return tx.PutUpload(&put.kept) })
	}
	if minted {
		if err = note(); err != nil {
			return nil, err
		}
	}
	var sealed *machine.SealedAttachment
	if fs.b.machines != nil {
		sealed = machine.SealAttachment(from)
		from, mime = sealed, "application/octet-stream"
	}
	put.kept.Address, err = fs.b.hs.upload(fs.ctx, as, address, mime, from, size)
	if err != nil {
		if minted {
			put.kept.Address = address
			err = errors.Join(err, fs.doom(put.kept))
		}
		return nil, fs.uploadFailed(u, err)
	}
	u.cuts = 0
	if !minted {
		if err = note(); err != nil {
			return nil, err
		}
	}
	put.place.Address = put.kept.Address
	if sealed != nil {
		if err = sealed.Close(); err != nil {
			return nil, fmt.Errorf("seal a file: %w", err)
		}
		key, iv, hash := sealed.Values()
		put.place.Key = &rewrite.Key{Key: key, IV: iv, SHA256: hash}
	}
	return put, nil
}

// uploadFailed says what a failed upload means. One that ends without an answer
// again and again, though the homeserver answers otherwise, is given up.
func (fs *files) uploadFailed(u *uploading, err error) error {
	var f *failure
	if !errors.As(err, &f) {
		return err
	}
	if f.status == http.StatusRequestEntityTooLarge {
		return errTooLarge
	}
	if f.status != 0 {
		return f
	}
	if u.cuts++; u.cuts >= cutPatience {
		return &failure{code: "M_UNKNOWN"}
	}
	return f
}

// doom lets a file be deleted that will not be used.
func (fs *files) doom(kept store.Upload) error {
	defer fs.wantSweep()
	kept.State, kept.Opens = store.UploadDoomed, nil
	return fs.b.store.Write(fs.ctx, func(tx *store.Tx) error { return notFoundIsFine(tx.PutUpload(&kept)) })
}

// uploadLimit is how large a file the homeserver takes. It is asked now and
// then: an upload that is larger would end without an answer.
type uploadLimit struct {
	mu    sync.Mutex
	asked time.Time
	bytes int64 // 0: not said
}

func (l *uploadLimit) ask(ctx context.Context, b *Bridge) (int64, error) {
	now := b.now()
	l.mu.Lock()
	bytes, fresh := l.bytes, !l.asked.IsZero() && now.Sub(l.asked) <= time.Hour
	l.mu.Unlock()
	if fresh {
		return bytes, nil
	}
	bytes, err := b.hs.uploadLimit(ctx, b.botActor()) // two at once are no harm
	var f *failure
	if err != nil && (!errors.As(err, &f) || f.transient) {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes, l.asked = bytes, now
	return bytes, nil
}

// sweepUploads deletes what is not wanted any more, whenever there is some.
func (b *Bridge) sweepUploads(ctx context.Context) {
	ticker := time.NewTicker(pruneEvery)
	defer ticker.Stop()
	told := false
	for {
		err := b.deleteDoomed(ctx)
		var f *failure
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, errNotAllowed) && !told:
			told = true
			b.log.Warn().Msg("files of redacted messages cannot be deleted at the homeserver; `silta check` says more")
		case errors.Is(err, errNotAllowed):
		case errors.As(err, &f):
			b.log.Warn().Err(redacted(err)).Msg("files of redacted messages could not be deleted yet")
		default:
			b.log.Error().Err(redacted(err)).Msg("the database did not answer")
		}
		select {
		case <-ctx.Done():
			return
		case <-b.files.sweep:
		case <-ticker.C:
		}
	}
}

func (b *Bridge) deleteDoomed(ctx context.Context) error {
	after := int64(0)
	for {
		var doomed []store.Upload
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			doomed, err = tx.DoomedUploads(after, batch)
			return err
		})
		if err != nil || len(doomed) == 0 {
			return err
		}
		for _, u := range doomed {
			after = u.ID
			if err = b.hs.deleteMedia(ctx, b.botActor(), b.config.Load().Homeserver.AdminToken, u.Address); err != nil {
				return err
			}
			if err = b.store.Write(ctx, func(tx *store.Tx) error { return tx.DropUpload(u.ID) }); err != nil {
				return err
			}
		}
	}
}
