package bot

import (
	"strings"

	"silta/locale"
	"silta/mentoring"
)

// sayCanned says one of the service's texts in a conversation; without a key, or
// elsewhere, it lists them.
func (t *turn) sayCanned(rest string) error {
	if t.inCase != 0 || t.place == Staff {
		return t.sayInCase(rest)
	}
	if t.place != Leg || rest == "" {
		return t.cannedList()
	}
	text, err := t.act.Canned(*t.member, t.participant, rest)
	if err != nil {
		return err
	}
	t.out.Say = text
	t.say("canned.said", "text", text)
	return nil
}

func (t *turn) cannedList() error {
	list, err := t.act.CannedTexts(*t.member)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.say("canned.none")
		return nil
	}
	parts := []string{t.text("canned.head")}
	for _, c := range list {
		for _, lang := range locale.Languages() {
			if words := c.Words[mentoring.Language(lang)]; words != "" {
				parts = append(parts, c.Key+" ("+lang+"): "+words)
			}
		}
	}
	t.line(strings.Join(parts, "\n\n"))
	return nil
}

// canned is staff keeping the texts.
func (t *turn) canned(rest string) error {
	first, rest := cutWord(rest)
	key, text := cutWord(rest)
	switch t.b.parts[word(first)] {
	case "add", "edit":
		lang := t.lang
		if tag, after := cutWord(text); t.b.cat.Known(tag) {
			lang, text = mentoring.Language(tag), after
		}
		if err := t.act.SetCanned(*t.member, key, lang, text); err != nil {
			return err
		}
		t.say("canned.kept")
		return nil
	case "end":
		if err := t.act.RemoveCanned(*t.member, key); err != nil {
			return err
		}
		t.say("canned.removed")
		return nil
	case "list":
		return t.cannedList()
	}
	if first == "" {
		return t.cannedList()
	}
	t.helpOf("help.canned")
	return nil
}

// replyText says how soon a mentor typically answers; empty when not enough is
// known.
func (t *turn) replyText(id mentoring.MembershipID) (string, error) {
	r, err := t.act.TypicalReply(id)
	if err != nil || r == "" {
		return "", err
	}
	return t.text("reply." + string(r)), nil
}
