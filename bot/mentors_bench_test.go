package bot_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"silta/bot"
	"silta/mentoring"
)

// BenchmarkMentors asks for mentors with all filters in turns over 50 and over
// 1,000 of them, a whole step with its commit each time, and prints the ratio of
// the medians (bound: 5).
func BenchmarkMentors(b *testing.B) {
	small, large := catalogueOf(b, 50), catalogueOf(b, 1000)
	var times [2][]time.Duration
	b.ResetTimer()
	for i := range b.N {
		for k, w := range []*world{small, large} {
			if i%10 == 0 { // something changes between two looks
				w.now = w.now.Add(time.Second)
				w.must(func(a *mentoring.Act) error {
					list, err := a.Tx.Listings(mentoring.DefaultProgramme)
					if err != nil {
						return err
					}
					card := list[i%len(list)].Card
					card.Updated = w.now
					return a.Tx.PutCard(&card)
				})
			}
			began := time.Now()
			w.handle("aino", bot.Request{Input: bot.Input{Kind: bot.Text, Text: "mentorit työelämä opiskelu suomi ruotsi nainen 25-34 vertainen uusimaa masennus"}})
			times[k] = append(times[k], time.Since(began))
		}
	}
	var median [2]time.Duration
	for k := range times {
		slices.Sort(times[k])
		median[k] = times[k][len(times[k])/2]
	}
	b.ReportMetric(float64(median[0].Microseconds()), "µs/50")
	b.ReportMetric(float64(median[1].Microseconds()), "µs/1000")
	b.ReportMetric(float64(median[1])/float64(median[0]), "ratio")
}

// catalogueOf is a service with that many mentors, a tenth of whom fit.
func catalogueOf(b *testing.B, n int) *world {
	b.Helper()
	w := newWorld(b, "fi")
	w.mentee("aino", "Otter")
	first := w.mentor("m0", "Mentori", "work")
	w.must(func(a *mentoring.Act) error {
		member, err := a.Tx.Membership(first)
		if err != nil {
			return err
		}
		card, err := a.Tx.Card(first)
		if err != nil {
			return err
		}
		for i := range n {
			m := mentoring.Member{Address: fmt.Sprintf("@many%d:example.org", i), Join: mentoring.JoinDone, Consent: 1}
			if err := a.Tx.PutMember(&m); err != nil {
				return err
			}
			s := member
			s.ID, s.Member = 0, m.ID
			if err := a.Tx.PutMembership(&s); err != nil {
				return err
			}
			c := card
			c.Membership, c.Alias = s.ID, fmt.Sprint("Mentori-", i)
			c.Area = []string{"Uusimaa", "Pirkanmaa", "Lappi", "Åland", "Kainuu"}[i%5]
			c.Story = fmt.Sprintf("Toivuin masennuksesta ja yksinäisyydestä. Opiskelin, tein työtä ja sain perheen. Kerron mielelläni lisää %d.", i)
			c.Gender = mentoring.Genders()[i%2]
			c.Languages = []mentoring.Language{"fi", "sv"}[:1+i%2]
			if err := a.Tx.PutCard(&c); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}
