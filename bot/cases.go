package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"silta/locale"
	"silta/mentoring"
)

// The buttons of a case's head message.
const (
	buttonClaim = "✋"
	buttonMore  = "📋"
)

// CaseButtons are all buttons that a case's head can have, and whether it has
// them now.
func CaseButtons(c *mentoring.Case) map[string]bool {
	return map[string]bool{
		buttonClaim: c.State == mentoring.CaseOpen,
		buttonMore:  c.State == mentoring.CaseOpen || c.State == mentoring.CaseClaimed,
	}
}

// caseNamed finds which case a command is about: the one whose number comes
// first, or in whose thread it was given. 0: neither, and the person is told.
func (t *turn) caseNamed(rest string) (id mentoring.CaseID, after string) {
	if n := t.numberIn(rest); n > 0 {
		_, after = cutWord(rest)
		return mentoring.CaseID(n), after
	}
	if t.inCase == 0 {
		t.say("case.number")
	}
	return t.inCase, rest
}

// caseTold is caseNamed for commands with a text of the person's own: in a thread
// a number that it begins with belongs to the text.
func (t *turn) caseTold(rest string) (id mentoring.CaseID, words string) {
	if t.inCase != 0 {
		return t.inCase, rest
	}
	return t.caseNamed(rest)
}

func (t *turn) claim(rest string) error {
	id, _ := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	c, err := t.act.Claim(*t.member, id)
	if err != nil {
		return err
	}
	key := "case.claimed_now"
	if !c.Contact {
		key = "case.claimed_now_quiet"
	}
	t.say(key, "number", int64(id))
	return nil
}

func (t *turn) release(rest string) error {
	id, _ := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	if _, err := t.act.ReleaseCase(*t.member, id); err != nil {
		return err
	}
	t.say("case.released_now", "number", int64(id))
	return nil
}

func (t *turn) reopenCase(rest string) error {
	id, _ := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	if _, err := t.act.Reopen(*t.member, id); err != nil {
		return err
	}
	t.say("case.reopened_now", "number", int64(id))
	return nil
}

// caseCommand shows a case, or does what another command does with it.
func (t *turn) caseCommand(rest string) error {
	id, rest := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	t.inCase = id
	first, after := cutWord(rest)
	if first == "" {
		return t.showCase(id)
	}
	f, ok := t.b.byWord[word(first)]
	if !ok {
		t.helpOf("help.case")
		return nil
	}
	c := &t.b.commands[f.at]
	if !c.ofCase || !c.in.has(t.place) || !t.may(c) {
		t.helpOf("help.case")
		return nil
	}
	return c.do(t, after)
}

// showCase shows how a case stands, what staff have noted, and what can be done.
func (t *turn) showCase(id mentoring.CaseID) error {
	f, err := t.act.ReadCase(*t.member, id)
	if err != nil {
		return err
	}
	parts := []string{t.b.caseLines(t.lang, f.Case, false)}
	if f.Mine {
		parts[0] += "\n" + t.text("case.is_yours")
	}
	if f.Snapshots > 0 {
		parts[0] += "\n" + t.text("case.given", "n", f.Snapshots)
	}
	if len(f.Notes) > 0 {
		lines := []string{t.text("case.notes")}
		for _, n := range f.Notes {
			lines = append(lines, t.text("case.note_line", "at", n.Created, "words", n.Words))
		}
		parts = append(parts, strings.Join(lines, "\n"))
	}
	t.line(strings.Join(append(parts, t.text("case.can."+string(f.Case.State))), "\n\n"))
	return nil
}

// tapCase takes a tap on a button of a case's head.
func (t *turn) tapCase(key string) error {
	may := mentoring.May(t.memberships, mentoring.DoCase)
	key = plainKey(key)
	if !may || key != buttonClaim && key != buttonMore {
		return nil // what people do when they have read it, or nobody's business
	}
	t.out.RedactInput, t.out.Case, t.out.Used = true, t.inCase, key
	if key == buttonClaim {
		return t.claim("")
	}
	return t.showCase(t.inCase)
}

// cases lists cases, filtered by words: whose, which state, which kind.
func (t *turn) cases(rest string) error {
	var f mentoring.CaseFilter
	for w := range strings.FieldsSeq(rest) {
		switch t.b.parts[word(w)] {
		case "ongoing":
		case "finished":
			f.States = []mentoring.CaseState{mentoring.CaseClosed}
		case "all":
			f.States = []mentoring.CaseState{mentoring.CaseOpen, mentoring.CaseClaimed, mentoring.CaseClosed}
		case "mine":
			f.Mine = true
		case "overdue":
			f.Overdue = true
		default:
			if f.Kind = t.caseKind(w); f.Kind == "" {
				t.helpOf("help.cases")
				return nil
			}
		}
	}
	list, err := t.act.ListCases(*t.member, f)
	if err != nil {
		return err
	}
	t.listCases("cases.head", "cases.none", list)
	return nil
}

