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
	programme mentoring.Programme
	unit      mentoring.Unit // "": all that they may see
	term      mentoring.Term
	part      string // "topics", "voices", "weekly"; empty: all
	off       bool   // with "weekly"
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
		case part == "topics" || part == "voices" || part == "weekly":
			want.part = part
		case part == "on" || part == "off":
			want.off = part == "off"
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
	want.programme, want.unit = places[0].Programme, places[0].Unit
	for _, p := range places {
		if p.Programme == want.programme && p.Unit != want.unit {
			want.unit = ""
		}
	}
	if len(times) == 0 {
		return want, false, true, nil
	}
	term, ok := readTerm(strings.Join(times, " "))
	want.term = term
	return want, true, ok, nil
}

// stats tells staff the figures of what is over in words, and shows them in pictures.
func (t *turn) stats(rest string) error {
	want, _, ok, err := t.readAsked(rest, mentoring.DoStats)
	if err != nil {
		return err
	}
	if !ok {
		t.say("stats.how")
		return nil
	}
	if want.part == "weekly" {
		return t.weekly(&want)
	}
	r, err := t.act.Stats(*t.member, want.programme, want.unit, want.term)
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
	if lines == nil || r.Until < r.Term.From {
		t.say("stats.nothing")
		return nil
	}
	t.line(strings.Join(lines, "\n"))
	t.act.Do(mentoring.ShowFigures{
		Member: t.member.ID, Staff: t.place == Staff, Language: t.lang,
		Programme: want.programme, Unit: want.unit, Term: want.term, Charts: charts,
	})
	return nil
}

// weekly orders the week's figures for the staff room, or does without.
func (t *turn) weekly(want *asked) error {
	err := t.act.WantWeekly(*t.member, want.programme, want.unit, !want.off)
	switch {
	case err != nil:
	case want.off:
		t.say("stats.weekly_off")
	default:
		t.say("stats.weekly_on")
	}
	return err
}

// statsHead says of what the figures are: of which months, and of which unit
// where there are several.
func (t *turn) statsHead(key string, r *mentoring.Report) string {
	head := t.text(key, "from", monthWords(r.Term.From), "to", monthWords(r.Until))
	if r.Until < r.Term.To {
		head += " " + t.text("stats.so_far", "month", monthWords(r.Month))
	}
	if r.Unit != mentoring.DefaultUnit {
		head += " " + t.text("stats.unit", "unit", t.unitWords(r.Unit))
	}
	return head
}

// unitWords is what a unit is called; "" are all of them.
func (t *turn) unitWords(u mentoring.Unit) string {
	switch u {
	case "":
		return t.text("figures.units_all")
	case mentoring.DefaultUnit:
		return t.text("figures.unit_main")
	}
	return string(u)
}

func (t *turn) allStats(r *mentoring.Report) []string {
	lines := []string{t.statsHead("stats.head", r)}
	if registered, wrote := r.Metric(false); registered > 0 && wrote > 0 {
		lines = append(lines, t.text("stats.metric", "registered", registered, "wrote", wrote, "percent", min(100, (100*wrote+registered/2)/registered)))
	} else {
		lines = append(lines, t.text("stats.metric_few"))
	}
	sum := func(name mentoring.FigureName) any { return mentoring.ToldNumber(r.Sum(name, "*", false)) }
	lines = append(lines, t.text("stats.talks", "messages", sum("messages"), "days", sum("talk_days"),
		"opened", sum("opened"), "ended", sum("ended"), "going", mentoring.ToldNumber(r.Going)))
	if week := t.act.LastWeek(); r.Until < r.Term.To {
		year, number, _ := strings.Cut(week, "-W")
		lines = append(lines, t.text("stats.week", "week", number+"/"+year,
			"new", mentoring.ToldNumber(r.Of("week_new", week, false)), "returning", mentoring.ToldNumber(r.Of("week_returning", week, false))))
	}
	if half, most := r.ReplyTimes(false); half != 0 {
		lines = append(lines, t.text("stats.replies", "half", t.within(half), "most", t.within(most)))
	}
	lines = append(lines,
		t.text("stats.mentors", "trained", sum("trained"), "hours", sum("hours")),
		t.text("stats.cases", "opened", sum("cases_opened"), "closed", sum("cases_closed")),
		t.text("stats.demand", "searched", sum("searched"), "missing", sum("not_found")))
	if trial, wrote := r.Metric(true); trial+r.Sum("messages", "*", true) > 0 {
		lines = append(lines, t.text("stats.trial", "registered", mentoring.ToldNumber(trial), "wrote", mentoring.ToldNumber(wrote), "messages", mentoring.ToldNumber(r.Sum("messages", "*", true))))
	}
	return lines
}

// topicStats are the searches by topic.
func (t *turn) topicStats(r *mentoring.Report) []string {
	lines := []string{t.statsHead("stats.topics", r)}
	for _, key := range r.Abouts("searched", false) {
		name := t.text("figures.topic_any")
		if key != "" {
			name = t.topicName(key)
		}
		lines = append(lines, t.text("stats.topic", "topic", name, "searched", mentoring.ToldNumber(r.Sum("searched", key, false)),
			"missing", mentoring.ToldNumber(r.Sum("not_found", key, false)), "nobody", mentoring.ToldNumber(r.Sum("nobody", key, false))))
	}
	if len(lines) == 1 {
		return nil
	}
	return lines
}

// voiceStats are the feedback's figures.
func (t *turn) voiceStats(r *mentoring.Report) []string {
	lines := []string{t.statsHead("stats.voices", r)}
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
				line += ", " + t.kindWords(r, name, about)
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
func (t *turn) kindWords(r *mentoring.Report, name mentoring.FigureName, about string) string {
	var parts []string
	for _, w := range r.AboutWords(name, about) {
		words := w.Words.In(t.lang)
		switch {
		case t.b.cat.Has(w.Key):
			words = t.text(w.Key)
		case words == "":
			words = w.Plain
		}
		if words != "" {
			parts = append(parts, words)
		}
	}
	return strings.Join(parts, " – ")
}

func (t *turn) within(d time.Duration) string {
	if d < 0 {
		return t.text("figure.kind.longer")
	}
	return t.text(fmt.Sprintf("figure.kind.h%04d", d/time.Hour))
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
		Staff: t.place == Staff, Language: t.lang, Programme: want.programme, Unit: want.unit, Term: want.term,
	})
	if err == nil {
		t.say("figures.making", "period", want.term.Name())
	}
	return err
}
