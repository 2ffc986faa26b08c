package figures

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"silta/locale"
	"silta/mentoring"
)

// Maker makes what people see of reports in one language.
type Maker struct {
	words *locale.Catalogue
	lang  string
	topic func(key string) string
}

// New makes a Maker; topic says what a topic is called.
func New(words *locale.Catalogue, lang string, topic func(key string) string) *Maker {
	if !words.Known(lang) {
		lang = locale.Default
	}
	return &Maker{words, lang, topic}
}

func (m *Maker) say(key string, pairs ...any) string {
	args := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			args[name] = pairs[i+1]
		}
	}
	return m.words.Say(m.lang, key, args)
}

// Name is what a figure is called, What what it means.
func (m *Maker) Name(name mentoring.FigureName) string { return m.say("figure.name." + string(name)) }

// What is what a figure means.
func (m *Maker) What(name mentoring.FigureName) string { return m.say("figure.what." + string(name)) }

// Period is a period in words: "11/2026", "2026, quarter 4", "week 47/2026".
func (m *Maker) Period(period string) string {
	year, rest, parted := strings.Cut(period, "-")
	switch {
	case !parted:
		return year
	case strings.HasPrefix(rest, "Q"):
		return m.say("figures.quarter", "year", year, "quarter", rest[1:])
	case strings.HasPrefix(rest, "W"):
		return m.say("figures.week", "year", year, "week", strings.TrimPrefix(rest[1:], "0"))
	}
	return strings.TrimPrefix(rest, "0") + "/" + year
}

// Term is a term in words.
func (m *Maker) Term(t mentoring.Term) string {
	if name := t.Name(); name != "" {
		return m.Period(name)
	}
	return m.Period(t.From) + " – " + m.Period(t.To)
}

// About is what tells a figure apart, in words.
func (m *Maker) About(r *mentoring.Report, name mentoring.FigureName, about string) string {
	switch name {
	case "trained", "mentors":
		if n, err := strconv.Atoi(about); err == nil && n > 0 && n <= len(r.Rounds) {
			return r.Rounds[n-1]
		}
		return m.say("figures.round_none")
	case "searched", "not_found", "nobody":
		if about == "" {
			return m.say("figures.topic_any")
		}
		return m.topic(about)
	}
	if about == "" {
		return ""
	}
	var parts []string
	for _, w := range r.AboutWords(name, about) {
		parts = append(parts, m.word(w))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " – ")
}

func (m *Maker) word(w mentoring.AboutWord) string {
	if m.words.Has(w.Key) {
		return m.say(w.Key)
	}
	if words := w.Words.In(mentoring.Language(m.lang)); words != "" {
		return words
	}
	return w.Plain
}

// Duration is a time of the table of reply times; "" for none.
func (m *Maker) Duration(d time.Duration) string {
	switch {
	case d < 0:
		return m.say("figure.kind." + "longer")
	case d == 0:
		return ""
	}
	return m.say("figure.kind." + fmt.Sprintf("h%04d", d/time.Hour))
}

// number is a value as it is shown: 0 is told as a dash.
func number(n int64) string {
	if n == 0 {
		return "–"
	}
	return strconv.FormatInt(n, 10)
}

// Percent is part of whole; "" when there is no whole.
func Percent(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	return strconv.FormatInt(min(100, (100*part+whole/2)/whole), 10)
}
