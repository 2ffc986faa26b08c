package silta_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// These tests keep the shape of the code: who may import whom, how long a
// function and a file may be, and that nothing happens before main. The table
// is the one of docs/ARCHITECTURE.md.

const (
	maxFunction = 80  // lines
	maxFile     = 600 // lines
)

// layer says what a folder may import; its sub-folders count as it.
type layer struct {
	ours  []string // folders of this module
	third []string // prefixes of import paths of others
	free  bool     // anything
}

func layers() map[string]layer {
	return map[string]layer{
		"mentoring": {},
		"locale":    {third: []string{"gopkg.in/yaml.v3", "golang.org/x/text"}},
		"config":    {third: []string{"gopkg.in/yaml.v3", "golang.org/x/text"}},
		"store": {ours: []string{"mentoring"},
			third: []string{"go.mau.fi/util/dbutil", "github.com/mattn/go-sqlite3", "github.com/lib/pq", "golang.org/x/crypto/argon2"}},
		"bot": {ours: []string{"mentoring", "locale"}, third: []string{"golang.org/x/text"}}, // nothing of Matrix
		"text": {ours: []string{"mentoring"},
			third: []string{"github.com/nyaruka/phonenumbers", "github.com/blevesearch/snowballstem", "golang.org/x/text"}},
		"onetime":  {ours: []string{"mentoring"}, third: []string{"github.com/pquerna/otp"}},
		"figures":  {ours: []string{"mentoring", "locale"}, third: []string{"github.com/go-analyze/charts"}},
		"accounts": {ours: []string{"mentoring", "config"}, third: []string{"maunium.net/go/mautrix"}},
		"web": {ours: []string{"mentoring", "store", "accounts", "locale", "config"},
			third: []string{"github.com/prometheus/client_golang", "github.com/skip2/go-qrcode", "github.com/altcha-org/altcha-lib-go",
				"golang.org/x/text"}},
		"bridge": {ours: []string{"mentoring", "store", "bot", "locale", "config", "figures"},
			third: []string{"maunium.net/go/mautrix", "go.mau.fi/util", "github.com/rs/zerolog", "github.com/microcosm-cc/bluemonday",
				"golang.org/x/net/html", "golang.org/x/image", "github.com/Eyevinn/mp4ff", "github.com/gabriel-vasile/mimetype",
				"github.com/rivo/uniseg", "github.com/tidwall/gjson", "golang.org/x/time"}},
		"cmd": {ours: []string{"config", "mentoring", "locale", "store", "bot", "text", "onetime", "accounts", "web", "bridge"},
			third: []string{"github.com/alecthomas/kong", "github.com/rs/zerolog", "maunium.net/go/mautrix", "golang.org/x/term",
				"github.com/mattn/go-isatty", "gopkg.in/yaml.v3"}},
		"e2e": {free: true},
		"dev": {free: true},
	}
}

// forTests are the modules that any test may import: tests run on real parts,
// so also what any of the program's folders may.
func forTests() []string {
	all := []string{"github.com/rogpeppe/go-internal", "pgregory.net/rapid", "go.uber.org/goleak"}
	for _, l := range layers() {
		all = append(all, l.third...)
	}
	return all
}

// source is one Go file of the tree.
type source struct {
	path  string // slash-separated, from the root
	lines int
	file  *ast.File
	set   *token.FileSet
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) layer() string {
	folder, _, nested := strings.Cut(s.path, "/")
	if !nested {
		return ""
	}
	return folder
}

// at is where a node stands, for a fault's text.
func (s source) at(node ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.set.Position(node.Pos()).Line)
}

func sources(t *testing.T) []source {
	t.Helper()
	set := token.NewFileSet()
	var all []source
	err := filepath.WalkDir(".", func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base == "testdata" || base == "node_modules" || base == "demo" || base != "." && strings.HasPrefix(base, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		all = append(all, source{path: filepath.ToSlash(name), lines: set.File(file.FileStart).LineCount(), file: file, set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d files were found: is the test run in the root?", len(all))
	}
	return all
}

// within says whether an import path is one of the prefixes or below it.
func within(imported string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool {
		return imported == p || strings.HasPrefix(imported, p+"/")
	})
}

// foreign says why a file of a folder may not import a path; "" if it may.
func foreign(folder, imported string, test bool) string {
	rule, known := layers()[folder]
	switch {
	case !known:
		return "the folder is not in the table"
	case rule.free:
		return ""
	}
	if own, ok := strings.CutPrefix(imported, "silta/"); ok {
		to, _, _ := strings.Cut(own, "/")
		if to == folder || slices.Contains(rule.ours, to) || test {
			return ""
		}
		return folder + " may not know " + to
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") || within(imported, rule.third) || test && within(imported, forTests()) {
		return ""
	}
	return folder + " may not use this module"
}

func TestWhoImportsWhom(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if s.layer() == "" {
				if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") || first == "silta" {
					t.Errorf("%s: %s: the root holds only this test", s.at(spec), imported)
				}
				continue
			}
			if why := foreign(s.layer(), imported, s.test()); why != "" {
				t.Errorf("%s: %s: %s", s.at(spec), imported, why)
			}
		}
	}
}

