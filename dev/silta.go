package dev

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Program is the built Silta with its configuration and state, running or not.
type Program struct {
	// Dir holds config.yaml, registration.yaml, silta.key, silta.db and silta.log.
	Dir string
	// Bot is the bot's Matrix ID.
	Bot string
	// Port is where it listens for the homeserver; HealthPort is that of
	// /healthz, /readyz and /metrics.
	Port, HealthPort int
	// PagePort is where the page is on which people join; see WithPage.
	PagePort int

	t      T
	hs     *Homeserver
	name   string
	binary string
	race   bool
	page   map[string]any
	config map[string]any
	env    []string
	proc   *process
}

// SiltaOption changes how the program is set up.
type SiltaOption func(*Program)

// Named tells several programs on one homeserver apart: the appservice, the bot
// and the ghosts are called by it. Lower case letters only; default: silta.
func Named(name string) SiltaOption { return func(p *Program) { p.name = name } }

// Staff are the initial staff, by Matrix ID.
func Staff(ids ...string) SiltaOption {
	return func(p *Program) { p.config["initial_staff"] = ids }
}

// Set sets a key of the configuration to what it shall be, whole.
func Set(key string, value any) SiltaOption {
	return func(p *Program) { p.config[key] = value }
}

// WithDatabase keeps Silta's data there instead of in a SQLite file.
func WithDatabase(dsn string) SiltaOption {
	return Set("database", map[string]any{"dsn": dsn})
}

// WithPage shows the page on which people join, at [Program.PageURL]; they get
// their accounts with the homeserver's shared secret.
func WithPage() SiltaOption {
	return func(p *Program) { p.page = map[string]any{"joins_per_hour": 100_000, "joins_per_network": 100_000} }
}

// PageSet sets a key of the section web, after WithPage.
func PageSet(key string, value any) SiltaOption { return func(p *Program) { p.page[key] = value } }

// Race builds the program with the race detector.
func Race() SiltaOption { return func(p *Program) { p.race = true } }

// Env adds environment variables ("NAME=value") to the program's.
func Env(pairs ...string) SiltaOption { return func(p *Program) { p.env = append(p.env, pairs...) } }

// KeptIn keeps the program's configuration and state in a folder of the
// caller's. What is there already is used again.
func KeptIn(dir string) SiltaOption { return func(p *Program) { p.Dir = dir } }

// Silta starts the program at a homeserver and waits until it is ready. The
// homeserver is restarted, for it reads registrations only when it starts.
func Silta(t T, hs *Homeserver, options ...SiltaOption) *Program {
	t.Helper()
	p := NewSilta(t, hs, options...)
	hs.Restart()
	p.Start()
	return p
}

// NewSilta builds the program, configures it, and hands its registration to the
// homeserver, which has to be (re)started before the program.
func NewSilta(t T, hs *Homeserver, options ...SiltaOption) *Program {
	t.Helper()
	p := &Program{t: t, hs: hs, name: "silta", config: map[string]any{
		"initial_staff": []string{hs.User("staff")},
	}}
	for _, option := range options {
		option(p)
	}
	if p.Dir == "" {
		p.Dir = t.TempDir()
	}
	p.Bot = hs.User(p.name)
	p.binary = Build(t, p.race)
	p.configure()
	registration := filepath.Join(p.Dir, "registration.yaml")
	if _, err := os.Stat(registration); err != nil {
		if out, err := p.Run("registration"); err != nil {
			t.Fatalf("silta registration: %v\n%s", err, out)
		}
	}
	hs.AddRegistration(registration)
	t.Cleanup(func() {
		if p.proc != nil {
			p.proc.kill()
		}
	})
	return p
}

