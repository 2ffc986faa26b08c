package rewrite

import (
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// planted says which faults to plant: "all", or how many to sample.
var planted = flag.String("planted", "3", `planted leaks to look for: "all", a number to sample, or a name`)

// fault is a change to one source file that makes the rewrite leak. They live
// in testdata/faults, so that the code itself has no switch to do wrong.
type fault struct{ name, file, find, with string }

// TestPlantedLeaks builds the package anew with a fault planted in it, and lets
// the oracle look for what it leaks: each must be found within the budget, and
// without a fault there must be nothing.
//
//	go test ./bridge/rewrite -run TestPlantedLeaks -planted=all -budget=60s
func TestPlantedLeaks(t *testing.T) {
	faults := readFaults(t)
	if len(faults) < 40 {
		t.Fatalf("only %d faults", len(faults))
	}
	for _, f := range faults { // all of them, also when a few are planted
		faulty(t, f)
	}
	limit, seed := *budget, seedOf()
	if limit == 0 {
		limit = 60 * time.Second
	}
	t.Logf("-seed=%d", seed)
	for _, f := range sample(t, faults, seed) {
		t.Run(f.name, func(t *testing.T) {
			start := time.Now()
			binary := plant(t, f)
			built := time.Since(start)
			out, err := oracle(t, binary, limit, seed)
			if err == nil {
				t.Fatalf("not found within %s (-seed=%d)", limit, seed)
			}
			if !strings.Contains(out, "LEAK after") {
				t.Fatalf("the oracle did not run: %v\n%s", err, out)
			}
			t.Logf("found in %s (built in %s)", (time.Since(start) - built).Round(10*time.Millisecond), built.Round(100*time.Millisecond))
		})
	}
	t.Run("none", func(t *testing.T) {
		clean := 3 * time.Second
		if *planted == "all" {
			clean = limit
		}
		if n, _, err := search(clean, seed); err != nil {
			t.Fatalf("LEAK after %d events (-seed=%d): %v", n, seed, err)
		}
	})
}

// sample picks the faults that the flag asks for.
func sample(t *testing.T, faults []fault, seed uint64) []fault {
	if *planted == "all" {
		return faults
	}
	n, err := strconv.Atoi(*planted)
	if err != nil {
		for _, f := range faults {
			if f.name == *planted {
				return []fault{f}
			}
		}
		t.Fatalf("no fault named %q in testdata/faults", *planted)
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	rng.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	return faults[:min(n, len(faults))]
}

// readFaults reads the files: a line "file: x.go", and after the lines
// "--- find" and "--- with" what to put in place of what.
func readFaults(t *testing.T) []fault {
	paths, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var faults []fault
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, ok := strings.Cut(string(raw), "--- find\n")
		find, with, ok2 := strings.Cut(rest, "--- with\n")
		_, file, ok3 := strings.Cut(head, "file: ")
		if !ok || !ok2 || !ok3 {
			t.Fatalf("%s: not the form of a fault", path)
		}
		faults = append(faults, fault{name: strings.TrimSuffix(filepath.Base(path), ".txt"), file: strings.TrimSpace(file), find: find, with: with})
	}
	return faults
}

// faulty is a source file with a fault in it.
func faulty(t *testing.T, f fault) string {
	t.Helper()
	raw, err := os.ReadFile(f.file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), f.find); n != 1 || f.find == f.with {
		t.Fatalf("%s has what the fault replaces %d times: the code has changed, so must testdata/faults/%s.txt", f.file, n, f.name)
	}
	return strings.Replace(string(raw), f.find, f.with, 1)
}

// plant builds the tests of this package with the fault in it.
func plant(t *testing.T, f fault) (binary string) {
	source, err := filepath.Abs(f.file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	changed := filepath.Join(dir, f.file)
	if err = os.WriteFile(changed, []byte(faulty(t, f)), 0o600); err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err = os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "faulty.test")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", file, "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the fault does not build: %v\n%s", err, out)
	}
	return binary
}

// oracle runs TestOracle of a test binary.
func oracle(t *testing.T, binary string, limit time.Duration, seed uint64) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), limit+30*time.Second)
	defer cancel()
	run := exec.CommandContext(ctx, binary, "-test.run=^TestOracle$", "-budget="+limit.String(), "-seed="+strconv.FormatUint(seed, 10))
	out, err := run.CombinedOutput()
	return string(out), err
}
