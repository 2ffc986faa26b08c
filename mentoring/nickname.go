package mentoring

import (
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The length of a nickname in characters (feature J4).
const (
	NicknameMin = 3
	NicknameMax = 30
)

var (
	// A Finnish personal identity code: a birth date, a sign for the century, a
	// running number and a check character. It is refused whether or not the
	// check character is right, for a mistyped one says the same.
	hetuPattern = regexp.MustCompile(`(?i)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[-_+ a-fu-y]\d{3}[0-9a-z]`)
	// Seven digits or more, with the separators people write between them.
	phonePattern = regexp.MustCompile(`\+?\d(?:[-_ ./()]*\d){6,}`)
	linkPattern  = regexp.MustCompile(`(?i)(?:https?|www[-_.]|://|[a-z0-9åäö]\.[a-z]{2,})`)
)

// CheckNickname gives the nickname in the form in which it is kept, or refuses:
// 3–30 letters (incl. å ä ö and those of Sámi), digits, - and _; nothing that
// points to a person (e-mail address, phone number, identity code, link), no
// letters of other scripts that look alike, no invisible characters (features
// J3, J4). Names need not be unique: a unique name would link conversations.
func CheckNickname(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", Refuse("nickname.characters")
	}
	name = compose(strings.Trim(name, " \t"))
	switch {
	case hetuPattern.MatchString(name):
		return "", Refuse("nickname.hetu")
	case strings.ContainsRune(name, '@'), phonePattern.MatchString(name), linkPattern.MatchString(name):
		return "", Refuse("nickname.contact")
	}
	letters := 0
	for _, r := range name {
		switch {
		case nicknameLetter(r):
			letters++
		case r >= '0' && r <= '9', r == '-', r == '_':
		default:
			return "", Refuse("nickname.characters")
		}
	}
	if n := utf8.RuneCountInString(name); n < NicknameMin || n > NicknameMax || letters == 0 {
		return "", Refuse("nickname.length", "min", NicknameMin, "max", NicknameMax)
	}
	return name, nil
}

// nicknameLetter says whether r is a letter of Finnish, Swedish, English or
// Sámi, or another common Latin one. The list is short on purpose: ı, ɑ, Cyrillic
// а and the like look the same as a plain letter.
func nicknameLetter(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		return true
	case r >= 'À' && r <= 'ÿ':
		return r != '×' && r != '÷'
	}
	return strings.ContainsRune("ČčĐđŊŋŠšŦŧŽž", r)
}

// compose joins a letter and the combining mark after it, as some keyboards
// send them, for the letters that nicknames are written with here.
func compose(s string) string {
	return strings.NewReplacer(
		"a\u030a", "å", "A\u030a", "Å", "a\u0308", "ä", "A\u0308", "Ä", "o\u0308", "ö", "O\u0308", "Ö",
		"e\u0301", "é", "E\u0301", "É", "u\u0308", "ü", "U\u0308", "Ü",
		"c\u030c", "č", "C\u030c", "Č", "s\u030c", "š", "S\u030c", "Š", "z\u030c", "ž", "Z\u030c", "Ž",
	).Replace(s)
}

// CheckAlias is CheckNickname, and keeps people from taking the name that staff
// go by.
func (a *Act) CheckAlias(name string) (string, error) {
	name, err := CheckNickname(name)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(name, a.Rules.StaffAlias) {
		return "", Refuse("nickname.taken")
	}
	return name, nil
}

// SuggestNicknames gives three different nicknames made of the words (neutral
// ones, from the locale) and a number. It gives fewer when there are not enough
// words that can be nicknames.
func SuggestNicknames(a *Act, words []string) []string {
	var usable []string
	for _, w := range words {
		if _, err := a.CheckAlias(w + "-99"); err == nil {
			usable = append(usable, w)
		}
	}
	var names []string
	for len(names) < 3 && len(usable) > 0 {
		i := a.pick(len(usable))
		names = append(names, fmt.Sprintf("%s-%d", usable[i], 10+a.pick(90)))
		usable = append(usable[:i], usable[i+1:]...)
	}
	return names
}

// pick gives a number below n from Act.Random. A source of chance that fails is
// not something to go on from.
func (a *Act) pick(n int) int {
	v, err := rand.Int(a.Random, big.NewInt(int64(n)))
	if err != nil {
		panic("mentoring: the source of chance failed: " + err.Error())
	}
	return int(v.Int64())
}

// The lengths of texts in characters.
const (
	lineMax  = 60
	StoryMax = 2000
	NoteMax  = 280 // status and away texts, a reason to staff or from them
)

// cleanText makes a text fit to be shown: valid, without invisible or control
// characters (but line breaks, and the joiner that emoji need), trimmed.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\u200d':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// fit cleans a text and refuses one that is too long.
func fit(s string, max int) (string, error) {
	s = cleanText(s)
	if utf8.RuneCountInString(s) > max {
		return "", Refuse("text.too_long", "max", max)
	}
	return s, nil
}

// fitLine is fit for a text of one line.
func fitLine(s string, max int) (string, error) {
	return fit(strings.Join(strings.Fields(s), " "), max)
}

// randomText gives n characters of the alphabet, which has 32.
func randomText(random io.Reader, alphabet string, n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("random: %w", err)
	}
	for i, b := range raw {
		raw[i] = alphabet[b&31]
	}
	return string(raw), nil
}
