package text

import (
	"slices"
	"strings"

	"silta/mentoring"
)

// Danger finds what people write who may be in danger. It knows lists of word
// patterns (those of locale/), and nothing of what is meant: it misses what is
// said in other words, in a riddle or over several messages, and finds what is
// quoted, denied or told of a film.
//
// A pattern is words in their order, with at most two others between any two of
// them, in one sentence. "a|b" is either, "kuol*" is a word that begins so, which is how
// Finnish inflection is met. å, ä and ö are compared as a and o, since many
// write them so. Patterns of the second list are figures of speech: what they
// cover is not danger.
type Danger struct {
	found, not map[string][]pattern // by the beginning of their first word
}

var _ mentoring.DangerWords = (*Danger)(nil)

// pattern is a sequence of words, each one of some.
type pattern [][]stem

type stem struct {
	word  string
	begin bool // a word that begins so
}

// leastKey is how many letters of a first word patterns are found by.
const leastKey = 2

// wordsBetween is how many other words may stand between two words of a pattern.
const wordsBetween = 2

// NewDanger makes a finder of these patterns, of all languages together.
func NewDanger(found, not []string) *Danger {
	return &Danger{found: patterns(found), not: patterns(not)}
}

func patterns(lines []string) map[string][]pattern {
	by := map[string][]pattern{}
	for _, line := range lines {
		var p pattern
		for _, word := range strings.Fields(line) {
			var any []stem
			for one := range strings.SplitSeq(word, "|") {
				plain, begin := strings.CutSuffix(one, "*")
				any = append(any, stem{fold(strings.ToLower(plain)), begin})
			}
			p = append(p, any)
		}
		if len(p) == 0 {
			continue
		}
		for _, first := range p[0] {
			key := keyOf(first.word)
			by[key] = append(by[key], p)
		}
	}
	return by
}

func keyOf(word string) string { return word[:min(len(word), leastKey)] }

// Danger implements [mentoring.DangerWords].
func (d *Danger) Danger(text string) bool {
	for _, sentence := range strings.FieldsFunc(text[:min(len(text), maxSearch)], func(r rune) bool {
		return strings.ContainsRune(".!?;:\n", r)
	}) {
		if d.inSentence(sentence) {
			return true
		}
	}
	return false
}

func (d *Danger) inSentence(sentence string) bool {
	words := split(sentence)
	for i := range words {
		words[i] = fold(words[i])
	}
	var excused []span
	looked := false
	for i := range words {
		for _, p := range d.found[keyOf(words[i])] {
			end, ok := p.at(words, i)
			if !ok {
				continue
			}
			if !looked {
				excused, looked = d.figures(words), true
			}
			if !slices.ContainsFunc(excused, func(s span) bool { return s.from < end && i < s.to }) {
				return true
			}
		}
	}
	return false
}

// span is words from..to, to not included.
type span struct{ from, to int }

// figures are the figures of speech in a sentence.
func (d *Danger) figures(words []string) (all []span) {
	for i := range words {
		for _, p := range d.not[keyOf(words[i])] {
			if end, ok := p.at(words, i); ok {
				all = append(all, span{i, end})
			}
		}
	}
	return all
}

// at says whether a pattern begins with a word, and after which it ends.
func (p pattern) at(words []string, i int) (end int, ok bool) {
	if !p.meets(0, words[i]) {
		return 0, false
	}
	if len(p) == 1 {
		return i + 1, true
	}
	for next := i + 1; next <= i+1+wordsBetween && next < len(words); next++ {
		if end, ok := p[1:].at(words, next); ok {
			return end, true
		}
	}
	return 0, false
}

func (p pattern) meets(n int, word string) bool {
	return slices.ContainsFunc(p[n], func(s stem) bool {
		return s.word == word || s.begin && strings.HasPrefix(word, s.word)
	})
}
