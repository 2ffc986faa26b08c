package store

import (
	"encoding/json"
	"fmt"
	"time"

	"silta/mentoring"
)

const dutyWords, dutyColumns = "duty.words", "case_id, writer, state, words, created, due"

func (t *Tx) scanDuty(r record) (d mentoring.Duty, err error) {
	d = mentoring.Duty{
		Case: mentoring.CaseID(r.int(0)), Writer: mentoring.MemberID(r.int(1)), State: mentoring.DutyState(r.text(2)),
		Created: r.time(4), Due: r.time(5), Parts: map[mentoring.DutyPart]string{},
	}
	words, err := t.openText(place{column: dutyWords, id: int64(d.Case)}, r.view(3))
	if err != nil || words == "" {
		return d, err
	}
	if err := json.Unmarshal([]byte(words), &d.Parts); err != nil {
		return d, fmt.Errorf("read child-welfare summary: %w", err)
	}
	return d, nil
}

// Duty implements [mentoring.Tx].
func (t *Tx) Duty(id mentoring.CaseID) (mentoring.Duty, error) {
	d, err := single(t, "SELECT "+dutyColumns+" FROM duty WHERE case_id = $1", t.scanDuty, id)
	return d, doing("duty", err)
}

// DueDuties implements [mentoring.Tx]; the longest due come first.
func (t *Tx) DueDuties(now time.Time, limit int) ([]mentoring.Duty, error) {
	list, err := collect(t, "SELECT "+dutyColumns+" FROM duty WHERE due <= $1 ORDER BY due, case_id LIMIT $2", t.scanDuty, now, limit)
	return list, doing("due duties", err)
}

// PutDuty implements [mentoring.Tx].
func (t *Tx) PutDuty(d *mentoring.Duty) error {
	if err := t.writing(); err != nil {
		return err
	}
	words := ""
	if len(d.Parts) > 0 {
		raw, err := json.Marshal(d.Parts)
		if err != nil {
			return fmt.Errorf("write child-welfare summary: %w", err)
		}
		words = string(raw)
	}
	_, err := t.exec("INSERT INTO duty ("+dutyColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (case_id) DO UPDATE SET writer = excluded.writer, state = excluded.state, words = excluded.words, due = excluded.due`,
		d.Case, d.Writer, d.State, t.sealText(place{column: dutyWords, id: int64(d.Case)}, words), d.Created, d.Due)
	return doing("put duty", err)
}

// DeleteDuty implements [mentoring.Tx].
func (t *Tx) DeleteDuty(id mentoring.CaseID) error {
	_, err := t.exec("DELETE FROM duty WHERE case_id = $1", id)
	return doing("delete duty", err)
}
