package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// OnCall is how an urgent call reaches staff. They can change People and Hours
// with the command `oncall`; what they say goes before what stands here.
type OnCall struct {
	// People are called one after another, in this order, then everybody; none:
	// everybody at once. They must be staff.
	People []string `yaml:"people"`
	// Hours are when somebody of the staff is there; none: always.
	Hours []WeekHours `yaml:"hours"`
	// Repeat is from one call to the next while nobody answers; Tries is how
	// often one person is called before the next one is.
	Repeat Duration `yaml:"repeat"`
	Tries  int      `yaml:"tries"`
}

func defaultOnCall() OnCall {
	return OnCall{People: []string{}, Hours: []WeekHours{}, Repeat: Duration(5 * time.Minute), Tries: 2}
}

// WeekHours are the same hours of one or more days of the week, by the wall
// clock of the service's zone.
type WeekHours struct {
	Days     []time.Weekday
	From, To int // minutes from midnight; To before From: until then on the next day
}

// UnmarshalYAML reads "mon-fri 08:00-16:00", "sat 10:00-14:00" and "daily 22:00-02:00".
func (h *WeekHours) UnmarshalYAML(node *yaml.Node) error {
	days, times, _ := strings.Cut(strings.ToLower(strings.TrimSpace(node.Value)), " ")
	from, to, _ := strings.Cut(strings.TrimSpace(times), "-")
	var ok [3]bool
	h.Days, ok[0] = weekdaysOf(days)
	h.From, ok[1] = minuteOf(from)
	h.To, ok[2] = minuteOf(to)
	if slices.Contains(ok[:], false) || h.From == h.To {
		return fmt.Errorf("%q is not a time of the week; write for example mon-fri 08:00-16:00", node.Value)
	}
	return nil
}

func weekdaysOf(s string) (days []time.Weekday, ok bool) {
	names := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	if s == "daily" {
		s = "mon-sun"
	}
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	from, to := slices.Index(names, first), slices.Index(names, last)
	if from < 0 || to < 0 {
		return nil, false
	}
	for i := from; ; i = (i + 1) % 7 {
		days = append(days, time.Weekday((i+1)%7))
		if i == to {
			return days, true
		}
	}
}

func minuteOf(s string) (int, bool) {
	hour, minute, ok := strings.Cut(strings.TrimSpace(s), ":")
	h, err := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	if !ok || err != nil || err2 != nil || len(minute) != 2 || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, false
	}
	return h*60 + m, true
}

func (o *OnCall) check(k *checker, key string) {
	k.must(o.Repeat.Std() >= time.Minute && o.Repeat.Std() <= time.Hour, key+".repeat", "%s is out of bounds; between 1m and 1h", o.Repeat)
	k.must(o.Tries >= 1 && o.Tries <= 10, key+".tries", "%d is out of bounds; between 1 and 10", o.Tries)
	for i, id := range o.People {
		_, _, ok := splitID(id)
		k.must(ok, fmt.Sprintf("%s.people[%d]", key, i+1), "%q is not a Matrix ID; write for example @anna:yhdistys.fi", id)
		k.must(!slices.Contains(o.People[:i], id), fmt.Sprintf("%s.people[%d]", key, i+1), "is here twice")
	}
}
