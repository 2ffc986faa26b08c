package media_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"silta/bridge/media"
)

const mostMemory = 256 << 20

// small are valid files of every container, or of those that are named, small
// enough to be cut and bent in many ways.
func small(t testing.TB, only ...string) map[string][]byte {
	t.Helper()
	sound, moving := []string{"-f", "lavfi", "-i", "sine=duration=0.5"}, []string{"-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=0.5"}
	made := func(name string, in []string, args ...string) func() string {
		return func() string { return film(t, name, append(slices.Clone(in), args...)...) }
	}
	makers := map[string]func() string{
		"photo.jpg":    func() string { return jpegFile(t, drawing(48, 32)) },
		"shot.png":     func() string { return pngFile(t, drawing(48, 32)) },
		"moving.gif":   func() string { return gifFile(t, 3) },
		"lossy.webp":   func() string { return webpFile(t, drawing(48, 32)) },
		"less.webp":    func() string { return webpFile(t, drawing(48, 32), "-lossless", "1") },
		"voice.ogg":    made("a.ogg", sound, "-c:a", "libopus"),
		"vorbis.ogg":   made("a.ogg", sound, "-c:a", "libvorbis"),
		"voice.m4a":    made("a.m4a", sound, "-c:a", "aac"),
		"song.mp3":     made("a.mp3", sound, "-c:a", "libmp3lame"),
		"film.mp4":     made("a.mp4", append(slices.Clone(moving), sound...), "-c:v", "libx264", "-c:a", "aac"),
		"pieces.mp4":   made("a.mp4", moving, "-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov"),
		"film.webm":    made("a.webm", append(slices.Clone(moving), sound...), "-c:v", "libvpx", "-c:a", "libopus"),
		"browser.webm": made("a.webm", moving, "-c:v", "libvpx", "-live", "1"),
	}
	all := map[string][]byte{}
	for name, maker := range makers {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		data, err := os.ReadFile(maker())
		if err != nil {
			t.Fatal(err)
		}
		all[name] = data
	}
	return all
}

// kindOf is the kind as which a file is rightly sent.
func kindOf(name string) media.Kind {
	switch filepath.Ext(name) {
	case ".mp4", ".webm":
		return media.Video
	case ".ogg", ".m4a", ".mp3":
		return media.Voice
	}
	return media.Image
}

// set gathers hostile files and the reasons for which they must be refused.
type set struct {
	t    testing.TB
	dir  string
	jobs []job
	want []string // reasons, by "|"; "" is a clean result
}

func (s *set) add(name string, kind media.Kind, data []byte, want string) {
	s.t.Helper()
	path := filepath.Join(s.dir, fmt.Sprint(len(s.jobs)))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.jobs = append(s.jobs, job{Name: name, Path: path, Kind: kind})
	s.want = append(s.want, want)
}

// cut adds every file cut off at its containers' seams and between them.
func (s *set) cut(files map[string][]byte) {
	for _, name := range names(files) {
		data := files[name]
		places := seams(data)
		for i := 1; i < 8; i++ {
			places = append(places, len(data)*i/8)
		}
		places = append(places, 1, len(data)-1)
		slices.Sort(places)
		for _, n := range slices.Compact(places) {
			if n <= 0 || n >= len(data) {
				continue
			}
			want := "broken|type"
			if open(name, data[:n]) {
				want = "broken|type||" // what is left is a whole file
			}
			s.add(fmt.Sprintf("%s, %d of %d bytes", name, n, len(data)), kindOf(name), data[:n], want)
		}
	}
}

// open: Ogg's pages, MP3's frames, a browser's recording and a film in pieces stand for
// themselves, so that they may end after each.
func open(name string, left []byte) bool {
	return strings.HasSuffix(name, ".ogg") || name == "song.mp3" || name == "browser.webm" || name == "pieces.mp4"
}

