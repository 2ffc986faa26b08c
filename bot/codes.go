package bot

import (
	"strings"

	"silta/mentoring"
)

// codes makes one-time codes for trial and referral, and lists those that the
// person gave, with nothing of who used them.
func (t *turn) codes(rest string) error {
	first, after := cutWord(rest)
	switch t.b.parts[word(first)] {
	case "trial":
		code, err := t.act.NewTrialCode(*t.member)
		if err != nil {
			return err
		}
		t.say("codes.trial", "code", code, "until", t.act.Now.Add(t.act.Rules.CodeLifetime))
		return nil
	case "referral":
		return t.referral(after)
	case "list":
		return t.codeList()
	}
	if done, err := t.code(rest); done || err != nil {
		return err
	}
	t.helpOf("help.codes")
	return nil
}

func (t *turn) referral(rest string) error {
	topic := ""
	if rest != "" {
		first, _ := cutWord(rest)
		named := t.topicsNamed(word(first))
		if len(named) != 1 {
			t.say("codes.topics", "topics", t.topicNames(t.act.Rules.Topics))
			return nil
		}
		topic = named[0]
	}
	code, err := t.act.NewReferralCode(*t.member, topic)
	if err != nil {
		return err
	}
	t.say("codes.referral", "code", code, "until", t.act.Now.Add(t.act.Rules.CodeLifetime))
	return nil
}

func (t *turn) codeList() error {
	list, err := t.act.CodesGiven(*t.member)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.say("codes.none")
		return nil
	}
	lines := []string{t.text("codes.head")}
	for _, c := range list {
		state := "codes.open"
		switch {
		case c.Used:
			state = "codes.used"
		case !c.Expires.After(t.act.Now):
			state = "codes.expired"
		}
		line := t.text("codes.item", "kind", t.text("codes.kind."+string(c.Kind)), "at", c.Created, "state", t.text(state))
		if c.Topic != "" {
			line += " – " + t.topicName(c.Topic)
		}
		lines = append(lines, line)
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

// redeemed says what a code has done, and goes on where the person was.
func (t *turn) redeemed(kind mentoring.CodeKind) error {
	switch kind {
	case mentoring.CodeTrial:
		t.say("code.trial_right")
	case mentoring.CodeReferral:
		t.say("code.referral_right")
	default:
		t.say("code.right")
	}
	if !t.ready() {
		return t.askJoining()
	}
	return t.begin()
}
