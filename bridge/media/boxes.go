package media

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/mp4"
)

// MP4, M4A and QuickTime are boxes in boxes. We walk them ourselves and look
// only into those that are needed: what is in the others must not be able to
// do anything. The needed ones' contents are read by mp4ff, which holds their
// counts against their sizes.

var errBox = errors.New("bad box")

// box is one box of a part that was read into memory.
type box struct {
	name string
	body []byte
}

// boxesIn are the boxes that stand side by side in data. QuickTime may end a
// row of them with four zero bytes.
func boxesIn(data []byte) ([]box, error) {
	var all []box
	for len(data) >= 8 {
		size, head := uint64(binary.BigEndian.Uint32(data)), uint64(8)
		switch {
		case size == 1 && len(data) >= 16:
			size, head = binary.BigEndian.Uint64(data[8:]), 16
		case size == 0:
			size = uint64(len(data))
		}
		if size < head || size > uint64(len(data)) {
			return nil, fmt.Errorf("%w: %d bytes of %d", errBox, size, len(data))
		}
		all = append(all, box{name: string(data[4:8]), body: data[head:size]})
		data = data[size:]
	}
	return all, nil
}

// find is the first box of a name at the end of a path; nil if there is none.
func find(data []byte, path ...string) ([]byte, error) {
	for _, name := range path {
		all, err := boxesIn(data)
		if err != nil {
			return nil, err
		}
		data = nil
		for _, b := range all {
			if b.name == name {
				data = b.body
				break
			}
		}
		if data == nil {
			return nil, nil
		}
	}
	return data, nil
}

type decoder func(mp4.BoxHeader, uint64, bits.SliceReader) (mp4.Box, error)

// read lets mp4ff read a box's body into its type.
func read[B mp4.Box](name string, body []byte, decode decoder) (B, error) {
	var none B
	found, err := decode(mp4.BoxHeader{Name: name, Size: uint64(len(body)) + 8, Hdrlen: 8}, 0, bits.NewFixedSliceReader(body))
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	b, ok := found.(B)
	if !ok {
		return none, fmt.Errorf("%w: %s is a %T", errBox, name, found)
	}
	return b, nil
}

// readIn reads a box that must be in data.
func readIn[B mp4.Box](data []byte, name string, decode decoder) (B, error) {
	var none B
	body, err := find(data, name)
	if err == nil && body == nil {
		err = fmt.Errorf("%w: no %s", errBox, name)
	}
	if err != nil {
		return none, err
	}
	return read[B](name, body, decode)
}

// topBox is a box of the file's own row, not read yet.
type topBox struct {
	name          string
	start, at, to int64 // of its header, its body and its end
}

// maxTop bounds the boxes of a file: one each for a fragment and its samples,
// several a second for half an hour.
const maxTop = 50_000

// topBoxes lists a file's own row of boxes.
func topBoxes(src *source) ([]topBox, error) {
	var all []topBox
	for at := int64(0); src.size-at >= 8; {
		head, err := src.bytes(at, min(16, src.size-at))
		if err != nil {
			return nil, err
		}
		size, long := uint64(binary.BigEndian.Uint32(head)), int64(8)
		switch {
		case size == 1 && len(head) == 16:
			size, long = binary.BigEndian.Uint64(head[8:]), 16
		case size == 0:
			size = uint64(src.size - at)
		}
		if size < uint64(long) || size > uint64(src.size-at) || len(all) == maxTop {
			return nil, fmt.Errorf("%w: %q of %d bytes at %d of %d", errBox, head[4:8], size, at, src.size)
		}
		all = append(all, topBox{name: string(head[4:8]), start: at, at: at + long, to: at + int64(size)})
		at += int64(size)
	}
	return all, nil
}

// put appends a box; fill appends its body.
func put(to []byte, name string, fill func([]byte) []byte) []byte {
	at := len(to)
	to = fill(append(append(to, 0, 0, 0, 0), name...))
	binary.BigEndian.PutUint32(to[at:], uint32(len(to)-at))
	return to
}

// full appends a box that has a version and flags.
func full(to []byte, name string, version byte, flags uint32, fill func([]byte) []byte) []byte {
	return put(to, name, func(b []byte) []byte { return fill(u32(b, uint32(version)<<24|flags)) })
}

func u16(b []byte, n ...uint16) []byte {
	for _, v := range n {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func u32(b []byte, n ...uint32) []byte {
	for _, v := range n {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func u64(b []byte, n ...uint64) []byte {
	for _, v := range n {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return b
}
