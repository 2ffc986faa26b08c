package store_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// raw is a connection past the store, as somebody who owns the database has it.
func raw(t *testing.T, w *world) *sql.DB {
	t.Helper()
	driver, dsn := "postgres", w.DSN
	if w.sqlite() {
		driver, dsn = "sqlite3", "file:"+w.DSN
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// entry is the n-th of a test's audit; every tenth has a reason.
func entry(w *world, n int) mentoring.AuditEntry {
	e := mentoring.AuditEntry{At: w.now(), Kind: mentoring.ByPerson, Actor: mentoring.MemberID(n%7 + 1), Action: mentoring.AuditClaim, Subject: "case 12"}
	if n%10 == 0 {
		e.Reason = mentoring.AuditReason{Salt: []byte("0123456789abcdef"), Text: "syy joka on kirjoitettu"}
		e.Reasoned = e.Reason.Commitment()
	}
	return e
}

func (o *opened) append(w *world, from, to int) {
	o.t.Helper()
	for n := from; n <= to; n += 500 {
		o.write(func(tx *store.Tx) error {
			for i := n; i < n+500 && i <= to; i++ {
				w.pass(time.Millisecond)
				e := entry(w, i)
				if err := tx.AppendAudit(&e); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func verify(t *testing.T, w *world, heads ...mentoring.AuditHead) (mentoring.AuditHead, error) {
	t.Helper()
	var check mentoring.AuditCheck
	check.Expect(heads...)
	if err := store.WalkAudit(t.Context(), w.Options, check.Add); err != nil {
		return mentoring.AuditHead{}, err
	}
	return check.End()
}

// TestAuditIsWhole: of 10,000 entries none can be changed, removed, put in
// another place or cut off without verify finding it by the head that was
// posted, also by somebody who owns the database and can hash.
func TestAuditIsWhole(t *testing.T) {
	const all = 10_000
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		s.append(w, 1, all)
		head, err := verify(t, w)
		if err != nil || head.Number != all {
			t.Fatalf("untouched: %v, %v", head, err)
		}
		if again, err := mentoring.ParseAuditHead(" " + head.String() + "\n"); err != nil || again.String() != head.String() {
			t.Fatalf("%v reads back as %v, %v", head, again, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		db := raw(t, w)
		if w.sqlite() {
			run(t, db, "DROP TRIGGER audit_next")
			run(t, db, "DROP TRIGGER audit_update")
			run(t, db, "DROP TRIGGER audit_delete")
		} else {
			run(t, db, "ALTER TABLE audit DISABLE TRIGGER ALL")
		}
		run(t, db, "CREATE TABLE kept AS SELECT * FROM audit")
		for name, tamper := range tampering(all) {
			t.Run(name, func(t *testing.T) {
				tamper(t, db, w)
				var fault *mentoring.AuditFault
				if _, err := verify(t, w, head); !errors.As(err, &fault) {
					t.Errorf("not found: %v", err)
				}
				run(t, db, "DELETE FROM audit")
				run(t, db, "INSERT INTO audit SELECT * FROM kept ORDER BY number")
				if _, err := verify(t, w, head); err != nil {
					t.Fatalf("put back: %v", err)
				}
			})
		}
	})
}

type tamperer func(*testing.T, *sql.DB, *world)

func tampering(all int64) map[string]tamperer {
	plain := func(queries ...string) tamperer {
		return func(t *testing.T, db *sql.DB, _ *world) {
			t.Helper()
			for _, q := range queries {
				run(t, db, q)
			}
		}
	}
	list := map[string]tamperer{
		"removed":        plain("DELETE FROM audit WHERE number = 5000"),
		"removed, moved": plain("DELETE FROM audit WHERE number = 9990", "UPDATE audit SET number = -number WHERE number > 9990", "UPDATE audit SET number = -number - 1 WHERE number < 0"),
		"first removed":  plain("DELETE FROM audit WHERE number = 1"),
		"cut off":        plain("DELETE FROM audit WHERE number > 9000"),
		"last cut off":   plain("DELETE FROM audit WHERE number = 10000"),
		"emptied":        plain("DELETE FROM audit"),
		"reordered":      plain("UPDATE audit SET number = -1 WHERE number = 40", "UPDATE audit SET number = 40 WHERE number = 41", "UPDATE audit SET number = 41 WHERE number = -1"),
		"put before":     plain("INSERT INTO audit SELECT 0, at, kind, actor, action, subject, reasoned, previous, hash FROM kept WHERE number = 1"),
		"other reason":   plain("UPDATE audit SET reasoned = (SELECT reasoned FROM kept WHERE number = 1) WHERE number = 10"),
	}
	for column, value := range map[string]string{
		"at": "at + 1", "kind": "'system'", "actor": "actor + 1", "action": "'close'", "subject": "'case 13'",
		"previous": "hash", "hash": "previous",
	} {
		for _, number := range []string{"1", "5000", "10000"} {
			list["changed "+column+" of "+number] = plain("UPDATE audit SET " + column + " = " + value + " WHERE number = " + number)
		}
	}
	// Somebody who knows how the chain is made makes it anew from there on.
	list["changed, with a new chain"] = func(t *testing.T, db *sql.DB, w *world) {
		t.Helper()
		rechain(t, db, w, all-100, func(list []mentoring.AuditEntry) []mentoring.AuditEntry {
			list[0].Actor++
			return list
		})
	}
	list["changed, with a hash that fits"] = func(t *testing.T, db *sql.DB, w *world) {
		t.Helper()
		err := store.WalkAudit(t.Context(), w.Options, func(e *mentoring.AuditEntry) error {
			if e.Number == all/2+1 {
				e.Actor++
				run(t, db, "UPDATE audit SET actor = $1, hash = $2 WHERE number = $3", int64(e.Actor), e.Sum(), e.Number)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	list["removed, with a new chain"] = func(t *testing.T, db *sql.DB, w *world) {
		t.Helper()
		rechain(t, db, w, all-100, func(list []mentoring.AuditEntry) []mentoring.AuditEntry { return slices.Delete(list, 3, 4) })
	}
	list["removed, and as many added"] = func(t *testing.T, db *sql.DB, w *world) {
		t.Helper()
		rechain(t, db, w, all-100, func(list []mentoring.AuditEntry) []mentoring.AuditEntry {
			return append(slices.Delete(list, 3, 5), entry(w, 1), entry(w, 2), entry(w, 3))
		})
	}
	return list
}

// rechain writes the entries from a number on anew, as change leaves them.
func rechain(t *testing.T, db *sql.DB, w *world, from int64, change func([]mentoring.AuditEntry) []mentoring.AuditEntry) {
	t.Helper()
	var last mentoring.AuditHead
	var list []mentoring.AuditEntry
	err := store.WalkAudit(t.Context(), w.Options, func(e *mentoring.AuditEntry) error {
		if e.Number < from {
			last = e.Head()
		} else {
			list = append(list, *e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, db, "DELETE FROM audit_reason WHERE number >= $1", from)
	run(t, db, "DELETE FROM audit WHERE number >= $1", from)
	for _, e := range change(list) {
		e.Number, e.Previous = last.Number+1, last.Hash
		e.Hash = e.Sum()
		last = e.Head()
		run(t, db, "INSERT INTO audit (number, at, kind, actor, action, subject, reasoned, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			e.Number, e.At.UnixMilli(), string(e.Kind), int64(e.Actor), string(e.Action), e.Subject, append([]byte{}, e.Reasoned...), e.Previous, e.Hash)
	}
	if _, err := verify(t, w); err != nil {
		t.Fatalf("the new chain does not hold by itself, so that it proves nothing: %v", err)
	}
}

// TestAuditIsOnlyAddedTo: the database itself refuses everything but the next entry.
func TestAuditIsOnlyAddedTo(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		s.append(w, 1, 5)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		queries := []string{
			"UPDATE audit SET actor = 9 WHERE number = 2", "DELETE FROM audit WHERE number = 5", "DELETE FROM audit",
			"INSERT INTO audit SELECT 7, at, kind, actor, action, subject, reasoned, previous, hash FROM audit WHERE number = 1",
			"INSERT INTO audit SELECT 0, at, kind, actor, action, subject, reasoned, previous, hash FROM audit WHERE number = 1",
		}
		if w.sqlite() {
			queries = append(queries, "REPLACE INTO audit SELECT number, at, kind, 9, action, subject, reasoned, previous, hash FROM audit WHERE number = 2")
		} else {
			queries = append(queries, "TRUNCATE audit")
		}
		db := raw(t, w)
		for _, q := range queries {
			if _, err := db.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "audit") {
				t.Errorf("%s: %v", q, err)
			}
		}
		if head, err := verify(t, w); err != nil || head.Number != 5 {
			t.Errorf("afterwards: %v, %v", head, err)
		}
	})
}

// TestAuditOutlives: a head that was posted holds after a new key, after reasons
// are forgotten, and in a database of either kind that was restored from a backup.
func TestAuditOutlives(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		file := filepath.Join(t.TempDir(), "silta.key")
		if err := store.NewKeyFile(file); err != nil {
			t.Fatal(err)
		}
		w.Keys = load(t, file)
		s := w.open()
		s.append(w, 1, 700)
		head, err := verify(t, w)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.AddKey(file); err != nil {
			t.Fatal(err)
		}
		w.Keys = load(t, file)
		s = w.open()
		if _, err := s.Rotate(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if now, err := verify(t, w, head); err != nil || now.Number != 701 {
			t.Errorf("after a new key: %v, %v", now, err)
		}
		for _, sqlite := range []bool{true, false} {
			back := newWorld(t, newDSN(t, sqlite))
			back.Keys = w.Keys
			if err := restoreInto(t, back, backupOf(t, w)); err != nil {
				t.Fatal(err)
			}
			if now, err := verify(t, back, head); err != nil || now.Number != 702 {
				t.Errorf("restored: %v, %v", now, err)
			}
		}
		list := both(s, "entries", func(tx *store.Tx) ([]mentoring.AuditEntry, error) { return tx.AuditEntries(689, 20) })
		if len(list) != 12 || list[0].Reason.Text != entry(w, 10).Reason.Text || list[11].Action != mentoring.AuditRotate || list[11].Kind != mentoring.BySystem {
			t.Errorf("%d entries, the first %+v, the last %+v", len(list), list[0], list[len(list)-1])
		}
		s.write(func(tx *store.Tx) error { return tx.DropAuditReasons(w.now()) })
		gone := both(s, "entries", func(tx *store.Tx) ([]mentoring.AuditEntry, error) { return tx.AuditEntries(679, 1) })
		if gone[0].Reason.Text != "" || len(gone[0].Reasoned) == 0 {
			t.Errorf("a reason whose time is over: %+v", gone[0])
		}
		if _, err := verify(t, w, head); err != nil {
			t.Errorf("without reasons: %v", err)
		}
		counts := both(s, "counts", func(tx *store.Tx) (map[mentoring.AuditAction]int64, error) {
			return tx.AuditCounts(list[0].At, w.now().Add(time.Second))
		})
		same(t, "counts", counts[mentoring.AuditClaim], int64(11))
	})
}
