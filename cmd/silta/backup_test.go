package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"silta/mentoring"
	"silta/store"
)

// seeded is a service with one member in its database.
func seeded(t *testing.T, s *service) {
	t.Helper()
	db := database(t, s)
	defer db.Close()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		return tx.PutMember(&mentoring.Member{Address: "@aino:yhdistys.fi", Alias: "Kanerva", Language: "fi", Join: mentoring.JoinDone})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func database(t *testing.T, s *service) *store.Store {
	t.Helper()
	c := s.config()
	keys, err := loadKeys(c, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{DSN: c.Database.DSN, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func alias(t *testing.T, s *service) string {
	t.Helper()
	db := database(t, s)
	defer db.Close()
	var member mentoring.Member
	err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
		member, err = tx.MemberByAddress("@aino:yhdistys.fi")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return member.Alias
}

func TestBackupAndRestore(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, plain)
	s, file := hs.service, hs.service.path("copy.backup")
	seeded(t, s)
	running := begin(t, s)
	until(t, "readiness", func() bool { return running.Ready(t.Context()) == nil })

	code, out := s.run("backup", file)
	if code != 0 || !strings.Contains(out, "Wrote "+file) || !strings.Contains(out, "(100 %)\n") {
		t.Fatalf("backup while it runs: %d %s", code, out)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"aino", "Kanerva", "anna"} {
		if bytes.Contains(data, []byte(name)) {
			t.Errorf("the backup names %s", name)
		}
	}
	if code, out := s.run("backup", file); code != 1 || !strings.Contains(out, "is there already") {
		t.Errorf("a second backup to the same file: %d %s", code, out)
	}
	if code, out := s.run("backup", "--force", file); code != 0 {
		t.Errorf("with --force: %d %s", code, out)
	}
	if code, out := s.run("restore", file); code != 1 || !strings.Contains(out, store.ErrInUse.Error()) {
		t.Errorf("restore while it runs: %d %s", code, out)
	}
	running.end(t)
	if code, out := s.run("restore", file); code != 1 || !strings.Contains(out, "move "+s.path("silta.db")+" away") {
		t.Errorf("restore over a database: %d %s", code, out)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(s.path("silta.db" + suffix)) // the latter are not always there
	}
	if code, out := s.run("restore", s.path("config.yaml")); code != 1 || !strings.Contains(out, store.ErrBadBackup.Error()) {
		t.Errorf("restore of something else: %d %s", code, out)
	}
	if code, out := s.run("restore", file); code != 0 || !strings.Contains(out, "Restored.") {
		t.Fatalf("restore: %d %s", code, out)
	}
	if got := alias(t, s); got != "Kanerva" {
		t.Errorf("the member is called %q", got)
	}
	again := begin(t, s)
	until(t, "readiness after the restore", func() bool { return again.Ready(t.Context()) == nil })
}

func TestBackupLeavesNothingHalf(t *testing.T) {
	s := newService(t, "http://127.0.0.1:9", plain)
	if code, out := s.run("backup", s.path("b")); code != 1 {
		t.Errorf("a backup of nothing: %d %s", code, out)
	}
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), "backup") || e.Name() == "b" {
			t.Errorf("%s was left", e.Name())
		}
	}
}
