package store

import (
	"time"

	"silta/mentoring"
)

func scanHeld(r record) (mentoring.Held, error) {
	return mentoring.Held{
		ID: r.int(0), Participant: mentoring.ParticipantID(r.int(1)), What: mentoring.Utterance(r.int(2)), Voice: r.flag(3), Until: r.time(4),
	}, nil
}

// Held implements [mentoring.Tx].
func (t *Tx) Held(id int64) (mentoring.Held, error) {
	h, err := single(t, "SELECT id, participant, what, voice, until FROM held WHERE id = $1", scanHeld, id)
	return h, doing("held", err)
}

// HeldOf implements [mentoring.Tx].
func (t *Tx) HeldOf(p mentoring.ParticipantID) ([]mentoring.Held, error) {
	list, err := collect(t, "SELECT id, participant, what, voice, until FROM held WHERE participant = $1 ORDER BY id", scanHeld, p)
	return list, doing("held of a participant", err)
}

// DueHeld implements [mentoring.Tx].
func (t *Tx) DueHeld(now time.Time, limit int) ([]mentoring.Held, error) {
	list, err := collect(t, "SELECT id, participant, what, voice, until FROM held WHERE until <= $1 ORDER BY id LIMIT $2", scanHeld, now, limit)
	return list, doing("due held", err)
}

// PutHeld implements [mentoring.Tx].
func (t *Tx) PutHeld(h *mentoring.Held) error {
	_, err := t.exec("INSERT INTO held (id, participant, what, voice, until) VALUES ($1, $2, $3, $4, $5)", h.ID, h.Participant, int64(h.What), h.Voice, h.Until)
	return doing("put held", err)
}

// DeleteHeld implements [mentoring.Tx].
func (t *Tx) DeleteHeld(id int64) error {
	_, err := t.exec("DELETE FROM held WHERE id = $1", id)
	return doing("delete held", err)
}
