package text

import (
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"silta/mentoring"
)

// A phone number has between so many digits; Finnish subscriber numbers that
// are written without anything before them are not looked for.
const (
	leastDigits = 7
	mostDigits  = 15 // E.164
)

// figure is a piece of what may be a number: digits, or a number word.
type figure struct {
	digits     string
	start, end int
	plus       bool // after a plus sign
	glued      bool // after a letter, as in a code
	word       bool
	// masked: it is a date, a time, an amount. It may still be a part of a
	// mobile number that was written so.
	masked bool
}

// phones finds phone numbers: chains of figures with nothing but light signs
// between them.
func (g *Guard) phones(list []found, s string) []found {
	r := &numberReader{s: s, words: g.words}
	for chain := r.chain(); chain != nil; chain = r.chain() {
		list = g.inChain(list, s, chain, r)
	}
	return list
}

// numberReader cuts a text into chains of figures.
type numberReader struct {
	s     string
	words *vocabulary
	i     int
	last  *figure // figure that ended the chain before
	// asked is how often the library was asked; it is slow, so a text that is
	// nothing but digits must not have it asked at each.
	asked int
}

// mostAsked bounds it. What is left is judged by the rules of this package.
const mostAsked = 40

// mostBetween is how many signs may stand between two figures.
const mostBetween = 6

func (r *numberReader) chain() []figure {
	var chain []figure
	if r.last != nil {
		chain, r.last = append(chain, *r.last), nil
	}
	for r.i < len(r.s) {
		f, next, ok := r.figure()
		if !ok {
			r.i = next
			if len(chain) > 0 {
				return chain
			}
			continue
		}
		r.i = next
		if n := len(chain); n > 0 && !light(r.s[chain[n-1].end:f.start]) {
			r.last = &f
			return chain
		}
		chain = append(chain, f)
	}
	return chain
}

// figure reads the next figure from r.i. ok is false when a word came first;
// next is where to go on.
func (r *numberReader) figure() (f figure, next int, ok bool) {
	s, i := r.s, r.i
	plus := false
	for i < len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			return r.token(i, plus)
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf:
			return r.token(i, plus)
		case c == '+':
			plus = true
		case c != ' ' && c != '(':
			plus = false
		}
		i++
	}
	return f, len(s), false
}

// token reads a run of letters and digits as a figure.
func (r *numberReader) token(start int, plus bool) (f figure, next int, ok bool) {
	s, end, digits, others := r.s, start, 0, 0
	for end < len(s) {
		c := s[end]
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == 'o' || c == 'l' || c == 'i':
		case c >= 'a' && c <= 'z' || c >= utf8.RuneSelf:
			others++
		default:
			goto read
		}
		end++
	}
read:
	word := s[start:end]
	switch {
	case digits > 0 && others == 0:
		f = figure{digits: strings.NewReplacer("o", "0", "l", "1", "i", "1").Replace(word), start: start, end: end, plus: plus}
	case digits > 0:
		return r.mixed(start, end, plus)
	case word == "o" || word == "oo":
		f = figure{digits: strings.Repeat("0", len(word)), start: start, end: end, word: true}
	default:
		d := r.words.spoken(word)
		if d == "" {
			return f, end, false
		}
		f = figure{digits: d, start: start, end: end, word: true}
	}
	return f, end, true
}

// mixed reads the digits of a run that also has letters: "puh0401234567",
// "mat11001", "5km", also behind a number word ("nolla40").
func (r *numberReader) mixed(start, end int, plus bool) (f figure, next int, ok bool) {
	s, i := r.s, start
	for s[i] < '0' || s[i] > '9' {
		i++
	}
	j := i
	for j < end && s[j] >= '0' && s[j] <= '9' {
		j++
	}
	f = figure{digits: s[i:j], start: i, end: j, plus: plus, glued: i > start, masked: j < end}
	if said := r.words.spoken(s[start:i]); said != "" { // nolla40
		f.digits, f.start, f.glued = said+f.digits, start, false
	}
	return f, j, true
}

// light says whether what stands between two figures may stand inside of one
// number.
func light(between string) bool {
	signs := 0
	for i := 0; i < len(between); i++ {
		switch between[i] {
		case ' ', '\n', '\t':
			continue
		case '-', '.', '/', '(', ')', '*', '_', '~', '|', ',', ':', '+', '=', mark, '[', ']', '\'', '"', '<', '>', '&', '#', ';', '!', '^', '`', '\\':
			signs++
		default:
			return false
		}
	}
	return signs <= mostBetween && len(between) <= 4*mostBetween
}

