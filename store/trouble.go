package store

import (
	"time"

	"silta/mentoring"
)

func scanTrouble(r record) (mentoring.Trouble, error) {
	return mentoring.Trouble{
		Kind: mentoring.TroubleKind(r.text(0)), Until: r.time(1), Lasts: time.Duration(r.int(2)) * time.Millisecond, More: int(r.int(3)),
	}, nil
}

// Trouble implements [mentoring.Tx].
func (t *Tx) Trouble(kind mentoring.TroubleKind) (mentoring.Trouble, error) {
	w, err := single(t, "SELECT kind, until, lasts, more FROM trouble WHERE kind = $1", scanTrouble, kind)
	return w, doing("trouble", err)
}

// DueTroubles implements [mentoring.Tx].
func (t *Tx) DueTroubles(now time.Time) ([]mentoring.Trouble, error) {
	list, err := collect(t, "SELECT kind, until, lasts, more FROM trouble WHERE until <= $1 ORDER BY kind", scanTrouble, now)
	return list, doing("due troubles", err)
}

// PutTrouble implements [mentoring.Tx].
func (t *Tx) PutTrouble(w *mentoring.Trouble) error {
	_, err := t.exec(`INSERT INTO trouble (kind, until, lasts, more) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind) DO UPDATE SET until = excluded.until, lasts = excluded.lasts, more = excluded.more`,
		w.Kind, w.Until, w.Lasts.Milliseconds(), w.More)
	return doing("put trouble", err)
}

// DropTrouble implements [mentoring.Tx].
func (t *Tx) DropTrouble(kind mentoring.TroubleKind) error {
	_, err := t.exec("DELETE FROM trouble WHERE kind = $1", kind)
	return doing("drop trouble", err)
}
