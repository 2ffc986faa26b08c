package bot

import (
	"slices"
	"strings"

	"silta/mentoring"
)

// pageSize is how many mentors are shown at once.
const pageSize = 5

// mentors lists those who can be chosen, by what is said after the command.
func (t *turn) mentors(rest string) error {
	return t.showMentors(&list{Filter: *t.filter(rest)})
}

// more shows the next page.
func (t *turn) more(string) error {
	if t.mem.Mentors == nil {
		return t.mentors("")
	}
	l := *t.mem.Mentors
	return t.showMentors(&l)
}

// showMentors shows the next page after those that the list has already, and
// remembers it. The numbers go on from page to page, so that a number always
// means the same mentor.
func (t *turn) showMentors(l *list) error {
	found, err := t.act.Find(*t.member, &l.Filter)
	if err != nil {
		return err
	}
	from := len(l.IDs) + 1
	if from == 1 {
		if err := t.act.Searched(*t.member, &l.Filter, len(found)); err != nil {
			return err
		}
	}
	left := slices.DeleteFunc(found, func(m *mentoring.Listing) bool {
		return slices.Contains(l.IDs, int64(m.Membership.ID))
	})
	if len(left) == 0 {
		return t.noMentors(l)
	}
	page := left[:min(pageSize, len(left))]
	lines := make([]string, 0, len(page))
	for _, m := range page {
		l.IDs, l.Names = append(l.IDs, int64(m.Membership.ID)), append(l.Names, m.Card.Alias)
		line, err := t.mentorLine(m)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	head := "mentors.head"
	if l.Filter.All {
		head = "mentors.head_all"
	}
	parts := []string{t.text(head)}
	if l.Filter.Any() {
		parts[0] += "\n" + t.text("mentors.by", "filter", t.filterText(&l.Filter))
	}
	parts = append(parts, t.menu(from, lines), t.text("mentors.how", "number", from))
	if from == 1 && !l.Filter.Any() && !l.Filter.All {
		parts = append(parts, t.topicCounts(found)...)
	}
	if len(left) > len(page) {
		parts = append(parts, t.text("mentors.more", "n", len(left)-len(page)))
	}
	t.ask(question{Kind: askMentors}, strings.Join(parts, "\n\n"), keycaps(from, len(l.IDs))...)
	l.Menus = append(l.Menus, t.mem.Room.Menu)
	l.Shown = t.act.Now.UnixMilli()
	t.mem.Mentors = l
	return nil
}

// topicCounts says, of more mentors than there are on a page, with how many one can
// talk about which topic, the most first (feature F2).
func (t *turn) topicCounts(found []*mentoring.Listing) []string {
	if len(found) <= pageSize {
		return nil
	}
	counts := map[string]int{}
	for _, m := range found {
		for _, key := range m.Card.Topics {
			counts[key]++
		}
	}
	keys := slices.DeleteFunc(t.offered(), func(key string) bool { return counts[key] == 0 })
	if len(keys) == 0 {
		return nil
	}
	slices.SortStableFunc(keys, func(x, y string) int { return counts[y] - counts[x] })
	list := make([]string, len(keys))
	for i, key := range keys {
		list[i] = t.text("mentors.topic", "topic", t.topicName(key), "n", counts[key])
	}
	return []string{t.text("mentors.topics", "topics", strings.Join(list, ", "), "topic", t.topicName(keys[0]))}
}

// noMentors says why there is nobody to show, and what to do: near topics, and
// services elsewhere (feature F8).
func (t *turn) noMentors(l *list) error {
	f := &l.Filter
	switch {
	case len(l.IDs) > 0:
		t.say("mentors.no_more")
		return nil
	case !f.Any() && f.All:
		t.say("mentors.none_at_all")
		return nil
	}
	parts := []string{t.text("mentors.none")}
	if f.Any() {
		parts[0] = t.text("mentors.none_by", "filter", t.filterText(f))
		near, err := t.act.NearTopics(*t.member, f)
		if err != nil {
			return err
		}
		if len(near) > 0 {
			parts = append(parts, t.text("mentors.near", "topics", t.topicNames(near)))
		}
		if !f.All {
			parts = append(parts, t.text("mentors.try_all"))
		}
	}
	if mentoring.May(t.memberships, mentoring.DoChoose) {
		parts = append(parts, t.text("mentors.ask_anyone"))
	}
	elsewhere, err := t.directory(f.Topics, "")
	if err != nil {
		return err
	}
	for _, s := range elsewhere {
		parts = append(parts, t.text("mentors.service", "service_text", s))
	}
	t.line(strings.Join(parts, "\n"))
	return nil
}

// services are those of the operator's list that are about one of the topics,
// or about whatever it be.
func (b *Bot) services(lang mentoring.Language, topics []string) []string {
	var found []string
	for _, s := range b.cfg.Services {
		about := len(s.Topics) == 0 || slices.ContainsFunc(topics, func(topic string) bool { return slices.Contains(s.Topics, topic) })
		if text := b.perLanguage(s.Text, lang); about && text != "" {
			found = append(found, text)
		}
	}
	return found
}

// mentorLine is a mentor in one line.
func (t *turn) mentorLine(m *mentoring.Listing) (string, error) {
	line, kind := m.Card.Alias, ""
	if m.Card.Kind != mentoring.HelperPeer {
		kind = t.kindName(&m.Card)
	}
	for _, s := range []string{kind, m.Card.AgeBand, m.Card.Area, strings.Join(t.topicNames(m.Card.Topics), ", ")} {
		if s != "" {
			line += " – " + s
		}
	}
	if m.New(t.act.Now) {
		line += " – " + t.text("mentors.new")
	}
	if !m.Free(t.act.Now, t.act.Rules) {
		line += " – " + t.text("mentors.not_free")
	}
	reply, err := t.replyText(m.Membership.ID)
	if reply != "" {
		line += " – " + reply
	}
	return line, err
}

// kindName is what kind of helper a card is of.
func (t *turn) kindName(c *mentoring.Card) string {
	if c.Kind == "" {
		return ""
	}
	return t.text("helper." + string(c.Kind))
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
	i := slices.IndexFunc(found, func(m *mentoring.Listing) bool { return m.Membership.ID == id })
	if i < 0 {
		return mentoring.Refuse("mentor.not_there")
	}
	m := found[i]
	if err := t.act.CardSeen(*t.member, m); err != nil {
		return err
	}
	text := t.cardText(&m.Card)
	reply, err := t.replyText(m.Membership.ID)
	if err != nil {
		return err
	}
	if reply != "" {
		text += "\n\n" + reply
	}
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
	if kind := t.kindName(c); kind != "" {
		lines[0] += " – " + kind
	}
	gender := ""
	if c.Gender != "" {
		gender = t.text("gender." + string(c.Gender))
	}
	speaks := make([]string, len(c.Languages))
	for i, l := range c.Languages {
		speaks[i] = t.spokenName(l)
	}
	for _, row := range []struct{ key, value string }{
		{"card.row_age", c.AgeBand}, {"card.row_area", c.Area},
		{"card.row_topics", strings.Join(t.topicNames(c.Topics), ", ")},
		{"card.row_languages", strings.Join(speaks, ", ")},
		{"card.row_gender", gender}, {"card.row_status", c.Status},
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
	if l := t.mem.Mentors; l != nil && !l.old(t.act.Now) && slices.Contains(l.IDs, int64(id)) {
		if err := t.act.Sought(c, l.Filter.Topics); err != nil {
			return err
		}
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
