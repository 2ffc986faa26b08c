package bot

import (
	"slices"
	"strings"
	"time"

	"silta/mentoring"
)

// showLoad shows a mentor what they have on their hands, and staff what every mentor
// has.
func (t *turn) showLoad(string) error {
	if mentoring.May(t.memberships, mentoring.DoSeeMentors) {
		return t.loads()
	}
	l, err := t.act.OwnLoad(*t.member)
	if err != nil {
		return err
	}
	lines := []string{t.text("load.own", "n", l.Open, "max", l.Limit)}
	if l.Waiting > 0 {
		lines = append(lines, t.waiting("load.waiting", "load.waiting_new", &l))
	} else {
		lines = append(lines, t.text("load.nobody_waits"))
	}
	if l.Weekly > 0 {
		lines = append(lines, t.text("load.weekly", "n", wholeHours(l.Weekly)))
	}
	if l.Cases > 0 {
		lines = append(lines, t.text("load.cases", "n", l.Cases))
	}
	if l.Full() {
		lines = append(lines, t.text("load.is_full"))
	}
	t.line(strings.Join(append(lines, t.text("load.help")), "\n"))
	return nil
}

// waiting says how many wait for a mentor, and the longest for how long; fresh is
// for when nobody has waited for an hour.
func (t *turn) waiting(key, fresh string, l *mentoring.Load) string {
	if l.Longest < time.Hour {
		return t.text(fresh, "n", l.Waiting)
	}
	return t.text(key, "n", l.Waiting, "hours", wholeHours(l.Longest))
}

func wholeHours(d time.Duration) int { return int(d / time.Hour) }

// loads is the list for staff: what needs a look comes first.
func (t *turn) loads() error {
	all, err := t.act.Loads(*t.member)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.say("mentor.none")
		return nil
	}
	slices.SortStableFunc(all, func(x, y mentoring.Load) int { return int(y.Longest/time.Hour) - int(x.Longest/time.Hour) })
	lines := []string{t.text("load.head")}
	for i := range all {
		l := &all[i]
		parts := []string{
			t.text("menu.item", "number", int64(l.Membership), "words", l.Alias),
			t.text("load.open", "n", l.Open, "max", l.Limit),
		}
		if l.Waiting > 0 {
			parts = append(parts, t.waiting("load.waiting_short", "load.waiting_short_new", l))
		}
		if l.Weekly > 0 {
			parts = append(parts, t.text("load.weekly_short", "n", wholeHours(l.Weekly)))
		}
		if l.Cases > 0 {
			parts = append(parts, t.text("load.cases_short", "n", l.Cases))
		}
		switch {
		case l.Away:
			parts = append(parts, t.text("mentor.away"))
		case l.Full():
			parts = append(parts, t.text("load.full_short"))
		}
		lines = append(lines, strings.Join(parts, " – "))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

// summary is the last quarter: a mentor is asked for hours and themes, staff see
// all mentors' together.
func (t *turn) summary(string) error {
	if mentoring.May(t.memberships, mentoring.DoSeeMentors) {
		return t.staffSummary()
	}
	s, err := t.act.OwnSummary(*t.member)
	if err != nil {
		return err
	}
	text := t.summaryText("summary.own", &s)
	if s.Given > 0 {
		t.line(text + "\n" + t.text("summary.given"))
		return nil
	}
	if s.LikelyHours > 0 {
		t.ask(question{Kind: askHours, ID: s.LikelyHours}, text+"\n\n"+t.text("summary.hours_likely", "n", s.LikelyHours), keyYes)
		return nil
	}
	t.ask(question{Kind: askHours}, text+"\n\n"+t.text("summary.hours"))
	return nil
}

func (t *turn) summaryText(key string, s *mentoring.Summary) string {
	return t.text(key, "quarter", s.Name, "talks", s.Talks, "new", s.New, "replies", s.Replies, "thanks", s.Thanks)
}

func (t *turn) staffSummary() error {
	s, err := t.act.StaffSummary(*t.member)
	if err != nil {
		return err
	}
	lines := []string{
		t.summaryText("summary.all", &s),
		t.text("summary.all_given", "given", s.Given, "mentors", s.Mentors, "hours", s.Hours),
	}
	for _, key := range t.act.Rules.Topics {
		n := 0
		for _, theme := range s.Themes {
			if theme == key {
				n++
			}
		}
		if n > 0 {
			lines = append(lines, t.text("summary.theme", "topic", t.topicName(key), "n", n))
		}
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

// answerHours takes the hours that a mentor used in the quarter, as they say or
// as proposed, and asks for the themes.
func (t *turn) answerHours(q *question, r reply) (bool, error) {
	n := number(r.text)
	switch {
	case r.yes && q.ID > 0:
		n = int(q.ID)
	case n == 0 && word(r.text) != "0":
		return false, nil
	}
	s, err := t.act.OwnSummary(*t.member)
	if err != nil {
		return true, err
	}
	next := question{Kind: askThemes, ID: int64(n), Words: t.act.Rules.Topics}
	for i, key := range next.Words {
		if slices.Contains(s.LikelyThemes, key) {
			next.Chosen = append(next.Chosen, i+1)
		}
	}
	if len(next.Chosen) == 0 {
		t.ask(next, t.text("summary.themes")+"\n\n"+t.menu(1, t.topicNames(next.Words)), keySkip)
		return true, nil
	}
	likely := strings.Join(t.topicNames(s.LikelyThemes), ", ")
	t.ask(next, t.text("summary.themes_likely", "topics", likely)+"\n\n"+t.menu(1, t.topicNames(next.Words)), keyYes, keySkip)
	return true, nil
}

// answerThemes takes the numbers of the themes, or those that are proposed, and
// keeps the summary.
func (t *turn) answerThemes(q *question, r reply) (bool, error) {
	chosen := r.many
	if r.yes {
		chosen = q.Chosen
	}
	var themes []string
	for _, n := range chosen {
		if n > len(q.Words) {
			return false, nil
		}
		themes = append(themes, q.Words[n-1])
	}
	if len(themes) == 0 && !r.skip {
		return false, nil
	}
	t.forget()
	err := t.act.GiveSummary(*t.member, int(q.ID), themes)
	if err == nil {
		t.say("summary.done")
	}
	return true, err
}
