package pgtest_test

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq"

	"silta/store/pgtest"
)

// TestDatabasesAreFresh: two databases of one process know nothing of each other.
func TestDatabasesAreFresh(t *testing.T) {
	for range 2 {
		db, err := sql.Open("postgres", pgtest.DSN(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE once (id INTEGER)"); err != nil {
			t.Errorf("the database was not empty: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestClusterEndsWithItsProcess: the child process of this test starts a
// cluster and is killed; its cluster and folder must go.
func TestClusterEndsWithItsProcess(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") != "" {
		_, _ = os.Stdout.WriteString("dsn " + pgtest.DSN(t) + "\n")
		time.Sleep(time.Minute)
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestClusterEndsWithItsProcess$")
	child.Env = append(os.Environ(), "PGTEST_CHILD=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(buf[:n]), "host=")
	folder, _, found := strings.Cut(rest, "&")
	if !found {
		t.Fatalf("no folder in %q", buf[:n])
	}
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("the cluster has no folder: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", folder)
		}
	}
}
