package bot

import (
	"strconv"
	"strings"

	"silta/mentoring"
)

// builtInSteps is how many steps of the orientation guide locale/ has.
const builtInSteps = 5

// GuideSteps is how many steps the orientation guide has.
func (b *Bot) GuideSteps() int {
	if len(b.cfg.Guide) > 0 {
		return len(b.cfg.Guide)
	}
	return builtInSteps
}

// GuideText is one step of the guide, from 1 on: the operator's text, or that of
// locale/. The first has the address of the video, if there is one.
func (b *Bot) GuideText(lang mentoring.Language, step int) string {
	if step < 1 || step > b.GuideSteps() {
		return ""
	}
	text := ""
	if len(b.cfg.Guide) > 0 {
		text = b.perLanguage(b.cfg.Guide[step-1], lang)
	} else {
		text = b.Render(lang, mentoring.T("guide.step."+strconv.Itoa(step)))
	}
	if video := b.perLanguage(b.cfg.GuideVideo, lang); step == 1 && video != "" {
		text += "\n\n" + b.Render(lang, mentoring.T("guide.video", "video", video))
	}
	return text
}

// guide shows the step that is named, or the first that has not been read; when
// all have been, the list of them.
func (t *turn) guide(rest string) error {
	p, err := t.act.Guide(*t.member)
	if err != nil {
		return err
	}
	total := t.b.GuideSteps()
	if rest != "" {
		n := t.numberIn(rest)
		if n < 1 || n > total {
			return mentoring.Refuse("guide.no_step", "n", total)
		}
		return t.showStep(n)
	}
	if next := p.NextStep(total); next > 0 {
		return t.showStep(next)
	}
	t.say("guide.all_read", "n", total)
	return nil
}

func (t *turn) showStep(n int) error {
	parts := []string{
		t.text("guide.head", "step", n, "n", t.b.GuideSteps()),
		t.b.GuideText(t.lang, n),
		t.text("guide.how"),
	}
	t.ask(question{Kind: askGuide, ID: int64(n)}, strings.Join(parts, "\n\n"), keyDone)
	return nil
}

// answerGuide takes "done" as having read the step that is shown, and a number
// as another step.
func (t *turn) answerGuide(q *question, r reply) (bool, error) {
	total := t.b.GuideSteps()
	switch {
	case r.done, r.yes && r.number == 0, r.skip:
	case r.number >= 1 && r.number <= total:
		return true, t.showStep(r.number)
	default:
		return false, nil
	}
	if r.skip {
		t.forget()
		t.say("guide.later")
		return true, nil
	}
	p, err := t.act.ReadGuide(*t.member, int(q.ID), total)
	if err != nil {
		return true, err
	}
	if next := p.NextStep(total); next > 0 {
		return true, t.showStep(next)
	}
	t.forget()
	t.say("guide.done")
	return true, nil
}
