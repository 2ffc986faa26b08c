package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// A WebM is read twice: once for where each block stands, once to lay the
// blocks into new clusters behind a header and an index of ours.

// block is a track's packet, or several behind one header.
type block struct {
	at      int64 // of its payload
	size    uint32
	clean   uint32
	time    int64 // milliseconds
	discard int64 // nanoseconds of sound at the end that are not heard
	audio   bool
	key     bool
	lacing  byte
}

// stream is a track of a WebM that goes across.
type stream struct {
	number        uint64
	codec         codec
	width, height uint64
	shownW        uint64
	shownH        uint64
	rate          float64
	channels      uint64
	private       []byte // made anew
	delay, roll   uint64 // nanoseconds
}

// webmFile is what is read of a WebM.
type webmFile struct {
	ebml         *ebml
	scale        int64 // nanoseconds of a unit of time
	video, audio *stream
	blocks       []block
	cluster      int64 // the time of the cluster that is being read
}

// webm rebuilds a WebM.
func (c *Cleaner) webm(src *source, kind Kind, dst *sink, limits Limits) (*Result, error) {
	w := &webmFile{ebml: &ebml{src: src}, scale: 1_000_000}
	if err := w.read(); err != nil {
		return nil, err
	}
	switch {
	case w.video == nil && w.audio == nil:
		return nil, refuse(WhyType, "no track that can be carried")
	case w.video == nil && kind == Video, w.video != nil && (kind == Audio || kind == Voice):
		return nil, refuse(WhyMismatch, "pictures: %v, sent as %s", w.video != nil, kind)
	case len(w.blocks) == 0:
		return nil, fmt.Errorf("%w: no blocks", errEBML)
	}
	length, err := w.settle(src, limits)
	if err != nil {
		return nil, err
	}
	result := &Result{Kind: Audio, MIME: "audio/webm", Ext: ".weba", Duration: length}
	if v := w.video; v != nil {
		if int64(v.width*v.height) > limits.Pixels {
			return nil, refuse(WhyPixels, "%d×%d", v.width, v.height)
		}
		result.Kind, result.MIME, result.Ext = Video, "video/webm", ".webm"
		result.Width, result.Height = int(v.width), int(v.height)
	}
	return result, w.write(src, dst, length)
}

// read walks the file.
func (w *webmFile) read() error {
	size := w.ebml.src.size
	head, err := w.ebml.element(0, size)
	if err != nil {
		return err
	}
	parts, err := w.ebml.children(head)
	if err != nil || head.id != idEBML {
		return fmt.Errorf("%w: header: %w", errEBML, err)
	}
	for _, p := range parts {
		if p.id == idDocType && string(bytes.TrimRight(p.data, "\x00")) != "webm" {
			return refuse(WhyType, "Matroska")
		}
	}
	segment, err := w.ebml.element(head.end(), size)
	if err != nil {
		return err
	}
	if segment.id != idSegment {
		return fmt.Errorf("%w: no segment", errEBML)
	}
	end := size
	if segment.size != sizeUnknown {
		end = segment.end()
	}
	for at := segment.at; at < end; {
		el, err := w.ebml.element(at, end)
		if err != nil {
			return err
		}
		if at, err = w.part(el, end); err != nil {
			return err
		}
	}
	return nil
}

// part reads one part of the segment and says where the next one begins.
func (w *webmFile) part(el element, end int64) (int64, error) {
	if el.id == idCluster {
		return w.readCluster(el, end)
	}
	if el.size == sizeUnknown {
		return 0, fmt.Errorf("%w: %x without a size", errEBML, el.id)
	}
	switch el.id {
	case idInfo:
		parts, err := w.ebml.children(el)
		if err != nil {
			return 0, err
		}
		for _, p := range parts {
			if p.id == idScale {
				w.scale = int64(min(p.uint(), 1<<40))
			}
		}
	case idTracks:
		parts, err := w.ebml.children(el)
		if err != nil {
			return 0, err
		}
		for _, p := range parts {
			if p.id == idTrack {
				if err := w.readTrack(p.data); err != nil {
					return 0, err
				}
			}
		}
	case idCues, idSeek, idTags, idAttachments, idChapters, idVoid, idSum:
	default:
		return 0, fmt.Errorf("%w: %x in the segment", errEBML, el.id)
	}
	return el.end(), nil
}

