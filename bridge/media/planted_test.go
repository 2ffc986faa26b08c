package media_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"silta/bridge/media"
)

// graft makes of a clean file, and the one that it was made of, what a cleaner
// with one fault would have written.
type graft func(t testing.TB, dirty, cleaned []byte) []byte

// segment keeps a JPEG's segment.
func segment(marker byte, prefix string) graft {
	return func(t testing.TB, dirty, cleaned []byte) []byte {
		for at := 2; at+4 <= len(dirty) && dirty[at+1] != 0xda; {
			n := 2 + int(binary.BigEndian.Uint16(dirty[at+2:]))
			if dirty[at+1] == marker && bytes.HasPrefix(dirty[at+4:], []byte(prefix)) {
				return slices.Concat(cleaned[:2], dirty[at:at+n], cleaned[2:])
			}
			at += n
		}
		t.Fatalf("no segment %x %q", marker, prefix)
		return nil
	}
}

// pngChunk keeps a PNG's chunk.
func pngChunk(name string) graft {
	return func(t testing.TB, dirty, cleaned []byte) []byte {
		at := bytes.Index(dirty, []byte(name)) - 4
		if at < 0 {
			t.Fatalf("no chunk %s", name)
		}
		n := 12 + int(binary.BigEndian.Uint32(dirty[at:]))
		if crc32.ChecksumIEEE(dirty[at+4:at+n-4]) != binary.BigEndian.Uint32(dirty[at+n-4:]) {
			t.Fatalf("no chunk %s", name)
		}
		return slices.Concat(cleaned[:33], dirty[at:at+n], cleaned[33:])
	}
}

// gifComment keeps a GIF's comment.
func gifComment(t testing.TB, dirty, cleaned []byte) []byte {
	at := bytes.Index(dirty, []byte("\x21\xfe"))
	end := at + bytes.Index(dirty[at:], []byte(secret)) + len(secret) + 1
	return slices.Concat(cleaned[:len(cleaned)-1], dirty[at:end], []byte(";"))
}

