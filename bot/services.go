package bot

import (
	"strings"

	"silta/locale"
	"silta/mentoring"
)

// directory is help elsewhere that is about one of the topics, or about whatever
// it be: the operator's list and that of staff, in the person's language.
func (t *turn) directory(topics []string, area string) ([]string, error) {
	found := t.b.services(t.lang, topics)
	list, err := t.act.Directory(mentoring.DefaultProgramme, topics, area)
	if err != nil {
		return nil, err
	}
	for i := range list {
		found = append(found, t.serviceText(&list[i]))
	}
	return found, nil
}

// serviceText is one entry, with the day on which somebody last looked at it.
func (t *turn) serviceText(s *mentoring.Service) string {
	words := s.Words[t.lang]
	if words == "" {
		words = t.b.perLanguage(s.Words, t.lang)
	}
	for _, lang := range locale.Languages() {
		if words == "" {
			words = s.Words[mentoring.Language(lang)]
		}
	}
	return words + " " + t.text("service.checked", "at", s.Checked)
}

// services shows people help elsewhere, about topics and in an area that they
// name.
func (t *turn) services(rest string) error {
	var topics []string
	area := ""
	for w := range strings.FieldsSeq(strings.NewReplacer(",", " ", ";", " ").Replace(rest)) {
		if named := t.topicsNamed(word(w)); len(named) > 0 {
			topics = add(topics, named...)
		} else if p := t.b.parts[word(w)]; p != "filler" && p != "in" && p != "all" {
			area = w
		}
	}
	list, err := t.directory(topics, area)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		key := "services.none"
		if rest == "" {
			key = "services.empty"
		}
		t.line(t.text(key) + "\n" + t.text("urgent.now"))
		return nil
	}
	t.line(strings.Join(append(append([]string{t.text("services.head")}, list...), t.text("urgent.now")), "\n\n"))
	return nil
}

// service is staff keeping the directory.
func (t *turn) service(rest string) error {
	first, after := cutWord(rest)
	part := t.b.parts[word(first)]
	if part == "list" || first == "" {
		return t.serviceList()
	}
	if part == "add" || part == "new" {
		s, err := t.act.AddService(*t.member, t.lang, after)
		return t.serviceNow(&s, err)
	}
	n := int64(t.numberIn(after))
	_, words := cutWord(after)
	if n == 0 {
		t.helpOf("help.service")
		return nil
	}
	var s mentoring.Service
	var err error
	switch part {
	case "edit":
		lang := t.lang
		if tag, text := cutWord(words); t.b.cat.Known(strings.ToLower(tag)) {
			lang, words = mentoring.Language(strings.ToLower(tag)), text
		}
		s, err = t.act.RewordService(*t.member, n, lang, words)
	case "check":
		s, err = t.act.CheckService(*t.member, n)
	case "topics", "area":
		return t.serviceAbout(part, n, words)
	case "end":
		if err = t.act.RemoveService(*t.member, n); err != nil {
			return err
		}
		t.say("service.removed", "number", n, "n", int(mentoring.UndoWithin.Minutes()))
		return nil
	default:
		t.helpOf("help.service")
		return nil
	}
	return t.serviceNow(&s, err)
}

// serviceAbout sets the topics or the area of an entry; "all" is every one.
func (t *turn) serviceAbout(part string, n int64, words string) error {
	s, err := t.findService(n)
	if err != nil {
		return err
	}
	topics, area := s.Topics, s.Area
	all := t.b.parts[word(words)] == "all"
	switch {
	case words == "":
		t.helpOf("help.service")
		return nil
	case part == "area" && all:
		area = ""
	case part == "area":
		area = words
	case all:
		topics = nil
	default:
		topics = nil
		for w := range strings.FieldsSeq(strings.NewReplacer(",", " ", ";", " ").Replace(words)) {
			named := t.topicsNamed(word(w))
			if len(named) != 1 {
				t.say("codes.topics", "topics", t.topicNames(t.offered()))
				return nil
			}
			topics = add(topics, named...)
		}
	}
	now, err := t.act.ServiceAbout(*t.member, n, topics, area)
	return t.serviceNow(&now, err)
}

func (t *turn) findService(n int64) (mentoring.Service, error) {
	all, err := t.act.Directory(mentoring.DefaultProgramme, nil, "")
	if err != nil {
		return mentoring.Service{}, err
	}
	for _, s := range all {
		if s.ID == n {
			return s, nil
		}
	}
	return mentoring.Service{}, mentoring.Refuse("service.unknown", "number", n)
}

// serviceNow shows an entry as it is now.
func (t *turn) serviceNow(s *mentoring.Service, err error) error {
	if err != nil {
		return err
	}
	t.line(t.text("service.now") + "\n" + t.serviceEntry(s))
	return nil
}

func (t *turn) serviceEntry(s *mentoring.Service) string {
	lines := []string{t.text("menu.item", "number", s.ID, "words", t.serviceText(s))}
	if len(s.Topics) > 0 {
		lines = append(lines, t.text("service.topics", "topics", t.topicNames(s.Topics)))
	}
	if s.Area != "" {
		lines = append(lines, t.text("service.area", "area", s.Area))
	}
	var missing []string
	for _, lang := range locale.Languages() {
		if s.Words[mentoring.Language(lang)] == "" {
			missing = append(missing, lang)
		}
	}
	if len(missing) > 0 {
		lines = append(lines, t.text("service.not_in", "parts", missing))
	}
	return strings.Join(lines, "\n")
}

func (t *turn) serviceList() error {
	all, err := t.act.Directory(mentoring.DefaultProgramme, nil, "")
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.say("service.none")
		t.helpOf("help.service")
		return nil
	}
	parts := []string{t.text("service.head")}
	for i := range all {
		parts = append(parts, t.serviceEntry(&all[i]))
	}
	t.line(strings.Join(parts, "\n\n"))
	return nil
}
