package e2e

import (
	"fmt"
	"strings"
	"testing"

	"silta/dev"
)

// TestQuestions: staff write a question by command; it comes to three people in
// encrypted rooms, and is answered by a tap with matrix-js-sdk, by a typed number
// with matrix-nio, and by a vote in the poll. Feedback goes to staff and an answer
// finds its way back.
func TestQuestions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dev.Set("programmes", map[string]any{"mentoring": map[string]any{
		"questions": map[string]any{"hours": []string{}, "polls": true},
	}}))
	tapper := w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "sv", w.nickname())
	typist := w.Mentee(dev.Nio(t, w.account(t), dev.Encrypted()), "fi", w.nickname())
	voter := w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "en", w.nickname())
	at := map[*dev.Person]int{tapper: tapper.Mark(), typist: typist.Mark(), voter: voter.Mark()}

	skip := w.Words.Answer("fi", "skip")
	w.Staff.Command("question", w.Words.Answer("fi", "add"), "qedit.kind")
	for _, step := range [][2]string{
		{"1", "qedit.text"}, {"Kuinka hyvin sinulla menee?", "qedit.text"}, {"Hur har du det?", "qedit.text"}, {"How are you?", "qedit.scale"},
		{"0 100 50", "qedit.low"}, {"huonosti / dåligt / badly", "qedit.high"}, {"hyvin / bra / well", "qedit.role"},
		{"1", "qedit.unit"}, {"1", "qedit.days"}, {skip, "qedit.messages"}, {skip, "qedit.after"}, {skip, "qedit.age"}, {skip, "qedit.reminders"},
		{skip, "qedit.repeat"}, {skip, "qedit.start"}, {"1", "question.started"},
	} {
		w.Staff.Asks(step[0], step[1])
	}

	for p, words := range map[*dev.Person]string{tapper: "Hur har du det?", typist: "Kuinka hyvin sinulla menee?", voter: "How are you?"} {
		asked, _ := p.HearsIn(p.Room, at[p], "asked.head")
		if !asked.Encrypted || !strings.Contains(asked.Body(), words) {
			t.Errorf("asked (encrypted: %v):\n%s", asked.Encrypted, asked.Body())
		}
		switch p {
		case tapper:
			p.Tap(asked.ID, "1️⃣")
		case typist:
			p.Say("100")
		case voter:
			poll := p.Await(at[p], "the poll", func(e dev.Event) bool { return e.Room == p.Room && e.Type == pollKind+"start" })
			if !poll.Encrypted {
				t.Error("the poll is not encrypted")
			}
			at[p] = p.Mark()
			p.Send(p.Room, pollKind+"response", map[string]any{
				"m.relates_to":        map[string]any{"rel_type": "m.reference", "event_id": poll.ID},
				pollKind + "response": map[string]any{"answers": []any{"1"}},
			})
			p.HearsIn(p.Room, at[p], "asked.thanks")
			continue
		}
		p.Hears("asked.thanks")
	}

	codesigned(t, w, tapper, typist)
	closingAsked(t, w, voter)
	mark := w.StaffRoom.Mark()
	typist.Asks(w.Words.Command("fi", "feedback")+" kaikki on hyvin", "remark.done.feedback")
	head := w.StaffRoom.Await(mark, "the feedback", func(e dev.Event) bool {
		return e.Room == w.StaffRoom.Room && strings.Contains(e.Body(), "kaikki on hyvin")
	})
	if strings.Contains(head.Body(), typist.UserID) {
		t.Error("staff see who wrote")
	}
	mark = typist.Mark()
	w.StaffRoom.Send(w.StaffRoom.Room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": "!" + w.Words.Command("fi", "remarks") + " " + w.Words.Answer("fi", "reply") + " kiitos siitä",
		"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": head.ID},
	})
	reply, _ := typist.HearsIn(typist.Room, mark, "remark.reply")
	if !strings.Contains(reply.Body(), "kiitos siitä") {
		t.Errorf("the answer:\n%s", reply.Body())
	}
}

// codesigned: two people join the group that thinks about the service, each under a
// name of this group only, and talk there with each other and with staff.
func codesigned(t *testing.T, w *world, people ...*dev.Person) {
	t.Helper()
	desk := w.Staff.Mark()
	w.StaffRoom.Asks("!"+w.Words.Command("fi", "codesign")+" "+w.Words.Answer("fi", "open"), "codesign.opened")
	seats := []seat{{w.Staff, w.Staff.AwaitLeg(desk), ""}}
	for _, p := range people {
		mark := p.Mark()
		p.Command("codesign", "", "codesign.sure")
		_, alias := p.Yes("codesign.joined")
		if strings.Contains(alias[0], "Kuura") { // as all nicknames here
			t.Errorf("in the group they have the name %s", alias[0])
		}
		seats = append(seats, seat{p, p.AwaitLeg(mark), alias[0]})
	}
	for i, from := range seats {
		text := fmt.Sprintf("ehdotus %d", i)
		from.Text(from.leg, text)
		for j, to := range seats {
			if i == j {
				continue
			}
			e := to.AwaitText(to.leg, text)
			if !e.Encrypted || !strings.HasPrefix(e.Sender, "@silta_") || strings.Contains(string(e.Raw), from.UserID) {
				t.Errorf("%q came as %s", text, e.Raw)
			}
		}
	}
	over := seats[1].Mark()
	w.StaffRoom.Asks("!"+w.Words.Command("fi", "codesign")+" "+w.Words.Answer("fi", "end"), "codesign.ended")
	seats[1].HearsIn(seats[1].leg, over, "chat.ended")
}

// closingAsked: whoever ends a conversation is asked whether it helped, and why it
// ended, with a tap each.
func closingAsked(t *testing.T, w *world, mentee *dev.Person) {
	t.Helper()
	card := w.card()
	mentor := w.Mentor(dev.Plain(t, w.account(t)), "fi", card)
	leg, theirs := w.Conversation(mentee, mentor, card.Alias, "a short question")
	mentor.Text(theirs, "lyhyt vastaus")
	mentee.AwaitText(leg, "lyhyt vastaus")
	at := mentee.Mark()
	talk := mentee.In(leg)
	talk.Asks("!"+w.Words.Command("en", "end"), "end.sure")
	talk.Asks("!"+w.Words.Answer("en", "yes"), "end.done")
	helped, alias := mentee.HearsIn(mentee.Room, at, "closing.helped")
	if alias[0] != card.Alias || !helped.Encrypted {
		t.Errorf("asked about %s: %s", alias[0], helped.Raw)
	}
	mentee.Tap(helped.ID, "1️⃣")
	why, _ := mentee.Hears("closing.why")
	mentee.Tap(why.ID, "5️⃣")
	mentee.Hears("asked.thanks")
	mentee.Tap(why.ID, "4️⃣") // a second tap changes nothing
	mentee.Hears("menu.stale")
}
