package text_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"silta/locale"
	"silta/text"
)

func danger(t testing.TB) *text.Danger {
	t.Helper()
	catalogue, err := locale.Load(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return text.NewDanger(catalogue.Danger())
}

// TestDanger: what people write in danger is found, and what they say every day
// is not; what is missed stands in the file, too.
func TestDanger(t *testing.T) {
	d := danger(t)
	f, err := os.Open("testdata/danger.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := map[byte]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		n[line[0]]++
		said := strings.TrimSpace(line[1:])
		if got := d.Danger(said); got != (line[0] == '+') {
			t.Errorf("%q: danger is %v", said, got)
		}
		// In capitals, without the dots, and in the middle of something else.
		if plain := strings.NewReplacer("ä", "a", "ö", "o", "å", "a").Replace(said); line[0] == '+' {
			for _, way := range []string{strings.ToUpper(said), plain, "No hei taas! " + said + " Mitä teen?"} {
				if !d.Danger(way) {
					t.Errorf("%q: not found", way)
				}
			}
		}
	}
	if n['+'] < 60 || n['-'] < 60 || n['?'] == 0 {
		t.Errorf("the corpus has %v", n)
	}
}

// TestDangerBounds: what is very long is looked at in part, quickly.
func TestDangerBounds(t *testing.T) {
	d := danger(t)
	if d.Danger(strings.Repeat("haluan tapan en jaksa ", 1<<16)) {
		t.Error("found in nothing")
	}
	if d.Danger("") || d.Danger("\xff\xfe. .") {
		t.Error("found in nothing at all")
	}
}
