package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// pagePath is the file with the table, from the root of the module.
const pagePath = "docs/privacy.md"

// lastRow is the last row that must be guarded; those after it are what no
// software can close, or a matter of operating.
const lastRow = 71

var (
	filePattern  = regexp.MustCompile(`^leak-([0-9]{2})-[a-z0-9-]+\.json$`)
	testPattern  = regexp.MustCompile(`func (TestLeak([0-9]{2})[A-Za-z0-9]*)\(|"(leak-([0-9]{2})-[a-z0-9-]+)"`)
	rowPattern   = regexp.MustCompile(`(?m)^\| ([0-9]+) \|([^|\n]*)\|([^|\n]*)\|$`)
	guardPattern = regexp.MustCompile("`([^`]+)`")
)

// guards finds what guards each row in the module at root: names of files and
// tests with the folder that they are in, in order.
func guards(root string) (map[int][]string, error) {
	found := map[int][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base == "node_modules" || base == "demo" || name != root && strings.HasPrefix(base, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(relative))
		add := func(number, guard string) {
			row, _ := strconv.Atoi(number) // two digits
			found[row] = append(found[row], strings.TrimSuffix(folder, "/testdata")+": "+guard)
		}
		if m := filePattern.FindStringSubmatch(d.Name()); m != nil && path.Base(folder) == "testdata" {
			add(m[1], d.Name())
		}
		if !strings.HasSuffix(d.Name(), "_test.go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range testPattern.FindAllSubmatch(source, -1) {
			add(string(m[2])+string(m[4]), string(m[1])+string(m[3]))
		}
		return nil
	})
	for row := range found {
		slices.Sort(found[row])
		found[row] = slices.Compact(found[row])
	}
	return found, err
}

// unguarded lists the rows that nothing guards, up to [lastRow].
func unguarded(found map[int][]string) []int {
	var open []int
	for row := 1; row <= lastRow; row++ {
		if len(found[row]) == 0 {
			open = append(open, row)
		}
	}
	return open
}

// fill writes the guards into the last column of the table. The other columns
// are people's work.
func fill(page string, found map[int][]string) string {
	return rowPattern.ReplaceAllStringFunc(page, func(line string) string {
		m := rowPattern.FindStringSubmatch(line)
		row, _ := strconv.Atoi(m[1]) // digits
		cell := "–"
		if list := found[row]; len(list) > 0 {
			cell = "`" + strings.Join(list, "`, `") + "`"
		}
		return fmt.Sprintf("| %s |%s| %s |", m[1], m[2], cell)
	})
}

// table gives the rows of the table in its order, and the guards that each names.
func table(page string) (rows []int, named map[int][]string) {
	named = map[int][]string{}
	for _, m := range rowPattern.FindAllStringSubmatch(page, -1) {
		row, _ := strconv.Atoi(m[1]) // digits
		rows = append(rows, row)
		for _, quoted := range guardPattern.FindAllStringSubmatch(m[3], -1) {
			named[row] = append(named[row], quoted[1])
		}
	}
	return rows, named
}
