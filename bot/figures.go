package bot

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"silta/locale"
	"silta/mentoring"
)

// Words are all texts.
func (b *Bot) Words() *locale.Catalogue { return b.cat }

// TopicName is what a topic is called; topics are those of its programme.
func (b *Bot) TopicName(lang mentoring.Language, topics []mentoring.Topic, key string) string {
	return (&turn{b: b, lang: lang, topicList: topics}).topicName(key)
}

// statsMonths is how many months `stats` looks back on.
const statsMonths = 12

// asked is what somebody wants to see figures of.
type asked struct {
	place mentoring.Membership
	term  mentoring.Term
	part  string // "topics", "voices"; empty: all
}

var (
	yearPattern    = regexp.MustCompile(`^(20\d\d)$`)
	quarterPattern = regexp.MustCompile(`^(?:(20\d\d)[ /-]?q([1-4])|q([1-4])[ /-]?(20\d\d))$`)
	monthPattern   = regexp.MustCompile(`^(?:(20\d\d)-(\d\d?)|(\d\d?)[/.](20\d\d))$`)
)

// readTerm reads "2026", "2026 Q1", "11/2026".
func readTerm(words string) (mentoring.Term, bool) {
	words = strings.ToLower(strings.TrimSpace(words))
	numbers := func(found []string) (year, part int) {
		for _, s := range found[1:] {
			if n, err := strconv.Atoi(s); err == nil && n > 2000 {
				year = n
			} else if err == nil {
				part = n
			}
		}
		return year, part
	}
	if found := yearPattern.FindStringSubmatch(words); found != nil {
		year, _ := numbers(found)
		return mentoring.YearTerm(year), true
	}
	if found := quarterPattern.FindStringSubmatch(words); found != nil {
		year, quarter := numbers(found)
		return mentoring.QuarterTerm(year, quarter), true
	}
	if found := monthPattern.FindStringSubmatch(words); found != nil {
		if year, month := numbers(found); month >= 1 && month <= 12 {
			return mentoring.MonthTerm(year, month), true
		}
	}
	return mentoring.Term{}, false
}

// readAsked reads what comes after `stats` and `figures`: a programme, a unit, a
// part, a time, in any order, each at most once.
func (t *turn) readAsked(rest string, action mentoring.Action) (want asked, timed, ok bool, err error) {
	places, err := t.act.FigurePlaces(*t.member, action)
	if err != nil || len(places) == 0 {
		return want, false, false, err
	}
	want.term = t.act.LastMonths(statsMonths)
	var times []string
	for _, w := range strings.Fields(rest) {
		part := t.b.parts[word(w)]
		switch {
		case part == "topics" || part == "voices":
			want.part = part
		case strings.ContainsAny(w, "0123456789"):
			times = append(times, w)
		default:
			narrowed := places[:0:0]
			for _, p := range places {
				if strings.EqualFold(string(p.Programme), w) || strings.EqualFold(string(p.Unit), w) {
					narrowed = append(narrowed, p)
				}
			}
			if places = narrowed; len(places) == 0 {
				return want, false, false, nil
			}
		}
	}
	want.place = places[0]
	if len(times) == 0 {
		return want, false, true, nil
	}
	term, ok := readTerm(strings.Join(times, " "))
	want.term = term
	return want, true, ok, nil
}

// stats tells staff the figures up to today in words, and shows them in pictures.
func (t *turn) stats(rest string) error {
	want, _, ok, err := t.readAsked(rest, mentoring.DoStats)
	if err != nil {
		return err
	}
	if !ok {
		t.say("stats.how")
		return nil
	}
	r, err := t.act.Report(*t.member, want.place.Programme, want.place.Unit, want.term, true)
	if err != nil {
		return err
	}
	var lines []string
	charts := []string{"metric", "talks", "replies", "load", "voices"}
	switch want.part {
	case "topics":
		charts, lines = []string{"demand"}, t.topicStats(r)
	case "voices":
		charts, lines = []string{"voices"}, t.voiceStats(r)
	default:
		lines = t.allStats(r)
	}
	if len(r.Figures) == 0 || lines == nil {
		t.say("stats.nothing")
		return nil
	}
	t.line(strings.Join(lines, "\n"))
	t.act.Do(mentoring.ShowFigures{
		Member: t.member.ID, Staff: t.place == Staff, Language: t.lang,
		Programme: want.place.Programme, Unit: want.place.Unit, Term: want.term, Charts: charts,
	})
	return nil
}

