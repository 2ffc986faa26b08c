package bot

import (
	"errors"
	"strings"

	"silta/locale"
	"silta/mentoring"
)

// Reword puts the texts that staff have rewritten in force, in place of those of
// before.
func (b *Bot) Reword(texts []mentoring.TextVersion) {
	list := make([]locale.Rewording, 0, len(texts))
	for _, v := range texts {
		if v.Programme == mentoring.DefaultProgramme && v.Unit == mentoring.DefaultUnit {
			list = append(list, locale.Rewording{Lang: string(v.Language), Key: v.Key, Text: v.Words})
		}
	}
	b.cat.Reword(list)
}

// textsFound is how many texts a search lists.
const textsFound = 15

// serviceTexts is staff rewriting what the service says: find a text, look at it, write
// a new one (shown first as people will see it), its history, and back.
func (t *turn) serviceTexts(rest string) error {
	first, after := cutWord(rest)
	switch t.b.parts[word(first)] {
	case "find":
		return t.findTexts(after)
	case "history":
		return t.textHistory(after)
	case "revert":
		return t.revertText(after)
	}
	key := strings.ToLower(first)
	if first == "" || !t.b.cat.Has(key) {
		if first != "" {
			t.say("text.unknown", "text", first)
		}
		t.helpOf("help.text")
		return nil
	}
	lang, words := cutWord(after)
	if lang == "" {
		return t.showText(key)
	}
	if !t.b.cat.Known(strings.ToLower(lang)) {
		t.say("text.which_language")
		return nil
	}
	return t.newText(key, strings.ToLower(lang), words)
}

func (t *turn) findTexts(words string) error {
	keys := t.b.cat.FindText(string(t.lang), words, textsFound+1)
	if words == "" || len(keys) == 0 {
		t.say("text.none_found")
		return nil
	}
	lines := []string{t.text("text.found")}
	for i, key := range keys {
		if i == textsFound {
			lines = append(lines, t.text("text.found_more"))
			break
		}
		lines = append(lines, key+": "+shortened(t.b.cat.Template(string(t.lang), key), 90))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

// shortened is the beginning of a text, on one line.
func shortened(text string, letters int) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) <= letters {
		return string(r)
	}
	return string(r[:letters-1]) + "…"
}

func (t *turn) showText(key string) error {
	parts := []string{key}
	for _, lang := range locale.Languages() {
		history, err := t.act.TextHistory(*t.member, key, mentoring.Language(lang))
		if err != nil {
			return err
		}
		head := t.text("text.in", "word", lang)
		if len(history) > 0 && history[0].Words != "" {
			head = t.text("text.in_changed", "word", lang, "at", history[0].Changed)
		}
		parts = append(parts, head+"\n"+t.b.cat.Template(lang, key))
	}
	if names := t.b.cat.Placeholders(string(t.lang), key); len(names) > 0 {
		parts = append(parts, t.text("text.placeholders", "parts", names))
	}
	t.line(strings.Join(append(parts, t.text("text.how", "word", key)), "\n\n"))
	return nil
}

// newText shows a new wording as people will see it and asks.
func (t *turn) newText(key, lang, words string) error {
	if words == "" {
		t.say("text.say_words")
		return nil
	}
	if err := t.fitsText(lang, key, words); err != nil {
		return err
	}
	parts := []string{t.text("text.preview", "word", lang), t.b.cat.Preview(words)}
	if missing := t.b.cat.Missing(lang, key, words); len(missing) > 0 {
		parts = append(parts, t.text("text.leaves_out", "parts", missing))
	}
	t.askYesNo(question{Kind: askText, Words: []string{key, lang, words}}, strings.Join(parts, "\n\n")+"\n\n"+t.text("text.sure"))
	return nil
}

// fitsText refuses a wording that cannot be put in force.
func (t *turn) fitsText(lang, key, words string) error {
	var bad *locale.BadText
	err := t.b.cat.Check(lang, key, words)
	if errors.As(err, &bad) {
		return mentoring.Refuse("text.bad."+bad.Reason, "parts", bad.Names, "max", locale.MaxText)
	}
	return err
}

func (t *turn) answerText(q *question, r reply) (bool, error) {
	yes, heard := t.confirmed(r)
	if !yes || len(q.Words) != 3 {
		return heard, nil
	}
	key, lang, words := q.Words[0], q.Words[1], q.Words[2]
	if err := t.fitsText(lang, key, words); err != nil { // a newer program, since it was asked
		return true, err
	}
	if err := t.act.SetText(*t.member, key, mentoring.Language(lang), words); err != nil {
		return true, err
	}
	t.say("text.changed_now", "n", int(mentoring.UndoWithin.Minutes()))
	return true, nil
}

// oneText reads "KEY LANGUAGE".
func (t *turn) oneText(rest string) (key, lang, after string, ok bool) {
	key, rest = cutWord(rest)
	lang, after = cutWord(rest)
	key, lang = strings.ToLower(key), strings.ToLower(lang)
	switch {
	case !t.b.cat.Has(key):
		t.say("text.unknown", "text", key)
		t.helpOf("help.text")
	case !t.b.cat.Known(lang):
		t.say("text.which_language")
	default:
		return key, lang, after, true
	}
	return "", "", "", false
}

func (t *turn) textHistory(rest string) error {
	key, lang, _, ok := t.oneText(rest)
	if !ok {
		return nil
	}
	history, err := t.act.TextHistory(*t.member, key, mentoring.Language(lang))
	if err != nil {
		return err
	}
	if len(history) == 0 {
		t.say("text.no_history")
		return nil
	}
	parts := []string{t.text("text.history")}
	for i, v := range history {
		words := v.Words
		if words == "" {
			words = t.b.cat.Original(lang, key)
		}
		parts = append(parts, t.text("text.version", "number", len(history)-i, "at", v.Changed)+"\n"+words)
	}
	parts = append(parts, t.text("text.version_first")+"\n"+t.b.cat.Original(lang, key))
	t.line(strings.Join(parts, "\n\n"))
	return nil
}

// revertText puts an older version in force: the one with that number of the
// history, or what the service came with.
func (t *turn) revertText(rest string) error {
	key, lang, after, ok := t.oneText(rest)
	if !ok {
		return nil
	}
	words := ""
	if after != "" {
		history, err := t.act.TextHistory(*t.member, key, mentoring.Language(lang))
		if err != nil {
			return err
		}
		n := t.numberIn(after)
		if n == 0 || n > len(history) {
			return mentoring.Refuse("text.no_version")
		}
		if words = history[len(history)-n].Words; words != "" {
			if err := t.fitsText(lang, key, words); err != nil {
				return err
			}
		}
	}
	if err := t.act.SetText(*t.member, key, mentoring.Language(lang), words); err != nil {
		return err
	}
	if words == "" {
		words = t.b.cat.Original(lang, key)
	}
	t.line(t.text("text.reverted_now", "n", int(mentoring.UndoWithin.Minutes())) + "\n\n" + t.b.cat.Preview(words))
	return nil
}

// undo takes back what the staff member did last.
func (t *turn) undo(string) error {
	what, err := t.act.Undo(*t.member)
	if err != nil {
		return err
	}
	t.say("undo.done", "what", mentoring.T("undo."+string(what)))
	return nil
}
