package locale

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rewording is a text as staff have rewritten it in one language.
type Rewording struct{ Lang, Key, Text string }

// formSign stands between the two forms of a text where it is one string: "one
// message || {n} messages".
const formSign = "||"

// Reword puts texts in force in place of those of the files; those of before
// that are not named are the files' again. It may be called at any time. What
// does not pass [Catalogue.Check] any more, since a newer program knows other
// texts, is left out.
func (c *Catalogue) Reword(list []Rewording) {
	all := map[string]map[string]forms{}
	for _, r := range list {
		if c.Check(r.Lang, r.Key, r.Text) != nil {
			continue
		}
		if all[r.Lang] == nil {
			all[r.Lang] = map[string]forms{}
		}
		all[r.Lang][r.Key] = c.of(r.Lang).Texts[r.Key].again(r.Text)
	}
	c.reworded.Store(&all)
}

// again reads a new wording of a text with as many forms.
func (f forms) again(text string) forms {
	one, other, two := strings.Cut(text, formSign)
	if f.one == f.other || !two {
		return forms{strings.TrimSpace(text), strings.TrimSpace(text)}
	}
	return forms{strings.TrimSpace(one), strings.TrimSpace(other)}
}

func (f forms) String() string {
	if f.one == f.other {
		return f.other
	}
	return f.one + " " + formSign + " " + f.other
}

// text finds the forms of a text that are in force.
func (c *Catalogue) text(lang, key string) (forms, bool) {
	if all := c.reworded.Load(); all != nil {
		if f, ok := (*all)[lang][key]; ok {
			return f, true
		}
	}
	f, ok := c.of(lang).Texts[key]
	return f, ok
}

// Template is a text as it is written, with its placeholders; two forms stand
// with || between them. It is the one in force.
func (c *Catalogue) Template(lang, key string) string {
	f, _ := c.text(lang, key)
	return f.String()
}

// Original is the template of the files.
func (c *Catalogue) Original(lang, key string) string { return c.of(lang).Texts[key].String() }

// Keys are the keys of all texts, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.of(Default).Texts)) }

// BadText says why a wording cannot be put in force: Reason is "key" (there is
// no such text), "fixed" (it is not staff's to change), "empty", "long", "forms"
// (it needs two forms), "placeholders" (Names are unknown in it) or "number" (an
// emergency number of the original is missing).
type BadText struct {
	Reason string
	Names  []string
}

func (b *BadText) Error() string { return fmt.Sprint("bad text: ", b.Reason) }

// MaxText is how long a wording may be, in bytes.
const MaxText = 8000

// fixed are the texts, by how their keys begin, that staff cannot reword: what
// people agree to has a version of its own, that the operator changes with it
// (docs/operating.md), and names of languages are what people answer with.
func fixed(key string) bool {
	return key == "join.consent" || key == "web.consent_yes" || strings.HasPrefix(key, "lang.")
}

// Check says whether a wording can be put in force; the error is a [*BadText].
func (c *Catalogue) Check(lang, key, text string) error {
	old, ok := c.of(lang).Texts[key]
	switch {
	case !ok || !c.Known(lang):
		return &BadText{Reason: "key"}
	case fixed(key):
		return &BadText{Reason: "fixed"}
	case strings.TrimSpace(text) == "":
		return &BadText{Reason: "empty"}
	case len(text) > MaxText:
		return &BadText{Reason: "long"}
	}
	now := old.again(text)
	if old.one != old.other && (!strings.Contains(text, formSign) || now.one == "" || now.other == "") {
		return &BadText{Reason: "forms"}
	}
	known := c.Placeholders(lang, key)
	var unknown []string
	for _, p := range placeholder.FindAllString(text, -1) {
		if !slices.Contains(known, p) && !slices.Contains(unknown, p) {
			unknown = append(unknown, p)
		}
	}
	if len(unknown) > 0 {
		return &BadText{Reason: "placeholders", Names: unknown}
	}
	if strings.Contains(old.other, "112") && (!strings.Contains(now.one, "112") || !strings.Contains(now.other, "112")) {
		return &BadText{Reason: "number", Names: []string{"112"}}
	}
	return nil
}

// Missing are the placeholders of a text that a wording leaves out.
func (c *Catalogue) Missing(lang, key, text string) []string {
	var names []string
	for _, p := range c.Placeholders(lang, key) {
		if !strings.Contains(text, p) {
			names = append(names, p)
		}
	}
	return names
}

// Preview is a wording as people will see it: each placeholder is its name in
// brackets.
func (c *Catalogue) Preview(text string) string {
	return placeholder.ReplaceAllString(text, "⟨$1⟩")
}

// FindText lists the keys of the texts that hold all of the words, in whatever
// case, in the text or in the key; at most limit.
func (c *Catalogue) FindText(lang, words string, limit int) (keys []string) {
	wanted := strings.Fields(strings.ToLower(words))
	for _, key := range c.Keys() {
		text := strings.ToLower(key + " " + c.Template(lang, key))
		if !fixed(key) && !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) }) {
			if keys = append(keys, key); len(keys) == limit {
				break
			}
		}
	}
	return keys
}
