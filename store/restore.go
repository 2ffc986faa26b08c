package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"silta/mentoring"
)

// Restore reads a backup into an empty database, whichever of the two kinds it
// came from, and brings it to the newest schema. It is done wholly or not at
// all. o.Keys must be those the backup was made with. Errors: [ErrBadBackup],
// [ErrNotEmpty], [ErrInUse], [ErrNewerSchema], [ErrKeyMissing], [ErrTampered].
func Restore(ctx context.Context, o Options, r io.Reader) error {
	if o.Keys == nil {
		return doing("restore", errNoKeys)
	}
	in, err := newArchiveReader(r)
	if err != nil {
		return doing("restore", err)
	}
	var header archiveHeader
	if kind, err := in.ReadByte(); err != nil || kind != entryHeader {
		return doing("restore", ErrBadBackup)
	}
	if err := in.object(&header); err != nil {
		return doing("restore", err)
	}
	table := upgradeTable()
	if header.Schema < 1 {
		return doing("restore", ErrBadBackup)
	}
	if header.Schema > len(table) {
		return doing("restore", newerSchema(header.Schema, len(table)))
	}
	db, err := parseDSN(o.DSN)
	if err != nil {
		return doing("restore", err)
	}
	l, give, err := openOwned(ctx, db)
	if err != nil {
		return doing("restore", err)
	}
	err = func() error {
		if err := mustBeEmpty(l); err != nil {
			return err
		}
		if err := migrate(ctx, db, table[:header.Schema], o.progress); err != nil {
			return err
		}
		if err := (&restore{ctx: ctx, l: l, o: &o, in: in, total: header.Rows}).run(); err != nil {
			return err
		}
		if err := migrate(ctx, db, table, o.progress); err != nil {
			return err
		}
		now := o.Now
		if now == nil {
			now = time.Now
		}
		return auditSystem(l, now(), mentoring.AuditRestore)
	}()
	return doing("restore", errors.Join(err, give()))
}

// mustBeEmpty looks at all tables that a backup could fill.
func mustBeEmpty(l *link) error {
	for _, name := range append(backupTables(), unsavedTables()...) {
		if name == versionTable {
			continue
		}
		exists, err := hasTable(l, name)
		if err != nil {
			return err
		}
		if !exists {
			continue
		}
		n, err := l.number("SELECT count(*) FROM (SELECT 1 FROM " + name + " LIMIT 1) one")
		if err != nil {
			return err
		}
		if n > 0 {
			return ErrNotEmpty
		}
	}
	return nil
}

type restore struct {
	ctx         context.Context
	l           *link
	o           *Options
	in          *archiveReader
	done, total int64

	table  archiveTable
	insert *multi
	values []driver.Value // of rows that wait to be inserted
	refs   []driver.Value
	refer  *multi
}

// restoreBatch is how many rows are inserted at once.
const restoreBatch = 64

func (r *restore) run() error {
	if err := r.l.beginWrite(); err != nil {
		return err
	}
	err := r.entries()
	if err == nil {
		err = r.keysFit()
	}
	if err != nil {
		return errors.Join(err, r.l.control("ROLLBACK"))
	}
	if err := r.l.control("COMMIT"); err != nil {
		return err
	}
	r.o.progress("restore", r.total, r.total)
	return nil
}

// keysFit looks whether what was restored can be opened.
func (r *restore) keysFit() error {
	n, err := r.l.number("SELECT count(*) FROM setting WHERE name = $1", lookupSetting)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: the look-up key is missing", ErrBadBackup)
	}
	_, err = loadLookupKey(r.l, r.o.Keys)
	return err
}

func (r *restore) entries() error {
	r.refer = newMulti("INSERT INTO copy_ref (conversation, event, source) VALUES ", 3, " ON CONFLICT DO NOTHING", restoreBatch, 1)
	for {
		kind, err := r.in.ReadByte()
		if err != nil {
			return err
		}
		switch kind {
		case entryTable:
			err = r.begin()
		case entryRow:
			err = r.row()
		case entryEnd:
			return errors.Join(r.flush(), r.in.end())
		default:
			err = ErrBadBackup
		}
		if err != nil {
			return err
		}
	}
}

// begin starts a table. Names from the file get into a statement only when the
// schema has them, too.
func (r *restore) begin() error {
	if err := r.flush(); err != nil {
		return err
	}
	r.table = archiveTable{}
	if err := r.in.object(&r.table); err != nil {
		return err
	}
	if !slices.Contains(backupTables(), r.table.Name) {
		return fmt.Errorf("%w: an unknown table", ErrBadBackup)
	}
	known, err := r.l.columns(r.table.Name)
	if err != nil {
		return err
	}
	for _, column := range r.table.Columns {
		if !slices.Contains(known, column) {
			return fmt.Errorf("%w: an unknown column in %s", ErrBadBackup, r.table.Name)
		}
	}
	if len(r.table.Columns) == 0 {
		return fmt.Errorf("%w: %s has no columns", ErrBadBackup, r.table.Name)
	}
	head := "INSERT INTO " + r.table.Name + " (" + strings.Join(r.table.Columns, ", ") + ") VALUES "
	r.insert = newMulti(head, len(r.table.Columns), "", restoreBatch, 1)
	return nil
}

func (r *restore) row() error {
	if r.insert == nil {
		return ErrBadBackup
	}
	if r.done%progressStep == 0 {
		r.o.progress("restore", r.done, r.total)
		if err := r.ctx.Err(); err != nil {
			return err
		}
	}
	r.done++
	row, err := r.in.row(len(r.table.Columns))
	if err != nil {
		return err
	}
	if r.table.Name == "message" {
		if err := r.references(row); err != nil {
			return err
		}
	}
	r.values = append(r.values, row...)
	if len(r.values) == restoreBatch*len(r.table.Columns) {
		return r.flush()
	}
	return nil
}

// references makes the rows of copy_ref for a message.
func (r *restore) references(row record) error {
	at := func(column string) int { return slices.Index(r.table.Columns, column) }
	conversation, source, copies := at("conversation"), at("source"), at("copies")
	if conversation < 0 || source < 0 || copies < 0 {
		return fmt.Errorf("%w: a column of message is missing", ErrBadBackup)
	}
	list, err := unpackCopies(row.view(copies))
	if err != nil {
		return err
	}
	for _, c := range list {
		packed, err := packEvent(c.Event)
		if err != nil {
			return err
		}
		r.refs = append(r.refs, row.int(conversation), int64(hint(packed)), int64(hint(row.view(source))))
	}
	return nil
}

// flush inserts the rows that wait.
func (r *restore) flush() error {
	if r.insert != nil {
		if err := r.insert.exec(r.l, r.values); err != nil {
			return err
		}
	}
	r.values = r.values[:0]
	if err := r.refer.exec(r.l, r.refs); err != nil {
		return err
	}
	r.refs = r.refs[:0]
	return nil
}
