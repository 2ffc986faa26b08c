package bot

import (
	"slices"

	"silta/locale"
)

// Unmarked says which command somebody may have meant who wrote a text in a
// conversation: the text is the word, and nothing else, with which people ask for
// help there, but without its exclamation mark. So it goes to the other, and staff
// know nothing. Empty: the text is none of these words. Only the words that the
// bot itself teaches count; the other words of the same commands ("busy",
// "person") are what people write to each other, too.
func (b *Bot) Unmarked(text string) (command string) {
	w := word(text)
	if w == "112" {
		return "urgent"
	}
	f, ok := b.byWord[w]
	if !ok {
		return ""
	}
	name := b.commands[f.at].name
	if !slices.Contains([]string{"staff", "urgent", "report", "help"}, name) || !slices.Contains(b.firstWords(name), w) {
		return ""
	}
	return name
}

// firstWords are the words of a command that people are told, folded.
func (b *Bot) firstWords(name string) (list []string) {
	for _, lang := range locale.Languages() {
		if words := b.cat.Commands(lang)[name]; len(words) > 0 {
			list = append(list, word(words[0]))
		}
	}
	return list
}

// notMarked tells somebody that their word goes to the other only, and how it
// reaches who they may have meant. Who may be in danger gets the numbers to ring,
// with staff one tap away.
func (t *turn) notMarked(name string) error {
	if name == "staff" || name == "urgent" {
		return t.offer("unmarked.danger", "unmarked.how")
	}
	t.say("unmarked.command", "word", t.b.cat.Commands(string(t.lang))[name][0])
	return nil
}
