package figures

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"

	"silta/mentoring"
)

// Columns are the columns of the table, in their order; what each means is in
// locale/ under figures.document, and in docs/figures.md.
func Columns() []string {
	return []string{"programme", "unit", "figure", "about", "period", "trial", "value"}
}

// CSV is the report as a table (RFC 4180, UTF-8).
func CSV(r *mentoring.Report) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if err := w.Write(Columns()); err != nil {
		return nil, fmt.Errorf("write table: %w", err)
	}
	for _, f := range r.Figures {
		trial := "0"
		if f.Trial {
			trial = "1"
		}
		err := w.Write([]string{
			string(r.Programme), string(r.Unit), string(f.Name), f.About, f.Period, trial, strconv.FormatInt(f.Value, 10),
		})
		if err != nil {
			return nil, fmt.Errorf("write table: %w", err)
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// datum is one number of the data.
type datum struct {
	Figure string `json:"figure"`
	About  string `json:"about"`
	Period string `json:"period"`
	Trial  bool   `json:"trial"`
	Value  int64  `json:"value"`
}

// question is a wording that figures are about; those have "number.version" in
// what they are about.
type question struct {
	Number  int64             `json:"number"`
	Version int               `json:"version"`
	Kind    string            `json:"kind"`
	Text    mentoring.Words   `json:"text"`
	Choices []mentoring.Words `json:"choices,omitempty"`
	Min     *int              `json:"min,omitempty"`
	Max     *int              `json:"max,omitempty"`
	Low     mentoring.Words   `json:"low,omitempty"`
	High    mentoring.Words   `json:"high,omitempty"`
	Said    []string          `json:"released_answers,omitempty"`
}

func asked(w *mentoring.AskedWording) question {
	q := question{
		Number: w.Number, Version: w.Version, Kind: string(w.Wording.Kind), Text: w.Wording.Text, Choices: w.Wording.Choices,
		Low: w.Wording.Low, High: w.Wording.High, Said: w.Said,
	}
	if w.Wording.Kind == mentoring.QuestionScale {
		q.Min, q.Max = &w.Wording.Min, &w.Wording.Max
	}
	return q
}

// meaning is what a figure or a column is.
type meaning struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
	What string `json:"what"`
}

// JSON is the report as data, with what everything means.
func (m *Maker) JSON(r *mentoring.Report) ([]byte, error) {
	out := struct {
		Programme string    `json:"programme"`
		Unit      string    `json:"unit"`
		From      string    `json:"from"`
		To        string    `json:"to"`
		Made      string    `json:"made"`
		Language  string    `json:"language"`
		Rule      string    `json:"rule"`
		Rounds    []string  `json:"training_rounds"`
		Meanings  []meaning `json:"meanings"`
		Columns   []meaning `json:"columns"`
		Figures   []datum   `json:"figures"`
		// What people wrote and staff have released is nowhere else, and nobody's.
		Questions []question `json:"questions"`
		Feedback  []string   `json:"released_feedback"`
	}{
		Programme: string(r.Programme), Unit: string(r.Unit), From: r.Term.From, To: r.Term.To, Made: r.Made.Format("2006-01-02"),
		Language: m.lang, Rule: m.say("figures.rule"), Rounds: append([]string{}, r.Rounds...), Figures: []datum{},
		Questions: []question{}, Feedback: append([]string{}, r.Feedback...),
	}
	for i := range r.Asked {
		out.Questions = append(out.Questions, asked(&r.Asked[i]))
	}
	for _, name := range mentoring.FigureNames() {
		out.Meanings = append(out.Meanings, meaning{string(name), m.Name(name), m.What(name)})
	}
	for _, c := range Columns() {
		out.Columns = append(out.Columns, meaning{Key: c, What: m.say("figures.document." + c)})
	}
	for _, f := range r.Figures {
		out.Figures = append(out.Figures, datum{string(f.Name), f.About, f.Period, f.Trial, f.Value})
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write data: %w", err)
	}
	return data, nil
}