// caseKind is the kind of case that a word means, in whatever language.
func (t *turn) caseKind(w string) mentoring.CaseKind {
	for _, lang := range locale.Languages() {
		for _, k := range mentoring.CaseKinds() {
			if word(t.b.Render(mentoring.Language(lang), mentoring.T("case.kind."+string(k)))) == word(w) {
				return k
			}
		}
	}
	return ""
}

func (t *turn) listCases(head, none string, list []mentoring.Case) {
	if len(list) == 0 {
		t.say(none)
		return
	}
	lines := []string{t.text(head, "n", len(list))}
	for i := range list {
		lines = append(lines, t.caseLine(&list[i]))
	}
	t.line(strings.Join(lines, "\n"))
}

func (t *turn) caseLine(c *mentoring.Case) string {
	parts := []string{
		t.text("menu.item", "number", int64(c.ID), "words", t.text("case.kind."+string(c.Kind))),
		t.text("role." + string(c.OpenerRole)), t.text("case.state." + string(c.State)),
	}
	if c.State == mentoring.CaseClosed {
		parts = append(parts, t.text("case.outcome."+string(c.Outcome)))
	}
	if c.ClaimedBy == t.member.ID {
		parts = append(parts, t.text("case.mine"))
	}
	if c.Overdue(t.act.Now) {
		parts = append(parts, t.text("case.late"))
	}
	return strings.Join(append(parts, t.text("case.since", "at", c.Created)), " – ")
}

// caseHistory lists the other cases of the person who opened one, and of whom it
// is about.
func (t *turn) caseHistory(rest string) error {
	id, _ := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	opener, about, err := t.act.CaseHistory(*t.member, id)
	if err != nil {
		return err
	}
	t.listCases("history.opener", "history.opener_none", opener)
	if len(about) > 0 {
		t.listCases("history.about", "history.opener_none", about)
	}
	return nil
}

// note keeps a note. It never leaves the room.
func (t *turn) note(rest string) error {
	id, words := t.caseTold(rest)
	if id == 0 {
		return nil
	}
	if err := t.act.AddNote(*t.member, id, words); err != nil {
		return err
	}
	t.say("case.noted", "number", int64(id))
	return nil
}

// sayInCase says something to whoever opened a case; a key of the canned texts
// stands for that text.
func (t *turn) sayInCase(rest string) error {
	id, words := t.caseTold(rest)
	if id == 0 {
		return nil
	}
	as, err := t.act.SayInCase(*t.member, id, words)
	if err != nil {
		return err
	}
	canned, err := t.act.Canned(*t.member, as, words)
	if err == nil {
		words = canned
	} else if !isRefusal(err) {
		return err
	}
	t.out.Say, t.out.SayAs = words, as
	t.say("case.said", "number", int64(id))
	return nil
}

// closeCase asks how it ended, unless that was said, and then whether to close:
// the talk with the person ends for good.
func (t *turn) closeCase(rest string) error {
	id, rest := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	f, err := t.act.ReadCase(*t.member, id)
	if err != nil {
		return err
	}
	if f.Case.State == mentoring.CaseClosed {
		return mentoring.Refuse("case.closed_already", "number", int64(id))
	}
	if o := t.outcome(rest); o != "" {
		t.sureClose(id, o)
		return nil
	}
	words := make([]string, 0, len(mentoring.Outcomes()))
	for _, o := range mentoring.Outcomes() {
		words = append(words, t.text("case.outcome."+string(o)))
	}
	t.ask(question{Kind: askClose, ID: int64(id), Step: stepWords, Words: words},
		t.text("case.which_outcome")+"\n\n"+t.menu(1, words)+"\n\n"+t.text("case.answer_so"))
	return nil
}

// outcome is the outcome that a text means, in whatever language.
func (t *turn) outcome(text string) mentoring.Outcome {
	for _, lang := range locale.Languages() {
		for _, o := range mentoring.Outcomes() {
			if w := word(t.b.Render(mentoring.Language(lang), mentoring.T("case.outcome."+string(o)))); text != "" && w == word(text) {
				return o
			}
		}
	}
	return ""
}

