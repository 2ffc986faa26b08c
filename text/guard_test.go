package text

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"silta/mentoring"
)

func testGuard() *Guard {
	return NewGuard(Settings{
		Numbers: []string{"09 2525 0111", "116 111", "116 117"},
		Domains: []string{"nuortennetti.fi"},
	})
}

// corpus reads the lines of a file of testdata.
func corpus(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if line := s.Text(); line != "" && !strings.HasPrefix(line, "# ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// The share of contacts that must be found, and of what was held that must be
// one, over testdata/.
const (
	leastRecall    = 0.97
	leastPrecision = 0.97
)

func TestCorpus(t *testing.T) {
	g := testGuard()
	positives, negatives := corpus(t, "positives.txt"), corpus(t, "negatives.txt")
	if len(positives) < 150 || len(negatives) < 200 {
		t.Fatalf("%d positives, %d negatives", len(positives), len(negatives))
	}
	hit, alarms := 0, 0
	for _, line := range positives {
		kind, text, _ := strings.Cut(line, " | ")
		text = strings.ReplaceAll(text, `\n`, "\n")
		list := g.Find(text)
		check(t, text, list)
		if len(list) == 0 {
			t.Logf("missed %s: %q", kind, text)
			continue
		}
		hit++
		if !strings.Contains(kind, string(list[0].Kind)) {
			t.Logf("%q: %s, not %s (%q)", text, list[0].Kind, kind, text[list[0].Start:list[0].End])
		}
	}
	for _, text := range negatives {
		list := g.Find(text)
		check(t, text, list)
		if len(list) > 0 {
			alarms++
			t.Logf("false alarm: %q: %s in %q", text, list[0].Kind, text[list[0].Start:list[0].End])
		}
	}
	recall := float64(hit) / float64(len(positives))
	precision := float64(hit) / float64(hit+alarms)
	t.Logf("%d positives, %d negatives: recall %.3f, precision %.3f (%d false alarms)", len(positives), len(negatives), recall, precision, alarms)
	if recall < leastRecall || precision < leastPrecision {
		t.Fail()
	}
}

// check sees that findings are in order, apart, and at the edges of characters.
func check(t testing.TB, text string, list []mentoring.Finding) {
	t.Helper()
	at := 0
	for _, f := range list {
		if f.Start < at || f.End <= f.Start || f.End > len(text) || !edge(text, f.Start) || !edge(text, f.End) {
			t.Fatalf("%q: a finding at %d-%d after %d", text, f.Start, f.End, at)
		}
		at = f.End
	}
}

func edge(s string, i int) bool {
	return i == len(s) || !utf8.ValidString(s) || utf8.RuneStart(s[i])
}

// TestParts sees that hiding takes exactly the contact.
func TestParts(t *testing.T) {
	g := testGuard()
	for text, want := range map[string]string{
		"soita 040 123 4567 illalla":                                "soita # illalla",
		"soita +358 40 123 4567, jooko":                             "soita #, jooko",
		"kirjoita anna.v@gmail.com tai ig: annav":                   "kirjoita # tai ig: #",
		"0️⃣4️⃣0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣!":                           "#!",
		"asun Hämeenkatu 5 B 12, tule klo 17":                       "asun #, tule klo 17",
		"katso https://anna.fi/kuvat. Kiva!":                        "katso #. Kiva!",
		"mun snap on annukka, moi":                                  "mun snap on #, moi",
		"ääkkösiä ja numero 0401234567 tässä":                       "ääkkösiä ja numero # tässä",
		"nollaneljänollayksikaksikolmeneljäviisikuusiseitsemän hei": "# hei",
		"lue nuortennetti.fi ja www.nuortennetti.fi/a":              "lue nuortennetti.fi ja www.nuortennetti.fi/a",
		"klo 17 numeroon 0401234567, 3.12. asti":                    "klo 17 numeroon #, 3.12. asti",
	} {
		got, at := "", 0
		for _, f := range g.Find(text) {
			got += text[at:f.Start] + "#"
			at = f.End
		}
		if got += text[at:]; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestLookAlikes sees that the two lists of letters belong together.
func TestLookAlikes(t *testing.T) {
	for from, want := range map[rune]rune{'а': 'a', 'ѕ': 's', 'ԝ': 'w', 'ı': 'i', 'γ': 'y', 'զ': 'q', 'ж': 0, 'b': 0} {
		if got := lookAlike(from); got != want {
			t.Errorf("%q: %q, want %q", from, got, want)
		}
	}
}

// TestLinear reads a hundred thousand characters of what is worst for each
// matcher, and a million of some: were any of them not linear in the text, the
// test would run for hours.
func TestLinear(t *testing.T) {
	g := testGuard()
	for _, piece := range []string{"0", "04 ", "a ", "@", "a@", "a.", "snap: ", "nolla ", "1 katu ", "0401234567 ", "a at b dot ", "o", "katu1", "aaa-", "1.1.", "a1#1234 "} {
		text := strings.Repeat(piece, 100_000/len(piece))
		check(t, text, g.Find(text))
	}
	for _, piece := range []string{"a", "ä̈", "Moi! Mitä kuuluu? ", "😀", "- ", "klo 17 "} {
		text := strings.Repeat(piece, 1_000_000/len(piece))
		check(t, text, g.Find(text))
	}
}

func FuzzGuard(f *testing.F) {
	for _, s := range []string{"040 123 4567", "a@b.fi", "131052-308T", "\xff\xfe", "a n n a", "🄰̈", "0️⃣"} {
		f.Add(s)
	}
	g := testGuard()
	f.Fuzz(func(t *testing.T, text string) { check(t, text, g.Find(text)) })
}

func BenchmarkGuard(b *testing.B) {
	for name, text := range map[string]string{
		"usual": "Moi! Mulla oli tänään vähän huono päivä koulussa, mutta nyt jo parempi. Entä sulla?",
		"time":  "Nähdään huomenna klo 17 kirjastolla, jos sulle vaan sopii. Oon siellä 18 asti 😊 ok?",
		"phone": "Soita mulle vaikka illalla, numero on 040 123 4567. Mulla on puhelin aina mukana joo.",
	} {
		b.Run(name, func(b *testing.B) {
			g := testGuard()
			b.ReportAllocs()
			for b.Loop() {
				g.Find(text)
			}
		})
	}
}
