package bot_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"silta/bot"
	"silta/locale"
	"silta/mentoring"
)

// TestDialogues runs the scripts of testdata, each in a fresh service. A script
// whose name ends in .fi.txt (.sv.txt, .en.txt) is in that language; the others
// run in all three, with words in angle brackets standing for the words of the
// language. testdata/README.md explains the notation.
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("scripts: %d found, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		langs := locale.Languages()
		for _, l := range langs {
			if strings.HasSuffix(name, "."+l) {
				langs = []string{l}
				break
			}
		}
		for _, lang := range langs {
			t.Run(name+"/"+lang, func(t *testing.T) {
				s := &script{world: newWorld(t, lang), vars: map[string]string{}, menus: map[string][]int64{}, offers: map[int64]string{}}
				s.run(file)
			})
		}
	}
}

// script is a dialogue being run.
type script struct {
	*world
	at      string // file:line, for messages
	vars    map[string]string
	menus   map[string][]int64 // by person and place
	offers  map[int64]string   // cards of askings, by menu
	answer  []bot.Line         // lines not yet looked at
	alarms  []alarm            // lines that call staff
	chosen  mentoring.Collect  // what was chosen last for a report
	redact  bool
	inputAt string
	// unsigned: inputs come from devices that their owners have not signed.
	unsigned  bool
	templates bool // texts are shown as they are written
}

// alarm is a line that calls staff: somebody of them, or (0) the room.
type alarm struct {
	member mentoring.MemberID
	menu   int64
}

// alarmed keeps the lines of the last step that call staff.
func (s *script) alarmed() {
	for _, e := range s.effects {
		switch e := e.(type) {
		case mentoring.Collect:
			s.chosen = e
		case mentoring.Notify:
			if e.Menu != 0 {
				s.alarms = append(s.alarms, alarm{e.Member, e.Menu})
			}
		case mentoring.TellStaff:
			if e.Menu != 0 {
				s.alarms = append(s.alarms, alarm{0, e.Menu})
			}
		}
	}
}

var (
	inputLine = regexp.MustCompile(`^(\w+)(/[^\s+>*:~]+|#\d*|#remark\d+|#\$\w+)?(>|~>|\^|\+{1,9}|\+!|\*|:)(?: (.*)|)$`)
	token     = regexp.MustCompile(`<([#=~]?)([^<>]+)>`)
	textRef   = regexp.MustCompile(`\[[a-z_.]+[^\]]*\]`)
	variable  = regexp.MustCompile(`\$\w+`)
	codeIn    = regexp.MustCompile(`\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b`)
	itemIn    = regexp.MustCompile(`(?m)^(\d+)\. ([^ \n]+)`)
)

// anything stands for whatever value a text has in its place.
const anything = "\x01"

func (s *script) run(file string) {
	f, err := os.Open(file)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), " ")
		s.at = fmt.Sprintf("%s:%d", file, n)
		switch {
		case line == "", strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "bot>"):
			s.expect(strings.TrimSpace(line[4:]))
		case line == "redacted":
			if !s.redact {
				s.t.Fatalf("%s: the input was not taken away", s.at)
			}
			s.redact = false
		case strings.HasPrefix(line, "effect "):
			s.effect(strings.TrimPrefix(line, "effect "))
		case line == "@ closing":
			s.rules.Programmes[mentoring.DefaultProgramme].AskClosing = true
		case strings.HasPrefix(line, "@ "):
			s.finished()
			s.stage(strings.Fields(line[2:]))
		default:
			s.finished()
			s.input(line)
		}
	}
	s.finished()
}

// finished sees that every line of the last answer was expected.
func (s *script) finished() {
	s.t.Helper()
	if len(s.answer) > 0 {
		s.t.Fatalf("%s: not expected:\n%s", s.inputAt, s.answer[0].Text)
	}
	if s.redact {
		s.t.Fatalf("%s: the input was taken away, which was not expected", s.inputAt)
	}
}

// phrase gives a person a recovery code.
func (s *script) phrase(name string) {
	phrase, err := mentoring.NewPhrase(s.random)
	if err != nil {
		s.t.Fatal(err)
	}
	proof := s.store.Prove(phrase)
	s.must(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(s.people[name])
		if err != nil {
			return err
		}
		return a.SetPhrase(m, proof)
	})
	s.vars["$phrase"] = phrase.String()
}

