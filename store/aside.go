package store

// asideLimit bounds what Aside returns at once.
const asideLimit = 500

// Aside lists rows that were set aside for a reason, the oldest first, at most
// 500.
func (t *Tx) Aside(hold Hold) ([]Row, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	rows, err := collect(t, "SELECT "+queueColumns+" FROM queue WHERE state = 2 AND hold = $1 ORDER BY id LIMIT $2", t.s.scanRow, hold, asideLimit)
	return rows, doing("rows aside", err)
}
