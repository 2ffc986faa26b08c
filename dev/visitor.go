package dev

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Visitor is somebody with Debian's Chromium (dev/webclient/visitor.mjs). Each
// [Visitor.Visit] is another browser, which knows nothing of the one before.
type Visitor struct {
	// ClientURL is where a whole web client (Hydrogen) is served, for the setting
	// web.client_url.
	ClientURL string

	t      T
	driver *lines
}

// NewVisitor starts Chromium.
func NewVisitor(t T) *Visitor {
	t.Helper()
	driver, chromium := chromiumDriver(t, "visitor.mjs")
	v := &Visitor{t: t, driver: driver}
	v.do("start", map[string]any{"executable": chromium}, &v.ClientURL)
	v.ClientURL += "?hs={homeserver}"
	return v
}

// Device is what somebody comes with.
type Device struct {
	Width, Height int
	Mobile        bool
	NoScript      bool
	Dark          bool
	Language      string
	Agent         string // user agent; empty: Chromium's own
}

// Phone and Desktop are devices of the usual sizes.
func Phone(language string) Device {
	return Device{Width: 360, Height: 740, Mobile: true, Language: language}
}

// Desktop is a wide screen; see Phone.
func Desktop(language string) Device { return Device{Width: 1280, Height: 900, Language: language} }

func (v *Visitor) do(cmd string, args map[string]any, out any) {
	v.t.Helper()
	raw, err := v.driver.call(cmd, args)
	if err == nil && out != nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		v.t.Fatalf("browser: %s %v: %v", cmd, args, err)
	}
}

// Visit begins anew with a device and opens an address.
func (v *Visitor) Visit(d Device, url string) {
	v.t.Helper()
	v.do("visit", map[string]any{"width": d.Width, "height": d.Height, "mobile": d.Mobile, "script": !d.NoScript, "dark": d.Dark,
		"locale": d.Language, "agent": d.Agent}, nil)
	v.do("open", map[string]any{"url": url}, nil)
}

// Click taps on the first thing that a selector (Playwright's) finds.
func (v *Visitor) Click(selector string) {
	v.t.Helper()
	v.do("click", map[string]any{"selector": selector}, nil)
}

// Fill writes into a field.
func (v *Visitor) Fill(selector, text string) {
	v.t.Helper()
	v.do("fill", map[string]any{"selector": selector, "text": text}, nil)
}

// Press presses a key, such as "Tab"; Type writes where the focus is.
func (v *Visitor) Press(key string) { v.t.Helper(); v.do("press", map[string]any{"key": key}, nil) }

// Type writes where the focus is.
func (v *Visitor) Type(text string) { v.t.Helper(); v.do("type", map[string]any{"text": text}, nil) }

// Focused is what has the focus: "tag|name|text".
func (v *Visitor) Focused() (what string) { v.t.Helper(); v.do("focused", nil, &what); return what }

// Text is what a part of the page says.
func (v *Visitor) Text(selector string) (text string) {
	v.t.Helper()
	v.do("text", map[string]any{"selector": selector}, &text)
	return text
}

// Shows waits until the page has something.
func (v *Visitor) Shows(selector string) {
	v.t.Helper()
	v.do("shows", map[string]any{"selector": selector}, nil)
}

// At is the page's address.
func (v *Visitor) At() (url string) { v.t.Helper(); v.do("at", nil, &url); return url }

// Overflow is how much wider the page is than the window, in pixels.
func (v *Visitor) Overflow() (pixels int) {
	v.t.Helper()
	v.do("overflow", nil, &pixels)
	return pixels
}

// Axe looks at the page with axe-core and returns what it finds wrong.
func (v *Visitor) Axe() (violations []string) {
	v.t.Helper()
	v.do("axe", nil, &violations)
	return violations
}

// Cookies are the names of those that the browser has.
func (v *Visitor) Cookies() (names []string) {
	v.t.Helper()
	v.do("cookies", nil, &names)
	return names
}

// Screenshot keeps what the whole page looks like, as PNG, in $SILTA_ARTEFACTS,
// or else beside other temporary files.
func (v *Visitor) Screenshot(name string) {
	v.t.Helper()
	dir := os.Getenv("SILTA_ARTEFACTS")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "silta-artefacts")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		v.t.Fatalf("a folder for pictures: %v", err)
	}
	path := filepath.Join(dir, name+".png")
	v.do("screenshot", map[string]any{"path": path}, nil)
	if info, err := os.Stat(path); err != nil || info.Size() < 5000 {
		v.t.Fatalf("no picture in %s (%v)", path, err)
	}
}
