package mentoring

import "errors"

// ErrNotFound is returned by [Tx] when there is no such row. Use cases turn it
// into a Refusal where a person asked for something that is not there.
var ErrNotFound = errors.New("not found")

// unfound leaves faults only where a row may be missing.
func unfound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Text is something to be told to a person: a key of the language files and
// the values for its placeholders. Values may be strings, integers, times,
// other Texts, or slices of those (joined with commas).
type Text struct {
	Key  string
	Args Args
}

// TextKey and TextArgs let a Text stand inside another one; the locale package
// asks for them.
func (t Text) TextKey() string { return t.Key }

// TextArgs returns the values by name; see TextKey.
func (t Text) TextArgs() map[string]any { return t.Args }

// Args are the values for a Text's placeholders, by name.
type Args map[string]any

// T makes a Text; pairs are name, value, name, value …
func T(key string, pairs ...any) Text {
	if len(pairs) == 0 {
		return Text{Key: key}
	}
	args := make(Args, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return Text{Key: key, Args: args}
}

// Refusal is a rule that said no. It is an answer, not a fault: the person is
// told Text in their own language, nothing was written, nothing is retried.
type Refusal struct{ Text Text }

// Error names the rule by its text key; it never carries anything a person wrote.
func (r *Refusal) Error() string { return "refused: " + r.Text.Key }

// Refuse makes a Refusal from a text key and its placeholder values.
func Refuse(key string, pairs ...any) *Refusal { return &Refusal{Text: T(key, pairs...)} }
