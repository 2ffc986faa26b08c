package bot

import (
	"strings"

	"silta/mentoring"
)

// feedback takes free text to staff, who do not learn whose it is.
func (t *turn) feedback(rest string) error {
	if first, after := cutWord(rest); after != "" && number(first) > 0 {
		number := int64(number(first))
		return t.saidAbout(t.act.AddToRemark(*t.member, number, after), "remark.added", number)
	}
	if rest == "" {
		t.ask(question{Kind: askRemark, Step: string(mentoring.RemarkFeedback)}, t.text("remark.ask_feedback"))
		return t.form()
	}
	return t.writeRemark(mentoring.RemarkFeedback, rest)
}

// form tells of the form elsewhere, if there is one.
func (t *turn) form() error {
	address := t.b.perLanguage(t.b.cfg.FeedbackForm, t.lang)
	if address == "" {
		return nil
	}
	t.say("remark.form", "address", address)
	return t.act.FormShown(*t.member)
}

func (t *turn) writeRemark(kind mentoring.RemarkKind, text string) error {
	r, err := t.act.WriteRemark(*t.member, kind, text)
	if err != nil {
		return err
	}
	t.forget()
	t.say("remark.done."+string(kind), "number", r.ID)
	return nil
}

func (t *turn) answerRemark(q *question, r reply) (bool, error) {
	if r.text == "" {
		return false, nil
	}
	return true, t.writeRemark(mentoring.RemarkKind(q.Step), r.text)
}

// idea lists the ideas, takes one, or a vote for one.
func (t *turn) idea(rest string) error {
	if n := t.numberIn(rest); n > 0 {
		return t.vote(int64(n))
	}
	if rest != "" {
		return t.writeRemark(mentoring.RemarkIdea, rest)
	}
	all, err := t.act.Ideas(*t.member)
	if err != nil {
		return err
	}
	parts := []string{t.text("idea.how")}
	if len(all) > 0 {
		lines := []string{t.text("idea.head")}
		for i := range all {
			r := &all[i]
			lines = append(lines, t.text("menu.item", "number", r.ID, "words", r.Text)+" – "+t.text("idea.votes", "n", r.Votes))
			if r.Answer != "" {
				lines = append(lines, t.text("idea.answer", "text", r.Answer))
			}
		}
		parts = append([]string{strings.Join(lines, "\n")}, t.text("idea.how_vote"), t.text("idea.how"))
	}
	t.line(strings.Join(parts, "\n\n"))
	return nil
}

func (t *turn) vote(number int64) error {
	r, err := t.act.VoteFor(*t.member, number)
	if err == nil {
		t.say("idea.voted", "number", number, "n", r.Votes)
	}
	return err
}

// remarks is staff's side: what came, and what is done with it. In the thread of
// a remark its number need not be said.
func (t *turn) remarks(rest string) error {
	first, after := cutWord(rest)
	id := t.inRemark
	if n := number(first); n > 0 {
		id = int64(n)
		first, after = cutWord(after)
	}
	part := t.b.parts[word(first)]
	switch {
	case id == 0 && rest == "":
		return t.remarkList()
	case id == 0 || part == "" && first != "":
		t.helpOf("help.remarks")
		return nil
	}
	switch part {
	case "reply":
		return t.saidAbout(t.act.ReplyToRemark(*t.member, id, after), "remark.replied", id)
	case "release":
		return t.sureRemark(id)
	case "publish":
		return t.saidAbout(t.act.PublishIdea(*t.member, id), "remark.published", id)
	case "end":
		t.askYesNo(question{Kind: askDropRemark, ID: id}, t.text("remark.drop_sure", "number", id))
		return nil
	case "", "show":
		r, err := t.act.RemarkOf(*t.member, id)
		if err != nil {
			return err
		}
		t.line(t.b.Remark(t.lang, &r))
		return nil
	}
	t.helpOf("help.remarks")
	return nil
}

func (t *turn) remarkList() error {
	all, err := t.act.Remarks(*t.member)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.say("remark.none")
		return nil
	}
	lines := []string{t.text("remark.head")}
	for i := range all {
		r := &all[i]
		text := []rune(strings.Join(strings.Fields(r.Text), " "))
		if len(text) > 60 {
			text = append(text[:60], '…')
		}
		lines = append(lines, t.text("menu.item", "number", r.ID, "words", t.text("remark.kind."+string(r.Kind))+": "+string(text)))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

// sureRemark shows a remark whole before it may stand in a report.
func (t *turn) sureRemark(id int64) error {
	r, err := t.act.RemarkOf(*t.member, id)
	if err != nil {
		return err
	}
	t.askYesNo(question{Kind: askRelease, ID: id}, t.b.Remark(t.lang, &r)+"\n\n"+t.text("remark.release_sure"))
	return nil
}

func (t *turn) answerRelease(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	return true, t.saidAbout(t.act.ReleaseRemark(*t.member, q.ID), "remark.released", q.ID)
}

func (t *turn) answerDropRemark(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	return true, t.saidAbout(t.act.DropRemark(*t.member, q.ID), "remark.dropped", q.ID)
}

// Remark is the first message of a remark's thread in the staff room.
func (b *Bot) Remark(lang mentoring.Language, r *mentoring.Remark) string {
	say := func(key string, pairs ...any) string { return b.Render(lang, mentoring.T(key, pairs...)) }
	lines := []string{say("remark.title", "kind", mentoring.T("remark.kind."+string(r.Kind)), "number", r.ID), r.Text}
	if r.Kind == mentoring.RemarkIdea && r.State != mentoring.RemarkOpen {
		lines = append(lines, say("idea.votes", "n", r.Votes))
	}
	if r.Answer != "" {
		lines = append(lines, say("idea.answer", "text", r.Answer))
	}
	return strings.Join(append(lines, say("remark.state."+string(r.State), "number", r.ID)), "\n\n")
}

// RemarkGone takes its place when it has been deleted.
func (b *Bot) RemarkGone(lang mentoring.Language, number int64) string {
	return b.Render(lang, mentoring.T("remark.gone", "number", number))
}