// readTrack reads what a track is; one that is not carried is left out.
func (w *webmFile) readTrack(data []byte) error {
	parts, err := smalls(data)
	if err != nil {
		return err
	}
	s := &stream{rate: 8000, channels: 1}
	var kind uint64
	var name string
	for _, p := range parts {
		switch p.id {
		case idNumber:
			s.number = p.uint()
		case idType:
			kind = p.uint()
		case idCodec:
			name = string(p.data)
		case idPrivate:
			s.private = p.data
		case idDelay:
			s.delay = p.uint()
		case idPreRoll:
			s.roll = p.uint()
		case idEncodings:
			return refuse(WhyType, "packed or encrypted blocks")
		case idVideo, idAudio:
			if err := s.look(p.data); err != nil {
				return err
			}
		}
	}
	switch {
	case kind == 1 && w.video == nil:
		w.video = s
	case kind == 2 && w.audio == nil:
		w.audio = s
	default:
		return nil
	}
	if kind == 1 && (s.width == 0 || s.height == 0 || s.width > 1<<15 || s.height > 1<<15) {
		return fmt.Errorf("%w: %d×%d", errEBML, s.width, s.height)
	}
	return s.describe(name)
}

// look reads a track's size or rate.
func (s *stream) look(data []byte) error {
	parts, err := smalls(data)
	if err != nil {
		return err
	}
	unit := uint64(0)
	for _, p := range parts {
		switch p.id {
		case idWidth:
			s.width = p.uint()
		case idHeight:
			s.height = p.uint()
		case idShownWidth:
			s.shownW = p.uint()
		case idShownHeight:
			s.shownH = p.uint()
		case idShownUnit:
			unit = p.uint()
		case idRate:
			s.rate = p.float()
		case idChannels:
			s.channels = p.uint()
		}
	}
	if unit != 0 || s.shownW == 0 || s.shownH == 0 || s.shownW > 1<<15 || s.shownH > 1<<15 {
		s.shownW, s.shownH = s.width, s.height
	}
	return nil
}

// describe makes anew what the decoder is told.
func (s *stream) describe(name string) error {
	told := s.private
	s.private = nil
	switch name {
	case "V_VP8":
		s.codec = vp8
	case "V_VP9":
		s.codec = vp9
	case "V_AV1":
		s.codec = av1
		if len(told) >= 4 {
			units, err := scrubOBUs(bytes.Clone(told[4:]))
			if err != nil {
				return err
			}
			s.private = append(bytes.Clone(told[:4]), units...)
		}
	case "A_OPUS":
		s.codec = opus
		head, err := parseOpusHead(told)
		if err != nil {
			return err
		}
		s.private = head.bytes()
	case "A_VORBIS":
		s.codec = vorbis
		var err error
		s.private, err = vorbisPrivate(told)
		return err
	default:
		return refuse(WhyType, "WebM of another codec")
	}
	return nil
}

// vorbisPrivate makes Vorbis's three headers anew: their count less one, two
// sizes, and the headers.
func vorbisPrivate(told []byte) ([]byte, error) {
	if len(told) < 3 || told[0] != 2 {
		return nil, fmt.Errorf("%w: Vorbis headers", errEBML)
	}
	rest, sizes := told[1:], [2]int{}
	for i := range sizes {
		for more := true; more; {
			if len(rest) == 0 {
				return nil, fmt.Errorf("%w: Vorbis headers", errEBML)
			}
			sizes[i] += int(rest[0])
			more, rest = rest[0] == 255, rest[1:]
		}
	}
	if sizes[0]+sizes[1] > len(rest) {
		return nil, fmt.Errorf("%w: Vorbis headers", errEBML)
	}
	var s sound
	for i, packet := range [][]byte{rest[:sizes[0]], rest[sizes[0]:][:sizes[1]], rest[sizes[0]+sizes[1]:]} {
		if _, err := s.take(i, packet); err != nil {
			return nil, err
		}
	}
	if s.opus != nil {
		return nil, fmt.Errorf("%w: Vorbis headers", errEBML)
	}
	made, err := s.headers()
	if err != nil {
		return nil, err
	}
	all := []byte{2, byte(len(made[0])), byte(len(made[1]))} // both are short
	return append(all, bytes.Join(made, nil)...), nil
}

