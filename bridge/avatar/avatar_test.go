package avatar

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"
	"slices"
	"testing"
)

func draw(t *testing.T, name string) []byte {
	t.Helper()
	data, err := Draw(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPicturesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200 {
		name := fmt.Sprint("silta_", i)
		data := draw(t, name)
		if !bytes.Equal(data, draw(t, name)) {
			t.Fatal("one name gives two pictures")
		}
		if len(data) > 8<<10 {
			t.Errorf("a picture of %d bytes", len(data))
		}
		seen[string(data)] = true
	}
	if len(seen) != 200 {
		t.Errorf("200 names give %d pictures", len(seen))
	}
}

func TestOneToneIsNotAPicture(t *testing.T) {
	for i := range 50 {
		picture, err := png.Decode(bytes.NewReader(draw(t, fmt.Sprint(i))))
		if err != nil {
			t.Fatal(err)
		}
		tones := map[any]bool{}
		for y := range side {
			for x := range side {
				if picture.At(x, y) != picture.At(side-1-x, y) {
					t.Fatalf("%d is not the same on both sides", i)
				}
				tones[picture.At(x, y)] = true
			}
		}
		if len(tones) < 3 {
			t.Errorf("picture %d has %d tones", i, len(tones))
		}
	}
}

// Nothing is in the file but the picture.
func TestLeak38PictureHasNoMetadata(t *testing.T) {
	data := draw(t, "silta_abc")
	if n := bytes.Index(data, []byte("silta")); n >= 0 {
		t.Error("the name is in the file")
	}
	for rest := data[8:]; len(rest) > 0; {
		kind, size := string(rest[4:8]), binary.BigEndian.Uint32(rest)
		if !slices.Contains([]string{"IHDR", "PLTE", "IDAT", "IEND"}, kind) {
			t.Errorf("the file has a part %q", kind)
		}
		rest = rest[12+size:]
	}
}
