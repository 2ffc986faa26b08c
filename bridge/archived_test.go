package bridge_test

import (
	"slices"
	"strings"
	"testing"
)

// TestArchivedLeg: what comes to a leg that its person has archived is a notice,
// and its edits, too; when they write it is as before. A heart is thanks.
func TestArchivedLeg(t *testing.T) {
	w := newWorld(t)
	mentee, mentor := w.mentoringPair(t)
	w.readsAlways(mentor)
	must(mentee.Say(mentee.room, "!archive"))
	w.told(mentee, "Archived")
	first := must(mentor.Say(mentor.room, "hei"))
	must(mentor.Edit(mentor.room, first, "moi"))
	kinds := func() (list []string) {
		for _, m := range mentee.View(mentee.room) {
			if m.Sender != mentee.ID && m.Sender != "@silta:test" {
				list = append(list, m.Kind)
			}
		}
		return list
	}
	w.until("it comes as a notice", func() bool { k := kinds(); return len(k) == 1 && k[0] == "m.notice" })
	must(mentee.Say(mentee.room, "täällä"))
	w.sees(mentor, "täällä")
	must(mentor.Say(mentor.room, "kiva"))
	w.until("it comes as words", func() bool { k := kinds(); return len(k) == 2 && k[1] == "m.text" })
	view := mentee.View(mentee.room)
	must(mentee.React(mentee.room, view[len(view)-1].Event, "❤️"))
	w.until("the mentor is thanked", func() bool {
		for _, room := range append(mentor.Rooms("invite"), mentor.Rooms("join")...) {
			if room != mentor.room && !w.isLeg(room) {
				return true // their own room is made to tell them
			}
		}
		return false
	})
}

// TestArchivedFile: a file comes to an archived leg as the edit of a notice, of
// which clients do not notify; what is done with it afterwards finds it, and
// taking it back takes both.
func TestArchivedFile(t *testing.T) {
	w := newWorld(t, carriesMedia)
	mentee, mentor := w.mentoringPair(t)
	w.readsAlways(mentor)
	must(mentee.Say(mentee.room, "!archive"))
	w.told(mentee, "Archived")
	type came struct {
		event, kind, edits, body, url string
		redacted                      bool
		inner                         map[string]any
	}
	theirs := func() (list []came) {
		for _, ev := range mentee.Timeline(mentee.room) {
			if ev.Type != "m.room.message" || ev.Sender == mentee.ID || ev.Sender == "@silta:test" {
				continue
			}
			one := came{event: ev.ID, redacted: len(ev.Content) == 0}
			one.kind, _ = ev.Content["msgtype"].(string)
			one.body, _ = ev.Content["body"].(string)
			if to, ok := ev.Content["m.relates_to"].(map[string]any); ok && to["rel_type"] == "m.replace" {
				one.edits, _ = to["event_id"].(string)
			}
			if inner, ok := ev.Content["m.new_content"].(map[string]any); ok {
				one.url, _ = inner["url"].(string)
				one.inner = inner
			}
			list = append(list, one)
		}
		return list
	}
	picture := mentor.shows(mentor.Upload(photo(300, 200)), "Ranta")
	w.until("the picture comes", func() bool { return len(theirs()) == 2 })
	notice, file := theirs()[0], theirs()[1]
	if notice.kind != "m.notice" || notice.edits != "" || !strings.HasPrefix(notice.body, "A picture. ") {
		t.Errorf("first came %+v", notice)
	}
	if file.kind != "m.notice" || file.edits != notice.event || file.url == "" {
		t.Errorf("then came %+v", file)
	}
	w.clean(file.inner, "image.jpg")
	must(mentee.React(mentee.room, notice.event, "👍"))
	w.until("the reaction is to the picture", func() bool {
		for _, m := range mentor.View(mentor.room) {
			if m.Event == picture && len(m.Reactions) == 1 {
				return true
			}
		}
		return false
	})
	must(mentor.Send(mentor.room, "m.room.message", map[string]any{
		"msgtype": "m.image", "body": "* Meri", "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": picture},
		"m.new_content": map[string]any{"msgtype": "m.image", "body": "Meri", "filename": "x.jpg", "url": mentor.Upload(photo(300, 200))},
	}))
	w.until("the caption is another", func() bool { return len(theirs()) == 3 })
	if edit := theirs()[2]; edit.edits != notice.event || edit.url != file.url || edit.body != "* Meri" {
		t.Errorf("the edit is %+v, of %+v", edit, file)
	}
	mentor.takesBack(picture)
	w.until("all of it is taken back", func() bool {
		return !slices.ContainsFunc(theirs(), func(c came) bool { return !c.redacted })
	})
	must(mentee.Say(mentee.room, "täällä"))
	w.sees(mentor, "täällä")
	mentor.shows(mentor.Upload(photo(300, 200)), "Kallio")
	w.until("the next comes as it is", func() bool {
		list := theirs()
		return len(list) == 4 && list[3].kind == "m.image" && list[3].edits == ""
	})
}