// No buttons: what cannot be undone is confirmed in words (design §6).
func (t *turn) sureClose(id mentoring.CaseID, o mentoring.Outcome) {
	t.ask(question{Kind: askClose, ID: int64(id), Step: stepSure, Words: []string{string(o)}},
		t.text("case.close_sure", "number", int64(id), "outcome", mentoring.T("case.outcome."+string(o)))+"\n\n"+t.text("confirm.in_words"))
}

func (t *turn) answerClose(q *question, r reply) (bool, error) {
	id := mentoring.CaseID(q.ID)
	if q.Step != stepSure {
		o := t.outcome(r.text)
		if all := mentoring.Outcomes(); r.number > 0 && r.number <= len(all) {
			o = all[r.number-1]
		}
		if o == "" {
			return false, nil
		}
		t.sureClose(id, o)
		return true, nil
	}
	if yes, heard := t.confirmed(r); !yes || len(q.Words) == 0 {
		return heard, nil
	}
	if _, err := t.act.CloseCase(*t.member, id, mentoring.Outcome(q.Words[0])); err != nil {
		return true, err
	}
	t.say("case.closed_now", "number", q.ID)
	return true, nil
}

// handOn gives a case to a colleague.
func (t *turn) handOn(rest string) error {
	id, rest := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	list, people, err := t.act.Colleagues(*t.member, id)
	if err != nil {
		return err
	}
	return t.whichOf(question{Kind: askHand, ID: int64(id)}, rest, list, people, "case.hand_to", "case.hand_nobody", t.answerHand)
}

// whichOf asks which of some people is meant, unless that was said.
func (t *turn) whichOf(q question, rest string, list []mentoring.Membership, people []mentoring.Member, ask, nobody string,
	answer func(*question, reply) (bool, error),
) error {
	if len(list) == 0 {
		t.say(nobody)
		return nil
	}
	for i, s := range list {
		name := people[i].Alias
		if name == "" {
			name = t.text("case.colleague", "number", int64(s.ID))
		}
		q.Words, q.Chosen = append(q.Words, name), append(q.Chosen, int(s.ID))
	}
	if rest != "" {
		if done, err := answer(&q, t.b.typed(rest)); done || err != nil {
			return err
		}
	}
	t.ask(q, t.text(ask, "number", q.ID)+"\n\n"+t.menu(1, q.Words)+"\n\n"+t.text("case.answer_so"))
	return nil
}

// chosen is which of a question's choices an answer means; 0: none.
func (q *question) chosen(r reply) int {
	n := r.number
	if n == 0 {
		n = pick(q.Words, r.text)
	}
	if n < 1 || n > len(q.Chosen) {
		return 0
	}
	return q.Chosen[n-1]
}

func (t *turn) answerHand(q *question, r reply) (bool, error) {
	to := q.chosen(r)
	if to == 0 {
		return false, nil
	}
	t.forget()
	if _, err := t.act.HandOn(*t.member, mentoring.CaseID(q.ID), mentoring.MembershipID(to)); err != nil {
		return true, err
	}
	t.say("case.handed_now", "number", q.ID)
	return true, nil
}

// minutesPattern finds how long a guest is to take part.
var minutesPattern = regexp.MustCompile(`(\d{1,4})\s*min\w*\.?$`)

// guest asks an outside professional to take part for a time.
func (t *turn) guest(rest string) error {
	id, rest := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	list, people, err := t.act.Guests(*t.member, id)
	if err != nil {
		return err
	}
	q := question{Kind: askGuest, ID: int64(id)}
	if found := minutesPattern.FindStringSubmatch(rest); found != nil {
		q.Step = found[1]
		rest = strings.TrimSpace(strings.TrimSuffix(rest, found[0]))
	}
	return t.whichOf(q, rest, list, people, "guest.whom", "guest.nobody", t.answerGuest)
}

func (t *turn) answerGuest(q *question, r reply) (bool, error) {
	who := q.chosen(r)
	if who == 0 {
		return false, nil
	}
	t.forget()
	minutes, _ := strconv.Atoi(q.Step) // "": as the programme says
	if err := t.act.AskJoint(*t.member, mentoring.CaseID(q.ID), mentoring.MembershipID(who), time.Duration(minutes)*time.Minute); err != nil {
		return true, err
	}
	t.say("joint.asked_now", "number", q.ID)
	return true, nil
}

