package web_test

import (
	"strings"
	"testing"
)

// TestGuide: the mentors' guide on one page, in each language, without scripts,
// fit for paper.
func TestGuide(t *testing.T) {
	w := open(t, nil)
	for path, language := range map[string]string{"/guide": "fi", "/fi/guide": "fi", "/sv/guide": "sv", "/en/guide": "en"} {
		body := w.request("GET", path, nil, nil)
		for _, want := range []string{
			`<html lang="` + language + `">`, "<h2>Otsikko " + language + "</h2>", "<p>Yksi.</p>", "<p>Kaksi &lt;b&gt;.</p>", "<p>Vain tämä.</p>",
			`href="/sv/guide"`,
		} {
			if path == "/guide" && strings.HasPrefix(want, "href") {
				continue
			}
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s in:\n%s", path, want, body)
			}
		}
		if strings.Contains(body, "<script") || strings.Count(body, "<h2>") != 1 {
			t.Errorf("%s: %s", path, body)
		}
	}
	if style := w.request("GET", "/static/style.css", nil, nil); !strings.Contains(style, "@media print") {
		t.Error("nothing is said of paper")
	}
}
