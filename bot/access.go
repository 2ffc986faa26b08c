package bot

import (
	"slices"
	"strings"

	"silta/locale"
	"silta/mentoring"
)

// caseAnd reads the number of a case that a text begins with; in a case's thread
// it may be left out when it is not followed by another number.
func (t *turn) caseAnd(rest string) (id mentoring.CaseID, after string) {
	if t.inCase != 0 {
		return t.inCase, rest
	}
	if n := t.numberIn(rest); n > 0 {
		_, after = cutWord(rest)
		return mentoring.CaseID(n), after
	}
	return 0, rest
}

// roleNamed is the role that a word names in any language; "" for none.
func (t *turn) roleNamed(w string) mentoring.Role {
	for _, role := range []mentoring.Role{mentoring.Mentee, mentoring.Mentor} {
		for _, lang := range locale.Languages() {
			if w != "" && word(w) == word(t.b.cat.Say(lang, "access.role."+string(role), nil)) {
				return role
			}
		}
	}
	return ""
}

// safely says whether what cannot be undone may be done from this device.
func (t *turn) safely() bool {
	if t.unsigned {
		t.say("device.unsigned")
	}
	return !t.unsigned
}

// readCase asks to read more of a reported conversation: case, "mentee" when they
// are to be asked, days, and why.
func (t *turn) readCase(rest string) error {
	id, rest := t.caseAnd(rest)
	first, after := cutWord(rest)
	ofMentee := t.roleNamed(first) == mentoring.Mentee
	if ofMentee {
		first, after = cutWord(after)
	}
	days := number(first)
	if id == 0 || days == 0 || after == "" {
		t.helpOf("help.read")
		return nil
	}
	if !t.safely() {
		return nil
	}
	return t.sureOfAccess("read", int64(id), after, days, ofMentee)
}

// reveal asks who somebody is: case, role, and why.
func (t *turn) reveal(rest string) error {
	id, rest := t.caseAnd(rest)
	first, reason := cutWord(rest)
	role := t.roleNamed(first)
	if id == 0 || role == "" || reason == "" {
		t.helpOf("help.reveal")
		return nil
	}
	if !t.safely() {
		return nil
	}
	return t.confirmAccess(question{Kind: askAccess, Step: "reveal", ID: int64(id), Words: []string{string(role), reason}},
		t.text("access.sure_reveal", "number", int64(id), "role", mentoring.T("access.role."+string(role))))
}

func (t *turn) sureOfAccess(step string, id int64, reason string, days int, ofMentee bool) error {
	who := ""
	if ofMentee {
		who = string(mentoring.Mentee)
	}
	t.ask(question{Kind: askAccess, Step: step, ID: id, Words: []string{who, reason}, Chosen: []int{days}},
		t.text("access.sure_read", "number", id, "days", days)+"\n\n"+t.text("confirm.in_words"))
	return nil
}

// deferTelling has somebody told later: access, days, and why.
func (t *turn) deferTelling(rest string) error {
	first, after := cutWord(rest)
	second, reason := cutWord(after)
	id, days := number(first), number(second)
	if id == 0 || days == 0 || reason == "" {
		t.helpOf("help.defer")
		return nil
	}
	if !t.safely() {
		return nil
	}
	if err := t.act.DeferTelling(*t.member, mentoring.AccessID(id), days, reason); err != nil {
		return err
	}
	t.say("access.deferred_now", "access", int64(id), "days", days)
	return nil
}

// allow is the yes of the second person; it is asked once more, in words.
func (t *turn) allow(rest string) error {
	id := number(rest)
	if id == 0 {
		t.helpOf("help.allow")
		return nil
	}
	x, err := t.act.AccessAskedOf(*t.member, mentoring.AccessID(id))
	if err != nil {
		return err
	}
	if !t.safely() {
		return nil
	}
	return t.confirmAccess(question{Kind: askAccess, Step: "allow", ID: int64(id)},
		t.text("access.sure_allow."+string(x.Kind), "access", int64(id)))
}

// deny is the no.
func (t *turn) deny(rest string) error {
	id := number(rest)
	if id == 0 {
		t.helpOf("help.deny")
		return nil
	}
	if err := t.act.DenyAccess(*t.member, mentoring.AccessID(id)); err != nil {
		return err
	}
	t.say("access.denied_now", "access", int64(id))
	return nil
}

// aliases tells who reads under which names the two are known. It is said in their
// own room only.
func (t *turn) aliases(rest string) error {
	id := number(rest)
	if id == 0 {
		t.helpOf("help.alias")
		return nil
	}
	names, err := t.act.AccessAliases(*t.member, mentoring.AccessID(id))
	if err != nil {
		return err
	}
	var lines []string
	for _, role := range []mentoring.Role{mentoring.Mentee, mentoring.Mentor} {
		if names[role] != "" {
			lines = append(lines, t.text("access.alias", "role", mentoring.T("access.role."+string(role)), "alias", names[role]))
		}
	}
	slices.Sort(lines)
	t.line(strings.Join(lines, "\n"))
	return nil
}

// answerAccess does what was asked for once somebody has confirmed it in words, or
// with a one-time code.
func (t *turn) answerAccess(q *question, r reply) (bool, error) {
	proof, yes, heard, err := t.provenAccess(q, r)
	if !yes || err != nil {
		return heard, err
	}
	if !t.safely() {
		return true, nil
	}
	switch q.Step {
	case "allow":
		if _, err := t.act.AllowAccess(*t.member, mentoring.AccessID(q.ID), proof); err != nil {
			return true, err
		}
		t.say("access.allowed_now", "access", q.ID)
		return true, nil
	case "read":
		x, err := t.act.AskRead(*t.member, mentoring.CaseID(q.ID), q.Chosen[0], q.Words[0] != "", q.Words[1])
		if err != nil {
			return true, err
		}
		t.say("access.asked_now", "access", int64(x.ID))
		return true, nil
	}
	x, err := t.act.AskIdentity(*t.member, mentoring.CaseID(q.ID), mentoring.Role(q.Words[0]), q.Words[1], proof)
	if err != nil {
		return true, err
	}
	t.say("access.asked_now_reveal", "access", int64(x.ID))
	return true, nil
}
