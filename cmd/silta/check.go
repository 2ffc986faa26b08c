package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"maunium.net/go/mautrix/appservice"

	"silta/config"
)

type checkCommand struct {
	JSON             bool     `help:"Print the findings as JSON."`
	HomeserverConfig []string `placeholder:"FILE" help:"Synapse's homeserver.yaml, if it can be read here: its settings are then looked at (may be given several times)."`
}

// checkTime bounds a whole check; each request has less.
const (
	checkTime   = 9500 * time.Millisecond
	requestTime = 3 * time.Second
)

// status is how a finding is: only FAIL makes the exit code 1.
type status string

const (
	good   status = "ok"
	advice status = "note" // could not be looked at; what it should be
	warned status = "warn"
	failed status = "FAIL"
)

// finding is one line of the check.
type finding struct {
	Check  string `json:"check"`
	Status status `json:"status"`
	Text   string `json:"text"`
	Fix    string `json:"fix,omitempty"` // the exact thing to change
}

// Run looks at everything and says what it found.
func (k *checkCommand) Run(s *surroundings) error {
	ctx, cancel := context.WithTimeout(s.ctx, checkTime)
	defer cancel()
	d := &doctor{lookup: s.lookup, client: direct(), now: time.Now}
	if !k.JSON {
		d.shown = func(f finding) { printFinding(s.out, f) }
	}
	d.examine(ctx, s.configPath, k.HomeserverConfig)
	if k.JSON {
		encoder := json.NewEncoder(s.out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(struct {
			OK       bool      `json:"ok"`
			Findings []finding `json:"findings"`
		}{d.failures == 0, d.findings}); err != nil {
			return err
		}
	} else {
		d.summary(s.out)
	}
	if d.failures > 0 {
		return errShown
	}
	return nil
}

func printFinding(out io.Writer, f finding) {
	fmt.Fprintf(out, "%-4s  %-14s %s\n", f.Status, f.Check, f.Text)
	if f.Fix != "" {
		fmt.Fprintf(out, "      %-14s → %s\n", "", f.Fix)
	}
}

// doctor looks at one service. Later looks use what earlier ones found.
type doctor struct {
	lookup   func(string) (string, bool)
	client   *http.Client
	now      func() time.Time
	shown    func(finding)
	findings []finding
	failures int
	warnings int

	cfg      *config.Config
	reg      *appservice.Registration
	synapse  map[string]any // homeserver.yaml, if it could be read
	running  bool           // a Silta answers on the health listener
	accepted bool           // the homeserver takes our token
	bot      bool           // the bot can be spoken for
	pinged   bool           // the homeserver reaches us
	device   string         // of the bot, for the time of the check
	probe    *probe         // stands in for a Silta that is not running
}

// examine looks at one thing after the other; what cannot be looked at because
// something before it failed is left out.
func (d *doctor) examine(ctx context.Context, path string, synapse []string) {
	if !d.checkConfig(path) {
		return
	}
	d.checkEncryption()
	d.checkCrisisLines()
	d.checkPage()
	d.checkSigns()
	d.checkKey()
	_, err := askHealth(ctx, d.cfg, "/healthz")
	d.running = err == nil
	d.checkDatabase(ctx)
	d.checkRegistration()
	d.readSynapse(synapse)
	if d.checkHomeserver(ctx) && d.reg != nil {
		d.checkToken(ctx)
		if d.accepted {
			d.checkNamespace(ctx)
			d.checkBot(ctx)
			d.checkMedia(ctx)
			d.checkAppservice(ctx)
		}
		d.checkAccounts(ctx)
	}
	d.checkSynapse()
}

// checkAppservice is the way from the homeserver to Silta.
func (d *doctor) checkAppservice(ctx context.Context) {
	if !d.checkListener(ctx) {
		return
	}
	defer d.closeProbe()
	d.checkPing(ctx)
	if !d.bot {
		return
	}
	d.checkDevice(ctx)
	defer d.removeDevice(ctx)
	if d.device != "" && d.pinged {
		d.checkToDevice(ctx)
	}
}

func (d *doctor) say(s status, check, fix, format string, args ...any) {
	f := finding{Check: check, Status: s, Text: fmt.Sprintf(format, args...), Fix: fix}
	switch s {
	case failed:
		d.failures++
	case warned:
		d.warnings++
	}
	d.findings = append(d.findings, f)
	if d.shown != nil {
		d.shown(f)
	}
}

func (d *doctor) ok(check, format string, args ...any) { d.say(good, check, "", format, args...) }
func (d *doctor) fail(check, fix, format string, args ...any) {
	d.say(failed, check, fix, format, args...)
}
func (d *doctor) warn(check, fix, format string, args ...any) {
	d.say(warned, check, fix, format, args...)
}

func (d *doctor) summary(out io.Writer) {
	switch {
	case d.failures > 0:
		fmt.Fprintf(out, "\n%s to put right (FAIL), %s.\n", count(d.failures, "thing"), count(d.warnings, "warning"))
	case d.warnings > 0:
		fmt.Fprintf(out, "\nIt works; %s.\n", count(d.warnings, "warning"))
	default:
		fmt.Fprintln(out, "\nAll is well.")
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
