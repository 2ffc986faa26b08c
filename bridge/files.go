package bridge

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"silta/bridge/machine"
	"silta/bridge/media"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// files makes the files of messages anew, and uploads them for each leg. None
// of it is done by the workers of lanes: a lane whose head has a file says so,
// lets go, and is woken when there is news, so that a large video holds up
// nobody but who comes after it in its own lane.
//
// A file is fetched and made anew once for all legs of a message, and kept (in
// a spool) as long as a leg may want it. What is here is lost at a crash, and
// done again then: all that counts is in the rows and in the table of uploads.
type files struct {
	b       *Bridge
	cleaner *media.Cleaner
	ctx     context.Context //nolint:containedctx // what runs here belongs to no caller
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	sweep   chan struct{} // something is to be deleted
	limit   uploadLimit

	// Slots bound what runs at once.
	fetching, cleaning, sending chan struct{}

	mu      sync.Mutex
	known   map[fileKey]*file
	uploads map[int64]*uploading // by row
}

// How much is done at once, and how long things are waited for.
const (
	fetchSlots = 8
	cleanSlots = 2
	sendSlots  = 4
	// prefetched bounds how many files are fetched before a lane asks for them.
	prefetched = 64
	// cleanTime bounds the making of one file.
	cleanTime = 5 * time.Minute
	// filePatience is how long a homeserver is asked again that answers, but
	// does not give a file.
	filePatience = time.Hour
	// fileKept is how long a file is kept that nobody is using.
	fileKept = 30 * time.Second
	// filePoll is after how long a lane looks again though nothing woke it.
	filePoll = time.Minute
	// cutPatience is how many uploads may end without an answer though the
	// homeserver answers otherwise: something between us does not let it through.
	cutPatience = 10
)

// file is one file on its way.
type file struct {
	key  fileKey
	part filePart

	working bool      // it is being made
	until   time.Time // not tried again before
	clean   *spool    // nil until it is made
	result  *media.Result

	uses     int // uploads that read it
	left     int // legs that may still want it
	idle     *time.Timer
	failures int
	since    time.Time // first time that the homeserver would not give it
	lanes    map[store.Lane]bool
}

// uploading is the upload for one row.
type uploading struct {
	running bool
	cuts    int
	err     error
}

func newFiles(b *Bridge) *files {
	ctx, cancel := context.WithCancel(context.Background())
	return &files{
		b: b, cleaner: media.New(media.DefaultMemory), ctx: ctx, cancel: cancel, sweep: make(chan struct{}, 1),
		fetching: make(chan struct{}, fetchSlots), cleaning: make(chan struct{}, cleanSlots), sending: make(chan struct{}, sendSlots),
		known: map[fileKey]*file{}, uploads: map[int64]*uploading{},
	}
}

// close ends everything here; nothing may be started any more.
func (fs *files) close() {
	fs.mu.Lock()
	fs.cancel()
	fs.mu.Unlock()
	fs.wg.Wait()
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.known {
		fs.forget(f)
	}
}

// forget drops a file; fs.mu is held, or everything has ended.
func (fs *files) forget(f *file) {
	if f.idle != nil {
		f.idle.Stop()
	}
	if f.clean != nil {
		_ = f.clean.Close() // it has no name: nothing is left of it
	}
	if fs.known[f.key] == f {
		delete(fs.known, f.key)
	}
}

// enter waits for a slot.
func (fs *files) enter(slots chan struct{}) bool {
	select {
	case slots <- struct{}{}:
		return true
	case <-fs.ctx.Done():
		return false
	}
}

// prefetch makes a file before a lane wants it, so that its writer hears of a
// refusal at once, even when nobody is there to receive it.
func (fs *files) prefetch(key fileKey, part *filePart) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.known[key] == nil && len(fs.known) < prefetched {
		fs.start(&file{key: key, part: *part, left: part.Legs, lanes: map[store.Lane]bool{}})
	}
}

// start begins to make a file; fs.mu is held.
func (fs *files) start(f *file) {
	if fs.ctx.Err() != nil {
		return
	}
	fs.known[f.key] = f
	f.working = true
	fs.wg.Go(func() { fs.produce(f) })
}

// send brings the file of a parcel to its leg, a stage further each time: nil
// is never returned, since the row is rewritten when the file is there.
func (fs *files) send(row store.Row, p *parcel, r *route) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	wait := &errNotYet{until: filePoll}
	u := fs.uploads[row.ID]
	switch {
	case u != nil && u.running:
		return wait
	case u != nil && u.err != nil:
		err := u.err
		u.err = nil // this time it is told, the next time tried again
		if u.cuts == 0 {
			delete(fs.uploads, row.ID)
		}
		return err
	}
	f := fs.known[p.fileKey()]
	switch {
	case f == nil:
		f = &file{key: p.fileKey(), part: *p.File, left: p.File.Legs, lanes: map[store.Lane]bool{row.Lane: true}}
		fs.start(f)
		return wait
	case f.working:
		f.lanes[row.Lane] = true
		return wait
	case f.clean == nil:
		if early := f.until.Sub(fs.b.now()); early > 0 {
			return &errNotYet{until: early}
		}
		f.lanes[row.Lane] = true
		fs.start(f)
		return wait
	}
	if fs.ctx.Err() != nil {
		return wait
	}
	if u == nil {
		u = &uploading{}
		fs.uploads[row.ID] = u
	}
	u.running = true
	f.uses++
	copied, as := *p, r.as
	fs.wg.Go(func() { fs.upload(f, u, row, &copied, as) })
	return wait
}

