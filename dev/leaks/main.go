// Leaks prints the rows of the table of leaks (docs/privacy.md) that neither a
// vector nor a test guards, and ends with 1 when there is one:
//
//	go run ./dev/leaks         # prints the numbers
//	go run ./dev/leaks -write  # writes the names of the guards into the table first
//
// A guard is known by its name, with NN the row in two digits:
//
//   - a file of vectors: testdata/leak-NN-….json of any package,
//   - a test: func TestLeakNN…(t *testing.T),
//   - a subtest whose name is written out in a test file: "leak-NN-…".
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	write := flag.Bool("write", false, "write the names of the guards into "+pagePath)
	flag.Parse()
	open, err := run(*write)
	if err != nil {
		fmt.Fprintln(os.Stderr, "leaks:", err)
		os.Exit(2)
	}
	for _, row := range open {
		fmt.Printf("leak-%02d\n", row)
	}
	if len(open) > 0 {
		os.Exit(1)
	}
}

func run(write bool) (open []int, err error) {
	found, err := guards(".")
	if err != nil || !write {
		return unguarded(found), err
	}
	page, err := os.ReadFile(pagePath)
	if err != nil {
		return nil, err
	}
	return unguarded(found), os.WriteFile(pagePath, []byte(fill(string(page), found)), 0o644) //nolint:gosec // a page of the documentation
}
