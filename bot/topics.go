package bot

import (
	"strings"

	"silta/locale"
	"silta/mentoring"
)

// topics are those of the programme, retired ones included, read once a turn.
func (t *turn) topics() []mentoring.Topic {
	return t.topicList
}

// loadTopics reads the list that the texts of this turn need.
func (t *turn) loadTopics() (err error) {
	t.topicList, err = t.act.Topics(mentoring.DefaultProgramme)
	return err
}

// offered are the keys of the topics that people can choose, in order.
func (t *turn) offered() []string {
	var keys []string
	for _, topic := range t.topics() {
		if !topic.Retired {
			keys = append(keys, topic.Key)
		}
	}
	return keys
}

// topicName is the word for a topic in the person's language.
func (t *turn) topicName(key string) string { return t.topicNameIn(t.lang, key) }

// topicNameIn is the word for a topic: of staff, of the operator, of locale/, or
// the key. Staff's words stand for other languages, too, until those have some.
func (t *turn) topicNameIn(lang mentoring.Language, key string) string {
	for _, topic := range t.topics() {
		if topic.Key != key || len(topic.Words) == 0 {
			continue
		}
		if name := t.b.perLanguage(topic.Words, lang); name != "" {
			return name
		}
		for _, l := range locale.Languages() {
			if name := topic.Words[mentoring.Language(l)]; name != "" {
				return name
			}
		}
	}
	if name := t.b.perLanguage(t.b.cfg.Topics[key], lang); name != "" {
		return name
	}
	if t.b.cat.Has("topic." + key) {
		return t.b.Render(lang, mentoring.T("topic."+key))
	}
	return key
}

func (t *turn) topicNames(keys []string) []string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = t.topicName(key)
	}
	return names
}

// topicNamesOf are the words for a topic in all languages.
func (t *turn) topicNamesOf(key string) []string {
	var names []string
	for _, lang := range locale.Languages() {
		names = add(names, t.topicNameIn(mentoring.Language(lang), key))
	}
	return names
}

// topic is staff keeping the list of topics, and mentors asking for a new one.
func (t *turn) topic(rest string) error {
	first, rest := cutWord(rest)
	part := t.b.parts[word(first)]
	staff := mentoring.May(t.memberships, mentoring.DoTopics)
	switch {
	case part == "suggest" && mentoring.May(t.memberships, mentoring.DoCard):
		if err := t.act.SuggestTopic(*t.member, rest); err != nil {
			return err
		}
		t.say("topic.suggested_now")
		return nil
	case staff && (part == "add" || part == "new"):
		if t.b.parts[word(firstWord(rest))] == "until" { // "lägg till"
			_, rest = cutWord(rest)
		}
		n, err := t.act.AddTopic(*t.member, t.inLanguages(rest))
		if err != nil {
			return err
		}
		return t.topicsNow("topic.added_now", n)
	case staff && (part == "rename" || part == "merge" || part == "end" || part == "resume"):
		return t.changeTopic(part, rest)
	case part == "list" || part == "" && first == "":
		return t.topicsNow("topic.head", 0)
	}
	key := "help.topic_suggest"
	if staff {
		key = "help.topic"
	}
	t.helpOf(key)
	return nil
}

func (t *turn) changeTopic(part, rest string) error {
	number := t.numberIn(rest)
	if number == 0 {
		t.helpOf("help.topic")
		return nil
	}
	_, after := cutWord(rest)
	var err error
	switch part {
	case "rename":
		err = t.act.RenameTopic(*t.member, number, t.inLanguages(after))
	case "merge":
		for t.b.parts[word(firstWord(after))] == "until" || t.b.parts[word(firstWord(after))] == "in" { // "merge 3 to 5"
			_, after = cutWord(after)
		}
		into := t.numberIn(after)
		if into == 0 {
			t.helpOf("help.topic")
			return nil
		}
		err = t.act.MergeTopic(*t.member, number, into)
	default:
		err = t.act.RetireTopic(*t.member, number, part == "resume")
	}
	if err != nil {
		return err
	}
	return t.topicsNow("topic.changed_now", number)
}

func firstWord(s string) string {
	first, _ := cutWord(s)
	return first
}

// inLanguages reads "yksinäisyys / ensamhet / loneliness", in the order of the
// languages of the texts. A single name is in the person's own language.
func (t *turn) inLanguages(text string) map[mentoring.Language]string {
	names := strings.Split(text, "/")
	if len(names) == 1 {
		return map[mentoring.Language]string{t.lang: text}
	}
	words := map[mentoring.Language]string{}
	for i, lang := range locale.Languages() {
		if i < len(names) {
			words[mentoring.Language(lang)] = names[i]
		}
	}
	return words
}

// topicsNow shows the list as it is now. Its numbers never change.
func (t *turn) topicsNow(head string, number int) error {
	if err := t.loadTopics(); err != nil {
		return err
	}
	lines := []string{t.text(head, "number", number)}
	for _, topic := range t.topics() {
		names := strings.Join(t.topicNamesOf(topic.Key), " / ")
		if topic.Retired {
			names += " – " + t.text("topic.retired")
		}
		lines = append(lines, t.text("menu.item", "number", topic.Position, "words", names))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}
