package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// TestPlainBuild: without our build tags and without libolm's headers all of it
// compiles; the program then says that it cannot encrypt, and does not run
// where it would have to.
func TestPlainBuild(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "silta")
	for _, args := range [][]string{{"vet", "./..."}, {"build", "./..."}, {"build", "-o", binary, "./cmd/silta"}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dev.Root(t)
		cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath") // shares with make what does not depend on tags
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	const refusal = "built without the tag goolm: encryption is not in this program; build with `make build`"
	hs := newStub(t)
	hs.service = newService(t, hs.URL, "")
	run := func(args ...string) (code int, out string) {
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second) // it is not to run
		defer stop()
		cmd := exec.CommandContext(ctx, binary, append(args, "-c", hs.service.path("config.yaml"))...)
		text, _ := cmd.CombinedOutput() // the code says it
		return cmd.ProcessState.ExitCode(), string(text)
	}
	if code, out := run("run"); code != 1 || !strings.Contains(out, refusal) {
		t.Errorf("run: %d %s", code, out)
	}
	if code, out := run("check"); code != 1 || !strings.Contains(out, refusal) {
		t.Errorf("check: %d %s", code, out)
	}
}
