package media

import (
	"fmt"

	"github.com/Eyevinn/mp4ff/mp4"
)

// edit is a stretch of a track that is shown: from start for length, in the
// track's units; length 0 is to the end, start -1 shows nothing for so long.
type edit struct {
	start  int64
	length int64
}

// maxEdits is more than phones write: a pause and a stretch.
const maxEdits = 32

// preroll is how many packets of sound a decoder wants before the one that is
// heard first.
const preroll = 4

// readEdits reads what of a track is shown; movieScale is the unit of lengths.
func (t *track) readEdits(trak []byte, movieScale uint32) error {
	body, err := find(trak, "edts", "elst")
	if err != nil || body == nil {
		return err
	}
	elst, err := read[*mp4.ElstBox]("elst", body, mp4.DecodeElstSR)
	if err != nil {
		return err
	}
	if len(elst.Entries) > maxEdits || movieScale == 0 {
		return fmt.Errorf("%w: %d edits", errBox, len(elst.Entries))
	}
	for _, e := range elst.Entries {
		if e.MediaTime < -1 || e.MediaTime > 1<<48 || e.SegmentDuration > 1<<40 {
			return fmt.Errorf("%w: edit", errBox)
		}
		length := int64(float64(e.SegmentDuration)*float64(t.scale)/float64(movieScale) + 0.5)
		if length == 0 && e.MediaTime == -1 {
			continue
		}
		t.edits = append(t.edits, edit{start: e.MediaTime, length: length})
	}
	return nil
}

// cut drops the samples that no edit shows: a person who has shortened a film
// on their phone has often only moved its edges, and what they cut away is
// still in the file.
func (t *track) cut() error {
	lo, hi := int64(1)<<62, int64(0)
	for _, e := range t.edits {
		if e.start < 0 {
			continue
		}
		lo = min(lo, e.start)
		if e.length == 0 {
			hi = 1 << 62
		}
		hi = max(hi, e.start+e.length)
	}
	if hi == 0 {
		return nil
	}
	first, last, at := 0, 0, int64(0) // at is when a sample is decoded
	var dropped int64
	for i := range t.samples {
		shown := at + int64(t.samples[i].shift)
		if shown < hi {
			last = i
		}
		if shown <= lo && t.samples[i].key {
			first, dropped = i, at
		}
		at += int64(t.samples[i].dur)
	}
	if !t.video {
		for n := 0; n < preroll && first > 0; n++ {
			first--
			dropped -= int64(t.samples[first].dur)
		}
	}
	if last < first {
		return fmt.Errorf("%w: nothing is shown", errBox)
	}
	t.samples = t.samples[first : last+1]
	for i := range t.edits {
		if t.edits[i].start >= 0 {
			t.edits[i].start -= dropped
		}
	}
	return nil
}

// shown is how long a track lasts with its edits, in its units.
func (t *track) shown() int64 {
	var all, sum int64
	for i := range t.samples {
		all += int64(t.samples[i].dur)
	}
	if len(t.edits) == 0 {
		return all
	}
	for i := range t.edits {
		e := &t.edits[i]
		if e.length == 0 {
			e.length = max(0, all-e.start)
		}
		sum += e.length
	}
	return sum
}
