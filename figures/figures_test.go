package figures_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silta/figures"
	"silta/locale"
	"silta/mentoring"
)

var keep = flag.String("keep", "", "write what is made into this folder, to look at")

func makers(t *testing.T) map[string]*figures.Maker {
	t.Helper()
	words, err := locale.Load(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*figures.Maker{}
	for _, lang := range locale.Languages() {
		all[lang] = figures.New(words, lang, func(key string) string { return words.Say(lang, "topic."+key, nil) })
	}
	return all
}

// year is a report with something of everything.
func year() *mentoring.Report {
	r := &mentoring.Report{
		Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Term: mentoring.YearTerm(2026), Until: "2026-12",
		Made: time.Date(2027, 1, 12, 12, 0, 0, 0, time.UTC), Rounds: []string{"Kevät 2026", "Syksy <2026>"}, Going: 45,
	}
	add := func(name mentoring.FigureName, about, period string, n int64) {
		r.Figures = append(r.Figures, mentoring.Figure{Name: name, About: about, Period: period, Value: n})
	}
	for i, month := range r.Term.Months() {
		n := int64(5 * (i%5 + 2))
		add("registered", "", month, n)
		if i < 11 {
			add("wrote_soon", "", month, n*3/5/5*5)
		}
		add("wrote_later", "", month, int64(i%3/2*5))
		add("mentees", "", month, n*2)
		add("messages", "", month, n*40)
		add("talk_days", "", month, n*9)
		add("opened", "", month, n)
		add("ended", "", month, n-5)
		for j, about := range []string{"h0001", "h0004", "h0024", "h0072", "longer"} {
			add("first_replies", about, month, int64(5*((i+j)%3)))
		}
		add("mentors", "1", month, 10)
		add("mentors", "2", month, 5)
	}
	add("mentees", "", "2026", 180)
	add("mentors", "1", "2026", 10)
	add("mentors", "2", "2026", 10)
	add("trained", "1", "2026-03", 15)
	add("trained", "2", "2026-09", 10)
	add("hours", "", "2026-04", 310)
	add("hour_reports", "", "2026-04", 15)
	add("cases_opened", "help", "2026-02", 20)
	add("cases_closed", "help/none", "2026-03", 15)
	add("searched", "studies", "2026-02", 120)
	add("searched", "", "2026-02", 60)
	add("not_found", "studies", "2026-02", 15)
	add("helped", "mentee/1/tap", "2026-02", 40)
	add("helped", "mentee/3/text", "2026-02", 5)
	add("helped", "mentee/1/poll", "2026-02", 5)
	add("helped", "mentor/2/tap", "2026-02", 10)
	add("feedback", "written", "2026-02", 10)
	add("votes", "", "2026-02", 10)
	add("asked", "7.2", "2026-02", 40)
	add("answered", "7.2/tap/100", "2026-02", 15)
	add("answered", "7.2/text/20", "2026-02", 5)
	add("answered", "7.2/tap/20", "2026-02", 10)
	add("answered", "8.1/poll/0", "2026-02", 10)
	add("answered", "9.1/tap/2", "2026-02", 10)
	add("skipped", "0.1/skip", "2026-02", 10)
	r.Asked = []mentoring.AskedWording{
		{Number: 7, Version: 2, Wording: mentoring.Wording{Kind: mentoring.QuestionScale, Max: 100, Step: 10, Text: mentoring.Words{"fi": "Luotatko?", "sv": "Litar du?", "en": "Do you trust?"}}},
		{Number: 8, Version: 1, Wording: mentoring.Wording{Kind: mentoring.QuestionYesNo, Text: mentoring.Words{"fi": "Saitko <apua>?", "sv": "Fick du <hjälp>?", "en": "Did you get <help>?"}}},
		{Number: 9, Version: 1, Wording: mentoring.Wording{Kind: mentoring.QuestionChoice, Text: mentoring.Words{"fi": "Mistä?", "sv": "Var?", "en": "Where?"},
			Choices: []mentoring.Words{{"fi": "koulusta", "sv": "skola", "en": "school"}, {"fi": "netistä", "sv": "nätet", "en": "web"}}}},
		{Number: 10, Version: 1, Wording: mentoring.Wording{Kind: mentoring.QuestionText, Text: mentoring.Words{"fi": "Mikä?", "sv": "Vad?", "en": "What?"}}, Said: []string{"Täällä kuunnellaan."}},
	}
	r.Feedback = []string{"Kiitos <kaikille>!\nToinen rivi."}
	for week := range 52 {
		add("week_new", "", fmt.Sprintf("2026-W%02d", week+1), int64(week%4*5))
		add("week_returning", "", fmt.Sprintf("2026-W%02d", week+1), int64(week%6*5))
	}
	r.Figures = append(r.Figures, mentoring.Figure{Name: "registered", Period: "2026-02", Value: 15, Trial: true})
	return r
}

func kept(t *testing.T, name string, data []byte) {
	t.Helper()
	if *keep != "" {
		if err := os.WriteFile(filepath.Join(*keep, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPictures: every chart is a picture in every language, with a text that has
// its numbers; what has no numbers is none.
func TestPictures(t *testing.T) {
	for lang, m := range makers(t) {
		for _, name := range figures.Charts() {
			p, err := m.Picture(year(), name)
			if err != nil || p == nil {
				t.Fatalf("%s %s: %v", lang, name, err)
			}
			kept(t, lang+"-"+string(name)+".png", p.PNG)
			picture, err := png.Decode(bytes.NewReader(p.PNG))
			if err != nil || picture.Bounds().Dx() != figures.Width || picture.Bounds().Dy() != figures.Height {
				t.Errorf("%s %s: %v", lang, name, err)
			}
			if name == figures.ChartVoices && lang == "en" && p.Alt != "Did it help?. mentee – yes: 45, no: 5. mentor – a little: 10." {
				t.Errorf("%q", p.Alt)
			}
			if !strings.HasPrefix(p.Alt, p.Title) || strings.Contains(p.Alt, "figure") && lang != "en" || !strings.ContainsAny(p.Alt, "0123456789") {
				t.Errorf("%s %s: %q", lang, name, p.Alt)
			}
			empty := &mentoring.Report{Term: mentoring.YearTerm(2026)}
			if p, err = m.Picture(empty, name); p != nil || err != nil {
				t.Errorf("%s %s of nothing: %v", lang, name, err)
			}
		}
	}
}

// TestPage: the page is in its language, has every number with what it means and
// needs nothing from elsewhere.
func TestPage(t *testing.T) {
	for lang, m := range makers(t) {
		data, err := m.Page(year())
		if err != nil {
			t.Fatal(err)
		}
		kept(t, lang+".html", data)
		text := string(data)
		for _, want := range []string{
			`<html lang="` + lang + `">`, "Kevät 2026", "Syksy &lt;2026&gt;", ">310<", html.EscapeString(m.What("hours")), html.EscapeString(m.What("first_replies")), m.What("week_new"),
			html.EscapeString(m.What("votes")), "Täällä kuunnellaan.", "Kiitos &lt;kaikille&gt;!\nToinen rivi.", map[string]string{"fi": "Luotatko? (2)", "sv": "Litar du? (2)", "en": "Do you trust? (2)"}[lang],
			map[string]string{"fi": "Saitko &lt;apua&gt;?", "sv": "Fick du &lt;hjälp&gt;?", "en": "Did you get &lt;help&gt;?"}[lang],
			m.Name("thanks") + ", " + m.Name("ideas") + ".</p>", map[string]string{"fi": ">netistä<", "sv": ">nätet<", "en": ">web<"}[lang], map[string]string{"fi": ">napauttamalla<", "sv": ">med ett tryck<", "en": ">by a tap<"}[lang],
			`download="silta-2026.csv"`, `download="silta-2026.json"`, "data:text/csv", "data:image/svg&#43;xml",
		} {
			if !strings.Contains(text, want) && !strings.Contains(text, strings.ReplaceAll(want, "&#43;", "+")) {
				t.Errorf("%s: nothing of %q", lang, want)
			}
		}
		for _, bad := range []string{"http:", "https:", "<script", "figure.name", "figure.what", "figures.", "figure.kind"} {
			if strings.Contains(strings.ReplaceAll(text, "http://www.w3.org", ""), bad) {
				t.Errorf("%s: there is %q in it", lang, bad)
			}
		}
	}
}

// TestColumns lists every column of the table and every figure and picture: one
// that is new must be looked at. None is about a person.
func TestColumns(t *testing.T) {
	const columns = "programme,unit,figure,about,period,trial,value"
	const names = "registered wrote_soon wrote_later mentees messages talk_days opened ended contacts contacts_decided first_replies trained mentors hours hour_reports " +
		"cases_opened cases_closed searched not_found nobody asked answered skipped feedback helped why_ended thanks ideas votes week_new week_returning"
	r := year()
	data, err := figures.CSV(r)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || strings.Join(rows[0], ",") != columns || len(rows) != len(r.Figures)+1 {
		t.Errorf("%v %v", rows[0], err)
	}
	var have []string
	for _, name := range mentoring.FigureNames() {
		have = append(have, string(name))
	}
	if got := strings.Join(have, " "); got != names {
		t.Errorf("figures\n%s\nwant\n%s", got, names)
	}
	if got := fmt.Sprint(figures.Charts()); got != "[metric talks replies load demand voices weeks]" {
		t.Error(got)
	}
	var fields map[string]any
	if data, err = makers(t)["en"].JSON(r); err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil || len(fields) != 13 {
		t.Errorf("%d fields, %v", len(fields), err)
	}
	for _, key := range strings.Fields("programme unit from to made language rule training_rounds meanings columns figures questions released_feedback") {
		if _, ok := fields[key]; !ok {
			t.Errorf("no %s", key)
		}
	}
	for _, one := range fields["figures"].([]any) {
		if got := len(one.(map[string]any)); got != 5 {
			t.Fatalf("%d fields of a number", got)
		}
	}
}

// TestDefined: docs/figures.md says of every figure and column what it means, in
// the words that people see.
func TestDefined(t *testing.T) {
	doc, err := os.ReadFile("../docs/figures.md")
	if err != nil {
		t.Fatal(err)
	}
	m := makers(t)["en"]
	for _, name := range mentoring.FigureNames() {
		if row := fmt.Sprintf("| `%s` | %s | %s |", name, m.Name(name), m.What(name)); !strings.Contains(string(doc), row) {
			t.Errorf("docs/figures.md has not:\n%s", row)
		}
	}
	for _, c := range figures.Columns() {
		if !strings.Contains(string(doc), "| `"+c+"` |") {
			t.Errorf("docs/figures.md has no column %s", c)
		}
	}
}
