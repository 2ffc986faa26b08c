package bot

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"silta/locale"
	"silta/mentoring"
)

// The steps in which staff write a question, in order. Every answer is kept in
// the draft, so that nothing is lost when the dialogue is left, and "question edit"
// goes through what is there.
const (
	stepKind    = "kind"
	stepText    = "text" // and the tag of a language
	stepScale   = "scale"
	stepLow     = "low"
	stepHigh    = "high"
	stepChoices = "choices"
	stepRole    = "role"
	stepUnit    = "unit"
	stepFirst   = "after"
	stepRepeat  = "repeat"
	stepUntil   = "until"
	stepStart   = "start"
)

// questionNumbers are the steps that ask for a number, with where it goes.
func questionNumbers(s *mentoring.Schedule) map[string]*int {
	return map[string]*int{
		"days": &s.Days, "messages": &s.Messages, "age": &s.MaxAge, "reminders": &s.Reminders, "every": &s.RemindEvery,
		"times": &s.Times, "again_days": &s.RepeatDays, "again_messages": &s.RepeatMessages, "least": &s.RepeatLeast,
	}
}

// questionSteps are the steps that a question needs as it is now.
func questionSteps(q *mentoring.Question) []string {
	steps := []string{stepKind}
	for _, lang := range locale.Languages() {
		steps = append(steps, stepText+lang)
	}
	switch q.Wording.Kind {
	case mentoring.QuestionScale:
		steps = append(steps, stepScale, stepLow, stepHigh)
	case mentoring.QuestionChoice:
		steps = append(steps, stepChoices)
	}
	steps = append(steps, stepRole, stepUnit, "days", "messages", stepFirst, "age", "reminders")
	if q.Schedule.Reminders > 0 {
		steps = append(steps, "every")
	}
	steps = append(steps, stepRepeat)
	switch q.Schedule.Repeat {
	case mentoring.RepeatTimes:
		steps = append(steps, "times")
	case mentoring.RepeatUntil:
		steps = append(steps, stepUntil)
	}
	if q.Schedule.Repeat != mentoring.RepeatNever {
		steps = append(steps, "again_days", "again_messages", "least")
	}
	return append(steps, stepStart)
}

// writeQuestion is the staff command about questions.
func (t *turn) writeQuestion(rest string) error {
	first, after := cutWord(rest)
	part, n := t.b.parts[word(first)], t.numberIn(after)
	if m := number(first); m > 0 {
		n = m
		first, _ = cutWord(after)
		part = t.b.parts[word(first)]
	}
	id := int64(n)
	switch {
	case part == "add":
		q, err := t.act.NewQuestion(*t.member)
		if err != nil {
			return err
		}
		return t.askQuestionStep(&q, stepKind)
	case rest == "" || part == "list":
		return t.questionList()
	case n == 0:
		t.helpOf("help.question")
		return nil
	case part == "edit":
		q, err := t.act.EditQuestion(*t.member, id)
		if err != nil {
			return err
		}
		return t.askQuestionStep(&q, stepKind)
	case part == "resume" || part == "on":
		return t.saidAbout(t.act.StartQuestion(*t.member, id), "question.started", id)
	case part == "end" || part == "pause" || part == "off":
		return t.saidAbout(t.act.StopQuestion(*t.member, id), "question.stopped", id)
	case part == "" && first != "" || part != "" && part != "show":
		t.helpOf("help.question")
		return nil
	}
	q, err := t.act.DraftOf(*t.member, id)
	if err != nil {
		return err
	}
	t.line(t.questionPreview(&q))
	return nil
}

func (t *turn) saidAbout(err error, key string, number int64) error {
	if err == nil {
		t.say(key, "number", number)
	}
	return err
}