// wake makes lanes due that wait for a file; fs.mu is held.
func (fs *files) wake(lanes map[store.Lane]bool) {
	heads := make([]store.Head, 0, len(lanes))
	for lane := range lanes {
		heads = append(heads, store.Head{Lane: lane, Kind: store.LaneOut})
	}
	clear(lanes)
	fs.b.lanes.add(heads)
}

// produce fetches a file and makes it anew.
func (fs *files) produce(f *file) {
	clean, result, err := fs.fetchAndClean(f)
	for err != nil && fs.ctx.Err() == nil { // a refusal is to be kept
		refused := fs.refusalOf(f, err)
		if refused == nil {
			break
		}
		if err = fs.b.refuseFile(fs.ctx, f.key, refused); err == nil {
			fs.mu.Lock()
			fs.forget(f)
			fs.wake(f.lanes)
			fs.mu.Unlock()
			return
		}
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.working = false
	if err != nil {
		f.failures++
		f.until = fs.b.now().Add(backoff(min(f.failures, 5), 0))
		fs.wake(f.lanes)
		f.idle = time.AfterFunc(filePatience, func() { fs.expire(f) })
		return
	}
	f.clean, f.result, f.failures = clean, result, 0
	fs.rest(f)
	fs.wake(f.lanes)
}

// rest lets a file go that nobody has used for a while; fs.mu is held.
func (fs *files) rest(f *file) {
	if f.uses > 0 {
		return
	}
	if f.left <= 0 {
		fs.forget(f)
		return
	}
	if f.idle != nil {
		f.idle.Stop()
	}
	f.idle = time.AfterFunc(fileKept, func() { fs.expire(f) })
}

func (fs *files) expire(f *file) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.uses == 0 && !f.working {
		fs.forget(f)
	}
}

// refusalOf says whether an error means that a file will never be carried, and
// what its writer is told. What is a fault of ours or will pass is nil.
func (fs *files) refusalOf(f *file, err error) error {
	var refused *media.Refused
	var refusal *mentoring.Refusal
	var fail *failure
	switch {
	case errors.As(err, &refused), errors.As(err, &refusal):
		return err
	case errors.Is(err, machine.ErrAttachment), errors.Is(err, context.DeadlineExceeded):
		return &media.Refused{Why: media.WhyBroken}
	case !errors.As(err, &fail):
		fs.b.meter.Fault("media")
		fs.b.log.Error().Err(redacted(err)).Msg("a file could not be made anew; it is tried again")
		return nil
	case fail.status == http.StatusUnauthorized, fail.status == http.StatusTooManyRequests, fail.status == 0:
		return nil
	case fail.transient && f.since.IsZero():
		f.since = fs.b.now()
		return nil
	case fail.transient && fs.b.now().Sub(f.since) < filePatience:
		return nil
	}
	return mentoring.Refuse("media.refused.gone")
}

// fetchAndClean makes a file anew.
func (fs *files) fetchAndClean(f *file) (clean *spool, result *media.Result, err error) {
	rules := fs.b.rules().Programme(f.part.Programme)
	limits := media.DefaultLimits()
	if rules.MaxFile > 0 {
		limits.Bytes = rules.MaxFile
	}
	if rules.MaxLength > 0 {
		limits.Duration = rules.MaxLength
	}
	folder := fs.b.config.Load().TempDir
	raw, err := fs.fetch(f, folder, limits.Bytes)
	if err != nil {
		return nil, nil, err
	}
	defer raw.Close()
	if clean, err = newSpool(folder); err != nil {
		return nil, nil, err
	}
	if !fs.enter(fs.cleaning) {
		clean.Close()
		return nil, nil, fs.ctx.Err()
	}
	defer func() { <-fs.cleaning }()
	ctx, cancel := context.WithTimeout(fs.ctx, cleanTime)
	defer cancel()
	result, err = fs.cleaner.Clean(ctx, raw, raw.size, cleanKind(f.part.Kind), rules.Carries[mentoring.Files], clean, limits)
	if err == nil {
		if what := contentOf(kindOf(result.Kind)); !rules.Carries[what] { // a picture that was sent as a file
			err = mentoring.Refuse("media.off." + string(what))
		}
	}
	if err != nil {
		clean.Close()
		return nil, nil, err
	}
	return clean, result, nil
}

// fetch downloads a file into a spool and decrypts it on the way. Nothing of it
// is used before its hash is right.
func (fs *files) fetch(f *file, folder string, limit int64) (raw *spool, err error) {
	if !fs.enter(fs.fetching) {
		return nil, fs.ctx.Err()
	}
	defer func() { <-fs.fetching }()
	from, err := fs.b.hs.download(fs.ctx, fs.b.botActor(), f.part.Media.Address)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	if from.size > limit {
		return nil, &media.Refused{Why: media.WhyTooBig}
	}
	if raw, err = newSpool(folder); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			raw.Close()
		}
	}()
	var in io.ReadCloser = from
	if key := f.part.Media.Key; key != nil {
		if in, err = machine.OpenAttachment(attachmentOf(key), from); err != nil {
			return nil, err
		}
	}
	n, err := io.Copy(raw, io.LimitReader(in, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, &media.Refused{Why: media.WhyTooBig}
	}
	return raw, in.Close()
}

// attachmentOf is a key as the machine has it.
func attachmentOf(key *rewrite.Key) *machine.Attachment {
	return machine.AttachmentOf(key.Key, key.IV, key.SHA256)
}

func (fs *files) wantSweep() {
	select {
	case fs.sweep <- struct{}{}:
	default:
	}
}