func names[V any](files map[string]V) []string {
	var all []string
	for name := range files {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// seams are the places where a container's parts meet.
func seams(data []byte) []int {
	var all []int
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG")):
		for at := 8; at+12 <= len(data); at += 12 + int(binary.BigEndian.Uint32(data[at:])) {
			all = append(all, at, at+4, at+8)
		}
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		for at := 2; at+4 <= len(data) && data[at+1] != 0xda; at += 2 + int(binary.BigEndian.Uint16(data[at+2:])) {
			all = append(all, at, at+2, at+4)
		}
	case bytes.HasPrefix(data, []byte("RIFF")):
		for at := 12; at+8 <= len(data); at += 8 + int(binary.LittleEndian.Uint32(data[at+4:])+1)/2*2 {
			all = append(all, at, at+8)
		}
	case bytes.HasPrefix(data, []byte("OggS")):
		for at := 0; at >= 0 && at < len(data); {
			all = append(all, at, at+27)
			next := bytes.Index(data[at+4:], []byte("OggS"))
			if next < 0 {
				break
			}
			at += 4 + next
		}
	case bytes.HasPrefix(data[4:], []byte("ftyp")):
		for at := 0; at+8 <= len(data); at += int(binary.BigEndian.Uint32(data[at:])) {
			all = append(all, at, at+8)
		}
	}
	return all
}

// wrong adds files that are not what they are sent as.
func (s *set) wrong(files map[string][]byte) {
	for _, name := range names(files) {
		for _, kind := range []media.Kind{media.Image, media.Voice, media.Audio, media.Video} {
			right := kindOf(name)
			if kind != right && (kind != media.Audio || right != media.Voice) {
				s.add(name+" as "+string(kind), kind, files[name], "mismatch")
			}
		}
	}
	for name, head := range map[string]string{
		"tiff": "II*\x00\x08\x00\x00\x00", "bmp": "BM\x36\x00\x0c\x00", "svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"avi": "RIFF\x00\x00\x01\x00AVI LIST", "wav": "RIFF\x00\x00\x01\x00WAVEfmt ", "flac": "fLaC\x00\x00\x00\x22",
		"pdf": "%PDF-1.7\n", "zip": "PK\x03\x04\x14\x00", "elf": "\x7fELF\x02\x01\x01", "html": "<!DOCTYPE html><script>",
		"text": "hello\n", "zeros": "\x00\x00\x00\x00", "matroska": "\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska",
		"psd": "8BPS\x00\x01", "jxl": "\xff\x0a", "midi": "MThd\x00\x00\x00\x06",
	} {
		for _, kind := range []media.Kind{media.Image, media.Voice, media.Video} {
			s.add(name+" as "+string(kind), kind, append([]byte(head), make([]byte, 200)...), "type|mismatch|broken")
		}
		s.add(name+" as a file, which are off", media.File, append([]byte(head), make([]byte, 200)...), "off|type|broken")
	}
	for _, brand := range []string{"heic", "heix", "mif1", "avif", "avis"} {
		for _, kind := range []media.Kind{media.Image, media.Video, media.File} {
			s.add(brand+" as "+string(kind), kind, append([]byte("\x00\x00\x00\x18ftyp"+brand+"\x00\x00\x00\x00mif1heic"), make([]byte, 64)...), "heic")
		}
		s.add("isom with "+brand, media.Image, append([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isom"+brand), make([]byte, 64)...), "heic")
	}
	s.add("empty", media.Image, nil, "broken")
}

// bent adds files with bytes changed: whatever comes of it, it comes quietly.
func (s *set) bent(files map[string][]byte, each int) {
	for _, name := range names(files) {
		r := rand.New(rand.NewPCG(uint64(len(name)), 29))
		for i := range each {
			data := slices.Clone(files[name])
			for range 1 + i%5 {
				at := r.IntN(len(data))
				if i%2 == 0 {
					at = r.IntN(min(len(data), 1500)) // where the tables stand
				}
				data[at] = byte(r.IntN(256))
			}
			s.add(fmt.Sprintf("%s, bent %d", name, i), kindOf(name), mended(data), "*")
		}
	}
}

func TestLeak34Hostile(t *testing.T) {
	t.Parallel()
	files := small(t)
	s := &set{t: t, dir: t.TempDir()}
	s.cut(files)
	s.wrong(files)
	s.bombs(files)
	s.bent(files, 40)
	refused, most := 0, job{}
	for i, done := range apart(t, s.jobs) {
		want := strings.Split(s.want[i], "|")
		switch {
		case done.Fault != "":
			t.Errorf("%s: a fault: %s", done.Name, done.Fault)
		case s.want[i] != "*" && !slices.Contains(want, done.Why):
			t.Errorf("%s: refused for %q, want %q", done.Name, done.Why, s.want[i])
		case done.Why != "" && !slices.Contains(media.Reasons(), done.Why):
			t.Errorf("%s: an unknown reason %q", done.Name, done.Why)
		}
		if done.Peak > most.Peak {
			most = done
		}
		if done.Peak > mostMemory {
			t.Errorf("%s: %d MB", done.Name, done.Peak>>20)
		}
		if s.want[i] != "*" && done.Why != "" {
			refused++
		}
	}
	t.Logf("%d files, %d refused; at most %d MB, by %s", len(s.jobs), refused, most.Peak>>20, most.Name)
	if refused < 200 {
		t.Errorf("only %d files were refused", refused)
	}
}

// pngOf makes a PNG by hand: its header may say what it likes.
func pngOf(w, h uint32, depth, colours, interlaced byte, idat []byte) []byte {
	var file bytes.Buffer
	file.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		body := append([]byte(name), data...)
		file.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
		file.Write(body)
		file.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
	}
	chunk("IHDR", append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h), depth, colours, 0, 0, interlaced))
	chunk("IDAT", idat)
	chunk("IEND", nil)
	return file.Bytes()
}

// zeros is the compressed data of a real picture of one colour.
func zeros(t testing.TB, w, h int) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// jpegHead is a JPEG up to its first scan.
func jpegHead(marker byte, w, h uint16, sampling ...byte) []byte {
	b := []byte{0xff, 0xd8, 0xff, marker, 0, byte(8 + 3*len(sampling)), 8}
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, h), w)
	b = append(b, byte(len(sampling)))
	for i, s := range sampling {
		b = append(b, byte(i+1), s, 0)
	}
	b = append(b, 0xff, 0xda, 0, byte(6+2*len(sampling)), byte(len(sampling)))
	for i := range sampling {
		b = append(b, byte(i+1), 0)
	}
	return append(b, 0, 63, 0, 0x55, 0x55, 0x55)
}

