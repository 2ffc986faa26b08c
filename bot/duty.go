package bot

import (
	"fmt"
	"slices"
	"strings"

	"silta/mentoring"
)

// stepErase asks whether a child-welfare summary goes now.
const stepErase = "erase"

// duty is about the child-welfare summary of a case: it is begun or gone on with,
// or, when it is ready, shown. Everything of it is in the person's own room, where
// what they write, and what is shown of it, is taken away again.
func (t *turn) duty(rest string) error {
	id, rest := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	first, _ := cutWord(rest)
	part := t.b.parts[word(first)]
	if rest != "" && part != "edit" && part != "end" {
		t.helpOf("help.duty")
		return nil
	}
	d, err := t.act.DutyOf(*t.member, id)
	known := err == nil
	if err != nil && !isRefusal(err) {
		return err
	}
	switch {
	case part == "end":
		if !known {
			return err
		}
		t.ask(question{Kind: askDuty, ID: int64(id), Step: stepErase}, t.text("duty.erase_sure", "number", int64(id))+"\n\n"+t.text("confirm.in_words"))
		return nil
	case known && d.State == mentoring.DutyReady && part != "edit":
		if _, err = t.act.GiveDuty(*t.member, id); err != nil {
			return err
		}
		t.say("duty.shown", "number", int64(id))
		return nil
	}
	if d, err = t.act.BeginDuty(*t.member, id); err != nil {
		return err
	}
	if known {
		t.dutyPreview(&d)
	} else {
		t.askDutyPart(&d, mentoring.DutyParts()[0], false)
	}
	if t.place == Staff {
		t.say("duty.there")
	}
	return nil
}

// DutyLines are what a child-welfare summary says, each part with what it is.
func (b *Bot) DutyLines(lang mentoring.Language, d *mentoring.Duty) [][2]string {
	var lines [][2]string
	for _, p := range mentoring.DutyParts() {
		if !d.Asks(p) {
			continue
		}
		lines = append(lines, [2]string{b.Render(lang, mentoring.T("duty.part."+string(p))), b.dutyWords(lang, p, d.Parts[p])})
	}
	return lines
}

// dutyWords is what a part says.
func (b *Bot) dutyWords(lang mentoring.Language, p mentoring.DutyPart, words string) string {
	switch {
	case words == "":
		return b.Render(lang, mentoring.T("duty.unknown"))
	case p == mentoring.DutyChildTold, p == mentoring.DutyGuardianTold:
		return b.Render(lang, mentoring.T("duty.told."+words))
	}
	return words
}

// askThere asks in the person's own room, wherever they gave the command. What
// has words of the summary in it is taken away from there again.
func (t *turn) askThere(q question, text string, secret bool, buttons ...string) {
	if t.place == Management && !secret {
		t.ask(q, text, buttons...)
		return
	}
	t.askLater(q)
	said := mentoring.T("duty.lines", "lines", text)
	if !secret {
		t.act.Do(mentoring.Notify{Member: t.member.ID, Text: said, Loud: true})
		return
	}
	t.act.Do(mentoring.ShowSecret{Member: t.member.ID, Key: fmt.Sprintf("duty/%d", t.mem.Room.Menu), Text: said, For: mentoring.DutyShown})
}

// askDutyPart asks for one part; back: only for this one.
func (t *turn) askDutyPart(d *mentoring.Duty, p mentoring.DutyPart, back bool) {
	q := question{Kind: askDuty, ID: int64(d.Case), Step: string(p)}
	if back {
		q.Chosen = []int{1}
	}
	parts := []string{t.text("duty.ask." + string(p))}
	if p == mentoring.DutyParts()[0] && !back {
		parts = append([]string{t.text("duty.begin", "number", int64(d.Case))}, parts...)
	}
	now, buttons := d.Parts[p], []string{keySkip}
	if now != "" {
		parts = append(parts, t.text("duty.now", "words", t.b.dutyWords(t.lang, p, now)))
	}
	if q.yesNo() {
		buttons = []string{keyYes, keyNo, keySkip}
	}
	parts = append(parts, t.text("duty.skip"))
	t.askThere(q, strings.Join(parts, "\n\n"), now != "", buttons...)
}

// dutyPreview shows all of it, and asks whether it is right.
func (t *turn) dutyPreview(d *mentoring.Duty) {
	lines := []string{t.text("duty.preview", "number", int64(d.Case))}
	for i, l := range t.b.DutyLines(t.lang, d) {
		lines = append(lines, t.text("menu.item", "number", i+1, "words", l[0]+": "+l[1]))
	}
	t.askThere(question{Kind: askDuty, ID: int64(d.Case), Step: stepSure}, strings.Join(lines, "\n")+"\n\n"+t.text("duty.sure"), true)
}

// answerDuty takes an answer of the dialogue.
func (t *turn) answerDuty(q *question, r reply) (bool, error) {
	id := mentoring.CaseID(q.ID)
	switch q.Step {
	case stepErase:
		if yes, heard := t.confirmed(r); !yes {
			return heard, nil
		}
		if err := t.act.EraseDuty(*t.member, id); err != nil {
			return true, err
		}
		t.say("duty.erased", "number", q.ID)
		return true, nil
	case stepSure:
		return t.answerDutyPreview(id, r)
	}
	t.out.RedactInput = r.text != ""
	d, err := t.act.DutyOf(*t.member, id)
	if err != nil {
		return true, err
	}
	part, back := mentoring.DutyPart(q.Step), len(q.Chosen) > 0
	if !r.skip && !r.done {
		words, ok := r.text, r.text != ""
		if yes, heard := r.decision(); q.yesNo() {
			if words, ok = mentoring.DutyNo, heard; yes {
				words = mentoring.DutyYes
			}
		} else if r.text == "-" || r.text == "–" {
			words = ""
		}
		if !ok {
			return false, nil
		}
		if d, err = t.act.FillDuty(*t.member, id, part, words); err != nil {
			return true, err
		}
	}
	t.afterDutyPart(&d, part, back, r.done)
	return true, nil
}

// afterDutyPart goes on after a part: with the next, or with all of it.
func (t *turn) afterDutyPart(d *mentoring.Duty, p mentoring.DutyPart, back, done bool) {
	all := mentoring.DutyParts()
	for _, next := range all[slices.Index(all, p)+1:] {
		why := next == mentoring.DutyChildWhy && p == mentoring.DutyChildTold || next == mentoring.DutyGuardianWhy && p == mentoring.DutyGuardianTold
		if d.Asks(next) && !done && (!back || why) {
			t.askDutyPart(d, next, back)
			return
		}
	}
	t.dutyPreview(d)
}

func (t *turn) answerDutyPreview(id mentoring.CaseID, r reply) (bool, error) {
	d, err := t.act.DutyOf(*t.member, id)
	if err != nil {
		return true, err
	}
	switch asked := slices.DeleteFunc(mentoring.DutyParts(), func(p mentoring.DutyPart) bool { return !d.Asks(p) }); {
	case len(r.many) == 1 && r.number <= len(asked):
		t.askDutyPart(&d, asked[r.number-1], true)
		return true, nil
	case r.no:
		t.forget()
		t.say("duty.later", "number", int64(id))
		return true, nil
	case !r.yes:
		return false, nil
	}
	if d, err = t.act.KeepDuty(*t.member, id); err != nil {
		return true, err
	}
	t.forget()
	t.say("duty.kept", "number", int64(id), "until", d.Due)
	return true, nil
}
