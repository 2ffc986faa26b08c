package dev

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // what Synapse's shared-secret registration is defined with
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Homeserver is a running Synapse.
type Homeserver struct {
	// Dir holds its configuration, database and log (synapse.log).
	Dir string

	t             T
	port          int
	federation    int // 0: none
	name          string
	registrations []string
	flags         []string
	proc          *process
}

// HomeserverOption changes how Synapse is set up.
type HomeserverOption func(*Homeserver)

// ServerName sets the part after the colon in Matrix IDs; default: localhost.
func ServerName(name string) HomeserverOption { return func(h *Homeserver) { h.name = name } }

// InDir keeps the homeserver's state in a folder of the caller's, at a port of
// the caller's (0: any), so that a later start finds it again.
func InDir(dir string, port int) HomeserverOption {
	return func(h *Homeserver) { h.Dir, h.port = dir, port }
}

// Federate serves other homeservers over TLS at that port of loopback, with the
// server name 127.0.0.1:port, and speaks to those peers only.
func Federate(port int, peers ...string) HomeserverOption {
	return func(h *Homeserver) {
		h.federation, h.name = port, loopback(port)
		h.flags = append(h.flags, "--federation", strconv.Itoa(port))
		for _, peer := range peers {
			h.flags = append(h.flags, "--peer", peer)
		}
	}
}

// WithoutAutoAccept has people accept invitations themselves.
func WithoutAutoAccept() HomeserverOption {
	return func(h *Homeserver) { h.flags = append(h.flags, "--no-auto-accept") }
}

// WithoutEncryption leaves out what encrypting appservices need: to-device
// messages and key counts in transactions.
func WithoutEncryption() HomeserverOption {
	return func(h *Homeserver) { h.flags = append(h.flags, "--no-encryption") }
}

// OnPostgres keeps Synapse's data in PostgreSQL.
func OnPostgres(dsn string) HomeserverOption {
	return func(h *Homeserver) { h.flags = append(h.flags, "--postgres", dsn) }
}

// WithConfig adds YAML to the configuration; its top-level keys win.
func WithConfig(yaml string) HomeserverOption {
	return func(h *Homeserver) {
		if err := os.MkdirAll(h.Dir, 0o700); err != nil {
			h.t.Fatalf("folder for Synapse: %v", err)
		}
		path := filepath.Join(h.Dir, "extra"+strconv.Itoa(len(h.flags))+".yaml")
		if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
			h.t.Fatalf("write Synapse's configuration: %v", err)
		}
		h.flags = append(h.flags, "--extra-config", path)
	}
}

// WithRegistrations loads appservice registrations from the first start on.
func WithRegistrations(files ...string) HomeserverOption {
	return func(h *Homeserver) { h.AddRegistration(files...) }
}

// Synapse starts a homeserver that ends with t. The first time on a machine it
// fetches Synapse, which takes about half a minute.
func Synapse(t T, options ...HomeserverOption) *Homeserver {
	t.Helper()
	h := NewSynapse(t, options...)
	h.Start()
	return h
}

// NewSynapse sets a homeserver up without starting it: its port and name are
// known, so that registrations can be made first.
func NewSynapse(t T, options ...HomeserverOption) *Homeserver {
	t.Helper()
	h := &Homeserver{t: t, Dir: t.TempDir(), name: "localhost"}
	for _, option := range options {
		option(h)
	}
	if h.port == 0 {
		h.port = FreePort(t)
	}
	install(t)
	t.Cleanup(func() {
		if h.proc != nil {
			h.proc.kill() // nothing of it is needed any more
		}
	})
	return h
}

// install fetches Synapse into the cache when it is not there.
func install(t T) {
	t.Helper()
	cmd := exec.Command("bash", filepath.Join(Root(t), "dev", "synapse"), "install")
	if _, err := os.Stat(filepath.Join(Cache(t), "synapse", ".version")); err == nil {
		return
	}
	t.Logf("fetching Synapse; this takes about half a minute, once")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("Synapse cannot be had (%v):\n%s\ntry: dev/synapse install", err, out)
	}
}

