package main

import (
	"os"
	"slices"
	"testing"
)

// TestLeaks: every row of the table of leaks has a vector or a test, and what
// the table names is there.
func TestLeaks(t *testing.T) {
	t.Chdir("../..")
	page, err := os.ReadFile(pagePath)
	if err != nil {
		t.Fatal(err)
	}
	found, err := guards(".")
	if err != nil {
		t.Fatal(err)
	}
	rows, named := table(string(page))
	var want []int
	for row := 1; row <= 74; row++ {
		want = append(want, row)
	}
	if !slices.Equal(rows, want) {
		t.Fatalf("%s has the rows %v, want 1 to 74", pagePath, rows)
	}
	for _, row := range unguarded(found) {
		if !slices.Contains(awaited(), row) {
			t.Errorf("nothing guards row %d: add a vector leak-%02d-….json or a test TestLeak%02d…", row, row, row)
		}
	}
	for row, list := range named {
		for _, guard := range list {
			if !slices.Contains(found[row], guard) {
				t.Errorf("%s says that %q guards row %d, and there is no such thing: run go run ./dev/leaks -write", pagePath, guard, row)
			}
		}
	}
}

// awaited are the rows whose guards come with what they guard.
func awaited() []int {
	return nil
}