// copied lets ffmpeg copy the file with one kind of thing kept.
func copied(args ...string) graft {
	return func(t testing.TB, dirty, cleaned []byte) []byte {
		ext := ".mp4"
		switch {
		case bytes.HasPrefix(dirty, []byte("OggS")):
			ext = ".ogg"
		case bytes.HasPrefix(dirty, []byte("\x1a\x45")):
			ext = ".webm"
		case bytes.HasPrefix(dirty[4:], []byte("ftypM4A")):
			ext = ".m4a"
		}
		out := filepath.Join(t.TempDir(), "kept"+ext)
		in := []string{"-i", write(t, "dirty"+ext, dirty), "-i", write(t, "clean"+ext, cleaned)}
		ffmpeg(t, append(append(in, args...), "-c", "copy", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", out)...)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
}

// patched writes values into a box of the clean film.
func patched(box string, offset int, value string) graft {
	return func(t testing.TB, dirty, cleaned []byte) []byte {
		data := slices.Clone(cleaned)
		at := bytes.Index(data, []byte(box))
		if at < 0 {
			t.Fatalf("no %s", box)
		}
		copy(data[at+4+offset:], value)
		return data
	}
}

// behind appends a box with XMP.
func behind(t testing.TB, dirty, cleaned []byte) []byte {
	id := "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"
	body := "uuid" + id + `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="x"/></rdf:RDF></x:xmpmeta>`
	return slices.Concat(cleaned, binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), []byte(body))
}

// sampleOf leaves in the packets what the dirty film's packets are signed with.
func sampleOf(mark string) graft {
	return func(t testing.TB, dirty, cleaned []byte) []byte {
		at := bytes.Index(dirty, []byte(mark))
		if at < 0 {
			t.Fatalf("the source is not signed %s", mark)
		}
		data := slices.Clone(cleaned)
		copy(data[len(data)-200:], dirty[at:at+len(mark)+40])
		return data
	}
}

// TestPlantedLeaks shows that the oracle of these tests finds what a cleaner
// with a fault would leave: else a clean bill would mean nothing.
func TestPlantedLeaks(t *testing.T) {
	t.Parallel()
	photo, shot, moving := jpegFile(t, drawing(64, 48)), pngFile(t, drawing(64, 48)), gifFile(t, 2)
	for _, path := range []string{photo, shot, moving} {
		burden(t, path, 1)
	}
	talking := []string{"-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", tone, "-i", titles(t), "-map", "0", "-map", "1", "-map", "2", "-preset", "ultrafast"}
	movie := film(t, "film.mp4", append(talking, "-c:v", "libx264", "-c:a", "aac", "-c:s", "mov_text")...)
	web := film(t, "film.webm", "-f", "lavfi", "-i", pictures, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8")
	voice := film(t, "voice.ogg", "-f", "lavfi", "-i", tone, "-c:a", "libopus")
	album := film(t, "voice.m4a", "-f", "lavfi", "-i", tone, "-i", photo, "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "copy", "-disposition:v", "attached_pic")
	for _, c := range []struct {
		name, path string
		kind       media.Kind
		found      string // as what the oracle must find it
		plant      graft
	}{
		{"keeps EXIF", photo, media.Image, "EXIF:GPSLatitude", segment(0xe1, "Exif")},
		{"keeps XMP", photo, media.Image, "XMP:Creator", segment(0xe1, "http")},
		{"keeps the ICC profile", photo, media.Image, "ICC_Profile:", segment(0xe2, "ICC")},
		{"keeps IPTC", photo, media.Image, "IPTC:By-line", segment(0xed, "Photoshop")},
		{"keeps the comment", photo, media.Image, "File:Comment", segment(0xfe, "")},
		{"keeps a PNG's EXIF", shot, media.Image, "EXIF:GPSLatitude", pngChunk("eXIf")},
		{"keeps a PNG's profile", shot, media.Image, "ICC_Profile:", pngChunk("iCCP")},
		{"keeps a PNG's text", shot, media.Image, "PNG:Comment", pngChunk("tEXt")},
		{"keeps a GIF's comment", moving, media.Image, "File:Comment", gifComment},
		{"keeps udta", movie, media.Video, "QuickTime:Title", copied("-map", "1", "-map_metadata", "0:g")},
		{"keeps the handler's name", movie, media.Video, "QuickTime:HandlerDescription=" + secret, copied("-map", "1", "-map_metadata:s", "0:s")},
		{"keeps the subtitles", movie, media.Video, "QuickTime:FontTable", copied("-map", "1", "-map", "0:s", "-map_metadata", "-1")},
		{"keeps the time of making", movie, media.Video, "QuickTime:CreateDate", patched("mvhd", 4, "\xe2\x5f\x01\x02")},
		{"keeps a track's time", movie, media.Video, "QuickTime:TrackModifyDate", patched("tkhd", 8, "\xe2\x5f\x01\x02")},
		{"keeps the language", movie, media.Video, "QuickTime:MediaLanguageCode=fin", patched("mdhd", 32, "\x19\x2e")},
		{"keeps the compressor's name", movie, media.Video, "QuickTime:CompressorName", patched("avc1", 42, "\x06Camera")},
		{"keeps XMP of a film", movie, media.Video, "XMP:Format", behind},
		{"keeps SEI", movie, media.Video, "x264", sampleOf("x264 - core")},
		{"keeps AAC's fillings", movie, media.Video, "Lavc", sampleOf("Lavc")},
		{"keeps a cover", album, media.Voice, "QuickTime:CoverArt", copied("-map", "1", "-map", "0:v", "-disposition:v", "attached_pic", "-map_metadata", "-1")},
		{"keeps a Vorbis comment", voice, media.Voice, "Vorbis:Artist", copied("-map", "1", "-map_metadata", "0:s:0")},
		{"keeps WebM's title and date", web, media.Video, "Matroska:DateTimeOriginal", copied("-map", "1", "-map_metadata", "0:g")},
		{"keeps WebM's writers", web, media.Video, "Matroska:MuxingApp", copied("-map", "1", "-map_metadata", "-1")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dirty, err := os.ReadFile(c.path)
			if err != nil {
				t.Fatal(err)
			}
			_, cleaned, path := clean(t, c.path, c.kind)
			before := leaks(t, path)
			if len(before) > 0 {
				t.Fatalf("without the fault: %v", before)
			}
			after := leaks(t, write(t, "planted"+filepath.Ext(path), c.plant(t, dirty, cleaned)))
			if !slices.ContainsFunc(after, func(leak string) bool { return strings.HasPrefix(leak, c.found) }) {
				t.Errorf("%s is not among what the oracle finds: %v", c.found, after)
			}
		})
	}
}