// readCluster reads a cluster; one of unknown size ends where another part of
// the segment begins.
func (w *webmFile) readCluster(cluster element, end int64) (int64, error) {
	if cluster.size != sizeUnknown {
		end = cluster.end()
	}
	w.cluster = 0
	at := cluster.at
	for at < end {
		el, err := w.ebml.element(at, end)
		if err != nil {
			return 0, err
		}
		if cluster.size == sizeUnknown && (el.id == idCluster || el.id == idCues || el.id == idTags || el.id == idInfo || el.id == idTracks) {
			return at, nil
		}
		if el.size == sizeUnknown {
			return 0, fmt.Errorf("%w: %x without a size", errEBML, el.id)
		}
		switch el.id {
		case idTime:
			data, err := w.ebml.src.bytes(el.at, min(el.size, 8))
			if err != nil {
				return 0, err
			}
			w.cluster = int64(min(small{data: data}.uint(), 1<<48))
		case idSimpleBlock:
			err = w.readBlock(el, true, 0, true)
		case idGroup:
			err = w.readGroup(el)
		}
		if err != nil {
			return 0, err
		}
		at = el.end()
	}
	return at, nil
}

// readGroup reads a block with what is said of it.
func (w *webmFile) readGroup(group element) error {
	var found element
	key, discard := true, int64(0)
	for at := group.at; at < group.end(); {
		el, err := w.ebml.element(at, group.end())
		if err != nil {
			return err
		}
		if el.size == sizeUnknown {
			return fmt.Errorf("%w: %x without a size", errEBML, el.id)
		}
		switch el.id {
		case idBlock:
			found = el
		case idReference:
			key = false
		case idDiscard:
			data, err := w.ebml.src.bytes(el.at, min(el.size, 8))
			if err != nil {
				return err
			}
			discard = int64(small{data: data}.uint() & (1<<40 - 1))
		}
		at = el.end()
	}
	if found.id == 0 {
		return fmt.Errorf("%w: a group without a block", errEBML)
	}
	return w.readBlock(found, false, discard, key)
}

// readBlock notes where a block stands.
func (w *webmFile) readBlock(el element, simple bool, discard int64, key bool) error {
	head, err := w.ebml.peek(el.at, int(min(12, el.size)))
	if err != nil {
		return err
	}
	track, n, ok := number(head)
	if !ok || len(head) < n+3 {
		return fmt.Errorf("%w: block", errEBML)
	}
	b := block{at: el.at + int64(n) + 3, discard: discard, key: key}
	flags := head[n+2]
	if simple {
		b.key = flags&0x80 != 0
	}
	b.lacing = flags & 0x06
	size := el.size - int64(n) - 3
	var s *stream
	switch {
	case w.video != nil && uint64(track) == w.video.number:
		s = w.video
	case w.audio != nil && uint64(track) == w.audio.number:
		s, b.audio, b.key = w.audio, true, true
	default:
		return nil
	}
	switch {
	case size > maxSample:
		return fmt.Errorf("%w: a block of %d bytes", errEBML, size)
	case len(w.blocks) == maxSamples:
		return refuse(WhyTooLong, "more than %d blocks", maxSamples)
	case b.lacing != 0 && s.codec.scrubbed():
		return fmt.Errorf("%w: laced pictures", errEBML)
	}
	b.size, b.clean = uint32(size), uint32(size)
	units := w.cluster + int64(int16(binary.BigEndian.Uint16(head[n:])))
	if w.scale <= 0 || units < 0 || units > (1<<62)/w.scale {
		return fmt.Errorf("%w: time", errEBML)
	}
	b.time = (units*w.scale + 500_000) / 1_000_000
	w.blocks = append(w.blocks, b)
	return nil
}

// settle lets the film begin at zero, measures its length, and what is left of
// blocks that are scrubbed.
func (w *webmFile) settle(src *source, limits Limits) (time.Duration, error) {
	first, last := w.blocks[0].time, w.blocks[0].time
	for _, b := range w.blocks {
		first, last = min(first, b.time), max(last, b.time)
	}
	// The last packet lasts about as long as those before it.
	each := int64(20)
	if n := int64(len(w.blocks)); w.audio == nil && n > 1 {
		each = (last - first) / (n - 1)
	}
	length := time.Duration(min(last-first+each, 1<<40)) * time.Millisecond
	if length > limits.Duration {
		return 0, refuse(WhyTooLong, "%s", length)
	}
	var room []byte
	for i := range w.blocks {
		b := &w.blocks[i]
		b.time -= first
		if b.audio || !w.video.codec.scrubbed() {
			continue
		}
		data, err := w.load(src, b, &room)
		if err != nil {
			return 0, err
		}
		b.clean = uint32(len(data))
	}
	return length, nil
}

// load reads a block's payload, scrubbed; it is good until the next load.
func (w *webmFile) load(src *source, b *block, room *[]byte) ([]byte, error) {
	t := track{codec: w.streamOf(b).codec}
	return t.load(src, &sample{at: b.at, size: b.size}, room)
}

func (w *webmFile) streamOf(b *block) *stream {
	if b.audio {
		return w.audio
	}
	return w.video
}
