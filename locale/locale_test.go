package locale_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/locale"
)

func load(t *testing.T) *locale.Catalogue {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatalf("time zone data: %v (apt-get install tzdata)", err)
	}
	c, err := locale.Load(zone)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type phrase struct {
	key  string
	args map[string]any
}

func (p phrase) TextKey() string          { return p.key }
func (p phrase) TextArgs() map[string]any { return p.args }

type tag string
type number int64

// String must not be used: people are told the number, not a program's name for it.
func (number) String() string { return "a number" }

func TestSay(t *testing.T) {
	c := load(t)
	evening := time.Date(2026, 12, 24, 15, 5, 0, 0, time.UTC) // 17.05 in Helsinki
	late := time.Date(2026, 12, 24, 23, 0, 0, 0, time.UTC)    // the 25th there
	tests := []struct {
		lang, key string
		args      map[string]any
		want      string
	}{
		{"fi", "join.done", map[string]any{"alias": "Otter"}, "Tervetuloa, Otter! Kirjoita ”apua”, kun haluat nähdä, mitä voit tehdä, ja ”säännöt”, niin näet, miten täällä ollaan."},
		{"sv", "open.done", map[string]any{"alias": []string{"A", "B"}}, "Du fick en inbjudan till samtalet A, B. Du hittar det bland rummen i din app."},
		{"xx", "case.head.closed", nil, "Suljettu."},
		{"", "case.head.closed", nil, "Suljettu."},
		// A value is never read for placeholders again.
		{"en", "card.away", map[string]any{"text": "{value} {p}"}, "Away: {value} {p}"},
		{"en", "card.unfinished", map[string]any{"parts": []phrase{{"card.part.age", nil}, {"card.part.story", nil}}}, "The card still needs: age group, your story."},
		{"en", "mentor.cannot_now", map[string]any{"number": number(7), "state": phrase{"mentor.state.paused", nil}}, "This is not possible. The state of mentor number 7 is now: paused."},
		{"en", "menu.item", map[string]any{"number": uint8(3), "words": tag("word")}, "3. word"},
		// What it cannot tell it leaves out.
		{"en", "menu.item", map[string]any{"number": struct{}{}, "words": nil}, "."},
		{"fi", "mentor.open", map[string]any{"n": 1}, "1 keskustelu"},
		{"fi", "mentor.open", map[string]any{"n": int64(0)}, "0 keskustelua"},
		{"en", "mentor.open", map[string]any{"n": uint(1)}, "1 conversation"},
		{"sv", "mentor.open", map[string]any{"n": 21}, "21 samtal"},
		{"fi", "mentor.away_until", map[string]any{"until": evening}, "poissa, takaisin 24.12.2026"},
		{"sv", "mentor.away_until", map[string]any{"until": late}, "borta, tillbaka 25.12.2026"},
		{"en", "mentor.away_until", map[string]any{"until": late}, "away, back on 25 December 2026"},
		{"fi", "chats.placed", map[string]any{"until": evening}, "odottaa ensimmäistä viestiäsi, 24.12.2026 klo 17.05 asti"},
		{"sv", "chats.placed", map[string]any{"until": evening}, "väntar på ditt första meddelande, till 24.12.2026 kl. 17.05"},
		{"en", "chats.placed", map[string]any{"until": evening}, "waits for your first message, until 24 December 2026 at 17:05"},
		// An empty value takes its line with it, or leaves no blank behind.
		{"en", "urgent.now", nil, "If you or someone else is in danger, call 112 at once."},
		{"en", "chat.mentor_away", map[string]any{"alias": "A", "text": ""}, "A is away now. You can write, but the answer may take time."},
		{"en", "no.such.key", nil, "no.such.key"},
	}
	for _, test := range tests {
		if got := c.Say(test.lang, test.key, test.args); got != test.want {
			t.Errorf("%s %s:\n got %q\nwant %q", test.lang, test.key, got, test.want)
		}
	}
}

func TestLoadWithoutZone(t *testing.T) {
	c, err := locale.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Time("fi", time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)); got != "2.1.2026 klo 03.04" {
		t.Error(got)
	}
}

func TestWords(t *testing.T) {
	c := load(t)
	if c.Name("sv") != "svenska" || c.Name("xx") != "suomi" || !c.Known("en") || c.Known("de") || !c.Has("join.what") || c.Has("join") {
		t.Error("the languages are not what they were")
	}
	for _, name := range []string{"aino", "MATTI", "Åke", "Fatima"} {
		if name == "aino" && !c.IsFirstName("Aino") {
			t.Error("Aino is a first name")
		}
		if !c.IsFirstName(name) {
			t.Errorf("%s is a first name", name)
		}
	}
	if c.IsFirstName("Saukko") || c.IsFirstName("") {
		t.Error("Saukko is not a first name")
	}
	answers := []string{"yes", "no", "skip", "done", "invite", "list", "show", "all", "pause", "resume", "end", "until", "in"}
	for _, lang := range locale.Languages() {
		for _, name := range answers {
			if len(c.Answers(lang, name)) == 0 {
				t.Errorf("%s: no words for the answer %q", lang, name)
			}
		}
		names := c.Nicknames(lang)
		if len(names) < 40 {
			t.Errorf("%s: %d words for nicknames", lang, len(names))
		}
		for i, n := range names {
			if c.IsFirstName(n) || slices.Contains(names[:i], n) || strings.ContainsAny(n, " _0123456789") {
				t.Errorf("%s: %q is no good for a nickname", lang, n)
			}
		}
	}
}
