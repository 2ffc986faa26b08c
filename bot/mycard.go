package bot

import (
	"slices"
	"strings"

	"silta/mentoring"
)

// The steps of the dialogue about a mentor's own card, in order. Every step is
// kept as it is answered, so that nothing is lost when the dialogue is left.
const (
	stepAlias     = "alias"
	stepAge       = "age"
	stepArea      = "area"
	stepGender    = "gender"
	stepStory     = "story"
	stepTopics    = "topics"
	stepLanguages = "languages"
	stepSend      = "send"    // all is there: give it to staff?
	stepMissing   = "missing" // go on to what is missing?
)

func cardSteps() []string {
	return []string{stepAlias, stepAge, stepArea, stepGender, stepStory, stepTopics, stepLanguages}
}

// spoken are the languages that a card can name; their words are in locale/.
func spoken() []mentoring.Language {
	return []mentoring.Language{"fi", "sv", "en", "se", "et", "ru", "uk", "ar", "so", "fa"}
}

func (t *turn) spokenName(l mentoring.Language) string {
	if key := "lang." + string(l); t.b.cat.Has(key) {
		return t.text(key)
	}
	return string(l)
}

// myCard begins the dialogue.
func (t *turn) myCard() error {
	t.say("mycard.begin")
	return t.askCardStep(stepAlias)
}

// askCardStep asks one thing, with what the card says now.
func (t *turn) askCardStep(step string) error {
	c, err := t.act.MyCard(*t.member)
	if err != nil {
		return err
	}
	q := question{Kind: askMyCard, Step: step}
	var now string
	var buttons []string
	switch step {
	case stepAlias:
		now = c.Alias
	case stepAge:
		now, q.Words = c.AgeBand, mentoring.AgeBands()
	case stepArea:
		now = c.Area
	case stepGender:
		for _, g := range mentoring.Genders() {
			q.Words = append(q.Words, t.text("gender."+string(g)))
		}
		if c.Gender != "" {
			now = t.text("gender." + string(c.Gender))
		}
	case stepStory:
		now = c.Story
	case stepTopics:
		q.Words = t.topicNames(t.offered())
		now = strings.Join(t.topicNames(c.Topics), ", ")
		buttons = append(buttons, keyDone)
	case stepLanguages:
		for _, l := range spoken() {
			q.Words = append(q.Words, t.spokenName(l))
			if slices.Contains(c.Languages, l) {
				now = strings.TrimPrefix(now+", "+t.spokenName(l), ", ")
			}
		}
		buttons = append(buttons, keyDone)
	default:
		return t.finishCard(&c)
	}
	parts := []string{t.text("mycard." + step)}
	if len(q.Words) > 0 {
		parts = append(parts, t.menu(1, q.Words))
	}
	if now != "" {
		parts = append(parts, t.text("mycard.now", "value", now))
	}
	parts = append(parts, t.text("mycard.skip"))
	buttons = append(keycaps(1, len(q.Words)), append(buttons, keySkip)...)
	t.ask(q, strings.Join(parts, "\n\n"), buttons...)
	return nil
}

// nextStep goes on after a step.
func (t *turn) nextStep(step string) error {
	steps := cardSteps()
	if i := slices.Index(steps, step); i >= 0 && i+1 < len(steps) {
		return t.askCardStep(steps[i+1])
	}
	return t.askCardStep("")
}

// finishCard shows the whole card and asks what is to be done with it.
func (t *turn) finishCard(c *mentoring.Card) error {
	text := t.text("mycard.preview") + "\n\n" + t.cardText(c) + "\n\n"
	missing := c.Missing()
	switch {
	case len(missing) > 0:
		parts := make([]mentoring.Text, len(missing))
		for i, p := range missing {
			parts[i] = mentoring.T("card.part." + p)
		}
		t.askYesNo(question{Kind: askMyCard, Step: stepMissing}, text+t.text("mycard.missing", "parts", parts))
	case c.State == mentoring.CardDraft:
		t.askYesNo(question{Kind: askMyCard, Step: stepSend}, text+t.text("mycard.send"))
	case c.State == mentoring.CardApproved:
		t.forget()
		t.line(text + t.text("mycard.is_approved"))
	default:
		t.forget()
		t.line(text + t.text("mycard.is_sent"))
	}
	return nil
}