// CaseHead is the first message of a case's thread in the staff room. It says
// what is asked for and how far it is, and never who asks: their role only.
func (b *Bot) CaseHead(lang mentoring.Language, c mentoring.Case) string {
	return b.caseLines(lang, c, true)
}

// caseLines is how a case stands; with buttons it also says what its buttons do.
func (b *Bot) caseLines(lang mentoring.Language, c mentoring.Case, buttons bool) string {
	number := int64(c.ID)
	say := func(key string, pairs ...any) string { return b.Render(lang, mentoring.T(key, pairs...)) }
	lines := []string{say("case.head."+string(c.Kind), "number", number)}
	if c.State == mentoring.CaseExpired {
		return strings.Join(append(lines, say("case.head.expired")), "\n")
	}
	lines = append(lines, say("case.head.from", "role", mentoring.T("role."+string(c.OpenerRole)), "at", c.Created))
	if c.Conversation != 0 && c.Kind != mentoring.CaseReport {
		lines = append(lines, say("case.head.in_conversation"))
	}
	if c.Kind == mentoring.CaseReport && !c.Contact {
		lines = append(lines, say("case.head.no_contact"))
	}
	switch c.State {
	case mentoring.CaseOpen:
		lines = append(lines, say("case.head.open", "number", number))
		if !c.Due.IsZero() && c.Reminded == 0 {
			lines = append(lines, say("case.head.by", "until", c.Due))
		}
		if buttons {
			lines = append(lines, say("case.head.buttons", "claim", buttonClaim, "more", buttonMore))
		}
	case mentoring.CaseClaimed:
		lines = append(lines, say("case.head.claimed", "number", number))
		if buttons {
			lines = append(lines, say("case.head.more", "more", buttonMore))
		}
	case mentoring.CaseClosed:
		lines = append(lines, say("case.head.closed"), say("case.head.outcome", "outcome", mentoring.T("case.outcome."+string(c.Outcome))))
	}
	return strings.Join(lines, "\n")
}

// messages shows what was reported, in the case's thread and nowhere else: with
// roles, never with names.
func (t *turn) messages(rest string) error {
	id, _ := t.caseNamed(rest)
	if id == 0 {
		return nil
	}
	// The first line of a snapshot is for the reason, which is said once.
	c, given, err := t.act.ReadReport(*t.member, id, func(s mentoring.Snapshot) int { return 1 + len(t.snapshotLines(&s)) })
	if err != nil {
		return err
	}
	t.out.Case = id
	t.out.Lines = append(t.out.Lines, Line{Text: t.text("case.reason", "words", c.Reason), Key: given[0].LineKey(0)})
	for i := range given {
		for n, text := range t.snapshotLines(&given[i]) {
			t.out.Lines = append(t.out.Lines, Line{Text: text, Key: given[i].LineKey(1 + n)})
		}
	}
	return nil
}

// snapshotLines are the messages of a snapshot as staff see them, a few in each
// line of the bot.
func (t *turn) snapshotLines(s *mentoring.Snapshot) []string {
	name := t.roleNames(s)
	var lines []string
	for chunk := range slices.Chunk(s.Excerpts, 5) {
		var texts []string
		for i := range chunk {
			texts = append(texts, t.excerpt(&chunk[i], name(chunk[i].Author), name))
		}
		lines = append(lines, strings.Join(texts, "\n"))
	}
	return lines
}

// roleNames calls the people of a snapshot by their roles; where two have the
// same, by its number, too.
func (t *turn) roleNames(s *mentoring.Snapshot) func(int) string {
	roles := map[int]mentoring.Role{}
	count := map[mentoring.Role]int{}
	for _, e := range s.Excerpts {
		if _, known := roles[e.Author]; !known {
			roles[e.Author] = e.Role
			count[e.Role]++
		}
	}
	return func(n int) string {
		role, known := roles[n]
		switch {
		case !known:
			return t.text("excerpt.other")
		case count[role] > 1:
			return t.text("excerpt.role."+string(role)) + " " + strconv.Itoa(n)
		}
		return t.text("excerpt.role." + string(role))
	}
}

// excerpt is one message of a snapshot in words.
func (t *turn) excerpt(e *mentoring.Excerpt, who string, name func(int) string) string {
	words := e.Text(name)
	switch {
	case e.Lost:
		words = t.text("excerpt.lost")
	case e.File:
		words = strings.TrimSpace(t.text("excerpt.file") + " " + words)
	}
	if e.Edited {
		words += " " + t.text("excerpt.edited")
	}
	return t.text("excerpt.line", "who", who, "at", e.At, "words", words)
}
