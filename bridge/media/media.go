// Package media makes a file that a person sent fit to be handed to someone
// who must not learn who they are. It knows nothing of Matrix or of a network:
// bytes go in, clean bytes and what was measured of them come out.
//
// Nothing is stripped here; everything is built anew. An image is decoded and
// its pixels, turned the right way up, are encoded again. Of a sound or a film
// the packets that a decoder needs are read and laid into a container made
// from constants; what is not a packet (tags, times, places, devices, covers,
// subtitles, tracks of positions, hidden data between the boxes) has no way
// across. What cannot be rebuilt so is refused: TIFF, HEIC, AVI and the like.
//
//	image  JPEG, PNG, GIF, WebP    JPEG or PNG; a moving GIF stays a GIF
//	voice  Ogg/Opus, M4A, WebM     the same container
//	audio  and Ogg/Vorbis, MP3     the same container
//	video  MP4, QuickTime, WebM    MP4, MP4, WebM
//	file   any of these            cleaned as above
//	       anything else           as it is, if the programme allows files
//
// Every file is hostile. Sizes are measured in headers before anything is
// decoded, what a decode will take is reserved from one budget of memory, and
// tables are bounded by the file's own size and by counts. The decoders are others' work and
// large; a panic in one of them is a broken file, not a broken service, so
// Clean catches it. Only time is the caller's to bound, by ctx.
package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Kind is what a file was sent as.
type Kind string

// The kinds.
const (
	Image Kind = "image"
	Voice Kind = "voice" // sound recorded to be heard as a message
	Audio Kind = "audio"
	Video Kind = "video"
	File  Kind = "file"
)

// The reasons to refuse a file; each is a text that its sender reads.
const (
	WhyType     = "type"            // no type that can be cleaned, or not known
	WhyMismatch = "mismatch"        // sent as one kind, is another
	WhyHEIC     = "heic"            // HEIC or AVIF: a phone can send JPEG instead
	WhyTooBig   = "too_big"         // in bytes
	WhyPixels   = "too_many_pixels" // also: pixels of all frames, or too much memory
	WhyTooLong  = "too_long"        // in time
	WhyBroken   = "broken"          // cut off, damaged, or made to do harm
	WhyOff      = "off"             // a file of some other type where only media are carried
)

// Reasons lists every Refused.Why.
func Reasons() []string {
	return []string{WhyType, WhyMismatch, WhyHEIC, WhyTooBig, WhyPixels, WhyTooLong, WhyBroken, WhyOff}
}

// Refused says that a file will not be carried. It is the sender's to mend;
// any other error of Clean is a fault of the service, or the end of ctx.
type Refused struct {
	Why   string // one of Reasons
	cause error
}

// Error names the reason and nothing of the file.
func (r *Refused) Error() string { return "media refused: " + r.Why }

// Unwrap is what a decoder said, for tests: it may quote the file, so it is
// not for logs.
func (r *Refused) Unwrap() error { return r.cause }

func refuse(why, format string, args ...any) error {
	return &Refused{Why: why, cause: fmt.Errorf(format, args...)}
}

// Limits bound what is cleaned.
type Limits struct {
	Bytes    int64         // of the file that comes in
	Pixels   int64         // of an image, all frames together; of one frame of a video
	Duration time.Duration // of sound and video
}

// DefaultLimits fit what phones make: a photo of 50 megapixels, half an hour.
func DefaultLimits() Limits {
	return Limits{Bytes: 100 << 20, Pixels: 50_000_000, Duration: 30 * time.Minute}
}

// Thumb is a small picture of an image, made from its cleaned pixels.
type Thumb struct {
	Data          []byte
	MIME          string
	Width, Height int
}

