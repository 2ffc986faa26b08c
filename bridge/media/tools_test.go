package media_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
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

// technical are the tags that exiftool may find in a clean file, by format:
// size, format and what a decoder needs.
func technical() map[string][]string {
	return map[string][]string{
		"": {"SourceFile", "ExifTool:ExifToolVersion", "File:FileName", "File:Directory", "File:FileSize", "File:FileModifyDate",
			"File:FileAccessDate", "File:FileInodeChangeDate", "File:FilePermissions", "File:FileType", "File:FileTypeExtension",
			"File:MIMEType", "Composite:ImageSize", "Composite:Megapixels"},
		".jpg": {"File:ImageWidth", "File:ImageHeight", "File:EncodingProcess", "File:BitsPerSample", "File:ColorComponents",
			"File:YCbCrSubSampling"},
		".png": {"PNG:ImageWidth", "PNG:ImageHeight", "PNG:BitDepth", "PNG:ColorType", "PNG:Compression", "PNG:Filter",
			"PNG:Interlace", "PNG:Palette", "PNG:Transparency"},
		".gif": {"GIF:GIFVersion", "GIF:ImageWidth", "GIF:ImageHeight", "GIF:HasColorMap", "GIF:ColorResolutionDepth",
			"GIF:BitsPerPixel", "GIF:BackgroundColor", "GIF:AnimationIterations", "GIF:FrameCount", "GIF:Duration"},
	}
}

// leaks is the oracle of these tests: what exiftool finds in a file that is
// not on the list, and the secret in its bytes.
func leaks(t testing.TB, path string) []string {
	t.Helper()
	var found []map[string]any
	if err := json.Unmarshal(run(t, "exiftool", "-json", "-G", "-a", "-u", "-ee", path), &found); err != nil {
		t.Fatal(err)
	}
	var leaks []string
	allowed := append(technical()[""], technical()[filepath.Ext(path)]...)
	for tag, value := range found[0] {
		text, ok := value.(string)
		if !slices.Contains(allowed, tag) || ok && strings.Contains(text, secret) {
			leaks = append(leaks, tag)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte(secret)) {
		leaks = append(leaks, "the secret in the bytes")
	}
	slices.Sort(leaks)
	return leaks
}
