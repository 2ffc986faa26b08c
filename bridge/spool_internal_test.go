package bridge

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
)

// TestSpool: what is written comes back from anywhere; on the disk there is
// neither a name nor anything that can be read.
func TestSpool(t *testing.T) {
	folder := t.TempDir()
	s, err := newSpool(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := bytes.Repeat([]byte("Kanarialintu "), 20_000)
	for rest := want; len(rest) > 0; { // in pieces of any size
		n := min(len(rest), 1+rand.IntN(100_000))
		if _, err = s.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if s.size != int64(len(want)) {
		t.Errorf("%d bytes, not %d", s.size, len(want))
	}
	for range 1000 {
		from := rand.IntN(len(want))
		piece := make([]byte, rand.IntN(70_000))
		n, err := s.ReadAt(piece, int64(from))
		if !bytes.Equal(piece[:n], want[from:from+n]) || n < len(piece) && (!errors.Is(err, io.EOF) || from+n != len(want)) {
			t.Fatalf("%d of %d bytes from %d: %v", n, len(piece), from, err)
		}
	}
	if all, err := io.ReadAll(s.reader()); err != nil || !bytes.Equal(all, want) {
		t.Errorf("read %d bytes, %v", len(all), err)
	}
	if names, err := os.ReadDir(folder); err != nil || len(names) > 0 {
		t.Errorf("it has a name: %v (%v)", names, err)
	}
	raw := make([]byte, len(want))
	if _, err = s.file.ReadAt(raw, 0); err != nil || bytes.Contains(raw, []byte("Kanaria")) {
		t.Errorf("the disk can be read (%v)", err)
	}
	if _, err = newSpool(folder + "/missing"); err == nil {
		t.Error("a spool in a folder that is not there")
	}
}
