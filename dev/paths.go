package dev

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Root is the folder of the project: the nearest one above the working folder
// whose go.mod says so. Tests run in their package's folder, the demo in the root.
func Root(t T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("working folder: %v", err)
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(mod), "module silta\n") {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatalf("no folder of Silta's sources here; run it inside the project")
		}
		dir = up
	}
}

// Cache is the folder where downloads are kept between runs.
func Cache(t T) string {
	t.Helper()
	if dir := os.Getenv("SILTA_DEV_HOME"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatalf("where to keep downloads: %v; set SILTA_DEV_HOME", err)
	}
	return filepath.Join(home, ".cache", "silta-dev")
}

// PortOrFree returns the port if nobody listens on it, or else a free one.
func PortOrFree(t T, port int) int {
	t.Helper()
	l, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return FreePort(t)
	}
	l.Close()
	return port
}

// FreePort returns a loopback port that nobody listens on. It is taken from
// below the range that the kernel gives to outgoing connections, so that none
// of those takes it before it is used.
func FreePort(t T) int {
	t.Helper()
	for range 200 {
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", loopback(port))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatalf("no free port on loopback")
	return 0
}

// loopback is the address of a port on loopback.
func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
