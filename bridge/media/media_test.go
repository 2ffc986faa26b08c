package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"silta/bridge/media"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	cleaner, pdf := media.New(media.DefaultMemory), []byte("%PDF-1.7\n1 0 obj\n")
	var out bytes.Buffer
	result, err := cleaner.Clean(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), media.File, true, &out, media.DefaultLimits())
	if err != nil || result.Kind != media.File || result.MIME != "application/pdf" || result.Ext != ".pdf" || !bytes.Equal(out.Bytes(), pdf) {
		t.Errorf("%+v, %v", result, err)
	}
	// An image that is sent as a file is an image, whether files are carried or not.
	photo := jpegFile(t, drawing(64, 48))
	burden(t, photo, 6)
	data, err := os.ReadFile(photo)
	if err != nil {
		t.Fatal(err)
	}
	for _, allowed := range []bool{false, true} {
		out.Reset()
		result, err := cleaner.Clean(t.Context(), bytes.NewReader(data), int64(len(data)), media.File, allowed, &out, media.DefaultLimits())
		if err != nil || result.Kind != media.Image || result.Width != 48 {
			t.Errorf("%+v, %v", result, err)
		}
		if found := leaks(t, write(t, "file.jpg", out.Bytes())); len(found) > 0 {
			t.Errorf("found in the clean file: %v", found)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	long := film(t, "long.ogg", "-f", "lavfi", "-i", tone, "-c:a", "libopus")
	movie := film(t, "film.mp4", "-f", "lavfi", "-i", pictures, "-c:v", "libx264", "-preset", "ultrafast")
	web := film(t, "film.webm", "-f", "lavfi", "-i", pictures, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8")
	for _, c := range []struct {
		path string
		kind media.Kind
		set  func(*media.Limits)
		why  string
	}{
		{jpegFile(t, drawing(64, 48)), media.Image, func(l *media.Limits) { l.Bytes = 100 }, media.WhyTooBig},
		{jpegFile(t, drawing(64, 48)), media.Image, func(l *media.Limits) { l.Pixels = 64*48 - 1 }, media.WhyPixels},
		{jpegFile(t, drawing(64, 48)), media.Image, func(l *media.Limits) { l.Pixels = 64 * 48 }, ""},
		{gifFile(t, 3), media.Image, func(l *media.Limits) { l.Pixels = 3*60*40 - 1 }, media.WhyPixels},
		{long, media.Voice, func(l *media.Limits) { l.Duration = 1500 * time.Millisecond }, media.WhyTooLong},
		{movie, media.Video, func(l *media.Limits) { l.Duration = 1500 * time.Millisecond }, media.WhyTooLong},
		{movie, media.Video, func(l *media.Limits) { l.Pixels = 1000 }, media.WhyPixels},
		{web, media.Video, func(l *media.Limits) { l.Duration = 1500 * time.Millisecond }, media.WhyTooLong},
		{web, media.Video, func(l *media.Limits) { l.Pixels = 1000 }, media.WhyPixels},
	} {
		data, err := os.ReadFile(c.path)
		if err != nil {
			t.Fatal(err)
		}
		limits := media.DefaultLimits()
		c.set(&limits)
		_, err = media.New(0).Clean(t.Context(), bytes.NewReader(data), int64(len(data)), c.kind, false, io.Discard, limits)
		refused := new(media.Refused)
		if errors.As(err, &refused); refused.Why != c.why {
			t.Errorf("%s: %v, want %q", c.path, err, c.why)
		}
	}
}

// TestPolyglots: files that are something else behind their end come out
// without it.
func TestPolyglots(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"jpeg": jpegFile(t, drawing(64, 48)), "png": pngFile(t, drawing(64, 48)), "gif": gifFile(t, 2), "webp": webpFile(t, drawing(64, 48)),
	} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		dirty := append(slices.Clone(data), "PK\x03\x04"+strings.Repeat("<script>"+secret, 50)...)
		var out bytes.Buffer
		_, err = media.New(0).Clean(t.Context(), bytes.NewReader(dirty), int64(len(dirty)), media.Image, false, &out, media.DefaultLimits())
		refused := new(media.Refused)
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.Contains(out.Bytes(), []byte(secret)) {
			t.Errorf("%s: what stood behind the picture went across", name)
		}
	}
}

