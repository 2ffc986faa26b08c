package bot

import (
	"strings"

	"silta/locale"
	"silta/mentoring"
)

// askKind says which question is being asked; the dialogues' names in the store.
type askKind string

// The questions.
const (
	askLanguage askKind = "language"
	askAge      askKind = "age"
	askConsent  askKind = "consent"
	askNickname askKind = "nickname"
	askSure     askKind = "sure" // of a nickname that is also a first name
	askMentors  askKind = "mentors"
	askChats    askKind = "chats"
	askEnd      askKind = "end"
	askBlock    askKind = "block"
	askWhich    askKind = "which" // conversation, for the command in Step
	askMyCard   askKind = "card"
	askAnyone   askKind = "anyone" // asking whoever is free
	askChange   askKind = "change" // keep or end the old conversation
	askGuide    askKind = "guide"  // a step of the orientation guide
	askRetire   askKind = "retire" // end a mentor
	askForget   askKind = "forget"
	askHours    askKind = "hours"    // that a mentor used in a quarter
	askThemes   askKind = "themes"   // of that quarter
	askHandOver askKind = "handover" // how a mentee wants to go on
	askOffer    askKind = "offer"    // a mentee to another mentor
	askMeasure  askKind = "measure"
	askDelete   askKind = "delete"
	askExport   askKind = "export"
	askMove     askKind = "move" // the recovery phrase
	askText     askKind = "text" // a new wording of a text
	askAnnounce askKind = "announce"
	askRole     askKind = "role"
	askPhrase   askKind = "phrase" // is it written down
	askSigns    askKind = "signs"  // which the others see
	askAccess   askKind = "access" // staff are about to see what nobody sees otherwise
	askTotp     askKind = "totp"   // a one-time code
	askReport   askKind = "report"
	askClose    askKind = "close" // a case, with which outcome
	askHand     askKind = "hand"  // a case to whom
	askGuest    askKind = "guest" // who takes part in a case
	askDuty     askKind = "duty"  // a part of a child-welfare summary
)

// free says whether the answer is a text of the person's own, in which the
// words of commands may well come up.
func (q *question) free() bool {
	if q.Kind == askRemark || q.Kind == askQuestion && (strings.HasPrefix(q.Step, stepText) || q.Step == stepChoices) {
		return true
	}
	if q.Kind == askDuty {
		return !q.yesNo()
	}
	return q.Kind == askNickname || q.Kind == askMyCard || q.Kind == askAnyone && q.Step == stepWords ||
		q.Kind == askAnnounce && q.Step != stepAnnounce || q.Kind == askReport && q.Step == stepReason
}

// yesNo says whether the answer is yes or no.
func (q *question) yesNo() bool {
	switch q.Kind {
	case askSupervision:
		return true
	case askAge, askConsent, askSure, askEnd, askBlock, askRetire, askDelete, askExport, askForget, askOffer, askMeasure,
		askText, askRole, askAccess:
		return true
	case askWords, askRelease, askDropRemark, askCodesign:
		return true
	case askAnyone, askClose:
		return q.Step == stepSure
	case askTotp:
		return q.Step == stepSure
	case askDuty:
		return q.Step == stepSure || q.Step == stepErase ||
			q.Step == string(mentoring.DutyChildTold) || q.Step == string(mentoring.DutyGuardianTold)
	case askAnnounce:
		return q.Step == stepAnnounce
	case askReport:
		return q.Step == stepSure || q.Step == stepContact
	case askMyCard:
		return q.Step == stepSend || q.Step == stepMissing
	}
	return false
}

