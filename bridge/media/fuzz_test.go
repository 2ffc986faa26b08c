package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
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
func FuzzMP3(f *testing.F)  { fuzz(f, media.Voice, "song.mp3") }
func FuzzMP4(f *testing.F)  { fuzz(f, media.Video, "film.mp4", "pieces.mp4") }
func FuzzM4A(f *testing.F)  { fuzz(f, media.Voice, "voice.m4a") }
func FuzzWebM(f *testing.F) { fuzz(f, media.Video, "film.webm", "browser.webm") }

// FuzzOgg mends the checksums of the pages, so that what is in them is reached.
func FuzzOgg(f *testing.F) {
	for _, file := range small(f, "voice.ogg", "vorbis.ogg") {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) { once(t, mended(data), media.Voice) })
}

// mended is Ogg with right checksums.
func mended(data []byte) []byte {
	data = slices.Clone(data)
	for at := 0; at+27 <= len(data) && string(data[at:at+4]) == "OggS"; {
		end := at + 27 + int(data[at+26])
		if end > len(data) {
			break
		}
		for _, n := range data[at+27 : end] {
			end += int(n)
		}
		if end > len(data) {
			break
		}
		clear(data[at+22 : at+26])
		var sum uint32
		for _, b := range data[at:end] {
			sum ^= uint32(b) << 24
			for range 8 {
				sum = sum<<1 ^ 0x04c11db7*(sum>>31)
			}
		}
		binary.LittleEndian.PutUint32(data[at+22:], sum)
		at = end
	}
	return data
}
