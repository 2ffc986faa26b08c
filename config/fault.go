package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong in a config file.
type Fault struct {
	Line int    // in the file; 0 when the key is not there
	Key  string // dotted; empty when the file as a whole is meant
	Text string // what is wrong and what to write instead; never a secret
}

// Faults are all the faults of one file, in the order of its lines.
type Faults struct {
	File string
	List []Fault
}

// Error lists the faults, one a line, as file:line: key: text.
func (f *Faults) Error() string {
	var b strings.Builder
	for i, fault := range f.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(f.File)
		if fault.Line > 0 {
			b.WriteString(":" + strconv.Itoa(fault.Line))
		}
		b.WriteString(": ")
		if fault.Key != "" {
			b.WriteString(fault.Key + ": ")
		}
		b.WriteString(fault.Text)
	}
	return b.String()
}

// sort puts the faults in the order of lines; those of missing keys come last.
func (f *Faults) sort() {
	slices.SortStableFunc(f.List, func(a, b Fault) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
	})
}

// nearest returns the known word with the fewest changes from word, if that is
// near enough to be what was meant.
func nearest(word string, known []string) (string, bool) {
	best, at := "", max(2, len(word)/3)+1
	for _, k := range known {
		if d := distance(word, k); d < at {
			best, at = k, d
		}
	}
	return best, best != ""
}

// distance is the edit distance with swaps of neighbours (optimal string
// alignment): "adress" and "adderss" are both one from "address".
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
