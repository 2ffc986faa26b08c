package bot

import (
	"slices"
	"strings"

	"silta/mentoring"
)

// pageSize is how many mentors are shown at once.
const pageSize = 10

// mentors lists those who can be chosen; words after the command are topics, or
// "all".
func (t *turn) mentors(rest string) error {
	l := &list{}
	for _, w := range words(strings.ReplaceAll(rest, ",", " "), 10) {
		if t.b.parts[w] == "all" {
			l.All = true
			continue
		}
		topic := t.topic(w)
		if topic == "" {
			t.say("mentors.no_topic", "topics", t.topicNames(t.act.Rules.Topics))
			return nil
		}
		l.Topics = append(l.Topics, topic)
	}
	return t.showMentors(l)
}

// more shows the next page.
func (t *turn) more(string) error {
	if t.mem.Mentors == nil {
		return t.mentors("")
	}
	l := *t.mem.Mentors
	return t.showMentors(&l)
}

// topic finds a topic by how its name begins in the person's language, or by its
// key; empty if it is none.
func (t *turn) topic(w string) string {
	for _, key := range t.act.Rules.Topics {
		if w == word(key) {
			return key
		}
		for _, part := range words(t.topicName(key), 5) {
			if len(w) >= 3 && (strings.HasPrefix(part, w) || strings.HasPrefix(w, part)) {
				return key
			}
		}
	}
	return ""
}

