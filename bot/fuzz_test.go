package bot_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"silta/bot"
)

// FuzzHandle: whatever is written or tapped, wherever, by whomever: no crash,
// no fault, and an answer to whoever speaks to the bot.
func FuzzHandle(f *testing.F) {
	for _, text := range []string{
		"", "!", "hei", "1", "999999999999", "valitse 1", "!end", "borta till 31.2.", "away until 9999-99-99", "\xff\xfe", "a\u0308\u0308\u0308",
		"mentori kutsu @:", "mentor invite @a:b c", strings.Repeat("ä", 70000), strings.Repeat("1 ", 5000), "AAAA-BBBB-CCCC-DDDD", "\u202e!pleh",
		"card\u0000", "kortti -1", "open １", "{alias}", "status {p}", "🏳️‍🌈", "👍", "%s%d", "return 1", "claim", "kieli", "<b>", "1.2.", "peru", "valmis",
	} {
		for _, place := range []uint8{0, 1, 2} {
			f.Add(text, place, uint8(0), int64(0))
		}
		f.Add(text, uint8(0), uint8(1), int64(1))
	}
	w := newWorld(f, "fi")
	w.mentor("kaisa", "Kanerva", "work")
	w.mentee("aino", "Otter")
	w.meet("uusi")
	w.handle("aino", bot.Request{Input: bot.Input{Text: "mentorit"}})
	w.handle("aino", bot.Request{Input: bot.Input{Text: "valitse 1"}})
	legs := w.leg("aino", "Kanerva")
	f.Fuzz(func(t *testing.T, text string, place, kind uint8, menu int64) {
		w.t = t
		for _, name := range []string{"aino", "kaisa", "sari", "uusi"} {
			r := bot.Request{Place: bot.Place(place % 3), Input: bot.Input{Kind: bot.InputKind(kind % 3), Text: text, Key: text, Menu: menu}}
			if r.Place == bot.Leg {
				if name != "aino" {
					continue
				}
				r.Participant = legs
			}
			answer := w.handle(name, r)
			silent := r.Input.Kind == bot.Button && menu == 0
			if r.Place == bot.Management && !silent && len(answer.Lines) == 0 {
				t.Errorf("%s got no answer to %q", name, text)
			}
			if r.Place == bot.Leg && r.Input.Kind == bot.Text && w.bot.IsCommand(text) && len(answer.Lines) == 0 {
				t.Errorf("a command in a leg got no answer: %q", text)
			}
			for _, l := range answer.Lines {
				if strings.TrimSpace(l.Text) == "" || !utf8.ValidString(l.Text) && utf8.ValidString(text) {
					t.Errorf("%s got an unfit line for %q: %q", name, text, l.Text)
				}
			}
		}
	})
}
