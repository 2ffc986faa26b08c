package media

import (
	"encoding/binary"
	"fmt"

	"github.com/Eyevinn/mp4ff/mp4"
)

// film is what goes across of an MP4, M4A or QuickTime file: at most one track
// of pictures and one of sound. Tracks of positions, of a camera's measurements,
// subtitles, chapters and covers stay behind, as does all that stands beside
// the tracks.
type film struct {
	video, audio *track
}

func (f *film) tracks() []*track {
	var all []*track
	for _, t := range []*track{f.video, f.audio} {
		if t != nil {
			all = append(all, t)
		}
	}
	return all
}

// bmff rebuilds a film or a sound.
func (c *Cleaner) bmff(src *source, kind Kind, dst *sink, limits Limits) (*Result, error) {
	f, err := readFilm(src)
	if err != nil {
		return nil, err
	}
	switch {
	case f.video == nil && f.audio == nil:
		return nil, refuse(WhyType, "no track that can be carried")
	case f.video == nil && kind == Video, f.video != nil && (kind == Audio || kind == Voice):
		return nil, refuse(WhyMismatch, "pictures: %v, sent as %s", f.video != nil, kind)
	}
	room := make([]byte, 0, 64<<10)
	for _, t := range f.tracks() {
		if err := t.cut(); err != nil {
			return nil, err
		}
		if len(t.samples) == 0 || t.scale == 0 {
			return nil, fmt.Errorf("%w: an empty track", errBox)
		}
		if d := t.length(); d > limits.Duration {
			return nil, refuse(WhyTooLong, "%s", d)
		}
		if err := t.scrub(src, &room); err != nil {
			return nil, err
		}
	}
	result := &Result{Kind: Audio, MIME: "audio/mp4", Ext: ".m4a"}
	if v := f.video; v != nil {
		result.Kind, result.MIME, result.Ext = Video, "video/mp4", ".mp4"
		result.Width, result.Height = v.width, v.height
		if v.turn[0] == 0 {
			result.Width, result.Height = v.height, v.width
		}
		if int64(v.width)*int64(v.height) > limits.Pixels {
			return nil, refuse(WhyPixels, "%d×%d", v.width, v.height)
		}
	}
	result.Duration, err = f.write(src, dst, &room)
	return result, err
}

// readFilm reads the tables of a file.
func readFilm(src *source) (*film, error) {
	top, err := topBoxes(src)
	if err != nil {
		return nil, err
	}
	var moov []byte
	for _, b := range top {
		if b.name != "moov" {
			continue
		}
		if moov != nil || b.to-b.at > maxTables {
			return nil, fmt.Errorf("%w: moov", errBox)
		}
		if moov, err = src.bytes(b.at, b.to-b.at); err != nil {
			return nil, err
		}
	}
	if moov == nil {
		return nil, fmt.Errorf("%w: no moov", errBox)
	}
	inside, err := boxesIn(moov)
	if err != nil {
		return nil, err
	}
	f := &film{}
	scale, err := find(moov, "mvhd")
	if err != nil {
		return nil, err
	}
	strange := false // sound of a codec that is not known
	for _, b := range inside {
		if b.name != "trak" {
			continue
		}
		t, err := readTrack(b.body, movieScale(scale), src)
		if err != nil {
			return nil, err
		}
		switch {
		case t == nil:
		case t.entry == nil:
			strange = true
		case t.video && f.video == nil:
			f.video = t
		case !t.video && f.audio == nil:
			f.audio = t
		}
	}
	if strange && f.audio == nil {
		return nil, refuse(WhyType, "sound of an unknown codec")
	}
	return f, f.readFragments(src, moov, top)
}

// movieScale is the units in a second of a film's edits.
func movieScale(mvhd []byte) uint32 {
	switch {
	case len(mvhd) >= 24 && mvhd[0] == 1:
		return binary.BigEndian.Uint32(mvhd[20:])
	case len(mvhd) >= 16:
		return binary.BigEndian.Uint32(mvhd[12:])
	}
	return 0
}

// readTrack reads a trak; nil if it does not go across, without an entry if its
// codec is not known.
func readTrack(trak []byte, movieScale uint32, src *source) (*track, error) {
	mdia, err := find(trak, "mdia")
	if err != nil {
		return nil, err
	}
	hdlr, err := find(mdia, "hdlr")
	if err != nil || len(hdlr) < 12 {
		return nil, err
	}
	t := &track{}
	switch string(hdlr[8:12]) {
	case "vide":
		t.video = true
	case "soun":
	default:
		return nil, nil
	}
	if err := t.readHead(trak); err != nil {
		return nil, err
	}
	mdhd, err := readIn[*mp4.MdhdBox](mdia, "mdhd", mp4.DecodeMdhdSR)
	if err != nil {
		return nil, err
	}
	t.scale = mdhd.Timescale
	stbl, err := find(mdia, "minf", "stbl")
	if err != nil {
		return nil, err
	}
	stsd, err := find(stbl, "stsd")
	if err != nil {
		return nil, err
	}
	if err := t.describe(stsd); err != nil || t.entry == nil {
		if t.video && err == nil {
			return nil, refuse(WhyType, "pictures of an unknown codec")
		}
		return t, err
	}
	if err := t.readEdits(trak, movieScale); err != nil {
		return nil, err
	}
	return t, t.readTables(stbl, src)
}

