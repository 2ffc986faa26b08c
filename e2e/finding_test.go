package e2e

import (
	"strings"
	"testing"
	"time"

	"silta/dev"
	"silta/mentoring"
)

// TestFinding is the way from an invitation to the mentor's digest of the month, with
// everything that the programme asks for by default, encrypted, the mentor with
// matrix-js-sdk and the mentee with matrix-nio: the guide, the card, what staff
// note, the list, choosing, a message, a canned answer, thanks; a second mentee who
// asks whoever is free, and changes; a month later.
func TestFinding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dev.Set("programmes", map[string]any{}))
	card := w.card()
	mentor := w.Mentor(dev.JSSDK(t, w.account(t), dev.Encrypted()), "fi", card)
	mentee := w.Mentee(dev.Nio(t, w.account(t), dev.Encrypted()), "sv", w.nickname())

	// Looked for in another language than the card's.
	list, _ := mentee.Command("mentors", "finska "+card.Area, "mentors.by")
	if !strings.Contains(list.Body(), card.Alias) {
		t.Errorf("not found by language and area:\n%s", list.Body())
	}
	mentee.Command("mentors", "vapaaehtoinen", "mentors.none_by")
	menteeLeg, mentorLeg := w.Conversation(mentee, mentor, card.Alias, "hej, första meddelandet")

	// What staff keep, the mentor says with one word; the other reads it in their
	// own language, as the mentor's own words.
	say := "!" + w.Words.Command(w.Staff.Language, "canned") + " " + w.Words.Answer(w.Staff.Language, "add")
	w.StaffRoom.Asks(say+" moi fi Hei ja tervetuloa!", "canned.kept")
	w.StaffRoom.Asks(say+" moi sv Hej och välkommen!", "canned.kept")
	mentor.Text(mentorLeg, "!"+w.Words.Command("fi", "say")+" moi")
	answer := mentee.AwaitText(menteeLeg, "Hej och välkommen!")
	if answer.Sender == mentee.Bot || !answer.Encrypted {
		t.Errorf("the canned text came from %s, encrypted: %v", answer.Sender, answer.Encrypted)
	}
	asksAnyone(t, w, mentor)
	thanked := mentor.Mark()
	mentee.Text(menteeLeg, "!"+w.Words.Command("sv", "thanks"))
	mentor.HearsIn(mentor.Room, thanked, "thanks.got")
	digest(t, w, mentor)
}

// digest: on the first of the next month each mentor is told what they did. The
// program's own parts live through that moment while the program is down.
func digest(t *testing.T, w *world, mentor *dev.Person) {
	t.Helper()
	mark := mentor.Mark()
	w.Term()
	next := time.Now().AddDate(0, 0, 32)
	err := besides(t.Context(), w.ConfigFile(), func() time.Time { return next }, func(a *mentoring.Act) error {
		_, err := a.Tick()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Start()
	told, figures := mentor.HearsIn(mentor.Room, mark, "digest.thanked")
	if figures[1] != "2" || figures[4] != "1" || !told.Encrypted {
		t.Errorf("the digest of two conversations and one thanks: %s", told.Body())
	}
}

// asksAnyone: a mentee asks, the mentor takes it by tapping the card, which then
// says that it is over; the mentee goes on with somebody else.
func asksAnyone(t *testing.T, w *world, mentor *dev.Person) {
	t.Helper()
	other := w.mentee(t)
	before := mentor.Mark()
	other.Command("ask", "", "ask.topic")
	skip := w.Words.Answer("fi", "skip")
	other.Asks(skip, "ask.words")
	other.Asks("Olisiko jollakulla aikaa?", "ask.preview")
	mark := other.Mark()
	other.Yes("ask.done")
	offer, number := mentor.HearsIn(mentor.Room, before, "ask.card")
	if !strings.Contains(offer.Body(), "Olisiko jollakulla aikaa?") {
		t.Errorf("the card has not the words:\n%s", offer.Body())
	}
	mentor.Tap(offer.ID, "👍")
	mentor.Hears("ask.yours")
	other.HearsIn(other.Room, mark, "ask.claimed")
	mentor.Await(before, "the card that says it is over", func(e dev.Event) bool {
		return e.Room == mentor.Room && strings.Contains(e.Body(), number[0]) && e.Text("m.relates_to", "event_id") == offer.ID && e.Text("m.relates_to", "rel_type") == "m.replace"
	})
	leg := other.AwaitLeg(mark)
	at := mentor.Mark()
	other.Text(leg, "kiitos, että otit")
	theirs := mentor.AwaitLeg(at)
	mentor.AwaitText(theirs, "kiitos, että otit")
	mentor.Text(theirs, "ole hyvä")
	other.AwaitText(leg, "ole hyvä")

	other.Text(leg, "!"+w.Words.Command("fi", "change"))
	other.HearsIn(leg, mark, "change.ask")
	at = mentor.Mark()
	other.Text(leg, "!2")
	other.HearsIn(leg, mark, "change.ended")
	mentor.HearsIn(theirs, at, "chat.changed")
}
