package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// losslessTables is reserved for the lossless form, which has tables beside its
// pixels: at most 65,536 groups of five trees, half a kilobyte each. Only a
// file made for it has so many; then the collector's room serves, too.
const losslessTables = 64 << 20

// frame is the one picture of a WebP that is shown: the only or the first.
type frame struct {
	alpha, picture chunk
	lossless       bool
}

// chunk is a part of a RIFF file: its data without the header.
type chunk struct {
	name    string
	at, len int64
}

// measureWebP finds the picture and lays a plain file around it, since the
// decoder knows neither animations nor what a header lies about.
func measureWebP(src *source) (plan, error) {
	p := plan{orientation: 1}
	head, err := src.bytes(0, 12)
	if err != nil {
		return p, err
	}
	if int64(binary.LittleEndian.Uint32(head[4:]))+8 > src.size {
		return p, fmt.Errorf("%w: cut off", errHeader)
	}
	var f frame
	err = chunks(src, 12, src.size, func(c chunk) error {
		switch c.name {
		case "EXIF":
			data, err := src.bytes(c.at, min(c.len, 64<<10))
			if err != nil {
				return err
			}
			data, _ = bytes.CutPrefix(data, []byte("Exif\x00\x00"))
			p.orientation = orientation(data)
		case "ANMF":
			if f.picture.name == "" && c.len > 16 {
				return chunks(src, c.at+16, c.at+c.len, f.take)
			}
		}
		return f.take(c)
	})
	if err != nil {
		return p, err
	}
	if f.picture.name == "" {
		return p, fmt.Errorf("%w: no picture", errHeader)
	}
	if err := p.frameWebP(src, f); err != nil {
		return p, err
	}
	p.open = func() io.Reader { return f.plain(src, p.width, p.height) }
	return p, nil
}

// chunks walks the parts between two offsets.
func chunks(src *source, at, end int64, each func(chunk) error) error {
	for at+8 <= end {
		head, err := src.bytes(at, 8)
		if err != nil {
			return err
		}
		c := chunk{name: string(head[:4]), at: at + 8, len: int64(binary.LittleEndian.Uint32(head[4:]))}
		if c.at+c.len > end {
			return fmt.Errorf("%w: chunk of %d bytes", errHeader, c.len)
		}
		if err := each(c); err != nil {
			return err
		}
		at = c.at + c.len + c.len%2
	}
	return nil
}

// take keeps the first picture and the transparency that stands before it.
func (f *frame) take(c chunk) error {
	if f.picture.name != "" {
		return nil
	}
	switch c.name {
	case "ALPH":
		f.alpha = c
	case "VP8 ":
		f.picture = c
	case "VP8L":
		f.picture, f.lossless = c, true
	}
	return nil
}

// frameWebP reads the size from the picture itself, not from the header that
// stands before it, and reckons what the decode takes.
func (p *plan) frameWebP(src *source, f frame) error {
	head, err := src.bytes(f.picture.at, min(f.picture.len, 10))
	if err != nil {
		return err
	}
	switch {
	case f.lossless && len(head) >= 5 && head[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(head[1:])
		p.width, p.height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
	case !f.lossless && len(head) == 10 && bytes.Equal(head[3:6], []byte{0x9d, 0x01, 0x2a}):
		p.width, p.height = int(binary.LittleEndian.Uint16(head[6:])&0x3fff), int(binary.LittleEndian.Uint16(head[8:])&0x3fff)
	default:
		return fmt.Errorf("%w: picture", errHeader)
	}
	p.pixels = int64(p.width) * int64(p.height)
	p.memory = 2*p.pixels + thumbMemory
	if f.lossless || f.alpha.name != "" {
		p.memory += 8*p.pixels + min(losslessTables, 1024*f.picture.len)
	}
	if p.orientation > 1 {
		p.memory += 8 * p.pixels
	}
	return nil
}

// plain is a WebP file with this one picture.
func (f frame) plain(src *source, width, height int) io.Reader {
	var parts []io.Reader
	total := uint32(4)
	add := func(name string, n int64, data io.Reader) {
		head := binary.LittleEndian.AppendUint32([]byte(name), uint32(n))
		parts = append(parts, bytes.NewReader(head), data, bytes.NewReader(make([]byte, n%2)))
		total += uint32(8 + n + n%2)
	}
	if f.alpha.name != "" && !f.lossless {
		extended := make([]byte, 10)
		extended[0] = 1 << 4 // has transparency
		w, h := width-1, height-1
		copy(extended[4:], []byte{byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
		add("VP8X", 10, bytes.NewReader(extended))
		add("ALPH", f.alpha.len, src.section(f.alpha.at, f.alpha.len))
	}
	add(f.picture.name, f.picture.len, src.section(f.picture.at, f.picture.len))
	riff := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), total), "WEBP"...)
	return io.MultiReader(append([]io.Reader{bytes.NewReader(riff)}, parts...)...)
}
