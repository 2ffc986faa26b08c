package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// An Ogg file is a row of pages; each holds pieces of packets of one stream.
// The first packets are headers: who decodes this, and the tags. They are made
// anew on pages of their own; a codec must begin its sound on a fresh page, so
// the pages after them go over as they are, under a header of ours.

const oggSerial = 1 // the number of the stream: for everyone the same

var errOgg = errors.New("bad Ogg")

// page is one page as it was read.
type page struct {
	continued, first, last bool
	granule                int64 // samples up to its end; -1 if no packet ends here
	serial                 uint32
	segments               []byte
	body                   []byte
}

// oggPages reads a file page by page.
type oggPages struct {
	r    *bufio.Reader
	left int64
	raw  []byte // header, segments and body of the page, used again
}

// next reads a page and proves its checksum; io.EOF at the end of the file.
func (o *oggPages) next() (page, error) {
	if o.left == 0 {
		return page{}, io.EOF
	}
	o.raw = append(o.raw[:0], make([]byte, 27)...)
	if _, err := io.ReadFull(o.r, o.raw); err != nil {
		return page{}, fmt.Errorf("page: %w", err)
	}
	if string(o.raw[:5]) != "OggS\x00" {
		return page{}, fmt.Errorf("%w: no page", errOgg)
	}
	count := int(o.raw[26])
	if err := o.more(count); err != nil {
		return page{}, err
	}
	size := 0
	for _, n := range o.raw[27:] {
		size += int(n)
	}
	if err := o.more(size); err != nil {
		return page{}, err
	}
	o.left -= int64(len(o.raw))
	sum := binary.LittleEndian.Uint32(o.raw[22:])
	copy(o.raw[22:26], make([]byte, 4))
	if oggSum(o.raw) != sum {
		return page{}, fmt.Errorf("%w: checksum", errOgg)
	}
	flags := o.raw[5]
	return page{
		continued: flags&1 != 0, first: flags&2 != 0, last: flags&4 != 0,
		granule: int64(binary.LittleEndian.Uint64(o.raw[6:])), serial: binary.LittleEndian.Uint32(o.raw[14:]),
		segments: o.raw[27 : 27+count], body: o.raw[27+count:],
	}, nil
}

