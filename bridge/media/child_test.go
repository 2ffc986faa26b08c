package media_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"silta/bridge/media"
)

// Memory is measured in a process of its own, that does nothing but clean
// files: this test program again, with childEnv set.
const childEnv = "SILTA_TEST_CLEAN"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := child(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// job is a file to clean, and what became of it.
type job struct {
	Name, Path string
	Kind       media.Kind
	Why        string // of the refusal; "" if it was cleaned
	Fault      string // what should not be
	Base, Peak int64  // bytes of RSS, before and at most
}

func child(in io.Reader, out io.Writer) error {
	cleaner := media.New(media.DefaultMemory)
	results := json.NewEncoder(out)
	jobs := bufio.NewScanner(in)
	for jobs.Scan() {
		var j job
		if err := json.Unmarshal(jobs.Bytes(), &j); err != nil {
			return err
		}
		debug.FreeOSMemory()
		// "5" sets the peak to what is in use now (man 5 proc).
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			return err
		}
		j.Base = rss("VmRSS")
		why, err := try(cleaner, j)
		if err != nil {
			j.Fault = err.Error()
		}
		j.Why, j.Peak = why, rss("VmHWM")
		if err := results.Encode(j); err != nil {
			return err
		}
	}
	return jobs.Err()
}

func try(cleaner *media.Cleaner, j job) (string, error) {
	f, err := os.Open(j.Path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	out, err := os.CreateTemp("", "clean")
	if err != nil {
		return "", err
	}
	defer out.Close()
	if err := os.Remove(out.Name()); err != nil {
		return "", err
	}
	_, err = cleaner.Clean(context.Background(), f, info.Size(), j.Kind, false, out, media.DefaultLimits())
	refused := new(media.Refused)
	if errors.As(err, &refused) {
		return refused.Why, nil
	}
	return "", err
}

// rss is a figure of this process's memory, in bytes.
func rss(name string) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}

// apart cleans files in a child process and returns what became of each.
func apart(t testing.TB, jobs []job) []job {
	t.Helper()
	var in bytes.Buffer
	for _, j := range jobs {
		if err := json.NewEncoder(&in).Encode(j); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, runErr := cmd.Output()
	var done []job
	for line := range strings.Lines(string(out)) {
		var j job
		if err := json.Unmarshal([]byte(line), &j); err != nil {
			t.Fatal(err)
		}
		done = append(done, j)
	}
	if len(done) != len(jobs) || runErr != nil {
		name := "the end"
		if len(done) < len(jobs) {
			name = jobs[len(done)].Name
		}
		tail := stderr.String()
		t.Fatalf("the process died at %s: %v: %s", name, runErr, tail[:min(len(tail), 2000)])
	}
	return done
}
