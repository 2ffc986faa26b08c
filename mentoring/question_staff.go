package mentoring

import (
	"fmt"
	"slices"
	"time"
)

// What staff do with questions and remarks, in the audit.
const (
	AuditQuestionSave  AuditAction = "question_save"
	AuditQuestionStart AuditAction = "question_start"
	AuditQuestionStop  AuditAction = "question_stop"
	AuditRemarkReply   AuditAction = "remark_reply"
	AuditRemarkRelease AuditAction = "remark_release"
	AuditIdeaPublish   AuditAction = "idea_publish"
	AuditRemarkDrop    AuditAction = "remark_drop"
	AuditCodesign      AuditAction = "codesign"
)

// What a question may be.
const (
	questionLength = 500  // letters
	labelLength    = 80   // of what an end of a scale means, and of a choice
	scaleMax       = 101  // values
	scaleBound     = 1000 // of a value, to either side
	choicesMax     = 10
	questionsMax   = 100
	daysMax        = 3650
	messagesMax    = 100_000
	timesMax       = 100
)

// Questions lists the questions for staff: of each the wording that is asked or
// was stopped, and its draft if there is one; by number.
func (a *Act) Questions(staff Member) ([]Question, error) {
	s, err := a.allowed(staff, DoQuestion, anywhere)
	if err != nil {
		return nil, err
	}
	all, err := a.Tx.Questions(s.Programme)
	if err != nil {
		return nil, fmt.Errorf("questions: %w", err)
	}
	slices.SortStableFunc(all, func(x, y Question) int { return int(x.Number - y.Number) })
	return all, nil
}

func anywhere(Membership) bool { return true }

// NewQuestion begins a draft.
func (a *Act) NewQuestion(staff Member) (Question, error) {
	s, err := a.allowed(staff, DoQuestion, anywhere)
	if err != nil {
		return Question{}, err
	}
	all, err := a.Tx.Questions(s.Programme)
	if err != nil {
		return Question{}, fmt.Errorf("questions: %w", err)
	}
	if len(all) >= questionsMax {
		return Question{}, Refuse("question.too_many", "n", questionsMax)
	}
	q := Question{Version: 1, Programme: s.Programme, Role: Mentee, Created: a.Now}
	if err := QuestionMachine().shift(&q.State, StepSave); err != nil {
		return q, err
	}
	if err := a.putQuestion(&q); err != nil {
		return q, err
	}
	return q, a.audit(staff.ID, AuditQuestionSave, QuestionID(q.Number))
}

// EditQuestion is the draft of a question: the one there is, or a copy of what is
// asked now, with the next version.
func (a *Act) EditQuestion(staff Member, number int64) (Question, error) {
	_, draft, current, err := a.questionFor(staff, number)
	if err != nil || draft != nil {
		return deref(draft), err
	}
	q := *current
	q.ID, q.Version, q.State, q.Cursor, q.Created = 0, current.Version+1, "", 0, a.Now
	if err := QuestionMachine().shift(&q.State, StepSave); err != nil {
		return q, err
	}
	if err := a.putQuestion(&q); err != nil {
		return q, err
	}
	return q, a.audit(staff.ID, AuditQuestionSave, QuestionID(number))
}

func deref(q *Question) Question {
	if q == nil {
		return Question{}
	}
	return *q
}

// questionFor finds a question that a staff member may change.
func (a *Act) questionFor(staff Member, number int64) (s Membership, draft, current *Question, err error) {
	if s, err = a.allowed(staff, DoQuestion, anywhere); err != nil {
		return s, nil, nil, err
	}
	all, err := a.Tx.Questions(s.Programme)
	if err != nil {
		return s, nil, nil, fmt.Errorf("questions: %w", err)
	}
	for i := range all {
		if q := &all[i]; q.Number == number {
			if q.State == QuestionDraft {
				draft = q
			} else {
				current = q
			}
		}
	}
	if draft == nil && current == nil {
		return s, nil, nil, Refuse("question.unknown", "number", number)
	}
	return s, draft, current, nil
}

// DraftOf is the draft of a question, or what is asked now.
func (a *Act) DraftOf(staff Member, number int64) (Question, error) {
	_, draft, current, err := a.questionFor(staff, number)
	if err != nil {
		return Question{}, err
	}
	if draft != nil {
		return *draft, nil
	}
	return *current, nil
}

// SaveQuestion keeps a change of a draft. What is wrong in it is refused, what is
// not there yet is not.
func (a *Act) SaveQuestion(staff Member, q *Question) error {
	s, draft, _, err := a.questionFor(staff, q.Number)
	if err != nil {
		return err
	}
	if draft == nil || draft.ID != q.ID {
		return Refuse("question.no_draft", "number", q.Number)
	}
	if q.Unit != "" && q.Unit != s.Unit {
		return Refuse("not_allowed")
	}
	if err := q.Wording.check(); err != nil {
		return err
	}
	if err := q.Schedule.check(); err != nil {
		return err
	}
	return a.putQuestion(q)
}

