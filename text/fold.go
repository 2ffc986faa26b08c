package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in the form that the matchers read: lower case, look-alikes
// made alike, invisible characters gone. Of other scripts only what passes for
// Latin is changed; a picture is one byte, [mark].
type folded struct {
	s string
	// from and to are, for each byte of s, where the character that it came from
	// begins and ends in the text.
	from, to []int32
}

// mark stands for an emoji or any other sign that is no letter and no
// punctuation.
const mark = '\x01'

type folder struct {
	b        []byte
	from, to []int32
}

func (f *folder) put(s string, from, to int) {
	f.b = append(f.b, s...)
	for range len(s) {
		f.from = append(f.from, int32(from))
		f.to = append(f.to, int32(to))
	}
}

// extend lets a mark that was left out belong to the character before it.
func (f *folder) extend(to int) {
	for i := len(f.to) - 1; i >= 0 && f.from[i] == f.from[len(f.from)-1]; i-- {
		f.to[i] = int32(to)
	}
}

func foldAll(text string) *folded {
	f := &folder{b: make([]byte, 0, len(text)), from: make([]int32, 0, len(text)), to: make([]int32, 0, len(text))}
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			f.b = append(f.b, c)
			f.from, f.to = append(f.from, int32(i)), append(f.to, int32(i+1))
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		f.rune(text[i:i+size], r, i, i+size)
		i += size
	}
	return &folded{s: string(f.b), from: f.from, to: f.to}
}

// rune folds one character that is not ASCII.
func (f *folder) rune(source string, r rune, from, to int) {
	switch r {
	case 'ä', 'ö', 'å':
		f.put(source, from, to)
		return
	case 'Ä', 'Ö', 'Å':
		f.put(string(unicode.ToLower(r)), from, to)
		return
	case '\u0308', '\u030a': // ä, ö and å in two parts
		f.compose(r, to)
		return
	}
	if s := special(r); s != "" {
		f.put(s, from, to)
		return
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Variation_Selector) {
		f.extend(to)
		return
	}
	if parts := norm.NFKC.PropertiesString(source).Decomposition(); parts != nil {
		for _, part := range string(parts) {
			f.part(part, from, to)
		}
		return
	}
	f.part(r, from, to)
}

// part folds a character that cannot be taken apart any further.
func (f *folder) part(r rune, from, to int) {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		f.extend(to)
	case r < utf8.RuneSelf:
		f.put(string(unicode.ToLower(r)), from, to)
	case unicode.Is(unicode.Nd, r):
		f.put(string('0'+digitOf(r)), from, to)
	case unicode.IsLetter(r):
		r = unicode.ToLower(r)
		if like := lookAlike(r); like != 0 {
			r = like
		}
		f.put(string(r), from, to)
	case unicode.IsSpace(r):
		f.put(" ", from, to)
	default:
		if s := special(r); s != "" {
			f.put(s, from, to)
			return
		}
		f.put(string(mark), from, to)
	}
}

// compose puts dots or a ring on the letter before them.
func (f *folder) compose(r rune, to int) {
	last := len(f.b) - 1
	if last < 0 {
		return
	}
	whole := ""
	switch {
	case r == '\u0308' && f.b[last] == 'a':
		whole = "ä"
	case r == '\u0308' && f.b[last] == 'o':
		whole = "ö"
	case r == '\u030a' && f.b[last] == 'a':
		whole = "å"
	}
	if whole == "" {
		f.extend(to)
		return
	}
	at := int(f.from[last])
	f.b, f.from, f.to = f.b[:last], f.from[:last], f.to[:last]
	f.put(whole, at, to)
}

