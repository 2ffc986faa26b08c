package mentoring_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"silta/mentoring"
)

func TestCheckNickname(t *testing.T) {
	for _, c := range []struct{ name, want, refusal string }{
		{"Kuu", "Kuu", ""},
		{"  Kuu\t", "Kuu", ""},
		{"Hämärä_yö-12", "Hämärä_yö-12", ""},
		{"Åland", "Åland", ""},
		{"ČáhciŠŋŧ", "ČáhciŠŋŧ", ""},
		{"a\u0308iti", "äiti", ""},     // a and a combining mark
		{"Yo\u0308A\u030a", "YöÅ", ""}, // and o, A
		{"e\u0301u\u0308c\u030cs\u030cz\u030c", "éüčšž", ""},
		{"E\u0301U\u0308C\u030cS\u030cZ\u030cA\u0308O\u0308a\u030ao\u0308", "ÉÜČŠŽÄÖåö", ""},
		{"abc", "abc", ""},
		{strings.Repeat("ä", 30), strings.Repeat("ä", 30), ""},
		{"kesä2026", "kesä2026", ""},
		{"nro123456", "nro123456", ""}, // six digits are no phone number

		{"", "", "nickname.length"},
		{"ab", "", "nickname.length"},
		{"ää", "", "nickname.length"},
		{strings.Repeat("ä", 31), "", "nickname.length"},
		{"123", "", "nickname.length"},
		{"-_-", "", "nickname.length"},

		{"Kuu Ihana", "", "nickname.characters"},
		{"Kuu\nIhana", "", "nickname.characters"},
		{"Kuu\r", "", "nickname.characters"},
		{"Kuu\u2028a", "", "nickname.characters"},
		{"Kuu\u200b", "", "nickname.characters"},      // zero-width space
		{"Kuu\u200d", "", "nickname.characters"},      // joiner
		{"Kuu\u00ada", "", "nickname.characters"},     // soft hyphen
		{"\u202eKuu", "", "nickname.characters"},      // right-to-left override
		{"Ku\ufeffu", "", "nickname.characters"},      // byte order mark
		{"Kuu\u3164", "", "nickname.characters"},      // Hangul filler
		{"Каnervа", "", "nickname.characters"},        // Cyrillic К, а
		{"Kαnerva", "", "nickname.characters"},        // Greek α
		{"Kanervɑ", "", "nickname.characters"},        // Latin alpha
		{"Kanerva\u0301x", "", "nickname.characters"}, // a mark that nothing composes with
		{"kıssa", "", "nickname.characters"},          // dotless i
		{"Ｋuu", "", "nickname.characters"},            // full width
		{"𝐊uu", "", "nickname.characters"},            // mathematical
		{"kuu😀", "", "nickname.characters"},
		{"a×b÷c", "", "nickname.characters"},
		{"kuu\x00", "", "nickname.characters"},
		{"kuu\xff", "", "nickname.characters"},
		{"<b>kuu</b>", "", "nickname.characters"},
		{"٣kuu", "", "nickname.characters"}, // a digit of another script

		{"aino@example", "", "nickname.contact"},
		{"@aino", "", "nickname.contact"},
		{"aino.virtanen@example.org", "", "nickname.contact"},
		{"0401234567", "", "nickname.contact"},
		{"040-123-4567", "", "nickname.contact"},
		{"040_1234_567", "", "nickname.contact"},
		{"soita0401234567", "", "nickname.contact"},
		{"+358 40 1234567", "", "nickname.contact"},
		{"https-kuu", "", "nickname.contact"},
		{"www-kuu", "", "nickname.contact"},
		{"kuu.fi", "", "nickname.contact"},
		{"HTTP://kuu", "", "nickname.contact"},

		{"131052-308T", "", "nickname.hetu"},
		{"131052-308t", "", "nickname.hetu"},
		{"131052A308T", "", "nickname.hetu"},
		{"131052+308T", "", "nickname.hetu"},
		{"131052Y308T", "", "nickname.hetu"},
		{"131052_308T", "", "nickname.hetu"},
		{"131052 308T", "", "nickname.hetu"},
		{"olen010203A123B", "", "nickname.hetu"},
	} {
		got, err := mentoring.CheckNickname(c.name)
		var refusal *mentoring.Refusal
		switch {
		case c.refusal == "" && (err != nil || got != c.want):
			t.Errorf("%q: %q, %v; want %q", c.name, got, err, c.want)
		case c.refusal != "" && (!errors.As(err, &refusal) || refusal.Text.Key != c.refusal || got != ""):
			t.Errorf("%q: %q, %v; want %s", c.name, got, err, c.refusal)
		}
	}
}