// Build builds the program, unless that is done already, and returns its path.
func Build(t T, race bool) string {
	t.Helper()
	root := Root(t)
	name, args := "silta", []string{"build", "-tags", "goolm netgo osusergo"}
	if race {
		name, args = "silta-race", append(args, "-race")
	}
	dir := filepath.Join(Cache(t), "build", strings.ReplaceAll(strings.Trim(root, "/"), "/", "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("build silta: %v", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatalf("build silta: %v", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // one package's tests at a time
		t.Fatalf("build silta: %v", err)
	}
	path := filepath.Join(dir, name)
	cmd := exec.Command("go", append(args, "-o", path, "./cmd/silta")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build silta: %v\n%s", err, out)
	}
	return path
}

// ports is what of a Program is kept in its folder, so that it can be found
// again at the ports that are in its registration.
type ports struct{ Listen, Health, Page int }

// configure writes config.yaml; it is written anew at every start, with the
// ports of the first.
func (p *Program) configure() {
	p.t.Helper()
	var at ports
	kept := filepath.Join(p.Dir, "ports.json")
	if data, err := os.ReadFile(kept); err == nil {
		if err := json.Unmarshal(data, &at); err != nil {
			p.t.Fatalf("read %s: %v", kept, err)
		}
	} else {
		at = ports{FreePort(p.t), FreePort(p.t), FreePort(p.t)}
		data, err := json.Marshal(at)
		if err == nil {
			err = os.WriteFile(kept, data, 0o600)
		}
		if err != nil {
			p.t.Fatalf("write %s: %v", kept, err)
		}
	}
	p.Port, p.HealthPort, p.PagePort = at.Listen, at.Health, at.Page
	config := map[string]any{
		"homeserver": map[string]any{"address": p.hs.URL(), "domain": p.hs.Name()},
		"appservice": map[string]any{
			"id": p.name, "listen": loopback(p.Port), "bot": p.name, "ghost_prefix": p.name + "_",
		},
		"health": map[string]any{"listen": loopback(p.HealthPort)},
		"log":    map[string]any{"level": "debug", "format": "json"},
		// Mentors begin with their card; a test that is about the way there sets
		// this to nothing, and gets all of it.
		"programmes": map[string]any{"mentoring": map[string]any{
			"mentors":             map[string]any{"guide": false, "training": false, "background_check": false},
			"messages_per_minute": 0, // tests write as fast as they can
		}},
	}
	if p.page != nil {
		config["accounts"] = map[string]any{"provider": "shared-secret", "secret_file": filepath.Join(p.hs.Dir, "registration.secret")}
		p.page["listen"], p.page["url"] = loopback(p.PagePort), p.PageURL()
		config["web"] = p.page
	}
	maps.Copy(config, p.config)
	data, err := json.MarshalIndent(config, "", "  ") // JSON is YAML
	if err == nil {
		err = os.WriteFile(p.ConfigFile(), append(data, '\n'), 0o600)
	}
	if err != nil {
		p.t.Fatalf("write the configuration: %v", err)
	}
}

// ConfigFile is the path of the configuration.
func (p *Program) ConfigFile() string { return filepath.Join(p.Dir, "config.yaml") }

// LogFile is where the program's output goes.
func (p *Program) LogFile() string { return filepath.Join(p.Dir, "silta.log") }

// Run runs another of the program's commands to its end, such as "check", and
// returns what it printed.
func (p *Program) Run(command string, args ...string) (output string, err error) {
	cmd := exec.Command(p.binary, append([]string{command, "-c", p.ConfigFile()}, args...)...)
	cmd.Dir, cmd.Env = p.Dir, append(os.Environ(), p.env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// Start starts the program and waits until it is ready.
func (p *Program) Start() {
	p.t.Helper()
	p.Launch()
	p.WaitReady()
}

// Launch starts the program and does not wait.
func (p *Program) Launch() {
	p.t.Helper()
	p.proc = launch(p.t, p.LogFile(), p.Dir, p.env, p.binary, "run", "-c", p.ConfigFile())
}

// WaitReady waits until the program says that it is at work.
func (p *Program) WaitReady() {
	p.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for !answers(p.HealthURL() + "/readyz") {
		if !p.proc.running() {
			p.t.Fatalf("silta ended:\n%s", p.proc.tail())
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("silta is not ready after 90 s:\n%s", p.proc.tail())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// HealthURL is the base of the health listener.
func (p *Program) HealthURL() string { return "http://" + loopback(p.HealthPort) }

// PageURL is where people join; see [WithPage].
func (p *Program) PageURL() string { return "http://" + loopback(p.PagePort) }

// URL is where the homeserver sends transactions.
func (p *Program) URL() string { return "http://" + loopback(p.Port) }

// Running says whether the program has not ended.
func (p *Program) Running() bool { return p.proc != nil && p.proc.running() }

// PID is its process ID.
func (p *Program) PID() int { return p.proc.pid() }

// Kill9 ends it with SIGKILL, in the middle of whatever it does.
func (p *Program) Kill9() { p.proc.kill() }

// Term ends it in order; it must do so within ten seconds and without a fault.
func (p *Program) Term() {
	p.t.Helper()
	if err := p.proc.stop(10 * time.Second); err != nil {
		p.t.Fatalf("stop silta: %v\n%s", err, p.proc.tail())
	}
	var exit *exec.ExitError
	if errors.As(p.proc.err, &exit) {
		p.t.Fatalf("silta ended with status %d:\n%s", exit.ExitCode(), p.proc.tail())
	}
}

// Signal sends it a signal, such as SIGHUP.
func (p *Program) Signal(s syscall.Signal) { p.proc.signal(s) }

// Restart ends it in order and starts it again.
func (p *Program) Restart() {
	p.t.Helper()
	p.Term()
	p.Start()
}

// Log is all that the program has written so far.
func (p *Program) Log() string {
	p.t.Helper()
	data, err := os.ReadFile(p.LogFile())
	if err != nil {
		p.t.Fatalf("read the log: %v", err)
	}
	return string(data)
}

// LogTail is the end of what it has written.
func (p *Program) LogTail() string { return tail(p.LogFile(), 4000) }

// Metrics are the program's own, as of now.
func (p *Program) Metrics() Metrics {
	p.t.Helper()
	m, err := FetchMetrics(p.HealthURL() + "/metrics")
	if err != nil {
		p.t.Fatalf("silta: %v", err)
	}
	return m
}

// tokens are those of the registration: the program's at the homeserver, and
// the homeserver's at the program.
func (p *Program) tokens() (as, hs string) {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.Dir, "registration.yaml"))
	if err != nil {
		p.t.Fatalf("read the registration: %v", err)
	}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch value = strings.Trim(strings.TrimSpace(value), `"'`); name {
		case "as_token":
			as = value
		case "hs_token":
			hs = value
		}
	}
	if as == "" || hs == "" {
		p.t.Fatalf("the registration has no tokens")
	}
	return as, hs
}

// HomeserverToken is the token with which the homeserver speaks to the program.
func (p *Program) HomeserverToken() string { p.t.Helper(); _, hs := p.tokens(); return hs }

// Own is a client with the program's own token: it speaks as the appservice, or,
// with ?user_id=, as one of its users.
func (p *Program) Own() *User {
	p.t.Helper()
	as, _ := p.tokens()
	return NewUser(Account{Homeserver: p.hs.URL(), Token: as})
}

// Push sends bytes to a path of the program's listener for the homeserver, with
// a token, as the homeserver would, and returns the status.
func (p *Program) Push(method, path, token string, body []byte) (status int, answer string) {
	p.t.Helper()
	request, err := http.NewRequest(method, p.URL()+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatalf("push: %v", err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(response.Body) // a cut answer is an answer, too
	return response.StatusCode, out.String()
}

// Transaction pushes events as a transaction of the homeserver's.
func (p *Program) Transaction(events ...any) (status int) {
	p.t.Helper()
	body, err := json.Marshal(map[string]any{"events": events})
	if err != nil {
		p.t.Fatalf("transaction: %v", err)
	}
	id := strconv.FormatInt(time.Now().UnixNano(), 36)
	status, _ = p.Push(http.MethodPut, "/_matrix/app/v1/transactions/"+id, p.HomeserverToken(), body)
	return status
}
