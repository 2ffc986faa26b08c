package bot

import (
	"strings"
	"unicode"

	"silta/locale"
	"silta/mentoring"
)

// command is one row of the command table. Its words are in locale/, under the
// same name.
type command struct {
	name string
	in   placeSet
	// may is what the policy must allow; empty: anybody.
	may mentoring.Action
	// quiet commands are left out of the help, or are told there in another way.
	quiet bool
	// ofCase commands do something with a case: `case 5 claim` is `claim 5`.
	ofCase bool
	do     func(*turn, string) error // with what was written after the word
}

// placeSet is a set of places.
type placeSet uint8

const (
	inRoom  placeSet = 1 << Management
	inLeg   placeSet = 1 << Leg
	inStaff placeSet = 1 << Staff
)

func (s placeSet) has(p Place) bool { return s&(1<<p) != 0 }

// table is the command table, in the order of the help.
func table() []command { return append(peopleCommands(), staffCommands()...) }

// Where commands may be given.
const (
	everywhere = inRoom | inLeg | inStaff
	work       = inRoom | inStaff
)

// peopleCommands are what everybody may do, mentors among them.
func peopleCommands() []command {
	return []command{
		{name: "help", in: everywhere, quiet: true, do: (*turn).help},
		{name: "staff", in: inRoom | inLeg, may: mentoring.DoCallStaff, quiet: true, do: (*turn).callStaff},
		{name: "urgent", in: inRoom | inLeg, may: mentoring.DoCallStaff, quiet: true, do: (*turn).callUrgent},
		{name: "appeal", in: inRoom | inLeg, may: mentoring.DoCallStaff, quiet: true, do: (*turn).appeal},
		{name: "rules", in: everywhere, do: (*turn).rules},
		{name: "report", in: inRoom | inLeg, may: mentoring.DoCallStaff, do: (*turn).report},
		{name: "mentors", in: inRoom, may: mentoring.DoBrowse, do: (*turn).mentors},
		{name: "more", in: inRoom, may: mentoring.DoBrowse, quiet: true, do: (*turn).more},
		{name: "card", in: inRoom, may: mentoring.DoBrowse, do: (*turn).card},
		{name: "choose", in: inRoom, may: mentoring.DoChoose, do: (*turn).choose},
		{name: "ask", in: inRoom, may: mentoring.DoChoose, do: (*turn).askAnyone},
		{name: "answer", in: inRoom, may: mentoring.DoAnswer, do: (*turn).takeAsking},
		{name: "say", in: everywhere, may: mentoring.DoSay, ofCase: true, do: (*turn).sayCanned},
		{name: "change", in: inRoom | inLeg, may: mentoring.DoChoose, do: (*turn).change},
		{name: "chats", in: inRoom, may: mentoring.DoTalk, do: (*turn).chats},
		{name: "open", in: inRoom, may: mentoring.DoTalk, do: (*turn).open},
		{name: "end", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).end},
		{name: "block", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).block},
		{name: "archive", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).archive},
		{name: "restore", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).restore},
		{name: "unblock", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).unblock},
		{name: "forget", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).forgetChat},
		{name: "thanks", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).thanks},
		{name: "handover", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).handOver},
		{name: "guide", in: inRoom, may: mentoring.DoGuide, do: (*turn).guide},
		{name: "topic", in: inRoom | inStaff, may: mentoring.DoSeeTopics, do: (*turn).topic},
		{name: "away", in: inRoom, may: mentoring.DoAway, do: (*turn).away},
		{name: "back", in: inRoom, may: mentoring.DoAway, do: (*turn).back},
		{name: "status", in: inRoom, may: mentoring.DoAway, do: (*turn).status},
		{name: "hours", in: inRoom, may: mentoring.DoAway, do: (*turn).hours},
		{name: "free", in: inRoom, may: mentoring.DoAway, do: (*turn).free},
		{name: "capacity", in: inRoom, may: mentoring.DoAway, do: (*turn).capacity},
		{name: "send", in: inLeg, may: mentoring.DoTalk, quiet: true, do: (*turn).sendHeld},
		{name: "hide", in: inLeg, may: mentoring.DoTalk, quiet: true, do: (*turn).hideHeld},
		{name: "drop", in: inLeg, may: mentoring.DoTalk, quiet: true, do: (*turn).dropHeld},
		{name: "support", in: inRoom, may: mentoring.DoAway, do: (*turn).support},
		{name: "supervision", in: inRoom | inLeg | inStaff, may: mentoring.DoAttend, do: (*turn).supervision},
		{name: "load", in: inRoom | inStaff, may: mentoring.DoLoad, do: (*turn).showLoad},
		{name: "summary", in: inRoom | inStaff, may: mentoring.DoLoad, do: (*turn).summary},
		{name: "signs", in: inRoom | inLeg, may: mentoring.DoTalk, do: (*turn).signs},
		{name: "stats", in: inRoom | inStaff, may: mentoring.DoStats, do: (*turn).stats},
		{name: "figures", in: inRoom | inStaff, may: mentoring.DoFigures, do: (*turn).figures},
		{name: "feedback", in: inRoom, may: mentoring.DoQuestions, do: (*turn).feedback},
		{name: "idea", in: inRoom, may: mentoring.DoQuestions, do: (*turn).idea},
		{name: "codesign", in: inRoom | inStaff, may: mentoring.DoCodesign, do: (*turn).codesign},
		{name: "questions", in: inRoom, may: mentoring.DoQuestions, do: (*turn).questions},
		{name: "services", in: inRoom | inLeg, do: (*turn).services},
		{name: "language", in: inRoom, do: (*turn).language},
		{name: "phrase", in: inRoom, do: (*turn).phrase},
		{name: "move", in: inRoom | inStaff, do: (*turn).move},
		{name: "mydata", in: inRoom, do: (*turn).mydata},
		{name: "export", in: inRoom, do: (*turn).export},
		{name: "delete", in: inRoom, do: (*turn).deleteMe},
		{name: "cancel", in: everywhere, quiet: true, do: (*turn).cancel},
	}
}

