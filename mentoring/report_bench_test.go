package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// stocked is a service with so many conversations, and what was counted of them.
func stocked(b *testing.B, conversations int) (*world, mentoring.Member) {
	b.Helper()
	w := newWorld(b)
	staff := w.staff()
	mentee, mentor, c := w.pair(mentoring.Open)
	months := mentoring.YearTerm(2026).Months()[:10]
	for from := 0; from < conversations; from += 1000 {
		w.put(func(tx mentoring.Tx) error {
			for i := range min(1000, conversations-from) {
				talk := mentoring.Conversation{
					Kind: mentoring.KindMentoring, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, State: mentoring.Emptied, Created: w.now,
					Participants: []mentoring.Participant{
						{Number: 1, Member: mentee.ID, Membership: c.Participants[0].Membership, Role: mentoring.Mentee, Presence: mentoring.Removed},
						{Number: 2, Member: mentor.ID, Membership: c.Participants[1].Membership, Role: mentoring.Mentor, Presence: mentoring.Removed},
					},
				}
				if err := tx.PutConversation(&talk); err != nil {
					return err
				}
				for _, name := range []mentoring.CounterName{mentoring.CountRegistered, mentoring.CountWroteSoon, mentoring.CountOpened, mentoring.CountEnded, mentoring.CountMessages} {
					counter := mentoring.Counter{Name: name, Month: months[i%len(months)], Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit}
					if err := tx.Count(counter, 1); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	return w, staff
}

// BenchmarkStats: the figures of 100,000 conversations cost what those of 1,000
// do: at most twice as much, one after the other in turns.
func BenchmarkStats(b *testing.B) {
	type service struct {
		*world
		staff mentoring.Member
		took  time.Duration
	}
	var both [2]service
	for i, n := range []int{1000, 100_000} {
		both[i].world, both[i].staff = stocked(b, n)
	}
	for b.Loop() {
		for i := range both {
			s := &both[i]
			began := time.Now()
			s.look(func(a *mentoring.Act) error {
				_, err := a.Stats(s.staff, mentoring.DefaultProgramme, mentoring.DefaultUnit, a.LastMonths(12))
				return err
			})
			s.took += time.Since(began)
		}
	}
	b.ReportMetric(float64(both[0].took.Microseconds())/float64(b.N), "µs/1000")
	b.ReportMetric(float64(both[1].took.Microseconds())/float64(b.N), "µs/100000")
	ratio := float64(both[1].took) / float64(both[0].took)
	b.ReportMetric(ratio, "ratio")
	if b.N >= 50 && ratio > 2 {
		b.Errorf("100,000 conversations cost %.2f times what 1,000 do", ratio)
	}
}