// readHead reads the track's number and how it is turned.
func (t *track) readHead(trak []byte) error {
	tkhd, err := find(trak, "tkhd")
	if err != nil {
		return err
	}
	at := 12 // version 0: two times of four bytes before the number
	if len(tkhd) > 0 && tkhd[0] == 1 {
		at = 20
	}
	matrix := at + 28
	if at == 20 {
		matrix += 4
	}
	if len(tkhd) < matrix+36 {
		return fmt.Errorf("%w: tkhd", errBox)
	}
	t.id = binary.BigEndian.Uint32(tkhd[at:])
	t.turn = [4]int32{1, 0, 0, 1}
	var turn [4]int32
	for i, at := range []int{0, 4, 12, 16} {
		turn[i] = int32(binary.BigEndian.Uint32(tkhd[matrix+at:])) >> 16
	}
	for _, known := range turns() {
		if turn == known {
			t.turn = known
		}
	}
	return nil
}

// turns are the eight ways to lay a picture down.
func turns() [][4]int32 {
	return [][4]int32{{1, 0, 0, 1}, {0, 1, -1, 0}, {-1, 0, 0, -1}, {0, -1, 1, 0}, {-1, 0, 0, 1}, {1, 0, 0, -1}, {0, 1, 1, 0}, {0, -1, -1, 0}}
}

// readTables reads where a track's samples stand and when they are shown. A
// fragmented file has empty tables here.
func (t *track) readTables(stbl []byte, src *source) error {
	sizes, err := readIn[*mp4.StszBox](stbl, "stsz", mp4.DecodeStszSR)
	if err != nil {
		return err
	}
	if sizes.SampleNumber == 0 {
		return nil
	}
	if sizes.SampleNumber > maxSamples {
		return refuse(WhyTooLong, "%d samples", sizes.SampleNumber)
	}
	chunkAt, err := readChunks(stbl)
	if err != nil {
		return err
	}
	runs, err := readIn[*mp4.StscBox](stbl, "stsc", mp4.DecodeStscSR)
	if err != nil {
		return err
	}
	size := func(i int) uint32 {
		if sizes.SampleUniformSize > 0 {
			return sizes.SampleUniformSize
		}
		return sizes.SampleSize[i]
	}
	run := 0
	for chunk := 1; chunk <= len(chunkAt) && len(t.samples) < int(sizes.SampleNumber); chunk++ {
		for run+1 < len(runs.Entries) && int64(runs.Entries[run+1].FirstChunk) <= int64(chunk) {
			run++
		}
		if len(runs.Entries) == 0 || int64(runs.Entries[run].FirstChunk) > int64(chunk) {
			return fmt.Errorf("%w: stsc", errBox)
		}
		at := chunkAt[chunk-1]
		for n := uint32(0); n < runs.Entries[run].SamplesPerChunk && len(t.samples) < int(sizes.SampleNumber); n++ {
			s := sample{at: at, size: size(len(t.samples))}
			if err := t.add(s, src); err != nil {
				return err
			}
			at += int64(s.size)
		}
	}
	if len(t.samples) != int(sizes.SampleNumber) {
		return fmt.Errorf("%w: %d samples of %d", errBox, len(t.samples), sizes.SampleNumber)
	}
	return t.readTimes(stbl)
}

// readChunks reads where the chunks begin.
func readChunks(stbl []byte) ([]int64, error) {
	if wide, err := find(stbl, "co64"); err != nil {
		return nil, err
	} else if wide != nil {
		co64, err := read[*mp4.Co64Box]("co64", wide, mp4.DecodeCo64SR)
		if err != nil {
			return nil, err
		}
		all := make([]int64, len(co64.ChunkOffset))
		for i, at := range co64.ChunkOffset {
			all[i] = int64(min(at, 1<<62))
		}
		return all, nil
	}
	stco, err := readIn[*mp4.StcoBox](stbl, "stco", mp4.DecodeStcoSR)
	if err != nil {
		return nil, err
	}
	all := make([]int64, len(stco.ChunkOffset))
	for i, at := range stco.ChunkOffset {
		all[i] = int64(at)
	}
	return all, nil
}

// readTimes reads when samples are decoded and shown, and which are keys.
func (t *track) readTimes(stbl []byte) error {
	stts, err := readIn[*mp4.SttsBox](stbl, "stts", mp4.DecodeSttsSR)
	if err != nil {
		return err
	}
	i := 0
	for k, n := range stts.SampleCount {
		for ; n > 0 && i < len(t.samples); n-- {
			t.samples[i].dur = stts.SampleTimeDelta[k]
			i++
		}
	}
	if i != len(t.samples) {
		return fmt.Errorf("%w: stts", errBox)
	}
	if body, err := find(stbl, "ctts"); err != nil {
		return err
	} else if body != nil {
		ctts, err := read[*mp4.CttsBox]("ctts", body, mp4.DecodeCttsSR)
		if err != nil {
			return err
		}
		i := 0
		for k, shift := range ctts.SampleOffset {
			for n := ctts.EndSampleNr[k+1] - ctts.EndSampleNr[k]; n > 0 && i < len(t.samples); n-- {
				t.samples[i].shift = shift
				i++
			}
		}
	}
	stss, err := find(stbl, "stss")
	if err != nil {
		return err
	}
	if stss == nil {
		for i := range t.samples {
			t.samples[i].key = true
		}
		return nil
	}
	keys, err := read[*mp4.StssBox]("stss", stss, mp4.DecodeStssSR)
	if err != nil {
		return err
	}
	for _, n := range keys.SampleNumber {
		if n >= 1 && int(n) <= len(t.samples) {
			t.samples[n-1].key = true
		}
	}
	return nil
}
