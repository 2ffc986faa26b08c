package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestQuestions: wordings, and when they come to whom.
func TestQuestions(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		q := mentoring.Question{
			Version: 1, Programme: "p", Unit: "u", Role: mentoring.Mentee, State: mentoring.QuestionAsking, Created: w.now(),
			Wording:  mentoring.Wording{Kind: mentoring.QuestionScale, Text: mentoring.Words{"fi": "Autoiko?"}, Max: 100, Step: 10, Low: mentoring.Words{"fi": "ei"}},
			Schedule: mentoring.Schedule{Days: 7, Repeat: mentoring.RepeatUntil, Until: mentoring.Condition{Is: "least", Value: 60}},
		}
		s.write(func(tx *store.Tx) error { return tx.PutQuestion(&q) })
		same(t, "its number", q.Number, q.ID)
		second := q
		second.ID, second.Version, second.Wording.Text = 0, 2, mentoring.Words{"fi": "Autoiko se?"}
		q.State, q.Cursor = mentoring.QuestionReplaced, 17
		s.write(func(tx *store.Tx) error {
			if err := tx.PutQuestion(&q); err != nil {
				return err
			}
			return tx.PutQuestion(&second)
		})
		same(t, "the wordings in force", both(s, "questions", func(tx *store.Tx) ([]mentoring.Question, error) { return tx.Questions("p") }), []mentoring.Question{second})
		same(t, "the one before", both(s, "question", func(tx *store.Tx) (mentoring.Question, error) { return tx.Question(q.ID) }), q)

		first := c.memberships[0]
		same(t, "memberships after", both(s, "after", func(tx *store.Tx) ([]mentoring.Membership, error) {
			return tx.MembershipsAfter(first.Programme, first.Role, first.ID-1, 5)
		}), []mentoring.Membership{first})
		same(t, "none after", len(both(s, "after", func(tx *store.Tx) ([]mentoring.Membership, error) {
			return tx.MembershipsAfter(first.Programme, first.Role, first.ID, 5)
		})), 0)

		k := mentoring.Prompt{Membership: first.ID, Question: q.Number, Due: w.now().Add(time.Hour), At: 3, PromptTrail: mentoring.PromptTrail{
			State: mentoring.PromptShown, Wording: q.ID, Menu: 5, Last: w.now(), Reminded: 1, Answered: 2, NotBefore: w.now(), About: []string{"Kanerva"},
		}}
		s.write(func(tx *store.Tx) error { return tx.PutPrompt(&k) })
		of := func() []mentoring.Prompt {
			list := both(s, "prompts", func(tx *store.Tx) ([]mentoring.Prompt, error) { return tx.PromptsOf(first.ID) })
			for i := range list {
				list[i].Last, list[i].NotBefore = list[i].Last.In(w.now().Location()), list[i].NotBefore.In(w.now().Location())
			}
			return list
		}
		if got := of(); len(got) != 1 || got[0].Wording != k.Wording || !got[0].Last.Equal(k.Last) || got[0].About[0] != "Kanerva" {
			t.Errorf("prompts are %+v", got)
		}
		due := func(at time.Time) int {
			return len(both(s, "due", func(tx *store.Tx) ([]mentoring.Prompt, error) { return tx.DuePrompts(at, 5) }))
		}
		same(t, "not due", due(w.now()), 0)
		same(t, "due", due(k.Due), 1)
		awaited := func() (ids []mentoring.MembershipID) {
			s.write(func(tx *store.Tx) (err error) { ids, err = tx.SentDue(5); return err })
			return ids
		}
		for n := range 3 {
			same(t, "not enough sent", len(awaited()), 0)
			s.write(func(tx *store.Tx) error { return tx.AddSent(first.ID) })
			same(t, "sent", func() (got int64) {
				s.write(func(tx *store.Tx) (err error) { got, err = tx.Sent(first.ID); return err })
				return got
			}(), int64(n+1))
		}
		same(t, "enough sent", awaited(), []mentoring.MembershipID{first.ID})
		k.At, k.Due = 0, time.Time{}
		s.write(func(tx *store.Tx) error { return tx.PutPrompt(&k) })
		same(t, "no longer awaited", len(awaited()), 0)
		same(t, "never due", due(w.now().Add(1000*time.Hour)), 0)

		p := mentoring.Questioned{Member: c.mentee.ID, Last: w.now(), Off: true, Hours: mentoring.Hours{{Day: time.Monday, From: 60, To: 120}}}
		s.write(func(tx *store.Tx) error { return tx.PutQuestioned(&p) })
		got := both(s, "questioned", func(tx *store.Tx) (mentoring.Questioned, error) { return tx.Questioned(c.mentee.ID) })
		if !got.Last.Equal(p.Last) || !got.Off || got.Hours[0] != p.Hours[0] {
			t.Errorf("questioned is %+v", got)
		}
		same(t, "nothing yet", both(s, "questioned", func(tx *store.Tx) (mentoring.Questioned, error) { return tx.Questioned(c.mentor.ID) }),
			mentoring.Questioned{Member: c.mentor.ID})
	})
}