// staffCommands work in a staff room and in the staff member's own room, nowhere
// else.
func staffCommands() []command {
	return []command{
		{name: "codes", in: work, may: mentoring.DoRefer, do: (*turn).codes},
		{name: "mentor", in: work, may: mentoring.DoSeeMentors, do: (*turn).mentor},
		{name: "limit", in: work, may: mentoring.DoMoveMentor, do: (*turn).limit},
		{name: "question", in: work, may: mentoring.DoQuestion, do: (*turn).writeQuestion},
		{name: "remarks", in: work, may: mentoring.DoQuestion, do: (*turn).remarks},
		{name: "canned", in: work, may: mentoring.DoCanned, do: (*turn).canned},
		{name: "approve", in: work, may: mentoring.DoJudgeCard, do: (*turn).approve},
		{name: "return", in: work, may: mentoring.DoJudgeCard, do: (*turn).giveBack},
		{name: "warn", in: work, may: mentoring.DoMeasure, do: (*turn).warn},
		{name: "suspend", in: work, may: mentoring.DoMeasure, do: (*turn).suspend},
		{name: "ban", in: work, may: mentoring.DoMeasure, do: (*turn).ban},
		{name: "lift", in: work, may: mentoring.DoMeasure, do: (*turn).lift},
		{name: "measures", in: work, may: mentoring.DoMeasure, do: (*turn).measures},
		{name: "text", in: work, may: mentoring.DoTexts, do: (*turn).serviceTexts},
		{name: "service", in: work, may: mentoring.DoServices, do: (*turn).service},
		{name: "announce", in: work, may: mentoring.DoAnnounce, do: (*turn).announce},
		{name: "users", in: inRoom, may: mentoring.DoUsers, do: (*turn).users},
		{name: "user", in: inRoom, may: mentoring.DoUsers, do: (*turn).user},
		{name: "role", in: inRoom, may: mentoring.DoRoles, do: (*turn).role},
		{name: "undo", in: work, may: mentoring.DoUndo, do: (*turn).undo},
		{name: "joining", in: work, may: mentoring.DoOpenJoining, do: (*turn).openJoining},
		{name: "read", in: work, may: mentoring.DoBreakGlass, do: (*turn).readCase},
		{name: "alias", in: inRoom, may: mentoring.DoBreakGlass, do: (*turn).aliases},
		{name: "reveal", in: work, may: mentoring.DoReveal, do: (*turn).reveal},
		{name: "defer", in: work, may: mentoring.DoReveal, do: (*turn).deferTelling},
		{name: "allow", in: work, may: mentoring.DoTalk, quiet: true, do: (*turn).allow},
		{name: "totp", in: inRoom, may: mentoring.DoTotp, do: (*turn).totp},
		{name: "deny", in: work, may: mentoring.DoTalk, quiet: true, do: (*turn).deny},
		{name: "audit", in: work, may: mentoring.DoAudit, do: (*turn).audit},
	}
}

// found is a command by one of its words.
type found struct {
	at   int                // in Bot.commands
	lang mentoring.Language // that the word is of; empty: of several
}

