package locale_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"silta/locale"
)

// TestWordsInTheMentorsGuide: the commands that docs/mentors.md names in three
// languages are those that work.
func TestWordsInTheMentorsGuide(t *testing.T) {
	c, err := locale.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../docs/mentors.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !strings.Contains(cells[1], "`") {
			continue
		}
		rows++
		var words [3][]string
		for i := range words {
			for _, m := range named.FindAllStringSubmatch(cells[i+1], -1) {
				words[i] = append(words[i], m[1])
			}
		}
		for n, command := range words[0] {
			for i, lang := range []string{"en", "fi", "sv"} {
				if n >= len(words[i]) || !slices.Contains(c.Commands(lang)[command], words[i][n]) {
					t.Errorf("%s: no word of %q in %v", lang, command, words[i])
				}
			}
		}
	}
	if rows < 15 {
		t.Errorf("only %d rows of commands", rows)
	}
}
