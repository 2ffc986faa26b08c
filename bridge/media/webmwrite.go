package media

import (
	"bufio"
	"fmt"
	"time"
)

// bundle is a cluster of the new file.
type bundle struct {
	from, to int
	time     int64
	size     int64 // of its data
	at       int64 // of its header, from the segment's beginning
	seek     bool  // begins with a picture that needs no other
}

// bundles begin with a key picture, or after five seconds.
func (w *webmFile) bundles() []bundle {
	const longest = 5000
	var all []bundle
	for i := range w.blocks {
		b := &w.blocks[i]
		key := b.key && b.audio == (w.video == nil)
		if n := len(all); n == 0 || w.video != nil && key || b.time-all[n-1].time >= longest || b.time < all[n-1].time-30000 {
			all = append(all, bundle{from: i, time: b.time, seek: key, size: int64(len(appendUint(nil, idTime, 0)))})
		}
		last := &all[len(all)-1]
		last.to, last.size = i+1, last.size+int64(len(w.blockHead(nil, b, 0)))+int64(b.clean)
		if b.discard != 0 {
			last.size += int64(len(appendUint(nil, idDiscard, 0)))
		}
	}
	return all
}

// blockHead is all of a block before its payload.
func (w *webmFile) blockHead(to []byte, b *block, cluster int64) []byte {
	number, flags := byte(0x81), b.lacing
	if b.audio && w.video != nil {
		number = 0x82
	}
	size := int64(b.clean) + 4
	if b.discard != 0 {
		group := int64(len(appendHead(nil, idBlock, 0))) + size + int64(len(appendUint(nil, idDiscard, 0)))
		to = appendHead(appendHead(to, idGroup, group), idBlock, size)
	} else {
		to = appendHead(to, idSimpleBlock, size)
		if b.key {
			flags |= 0x80
		}
	}
	return append(u16(append(to, number), uint16(int16(b.time-cluster))), flags)
}

// write writes the file: header, what it is, tracks, index, clusters.
func (w *webmFile) write(src *source, dst *sink, length time.Duration) error {
	all := w.bundles()
	info := appendUint(nil, idScale, 1_000_000)
	info = appendFloat(info, idDuration, float64(length.Milliseconds()))
	head := appendElement(nil, idInfo, info)
	head = appendElement(head, idTracks, w.tracks())
	at := int64(len(head)) + int64(len(cues(all)))
	for i := range all {
		all[i].at = at
		at += int64(len(appendHead(nil, idCluster, 0))) + all[i].size
	}
	out := bufio.NewWriterSize(dst, 128<<10)
	start := appendHead(ebmlHeader(), idSegment, at)
	for _, part := range [][]byte{start, head, cues(all)} {
		if _, err := out.Write(part); err != nil {
			return fmt.Errorf("header: %w", err)
		}
	}
	var room, small []byte
	for _, c := range all {
		small = appendUint(appendHead(small[:0], idCluster, c.size), idTime, uint64(c.time))
		for i := c.from; i < c.to; i++ {
			b := &w.blocks[i]
			data, err := w.load(src, b, &room)
			if err != nil {
				return err
			}
			if uint32(len(data)) != b.clean {
				return fmt.Errorf("%w: a block of %d bytes, measured %d", errPacket, len(data), b.clean)
			}
			small = w.blockHead(small, b, c.time)
			if _, err := out.Write(small); err != nil {
				return fmt.Errorf("block: %w", err)
			}
			if _, err := out.Write(data); err != nil {
				return fmt.Errorf("block: %w", err)
			}
			small = small[:0]
			if b.discard != 0 {
				small = appendUint(small, idDiscard, uint64(b.discard))
			}
		}
		if _, err := out.Write(small); err != nil {
			return fmt.Errorf("block: %w", err)
		}
	}
	return out.Flush()
}

func ebmlHeader() []byte {
	var b []byte
	for _, v := range []struct {
		id    uint32
		value byte
	}{{0x4286, 1}, {0x42f7, 1}, {0x42f2, 4}, {0x42f3, 8}} {
		b = appendElement(b, v.id, []byte{v.value})
	}
	b = appendString(b, idDocType, "webm")
	b = appendElement(appendElement(b, 0x4287, []byte{4}), 0x4285, []byte{2})
	return appendElement(nil, idEBML, b)
}

func cues(all []bundle) []byte {
	var b []byte
	for _, c := range all {
		if !c.seek {
			continue
		}
		place := appendUint(appendUint(nil, idCueTrack, 1), idCueCluster, uint64(c.at))
		b = appendElement(b, idCue, appendElement(appendUint(nil, idCueTime, uint64(c.time)), idCuePositions, place))
	}
	if len(b) == 0 {
		return nil
	}
	return append(appendHead(nil, idCues, int64(len(b))), b...)
}

func (w *webmFile) tracks() []byte {
	var b []byte
	n := uint64(0)
	for _, s := range []*stream{w.video, w.audio} {
		if s == nil {
			continue
		}
		n++
		t := appendUint(appendUint(nil, idNumber, n), idUID, n)
		kind, name := uint64(1), map[codec]string{vp8: "V_VP8", vp9: "V_VP9", av1: "V_AV1", opus: "A_OPUS", vorbis: "A_VORBIS"}[s.codec]
		if s == w.audio {
			kind = 2
		}
		t = appendString(appendUint(t, idType, kind), idCodec, name)
		t = appendString(t, idLanguage, "und") // else it means English
		if s.private != nil {
			t = appendElement(t, idPrivate, s.private)
		}
		if s.delay != 0 {
			t = appendUint(t, idDelay, s.delay)
		}
		if s.roll != 0 {
			t = appendUint(t, idPreRoll, s.roll)
		}
		if s == w.video {
			v := appendUint(appendUint(nil, idWidth, s.width), idHeight, s.height)
			v = appendUint(appendUint(v, idShownWidth, s.shownW), idShownHeight, s.shownH)
			t = appendElement(t, idVideo, v)
		} else {
			t = appendElement(t, idAudio, appendUint(appendFloat(nil, idRate, s.rate), idChannels, s.channels))
		}
		b = appendElement(b, idTrack, t)
	}
	return b
}
