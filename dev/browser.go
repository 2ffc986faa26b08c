package dev

import (
	"os/exec"
	"path/filepath"
)

// chromiumDriver starts a script of dev/webclient; executable is the Chromium that
// it shall drive.
func chromiumDriver(t T, script string) (driver *lines, executable string) {
	t.Helper()
	executable, err := exec.LookPath("chromium")
	if err != nil {
		Install(t, "chromium")
		executable = "chromium"
	}
	if !nodeWorks() {
		Install(t, "node")
	}
	driver = runLines(t, nil, "node", filepath.Join(npm(t, "webclient", webclientFiles()...), script))
	t.Cleanup(driver.close)
	return driver, executable
}

// webclientFiles are what the folder dev/webclient has.
func webclientFiles() []string {
	return []string{"package.json", "package-lock.json", "drive.mjs", "browser.mjs", "client.js", "index.html", "visitor.mjs", "whole.js", "whole.html"}
}

// Browser is a web client made of hydrogen-view-sdk (dev/webclient) in Debian's
// Chromium, which shows one room.
type Browser struct {
	t      T
	driver *lines
}

// Hydrogen logs in with a browser and opens a room that the person is in. With
// the login comes another device of theirs, which their other clients have not
// signed.
func Hydrogen(t T, a Account, room string) *Browser {
	t.Helper()
	// What a browser tells comes as answers only: there is no client to tell of events.
	driver, chromium := chromiumDriver(t, "browser.mjs")
	b := &Browser{t: t, driver: driver}
	b.do("start", map[string]any{"executable": chromium, "homeserver": a.Homeserver, "user": a.UserID, "password": a.Password, "room": room})
	return b
}

func (b *Browser) do(cmd string, args map[string]any) {
	b.t.Helper()
	if _, err := b.driver.call(cmd, args); err != nil {
		b.t.Fatalf("browser: %s: %v", cmd, err)
	}
}

// Reads waits until the page shows a text.
func (b *Browser) Reads(body string) { b.t.Helper(); b.do("reads", map[string]any{"body": body}) }

// Text sends a text to the room.
func (b *Browser) Text(body string) { b.t.Helper(); b.do("text", map[string]any{"body": body}) }

// Tap taps a reaction under the last message that has it.
func (b *Browser) Tap(key string) { b.t.Helper(); b.do("tap", map[string]any{"key": key}) }

// Size makes the window another one, and shows what is newest.
func (b *Browser) Size(width, height int) {
	b.t.Helper()
	b.do("size", map[string]any{"width": width, "height": height})
}

// Screenshot keeps what the page looks like, as PNG.
func (b *Browser) Screenshot(path string) {
	b.t.Helper()
	b.do("screenshot", map[string]any{"path": path})
}
