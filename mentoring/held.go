package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// Held is a message that the guard holds until its writer says what becomes of
// it. The message itself is the bridge's to keep.
type Held struct {
	ID          int64 // of the question, too
	Participant ParticipantID
	What        Utterance // Says or Changes
	// Voice: it is their first voice message, and has no contact in it.
	Voice bool
	Until time.Time
}

// HeldFor is how long a message waits for its writer's word; then it is dropped.
const HeldFor = 24 * time.Hour

// Decision is what becomes of a held message.
type Decision string

// The decisions.
const (
	SendAnyway Decision = "send"
	HidePart   Decision = "hide" // sent with a word in place of the contact
	DropIt     Decision = "drop"
)

// Hold keeps that a participant is asked about something they said (or changed):
// because of contacts in it, or (none) because it is their first voice message. It
// says whom it is for: also those whom it will ask in when it is sent.
// Nothing has been said yet.
func (a *Act) Hold(from ParticipantID, what Utterance, found []ContactKind) (Held, *Conversation, []ParticipantID, error) {
	none := func(err error) (Held, *Conversation, []ParticipantID, error) { return Held{}, nil, nil, err }
	c, to, err := a.Speak(from, Changes) // the same rules, and nothing is written
	if err != nil {
		return none(err)
	}
	if c.State == Placed {
		for _, p := range c.Participants {
			if p.ID != from && p.Presence == NotAsked {
				to = append(to, p.ID)
			}
		}
	}
	h := Held{ID: a.Tx.NewID(), Participant: from, What: what, Voice: len(found) == 0, Until: a.Now.Add(HeldFor)}
	if err := a.Tx.PutHeld(&h); err != nil {
		return none(fmt.Errorf("put held: %w", err))
	}
	return h, c, to, a.ContactsFound(from, found)
}

// Decide is a person's word on a message of theirs that is held. It returns what
// to tell them: that it was done, or why it could not be sent any more.
func (a *Act) Decide(m Member, id int64, d Decision) (Text, error) {
	h, err := a.Tx.Held(id)
	if err != nil {
		return Text{}, missing(err, "held", Refuse("guard.none"))
	}
	c, err := a.Tx.ConversationOf(h.Participant)
	if err != nil {
		return Text{}, missing(err, "conversation", Refuse("chat.unknown"))
	}
	if p := c.Participant(h.Participant); p == nil || p.Member != m.ID {
		return Text{}, Refuse("guard.none")
	}
	if h.Voice && d == HidePart {
		return Text{}, Refuse("guard.unclear_voice")
	}
	told := T("guard." + string(d))
	if d != DropIt {
		_, _, err := a.Speak(h.Participant, h.What)
		refusal, refused := errors.AsType[*Refusal](err)
		switch {
		case refused: // it is too late for it
			d, told = DropIt, refusal.Text
		case err != nil:
			return Text{}, err
		}
	}
	return told, a.endHeld(h, d, string(d))
}

// Withdraw ends what is held without asking: its writer took it back, or wrote
// it anew.
func (a *Act) Withdraw(id int64, d Decision) error {
	h, err := a.Tx.Held(id)
	if err != nil {
		return missing(err, "held", Refuse("guard.none"))
	}
	if d == SendAnyway {
		if _, _, err := a.Speak(h.Participant, h.What); err != nil {
			return err
		}
	}
	return a.endHeld(h, d, "withdrawn")
}

func (a *Act) endHeld(h Held, d Decision, counted string) error {
	if err := a.Tx.DeleteHeld(h.ID); err != nil {
		return fmt.Errorf("delete held: %w", err)
	}
	a.Do(ReleaseHeld{h.ID, h.Participant, d})
	if h.Voice {
		return nil
	}
	return a.countContacts(h.Participant, CountContactsDecided, counted)
}

// heldTooLong drops what nobody decided about.
func (a *Act) heldTooLong() (more bool, err error) {
	due, err := a.Tx.DueHeld(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due held: %w", err)
	}
	for _, h := range due {
		if err := a.endHeld(h, DropIt, "expired"); err != nil {
			return false, err
		}
		a.Do(Tell{h.Participant, T("guard.expired")})
	}
	return len(due) == tickBatch, nil
}