// inChain finds numbers in a chain.
func (g *Guard) inChain(list []found, s string, chain []figure, r *numberReader) []found {
	g.words.maskFigures(s, chain)
	for i := 0; i < len(chain); {
		n, known := g.numberAt(s, chain, i, r)
		if known {
			i += n
			continue
		}
		if n > 0 {
			start := chain[i].start
			for start > 0 && (s[start-1] == '+' || s[start-1] == '(') {
				start--
			}
			list = append(list, found{mentoring.ContactPhone, start, chain[i+n-1].end})
			i += n
			continue
		}
		i++
	}
	return list
}

// numberAt says how many figures from the i-th on are a phone number (0: none;
// the longest wins), and whether it is one that everybody may tell.
func (g *Guard) numberAt(s string, chain []figure, i int, r *numberReader) (best int, known bool) {
	first := &chain[i]
	if !strings.ContainsRune("0345", rune(first.digits[0])) && !first.plus {
		return 0, false
	}
	var digits strings.Builder
	masked := false
	isNamed := named(s, first.start)
	for n := 0; i+n < len(chain); n++ {
		f := &chain[i+n]
		if n > 0 && (f.plus || best > 0 && f.masked) {
			break
		}
		digits.WriteString(f.digits)
		masked = masked || f.masked || f.glued && n > 0
		d := digits.String()
		if len(d) > mostDigits+2 {
			break
		}
		if g.numbers[national(d)] {
			best, known = n+1, true
			continue
		}
		if len(d) < leastDigits || masked && !mobile(d) || masked && allMasked(chain[i:i+n+1]) {
			continue
		}
		if r.isPhone(d, chain[i:i+n+1], isNamed) {
			best, known = n+1, false
		}
	}
	return best, known
}

func allMasked(chain []figure) bool {
	for i := range chain {
		if !chain[i].masked {
			return false
		}
	}
	return true
}

// mobile says whether digits have the form of a Finnish mobile number as it is
// dialled at home.
func mobile(d string) bool {
	d = national(d)
	return len(d) >= 9 && len(d) <= 11 && (d[:2] == "04" || d[:3] == "050")
}

// isPhone judges digits by their form.
func (r *numberReader) isPhone(d string, chain []figure, isNamed bool) bool {
	first := &chain[0]
	switch {
	case first.plus || strings.HasPrefix(d, "00") && len(d) > 9:
		d = strings.TrimPrefix(d, "00")
		return len(d) >= 8 && len(d) <= mostDigits && d[0] != '0'
	case mobile(d):
		return true
	case first.glued:
		return false
	case len(d) == 10 && d[0] == '0' && d[1] == '7' && strings.ContainsRune("02369", rune(d[2])): // Swedish mobile
		return true
	case len(d) == 9 && (d[0] == '4' || d[:2] == "50"): // mobile without its zero
		return len(chain) <= 4 && !isNamed
	case strings.HasPrefix(d, "358") && len(d) >= 10 && len(d) <= 13:
		return true
	case d[0] != '0' || len(d) < 8 || len(d) > 11 || isNamed:
		return false
	}
	return r.valid(d)
}

// valid asks the library whether there are such numbers in Finland or Sweden.
func (r *numberReader) valid(d string) bool {
	if r.asked++; r.asked > mostAsked {
		return true
	}
	for _, region := range []string{"FI", "SE"} {
		number, err := phonenumbers.Parse(d, region)
		if err == nil && phonenumbers.IsValidNumberForRegion(number, region) {
			return true
		}
	}
	return false
}

// national gives digits as they are dialled in Finland.
func national(d string) string {
	for _, prefix := range []string{"00358", "358"} {
		if rest, ok := strings.CutPrefix(d, prefix); ok && len(rest) >= 5 {
			return "0" + strings.TrimPrefix(rest, "0")
		}
	}
	return d
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// named says whether the words just before a number say that it is another kind
// of number.
func named(s string, at int) bool {
	before := s[max(0, at-40):at]
	if i := strings.LastIndexAny(before, ".!?\n"); i >= 0 {
		before = before[i:]
	}
	if len(letters(strings.TrimLeft(before, " ."))) < 3 && !strings.ContainsAny(before, "abcdefghijklmnopqrstuvwxyz") {
		return false
	}
	for _, name := range []string{
		"opiskelijanumero", "opiskelijanro", "tilausnumero", "tilausnro", "asiakasnumero", "viite", "lasku", "seuranta", "kurssi", "koodi", "tunnus",
		"isbn", "versio", "y-tunnus", "tilaus", "lähetys", "jäsennumero", "diaari", "hakemus",
		"studentnummer", "studienummer", "kundnummer", "ordernummer", "referens", "faktura", "kurskod", "kod ", "beställning", "ärende", "medlemsnummer",
		"student number", "student id", "order", "invoice", "reference", "tracking", "course", "code", "ticket", "version", "customer number", "case number",
	} {
		if strings.Contains(before, name) {
			return true
		}
	}
	return false
}
