package text

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maskFigures marks the figures of a chain that are dates, times, years and
// amounts.
func (v *vocabulary) maskFigures(s string, chain []figure) {
	for i := 0; i < len(chain); {
		n := maskedAt(s, chain, i)
		for k := range n {
			chain[i+k].masked = true
		}
		i += max(n, 1)
	}
	for i := range chain {
		if v.unitAfter(s, chain[i].end) {
			chain[i].masked = true
			for k := i; k > 0 && len(chain[k].digits) == 3 && between(s, chain, k-1) == " "; k-- { // 12 000 euroa
				chain[k-1].masked = true
			}
		}
		if currencyBefore(s, chain[i].start) {
			chain[i].masked = true
		}
	}
}

// between is what stands after the i-th figure.
func between(s string, chain []figure, i int) string {
	if i < 0 || i+1 >= len(chain) {
		return ""
	}
	return s[chain[i].end:chain[i+1].start]
}

// maskedAt says how many figures from the i-th on are one date, time, span of
// years or of hours, or one amount; 0: none.
func maskedAt(s string, chain []figure, i int) int {
	value := func(k int) int { return smallValue(chain, i+k) }
	sep := func(k int) string { return between(s, chain, i+k) }
	before := between(s, chain, i-1)
	switch {
	case isYear(chain[i].digits) && isDash(sep(0)) && value(1) >= 1 && value(1) <= 12 && isDash(sep(1)) && value(2) >= 1 && value(2) <= 31:
		return 3 // 2026-11-22
	case isYear(chain[i].digits):
		return 1
	case value(0) >= 1 && value(0) <= 31 && dotted(sep(0)) && value(1) >= 1 && value(1) <= 12 && before != ".":
		switch {
		case dotted(sep(1)) && (isYear(digitsAt(chain, i+2)) || len(digitsAt(chain, i+2)) == 2 && sep(2) != "."):
			return 3 // 3.12.2026
		case sep(1) != ".":
			return 2 // 3.12., 12.10
		}
	}
	if value(0) >= 0 && value(0) <= 24 && (sep(0) == ":" || sep(0) == ".") && len(digitsAt(chain, i+1)) == 2 && value(1) <= 59 &&
		before != "." && sep(1) != "." {
		return 2 // 17.30
	}
	if value(0) >= 0 && value(0) <= 24 && isDash(sep(0)) && value(1) >= 0 && value(1) <= 24 && !isDash(before) && !isDash(sep(1)) {
		return 2 // 17-20
	}
	if d := chain[i].digits; d[0] != '0' && len(d) <= 3 && (i == 0 || before != " ") {
		n := 1
		for sep(n-1) == " " && len(digitsAt(chain, i+n)) == 3 {
			n++
		}
		if n > 1 && sep(n-1) != " " {
			return n // 1 000 000
		}
	}
	return 0
}

func digitsAt(chain []figure, i int) string {
	if i >= len(chain) {
		return ""
	}
	return chain[i].digits
}

// smallValue is the value of one or two digits; -1 for all others.
func smallValue(chain []figure, i int) int {
	d := digitsAt(chain, i)
	if d == "" || len(d) > 2 {
		return -1
	}
	n, err := strconv.Atoi(d)
	if err != nil {
		return -1
	}
	return n
}

func isYear(d string) bool { return len(d) == 4 && (d[:2] == "19" || d[:2] == "20") }

func isDash(s string) bool { return s == "-" || s == " - " || s == "--" || s == "- " }

func dotted(s string) bool { return s == "." || s == ". " || s == "/" }

// unitAfter says whether a number is followed by what it is a number of.
func (v *vocabulary) unitAfter(s string, at int) bool {
	rest := s[at:]
	if len(rest) > 24 {
		rest = rest[:24]
	}
	rest = strings.TrimPrefix(rest, " ")
	if rest == "" {
		return false
	}
	if strings.HasPrefix(rest, "%") || strings.HasPrefix(rest, "€") || strings.HasPrefix(rest, "$") || strings.HasPrefix(rest, "°") ||
		strings.HasPrefix(rest, "-vuoti") || strings.HasPrefix(rest, "-åri") || strings.HasPrefix(rest, "-year") || strings.HasPrefix(rest, "-luvu") ||
		strings.HasPrefix(rest, ",-") || strings.HasPrefix(rest, ":-") {
		return true
	}
	word := letters(rest)
	return word != "" && v.isUnit(word)
}

func currencyBefore(s string, at int) bool {
	before := strings.TrimSuffix(s[:at], " ")
	return strings.HasSuffix(before, "€") || strings.HasSuffix(before, "$") || strings.HasSuffix(before, "£")
}

