// Package pgtest gives tests a real PostgreSQL of their own.
//
// The first call of [DSN] in a test process starts a cluster in a temporary
// folder, on a Unix socket, with nothing kept safe (no fsync); every call makes
// a fresh database in it. The cluster is the child of a small watchdog that
// reads from a pipe of the test process: when the process ends, however it
// ends, the watchdog stops the cluster and removes the folder.
//
// A missing PostgreSQL is a failure, never a skip: root installs it with
// apt-get, others are told the command.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

const (
	installTime = 5 * time.Minute
	startTime   = time.Minute
	socketName  = ".s.PGSQL.5432"
)

// DSN returns the address of a fresh, empty database.
func DSN(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), installTime+2*startTime)
	defer cancel()
	c, err := shared(ctx)
	if err != nil {
		t.Fatalf("PostgreSQL for the tests: %v", err)
	}
	name, err := c.newDatabase(ctx)
	if err != nil {
		t.Fatalf("PostgreSQL for the tests: %v", err)
	}
	t.Cleanup(func() {
		if err := c.sql(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return "postgres://postgres@/" + name + "?host=" + c.folder + "&sslmode=disable"
}

// cluster is a running server.
type cluster struct {
	bin    string // folder of the programs
	folder string // of the socket and the data
}

// shared returns this process's cluster. Whether it runs already is known from
// the folder, which has the process's number in its name; the lock on a file
// beside it keeps two tests from starting it at once.
func shared(ctx context.Context) (cluster, error) {
	base := filepath.Join(room(), fmt.Sprintf("silta-pg-%d", os.Getpid()))
	lock, err := os.OpenFile(base+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return cluster{}, err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return cluster{}, err
	}
	bin, err := programs(ctx)
	if err != nil {
		return cluster{}, err
	}
	c := cluster{bin: bin, folder: base}
	if c.answers() {
		return c, nil
	}
	if err := os.RemoveAll(base); err != nil { // of a process that had the same number
		return cluster{}, err
	}
	return c, c.start(ctx)
}

// room is where the cluster's folder is made: in memory when there is plenty,
// for a fresh database is thirty megabytes of files.
func room() string {
	const memory, plenty = "/dev/shm", 2 << 30
	var stat syscall.Statfs_t
	if err := syscall.Statfs(memory, &stat); err == nil && int64(stat.Bavail)*stat.Bsize >= plenty {
		return memory
	}
	return os.TempDir()
}

// programs finds the folder of PostgreSQL's programs, the newest first.
func programs(ctx context.Context) (string, error) {
	if bin := lookUp(); bin != "" {
		return bin, nil
	}
	const command = "apt-get install -y postgresql"
	if os.Geteuid() != 0 {
		return "", errors.New("it is missing; run as root: " + command)
	}
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	install := exec.CommandContext(ctx, "sh", "-c", "apt-get update -q && "+command)
	install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("it is missing, and %q failed: %w\n%s", command, err, out)
	}
	if bin := lookUp(); bin != "" {
		return bin, nil
	}
	return "", fmt.Errorf("%q did not bring initdb", command)
}

func lookUp() string {
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(versions, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		versions = append(versions, path)
	}
	for _, initdb := range versions {
		bin := filepath.Dir(initdb)
		if _, err := os.Stat(filepath.Join(bin, "postgres")); err == nil {
			return bin
		}
	}
	return ""
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// unprivileged is the user the server runs as: it refuses to be root.
func unprivileged() (*syscall.SysProcAttr, int, int, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{Setpgid: true}, -1, -1, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return nil, 0, 0, err
		}
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return nil, 0, 0, err
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return nil, 0, 0, err
	}
	credential := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return &syscall.SysProcAttr{Setpgid: true, Credential: credential}, uid, gid, nil
}

// watchdog runs the server until its input ends.
const watchdog = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off \
	-c max_connections=60 -c shared_buffers=32MB -c log_min_messages=fatal >"$2/log" 2>&1 &
server=$!
read -r _
kill -QUIT $server
wait $server
cd /
rm -rf "$2" "$2.lock"`

// start makes the cluster and waits until it answers.
func (c cluster) start(ctx context.Context) error {
	attr, uid, gid, err := unprivileged()
	if err != nil {
		return err
	}
	if err := os.Mkdir(c.folder, 0o700); err != nil {
		return err
	}
	for _, name := range []string{c.folder, c.folder + ".lock"} { // the watchdog removes both
		if err := os.Chown(name, uid, gid); err != nil {
			return err
		}
	}
	initdb := exec.CommandContext(ctx, filepath.Join(c.bin, "initdb"), "-D", filepath.Join(c.folder, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, c.folder
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	// The pipe's other end is never closed by us: the end of the process does it.
	hold, end, err := os.Pipe()
	if err != nil {
		return err
	}
	dog := exec.Command("sh", "-c", watchdog, "watchdog", c.bin, c.folder) //nolint:noctx // outlives every context
	dog.SysProcAttr, dog.Dir, dog.Stdin = attr, c.folder, hold
	if err := dog.Start(); err != nil {
		return err
	}
	_ = hold.Close()
	if _, err := syscall.Dup(int(end.Fd())); err != nil { // so that no finalizer closes the last one
		return err
	}
	for deadline := time.Now().Add(startTime); !c.answers(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(c.folder, "log"))
			return fmt.Errorf("the server does not start: %s", log)
		}
	}
	return nil
}

// answers says whether the server lets us in.
func (c cluster) answers() bool {
	conn, err := net.Dial("unix", filepath.Join(c.folder, socketName)) //nolint:noctx // local, at once
	if err != nil {
		return false
	}
	_ = conn.Close()
	return c.sql(context.Background(), "SELECT 1") == nil
}

// newDatabase makes an empty database with a name of its own.
func (c cluster) newDatabase(ctx context.Context) (string, error) {
	name := "t" + strconv.FormatInt(time.Now().UnixNano(), 36)
	return name, c.sql(ctx, "CREATE DATABASE "+name)
}

func (c cluster) sql(ctx context.Context, statement string) error {
	psql := exec.CommandContext(ctx, filepath.Join(c.bin, "psql"), "-X", "-q", "-h", c.folder, "-U", "postgres", "-c", statement, "postgres")
	var out bytes.Buffer
	psql.Stdout, psql.Stderr = &out, &out
	if err := psql.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, out.String())
	}
	return nil
}
