// Package locale holds every word that a person reads or writes to the service,
// in Finnish, Swedish and English.
//
// Each language has a folder with a YAML file for each area of the service, and
// each file any of five parts: `texts` (what the service says, by key),
// `commands` (the words of the command table), `answers` (yes, no, skip …),
// `nicknames` (neutral nature words, from which names are suggested) and
// `firstnames` (common ones, of which people are warned). The
// files are embedded and whole: tests see that every key is in every language
// with the same placeholders, is used, and is not empty.
//
// A text has placeholders in braces: {alias}, {until:date}, {at:time}. Values
// are put in once and never read again for placeholders, so that what a person
// wrote cannot change a text. A text with the forms `one` and `other` is chosen
// by its argument n.
//
// The package knows nothing of the rest of Silta: languages are plain strings,
// and a text inside a text is anything that has TextKey and TextArgs.
package locale

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"gopkg.in/yaml.v3"
)

// Default is the language of people who have not chosen, and of unknown
// languages.
const Default = "fi"

//go:embed fi/*.yaml sv/*.yaml en/*.yaml
var files embed.FS

var placeholder = regexp.MustCompile(`\{([a-z_]+)(?::(date|time))?\}`)

// Catalogue is all the words of all the languages. What the files say never
// changes after Load; texts may be put in their place ([Catalogue.Reword]). It
// may be used by many goroutines.
type Catalogue struct {
	zone      *time.Location
	languages map[string]*language
	reworded  atomic.Pointer[map[string]map[string]forms] // by language and key
}

// language is what the files of one language say together.
type language struct {
	Name       string              `yaml:"name"`
	Texts      map[string]forms    `yaml:"texts"`
	Commands   map[string][]string `yaml:"commands"`
	Answers    map[string][]string `yaml:"answers"`
	Nicknames  []string            `yaml:"nicknames"`
	Firstnames []string            `yaml:"firstnames"`
	// Danger are patterns of what people write who may be in danger (package text
	// explains them), NotDanger figures of speech that only look like it.
	Danger    []string `yaml:"danger"`
	NotDanger []string `yaml:"not_danger"`
}

// forms is a text: with one form, or with two that n chooses from.
type forms struct{ one, other string }

// UnmarshalYAML takes a plain text or a map of the two forms.
func (f *forms) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		f.one, f.other = node.Value, node.Value
		return nil
	}
	var both map[string]string
	if err := node.Decode(&both); err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	f.one, f.other = both["one"], both["other"]
	if len(both) != 2 || f.one == "" || f.other == "" {
		return fmt.Errorf("line %d: a text has the forms one and other, or is plain", node.Line)
	}
	return nil
}

// Languages are the tags of the languages there are, the default first.
func Languages() []string { return []string{"fi", "sv", "en"} }

// Load reads the embedded files. Times in texts are told in zone; nil is UTC.
func Load(zone *time.Location) (*Catalogue, error) {
	if zone == nil {
		zone = time.UTC
	}
	c := &Catalogue{zone: zone, languages: map[string]*language{}}
	for _, tag := range Languages() {
		l, err := read(tag)
		if err != nil {
			return nil, fmt.Errorf("read language %s: %w", tag, err)
		}
		c.languages[tag] = l
	}
	return c, nil
}

// read puts the files of one language together.
func read(tag string) (*language, error) {
	names, err := fs.Glob(files, tag+"/*.yaml")
	if err != nil {
		return nil, err
	}
	l := &language{Texts: map[string]forms{}, Commands: map[string][]string{}, Answers: map[string][]string{}}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var part language
		decoder := yaml.NewDecoder(bytes.NewReader(data))
		decoder.KnownFields(true)
		if err = decoder.Decode(&part); err == nil {
			err = l.add(&part)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return l, nil
}

// add takes in what another file says; nothing may be said twice.
func (l *language) add(part *language) error {
	if part.Name != "" {
		l.Name = part.Name
	}
	l.Nicknames = append(l.Nicknames, part.Nicknames...)
	l.Firstnames = append(l.Firstnames, part.Firstnames...)
	l.Danger = append(l.Danger, part.Danger...)
	l.NotDanger = append(l.NotDanger, part.NotDanger...)
	return errors.Join(merge(l.Texts, part.Texts), merge(l.Commands, part.Commands), merge(l.Answers, part.Answers))
}

func merge[V any](into, from map[string]V) error {
	for key, value := range from {
		if _, before := into[key]; before {
			return fmt.Errorf("%s stands in two files", key)
		}
		into[key] = value
	}
	return nil
}

// Known says whether there is such a language.
func (c *Catalogue) Known(lang string) bool { return c.languages[lang] != nil }

// Name is what a language calls itself: "suomi", "svenska", "English".
func (c *Catalogue) Name(lang string) string { return c.of(lang).Name }

// Has says whether there is a text with that key.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.of(Default).Texts[key]
	return ok
}

// Commands are the words of each command in a language, the one to show first.
func (c *Catalogue) Commands(lang string) map[string][]string { return c.of(lang).Commands }

// Answers are the words for an answer ("yes", "skip" …), the one to show first.
func (c *Catalogue) Answers(lang, name string) []string { return c.of(lang).Answers[name] }

// Danger are the patterns of danger of all languages, for people write in any,
// and the figures of speech that only look like it.
func (c *Catalogue) Danger() (found, not []string) {
	for _, lang := range Languages() {
		found, not = append(found, c.of(lang).Danger...), append(not, c.of(lang).NotDanger...)
	}
	return found, not
}

// Nicknames are neutral nature words in a language, none of them a first name:
// names made of them say nothing of their bearer.
func (c *Catalogue) Nicknames(lang string) []string { return c.of(lang).Nicknames }

// IsFirstName says whether a name, in whatever case, is a common first name in
// any of the languages. It is a hint only: most names are in no list.
func (c *Catalogue) IsFirstName(name string) bool {
	for _, l := range c.languages {
		for _, n := range l.Firstnames {
			if strings.EqualFold(n, name) {
				return true
			}
		}
	}
	return false
}

// Say is a text in a language, its placeholders filled from args. A line
// whose values are all empty is left out. An unknown language gives the default
// one. A key that is nowhere gives the key itself:
// the tests see to it that nobody meets that.
func (c *Catalogue) Say(lang, key string, args map[string]any) string {
	if !c.Known(lang) {
		lang = Default
	}
	text, ok := c.text(lang, key)
	if !ok {
		return key
	}
	words := text.other
	if isOne(args["n"]) {
		words = text.one
	}
	lines := strings.Split(words, "\n")
	kept := lines[:0]
	for _, line := range lines {
		filled := placeholder.ReplaceAllStringFunc(line, func(found string) string {
			m := placeholder.FindStringSubmatch(found)
			return c.value(lang, args[m[1]], m[2])
		})
		if filled != line {
			filled = strings.TrimRight(filled, " ")
			if filled == "" {
				continue // a line that is nothing but a value, and there is none
			}
		}
		kept = append(kept, filled)
	}
	return strings.Join(kept, "\n")
}

func (c *Catalogue) of(lang string) *language {
	if l := c.languages[lang]; l != nil {
		return l
	}
	return c.languages[Default]
}

// Placeholders are the names and formats in a text, both forms together, each
// once, sorted as they come. It is for tests of those who fill them.
func (c *Catalogue) Placeholders(lang, key string) []string {
	text := c.of(lang).Texts[key]
	var names []string
	for _, m := range placeholder.FindAllString(text.one+text.other, -1) {
		if !strings.Contains(strings.Join(names, " "), m) {
			names = append(names, m)
		}
	}
	return names
}
