package media

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Packets carry more than pictures: H.264, H.265 and AV1 have units for
// anything (x264 writes its settings there, cameras their model, drones their
// position), AAC has elements to fill up with, where encoders sign. The units
// are left out; the fillings are overwritten, for an AAC frame is a row of
// bits in which what follows would move.

var errPacket = errors.New("bad packet")

// scrubbed says whether packets of this codec change their size.
func (c codec) scrubbed() bool { return c == h264 || c == h265 || c == av1 }

// scrub works in place and never lengthens.
func (c codec) scrub(data []byte) ([]byte, error) {
	switch c {
	case h264, h265:
		return scrubUnits(data, c)
	case av1:
		return scrubOBUs(data)
	case aac:
		blankAAC(data)
	}
	return data, nil
}

// keepUnit says whether a NAL unit is needed to decode. Of H.264: slices,
// parameter sets, delimiters and ends; not SEI (6), filler (12), auxiliary
// pictures, or what the standard leaves to anyone (0, 24 to 31). Of H.265
// likewise: SEI is 39 and 40.
func keepUnit(first byte, c codec) bool {
	if c == h264 {
		switch first & 0x1f {
		case 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13:
			return true
		}
		return false
	}
	kind := first >> 1 & 0x3f
	return kind <= 9 || kind >= 16 && kind <= 21 || kind >= 32 && kind <= 37
}

// scrubUnits drops NAL units, each behind its length in four bytes.
func scrubUnits(data []byte, c codec) ([]byte, error) {
	to := 0
	for at := 0; at < len(data); {
		if len(data)-at < 4 {
			return nil, fmt.Errorf("%w: unit", errPacket)
		}
		n := int64(binary.BigEndian.Uint32(data[at:]))
		end := int64(at) + 4 + n
		if end > int64(len(data)) {
			return nil, fmt.Errorf("%w: unit of %d bytes", errPacket, n)
		}
		if n > 0 && keepUnit(data[at+4], c) {
			to += copy(data[to:], data[at:end])
		}
		at = int(end)
	}
	return data[:to], nil
}

// scrubOBUs drops AV1's metadata, tile lists and padding, and what is reserved.
func scrubOBUs(data []byte) ([]byte, error) {
	to := 0
	for at := 0; at < len(data); {
		head := data[at]
		kind, extended, sized := head>>3&15, head&4 != 0, head&2 != 0
		body := at + 1
		if extended {
			body++
		}
		end := len(data)
		if sized && body <= len(data) {
			n, used := binary.Uvarint(data[body:min(len(data), body+8)])
			if used <= 0 || n > uint64(len(data)-body-used) {
				return nil, fmt.Errorf("%w: OBU", errPacket)
			}
			end = body + used + int(n)
		}
		if head&0x80 != 0 || body > len(data) {
			return nil, fmt.Errorf("%w: OBU", errPacket)
		}
		switch kind {
		case 1, 2, 3, 4, 6, 7: // sequence, delimiter, frames and their tiles
			to += copy(data[to:], data[at:end])
		}
		at = end
	}
	return data[:to], nil
}

// bitsAt is n bits (at most 8) at a bit's place.
func bitsAt(data []byte, at, n int) int {
	v := 0
	for i := at; i < at+n; i++ {
		v = v<<1 | int(data[i/8]>>(7-i%8)&1)
	}
	return v
}

// blank sets bits to zero.
func blank(data []byte, at, n int) {
	for i := at; i < at+n; i++ {
		data[i/8] &^= 1 << (7 - i%8)
	}
}

// blankAAC overwrites the fillings and the foreign data that stand before a
// frame's sound (ISO 14496-3, 4.4.2.1). What stands behind it could be found
// only by decoding the sound; encoders sign in front.
func blankAAC(data []byte) {
	total := 8 * len(data)
	for at := 0; at+8 <= total; {
		var n int // bytes
		switch bitsAt(data, at, 3) {
		case 6: // fill
			n, at = bitsAt(data, at+3, 4), at+7
			if n == 15 {
				if at+8 > total {
					return
				}
				n, at = n+bitsAt(data, at, 8)-1, at+8
			}
			if at+8*n > total || n > 0 && bitsAt(data, at, 4) >= 11 {
				return // 11 and more belong to the sound: ranges and replication
			}
		case 4: // data stream
			if at+16 > total {
				return
			}
			aligned := bitsAt(data, at+7, 1) == 1
			n, at = bitsAt(data, at+8, 8), at+16
			if n == 255 {
				if at+8 > total {
					return
				}
				n, at = n+bitsAt(data, at, 8), at+8
			}
			if aligned {
				at = (at + 7) / 8 * 8
			}
			if at+8*n > total {
				return
			}
		default:
			return
		}
		blank(data, at, 8*n)
		at += 8 * n
	}
}
