package dev

import (
	"fmt"
	"regexp"
	"strings"

	"silta/locale"
)

// Words finds the service's texts in what people are told.
type Words struct{ catalogue *locale.Catalogue }

// LoadWords reads the language files.
func LoadWords(t T) *Words {
	t.Helper()
	c, err := locale.Load(nil)
	if err != nil {
		t.Fatalf("language files: %v", err)
	}
	return &Words{c}
}

// Command is the word for a command in a language, the one that is shown first.
func (w *Words) Command(language, name string) string {
	words := w.catalogue.Commands(language)[name]
	if len(words) == 0 {
		return name
	}
	return words[0]
}

// Answer is the word for an answer ("yes", "skip") in a language.
func (w *Words) Answer(language, name string) string {
	words := w.catalogue.Answers(language, name)
	if len(words) == 0 {
		return name
	}
	return words[0]
}

// Text is a text of the language files that has no placeholders.
func (w *Words) Text(language, key string) string { return w.catalogue.Say(language, key, nil) }

// Pattern matches a text of the language files, whatever its placeholders are
// filled with; each of them is a group. It matches anywhere in a longer text.
func (w *Words) Pattern(language, key string) (*regexp.Regexp, error) {
	if !w.catalogue.Has(key) {
		return nil, fmt.Errorf("no text has the key %q", key)
	}
	const gap = "\uE000" // of the private use area: in no text
	args := map[string]any{}
	for _, name := range w.catalogue.Placeholders(language, key) {
		name, _, _ = strings.Cut(strings.Trim(name, "{}"), ":")
		args[name] = gap
	}
	pattern := func(args map[string]any) string {
		text := regexp.QuoteMeta(strings.TrimSpace(w.catalogue.Say(language, key, args)))
		return strings.ReplaceAll(text, gap, "([\\s\\S]*?)")
	}
	either := pattern(args)
	if _, plural := args["n"]; plural {
		args["n"] = 1
		either += "|" + pattern(args)
	}
	return regexp.Compile("(?:" + either + ")(?:$|\\s)")
}

// Person is somebody who uses the service through a client: their own room with
// the bot, and how they speak with it.
type Person struct {
	*Client
	Language string
	Room     string // their own room with the bot
	Bot      string // the Matrix ID of the bot

	t T

	words *Words
	mark  int // where the bot's answers to what was last said begin
}

// Meet has somebody find the bot the way everyone does: they invite it to a
// room, get one line, and go into the room it invites them to.
func (p *Program) Meet(c *Client, words *Words) *Person {
	p.t.Helper()
	who := &Person{Client: c, Language: locale.Default, Bot: p.Bot, t: p.t, words: words, mark: c.Mark()}
	own := c.Create(map[string]any{"preset": "trusted_private_chat", "is_direct": true, "invite": []string{p.Bot}})
	e := c.Await(who.mark, "an invitation by the bot", func(e Event) bool {
		return e.Room != own && (Membership("", "invite")(e) || Membership("", "join")(e))
	})
	c.enter(e.Room)
	who.Room = e.Room
	return who
}

// Known is somebody who has joined already and logs in with another client.
// Their room with the bot is the one that the bot called by the service's name.
func Known(t T, c *Client, bot, service, language string, words *Words) *Person {
	t.Helper()
	p := &Person{Client: c, Language: language, Bot: bot, t: t, words: words}
	p.Room = c.Await(0, "the room with the bot", func(e Event) bool {
		return e.Sender == bot && e.Type == "m.room.name" && e.Text("name") == service
	}).Room
	p.mark = c.Mark()
	return p
}

// In gives a person another room to speak in, such as a staff room.
func (p *Person) In(room string) *Person {
	other := *p
	other.Room, other.mark = room, p.Mark()
	return &other
}

// Say writes to the bot; answers are looked for from here on.
func (p *Person) Say(text string) (event string) {
	p.t.Helper()
	p.mark = p.Mark()
	return p.Text(p.Room, text)
}

// Tap taps a reaction under a line of the bot.
func (p *Person) Tap(line, key string) {
	p.t.Helper()
	p.mark = p.Mark()
	p.React(p.Room, line, key)
}

// Hears waits until the bot has told a text of the language files since the
// last Say. It returns the line, and what stands in the text's placeholders, in
// order.
func (p *Person) Hears(key string) (Event, []string) {
	p.t.Helper()
	return p.HearsIn(p.Room, p.mark, key)
}

// Reads is a text without placeholders as this person is told it.
func (p *Person) Reads(key string) string { return p.words.Text(p.Language, key) }

// HearsIn is Hears for any room and mark.
func (p *Person) HearsIn(room string, from int, key string) (Event, []string) {
	p.t.Helper()
	e, _, groups := p.hears(room, from, key)
	return e, groups
}

// HearsEither waits for the first of several texts since the last Say, and
// returns its key, too.
func (p *Person) HearsEither(keys ...string) (Event, string) {
	p.t.Helper()
	e, key, _ := p.hears(p.Room, p.mark, keys...)
	return e, key
}

func (p *Person) hears(room string, from int, keys ...string) (e Event, heard string, groups []string) {
	p.t.Helper()
	patterns := make([]*regexp.Regexp, len(keys))
	for i, key := range keys {
		var err error
		if patterns[i], err = p.words.Pattern(p.Language, key); err != nil {
			p.t.Fatalf("%v", err)
		}
	}
	e = p.Await(from, fmt.Sprintf("one of the texts %q", keys), func(e Event) bool {
		if e.Room != room || e.Sender != p.Bot || e.Type != "m.room.message" {
			return false
		}
		for i, pattern := range patterns {
			if groups = pattern.FindStringSubmatch(e.Body()); groups != nil {
				heard = keys[i]
				return true
			}
		}
		return false
	})
	return e, heard, groups[1:]
}

// HearsWords waits until the bot has told something that has all of the pieces
// in it, whatever their case, since the last Say.
func (p *Person) HearsWords(pieces ...string) Event {
	p.t.Helper()
	return p.Await(p.mark, fmt.Sprintf("the bot's words %q", pieces), MessageWith(p.Room, p.Bot, pieces...))
}

// Asks says something and waits for the answer.
func (p *Person) Asks(text, key string) (Event, []string) {
	p.t.Helper()
	p.Say(text)
	return p.Hears(key)
}

// Command says a command by its word in the person's language.
func (p *Person) Command(name, rest, key string) (Event, []string) {
	p.t.Helper()
	return p.Asks(strings.TrimSpace(p.words.Command(p.Language, name)+" "+rest), key)
}

// Yes says yes in the person's language.
func (p *Person) Yes(key string) (Event, []string) {
	p.t.Helper()
	return p.Asks(p.words.Answer(p.Language, "yes"), key)
}
