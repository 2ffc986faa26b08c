package bot_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/bot"
	"silta/locale"
	"silta/mentoring"
)

func newBot(t testing.TB) (*bot.Bot, *locale.Catalogue) {
	t.Helper()
	cat, err := locale.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return bot.New(cat, bot.Settings{}), cat
}

// TestCommandWords: every command of the table has words in every language, and
// every word means one command, however it is typed and whatever the language.
func TestCommandWords(t *testing.T) {
	b, cat := newBot(t)
	means := map[string]string{}
	for _, lang := range locale.Languages() {
		words := cat.Commands(lang)
		if got, want := slices.Sorted(maps.Keys(words)), slices.Sorted(slices.Values(bot.CommandNames())); !slices.Equal(got, want) {
			t.Errorf("%s: there are words for %v, the table has %v", lang, got, want)
		}
		for name, list := range words {
			for _, w := range list {
				if other, taken := means[bot.Fold(w)]; taken && other != name {
					t.Errorf("%s: %q is %s and %s", lang, w, name, other)
				}
				means[bot.Fold(w)] = name
				plain := strings.NewReplacer("ä", "a", "ö", "o", "å", "a").Replace(w)
				apart := strings.NewReplacer("ä", "a\u0308", "ö", "o\u0308", "å", "a\u030a").Replace(w)
				for _, typed := range []string{w, strings.ToUpper(w), plain, apart, w + ".", w + "!", "\u200b" + w, " " + w + "\u00a0"} {
					if got := b.CommandOf(typed); got != name {
						t.Errorf("%s: %q is %q, not %s", lang, typed, got, name)
					}
				}
			}
		}
	}
}

// TestAnswerWords: yes is never no, and so on, in whatever language.
func TestAnswerWords(t *testing.T) {
	b, cat := newBot(t)
	for _, group := range [][]string{{"yes", "no", "skip", "done"}, {"invite", "list", "show", "pause", "resume", "end", "until", "in", "all",
		"filler", "woman", "man", "other", "peer", "volunteer", "professional", "trial", "referral", "new", "me",
		"round", "trained", "check", "kind", "history", "suggest", "add", "rename", "merge", "edit",
		"find", "revert", "topics", "area", "mentees", "mentors", "workers", "everybody", "coordinator", "admin", "evaluator", "paused", "suspended", "ongoing", "finished", "mine", "overdue"}} {
		means := map[string]string{}
		for _, lang := range locale.Languages() {
			for _, name := range group {
				for _, w := range cat.Answers(lang, name) {
					if other, taken := means[bot.Fold(w)]; taken && other != name {
						t.Errorf("%s: %q is %s and %s", lang, w, name, other)
					}
					means[bot.Fold(w)] = name
				}
			}
		}
	}
	for _, yes := range []string{"Kyllä!", "JOO", "ja", "yes", "1", "1.", "👍", "👍🏾", "👍\ufe0f", "1️⃣", "１"} {
		if !b.Yes(yes) || b.No(yes) {
			t.Errorf("%q is yes", yes)
		}
	}
	for _, no := range []string{"ei", "En.", "nej", "No", "2", "👎", "👎🏻", "2)", "2️⃣"} {
		if !b.No(no) || b.Yes(no) {
			t.Errorf("%q is no", no)
		}
	}
	for _, neither := range []string{"", "12", "1 2", "ehkä", "kyllä ei", "3", "👍👎", "0", "-1", "kylläkin vai ei", "21"} {
		if b.Yes(neither) || b.No(neither) {
			t.Errorf("%q is neither yes nor no", neither)
		}
	}
}

func TestIsCommand(t *testing.T) {
	b, _ := newBot(t)
	for text, want := range map[string]bool{
		"!apua": true, "  !apua": true, "\n!apua": true, "！apua": true, "! apua": true, "!äiti": true, "!hurraa me voitimme": true,
		"\u200b!apua": true, "!112": true, "!Ж": true, "\u00a0!x": true,
		"": false, "!": false, "!!": false, "!!!": false, "!1": true, "apua": false, "hei!": false, "hei !apua": false, "?!": false, "!?x": false,
		"\xff!": false,
	} {
		if got := b.IsCommand(text); got != want {
			t.Errorf("IsCommand(%q) is %v", text, got)
		}
	}
}

