package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"silta/mentoring"
)

// link is one connection to the database with its prepared statements, cached
// by their text. It works on the driver's own types: database/sql would add a
// third to the cost of a short statement, and a link has one user at a time
// anyway.
//
// A query must not be run from inside another one's callback: PostgreSQL's
// protocol has one result open at a time.
type link struct {
	conn   driver.Conn
	sqlite bool
	stmts  map[string]driver.Stmt
	args   []driver.NamedValue
}

func newLink(conn driver.Conn, sqlite bool) *link {
	return &link{conn: conn, sqlite: sqlite, stmts: make(map[string]driver.Stmt)}
}

// close gives the connection back, whatever its state.
func (l *link) close() error {
	for _, st := range l.stmts {
		_ = st.Close()
	}
	l.stmts = nil
	return l.conn.Close()
}

// alive is false once the connection has been lost.
func (l *link) alive() bool {
	v, ok := l.conn.(driver.Validator)
	return !ok || v.IsValid()
}

// prepare returns the statement for a text with $1, $2 … as placeholders.
func (l *link) prepare(query string) (driver.Stmt, error) {
	if st, ok := l.stmts[query]; ok {
		return st, nil
	}
	text := query
	if l.sqlite {
		// For SQLite "$1" is a name; "?1" is a position.
		text = strings.ReplaceAll(query, "$", "?")
	}
	st, err := l.conn.Prepare(text)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	l.stmts[query] = st
	return st, nil
}

// bind makes driver arguments of args; the result is valid until the next bind.
func (l *link) bind(args []any) []driver.NamedValue {
	l.args = l.args[:0]
	for i, a := range args {
		l.args = append(l.args, driver.NamedValue{Ordinal: i + 1, Value: plainValue(a)})
	}
	return l.args
}

// plainValue turns what the store's methods pass into what drivers take.
func plainValue(a any) driver.Value {
	switch v := a.(type) {
	case nil:
		return nil
	case int64:
		return v
	case []byte:
		return v
	case string:
		return v
	case int:
		return int64(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case time.Time:
		return millis(v)
	}
	v := reflect.ValueOf(a)
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	default:
		panic(fmt.Sprintf("store: no SQL value for %T", a))
	}
}

// exec runs a statement and says how many rows it changed.
func (l *link) exec(query string, args ...any) (int64, error) {
	return l.execBound(query, l.bind(args))
}

func (l *link) execBound(query string, args []driver.NamedValue) (int64, error) {
	st, err := l.prepare(query)
	if err != nil {
		return 0, err
	}
	// No cancelling: with a context that can be cancelled, both drivers start
	// a goroutine for each statement.
	res, err := st.(driver.StmtExecContext).ExecContext(context.Background(), args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query hands each row of the result to each; the record is valid only until
// each returns.
func (l *link) query(query string, each func(record) error, args ...any) (err error) {
	st, err := l.prepare(query)
	if err != nil {
		return err
	}
	rows, err := st.(driver.StmtQueryContext).QueryContext(context.Background(), l.bind(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make(record, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
}

// one is query for a single row; [mentoring.ErrNotFound] when there is none.
func (l *link) one(query string, scan func(record) error, args ...any) error {
	found := false
	err := l.query(query, func(r record) error {
		if found {
			return nil
		}
		found = true
		return scan(r)
	}, args...)
	if err == nil && !found {
		return mentoring.ErrNotFound
	}
	return err
}

// number is one for a single integer.
func (l *link) number(query string, args ...any) (n int64, err error) {
	err = l.one(query, func(r record) error {
		n = r.int(0)
		return nil
	}, args...)
	return n, err
}

// record is one row of a result, read by position. NULL reads as zero.
type record []driver.Value

func (r record) int(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

func (r record) flag(i int) bool { return r.int(i) != 0 }

func (r record) text(i int) string {
	switch v := r[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// bytes is a copy: what the PostgreSQL driver returns is overwritten by the
// next row.
func (r record) bytes(i int) []byte { return bytes.Clone(r.view(i)) }

// view is bytes without the copy, valid only as long as the record.
func (r record) view(i int) []byte {
	switch v := r[i].(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

func (r record) time(i int) time.Time { return fromMillis(r.int(i)) }

// millis is how the database keeps a time: Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// orNull is a reference to another row, NULL when it is zero.
func orNull[T ~int64](id T) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}

// textOrNull keeps an empty text out of a unique index.
func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
