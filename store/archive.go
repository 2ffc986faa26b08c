package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A backup file is one line of text that says what it is, and then a gzip
// stream of entries: a header (H), for each table its name and columns (T) and
// its rows (R), and an end (E) with the number of rows and the SHA-256 of all
// that went before. It knows nothing of the database it came from, so that a
// backup of SQLite can be restored into PostgreSQL and the other way round.

const archiveMagic = "silta backup 1\n"

// Errors of backup files.
var (
	// ErrBadBackup says that a file is no backup, or is damaged or cut off.
	ErrBadBackup = errors.New("not a whole backup file")
	// ErrNotEmpty says that there is something in the database already.
	ErrNotEmpty = errors.New("the database is not empty: a backup is restored into an empty one only")
)

const (
	entryHeader = 'H'
	entryTable  = 'T'
	entryRow    = 'R'
	entryEnd    = 'E'

	valueNull  = 0
	valueInt   = 1
	valueBytes = 2
	valueText  = 3

	// maxValue bounds one value, so that a damaged file cannot ask for all memory.
	maxValue = 64 << 20
)

type archiveHeader struct {
	Schema  int   `json:"schema"`
	Created int64 `json:"created"` // Unix milliseconds
	Rows    int64 `json:"rows"`    // about; for the progress
}

type archiveTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// archiveWriter writes entries; the first fault stays and comes from close.
type archiveWriter struct {
	zip  *gzip.Writer
	buf  *bufio.Writer
	sum  hash.Hash
	rows int64
	one  []byte
}

func newArchiveWriter(w io.Writer) (*archiveWriter, error) {
	if _, err := io.WriteString(w, archiveMagic); err != nil {
		return nil, err
	}
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed) // most of it is sealed and does not shrink
	if err != nil {
		return nil, err
	}
	a := &archiveWriter{zip: zip, sum: sha256.New()}
	a.buf = bufio.NewWriterSize(io.MultiWriter(zip, a.sum), 64<<10)
	return a, nil
}

func (a *archiveWriter) object(kind byte, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	a.one = append(a.one[:0], kind)
	a.one = binary.AppendUvarint(a.one, uint64(len(content)))
	a.one = append(a.one, content...)
	_, err = a.buf.Write(a.one)
	return err
}

func (a *archiveWriter) row(r record) error {
	a.rows++
	a.one = append(a.one[:0], entryRow)
	for _, v := range r {
		switch v := v.(type) {
		case nil:
			a.one = append(a.one, valueNull)
		case int64:
			a.one = binary.AppendVarint(append(a.one, valueInt), v)
		case []byte:
			a.one = binary.AppendUvarint(append(a.one, valueBytes), uint64(len(v)))
			a.one = append(a.one, v...)
		case string:
			a.one = binary.AppendUvarint(append(a.one, valueText), uint64(len(v)))
			a.one = append(a.one, v...)
		default:
			return fmt.Errorf("a value of type %T cannot be backed up", v)
		}
	}
	_, err := a.buf.Write(a.one)
	return err
}

func (a *archiveWriter) close() error {
	if _, err := a.buf.Write(binary.AppendVarint([]byte{entryEnd}, a.rows)); err != nil {
		return err
	}
	if err := a.buf.Flush(); err != nil {
		return err
	}
	if _, err := a.zip.Write(a.sum.Sum(nil)); err != nil {
		return err
	}
	return a.zip.Close()
}

// archiveReader reads entries, and sums up what it has read.
type archiveReader struct {
	in   *bufio.Reader
	sum  hash.Hash
	byte [1]byte
	rows int64
}

func newArchiveReader(r io.Reader) (*archiveReader, error) {
	magic := make([]byte, len(archiveMagic))
	if _, err := io.ReadFull(r, magic); err != nil || !bytes.Equal(magic, []byte(archiveMagic)) {
		return nil, ErrBadBackup
	}
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, damaged(err)
	}
	return &archiveReader{in: bufio.NewReaderSize(zip, 64<<10), sum: sha256.New()}, nil
}

func damaged(err error) error { return fmt.Errorf("%w: %w", ErrBadBackup, err) }

// ReadByte implements [io.ByteReader] for the varints.
func (a *archiveReader) ReadByte() (byte, error) {
	b, err := a.in.ReadByte()
	if err != nil {
		return 0, damaged(err)
	}
	a.byte[0] = b
	a.sum.Write(a.byte[:])
	return b, nil
}

func (a *archiveReader) bytes() ([]byte, error) {
	n, err := binary.ReadUvarint(a)
	if err != nil {
		return nil, damaged(err)
	}
	if n > maxValue {
		return nil, damaged(errors.New("a value is too long"))
	}
	content := make([]byte, n)
	if _, err := io.ReadFull(a.in, content); err != nil {
		return nil, damaged(err)
	}
	a.sum.Write(content)
	return content, nil
}

// object reads the content of a header or table entry.
func (a *archiveReader) object(value any) error {
	content, err := a.bytes()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, value); err != nil {
		return damaged(err)
	}
	return nil
}

func (a *archiveReader) row(columns int) ([]driver.Value, error) {
	a.rows++
	row := make([]driver.Value, columns)
	for i := range row {
		kind, err := a.ReadByte()
		if err != nil {
			return nil, err
		}
		switch kind {
		case valueNull:
		case valueInt:
			row[i], err = binary.ReadVarint(a)
		case valueBytes:
			row[i], err = a.bytes()
		case valueText:
			var text []byte
			text, err = a.bytes()
			row[i] = string(text)
		default:
			err = errors.New("an unknown kind of value")
		}
		if err != nil {
			return nil, damaged(err)
		}
	}
	return row, nil
}

// end checks that the file is whole.
func (a *archiveReader) end() error {
	rows, err := binary.ReadVarint(a)
	if err != nil {
		return damaged(err)
	}
	want := a.sum.Sum(nil)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(a.in, got); err != nil {
		return damaged(err)
	}
	if rows != a.rows || !bytes.Equal(got, want) {
		return damaged(errors.New("the checksum is wrong"))
	}
	if _, err := a.in.ReadByte(); !errors.Is(err, io.EOF) {
		return damaged(errors.New("it does not end where it should"))
	}
	return nil
}