func TestReading(t *testing.T) {
	for text, want := range map[string]int{
		"3": 3, " 3. ": 3, "3)": 3, "#3": 3, "３": 3, "③": 3, "12": 12, "": 0, "x": 0, "3x": 0, "3 4": 0, "-": 0, "9999999999": 0, "٣": 0,
	} {
		if got := bot.Number(text); got != want {
			t.Errorf("Number(%q) is %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string][]int{"1 3": {1, 3}, "1,3": {1, 3}, "1, 3; 5": {1, 3, 5}, "1 ja 3": nil, "": nil, "2": {2}} {
		if got := bot.Numbers(text); !slices.Equal(got, want) {
			t.Errorf("Numbers(%q) is %v, want %v", text, got, want)
		}
	}
	for n := 1; n <= 12; n++ {
		if got := bot.TappedNumber(bot.Keycap(n)); got != n {
			t.Errorf("the key for %d is read as %d", n, got)
		}
		if got := bot.TappedNumber(strings.ReplaceAll(bot.Keycap(n), "\ufe0f", "")); got != n {
			t.Errorf("the key for %d without U+FE0F is read as %d", n, got)
		}
	}
	if !bot.TappedYes("👍\ufe0f") || bot.TappedYes("👎") || !bot.TappedSkip("⏭\ufe0f") || !bot.TappedSkip("⏭") || bot.TappedNumber("🦄") != 0 {
		t.Error("a reaction is misread")
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"valitse", "valtise", 1}, {"mentorit", "mentori", 1}, {"help", "hlep", 1}, {"estä", "estää", 1}, {"ab", "cd", 2}} {
		if got := bot.Distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q is %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestDay(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	now := time.Date(2026, 11, 2, 23, 30, 0, 0, zone)
	for text, want := range map[string]string{
		"2026-12-24": "2026-12-24", "24.12.": "2026-12-24", "24.12": "2026-12-24", "24.12.2026": "2026-12-24", "24.12.2026.": "2026-12-24",
		"1.2.": "2027-02-01", "2.11.": "2026-11-02", "1.11.": "2027-11-01", "29.2.2028": "2028-02-29", "24.12.,": "2026-12-24",
	} {
		got, ok := bot.Day(text, now, zone)
		if !ok || got.Format("2006-01-02") != want || got.Hour() != 0 {
			t.Errorf("%q is %v, %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "24", "31.2.", "0.0.", "1.13.", "2020-01-01", "1.1.2026", "24/12", "huomenna", "1.2.3.4", "2026-12", "-1.2.", "24.12.26", "99.99.9999"} {
		if got, ok := bot.Day(text, now, zone); ok {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

// TestUnreadableMemory: what an older program left in the store does no harm.
func TestUnreadableMemory(t *testing.T) {
	w := newWorld(t, "fi")
	w.mentee("aino", "Otter")
	for _, left := range []string{"not json", "[]", `{"r":{"k":"unknown","i":5}}`, `{"r":{"k":"age","i":5}}`, `{"r":{"k":"card","t":"topics","n":[99,-1]}}`, `{"r":{"k":"end","d":999}}`, `{"m":{"d":[1],"n":[]}}`, `{"r":{"k":"sure"},"c":{"t":99999999999999999}}`} {
		for _, text := range []string{"1", "kyllä", "9", "hei", "valmis"} {
			w.must(func(a *mentoring.Act) error { return a.Tx.PutDialogue(w.people["aino"], []byte(left)) })
			answer, err := w.try("aino", bot.Request{Input: bot.Input{Kind: bot.Text, Text: text}})
			if err != nil {
				t.Errorf("%s, then %q: %v", left, text, err)
			} else if len(answer.Lines) == 0 {
				t.Errorf("%s, then %q: no answer", left, text)
			}
		}
	}
}
