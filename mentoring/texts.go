package mentoring

import (
	"fmt"
	"time"
)

// TextVersion is a text of the service as staff have rewritten it in one
// language (feature T5). The newest version of a text is in force; those before
// it are its history, which is never changed.
type TextVersion struct {
	ID        int64
	Key       string
	Language  Language
	Programme Programme
	Unit      Unit
	Words     string // sealed at rest; empty: back to the text that the service came with
	Author    MemberID
	Changed   time.Time
}

// RewordTexts puts the texts that staff have rewritten in force.
type RewordTexts struct{}

func (RewordTexts) effect() {}

// SetText puts a text in force, in one language; with empty words it is again
// what the service came with. Whether there is such a text, and whether the
// words fit it, the caller has seen to.
func (a *Act) SetText(staff Member, key string, lang Language, words string) error {
	before, err := a.putText(staff, key, lang, words)
	if err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoText, Key: key, Language: lang, Text: before})
}

// putText also gives what was in force before.
func (a *Act) putText(staff Member, key string, lang Language, words string) (before string, err error) {
	s, err := a.canIn(staff, DoTexts, DefaultProgramme, DefaultUnit)
	if err != nil {
		return "", err
	}
	history, err := a.TextHistory(staff, key, lang)
	if err != nil {
		return "", err
	}
	if len(history) > 0 {
		before = history[0].Words
	}
	if before == words {
		return "", Refuse("text.same")
	}
	v := TextVersion{Key: key, Language: lang, Programme: s.Programme, Unit: s.Unit, Words: words, Author: staff.ID, Changed: a.Now}
	if err := a.Tx.PutText(&v); err != nil {
		return "", fmt.Errorf("put text: %w", err)
	}
	a.Do(RewordTexts{})
	return before, a.audit(staff.ID, AuditText)
}

// TextHistory lists what a text has been, the newest first; empty words are the
// text that the service came with.
func (a *Act) TextHistory(staff Member, key string, lang Language) ([]TextVersion, error) {
	s, err := a.canIn(staff, DoTexts, DefaultProgramme, DefaultUnit)
	if err != nil {
		return nil, err
	}
	list, err := a.Tx.TextHistory(key, lang, s.Programme, s.Unit)
	if err != nil {
		return nil, fmt.Errorf("text history: %w", err)
	}
	return list, nil
}
