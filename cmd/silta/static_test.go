package main

import (
	"bytes"
	"context"
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"silta/dev"
)

// build makes the binary as `make build` does.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "silta")
	cmd := exec.CommandContext(t.Context(), "make", "-s", "build", "OUT="+path, "VERSION=v9.9.9-test")
	cmd.Dir = dev.Root(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make build: %v (needs make, gcc and libc6-dev; run: apt-get install make gcc libc6-dev)\n%s", err, out)
	}
	return path
}

// cell is a root folder with nothing in it but the binary, in which a user who
// owns nothing may write only to /data: what the container is, without an engine.
type cell struct {
	t    *testing.T
	root string
}

const nobody = 54321 // any user ID will do, and this one exists nowhere

func newCell(t *testing.T, binary string) *cell {
	t.Helper()
	c := &cell{t: t, root: t.TempDir()}
	data, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.root, "silta"), data, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.root, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Join(c.root, "data"), nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(c.root, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(c.root, 0o755) }) // so that it can be removed
	return c
}

// command is the binary inside the cell, as that user.
func (c *cell) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/silta", args...)
	cmd.Path, cmd.Err = "/silta", nil // inside, not here
	cmd.Dir, cmd.Env = "/data", []string{"SILTA_CONFIG=/data/config.yaml"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.root, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: false}
	} else { // without root: a namespace in which we are that user
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

func (c *cell) run(args ...string) string {
	c.t.Helper()
	out, err := c.command(c.t.Context(), args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("silta %s: %v\n%s\n(if it was not let in: run as root, or sysctl kernel.unprivileged_userns_clone=1)", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// files lists what is in the cell outside of /data.
func (c *cell) files() []string {
	c.t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(c.root), ".", func(path string, d fs.DirEntry, err error) error {
		if path == "data" {
			return fs.SkipDir
		}
		all = append(all, path)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

func TestStaticBinaryOnReadOnlyRoot(t *testing.T) {
	binary := build(t)
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("not static: it wants %v %v", libraries, err)
	}
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("not static: it wants a loader")
	}

	hs := newStub(t)
	hs.service = newService(t, hs.URL, plain)
	c := newCell(t, binary)
	settings, err := os.ReadFile(hs.service.path("config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	hs.service.folder = filepath.Join(c.root, "data")
	if err := os.WriteFile(hs.service.path("config.yaml"), settings, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := c.run("version"); got != "silta v9.9.9-test\n" {
		t.Errorf("version: %q", got)
	}
	c.run("registration")
	if got := c.run("check"); !strings.Contains(got, "ok    key counts") {
		t.Errorf("check: %s", got)
	}
	service := c.command(context.Background(), "run")
	var log bytes.Buffer
	service.Stdout, service.Stderr = &log, &log
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- service.Wait() }()
	t.Cleanup(func() { _ = service.Process.Kill() })
	until(t, "readiness inside the cell", func() bool {
		return c.command(t.Context(), "health", "--ready").Run() == nil
	})
	if err := service.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // for the reload to be said
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v\n%s", err, log.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("SIGTERM did not end it within ten seconds")
	}
	for _, line := range []string{`"message":"settings read again"`, `"message":"connected to the homeserver"`, `"message":"stopped"`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log has no %s:\n%s", line, log.String())
		}
	}
	if got := c.files(); !slices.Equal(got, []string{".", "silta"}) {
		t.Errorf("it wrote outside of /data: %v", got)
	}
	if _, err := os.Stat(hs.service.path("silta.db")); err != nil {
		t.Errorf("no database in /data: %v", err)
	}
}

// TestOnlySQLiteIsC: the program builds where libolm's headers are absent.
func TestOnlySQLiteIsC(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "goolm,netgo,osusergo",
		"-f", "{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}", "./cmd/silta")
	cmd.Dir = dev.Root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out)); !slices.Equal(got, []string{"github.com/mattn/go-sqlite3"}) {
		t.Errorf("C in %v, want it in SQLite only", got)
	}
}
