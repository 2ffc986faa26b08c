package locale_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"silta/locale"
)

func loaded(t *testing.T) *locale.Catalogue {
	t.Helper()
	c, err := locale.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestReword: a wording takes the place of the file's in its language only, is
// filled like it, and goes when it is named no more.
func TestReword(t *testing.T) {
	c := loaded(t)
	original := c.Say("fi", "undo.nothing", map[string]any{"n": 10})
	other := c.Say("sv", "undo.nothing", map[string]any{"n": 10})
	c.Reword([]locale.Rewording{
		{Lang: "fi", Key: "undo.nothing", Text: "Ei {n}."},
		{Lang: "fi", Key: "user.conversations", Text: "yksi || {n} kpl"},
		{Lang: "fi", Key: "no.such.text", Text: "Hei"},
		{Lang: "fi", Key: "urgent.now", Text: "Odota."}, // without the number
	})
	if got := c.Say("fi", "undo.nothing", map[string]any{"n": 10}); got != "Ei 10." {
		t.Errorf("reworded: %q", got)
	}
	for n, want := range map[int]string{1: "yksi", 2: "2 kpl"} {
		if got := c.Say("fi", "user.conversations", map[string]any{"n": n}); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := c.Say("sv", "undo.nothing", map[string]any{"n": 10}); got != other {
		t.Errorf("Swedish changed, too: %q", got)
	}
	if got := c.Template("fi", "user.conversations"); got != "yksi || {n} kpl" {
		t.Errorf("template %q", got)
	}
	if got := c.Say("fi", "urgent.now", nil); got == "Odota." {
		t.Error("a wording that does not pass is in force")
	}
	c.Reword(nil)
	if got := c.Say("fi", "undo.nothing", map[string]any{"n": 10}); got != original {
		t.Errorf("not what it was: %q", got)
	}
}

func TestCheckText(t *testing.T) {
	c := loaded(t)
	for _, one := range []struct{ lang, key, text, want string }{
		{"fi", "undo.nothing", "Ei ole.", ""},
		{"fi", "undo.nothing", "Ei {n}.", ""},
		{"fi", "undo.nothing", "  \n", "empty"},
		{"fi", "undo.nothing", "Ei {m}.", "placeholders"},
		{"fi", "text.version", "{at}", "placeholders"}, // it is {at:time} there
		{"fi", "no.such", "x", "key"},
		{"de", "undo.nothing", "x", "key"},
		{"fi", "join.consent", "x", "fixed"},
		{"fi", "lang.fi", "x", "fixed"},
		{"en", "user.conversations", "{n}", "forms"},
		{"en", "user.conversations", "one ||", "forms"},
		{"en", "user.conversations", "one || {n}", ""},
		{"en", "urgent.now", "Wait.", "number"},
		{"en", "urgent.now", "Call 112.", ""},
		{"en", "undo.nothing", strings.Repeat("a", locale.MaxText+1), "long"},
	} {
		err := c.Check(one.lang, one.key, one.text)
		var bad *locale.BadText
		got := ""
		if errors.As(err, &bad) {
			got = bad.Reason
		}
		if got != one.want {
			t.Errorf("%s %s %.20q: %q, want %q", one.lang, one.key, one.text, got, one.want)
		}
	}
	if got := c.Missing("en", "undo.nothing", "Nothing."); !slices.Equal(got, []string{"{n}"}) {
		t.Errorf("missing %v", got)
	}
	if got := c.FindText("en", "TAKE back last", 5); !slices.Contains(got, "help.undo") {
		t.Errorf("found %v", got)
	}
	if got := c.FindText("en", "", 3); len(got) != 3 {
		t.Errorf("limit: %v", got)
	}
}

// TestEveryTextFitsItself: what the files say passes the check that staff's
// wordings must pass.
func TestEveryTextFitsItself(t *testing.T) {
	c := loaded(t)
	for _, lang := range locale.Languages() {
		for _, key := range c.Keys() {
			var bad *locale.BadText
			if err := c.Check(lang, key, c.Original(lang, key)); errors.As(err, &bad) && bad.Reason != "fixed" {
				t.Errorf("%s %s: %v", lang, key, err)
			}
		}
	}
}