func (t *turn) allStats(r *mentoring.Report) []string {
	lines := []string{t.text("stats.head", "from", monthWords(r.Term.From), "to", monthWords(r.Term.To))}
	for _, f := range r.Figures {
		if f.SoFar && f.Name == "registered" && !f.Trial {
			lines[0] += " " + t.text("stats.so_far", "month", monthWords(f.Period))
		}
	}
	if registered, wrote := r.Metric(false); registered > 0 && wrote > 0 {
		lines = append(lines, t.text("stats.metric", "registered", registered, "wrote", wrote, "percent", min(100, (100*wrote+registered/2)/registered)))
	} else {
		lines = append(lines, t.text("stats.metric_few"))
	}
	sum := func(name mentoring.FigureName) any { return told(r.Sum(name, "*", false)) }
	lines = append(lines, t.text("stats.talks", "messages", sum("messages"), "days", sum("talk_days"),
		"opened", sum("opened"), "ended", sum("ended"), "going", told(r.Going)))
	if half, most := r.ReplyTimes(false); half != 0 {
		lines = append(lines, t.text("stats.replies", "half", t.within(half), "most", t.within(most)))
	}
	lines = append(lines,
		t.text("stats.mentors", "trained", sum("trained"), "hours", sum("hours")),
		t.text("stats.cases", "opened", sum("cases_opened"), "closed", sum("cases_closed")),
		t.text("stats.demand", "searched", sum("searched"), "missing", sum("not_found")))
	if trial, wrote := r.Metric(true); trial+r.Sum("messages", "*", true) > 0 {
		lines = append(lines, t.text("stats.trial", "registered", told(trial), "wrote", told(wrote), "messages", told(r.Sum("messages", "*", true))))
	}
	return lines
}

// told is a number as it is told: under five there is a dash.
func told(n int64) any {
	if n == 0 {
		return "–"
	}
	return n
}

// topicStats are the searches by topic.
func (t *turn) topicStats(r *mentoring.Report) []string {
	lines := []string{t.text("stats.topics", "from", monthWords(r.Term.From), "to", monthWords(r.Term.To))}
	for _, key := range r.Abouts("searched", false) {
		name := t.text("figures.topic_any")
		if key != "" {
			name = t.topicName(key)
		}
		lines = append(lines, t.text("stats.topic", "topic", name, "searched", told(r.Sum("searched", key, false)),
			"missing", told(r.Sum("not_found", key, false)), "nobody", told(r.Sum("nobody", key, false))))
	}
	if len(lines) == 1 {
		return nil
	}
	return lines
}

// voiceStats are the feedback's figures.
func (t *turn) voiceStats(r *mentoring.Report) []string {
	lines := []string{t.text("stats.voices", "from", monthWords(r.Term.From), "to", monthWords(r.Term.To))}
	for _, name := range mentoring.FigureNames() {
		if mentoring.AreaOf(name) != mentoring.AreaVoices {
			continue
		}
		for _, about := range r.Abouts(name, false) {
			n := r.Sum(name, about, false)
			if n == 0 {
				continue
			}
			line := t.text("figure.name." + string(name))
			if about != "" {
				line += ", " + t.kindWords(name, about)
			}
			lines = append(lines, fmt.Sprintf("%s: %d", line, n))
		}
	}
	if len(lines) == 1 {
		return nil
	}
	return lines
}

// kindWords are the words for what tells figures apart.
func (t *turn) kindWords(name mentoring.FigureName, about string) string {
	parts := strings.Split(about, "/")
	for i, part := range parts {
		key := "figure.kind." + part
		switch {
		case name == "helped" && i == 1:
			key = "closing.helped." + part
		case name == "why_ended" && i == 1:
			key = "closing.why." + part
		}
		if t.b.cat.Has(key) {
			parts[i] = t.text(key)
		}
	}
	return strings.Join(parts, " – ")
}

func (t *turn) within(d time.Duration) string {
	if d < 0 {
		return t.kindWords("", "longer")
	}
	return t.kindWords("", fmt.Sprintf("h%04d", d/time.Hour))
}

// monthWords is "2026-01" as people write it: "1/2026".
func monthWords(month string) string {
	year, n, _ := strings.Cut(month, "-")
	return strings.TrimPrefix(n, "0") + "/" + year
}

// figures gives a report of a time that is over.
func (t *turn) figures(rest string) error {
	want, timed, ok, err := t.readAsked(rest, mentoring.DoFigures)
	if err != nil {
		return err
	}
	if !ok || !timed || want.part != "" {
		t.say("figures.how")
		return nil
	}
	err = t.act.GiveReport(*t.member, mentoring.ShowFigures{
		Staff: t.place == Staff, Language: t.lang, Programme: want.place.Programme, Unit: want.place.Unit, Term: want.term,
	})
	if err == nil {
		t.say("figures.making", "period", want.term.Name())
	}
	return err
}
