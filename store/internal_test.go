package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mau.fi/util/dbutil"

	"silta/store/pgtest"
)

func testKeys(t *testing.T) *Keyring {
	t.Helper()
	path := filepath.Join(t.TempDir(), "silta.key")
	if err := NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	keys, err := LoadKeyring(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func databases(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "silta.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, pgtest.DSN(t)) })
}

func silent(string, int64, int64) {}

// TestEveryConnection: what must hold on every connection does, on each that
// the store has open, the migrations' one included.
func TestEveryConnection(t *testing.T) {
	s, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "silta.db"), Keys: testKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := map[string]string{"foreign_keys": "1", "journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "busy_timeout": "10000", "page_size": "2048"}
	check := func(name string, l *link) {
		for pragma, value := range want {
			err := l.query("PRAGMA "+pragma, func(r record) error {
				got := r.text(0)
				if got == "" {
					got = strconv.FormatInt(r.int(0), 10)
				}
				if got != value {
					t.Errorf("%s: %s is %s, want %s", name, pragma, got, value)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	check("gate", s.gate.link)
	var held []*link
	for range readerCount {
		l, err := s.readers.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		check("reader", l)
		if _, err := l.exec("CREATE TABLE intruder (id INTEGER)"); err == nil {
			t.Error("a reader's connection wrote")
		}
		held = append(held, l)
	}
	for _, l := range held {
		s.readers.give(l)
	}
	err = s.Write(t.Context(), func(tx *Tx) error { return tx.PutLine(&Line{Key: "menu/1", Room: 4711, Event: "$x"}) })
	if err == nil {
		t.Error("a line in a room that is not there was kept")
	}
}

// TestFilesArePrivate: nobody but the owner can read what SQLite writes.
func TestFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{DSN: "file:" + filepath.Join(dir, "silta.db") + "?_foreign_keys=off", Keys: testKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 3 { // database, log, lock
		t.Errorf("only %d files", len(files))
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", f.Name(), info.Mode().Perm())
		}
	}
	on, err := s.gate.link.number("PRAGMA foreign_keys")
	if err != nil || on != 1 {
		t.Errorf("a parameter of the address turned foreign keys off")
	}
}

// TestOldSchemas: every schema that there ever was is brought to the newest.
func TestOldSchemas(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		db, err := parseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		newest := upgradeTable()
		var shape []string
		for old := 1; old <= len(newest); old++ {
			if db.sqlite {
				db.path = filepath.Join(t.TempDir(), "old.db")
			} else {
				db.dsn = pgtest.DSN(t)
			}
			l, give, err := openOwned(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			if err := migrate(t.Context(), db, newest[:old], silent); err != nil {
				t.Fatalf("make schema %d: %v", old, err)
			}
			var stages int
			if err := migrate(t.Context(), db, newest, func(string, int64, int64) { stages++ }); err != nil {
				t.Fatalf("schema %d to %d: %v", old, len(newest), err)
			}
			if (stages == 0) != (old == len(newest)) {
				t.Errorf("schema %d: progress was told %d times", old, stages)
			}
			found, err := readSchema(l)
			if err != nil || found.version != len(newest) {
				t.Errorf("schema %d became %d (%v)", old, found.version, err)
			}
			got := tablesAndColumns(t, l)
			if shape != nil && !slices.Equal(shape, got) {
				t.Errorf("schema %d becomes another one than the others:\n%v\n%v", old, got, shape)
			}
			shape = got
			if err := give(); err != nil {
				t.Error(err)
			}
		}
	})
}

func tablesAndColumns(t *testing.T, l *link) []string {
	t.Helper()
	var all []string
	for _, name := range tables(t, l) {
		columns, err := l.columns(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name+": "+strings.Join(columns, " "))
	}
	return all
}

func tables(t *testing.T, l *link) (names []string) {
	t.Helper()
	q := "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
	if !l.sqlite {
		q = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name"
	}
	if err := l.query(q, func(r record) error { names = append(names, r.text(0)); return nil }); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestNewerSchemaIsRefused, by everything that opens a database.
func TestNewerSchemaIsRefused(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		o := Options{DSN: dsn, Keys: testKeys(t)}
		db, err := parseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		_, give, err := openOwned(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		future := upgradeTable()
		future = append(future, dbutil.WrapUpgrade(len(future), len(future)+1, 0, "the future", dbutil.TxnModeOn, func(ctx context.Context, d *dbutil.Database) error {
			_, err := d.Exec(ctx, "CREATE TABLE future (id INTEGER)")
			return err
		}))
		if err := errors.Join(migrate(t.Context(), db, future, silent), give()); err != nil {
			t.Fatal(err)
		}
		_, err = Open(t.Context(), o)
		if !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "schema is number 2") {
			t.Errorf("Open: %v", err)
		}
		if _, err := Inspect(t.Context(), o); !errors.Is(err, ErrNewerSchema) {
			t.Errorf("Inspect: %v", err)
		}
		if err := Backup(t.Context(), o, &bytes.Buffer{}); !errors.Is(err, ErrNewerSchema) {
			t.Errorf("Backup: %v", err)
		}
	})
}

// TestEveryTableHasItsPlace: each table is saved by backups or left out on purpose.
func TestEveryTableHasItsPlace(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		s, err := Open(t.Context(), Options{DSN: dsn, Keys: testKeys(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var all []string
		if err := s.Read(t.Context(), func(tx *Tx) error { all = tables(t, tx.l); return nil }); err != nil {
			t.Fatal(err)
		}
		for _, name := range all {
			saved, left := slices.Contains(backupTables(), name), slices.Contains(unsavedTables(), name)
			if saved == left {
				t.Errorf("table %s: saved %v, left out %v", name, saved, left)
			}
		}
	})
}

// TestLostConnection: when PostgreSQL ends the owner's session, its lock is
// gone, and the store must not write any more.
func TestLostConnection(t *testing.T) {
	o := Options{DSN: pgtest.DSN(t), Keys: testKeys(t)}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func() error {
		return s.Write(t.Context(), func(tx *Tx) error { return tx.PutSetting("a", "b") })
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	var pid int64
	err = s.Write(t.Context(), func(tx *Tx) (err error) { pid, err = tx.l.number("SELECT pg_backend_pid()"); return err })
	if err != nil {
		t.Fatal(err)
	}
	db, err := parseDSN(o.DSN)
	if err != nil {
		t.Fatal(err)
	}
	other, err := db.connect(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	if _, err := other.number("SELECT pg_terminate_backend($1)::int::bigint", pid); err != nil {
		t.Fatal(err)
	}
	select { // noticed though nothing is written
	case <-s.Failed():
	case <-time.After(10 * time.Second):
		t.Error("the loss was not noticed")
	}
	if err := put(); !errors.Is(err, ErrClosed) {
		t.Errorf("later: %v", err)
	}
	if err := s.Read(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("read: %v", err)
	}
	next, err := Open(t.Context(), o)
	if err != nil {
		t.Fatalf("the next owner: %v", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestSealing(t *testing.T) {
	keys := testKeys(t)
	here := place{column: "member.alias", id: 7}
	sealed := keys.seal(here, []byte("Kanerva"))
	if plain, err := keys.open(here, sealed); err != nil || string(plain) != "Kanerva" {
		t.Fatalf("%q, %v", plain, err)
	}
	if bytes.Equal(sealed, keys.seal(here, []byte("Kanerva"))) {
		t.Error("the same text is sealed the same way twice")
	}
	for name, p := range map[string]place{
		"row": {column: "member.alias", id: 8}, "column": {column: "member.address", id: 7}, "name": {column: "member.alias", id: 7, name: "x"},
	} {
		if _, err := keys.open(p, sealed); !errors.Is(err, ErrTampered) {
			t.Errorf("moved to another %s: %v", name, err)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := keys.open(here, changed); err == nil {
			t.Errorf("byte %d changed, and it opens", i)
		}
	}
	for n := range sealed {
		if _, err := keys.open(here, sealed[:n]); err == nil {
			t.Errorf("cut to %d bytes, and it opens", n)
		}
	}
	if _, err := testKeys(t).open(here, sealed); !errors.Is(err, ErrTampered) {
		t.Errorf("another key with the same number: %v", err)
	}
}

func TestKeyring(t *testing.T) {
	one, two := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32))
	old, err := LoadKeyring("1 " + one) // the content of an environment variable
	if err != nil {
		t.Fatal(err)
	}
	here := place{column: "member.alias", id: 7}
	sealed := old.seal(here, []byte("vanha"))
	for name, content := range map[string]string{"lines": "# keys\n2 " + two + "\n1 " + one + "\n", "commas": "1 " + one + ",2 " + two} {
		both, err := LoadKeyring(content)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if plain, err := both.open(here, sealed); err != nil || string(plain) != "vanha" {
			t.Errorf("%s: the old key opens %q, %v", name, plain, err)
		}
		if _, err := old.open(here, both.seal(here, nil)); !errors.Is(err, ErrKeyMissing) {
			t.Errorf("%s: the newest key should seal: %v", name, err)
		}
	}
	for _, bad := range []string{"", "# nothing", "0 " + one, "256 " + one, "1 short", "1 " + one + "\n1 " + two, one} {
		if _, err := ParseKeyring(bad); err == nil || strings.Contains(err.Error(), one) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	path := filepath.Join(t.TempDir(), "key")
	if _, err := LoadKeyring(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	if err := NewKeyFile(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("an existing key file: %v", err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKeyring(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", filepath.Dir(path))
	if _, err := LoadKeyring(path); err != nil {
		t.Errorf("a systemd credential: %v", err)
	}
}

// TestMovedRows: a sealed value that was moved to another row of the database
// is refused when it is read.
func TestMovedRows(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		s, err := Open(t.Context(), Options{DSN: dsn, Keys: testKeys(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		rows := make([]Row, 2)
		err = s.Write(t.Context(), func(tx *Tx) error {
			for i := range rows {
				rows[i] = Row{Lane: Lane(i), Kind: LaneIn, Payload: []byte("payload")}
				if err := tx.Enqueue(&rows[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(tx *Tx) error {
			_, err := tx.exec("UPDATE queue SET payload = (SELECT payload FROM queue WHERE id = $1) WHERE id = $2", rows[0].ID, rows[1].ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Read(t.Context(), func(tx *Tx) error { _, err := tx.Rows(1); return err })
		if !errors.Is(err, ErrTampered) {
			t.Errorf("a moved payload: %v", err)
		}
	})
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", ":memory:", "file::memory:", "file:x?mode=memory", "file:x?%zz"} {
		if _, err := parseDSN(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	_, err := Open(t.Context(), Options{DSN: "postgres://u:secret@127.0.0.1:1/x?connect_timeout=bad", Keys: testKeys(t)})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows the password: %v", err)
	}
	odd := filepath.Join(t.TempDir(), "a b#c%41?.db") // a question mark begins the parameters
	s, err := Open(t.Context(), Options{DSN: odd, Keys: testKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := os.Stat(strings.TrimSuffix(odd, "?.db")); err != nil {
		t.Error(err)
	}
}

// TestDroppedCopiesLeaveNothing: the references go with the copies.
func TestDroppedCopiesLeaveNothing(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		s, err := Open(t.Context(), Options{DSN: dsn, Keys: testKeys(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		m := Message{Conversation: 1, Source: "$source:x", Author: 1, Copies: []Copy{{Number: 2, Event: "$a:x"}, {Number: 3, Event: "$b:x"}}}
		count := func() (n int64) {
			err := s.Read(t.Context(), func(tx *Tx) (err error) {
				n, err = tx.l.number("SELECT (SELECT count(*) FROM copy_ref) + (SELECT count(*) FROM message)")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for i, step := range []func(*Tx) error{
			func(tx *Tx) error { return tx.PutMessage(&m) },
			func(tx *Tx) error { return tx.DropCopy(1, m.Source, 2) },
			func(tx *Tx) error { return tx.DropCopy(1, m.Source, 3) },
		} {
			if err := s.Write(t.Context(), step); err != nil {
				t.Fatal(err)
			}
			if got, want := count(), []int64{3, 2, 0}[i]; got != want {
				t.Errorf("after step %d: %d rows, want %d", i, got, want)
			}
		}
	})
}
