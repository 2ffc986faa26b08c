package figures

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"

	"silta/mentoring"
)

// ChartName names a picture. Its title is in locale/ under figures.chart.
type ChartName string

// The pictures.
const (
	ChartMetric  ChartName = "metric"
	ChartTalks   ChartName = "talks"
	ChartReplies ChartName = "replies"
	ChartLoad    ChartName = "load"
	ChartDemand  ChartName = "demand"
	ChartVoices  ChartName = "voices"
	ChartWeeks   ChartName = "weeks"
)

// Charts are all pictures, in their order.
func Charts() []ChartName {
	return []ChartName{ChartMetric, ChartTalks, ChartReplies, ChartLoad, ChartDemand, ChartVoices, ChartWeeks}
}

// Width and Height of a picture, in pixels.
const (
	Width  = 800
	Height = 450
)

// Picture is a chart, with what it says in words.
type Picture struct {
	Name       ChartName
	Title, Alt string
	PNG        []byte
}

// chart is what is drawn: a column for each name and row.
type chart struct {
	rows   []string // along the axis
	names  []string // of the series
	values [][]float64
}

// Picture draws a chart of a report; nil when there is nothing to draw.
func (m *Maker) Picture(r *mentoring.Report, name ChartName) (*Picture, error) {
	c := m.chart(r, name)
	if c.empty() {
		return nil, nil
	}
	p := &Picture{Name: name, Title: m.say("figures.chart." + string(name))}
	p.Alt = m.say("figures.alt", "title", p.Title, "values", c.words())
	var err error
	p.PNG, err = c.draw(p.Title, charts.ChartOutputPNG)
	return p, err
}

func (m *Maker) chart(r *mentoring.Report, name ChartName) chart {
	switch name {
	case ChartMetric:
		return m.byMonth(r, "registered", "wrote_soon", "wrote_later")
	case ChartTalks:
		return m.byMonth(r, "opened", "ended")
	case ChartLoad:
		return m.byMonth(r, "mentees", "mentors")
	case ChartReplies:
		return m.byKind(r, "first_replies")
	case ChartDemand:
		return m.byKind(r, "searched", "not_found")
	case ChartVoices:
		return m.byAnswer(r)
	case ChartWeeks:
		return m.byWeek(r, "week_new", "week_returning")
	}
	return chart{}
}

func (m *Maker) byMonth(r *mentoring.Report, names ...mentoring.FigureName) chart {
	return m.byPeriod(r, r.Months(), names...)
}

func (m *Maker) byWeek(r *mentoring.Report, names ...mentoring.FigureName) chart {
	var weeks []string
	for _, f := range r.Figures {
		if strings.Contains(f.Period, "-W") && !f.Trial {
			weeks = append(weeks, f.Period)
		}
	}
	slices.Sort(weeks)
	return m.byPeriod(r, slices.Compact(weeks), names...)
}

func (m *Maker) byPeriod(r *mentoring.Report, periods []string, names ...mentoring.FigureName) chart {
	var c chart
	for _, p := range periods {
		c.rows = append(c.rows, m.short(p))
	}
	for _, name := range names {
		var values []float64
		for _, p := range periods {
			values = append(values, float64(r.Of(name, p, false)))
		}
		c.names, c.values = append(c.names, m.Name(name)), append(c.values, values)
	}
	return c
}

// short is a period as an axis has it; of a week its number, as the title says.
func (m *Maker) short(period string) string {
	if _, week, isWeek := strings.Cut(period, "-W"); isWeek {
		return strings.TrimPrefix(week, "0")
	}
	return m.Period(period)
}

func (m *Maker) byKind(r *mentoring.Report, names ...mentoring.FigureName) chart {
	var c chart
	var kinds []string
	for _, name := range names {
		for _, about := range r.Abouts(name, false) {
			if !slices.Contains(kinds, about) {
				kinds = append(kinds, about)
			}
		}
	}
	for _, about := range kinds {
		c.rows = append(c.rows, m.About(r, names[0], about))
	}
	for _, name := range names {
		var values []float64
		for _, about := range kinds {
			values = append(values, float64(r.Sum(name, about, false)))
		}
		c.names, c.values = append(c.names, m.Name(name)), append(c.values, values)
	}
	return c
}

