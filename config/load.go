package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	envName = regexp.MustCompile(`\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	yamlAt  = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
)

// Load reads a config file over the defaults. The error is a [*Faults] when the
// file could be read but not used.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("find the folder of %s: %w", path, err)
	}
	return Parse(path, data, folder, os.LookupEnv)
}

// Parse is Load without the file: name is used in faults, folder is what
// relative paths are relative to, lookup is the environment. The same input
// always gives the same result.
func Parse(name string, data []byte, folder string, lookup func(string) (string, bool)) (*Config, error) {
	r := &reader{lookup: lookup, lines: map[string]int{}}
	c := Default()
	root, whole := r.document(data)
	if !whole {
		return nil, &Faults{File: name, List: r.faults}
	}
	if root != nil {
		r.structure(root, reflect.ValueOf(c).Elem(), "")
	}
	r.resolve(c, folder)
	told := map[string]bool{}
	for _, f := range r.faults {
		told[f.Key] = true
	}
	for _, f := range c.faults() {
		if told[f.Key] {
			continue // it could not be read: what follows from that is noise
		}
		f.Line = r.line(f.Key)
		r.faults = append(r.faults, f)
	}
	if len(r.faults) > 0 {
		faults := &Faults{File: name, List: r.faults}
		faults.sort()
		return nil, faults
	}
	return c, nil
}

// reader walks the YAML tree and the struct side by side, so that it can go on
// after a fault and knows the line of every key.
type reader struct {
	lookup func(string) (string, bool)
	lines  map[string]int
	faults []Fault
}

func (r *reader) fault(line int, key, format string, args ...any) {
	r.faults = append(r.faults, Fault{Line: line, Key: key, Text: fmt.Sprintf(format, args...)})
}

// line is where a key stands; for one that is absent, where its section does.
func (r *reader) line(key string) int {
	for key != "" {
		if line, ok := r.lines[key]; ok {
			return line
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return 0
}

// document parses the one document of the file (nil when it is empty); ok is
// false when it cannot be read at all.
func (r *reader) document(data []byte) (root *yaml.Node, ok bool) {
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, true
	case err != nil:
		line := 0
		if m := yamlAt.FindStringSubmatch(err.Error()); m != nil {
			_, _ = fmt.Sscan(m[1], &line)
		}
		r.fault(line, "", "not YAML: %s", yamlAt.ReplaceAllString(err.Error(), ""))
		return nil, false
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		r.fault(more.Line, "", "only one YAML document (no ---) is read")
		return nil, false
	}
	return doc.Content[0], true
}

// structure reads a mapping into a struct.
func (r *reader) structure(node *yaml.Node, into reflect.Value, path string) {
	node = target(node)
	if node.Tag == "!!null" {
		return // an empty section is the defaults
	}
	if node.Kind != yaml.MappingNode {
		r.fault(node.Line, path, "must be a section of key: value lines")
		return
	}
	fields := keys(into.Type())
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		full := join(path, key.Value)
		if first, twice := seen[key.Value]; twice {
			r.fault(key.Line, full, "is here a second time; the first is on line %d", first)
			continue
		}
		seen[key.Value] = key.Line
		field := slices.Index(fields, key.Value)
		if field < 0 {
			r.unknown(key, path, fields)
			continue
		}
		r.lines[full] = key.Line
		r.value(value, into.Field(field), full)
	}
}

// unknown reports a key that does not exist, with the one that was meant.
func (r *reader) unknown(key *yaml.Node, path string, fields []string) {
	full := join(path, key.Value)
	for _, elsewhere := range Keys() {
		if elsewhere != full && strings.HasSuffix(elsewhere, "."+key.Value) && !slices.Contains(fields, key.Value) {
			r.fault(key.Line, full, "unknown key here; did you mean %s?", elsewhere)
			return
		}
	}
	if meant, ok := nearest(key.Value, fields); ok {
		r.fault(key.Line, full, "unknown key; did you mean %s?", meant)
		return
	}
	r.fault(key.Line, full, "unknown key; the keys here are %s", strings.Join(fields, ", "))
}

// value reads one value: a section, a list, or a leaf.
func (r *reader) value(node *yaml.Node, into reflect.Value, path string) {
	node = target(node)
	_, own := into.Addr().Interface().(yaml.Unmarshaler)
	switch {
	case node.Tag == "!!null" && (own || into.Kind() != reflect.Struct):
		r.fault(node.Line, path, "has no value; remove the line to get the default")
	case own:
		r.leaf(node, into, path)
	case into.Kind() == reflect.Struct:
		r.structure(node, into, path)
	case into.Kind() == reflect.Slice:
		r.list(node, into, path)
	default:
		r.leaf(node, into, path)
	}
}

func (r *reader) list(node *yaml.Node, into reflect.Value, path string) {
	if node.Kind != yaml.SequenceNode {
		r.fault(node.Line, path, "must be a list, for example [a, b]")
		return
	}
	list := reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		full := fmt.Sprintf("%s[%d]", path, i+1)
		r.lines[full] = item.Line
		r.value(item, list.Index(i), full)
	}
	into.Set(list)
}

func (r *reader) leaf(node *yaml.Node, into reflect.Value, path string) {
	if into.Kind() == reflect.String {
		if node.Kind != yaml.ScalarNode {
			r.fault(node.Line, path, "must be one text")
			return
		}
		into.SetString(r.expand(node, path))
		return
	}
	if err := node.Decode(into.Addr().Interface()); err != nil {
		var kind *yaml.TypeError
		if errors.As(err, &kind) {
			r.fault(node.Line, path, "must be %s", wanted(into.Kind()))
			return
		}
		r.fault(node.Line, path, "%s", err)
	}
}

// expand puts the environment's values in.
func (r *reader) expand(node *yaml.Node, path string) string {
	return envName.ReplaceAllStringFunc(node.Value, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name := envName.FindStringSubmatch(found)[1]
		value, ok := r.lookup(name)
		if !ok {
			r.fault(node.Line, path, "the environment variable %s is not set", name)
		}
		return value
	})
}

// resolve reads secrets that are in files and makes paths whole.
func (r *reader) resolve(c *Config, folder string) {
	if d := &c.Database; d.DSNFile != "" {
		d.DSNFile = absolute(folder, d.DSNFile)
		line := r.line("database.dsn_file")
		if _, both := r.lines["database.dsn"]; both {
			r.fault(line, "database.dsn_file", "set either dsn or dsn_file, not both")
		}
		data, err := os.ReadFile(d.DSNFile)
		d.DSN = strings.TrimSpace(string(data))
		if err != nil {
			r.fault(line, "database.dsn_file", "cannot be read: %v", errors.Unwrap(err))
			d.DSN = Default().Database.DSN
		}
	}
	c.Database.DSN = absoluteDSN(folder, c.Database.DSN)
	c.KeyFile = absolute(folder, c.KeyFile)
	c.TempDir = absolute(folder, c.TempDir)
	c.AppService.Registration = absolute(folder, c.AppService.Registration)
	c.Accounts.SecretFile = absolute(folder, c.Accounts.SecretFile)
}

func absolute(folder, path string) string {
	if path == "" || filepath.IsAbs(path) || folder == "" {
		return path
	}
	return filepath.Join(folder, path)
}

// absoluteDSN makes a relative path in a SQLite DSN whole.
func absoluteDSN(folder, dsn string) string {
	if isPostgres(dsn) || strings.HasPrefix(dsn, ":memory:") || strings.HasPrefix(dsn, "file::memory:") {
		return dsn
	}
	if path, ok := strings.CutPrefix(dsn, "file:"); ok {
		return "file:" + absolute(folder, path)
	}
	return absolute(folder, dsn)
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

func target(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func wanted(kind reflect.Kind) string {
	switch kind {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	default:
		return "another kind of value"
	}
}

// keys lists the YAML keys of a struct, by field.
func keys(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("yaml")
	}
	return names
}

// Keys lists every key of the file, dotted, in the order of [Config].
func Keys() []string {
	var all []string
	walk(reflect.TypeFor[Config](), "", func(path string, _ reflect.StructField, _ []int) { all = append(all, path) }, nil)
	return all
}

// walk visits the leaves of a config struct; lists are leaves.
func walk(t reflect.Type, path string, visit func(path string, f reflect.StructField, index []int), index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		full := join(path, f.Tag.Get("yaml"))
		if f.Type.Kind() == reflect.Struct {
			walk(f.Type, full, visit, at)
			continue
		}
		visit(full, f, at)
	}
}
