package text

import (
	"regexp"
	"slices"
	"strings"
)

// matcher is an expression with what every text that it matches has somewhere:
// most texts have none of it, and to see that costs a hundredth of the search.
type matcher struct {
	re    *regexp.Regexp
	signs []string
}

func needs(expression string, signs ...string) *matcher {
	return &matcher{re: regexp.MustCompile(expression), signs: signs}
}

// all gives the places of all matches in s.
func (m *matcher) all(s string) [][]int {
	if !m.may(s) {
		return nil
	}
	return m.re.FindAllStringIndex(s, -1)
}

// parts gives them with the places of their groups.
func (m *matcher) parts(s string) [][]int {
	if !m.may(s) {
		return nil
	}
	return m.re.FindAllStringSubmatchIndex(s, -1)
}

func (m *matcher) may(s string) bool {
	return slices.ContainsFunc(m.signs, func(sign string) bool { return strings.Contains(s, sign) })
}

// opened are the ways in which words stand behind an opening bracket.
func opened(words ...string) (list []string) {
	for _, bracket := range []string{"(", "[", "{", "<", "*", "_"} {
		for _, word := range words {
			list = append(list, bracket+word, bracket+" "+word)
		}
	}
	return list
}
