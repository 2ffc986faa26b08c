package store

import (
	"time"

	"silta/mentoring"
)

func scanAlarm(r record) (mentoring.Alarm, error) {
	return mentoring.Alarm{Case: mentoring.CaseID(r.int(0)), Wave: int(r.int(1)), Due: r.time(2)}, nil
}

// Alarm implements [mentoring.Tx].
func (t *Tx) Alarm(id mentoring.CaseID) (mentoring.Alarm, error) {
	l, err := single(t, "SELECT case_id, wave, due FROM alarm WHERE case_id = $1", scanAlarm, id)
	return l, doing("alarm", err)
}

// PutAlarm implements [mentoring.Tx].
func (t *Tx) PutAlarm(l *mentoring.Alarm) error {
	_, err := t.exec(`INSERT INTO alarm (case_id, wave, due) VALUES ($1, $2, $3)
		ON CONFLICT (case_id) DO UPDATE SET wave = excluded.wave, due = excluded.due`, l.Case, l.Wave, l.Due)
	return doing("put alarm", err)
}

// DropAlarm implements [mentoring.Tx].
func (t *Tx) DropAlarm(id mentoring.CaseID) error {
	for _, statement := range []string{"DELETE FROM alarm WHERE case_id = $1", "DELETE FROM alarm_call WHERE case_id = $1"} {
		if _, err := t.exec(statement, id); err != nil {
			return doing("drop alarm", err)
		}
	}
	return nil
}

// DueAlarms implements [mentoring.Tx].
func (t *Tx) DueAlarms(now time.Time, limit int) ([]mentoring.Alarm, error) {
	list, err := collect(t, "SELECT case_id, wave, due FROM alarm WHERE due <= $1 ORDER BY case_id LIMIT $2", scanAlarm, now, limit)
	return list, doing("due alarms", err)
}

// AlarmUnder implements [mentoring.Tx].
func (t *Tx) AlarmUnder(menu int64) (mentoring.CaseID, error) {
	id, err := single(t, "SELECT case_id FROM alarm_call WHERE menu = $1", func(r record) (mentoring.CaseID, error) {
		return mentoring.CaseID(r.int(0)), nil
	}, menu)
	return id, doing("alarm call", err)
}

// PutAlarmCall implements [mentoring.Tx].
func (t *Tx) PutAlarmCall(menu int64, id mentoring.CaseID) error {
	_, err := t.exec("INSERT INTO alarm_call (menu, case_id) VALUES ($1, $2)", menu, id)
	return doing("put alarm call", err)
}