// TestRemarks: what people wrote, the way back to them, and their votes.
func TestRemarks(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		r := mentoring.Remark{
			Kind: mentoring.RemarkIdea, Programme: "p", Unit: "u", State: mentoring.RemarkShown, Day: w.now(), Due: w.now().Add(time.Hour),
			Text: "Iltaryhmä", Answer: "Tulossa", Writer: c.mentee.ID, Votes: 2,
		}
		s.write(func(tx *store.Tx) error { return tx.PutRemark(&r) })
		one := func() mentoring.Remark {
			return both(s, "remark", func(tx *store.Tx) (mentoring.Remark, error) { return tx.Remark(r.ID) })
		}
		same(t, "remark", one(), r)
		same(t, "due", both(s, "due", func(tx *store.Tx) ([]mentoring.Remark, error) { return tx.DueRemarks(r.Due, 5) }), []mentoring.Remark{r})
		same(t, "open", len(both(s, "open", func(tx *store.Tx) ([]mentoring.Remark, error) {
			return tx.Remarks("p", "u", 5, mentoring.RemarkOpen)
		})), 0)
		same(t, "shown", both(s, "shown", func(tx *store.Tx) ([]mentoring.Remark, error) {
			return tx.Remarks("p", "u", 5, mentoring.RemarkOpen, mentoring.RemarkShown)
		}), []mentoring.Remark{r})
		less := r
		less.ID, less.Votes = 0, 1
		s.write(func(tx *store.Tx) error { return tx.PutRemark(&less) })
		same(t, "ideas", both(s, "ideas", func(tx *store.Tx) ([]mentoring.Remark, error) { return tx.Ideas("p", "u", 5) }), []mentoring.Remark{r, less})

		vote := func(m mentoring.MemberID) (fresh bool) {
			s.write(func(tx *store.Tx) (err error) { fresh, err = tx.AddVote(r.ID, m); return err })
			return fresh
		}
		if !vote(c.mentee.ID) || vote(c.mentee.ID) || !vote(c.mentor.ID) {
			t.Error("a vote is not one for each")
		}
		s.write(func(tx *store.Tx) error { return tx.EraseMember(c.mentee.ID) })
		gone := r
		gone.Writer = 0
		same(t, "after its writer was deleted", one(), gone)
		if !vote(c.mentee.ID) {
			t.Error("the vote of somebody who was deleted is still there")
		}
		if vote(c.mentor.ID) {
			t.Error("the other's vote is gone")
		}
		s.write(func(tx *store.Tx) error { return tx.DeleteRemark(r.ID) })
		err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Remark(r.ID); return err })
		wantError(t, "deleted", err, mentoring.ErrNotFound)
	})
}
