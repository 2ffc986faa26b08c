package year

import (
	"bytes"
	"flag"
	"io"
	"os"
	"testing"
	"time"
)

var (
	keepJournal = flag.String("journal", "", "write the year's journal to this file")
	seeds       = flag.Int("seeds", 1, "how many years")
	firstSeed   = flag.Uint64("seed", 1, "what the first of them is drawn from; each next is drawn from the next number")
	always      = flag.Bool("always", false, "mentors who do not keep to evenings have set no hours, day and night; see doc.go")
	people      = flag.Int("mentees", 2700, "how many mentees come in a year")
)

// giniBound is how unevenly new conversations may be spread.
const giniBound = 0.25

// TestYear: whatever the year brings, nobody waits in silence, nobody has more
// than they can bear, nobody's evening is disturbed, and the load is shared.
func TestYear(t *testing.T) {
	for n := range *seeds {
		seed := *firstSeed + uint64(n)
		var kept bytes.Buffer
		out := io.Writer(&kept)
		if *keepJournal != "" {
			file, err := os.Create(*keepJournal)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			out = io.MultiWriter(out, file)
		}
		began := time.Now()
		j := newJournal(out)
		w := start(t, seed, j)
		live(w)
		if j.err != nil || j.w.Flush() != nil {
			t.Fatalf("journal: %v", j.err)
		}
		figures, err := Recount(&kept, Bounds{Offer: 48 * time.Hour, Awake: time.Hour, Ask: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("seed %d: a year in %v\n%s", seed, time.Since(began).Round(100*time.Millisecond), figures)
		for _, broken := range figures.Broken() {
			t.Error(broken)
		}
		if figures.Gini > giniBound {
			t.Errorf("Gini %.3f, at most %.2f", figures.Gini, giniBound)
		}
		if figures.Mentors != 40 || figures.Stopped != 3 || figures.Mentees < *people*9/10 || figures.Held == 0 ||
			figures.Offered == 0 || figures.Reminded == 0 || figures.Staff == 0 || figures.Asked == 0 || w.faults > 0 {
			t.Errorf("not the year that was meant (%d faults)", w.faults)
		}
	}
}

// live is the year.
func live(w *world) {
	for n := range 40 {
		w.hires(n + 1)
	}
	days := int(w.end.Sub(w.begin).Hours() / 24)
	for n := range *people {
		y, m, d := w.begin.Date()
		at := w.hour(time.Date(y, m, d+w.rand.IntN(days), 0, 0, 0, 0, w.rules.Zone))
		w.at(at, func() { w.comes(n + 1) })
	}
	for n, m := range w.hired[:3] {
		w.at(w.begin.AddDate(0, 2*n+3, 7*n), func() { w.stops(m) })
	}
	w.at(w.end, func() {})
	w.run()
}
