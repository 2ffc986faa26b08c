package bot

import (
	"strings"

	"silta/mentoring"
)

// totp is about the one-time codes with which staff confirm what shows who
// somebody is: on, off, and, for who gives roles, taking it from somebody who has
// lost their app.
func (t *turn) totp(rest string) error {
	first, after := cutWord(rest)
	switch part := t.b.parts[word(first)]; {
	case part == "on" && after == "":
		if !t.safely() {
			return nil
		}
		if err := t.act.BeginTotp(*t.member); err != nil {
			return err
		}
		t.askCode(question{Kind: askTotp, Step: "on"}, t.text("totp.begin"))
	case part == "off" && after == "":
		need, err := t.act.HasTotp(*t.member)
		if err != nil {
			return err
		}
		if !need {
			return mentoring.Refuse("totp.first")
		}
		t.askCode(question{Kind: askTotp, Step: "off"}, t.text("totp.off_sure"))
	case part == "off" && number(after) > 0 && mentoring.May(t.memberships, mentoring.DoRoles):
		if !t.safely() {
			return nil
		}
		t.ask(question{Kind: askTotp, Step: stepSure, ID: int64(number(after))},
			t.text("totp.reset_sure", "number", number(after))+"\n\n"+t.text("confirm.in_words"))
	default:
		t.helpOf("help.totp")
	}
	return nil
}

// askCode asks for a one-time code.
func (t *turn) askCode(q question, text string) {
	t.ask(q, text+"\n\n"+t.text("totp.ask"))
}

// codeIn is the one-time code that a text is; "" when it is none.
func codeIn(text string) string {
	code := strings.Join(strings.Fields(strings.TrimLeft(text, "!！")), "")
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}

// answerTotp takes a code, or the answer whether somebody else's codes end.
func (t *turn) answerTotp(q *question, r reply) (bool, error) {
	if q.Step == stepSure {
		if yes, heard := t.confirmed(r); !yes {
			return heard, nil
		}
		if !t.safely() {
			return true, nil
		}
		if err := t.act.ResetTotp(*t.member, mentoring.MemberID(q.ID)); err != nil {
			return true, err
		}
		t.say("totp.reset_now", "number", q.ID)
		return true, nil
	}
	if r.no {
		t.forget()
		t.say("cancel.done")
		return true, nil
	}
	code := codeIn(r.text)
	if code == "" {
		t.say("totp.ask")
		return true, nil
	}
	t.out.RedactInput = true
	does, key := t.act.ConfirmTotp, "totp.on_now"
	if q.Step == "off" {
		does, key = t.act.EndTotp, "totp.off_now"
	}
	ok, err := does(*t.member, code)
	if err != nil {
		return true, err
	}
	if !ok {
		t.say("totp.wrong")
		return true, nil
	}
	t.forget()
	t.say(key)
	return true, nil
}

// needsCode says whether a question of [answerAccess] is answered with a one-time
// code in place of a yes.
func (t *turn) needsCode(q *question) (bool, error) {
	switch q.Step {
	case "reveal":
		c, err := t.act.CaseOf(mentoring.CaseID(q.ID))
		if err != nil {
			return false, unrefusedFault(err)
		}
		return t.act.NeedsTotp(*t.member, c.Programme)
	case "allow":
		x, err := t.act.AccessAskedOf(*t.member, mentoring.AccessID(q.ID))
		if err != nil || x.Kind != mentoring.AccessIdentity {
			return false, unrefusedFault(err)
		}
		c, err := t.act.CaseOf(x.Case)
		if err != nil {
			return false, unrefusedFault(err)
		}
		return t.act.NeedsTotp(*t.member, c.Programme)
	}
	return false, nil
}

// unrefusedFault leaves faults only: what is refused is told by the use case.
func unrefusedFault(err error) error {
	if isRefusal(err) {
		return nil
	}
	return err
}

// confirmAccess is how a question of answerAccess is to be confirmed: in words, or
// with a one-time code.
func (t *turn) confirmAccess(q question, text string) error {
	code, err := t.needsCode(&q)
	if err != nil {
		return err
	}
	if code {
		t.askCode(q, text)
		return nil
	}
	t.ask(q, text+"\n\n"+t.text("confirm.in_words"))
	return nil
}

// provenAccess takes the answer to it. heard is false for what is no answer; go on
// only when both are true.
func (t *turn) provenAccess(q *question, r reply) (proof mentoring.Proven, yes, heard bool, err error) {
	code, err := t.needsCode(q)
	if err != nil {
		return proof, false, true, err
	}
	if !code {
		yes, heard = t.confirmed(r)
		return proof, yes, heard, nil
	}
	if r.no {
		t.forget()
		t.say("cancel.done")
		return proof, false, true, nil
	}
	given := codeIn(r.text)
	if given == "" {
		t.say("totp.ask")
		return proof, false, true, nil
	}
	if !t.safely() {
		t.forget()
		return proof, false, true, nil
	}
	t.out.RedactInput = true
	proof, ok, err := t.act.ProveTotp(*t.member, given)
	if err != nil {
		return proof, false, true, err
	}
	if !ok {
		t.say("totp.wrong")
		return proof, false, true, nil
	}
	t.forget()
	return proof, true, true, nil
}
