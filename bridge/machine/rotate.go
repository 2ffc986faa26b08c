package machine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Tables that have a sealed column, as the seal names them.
const (
	accountTable  = "crypto_account"
	olmTable      = "crypto_olm"
	inboundTable  = "crypto_inbound"
	outboundTable = "crypto_outbound"
	personTable   = "crypto_person"
)

// table is one with a sealed column, and what its rows are named by.
type table struct {
	name string
	key  []string
}

func tables() []table {
	return []table{
		{accountTable, []string{"account"}},
		{olmTable, []string{"account", "peer", "session"}},
		{inboundTable, []string{"session"}},
		{outboundTable, []string{"account", "room"}},
		{personTable, []string{"person"}},
	}
}

// mostRotated is how many rows one commit of Rotate seals anew.
const mostRotated = 200

// Rotate seals everything anew that is not sealed under the newest key. It may
// be stopped and run again, and it may run while everything else does: a row
// that changes meanwhile is sealed under the newest key by that. n is how many
// rows it sealed; progress (nil: nobody wants to know) is told of them, too.
// Where there are no crypto tables it makes none.
func Rotate(ctx context.Context, dsn string, keys Sealer, progress func(done, total int64)) (n int64, err error) {
	total, err := Outdated(ctx, dsn, keys)
	if err != nil || total == 0 {
		return 0, err
	}
	db, err := openDatabase(ctx, dsn)
	if err != nil {
		return 0, err
	}
	r := rotation{db: db, keys: keys, told: func(n int64) {
		if progress != nil {
			progress(min(n, total), total)
		}
	}}
	err = r.run(ctx)
	return r.n, errors.Join(err, db.close())
}

// Outdated is how many values are not sealed under the newest key. It changes
// nothing, and may be asked while everything else runs.
func Outdated(ctx context.Context, dsn string, keys Sealer) (n int64, err error) {
	db, err := lookInto(dsn)
	if db == nil || err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if isPostgres(dsn) {
		var there bool
		if err := db.QueryRowContext(ctx, "SELECT to_regclass('crypto_version') IS NOT NULL").Scan(&there); err != nil || !there {
			return 0, doing("crypto database", err)
		}
	}
	for _, t := range tables() {
		k, err := outdated(ctx, db, t, keys)
		if n += k; err != nil {
			return n, fmt.Errorf("crypto database: %s: %w", t.name, err)
		}
	}
	return n, nil
}

// lookInto opens a database for reading; nil when there is none.
func lookInto(dsn string) (*sql.DB, error) {
	if isPostgres(dsn) {
		db, err := sql.Open("postgres", dsn)
		if err != nil {
			return nil, errors.New("crypto database: not a valid address") // the driver's text may show a password
		}
		return db, nil
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(dsn, "file:"), "?")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	address, err := sqliteAddress(dsn)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite3", address+"&_query_only=true")
}

// outdated counts by the number of the key, which a sealed value begins with.
func outdated(ctx context.Context, db *sql.DB, t table, keys Sealer) (n int64, err error) {
	rows, err := db.QueryContext(ctx, "SELECT substr(sealed, 1, 1), count(*) FROM "+t.name+" GROUP BY substr(sealed, 1, 1)")
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		var key []byte
		var count int64
		if err = rows.Scan(&key, &count); err != nil {
			break
		}
		if !keys.Newest(key) {
			n += count
		}
	}
	return n, errors.Join(err, rows.Err(), rows.Close())
}

func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// rotation seals the tables anew, a page at a time.
type rotation struct {
	db   *database
	keys Sealer
	n    int64 // rows sealed anew
	told func(n int64)
}

func (r *rotation) run(ctx context.Context) error {
	for _, t := range tables() {
		if err := r.table(ctx, t); err != nil {
			return fmt.Errorf("rotate %s: %w", t.name, err)
		}
	}
	return nil
}

func (r *rotation) table(ctx context.Context, t table) error {
	after := make([]any, len(t.key))
	for i := range after {
		after[i] = []byte{}
	}
	for {
		found, changes, err := r.page(ctx, t, after)
		if err == nil {
			err = r.db.commit(changes)
		}
		if err != nil {
			return err
		}
		if r.n += int64(len(changes)); len(changes) > 0 {
			r.told(r.n)
		}
		if found < mostRotated {
			return nil
		}
	}
}

// page seals the rows of one page after a key, and moves that to its end.
func (r *rotation) page(ctx context.Context, t table, after []any) (found int, changes []change, err error) {
	where, marks := make([]string, len(t.key)), make([]string, len(t.key))
	for i, column := range t.key {
		where[i], marks[i] = fmt.Sprintf("%s = $%d", column, i+3), fmt.Sprintf("$%d", i+1)
	}
	columns := strings.Join(t.key, ", ")
	query := fmt.Sprintf(`SELECT %s, sealed FROM %s WHERE (%s) > (%s) ORDER BY %s LIMIT %d`,
		columns, t.name, columns, strings.Join(marks, ", "), columns, mostRotated)
	update := fmt.Sprintf(`UPDATE %s SET sealed = $1 WHERE sealed = $2 AND %s`, t.name, strings.Join(where, " AND "))
	column := t.name + ".sealed"
	err = r.db.each(ctx, func(scan func(...any) error) error {
		row := make([][]byte, len(t.key)+1)
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := scan(into...); err != nil {
			return err
		}
		found++
		key, sealed := row[:len(t.key)], row[len(t.key)]
		for i := range key {
			after[i] = key[i]
		}
		if r.keys.Newest(sealed) {
			return nil
		}
		place := string(slices.Concat(key...))
		plain, err := r.keys.Open(column, place, sealed)
		if err != nil {
			return err
		}
		args := []any{r.keys.Seal(column, place, plain), sealed}
		for _, k := range key {
			args = append(args, k)
		}
		changes = append(changes, change{update, args})
		return nil
	}, query, after...)
	return found, changes, err
}
