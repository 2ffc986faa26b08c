package bridge_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/config"
	"silta/dev/hs"
	"silta/mentoring"
)

// exported is what was handed over, as a person's program would read it.
type exported struct {
	Service       string
	Conversations []struct {
		You      string
		With     []string
		Messages []struct {
			At               time.Time
			From, Kind, Text string
			Edited           bool
			Reactions        []struct{ From, Reaction string }
		}
	}
}

func (m *mover) exports() {
	m.t.Helper()
	m.do(func(a *mentoring.Act) error {
		member, err := a.Tx.Member(m.id)
		if err != nil {
			return err
		}
		return a.Export(member)
	})
}

// link waits for the link, and gives its token.
func (m *mover) link() (token string) {
	m.t.Helper()
	link := regexp.MustCompile(`https://liity\.example/export/en/([A-Za-z0-9_-]+)`)
	m.until("the link is said", func() bool {
		for _, v := range m.own.View(m.own.room) {
			if found := link.FindStringSubmatch(v.Body); found != nil && m.bridge.Exports().Waits(found[1]) {
				token = found[1]
			}
		}
		return token != ""
	})
	return token
}

func unpack(t *testing.T, file []byte) (text string, all exported) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		switch f.Name {
		case "conversations.txt":
			text = string(data)
		case "conversations.json":
			if err = json.Unmarshal(data, &all); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("a file %s", f.Name)
		}
		namesNobody(t, f.Name, string(data))
	}
	return text, all
}

// namesNobody looks for whatever names somebody, or something of the machinery.
func namesNobody(t *testing.T, where, content string) {
	t.Helper()
	for _, canary := range []string{"@real-", "real-aino", "real-kaisa", ":test", "silta_", "mxc://", "matrix.to", "!huone", "Oikea Nimi", "040 123 4567", "$"} {
		if strings.Contains(content, canary) {
			t.Errorf("%s has %q:\n%s", where, canary, content)
		}
	}
}

func exporting(t *testing.T) *mover {
	return newMover(newWorld(t, func(w *world) {
		w.prepare = func(c *config.Config) {
			c.Web.Listen, c.Web.URL = "127.0.0.1:0", "https://liity.example"
		}
	}))
}

// spoken waits until the other has seen a text.
func (m *mover) spoken(p *talker, body string) (event string) {
	m.t.Helper()
	m.until("the other sees "+body, func() bool {
		for _, v := range p.View(p.room) {
			if v.Body == body && v.Sender != p.ID {
				event = v.Event
			}
		}
		return event != ""
	})
	return event
}

// TestExport: a person gets what was said in their own room, with edits and
// reactions, without what was taken back, and nothing that names anybody.
func TestExport(t *testing.T) {
	m := exporting(t)
	must(struct{}{}, m.aino.SetName("Oikea Nimi"))
	mine := must(m.aino.Say(m.aino.room, "terve, olen @real-aino:test"))
	seen := m.spoken(m.kaisa, "terve, olen Alias-aino")
	must(m.kaisa.React(m.kaisa.room, seen, "❤️"))
	must(m.kaisa.Send(m.kaisa.room, "m.room.message", map[string]any{"msgtype": "m.text", "body": "katso @real-kaisa:test",
		"format":         "org.matrix.custom.html",
		"formatted_body": `katso <a href="https://matrix.to/#/@real-kaisa:test">Oikea Nimi</a> ja <b>tämä</b>`,
		"silta.canary":   "@real-kaisa:test"}))
	must(m.kaisa.Say(m.kaisa.room, "numeroni on 040 123 4567"))
	m.told(m.kaisa, "1")
	must(m.kaisa.Say(m.kaisa.room, "!1"))
	m.spoken(m.aino, "numeroni on 040 123 4567")
	gone := must(m.kaisa.Say(m.kaisa.room, "tämän peruin"))
	m.spoken(m.aino, "tämän peruin")
	must(struct{}{}, m.kaisa.Redact(m.kaisa.room, gone))
	m.until("it is taken back", func() bool {
		return !slices.ContainsFunc(m.aino.View(m.aino.room), func(v hs.Message) bool { return v.Body == "tämän peruin" })
	})
	must(m.aino.Edit(m.aino.room, mine, "terve, olen Otso"))
	m.spoken(m.kaisa, "terve, olen Otso")
	must(m.kaisa.Say(m.kaisa.room, "viimeinen"))
	m.spoken(m.aino, "viimeinen")

	m.exports()
	token := m.link()
	file, err := m.bridge.Exports().Take(token)
	if err != nil || file == nil {
		t.Fatalf("%d bytes, %v", len(file), err)
	}
	if again, _ := m.bridge.Exports().Take(token); again != nil || m.bridge.Exports().Waits(token) {
		t.Error("it can be taken twice")
	}
	text, all := unpack(t, file)
	if len(all.Conversations) != 1 || all.Conversations[0].You != "Alias-aino" || !slices.Equal(all.Conversations[0].With, []string{"Alias-kaisa"}) {
		t.Fatalf("conversations %+v", all.Conversations)
	}
	type said struct{ from, text string }
	var got []said
	for _, one := range all.Conversations[0].Messages {
		got = append(got, said{one.From, one.Text})
	}
	got = got[min(2, len(got)):] // newMover's own
	first := all.Conversations[0].Messages[2]
	if !first.Edited || len(first.Reactions) != 1 || first.Reactions[0].From != "Alias-kaisa" {
		t.Errorf("the first is %+v", first)
	}
	if len(got) != 4 || got[0] != (said{"Alias-aino", "terve, olen Otso"}) || got[3] != (said{"Alias-kaisa", "viimeinen"}) ||
		!strings.HasPrefix(got[1].text, "katso ") || !strings.HasPrefix(got[2].text, "numeroni on ") {
		t.Errorf("got %q", got)
	}
	for _, part := range []string{"Alias-aino: terve, olen Otso (edited)", "→ Alias-kaisa: ", "Alias-kaisa: viimeinen"} {
		if !strings.Contains(text, part) {
			t.Errorf("the text lacks %q:\n%s", part, text)
		}
	}
}

