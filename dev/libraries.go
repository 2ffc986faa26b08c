package dev

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// JSSDK starts a client made of matrix-js-sdk (dev/clients/jssdk.mjs).
func JSSDK(t T, a Account, options ...ClientOption) *Client {
	t.Helper()
	script := filepath.Join(Node(t), "jssdk.mjs")
	return newClient(t, a, func(c *Client) driver { return runLines(t, c, "node", script) }, options)
}

// Nio starts a client made of matrix-nio (dev/clients/nio_client.py), with the
// machine's own Python: Debian's package is for no other.
func Nio(t T, a Account, options ...ClientOption) *Client {
	t.Helper()
	NioInstalled(t)
	script := filepath.Join(Root(t), "dev", "clients", "nio_client.py")
	return newClient(t, a, func(c *Client) driver { return runLines(t, c, systemPython, script) }, options)
}

const systemPython = "/usr/bin/python3"

// NioInstalled makes sure that Debian's python3-matrix-nio is there.
func NioInstalled(t T) {
	t.Helper()
	if exec.Command(systemPython, "-c", "import nio, olm").Run() != nil {
		Install(t, "nio")
	}
}

// Install has dev/install.sh install something of the machine's own packages;
// where that needs a right that this process has not, the test fails and names
// the command to run.
func Install(t T, what string) {
	t.Helper()
	script := filepath.Join(Root(t), "dev", "install.sh")
	if out, err := exec.Command("bash", script, what).CombinedOutput(); err != nil {
		t.Fatalf("%s is missing (%v):\n%s", what, err, out)
	}
}

// Node makes sure that the npm packages of dev/clients are there and returns a
// folder of the cache that has them, and the scripts, in it.
func Node(t T) string {
	t.Helper()
	if !nodeWorks() {
		Install(t, "node")
	}
	return npm(t, "clients", "package.json", "package-lock.json", "jssdk.mjs")
}

// npm copies files of a folder of dev into the cache, has npm fetch what they
// need, and returns the folder in the cache.
func npm(t T, name string, files ...string) string {
	t.Helper()
	source := filepath.Join(Root(t), "dev", name)
	hash := sha256.New()
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(source, file))
		if err != nil {
			t.Fatalf("npm packages: %v", err)
		}
		hash.Write(data)
	}
	dir := filepath.Join(Cache(t), name+"-"+hex.EncodeToString(hash.Sum(nil))[:12])
	if _, err := os.Stat(filepath.Join(dir, ".ready")); err != nil {
		installNode(t, source, dir, files)
	}
	return dir
}

// nodeWorks says whether there are a Node.js that is new enough and npm.
func nodeWorks() bool {
	return exec.Command("node", "-e", "process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)").Run() == nil &&
		exec.Command("npm", "--version").Run() == nil
}

// installNode fills a cache folder; one process at a time.
func installNode(t T, source, dir string, files []string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("npm packages: %v", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatalf("npm packages: %v", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatalf("npm packages: %v", err)
	}
	ready := filepath.Join(dir, ".ready")
	if _, err := os.Stat(ready); err == nil {
		return
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(source, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), data, 0o644)
		}
		if err != nil {
			t.Fatalf("npm packages: %v", err)
		}
	}
	t.Logf("fetching npm packages, once")
	ci := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	ci.Dir = dir
	if out, err := ci.CombinedOutput(); err != nil {
		t.Fatalf("npm packages cannot be had (%v):\n%s\ntry: cd %s && npm ci", err, out, source)
	}
	if err := os.WriteFile(ready, nil, 0o644); err != nil {
		t.Fatalf("npm packages: %v", err)
	}
}
