package bot_test

import (
	"strconv"
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
			case "topics":
				c.Topics = strings.Split(value, ",")
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

// submitted gives a mentor's card to staff.
func (s *script) submitted(name string, topics []string) {
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
		c.AgeBand, c.Area, c.Story, c.Topics = "25–34", "Uusimaa", "Kuuntelen.", topics
		if err := a.SaveCard(m, &c); err != nil {
			return err
		}
		return a.SubmitCard(m)
	})
}

// guided has a mentor read the whole guide.
func (s *script) guided(name string) {
	s.t.Helper()
	s.must(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(s.people[name])
		if err != nil {
			return err
		}
		for n := range s.bot.GuideSteps() {
			if _, err := a.ReadGuide(m, n+1, s.bot.GuideSteps()); err != nil {
				return err
			}
		}
		return nil
	})
}

// offered shows the cards of askings in the mentors' rooms, as the last step
// left them.
func (s *script) offered() {
	s.t.Helper()
	effects := s.effects
	for _, e := range effects {
		if asked, ok := e.(mentoring.Notify); ok && asked.Menu != 0 {
			for name, id := range s.people {
				if id == asked.Member {
					s.menus[name] = append(s.menus[name], asked.Menu)
				}
			}
		}
		shown, ok := e.(mentoring.ShowOffer)
		if !ok {
			continue
		}
		s.must(func(a *mentoring.Act) error {
			q, err := a.Tx.Asking(shown.Offer.Asking)
			if err != nil {
				return err
			}
			topics, err := a.Topics(q.Programme)
			text, buttons := s.bot.Offer(s.lang, topics, &q)
			s.vars["$asking"] = strconv.FormatInt(int64(q.ID), 10)
			s.offers[shown.Offer.Menu] = text
			for name, id := range s.people {
				if id == shown.Offer.Member && len(buttons) > 0 {
					s.menus[name] = append(s.menus[name], shown.Offer.Menu)
				}
			}
			return err
		})
	}
	s.effects = effects
}
