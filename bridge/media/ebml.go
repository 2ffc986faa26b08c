package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// WebM is EBML: elements in elements, each an identifier, a size and data. It
// is walked here, and by offsets, for the same reason as MP4's boxes: the
// libraries for it reserve what an element claims to be.

var errEBML = errors.New("bad EBML")

// The identifiers of the elements that are read or written (RFC 9559).
const (
	idEBML          = 0x1a45dfa3
	idDocType       = 0x4282
	idSegment       = 0x18538067
	idInfo          = 0x1549a966
	idScale         = 0x2ad7b1
	idDuration      = 0x4489
	idTracks        = 0x1654ae6b
	idTrack         = 0xae
	idNumber        = 0xd7
	idUID           = 0x73c5
	idType          = 0x83
	idCodec         = 0x86
	idPrivate       = 0x63a2
	idDelay         = 0x56aa
	idPreRoll       = 0x56bb
	idEncodings     = 0x6d80
	idLanguage      = 0x22b59c
	idVideo         = 0xe0
	idWidth         = 0xb0
	idHeight        = 0xba
	idShownWidth    = 0x54b0
	idShownHeight   = 0x54ba
	idShownUnit     = 0x54b2
	idAudio         = 0xe1
	idRate          = 0xb5
	idChannels      = 0x9f
	idCluster       = 0x1f43b675
	idTime          = 0xe7
	idSimpleBlock   = 0xa3
	idGroup         = 0xa0
	idBlock         = 0xa1
	idReference     = 0xfb
	idDiscard       = 0x75a2
	idCues          = 0x1c53bb6b
	idCue           = 0xbb
	idCueTime       = 0xb3
	idCuePositions  = 0xb7
	idCueTrack      = 0xf7
	idCueCluster    = 0xf1
	idVoid          = 0xec
	idSum           = 0xbf
	idSeek          = 0x114d9b74
	idTags          = 0x1254c367
	idAttachments   = 0x1941a469
	idChapters      = 0x1043a770
	sizeUnknown     = -1
	maxElements     = 2_000_000
	maxTrackElement = 1 << 20 // Tracks and Info
)

// element is one of them in the file.
type element struct {
	id       uint32
	at, size int64 // of its data; the size may be unknown
}

func (e element) end() int64 { return e.at + e.size }

// ebml reads elements.
type ebml struct {
	src  *source
	seen int
	room [4096]byte // a window of the file: headers are small and near
	from int64
	n    int
}

// peek is up to n bytes (at most 16) at a place.
func (e *ebml) peek(at int64, n int) ([]byte, error) {
	n = int(min(int64(n), e.src.size-at))
	if n <= 0 {
		return nil, fmt.Errorf("%w: at the end", errEBML)
	}
	if at < e.from || at+int64(n) > e.from+int64(e.n) {
		want := int(min(int64(len(e.room)), e.src.size-at))
		if _, err := e.src.ReadAt(e.room[:want], at); err != nil {
			return nil, fmt.Errorf("element: %w", err)
		}
		e.from, e.n = at, want
	}
	return e.room[at-e.from:][:n], nil
}

// element reads the header at a place inside of a parent that ends at end.
func (e *ebml) element(at, end int64) (element, error) {
	if e.seen++; e.seen > maxElements {
		return element{}, refuse(WhyTooLong, "more than %d elements", maxElements)
	}
	head, err := e.peek(at, 12)
	if err != nil {
		return element{}, err
	}
	idLen := bits.LeadingZeros8(head[0]) + 1
	if idLen > 4 || idLen >= len(head) {
		return element{}, fmt.Errorf("%w: identifier", errEBML)
	}
	var el element
	for _, b := range head[:idLen] {
		el.id = el.id<<8 | uint32(b)
	}
	size, n, ok := number(head[idLen:])
	if !ok {
		return element{}, fmt.Errorf("%w: size", errEBML)
	}
	el.at, el.size = at+int64(idLen+n), size
	if size != sizeUnknown && (size > end || el.at > end-size) {
		return element{}, fmt.Errorf("%w: %x of %d bytes at %d, of %d", errEBML, el.id, size, at, end)
	}
	return el, nil
}

// number reads EBML's number of changing length; all ones mean unknown.
func number(data []byte) (v int64, n int, ok bool) {
	if len(data) == 0 {
		return 0, 0, false
	}
	n = bits.LeadingZeros8(data[0]) + 1
	if n > 8 || n > len(data) {
		return 0, 0, false
	}
	u := uint64(data[0]) & (1<<(8-n) - 1)
	for _, b := range data[1:n] {
		u = u<<8 | uint64(b)
	}
	if u == 1<<(7*n)-1 {
		return sizeUnknown, n, true
	}
	return int64(u), n, true
}

// small is an element that was read into memory.
type small struct {
	id   uint32
	data []byte
}

// children reads an element whose parts are wanted: at most a megabyte.
func (e *ebml) children(el element) ([]small, error) {
	if el.size < 0 || el.size > maxTrackElement {
		return nil, fmt.Errorf("%w: %x of %d bytes", errEBML, el.id, el.size)
	}
	data, err := e.src.bytes(el.at, el.size)
	if err != nil {
		return nil, err
	}
	return smalls(data)
}

func smalls(data []byte) ([]small, error) {
	var all []small
	for len(data) > 0 {
		idLen := bits.LeadingZeros8(data[0]) + 1
		if idLen > 4 || idLen > len(data) {
			return nil, fmt.Errorf("%w: identifier", errEBML)
		}
		var s small
		for _, b := range data[:idLen] {
			s.id = s.id<<8 | uint32(b)
		}
		size, n, ok := number(data[idLen:])
		data = data[idLen:]
		if !ok || size < 0 || size > int64(len(data)-n) {
			return nil, fmt.Errorf("%w: size", errEBML)
		}
		s.data = data[n : int64(n)+size]
		data = data[int64(n)+size:]
		all = append(all, s)
	}
	return all, nil
}

// uint is an element's unsigned number.
func (s small) uint() uint64 {
	var v uint64
	for _, b := range s.data[:min(8, len(s.data))] {
		v = v<<8 | uint64(b)
	}
	return v
}

// float is an element's number of 4 or 8 bytes.
func (s small) float() float64 {
	switch len(s.data) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(s.data)))
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(s.data))
	}
	return 0
}

// The writing of elements; sizes take eight bytes where the content is large.

func appendID(b []byte, id uint32) []byte {
	for shift := 24; shift >= 0; shift -= 8 {
		if id>>shift != 0 {
			b = append(b, byte(id>>shift))
		}
	}
	return b
}

func appendHead(b []byte, id uint32, size int64) []byte {
	return u64(appendID(b, id), uint64(size)|1<<56)
}

func appendElement(b []byte, id uint32, data []byte) []byte {
	b = appendID(b, id)
	if len(data) < 127 {
		return append(append(b, byte(len(data))|0x80), data...)
	}
	return append(u64(b, uint64(len(data))|1<<56), data...)
}

// appendUint has always eight bytes, so that sizes are known before values.
func appendUint(b []byte, id uint32, v uint64) []byte { return appendElement(b, id, u64(nil, v)) }

func appendFloat(b []byte, id uint32, v float64) []byte {
	return appendElement(b, id, u64(nil, math.Float64bits(v)))
}

func appendString(b []byte, id uint32, s string) []byte { return appendElement(b, id, []byte(s)) }