// TestTheTableIsClosed tries the rules themselves, so that a wrong table cannot
// let everything through.
func TestTheTableIsClosed(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		test, allowed    bool
	}{
		{"mentoring", "time", false, true},
		{"mentoring", "silta/locale", false, false},
		{"mentoring", "gopkg.in/yaml.v3", false, false},
		{"bridge", "silta/web", false, false},
		{"web", "silta/bridge", false, false},
		{"bot", "maunium.net/go/mautrix/id", false, false},
		{"bridge", "maunium.net/go/mautrix/id", false, true},
		{"bridge", "maunium.net/go/mautrixx", false, false},
		{"store", "go.mau.fi/util/dbutil", false, true},
		{"store", "go.mau.fi/util/random", false, false},
		{"store", "pgregory.net/rapid", false, false},
		{"store", "pgregory.net/rapid", true, true},
		{"store", "silta/dev", true, true},
		{"store", "silta/dev", false, false},
		{"mentoring", "silta/store", true, true},
		{"mentoring", "github.com/lib/pq", true, true},
		{"mentoring", "github.com/lib/pq", false, false},
		{"mentoring", "github.com/stretchr/testify", true, false},
		{"config", "silta/config/sub", false, true},
		{"elsewhere", "time", false, false},
	} {
		if allowed := foreign(c.folder, c.imported, c.test) == ""; allowed != c.allowed {
			t.Errorf("%s imports %s (test %v): allowed %v, want %v", c.folder, c.imported, c.test, allowed, c.allowed)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > maxFile {
			t.Errorf("%s has %d lines; %d at most", s.path, s.lines, maxFile)
		}
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			lines := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1
			if lines > maxFunction {
				t.Errorf("%s: %s has %d lines; %d at most", s.at(f), f.Name.Name, lines, maxFunction)
			}
		}
	}
}

// TestNothingBeforeMain: no init, and no package-level variable but those that
// nobody can or does change.
func TestNothingBeforeMain(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "init" && d.Recv == nil {
					t.Errorf("%s: init", s.at(d))
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, spec := range d.Specs {
					checkVar(t, s, d, spec.(*ast.ValueSpec))
				}
			}
		}
	}
}

func checkVar(t *testing.T, s source, decl *ast.GenDecl, spec *ast.ValueSpec) {
	t.Helper()
	embedded := decl.Doc != nil && strings.Contains(docs(decl.Doc), "//go:embed") ||
		spec.Doc != nil && strings.Contains(docs(spec.Doc), "//go:embed")
	for i, name := range spec.Names {
		switch {
		case name.Name == "_", embedded:
		case i < len(spec.Values) && constant(spec.Values[i]):
		case len(spec.Values) == 0 && exported(spec.Type) == "embed.FS":
		case s.test() && i < len(spec.Values) && isFlag(spec.Values[i]):
		case s.path == "cmd/silta/version.go" && name.Name == "version": // the linker sets it
		default:
			t.Errorf("%s: package-level variable %s: make it a constant, a function, or a field", s.at(spec), name.Name)
		}
	}
}

func docs(group *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range group.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

// constant says whether a value is made once and has nothing to change.
func constant(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	return ok && slices.Contains([]string{"errors.New", "fmt.Errorf", "regexp.MustCompile"}, exported(call.Fun))
}

// isFlag: a test's own flag, set by the command line and by nobody else.
func isFlag(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	return ok && strings.HasPrefix(exported(call.Fun), "flag.")
}

// exported is "pkg.Name" of such an expression, else "".
func exported(expr ast.Expr) string {
	sel, ok := expr.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return pkg.Name + "." + sel.Sel.Name
}

// TestPackagesSayWhatTheyAre: every package begins with an essay.
func TestPackagesSayWhatTheyAre(t *testing.T) {
	said, packages := map[string]bool{}, []string{}
	for _, s := range sources(t) {
		folder := path.Dir(s.path)
		if s.test() || folder == "." {
			continue
		}
		if !slices.Contains(packages, folder) {
			packages = append(packages, folder)
		}
		if s.file.Doc != nil && len(s.file.Doc.Text()) > 80 {
			said[folder] = true
		}
	}
	for _, folder := range packages {
		if !said[folder] {
			t.Errorf("package %s has no comment that says what it is for", folder)
		}
	}
}

// TestNoSkipsAndStubs: a test that cannot run fails, and names the command
// that installs what it lacks.
func TestNoSkipsAndStubs(t *testing.T) {
	note := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XXX)\b`)
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
				return true
			}
			if by, ok := sel.X.(*ast.Ident); ok && slices.Contains([]string{"t", "b", "f", "tb"}, by.Name) {
				t.Errorf("%s: a skipped test is a test nobody misses", s.at(n))
			}
			return true
		})
		for _, group := range s.file.Comments {
			if m := note.FindString(docs(group)); m != "" {
				t.Errorf("%s: %s", s.at(group), m)
			}
		}
	}
}

// TestNoPathOfOneMachine looks at every file that is under version control.
func TestNoPathOfOneMachine(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v (run: apt-get install git)", err)
	}
	machine := regexp.MustCompile(`(^|[\s"'=(:` + "`" + `])/(work|farm|root|home)/[A-Za-z0-9._-]+`)
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // removed, not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.sum" || strings.IndexByte(string(data[:min(len(data), 8000)]), 0) >= 0 {
			continue
		}
		for i, line := range strings.Split(string(data), "\n") {
			if found := machine.FindString(line); found != "" {
				t.Errorf("%s:%d: a path of one machine: %s", name, i+1, strings.TrimSpace(found))
			}
		}
	}
}
