package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// container is a way of writing media that this package can rebuild.
type container int

const (
	other container = iota
	jpegImage
	pngImage
	gifImage
	webpImage
	ogg
	bmff // MP4, M4A, QuickTime
	webm
	mp3
	heic    // HEIC, HEIF, AVIF
	foreign // an image, sound or film of a type that is not rebuilt
)

// format is what a file was found to be.
type format struct {
	container container
	mime, ext string // of a file that passes as it is
}

// detect looks at the bytes only; a name or a claimed type says nothing.
func detect(src *source) (format, error) {
	head, err := src.bytes(0, min(src.size, 3072))
	if err != nil {
		return format{}, err
	}
	found := mimetype.Detect(head)
	mime, _, _ := strings.Cut(found.String(), ";")
	f := format{mime: mime, ext: found.Extension()}
	class, _, _ := strings.Cut(mime, "/")
	switch {
	case mime == "image/jpeg":
		f.container = jpegImage
	case mime == "image/png" || mime == "image/vnd.mozilla.apng":
		f.container = pngImage
	case mime == "image/gif":
		f.container = gifImage
	case mime == "image/webp":
		f.container = webpImage
	case bytes.HasPrefix(head, []byte("OggS")):
		f.container = ogg
	case strings.HasPrefix(mime, "image/hei") || mime == "image/avif" || pictureBrand(head):
		f.container = heic
	case isBMFF(head):
		f.container = bmff
	case bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")):
		f.container = webm // or Matroska: its reader looks at the document type
	case mime == "audio/mpeg" || mp3Frame(head):
		f.container = mp3
	case class == "image" || class == "audio" || class == "video":
		f.container = foreign
	}
	if f.ext == "" || f.mime == "application/octet-stream" {
		f.mime, f.ext = "application/octet-stream", ".bin"
	}
	return f, nil
}

// mp3Frame: an MP3 without tags begins with a frame.
func mp3Frame(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	_, ok := parseMP3(binary.BigEndian.Uint32(head))
	return ok
}

// isBMFF: files of this family begin with one of these boxes.
func isBMFF(head []byte) bool {
	return len(head) >= 12 && slices.Contains([]string{"ftyp", "moov", "mdat", "wide", "free", "skip"}, string(head[4:8]))
}

// pictureBrand: HEIC and AVIF files, also by the brands that they are
// compatible with.
func pictureBrand(head []byte) bool {
	if !isBMFF(head) || string(head[4:8]) != "ftyp" {
		return false
	}
	size := int(min(uint32(head[0])<<24|uint32(head[1])<<16|uint32(head[2])<<8|uint32(head[3]), uint32(len(head))))
	pictures := []string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis", "mif2", "mif3"}
	for at := 8; at+4 <= size; at += 4 {
		if at != 12 && slices.Contains(pictures, string(head[at:at+4])) { // at 12 stands a version
			return true
		}
	}
	return false
}

// admit says whether a file of this format may have been sent as this kind.
func admit(f format, kind Kind, allowFiles bool) error {
	fits := map[container][]Kind{
		jpegImage: {Image, File}, pngImage: {Image, File}, gifImage: {Image, File}, webpImage: {Image, File},
		ogg: {Voice, Audio, File}, mp3: {Voice, Audio, File},
		bmff: {Voice, Audio, Video, File}, webm: {Voice, Audio, Video, File},
		other: {File},
	}[f.container]
	switch {
	case f.container == heic:
		return refuse(WhyHEIC, "%s", f.mime)
	case f.container == foreign:
		return refuse(WhyType, "%s", f.mime)
	case f.container == other && kind != File:
		return refuse(WhyType, "%s", f.mime)
	case f.container == other && !allowFiles:
		return refuse(WhyOff, "%s", f.mime)
	case !slices.Contains(fits, kind):
		return refuse(WhyMismatch, "%s sent as %s", f.mime, kind)
	}
	return nil
}