// stage does what happens outside of the dialogue.
func (s *script) stage(f []string) {
	switch f[0] {
	case "restart":
		s.restart()
	case "unsigned", "signed", "templates":
		s.unsigned, s.templates = f[0] == "unsigned", f[0] == "templates"
	case "meet":
		s.meet(f[1])
		s.vars["$"+f[1]] = strconv.FormatInt(int64(s.people[f[1]]), 10)
	case "totp":
		s.code(f[1])
	case "phrase":
		s.phrase(f[1])
	case "mentee":
		s.mentee(f[1], f[2])
	case "staff":
		s.staff(f[1])
	case "invited":
		s.vars["$"+f[1]] = strconv.FormatInt(int64(s.invited(f[1], f[2])), 10)
	case "mentor":
		if len(f) == 3 {
			f = append(f, "work")
		}
		s.vars["$"+f[1]] = strconv.FormatInt(int64(s.mentor(f[1], f[2], f[3:]...)), 10)
	case "strict":
		s.rules.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{
			mentoring.DefaultProgramme: {NeedGuide: true, NeedTraining: true, NeedCheck: true},
		}
	case "signs":
		shows := map[mentoring.Sign]bool{}
		for _, sign := range f[1:] {
			shows[mentoring.Sign(sign)] = true
		}
		s.rules.Programmes[mentoring.DefaultProgramme].Shows = shows
	case "submitted":
		s.submitted(f[1], f[2:])
	case "guided":
		s.guided(f[1])
	case "carded":
		s.carded(f[1], f[2:])
	case "consent":
		s.rules.ConsentVersion++
	case "counted", "evaluator", "coordinates":
		s.figures(f)
	case "tick":
		s.must(func(a *mentoring.Act) error { _, err := a.Tick(); return err })
		s.see()
	case "collected": // what they chose for a report has been read
		s.collected(f[1], strings.Join(f[2:], " "))
	case "departed":
		p := s.leg(f[1], f[2])
		s.must(func(a *mentoring.Act) error { return a.Departed(p, false) })
	case "voice": // their first voice message; they are asked
		s.holds(f[1], f[2])
	case "held": // a message of theirs with a phone number in it; they are asked
		s.holds(f[1], f[2], mentoring.ContactPhone)
	case "danger": // what they wrote sounds of it
		s.danger(f[1:])
	case "unmarked": // a word for help, without its mark
		s.spoken(f[1:3], bot.Input{Kind: bot.Unmarked, Text: f[3]})
	case "dismissed": // has left the staff room, or was removed from it
		s.dismissed(f[1])
	case "arrived":
		p := s.leg(f[1], f[2])
		s.must(func(a *mentoring.Act) error { return a.Arrived(p) })
	default:
		d, err := time.ParseDuration(f[0])
		if err != nil {
			s.t.Fatalf("%s: what is %q?", s.at, f[0])
		}
		s.now = s.now.Add(d)
	}
}

// holds lets a message be held, and its writer be asked.
func (s *script) holds(who, other string, found ...mentoring.ContactKind) {
	p := s.leg(who, other)
	s.must(func(a *mentoring.Act) error {
		held, _, _, err := a.Hold(p, mentoring.Says, found)
		if err == nil {
			s.learn(who+"/"+other, s.bot.HeldQuestion(s.lang, held, found))
		}
		return err
	})
}

// danger tells the bot that what somebody wrote sounds of it: to the bot, or in
// the conversation that is named.
func (s *script) danger(f []string) { s.spoken(f, bot.Input{Kind: bot.Danger}) }

// spoken hands the bot what somebody wrote in their own room or in a leg.
func (s *script) spoken(f []string, in bot.Input) {
	r, room := bot.Request{Place: bot.Management, Input: in}, f[0]
	if len(f) > 1 {
		r.Place, r.Participant, room = bot.Leg, s.leg(f[0], f[1]), f[0]+"/"+f[1]
	}
	s.answer = s.handle(f[0], r).Lines
	for _, l := range s.answer {
		s.learn(room, l)
	}
}

func (s *script) dismissed(name string) {
	s.must(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(s.people[name])
		if err != nil {
			return err
		}
		rooms, err := a.Tx.StaffRooms()
		if err != nil {
			return err
		}
		return a.Dismissed(m, rooms[0].ID)
	})
}

// collected gives the bot what a person chose for a report: as many messages of
// the other's as they chose, with the same words; none without words.
func (s *script) collected(name, words string) {
	c := s.chosen
	if c.Snapshot == 0 {
		s.t.Fatalf("%s: nothing was chosen", s.at)
	}
	var all []mentoring.Excerpt
	for range max(1, c.Last) {
		if words != "" {
			all = append(all, mentoring.Excerpt{Author: 2, At: s.now, Words: words})
		}
	}
	s.must(func(a *mentoring.Act) error { _, err := a.Collected(c.Snapshot, all); return err })
	s.inputAt = s.at
	answer := s.handle(name, bot.Request{Place: bot.Management, Input: bot.Input{Kind: bot.Collected, Menu: int64(c.Snapshot)}})
	s.answer, s.redact = answer.Lines, answer.RedactInput
	for _, l := range answer.Lines {
		s.learn(name, l)
	}
}

