package bot_test

import (
	"strings"

	"silta/mentoring"
)

// carded puts values on a mentor's card, past staff.
func (s *script) carded(name string, values []string) {
	s.t.Helper()
	s.must(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(s.people[name])
		if err != nil {
			return err
		}
		c, err := a.MyCard(m)
		if err != nil {
			return err
		}
		for _, pair := range values {
			key, value, _ := strings.Cut(pair, "=")
			value = strings.ReplaceAll(value, "_", " ")
			switch key {
			case "area":
				c.Area = value
			case "languages":
				c.Languages = nil
				for l := range strings.SplitSeq(value, ",") {
					c.Languages = append(c.Languages, mentoring.Language(l))
				}
			case "gender":
				c.Gender = mentoring.Gender(value)
			case "age":
				c.AgeBand = value
			case "kind":
				c.Kind = mentoring.HelperKind(value)
			case "story":
				c.Story = value
			default:
				s.t.Fatalf("%s: what is %s?", s.at, key)
			}
		}
		return a.Tx.PutCard(&c)
	})
}
