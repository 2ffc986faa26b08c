package rewrite

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func rendered(t *testing.T, content map[string]any) (body, rich string) {
	t.Helper()
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(Event{Type: "m.room.message", Content: raw})
	if err != nil {
		t.Fatal(err)
	}
	people := goldenPeople()
	_, out, err := Render(m, View{From: people[0], Viewer: people[1], Others: people[2:], Redacted: "[pois]"})
	if err != nil {
		t.Fatal(err)
	}
	body = out["body"].(string)
	rich, _ = out["formatted_body"].(string)
	return body, rich
}

func TestHTML(t *testing.T) {
	for _, test := range []struct{ name, in, body, rich string }{
		{"plain paragraph", "<p>hei</p>\n", "hei", ""},
		{"line ends", "a<br>b<br/>c", "a\nb\nc", ""},
		{"two paragraphs", "<p>a</p>\n<p>b</p>", "a\n\nb", ""},
		{"entities", "1 &lt; 2 &amp; 3 &gt; <b>2</b>", "1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; <strong>2</strong>"},
		{"text that looks like HTML", "<b>x</b> &lt;img src=x&gt;", "x <img src=x>", "<strong>x</strong> &lt;img src=x&gt;"},
		{"white space", "<b>a</b>\n\n  b", "a b", "<strong>a</strong> b"},
		{"pre keeps it", "<pre><code class=\"language-go\">a  b\n  c</code></pre>", "a  b\n  c", "<pre><code>a  b\n  c</code></pre>"},
		{"nested lists", "<ul><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ul>", "- a\n  1. b\n  2. c\n- d",
			"<ul><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ul>"},
		{"item without list", "<li>a</li><b>b</b>", "a\nb", "<div>a</div><strong>b</strong>"},
		{"items not closed", "<ul><li>a<li>b<li>c</ul>d", "- a\n- b\n- c\nd", "<ul><li>a</li><li>b</li><li>c</li></ul>d"},
		{"quote", "<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n> \n> b\n\nc", "<blockquote><p>a</p><p>b</p></blockquote>c"},
		{"paragraphs not closed", "<p>a<p><i>b", "a\n\nb", "<p>a</p><p><em>b</em></p>"},
		{"wrong order", "<b>a<i>b</b>c</i>", "abc", "<strong>a<em>b</em></strong>c"},
		{"heading and rule", "<h2>a</h2><hr>b", "a\n\n---\nb", "<h2>a</h2><hr>b"},
		{"table", "<table><caption>t</caption><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c<td>d</table>", "t\na | b\nc | d",
			"<table><caption>t</caption><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td>d</td></tr></tbody></table>"},
		{"cell without table", "<td>a</td><tr>b</tr>", "a\nb", ""},
		{"list in a cell", "<table><tr><td><ul><li>a</ul></td></tr></table>", "- a", "<table><tr><td><ul><li>a</li></ul></td></tr></table>"},
		{"link", `<a href="https://x.example/a">https://x.example/a</a> <b>!</b>`, "https://x.example/a !", "https://x.example/a <strong>!</strong>"},
		{"link that lies", `<a href="http://paha.example">https://hyva.example</a>`, "https://hyva.example (http://paha.example)", ""},
		{"link without words", `<a href="https://x.example"></a>`, "https://x.example", ""},
		{"link around a block", `<a href="https://x.example"><p>a</p></a>`, "a\n\n(https://x.example)", ""},
		{"client's own permalink", `<a href="https://app.element.io/#/user/@hilla:tyo.example">Hilla</a>`, "Lumi", ""},
		{"data address", `<a href="data:text/html,x">a</a>`, "a", ""},
		{"inner dropped element", "a<svg><svg>b</svg>c</svg>d", "ad", ""},
		{"not closed dropped element", "a<style>b", "a", ""},
		{"bidi", "<b>a\u202eb</b>", "ab", "<strong>ab</strong>"},
		{"identifier in pieces", "<b>@hilla:</b><i>tyo.example</i> tulee", "Lumi tulee", ""},
		{"identifier over lines", "<p>@hilla</p><p>:tyo.example <b>x</b></p>", "@hilla\n\n:tyo.example x", ""},
		{"numbered elsewhere, nested", `<ol start="2"><li>a<ul><li>b</li></ul></li><li>c</li></ol>`, "2. a\n- b\n3. c", "<div><div>2. a<ul><li>b</li></ul></div><div>3. c</div></div>"},
		{"many levels", strings.Repeat("<b>", 100) + "a" + strings.Repeat("</b>", 100), "a",
			strings.Repeat("<strong>", maxDepth) + "a" + strings.Repeat("</strong>", maxDepth)},
		{"too many pieces", strings.Repeat("a<br>", maxNodes), "varalla", ""},
		{"nothing to see", "<b> </b><hr hidden><!-- x -->", "---", "<hr>"},
		{"small headings", "<h3>a</h3><h4>b</h4><h5>c</h5><h6>d</h6>", "a\n\nb\n\nc\n\nd", "<h3>a</h3><h4>b</h4><h5>c</h5><h6>d</h6>"},
		{"small marks", "<u>a</u><sub>b</sub><sup>c</sup>", "abc", "<u>a</u><sub>b</sub><sup>c</sup>"},
		{"empty quote", "<blockquote><ul><li></li></ul></blockquote>a", "a", ""},
		{"quoted rule", "<blockquote><br><code> </code></blockquote>a", "a", ""},
		{"many pills", strings.Repeat(`<a href="https://matrix.to/#/@hilla:tyo.example">H</a> `, maxMentions+1), strings.Repeat("Lumi ", maxMentions) + "Lumi", ""},
		{"empty", "<p></p>", "varalla", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			body, rich := rendered(t, map[string]any{"msgtype": "m.text", "body": "varalla", "format": htmlFormat, "formatted_body": test.in})
			if body != test.body || rich != test.rich {
				t.Errorf("got  %q\n     %q\nwant %q\n     %q", body, rich, test.body, test.rich)
			}
		})
	}
}

