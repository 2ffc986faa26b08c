package bot

import (
	"slices"
	"strconv"
	"strings"

	"silta/mentoring"
)

// The questions that are about questions, feedback and ideas.
const (
	askQuestion   askKind = "question" // a step of writing one
	askWords      askKind = "words"    // are these the answer to a question
	askWhy        askKind = "why"      // did a conversation end
	askRemark     askKind = "remark"   // feedback or an idea
	askRelease    askKind = "release"
	askDropRemark askKind = "drop remark"
	askCodesign   askKind = "codesign"
)

// The reactions that put a question off.
const (
	keyLater = "🕒"
	keyNever = "🚫"
)

// scaleButtons is how many values of a scale are offered as reactions; of more,
// people write the number.
const scaleButtons = 11

// closingTexts are the words of the service's own question.
func (b *Bot) closingWording(lang mentoring.Language, k *mentoring.Prompt) mentoring.Wording {
	w := mentoring.Wording{Kind: mentoring.QuestionChoice, Text: mentoring.Words{lang: b.Render(lang, mentoring.T("closing.helped", "alias", k.About))}}
	for n := range mentoring.ClosingHelped {
		w.Choices = append(w.Choices, mentoring.Words{lang: b.Render(lang, mentoring.T("closing.helped."+strconv.Itoa(n+1)))})
	}
	return w
}

// Question is a question as somebody sees it, with the reactions that answer it.
// The options are its answers in order, for a poll; none where there is nothing
// to choose from.
func (b *Bot) Question(lang mentoring.Language, k *mentoring.Prompt, q *mentoring.Question) (line Line, question string, options []string) {
	w := q.Wording
	if q.Number == mentoring.ClosingQuestion {
		w = b.closingWording(lang, k)
	}
	say := func(key string, pairs ...any) string { return b.Render(lang, mentoring.T(key, pairs...)) }
	parts := []string{say("asked.head"), w.Text.In(lang)}
	var buttons []string
	switch w.Kind {
	case mentoring.QuestionYesNo:
		parts = append(parts, say("menu.yesno"))
		options = []string{say("asked.yes"), say("asked.no")}
		buttons = []string{keyYes, keyNo}
	case mentoring.QuestionChoice:
		for _, c := range w.Choices {
			options = append(options, c.In(lang))
		}
		parts = append(parts, (&turn{b: b, lang: lang}).menu(1, options))
		buttons = keycaps(1, len(options))
	case mentoring.QuestionScale:
		parts = append(parts, b.scaleText(lang, &w))
		if buttons = scaleKeys(&w); buttons != nil {
			for _, v := range w.Values() {
				options = append(options, strconv.Itoa(v))
			}
		}
	case mentoring.QuestionText:
		parts = append(parts, say("asked.words"))
	}
	parts = append(parts, say("asked.how"))
	line = Line{Text: strings.Join(parts, "\n\n"), Menu: k.Menu, Loud: true, Buttons: append(buttons, keySkip, keyLater, keyNever)}
	return line, w.Text.In(lang), options
}

// scaleText says what the numbers mean.
func (b *Bot) scaleText(lang mentoring.Language, w *mentoring.Wording) string {
	lines := []string{b.Render(lang, mentoring.T("asked.scale", "min", w.Min, "max", w.Max, "step", w.Step))}
	for value, label := range map[int]string{w.Min: w.Low.In(lang), w.Max: w.High.In(lang)} {
		if label != "" {
			lines = append(lines, strconv.Itoa(value)+" = "+label)
		}
	}
	slices.SortFunc(lines[1:], func(x, y string) int { return leading(x) - leading(y) })
	keys, values := scaleKeys(w), w.Values()
	var taps []string
	for i, key := range keys {
		if w.Min < 0 || w.Max > 10 {
			taps = append(taps, key+" "+strconv.Itoa(values[i]))
		}
	}
	if len(taps) > 0 {
		lines = append(lines, b.Render(lang, mentoring.T("asked.taps", "list", strings.Join(taps, " · "))))
	}
	return strings.Join(lines, "\n")
}

