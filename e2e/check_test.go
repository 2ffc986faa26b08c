package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// finding is a line of `silta check --json`.
type finding struct{ Check, Status, Text, Fix string }

// check runs `silta check` and returns what it found.
func check(t *testing.T, p *dev.Program, hs *dev.Homeserver) (findings []finding, well bool) {
	t.Helper()
	started := time.Now()
	out, err := p.Run("check", "--json", "--homeserver-config", filepath.Join(hs.Dir, "homeserver.yaml"))
	if took := time.Since(started); took > 30*time.Second { // its own limit is 10 s; the machine may be slow
		t.Errorf("the check took %v", took)
	}
	var report struct {
		OK       bool
		Findings []finding
	}
	if jsonErr := json.Unmarshal([]byte(out), &report); jsonErr != nil {
		t.Fatalf("silta check: %v, %v\n%s", err, jsonErr, out)
	}
	if report.OK != (err == nil) {
		t.Errorf("the report says ok %v, the exit code %v", report.OK, err)
	}
	return report.Findings, report.OK
}

// faults are the findings that are not well, as lines.
func faults(findings []finding) string {
	var b strings.Builder
	for _, f := range findings {
		if f.Status != "ok" {
			b.WriteString(f.Status + " " + f.Check + ": " + f.Text + " → " + f.Fix + "\n")
		}
	}
	return b.String()
}

// checkAll: at a homeserver that is as it should be, all is well, while the
// service runs.
func checkAll(t *testing.T, w *world) {
	findings, well := check(t, w.Program, w.hs)
	if bad := faults(findings); !well || strings.Contains(bad, "FAIL") {
		t.Errorf("a homeserver as it should be:\n%s", bad)
	}
	// On this homeserver people accept invitations themselves, which the check
	// advises against; nothing else is to be said of it.
	for _, f := range findings {
		if f.Status == "warn" && !strings.Contains(f.Fix, "auto_accept_invites") && f.Check != "crisis lines" {
			t.Errorf("a warning out of nothing: %+v", f)
		}
	}
}

// TestCheckSaysWhatIsMissing: each fault of a homeserver is named, with what to
// change.
func TestCheckSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	hs := dev.NewSynapse(t, dev.WithoutEncryption(), dev.WithoutAutoAccept())
	p := dev.NewSilta(t, hs)
	t.Run("unreachable", func(t *testing.T) {
		expectFailure(t, p, hs, "homeserver", "curl")
	})
	hs.Start()
	t.Run("no to-device messages", func(t *testing.T) {
		expectFailure(t, p, hs, "to-device", "msc2409_to_device_messages_enabled: true")
	})
	t.Run("other tokens", func(t *testing.T) {
		if out, err := p.Run("registration", "--force"); err != nil {
			t.Fatalf("silta registration: %v\n%s", err, out)
		}
		expectFailure(t, p, hs, "token", "registration")
	})
}

func expectFailure(t *testing.T, p *dev.Program, hs *dev.Homeserver, name, fix string) {
	t.Helper()
	findings, well := check(t, p, hs)
	for _, f := range findings {
		if f.Check == name && f.Status == "FAIL" && strings.Contains(f.Fix, fix) {
			if well {
				t.Error("the report says that all is well")
			}
			return
		}
	}
	t.Errorf("no failure %q that says to change %q:\n%s", name, fix, faults(findings))
}
