package media_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"silta/bridge/media"
)

// run runs one of the standard tools that the tests judge by.
func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%v (run: dev/install.sh media)", err)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

// ffmpeg makes a file; all that tells of ffmpeg itself stays in it.
func ffmpeg(t testing.TB, args ...string) {
	t.Helper()
	run(t, "ffmpeg", append([]string{"-nostdin", "-v", "error", "-y"}, args...)...)
}

// clean cleans a file that must come out, and returns it with its place.
func clean(t testing.TB, name string, kind media.Kind) (*media.Result, []byte, string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	result, err := media.New(media.DefaultMemory).Clean(t.Context(), bytes.NewReader(data), int64(len(data)), kind, false, &out, media.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v: %v", name, err, cause(err))
	}
	if result.Size != int64(out.Len()) {
		t.Errorf("size %d, written %d", result.Size, out.Len())
	}
	path := filepath.Join(t.TempDir(), "clean"+result.Ext)
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return result, out.Bytes(), path
}

func cause(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}

// secret stands in every text that is put into the files of these tests.
const secret = "Anna-Virtanen-040-1234567"

// technical are the tags that exiftool may find in a clean file of a type, and
// the value that each must have; "*" is any.
func technical(t testing.TB, ext string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/technical.txt")
	if err != nil {
		t.Fatal(err)
	}
	tags, in := map[string]string{}, false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			types := strings.Fields(strings.Trim(line, "[]"))
			in = slices.Contains(types, ext) || types[0] == "any"
		case in:
			tag, value, one := strings.Cut(line, "=")
			if !one {
				value = "*"
			}
			tags[tag] = value
		}
	}
	return tags
}

// leaks is the oracle of these tests: what exiftool finds in a file that is
// not on the list, and in its bytes the secret, or the names by which encoders
// and writers sign.
func leaks(t testing.TB, path string) []string {
	t.Helper()
	var leaks []string
	allowed := technical(t, filepath.Ext(path))
	tag := regexp.MustCompile(`(?m)^\[(\w+)\]\s+(\S+)\s*: ?(.*)$`)
	lines := tag.FindAllStringSubmatch(string(run(t, "exiftool", "-s", "-G", "-a", "-u", "-ee", path)), -1)
	if len(lines) < 8 {
		t.Fatalf("exiftool finds only %q", lines)
	}
	for _, line := range lines {
		name, value := line[1]+":"+line[2], line[3]
		if want, known := allowed[name]; !known || want != "*" && want != value || strings.Contains(value, secret) {
			leaks = append(leaks, name+"="+value)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{secret, "Lavf", "Lavc", "x264", "x265", "ffmpeg", "libopus", "libvpx", "mp4ff", "Xiph", "LAME"} {
		if bytes.Contains(data, []byte(name)) {
			leaks = append(leaks, name+" in the bytes")
		}
	}
	slices.Sort(leaks)
	return leaks
}
