package bot

import (
	"errors"
	"fmt"

	"silta/mentoring"
)

// heldChoices are what may become of a held message, by number.
func heldChoices(voice bool) []mentoring.Decision {
	if voice {
		return []mentoring.Decision{mentoring.SendAnyway, mentoring.DropIt}
	}
	return []mentoring.Decision{mentoring.SendAnyway, mentoring.HidePart, mentoring.DropIt}
}

// HeldQuestion asks a person about a message of theirs in which something of
// these kinds was found, or about their first voice message. The answer comes back
// with the ID as its menu.
func (b *Bot) HeldQuestion(lang mentoring.Language, held mentoring.Held, found []mentoring.ContactKind) Line {
	text := mentoring.ContactsText("guard.ask", found)
	if held.Voice {
		text = mentoring.T("media.voice_first")
	}
	return Line{Text: b.Render(lang, text), Menu: held.ID, Buttons: keycaps(1, len(heldChoices(held.Voice))), Loud: true}
}

// tapHeld takes a tap on a question about a held message; done is false when it
// is on something else.
func (t *turn) tapHeld(menu int64, r reply) (done bool, err error) {
	if t.place != Leg || menu == 0 {
		return false, nil
	}
	if _, err = t.act.Tx.Held(menu); err != nil {
		if errors.Is(err, mentoring.ErrNotFound) {
			err = nil
		}
		return false, err
	}
	return true, t.aboutHeld(menu, r)
}

// heldNumber takes "!1", "!2" and "!3" for the last question about a held
// message, if nothing was asked after it.
func (t *turn) heldNumber(q *question, body string) (done bool, err error) {
	n := number(body)
	if t.place != Leg || n == 0 {
		return false, nil
	}
	last, ok, err := t.lastHeld()
	if err != nil || !ok || q != nil && q.Menu > last {
		return false, err
	}
	return true, t.aboutHeld(last, reply{number: n})
}

// heldUnclear says once more what may become of the message that was asked about
// last, to somebody who answers something else than what they can.
func (t *turn) heldUnclear(body string) (done bool, err error) {
	if t.place != Leg || t.nearest(body) != "" {
		return false, nil
	}
	id, ok, err := t.lastHeld()
	if err != nil || !ok {
		return false, err
	}
	return true, t.aboutHeld(id, t.b.typed(body))
}

// lastHeld is the message that was asked about last in this room.
func (t *turn) lastHeld() (id int64, ok bool, err error) {
	list, err := t.act.Tx.HeldOf(t.participant)
	if err != nil {
		return 0, false, fmt.Errorf("held: %w", err)
	}
	if len(list) == 0 {
		return 0, false, nil
	}
	return list[len(list)-1].ID, true, nil
}

func (t *turn) sendHeld(string) error { return t.lastBecomes(mentoring.SendAnyway) }
func (t *turn) hideHeld(string) error { return t.lastBecomes(mentoring.HidePart) }
func (t *turn) dropHeld(string) error { return t.lastBecomes(mentoring.DropIt) }

// lastBecomes decides about the message that was asked about last.
func (t *turn) lastBecomes(d mentoring.Decision) error {
	id, ok, err := t.lastHeld()
	if err != nil {
		return err
	}
	if !ok {
		return mentoring.Refuse("guard.none")
	}
	return t.decide(id, d)
}

// aboutHeld decides by a number or a word of the commands; of a voice message by
// yes and no, too.
func (t *turn) aboutHeld(id int64, r reply) error {
	held, err := t.act.Tx.Held(id)
	if errors.Is(err, mentoring.ErrNotFound) {
		return mentoring.Refuse("guard.none")
	}
	if err != nil {
		return fmt.Errorf("held: %w", err)
	}
	choices := heldChoices(held.Voice)
	if r.number > 0 && r.number <= len(choices) {
		return t.decide(id, choices[r.number-1])
	}
	if held.Voice && (r.yes || r.no) {
		return t.decide(id, map[bool]mentoring.Decision{true: mentoring.SendAnyway, false: mentoring.DropIt}[r.yes])
	}
	if f, ok := t.b.byWord[word(r.text)]; ok {
		for _, d := range choices {
			if t.b.commands[f.at].name == string(d) {
				return t.decide(id, d)
			}
		}
	}
	if held.Voice {
		return mentoring.Refuse("guard.unclear_voice")
	}
	t.say("guard.unclear")
	return nil
}

func (t *turn) decide(id int64, d mentoring.Decision) error {
	told, err := t.act.Decide(*t.member, id, d)
	if err != nil {
		return err
	}
	t.line(t.render(told))
	_, more, err := t.lastHeld()
	if err == nil && more {
		t.say("guard.more")
	}
	return err
}
