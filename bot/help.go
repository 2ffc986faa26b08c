package bot

import (
	"slices"
	"strings"

	"silta/mentoring"
)

// helpAtOnce is how many lines of help are shown in one message. Who may do
// more is shown what matters first, and the rest in parts that they ask for:
// a member of staff may give a hundred commands.
const helpAtOnce = 12

// helpInLeg is the same in a conversation, where nobody may do very much.
const helpInLeg = 18

func (t *turn) helpAtOnce() int {
	if t.place == Leg {
		return helpInLeg
	}
	return helpAtOnce
}

// helpGroup is a part of the help: commands that belong together, in the order
// in which they are shown. Its heading is the text helps.group.NAME.
type helpGroup struct {
	name     string
	may      mentoring.Action // who it is for; empty: whoever may give one of its commands
	commands []string
}

// helpFirst are the commands that help always shows.
func helpFirst() []string {
	return []string{"guide", "mentors", "ask", "answer", "chats", "hours", "away", "support", "cases", "claim", "close", "services", "language"}
}

// helpGroups are the parts of the help. Each command that is not quiet is in one
// for everyone who may give it.
func helpGroups() []helpGroup {
	return []helpGroup{
		{"cases", mentoring.DoCase, []string{"cases", "case", "claim", "release", "close", "say", "duty", "ack", "oncall", "read", "alias", "reveal", "defer", "totp"}},
		{"people", "", []string{"users", "user", "role", "warn", "suspend", "ban", "lift", "measures", "codes", "joining", "undo"}},
		{"mentors", mentoring.DoSeeMentors, []string{"mentor", "limit", "approve", "return", "load", "supervision", "canned"}},
		{"texts", mentoring.DoTexts, []string{"text", "topic", "service", "announce", "question", "remarks"}},
		{"figures", mentoring.DoFigures, []string{"stats", "figures", "summary", "audit"}},
		{"mentoring", mentoring.DoCard, []string{"answer", "hours", "away", "back", "free", "capacity", "status", "guide", "card", "topic", "support", "supervision", "load", "summary"}},
		{"finding", "", []string{"mentors", "card", "choose", "ask", "change"}},
		{"talking", "", []string{"chats", "open", "end", "handover", "thanks", "archive", "restore", "block", "unblock", "forget", "report", "rules", "say", "signs"}},
		{"voice", "", []string{"feedback", "idea", "codesign", "questions"}},
		{"you", "", []string{"language", "services", "phrase", "move", "mydata", "export", "delete"}},
	}
}

// help shows what this person may do here: `help`, `help 2` (a part of it),
// `help all`, `help suspend` (a command).
func (t *turn) help(rest string) error {
	if t.place == Management && !t.ready() {
		t.say("help.head")
		return t.askJoining()
	}
	parts := t.helpParts()
	if n := number(rest); n > 0 && n <= len(parts) {
		t.line(strings.Join(t.helpPart(parts[n-1]), "\n"))
		return nil
	}
	if c, _, _, _ := t.lookup(rest); c != nil && !c.quiet && len(t.helpKeys(c)) > 0 {
		t.line(strings.Join(t.helpLines(c), "\n"))
		return nil
	}
	all := t.b.parts[word(rest)] == "all"
	if all && t.helpLength(parts) > t.helpAtOnce() {
		for _, part := range parts { // a message each: a long one is cut by some clients
			t.line(strings.Join(t.helpPart(part), "\n"))
		}
		return nil
	}
	var lines []string
	if t.place != Staff {
		lines = append(lines, t.text("help.head"), "")
	}
	lines = append(lines, t.helpShort(parts)...)
	lines = append(lines, "")
	if t.place == Management && !mentoring.May(t.memberships, mentoring.DoCase) {
		lines = append(lines, t.text("help.code"))
	}
	t.line(strings.Join(append(lines, t.text("help.answers")), "\n"))
	return nil
}

// helpPartOf is a part of the help with what of it this person may do here.
type helpPartOf struct {
	name     string
	commands []*command
}

