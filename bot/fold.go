package bot

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// foldLimit is how much of a text is looked at when it may be a command or a
// choice; longer texts are neither.
const foldLimit = 200

// fold makes words comparable: å, ä and ö as a and o, capitals small, full-width
// and other look-alike forms plain, marks and invisible characters gone.
func fold(s string) string {
	if len(s) > 4*foldLimit {
		s = strings.ToValidUTF8(s[:4*foldLimit], "")
	}
	var b strings.Builder
	n := 0
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r), unicode.IsControl(r) && !unicode.IsSpace(r):
			continue
		case r == 'ø', r == 'Ø':
			r = 'o'
		}
		if n++; n > foldLimit {
			break
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// word is a folded word without the punctuation around it.
func word(s string) string {
	return strings.TrimFunc(fold(s), func(r rune) bool {
		return unicode.IsPunct(r) || unicode.IsSpace(r)
	})
}

// words are the first folded words of a text, at most limit.
func words(s string, limit int) []string {
	var found []string
	for _, f := range strings.Fields(fold(s)) {
		if w := word(f); w != "" {
			found = append(found, w)
		}
		if len(found) == limit {
			break
		}
	}
	return found
}

// distance is how many letters must be added, left out, changed or swapped with
// their neighbour to make one word of the other (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(x)][len(y)]
}

// near says how far two words may be apart to be taken for the same one, badly
// typed: nothing for the shortest, two letters for long ones.
func near(w string) int {
	switch n := len([]rune(w)); {
	case n <= 2:
		return 0
	case n <= 5:
		return 1
	default:
		return 2
	}
}
