package figures

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"

	"silta/mentoring"
)

//go:embed page.html
var pages embed.FS

// page is what the page has.
type page struct {
	Lang, Title, Made, Rule, Data, Columns string
	Sections                               []section
	Downloads                              []download
	Documented                             []meaning
}

type section struct {
	Title    string
	Lines    []said
	Pictures []drawn
	Tables   []table
	Quotes   []quotes
	None     string // of what nothing can be told
}

// quotes are what people wrote, as far as staff have read and released it.
type quotes struct {
	Title string
	Texts []string
}

// said is a number in a sentence, with what it means.
type said struct{ Text, What string }

type drawn struct {
	Source        template.URL
	Alt           string
	Width, Height int
}

type table struct {
	Caption  string
	Meanings []meaning
	Head     []string
	Rows     [][]string
	Foot     []string
}

type download struct {
	Source     template.URL
	File, Name string
}

// FileName is what the file of a report is called.
func FileName(r *mentoring.Report, ending string) string {
	name := r.Term.Name()
	if name == "" {
		name = r.Term.From + "_" + r.Term.To
	}
	return "silta-" + name + "." + ending
}

// Page is the report as a page that needs nothing else: style, pictures, table
// and data are in it.
func (m *Maker) Page(r *mentoring.Report) ([]byte, error) {
	p := page{
		Lang: m.lang, Title: m.say("figures.title", "period", m.Term(r.Term)), Rule: m.say("figures.rule"), Data: m.say("figures.data"),
		Made:    m.say("figures.made", "programme", string(r.Programme), "unit", m.unit(r.Unit), "at", r.Made),
		Columns: m.say("figures.columns"),
	}
	for _, c := range Columns() {
		p.Documented = append(p.Documented, meaning{Key: c, What: m.say("figures.document." + c)})
	}
	for _, area := range mentoring.Areas() {
		s, err := m.section(r, area)
		if err != nil {
			return nil, err
		}
		p.Sections = append(p.Sections, s)
	}
	if t := m.trial(r); len(t.Rows) > 0 {
		p.Sections = append(p.Sections, section{Title: m.say("figures.trial"), Tables: []table{t}})
	}
	rows, err := CSV(r)
	if err != nil {
		return nil, err
	}
	data, err := m.JSON(r)
	if err != nil {
		return nil, err
	}
	p.Downloads = []download{
		{dataURL("text/csv;charset=utf-8", rows), FileName(r, "csv"), m.say("figures.csv")},
		{dataURL("application/json", data), FileName(r, "json"), m.say("figures.json")},
	}
	parsed, err := template.ParseFS(pages, "page.html")
	if err != nil {
		return nil, fmt.Errorf("page of figures: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("page of figures: %w", err)
	}
	return out.Bytes(), nil
}

func dataURL(mime string, data []byte) template.URL {
	return template.URL("data:" + mime + ";base64," + base64.StdEncoding.EncodeToString(data)) //nolint:gosec // made here
}

func (m *Maker) unit(u mentoring.Unit) string {
	switch u {
	case "":
		return m.say("figures.units_all")
	case mentoring.DefaultUnit:
		return m.say("figures.unit_main")
	}
	return string(u)
}

// pictures of a part of the page.
func picturesOf(area mentoring.Area) []ChartName {
	switch area {
	case mentoring.AreaMetric:
		return []ChartName{ChartMetric}
	case mentoring.AreaTalks:
		return []ChartName{ChartTalks, ChartLoad}
	case mentoring.AreaReplies:
		return []ChartName{ChartReplies}
	case mentoring.AreaDemand:
		return []ChartName{ChartDemand}
	case mentoring.AreaVoices:
		return []ChartName{ChartVoices}
	case mentoring.AreaWeeks:
		return []ChartName{ChartWeeks}
	}
	return nil
}

func (m *Maker) section(r *mentoring.Report, area mentoring.Area) (section, error) {
	s := section{Title: m.say("figures.area." + string(area)), Lines: m.lines(r, area)}
	for _, name := range picturesOf(area) {
		c := m.chart(r, name)
		if c.empty() {
			continue
		}
		title := m.say("figures.chart." + string(name))
		svg, err := c.draw(title, charts.ChartOutputSVG)
		if err != nil {
			return s, err
		}
		alt := m.say("figures.alt", "title", title, "values", c.words())
		s.Pictures = append(s.Pictures, drawn{dataURL("image/svg+xml", svg), alt, Width, Height})
	}
	var plain []mentoring.FigureName
	var none []string
	for _, name := range mentoring.FigureNames() {
		if mentoring.AreaOf(name) != area {
			continue
		}
		kinds := r.Abouts(name, false)
		switch {
		case !told(r, name):
			none = append(none, m.Name(name))
		case name == "answered":
			s.Tables = append(s.Tables, m.answers(r)...)
		case slices.Equal(kinds, []string{""}):
			plain = append(plain, name)
		default:
			s.Tables = append(s.Tables, m.byAbout(r, name, kinds))
		}
	}
	if len(none) > 0 {
		s.None = m.say("figures.none", "names", strings.Join(none, ", "))
	}
	if area == mentoring.AreaVoices {
		s.Quotes = m.quotes(r)
	}
	if len(plain) > 0 {
		s.Tables = append([]table{m.plain(r, s.Title, plain)}, s.Tables...)
	}
	return s, nil
}

// told says whether there is a number of a figure that is not a dash.
func told(r *mentoring.Report, name mentoring.FigureName) bool {
	return slices.ContainsFunc(r.Figures, func(f mentoring.Figure) bool { return f.Name == name && !f.Trial && f.Value != 0 })
}

// lines are the numbers that are said in words.
func (m *Maker) lines(r *mentoring.Report, area mentoring.Area) []said {
	switch area {
	case mentoring.AreaMetric:
		registered, wrote := r.Metric(false)
		if registered == 0 {
			return nil
		}
		return []said{{
			m.say("figures.rate", "percent", Percent(wrote, registered), "wrote", wrote, "registered", registered), m.say("figures.rate_what"),
		}}
	case mentoring.AreaTalks:
		return []said{{m.say("figures.going", "n", r.Going), m.say("figures.going_what")}}
	case mentoring.AreaReplies:
		if half, most := r.ReplyTimes(false); half != 0 {
			return []said{{m.say("stats.replies", "half", m.Duration(half), "most", m.Duration(most)), m.say("figures.replies_what")}}
		}
	}
	return nil
}

// periodsOf are the periods of some figures, months before quarters and years.
func periodsOf(r *mentoring.Report, trial bool, names ...mentoring.FigureName) []string {
	var periods []string
	for _, f := range r.Figures {
		if f.Trial == trial && slices.Contains(names, f.Name) {
			periods = append(periods, f.Period)
		}
	}
	slices.SortFunc(periods, func(x, y string) int {
		if a, b := rank(x), rank(y); a != b {
			return a - b
		}
		return strings.Compare(x, y)
	})
	return slices.Compact(periods)
}

func rank(period string) int {
	switch {
	case len(period) == 4:
		return 2
	case strings.Contains(period, "Q"):
		return 1
	}
	return 0
}

// plain is a table of figures by period.
func (m *Maker) plain(r *mentoring.Report, caption string, names []mentoring.FigureName) table {
	t := table{Caption: caption, Head: []string{m.say("figures.column.period")}, Foot: []string{m.say("figures.total")}}
	for _, name := range names {
		t.Head = append(t.Head, m.Name(name))
		t.Meanings = append(t.Meanings, meaning{Name: m.Name(name), What: m.What(name)})
		var total int64
		for _, period := range periodsOf(r, false, name) {
			if rank(period) == 0 {
				total += r.Of(name, period, false)
			}
		}
		if name == "mentees" || strings.HasPrefix(string(name), "week_") { // their sum counts people twice
			t.Foot = append(t.Foot, "")
			continue
		}
		t.Foot = append(t.Foot, number(total))
	}
	for _, period := range periodsOf(r, false, names...) {
		row := []string{m.Period(period)}
		for _, name := range names {
			if !slices.Contains(periodsOf(r, false, name), period) {
				row = append(row, "")
				continue
			}
			row = append(row, number(r.Of(name, period, false)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// byAbout is a table of one figure by what it is about; of what cannot be added
// up, for the longest period there is.
func (m *Maker) byAbout(r *mentoring.Report, name mentoring.FigureName, kinds []string) table {
	t := table{
		Caption: m.Name(name), Meanings: []meaning{{Name: m.Name(name), What: m.What(name)}},
		Head: []string{m.say("figures.column.about"), m.say("figures.column.value")}, Foot: []string{m.say("figures.total"), ""},
	}
	period := ""
	if name == "mentors" {
		all := periodsOf(r, false, name)
		period = all[len(all)-1]
		t.Caption += ", " + m.Period(period)
	}
	var total int64
	for _, about := range kinds {
		var n int64
		for _, f := range r.Figures {
			if f.Name == name && !f.Trial && f.About == about && (period == "" || f.Period == period) {
				n += f.Value
			}
		}
		total += n
		t.Rows = append(t.Rows, []string{m.About(r, name, about), number(n)})
	}
	t.Foot[1] = number(total)
	return t
}

// answers are a table a question: its answers, and the way in which they came.
func (m *Maker) answers(r *mentoring.Report) (tables []table) {
	kinds := r.Abouts("answered", false)
	for i := range r.Asked {
		w := &r.Asked[i]
		t := table{
			Caption: w.Text().In(mentoring.Language(m.lang)), Meanings: []meaning{{Name: m.Name("answered"), What: m.What("answered")}},
			Head: []string{m.say("figures.column.answer")}, Foot: []string{m.say("figures.total")},
		}
		var values, ways []string
		for _, about := range kinds {
			if part := strings.Split(about, "/"); part[0] == w.About() && len(part) == 3 {
				ways, values = append(ways, part[1]), append(values, part[2])
			}
		}
		slices.Sort(ways)
		ways = slices.Compact(ways)
		sums := make([]int64, len(ways))
		for _, way := range ways {
			t.Head = append(t.Head, m.say("figure.kind."+way))
		}
		for _, value := range order(values) {
			words := r.AboutWords("answered", w.About()+"/-/"+value)
			row := []string{m.word(words[2])}
			for j, way := range ways {
				n := r.Sum("answered", w.About()+"/"+way+"/"+value, false)
				sums[j] += n
				row = append(row, number(n))
			}
			t.Rows = append(t.Rows, row)
		}
		for _, n := range sums {
			t.Foot = append(t.Foot, number(n))
		}
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

// order puts answers one after another, numbers as numbers.
func order(values []string) []string {
	slices.SortFunc(values, func(x, y string) int {
		a, notA := strconv.Atoi(x)
		b, notB := strconv.Atoi(y)
		if notA == nil && notB == nil {
			return a - b
		}
		return strings.Compare(x, y)
	})
	return slices.Compact(values)
}

// quotes are what people wrote that staff have read and released.
func (m *Maker) quotes(r *mentoring.Report) (all []quotes) {
	if len(r.Feedback) > 0 {
		all = append(all, quotes{m.say("figures.quotes"), r.Feedback})
	}
	for i := range r.Asked {
		if w := &r.Asked[i]; len(w.Said) > 0 {
			all = append(all, quotes{m.say("figures.quotes_of", "question", w.Text().In(mentoring.Language(m.lang))), w.Said})
		}
	}
	return all
}

// trial is the table of trial accounts.
func (m *Maker) trial(r *mentoring.Report) table {
	t := table{
		Caption: m.say("figures.trial"), Meanings: []meaning{{Name: m.say("figures.trial"), What: m.say("figures.trial_what")}},
		Head: []string{m.say("figures.column.figure"), m.say("figures.column.value")},
	}
	for _, name := range []mentoring.FigureName{"registered", "wrote_soon", "wrote_later", "messages", "talk_days", "opened", "ended"} {
		if n := r.Sum(name, "*", true); n != 0 {
			t.Rows = append(t.Rows, []string{m.Name(name), number(n)})
		}
	}
	return t
}
