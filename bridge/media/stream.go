package media

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// source is the file that comes in: bounded by its size, it ends when ctx
// does, and remembers a fault of reading, which is no fault of the file.
type source struct {
	ctx  context.Context
	from io.ReaderAt
	size int64
	err  error
}

// ReadAt reads like io.ReaderAt; beyond the size there is nothing.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	short := int64(len(p)) > s.size-off
	if short {
		p = p[:s.size-off]
	}
	n, err := s.from.ReadAt(p, off)
	switch {
	case n == len(p) && short:
		return n, io.EOF
	case n == len(p):
		return n, nil
	case err != nil && !errors.Is(err, io.EOF):
		s.err = err
	case err == nil || errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
		s.err = err // the caller promised size bytes
	}
	return n, err
}

// section reads n bytes from off.
func (s *source) section(off, n int64) *io.SectionReader {
	return io.NewSectionReader(s, off, n)
}

// bytes reads exactly n bytes at off.
func (s *source) bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > s.size-off {
		return nil, fmt.Errorf("%d bytes at %d of %d: %w", n, off, s.size, io.ErrUnexpectedEOF)
	}
	data := make([]byte, n)
	if _, err := s.ReadAt(data, off); err != nil {
		return nil, fmt.Errorf("%d bytes at %d: %w", n, off, err)
	}
	return data, nil
}

// sink is where the clean file goes: counted, ended by ctx, and remembering a
// fault of writing.
type sink struct {
	ctx context.Context
	to  io.Writer
	n   int64
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	n, err := s.to.Write(p)
	s.n += int64(n)
	if err != nil {
		s.err = err
	}
	return n, err
}
