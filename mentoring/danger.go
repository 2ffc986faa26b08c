package mentoring

import "time"

// DangerWords finds in a text what people write who may be in danger: words of
// wanting to die, of being hurt, of being afraid of somebody. It is made to find
// most and to be wrong now and then, so nothing follows from it but that help is
// shown to the writer (feature S9).
type DangerWords interface {
	Danger(text string) bool
}

// ShowsHelp says whether help is shown to a participant in whose words danger
// was found. Never to staff; and it must be switched on for the programme.
func (a *Act) ShowsHelp(p Programme, role Role) bool {
	return a.Rules.Programme(p).DangerWords && (role == Mentee || role == Mentor)
}

// HelpAgain is for how long help is not shown again to the same person.
func (a *Act) HelpAgain(p Programme) time.Duration { return a.Rules.Programme(p).DangerAgain }

// AnyDangerWords says whether any programme looks for danger: else nothing needs
// to be looked through.
func (r *Rules) AnyDangerWords() bool {
	for _, p := range r.Programmes {
		if p.DangerWords {
			return true
		}
	}
	return false
}
