package text

import (
	"slices"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/swedish"
	"golang.org/x/text/unicode/norm"
)

// maxSearch is how much of a query or a card is looked at, in bytes: a card's
// story has at most 2,000 characters.
const maxSearch = 16 << 10

// Search makes words comparable, whatever form they are in. It implements
// [silta/mentoring.Searcher] and keeps nothing.
type Search struct{}

// Words are the words of a text as they are compared: folded, sorted, each once.
func (Search) Words(text string) []string {
	words := split(text)
	for i, w := range words {
		words[i] = fold(w)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// Beginnings gives, for each word of a query, how a word of a text may begin to
// be taken for the same one. They come from the word's stem in each of the three
// languages (the Snowball rules), less a quarter of it where it is long: Finnish
// stems change their ends (masennus, masennukse-). Words of one or two letters
// must be met whole: those end with a space.
func (Search) Beginnings(query string) [][]string {
	var all [][]string
	for _, w := range split(query) {
		whole := fold(w)
		if len([]rune(whole)) < 3 {
			all = append(all, []string{whole + " "})
			continue
		}
		var begin []string
		for _, stem := range []func(*snowballstem.Env) bool{finnish.Stem, swedish.Stem, english.Stem} {
			env := snowballstem.NewEnv(w)
			stem(env)
			begin = append(begin, beginning(fold(env.Current())))
		}
		slices.Sort(begin)
		all = append(all, slices.Compact(begin))
	}
	return all
}

// beginning is a stem without its last quarter, at least four letters of it.
func beginning(stem string) string {
	r := []rune(stem)
	return string(r[:min(len(r), max(4, (3*len(r)+3)/4))])
}

// split gives the words of a text in small letters: runs of letters, marks and
// digits.
func split(text string) []string {
	if len(text) > maxSearch {
		text = strings.ToValidUTF8(text[:maxSearch], "")
	}
	return strings.FieldsFunc(strings.ToLower(norm.NFKC.String(text)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
	})
}

// fold makes å, ä and ö a and o, and takes all other marks away, too.
func fold(word string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
			return -1
		case r == 'ø':
			return 'o'
		}
		return r
	}, norm.NFKD.String(word))
}