// special folds signs that Unicode does not, though they are read as what they
// become here.
func special(r rune) string {
	switch {
	case r == '‐' || r == '‑' || r == '‒' || r == '–' || r == '—' || r == '―' || r == '−' || r == '⁃':
		return "-"
	case r == '∕' || r == '⁄' || r == '÷':
		return "/"
	case r == '∶' || r == '︰':
		return ":"
	case r == '·' || r == '․' || r == '。' || r == '∙':
		return "."
	case r == '→' || r == '➡' || r == '⇒':
		return ">"
	case r == '\u2028' || r == '\u2029' || r == '\u0085':
		return "\n"
	case r == '€':
		return "€"
	case r == '°' || r == '˚':
		return "°"
	case r == '′' || r == '’' || r == '‘' || r == 'ʼ' || r == '´':
		return "'"
	case r == '″' || r == '”' || r == '“':
		return `"`
	case r == '🔟':
		return "10"
	case r == '⓿' || r == '🄌' || r == '🄋':
		return "0"
	case r >= '➊' && r <= '➓':
		return ten(r - '➊' + 1)
	case r >= '➀' && r <= '➉':
		return ten(r - '➀' + 1)
	case r >= '⓵' && r <= '⓾':
		return ten(r - '⓵' + 1)
	case r >= 0x1f1e6 && r <= 0x1f1ff: // regional letters
		return string('a' + r - 0x1f1e6)
	case r >= 0x1f150 && r <= 0x1f169:
		return string('a' + r - 0x1f150)
	case r >= 0x1f170 && r <= 0x1f189:
		return string('a' + r - 0x1f170)
	}
	return ""
}

func ten(n rune) string {
	if n == 10 {
		return "10"
	}
	return string('0' + n)
}

// digitOf is the value of a decimal digit of any script: they stand in order.
func digitOf(r rune) rune {
	n := rune(0)
	for n < 9 && unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return n
}

// lookAlike gives the Latin letter that a small letter of another script, or a
// rare Latin one, is taken for; 0 when it is none.
func lookAlike(r rune) rune {
	const odd = "аеорсухіјѕԁһкмтвнгѵԛԝɡɑıłøαορντικευηχγɩοօսհոցզ" // Cyrillic, Latin, Greek, Armenian
	const like = "aeopcyxijsdhkmtbhrvqwgailoaopvtikeunxyioouhngq"
	at := 0
	for _, o := range odd {
		if o == r {
			return rune(like[at])
		}
		at++
	}
	return 0
}

// span gives the place in the text of what lies between two places of s.
func (f *folded) span(start, end int) (int, int) {
	return int(f.from[start]), int(f.to[end-1])
}

// squeezed is the text without the spaces between single characters, in which
// people spell an address out ("a n n a @ …"); nil where nothing is spelled so.
func (f *folded) squeezed() *folded {
	var out *folded
	kept := 0
	var b strings.Builder
	for i := 0; i < len(f.s); {
		end, gaps := spelled(f.s, i)
		if len(gaps) < 4 {
			i = max(end, i+1)
			continue
		}
		if out == nil {
			out = &folded{}
		}
		for _, gap := range gaps {
			b.WriteString(f.s[kept:gap])
			out.from, out.to = append(out.from, f.from[kept:gap]...), append(out.to, f.to[kept:gap]...)
			kept = gap + 1
		}
		i = end
	}
	if out == nil {
		return nil
	}
	b.WriteString(f.s[kept:])
	out.s = b.String()
	out.from, out.to = append(out.from, f.from[kept:]...), append(out.to, f.to[kept:]...)
	return out
}

// spelled reads single characters with single spaces between them: where they
// end, and where the spaces are.
func spelled(s string, i int) (end int, gaps []int) {
	if i > 0 && s[i-1] != ' ' && s[i-1] != '\n' {
		return i, nil
	}
	for i < len(s) {
		_, size := utf8.DecodeRuneInString(s[i:])
		if s[i] == ' ' || s[i] == '\n' {
			break
		}
		next := i + size
		if next < len(s) && s[next] != ' ' && s[next] != '\n' {
			if len(gaps) > 0 { // the last space belongs to a word
				return gaps[len(gaps)-1], gaps[:len(gaps)-1]
			}
			return next, nil
		}
		if next+1 >= len(s) {
			return next, gaps
		}
		gaps = append(gaps, next)
		i = next + 1
	}
	return i, gaps
}
