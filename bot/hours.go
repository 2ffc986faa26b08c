package bot

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"silta/mentoring"
)

// dayNames are the words in locale/ for days of the week and for several at
// once. The days are in order, from Monday.
func dayNames() []string {
	return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun", "daily", "weekdays", "weekends", "always"}
}

// hours shows or sets when a mentor reads messages: "hours ma-to 17-20, la 10-12".
func (t *turn) hours(rest string) error {
	if rest == "" {
		v, err := t.act.OwnAvailability(*t.member)
		if err != nil {
			return err
		}
		if len(v.Hours) == 0 {
			t.say("hours.none")
			return nil
		}
		t.say("hours.now", "hours", t.hoursText(v.Hours))
		return nil
	}
	spans, ok := t.readHours(rest)
	if !ok {
		t.say("hours.how")
		return nil
	}
	h := mentoring.NewHours(spans)
	if err := t.act.SetHours(*t.member, h); err != nil {
		return err
	}
	if len(h) == 0 {
		t.say("hours.always")
		return nil
	}
	t.say("hours.done", "hours", t.hoursText(h))
	return nil
}

// readHours reads days and the times that follow them. Words for "whenever", or
// a hyphen, give no spans.
func (t *turn) readHours(text string) (spans []mentoring.Span, ok bool) {
	if text = strings.TrimSpace(text); text == "-" || text == "–" || t.dayName(word(text)) == "always" {
		return nil, true
	}
	var days []time.Weekday
	timed := true // the days have their times: the next word begins new ones
	for _, f := range hourWords(text) {
		if unicode.IsDigit(rune(f[0])) {
			from, to, fine := timeSpan(f)
			if !fine || len(days) == 0 {
				return nil, false
			}
			timed = true
			for _, d := range days {
				spans = append(spans, mentoring.Span{Day: d, From: from, To: to})
			}
			continue
		}
		more, fine := t.dayRange(f)
		if !fine {
			return nil, false
		}
		if timed {
			days, timed = nil, false
		}
		days = append(days, more...)
	}
	return spans, timed && len(spans) > 0
}

// hourWords cuts a text into days ("ma-to") and times ("17-20"), without what
// people put between them.
func hourWords(text string) []string {
	text = strings.NewReplacer("–", "-", "—", "-", "‒", "-", ",", " ", ";", " ").Replace(fold(text))
	for strings.Contains(text, " -") || strings.Contains(text, "- ") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, " -", "-"), "- ", "-")
	}
	var all []string
	for _, f := range strings.Fields(text) {
		f = strings.Trim(f, ".:()")
		switch f {
		case "", "klo", "kl", "at", "ja", "och", "and", "sekä":
		default:
			all = append(all, f)
		}
	}
	return all
}

// dayName finds a day's word, in the person's own language first: the words of
// the others mean something else here and there.
func (t *turn) dayName(w string) string {
	for _, lang := range t.languages() {
		if name := t.b.days[lang][w]; name != "" {
			return name
		}
	}
	return ""
}

// dayRange reads "ma", "ma-to" and "weekdays".
func (t *turn) dayRange(f string) ([]time.Weekday, bool) {
	first, last, isRange := strings.Cut(f, "-")
	from, to := t.dayNumber(first), t.dayNumber(last)
	switch {
	case isRange && (from < 0 || to < 0):
		return nil, false
	case isRange && from <= to:
		return weekdays(from, to), true
	case isRange:
		return append(weekdays(from, 6), weekdays(0, to)...), true
	case from >= 0:
		return weekdays(from, from), true
	}
	switch t.dayName(word(first)) {
	case "daily":
		return weekdays(0, 6), true
	case "weekdays":
		return weekdays(0, 4), true
	case "weekends":
		return weekdays(5, 6), true
	}
	return nil, false
}

// dayNumber is 0 for Monday; -1 when it is no day.
func (t *turn) dayNumber(w string) int {
	name := t.dayName(word(w))
	for i, n := range dayNames()[:7] {
		if n == name {
			return i
		}
	}
	return -1
}

// weekdays are the days from..to, counted from Monday.
func weekdays(from, to int) (days []time.Weekday) {
	for i := from; i <= to; i++ {
		days = append(days, time.Weekday((i+1)%7))
	}
	return days
}

