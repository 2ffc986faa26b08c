package dev

import (
	"fmt"
	"os"
	"sync"
)

// T is the part of testing.TB that this package needs. A *testing.T is one;
// [Scope] is one for programs and for TestMain.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
	TempDir() string
}

// Scope is a T without a test: it lasts until Close. Fatalf closes it, prints
// and ends the process with status 1.
type Scope struct {
	// Print is where Logf and Fatalf write; nil: standard error.
	Print func(line string)

	mu       sync.Mutex
	cleanups []func()
}

// NewScope returns an empty scope.
func NewScope() *Scope { return &Scope{} }

// Helper does nothing.
func (s *Scope) Helper() {}

// Logf prints a line.
func (s *Scope) Logf(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if s.Print != nil {
		s.Print(line)
		return
	}
	fmt.Fprintln(os.Stderr, line)
}

// Fatalf prints a line, closes the scope and ends the process.
func (s *Scope) Fatalf(format string, args ...any) {
	s.Logf(format, args...)
	s.Close()
	os.Exit(1)
}

// Cleanup has a function called at Close, the last one first.
func (s *Scope) Cleanup(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(s.cleanups, fn)
}

// TempDir makes a folder that is removed at Close.
func (s *Scope) TempDir() string {
	dir, err := os.MkdirTemp("", "silta-")
	if err != nil {
		s.Fatalf("make a temporary folder: %v", err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Close calls the cleanups. It may be called more than once.
func (s *Scope) Close() {
	for {
		s.mu.Lock()
		n := len(s.cleanups)
		if n == 0 {
			s.mu.Unlock()
			return
		}
		last := s.cleanups[n-1]
		s.cleanups = s.cleanups[:n-1]
		s.mu.Unlock()
		last()
	}
}
