package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// OpenQuestion is a question that somebody can answer now.
type OpenQuestion struct {
	Prompt   Prompt
	Question Question // the wording that was shown
	mine     Membership
}

// OpenQuestions are the questions that somebody can answer, the newest first.
// With all they include those that they have skipped or put off.
func (a *Act) OpenQuestions(m Member, all bool) ([]OpenQuestion, error) {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return nil, fmt.Errorf("memberships: %w", err)
	}
	var open []OpenQuestion
	for _, s := range list {
		if s.State == Ended {
			continue
		}
		asked, err := a.Tx.PromptsOf(s.ID)
		if err != nil {
			return nil, fmt.Errorf("asked: %w", err)
		}
		for _, k := range asked {
			if k.State != PromptShown && (!all || k.State != PromptSkipped && k.State != PromptLater) {
				continue
			}
			q, err := a.QuestionShown(k)
			if err != nil {
				return nil, err
			}
			now, err := a.currentQuestion(q.Number)
			if err != nil {
				return nil, err
			}
			if now.State == QuestionAsking {
				open = append(open, OpenQuestion{k, q, s})
			}
		}
	}
	slices.SortFunc(open, func(x, y OpenQuestion) int { return y.Prompt.Last.Compare(x.Prompt.Last) })
	return open, nil
}

// currentQuestion is the wording of a question that is asked, or that was stopped.
func (a *Act) currentQuestion(number int64) (Question, error) {
	if number == ClosingQuestion {
		return closingQuestion(), nil
	}
	all, err := a.Tx.Questions(DefaultProgramme)
	if err != nil {
		return Question{}, fmt.Errorf("questions: %w", err)
	}
	for _, q := range all {
		if q.Number == number && (q.State == QuestionAsking || q.State == QuestionStopped) {
			return q, nil
		}
	}
	return Question{}, nil
}

// findOpen finds a question that the person can answer by the menu under which
// it was shown.
func (a *Act) findOpen(m Member, menu int64) (OpenQuestion, Question, error) {
	open, err := a.OpenQuestions(m, false)
	if err != nil {
		return OpenQuestion{}, Question{}, err
	}
	for _, o := range open {
		if o.Prompt.Menu == menu {
			q, err := a.currentQuestion(o.Question.Number)
			return o, q, err
		}
	}
	return OpenQuestion{}, Question{}, Refuse("question.over")
}

// ShowAgain shows a question once more because the person wants it.
func (a *Act) ShowAgain(m Member, o *OpenQuestion) error {
	if o.Prompt.State != PromptShown {
		if err := PromptMachine().shift(&o.Prompt.State, StepAsk); err != nil {
			return err
		}
		o.Prompt.Due = later(o.Prompt.Due, a.Now.Add(openFor))
	}
	o.Prompt.Menu = a.Tx.NewID()
	if err := a.putPrompt(&o.Prompt); err != nil {
		return err
	}
	a.Do(ShowQuestion{o.Prompt})
	return nil
}

// AnswerQuestion keeps an answer: it is counted for the wording that was shown,
// with nothing of who gave it. Words are kept apart, see [Act.Remark].
func (a *Act) AnswerQuestion(m Member, menu int64, value int, words string, way Way) error {
	o, q, err := a.findOpen(m, menu)
	if err != nil {
		return err
	}
	about := "/" + string(way) + "/"
	if w := &o.Question.Wording; w.Kind == QuestionText {
		if words == "" {
			return Refuse("question.no_such_answer")
		}
		if err := a.answerInWords(m, &o, words); err != nil {
			return err
		}
	} else {
		if !slices.Contains(w.Values(), value) {
			return Refuse("question.no_such_answer")
		}
		about += strconv.Itoa(value)
	}
	sent, err := a.Tx.Sent(o.mine.ID)
	if err != nil {
		return fmt.Errorf("sent: %w", err)
	}
	if err := q.Schedule.answered(&o.Prompt, a.Now, value, sent); err != nil {
		return err
	}
	if err := a.putPrompt(&o.Prompt); err != nil {
		return err
	}
	if o.Question.Number == ClosingQuestion {
		return a.helped(m, &o, value, way)
	}
	return a.countQuestion(CountAnswered, &o.Question, m.Trial, o.mine, about)
}

// SkipQuestion is not answering now; the person may be reminded.
func (a *Act) SkipQuestion(m Member, menu int64) error {
	o, q, err := a.findOpen(m, menu)
	if err != nil {
		return err
	}
	if err := a.skipCounted(&q, &o.Prompt, o.mine, false); err != nil {
		return err
	}
	return a.putPrompt(&o.Prompt)
}

// PostponeQuestion is answering later: it comes again after a week, and is no
// reminder.
func (a *Act) PostponeQuestion(m Member, menu int64) error {
	o, _, err := a.findOpen(m, menu)
	if err != nil {
		return err
	}
	if err := PromptMachine().shift(&o.Prompt.State, StepLater); err != nil {
		return err
	}
	o.Prompt.Due = a.Now.Add(QuestionGap)
	if err := a.putPrompt(&o.Prompt); err != nil {
		return err
	}
	return a.countQuestion(CountSkipped, &o.Question, m.Trial, o.mine, "/later")
}

// RefuseQuestion is never wanting a question again.
func (a *Act) RefuseQuestion(m Member, menu int64) error {
	o, _, err := a.findOpen(m, menu)
	if err != nil {
		return err
	}
	if err := PromptMachine().shift(&o.Prompt.State, StepNever); err != nil {
		return err
	}
	o.Prompt.Due, o.Prompt.At = time.Time{}, 0
	if err := a.putPrompt(&o.Prompt); err != nil {
		return err
	}
	return a.countQuestion(CountSkipped, &o.Question, m.Trial, o.mine, "/never")
}

// QuestionSettings are what a person has said about questions.
func (a *Act) QuestionSettings(m Member) (Questioned, error) {
	p, err := a.Tx.Questioned(m.ID)
	return p, wrapped("questioned", err)
}

// SetQuestions says whether a person wants questions at all, and when.
func (a *Act) SetQuestions(m Member, off bool, hours Hours) error {
	if err := a.can(m, DoQuestions); err != nil {
		return err
	}
	p, err := a.Tx.Questioned(m.ID)
	if err != nil {
		return fmt.Errorf("questioned: %w", err)
	}
	p.Off, p.Hours = off, hours
	return wrapped("put questioned", a.Tx.PutQuestioned(&p))
}

// QuestionShown is what is shown of a question: the wording that was asked.
func (a *Act) QuestionShown(k Prompt) (Question, error) {
	if k.Question == ClosingQuestion {
		return closingQuestion(), nil
	}
	q, err := a.Tx.Question(k.Wording)
	if errors.Is(err, ErrNotFound) {
		return q, Refuse("question.over")
	}
	return q, wrapped("question", err)
}
