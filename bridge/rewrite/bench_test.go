package rewrite

import (
	"encoding/json"
	"testing"
)

func benchView() View {
	return View{
		From:     Person{Real: "@aino:example.org", Ghost: "@_silta_k3v9:silta.example", Alias: "Kanerva"},
		Viewer:   Person{Real: "@otso:koti.example", Ghost: "@_silta_p7x2:silta.example", Alias: "Tammi"},
		Redacted: "[tunnus poistettu]",
	}
}

func benchmarkRewrite(b *testing.B, content string) {
	b.ReportAllocs()
	e := Event{Type: "m.room.message", Content: json.RawMessage(content)}
	for b.Loop() {
		m, err := Parse(e)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err = Render(m, benchView()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	benchmarkRewrite(b, `{"msgtype":"m.text","body":"Hei, mitä kuuluu? Minulla oli tänään raskas päivä koulussa.","m.mentions":{}}`)
}

func BenchmarkReply(b *testing.B) {
	benchmarkRewrite(b, `{"msgtype":"m.text","body":"Joo, ihan totta!","m.mentions":{"user_ids":["@_silta_p7x2:silta.example"]},"m.relates_to":{"m.in_reply_to":{"event_id":"$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"}}}`)
}

func BenchmarkHTML(b *testing.B) {
	benchmarkRewrite(b, `{"msgtype":"m.text","format":"org.matrix.custom.html","body":"x","formatted_body":"<p>Hei <a href=\"https://matrix.to/#/@_silta_p7x2:silta.example\">Tammi</a>, <strong>kiitos</strong> avusta!</p>\n<ul>\n<li>yksi</li>\n<li>kaksi, katso <a href=\"https://apu.example/sivu\">tämä</a></li>\n</ul>\n<blockquote>\n<p>lainaus</p>\n</blockquote>\n","m.mentions":{"user_ids":["@_silta_p7x2:silta.example"]}}`)
}

func BenchmarkCheck(b *testing.B) {
	b.ReportAllocs()
	m, err := Parse(Event{Type: "m.room.message", Content: json.RawMessage(`{"msgtype":"m.text","body":"Hei, mitä kuuluu? Minulla oli tänään raskas päivä koulussa."}`)})
	if err != nil {
		b.Fatal(err)
	}
	eventType, content, err := Render(m, benchView())
	if err != nil {
		b.Fatal(err)
	}
	raw, err := json.Marshal(content)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Check(eventType, raw, Allowed{}); err != nil {
			b.Fatal(err)
		}
	}
}
