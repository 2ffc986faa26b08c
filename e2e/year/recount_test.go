package year

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRecount: each promise that a journal breaks is counted, and none that it
// keeps. Times are in minutes from Monday the 4th of January 2027, midnight UTC.
func TestRecount(t *testing.T) {
	const day = 24 * 60
	begin := "0 zone UTC|0 tick 10|0 mentor 1|0 limit 1 1|0 hours 1 -|0 mentee 9|1 place 5 1 9|2 open 5|2 say 5 mentee|"
	for name, test := range map[string]struct {
		journal string
		broken  string
	}{
		"answered":                {begin + "2 show 5|60 say 5 mentor|90 over 5", ""},
		"offered in time":         {begin + fmt.Sprintf("%d offer 5|%d over 5", 2+2*day, 9*day), ""},
		"offered late":            {begin + fmt.Sprintf("%d offer 5", 2*day+13), "1 mentees had neither"},
		"never":                   {begin + fmt.Sprintf("%d nobody 9", 3*day), "1 mentees had neither"},
		"above the limit":         {begin + "5 place 6 1 9|60 say 5 mentor", "1 times a mentor"},
		"a place given back":      {begin + "5 say 5 mentor|6 over 5|7 place 6 1 9", ""},
		"in quiet hours":          {begin + "3 hours 1 1-600-660|4 show 5|5 say 5 mentor", "1 messages came"},
		"in hours":                {begin + "3 hours 1 1-600-660|600 show 5|605 say 5 mentor", ""},
		"at their end":            {begin + "3 hours 1 1-600-660|660 show 5|665 say 5 mentor", "1 messages came"},
		"opened":                  {begin + "3 hours 1 1-600-660|4 say 5 mentor|64 show 5", ""},
		"opened too long ago":     {begin + "3 hours 1 1-600-660|4 say 5 mentor|65 show 5", "1 messages came"},
		"reminded out of hours":   {begin + "3 hours 1 1-600-660|4 remind 5|5 say 5 mentor", "1 reminders came"},
		"reminded twice":          {begin + "4 remind 5|5 remind 5|6 say 5 mentor", "1 things were told twice"},
		"reminded in two waiting": {begin + "4 remind 5|5 say 5 mentor|6 say 5 mentee|7 remind 5|8 say 5 mentor", ""},
		"asked":                   {begin + "4 say 5 mentor|5 stop 1|6 over 5|60 ask 5", ""},
		"asked late":              {begin + "4 say 5 mentor|5 stop 1|6 over 5|66 ask 5", "1 mentees were not asked"},
		"not asked":               {begin + "4 say 5 mentor|5 stop 1|6 over 5|70 nobody 9", "1 mentees were not asked"},
	} {
		figures := recounted(t, test.journal)
		broken := strings.Join(figures.Broken(), "; ")
		if test.broken == "" && broken != "" || !strings.Contains(broken, test.broken) || strings.Contains(broken, ";") {
			t.Errorf("%s: broken %q, want %q", name, broken, test.broken)
		}
	}
}

// TestRecountSpread: 0 when all hours bring the same, whosever they are; the
// hours of who is away or full are none.
func TestRecountSpread(t *testing.T) {
	even := recounted(t, "0 zone UTC|0 tick 10|0 mentor 1|0 limit 1 9|0 mentor 2|0 limit 2 9|600 away 2|"+
		"601 place 1 1 9|602 place 2 1 9|603 place 3 2 9|1200 stop 1|1200 nobody 9")
	if even.Gini > 0.001 || even.Gini < -0.001 {
		t.Errorf("even, and yet %.3f", even.Gini)
	}
	uneven := recounted(t, "0 zone UTC|0 tick 10|0 mentor 1|0 limit 1 9|0 mentor 2|0 limit 2 9|601 place 1 1 9|1200 nobody 9")
	if uneven.Gini < 0.49 {
		t.Errorf("one of two has all: %.3f", uneven.Gini)
	}
}

func recounted(t *testing.T, journal string) *Figures {
	t.Helper()
	monday := time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	for line := range strings.SplitSeq(journal, "|") {
		var minute int64
		_, err := fmt.Sscanf(line, "%d", &minute)
		_, rest, ok := strings.Cut(line, " ")
		if err != nil || !ok {
			t.Fatalf("%q", line)
		}
		fmt.Fprintln(&b, monday.Add(time.Duration(minute)*time.Minute).UnixMilli(), rest)
	}
	figures, err := Recount(strings.NewReader(b.String()), Bounds{Offer: 48 * time.Hour, Awake: time.Hour, Ask: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return figures
}