// joining takes an answer to the question at which joining is, and asks the
// next one. Where joining is stands in the member, not in the question.
func (t *turn) joining(r reply) error {
	q := t.question()
	fresh := t.member.Join == "" || t.member.Join == mentoring.JoinNew
	if q != nil && q.Kind == askLanguage || q == nil && fresh && r.number == 0 {
		if done, err := t.answerLanguage(r); done || err != nil {
			return err
		}
		return t.askJoining()
	}
	if q != nil && !t.fits(q.Kind) { // of a command that may be given before joining
		if done, err := t.answer(q, r); done || err != nil {
			return err
		}
		q = nil
	}
	if q == nil {
		return t.askJoining()
	}
	if q.Kind == askNickname {
		return t.answerNickname(q, r)
	}
	yes, ok := r.decision()
	if !ok {
		return t.unclear(q)
	}
	switch q.Kind {
	case askAge:
		return t.answerAge(yes)
	case askConsent:
		return t.answerConsent(yes)
	}
	return t.answerSure(q, yes)
}

// fits says whether a question belongs to the step at which joining is.
func (t *turn) fits(k askKind) bool {
	switch t.member.Join {
	case mentoring.JoinAge, mentoring.JoinUnderage:
		return k == askAge
	case mentoring.JoinConsent, mentoring.JoinDeclined, mentoring.JoinDone:
		return k == askConsent
	case mentoring.JoinNickname:
		return k == askNickname || k == askSure
	}
	return k == askLanguage
}

// decision reads yes and no, also as the numbers 1 and 2.
func (r reply) decision() (yes, ok bool) {
	switch {
	case r.yes || r.number == 1 && len(r.many) == 1:
		return true, true
	case r.no || r.number == 2 && len(r.many) == 1:
		return false, true
	}
	return false, false
}

// askJoining asks the question at which joining is.
func (t *turn) askJoining() error {
	switch t.member.Join {
	case mentoring.JoinAge, mentoring.JoinUnderage:
		t.askYesNo(question{Kind: askAge}, t.text("join.age", "age", t.act.Rules.MinimumAge))
	case mentoring.JoinConsent, mentoring.JoinDeclined:
		t.askConsent()
	case mentoring.JoinDone:
		t.say("join.consent_again")
		t.askConsent()
	case mentoring.JoinNickname:
		t.askNickname()
	default:
		t.askLanguage()
	}
	return nil
}

func (t *turn) askConsent() {
	days := int(t.act.Rules.Retention.Hours() / 24)
	t.askYesNo(question{Kind: askConsent}, t.text("join.consent", "days", days))
}

// askYesNo asks with the two answers as numbers, words and reactions.
func (t *turn) askYesNo(q question, text string) {
	how := t.text("menu.yesno")
	if t.place != Management {
		how = t.text("menu.yesno_mark")
	}
	t.ask(q, text+"\n\n"+how, keyYes, keyNo)
}

// menu is a numbered list of choices.
func (t *turn) menu(from int, choices []string) string {
	lines := make([]string, len(choices))
	for i, c := range choices {
		lines[i] = t.text("menu.item", "number", from+i, "words", c)
	}
	return strings.Join(lines, "\n")
}

// askLanguage asks in all the languages at once.
func (t *turn) askLanguage() {
	var asked, names []string
	for _, lang := range locale.Languages() {
		asked = append(asked, t.b.Render(mentoring.Language(lang), mentoring.T("language.ask")))
		names = append(names, t.b.cat.Name(lang))
	}
	t.ask(question{Kind: askLanguage, Words: names},
		strings.Join(asked, "\n")+"\n\n"+t.menu(1, names), keycaps(1, len(names))...)
}

// language changes the language, at once when it was named.
func (t *turn) language(rest string) error {
	if rest != "" {
		if done, err := t.answerLanguage(t.b.typed(rest)); done || err != nil {
			return err
		}
	}
	t.askLanguage()
	return nil
}

// namedLanguage takes the bare name of a language, where nothing else is meant by
// it: who cannot read what the bot says does not know the command either. A
// dialogue with answers that would be lost goes on in its language.
func (t *turn) namedLanguage(q *question, body string) (bool, error) {
	if t.place != Management || q != nil && q.Kind != askMentors && q.Kind != askChats {
		return false, nil
	}
	return t.answerLanguage(reply{text: body})
}

