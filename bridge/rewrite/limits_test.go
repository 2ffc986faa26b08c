package rewrite

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func refusal(t *testing.T, e Event) string {
	t.Helper()
	m, err := Parse(e)
	if err == nil {
		people := goldenPeople()
		_, _, err = Render(m, View{From: people[0], Viewer: people[1]})
	}
	var u *Unsupported
	if errors.As(err, &u) {
		if !strings.Contains(err.Error(), u.What) {
			t.Errorf("error %q", err)
		}
		return u.What
	}
	var i *Ignored
	if errors.As(err, &i) {
		return i.Error()
	}
	return ""
}

func text(t *testing.T, content map[string]any) Event {
	t.Helper()
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return Event{Type: "m.room.message", Content: raw}
}

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		name string
		body string
		want string
	}{
		{"a million characters", strings.Repeat("a", 1_000_000), "too_long"},
		{"as long as may be", strings.Repeat("a", maxBody), ""},
		{"one more", strings.Repeat("a", maxBody+1), "too_long"},
		{"long once it is JSON", strings.Repeat("<", 6000), "too_long"},
		{"long once aliases are in it", strings.Repeat("@a:b.c ", 4000), "too_long"},
		{"line ends only", strings.Repeat("\r\n", 100), "empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := refusal(t, text(t, map[string]any{"msgtype": "m.text", "body": test.body})); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// The longest edit stays below what an encrypted event may be; formatting that
// does not fit is left out, the words stay.
func TestLargeEdit(t *testing.T) {
	body := "a" + strings.Repeat("ä", maxBody/2-1)
	rich := "<b>" + strings.Repeat("ö", 1000) + "</b>"
	for _, content := range []map[string]any{
		{"msgtype": "m.text", "body": body},
		{"msgtype": "m.text", "body": "x", "format": htmlFormat, "formatted_body": "<b>" + body + "</b>"},
		{"msgtype": "m.text", "body": "x", "format": htmlFormat, "formatted_body": rich},
	} {
		e := text(t, map[string]any{"msgtype": "m.text", "body": "x", "m.new_content": content,
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": "$x"}})
		m, err := Parse(e)
		if err != nil {
			t.Fatal(err)
		}
		people := goldenPeople()
		eventType, out, err := Render(m, View{From: people[0], Viewer: people[1]})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(Relate(out, m.Relation, "$y", ""))
		if err != nil {
			t.Fatal(err)
		}
		if err = Check(eventType, raw, Allowed{Events: []string{"$y"}}); err != nil {
			t.Errorf("%d bytes: %v", len(raw), err)
		}
		inner := out["m.new_content"].(Content)
		if got := inner["body"].(string); len(got) < 2000 {
			t.Errorf("the new text has %d bytes", len(got))
		}
		if got := out["body"].(string); len(got) > maxFallback+10 || !strings.HasPrefix(got, "* ") {
			t.Errorf("the fallback has %d bytes", len(got))
		}
	}
}

// An edit rendered from its new text alone is wrapped by Relate.
func TestRelateWraps(t *testing.T) {
	content := Content{"msgtype": "m.text", "body": "a", "m.mentions": map[string]any{}}
	out := Relate(content, Relation{Kind: Replace}, "$y", "")
	if out["body"] != "* a" || out["m.new_content"] == nil || content["m.relates_to"] != nil {
		t.Errorf("%v, %v", out, content)
	}
	if Relate(content, Relation{Kind: Replace}, "", "") != nil || Relate(Content{}, Relation{Kind: Annotation, Key: "👍"}, "", "") != nil {
		t.Error("an edit or reaction without target")
	}
	out = Relate(content, Relation{Kind: Thread}, "", "$reply")
	if _, ok := out["m.relates_to"].(map[string]any)["rel_type"]; ok {
		t.Errorf("a thread without root: %v", out)
	}
	if out = Relate(content, Relation{Kind: Thread}, "", ""); out["m.relates_to"] != nil {
		t.Errorf("a relation to nothing: %v", out)
	}
}

func TestHostileJSON(t *testing.T) {
	for _, raw := range []string{
		"", "null", "[]", `"x"`, "1", "{", `{"a"`, `{"msgtype":}`, "\xff\xfe", "[[[[", `{"msgtype":"m.text","body":{}}`,
		`{"msgtype":["m.text"],"body":"a"}`, `{"msgtype":"m.text"}`, `{"body":"a"}`,
	} {
		if got := refusal(t, Event{Type: "m.room.message", Content: []byte(raw)}); got != "unknown" {
			t.Errorf("%q: %q", raw, got)
		}
		if got := refusal(t, Event{Type: "m.room.redaction", Content: []byte(raw)}); got != "ignored" {
			t.Errorf("redaction %q: %q", raw, got)
		}
	}
	deep := bytes.Repeat([]byte("["), 60000)
	if got := refusal(t, Event{Type: "m.room.message", Content: deep}); got != "unknown" {
		t.Errorf("deep: %q", got)
	}
}

// Escapes, white space, odd keys and repeated ones are read as encoding/json
// reads them.
func TestFields(t *testing.T) {
	for _, raw := range []string{
		" {\n\"a\" : \"x\\\"}\" , \"b\\u0061\" : [ {\"c\":\"]\"} , 2 ] , \"n\" : -1.5e3 , \"t\":true\n} ",
		`{"a":"1","a":"2","":null}`, `{}`, `{"a":{}}`, `{"x":"ä\ud83d\ude00\ud800"}`, `{"a":false,"b":"\\"}`,
	} {
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(raw), &want); err != nil {
			t.Fatal(err)
		}
		got, ok := decode([]byte(raw))
		if !ok {
			t.Fatalf("%s: no object", raw)
		}
		for key, value := range want {
			if string(got.get(key)) != string(value) {
				t.Errorf("%s: %q is %q, want %q", raw, key, got.get(key), value)
			}
			var s string
			if json.Unmarshal(value, &s) == nil && string(value) != "null" && got.text(key) != s {
				t.Errorf("%s: %q is %q, want %q", raw, key, got.text(key), s)
			}
		}
	}
}

// While a participant has no ghost yet, a mention of them is left out.
func TestMentionWithoutGhost(t *testing.T) {
	m := &Message{Kind: Text, Body: "moi", Mentions: []string{"@hilla:tyo.example", "", "@otso:koti.example"}}
	people := goldenPeople()
	people[2].Ghost = ""
	_, out, err := Render(m, View{From: people[0], Viewer: people[1], Others: people[2:]})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(out["m.mentions"]); string(got) != `{"user_ids":["@otso:koti.example"]}` {
		t.Errorf("%s", got)
	}
}

// Somebody without an alias is nobody to speak of: nothing is left of a text
// that only named them.
func TestNothingLeft(t *testing.T) {
	for _, content := range []map[string]any{
		{"msgtype": "m.text", "body": "@hilla:tyo.example"},
		{"msgtype": "m.text", "body": "x", "format": htmlFormat, "formatted_body": `<a href="matrix:u/hilla:tyo.example">H</a>`},
		{"msgtype": "m.text", "body": "x", "format": htmlFormat, "formatted_body": `<blockquote><a href="matrix:u/hilla:tyo.example">H</a></blockquote>`},
	} {
		m, err := Parse(text(t, content))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = Render(m, View{Others: []Person{{Real: "@hilla:tyo.example"}}})
		var u *Unsupported
		if !errors.As(err, &u) || u.What != "empty" {
			t.Errorf("%v: %v", content, err)
		}
	}
}

// A profile without a name has nothing to take off.
func TestNamelessProfile(t *testing.T) {
	m, err := Parse(text(t, map[string]any{"msgtype": "m.text", "body": ": hei", "com.beeper.per_message_profile": map[string]any{"id": "x"}}))
	if err != nil || m.Body != ": hei" {
		t.Errorf("%v, %v", m, err)
	}
}

func TestCheckRefuses(t *testing.T) {
	a := Allowed{Users: []string{"@_silta_a:silta.example", "@otso:hs1"}, Events: []string{"$ok", ""}}
	for _, test := range []struct{ eventType, content, rule string }{
		{"m.room.message", `{"msgtype":"m.text","body":"hei","m.mentions":{}}`, ""},
		{"m.room.message", `{"msgtype":"m.text","body":"@Kanerva:lle klo 17:30. @_silta_a:silta.example","m.mentions":{"user_ids":["@otso:hs1"]}}`, ""},
		{"m.room.message", `{"msgtype":"m.text","body":"@kuka:hs1","m.mentions":{}}`, "identifier"},
		{"m.room.message", `{"msgtype":"m.text","body":"@kuka:localhost","m.mentions":{}}`, "identifier"},
		{"m.room.message", `{"msgtype":"m.text","body":"@kuka:koti:8448","m.mentions":{}}`, "identifier"},
		{"m.room.message", `{"msgtype":"m.text","body":"#kuka:[::1]","m.mentions":{}}`, "identifier"},
		{"m.room.message", `{"msgtype":"m.text","body":"%2540kuka%253Ax.example","m.mentions":{}}`, "identifier"},
		{"m.room.message", `{"msgtype":"m.text","body":"MATRIX:r/x","m.mentions":{}}`, "matrix link"},
		{"m.room.message", `{"msgtype":"m.text","body":7,"m.mentions":{}}`, "body"},
		{"m.room.message", `{"msgtype":"m.text","body":"x"}`, "mentions"},
		{"m.room.message", `{"msgtype":"m.text","body":"x","m.mentions":{"user_ids":"x"}}`, "mentions"},
		{"m.room.message", `{"msgtype":"m.text","body":"x","m.mentions":{},"format":"x","formatted_body":"y"}`, "format"},
		{"m.room.message", `{"msgtype":"m.text","body":"x","m.mentions":{},"m.new_content":{}}`, "edit of nothing"},
		{"m.room.message", `{"msgtype":"m.text","body":"x","m.mentions":{},"m.new_content":1,"m.relates_to":{"rel_type":"m.replace","event_id":"$ok"}}`, "new content"},
		{"m.room.message", `{"msgtype":"m.text","body":"x","m.mentions":{},"m.relates_to":{"m.in_reply_to":{"event_id":"$no"}}}`, "event"},
		{"m.room.message", `{"msgtype":"m.text","body":"x","m.mentions":{},"m.relates_to":{"rel_type":"m.thread","event_id":"$ok","m.in_reply_to":{"event_id":"$ok"}}}`, "relation"},
		{"m.reaction", `{"m.relates_to":{"rel_type":"m.annotation","event_id":"$ok","key":"👍️"}}`, ""},
		{"m.reaction", `{"m.relates_to":{"rel_type":"m.annotation","event_id":"","key":"👍️"}}`, "event"},
		{"m.reaction", `{"m.relates_to":{"rel_type":"m.annotation","event_id":"$ok","key":"👍👍"}}`, "reaction"},
		{"m.reaction", `{"m.relates_to":{"rel_type":"m.annotation","event_id":"$ok","key":"ok"}}`, "reaction"},
		{"m.room.redaction", `{}`, ""},
		{"m.room.redaction", `{"reason":""}`, "unknown key"},
		{"m.room.member", `{}`, "event type"},
		{"m.room.message", `null`, "json"},
		{"m.room.message", `{"msgtype":"m.text","body":"` + strings.Repeat("x", maxChecked) + `"}`, "size"},
	} {
		err := Check(test.eventType, []byte(test.content), a)
		var v *Violation
		switch {
		case test.rule == "" && err != nil:
			t.Errorf("%s: %v", test.content, err)
		case test.rule != "" && (!errors.As(err, &v) || v.Rule != test.rule):
			t.Errorf("%.200s: %v, want %s", test.content, err, test.rule)
		}
	}
}