func (a *Act) putQuestion(q *Question) error { return wrapped("put question", a.Tx.PutQuestion(q)) }

// check fits the texts and refuses what cannot be.
func (w *Wording) check() error {
	for _, words := range append([]Words{w.Low, w.High}, w.Choices...) {
		for l, text := range words {
			fitted, err := fitLine(text, labelLength)
			if err != nil {
				return err
			}
			words[l] = fitted
		}
	}
	for l, text := range w.Text {
		fitted, err := fit(text, questionLength)
		if err != nil {
			return err
		}
		w.Text[l] = fitted
	}
	if len(w.Choices) > choicesMax {
		return Refuse("question.too_many_choices", "max", choicesMax)
	}
	if w.Kind != QuestionScale || w.Step == 0 {
		return nil
	}
	switch values := (w.Max - w.Min) / max(1, w.Step); {
	case w.Min < -scaleBound || w.Max > scaleBound || w.Step < 1 || w.Max <= w.Min || (w.Max-w.Min)%w.Step != 0 || values >= scaleMax:
		return Refuse("question.scale_bounds", "max", scaleBound)
	}
	return nil
}

func (s *Schedule) check() error {
	for _, n := range []int{s.Days, s.MaxAge, s.RemindEvery, s.RepeatDays, s.RepeatLeast} {
		if n < 0 || n > daysMax {
			return Refuse("question.bounds", "max", daysMax)
		}
	}
	for _, n := range []int{s.Messages, s.RepeatMessages} {
		if n < 0 || n > messagesMax {
			return Refuse("question.bounds", "max", messagesMax)
		}
	}
	for _, n := range []int{s.Reminders, s.Times} {
		if n < 0 || n > timesMax {
			return Refuse("question.bounds", "max", timesMax)
		}
	}
	return nil
}

// Lacks are the parts of a question that are not there yet, by the keys of their
// words in locale/ (question.part.…).
func (q *Question) Lacks() []string {
	var parts []string
	w := &q.Wording
	if w.Kind == "" {
		parts = append(parts, "kind")
	}
	if w.Text.In("") == "" {
		parts = append(parts, "text")
	}
	if w.Kind == QuestionScale && w.Step == 0 {
		parts = append(parts, "scale")
	}
	if w.Kind == QuestionChoice && len(w.Choices) < 2 {
		parts = append(parts, "choices")
	}
	if s := &q.Schedule; s.Repeat != RepeatNever && s.RepeatDays == 0 && s.RepeatMessages == 0 {
		parts = append(parts, "repeat")
	}
	return parts
}

// StartQuestion begins asking: the draft takes the place of what was asked so
// far. Everybody is given their time anew, a part in each tick.
func (a *Act) StartQuestion(staff Member, number int64) error {
	_, draft, current, err := a.questionFor(staff, number)
	if err != nil {
		return err
	}
	q := draft
	if q == nil {
		q = current
	}
	if parts := q.Lacks(); len(parts) > 0 {
		texts := make([]Text, len(parts))
		for i, p := range parts {
			texts[i] = T("question.part." + p)
		}
		return Refuse("question.unfinished", "parts", texts)
	}
	if q.State == QuestionAsking {
		return Refuse("question.started_already", "number", number)
	}
	if err := QuestionMachine().shift(&q.State, StepStart); err != nil {
		return err
	}
	q.Cursor = 0
	if draft != nil && current != nil {
		if err := QuestionMachine().shift(&current.State, StepReplace); err != nil {
			return err
		}
		if err := a.putQuestion(current); err != nil {
			return err
		}
	}
	if err := a.putQuestion(q); err != nil {
		return err
	}
	return a.audit(staff.ID, AuditQuestionStart, QuestionID(number))
}

// StopQuestion asks nobody any more, until it is started again. A draft that was
// never asked is put away.
func (a *Act) StopQuestion(staff Member, number int64) error {
	_, draft, current, err := a.questionFor(staff, number)
	if err != nil {
		return err
	}
	q := current
	if q == nil {
		q = draft
	}
	if _, ok := QuestionMachine().Next(q.State, StepStop); !ok {
		return Refuse("question.stopped_already", "number", number)
	}
	if err := QuestionMachine().shift(&q.State, StepStop); err != nil {
		return err
	}
	if err := a.putQuestion(q); err != nil {
		return err
	}
	return a.audit(staff.ID, AuditQuestionStop, QuestionID(number))
}

// nextAsking is for texts: when a time of a schedule is at least.
func effective(n int) time.Duration { return max(days(n), QuestionGap) }

// RemindsAfter is how long after a skipped question somebody is reminded, the
// weekly limit included.
func (s *Schedule) RemindsAfter() int { return int(effective(s.RemindEvery) / Day) }