// byAnswer is what was said at closing, by role; the ways in which it came are
// together.
func (m *Maker) byAnswer(r *mentoring.Report) chart {
	var c chart
	for answer := range mentoring.ClosingHelped {
		c.rows = append(c.rows, m.say("closing.helped."+strconv.Itoa(answer+1)))
	}
	for _, role := range []mentoring.Role{mentoring.Mentee, mentoring.Mentor} {
		values := make([]float64, len(c.rows))
		for _, about := range r.Abouts("helped", false) {
			part := append(strings.Split(about, "/"), "", "")
			if answer, err := strconv.Atoi(part[1]); err == nil && part[0] == string(role) && answer >= 1 && answer <= len(values) {
				values[answer-1] += float64(r.Sum("helped", about, false))
			}
		}
		c.names, c.values = append(c.names, m.say("figure.kind."+string(role))), append(c.values, values)
	}
	return c
}

func (c *chart) empty() bool {
	for _, values := range c.values {
		for _, v := range values {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

// words say what the chart shows.
func (c *chart) words() string {
	var series []string
	for i, name := range c.names {
		var points []string
		for j, row := range c.rows {
			if v := c.values[i][j]; v != 0 {
				points = append(points, fmt.Sprintf("%s: %d", row, int64(v)))
			}
		}
		if len(points) > 0 {
			series = append(series, name+" – "+strings.Join(points, ", "))
		}
	}
	return strings.Join(series, ". ")
}

// palette is read on the light and on the dark: dark on a card of its own, in
// tones that are told apart in grey, too.
func palette() charts.ColorPalette {
	ink := charts.Color{R: 0x1f, G: 0x29, B: 0x33, A: 255}
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor:    charts.Color{R: 0x5f, G: 0x6b, B: 0x76, A: 255},
		AxisSplitLineColor: charts.Color{R: 0xdd, G: 0xe1, B: 0xe6, A: 255},
		BackgroundColor:    charts.Color{R: 0xff, G: 0xff, B: 0xff, A: 255},
		TextColor:          ink,
		SeriesColors: []charts.Color{
			{R: 0x12, G: 0x43, B: 0x7a, A: 255}, {R: 0xe0, G: 0x7b, B: 0x1a, A: 255}, {R: 0x4f, G: 0xa3, B: 0x8f, A: 255},
		},
	})
}

const (
	mostLabels = 12 // along the axis
	axisSteps  = 5  // up the side: all numbers are multiples of five
)

// top is a round number above all values.
func (c *chart) top() float64 {
	most := 1.0
	for _, values := range c.values {
		most = max(most, slices.Max(values))
	}
	for scale := 5.0; ; scale *= 10 {
		for _, step := range []float64{1, 2, 3, 4, 6, 8} {
			if step*scale >= most*1.12 { // the titles have room
				return step * scale
			}
		}
	}
}

func (c *chart) draw(title, format string) ([]byte, error) {
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: format, Width: Width, Height: Height, Theme: palette()})
	opt := charts.NewBarChartOptionWithData(c.values)
	opt.Theme = palette()
	opt.Title = charts.TitleOption{Text: title, FontStyle: charts.FontStyle{FontSize: 17}, Offset: charts.OffsetStr{Left: "12", Top: "10"}}
	opt.Legend = charts.LegendOption{SeriesNames: c.names, FontStyle: charts.FontStyle{FontSize: 12}, Symbol: charts.SymbolSquare,
		Offset: charts.OffsetStr{Left: "12", Top: charts.PositionBottom}}
	opt.XAxis = charts.XAxisOption{Labels: c.rows, LabelFontStyle: charts.FontStyle{FontSize: 10}}
	if len(c.rows) <= mostLabels {
		opt.XAxis.LabelCount = len(c.rows)
	}
	if len(c.rows) > 8 {
		opt.XAxis.LabelRotation = charts.DegreesToRadians(45)
	}
	whole := func(v float64) string { return strconv.FormatInt(int64(v), 10) }
	opt.YAxis = []charts.YAxisOption{{Min: charts.Ptr(0.0), Max: charts.Ptr(c.top()), LabelCount: axisSteps + 1, RangeValuePaddingScale: charts.Ptr(0.0), LabelFontStyle: charts.FontStyle{FontSize: 11}, ValueFormatter: whole}}
	opt.ValueFormatter = whole
	opt.Padding = charts.Box{Left: 12, Top: 12, Right: 24, Bottom: 12, IsSet: true}
	if len(c.rows)*len(c.names) <= 24 {
		for i := range opt.SeriesList {
			opt.SeriesList[i].Label = charts.SeriesLabel{Show: charts.Ptr(true), FontStyle: charts.FontStyle{FontSize: 10}, ValueFormatter: func(v float64) string {
				if v == 0 {
					return ""
				}
				return whole(v)
			}}
		}
	}
	if err := painter.BarChart(opt); err != nil {
		return nil, fmt.Errorf("draw a chart: %w", err)
	}
	data, err := painter.Bytes()
	if err != nil {
		return nil, fmt.Errorf("draw a chart: %w", err)
	}
	return data, nil
}
