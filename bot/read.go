package bot

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The reactions that answer a question. Compared without U+FE0F and without the
// colour of the skin, both of which clients add as they like.
const (
	keyYes  = "👍"
	keyNo   = "👎"
	keySkip = "⏭"
	keyDone = "✅"
)

// keycap is the reaction for the n-th choice. Clients show a plain number just
// as well, which is what choices after the tenth get.
func keycap(n int) string {
	switch {
	case n >= 1 && n <= 9:
		return strconv.Itoa(n) + "\ufe0f\u20e3"
	case n == 10:
		return "🔟"
	}
	return strconv.Itoa(n)
}

// keycaps are the reactions for choices from..to.
func keycaps(from, to int) []string {
	var keys []string
	for n := from; n <= to; n++ {
		keys = append(keys, keycap(n))
	}
	return keys
}

// plainKey takes away what clients add to a reaction.
func plainKey(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '\ufe0f' || r == '\ufe0e' || r == '\u20e3' || r >= 0x1f3fb && r <= 0x1f3ff {
			return -1
		}
		return r
	}, strings.TrimSpace(key))
}

// reply is an answer to a question, however it was given: typed or tapped.
type reply struct {
	text   string // as typed, trimmed; empty when tapped
	number int    // 0: none; 1 and 2 are also yes and no
	many   []int  // all the numbers, when it is nothing but numbers
	yes    bool
	no     bool
	skip   bool
	done   bool
	later  bool
	never  bool
}

// tapped reads a reaction.
func tapped(key string) reply {
	switch key = plainKey(key); key {
	case keyYes:
		return reply{yes: true}
	case keyNo:
		return reply{no: true}
	case keySkip:
		return reply{skip: true}
	case keyDone:
		return reply{done: true}
	case "🔟":
		return reply{number: 10, many: []int{10}}
	}
	if n := number(key); n > 0 {
		return reply{number: n, many: []int{n}}
	}
	return reply{}
}

// typed reads a text.
func (b *Bot) typed(text string) reply {
	text = strings.TrimSpace(text)
	if len(text) <= 16 {
		if r := tapped(text); r.yes || r.no || r.skip || r.done || r.number > 0 {
			r.text = text
			return r
		}
	}
	r := reply{text: text, many: numbers(text)}
	if len(r.many) > 0 {
		r.number = r.many[0]
	}
	switch b.answers[word(text)] {
	case "yes":
		r.yes = true
	case "no":
		r.no = true
	case "skip":
		r.skip = true
	case "done":
		r.done = true
	case "later":
		r.later = true
	case "never":
		r.never = true
	}
	return r
}

// number reads "3", "3.", "3)", "#3" and full-width digits; 0 if it is none.
func number(s string) int {
	w := strings.TrimRight(strings.TrimLeft(fold(s), " #("), " .):,!")
	if w == "" || len(w) > 9 {
		return 0
	}
	for _, r := range w {
		if r < '0' || r > '9' {
			return 0
		}
	}
	n, err := strconv.Atoi(w)
	if err != nil {
		return 0
	}
	return n
}

// numbers reads "1 3", "1, 3" and "1,3"; nil if there is anything else.
func numbers(s string) []int {
	if len(s) > foldLimit {
		return nil
	}
	var all []int
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' || r == '+' }) {
		n := number(f)
		if n == 0 {
			return nil
		}
		all = append(all, n)
	}
	return all
}

// dateError says why a day could not be read.
type dateError int

const (
	noDate   dateError = iota // it is not a day at all: it belongs to the text
	badDate                   // 31.2.
	pastDate                  // gone already
)

// day reads "2026-12-24", "24.12." and "24.12.2026" as that day in zone. A day
// without a year is the next such day from today on.
func day(s string, now time.Time, zone *time.Location) (time.Time, dateError, bool) {
	y, m, d, ok := dayParts(s)
	if !ok {
		return time.Time{}, noDate, false
	}
	now = now.In(zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	year := y
	if y == 0 {
		year = now.Year()
	}
	t := time.Date(year, time.Month(m), d, 0, 0, 0, 0, zone)
	if y == 0 && t.Before(today) {
		t = time.Date(year+1, time.Month(m), d, 0, 0, 0, 0, zone)
	}
	switch {
	case m < 1 || m > 12 || t.Day() != d || t.Month() != time.Month(m):
		return time.Time{}, badDate, false
	case t.Before(today):
		return time.Time{}, pastDate, false
	}
	return t, 0, true
}

// dayParts reads a day's numbers; y is 0 when the year is not said.
func dayParts(s string) (y, m, d int, ok bool) {
	s = strings.Trim(fold(s), ",;:!? ")
	if p := strings.Split(s, "-"); len(p) == 3 && len(p[0]) == 4 {
		y, m, d = digits(p[0]), digits(p[1]), digits(p[2])
	} else if p := strings.Split(strings.TrimSuffix(s, "."), "."); len(p) == 2 || len(p) == 3 && len(p[2]) == 4 {
		d, m = digits(p[0]), digits(p[1])
		if len(p) == 3 {
			y = digits(p[2])
		}
	} else {
		return 0, 0, 0, false
	}
	return y, m, d, y >= 0 && m >= 0 && d >= 0
}

// digits reads one to four digits; -1 if there is anything else.
func digits(s string) int {
	if s == "" || len(s) > 4 {
		return -1
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return -1
		}
	}
	n, _ := strconv.Atoi(s)
	return n
}
