package sim

import (
	"fmt"
	"slices"
	"strings"

	"silta/dev/hs"
	"silta/e2e/inside"
	"silta/mentoring"
)

// contact is in what the guard asks about, and where it stood when it was hidden.
const (
	contact = "0401234567"
	hidden  = "(hidden)"
)

// tellNumber says something that the guard holds, or changes (edits) a message
// into that, and answers the question about it; or does not: then it is dropped
// after a day.
func (a *actor) tellNumber(leg, edits, words string) {
	a.w.mu.Lock()
	t := a.w.tokens[tokenOf(words)]
	t.late, t.versions = true, append([]string{words + " " + contact}, t.versions...)
	a.w.mu.Unlock()
	var event string
	var err error
	if edits == "" {
		event, err = a.Say(leg, words+" "+contact)
	} else {
		for _, m := range a.View(leg) { // what stands there if nothing comes of it
			if m.Event == edits {
				a.changes(words+" "+contact, m.Body)
			}
		}
		event, err = a.Edit(leg, edits, words+" "+contact)
	}
	if err != nil {
		return // they have just gone
	}
	a.pause(20000)
	for _, m := range a.View(leg) {
		if m.Sender != inside.Bot || m.ReplyTo != event {
			continue
		}
		if n := a.dice.IntN(4); n < 3 {
			d := []mentoring.Decision{mentoring.SendAnyway, mentoring.HidePart, mentoring.DropIt}[n]
			if _, err = a.React(leg, m.Event, []string{"1️⃣", "2️⃣", "3️⃣"}[n]); err == nil {
				a.w.mu.Lock()
				if t.may == nil {
					t.may = map[mentoring.Decision]bool{}
				}
				t.may[d] = true
				a.w.mu.Unlock()
			}
		}
		return
	}
}

// after notes that a message refers to another: it comes when that one does.
func (a *actor) after(target hs.Message, words string) string {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	if of := a.w.tokens[tokenOf(target.Body)]; of != nil && of.late && of.by == a {
		a.w.tokens[tokenOf(words)].late = true
	}
	return words
}

// changes notes what a message becomes; before is what it was.
func (a *actor) changes(words, before string) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	t := a.w.tokens[tokenOf(words)]
	t.changed = true
	if len(t.versions) == 0 {
		t.versions = []string{before}
		if !strings.HasSuffix(before, contact) {
			t.versions = nil
		}
	}
	if t.late {
		t.versions = append([]string{words}, t.versions...)
		if !slices.Contains(t.versions, before) {
			t.versions = append(t.versions, before)
		}
	}
}

// dropped says whether a message was held and has not come.
func (w *world) dropped(name string, heard []hs.Message) bool {
	t := w.tokens[name]
	return t != nil && len(t.versions) > 0 && !slices.ContainsFunc(heard, func(m hs.Message) bool { return tokenOf(m.Body) == name })
}

// compareHeld looks at what became of messages with a contact, and of those that
// refer to them: nothing of the contact comes that its author did not say yes to,
// what was decided is done, and what only had to wait is there.
func (w *world) compareHeld(from leg, said []hs.Message, to leg, heard []hs.Message) {
	come := map[string]string{}
	for _, m := range heard {
		if m.Sender == from.ghost {
			come[tokenOf(m.Body)] = m.Body
		}
	}
	for _, ev := range w.hs.Events(to.room) {
		body, _ := ev.Content["body"].(string)
		name := tokenOf(strings.TrimPrefix(body, "* "))
		if t := w.tokens[name]; ev.Sender == from.ghost && strings.Contains(text(ev.Content), contact) && (t == nil || !t.may[mentoring.SendAnyway]) {
			w.wrong("%s said nothing to it, and for %s stands there: %s", from.who.alias, to.who.alias, body)
		}
	}
	for _, m := range said {
		name := tokenOf(m.Body)
		t := w.tokens[name]
		if m.Sender != from.who.ID || !t.late {
			continue
		}
		body, here := come[name]
		possible := func(version string) bool {
			return body == version || body == strings.Replace(version, contact, hidden, 1)
		}
		switch {
		case len(t.versions) == 0: // it only had to wait
			if body != m.Body {
				w.wrong("%s said %q, and for %s stands there %q", from.who.alias, m.Body, to.who.alias, body)
			}
		case t.changed:
			if here && !slices.ContainsFunc(t.versions, possible) {
				w.wrong("%s wrote %q, and for %s stands there %q", from.who.alias, t.versions, to.who.alias, body)
			}
		default:
			want := ""
			switch {
			case t.may[mentoring.SendAnyway]:
				want = m.Body
			case t.may[mentoring.HidePart]:
				want = strings.Replace(m.Body, contact, hidden, 1)
			}
			if body != want {
				w.wrong("of %q (%v) %s reads %q", m.Body, t.may, to.who.alias, body)
			}
		}
	}
}

// heldOnes counts what the guard had to do.
func (w *world) heldOnes() string {
	held, behind, answers := 0, 0, map[mentoring.Decision]int{}
	for _, t := range w.tokens {
		switch {
		case len(t.versions) > 0:
			held++
		case t.late:
			behind++
		}
		for d := range t.may {
			answers[d]++
		}
	}
	return fmt.Sprintf("%d held, %d behind them, said %v, the clock %v ahead", held, behind, answers, w.ahead)
}

// ofGuard says whether a line of the bot's is about one held message of perhaps
// several.
func ofGuard(body string) bool {
	for _, begin := range []string{"Your message seems", "The message was", "Another message of yours", "You did not answer"} {
		if strings.HasPrefix(body, begin) {
			return true
		}
	}
	return false
}