// answerLanguage takes a language by number, name or tag.
func (t *turn) answerLanguage(r reply) (bool, error) {
	chosen := ""
	for i, lang := range locale.Languages() {
		w := word(r.text)
		if r.number == i+1 || w != "" && (w == lang || w == word(t.b.cat.Name(lang)) || t.b.names[w] == lang) {
			chosen = lang
		}
	}
	if chosen == "" {
		return false, nil
	}
	wasNew := t.member.Join == "" || t.member.Join == mentoring.JoinNew
	if err := t.act.SetLanguage(t.member, mentoring.Language(chosen)); err != nil {
		return true, err
	}
	t.lang = t.member.Language
	t.forget()
	if wasNew {
		t.say("join.what")
		t.say("join.who")
		t.say("join.limits")
		return true, t.askJoining()
	}
	t.say("language.set")
	if !t.ready() {
		return true, t.askJoining()
	}
	return true, nil
}

func (t *turn) answerAge(yes bool) error {
	if err := t.act.AnswerAge(t.member, yes); err != nil {
		return err
	}
	if yes {
		t.forget()
		return t.askJoining()
	}
	// The question stays open: the answer may have been a slip.
	t.say("join.underage", "age", t.act.Rules.MinimumAge)
	return nil
}

func (t *turn) answerConsent(yes bool) error {
	if err := t.act.AnswerConsent(t.member, yes); err != nil {
		return err
	}
	if !yes {
		t.say("join.declined")
		return nil
	}
	t.forget()
	if t.ready() {
		t.mem.Welcomed = true // long ago
		return t.arrived()
	}
	return t.askJoining()
}

// askNickname suggests three names that say nothing of their bearer.
func (t *turn) askNickname() {
	names := mentoring.SuggestNicknames(t.act, t.b.cat.Nicknames(string(t.lang)))
	t.ask(question{Kind: askNickname, Words: names},
		t.text("join.nickname")+"\n\n"+t.menu(1, names), keycaps(1, len(names))...)
}

func (t *turn) answerNickname(q *question, r reply) error {
	name := r.text
	switch {
	case r.number > 0 && len(r.many) == 1:
		if r.number > len(q.Words) {
			return t.unclear(q)
		}
		name = q.Words[r.number-1]
	case name == "":
		return t.unclear(q)
	case t.b.parts[word(name)] == "hello", r.yes, r.no: // no name, but said to the bot
		t.say("join.no_name")
		t.askNickname()
		return nil
	}
	clean, err := t.act.CheckAlias(name)
	if err != nil {
		return err
	}
	if t.b.cat.IsFirstName(strings.Trim(clean, "-_0123456789")) {
		t.askYesNo(question{Kind: askSure, Words: []string{clean}}, t.text("join.sure", "alias", clean))
		return nil
	}
	return t.takeNickname(clean)
}

// answerSure is about a nickname that is a first name, too.
func (t *turn) answerSure(q *question, yes bool) error {
	if !yes || len(q.Words) != 1 {
		t.askNickname()
		return nil
	}
	return t.takeNickname(q.Words[0])
}

func (t *turn) takeNickname(name string) error {
	if err := t.act.TakeNickname(t.member, name); err != nil {
		return err
	}
	t.forget()
	var err error
	if t.memberships, err = t.act.Tx.Memberships(t.member.ID); err != nil {
		return err
	}
	return t.welcome()
}

// welcome tells somebody that they are in, and shows what they came for.
func (t *turn) welcome() error {
	t.mem.Welcomed = true
	if err := t.welcomeLine(t.text("join.done", "alias", t.member.Alias)); err != nil {
		return err
	}
	return t.afterJoining()
}

// afterJoining shows what a person came for: a mentor their card, others the
// list of mentors.
func (t *turn) afterJoining() error {
	for _, m := range t.memberships {
		if m.Role == mentoring.Mentor && m.State == mentoring.Invited {
			return t.begin()
		}
	}
	if mentoring.May(t.memberships, mentoring.DoChoose) {
		l := &list{}
		if t.member.Topic != "" {
			l.Filter.Topics = []string{t.member.Topic}
		}
		return t.showMentors(l)
	}
	return nil
}
