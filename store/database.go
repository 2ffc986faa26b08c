package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/lib/pq"
	"github.com/mattn/go-sqlite3"
)

// database is where the data is, and how to connect to it.
type database struct {
	sqlite bool
	path   string // of the SQLite file
	query  url.Values
	dsn    string // of PostgreSQL
}

// parseDSN understands "silta.db" and "file:silta.db?…" (SQLite) and
// "postgres://…" (PostgreSQL).
func parseDSN(dsn string) (database, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return database{dsn: dsn}, nil
	}
	path, params, _ := strings.Cut(strings.TrimPrefix(dsn, "file:"), "?")
	query, err := url.ParseQuery(params)
	if err != nil {
		return database{}, fmt.Errorf("database address: %w", err)
	}
	if path == "" || strings.Contains(path, ":memory:") || query.Get("mode") == "memory" {
		return database{}, errors.New("database address: want a file name or postgres://…; a database in memory would be lost")
	}
	return database{sqlite: true, path: path, query: query}, nil
}

// uri is the SQLite address with everything that must hold on every
// connection: pragmas set later would be missing on the next connection.
func (d database) uri(readOnly bool) string {
	q := url.Values{}
	for k, v := range d.query {
		q[k] = v
	}
	q.Set("mode", "rw") // prepareFile made it; a wrong path is an error and no new file
	q.Set("_journal_mode", "WAL")
	q.Set("_synchronous", "FULL")
	q.Set("_foreign_keys", "on")
	q.Set("_secure_delete", "on")
	q.Set("_busy_timeout", "10000")
	if readOnly {
		q.Set("_query_only", "true")
		q.Set("_cache_size", "-4000") // KiB
	} else {
		q.Set("_txlock", "immediate")
		q.Set("_cache_size", "-16000")
	}
	return "file:" + (&url.URL{Path: d.path}).EscapedPath() + "?" + q.Encode()
}

// driverName and address are for database/sql, which the migrations use.
func (d database) driverName() string {
	if d.sqlite {
		return "sqlite3"
	}
	return "postgres"
}

func (d database) address() string {
	if d.sqlite {
		return d.uri(false)
	}
	return d.dsn
}

// connect opens a connection. A read-only one refuses to write.
func (d database) connect(ctx context.Context, readOnly bool) (*link, error) {
	if d.sqlite {
		conn, err := (&sqlite3.SQLiteDriver{}).Open(d.uri(readOnly))
		if err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
		l := newLink(conn, true)
		if readOnly {
			return l, nil
		}
		if err := l.pragma("wal_autocheckpoint", checkpointPages); err != nil {
			return nil, errors.Join(err, l.close())
		}
		return l, nil
	}
	connector, err := pq.NewConnector(d.dsn)
	if err != nil {
		return nil, errors.New("database address: not a valid postgres:// address") // the driver's text may show the password
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return newLink(conn, false), nil
}

// prepareFile makes the SQLite file before SQLite does, so that nobody but its
// owner may read it; its companions get the same mode from SQLite.
func (d database) prepareFile() error {
	if !d.sqlite {
		return nil
	}
	file, err := os.OpenFile(d.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return file.Close()
}

// Most of what is written are short rows at random places of large trees, and
// each costs a page in the write-ahead log: half-size pages halve that.
// Checkpoints cost a sync and write each page once, however often it is in the
// log, so they come at 16 MiB instead of 4.
const (
	pageSize        = 2048
	checkpointPages = 8192
)

// format gives a new SQLite file its page size, which nothing can change later
// on. Call it as the owner.
func (d database) format() error {
	info, err := os.Stat(d.path)
	if err != nil || info.Size() > 0 {
		return err
	}
	conn, err := (&sqlite3.SQLiteDriver{}).Open("file:" + (&url.URL{Path: d.path}).EscapedPath())
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	l := newLink(conn, true)
	err = l.pragma("page_size", pageSize)
	if err == nil {
		err = l.query("PRAGMA journal_mode = WAL", func(record) error { return nil })
	}
	return errors.Join(doing("make database", err), l.close())
}

func (l *link) pragma(name string, value int) error {
	return l.query(fmt.Sprintf("PRAGMA %s = %d", name, value), func(record) error { return nil })
}

// snapshot reads a database as it is at one moment, while another process may own
// it and go on writing.
func snapshot(ctx context.Context, dsn, what string, read func(*link) error) (err error) {
	db, err := parseDSN(dsn)
	if err != nil {
		return err
	}
	l, err := db.connect(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if err = l.beginRead(); err == nil {
		err = errors.Join(read(l), l.control("ROLLBACK"))
	}
	return doing(what, err)
}

// beginRead starts a snapshot, beginWrite the gate's transaction.
func (l *link) beginRead() error {
	if l.sqlite {
		return l.control("BEGIN")
	}
	return l.control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
}

func (l *link) beginWrite() error {
	if l.sqlite {
		return l.control("BEGIN IMMEDIATE")
	}
	return l.control("BEGIN")
}

// control runs a statement that has no rows and no arguments.
func (l *link) control(statement string) error {
	if l.sqlite {
		_, err := l.exec(statement)
		return err
	}
	// PostgreSQL: as a simple query, one round trip and nothing to prepare.
	_, err := l.conn.(driver.ExecerContext).ExecContext(context.Background(), statement, nil)
	return err
}

// readers is a small pool of read-only connections.
type readers struct {
	db   database
	free chan *link // nil = may be opened
}

func newReaders(db database, size int) *readers {
	r := &readers{db: db, free: make(chan *link, size)}
	for range size {
		r.free <- nil
	}
	return r
}

// take returns a connection inside a fresh read transaction.
func (r *readers) take(ctx context.Context) (*link, error) {
	var l *link
	select {
	case l = <-r.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l != nil {
		if err := l.beginRead(); err == nil {
			return l, nil
		}
		_ = l.close() // a connection that has gone stale: once more with a new one
	}
	l, err := r.db.connect(ctx, true)
	if err != nil {
		r.free <- nil
		return nil, err
	}
	if err := l.beginRead(); err != nil {
		r.free <- nil
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// give ends the read transaction and returns the connection.
func (r *readers) give(l *link) {
	if err := l.control("ROLLBACK"); err != nil || !l.alive() {
		_ = l.close()
		l = nil
	}
	r.free <- l
}

// close waits for the readers that are at work.
func (r *readers) close() error {
	var errs []error
	for range cap(r.free) {
		if l := <-r.free; l != nil {
			errs = append(errs, l.close())
		}
	}
	return errors.Join(errs...)
}
