package store

import (
	"database/sql/driver"
	"fmt"
	"math"
	"slices"
	"strings"

	"silta/mentoring"
)

// batch gathers what the steps of a group write to the tables that grow with
// every message, so that it goes to the database in few statements: a row in a
// statement of many costs a third of one in a statement of its own, and on
// PostgreSQL each statement is a round trip. Whoever reads these tables inside
// the group calls [Tx.settle] first.
type batch struct {
	rows     []queued
	lowest   int64 // ID in rows
	gone     []int64
	messages map[messageKey]*Message // nil: deleted
	order    []messageKey
	refs     []copyRef
	counts   map[mentoring.Counter]int64
	sent     map[mentoring.MembershipID]int64
	heads    map[Lane]Head
	lanes    []Lane // of heads, in order
	changes  changes
	undo     []func() // takes back IDs that were given

	insertRows, insertRefs, upsertMessages *multi
	deleteRows                             *multi
	values                                 []driver.Value
}

// queued is a row of the queue as it is written.
type queued struct {
	Row
	sealed  []byte
	dropped bool
}

func newBatch() *batch {
	return &batch{
		lowest:   math.MaxInt64,
		messages: make(map[messageKey]*Message),
		counts:   make(map[mentoring.Counter]int64),
		sent:     make(map[mentoring.MembershipID]int64),
		heads:    make(map[Lane]Head),
		insertRows: newMulti("INSERT INTO queue (id, lane, kind, state, hold, due, tries, created, payload) VALUES ", 9, "",
			64, 16, 4, 1),
		upsertMessages: newMulti("INSERT INTO message (conversation, source, author, copies) VALUES ", 4,
			" ON CONFLICT (conversation, source) DO UPDATE SET author = excluded.author, copies = excluded.copies",
			64, 16, 4, 1),
		insertRefs: newMulti("INSERT INTO copy_ref (conversation, event, source) VALUES ", 3, " ON CONFLICT DO NOTHING",
			64, 16, 4, 1),
		deleteRows: newMulti("DELETE FROM queue WHERE id IN ", 1, "", 64, 16, 4, 1),
	}
}

// reset forgets everything.
func (b *batch) reset() {
	b.forgetWritten()
	clear(b.heads)
	b.lanes = b.lanes[:0]
	b.changes.reset()
	clear(b.undo)
	b.undo = b.undo[:0]
}

// rolledBack takes back the IDs that were given in the group, so that a step
// that is run again with the same values inserts them again.
func (b *batch) rolledBack() {
	for _, undo := range b.undo {
		undo()
	}
	b.reset()
}

func (b *batch) forgetWritten() {
	clear(b.rows)
	b.rows, b.lowest = b.rows[:0], math.MaxInt64
	b.gone = b.gone[:0]
	clear(b.messages)
	b.order = b.order[:0]
	b.refs = b.refs[:0]
	clear(b.counts)
	clear(b.sent)
}

// enqueue adds a row.
func (b *batch) enqueue(r Row, sealed []byte) {
	b.changes.fresh = append(b.changes.fresh, r)
	r.Payload, r.Value = nil, nil
	if len(b.rows) == 0 || r.ID < b.lowest {
		b.lowest = r.ID
	}
	b.rows = append(b.rows, queued{Row: r, sealed: sealed})
	if r.State == RowReady {
		b.ready(Head{Lane: r.Lane, Kind: r.Kind, Due: r.Due})
	}
}

// ready notes a lane that got a row that may be done.
func (b *batch) ready(h Head) {
	before, ok := b.heads[h.Lane]
	if !ok {
		b.lanes = append(b.lanes, h.Lane)
	} else if !h.Due.Before(before.Due) {
		return
	}
	b.heads[h.Lane] = h
}

func (b *batch) takeHeads() []Head {
	if len(b.lanes) == 0 {
		return nil
	}
	heads := make([]Head, len(b.lanes))
	for i, lane := range b.lanes {
		heads[i] = b.heads[lane]
	}
	return heads
}

// done deletes a row, also one that has not been written yet.
func (b *batch) done(id int64) {
	b.changes.gone = append(b.changes.gone, id)
	if id >= b.lowest {
		for i := range b.rows {
			if b.rows[i].ID == id {
				b.rows[i].dropped = true
				return
			}
		}
	}
	b.gone = append(b.gone, id)
}