// bombs adds small files that would become big.
func (s *set) bombs(files map[string][]byte) {
	const pixels = "too_many_pixels"
	s.add("png of 30,000×30,000, whole", media.Image, zeros(s.t, 30000, 30000), pixels)
	for _, depth := range []byte{1, 8, 16} {
		for _, size := range []uint32{8000, 60000, 1 << 31} {
			if size == 8000 && depth < 16 {
				continue
			}
			s.add(fmt.Sprintf("png of %d², %d bits", size, depth), media.Image, pngOf(size, size, depth, 6, 0, []byte("x")), pixels)
			s.add(fmt.Sprintf("png of %d², %d bits, interlaced", size, depth), media.Image, pngOf(size, size, depth, 2, 1, []byte("x")), pixels)
		}
	}
	for _, marker := range []byte{0xc0, 0xc1, 0xc2} {
		s.add(fmt.Sprintf("jpeg %x of 65,000²", marker), media.Image, jpegHead(marker, 65000, 65000, 0x11, 0x11, 0x11), pixels)
		s.add(fmt.Sprintf("jpeg %x of 7,000², four components", marker), media.Image, jpegHead(marker, 7000, 7000, 0x11, 0x11, 0x11, 0x11), pixels)
		s.add(fmt.Sprintf("jpeg %x of 4,000², cut off", marker), media.Image, jpegHead(marker, 4000, 4000, 0x22, 0x11, 0x11), "broken")
	}
	s.add("progressive jpeg of 48 megapixels", media.Image, jpegHead(0xc2, 8000, 6000, 0x22, 0x11, 0x11), pixels)
	many := &gif.GIF{}
	for range 40 {
		many.Image = append(many.Image, image.NewPaletted(image.Rect(0, 0, 1500, 1500), color.Palette{color.Black, color.White}))
		many.Delay = append(many.Delay, 1)
	}
	var file bytes.Buffer
	if err := gif.EncodeAll(&file, many); err != nil {
		s.t.Fatal(err)
	}
	s.add("gif of 40 frames of 1,500²", media.Image, file.Bytes(), pixels)
	s.webpBombs(files)
	s.filmBombs(files)
}

func riff(chunks ...string) []byte {
	body := "WEBP" + strings.Join(chunks, "")
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func riffChunk(name string, data []byte) string {
	b := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data))), data...)
	return string(append(b, make([]byte, len(data)%2)...))
}

func (s *set) webpBombs(files map[string][]byte) {
	const pixels = "too_many_pixels"
	huge := []byte{0x10, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff} // 16,777,216² with transparency
	lossy := files["lossy.webp"]
	at := bytes.Index(lossy, []byte("VP8 "))
	picture := lossy[at+8 : at+8+int(binary.LittleEndian.Uint32(lossy[at+4:]))]
	s.add("webp whose header is huge", media.Image, riff(riffChunk("VP8X", huge), riffChunk("ALPH", []byte{0, 1, 2, 3}), riffChunk("VP8 ", picture)), "broken")
	big := slices.Clone(picture)
	binary.LittleEndian.PutUint16(big[6:], 16383)
	binary.LittleEndian.PutUint16(big[8:], 16383)
	s.add("webp whose picture is huge", media.Image, riff(riffChunk("VP8X", make([]byte, 10)), riffChunk("VP8 ", big)), pixels)
	s.add("lossless webp of 16,384²", media.Image, riff(riffChunk("VP8L", append([]byte{0x2f, 0xff, 0xff, 0xff, 0x0f}, make([]byte, 2000)...))), pixels)
	s.add("lossless webp with 65,536 groups", media.Image, riff(riffChunk("VP8L", groups(1000, 1000))), "broken|")
}

