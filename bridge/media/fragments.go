package media

import (
	"fmt"

	"github.com/Eyevinn/mp4ff/mp4"
)

// Fragmented files, as browsers record them: the tables come in pieces, each
// before its samples. They are gathered into whole tables.

// maxFragment bounds the description of one piece.
const maxFragment = 4 << 20

// readFragments adds the samples of every moof to the tracks.
func (f *film) readFragments(src *source, moov []byte, top []topBox) error {
	defaults := map[uint32]*mp4.TrexBox{}
	mvex, err := find(moov, "mvex")
	if err != nil {
		return err
	}
	inside, err := boxesIn(mvex)
	if err != nil {
		return err
	}
	for _, b := range inside {
		if b.name != "trex" {
			continue
		}
		trex, err := read[*mp4.TrexBox]("trex", b.body, mp4.DecodeTrexSR)
		if err != nil {
			return err
		}
		defaults[trex.TrackID] = trex
	}
	times := map[uint32]int64{} // where the next sample of a track begins
	for _, t := range f.tracks() {
		for i := range t.samples { // the first piece may stand in the moov
			times[t.id] += int64(t.samples[i].dur)
		}
	}
	for _, b := range top {
		if b.name != "moof" {
			continue
		}
		if b.to-b.at > maxFragment {
			return fmt.Errorf("%w: moof", errBox)
		}
		moof, err := src.bytes(b.at, b.to-b.at)
		if err != nil {
			return err
		}
		if err := f.readFragment(src, moof, b.start, defaults, times); err != nil {
			return err
		}
	}
	return nil
}

func (f *film) readFragment(src *source, moof []byte, start int64, defaults map[uint32]*mp4.TrexBox, times map[uint32]int64) error {
	inside, err := boxesIn(moof)
	if err != nil {
		return err
	}
	next := start
	for _, b := range inside {
		if b.name != "traf" {
			continue
		}
		tfhd, err := readIn[*mp4.TfhdBox](b.body, "tfhd", mp4.DecodeTfhdSR)
		if err != nil {
			return err
		}
		var t *track
		for _, one := range f.tracks() {
			if one.id == tfhd.TrackID {
				t = one
			}
		}
		base := start
		switch {
		case tfhd.HasBaseDataOffset():
			base = int64(min(tfhd.BaseDataOffset, 1<<62))
		case !tfhd.DefaultBaseIfMoof():
			base = next
		}
		if next, err = t.readPiece(src, b.body, tfhd, defaults[tfhd.TrackID], base, times); err != nil {
			return err
		}
	}
	return nil
}

// readPiece adds the runs of a traf and says where its samples end. The track
// is nil if it does not go across.
func (t *track) readPiece(src *source, traf []byte, tfhd *mp4.TfhdBox, trex *mp4.TrexBox, base int64, times map[uint32]int64) (int64, error) {
	if err := t.resume(traf, times); err != nil {
		return 0, err
	}
	all, err := boxesIn(traf)
	if err != nil {
		return 0, err
	}
	fixed := mp4.Sample{Dur: tfhd.DefaultSampleDuration, Size: tfhd.DefaultSampleSize, Flags: tfhd.DefaultSampleFlags}
	if trex != nil {
		if !tfhd.HasDefaultSampleDuration() {
			fixed.Dur = trex.DefaultSampleDuration
		}
		if !tfhd.HasDefaultSampleSize() {
			fixed.Size = trex.DefaultSampleSize
		}
		if !tfhd.HasDefaultSampleFlags() {
			fixed.Flags = trex.DefaultSampleFlags
		}
	}
	at := base
	for _, b := range all {
		if b.name != "trun" {
			continue
		}
		trun, err := read[*mp4.TrunBox]("trun", b.body, mp4.DecodeTrunSR)
		if err != nil {
			return 0, err
		}
		if trun.HasDataOffset() {
			at = base + int64(trun.DataOffset)
		}
		if at, err = t.addRun(src, trun, fixed, at); err != nil {
			return 0, err
		}
		if t != nil {
			for i := len(t.samples) - len(trun.Samples); i < len(t.samples); i++ {
				times[t.id] += int64(t.samples[i].dur)
			}
		}
	}
	return at, nil
}

// resume lengthens the last sample to where the new piece begins.
func (t *track) resume(traf []byte, times map[uint32]int64) error {
	body, err := find(traf, "tfdt")
	if err != nil || body == nil || t == nil {
		return err
	}
	tfdt, err := read[*mp4.TfdtBox]("tfdt", body, mp4.DecodeTfdtSR)
	if err != nil {
		return err
	}
	begin := int64(min(tfdt.BaseMediaDecodeTime(), 1<<62))
	if len(t.samples) == 0 {
		times[t.id] = begin // a recording that begins in the middle begins at zero
	}
	gap := begin - times[t.id]
	if gap > 0 && gap < 1<<31 {
		t.samples[len(t.samples)-1].dur += uint32(gap)
		times[t.id] = begin
	}
	return nil
}

// addRun adds a run's samples, from a place on, and says where they end.
func (t *track) addRun(src *source, trun *mp4.TrunBox, fixed mp4.Sample, at int64) (int64, error) {
	const notKey = 0x10000
	first, hasFirst := trun.FirstSampleFlags()
	for i, told := range trun.Samples {
		s := fixed
		if trun.HasSampleDuration() {
			s.Dur = told.Dur
		}
		if trun.HasSampleSize() {
			s.Size = told.Size
		}
		switch {
		case trun.HasSampleFlags():
			s.Flags = told.Flags
		case hasFirst && i == 0:
			s.Flags = first
		}
		if t != nil {
			err := t.add(sample{at: at, size: s.Size, dur: s.Dur, shift: told.CompositionTimeOffset, key: s.Flags&notKey == 0}, src)
			if err != nil {
				return 0, err
			}
		}
		at += int64(s.Size)
	}
	return at, nil
}