// input gives the bot what a line says a person did.
func (s *script) input(line string) {
	m := inputLine.FindStringSubmatch(line)
	if m == nil {
		s.t.Fatalf("%s: cannot read %q", s.at, line)
	}
	name, where, how, text := m[1], m[2], m[3], s.fill(m[4])
	s.inputAt = s.at
	r := bot.Request{Place: bot.Management, Unsigned: s.unsigned}
	switch {
	case strings.HasPrefix(where, "/"):
		r.Place, r.Participant = bot.Leg, s.leg(name, where[1:])
	case strings.HasPrefix(where, "#"):
		r.Place = bot.Staff
		n, _ := strconv.Atoi(s.fill(where[1:]))
		r.Case = mentoring.CaseID(n)
	}
	if m, ok := strings.CutPrefix(where, "#remark"); ok {
		n, _ := strconv.Atoi(m)
		r.Case, r.Remark = 0, int64(n)
	}
	room := name + where
	if r.Place == bot.Staff {
		room = name + "#"
	}
	switch how {
	case ":":
		s.must(func(a *mentoring.Act) error { _, _, err := a.Speak(r.Participant, mentoring.Says); return err })
		return
	case "^":
		r.Input = bot.Input{Kind: bot.Button, Key: text}
	case ">", "~>":
		if how == "~>" {
			r.About = "$event"
		}
		if r.Place == bot.Leg && !s.bot.IsCommand(text) {
			s.t.Fatalf("%s: is no command and would be relayed", s.at)
		}
		r.Input = bot.Input{Kind: bot.Text, Text: text}
		if phrase, ok := mentoring.ParsePhrase(text); ok && r.Place == bot.Management {
			proof := s.store.Prove(phrase)
			r.Proof = &proof
		}
	case "*":
		r.Input = bot.Input{Kind: bot.Arrived}
	case "+!":
		for _, e := range s.alarms {
			if e.member == s.people[name] || e.member == 0 && r.Place == bot.Staff {
				r.Input = bot.Input{Kind: bot.Button, Menu: e.menu, Key: text}
			}
		}
	default:
		menus := s.menus[room]
		if len(menus) < len(how) {
			s.t.Fatalf("%s: no such menu", s.at)
		}
		r.Input = bot.Input{Kind: bot.Button, Menu: menus[len(menus)-len(how)], Key: text}
	}
	answer := s.handle(name, r)
	s.answer, s.redact = answer.Lines, answer.RedactInput
	s.offered()
	s.alarmed()
	s.questionsShown()
	for _, l := range answer.Lines {
		s.learn(room, l)
	}
}

// learn keeps what later lines of the script may refer to, and sees that a line
// is fit to be read.
func (s *script) learn(room string, l bot.Line) {
	if l.Menu != 0 {
		s.menus[room] = append(s.menus[room], l.Menu)
	}
	if (l.Menu == 0) != (len(l.Buttons) == 0) {
		s.t.Fatalf("%s: a menu and its buttons belong together: %+v", s.at, l)
	}
	if code := codeIn.FindString(l.Text); code != "" {
		s.vars["$code"] = code
	}
	for _, item := range itemIn.FindAllStringSubmatch(l.Text, -1) {
		s.vars["#"+item[2]] = item[1]
	}
	for _, e := range s.effects {
		if c, ok := e.(mentoring.ShowCase); ok {
			s.vars["$case"] = strconv.FormatInt(int64(c.Case), 10)
		}
	}
	if strings.TrimSpace(l.Text) == "" || !s.templates && strings.ContainsAny(l.Text, "{}") || s.cat.Has(l.Text) {
		s.t.Fatalf("%s: not fit to be read: %q", s.at, l.Text)
	}
}

// fill puts the language's words and the remembered things into a text.
func (s *script) fill(text string) string {
	text = token.ReplaceAllStringFunc(text, func(found string) string {
		m := token.FindStringSubmatch(found)
		switch {
		case m[2] == "long":
			return strings.Repeat("x", 300)
		case m[1] == "#":
			return s.vars["#"+m[2]]
		case m[1] == "=":
			return s.cat.Answers(string(s.lang), m[2])[0]
		case m[1] == "~":
			return s.cat.Say(string(s.lang), m[2], nil)
		case m[2] == "language name":
			return s.cat.Name(string(s.lang))
		}
		words := s.cat.Commands(string(s.lang))[m[2]]
		if len(words) == 0 {
			s.t.Fatalf("%s: no command %q", s.at, m[2])
		}
		return words[0]
	})
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		if s.vars[v] == "" {
			s.t.Fatalf("%s: nothing known as %s", s.at, v)
		}
		return s.vars[v]
	})
}

