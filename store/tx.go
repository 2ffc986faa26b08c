package store

import (
	"context"
	"errors"
	"fmt"

	"silta/mentoring"
)

var (
	errReadOnly = errors.New("a read transaction cannot write")
	errOver     = errors.New("the transaction is over")
)

// Tx is one transaction, or the part of a group's transaction that belongs to
// one step. It is valid until the function it was given to returns, and only
// on that function's goroutine. It implements [mentoring.Tx].
//
// Conversations and messages that it returns are shared with other steps:
// never change them, call Clone first.
type Tx struct {
	s      *Store
	l      *link
	g      *gate           // nil in a read transaction
	ctx    context.Context // of a read transaction, else nil
	caches *caches
	wrote  bool
	broken error // the first fault of the database: the transaction is lost
	over   bool
}

var _ mentoring.Tx = (*Tx)(nil)

func (t *Tx) end() { t.over = true }

// usable is asked before anything is read from the database.
func (t *Tx) usable() error {
	switch {
	case t.over:
		return errOver
	case t.broken != nil:
		return t.broken
	case t.ctx != nil:
		return t.ctx.Err()
	}
	return nil
}

// writing is asked before anything is written, now or at the group's end.
func (t *Tx) writing() error {
	if t.g == nil {
		return errReadOnly
	}
	if err := t.usable(); err != nil {
		return err
	}
	t.wrote = true
	return nil
}

func (t *Tx) latch(err error) error {
	if err != nil && t.broken == nil && !errors.Is(err, mentoring.ErrNotFound) {
		t.broken = err
	}
	return err
}

func (t *Tx) exec(query string, args ...any) (int64, error) {
	if err := t.writing(); err != nil {
		return 0, err
	}
	n, err := t.l.exec(query, args...)
	return n, t.latch(err)
}

func (t *Tx) query(query string, each func(record) error, args ...any) error {
	if err := t.usable(); err != nil {
		return err
	}
	return t.latch(t.l.query(query, each, args...))
}

func (t *Tx) one(query string, scan func(record) error, args ...any) error {
	if err := t.usable(); err != nil {
		return err
	}
	return t.latch(t.l.one(query, scan, args...))
}

// change is exec for one row that must be there.
func (t *Tx) change(query string, args ...any) error {
	n, err := t.exec(query, args...)
	if err == nil && n == 0 {
		return mentoring.ErrNotFound
	}
	return err
}

// newID gives the next ID of a sequence. Call writing first.
func (t *Tx) newID(s sequence) int64 { return t.g.ids.next(s) }

// undo is run when the group is rolled back.
func (t *Tx) undo(fn func()) { t.g.batch.undo = append(t.g.batch.undo, fn) }

// NewID gives a number that was never given before. In a read transaction it
// gives 0.
func (t *Tx) NewID() int64 {
	if t.g == nil {
		return 0
	}
	t.wrote = true
	return t.newID(seqMenu)
}

// sealText seals a text; an empty one stays empty.
func (t *Tx) sealText(p place, text string) []byte {
	if text == "" {
		return []byte{}
	}
	return t.s.keys.seal(p, []byte(text))
}

func (t *Tx) openText(p place, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := t.s.keys.open(p, sealed)
	return string(plain), err
}

// collect gathers the rows of a query.
func collect[T any](t *Tx, query string, scan func(record) (T, error), args ...any) ([]T, error) {
	var list []T
	err := t.query(query, func(r record) error {
		one, err := scan(r)
		list = append(list, one)
		return err
	}, args...)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// single is collect for one row.
func single[T any](t *Tx, query string, scan func(record) (T, error), args ...any) (value T, err error) {
	err = t.one(query, func(r record) (err error) {
		value, err = scan(r)
		return err
	}, args...)
	return value, err
}

// doing says in an error what was being done.
func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func isNotFound(err error) bool { return errors.Is(err, mentoring.ErrNotFound) }
