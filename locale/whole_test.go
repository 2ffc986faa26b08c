package locale_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"silta/locale"
)

// raw is a language file as it is written.
type raw struct {
	Texts    map[string]any      `yaml:"texts"`
	Commands map[string][]string `yaml:"commands"`
	Answers  map[string][]string `yaml:"answers"`
}

func readRaw(t *testing.T, lang string) raw {
	t.Helper()
	r := raw{Texts: map[string]any{}, Commands: map[string][]string{}, Answers: map[string][]string{}}
	names, err := filepath.Glob(filepath.Join(lang, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files of %s (%v)", lang, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var part raw
		if err := yaml.Unmarshal(data, &part); err != nil {
			t.Fatal(err)
		}
		maps.Copy(r.Texts, part.Texts)
		maps.Copy(r.Commands, part.Commands)
		maps.Copy(r.Answers, part.Answers)
	}
	return r
}

// wordings are all the forms of a text.
func wordings(text any) []string {
	switch text := text.(type) {
	case string:
		return []string{text}
	case map[string]any:
		var all []string
		for _, form := range text {
			s, _ := form.(string)
			all = append(all, s)
		}
		return all
	}
	return []string{""}
}

var braces = regexp.MustCompile(`\{[^}]*\}`)

func placeholders(text any) []string {
	var all []string
	for _, w := range wordings(text) {
		for _, p := range braces.FindAllString(w, -1) {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	slices.Sort(all)
	return all
}

// TestSameInEveryLanguage: every key, with the same placeholders and as many
// forms, every command and every answer is in every language; nothing is empty.
func TestSameInEveryLanguage(t *testing.T) {
	first := readRaw(t, locale.Default)
	for _, lang := range locale.Languages() {
		r := readRaw(t, lang)
		for _, key := range slices.Sorted(maps.Keys(r.Texts)) {
			text := r.Texts[key]
			if _, ok := first.Texts[key]; !ok {
				t.Errorf("%s: %s is not in %s", lang, key, locale.Default)
				continue
			}
			for _, w := range wordings(text) {
				if strings.TrimSpace(w) == "" || w != strings.TrimSpace(w) || strings.Contains(w, "  ") {
					t.Errorf("%s: %s is empty or has needless blanks: %q", lang, key, w)
				}
			}
			if got, want := placeholders(text), placeholders(first.Texts[key]); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the placeholders %v, not %v", lang, key, got, want)
			}
			for _, p := range placeholders(text) {
				if !regexp.MustCompile(`^\{[a-z_]+(:time|:date)?\}$`).MatchString(p) {
					t.Errorf("%s: %s has an unreadable placeholder %s", lang, key, p)
				}
			}
			_, plural := text.(map[string]any)
			if _, want := first.Texts[key].(map[string]any); plural != want {
				t.Errorf("%s: %s has one form here and two there", lang, key)
			}
		}
		for key := range first.Texts {
			if _, ok := r.Texts[key]; !ok {
				t.Errorf("%s: %s is missing", lang, key)
			}
		}
		for part, pair := range map[string][2]map[string][]string{"commands": {first.Commands, r.Commands}, "answers": {first.Answers, r.Answers}} {
			if a, b := slices.Sorted(maps.Keys(pair[0])), slices.Sorted(maps.Keys(pair[1])); !slices.Equal(a, b) {
				t.Errorf("%s: %s are %v, not %v", lang, part, b, a)
			}
			for name, words := range pair[1] {
				if len(words) == 0 || slices.Contains(words, "") {
					t.Errorf("%s: %s %s has no words", lang, part, name)
				}
			}
		}
	}
}

// TestNoJargon: people are not told of the machinery. The only keys that may
// name Matrix are for staff who type an address, and for the operator.
func TestNoJargon(t *testing.T) {
	allowed := []string{"address.malformed", "breach.of.homeserver", "breach.of.both"}
	jargon := regexp.MustCompile(`(?i)matrix|homeserver|kotipalvelin|hemserver|synapse|appservice|mxid|ghost|haamu|\bleg\b|federat`)
	for _, lang := range locale.Languages() {
		for key, text := range readRaw(t, lang).Texts {
			for _, w := range wordings(text) {
				if found := jargon.FindString(w); found != "" && !slices.Contains(allowed, key) {
					t.Errorf("%s: %s speaks of %q", lang, key, found)
				}
			}
		}
	}
}

// TestQuotedCommands: what a text tells people to write is a command, an answer
// or a number, in that language.
func TestQuotedCommands(t *testing.T) {
	quoted := regexp.MustCompile(`[”“]([^”“]+)”`)
	for _, lang := range locale.Languages() {
		r := readRaw(t, lang)
		known := map[string]bool{}
		for _, part := range []map[string][]string{r.Commands, r.Answers} {
			for _, words := range part {
				for _, w := range words {
					known[w] = true
				}
			}
		}
		seen := 0
		for key, text := range r.Texts {
			for _, w := range wordings(text) {
				for _, m := range quoted.FindAllStringSubmatch(w, -1) {
					first, _, _ := strings.Cut(strings.TrimLeft(strings.TrimPrefix(m[1], "{p}"), "!"), " ")
					if seen++; !known[first] && !strings.HasPrefix(first, "{") {
						t.Errorf("%s: %s tells people to write %q, which is no command", lang, key, m[1])
					}
				}
				if !strings.HasPrefix(key, "help.") || key == "help.head" || key == "help.code" || key == "help.answers" {
					continue
				}
				for line := range strings.SplitSeq(w, "\n") {
					if first, _, _ := strings.Cut(line, " "); !known[first] {
						t.Errorf("%s: %s begins with %q, which is no command", lang, key, first)
					}
				}
			}
		}
		if seen < 40 {
			t.Errorf("%s: only %d quoted commands were found; has the quotation mark changed?", lang, seen)
		}
	}
}

// sources are the Go files of the module, tests left out.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "node_modules" || d.Name() == "demo" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files[path], err = parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestKeysAreUsed: every key stands in the sources, whole or as the beginning
// of one ("mentor.state." + …); every key that is said exists, and is said with
// its values.
func TestKeysAreUsed(t *testing.T) {
	texts := readRaw(t, locale.Default).Texts
	whole, beginnings := map[string]bool{}, map[string]bool{}
	// Values that the bot gives to every text.
	always := []string{"p", "service", "crisis", "younger"}
	files := sources(t)
	if len(files) < 30 {
		t.Fatalf("only %d sources were found", len(files))
	}
	for path, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
					if strings.HasSuffix(s, ".") {
						beginnings[s] = true
					}
					whole[s] = true
				}
			case *ast.CallExpr:
				key, given, ok := saying(path, n)
				if !ok || strings.HasSuffix(key, ".") {
					return true
				}
				if _, exists := texts[key]; !exists {
					t.Errorf("%s: there is no text %q", path, key)
				}
				for _, p := range placeholders(texts[key]) {
					name, _, _ := strings.Cut(strings.Trim(p, "{}"), ":")
					if !slices.Contains(given, name) && !slices.Contains(always, name) {
						t.Errorf("%s: %s is said without its %s", path, key, name)
					}
				}
			}
			return true
		})
	}
	for key := range pageTexts(t) {
		if whole[key] = true; texts[key] == nil {
			t.Errorf("web/pages: there is no text %q", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if whole[key] {
			continue
		}
		if i := strings.LastIndex(key, "."); i > 0 && beginnings[key[:i+1]] {
			continue
		}
		t.Errorf("%s is used nowhere", key)
	}
}

// pageTexts are the keys that the pages of package web say.
func pageTexts(t *testing.T) map[string]bool {
	t.Helper()
	pages, err := filepath.Glob("../web/pages/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages (%v)", err)
	}
	keys := map[string]bool{}
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.(?:T|Blocks) "([a-z_.]+)"`).FindAllStringSubmatch(string(data), -1) {
			keys[m[1]] = true
		}
	}
	return keys
}

// saying reads a call that says something: the key and the names of the values.
// Calls whose key or values are not written out are left to the dialogues.
func saying(path string, call *ast.CallExpr) (key string, given []string, ok bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	says := name == "T" || name == "Refuse" ||
		(name == "say" || name == "text") && strings.HasPrefix(path, filepath.Join("..", "bot"))
	if !says || len(call.Args) == 0 || call.Ellipsis.IsValid() {
		return "", nil, false
	}
	for i, arg := range call.Args {
		lit, isLit := arg.(*ast.BasicLit)
		if i > 0 && i%2 == 0 {
			continue // a value
		}
		if !isLit || lit.Kind != token.STRING {
			return "", nil, false
		}
		s, err := strconv.Unquote(lit.Value)
		if err != nil {
			return "", nil, false
		}
		if i == 0 {
			key = s
		} else {
			given = append(given, s)
		}
	}
	return key, given, true
}
