package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The headers of images, read before the decoders of the standard library see
// them: these reserve what a header claims.

var errHeader = errors.New("bad header")

// measureJPEG walks the segments up to the first scan.
func measureJPEG(src *source) (plan, error) {
	p := plan{orientation: 1}
	for at := int64(2); ; {
		head, err := src.bytes(at, 2)
		if err != nil {
			return p, err
		}
		marker := head[1]
		switch {
		case head[0] != 0xff:
			return p, fmt.Errorf("%w: no marker", errHeader)
		case marker == 0xff: // a fill byte
			at++
			continue
		case marker >= 0xd0 && marker <= 0xd7 || marker == 0x01:
			at += 2
			continue
		}
		long, err := src.bytes(at+2, 2)
		if err != nil {
			return p, err
		}
		n := int64(binary.BigEndian.Uint16(long))
		if n < 2 {
			return p, fmt.Errorf("%w: a segment of %d bytes", errHeader, n)
		}
		data, err := src.bytes(at+4, n-2)
		if err != nil {
			return p, err
		}
		switch {
		case marker == 0xe1:
			if tiff, ok := bytes.CutPrefix(data, []byte("Exif\x00\x00")); ok {
				p.orientation = orientation(tiff)
			}
		case marker >= 0xc0 && marker <= 0xc2:
			if err := p.frameJPEG(data, marker == 0xc2); err != nil {
				return p, err
			}
		case marker == 0xda:
			if p.width == 0 {
				return p, fmt.Errorf("%w: a scan before the frame", errHeader)
			}
			return p, nil
		}
		at += 2 + n
	}
}

// frameJPEG reads a frame's header and reckons what its decode takes: samples,
// for a progressive image also four bytes for each coefficient, and for four
// components or RGB a second picture.
func (p *plan) frameJPEG(data []byte, progressive bool) error {
	if p.width != 0 || len(data) < 6 || len(data) < 6+3*int(data[5]) {
		return fmt.Errorf("%w: frame", errHeader)
	}
	p.height, p.width = int(binary.BigEndian.Uint16(data[1:])), int(binary.BigEndian.Uint16(data[3:]))
	p.pixels = int64(p.width) * int64(p.height)
	components := data[6 : 6+3*int(data[5])]
	var sum, most int64
	for i := 1; i < len(components); i += 3 {
		h, v := int64(components[i]>>4), int64(components[i]&15)
		if h == 0 || v == 0 || h > 4 || v > 4 {
			return fmt.Errorf("%w: sampling", errHeader)
		}
		sum, most = sum+h*v, max(most, h*v)
	}
	if most == 0 {
		return fmt.Errorf("%w: no components", errHeader)
	}
	samples := p.pixels * sum / most
	turned := int64(0)
	if p.orientation > 1 {
		turned = p.pixels // the biggest plane twice
		if p.width%2+p.height%2 > 0 {
			turned = 8 * p.pixels
		}
	}
	later := max(turned, thumbMemory)           // one after the other
	if sum == 3*most || len(components) == 12 { // perhaps RGB, perhaps CMYK
		later += 4 * p.pixels
	}
	if progressive {
		later = max(later, 4*samples) // the coefficients are gone by then
	}
	p.memory = samples + later
	return nil
}

// measurePNG walks the chunks of the whole file: eXIf may stand behind the image.
func measurePNG(src *source) (plan, error) {
	p := plan{orientation: 1}
	r := bufio.NewReaderSize(src.section(8, src.size-8), 64<<10)
	for first := true; ; first = false {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return p, fmt.Errorf("chunk: %w", err)
		}
		n, name := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if first != (name == "IHDR") || n > src.size {
			return p, fmt.Errorf("%w: chunk", errHeader)
		}
		switch name {
		case "IHDR":
			data := make([]byte, 13)
			if _, err := io.ReadFull(r, data); err != nil || n != 13 {
				return p, fmt.Errorf("%w: IHDR", errHeader)
			}
			if err := p.headPNG(data); err != nil {
				return p, err
			}
			n = 0
		case "eXIf":
			data := make([]byte, min(n, 64<<10))
			if _, err := io.ReadFull(r, data); err != nil {
				return p, fmt.Errorf("eXIf: %w", err)
			}
			p.orientation = orientation(data)
			n -= int64(len(data))
		case "IEND":
			if p.orientation > 1 {
				p.memory += p.memory
			}
			p.memory += thumbMemory
			return p, nil
		}
		if _, err := r.Discard(int(n) + 4); err != nil {
			return p, fmt.Errorf("chunk: %w", err)
		}
	}
}

