package bot_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"silta/locale"
)

// TestAuditInWords: every action that the domain can put into the audit, and
// every kind of thing it can be about, has its words in every language.
func TestAuditInWords(t *testing.T) {
	cat, err := locale.Load(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../mentoring/*.go")
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`\bAudit\w+\s+AuditAction = "(\w+)"`)
	subject := regexp.MustCompile(`\) subject\(\) string\s*\{ return "(\w+) "`)
	found := map[string]int{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for what, pattern := range map[string]*regexp.Regexp{"audit.action.": action, "audit.about.": subject} {
			for _, m := range pattern.FindAllStringSubmatch(string(source), -1) {
				found[what]++
				if !cat.Has(what + m[1]) {
					t.Errorf("%s: there is no text %s%s", file, what, m[1])
				}
			}
		}
	}
	if found["audit.action."] < 25 || found["audit.about."] < 5 {
		t.Errorf("found %v in the sources: has the way they are written changed?", found)
	}
}
