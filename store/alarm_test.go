package store_test

import (
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestAlarms: when staff are called next, and by which lines.
func TestAlarms(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		c := s.cast("a", w.now())
		id := mentoring.Case{Kind: mentoring.CaseUrgent, Programme: "p", Unit: "u", State: mentoring.CaseOpen, Opener: c.mentee.ID, Created: w.now()}
		s.write(func(tx *store.Tx) error { return tx.PutCase(&id) })
		l := mentoring.Alarm{Case: id.ID, Due: w.now().Add(time.Minute)}
		due := func(at time.Time) []mentoring.Alarm {
			return both(s, "due", func(tx *store.Tx) ([]mentoring.Alarm, error) { return tx.DueAlarms(at, 5) })
		}
		s.write(func(tx *store.Tx) error { return tx.PutAlarm(&l) })
		s.write(func(tx *store.Tx) error { return tx.PutAlarmCall(77, id.ID) })
		same(t, "not due", len(due(w.now())), 0)
		l.Wave, l.Due = 3, l.Due.Add(time.Minute)
		s.write(func(tx *store.Tx) error { return tx.PutAlarm(&l) })
		same(t, "not due yet", len(due(l.Due.Add(-time.Millisecond))), 0)
		same(t, "due", due(l.Due), []mentoring.Alarm{l})
		same(t, "kept", both(s, "alarm", func(tx *store.Tx) (mentoring.Alarm, error) { return tx.Alarm(id.ID) }), l)
		under := func(menu int64) mentoring.CaseID {
			return both(s, "under", func(tx *store.Tx) (mentoring.CaseID, error) { id, err := tx.AlarmUnder(menu); return id, maybe(err) })
		}
		same(t, "under", under(77), id.ID)
		same(t, "under another", under(78), 0)
		s.write(func(tx *store.Tx) error { return tx.DropAlarm(id.ID) })
		same(t, "dropped", len(due(l.Due)), 0)
		same(t, "no line any more", under(77), 0)
		s.write(func(tx *store.Tx) error { return tx.DropAlarm(id.ID) })
	})
}