func (t *turn) questionList() error {
	all, err := t.act.Questions(*t.member)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.say("question.none")
		return nil
	}
	lines := []string{t.text("question.head")}
	for i := range all {
		q := &all[i]
		text := q.Wording.Text.In(t.lang)
		if text == "" {
			text = "…"
		}
		lines = append(lines, t.text("menu.item", "number", q.Number, "words", text)+" – "+t.text("question.state."+string(q.State)))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

// askQuestionStep asks one thing about a draft, with what it says now.
func (t *turn) askQuestionStep(q *mentoring.Question, step string) error {
	ask := question{Kind: askQuestion, Step: step, ID: q.Number}
	parts := []string{}
	var now string
	if strings.HasPrefix(step, stepText) {
		lang := strings.TrimPrefix(step, stepText)
		parts, now = append(parts, t.text("qedit.text", "language", t.b.cat.Name(lang))), q.Wording.Text[mentoring.Language(lang)]
	} else {
		parts = append(parts, t.text("qedit."+step))
	}
	if at := questionNumbers(&q.Schedule)[step]; at != nil {
		now = strconv.Itoa(*at)
	}
	switch step {
	case stepKind:
		ask.Words = t.texts("qedit.kind.", "scale", "yesno", "choice", "text")
	case stepScale:
		if q.Wording.Step > 0 {
			now = strings.Join([]string{strconv.Itoa(q.Wording.Min), strconv.Itoa(q.Wording.Max), strconv.Itoa(q.Wording.Step)}, " ")
		}
	case stepLow:
		now = threefold(q.Wording.Low)
	case stepHigh:
		now = threefold(q.Wording.High)
	case stepChoices:
		var lines []string
		for _, c := range q.Wording.Choices {
			lines = append(lines, threefold(c))
		}
		now = strings.Join(lines, "\n")
	case stepRole:
		ask.Words = t.texts("qedit.role.", "mentee", "mentor")
	case stepUnit:
		ask.Words = t.texts("qedit.unit.", "all", "own")
	case stepFirst:
		ask.Words = t.texts("qedit.after.", "nothing", "reply", "closing")
	case stepRepeat:
		ask.Words = t.texts("qedit.repeat.", "never", "times", "until")
	case stepUntil:
		if u := q.Schedule.Until; u.Is != "" {
			now = untilSign(u.Is) + strconv.Itoa(u.Value)
		}
	case stepStart:
		ask.Words = t.texts("qedit.start.", "now", "later")
		parts = append([]string{t.questionPreview(q)}, parts...)
	}
	if len(ask.Words) > 0 {
		parts = append(parts, t.menu(1, ask.Words))
	}
	if now != "" {
		parts = append(parts, t.text("mycard.now", "value", now))
	}
	buttons := keycaps(1, len(ask.Words))
	if step != stepStart {
		parts = append(parts, t.text("mycard.skip"))
		buttons = append(buttons, keySkip)
	}
	t.ask(ask, strings.Join(parts, "\n\n"), buttons...)
	return nil
}

// texts are several texts whose keys begin alike.
func (t *turn) texts(prefix string, names ...string) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = t.text(prefix + n)
	}
	return all
}

// threefold writes words as staff do: in all languages, with strokes between.
func threefold(w mentoring.Words) string {
	if len(w) == 0 {
		return ""
	}
	var all []string
	for _, lang := range locale.Languages() {
		all = append(all, w[mentoring.Language(lang)])
	}
	return strings.Join(all, " / ")
}

// readThreefold reads that. One alone is said in every language.
func readThreefold(s string) mentoring.Words {
	parts := strings.Split(s, "/")
	w := mentoring.Words{}
	for i, lang := range locale.Languages() {
		if i < len(parts) {
			w[mentoring.Language(lang)] = strings.TrimSpace(parts[i])
		} else if len(parts) == 1 {
			w[mentoring.Language(lang)] = strings.TrimSpace(parts[0])
		}
	}
	maps.DeleteFunc(w, func(_ mentoring.Language, s string) bool { return s == "" })
	return w
}

// answerQuestionStep takes an answer of the dialogue.
func (t *turn) answerQuestionStep(asked *question, r reply) (bool, error) {
	q, err := t.act.DraftOf(*t.member, asked.ID)
	if err != nil {
		return true, err
	}
	if q.State != mentoring.QuestionDraft { // started or put away meanwhile, by somebody else
		t.forget()
		return true, mentoring.Refuse("question.no_draft", "number", asked.ID)
	}
	if asked.Step == stepStart {
		if r.number != 1 && r.number != 2 {
			return false, nil
		}
		t.forget()
		if r.number == 2 {
			t.say("question.kept", "number", q.Number)
			return true, nil
		}
		return true, t.saidAbout(t.act.StartQuestion(*t.member, q.Number), "question.started", q.Number)
	}
	if !r.skip {
		if !setQuestionStep(&q, asked.Step, r, t.ownUnit()) {
			return false, nil
		}
		if err := t.act.SaveQuestion(*t.member, &q); err != nil {
			return true, err
		}
	}
	steps := questionSteps(&q)
	return true, t.askQuestionStep(&q, steps[min(slices.Index(steps, asked.Step)+1, len(steps)-1)])
}

func (t *turn) ownUnit() mentoring.Unit {
	for _, s := range t.memberships {
		if mentoring.May([]mentoring.Membership{s}, mentoring.DoQuestion) {
			return s.Unit
		}
	}
	return ""
}

