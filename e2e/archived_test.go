package e2e

import (
	"strings"

	"silta/dev"
)

// archivedKinds: by the push rules of an account as the homeserver makes it, and
// as matrix-js-sdk reads them (to which a poll itself is silent anyway), nothing of what comes to an archived leg asks for a
// sound: words, a picture, a poll. The picture is shown all the same. When the
// person has written there, everything does again.
func (c *talk) archivedKinds(w *world, picture sent) {
	t, reader, writer := c.t, c.seats[0], c.seats[1]
	mark := reader.Mark()
	reader.Text(reader.leg, "!"+w.Words.Command("fi", "archive"))
	reader.HearsIn(reader.leg, mark, "archive.done")
	from := func(kind string, is func(dev.Event) bool) dev.Event {
		t.Helper()
		return reader.Await(mark, kind, func(e dev.Event) bool {
			return e.Room == reader.leg && e.Sender != reader.UserID && e.Sender != reader.Bot && is(e)
		})
	}
	isPicture := func(e dev.Event) bool { return e.Text("msgtype") == "m.image" }
	isFile := func(e dev.Event) bool { return e.Text("m.new_content", "msgtype") == "m.image" }
	isPoll := func(e dev.Event) bool { return e.Type == pollKind+"start" }
	isItsText := func(e dev.Event) bool { return e.Type == "m.room.message" && strings.Contains(e.Body(), "1. Joo") }

	writer.Text(writer.leg, "hiljaa vain")
	quiet := []dev.Event{from("words", func(e dev.Event) bool { return e.Body() == "hiljaa vain" })}
	c.sends(1, picture, "", nil)
	file := from("a picture", isFile)
	notice := from("its notice", func(e dev.Event) bool { return e.ID == file.Text("m.relates_to", "event_id") })
	writer.Send(writer.leg, pollKind+"start", poll("Kävisikö?"))
	quiet = append(quiet, file, notice, from("a poll", isPoll), from("its text", isItsText))
	for _, e := range quiet {
		if !e.Encrypted || e.Notify {
			t.Errorf("%s %q: encrypted %v, asks for a sound %v", e.Type, e.Body(), e.Encrypted, e.Notify)
		}
	}
	shown := false
	for _, m := range reader.View(reader.leg) {
		shown = shown || m.ID == notice.ID && m.MsgType == "m.image"
	}
	if !shown {
		t.Error("the picture is not shown in the place of its notice")
	}

	mark = reader.Mark()
	reader.Text(reader.leg, "olen täällä taas")
	writer.AwaitText(writer.leg, "olen täällä taas")
	c.sends(1, picture, "", nil)
	writer.Send(writer.leg, pollKind+"start", poll("Entä nyt?"))
	writer.Text(writer.leg, "huomaatko")
	for _, e := range []dev.Event{from("a picture", isPicture), from("the text of a poll", isItsText), from("words", func(e dev.Event) bool { return e.Body() == "huomaatko" })} {
		if !e.Notify {
			t.Errorf("%s %q asks for no sound", e.Type, e.Body())
		}
	}
}

func poll(question string) map[string]any {
	answers := []map[string]any{{"id": "a", "org.matrix.msc1767.text": "Joo"}, {"id": "b", "org.matrix.msc1767.text": "Ei"}}
	return map[string]any{"org.matrix.msc1767.text": question, pollKind + "start": map[string]any{
		"kind": pollKind + "disclosed", "max_selections": 1, "question": map[string]any{"org.matrix.msc1767.text": question}, "answers": answers}}
}
