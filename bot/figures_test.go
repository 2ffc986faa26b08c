package bot_test

import (
	"slices"
	"strconv"

	"silta/mentoring"
)

// figures does what dialogues about figures begin with.
func (s *script) figures(f []string) {
	if f[0] == "counted" {
		s.counted(f[1:])
		return
	}
	role, unit := mentoring.Evaluator, mentoring.DefaultUnit
	if f[0] == "evaluator" {
		s.mentee(f[1], f[2])
	} else {
		role, unit = mentoring.Coordinator, mentoring.Unit(f[2])
	}
	s.must(func(a *mentoring.Act) error {
		return a.Tx.PutMembership(&mentoring.Membership{
			Member: s.people[f[1]], Programme: mentoring.DefaultProgramme, Unit: unit,
			Role: role, State: mentoring.Active, Created: s.now,
		})
	})
}

// counted puts a counter as if so many things had happened.
func (s *script) counted(f []string) {
	n, err := strconv.Atoi(f[2])
	if err != nil {
		s.t.Fatalf("%s: %v", s.at, err)
	}
	c := mentoring.Counter{
		Name: mentoring.CounterName(f[0]), Month: f[1], Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
		Trial: slices.Contains(f, "trial"),
	}
	if len(f) > 4 {
		c.Unit = mentoring.Unit(f[4])
	}
	if len(f) > 3 && f[3] != "trial" && f[3] != "-" {
		c.About = f[3]
	}
	s.must(func(a *mentoring.Act) error { return a.Tx.Count(c, int64(n)) })
}
