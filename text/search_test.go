package text_test

import (
	"slices"
	"strings"
	"testing"

	"silta/text"
)

// matches says whether every word of the query is met in the text.
func matches(query, story string) bool {
	words := text.Search{}.Words(story)
	for _, begin := range (text.Search{}).Beginnings(query) {
		if !slices.ContainsFunc(begin, func(b string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w+" ", b) })
		}) {
			return false
		}
	}
	return true
}

// TestSearch: words are found in whatever form they are written, with or
// without dots, in all three languages; others are not.
func TestSearch(t *testing.T) {
	for _, test := range []struct {
		query, story string
		want         bool
	}{
		{"masennus", "Toivuin masennuksesta.", true},
		{"masennuksesta", "Masennus vei vuosia.", true},
		{"yksinäisyys", "Tiedän, mitä on yksinäisyydessä eläminen", true},
		{"yksinaisyydesta", "YKSINÄISYYS", true},
		{"opiskelu", "opiskelin ammattikoulussa", true},
		{"lapset", "Minulla on kaksi lasta ja lapsen huoltajuus", true},
		{"oulussa", "Asun Oulun lähellä", true},
		{"työelämä", "tyoelamasta", true},
		{"perhe", "perheväkivaltaa", true},
		{"ensamhet", "Jag känner till ensamheten.", true},
		{"skolan", "skolor och skola", true},
		{"arbetslöshet", "ARBETSLOSHETEN", true},
		{"families", "My family helped", true},
		{"studying", "I studied and study still", true},
		{"debt lapsi", "Debts, and lapset", true},
		{"debt lapsi", "Debts only", false},
		{"masennus", "Maanantaina on mansikkaa", false},
		{"velka", "vene ja velli", false},
		{"ab", "abba", false},
		{"ab", "ab on tyyppi", true},
		{"", "mitä vain", true},
		{"!!! …", "mitä vain", true},
		{"ÅLAND", "a\u030aland", true},
	} {
		if got := matches(test.query, test.story); got != test.want {
			t.Errorf("%q in %q: %v (%q)", test.query, test.story, got, text.Search{}.Beginnings(test.query))
		}
	}
}

// TestLongSearch: what somebody pastes costs a bounded amount, and half a
// letter at the cut does no harm.
func TestLongSearch(t *testing.T) {
	words := text.Search{}.Words(strings.Repeat("ä", 100_000))
	if len(words) != 1 || len(words[0]) > 16<<10 {
		t.Errorf("%d words", len(words))
	}
}