func leading(s string) int {
	first, _ := cutWord(s)
	n, _ := strconv.Atoi(first)
	return n
}

// scaleKeys are the reactions for the values of a scale: the numbers themselves
// where they go from 0 to 10, else how many steps above the lowest they are; so
// three of ten steps to a hundred is 3. None when there are too many.
func scaleKeys(w *mentoring.Wording) []string {
	values := w.Values()
	if len(values) > scaleButtons {
		return nil
	}
	keys := make([]string, len(values))
	for i, v := range values {
		if w.Min < 0 || w.Max > 10 {
			v = i
		}
		keys[i] = keycap(v)
		if v == 0 {
			keys[i] = "0\ufe0f\u20e3"
		}
	}
	return keys
}

// answerTo reads the answer to a question; ok is false when it is none.
func (t *turn) answerTo(w *mentoring.Wording, raw string, r reply) (value int, ok bool) {
	raw = strings.TrimSpace(raw)
	switch w.Kind {
	case mentoring.QuestionYesNo:
		yes, ok := r.decision()
		if yes {
			return 1, ok
		}
		return 0, ok
	case mentoring.QuestionScale:
		for i, key := range scaleKeys(w) {
			if r.text == "" && plainKey(key) == plainKey(raw) {
				return w.Values()[i], true
			}
		}
		v, err := strconv.Atoi(strings.TrimRight(plainKey(raw), ".%"))
		return v, err == nil
	case mentoring.QuestionChoice:
		if r.number > 0 && len(r.many) == 1 {
			return r.number, true
		}
		for _, lang := range t.languages() {
			var names []string
			for _, c := range w.Choices {
				names = append(names, c[mentoring.Language(lang)])
			}
			if n := pick(names, raw); n > 0 {
				return n, true
			}
		}
	}
	return 0, false
}

// tapQuestion takes a tap, or a vote, under a question.
func (t *turn) tapQuestion(in Input) (bool, error) {
	open, err := t.act.OpenQuestions(*t.member, false)
	if err != nil {
		return false, err
	}
	for i := range open {
		if open[i].Prompt.Menu == in.Menu {
			return t.takeAnswer(&open[i], in.Key, t.b.tapOf(in.Key), in.Poll)
		}
	}
	return false, nil
}

// tapOf reads a reaction under a question.
func (b *Bot) tapOf(key string) reply {
	r := tapped(key)
	switch plainKey(key) {
	case keyLater:
		r.later = true
	case keyNever:
		r.never = true
	}
	return r
}

// typedQuestion takes what was typed as the answer to the newest question, unless
// something else has been asked since.
func (t *turn) typedQuestion(asked *question, body string) (bool, error) {
	if t.place != Management || body == "" {
		return false, nil
	}
	open, err := t.act.OpenQuestions(*t.member, false)
	if err != nil || len(open) == 0 {
		return false, err
	}
	o := &open[0]
	if asked != nil && asked.Menu > o.Prompt.Menu {
		return false, nil
	}
	if o.Question.Wording.Kind == mentoring.QuestionText && asked != nil && asked.free() {
		return false, nil
	}
	return t.takeAnswer(o, body, t.b.typed(body), false)
}

// takeAnswer takes an answer to a question, however it came.
func (t *turn) takeAnswer(o *mentoring.OpenQuestion, raw string, r reply, poll bool) (done bool, err error) {
	menu := o.Prompt.Menu
	way := mentoring.WayText
	switch {
	case poll:
		way = mentoring.WayPoll
	case r.text == "":
		way = mentoring.WayTap
	}
	switch {
	case r.skip:
		return true, t.saidTo(t.act.SkipQuestion(*t.member, menu), "asked.skipped")
	case r.later:
		return true, t.saidTo(t.act.PostponeQuestion(*t.member, menu), "asked.later")
	case r.never:
		return true, t.saidTo(t.act.RefuseQuestion(*t.member, menu), "asked.never")
	}
	w := o.Question.Wording
	if w.Kind == mentoring.QuestionText {
		return t.sureOfWords(menu, r)
	}
	if o.Question.Number == mentoring.ClosingQuestion {
		w = t.b.closingWording(t.lang, &o.Prompt)
	}
	value, ok := t.answerTo(&w, raw, r)
	if poll { // a vote is the number of an answer
		n := number(raw)
		if values := w.Values(); n >= 1 && n <= len(values) {
			value, ok = values[n-1], true
		}
	}
	if !ok {
		return false, nil
	}
	if err := t.act.AnswerQuestion(*t.member, menu, value, "", way); err != nil {
		return true, err
	}
	if o.Question.Number == mentoring.ClosingQuestion {
		t.askWhy(o.Prompt.Membership)
		return true, nil
	}
	t.say("asked.thanks")
	return true, nil
}

