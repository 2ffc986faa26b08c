package store

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// TestEverySealedColumnIsRotated: the columns that the schema calls sealed.
func TestEverySealedColumnIsRotated(t *testing.T) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations", err)
	}
	table, said := "", map[string]bool{}
	first := regexp.MustCompile(`^(?:CREATE TABLE|ALTER TABLE)?\s*(\w+)`)
	for _, name := range files {
		text, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			word := first.FindStringSubmatch(line)
			if strings.HasPrefix(line, "CREATE TABLE") || strings.HasPrefix(line, "ALTER TABLE") {
				table = word[1]
			} else if strings.Contains(line, "-- sealed") {
				said[table+"."+word[1]] = true
			}
		}
	}
	for _, c := range sealedColumns() {
		if !said[c.table+"."+c.column] {
			t.Errorf("%s.%s is not said to be sealed", c.table, c.column)
		}
		delete(said, c.table+"."+c.column)
	}
	for column := range said {
		t.Errorf("%s is sealed and never rotated", column)
	}
}
