package bot

import (
	"time"

	"silta/mentoring"
)

// CommandOf is the name of the command that a word stands for, wherever it may
// be given; empty if there is none.
func (b *Bot) CommandOf(w string) string {
	if f, ok := b.byWord[word(w)]; ok {
		return b.commands[f.at].name
	}
	return ""
}

// CommandNames are the names in the table.
func CommandNames() []string {
	var names []string
	for _, c := range append(table(), caseTable()...) {
		names = append(names, c.name)
	}
	return names
}

// Fold, Distance, Number, Numbers and Keycap are the readers of words.
func Fold(s string) string        { return word(s) }
func Distance(a, b string) int    { return distance(a, b) }
func Number(s string) int         { return number(s) }
func Numbers(s string) []int      { return numbers(s) }
func Keycap(n int) string         { return keycap(n) }
func (b *Bot) Yes(s string) bool  { r := b.typed(s); yes, ok := r.decision(); return ok && yes }
func (b *Bot) No(s string) bool   { r := b.typed(s); yes, ok := r.decision(); return ok && !yes }
func TappedNumber(key string) int { return tapped(key).number }
func TappedYes(key string) bool   { return tapped(key).yes }
func TappedSkip(key string) bool  { return tapped(key).skip }
func Day(s string, now time.Time, zone *time.Location) (time.Time, bool) {
	t, _, ok := day(s, now, zone)
	return t, ok
}

// StaffCommands are those of staff, with what the policy must allow.
func StaffCommands() map[string]mentoring.Action {
	all := map[string]mentoring.Action{}
	for _, c := range append(staffCommands(), caseTable()...) {
		all[c.name] = c.may
	}
	return all
}
