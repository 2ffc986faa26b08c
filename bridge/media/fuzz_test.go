package media_test

import (
	"bytes"
	"errors"
	"testing"

	"silta/bridge/media"
)

// once cleans bytes and, when something comes out, cleans that: what this
// package writes it must be able to read.
func once(t *testing.T, data []byte, kind media.Kind) {
	cleaner := media.New(media.DefaultMemory)
	limits := media.DefaultLimits()
	limits.Pixels = 1 << 20 // the fuzzer looks for faults, not for patience
	for round := range 2 {
		var out bytes.Buffer
		result, err := cleaner.Clean(t.Context(), bytes.NewReader(data), int64(len(data)), kind, false, &out, limits)
		refused := new(media.Refused)
		switch {
		case err != nil && !errors.As(err, &refused):
			t.Fatalf("a fault: %v", err)
		case err != nil && round == 1:
			t.Fatalf("its own work is refused: %v: %v", err, cause(err))
		case err != nil:
			return
		case result.Size != int64(out.Len()) || result.MIME == "" || result.Ext == "":
			t.Fatalf("%+v of %d bytes", result, out.Len())
		}
		data = out.Bytes()
	}
}

func fuzz(f *testing.F, kind media.Kind, names ...string) {
	for _, file := range small(f, names...) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) { once(t, data, kind) })
}

func FuzzJPEG(f *testing.F) { fuzz(f, media.Image, "photo.jpg") }
func FuzzPNG(f *testing.F)  { fuzz(f, media.Image, "shot.png") }
func FuzzGIF(f *testing.F)  { fuzz(f, media.Image, "moving.gif") }
func FuzzWebP(f *testing.F) { fuzz(f, media.Image, "lossy.webp", "less.webp") }
func FuzzOgg(f *testing.F)  { fuzz(f, media.Voice, "voice.ogg", "vorbis.ogg") }
func FuzzMP4(f *testing.F)  { fuzz(f, media.Video, "film.mp4", "pieces.mp4") }
func FuzzM4A(f *testing.F)  { fuzz(f, media.Voice, "voice.m4a") }
func FuzzWebM(f *testing.F) { fuzz(f, media.Video, "film.webm", "browser.webm") }
