package main

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"silta/bridge/machine"
)

// TestKeys: another key from adding it to destroying the old one.
func TestKeys(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, plain)
	s := hs.service
	seeded(t, s)
	withCryptoTables(t, s)
	running := begin(t, s)
	until(t, "readiness", func() bool { return running.Ready(t.Context()) == nil })

	if code, out := s.run("keys", "add"); code != 0 || !strings.Contains(out, "Added key 2 to "+s.path("silta.key")) {
		t.Fatalf("add: %d %s", code, out)
	}
	code, findings := checked(t, s)
	wants(t, code, findings, warned, "old keys", "values are sealed with an older key than 2", "silta keys rotate")
	if code, out := s.run("keys", "rotate"); code != 1 || !strings.Contains(out, "stop the service first") {
		t.Errorf("rotate while it runs: %d %s", code, out)
	}
	running.end(t)
	code, out := s.run("keys", "rotate")
	for _, want := range []string{"rotate: ", "rotate crypto tables: 1 of 1 (100 %)", "Everything is sealed with the newest key.", "Backups made before"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("rotate: %d, want %q: %s", code, want, out)
		}
	}
	if code, out = s.run("keys", "rotate"); code != 0 || !strings.Contains(out, "already") {
		t.Errorf("again: %d %s", code, out)
	}
	code, findings = checked(t, s)
	wants(t, code, findings, good, "old keys", "the database needs none but key 2", "")

	content, err := os.ReadFile(s.path("silta.key"))
	if err != nil {
		t.Fatal(err)
	}
	_, newest, found := strings.Cut(string(content), "\n2 ")
	if !found {
		t.Fatal("no key 2 in the file")
	}
	s.write("silta.key", "2 "+newest)
	if got := alias(t, s); got != "Kanerva" {
		t.Errorf("with the new key alone the member is called %q", got)
	}
	code, findings = checked(t, s)
	wants(t, code, findings, good, "database", "SQLite", "")
	for _, f := range findings {
		if f.Check == "old keys" {
			t.Errorf("with one key: %v", f)
		}
	}
	again := begin(t, s)
	until(t, "readiness with the new key", func() bool { return again.Ready(t.Context()) == nil })
}

// withCryptoTables leaves one row of a service that has encrypted.
func withCryptoTables(t *testing.T, s *service) {
	t.Helper()
	c := s.config()
	keys, err := loadKeys(c, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	dsn := machine.DSN(c.Database.DSN)
	m, err := machine.Open(t.Context(), machine.Options{DSN: dsn, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const insert = "INSERT INTO crypto_person (person, changed, fetched, sealed) VALUES (?, 0, 0, ?)"
	if _, err := db.ExecContext(t.Context(), insert, []byte("p"), keys.Seal("crypto_person.sealed", "p", []byte("{}"))); err != nil {
		t.Fatal(err)
	}
}

func TestKeysFromElsewhere(t *testing.T) {
	s := newService(t, "http://127.0.0.1:9", plain)
	content, err := os.ReadFile(s.path("silta.key"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SILTA_KEY", string(content))
	if code, out := s.run("keys", "add"); code != 1 || !strings.Contains(out, "the keys come from $SILTA_KEY") {
		t.Errorf("%d %s", code, out)
	}
	if after, err := os.ReadFile(s.path("silta.key")); string(after) != string(content) || err != nil {
		t.Errorf("the key file was changed all the same: %v", err)
	}
}