func (b *batch) putMessage(key messageKey, m *Message) {
	if _, ok := b.messages[key]; !ok {
		b.order = append(b.order, key)
	}
	b.messages[key] = m
}

func (b *batch) count(c mentoring.Counter, n int64) { b.counts[c] += n }

// flush writes what was gathered.
func (b *batch) flush(l *link) error {
	if err := b.flushQueue(l); err != nil {
		return doing("queue", err)
	}
	if err := b.flushMessages(l); err != nil {
		return doing("message map", err)
	}
	if err := b.flushCounts(l); err != nil {
		return doing("counters", err)
	}
	if err := b.flushSent(l); err != nil {
		return doing("messages sent", err)
	}
	b.forgetWritten()
	return nil
}

func (b *batch) flushQueue(l *link) error {
	b.values = b.values[:0]
	for i := range b.rows {
		r := &b.rows[i]
		if r.dropped {
			continue
		}
		b.values = append(b.values, r.ID, int64(r.Lane), int64(r.Kind), int64(r.State), int64(r.Hold),
			millis(r.Due), int64(r.Tries), millis(r.Created), r.sealed)
	}
	if err := b.insertRows.exec(l, b.values); err != nil {
		return err
	}
	slices.Sort(b.gone) // neighbours in the table one after another
	b.values = b.values[:0]
	for _, id := range b.gone {
		b.values = append(b.values, id)
	}
	return b.deleteRows.exec(l, b.values)
}

func (b *batch) flushMessages(l *link) error {
	b.values = b.values[:0]
	for _, key := range b.order {
		m := b.messages[key]
		if m == nil {
			if _, err := l.exec("DELETE FROM message WHERE conversation = $1 AND source = $2", int64(key.conversation), []byte(key.source)); err != nil {
				return err
			}
			continue
		}
		b.values = append(b.values, int64(key.conversation), []byte(key.source), int64(m.Author), packCopies(m.links()))
	}
	if err := b.upsertMessages.exec(l, b.values); err != nil {
		return err
	}
	b.values = b.values[:0]
	for _, r := range b.refs {
		b.values = append(b.values, int64(r.conversation), int64(r.event), int64(r.source))
	}
	return b.insertRefs.exec(l, b.values)
}

func (b *batch) flushCounts(l *link) error {
	for c, n := range b.counts {
		_, err := l.exec(`INSERT INTO counter (name, month, about, programme, unit, trial, value) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (name, month, about, programme, unit, trial) DO UPDATE SET value = counter.value + excluded.value`,
			c.Name, c.Month, c.About, c.Programme, c.Unit, c.Trial, n)
		if err != nil {
			return err
		}
	}
	return nil
}

// multi is a statement for several rows at once, in a few fixed sizes, so that
// it can be prepared.
type multi struct {
	columns int
	sizes   []int // falling, the last is 1
	texts   []string
}

func newMulti(head string, columns int, tail string, sizes ...int) *multi {
	m := &multi{columns: columns, sizes: sizes}
	for _, rows := range sizes {
		m.texts = append(m.texts, multiText(head, columns, tail, rows))
	}
	return m
}

// multiText writes "head ($1, $2), ($3, $4) tail"; with one column it is
// "head ($1, $2) tail", for IN.
func multiText(head string, columns int, tail string, rows int) string {
	var text strings.Builder
	text.WriteString(head)
	for i := range rows * columns {
		switch {
		case i == 0:
			text.WriteString("(")
		case i%columns == 0 && columns > 1:
			text.WriteString("), (")
		default:
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "$%d", i+1)
	}
	text.WriteString(")" + tail)
	return text.String()
}

// exec runs the statement for all rows; values is row after row.
func (m *multi) exec(l *link, values []driver.Value) error {
	for i, size := range m.sizes {
		for n := size * m.columns; len(values) >= n; values = values[n:] {
			l.args = l.args[:0]
			for j, v := range values[:n] {
				l.args = append(l.args, driver.NamedValue{Ordinal: j + 1, Value: v})
			}
			if _, err := l.execBound(m.texts[i], l.args); err != nil {
				return err
			}
		}
	}
	return nil
}