// index makes the look-ups by word. The tests see that no two commands share a
// word, in whatever language.
func (b *Bot) index() {
	b.byWord, b.answers = map[string]found{}, map[string]string{}
	b.days = map[string]map[string]string{}
	b.parts, b.names = map[string]string{}, map[string]string{}
	for _, lang := range locale.Languages() {
		words := b.cat.Commands(lang)
		for i, c := range b.commands {
			for _, w := range words[c.name] {
				tag := mentoring.Language(lang)
				if _, before := b.byWord[word(w)]; before {
					tag = "" // a word of several languages
				}
				b.byWord[word(w)] = found{i, tag}
			}
		}
		for _, name := range []string{"yes", "no", "skip", "done", "later", "never"} {
			for _, w := range b.cat.Answers(lang, name) {
				b.answers[word(w)] = name
			}
		}
		for _, name := range []string{"invite", "list", "show", "pause", "resume", "end", "until", "in", "all",
			"filler", "woman", "man", "other", "peer", "volunteer", "professional",
			"open", "shut", "trial", "referral", "new", "me",
			"default", "of_case",
			"round", "trained", "check", "kind", "history", "suggest", "add", "rename", "merge", "edit", "topics", "voices",
			"on", "off", "reply", "release", "publish", "weekly",
			"ongoing", "finished", "mine", "overdue",
			"find", "revert", "area", "mentees", "mentors", "workers", "everybody",
			"coordinator", "admin", "evaluator", "paused", "suspended", "hello",
		} {
			for _, w := range b.cat.Answers(lang, name) {
				b.parts[word(w)] = name
			}
		}
		b.days[lang] = map[string]string{}
		for _, name := range dayNames() {
			for _, w := range b.cat.Answers(lang, name) {
				b.days[lang][word(w)] = name
			}
		}
		for _, other := range locale.Languages() {
			b.names[word(b.cat.Say(lang, "lang."+other, nil))] = other
			for _, w := range b.cat.Answers(lang, "lang_"+other) {
				b.names[word(w)] = other
			}
		}
	}
}

// cutMark takes the exclamation mark away that commands begin with. The
// full-width one counts, and so do spaces and invisible characters before it.
func cutMark(text string) (rest string, marked bool) {
	text = strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	for _, mark := range []string{"!", "！"} {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return strings.TrimSpace(text), false
}

// IsCommand says whether a text in a leg is a command, or a mistyped one: it
// begins with ! and a letter, or with ! and 112, or is ! and a number. Such a text is never relayed.
func (b *Bot) IsCommand(text string) bool {
	rest, marked := cutMark(text)
	if !marked {
		return false
	}
	for _, r := range rest {
		return unicode.IsLetter(r) || strings.HasPrefix(rest, "112") || len(rest) < 8 && number(rest) > 0
	}
	return false
}

// lookup finds the command that a text begins with, among those that this
// person may give in this place, and what comes after its word. elsewhere says
// that there is such a command for this person in their own room.
func (t *turn) lookup(body string) (c *command, rest string, lang mentoring.Language, elsewhere bool) {
	first, rest := cutWord(body)
	f, ok := t.b.byWord[word(first)]
	if !ok {
		return nil, "", "", false
	}
	c = &t.b.commands[f.at]
	if !t.may(c) {
		return nil, "", "", false
	}
	if !c.in.has(t.place) {
		return nil, "", "", c.in == inRoom
	}
	return c, rest, f.lang, false
}

// cutWord splits a text after its first word.
func cutWord(s string) (first, rest string) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// early says whether a command may be given before the person has joined, and
// before a new consent text has been accepted: as the policy says of its action.
func (c *command) early() bool {
	for _, rule := range mentoring.Policy() {
		if rule.Action == c.may {
			return !rule.Joined
		}
	}
	return true
}

// may says whether the policy allows this person a command. It is the one place
// where the bot asks; the use cases ask again, about the programme and unit.
func (t *turn) may(c *command) bool {
	if c.may != "" && !mentoring.May(t.memberships, c.may) {
		return false
	}
	return true
}

// nearest is the word of a command that was perhaps meant, in the person's own
// language if there is one as near; empty if none is near.
func (t *turn) nearest(body string) string {
	first, _ := cutWord(body)
	w := word(first)
	if w == "" || len([]rune(w)) > 20 {
		return ""
	}
	best, bestWord := near(w)+1, ""
	for _, lang := range t.languages() {
		for i := range t.b.commands {
			c := &t.b.commands[i]
			if !c.in.has(t.place) || !t.may(c) {
				continue
			}
			for _, candidate := range t.b.cat.Commands(lang)[c.name] {
				c := word(candidate)
				if d := distance(w, c); d < best && (d < 2 || w[0] == c[0]) {
					best, bestWord = d, candidate
				}
			}
		}
	}
	return bestWord
}

// languages are all the languages, the person's own first.
func (t *turn) languages() []string {
	list := make([]string, 0, 4)
	if t.b.cat.Known(string(t.lang)) {
		list = append(list, string(t.lang))
	}
	for _, l := range locale.Languages() {
		if l != string(t.lang) {
			list = append(list, l)
		}
	}
	return list
}
