package bot

import "silta/mentoring"

// move lets somebody with a recovery phrase go on from this account; in a staff
// room it is where staff confirm that.
func (t *turn) move(rest string) error {
	if t.place == Staff {
		return t.confirmMove(rest)
	}
	if t.proof != nil {
		return t.moveWith()
	}
	t.out.RedactInput = t.out.RedactInput || rest != "" // it may be a phrase, mistyped
	t.ask(question{Kind: askMove}, t.text("move.how"))
	return nil
}

// moveWith tries the phrase that was given.
func (t *turn) moveWith() error {
	t.out.RedactInput = true
	moved, who, err := t.act.Move(t.member, *t.proof)
	if err != nil {
		return err
	}
	if who.Language != "" {
		t.lang = who.Language
	}
	switch moved {
	case mentoring.MoveDone:
		t.mem = memory{}
		t.say("move.done", "alias", who.Alias)
	case mentoring.MoveWaiting:
		t.forget()
		t.say("move.waiting")
	default:
		t.say("phrase.wrong")
	}
	return nil
}

// answerMove takes the phrase; whatever else is written may be one mistyped.
func (t *turn) answerMove(r reply) (bool, error) {
	if r.text == "" {
		return false, nil
	}
	t.out.RedactInput = true
	t.say("move.malformed")
	return true, nil
}

// confirmMove is "move 12" or "move no 12" in a staff room.
func (t *turn) confirmMove(rest string) error {
	first, after := cutWord(rest)
	r := t.b.typed(first)
	yes := !r.no
	if r.yes || r.no && number(first) == 0 {
		first = after
	}
	n := t.numberIn(first)
	if n == 0 {
		t.say("move.number")
		return nil
	}
	if t.unsigned {
		t.say("device.unsigned")
		return nil
	}
	if err := t.act.ConfirmMove(*t.member, mentoring.MemberID(n), yes); err != nil {
		return err
	}
	if yes {
		t.say("move.confirmed", "number", n)
	} else {
		t.say("move.denied", "number", n)
	}
	return nil
}