// setQuestionStep puts an answer into a draft; false when it is none.
func setQuestionStep(q *mentoring.Question, step string, r reply, unit mentoring.Unit) bool {
	w, s := &q.Wording, &q.Schedule
	chosen := func(n int) bool { return r.number >= 1 && r.number <= n && len(r.many) == 1 }
	if at := questionNumbers(s)[step]; at != nil {
		n, err := strconv.Atoi(strings.TrimSpace(r.text))
		if err != nil {
			n = r.number
		}
		*at = n
		return err == nil || r.number > 0
	}
	if lang, ok := strings.CutPrefix(step, stepText); ok {
		w.Text = maps.Clone(w.Text)
		if w.Text == nil {
			w.Text = mentoring.Words{}
		}
		w.Text[mentoring.Language(lang)] = r.text
		return r.text != ""
	}
	switch step {
	case stepKind:
		if chosen(4) {
			w.Kind = []mentoring.QuestionKind{mentoring.QuestionScale, mentoring.QuestionYesNo, mentoring.QuestionChoice, mentoring.QuestionText}[r.number-1]
		}
		return chosen(4)
	case stepScale:
		return readScale(w, r.text)
	case stepLow:
		w.Low = readThreefold(r.text)
		return len(w.Low) > 0
	case stepHigh:
		w.High = readThreefold(r.text)
		return len(w.High) > 0
	case stepChoices:
		w.Choices = nil
		for line := range strings.Lines(r.text) {
			if c := readThreefold(line); len(c) > 0 {
				w.Choices = append(w.Choices, c)
			}
		}
		return len(w.Choices) > 1
	case stepRole:
		if chosen(2) {
			q.Role = []mentoring.Role{mentoring.Mentee, mentoring.Mentor}[r.number-1]
		}
		return chosen(2)
	case stepUnit:
		if chosen(2) {
			q.Unit = []mentoring.Unit{"", unit}[r.number-1]
		}
		return chosen(2)
	case stepFirst:
		s.AfterReply, s.AfterClosing = r.number == 2, r.number == 3
		return chosen(3)
	case stepRepeat:
		if chosen(3) {
			s.Repeat = []mentoring.Repeat{mentoring.RepeatNever, mentoring.RepeatTimes, mentoring.RepeatUntil}[r.number-1]
		}
		return chosen(3)
	case stepUntil:
		return readUntil(s, r)
	}
	return false
}

// readScale reads "0 100 10".
func readScale(w *mentoring.Wording, text string) bool {
	f := strings.Fields(strings.NewReplacer(",", " ", ";", " ", "–", " ").Replace(text))
	if len(f) != 3 {
		return false
	}
	var n [3]int
	for i, s := range f {
		v, err := strconv.Atoi(s)
		if err != nil {
			return false
		}
		n[i] = v
	}
	w.Min, w.Max, w.Step = n[0], n[1], n[2]
	return w.Step > 0
}

func untilSign(is string) string { return map[string]string{"least": ">=", "most": "<="}[is] }

// readUntil reads "60", ">=60", "<=20", yes and no.
func readUntil(s *mentoring.Schedule, r reply) bool {
	c := mentoring.Condition{Is: "is"}
	text := strings.NewReplacer(" ", "", "≥", ">=", "≤", "<=").Replace(r.text)
	for _, is := range []string{"least", "most"} {
		if rest, ok := strings.CutPrefix(text, untilSign(is)); ok {
			c.Is, text = is, rest
		}
	}
	v, err := strconv.Atoi(text)
	switch {
	case err == nil:
		c.Value = v
	case r.yes:
		c.Value = 1
	case !r.no:
		return false
	}
	s.Until = c
	return true
}

// questionPreview is a question as people will see it, in each language that it
// has, and when they will.
func (t *turn) questionPreview(q *mentoring.Question) string {
	parts := []string{t.text("question.preview", "number", q.Number, "version", q.Version) + " – " + t.text("question.state."+string(q.State))}
	if len(q.Lacks()) == 0 {
		for _, lang := range locale.Languages() {
			if q.Wording.Text[mentoring.Language(lang)] == "" {
				continue
			}
			line, _, _ := t.b.Question(mentoring.Language(lang), &mentoring.Prompt{}, q)
			parts = append(parts, lang+":\n"+line.Text)
		}
	}
	return strings.Join(append(parts, t.scheduleText(q)), "\n\n")
}

// scheduleText says who is asked when.
func (t *turn) scheduleText(q *mentoring.Question) string {
	s := &q.Schedule
	lines := []string{t.text("question.who." + string(q.Role))}
	if q.Unit != "" {
		lines = append(lines, t.text("question.own_unit"))
	}
	add := func(when bool, key string, pairs ...any) {
		if when {
			lines = append(lines, t.text(key, pairs...))
		}
	}
	add(s.Days > 0, "question.days", "n", s.Days)
	add(s.Messages > 0, "question.messages", "n", s.Messages)
	add(s.AfterReply, "question.after_reply")
	add(s.AfterClosing, "question.after_closing")
	add(s.Days == 0 && s.Messages == 0 && !s.AfterReply && !s.AfterClosing, "question.at_once")
	add(s.MaxAge > 0, "question.age", "n", s.MaxAge)
	add(s.Reminders > 0, "question.reminders", "times", s.Reminders, "n", s.RemindsAfter())
	add(s.Repeat == mentoring.RepeatTimes, "question.times", "n", s.Times)
	add(s.Repeat == mentoring.RepeatUntil, "question.until", "value", strings.TrimSpace(untilSign(s.Until.Is)+" "+strconv.Itoa(s.Until.Value)))
	if s.Repeat != mentoring.RepeatNever {
		add(s.RepeatDays > 0, "question.again_days", "n", s.RepeatDays)
		add(s.RepeatMessages > 0, "question.again_messages", "n", s.RepeatMessages)
		add(s.RepeatLeast > 0, "question.least", "n", s.RepeatLeast)
	}
	return strings.Join(append(lines, t.text("question.spared")), "\n")
}
