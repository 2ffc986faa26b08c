package media

import "io"

// mp3Fill overwrites what stands between the sounds of an MP3. A frame's sound
// may begin in the frames before it; where one frame's sound ends and the next
// one's begins, encoders write what they like, LAME its name.
type mp3Fill struct {
	to    io.Writer
	queue []mp3Part
	at    int64 // where the next frame's bytes begin, of all bytes for sound
	end   int64 // where the last frame's sound ends
}

// mp3Part is a frame that may still be overwritten.
type mp3Part struct {
	data []byte
	from int   // where its bytes for sound begin
	at   int64 // and these among those of all frames
}

// add takes a frame, which it copies.
func (m *mp3Fill) add(frame []byte, f mp3Head) error {
	side := 4
	if frame[1]&1 == 0 {
		side += 2 // a checksum
	}
	from := side + f.side
	if from > len(frame) {
		return errMP3
	}
	back, length := mp3Side(frame[side:from], f)
	begin := m.at - int64(back)
	m.blank(m.end, begin)
	for len(m.queue) > 0 && m.queue[0].at+int64(len(m.queue[0].data)-m.queue[0].from) <= begin {
		if _, err := m.to.Write(m.queue[0].data); err != nil {
			return err
		}
		m.queue = m.queue[1:]
	}
	m.queue = append(m.queue, mp3Part{data: append([]byte(nil), frame...), from: from, at: m.at})
	m.at += int64(len(frame) - from)
	m.end = begin + int64(length+7)/8
	return nil
}

// mp3Side reads how many bytes before the frame its sound begins, and how many
// bits it has.
func mp3Side(side []byte, f mp3Head) (back, length int) {
	mono := f.side == 17 && f.samples == 1152 || f.side == 9
	channels := 2
	if mono {
		channels = 1
	}
	granules, each, at := 2, 59, 9+3+8 // two channels: private bits, and which scales are shared
	if mono {
		at = 9 + 5 + 4
	}
	back = bitsAt(side, 0, 8)<<1 | bitsAt(side, 8, 1)
	if f.samples == 576 {
		granules, each, at, back = 1, 63, 8+2, bitsAt(side, 0, 8)
		if mono {
			at = 8 + 1
		}
	}
	for range granules * channels {
		length += bitsAt(side, at, 8)<<4 | bitsAt(side, at+8, 4)
		at += each
	}
	return back, length
}

// blank overwrites bytes for sound between two places.
func (m *mp3Fill) blank(from, to int64) {
	for _, p := range m.queue {
		n := int64(len(p.data) - p.from)
		lo, hi := max(from, p.at), min(to, p.at+n)
		if lo < hi {
			clear(p.data[p.from:][lo-p.at : hi-p.at])
		}
	}
}

// flush writes what is left.
func (m *mp3Fill) flush() error {
	m.blank(m.end, m.at)
	for _, p := range m.queue {
		if _, err := m.to.Write(p.data); err != nil {
			return err
		}
	}
	return nil
}