// topicName is the word for a topic: of locale/, of the operator, or the key.
func (t *turn) topicName(key string) string {
	if name := t.b.perLanguage(t.b.cfg.Topics[key], t.lang); name != "" {
		return name
	}
	if t.b.cat.Has("topic." + key) {
		return t.text("topic." + key)
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

// showMentors shows the next page after those that the list has already, and
// remembers it. The numbers go on from page to page, so that a number always
// means the same mentor.
func (t *turn) showMentors(l *list) error {
	found, err := t.act.Mentors(*t.member, l.All)
	if err != nil {
		return err
	}
	from := len(l.IDs) + 1
	left := slices.DeleteFunc(found, func(m mentoring.Listing) bool {
		return slices.Contains(l.IDs, int64(m.Membership.ID)) || len(l.Topics) > 0 && !common(l.Topics, m.Card.Topics)
	})
	if len(left) == 0 {
		return t.noMentors(l)
	}
	page := left[:min(pageSize, len(left))]
	lines := make([]string, 0, len(page))
	for i := range page {
		m := &page[i]
		l.IDs, l.Names = append(l.IDs, int64(m.Membership.ID)), append(l.Names, m.Card.Alias)
		lines = append(lines, t.mentorLine(m))
	}
	head := "mentors.head"
	if l.All {
		head = "mentors.head_all"
	}
	parts := []string{t.text(head), t.menu(from, lines), t.text("mentors.how", "number", from)}
	if len(left) > len(page) {
		parts = append(parts, t.text("mentors.more", "n", len(left)-len(page)))
	}
	t.ask(question{Kind: askMentors}, strings.Join(parts, "\n\n"), keycaps(from, len(l.IDs))...)
	l.Menus = append(l.Menus, t.mem.Room.Menu)
	l.Shown = t.act.Now.UnixMilli()
	t.mem.Mentors = l
	return nil
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// noMentors says why there is nobody to show, and what to do.
func (t *turn) noMentors(l *list) error {
	switch {
	case len(l.IDs) > 0:
		t.say("mentors.no_more")
	case len(l.Topics) > 0:
		t.say("mentors.none_topic", "topics", t.topicNames(l.Topics))
	case l.All:
		t.say("mentors.none_at_all")
	default:
		t.say("mentors.none")
	}
	return nil
}

// mentorLine is a mentor in one line.
func (t *turn) mentorLine(m *mentoring.Listing) string {
	line := m.Card.Alias
	for _, s := range []string{m.Card.AgeBand, m.Card.Area, strings.Join(t.topicNames(m.Card.Topics), ", ")} {
		if s != "" {
			line += " – " + s
		}
	}
	if !m.Free(t.act.Now, t.act.Rules) {
		line += " – " + t.text("mentors.not_free")
	}
	return line
}

// card shows a mentor's card; a mentor's own one when no mentor is named.
func (t *turn) card(rest string) error {
	if rest == "" && mentoring.May(t.memberships, mentoring.DoCard) {
		return t.myCard()
	}
	if rest == "" && t.left != nil && t.left.Kind == askMentors && t.left.ID != 0 {
		return t.showCard(mentoring.MembershipID(t.left.ID))
	}
	id, ok := t.mem.Mentors.at(t.act.Now, t.b.typed(rest))
	if !ok {
		return t.newList(rest)
	}
	return t.showCard(mentoring.MembershipID(id))
}

// newList shows the list again when a mentor was not named, or is not in it.
func (t *turn) newList(rest string) error {
	key := "menu.which"
	if rest != "" {
		key = "menu.no_such"
	}
	t.say(key)
	return t.mentors("")
}

// showCard shows all of a card, with the way to choose it.
func (t *turn) showCard(id mentoring.MembershipID) error {
	found, err := t.act.Mentors(*t.member, true)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(found, func(m mentoring.Listing) bool { return m.Membership.ID == id })
	if i < 0 {
		return mentoring.Refuse("mentor.not_there")
	}
	m := &found[i]
	text := t.cardText(&m.Card)
	if !m.Free(t.act.Now, t.act.Rules) {
		if m.Availability.AwayAt(t.act.Now) && m.Availability.AwayText != "" {
			text += "\n" + t.text("card.away", "text", m.Availability.AwayText)
		}
		t.ask(question{Kind: askMentors}, text+"\n\n"+t.text("card.not_free"), keyNo)
		return nil
	}
	n := slices.Index(t.mem.Mentors.IDs, int64(id)) + 1
	t.ask(question{Kind: askMentors, ID: int64(id)}, text+"\n\n"+t.text("card.how", "number", n), keyYes, keyNo)
	return nil
}

// cardText is a card as people see it.
func (t *turn) cardText(c *mentoring.Card) string {
	lines := []string{c.Alias}
	if c.Kind != "" {
		lines[0] += " – " + t.text("helper."+string(c.Kind))
	}
	speaks := make([]string, len(c.Languages))
	for i, l := range c.Languages {
		speaks[i] = t.spokenName(l)
	}
	for _, row := range []struct{ key, value string }{
		{"card.row_age", c.AgeBand}, {"card.row_area", c.Area},
		{"card.row_topics", strings.Join(t.topicNames(c.Topics), ", ")},
		{"card.row_languages", strings.Join(speaks, ", ")},
		{"card.row_gender", c.Gender}, {"card.row_status", c.Status},
	} {
		if row.value != "" {
			lines = append(lines, t.text(row.key, "value", row.value))
		}
	}
	if c.Story != "" {
		lines = append(lines, "", c.Story)
	}
	return strings.Join(lines, "\n")
}

// answerMentors takes a number or a name as a card to show, and yes as the
// choice of the one that is shown.
func (t *turn) answerMentors(q *question, r reply) (bool, error) {
	switch {
	case r.yes && q.ID != 0:
		return true, t.chooseMentor(mentoring.MembershipID(q.ID))
	case r.no:
		return true, t.mentors("")
	}
	id, ok := t.mem.Mentors.at(t.act.Now, r)
	if !ok {
		return t.tooOld(t.mem.Mentors, r), nil
	}
	return true, t.showCard(mentoring.MembershipID(id))
}

// tooOld answers a number of a list that was shown too long ago.
func (t *turn) tooOld(l *list, r reply) bool {
	if r.number == 0 || !l.old(t.act.Now) {
		return false
	}
	t.forget()
	t.say("menu.stale_number")
	return true
}

// choose begins a conversation with the mentor that is named, or shown.
func (t *turn) choose(rest string) error {
	if rest == "" && t.left != nil && t.left.Kind == askMentors && t.left.ID != 0 {
		return t.chooseMentor(mentoring.MembershipID(t.left.ID))
	}
	id, ok := t.mem.Mentors.at(t.act.Now, t.b.typed(rest))
	if !ok {
		return t.newList(rest)
	}
	return t.chooseMentor(mentoring.MembershipID(id))
}

func (t *turn) chooseMentor(id mentoring.MembershipID) error {
	c, err := t.act.Choose(*t.member, id)
	if err != nil {
		return err
	}
	t.forget()
	t.say("choose.done", "alias", c.Aliases(c.ByMember(t.member.ID).ID))
	return nil
}

// tapList takes a tap on a list that was shown a while ago, with something else
// after it. It only shows things: what changes anything is asked anew.
func (t *turn) tapList(menu int64, r reply) (bool, error) {
	if l := t.mem.Mentors; l != nil && slices.Contains(l.Menus, menu) && r.number > 0 {
		if id, ok := l.at(t.act.Now, r); ok {
			return true, t.showCard(mentoring.MembershipID(id))
		}
	}
	return false, nil
}