// The alphabet of J4, written down a second time.
var allowed = regexp.MustCompile(`^[0-9A-Za-zÀ-ÖØ-öø-ÿČčĐđŊŋŠšŦŧŽž_-]{3,30}$`)

func soundNickname(t interface{ Errorf(string, ...any) }, in string) {
	got, err := mentoring.CheckNickname(in)
	if err != nil {
		var refusal *mentoring.Refusal
		if !errors.As(err, &refusal) || got != "" {
			t.Errorf("%q: %q, %v", in, got, err)
		}
		return
	}
	if !allowed.MatchString(got) || !utf8.ValidString(got) {
		t.Errorf("%q passed as %q", in, got)
	}
	if again, err := mentoring.CheckNickname(got); err != nil || again != got {
		t.Errorf("%q passed as %q, which is then %q, %v", in, got, again, err)
	}
}

func FuzzNickname(f *testing.F) {
	for _, s := range []string{"Kuu", "a\u0308iti", "040 1234567", "131052-308T", "К", "\xff\xfe", "a\u200bb", "x@y.z", "www.a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) { soundNickname(t, in) })
}

// TestNicknameProperties: whatever passes is of the alphabet and stays as it is;
// a phone number or an identity code never passes, whatever is put around it.
func TestNicknameProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		soundNickname(t, rapid.StringOfN(rapid.RuneFrom([]rune("aAzåÄöé09-_ \u0308\u030a\u200b\u0430@.+ŋı")), 0, 34, -1).Draw(t, "name"))
		around := rapid.StringMatching(`[a-zåäö]{0,5}`)
		secret := rapid.OneOf(
			rapid.StringMatching(`0[45]0[-_]?\d{3}[-_]?\d{4}`),
			rapid.StringMatching(`(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d\d[-AY]\d{3}[0-9A-Y]`),
			rapid.StringMatching(`[a-z]{1,8}@[a-z]{1,8}`),
		).Draw(t, "secret")
		name := around.Draw(t, "before") + secret + around.Draw(t, "after")
		if got, err := mentoring.CheckNickname(name); err == nil {
			t.Errorf("%q passed as %q", name, got)
		}
	})
}

func TestStaffAliasIsKept(t *testing.T) {
	w := newWorld(t)
	m := w.met()
	w.must(func(a *mentoring.Act) error { return a.SetLanguage(&m, "fi") })
	w.must(func(a *mentoring.Act) error { return a.AnswerAge(&m, true) })
	w.must(func(a *mentoring.Act) error { return a.AnswerConsent(&m, true) })
	for _, name := range []string{"Silta", "silta", "SILTA"} {
		w.refused("nickname.taken", func(a *mentoring.Act) error { return a.TakeNickname(&m, name) })
	}
	w.refused("nickname.contact", func(a *mentoring.Act) error { return a.TakeNickname(&m, "a@b") })
	if m.Alias != "" || m.Join != mentoring.JoinNickname {
		t.Errorf("refused, but %+v", m)
	}
}

func TestSuggestNicknames(t *testing.T) {
	w := newWorld(t)
	words := []string{"Koivu", "Hanki", "Sammal", "Puro", "Tähti"}
	seen := map[string]bool{}
	w.must(func(a *mentoring.Act) error {
		for range 50 {
			names := mentoring.SuggestNicknames(a, words)
			if len(names) != 3 {
				return fmt.Errorf("%d suggestions: %v", len(names), names)
			}
			var used []string
			for _, n := range names {
				seen[n] = true
				if _, err := a.CheckAlias(n); err != nil {
					t.Errorf("suggested %q: %v", n, err)
				}
				word, _, _ := strings.Cut(n, "-")
				if slices.Contains(used, word) || !slices.Contains(words, word) {
					t.Errorf("suggested %v", names)
				}
				used = append(used, word)
			}
		}
		if got := mentoring.SuggestNicknames(a, []string{"ei kelpaa", "", "Kuu"}); len(got) != 1 {
			t.Errorf("of one usable word: %v", got)
		}
		if got := mentoring.SuggestNicknames(a, nil); len(got) != 0 {
			t.Errorf("of no words: %v", got)
		}
		return nil
	})
	if len(seen) < 100 {
		t.Errorf("150 suggestions were only %d names", len(seen))
	}
	if len(words) != 5 || words[0] != "Koivu" || words[4] != "Tähti" {
		t.Errorf("the caller's words were changed: %v", words)
	}
}
