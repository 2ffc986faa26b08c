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
)

// backupTables are the tables of a backup, each after those it refers to.
func backupTables() []string {
	return []string{
		"setting",
		"high_water",
		"member",
		"membership",
		"card",
		"card_history",
		"preparation",
		"availability",
		"conversation",
		"participant",
		"cases",
		"case_note",
		"duty",
		"snapshot",
		"joint",
		"joint_consent",
		"alarm",
		"alarm_call",
		"measure",
		"ban",
		"trouble",
		"staff_room",
		"code",
		"phrase",
		"totp",
		"attempt",
		"block",
		"counter",
		"tally",
		"handover",
		"supervision",
		"supervision_seat",
		"asking",
		"asking_offer",
		"canned",
		"reply_sample",
		"dialogue",
		"topic",
		"text_override",
		"room",
		"ghost",
		"line",
		"message",
		"upload",
		"told",
		"shows",
		"poll",
		"move_request",
		"audit",
		"audit_reason", "access",
		"question",
		"prompt",
		"sent",
		"questioned",
		"remark",
		"vote",
		"service",
		"announcement",
		"undone",
	}
}

// unsavedTables are left out of backups. The queue: what it holds was sent, or
// will be by the running service, and must never be sent again from an old
// copy. Seen events: they go with the queue. The references of copies are made
// anew from the messages.
func unsavedTables() []string { return []string{"queue", "held", "seen", "copy_ref", versionTable} }

// progressStep is after how many rows progress is told.
const progressStep = 10_000

// Backup writes everything but the queue to w, as one consistent snapshot,
// while another process may own the database and go on writing. What is sealed
// stays sealed: o.Keys may be nil, and a restore needs the same key file. Of
// devices there is nothing in it, so that a restored service makes new ones.
func Backup(ctx context.Context, o Options, w io.Writer) error {
	return snapshot(ctx, o.DSN, "backup", func(l *link) error {
		found, err := readSchema(l)
		if err != nil {
			return err
		}
		if newest := len(upgradeTable()); found.oldest > newest {
			return newerSchema(found.version, newest)
		}
		if found.version == 0 {
			return errors.New("there is nothing in the database")
		}
		b := &backup{ctx: ctx, l: l, o: &o}
		return b.write(w, found)
	})
}

type backup struct {
	ctx         context.Context
	l           *link
	o           *Options
	out         *archiveWriter
	done, total int64
}

func (b *backup) write(w io.Writer, found schema) error {
	var tables []archiveTable
	for _, name := range backupTables() {
		exists, err := hasTable(b.l, name) // not in every older schema
		if err != nil {
			return err
		}
		if !exists {
			continue
		}
		n, err := b.l.number("SELECT count(*) FROM " + name)
		if err != nil {
			return err
		}
		b.total += n
		columns, err := b.l.columns(name)
		if err != nil {
			return err
		}
		tables = append(tables, archiveTable{Name: name, Columns: columns})
	}
	out, err := newArchiveWriter(w)
	if err != nil {
		return err
	}
	b.out = out
	now := b.o.Now
	if now == nil {
		now = time.Now
	}
	if err := out.object(entryHeader, archiveHeader{Schema: found.version, Created: millis(now()), Rows: b.total}); err != nil {
		return err
	}
	for _, table := range tables {
		if err := b.table(table); err != nil {
			return fmt.Errorf("%s: %w", table.Name, err)
		}
	}
	b.o.progress("backup", b.total, b.total)
	return out.close()
}

func (b *backup) table(table archiveTable) error {
	if err := b.out.object(entryTable, table); err != nil {
		return err
	}
	keep := keeper(table)
	order := ""
	if table.Name == "audit" { // it can only be written in its order
		order = " ORDER BY number"
	}
	return b.l.query("SELECT * FROM "+table.Name+order, func(r record) error {
		if b.done%progressStep == 0 {
			b.o.progress("backup", b.done, b.total)
			if err := b.ctx.Err(); err != nil {
				return err
			}
		}
		b.done++
		if !keep(r) {
			return nil
		}
		return b.out.row(r)
	})
}

// keeper decides on the rows of a table, and clears what has to do with
// devices and with what is still to be sent.
func keeper(table archiveTable) func(record) bool {
	at := func(column string) int { return slices.Index(table.Columns, column) }
	switch table.Name {
	case "setting":
		name := at("name")
		return func(r record) bool { return !strings.HasPrefix(r.text(name), DeviceSetting) }
	case "ghost":
		device, ready := at("device"), at("ready")
		return func(r record) bool {
			r[device], r[ready] = "", int64(0)
			return true
		}
	case "message":
		copies := at("copies")
		return func(r record) bool {
			list, err := unpackCopies(r.view(copies))
			if err != nil {
				return false
			}
			// The row that would have sent it is not in the backup.
			list = slices.DeleteFunc(list, func(c Copy) bool { return c.Event == "" })
			r[copies] = packCopies(list)
			return len(list) > 0
		}
	}
	return func(record) bool { return true }
}

// columns lists the columns of a table.
func (l *link) columns(table string) ([]string, error) {
	st, err := l.prepare("SELECT * FROM " + table + " LIMIT 0")
	if err != nil {
		return nil, err
	}
	rows, err := st.(driver.StmtQueryContext).QueryContext(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	return slices.Clone(rows.Columns()), rows.Close()
}