// URL is the base of the client-server API.
func (h *Homeserver) URL() string { return "http://" + loopback(h.port) }

// Name is the server name.
func (h *Homeserver) Name() string { return h.name }

// User is the Matrix ID with that localpart.
func (h *Homeserver) User(localpart string) string { return "@" + localpart + ":" + h.name }

// AddRegistration has appservice registrations loaded at the next start.
func (h *Homeserver) AddRegistration(files ...string) {
	h.registrations = append(h.registrations, files...)
}

// Start starts it (again) and waits until it answers.
func (h *Homeserver) Start() {
	h.t.Helper()
	args := []string{filepath.Join(Root(h.t), "dev", "synapse"), "run", "--dir", h.Dir,
		"--port", strconv.Itoa(h.port), "--server-name", h.name}
	for _, file := range h.registrations {
		args = append(args, "--registration", file)
	}
	h.proc = launch(h.t, filepath.Join(h.Dir, "synapse.log"), "", nil, "bash", append(args, h.flags...)...)
	deadline := time.Now().Add(time.Minute)
	for !answers(h.URL() + "/_matrix/client/versions") {
		if !h.proc.running() || time.Now().After(deadline) {
			h.t.Fatalf("Synapse did not start:\n%s", h.proc.tail())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// answers says whether a GET gives 200 within a second.
func answers(url string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Stop ends it in order.
func (h *Homeserver) Stop() {
	h.t.Helper()
	if err := h.proc.stop(30 * time.Second); err != nil {
		h.t.Fatalf("stop Synapse: %v", err)
	}
}

// Restart stops and starts it; registrations added meanwhile are loaded.
func (h *Homeserver) Restart() {
	h.t.Helper()
	h.Stop()
	h.Start()
}

// Kill ends it with SIGKILL.
func (h *Homeserver) Kill() { h.proc.kill() }

// PID is its process ID.
func (h *Homeserver) PID() int { return h.proc.pid() }

// Metrics are Synapse's own, as of now.
func (h *Homeserver) Metrics() Metrics {
	h.t.Helper()
	m, err := FetchMetrics(h.URL() + "/_synapse/metrics")
	if err != nil {
		h.t.Fatalf("Synapse: %v", err)
	}
	return m
}

// Account is somebody's account at a homeserver.
type Account struct {
	Homeserver string // base URL
	UserID     string
	Password   string
	Token      string // of a first login, made with the account
	Device     string // of the same
}

// Register makes an account.
func (h *Homeserver) Register(localpart, password string) Account {
	h.t.Helper()
	return h.register(localpart, password, "notadmin")
}

// RegisterAdmin makes an account that may use Synapse's admin API.
func (h *Homeserver) RegisterAdmin(localpart, password string) Account {
	h.t.Helper()
	return h.register(localpart, password, "admin")
}

func (h *Homeserver) register(localpart, password, admin string) Account {
	h.t.Helper()
	secret, err := os.ReadFile(filepath.Join(h.Dir, "registration.secret"))
	if err != nil {
		h.t.Fatalf("register %s: %v", localpart, err)
	}
	api := NewUser(Account{Homeserver: h.URL()})
	const path = "/_synapse/admin/v1/register"
	var nonce struct{ Nonce string }
	if err := api.Do(context.Background(), http.MethodGet, path, nil, &nonce); err != nil {
		h.t.Fatalf("register %s: %v", localpart, err)
	}
	mac := hmac.New(sha1.New, secret)
	mac.Write([]byte(strings.Join([]string{nonce.Nonce, localpart, password, admin}, "\x00")))
	var made struct {
		UserID string `json:"user_id"`
		Token  string `json:"access_token"`
		Device string `json:"device_id"`
	}
	err = api.Do(context.Background(), http.MethodPost, path, map[string]any{
		"nonce": nonce.Nonce, "username": localpart, "password": password, "admin": admin == "admin",
		"mac": hex.EncodeToString(mac.Sum(nil)),
	}, &made)
	if err != nil {
		h.t.Fatalf("register %s: %v", localpart, err)
	}
	return Account{Homeserver: h.URL(), UserID: made.UserID, Password: password, Token: made.Token, Device: made.Device}
}
