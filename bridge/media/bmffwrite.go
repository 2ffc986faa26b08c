package media

import (
	"bufio"
	"fmt"
	"io"
	"time"
)

// filmScale is the unit of a film's own times: milliseconds.
const filmScale = 1000

// run is a row of one track's samples that stand together in the new file.
type run struct {
	track    *track
	from, to int
	at       int64 // in the new file
	size     int64
}

// interleave lays half seconds of each track in turn, so that a player finds
// sound and picture of one moment near one another.
func interleave(tracks []*track) []run {
	var runs []run
	from, times := make([]int, len(tracks)), make([]float64, len(tracks))
	for {
		best := -1
		for i, t := range tracks {
			if from[i] < len(t.samples) && (best < 0 || times[i] < times[best]) {
				best = i
			}
		}
		if best < 0 {
			return runs
		}
		t := tracks[best]
		r := run{track: t, from: from[best], to: from[best]}
		for until := times[best] + 0.5; r.to < len(t.samples) && times[best] < until; r.to++ {
			times[best] += float64(t.samples[r.to].dur) / float64(t.scale)
			r.size += int64(t.samples[r.to].clean)
			if r.to-r.from > 4096 {
				times[best] = max(times[best], until)
			}
		}
		from[best] = r.to
		runs = append(runs, r)
	}
}

// write writes a film: its tables first, so that it can be shown while it
// loads. Everything but the tables' numbers and the samples is constant.
func (f *film) write(src *source, dst *sink, room *[]byte) (time.Duration, error) {
	runs := interleave(f.tracks())
	var length time.Duration
	for _, t := range f.tracks() {
		length = max(length, inTime(t.shown(), int64(t.scale)))
	}
	head := f.brand()
	size := int64(0)
	for i := range runs {
		runs[i].at = size
		size += runs[i].size
	}
	// The tables' size does not depend on the numbers in them.
	moved := int64(len(head)+len(f.moov(runs, length))) + 16
	for i := range runs {
		runs[i].at += moved
	}
	head = append(head, f.moov(runs, length)...)
	head = u64(append(u32(head, 1), "mdat"...), uint64(size)+16)
	if int64(len(head)) != moved {
		return 0, fmt.Errorf("%w: %d bytes of tables, %d reckoned", errBox, len(head), moved)
	}
	out := bufio.NewWriterSize(dst, 128<<10)
	if _, err := out.Write(head); err != nil {
		return 0, fmt.Errorf("tables: %w", err)
	}
	for _, r := range runs {
		if err := r.write(src, out, room); err != nil {
			return 0, err
		}
	}
	return length, out.Flush()
}

func (r run) write(src *source, dst io.Writer, room *[]byte) error {
	for i := r.from; i < r.to; i++ {
		s := &r.track.samples[i]
		data, err := r.track.load(src, s, room)
		if err != nil {
			return err
		}
		if uint32(len(data)) != s.clean {
			return fmt.Errorf("%w: a sample of %d bytes, measured %d", errPacket, len(data), s.clean)
		}
		if _, err := dst.Write(data); err != nil {
			return fmt.Errorf("sample: %w", err)
		}
	}
	return nil
}

func (f *film) brand() []byte {
	brand := "mp42\x00\x00\x00\x00mp42isom"
	if f.video == nil {
		brand = "M4A \x00\x00\x00\x00M4A mp42isom"
	}
	return put(nil, "ftyp", func(b []byte) []byte { return append(b, brand...) })
}

// matrix is three by three numbers, the last column in 2.30.
func matrix(b []byte, turn [4]int32, x, y int) []byte {
	one := func(v int32) uint32 { return uint32(v) << 16 }
	return u32(b, one(turn[0]), one(turn[1]), 0, one(turn[2]), one(turn[3]), 0, one(int32(x)), one(int32(y)), 1<<30)
}

func (f *film) moov(runs []run, length time.Duration) []byte {
	return put(nil, "moov", func(b []byte) []byte {
		b = full(b, "mvhd", 0, 0, func(b []byte) []byte {
			b = u32(b, 0, 0, filmScale, uint32(length.Milliseconds()), 1<<16)
			b = append(u16(b, 1<<8), make([]byte, 10)...)
			b = matrix(b, [4]int32{1, 0, 0, 1}, 0, 0)
			return u32(append(b, make([]byte, 24)...), uint32(len(f.tracks())+1))
		})
		for i, t := range f.tracks() {
			b = t.trak(b, uint32(i+1), runs)
		}
		return b
	})
}

