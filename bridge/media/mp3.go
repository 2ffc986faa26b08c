package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// An MP3 is a row of frames; tags stand before, behind and, as a frame without
// sound, in front of them. Only frames with sound go over. What is lost with
// the tags is the length of the encoder's delay, a thirtieth of a second of
// silence.

var errMP3 = errors.New("bad MP3")

// mp3Head is a frame's header.
type mp3Head struct {
	rate    int // samples in a second
	samples int // of the frame
	size    int // bytes, header and all
	side    int // bytes between header and sound
	same    uint32
}

// parseMP3 reads a header of layer III (ISO 11172-3, 2.4.1.3; 13818-3).
func parseMP3(h uint32) (mp3Head, bool) {
	version, bitrate, rate := h>>19&3, h>>12&15, h>>10&3
	if h>>21 != 0x7ff || version == 1 || h>>17&3 != 1 || bitrate == 0 || bitrate == 15 || rate == 3 {
		return mp3Head{}, false
	}
	rates := [3]int{44100, 48000, 32000}
	kilobits := [15]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	f := mp3Head{rate: rates[rate], samples: 1152, side: 32, same: h & 0xfffe0c00}
	mono := h>>6&3 == 3
	if mono {
		f.side = 17
	}
	if version != 3 {
		kilobits = [15]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
		f.rate, f.samples, f.side = f.rate/2, 576, 17
		if mono {
			f.side = 9
		}
		if version == 0 {
			f.rate /= 2
		}
	}
	f.size = f.samples / 8 * kilobits[bitrate] * 1000 / f.rate
	f.size += int(h >> 9 & 1)
	return f, true
}

// mp3 writes the frames of an MP3.
func (c *Cleaner) mp3(src *source, dst *sink, limits Limits) (*Result, error) {
	at, err := mp3Start(src)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(src.section(at, src.size-at), 64<<10)
	w := bufio.NewWriterSize(dst, 64<<10)
	fill := &mp3Fill{to: w}
	var first mp3Head
	var room [2048]byte
	frames, samples := 0, int64(0)
	for {
		head, err := r.Peek(4)
		if err != nil {
			if len(head) == 0 && errors.Is(err, io.EOF) {
				break
			}
			return nil, fmt.Errorf("frame: %w", err)
		}
		f, ok := parseMP3(binary.BigEndian.Uint32(head))
		if !ok {
			if frames > 0 && mp3Tag(head) {
				break // nothing but tags follow
			}
			return nil, fmt.Errorf("%w: no frame", errMP3)
		}
		if frames == 0 {
			first = f
		}
		if f.same != first.same || f.size > len(room) || f.size < 4+f.side {
			return nil, fmt.Errorf("%w: the frames differ", errMP3)
		}
		data := room[:f.size]
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, fmt.Errorf("frame: %w", err)
		}
		if frames++; frames == 1 && mp3Silent(data, f) {
			continue
		}
		if samples += int64(f.samples); inTime(samples, int64(f.rate)) > limits.Duration {
			return nil, refuse(WhyTooLong, "%d samples", samples)
		}
		if err := fill.add(data, f); err != nil {
			return nil, fmt.Errorf("frame: %w", err)
		}
	}
	if samples == 0 {
		return nil, fmt.Errorf("%w: no sound", errMP3)
	}
	if err := fill.flush(); err != nil {
		return nil, fmt.Errorf("frames: %w", err)
	}
	return &Result{Kind: Audio, MIME: "audio/mpeg", Ext: ".mp3", Duration: inTime(samples, int64(first.rate))}, w.Flush()
}

// mp3Start is where the ID3 tags before the sound end; some have two.
func mp3Start(src *source) (int64, error) {
	at := int64(0)
	for {
		head, err := src.bytes(at, min(10, src.size-at))
		if err != nil {
			return 0, err
		}
		if len(head) < 10 || string(head[:3]) != "ID3" {
			return at, nil
		}
		size := int64(0)
		for _, b := range head[6:] {
			size = size<<7 | int64(b&0x7f)
		}
		if at += 10 + size; head[5]&0x10 != 0 {
			at += 10
		}
		if at >= src.size {
			return 0, fmt.Errorf("%w: a tag of %d bytes", errMP3, size)
		}
	}
}

// mp3Tag says whether a tag begins here that may stand behind the sound.
func mp3Tag(head []byte) bool {
	switch string(head[:3]) {
	case "TAG", "APE", "ID3", "LYR":
		return true
	}
	return false
}

// mp3Silent says whether the first frame is one that tells of the others, and
// of its encoder.
func mp3Silent(frame []byte, f mp3Head) bool {
	for _, at := range []int{4 + f.side, 36} {
		if len(frame) >= at+4 {
			switch string(frame[at : at+4]) {
			case "Xing", "Info", "VBRI":
				return true
			}
		}
	}
	return false
}
