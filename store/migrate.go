package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

// ErrNewerSchema says that a newer version of the program has changed the
// database, and this one cannot use it.
var ErrNewerSchema = errors.New("the database was written by a newer version of Silta")

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable keeps the number of the schema.
const versionTable = "silta_version"

func upgradeTable() dbutil.UpgradeTable {
	return dbutil.BuildUpgradeTable().WithFSPath(migrations, "migrations").Finish()
}

// migrate brings the schema to the version that is the length of table.
func migrate(ctx context.Context, db database, table dbutil.UpgradeTable, progress func(string, int64, int64)) (err error) {
	raw, err := sql.Open(db.driverName(), db.address())
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { err = errors.Join(err, raw.Close()) }()
	raw.SetMaxOpenConns(1)
	upgrader, err := dbutil.NewWithDB(raw, db.driverName())
	if err != nil {
		return err
	}
	upgrader.VersionTable = versionTable
	upgrader.UpgradeTable = table
	found, err := installedSchema(ctx, db)
	if err != nil {
		return err
	}
	log := &migrationLog{progress: progress, found: found.version}
	upgrader.Log = log
	if err := upgrader.Upgrade(ctx); err != nil {
		if errors.Is(err, dbutil.ErrUnsupportedDatabaseVersion) {
			return newerSchema(log.found, len(table))
		}
		return fmt.Errorf("migrate the database: %w", err)
	}
	log.finish()
	return nil
}

func newerSchema(found, newest int) error {
	return fmt.Errorf("%w: its schema is number %d, this version knows up to %d", ErrNewerSchema, found, newest)
}

// schema is the number of a database's schema, 0 for an empty database, and
// the oldest number whose program can still work with it.
type schema struct{ version, oldest int }

func readSchema(l *link) (found schema, err error) {
	exists, err := hasTable(l, versionTable)
	if err != nil || !exists {
		return found, err
	}
	err = l.one("SELECT version, compat FROM "+versionTable, func(r record) error {
		found = schema{version: int(r.int(0)), oldest: int(r.int(1))}
		if found.oldest == 0 {
			found.oldest = found.version
		}
		return nil
	})
	if isNotFound(err) {
		return found, nil
	}
	return found, err
}

func installedSchema(ctx context.Context, db database) (found schema, err error) {
	l, err := db.connect(ctx, true)
	if err != nil {
		return found, err
	}
	found, err = readSchema(l)
	return found, errors.Join(err, l.close())
}

func hasTable(l *link, name string) (bool, error) {
	q := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1"
	if !l.sqlite {
		q = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1"
	}
	n, err := l.number(q, name)
	return n > 0, err
}

// migrationLog turns dbutil's log into progress. It logs nothing: dbutil would
// log the arguments of statements.
type migrationLog struct {
	found        int // schema before
	from, at, to int
	running      bool
	progress     func(string, int64, int64)
}

func (m *migrationLog) QueryTiming(context.Context, string, string, []any, int, time.Duration, error) {
}

func (m *migrationLog) Warn(string, ...any) {}

func (m *migrationLog) WarnUnsupportedVersion(int, int, int) {}

func (m *migrationLog) PrepareUpgrade(current, _, latest int) {
	m.from, m.at, m.to = current, current, latest
}

func (m *migrationLog) DoUpgrade(from, _ int, _ string, _ dbutil.TxnMode) {
	m.running, m.at = true, from
	m.progress("migrate", int64(m.at-m.from), int64(m.to-m.from))
}

func (m *migrationLog) finish() {
	if m.running {
		m.progress("migrate", int64(m.to-m.from), int64(m.to-m.from))
	}
}
