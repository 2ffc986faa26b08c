package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/config"
	"silta/dev/hs"
)

// helps counts the lines with help that the bot has shown somebody.
func helps(p *talker) (n int) {
	for _, m := range p.View(p.room) {
		if m.Sender == "@silta:test" && strings.Contains(m.Body, "It sounds as if you may be having a hard time") {
			n++
		}
	}
	return n
}

// TestDangerWords: the writer, and nobody else, is shown help, with staff one tap
// away; the message goes on as usual; not again for a while.
func TestDangerWords(t *testing.T) {
	w := newWorld(t, func(w *world) {
		w.prepare = func(c *config.Config) { c.Programmes.Mentoring.DangerWords = true }
	})
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(people...)
	must(a.Say(a.room, "en jaksa elää"))
	w.told(a, "hard time")
	w.sees(b, "en jaksa elää")
	must(a.Say(a.room, "haluan kuolla"))
	must(a.Say(a.room, "hei"))
	w.sees(b, "en jaksa elää", "haluan kuolla", "hei")
	if helps(a) != 1 || helps(b) != 0 {
		t.Errorf("help was shown %d and %d times", helps(a), helps(b))
	}
	help := ""
	for _, m := range a.View(a.room) {
		if strings.Contains(m.Body, "hard time") {
			help = m.Event
		}
	}
	must(a.React(a.room, help, "1️⃣"))
	w.told(a, "Staff have your request")
	w.skew.Store(int64(13 * time.Hour))
	must(a.Say(a.room, "haluan kuolla"))
	w.until("it is shown again", func() bool { return helps(a) == 2 })
	must(b.Say(b.room, "minä tapan aikaa"))
	w.until("it goes on", func() bool {
		for _, m := range a.View(a.room) {
			if m.Body == "minä tapan aikaa" {
				return true
			}
		}
		return false
	})
	if helps(b) != 0 {
		t.Error("help was shown for nothing")
	}
}

// TestDangerWordsAreOff where the programme has not chosen them.
func TestDangerWordsAreOff(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(people...)
	must(a.Say(a.room, "haluan kuolla"))
	must(a.Say(a.room, "!staff"))
	w.told(a, "Staff have your request")
	w.sees(b, "haluan kuolla")
	if helps(a) != 0 {
		t.Error("help was shown though it is off")
	}
}

// TestUnmarkedWords: whoever asks for help in a conversation without the mark of
// commands is told that only the other reads it; the word goes on as it is.
func TestUnmarkedWords(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(people...)
	must(a.Say(a.room, "busy"))
	must(a.Say(a.room, "Urgent!"))
	w.told(a, "Staff do not get to know of it")
	offer := ""
	for _, m := range a.View(a.room) {
		if strings.Contains(m.Body, "Staff do not get to know of it") {
			offer = m.Event
		}
	}
	must(a.React(a.room, offer, "1️⃣"))
	w.told(a, "Staff have your request")
	must(b.Say(b.room, "apua"))
	w.told(b, "If you meant me, write “!help”")
	w.sees(b, "busy", "Urgent!")
	w.until("the word to go on as it is", func() bool {
		return slices.ContainsFunc(a.View(a.room), func(m hs.Message) bool { return m.Body == "apua" && m.Sender != "@silta:test" })
	})
	for p, want := range map[*talker]int{a: 1, b: 1} {
		n := 0
		for _, m := range p.View(p.room) {
			if strings.Contains(m.Body, "Your message goes only to this conversation") {
				n++
			}
		}
		if n != want {
			t.Errorf("told %d times, want %d", n, want)
		}
	}
}
