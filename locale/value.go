package locale

import (
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Phrase is a text inside a text.
type Phrase interface {
	TextKey() string
	TextArgs() map[string]any
}

// value tells one placeholder's value. What it cannot tell it leaves out: a
// person is never shown how a program sees a thing.
func (c *Catalogue) value(lang string, v any, format string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		if format == "time" {
			return c.Time(lang, v)
		}
		return c.Date(lang, v)
	case Phrase:
		return c.Say(lang, v.TextKey(), v.TextArgs())
	}
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.Slice || r.Kind() == reflect.Array:
		parts := make([]string, 0, r.Len())
		for i := range r.Len() {
			parts = append(parts, c.value(lang, r.Index(i).Interface(), format))
		}
		return strings.Join(parts, ", ")
	case r.Kind() == reflect.String:
		return r.String()
	case r.CanInt():
		return strconv.FormatInt(r.Int(), 10)
	case r.CanUint():
		return strconv.FormatUint(r.Uint(), 10)
	}
	return ""
}

// Date is a day as it is written in that language: 24.12.2026, 24 December 2026.
func (c *Catalogue) Date(lang string, t time.Time) string {
	if lang == "en" {
		return t.In(c.zone).Format("2 January 2006")
	}
	return t.In(c.zone).Format("2.1.2006")
}

// Time is a day and the time of day.
func (c *Catalogue) Time(lang string, t time.Time) string {
	day, t := c.Date(lang, t), t.In(c.zone)
	switch lang {
	case "en":
		return day + " at " + t.Format("15:04")
	case "sv":
		return day + " kl. " + t.Format("15.04")
	}
	return day + " klo " + t.Format("15.04")
}

func isOne(n any) bool {
	r := reflect.ValueOf(n)
	switch {
	case !r.IsValid():
		return false
	case r.CanInt():
		return r.Int() == 1
	case r.CanUint():
		return r.Uint() == 1
	}
	return false
}
