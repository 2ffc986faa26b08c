package silta_test

import (
	"go/ast"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTroubleshooting: docs/operating.md explains each warning and error that
// the program can log, and nothing that it cannot say.
func TestTroubleshooting(t *testing.T) {
	page, err := os.ReadFile("docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "## When something is wrong")
	if !found {
		t.Fatal("no such section")
	}
	section, _, _ := strings.Cut(rest, "\n## ")
	var explained []string
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
				explained = append(explained, m[1])
			}
		}
	}
	var said, logged []string
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil {
					said = append(said, text)
				}
			case *ast.CallExpr:
				if text := loggedText(n); text != "" {
					logged = append(logged, text)
				}
			}
			return true
		})
	}
	if len(explained) == 0 || len(logged) == 0 {
		t.Fatalf("%d explained, %d logged: the test shows nothing", len(explained), len(logged))
	}
	all := strings.Join(said, "\n") + "\nappservice.listen: listen tcp" // the second half is the system's
	for _, phrase := range explained {
		if !strings.Contains(all, phrase) {
			t.Errorf("explained, and never said: %q", phrase)
		}
	}
	for _, text := range logged {
		known := false
		for _, phrase := range explained {
			known = known || strings.HasPrefix(text, phrase)
		}
		if !known {
			t.Errorf("logged, and not explained: %q", text)
		}
	}
}

// loggedText is the text of log.Warn()….Msg("text") or log.Error()….
func loggedText(call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Msg" || len(call.Args) != 1 {
		return ""
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return ""
	}
	for on := sel.X; ; {
		inner, ok := on.(*ast.CallExpr)
		if !ok {
			return ""
		}
		by, ok := inner.Fun.(*ast.SelectorExpr)
		if !ok {
			return ""
		}
		if by.Sel.Name == "Warn" || by.Sel.Name == "Error" {
			text, _ := strconv.Unquote(lit.Value) // it is a literal
			return text
		}
		on = by.X
	}
}

// What no software can close is told on the page about privacy.
func TestLeak25WritingIsTold(t *testing.T) { told(t, 25) }

func TestLeak53OneHomeserverIsTold(t *testing.T) { told(t, 53) }

func told(t *testing.T, row int) {
	t.Helper()
	page, err := os.ReadFile("docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "## What Silta cannot hide")
	section, _, _ := strings.Cut(rest, "\n## ")
	if !found || !strings.Contains(section, "(row "+strconv.Itoa(row)+")") {
		t.Errorf("docs/privacy.md does not tell of row %d under \"What Silta cannot hide\"", row)
	}
}
