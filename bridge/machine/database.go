package machine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
)

//go:embed schema/*.sql
var schema embed.FS

var errClosed = errors.New("the crypto database is closed")

// DSN returns where the crypto tables of a main database live: for SQLite a
// file of their own beside it ("silta.db" → "silta-crypto.db"), for PostgreSQL
// the same database, under a table prefix of their own.
func DSN(main string) string {
	if isPostgres(main) {
		return main
	}
	path, query, found := strings.Cut(main, "?")
	path = strings.TrimSuffix(path, ".db") + "-crypto.db"
	if found {
		path += "?" + query
	}
	return path
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// change is one statement of a unit.
type change struct {
	query string
	args  []any
}

// batch is one unit that waits for its commit.
type batch struct {
	changes []change
	result  chan error
}

// database writes from one goroutine, which commits whatever units are waiting
// together: with one fsync for many, durability is cheap. Reads go beside it.
type database struct {
	sql    *sql.DB
	sqlite bool
	stmts  sync.Map // query → *sql.Stmt, for reads

	queue   chan *batch
	closing chan struct{}
	done    chan struct{}
	once    sync.Once

	// The writer's own; no one else touches them.
	conn     *sql.Conn
	prepared map[string]*sql.Stmt

	// fault, when set, is asked before each commit; tests only.
	fault func(changes []change) error
}

// mostInGroup bounds a group commit, so that one bad unit makes few others run again.
const mostInGroup = 64

func openDatabase(ctx context.Context, dsn string) (*database, error) {
	d := &database{sqlite: !isPostgres(dsn), queue: make(chan *batch), closing: make(chan struct{}), done: make(chan struct{})}
	name, address := "postgres", dsn
	if d.sqlite {
		name = "sqlite3"
		var err error
		if address, err = sqliteAddress(dsn); err != nil {
			return nil, err
		}
	}
	var err error
	if d.sql, err = sql.Open(name, address); err != nil {
		return nil, errors.New("crypto database: not a valid address") // the driver's text may show a password
	}
	d.sql.SetMaxOpenConns(6)
	d.sql.SetMaxIdleConns(6)
	if err := d.upgrade(ctx, name); err != nil {
		return nil, errors.Join(fmt.Errorf("crypto database: %w", err), d.sql.Close())
	}
	go d.write()
	return d, nil
}

// sqliteAddress puts what must hold on every connection into the address, and
// makes the file so that only its owner may read it.
func sqliteAddress(dsn string) (string, error) {
	path, params, _ := strings.Cut(strings.TrimPrefix(dsn, "file:"), "?")
	query, err := url.ParseQuery(params)
	if err != nil || path == "" {
		return "", errors.New("crypto database: not a valid address")
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("crypto database: %w", err)
	}
	if err := file.Close(); err != nil {
		return "", fmt.Errorf("crypto database: %w", err)
	}
	for key, value := range map[string]string{
		"_journal_mode": "WAL", "_synchronous": "FULL", "_foreign_keys": "on",
		"_secure_delete": "on", "_busy_timeout": "10000", "_cache_size": "-4000",
	} {
		query.Set(key, value)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode(), nil
}

func (d *database) upgrade(ctx context.Context, name string) error {
	db, err := dbutil.NewWithDB(d.sql, name)
	if err != nil {
		return err
	}
	db.VersionTable = "crypto_version"
	db.UpgradeTable = dbutil.BuildUpgradeTable().WithFSPath(schema, "schema").Finish()
	db.Log = dbutil.NoopLogger
	return db.Upgrade(zerolog.Nop().WithContext(ctx))
}

func (d *database) close() error {
	d.once.Do(func() { close(d.closing) })
	<-d.done
	return d.sql.Close()
}

// text turns $1 into what the driver numbers its placeholders with.
func (d *database) text(query string) string {
	if d.sqlite {
		return strings.ReplaceAll(query, "$", "?")
	}
	return query
}

func (d *database) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := d.stmts.Load(query); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := d.sql.PrepareContext(ctx, d.text(query))
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if other, loaded := d.stmts.LoadOrStore(query, st); loaded {
		return other.(*sql.Stmt), st.Close()
	}
	return st, nil
}

// one reads a single row; found is false when there is none.
func (d *database) one(ctx context.Context, query string, into []any, args ...any) (found bool, err error) {
	st, err := d.stmt(ctx, query)
	if err != nil {
		return false, err
	}
	err = st.QueryRowContext(ctx, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// each reads rows; row is called with the scanner of each.
func (d *database) each(ctx context.Context, row func(scan func(...any) error) error, query string, args ...any) error {
	st, err := d.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	for rows.Next() && err == nil {
		err = row(rows.Scan)
	}
	return errors.Join(err, rows.Err(), rows.Close())
}

// commit writes a unit, together with others that wait. It returns when the
// unit is on the disk, or not at all; what is under way is not cancelled.
func (d *database) commit(changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	b := &batch{changes: changes, result: make(chan error, 1)}
	select {
	case d.queue <- b:
		return <-b.result
	case <-d.closing:
		return errClosed
	}
}

func (d *database) write() {
	defer close(d.done)
	defer d.drop()
	for {
		select {
		case first := <-d.queue:
			d.apply(d.gather(first))
		case <-d.closing:
			return
		}
	}
}

func (d *database) gather(first *batch) []*batch {
	group := []*batch{first}
	for len(group) < mostInGroup {
		select {
		case b := <-d.queue:
			group = append(group, b)
		default:
			return group
		}
	}
	return group
}

// apply commits a group; if that fails, each unit alone, so that a bad one
// fails by itself.
func (d *database) apply(group []*batch) {
	err := d.transact(group...)
	for _, b := range group {
		if err != nil && len(group) > 1 {
			b.result <- d.transact(b)
		} else {
			b.result <- err
		}
	}
}

func (d *database) transact(group ...*batch) error {
	ctx := context.Background()
	if err := d.begin(ctx); err != nil {
		return err
	}
	err := d.run(ctx, group)
	if err == nil {
		if _, err = d.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	if _, back := d.conn.ExecContext(ctx, "ROLLBACK"); back != nil {
		d.drop() // its state is unknown: the next group gets a new connection
	}
	return fmt.Errorf("crypto database: %w", err)
}

func (d *database) run(ctx context.Context, group []*batch) error {
	for _, b := range group {
		for _, c := range b.changes {
			st, err := d.prepare(ctx, c.query)
			if err != nil {
				return err
			}
			if _, err := st.ExecContext(ctx, c.args...); err != nil {
				return err
			}
		}
		if d.fault != nil {
			if err := d.fault(b.changes); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin starts a transaction; a connection that has gone stale meanwhile is
// replaced once.
func (d *database) begin(ctx context.Context) error {
	start := "BEGIN"
	if d.sqlite {
		start = "BEGIN IMMEDIATE"
	}
	for attempt := 0; ; attempt++ {
		var err error
		if d.conn == nil {
			if d.conn, err = d.sql.Conn(ctx); err == nil {
				d.prepared = map[string]*sql.Stmt{}
			} else {
				d.conn = nil
			}
		}
		if err == nil {
			if _, err = d.conn.ExecContext(ctx, start); err == nil {
				return nil
			}
			d.drop()
		}
		if attempt > 0 {
			return fmt.Errorf("crypto database: %w", err)
		}
	}
}

func (d *database) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := d.prepared[query]; ok {
		return st, nil
	}
	st, err := d.conn.PrepareContext(ctx, d.text(query))
	if err == nil {
		d.prepared[query] = st
	}
	return st, err
}

// drop lets go of the writer's connection.
func (d *database) drop() {
	if d.conn == nil {
		return
	}
	for _, st := range d.prepared {
		_ = st.Close() // the connection goes anyway
	}
	// Not back to the pool: it may be inside a transaction still.
	_ = d.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = d.conn.Close()
	d.conn, d.prepared = nil, nil
}
