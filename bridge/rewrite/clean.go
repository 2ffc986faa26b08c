package rewrite

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean takes out of a text what nobody sees: control characters, changes of
// direction (which make a text look like another), invisible characters (which
// hide words from filters and can carry a mark). Line ends become "\n".
func clean(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c < ' ' && c != '\n' || c == 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(s))
	previous := rune(-1)
	for i, r := range s {
		if r == '\r' || r == '\u2028' || r == '\u2029' {
			r = '\n'
		}
		if !visible(r, previous) && (r != '\ufe0f' || !strings.HasPrefix(s[i:], "\ufe0f\u20e3")) {
			continue // the exception is a keycap
		}
		b.WriteRune(r)
		previous = r
	}
	return b.String()
}

// visible says whether a character is kept after the previous kept one.
func visible(r, previous rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return true
	case r < utf8.RuneSelf:
		return r >= ' ' && r != 0x7f
	case r >= 'À' && r < '\u0300': // most of what is written here
		return true
	case r == '\u200c' || r == '\u200d':
		// Emoji, Persian and Indic scripts need the joiners; after an ASCII
		// letter, or one after another, they only hide.
		return previous >= utf8.RuneSelf && (previous == '\ufe0f' || !joiner(previous))
	case r == '\ufe0e' || r == '\ufe0f':
		return previous >= utf8.RuneSelf && !joiner(previous)
	case r >= 0xe0000:
		return false // tags, and planes in which no letter is
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) && !blank(r)
}

func joiner(r rune) bool {
	return r == '\u200c' || r == '\u200d' || r == '\ufe0e' || r == '\ufe0f'
}

// blank says whether r shows nothing, or only that something was there that
// could not be read.
func blank(r rune) bool {
	switch r {
	case utf8.RuneError, '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return false
}

// collapse is how HTML shows a text outside of pre: each run of white space is
// one space.
func collapse(s string) string {
	double := false
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '\n' || c == '\t' || c == ' ' && i > 0 && s[i-1] == ' ' {
			double = true
			break
		}
	}
	if !double {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == ' ' || c == '\n' || c == '\t' {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteByte(c)
	}
	return b.String()
}
