package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"silta/dev"
)

// browser: an encrypted conversation in a whole web client in Chromium. What it
// looks like is kept in $SILTA_ARTEFACTS, or else beside other temporary files.
func browser(t *testing.T, w *world) {
	p := w.pair(t)
	web := dev.Hydrogen(t, p.mentor.Account, p.mentorLeg)
	p.mentee.Text(p.menteeLeg, "Hei! Onko sinulla hetki aikaa?")
	web.Reads("Hei! Onko sinulla hetki aikaa?")
	web.Text("On toki. Mitä mietit?")
	p.mentee.AwaitText(p.menteeLeg, "On toki. Mitä mietit?")
	p.mentee.Text(p.menteeLeg, "Miten sinä pääsit alkuun?")
	web.Reads("Miten sinä pääsit alkuun?")
	dir := os.Getenv("SILTA_ARTEFACTS")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "silta-artefacts")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "encrypted-conversation.png")
	web.Screenshot(path)
	if info, err := os.Stat(path); err != nil || info.Size() < 5000 {
		t.Fatalf("no picture in %s (%v)", path, err)
	}
	t.Logf("the picture is in %s", path)
}