// expect compares the next line of the answer.
func (s *script) expect(want string) {
	s.t.Helper()
	if len(s.answer) == 0 {
		s.t.Fatalf("%s: the bot said no more, want %s", s.at, want)
	}
	got := s.answer[0]
	s.answer = s.answer[1:]
	if loud := strings.HasPrefix(want, "loud "); loud != got.Loud {
		s.t.Fatalf("%s: loud is %v", s.at, got.Loud)
	}
	s.matches(strings.TrimPrefix(want, "loud "), got.Text, s.lang)
}

// matches looks for every part of want, in order: [key name=value] is a text of
// locale/ with those values, anything else is meant as it stands.
func (s *script) matches(want, text string, lang mentoring.Language) {
	s.t.Helper()
	rest := text
	for part := range strings.SplitSeq(want, " … ") {
		part = strings.Trim(part, " …")
		if part == "" {
			continue
		}
		var pattern string
		for literal := part; literal != ""; {
			at := textRef.FindStringIndex(literal)
			if at == nil {
				pattern += regexp.QuoteMeta(s.fill(literal))
				break
			}
			pattern += regexp.QuoteMeta(s.fill(literal[:at[0]])) + s.pattern(literal[at[0]+1:at[1]-1], lang)
			literal = literal[at[1]:]
		}
		at := regexp.MustCompile(`(?s)` + pattern).FindStringIndex(rest)
		if at == nil {
			s.t.Fatalf("%s: want %s\n(%s)\ngot:\n%s", s.at, part, pattern, text)
		}
		rest = rest[at[1]:]
	}
}

func (s *script) pattern(spec string, lang mentoring.Language) string {
	s.t.Helper()
	f := strings.Fields(spec)
	if !s.cat.Has(f[0]) {
		s.t.Fatalf("%s: no text %s", s.at, f[0])
	}
	args := map[string]any{}
	for _, p := range s.cat.Placeholders(string(lang), f[0]) {
		name, _, _ := strings.Cut(strings.Trim(p, "{}"), ":")
		args[name] = anything
	}
	for _, pair := range f[1:] {
		name, value, _ := strings.Cut(pair, "=")
		value = s.fill(value)
		args[name] = value
		if n, err := strconv.Atoi(value); err == nil {
			args[name] = n
		}
	}
	quoted := regexp.QuoteMeta(s.cat.Say(string(lang), f[0], args))
	return strings.ReplaceAll(quoted, anything, `.*?`)
}

// effect looks for something told to others by the last step: "aino [key]" in
// their own room, "aino/Alias [key]" in a conversation, "staff [key]".
func (s *script) effect(want string) {
	s.t.Helper()
	who, text, _ := strings.Cut(want, " ")
	name, with, inLeg := strings.Cut(who, "/")
	effects := s.effects
	var told []string
	for _, e := range effects {
		switch e := e.(type) {
		case mentoring.Notify:
			if !inLeg && e.Member == s.people[name] {
				told = append(told, s.bot.Render(s.lang, e.Text))
			}
		case mentoring.Tell:
			if inLeg && e.Participant == s.leg(name, with) {
				told = append(told, s.bot.Render(s.lang, e.Text))
			}
		case mentoring.TellStaff:
			if who == "staff" {
				told = append(told, s.bot.Render(s.lang, e.Text))
			}
		case mentoring.ShowQuestion:
			if !inLeg && s.ownerOf(e.Prompt.Membership) == s.people[name] {
				told = append(told, s.questionLine(e).Text)
			}
		case mentoring.ShowRemark:
			if who == "remark" {
				told = append(told, s.remarkText(e.Remark))
			}
		case mentoring.ShowSecret:
			if !inLeg && e.Member == s.people[name] {
				told = append(told, s.bot.Render(s.lang, e.Text))
			}
		case mentoring.ShowOffer:
			if !inLeg && e.Offer.Member == s.people[name] {
				told = append(told, s.offers[e.Offer.Menu])
			}
		case mentoring.ShowCase:
			s.must(func(a *mentoring.Act) error {
				c, err := a.CaseOf(e.Case)
				if who == "case" {
					told = append(told, s.bot.CaseHead(s.lang, c))
				}
				return err
			})
		}
	}
	s.effects = effects
	if len(told) == 0 {
		s.t.Fatalf("%s: nothing told to %s", s.at, who)
	}
	s.matches(text, strings.Join(told, "\n"), s.lang)
}
