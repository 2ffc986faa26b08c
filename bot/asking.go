package bot

import (
	"errors"
	"fmt"
	"strings"

	"silta/mentoring"
)

// The steps of asking whoever is free.
const (
	stepTopic = "topic"
	stepWords = "words"
	stepSure  = "sure"
)

// askAnyone begins the dialogue, or takes back what was asked.
func (t *turn) askAnyone(rest string) error {
	if t.b.parts[word(firstWord(rest))] == "end" {
		if err := t.act.WithdrawAsking(*t.member); err != nil {
			return err
		}
		t.say("ask.withdrawn")
		return nil
	}
	q := question{Kind: askAnyone, Step: stepTopic, Words: t.topicNames(t.offered())}
	text := t.text("ask.topic") + "\n\n" + t.menu(1, q.Words) + "\n\n" + t.text("ask.any_topic")
	t.ask(q, text, append(keycaps(1, len(q.Words)), keySkip)...)
	return nil
}

// answerAsking takes an answer of the dialogue. Chosen is the topic's number; 0
// or none is any.
func (t *turn) answerAsking(q *question, r reply) (bool, error) {
	switch q.Step {
	case stepTopic:
		n := r.number
		if n == 0 && r.text != "" {
			n = pick(q.Words, r.text)
		}
		if !r.skip && (n < 1 || n > len(q.Words)) {
			return false, nil
		}
		if r.skip {
			n = 0
		}
		t.ask(question{Kind: askAnyone, Step: stepWords, Chosen: []int{n}}, t.text("ask.words"), keySkip)
		return true, nil
	case stepWords:
		if r.text == "" && !r.skip {
			return false, nil
		}
		words := r.text
		if r.skip {
			words = ""
		}
		seen := t.b.offerText(t.lang, t.topics(), &mentoring.Asking{Topic: t.chosenTopic(q), Words: words})
		t.askYesNo(question{Kind: askAnyone, Step: stepSure, Chosen: q.Chosen, Words: []string{words}},
			t.text("ask.preview")+"\n\n"+seen+"\n\n"+t.text("ask.sure"))
		return true, nil
	}
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	words := ""
	if len(q.Words) > 0 {
		words = q.Words[0]
	}
	n, err := t.act.AskAnyone(*t.member, t.chosenTopic(q), words)
	if err == nil && n > 0 {
		t.say("ask.done", "n", n)
	}
	return true, err
}

func (t *turn) chosenTopic(q *question) string {
	offered := t.offered()
	if len(q.Chosen) == 1 && q.Chosen[0] >= 1 && q.Chosen[0] <= len(offered) {
		return offered[q.Chosen[0]-1]
	}
	return ""
}

// offerText is what a mentor sees of an asking.
func (b *Bot) offerText(lang mentoring.Language, topics []mentoring.Topic, q *mentoring.Asking) string {
	about := b.Render(lang, mentoring.T("ask.anything"))
	if q.Topic != "" {
		about = (&turn{b: b, lang: lang, topicList: topics}).topicName(q.Topic)
	}
	text := b.Render(lang, mentoring.T("ask.about", "topic", about))
	if q.Words != "" {
		text += "\n" + q.Words
	}
	return text
}

// Offer is the card of an asking in a mentor's own room, as it stands now, with
// the reactions that answer it.
func (b *Bot) Offer(lang mentoring.Language, topics []mentoring.Topic, q *mentoring.Asking) (text string, buttons []string) {
	if !q.Waits() {
		return b.Render(lang, mentoring.T("ask.card_over", "number", int64(q.ID))), nil
	}
	head := b.Render(lang, mentoring.T("ask.card", "number", int64(q.ID)))
	how := b.Render(lang, mentoring.T("ask.card_how", "number", int64(q.ID)))
	return strings.Join([]string{head, b.offerText(lang, topics, q), how}, "\n\n"), []string{keyYes}
}

// takeAsking is a mentor taking an asking by its number.
func (t *turn) takeAsking(rest string) error {
	n := t.numberIn(rest)
	if n == 0 {
		t.say("ask.number")
		return nil
	}
	return t.claimAsking(mentoring.AskingID(n))
}

func (t *turn) claimAsking(id mentoring.AskingID) error {
	c, err := t.act.ClaimAsking(*t.member, id)
	if err != nil {
		return err
	}
	t.say("ask.yours", "alias", c.Aliases(c.ByMember(t.member.ID).ID))
	return nil
}

// tapOffer takes a tap on the card of an asking.
func (t *turn) tapOffer(menu int64, r reply) (bool, error) {
	if !r.yes {
		return false, nil
	}
	o, err := t.act.Tx.OfferUnder(t.member.ID, menu)
	if errors.Is(err, mentoring.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("offer: %w", err)
	}
	return true, t.claimAsking(o.Asking)
}

// change is a mentee going on with another mentor: the old conversation is kept
// or ended, and the mentors are shown.
func (t *turn) change(rest string) error {
	c, err := t.conversation("change", rest)
	if c == nil || err != nil {
		return err
	}
	return t.sureChange(c)
}

func (t *turn) sureChange(c *mentoring.Conversation) error {
	switch me := c.ByMember(t.member.ID); {
	case c.Kind != mentoring.KindMentoring || me == nil:
		return mentoring.Refuse("change.not_here")
	case me.Role == mentoring.Mentor:
		return mentoring.Refuse("change.mentor")
	case me.Role != mentoring.Mentee:
		return mentoring.Refuse("change.not_here")
	}
	words := []string{t.text("change.keep"), t.text("change.end")}
	t.ask(question{Kind: askChange, ID: int64(c.ID), Words: words},
		t.text("change.ask", "alias", t.others(c))+"\n\n"+t.menu(1, words), keycaps(1, 2)...)
	return nil
}

func (t *turn) answerChange(q *question, r reply) (bool, error) {
	n := r.number
	if n == 0 {
		n = pick(q.Words, r.text)
	}
	if n != 1 && n != 2 {
		return false, nil
	}
	c, err := t.byID(q.ID)
	if err != nil {
		return true, err
	}
	t.forget()
	if n == 2 {
		if err := t.act.Change(*t.member, c.ID); err != nil {
			return true, err
		}
		t.say("change.ended", "alias", t.others(c))
	}
	if t.place == Leg {
		t.say("change.go_on")
		return true, nil
	}
	return true, t.mentors("")
}