var errDisk = errors.New("disk")

// worn is a disk that fails after some bytes.
type worn struct {
	data []byte
	good int64
}

func (w *worn) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > w.good {
		return 0, errDisk
	}
	return bytes.NewReader(w.data).ReadAt(p, off)
}

func (w *worn) Write(p []byte) (int, error) {
	if w.good -= int64(len(p)); w.good < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

// TestFaultsAreNotRefusals: a broken disk or a passed deadline is nobody's
// broken file.
func TestFaultsAreNotRefusals(t *testing.T) {
	t.Parallel()
	for name, data := range small(t) {
		n := int64(len(data))
		cleaner, refused := media.New(0), new(media.Refused)
		for _, good := range []int64{0, n / 2} {
			_, err := cleaner.Clean(t.Context(), &worn{data: data, good: good}, n, kindOf(name), false, io.Discard, media.DefaultLimits())
			if !errors.Is(err, errDisk) || errors.As(err, &refused) {
				t.Errorf("%s, read to %d of %d: %v", name, good, n, err)
			}
		}
		for _, good := range []int64{0, 300} {
			_, err := cleaner.Clean(t.Context(), bytes.NewReader(data), n, kindOf(name), false, &worn{good: good}, media.DefaultLimits())
			if !errors.Is(err, errDisk) || errors.As(err, &refused) {
				t.Errorf("%s, written to %d: %v", name, good, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := cleaner.Clean(ctx, bytes.NewReader(data), n, kindOf(name), false, io.Discard, media.DefaultLimits())
		if !errors.Is(err, context.Canceled) || errors.As(err, &refused) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
}

// trap stands for a library that trips over a file.
type trap struct{ io.ReaderAt }

func (r trap) ReadAt(p []byte, off int64) (int, error) {
	if off > 0 {
		panic("index out of range")
	}
	return r.ReaderAt.ReadAt(p, off)
}

func TestPanicIsABrokenFile(t *testing.T) {
	t.Parallel()
	for name, data := range small(t, "photo.jpg", "film.mp4", "film.webm") {
		_, err := media.New(0).Clean(t.Context(), trap{bytes.NewReader(data)}, int64(len(data)), kindOf(name), false, io.Discard, media.DefaultLimits())
		refused := new(media.Refused)
		if !errors.As(err, &refused) || refused.Why != media.WhyBroken {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// slow holds a reader up until it is let go, and counts who waits in it.
type slow struct {
	io.ReaderAt
	ctx    context.Context
	inside *atomic.Int32
	most   *atomic.Int32
	gate   chan struct{}
	passed atomic.Int32
}

func (s *slow) ReadAt(p []byte, off int64) (int, error) {
	if off == 0 && s.passed.Add(1) > 1 { // the headers were read: this is the decode
		now := s.inside.Add(1)
		for {
			seen := s.most.Load()
			if now <= seen || s.most.CompareAndSwap(seen, now) {
				break
			}
		}
		select {
		case <-s.gate:
		case <-s.ctx.Done():
		}
		s.inside.Add(-1)
	}
	return s.ReaderAt.ReadAt(p, off)
}

// TestOneBudget: big images wait for one another, and one whose sender gave up
// does not keep the others out.
func TestOneBudget(t *testing.T) {
	t.Parallel()
	// 1,500×1,000 take 6 MB and 16 more for the thumbnail: of 32 MB one fits.
	data, err := os.ReadFile(pngFile(t, drawing(1500, 1000)))
	if err != nil {
		t.Fatal(err)
	}
	cleaner := media.New(32 << 20)
	var inside, most atomic.Int32
	gate := make(chan struct{})
	var all sync.WaitGroup
	send := func(ctx context.Context) error {
		in := &slow{ReaderAt: bytes.NewReader(data), ctx: ctx, inside: &inside, most: &most, gate: gate}
		_, err := cleaner.Clean(ctx, in, int64(len(data)), media.Image, false, io.Discard, media.DefaultLimits())
		return err
	}
	failed := make(chan error, 4)
	for range 4 {
		all.Go(func() { failed <- send(t.Context()) })
	}
	for inside.Load() == 0 {
		runtime.Gosched()
	}
	impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := send(impatient); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one who gave up: %v", err)
	}
	close(gate)
	all.Wait()
	for range 4 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
}
