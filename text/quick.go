package text

import "strings"

// clues say what a text may hold, by a first look at its bytes.
type clues struct {
	digits  int  // of any kind
	at      bool // @, or a word that is said for it
	dot     bool // a dot with something on both sides, or a word that is said for it
	numbers int  // number words
	medium  bool // the name of a social medium
	sigil   bool // what begins a Matrix room, event or tag
	link    bool // what stands between the scheme of an address and the rest
	singles int  // words of one letter
}

// leastSpoken is from how many number words on they may be a phone number.
const leastSpoken = 5

// leastSpelled is from how many single letters on a word may be spelled.
const leastSpelled = 5

// none says that there is nothing to look for.
func (c *clues) none() bool {
	return c.digits == 0 && c.singles < leastSpelled && !c.at && !c.dot && c.numbers < leastSpoken && !c.medium && !c.sigil && !c.link
}

// quick looks a text through once. It is plain where every character is one
// that cannot be taken for another.
func quick(s string) (c clues, plain bool) {
	plain = true
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			end := i + 1
			for end < len(s) && s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z' {
				end++
			}
			if end > i+1 {
				c.word(s[i:end], s[end:])
			} else if (i == 0 || !letter(s[i-1])) && (end == len(s) || !letter(s[end])) {
				c.singles++
			}
			i = end
			continue
		case b >= '0' && b <= '9':
			c.digits++
		case b == '@':
			c.at = true
		case b == '#' || b == '!' || b == '$':
			c.sigil = c.sigil || i+1 < len(s) && letter(s[i+1])
		case b == ':':
			c.link = c.link || strings.HasPrefix(s[i:], "://")
		case b == '.':
			c.dot = c.dot || i > 0 && i+1 < len(s) && s[i+1] > '9' && letter(s[i+1]) && s[i-1] != ' '
		case b >= 0x80:
			if n, known := familiar(s[i:]); known {
				i += n
				continue
			}
			plain = false
		}
		i++
	}
	return c, plain
}

func letter(b byte) bool {
	return b|0x20 >= 'a' && b|0x20 <= 'z' || b >= 0x80 || b >= '0' && b <= '9'
}

// familiar reads a character that is common and stands for nothing else: the
// letters of Finnish and Swedish, quotation marks and dashes, and the pictures
// that are not letters or numbers.
func familiar(s string) (n int, ok bool) {
	switch {
	case len(s) >= 2 && s[0] == 0xc3:
		switch s[1] {
		case 0xa4, 0xb6, 0xa5, 0x84, 0x96, 0x85, 0xa9, 0x89: // ä ö å and é
			return 2, true
		}
	case len(s) >= 3 && s[0] == 0xe2:
		switch {
		case s[1] == 0x80 && (s[2] >= 0x93 && s[2] <= 0x9e || s[2] == 0xa6): // – ” …
			return 3, true
		case s[1] == 0x82 && s[2] == 0xac, s[1] == 0x9d && s[2] == 0xa4: // € ❤
			return 3, true
		}
	case len(s) >= 3 && s[0] == 0xef && s[1] == 0xb8 && s[2] == 0x8f: // as a picture
		return 3, true
	case len(s) >= 4 && s[0] == 0xf0 && s[1] == 0x9f:
		switch s[2] {
		case 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x98, 0x99, 0x9a, 0x9b, 0xa4, 0xa5, 0xa6, 0xa7:
			return 4, true
		}
	}
	return 0, false
}

// word notes what a run of ASCII letters may be, or be the beginning of; rest is
// what follows it.
func (c *clues) word(w, rest string) {
	if len(w) > 20 {
		c.numbers += 5 // perhaps number words written together
	}
	var low [4]byte
	for i := range min(len(w), 4) {
		low[i] = w[i] | 0x20
	}
	switch string(low[:min(len(w), 4)]) {
	case "at", "miuk", "snab", "kiss", "matr":
		c.at = true
	case "dot", "pist", "punk", "gmai", "hotm", "outl", "iclo", "luuk":
		c.dot = true
	case "ig", "sc", "tg", "wa", "tt", "dc", "fb", "sn", "kik", "psn", "vk",
		"snap", "inst", "tikt", "tik", "tele", "wats", "wapp", "disc", "disk", "face", "twit",
		"jode", "stea", "xbox", "redd", "bere", "skyp", "wech", "robl":
		c.medium = true
	case "game", "line", "link", "mess", "sign", "what": // common words begin so, too
		c.medium = c.medium || mediumFrom(w, rest)
	case "thre": // three, threads
		c.medium = c.medium || mediumFrom(w, rest)
		c.numbers++
	case "one", "two", "six", "ten", "ett", "tre", "fem", "sex", "sju", "nio", "oh", "tv", "tta", "ysi", "yks",
		"noll", "zero", "kaks", "kolm", "nelj", "neli", "viis", "kuus", "seit", "kahd", "kahe", "kasi", "yksi", "yhde", "yhek",
		"fyra", "four", "five", "seve", "eigh", "nine", "doub", "tupl", "sjut", "fyrt", "femt", "sext", "tio", "nitt", "tjug",
		"ttio", "sixt", "twen", "thir", "fort", "fift", "nint", "vitt", "kymm":
		c.numbers++
	}
}

// mediumFrom says whether a word that begins as the name of a medium and as
// common words do is, or may be, the name.
func mediumFrom(w, rest string) bool {
	for _, name := range []string{"gamertag", "line", "linkedin", "messenger", "signal", "threads", "whatsap"} {
		if len(w) >= len(name) && strings.EqualFold(w[:len(name)], name) {
			return true
		}
	}
	// "what's app", "whats app"
	ahead := strings.ToLower(rest[:min(len(rest), len("’s app"))])
	return (len(w) == len("what") || strings.EqualFold(w, "whats")) && strings.Contains(ahead, "ap")
}
