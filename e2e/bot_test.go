package e2e

import (
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// hello: whoever invites the bot gets one line and an invitation to a room that
// the bot made; the bot leaves theirs. Doing it again changes nothing.
func hello(t *testing.T, w *world) {
	c := dev.JSSDK(t, w.account(t), dev.Encrypted())
	for round := range 2 {
		mark := c.Mark()
		own := c.Create(map[string]any{"preset": "trusted_private_chat", "is_direct": true, "invite": []string{w.Bot}})
		c.Await(mark, "the bot's line", func(e dev.Event) bool {
			return e.Room == own && e.Type == "m.room.message" && e.Sender == w.Bot
		})
		c.Await(mark, "the bot's leaving", func(e dev.Event) bool {
			return e.Room == own && e.Type == "m.room.member" && e.Sender == w.Bot && e.Text("membership") == "leave"
		})
		lines := 0
		for _, e := range c.Events(mark) {
			if e.Room == own && e.Type == "m.room.message" {
				lines++
			}
		}
		if lines != 1 {
			t.Errorf("round %d: the bot wrote %d lines, want 1", round, lines)
		}
	}
	invited := map[string]bool{}
	c.Await(0, "an invitation by the bot", dev.Membership("", "invite"))
	time.Sleep(300 * time.Millisecond) // for a second room, if there were one
	for _, e := range c.Events(0) {
		if dev.Membership("", "invite")(e) {
			invited[e.Room] = true
		}
	}
	if len(invited) != 1 {
		t.Errorf("%d rooms with the bot, want one", len(invited))
	}
}

// languages: joining in all three, once by tapping reactions only.
func languages(t *testing.T, w *world) {
	for _, language := range []string{"fi", "sv", "en"} {
		t.Run(language, func(t *testing.T) {
			p := w.Mentee(dev.Plain(t, w.account(t)), language, w.nickname())
			p.Command("help", "", "help.answers")
		})
	}
	t.Run("by tapping", func(t *testing.T) { joinByTapping(t, w) })
}

func joinByTapping(t *testing.T, w *world) {
	p := w.Meet(dev.JSSDK(t, w.account(t), dev.Encrypted()), w.Words)
	p.Language = "en"
	tap := func(line dev.Event, key string) {
		t.Helper()
		// The bot puts the reactions there, so that people only have to tap.
		p.Await(0, "the bot's reaction "+key, func(e dev.Event) bool {
			return e.Type == "m.reaction" && e.Sender == w.Bot && e.Text("m.relates_to", "event_id") == line.ID &&
				plain(e.Text("m.relates_to", "key")) == plain(key)
		})
		p.Tap(line.ID, key)
	}
	asked, _ := p.Hears("language.ask")
	tap(asked, "3️⃣")
	asked, _ = p.Hears("join.age")
	tap(asked, "👍")
	asked, _ = p.Hears("join.consent")
	tap(asked, "👍🏽") // some clients add a colour
	asked, _ = p.Hears("join.nickname")
	tap(asked, "2️⃣")
	p.Hears("join.done")
}

// commands in a conversation are obeyed or answered, and never relayed.
func commands(t *testing.T, w *world) {
	p := w.pair(t)
	silent := p.mentor.Mark()
	for _, text := range []string{"!mentrs", "!apau", "  !help", "！help", "!zzz jotain"} {
		mark := p.mentee.Mark()
		p.mentee.Text(p.menteeLeg, text)
		p.mentee.Await(mark, "an answer to "+text, func(e dev.Event) bool {
			return e.Room == p.menteeLeg && e.Sender == w.Bot && e.Type == "m.room.message"
		})
	}
	// An exclamation mark alone is no command.
	p.mentee.Text(p.menteeLeg, "!!! vihdoin")
	p.mentor.AwaitText(p.mentorLeg, "!!! vihdoin")
	p.mentor.Never(silent, 0, "a command", func(e dev.Event) bool {
		return e.Room == p.mentorLeg && e.Type == "m.room.message" && (strings.Contains(e.Body(), "mentrs") ||
			strings.Contains(e.Body(), "apau") || strings.Contains(e.Body(), "help") || strings.Contains(e.Body(), "zzz"))
	})
	editsRunNothing(t, w, p)
	notSilent(t, p.mentee)
}

// editsRunNothing: changing an old text into a command neither runs nor relays it.
func editsRunNothing(t *testing.T, w *world, p *pair) {
	event := p.mentee.Text(p.menteeLeg, "harmiton")
	p.mentor.AwaitText(p.mentorLeg, "harmiton")
	staff := w.StaffRoom.Mark()
	p.mentee.Edit(p.menteeLeg, event, "!urgent")
	p.mentee.Text(p.menteeLeg, "perästä")
	p.mentor.AwaitText(p.mentorLeg, "perästä")
	w.StaffRoom.Never(staff, 300*time.Millisecond, "an alarm", func(e dev.Event) bool {
		return e.Room == w.StaffRoom.Room && e.Sender == w.Bot
	})
}

// notSilent: in their own room people always get an answer.
func notSilent(t *testing.T, p *dev.Person) {
	for _, text := range []string{"hölynpölyä", "42", "mentoritt", "?", strings.Repeat("pitkä ", 500)} {
		p.Say(text)
		p.HearsWords()
	}
	p.Say("apau") // one letter away from apua, help
	p.HearsWords("apua")
}
