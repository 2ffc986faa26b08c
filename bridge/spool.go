package bridge

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// spool is a file on its way: on disk rather than in memory, without a name,
// and encrypted under a key that only this value has. When the process ends,
// however it ends, nothing is left of it.
//
// It is written from the beginning to the end, and read anywhere.
type spool struct {
	file  *os.File
	block cipher.Block
	size  int64

	stream cipher.Stream
	buffer []byte
}

// spoolBuffer is how much is encrypted at once.
const spoolBuffer = 64 << 10

// newSpool makes an empty spool in a folder ("": the system's).
func newSpool(folder string) (*spool, error) {
	file, err := os.CreateTemp(folder, ".silta-")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if err = os.Remove(file.Name()); err != nil { // from here on it has no name
		file.Close()
		return nil, fmt.Errorf("spool: %w", err)
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &spool{file: file, block: block, stream: streamAt(block, 0)}, nil
}

// streamAt is the key stream from a position on. A key is used for one spool
// only, so the counter may begin at zero.
func streamAt(block cipher.Block, offset int64) cipher.Stream {
	var counter [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[8:], uint64(offset/aes.BlockSize))
	stream := cipher.NewCTR(block, counter[:])
	if skip := offset % aes.BlockSize; skip > 0 {
		var over [aes.BlockSize]byte
		stream.XORKeyStream(over[:skip], over[:skip])
	}
	return stream
}

// Write appends.
func (s *spool) Write(p []byte) (int, error) {
	if s.buffer == nil {
		s.buffer = make([]byte, spoolBuffer)
	}
	written := 0
	for len(p) > 0 {
		n := min(len(p), len(s.buffer))
		s.stream.XORKeyStream(s.buffer[:n], p[:n])
		if _, err := s.file.WriteAt(s.buffer[:n], s.size); err != nil {
			return written, fmt.Errorf("spool: %w", err)
		}
		s.size += int64(n)
		written += n
		p = p[n:]
	}
	return written, nil
}

// ReadAt implements [io.ReaderAt]; many may read at once.
func (s *spool) ReadAt(p []byte, offset int64) (int, error) {
	n, err := s.file.ReadAt(p, offset)
	streamAt(s.block, offset).XORKeyStream(p[:n], p[:n])
	if err != nil && err != io.EOF {
		return n, fmt.Errorf("spool: %w", err)
	}
	return n, err
}

// reader reads all of it from the beginning.
func (s *spool) reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// Close lets it go.
func (s *spool) Close() error { return s.file.Close() }