func (o *oggPages) more(n int) error {
	at := len(o.raw)
	o.raw = append(o.raw, make([]byte, n)...)
	if _, err := io.ReadFull(o.r, o.raw[at:]); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

// oggSum is Ogg's checksum: the polynomial of CRC-32, not reflected, from zero.
func oggSum(data []byte) uint32 {
	const poly = 0x04c11db7
	var sum uint32
	for _, b := range data {
		sum ^= uint32(b) << 24
		for range 8 {
			if sum&0x80000000 != 0 {
				sum = sum<<1 ^ poly
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// oggWriter writes pages of one stream.
type oggWriter struct {
	to   io.Writer
	page uint32
	raw  []byte
}

func (w *oggWriter) write(p page) error {
	flags := byte(0)
	for bit, set := range []bool{p.continued, p.first, p.last} {
		if set {
			flags |= 1 << bit
		}
	}
	w.raw = append(w.raw[:0], "OggS\x00"...)
	w.raw = append(w.raw, flags)
	w.raw = binary.LittleEndian.AppendUint64(w.raw, uint64(p.granule))
	w.raw = binary.LittleEndian.AppendUint32(w.raw, oggSerial)
	w.raw = binary.LittleEndian.AppendUint32(w.raw, w.page)
	w.raw = append(w.raw, 0, 0, 0, 0, byte(len(p.segments)))
	w.raw = append(append(w.raw, p.segments...), p.body...)
	binary.LittleEndian.PutUint32(w.raw[22:], oggSum(w.raw))
	w.page++
	_, err := w.to.Write(w.raw)
	return err
}

// headers writes packets of headers, each beginning a page.
func (w *oggWriter) headers(packets [][]byte) error {
	for i, packet := range packets {
		segments := append(make([]byte, 0, len(packet)/255+1), repeat(255, len(packet)/255)...)
		segments = append(segments, byte(len(packet)%255))
		for continued := false; len(segments) > 0; continued = true {
			n := min(len(segments), 255)
			size := 0
			for _, s := range segments[:n] {
				size += int(s)
			}
			p := page{first: i == 0, continued: continued, segments: segments[:n], body: packet[:size]}
			if n < len(segments) {
				p.granule = -1
			}
			if err := w.write(p); err != nil {
				return err
			}
			segments, packet = segments[n:], packet[size:]
		}
	}
	return nil
}

func repeat(b byte, n int) []byte {
	all := make([]byte, n)
	for i := range all {
		all[i] = b
	}
	return all
}

// ogg rebuilds Ogg/Opus and Ogg/Vorbis.
func (c *Cleaner) ogg(src *source, dst *sink, limits Limits) (*Result, error) {
	in := &oggPages{r: bufio.NewReaderSize(src.section(0, src.size), 64<<10), left: src.size}
	sound, serial, err := oggHeaders(in)
	if err != nil {
		return nil, err
	}
	packets, err := sound.headers()
	if err != nil {
		return nil, err
	}
	out := &oggWriter{to: dst}
	if err := out.headers(packets); err != nil {
		return nil, err
	}
	start, end, pages := int64(-1), int64(0), 0
	for ended := false; ; pages++ {
		p, err := in.next()
		switch {
		case errors.Is(err, io.EOF) && in.left == 0 && pages > 0:
			return &Result{Kind: Audio, MIME: "audio/ogg", Ext: ".ogg", Duration: sound.length(end)}, nil
		case err != nil:
			return nil, err
		case ended || p.first || p.serial != serial:
			return nil, refuse(WhyBroken, "another stream in the file")
		case pages == 0 && p.continued:
			return nil, fmt.Errorf("%w: the sound does not begin on a fresh page", errOgg)
		}
		if p.granule != -1 {
			if start < 0 {
				start = max(0, p.granule-sound.samples(p))
			}
			p.granule -= start
			if p.granule < end && !p.last {
				return nil, fmt.Errorf("%w: time goes back", errOgg)
			}
			end = p.granule
		}
		if sound.length(end) > limits.Duration {
			return nil, refuse(WhyTooLong, "%s", sound.length(end))
		}
		ended = p.last
		if err := out.write(p); err != nil {
			return nil, err
		}
	}
}

// maxHeader bounds a header that is kept: Vorbis's tables take some kilobytes.
const maxHeader = 256 << 10

// oggHeaders reads the packets before the sound. Tags may be of any size, with
// pictures in them: they are read past, not kept.
func oggHeaders(in *oggPages) (sound, uint32, error) {
	var s sound
	first, err := in.next()
	if err != nil {
		return s, 0, err
	}
	if !first.first || first.continued {
		return s, 0, fmt.Errorf("%w: no beginning", errOgg)
	}
	serial := first.serial
	wanted, have := 0, 0
	var packet []byte
	for p := first; ; {
		body := p.body
		for i, n := range p.segments {
			piece := body[:n]
			body = body[n:]
			if have != 1 || len(packet) < 8 { // of the tags, only what they are
				packet = append(packet, piece...)
			}
			if len(packet) > maxHeader {
				return s, 0, fmt.Errorf("%w: a header of %d bytes", errOgg, len(packet))
			}
			if n == 255 {
				continue
			}
			if wanted, err = s.take(have, packet); err != nil {
				return s, 0, err
			}
			packet, have = nil, have+1
			if have == wanted {
				if i != len(p.segments)-1 {
					return s, 0, fmt.Errorf("%w: sound among the headers", errOgg)
				}
				return s, serial, nil
			}
		}
		if p, err = in.next(); err != nil {
			return s, 0, err
		}
		if p.serial != serial || p.first {
			return s, 0, refuse(WhyMismatch, "more than one stream")
		}
	}
}

// sound is the codec of an Ogg stream or of a WebM track, from its headers.
type sound struct {
	opus     *opusHead
	identity []byte // Vorbis's first header
	setup    []byte // Vorbis's third
}

// take reads header packet i and says how many there are.
func (s *sound) take(i int, packet []byte) (int, error) {
	switch {
	case i == 0 && hasPrefix(packet, "OpusHead"):
		head, err := parseOpusHead(packet)
		s.opus = head
		return 2, err
	case i == 0 && hasPrefix(packet, "\x01vorbis"):
		if len(packet) != 30 || packet[11] == 0 || binary.LittleEndian.Uint32(packet[12:]) == 0 {
			return 0, fmt.Errorf("%w: Vorbis header", errOgg)
		}
		s.identity = packet
		return 3, nil
	case i == 0 && hasPrefix(packet, "\x80theora"):
		return 0, refuse(WhyType, "Theora")
	case i == 0:
		return 0, refuse(WhyType, "Ogg of another codec")
	case i == 1 && s.opus != nil && hasPrefix(packet, "OpusTags"):
		return 2, nil
	case i == 1 && s.identity != nil && hasPrefix(packet, "\x03vorbis"):
		return 3, nil
	case i == 2 && hasPrefix(packet, "\x05vorbis"):
		s.setup = packet
		return 3, nil
	}
	return 0, fmt.Errorf("%w: header %d", errOgg, i)
}

func hasPrefix(data []byte, prefix string) bool {
	return len(data) >= len(prefix) && string(data[:len(prefix)]) == prefix
}

// headers are the packets that stand before the sound, with no tags: their
// makers' names are empty.
func (s *sound) headers() ([][]byte, error) {
	if s.opus != nil {
		return [][]byte{s.opus.bytes(), append([]byte("OpusTags"), make([]byte, 8)...)}, nil
	}
	if s.setup == nil {
		return nil, fmt.Errorf("%w: no setup", errOgg)
	}
	identity := append([]byte(nil), s.identity...)
	clear(identity[16:28]) // the bit rates: hints of the encoder
	return [][]byte{identity, append(append([]byte("\x03vorbis"), make([]byte, 8)...), 1), s.setup}, nil
}

// length is how long so many samples last.
func (s *sound) length(granule int64) time.Duration {
	if s.opus != nil {
		return inTime(max(0, granule-int64(s.opus.skip)), 48000)
	}
	return inTime(granule, int64(binary.LittleEndian.Uint32(s.identity[12:])))
}

// inTime is n units of which rate make a second; what overflows is very long.
func inTime(n, rate int64) time.Duration {
	if rate <= 0 || n < 0 {
		return 0
	}
	if n/rate > 1<<32 {
		return 1 << 62
	}
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate*int64(time.Second)/rate)
}

// samples are those of the packets that end on a page; Vorbis's are not known
// without its tables, and its streams begin at zero.
func (s *sound) samples(p page) int64 {
	if s.opus == nil {
		return p.granule
	}
	var sum int64
	body := p.body
	begin := true
	for _, n := range p.segments {
		if begin && n > 0 {
			sum += opusSamples(body[:n])
		}
		body, begin = body[n:], n != 255
	}
	return sum
}

// opusSamples is the length of a packet at 48 kHz, from its first bytes
// (RFC 6716, section 3.1).
func opusSamples(packet []byte) int64 {
	config := packet[0] >> 3
	var each int64 // samples of a frame
	switch {
	case config < 12:
		each = []int64{480, 960, 1920, 2880}[config%4]
	case config < 16:
		each = []int64{480, 960}[config%2]
	default:
		each = []int64{120, 240, 480, 960}[config%4]
	}
	switch packet[0] & 3 {
	case 0:
		return each
	case 3:
		if len(packet) < 2 {
			return 0
		}
		return each * int64(packet[1]&63)
	}
	return 2 * each
}

// opusHead is what a decoder needs to know of an Opus stream (RFC 7845).
type opusHead struct {
	channels byte
	skip     uint16 // samples before the sound, at 48 kHz
	gain     int16
	family   byte
	mapping  []byte // streams, coupled, and a byte a channel; empty in family 0
}

func parseOpusHead(data []byte) (*opusHead, error) {
	if len(data) < 19 || data[8]>>4 != 0 || data[9] == 0 {
		return nil, fmt.Errorf("%w: Opus header", errOgg)
	}
	h := &opusHead{channels: data[9], skip: binary.LittleEndian.Uint16(data[10:]), gain: int16(binary.LittleEndian.Uint16(data[16:])), family: data[18]}
	switch {
	case h.family == 0 && h.channels > 2, h.family > 1:
		return nil, refuse(WhyType, "Opus channel family %d, %d channels", h.family, h.channels)
	case h.family == 1:
		if len(data) < 21+int(h.channels) || h.channels > 8 {
			return nil, fmt.Errorf("%w: Opus channels", errOgg)
		}
		h.mapping = append([]byte(nil), data[19:21+int(h.channels)]...)
	}
	return h, nil
}

// bytes is the header as Ogg and WebM hold it; the rate of the recording,
// which no decoder needs, is 48 kHz.
func (h *opusHead) bytes() []byte {
	data := append([]byte("OpusHead"), 1, h.channels)
	data = binary.LittleEndian.AppendUint16(data, h.skip)
	data = binary.LittleEndian.AppendUint32(data, 48000)
	data = binary.LittleEndian.AppendUint16(data, uint16(h.gain))
	return append(append(data, h.family), h.mapping...)
}
