package config_test

import (
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"silta/config"
)

// TestAssessment: the draft of the impact assessment tells each time that things
// are kept for, as it is by default.
func TestAssessment(t *testing.T) {
	page, err := os.ReadFile("../docs/dpia.md")
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	cases := c.Programmes.Mentoring.Cases
	times := map[string]config.Duration{"programmes.mentoring.cases.keep": cases.Keep, "programmes.mentoring.cases.duty": cases.Duty}
	retention := reflect.ValueOf(c.Retention)
	for i := range retention.NumField() {
		name, _, _ := strings.Cut(retention.Type().Field(i).Tag.Get("yaml"), ",")
		times["retention."+name] = retention.Field(i).Interface().(config.Duration)
	}
	text := strings.ReplaceAll(string(page), "\n", " ")
	for name, kept := range times {
		want := strconv.Itoa(int(kept.Std().Hours()/24)) + " days"
		before, _, found := strings.Cut(text, "(`"+name+"`)")
		if cell := before[strings.LastIndex(before, "|")+1:]; !found || !strings.Contains(cell, want) {
			t.Errorf("docs/dpia.md does not tell that %s is %s", name, want)
		}
	}
}
