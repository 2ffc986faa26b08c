package bot_test

import (
	"silta/bot"
	"silta/mentoring"
)

// aside runs something that the script does not see.
func (w *world) aside(do func(a *mentoring.Act) error) {
	w.t.Helper()
	effects := w.effects
	w.must(do)
	w.effects = effects
}

func (w *world) ownerOf(id mentoring.MembershipID) (m mentoring.MemberID) {
	w.t.Helper()
	w.aside(func(a *mentoring.Act) error {
		s, err := a.Tx.Membership(id)
		m = s.Member
		return err
	})
	return m
}

// questionLine is a question as its person sees it.
func (w *world) questionLine(e mentoring.ShowQuestion) (line bot.Line) {
	w.t.Helper()
	w.aside(func(a *mentoring.Act) error {
		q, err := a.QuestionShown(e.Prompt)
		line, _, _ = w.bot.Question(w.lang, &e.Prompt, &q)
		return err
	})
	return line
}

// remarkText is the head of a remark's thread in the staff room.
func (w *world) remarkText(id int64) (text string) {
	w.t.Helper()
	w.aside(func(a *mentoring.Act) error {
		r, err := a.Tx.Remark(id)
		text = w.bot.Remark(w.lang, &r)
		return err
	})
	return text
}

// questionsShown lets later lines of the script tap on the questions that the
// last step has shown.
func (s *script) questionsShown() {
	s.t.Helper()
	for _, e := range s.effects {
		shown, ok := e.(mentoring.ShowQuestion)
		if !ok {
			continue
		}
		owner := s.ownerOf(shown.Prompt.Membership)
		for name, id := range s.people {
			if id == owner {
				s.learn(name, s.questionLine(shown))
			}
		}
	}
}

// see lets later lines of the script refer to what time has brought.
func (s *script) see() {
	s.t.Helper()
	s.alarmed()
	s.offered()
	s.questionsShown()
}