// Without the format that Matrix names, the formatted body is not used.
func TestOtherFormat(t *testing.T) {
	body, rich := rendered(t, map[string]any{"msgtype": "m.text", "body": "hei", "format": "text/markdown", "formatted_body": "<b>moi</b>"})
	if body != "hei" || rich != "" {
		t.Errorf("%q, %q", body, rich)
	}
}

// What one copy shows, read again and shown again, is the same: the form is
// canonical. And body and formatted body say the same words.
func TestCanonical(t *testing.T) {
	again := 0
	for seed := range uint64(10000) {
		g := newGen(newChoices(seed))
		m, err := Parse(g.event)
		if err != nil || m.Kind != Text || m.New != nil {
			continue
		}
		o := g.outcome(1)
		_, first, err := Render(m, o.view)
		if err != nil {
			continue
		}
		rich, ok := first["formatted_body"].(string)
		if !ok {
			continue
		}
		raw, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		m2, err := Parse(Event{Type: "m.room.message", Content: raw})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		_, second, err := Render(m2, o.view)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		// White space at the seams of removed tags may still shrink.
		if squeezed(rich) != squeezed(second["formatted_body"].(string)) {
			t.Errorf("seed %d:\n%s\n%s", seed, rich, second["formatted_body"])
		}
		text, err := lookHTML(rich)
		if err != nil {
			t.Fatal(err)
		}
		if letters(text) != letters(first["body"].(string)) {
			t.Errorf("seed %d:\n%s\n%s", seed, rich, first["body"])
		}
		again++
	}
	if again < 100 {
		t.Errorf("only %d formatted messages", again)
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

// letters are the letters of a text; the rest is put by the body's lists and
// quotes.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}