// bitWriter writes VP8L's bits, the lowest first.
type bitWriter struct {
	data []byte
	n    int
}

func (w *bitWriter) put(v uint32, n int) {
	for i := range n {
		if w.n%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

// groups is a lossless picture that asks for as many groups of Huffman trees
// as can be.
func groups(width, height uint32) []byte {
	w := &bitWriter{}
	w.put(0x2f, 8)
	w.put(width-1, 14)
	w.put(height-1, 14)
	w.put(0, 4)                  // no transparency, version 0
	w.put(0, 1)                  // no transform
	w.put(0, 1)                  // no colour cache
	w.put(1, 1)                  // groups, chosen by a picture of tiles
	w.put(7, 3)                  // of 512 pixels
	w.put(0, 1)                  // that picture has no colour cache
	one := func(symbol uint32) { // a tree of one symbol
		w.put(1, 1)
		w.put(0, 1)
		w.put(1, 1)
		w.put(symbol, 8)
	}
	one(255) // green: the lower half of the number of each group
	one(255) // red: the upper half
	one(0)
	one(0)
	w.put(1, 1) // distance
	w.put(0, 1)
	w.put(0, 1)
	w.put(0, 1)
	for range 65536 {
		for range 5 {
			w.put(1, 1) // simple
			w.put(0, 1) // one symbol
			w.put(0, 1) // of one bit
			w.put(0, 1)
		}
	}
	return append(w.data, make([]byte, 64)...)
}

// filmBombs bend the numbers in tables of films.
func (s *set) filmBombs(files map[string][]byte) {
	patch := func(name, box string, offset int, values ...uint32) {
		data := slices.Clone(files[name])
		for at := bytes.Index(data, []byte(box)); at >= 0; {
			for i, v := range values {
				binary.BigEndian.PutUint32(data[at+4+offset+4*i:], v)
			}
			next := bytes.Index(data[at+4:], []byte(box))
			if next < 0 {
				break
			}
			at += 4 + next
		}
		s.add(fmt.Sprintf("%s, %s at %d is %x", name, box, offset, values), kindOf(name), data, "broken|too_long")
	}
	for _, name := range []string{"film.mp4", "voice.m4a"} {
		for _, box := range []string{"stts", "stsc", "stco"} {
			patch(name, box, 4, 0xffffffff)
		}
		patch(name, "stsz", 8, 0xffffffff)
		patch(name, "stsz", 4, 1, 0xffffffff)
		patch(name, "stsz", 4, 0x7fffffff, 100)
		patch(name, "stco", 8, 0xfffffff0)
		patch(name, "mdhd", 12, 0)
		patch(name, "mdhd", 12, 1, 0xffffffff)
		for _, box := range []string{"moov", "trak", "mdia", "minf", "stbl", "mdat"} {
			patch(name, box, -8, 0xffffffff)
			patch(name, box, -8, 7)
		}
	}
	patch("film.mp4", "ctts", 4, 0xffffffff)
	patch("pieces.mp4", "trun", 4, 0xffffffff)
	patch("pieces.mp4", "trun", 0, 0, 0xffffffff)
	patch("pieces.mp4", "trun", 8, 0x7fffffff)
	patch("pieces.mp4", "moof", -8, 0xffffffff)
	for _, name := range []string{"film.webm", "browser.webm"} {
		for id, size := range map[string]string{
			"\x18\x53\x80\x67": "\x01\x00\xff\xff\xff\xff\xff\xff", "\x1f\x43\xb6\x75": "\x01\x00\x7f\xff\xff\xff\xff\xff",
			"\x16\x54\xae\x6b": "\x01\x7f\xff\xff\xff\xff\xff\xff", "\x15\x49\xa9\x66": "\x01\x7f\xff\xff\xff\xff\xff\xff",
		} {
			data := slices.Clone(files[name])
			at := bytes.LastIndex(data, []byte(id)) // the first may be in an index
			copy(data[at+4:], size)
			s.add(fmt.Sprintf("%s, %x is huge", name, id), media.Video, data, "broken")
		}
	}
	// The same bytes again and again: each piece says where its samples stand.
	pieces := files["pieces.mp4"]
	at := bytes.Index(pieces, []byte("moof")) - 4
	moof := pieces[at : at+int(binary.BigEndian.Uint32(pieces[at:]))]
	s.add("pieces that overlap", media.Video, slices.Concat(pieces, bytes.Repeat(moof, 200)), "broken")
}