// letters is the run of letters that s begins with.
func letters(s string) string {
	for i, r := range s {
		if r < utf8.RuneSelf && (r < 'a' || r > 'z') || r == utf8.RuneError || r == '€' {
			return s[:i]
		}
	}
	return s
}

// isUnit says whether a word is what something is counted in.
func (v *vocabulary) isUnit(w string) bool {
	if v.units[w] {
		return true
	}
	for _, stem := range []string{"euro", "kron", "sentti", "cent", "dollar", "pound", "miljoon", "miljon", "million", "metri", "kilo"} {
		if strings.HasPrefix(w, stem) {
			return true
		}
	}
	return false
}

func unitWords() []string {
	return strings.Fields(`e eur kr sek snt mk tonnia tuhat tuhatta tusen thousand
		km m cm mm meter metre metres meters mil mile miles kg g grammaa gram grams l dl ml litraa liter litre litres
		h t min s ms tunti tuntia tunnin minuutti minuuttia minuutin sekunti sekuntia hour hours minute minutes mins second seconds timme timmar minut minuter sekunder
		v vuotta vuoden vuotias vuotiaana år årig års year years yrs kk kuukautta kuukauden månader månad month months vko viikkoa viikon veckor vecka week weeks
		pv pvä päivää päivän dagar dag day days kertaa gånger gång time times kpl st pcs sivua sivu sidor page pages op opintopistettä hp sp poäng pistettä point points ects
		henkilöä ihmistä ihmisen personer people persons kcal kaloria mg mb gb tb kb mbit w kw kwh asti saakka jäsentä medlemmar members followers seuraajaa följare views
		askelta steg steps autoa bilar cars`)
}

// numberWord is a word and the digits that it stands for.
type numberWord struct{ word, digits string }

// vocabulary is what is known of words: the number words by their first byte,
// the longest first, and what things are counted in.
type vocabulary struct {
	numbers [256][]numberWord
	units   map[string]bool
	// How English names of streets end, and what is none.
	streetEnds, small map[string]bool
}

func wordSet(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

func newVocabulary() *vocabulary {
	v := &vocabulary{
		units: wordSet(unitWords()), small: wordSet(smallWords()),
		streetEnds: wordSet(strings.Fields("street st road rd avenue ave lane drive boulevard blvd crescent terrace")),
	}
	add := func(digits, words string) {
		for w := range strings.FieldsSeq(words) {
			v.numbers[w[0]] = append(v.numbers[w[0]], numberWord{w, digits})
		}
	}
	for d, words := range numberWords() {
		add(strconv.Itoa(d), words)
	}
	for _, t := range tensWords() {
		add(t.digits, t.words)
	}
	for _, list := range v.numbers {
		slices.SortStableFunc(list, func(a, b numberWord) int { return len(b.word) - len(a.word) })
	}
	return v
}

// spoken gives the digits of a number word, or of several written together.
func (v *vocabulary) spoken(word string) string {
	if len(word) > 160 || len(word) < 2 {
		return ""
	}
	digits := ""
next:
	for word != "" {
		for _, w := range v.numbers[word[0]] {
			if strings.HasPrefix(word, w.word) {
				digits, word = digits+w.digits, word[len(w.word):]
				continue next
			}
		}
		return ""
	}
	return digits
}

func numberWords() [10]string {
	return [10]string{
		"nolla noll zero oh nol",
		"yksi yks ett one",
		"kaksi kaks två tvåa two",
		"kolme kolm kol tre three",
		"neljä nelj neli nelonen fyra four",
		"viisi viis fem five",
		"kuusi kuus sex six",
		"seitsemän seittemän seiskä seiska seitsen seite sju seven",
		"kahdeksan kaheksan kasi kahdeks åtta eight",
		"yhdeksän yheksän ysi nio nine",
	}
}

type tens struct{ digits, words string }

func tensWords() []tens {
	return []tens{
		{"10", "kymmenen tio ten"}, {"11", "elva eleven"}, {"12", "tolv twelve"},
		{"20", "kaksikymmentä kakskyt tjugo tjugi twenty"}, {"30", "kolmekymmentä kolkyt trettio thirty"},
		{"40", "neljäkymmentä nelkyt neljäkyt fyrtio forty"}, {"50", "viisikymmentä viiskyt femtio fifty"},
		{"60", "kuusikymmentä kuuskyt sextio sixty"}, {"70", "seitsemänkymmentä seiskyt sjuttio seventy"},
		{"80", "kahdeksankymmentä kasikyt åttio eighty"}, {"90", "yhdeksänkymmentä yskyt nittio ninety"},
	}
}