// timeSpan reads "17-20", "17.30-20:15" and "22-2".
func timeSpan(f string) (from, to int, ok bool) {
	first, last, isRange := strings.Cut(f, "-")
	from, fine := minuteOfDay(first)
	to, alsoFine := minuteOfDay(last)
	if !isRange || !fine || !alsoFine || from == mentoring.DayMinutes || from == to {
		return 0, 0, false
	}
	return from, to, true
}

func minuteOfDay(s string) (int, bool) {
	hour, minute, _ := strings.Cut(strings.ReplaceAll(s, ".", ":"), ":")
	h := digits(hour)
	m := 0
	if minute != "" {
		m = digits(minute)
	}
	if len(hour) > 2 || h < 0 || h > 24 || m < 0 || m > 59 || len(minute) == 1 || h == 24 && m > 0 {
		return 0, false
	}
	return h*60 + m, true
}

// hoursText tells hours in one line; days after one another with the same times
// go together.
func (t *turn) hoursText(h mentoring.Hours) string {
	var times [7]string
	for _, s := range h {
		i := (int(s.Day) + 6) % 7
		if times[i] != "" {
			times[i] += " "
		}
		times[i] += clock(s.From) + "–" + clock(s.To)
	}
	var parts []string
	for i := 0; i < 7; {
		j := i
		for j+1 < 7 && times[j+1] == times[i] {
			j++
		}
		if times[i] != "" {
			day := t.text("day." + dayNames()[i])
			if j > i {
				day += "–" + t.text("day."+dayNames()[j])
			}
			parts = append(parts, day+" "+times[i])
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

func clock(minute int) string {
	if minute%60 == 0 {
		return strconv.Itoa(minute / 60)
	}
	return strconv.Itoa(minute/60) + "." + strconv.Itoa(minute%60/10) + strconv.Itoa(minute%10)
}

// free says that the mentor is free for a while: "free for 2 h", "free" for an
// hour, "free no" to end it.
func (t *turn) free(rest string) error {
	d, ok := t.readDuration(rest)
	if !ok {
		t.say("free.how")
		return nil
	}
	until, err := t.act.FreeFor(*t.member, d)
	if err != nil {
		return err
	}
	if d == 0 {
		t.say("free.over")
	} else {
		t.say("free.done", "until", until)
	}
	return nil
}

// readDuration reads "1h", "for 2 hours", "90 min"; a number alone is hours,
// nothing is an hour, "no" is zero.
func (t *turn) readDuration(text string) (time.Duration, bool) {
	if t.b.typed(text).no {
		return 0, true
	}
	var number string
	unit := time.Hour
	for _, f := range strings.Fields(fold(text)) {
		cut := strings.IndexFunc(f, func(r rune) bool { return !unicode.IsDigit(r) })
		if cut < 0 {
			cut = len(f)
		}
		if cut > 0 {
			if number != "" {
				return 0, false
			}
			number, f = f[:cut], f[cut:]
		}
		switch {
		case f == "", f == "for", f == "i":
		case strings.HasPrefix(f, "m"):
			unit = time.Minute
		case strings.HasPrefix(f, "h"), strings.HasPrefix(f, "t"):
		default:
			return 0, false
		}
	}
	if number == "" {
		return unit, unit == time.Hour
	}
	n := digits(number)
	return time.Duration(n) * unit, n > 0
}

// capacity shows or sets how many conversations the mentor wants to have.
func (t *turn) capacity(rest string) error {
	if rest == "" {
		v, err := t.act.OwnAvailability(*t.member)
		if err != nil {
			return err
		}
		t.say("capacity.now", "n", v.Limit(t.act.Rules))
		return nil
	}
	n := number(rest)
	if n == 0 {
		t.say("capacity.how")
		return nil
	}
	if err := t.act.SetCapacity(*t.member, n); err != nil {
		return err
	}
	t.say("capacity.done", "n", n)
	return nil
}

// limit is staff saying how many conversations a mentor may have: "limit 12 4".
func (t *turn) limit(rest string) error {
	both := numbers(rest)
	if len(both) != 2 {
		t.say("limit.how")
		return nil
	}
	if err := t.act.SetCeiling(*t.member, mentoring.MembershipID(both[0]), both[1]); err != nil {
		return err
	}
	t.say("limit.done", "number", both[0], "n", both[1])
	return nil
}
