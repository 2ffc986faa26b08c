package e2e

import (
	"strings"
	"testing"

	"silta/dev"
)

// guard: what a mentee writes of how to reach them waits for their word, and
// nothing else does.
func guard(t *testing.T, w *world) {
	card := w.card()
	mentor := w.Mentor(dev.Plain(t, w.account(t)), "en", card)
	mentee := w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "fi", w.nickname())
	leg, mentorLeg := w.Conversation(mentee, mentor, card.Alias, "aivan ensimmäinen")
	here := mentee.In(leg)

	here.Say("soita 040 111 2223")
	first, _ := here.Hears("guard.ask")
	here.Say("tai 0402223334 illalla")
	here.Hears("guard.ask")
	here.Say("tämä menee perille")
	mentor.AwaitText(mentorLeg, "tämä menee perille")

	here.Say("!" + w.Words.Command("fi", "hide")) // about the last one
	here.Hears("guard.hide")
	hidden := "tai " + w.Words.Text("en", "guard.word") + " illalla"
	mentor.AwaitText(mentorLeg, hidden)
	here.Tap(first.ID, "1️⃣")
	here.Hears("guard.send")
	mentor.AwaitText(mentorLeg, "soita 040 111 2223")

	here.Say("insta: oikeatili99")
	again, _ := here.Hears("guard.ask")
	here.Tap(again.ID, "3️⃣")
	here.Hears("guard.drop")

	event := here.Say("soita 0403334445")
	here.Hears("guard.ask")
	mentee.Edit(leg, event, "en kerro numeroa")
	mentor.AwaitText(mentorLeg, "en kerro numeroa")
	for _, e := range mentor.Events(0) {
		for _, secret := range []string{"0402223334", "oikeatili99", "0403334445"} {
			if strings.Contains(string(e.Raw), secret) {
				t.Errorf("the mentor can read %s: %s", secret, e.Raw)
			}
		}
	}
}
