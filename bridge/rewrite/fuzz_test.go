package rewrite

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fuzzed is the folder in which "make fuzz" has left what it did: began and ended
// (empty files; their times count) and cache/FuzzRewrite, the inputs that it kept.
var (
	fuzzed  = flag.String("fuzzed", "", "folder of a run of make fuzz, for TestFlat")
	flatFor = flag.Duration("flat", 10*time.Minute, "for how long no new code may have been reached, for TestFlat")
)

// Limits of what is fuzzed. A longer input reaches nothing but more rounds of the
// same loops.
const (
	maxFuzzedChoices = 256
	maxFuzzedContent = 2048
)

// FuzzRewrite is the oracle with its choices made by the fuzzing engine, which is
// guided by coverage; the second argument is a content as it is.
//
// The committed inputs (testdata/fuzz) are what longer runs have found, chosen so
// that each reaches a block that those before it do not.
func FuzzRewrite(f *testing.F) {
	for _, in := range dictionary() {
		f.Add(in.data, in.content)
	}
	f.Fuzz(func(t *testing.T, data, content []byte) {
		if err := judgeFuzzed(data, content); err != nil {
			t.Fatal(err)
		}
	})
}

// judgeFuzzed judges what one input makes: an event by the choices, and the
// content as it is.
func judgeFuzzed(data, content []byte) error {
	if len(data) > maxFuzzedChoices || len(content) > maxFuzzedContent {
		return nil
	}
	g := newGen(fuzzedChoices(data))
	if _, err := judge(g); err != nil {
		return err
	}
	// A content that nobody knows: no more than the forms can be judged.
	g.event.Content, g.event.StateKey, g.torn, g.carried, g.mentioned = content, nil, true, true, nil
	g.event.Type = fuzzedTypes()[len(data)%len(fuzzedTypes())]
	g.ballot, g.owner = nil, 0
	_, err := judge(g)
	return err
}

// fuzzedTypes are those of a content as it is; which one it is follows from the
// number of choices.
func fuzzedTypes() []string {
	return []string{"m.room.message", "m.reaction", unstableForm().start, unstableForm().vote, stableForm().start, stableForm().vote, "m.sticker", "m.room.redaction"}
}

// keptInput is an input that the fuzzing engine kept, and when.
type keptInput struct {
	name          string
	data, content []byte
	at            time.Time
}

// keptInputs reads a folder of inputs, the oldest first.
func keptInputs(t *testing.T, folder string) (inputs []keptInput) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		in, err := readInput(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		inputs = append(inputs, in)
	}
	slices.SortFunc(inputs, func(a, b keptInput) int { return a.at.Compare(b.at) })
	return inputs
}

// readInput reads a file of the form "go test fuzz v1".
func readInput(path string) (in keptInput, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return in, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return in, err
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) != 3 || lines[0] != "go test fuzz v1" {
		return in, fmt.Errorf("not an input of two values")
	}
	var values [2][]byte
	for i, line := range lines[1:] {
		text, err := strconv.Unquote(strings.TrimSuffix(strings.TrimPrefix(line, "[]byte("), ")"))
		if err != nil {
			return in, err
		}
		values[i] = []byte(text)
	}
	return keptInput{filepath.Base(path), values[0], values[1], info.ModTime()}, nil
}

// TestCommittedInputs: they stay few, and they are inputs of FuzzRewrite, which
// judges them in every ordinary run.
func TestCommittedInputs(t *testing.T) {
	inputs, size := keptInputs(t, "testdata/fuzz/FuzzRewrite"), 0
	for _, in := range inputs {
		size += len(in.data) + len(in.content)
		if len(in.data) > maxFuzzedChoices || len(in.content) > maxFuzzedContent {
			t.Errorf("%s is too long: FuzzRewrite passes over it", in.name)
		}
	}
	if len(inputs) < 20 || len(inputs) > 400 || size > 200<<10 {
		t.Errorf("%d inputs of %d bytes", len(inputs), size)
	}
}

// TestFlat judges a run of make fuzz (-fuzzed): whether what it reached had stopped
// growing. What counts are the blocks of code (of this package and of what reads
// HTML and emoji for it) that the inputs reach which the engine has kept. Its own
// figure, "new interesting", does not do: it counts by how often each block is
// reached, in every package, the printing of errors and the order of maps
// included, and so goes on for as long as inputs differ at all. The engine keeps
// each input that reaches something new, so no block is missed here that it has
// reached.
//
// Without a run it judges two made-up ones.
func TestFlat(t *testing.T) {
	if *fuzzed == "" {
		now := time.Now()
		grows := map[string]float64{"old": 0.2, "new": 0.3}
		for newest, want := range map[string]bool{"old": true, "new": false} {
			covered := 0.1
			_, err := grown([]keptInput{{name: "old", at: now.Add(-30 * time.Minute)}, {name: newest, at: now.Add(-time.Minute)}, {name: "same", at: now}}, now, 10*time.Minute,
				func(in keptInput) float64 { covered = max(covered, grows[in.name]); return covered }, covered)
			if (err == nil) != want {
				t.Errorf("a run whose newest input is %s: %v", newest, err)
			}
		}
		return
	}
	if testing.CoverMode() == "" {
		t.Fatal("run with -cover, as make fuzz does")
	}
	began, ended := stamp(t, "began"), stamp(t, "ended")
	if ended.Sub(began) < *flatFor {
		t.Fatalf("the run was %v, shorter than the %v to be judged", ended.Sub(began), *flatFor)
	}
	reaches := func(in keptInput) float64 {
		if err := judgeFuzzed(in.data, in.content); err != nil {
			t.Fatalf("%s: %v", in.name, err)
		}
		return testing.Coverage()
	}
	reached := 0.0
	for _, in := range append(dictionary(), keptInputs(t, "testdata/fuzz/FuzzRewrite")...) {
		reached = reaches(in)
	}
	told, err := grown(keptInputs(t, filepath.Join(*fuzzed, "cache", "FuzzRewrite")), ended, *flatFor, reaches, reached)
	t.Log(told)
	if err != nil {
		t.Error(err)
	}
}

// grown goes through inputs in the order in which they were kept and says since
// when none has reached anything beyond what had been reached before; the error
// is that it is not long enough.
func grown(inputs []keptInput, ended time.Time, span time.Duration, reaches func(keptInput) float64, reached float64) (told string, err error) {
	grew, last := 0, time.Time{}
	for _, in := range inputs {
		if now := reaches(in); now > reached {
			reached, last = now, in.at
			grew++
		}
	}
	told = fmt.Sprintf("%d inputs kept, %d of them reach new blocks beyond the committed ones; %.2f %% of all blocks reached", len(inputs), grew, 100*reached)
	if last.IsZero() {
		return told + "; flat from the start", nil
	}
	if flat := ended.Sub(last).Round(time.Second); flat < span {
		err = fmt.Errorf("new blocks were reached %v before the end: not flat for %v", flat, span)
	} else {
		told += fmt.Sprintf("; flat for the last %v", flat)
	}
	return told, err
}

// stamp is the time of one of the empty files of a run.
func stamp(t *testing.T, name string) time.Time {
	t.Helper()
	info, err := os.Stat(filepath.Join(*fuzzed, name))
	if err != nil {
		t.Fatalf("%v: this is no folder of make fuzz", err)
	}
	return info.ModTime()
}
