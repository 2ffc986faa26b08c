package main

import (
	"encoding/json"
	"fmt"
	"syscall"
	"time"

	"silta/bridge/rewrite"
	"silta/text"
)

// texts are messages as clients write them: most are plain, some formatted, and
// one has a number in it that the contact guard must look at.
func texts() []string {
	return []string{
		`{"msgtype":"m.text","body":"Hei, mitä kuuluu? Minulla oli tänään raskas päivä koulussa.","m.mentions":{}}`,
		`{"msgtype":"m.text","body":"Joo, ihan totta! Nähdään klo 17:30 tai 0401234567.","m.mentions":{"user_ids":["@silta_p7x2:silta.example"]},"m.relates_to":{"m.in_reply_to":{"event_id":"$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"}}}`,
		`{"msgtype":"m.text","format":"org.matrix.custom.html","body":"x","formatted_body":"<p>Hei <a href=\"https://matrix.to/#/@silta_p7x2:silta.example\">Tammi</a>, <strong>kiitos</strong> avusta!</p>\n<ul>\n<li>yksi</li>\n<li>kaksi, katso <a href=\"https://apu.example/sivu\">tämä</a></li>\n</ul>\n<blockquote>\n<p>lainaus</p>\n</blockquote>\n","m.mentions":{"user_ids":["@silta_p7x2:silta.example"]}}`,
	}
}

// textWork is the processor time in milliseconds of all that is done with the
// text of one message on its way: read, built anew for one reader, searched for
// contacts, and looked at once more.
func textWork() (float64, error) {
	guard := text.NewGuard(text.Settings{})
	view := rewrite.View{
		From:     rewrite.Person{Real: "@aino:example.org", Ghost: "@silta_k3v9:silta.example", Alias: "Kanerva"},
		Viewer:   rewrite.Person{Real: "@otso:koti.example", Ghost: "@silta_p7x2:silta.example", Alias: "Tammi"},
		Redacted: "[poistettu]",
	}
	allowed := rewrite.Allowed{Users: []string{view.Viewer.Real, view.From.Ghost}}
	n := 0
	before := processor()
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		for _, content := range texts() {
			m, err := rewrite.Parse(rewrite.Event{Type: "m.room.message", Content: json.RawMessage(content)})
			if err != nil {
				return 0, err
			}
			guard.Find(m.Body)
			eventType, object, err := rewrite.Render(m, view)
			if err != nil {
				return 0, err
			}
			raw, err := json.Marshal(object)
			if err == nil {
				err = rewrite.Check(eventType, raw, allowed)
			}
			if err != nil {
				return 0, err
			}
			n++
		}
	}
	return (processor() - before) * 1000 / float64(n), nil
}

// processor is the processor time of this process so far, in seconds.
func processor() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(u.Utime) + seconds(u.Stime)
}

// text compares what is done with texts to all that a relayed message costs the
// program, as encrypted has measured it.
func (b *bench) text(work []float64) error {
	own, err := textWork()
	if err != nil {
		return fmt.Errorf("texts: %w", err)
	}
	whole := median(work)
	b.bound("text of a message: CPU", fmt.Sprintf("text %.3f ms, whole message %.2f ms", own, whole), own/whole, false, 0.05)
	return nil
}
