package rewrite

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"go.mau.fi/util/emojirunes"
	"go.mau.fi/util/variationselector"
)

// maxEmojiRunes allows for a kiss of two people with skin tones, the longest
// emoji there is: 10, and a little.
const maxEmojiRunes = 12

const (
	zeroWidthJoiner = '\u200d'
	keycap          = '\u20e3'
)

// emoji gives the one emoji that a reaction is, in the form that the Matrix
// specification wants (U+FE0F wherever it is allowed, so that clients count
// equal ones together); false when the key is anything else, like a word or
// the address of a picture. The table of emoji is Unicode's.
func emoji(key string) (string, bool) {
	if key == "" || len(key) > maxKey || !utf8.ValidString(key) || uniseg.GraphemeClusterCount(key) != 1 {
		return "", false
	}
	bare := variationselector.Remove(key)
	if bare == "" || utf8.RuneCountInString(bare) > maxEmojiRunes {
		return "", false
	}
	previous := rune(0)
	for i, r := range bare {
		switch {
		case r == zeroWidthJoiner, skinTone(r):
			if previous == 0 || previous == zeroWidthJoiner || r == previous {
				return "", false
			}
		case r == keycap:
			if i != 1 || len(bare) != i+utf8.RuneLen(keycap) {
				return "", false
			}
		case i == 0 && strings.ContainsRune("0123456789#*", r) && strings.HasSuffix(bare, string(keycap)):
		case !emojirunes.Is(r) || r >= 0xe0000:
			return "", false
		}
		previous = r
	}
	if previous == zeroWidthJoiner {
		return "", false
	}
	return variationselector.Add(bare), true
}

// spells says whether an emoji is a digit or letters: a few of them in a row
// would carry a phone number or a name past every filter. Flags say where
// somebody is from.
func spells(key string) bool {
	for _, r := range key {
		switch {
		case r < utf8.RuneSelf, r == keycap, regional(r), r == '\u2139', r == '\u24c2', r == 0x1f51f,
			r >= 0x1f170 && r <= 0x1f171, r >= 0x1f17e && r <= 0x1f17f, r == 0x1f18e, r == 0x1f191, r == 0x1f194, r == 0x1f196:
			return true
		}
	}
	return false
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

func skinTone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }
