package rewrite

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestHideKeepsMentionsApart: where formatting is lost with what is hidden, the ID
// of somebody mentioned must not run into the next word and become one that is not
// looked for.
func TestHideKeepsMentionsApart(t *testing.T) {
	people := goldenPeople()
	view := View{From: people[0], Viewer: people[1], Others: people[2:], Redacted: "X"}
	for _, glued := range []string{"kiitos", ".fi", "-9", ":8448", "<b>k</b>iitos", "<br>kiitos", " kiitos"} {
		html := `<a href="https://matrix.to/#/@outo:localhost">Outo</a>` + glued + ` soita 0401234567`
		raw, err := json.Marshal(map[string]any{"msgtype": "m.text", "body": "x", "format": htmlFormat, "formatted_body": html})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(Event{Type: "m.room.message", Content: raw})
		if err != nil {
			t.Fatal(err)
		}
		at := strings.Index(m.Readable(), "0401234567")
		_, content, err := Render(m.Hide([][2]int{{at, at + 10}}, "(hidden)"), view)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := content["body"].(string)
		if strings.Contains(body, "outo") || !strings.HasPrefix(body, "X") || !strings.HasSuffix(body, "soita (hidden)") {
			t.Errorf("%s: %q", glued, body)
		}
	}
}
