package bot_test

import (
	"testing"

	"silta/bot"
	"silta/locale"
	"silta/mentoring"
)

// TestStaffCommandsOfOthers: whoever writes a command of staff without the role for
// it does nothing with it, wherever they write it and in whatever language: a
// mentee, a mentor, an evaluator, somebody who has only just come, and whoever has
// put themselves into the staff room. Neither the audit nor anybody learns of it.
func TestStaffCommandsOfOthers(t *testing.T) {
	w := newWorld(t, "en")
	w.staff("sari")
	w.mentor("kaisa", "Kanerva", "work")
	w.mentee("aino", "Otter")
	w.meet("guest")
	w.meet("evaluator")
	w.must(func(a *mentoring.Act) error {
		return a.Tx.PutMembership(&mentoring.Membership{
			Member: w.people["evaluator"], Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
			Role: mentoring.Evaluator, State: mentoring.Active, Created: w.now,
		})
	})
	w.join("evaluator", "Haukka")
	head := func() (h mentoring.AuditHead) {
		w.must(func(a *mentoring.Act) (err error) { h, err = a.Tx.AuditHead(); return err })
		return h
	}
	before, tried := head(), 0
	for _, name := range []string{"aino", "kaisa", "guest", "evaluator"} {
		var memberships []mentoring.Membership
		w.must(func(a *mentoring.Act) (err error) { memberships, err = a.Tx.Memberships(w.people[name]); return err })
		for command, action := range bot.StaffCommands() {
			if mentoring.May(memberships, action) {
				continue
			}
			for _, lang := range locale.Languages() {
				word := w.cat.Commands(lang)[command][0]
				for _, rest := range []string{"", " 1", " 1 1 because I want to know it very much", " 1 yes"} {
					for place, mark := range map[bot.Place]string{bot.Management: "", bot.Staff: "!"} {
						if place == bot.Management && name == "guest" {
							continue // who has not joined is asked for what joining needs
						}
						for _, text := range []string{mark + word + rest, mark + "yes"} {
							w.handle(name, bot.Request{Place: place, Input: bot.Input{Kind: bot.Text, Text: text}})
							if tried++; len(w.effects) > 0 {
								t.Errorf("%s wrote %q: %+v", name, text, w.effects)
							}
						}
					}
				}
			}
		}
	}
	if got := head(); got.String() != before.String() && before.Number > 0 {
		t.Errorf("the audit went from %d to %d", before.Number, got.Number)
	}
	if tried < 500 {
		t.Errorf("only %d were tried", tried)
	}
}
