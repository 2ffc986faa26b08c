package mentoring

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Canned is a text that mentors and staff say with one word (feature T8); staff
// keep them.
type Canned struct {
	ID        int64
	Programme Programme
	Unit      Unit
	Key       string
	Words     map[Language]string // sealed at rest
	Changed   time.Time
}

const (
	cannedMax    = 2000 // letters of a text
	cannedKeyMax = 30
	maxCanned    = 100
)

// CannedTexts lists the texts, for those who may say them.
func (a *Act) CannedTexts(m Member) ([]Canned, error) {
	if err := a.can(m, DoSay); err != nil {
		return nil, err
	}
	list, err := a.Tx.CannedTexts(DefaultProgramme)
	if err != nil {
		return nil, fmt.Errorf("canned texts: %w", err)
	}
	return list, nil
}

// cannedKey is the word by which a text is said.
func cannedKey(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// SetCanned writes a text in one language; the others it has stay.
func (a *Act) SetCanned(staff Member, key string, lang Language, text string) error {
	s, err := a.canIn(staff, DoCanned, DefaultProgramme, DefaultUnit)
	if err != nil {
		return err
	}
	key = cannedKey(key)
	if key == "" || len([]rune(key)) > cannedKeyMax || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) {
		return Refuse("canned.bad_key", "max", cannedKeyMax)
	}
	if text, err = fit(text, cannedMax); err != nil {
		return err
	}
	if text == "" {
		return Refuse("canned.say_text")
	}
	list, err := a.Tx.CannedTexts(s.Programme)
	if err != nil {
		return fmt.Errorf("canned texts: %w", err)
	}
	c := Canned{Programme: s.Programme, Unit: s.Unit, Key: key}
	var before map[Language]string
	if i := slices.IndexFunc(list, func(c Canned) bool { return c.Key == key }); i >= 0 {
		c, before = list[i], list[i].Words
	} else if len(list) >= maxCanned {
		return Refuse("canned.too_many", "n", maxCanned)
	}
	words := map[Language]string{lang: text}
	for l, old := range c.Words {
		if words[l] == "" {
			words[l] = old
		}
	}
	c.Words, c.Changed = words, a.Now
	if err := a.Tx.PutCanned(&c); err != nil {
		return fmt.Errorf("put canned text: %w", err)
	}
	if err := a.audit(staff.ID, AuditCanned); err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoCanned, Key: c.Key, Words: before})
}

// RemoveCanned takes a text away.
func (a *Act) RemoveCanned(staff Member, key string) error {
	s, err := a.canIn(staff, DoCanned, DefaultProgramme, DefaultUnit)
	if err != nil {
		return err
	}
	c, err := a.canned(s.Programme, key)
	if err != nil {
		return err
	}
	if err := a.Tx.DeleteCanned(c.ID); err != nil {
		return fmt.Errorf("delete canned text: %w", err)
	}
	if err := a.audit(staff.ID, AuditCanned); err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoCanned, Key: c.Key, Words: c.Words})
}

// restoreCanned makes a text what it was; without words it was not there.
func (a *Act) restoreCanned(staff Member, key string, words map[Language]string) error {
	s, err := a.canIn(staff, DoCanned, DefaultProgramme, DefaultUnit)
	if err != nil {
		return err
	}
	c, err := a.canned(s.Programme, key)
	if err := unrefused(err); err != nil {
		return err
	}
	switch {
	case len(words) == 0 && c.ID != 0:
		err = a.Tx.DeleteCanned(c.ID)
	case len(words) > 0:
		c.Programme, c.Unit, c.Key, c.Words, c.Changed = s.Programme, s.Unit, key, words, a.Now
		err = a.Tx.PutCanned(&c)
	default:
		err = nil // removed by somebody else since
	}
	if err != nil {
		return fmt.Errorf("restore canned text: %w", err)
	}
	return a.audit(staff.ID, AuditCanned)
}

func (a *Act) canned(p Programme, key string) (Canned, error) {
	list, err := a.Tx.CannedTexts(p)
	if err != nil {
		return Canned{}, fmt.Errorf("canned texts: %w", err)
	}
	for _, c := range list {
		if c.Key == cannedKey(key) {
			return c, nil
		}
	}
	return Canned{}, Refuse("canned.unknown")
}

// Canned finds what a member says in a conversation with a key: in the language
// of whoever hears it, else in their own, else in any.
func (a *Act) Canned(m Member, from ParticipantID, key string) (string, error) {
	if err := a.can(m, DoSay); err != nil {
		return "", err
	}
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return "", missing(err, "conversation", Refuse("chat.unknown"))
	}
	me := c.Participant(from)
	if me == nil || me.Role == Mentee {
		return "", Refuse("not_allowed")
	}
	text, err := a.canned(c.Programme, key)
	if err != nil {
		return "", err
	}
	var order []Language
	for _, p := range c.Participants {
		if p.ID == from {
			continue
		}
		other, err := a.Tx.Member(p.Member)
		if err != nil {
			return "", fmt.Errorf("who hears it: %w", err)
		}
		order = append(order, other.Language)
	}
	order = append(order, m.Language)
	for l := range text.Words {
		order = append(order, l)
	}
	slices.Sort(order[len(c.Participants):]) // of the rest, always the same
	for _, l := range order {
		if said := text.Words[l]; said != "" {
			return said, nil
		}
	}
	return "", Refuse("canned.unknown")
}
