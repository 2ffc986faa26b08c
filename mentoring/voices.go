package mentoring

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// AskedWording is a wording that figures are about, so that a report says what
// was asked.
type AskedWording struct {
	Number  int64
	Version int
	Wording Wording
	Said    []string // answers in words that staff have read and released
}

// About is what tells the figures of the wording apart: "7.2".
func (w *AskedWording) About() string { return questionAbout(w.Number, w.Version) }

func questionAbout(number int64, version int) string {
	return strconv.FormatInt(number, 10) + "." + strconv.Itoa(version)
}

// remarksTold is how many texts of a unit a report has at most, the newest.
const remarksTold = 200

// voices puts into a report what was asked, and what people wrote that staff have
// read and let stand in reports, one by one. Nothing else that people write is
// ever in one.
func (r *reporter) voices(a *Act, units []Unit) error {
	said := map[int64][]string{} // by wording
	months := r.Months()
	for _, unit := range units {
		list, err := a.Tx.Remarks(r.Programme, unit, remarksTold, RemarkReleased)
		if err != nil {
			return fmt.Errorf("remarks: %w", err)
		}
		for i := range list {
			switch one := &list[i]; {
			case !slices.Contains(months, one.Day.In(a.zone()).Format("2006-01")):
			case one.Kind == RemarkAnswer:
				said[one.Question] = append(said[one.Question], one.Text)
			default:
				r.Feedback = append(r.Feedback, one.Text)
			}
		}
	}
	slices.Sort(r.Feedback) // the order in which they were written is nobody's business
	for id, texts := range said {
		q, err := a.Tx.Question(id)
		if err != nil {
			return fmt.Errorf("question: %w", err)
		}
		slices.Sort(texts)
		r.Asked = append(r.Asked, AskedWording{q.Number, q.Version, q.Wording, texts})
	}
	for _, f := range r.Figures {
		if f.Name != "asked" && f.Name != "answered" && f.Name != "skipped" {
			continue
		}
		if err := r.asked(a, f.About); err != nil {
			return err
		}
	}
	slices.SortFunc(r.Asked, func(x, y AskedWording) int {
		return cmp.Or(cmp.Compare(x.Number, y.Number), cmp.Compare(x.Version, y.Version))
	})
	return nil
}

// asked adds the wording that a figure is about, if it is not there yet.
func (r *reporter) asked(a *Act, about string) error {
	about, _, _ = strings.Cut(about, "/")
	first, second, _ := strings.Cut(about, ".")
	number, notNumber := strconv.ParseInt(first, 10, 64)
	version, notVersion := strconv.Atoi(second)
	if notNumber != nil || notVersion != nil || number == ClosingQuestion ||
		slices.ContainsFunc(r.Asked, func(w AskedWording) bool { return w.Number == number && w.Version == version }) {
		return nil
	}
	q, err := a.Tx.WordingOf(number, version)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	r.Asked = append(r.Asked, AskedWording{number, version, q.Wording, nil})
	return wrapped("question", err)
}

// Question finds the wording that a figure is about; nil for others.
func (r *Report) Question(about string) *AskedWording {
	about, _, _ = strings.Cut(about, "/")
	for i := range r.Asked {
		if r.Asked[i].About() == about {
			return &r.Asked[i]
		}
	}
	return nil
}

// AboutWord is a part of what tells a figure apart: a key of locale/, else staff's
// own words, else as it is.
type AboutWord struct {
	Key   string
	Words Words
	Plain string
}

// AboutWords are the parts of what tells a figure apart.
func (r *Report) AboutWords(name FigureName, about string) []AboutWord {
	parts := strings.Split(about, "/")
	words := make([]AboutWord, len(parts))
	var asked *AskedWording
	if name == "asked" || name == "answered" || name == "skipped" {
		asked = r.Question(about)
	}
	for i, part := range parts {
		words[i] = AboutWord{Key: "figure.kind." + part, Plain: part}
		switch {
		case name == "helped" && i == 1:
			words[i].Key = "closing.helped." + part
		case name == "contacts" && i == 0:
			words[i].Key = "guard.kind." + part
		case name == "why_ended" && i == 1:
			words[i].Key = "closing.why." + part
		case part == questionAbout(ClosingQuestion, 1) && i == 0:
			words[i].Key = "figure.kind.closing"
		case asked != nil && i == 0:
			words[i] = AboutWord{Words: asked.Text(), Plain: part}
		case asked != nil && i == 2:
			words[i] = asked.answer(part)
		}
	}
	return words
}

// Text is what was asked; of a later wording with its number, since it may be the
// same words.
func (w *AskedWording) Text() Words {
	if w.Version == 1 {
		return w.Wording.Text
	}
	text := Words{}
	for l, words := range w.Wording.Text {
		text[l] = words + " (" + strconv.Itoa(w.Version) + ")"
	}
	return text
}

// answer is what an answer means.
func (w *AskedWording) answer(value string) AboutWord {
	n, notNumber := strconv.Atoi(value)
	switch {
	case notNumber != nil:
	case w.Wording.Kind == QuestionYesNo && n == 1:
		return AboutWord{Key: "asked.yes", Plain: value}
	case w.Wording.Kind == QuestionYesNo:
		return AboutWord{Key: "asked.no", Plain: value}
	case w.Wording.Kind == QuestionChoice && n >= 1 && n <= len(w.Wording.Choices):
		return AboutWord{Words: w.Wording.Choices[n-1], Plain: value}
	}
	return AboutWord{Plain: value}
}