func (t *turn) saidTo(err error, key string) error {
	if err == nil {
		t.say(key)
	}
	return err
}

// sureOfWords asks whether some words are the answer: they could be meant for
// somebody else.
func (t *turn) sureOfWords(menu int64, r reply) (bool, error) {
	if r.text == "" || t.nearest(r.text) != "" && len(words(r.text, 3)) < 3 {
		return false, nil
	}
	t.askYesNo(question{Kind: askWords, ID: menu, Words: []string{r.text}}, t.text("asked.sure", "text", r.text))
	return true, nil
}

func (t *turn) answerWords(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	return true, t.saidTo(t.act.AnswerQuestion(*t.member, q.ID, 0, q.Words[0], mentoring.WayText), "asked.thanks")
}

// askWhy asks why a conversation ended, once somebody has said whether it helped.
func (t *turn) askWhy(as mentoring.MembershipID) {
	var reasons []string
	for n := range mentoring.ClosingReasons {
		reasons = append(reasons, t.text("closing.why."+strconv.Itoa(n+1)))
	}
	t.ask(question{Kind: askWhy, ID: int64(as), Words: reasons},
		t.text("closing.why")+"\n\n"+t.menu(1, reasons), append(keycaps(1, len(reasons)), keySkip)...)
}

func (t *turn) answerWhy(q *question, r reply) (bool, error) {
	n := r.number
	if n == 0 {
		n = pick(q.Words, r.text)
	}
	if !r.skip && (n < 1 || n > len(q.Words)) {
		return false, nil
	}
	t.forget()
	if !r.skip {
		way := mentoring.WayText
		if r.text == "" {
			way = mentoring.WayTap
		}
		if err := t.act.WhyEnded(*t.member, mentoring.MembershipID(q.ID), n, way); err != nil {
			return true, err
		}
	}
	t.say("asked.thanks")
	return true, nil
}

// questions is what a person says about being asked: nothing shows the open
// question again, "off" and "on" end and begin it, hours say when.
func (t *turn) questions(rest string) error {
	s, err := t.act.QuestionSettings(*t.member)
	if err != nil {
		return err
	}
	switch t.b.parts[word(rest)] {
	case "off", "shut":
		return t.saidTo(t.act.SetQuestions(*t.member, true, s.Hours), "questions.off")
	case "on", "open":
		return t.saidTo(t.act.SetQuestions(*t.member, false, s.Hours), "questions.on")
	}
	if rest != "" {
		spans, ok := t.readHours(rest)
		if !ok {
			t.say("questions.how")
			return nil
		}
		h := mentoring.NewHours(spans)
		if err := t.act.SetQuestions(*t.member, false, h); err != nil {
			return err
		}
		if len(h) == 0 {
			t.say("questions.always")
			return nil
		}
		t.say("questions.hours", "hours", t.hoursText(h))
		return nil
	}
	open, err := t.act.OpenQuestions(*t.member, true)
	if err != nil {
		return err
	}
	switch {
	case len(open) > 0:
		return t.act.ShowAgain(*t.member, &open[0])
	case s.Off:
		t.say("questions.off")
	case len(s.Hours) > 0:
		t.say("questions.none_hours", "hours", t.hoursText(s.Hours))
	default:
		t.say("questions.none")
	}
	return nil
}