// answerMyCard takes an answer of the dialogue.
func (t *turn) answerMyCard(q *question, r reply) (bool, error) {
	switch q.Step {
	case stepSend, stepMissing:
		return t.answerCardEnd(q, r)
	case stepTopics, stepLanguages:
		return t.answerSeveral(q, r)
	}
	switch {
	case r.skip:
		return true, t.nextStep(q.Step)
	case r.done:
		return true, t.askCardStep("")
	}
	value, ok := cardValue(q, r)
	if !ok {
		return false, nil
	}
	c, err := t.act.MyCard(*t.member)
	if err != nil {
		return true, err
	}
	switch q.Step {
	case stepAlias:
		c.Alias = value
	case stepAge:
		c.AgeBand = value
	case stepArea:
		c.Area = value
	case stepGender:
		c.Gender = ""
		if n := pick(q.Words, value); n > 0 {
			c.Gender = mentoring.Genders()[n-1]
		}
	case stepStory:
		c.Story = value
	}
	if err := t.act.SaveCard(*t.member, &c); err != nil {
		return true, err
	}
	return true, t.nextStep(q.Step)
}

// cardValue is what was answered: a text, or the words behind a number.
func cardValue(q *question, r reply) (value string, ok bool) {
	if q.Step != stepAge && q.Step != stepGender {
		return r.text, r.text != ""
	}
	switch {
	case len(r.many) == 1 && r.number <= len(q.Words):
		return q.Words[r.number-1], true
	case r.text == "" || len(r.many) > 0:
		return "", false
	case q.Step == stepGender:
		return r.text, r.text == "-" || r.text == "–" || pick(q.Words, r.text) > 0
	}
	return r.text, true
}

// answerSeveral takes several choices: all at once as numbers or words, or one
// after another by tapping, and then done.
func (t *turn) answerSeveral(q *question, r reply) (bool, error) {
	switch {
	case r.skip, r.done && len(q.Chosen) == 0:
		return true, t.nextStep(q.Step)
	case r.done:
		return true, t.keepSeveral(q, q.Chosen)
	case r.text == "" && r.number >= 1 && r.number <= len(q.Words):
		if i := slices.Index(q.Chosen, r.number); i >= 0 {
			q.Chosen = slices.Delete(q.Chosen, i, i+1)
		} else {
			q.Chosen = append(q.Chosen, r.number)
		}
		names := make([]string, len(q.Chosen))
		for i, n := range q.Chosen {
			names[i] = q.Words[n-1]
		}
		if len(names) == 0 {
			t.say("mycard.none_chosen")
		} else {
			t.say("mycard.chosen", "names", names)
		}
		return true, nil
	}
	chosen := r.many
	if len(chosen) == 0 && r.text != "" {
		for _, name := range strings.FieldsFunc(r.text, func(c rune) bool { return c == ',' || c == '\n' }) {
			chosen = append(chosen, pick(q.Words, name))
		}
	}
	if len(chosen) == 0 || slices.Min(chosen) < 1 || slices.Max(chosen) > len(q.Words) {
		return false, nil
	}
	return true, t.keepSeveral(q, chosen)
}

func (t *turn) keepSeveral(q *question, chosen []int) error {
	c, err := t.act.MyCard(*t.member)
	if err != nil {
		return err
	}
	if q.Step == stepTopics {
		c.Topics = nil
	} else {
		c.Languages = nil
	}
	for _, n := range chosen {
		switch {
		case q.Step == stepTopics && n <= len(t.offered()):
			c.Topics = append(c.Topics, t.offered()[n-1])
		case q.Step == stepLanguages && n <= len(spoken()):
			c.Languages = append(c.Languages, spoken()[n-1])
		}
	}
	if err := t.act.SaveCard(*t.member, &c); err != nil {
		return err
	}
	return t.nextStep(q.Step)
}

// answerCardEnd is about sending the card, or filling in what is missing.
func (t *turn) answerCardEnd(q *question, r reply) (bool, error) {
	yes, ok := r.decision()
	if !ok {
		return false, nil
	}
	t.forget()
	switch {
	case !yes:
		t.say("mycard.later")
		return true, nil
	case q.Step == stepSend:
		if err := t.act.SubmitCard(*t.member); err != nil {
			return true, err
		}
		t.say("mycard.sent")
		return true, nil
	}
	c, err := t.act.MyCard(*t.member)
	if err != nil {
		return true, err
	}
	if parts := c.Missing(); len(parts) > 0 {
		return true, t.askCardStep(parts[0])
	}
	return true, t.askCardStep("")
}
