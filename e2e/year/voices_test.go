package year

import (
	"fmt"
	"time"

	"silta/mentoring"
)

// examples are the questions of the year: the two that the real service's facts
// name, and a choice for mentors.
func (w *world) examples() {
	for _, q := range []mentoring.Question{
		{Role: mentoring.Mentee, Wording: mentoring.Wording{Kind: mentoring.QuestionScale, Min: 0, Max: 100, Step: 10, Text: mentoring.Words{"fi": "Luottosuhteet?"}},
			Schedule: mentoring.Schedule{Days: 10, Messages: 12, Reminders: 2, RemindEvery: 10, Repeat: mentoring.RepeatTimes, Times: 2, RepeatDays: 30, RepeatMessages: 100, RepeatLeast: 14}},
		{Role: mentoring.Mentee, Wording: mentoring.Wording{Kind: mentoring.QuestionYesNo, Text: mentoring.Words{"fi": "Saitko apua?"}},
			Schedule: mentoring.Schedule{AfterReply: true, Repeat: mentoring.RepeatUntil, Until: mentoring.Condition{Is: "is", Value: 1}, RepeatDays: 7}},
		{Role: mentoring.Mentor, Wording: mentoring.Wording{Kind: mentoring.QuestionChoice, Text: mentoring.Words{"fi": "Jaksatko?"},
			Choices: []mentoring.Words{{"fi": "kyllä"}, {"fi": "en"}}},
			Schedule: mentoring.Schedule{Days: 20, Repeat: mentoring.RepeatTimes, Times: 5, RepeatDays: 40}},
	} {
		if !w.act(func(a *mentoring.Act) error {
			draft, err := a.NewQuestion(w.staff)
			if err != nil {
				return err
			}
			draft.Role, draft.Wording, draft.Schedule = q.Role, q.Wording, q.Schedule
			if err := a.SaveQuestion(w.staff, &draft); err != nil {
				return err
			}
			return a.StartQuestion(w.staff, draft.Number)
		}) {
			w.t.Fatal("a question was refused")
		}
	}
}

// says are mentees who write to the service of their own accord, and vote.
func (w *world) says(p *mentee) {
	later := func(chance float64, days int, what string, do func(*mentoring.Act) error, values ...any) {
		if !w.yes(chance) {
			return
		}
		w.after(time.Duration(w.rand.IntN(days*24*60))*time.Minute, func() {
			if !p.gone && w.act(do) {
				w.journal.line(w.now, what, append([]any{p.member.ID}, values...)...)
			}
		})
	}
	later(0.2, 60, jFeedback, func(a *mentoring.Act) error {
		_, err := a.WriteRemark(p.member, mentoring.RemarkFeedback, "Hyvä palvelu.")
		return err
	}, "written")
	later(0.1, 60, jFeedback, func(a *mentoring.Act) error { return a.FormShown(p.member) }, "form")
	later(0.1, 60, jIdea, func(a *mentoring.Act) error {
		r, err := a.WriteRemark(p.member, mentoring.RemarkIdea, "Lisää mentoreita.")
		if err == nil {
			w.ideas = append(w.ideas, r.ID)
			err = a.PublishIdea(w.staff, r.ID)
		}
		return err
	}, "mentee")
	later(0.3, 90, jVote, func(a *mentoring.Act) error {
		if len(w.ideas) == 0 {
			return mentoring.Refuse("nothing")
		}
		_, err := a.VoteFor(p.member, w.ideas[w.rand.IntN(len(w.ideas))])
		return err
	})
}

// questioned is somebody being asked: whoever is still there says something within
// some days, long before it lapses.
func (w *world) questioned(k mentoring.Prompt) {
	var q mentoring.Question
	var s mentoring.Membership
	w.read(func(a *mentoring.Act) (err error) {
		if q, err = a.QuestionShown(k); err == nil {
			s, err = a.Tx.Membership(k.Membership)
		}
		return err
	})
	of := fmt.Sprintf("%d.%d", q.Number, q.Version)
	w.journal.line(w.now, jQuestion, s.Member, of)
	w.after(time.Duration(1+w.rand.IntN(4*24*60))*time.Minute, func() { w.reacts(s, q, k.Menu, of) })
}

func (w *world) reacts(s mentoring.Membership, q mentoring.Question, menu int64, of string) {
	if p := w.mentees[s.Member]; p != nil && p.gone {
		return
	}
	var member mentoring.Member
	w.read(func(a *mentoring.Act) (err error) { member, err = a.Tx.Member(s.Member); return err })
	var do func(*mentoring.Act) error
	what := ""
	switch n := w.rand.IntN(20); {
	case n == 0:
		what, do = "never", func(a *mentoring.Act) error { return a.RefuseQuestion(member, menu) }
	case n <= 2:
		what, do = "later", func(a *mentoring.Act) error { return a.PostponeQuestion(member, menu) }
	case n <= 6:
		what, do = "skip", func(a *mentoring.Act) error { return a.SkipQuestion(member, menu) }
	default:
		w.answers(s, member, q, menu, of)
		return
	}
	if w.act(do) {
		w.journal.line(w.now, jSkip, s.Member, of, what)
	}
}

func (w *world) answers(s mentoring.Membership, member mentoring.Member, q mentoring.Question, menu int64, of string) {
	way := []mentoring.Way{mentoring.WayTap, mentoring.WayText, mentoring.WayPoll}[w.rand.IntN(3)]
	values := q.Wording.Values()
	value := values[w.rand.IntN(len(values))]
	if !w.act(func(a *mentoring.Act) error { return a.AnswerQuestion(member, menu, value, "", way) }) {
		return
	}
	if q.Number != mentoring.ClosingQuestion {
		w.journal.line(w.now, jAnswer, s.Member, of, way, value)
		return
	}
	w.journal.line(w.now, jHelped, s.Member, s.Role, value, way)
	if reason := 1 + w.rand.IntN(mentoring.ClosingReasons); w.yes(0.7) && w.act(func(a *mentoring.Act) error { return a.WhyEnded(member, s.ID, reason, way) }) {
		w.journal.line(w.now, jWhy, s.Member, s.Role, reason, way)
	}
}
