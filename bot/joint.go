package bot

import (
	"errors"
	"fmt"

	"silta/mentoring"
)

// joint has people talk together with staff: staff ask them, and they answer.
func (t *turn) joint(rest string) error {
	first, _ := cutWord(rest)
	answer := t.b.answers[word(first)]
	if t.place == Management && t.inCase == 0 && number(first) == 0 {
		if answer != "yes" && answer != "no" {
			t.say("joint.how")
			return nil
		}
		return t.answerJoint(0, answer == "yes")
	}
	id, _ := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	if err := t.act.AskJoint(*t.member, id, 0, 0); err != nil {
		return err
	}
	t.say("joint.asked_now", "number", int64(id))
	return nil
}

func (t *turn) answerJoint(menu int64, yes bool) error {
	if err := t.act.AnswerJoint(*t.member, menu, yes); err != nil {
		return err
	}
	if yes {
		t.say("joint.agreed")
	} else {
		t.say("joint.declined")
	}
	return nil
}

// tapJoint takes a tap on the card of such a question.
func (t *turn) tapJoint(menu int64, r reply) (bool, error) {
	yes, heard := r.decision()
	if !heard {
		return false, nil
	}
	if _, err := t.act.Tx.JointUnder(t.member.ID, menu); err != nil {
		if errors.Is(err, mentoring.ErrNotFound) {
			return false, nil
		}
		return false, fmt.Errorf("joint talk: %w", err)
	}
	return true, t.answerJoint(menu, yes)
}

// JointCard is the question to one person as it stands now, with the reactions
// that answer it.
func (b *Bot) JointCard(lang mentoring.Language, c mentoring.JointCard) (text string, buttons []string) {
	if !c.Waits || c.With == "" {
		return b.Render(lang, mentoring.T("joint.card_over")), nil
	}
	key, args := "joint.card_first", []any{"number", int64(c.Case.ID), "alias", c.With}
	switch {
	case c.First && c.Guest:
		key = "joint.card_first_guest"
	case c.First:
	case c.Guest:
		key, args = "joint.card_guest", []any{"role", mentoring.T("role." + string(c.Case.OpenerRole))}
	default:
		key, args = "joint.card_peer", []any{"alias", c.Peer}
	}
	how := b.Render(lang, mentoring.T("joint.card_how"))
	return b.Render(lang, mentoring.T(key, args...)) + "\n\n" + how, []string{keyYes, keyNo}
}