// helpParts are the parts that have something for this person here.
func (t *turn) helpParts() []helpPartOf {
	var parts []helpPartOf
	for _, group := range helpGroups() {
		if group.may != "" && !mentoring.May(t.memberships, group.may) {
			continue
		}
		part := helpPartOf{name: group.name, commands: t.helpable(group.commands)}
		if len(part.commands) > 0 {
			parts = append(parts, part)
		}
	}
	return parts
}

// helpable are those of the named commands that help shows this person here.
func (t *turn) helpable(names []string) []*command {
	var list []*command
	for _, name := range names {
		i := slices.IndexFunc(t.b.commands, func(c command) bool { return c.name == name })
		if c := &t.b.commands[i]; !c.quiet && c.in.has(t.place) && t.may(c) && len(t.helpKeys(c)) > 0 {
			list = append(list, c)
		}
	}
	return list
}

// helpLength is how many lines all the help has.
func (t *turn) helpLength(parts []helpPartOf) int {
	n := 0
	for _, part := range parts {
		for _, c := range part.commands {
			n += len(t.helpLines(c))
		}
	}
	return n
}

// helpShort is the help in one message: all of it if that is not much, else what
// matters first, and how to see the parts.
func (t *turn) helpShort(parts []helpPartOf) []string {
	var lines []string
	if t.helpLength(parts) <= t.helpAtOnce() {
		for _, part := range parts {
			for _, c := range part.commands {
				lines = append(lines, t.helpLines(c)...)
			}
		}
		return lines
	}
	for _, c := range t.helpable(helpFirst()) {
		lines = append(lines, t.helpLines(c)...)
	}
	lines = append(lines, "", t.text("helps.more"))
	for i, part := range parts {
		words := make([]string, len(part.commands))
		for j, c := range part.commands {
			words[j] = t.b.cat.Commands(string(t.lang))[c.name][0]
		}
		lines = append(lines, t.text("helps.part", "number", i+1, "heading", t.text("helps.group."+part.name), "words", strings.Join(words, ", ")))
	}
	return lines
}

// helpPart is a part of the help under its heading.
func (t *turn) helpPart(part helpPartOf) []string {
	lines := []string{t.text("helps.group." + part.name), ""}
	for _, c := range part.commands {
		lines = append(lines, t.helpLines(c)...)
	}
	return lines
}

// helpOf shows the lines of help of one text.
func (t *turn) helpOf(key string) { t.line(strings.Join(t.marked(key), "\n")) }

// marked are the lines of a text of help, each with what commands begin with here.
func (t *turn) marked(key string) []string {
	lines := strings.Split(t.text(key), "\n")
	for i := range lines {
		lines[i] = t.mark() + lines[i]
	}
	return lines
}

// helpLines are the lines of a command.
func (t *turn) helpLines(c *command) []string {
	var lines []string
	for _, key := range t.helpKeys(c) {
		lines = append(lines, t.marked(key)...)
	}
	return lines
}

// helpKeys are the lines of help for a command in this place.
func (t *turn) helpKeys(c *command) []string {
	switch {
	case c.name == "handover" && !mentoring.May(t.memberships, mentoring.DoCard):
		return nil // who is asked how to go on is told the command then
	case t.place == Leg && t.b.cat.Has("help."+c.name+"_here"):
		return []string{"help." + c.name + "_here"}
	case c.name == "signs" && len(t.signSets()) == 0:
		return nil // nobody can show any
	case c.name == "codesign" && mentoring.May(t.memberships, mentoring.DoQuestion):
		return []string{"help.codesign_staff"}
	case c.name == "topic" && !mentoring.May(t.memberships, mentoring.DoTopics):
		return []string{"help.topic_suggest"}
	case c.name == "card" && mentoring.May(t.memberships, mentoring.DoCard):
		return []string{"help.card", "help.card_own"}
	}
	return []string{"help." + c.name}
}

// rules shows how people are to each other here (feature S13).
func (t *turn) rules(string) error {
	t.say("rules.text")
	return nil
}
