package media

import (
	"fmt"
	"time"
)

// codec is how a track's packets are coded.
type codec string

const (
	h264   codec = "H.264"
	h265   codec = "H.265"
	av1    codec = "AV1"
	vp8    codec = "VP8"
	vp9    codec = "VP9"
	aac    codec = "AAC"
	opus   codec = "Opus"
	vorbis codec = "Vorbis"
)

// sample is one packet of a track: where it stands in the source and when it
// is shown. Half an hour of fast film has half a million of them.
type sample struct {
	at    int64
	size  uint32
	clean uint32 // its size after scrubbing
	dur   uint32 // until the next one, in units of the track
	shift int32  // from decoding to showing it
	key   bool   // can be decoded without others
}

// Bounds of a film's tables.
const (
	maxSamples = 600_000
	maxSample  = 16 << 20 // bytes of one packet
	maxTables  = 24 << 20 // bytes of the boxes that describe a film
)

// track is one track of a film, as far as it goes across.
type track struct {
	id            uint32
	video         bool
	codec         codec
	entry         []byte // its stsd entry, made anew
	scale         uint32 // units in a second
	width, height int    // as coded
	turn          [4]int32
	edits         []edit
	samples       []sample
}

// length is how long a track's samples last.
func (t *track) length() time.Duration {
	var sum int64
	for i := range t.samples {
		sum += int64(t.samples[i].dur)
	}
	return inTime(sum, int64(t.scale))
}

// add appends a sample, if there may be one more.
func (t *track) add(s sample, src *source) error {
	switch {
	case len(t.samples) == maxSamples:
		return refuse(WhyTooLong, "more than %d samples", maxSamples)
	case s.size > maxSample:
		return fmt.Errorf("%w: a sample of %d bytes", errBox, s.size)
	case s.at < 0 || s.at+int64(s.size) > src.size:
		return fmt.Errorf("%w: a sample at %d of %d", errBox, s.at, src.size)
	}
	s.clean = s.size
	t.samples = append(t.samples, s)
	return nil
}

// scrub measures what is left of each sample, and that all of them are no more
// than the file: tables can point to the same bytes again and again.
func (t *track) scrub(src *source, room *[]byte) error {
	total := int64(0)
	for i := range t.samples {
		s := &t.samples[i]
		if total += int64(s.size); total > src.size {
			return fmt.Errorf("%w: more in the samples than in the file", errBox)
		}
		if !t.codec.scrubbed() {
			continue
		}
		data, err := t.load(src, s, room)
		if err != nil {
			return err
		}
		s.clean = uint32(len(data))
	}
	return nil
}

// load reads a sample and takes out of it what is not picture or sound. The
// bytes are in room and good until the next load.
func (t *track) load(src *source, s *sample, room *[]byte) ([]byte, error) {
	if cap(*room) < int(s.size) {
		*room = make([]byte, int(s.size)+int(s.size)/4)
	}
	data := (*room)[:s.size]
	if len(data) == 0 {
		return data, nil
	}
	if _, err := src.ReadAt(data, s.at); err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	return t.codec.scrub(data)
}