func (t *track) trak(b []byte, id uint32, runs []run) []byte {
	ms := func(units int64) uint64 { return uint64(inTime(units, int64(t.scale)).Milliseconds()) }
	return put(b, "trak", func(b []byte) []byte {
		b = full(b, "tkhd", 0, 3, func(b []byte) []byte {
			b = u32(b, 0, 0, id, 0, uint32(ms(t.shown())), 0, 0)
			volume := uint16(1 << 8)
			if t.video {
				volume = 0
			}
			b = u16(b, 0, 0, volume, 0)
			x := -min(0, int(t.turn[0])*t.width) - min(0, int(t.turn[2])*t.height)
			y := -min(0, int(t.turn[1])*t.width) - min(0, int(t.turn[3])*t.height)
			if !t.video {
				return u32(matrix(b, [4]int32{1, 0, 0, 1}, 0, 0), 0, 0)
			}
			return u32(matrix(b, t.turn, x, y), uint32(t.width)<<16, uint32(t.height)<<16)
		})
		if len(t.edits) > 0 {
			b = put(b, "edts", func(b []byte) []byte {
				return full(b, "elst", 1, 0, func(b []byte) []byte {
					b = u32(b, uint32(len(t.edits)))
					for _, e := range t.edits {
						b = u16(u64(b, ms(e.length), uint64(e.start)), 1, 0)
					}
					return b
				})
			})
		}
		return put(b, "mdia", func(b []byte) []byte { return t.mdia(b, runs) })
	})
}

func (t *track) mdia(b []byte, runs []run) []byte {
	var sum uint64
	for i := range t.samples {
		sum += uint64(t.samples[i].dur)
	}
	b = full(b, "mdhd", 1, 0, func(b []byte) []byte {
		b = u64(u32(u64(b, 0, 0), t.scale), sum)
		return u16(b, 0x55c4, 0) // the language is not told
	})
	kind := "soun"
	if t.video {
		kind = "vide"
	}
	b = full(b, "hdlr", 0, 0, func(b []byte) []byte {
		b = append(append(u32(b, 0), kind...), make([]byte, 12)...)
		return append(b, 0) // no name
	})
	return put(b, "minf", func(b []byte) []byte {
		if t.video {
			b = full(b, "vmhd", 0, 1, func(b []byte) []byte { return u64(b, 0) })
		} else {
			b = full(b, "smhd", 0, 0, func(b []byte) []byte { return u32(b, 0) })
		}
		b = put(b, "dinf", func(b []byte) []byte {
			return full(b, "dref", 0, 0, func(b []byte) []byte {
				return full(u32(b, 1), "url ", 0, 1, func(b []byte) []byte { return b })
			})
		})
		return put(b, "stbl", func(b []byte) []byte { return t.stbl(b, runs) })
	})
}

// lengths appends a table of runs: how often, and the value.
func (t *track) lengths(b []byte, value func(*sample) uint32) []byte {
	at, n := len(b), uint32(0)
	b = u32(b, 0)
	for i := 0; i < len(t.samples); {
		j, v := i, value(&t.samples[i])
		for j < len(t.samples) && value(&t.samples[j]) == v {
			j++
		}
		b, n, i = u32(b, uint32(j-i), v), n+1, j
	}
	copy(b[at:], u32(nil, n))
	return b
}

func (t *track) stbl(b []byte, runs []run) []byte {
	b = full(b, "stsd", 0, 0, func(b []byte) []byte { return append(u32(b, 1), t.entry...) })
	b = full(b, "stts", 0, 0, func(b []byte) []byte { return t.lengths(b, func(s *sample) uint32 { return s.dur }) })
	keys, shifted, version := 0, false, byte(0)
	for i := range t.samples {
		if t.samples[i].key {
			keys++
		}
		shifted = shifted || t.samples[i].shift != 0
		if t.samples[i].shift < 0 {
			version = 1
		}
	}
	if shifted {
		b = full(b, "ctts", version, 0, func(b []byte) []byte {
			return t.lengths(b, func(s *sample) uint32 { return uint32(s.shift) })
		})
	}
	if keys < len(t.samples) {
		b = full(b, "stss", 0, 0, func(b []byte) []byte {
			b = u32(b, uint32(keys))
			for i := range t.samples {
				if t.samples[i].key {
					b = u32(b, uint32(i+1))
				}
			}
			return b
		})
	}
	b = full(b, "stsz", 0, 0, func(b []byte) []byte {
		b = u32(b, 0, uint32(len(t.samples)))
		for i := range t.samples {
			b = u32(b, t.samples[i].clean)
		}
		return b
	})
	return t.chunks(b, runs)
}

// chunks appends where the runs of this track stand.
func (t *track) chunks(b []byte, runs []run) []byte {
	var mine []run
	for _, r := range runs {
		if r.track == t {
			mine = append(mine, r)
		}
	}
	b = full(b, "stsc", 0, 0, func(b []byte) []byte {
		b = u32(b, uint32(len(mine)))
		for i, r := range mine {
			b = u32(b, uint32(i+1), uint32(r.to-r.from), 1)
		}
		return b
	})
	return full(b, "co64", 0, 0, func(b []byte) []byte {
		b = u32(b, uint32(len(mine)))
		for _, r := range mine {
			b = u64(b, uint64(r.at))
		}
		return b
	})
}