func (p *plan) headPNG(data []byte) error {
	w, h := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	if w == 0 || h == 0 || w > 1<<24 || h > 1<<24 {
		return refuse(WhyPixels, "%d×%d", w, h)
	}
	p.width, p.height, p.pixels = int(w), int(h), int64(w)*int64(h)
	each := int64(4)
	switch depth, colours := data[8], data[9]; {
	case colours == 3 || colours == 0 && depth <= 8:
		each = 1 // with a transparent grey: four
		if colours == 0 {
			each = 4
		}
	case depth == 16:
		each = 8
	}
	p.memory = p.pixels * each
	if data[12] != 0 { // interlaced: the passes are pictures of their own
		p.memory *= 2
	}
	return nil
}

// measureGIF walks the blocks: every frame is kept at a byte a pixel.
func measureGIF(src *source, limits Limits) (plan, error) {
	p := plan{orientation: 1}
	r := &blocks{r: bufio.NewReaderSize(src.section(0, src.size), 64<<10)}
	head := r.next(13)
	p.width, p.height = int(binary.LittleEndian.Uint16(head[6:])), int(binary.LittleEndian.Uint16(head[8:]))
	r.palette(head[10])
	for r.err == nil && p.pixels <= limits.Pixels {
		switch r.next(1)[0] {
		case 0x21:
			r.next(1)
			r.sub()
		case 0x2c:
			frame := r.next(9)
			p.frames++
			p.pixels += int64(binary.LittleEndian.Uint16(frame[4:])) * int64(binary.LittleEndian.Uint16(frame[6:]))
			r.palette(frame[8])
			r.next(1)
			r.sub()
			// A frame has a picture, a palette and its compressor's tables.
			p.memory += 8 << 10
		case 0x3b:
			if p.frames == 1 {
				p.pixels = max(p.pixels, int64(p.width)*int64(p.height))
			}
			p.memory += p.pixels + 4*int64(p.width)*int64(p.height) + thumbMemory // its first frame
			return p, nil
		default:
			return p, fmt.Errorf("%w: block", errHeader)
		}
	}
	return p, r.err // nil: too many pixels, and that is said of them all
}

// blocks reads a GIF's parts; after an error it yields zeros.
type blocks struct {
	r    *bufio.Reader
	err  error
	room [16]byte
}

func (b *blocks) next(n int) []byte {
	data := b.room[:n]
	if b.err == nil {
		_, b.err = io.ReadFull(b.r, data)
	}
	if b.err != nil {
		clear(data)
	}
	return data
}

func (b *blocks) skip(n int) {
	if b.err == nil {
		_, b.err = b.r.Discard(n)
	}
}

func (b *blocks) palette(flags byte) {
	if flags&0x80 != 0 {
		b.skip(3 << (flags&7 + 1))
	}
}

func (b *blocks) sub() {
	for b.err == nil {
		n := b.next(1)[0]
		if n == 0 {
			return
		}
		b.skip(int(n))
	}
}

// orientation reads the one tag of EXIF that is needed, out of a TIFF block;
// whatever is odd means upright.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	count := int64(order.Uint16(tiff[at:]))
	for i := range count {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(tiff)) {
			return 1
		}
		if order.Uint16(tiff[entry:]) != 0x0112 {
			continue
		}
		if o := int(order.Uint16(tiff[entry+8:])); o >= 1 && o <= 8 {
			return o
		}
		return 1
	}
	return 1
}