// Result tells of the clean file what was measured, never what was claimed.
// Names are the caller's: "image" + Ext and the like.
type Result struct {
	Kind          Kind // as sent; media sent as File come out as what they are
	MIME          string
	Ext           string // with the dot
	Size          int64  // bytes written
	Width, Height int    // as shown, 0 for sound and files
	Duration      time.Duration
	Thumbnail     *Thumb // nil if there is none, or the image is no bigger
}

// Cleaner cleans files, many at once; their images share one budget of memory.
type Cleaner struct {
	memory *budget
}

// DefaultMemory is a budget that keeps a whole service below 256 MB with its
// garbage counted: the collector may let a heap grow to twice what is in use.
const DefaultMemory = 128 << 20

// New returns a Cleaner whose image decodes together take at most memory
// bytes (at least 32 MB); an image that alone needs more is refused.
func New(memory int64) *Cleaner {
	return &Cleaner{memory: newBudget(max(memory, 32<<20))}
}

// Clean reads size bytes of in, sent as kind, and writes the clean file to
// out. On an error, what out has got is to be thrown away. The errors are
// *Refused, ctx's own, or those of in and out, wrapped. With kind File,
// allowFiles says whether other types than media pass, as they are; media that
// were sent as files are cleaned and come out with the kind that they are, so
// that the caller can ask whether that kind is carried.
func (c *Cleaner) Clean(ctx context.Context, in io.ReaderAt, size int64, kind Kind, allowFiles bool, out io.Writer, limits Limits) (*Result, error) {
	src := &source{ctx: ctx, from: in, size: size}
	dst := &sink{ctx: ctx, to: out}
	result, err := c.guarded(ctx, src, kind, allowFiles, dst, limits)
	refused := new(Refused)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("clean media: %w", context.Cause(ctx))
	case src.err != nil:
		return nil, fmt.Errorf("read media: %w", src.err)
	case dst.err != nil:
		return nil, fmt.Errorf("write media: %w", dst.err)
	case errors.As(err, &refused):
		return nil, refused
	case err != nil:
		return nil, &Refused{Why: WhyBroken, cause: err}
	}
	result.Size = dst.n
	return result, nil
}

// guarded turns a panic of a decoder into an error: files come from anyone,
// and one that trips a library must not stop everyone's messages.
func (c *Cleaner) guarded(ctx context.Context, src *source, kind Kind, allowFiles bool, dst *sink, limits Limits) (result *Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			result, err = nil, refuse(WhyBroken, "panic: %v", r)
		}
	}()
	switch {
	case src.size <= 0:
		return nil, refuse(WhyBroken, "empty")
	case src.size > limits.Bytes:
		return nil, refuse(WhyTooBig, "%d bytes", src.size)
	}
	found, err := detect(src)
	if err != nil {
		return nil, err
	}
	if err := admit(found, kind, allowFiles); err != nil {
		return nil, err
	}
	if result, err = c.rebuild(ctx, found, src, kind, dst, limits); err != nil {
		return nil, err
	}
	if kind != File || found.container == other {
		result.Kind = kind
	}
	return result, nil
}

// rebuild hands the file to the one who knows its container, who also sets the
// kind that it is.
func (c *Cleaner) rebuild(ctx context.Context, found format, src *source, kind Kind, dst *sink, limits Limits) (*Result, error) {
	switch found.container {
	case jpegImage, pngImage, gifImage, webpImage:
		return c.image(ctx, found.container, src, dst, limits)
	case ogg:
		return c.ogg(src, dst, limits)
	case bmff:
		return c.bmff(src, kind, dst, limits)
	case webm:
		return c.webm(src, kind, dst, limits)
	case mp3:
		return c.mp3(src, dst, limits)
	case other:
		return pass(found, src, dst)
	default:
		return nil, refuse(WhyType, "%s", found.mime)
	}
}

// pass copies a file of another type as it is.
func pass(found format, src *source, dst *sink) (*Result, error) {
	if _, err := io.Copy(dst, src.section(0, src.size)); err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	return &Result{MIME: found.mime, Ext: found.ext}, nil
}