// TestExportLink: a new link ends the old one, the end of the time ends it, and
// so does the end of the program.
func TestExportLink(t *testing.T) {
	m := exporting(t)
	m.exports()
	first := m.link()
	m.skew.Add(int64(11 * time.Minute))
	m.exports()
	m.until("the first link is over", func() bool { return !m.bridge.Exports().Waits(first) })
	second := m.link()
	if taken, _ := m.bridge.Exports().Take("somebody's guess"); taken != nil {
		t.Error("a guess was right")
	}
	m.skew.Add(int64(61 * time.Minute))
	if taken, _ := m.bridge.Exports().Take(second); taken != nil || m.bridge.Exports().Waits(second) {
		t.Error("it waits too long")
	}
	m.exports()
	third := m.link()
	m.stop()
	m.start()
	if m.bridge.Exports().Waits(third) {
		t.Error("it outlives the process")
	}
}

// TestExportFile: without a page the copy comes as a file, and goes again.
func TestExportFile(t *testing.T) {
	m := newMover(newWorld(t))
	must(m.kaisa.Say(m.kaisa.room, "hei vaan"))
	m.spoken(m.aino, "hei vaan")
	m.exports()
	find := func() (address string) {
		for _, ev := range m.own.Timeline(m.own.room) {
			if ev.Content["msgtype"] == "m.file" {
				address, _ = ev.Content["url"].(string)
			}
		}
		return address
	}
	address := ""
	m.until("the file is there", func() bool { address = find(); return address != "" })
	_, all := unpack(t, m.hs.Media()[address].Content)
	if len(all.Conversations) != 1 || len(all.Conversations[0].Messages) != 3 || all.Conversations[0].Messages[2].Text != "hei vaan" {
		t.Errorf("got %+v", all)
	}
	m.hears(m.own, "in the file above")
	m.skew.Add(int64(25 * time.Hour))
	m.stop() // what is due later is looked at anew
	m.start()
	m.until("the file is gone", func() bool { return find() == "" && len(m.hs.Media()[address].Content) == 0 })
}

// TestExportWithoutRoom: a leg that is lost is left out, and a homeserver that
// does not answer is asked again.
func TestExportWithoutRoom(t *testing.T) {
	m := exporting(t)
	failed := 0
	m.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "GET rooms/*/messages" && failed < 2 {
			failed++
			return hs.Fault{Status: http.StatusBadGateway}
		}
		return hs.Fault{}
	})
	must(m.kaisa.Say(m.kaisa.room, "hei vaan"))
	m.spoken(m.aino, "hei vaan")
	m.exports()
	file, err := m.bridge.Exports().Take(m.link())
	if err != nil {
		t.Fatal(err)
	}
	if _, all := unpack(t, file); len(all.Conversations) != 1 || failed != 2 {
		t.Errorf("got %+v after %d failures", all, failed)
	}
	if err := m.bridge.Do(context.Background(), func(a *mentoring.Act) error {
		member, err := a.Tx.Member(m.id)
		if err != nil {
			return err
		}
		return a.Export(member)
	}); err == nil {
		t.Error("again at once")
	}
}
