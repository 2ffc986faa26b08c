package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

const day = 24 * time.Hour

// Duration is a time span, written as Go writes it ("72h", "1h30m") or in whole
// days ("90d").
type Duration time.Duration

// Std returns it as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes whole days (from two on) as days, else as Go does without
// empty parts.
func (d Duration) String() string {
	std := time.Duration(d)
	if std >= 2*day && std%day == 0 {
		return strconv.FormatInt(int64(std/day), 10) + "d"
	}
	s := std.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// UnmarshalYAML reads "90d" and Go's notation; a bare number is refused, since
// nobody can see its unit.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	if days, ok := strings.CutSuffix(node.Value, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			*d = Duration(time.Duration(n) * day)
			return nil
		}
	}
	std, err := time.ParseDuration(node.Value)
	if err != nil || node.Value == "0" {
		return fmt.Errorf("%q is not a time span; write for example 90d, 72h or 30m", node.Value)
	}
	*d = Duration(std)
	return nil
}

// Date is a day without a time; the zero value is "never".
type Date struct{ time.Time }

// UnmarshalYAML reads 2026-11-30.
func (d *Date) UnmarshalYAML(node *yaml.Node) error {
	t, err := time.Parse(time.DateOnly, node.Value)
	if err != nil {
		return fmt.Errorf("%q is not a date; write for example 2026-11-30", node.Value)
	}
	d.Time = t
	return nil
}

// Words are a short text by language. In the file it is either one text for all
// languages or a text for each.
type Words map[string]string

// In returns the text in a language, else the one for all, else Finnish, else
// any (the first by language).
func (w Words) In(language string) string {
	for _, l := range []string{language, "", "fi", "sv", "en"} {
		if s, ok := w[l]; ok {
			return s
		}
	}
	return ""
}

// UnmarshalYAML reads a text, or a mapping from language to text.
func (w *Words) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*w = Words{"": node.Value}
		return nil
	}
	var by map[string]string
	if err := node.Decode(&by); err != nil {
		return errors.New("write one text, or one for each language: {fi: …, sv: …, en: …}")
	}
	*w = by
	return nil
}
