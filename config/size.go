package config

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Size is a number of bytes, written with its unit: "50 MB", "512 kB". Units
// are powers of 1,024, as in the homeserver's own settings.
type Size int64

func sizeUnits() []struct {
	name  string
	bytes int64
} {
	return []struct {
		name  string
		bytes int64
	}{{"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10}}
}

// String writes the largest unit that leaves a whole number.
func (s Size) String() string {
	for _, u := range sizeUnits() {
		if s > 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + " " + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + " B"
}

// UnmarshalYAML reads a whole number and a unit; a bare number is refused, since
// nobody can see its unit.
func (s *Size) UnmarshalYAML(node *yaml.Node) error {
	for _, u := range append(sizeUnits(), struct {
		name  string
		bytes int64
	}{"B", 1}) {
		number, ok := strings.CutSuffix(node.Value, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || n < 0 || n > 1<<40/u.bytes {
			break
		}
		*s = Size(n * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size; write for example 50 MB", node.Value)
}
