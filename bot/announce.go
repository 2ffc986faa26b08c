package bot

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"silta/locale"
	"silta/mentoring"
)

// The last step of an announcement; those before it are its languages.
const stepAnnounce = "sure"

// The places of what is remembered of an announcement, before the words in each
// language.
const (
	announceTo = iota
	announceAt // Unix ms
	announceWords
)

// announce asks for a message to many people, in each language, shows it with
// the number of people it reaches, and asks.
func (t *turn) announce(rest string) error {
	first, after := cutWord(rest)
	part := t.b.parts[word(first)]
	switch part {
	case "list":
		return t.announceList()
	case "end":
		if err := t.act.CancelAnnouncement(*t.member, int64(t.numberIn(after))); err != nil {
			return err
		}
		t.say("announce.cancelled", "number", t.numberIn(after))
		return nil
	case "mentees", "mentors", "workers", "everybody", "all":
	default:
		t.helpOf("help.announce")
		return nil
	}
	to := map[string]mentoring.Audience{
		"mentees": mentoring.ToMentees, "mentors": mentoring.ToMentors, "workers": mentoring.ToStaff,
		"everybody": mentoring.ToEverybody, "all": mentoring.ToEverybody,
	}[part]
	if _, err := t.act.AnnounceTo(*t.member, to); err != nil {
		return err
	}
	at, refusal := t.momentAhead(after)
	if refusal != "" {
		t.say(refusal)
		return nil
	}
	words := []string{string(to), strconv.FormatInt(at.UnixMilli(), 10)}
	t.askAnnounce(question{Kind: askAnnounce, Step: locale.Languages()[0], Words: append(words, make([]string, len(locale.Languages()))...)})
	return nil
}

// momentAhead reads "24.12. 18:00", "24.12." and ""; without a time of day it is
// noon. refusal is the key of what to say when it cannot be read.
func (t *turn) momentAhead(text string) (at time.Time, refusal string) {
	first, rest := cutWord(text)
	if first == "" {
		return t.act.Now, ""
	}
	zone := t.b.cfg.Location
	on, why, ok := day(first, t.act.Now, zone)
	if !ok {
		return at, map[dateError]string{noDate: "date.unclear", badDate: "date.bad", pastDate: "date.past"}[why]
	}
	hour, minute := 12, 0
	if rest != "" {
		clock, err := time.Parse("15:04", strings.ReplaceAll(strings.TrimSpace(rest), ".", ":"))
		if err != nil {
			return at, "date.unclear"
		}
		hour, minute = clock.Hour(), clock.Minute()
	}
	at = time.Date(on.Year(), on.Month(), on.Day(), hour, minute, 0, 0, zone)
	if at.Before(t.act.Now) {
		return at, "date.past"
	}
	return at, ""
}

func (t *turn) askAnnounce(q question) {
	if q.Step != stepAnnounce {
		t.ask(q, t.text("announce.words_in", "word", t.b.cat.Name(q.Step)), keySkip)
		return
	}
	n, err := t.act.AnnounceTo(*t.member, mentoring.Audience(q.Words[announceTo]))
	if err != nil {
		return // asked before, in the same turn
	}
	parts := []string{t.text("announce.preview")}
	for i, lang := range locale.Languages() {
		if words := q.Words[announceWords+i]; words != "" {
			parts = append(parts, lang+":\n"+t.b.Render(mentoring.Language(lang), mentoring.T("announce.said", "text", words)))
		}
	}
	parts = append(parts, t.text("announce.to."+q.Words[announceTo], "n", n), t.text("announce.sure", "at", q.when()))
	t.askYesNo(q, strings.Join(parts, "\n\n"))
}

// when is the time that an announcement is for.
func (q *question) when() time.Time {
	ms, _ := strconv.ParseInt(q.Words[announceAt], 10, 64)
	return time.UnixMilli(ms)
}

func (t *turn) answerAnnounce(q *question, r reply) (bool, error) {
	langs := locale.Languages()
	if len(q.Words) != announceWords+len(langs) {
		return false, nil
	}
	if q.Step == stepAnnounce {
		yes, heard := t.confirmed(r)
		if !yes {
			return heard, nil
		}
		words := map[mentoring.Language]string{}
		for i, lang := range langs {
			words[mentoring.Language(lang)] = q.Words[announceWords+i]
		}
		n, err := t.act.Announce(*t.member, mentoring.Audience(q.Words[announceTo]), words, q.when())
		if err != nil {
			return true, err
		}
		t.say("announce.planned", "number", n.ID, "at", n.Due)
		return true, nil
	}
	i := slices.Index(langs, q.Step)
	if i < 0 || r.text == "" && !r.skip {
		return false, nil
	}
	next := *q
	next.Words = slices.Clone(q.Words)
	if !r.skip {
		next.Words[announceWords+i] = r.text
	}
	next.Step = stepAnnounce
	if i+1 < len(langs) {
		next.Step = langs[i+1]
	}
	if next.Step == stepAnnounce && strings.Join(next.Words[announceWords:], "") == "" {
		t.forget()
		return true, mentoring.Refuse("announce.say_words")
	}
	t.askAnnounce(next)
	return true, nil
}

func (t *turn) announceList() error {
	list, err := t.act.Announcements(*t.member)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.say("announce.none")
		return nil
	}
	lines := []string{t.text("announce.head")}
	for i := range list {
		n := &list[i]
		lines = append(lines, t.text("announce.item", "number", n.ID, "audience", mentoring.T("announce.for."+string(n.Audience)), "at", n.Due,
			"text", shortened(n.In(t.lang, t.act.Rules.Language), 80)))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}
