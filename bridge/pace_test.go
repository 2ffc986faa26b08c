package bridge_test

import (
	"fmt"
	"strings"
	"testing"

	"silta/config"
)

// TestPace: what is too much goes nowhere, and its writer is told once; commands
// are obeyed all the while.
func TestPace(t *testing.T) {
	w := newWorld(t, func(w *world) {
		w.prepare = func(c *config.Config) { c.Programmes.Mentoring.PerMinute = 5 }
	})
	people := w.talk("aino", "kaisa")
	w.join(people...)
	aino, kaisa := people[0], people[1]
	for i := range 9 {
		must(aino.Say(aino.room, fmt.Sprint("viesti ", i)))
	}
	must(kaisa.Say(kaisa.room, "hitaammin"))
	w.sees(aino, "hitaammin")
	w.told(aino, "not everything gets through")
	must(aino.Say(aino.room, "!staff"))
	w.told(aino, "staff")
	w.sees(kaisa, "viesti 0", "viesti 1", "viesti 2", "viesti 3", "viesti 4")
	w.until("all have been handled", func() bool { return w.meter.count("refused limit.messages") == 4 })
	told := 0
	for _, v := range aino.View(aino.room) {
		if strings.Contains(v.Body, "not everything gets through") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
