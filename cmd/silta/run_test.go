package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"silta/config"
	"silta/locale"
	"silta/mentoring"
	"silta/store"
)

// running is a Program that runs inside the test.
type running struct {
	*Program
	service *service
	log     *logs
	stop    context.CancelFunc
	ended   chan error
}

// plain is for the stub, which has no keys of anybody: what runs encrypted runs
// on a real Synapse, in e2e.
const plain = "encryption: off\n"

// logs is a log that may be read while it is written.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// begin starts the service's program and ends it with the test.
func begin(t *testing.T, s *service) *running {
	t.Helper()
	r := &running{service: s, log: &logs{}, ended: make(chan error, 1)}
	var err error
	r.Program, err = NewProgram(ProgramOptions{Config: s.config(), Lookup: os.LookupEnv, Log: zerolog.New(r.log)})
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.ended <- r.Run(ctx) }()
	t.Cleanup(func() { r.end(t) })
	return r
}

// end ends it as SIGTERM does; within ten seconds, or the test fails.
func (r *running) end(t *testing.T) {
	t.Helper()
	if r.stop == nil {
		return
	}
	r.stop()
	r.stop = nil
	select {
	case err := <-r.ended:
		if err = errors.Join(err, r.Close()); err != nil {
			t.Errorf("run: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it did not end within ten seconds")
	}
}

// until waits for something to become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestProgramRunsAndEnds(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, plain)
	r := begin(t, hs.service)
	until(t, "readiness", func() bool { return r.Ready(t.Context()) == nil })
	for _, args := range [][]string{{"health"}, {"health", "--ready"}} {
		if code, out := hs.service.run(args...); code != 0 || out != "ok\n" {
			t.Errorf("%v: %d %s", args, code, out)
		}
	}
	appservice, health := r.Addresses()
	if got := hs.service.config(); appservice.String() != got.AppService.Listen || health.String() != got.Health.Listen {
		t.Errorf("listens on %s and %s", appservice, health)
	}
	response, err := http.Get("http://" + health.String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	var metrics bytes.Buffer
	_, err = metrics.ReadFrom(response.Body)
	response.Body.Close()
	if err != nil || !strings.Contains(metrics.String(), "silta_queue_up 1\n") {
		t.Errorf("the queue cannot be counted: %v", err)
	}
	if strings.Contains(metrics.String(), "silta_commit_steps_count 0\n") {
		t.Error("no group commit was counted")
	}

	t.Run("a second one is refused", func(t *testing.T) {
		other := newService(t, hs.URL, plain+"database: {dsn: \""+hs.service.path("silta.db")+"\"}\nkey_file: "+hs.service.path("silta.key"))
		code, out := other.run("run")
		if code != 1 || !strings.Contains(out, store.ErrInUse.Error()) {
			t.Errorf("%d %s", code, out)
		}
		code, out = hs.service.run("run")
		if code != 1 || !strings.Contains(out, "appservice.listen: listen tcp") {
			t.Errorf("%d %s", code, out)
		}
	})
	t.Run("check knows that it runs", func(t *testing.T) {
		code, findings := checked(t, hs.service)
		if code != 0 {
			t.Errorf("exit code %d", code)
		}
		wants(t, code, findings, good, "database", "in use by the running service", "")
		wants(t, code, findings, good, "listener", "running", "")
		wants(t, code, findings, good, "ping", "reaches", "")
		wants(t, code, findings, good, "to-device", "MSC2409", "")
		wants(t, code, findings, good, "key counts", "MSC3202", "")
	})
	t.Run("check sees what a running one does not get", func(t *testing.T) {
		hs.noToDevice, hs.noCounts = true, true
		code, findings := checked(t, hs.service)
		wants(t, code, findings, advice, "to-device", "do not come", "msc2409")
		hs.noToDevice = false
		code, findings = checked(t, hs.service)
		wants(t, code, findings, advice, "key counts", "do not come", "msc3202")
		hs.noCounts, hs.wrongToken = false, true
		code, findings = checked(t, hs.service)
		wants(t, code, findings, failed, "ping", "refused", "another hs_token")
		hs.wrongToken = false
	})
	r.end(t)
	if code, out := hs.service.run("health"); code != 1 || !strings.Contains(out, "does not answer") {
		t.Errorf("%d %s", code, out)
	}
	again := begin(t, hs.service)
	until(t, "readiness after a restart", func() bool { return again.Ready(t.Context()) == nil })
}

func TestNotReadyWithoutHomeserver(t *testing.T) {
	s := newService(t, "http://127.0.0.1:9", plain)
	begin(t, s)
	until(t, "health", func() bool { code, _ := s.run("health"); return code == 0 })
	if code, out := s.run("health", "--ready"); code != 1 || !strings.Contains(out, "not ready:") {
		t.Errorf("%d %s", code, out)
	}
}

func TestHealthOfAnotherProgram(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"ok"}`)
	}))
	defer other.Close()
	s := newService(t, "http://127.0.0.1:9", plain)
	data, err := os.ReadFile(s.path("config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("config.yaml", strings.Replace(string(data), s.config().Health.Listen, other.Listener.Addr().String(), 1))
	if code, out := s.run("health"); code != 1 || !strings.Contains(out, "another program answers at") {
		t.Errorf("%d %s", code, out)
	}
}

func TestReload(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, plain)
	r := begin(t, hs.service)
	old, err := os.ReadFile(hs.service.path("config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	until(t, "readiness", func() bool { return r.Ready(t.Context()) == nil }) // so that it is the running bridge that takes them over
	hs.service.write("config.yaml", string(old)+"mentor_capacity: 2\nservice_name: Toinen\nlog: {level: debug}\n")
	applied, restart := r.Reload(hs.service.config())
	if !slices.Equal(applied, []string{"mentor_capacity", "log.level"}) || !slices.Equal(restart, []string{"service_name"}) {
		t.Errorf("applied %v, need a restart %v", applied, restart)
	}
	until(t, "the bridge", func() bool { return r.bridge.Load() != nil })
	inForce := 0
	err = r.bridge.Load().Do(t.Context(), func(act *mentoring.Act) error {
		inForce = act.Rules.MentorCapacity
		return nil
	})
	if err != nil || inForce != 2 {
		t.Errorf("the bridge works with a capacity of %d, %v", inForce, err)
	}
	if r.running.MentorCapacity != 2 || r.running.ServiceName != "Silta" {
		t.Errorf("in force: %+v", r.running)
	}
	var out logs
	env := &surroundings{configPath: hs.service.path("config.yaml")}
	reload(env, r.Program, zerolog.New(&out))
	if !strings.Contains(out.String(), `"need_restart":["service_name"]`) {
		t.Errorf("it was not said what needs a restart: %s", out.String())
	}
	hs.service.write("config.yaml", "x: 1\ny: 2\n")
	out = logs{}
	reload(env, r.Program, zerolog.New(&out))
	if n := strings.Count(out.String(), "not taken over"); n != 5 || r.running.MentorCapacity != 2 {
		t.Errorf("a broken file: %d lines, capacity %d\n%s", n, r.running.MentorCapacity, out.String())
	}
}

// TestConfigKnowsTheLanguages: config cannot import locale.
func TestConfigKnowsTheLanguages(t *testing.T) {
	if got := locale.Languages(); !slices.Equal(got, config.KnownLanguages()) {
		t.Errorf("locale has %v, config %v", got, config.KnownLanguages())
	}
}

func TestBotSettings(t *testing.T) {
	c := config.Default()
	c.TopicWords = map[string]config.Words{"sport": {"": "sport", "fi": "urheilu"}}
	c.CrisisLines = append(c.CrisisLines, config.CrisisLine{Number: "1", Name: config.Words{"": "Apu"}})
	s := botSettings(c)
	if got := s.CrisisLines["sv"]; got != "MIELI rf:s kristelefon 09 2525 0111\nApu 1" {
		t.Errorf("crisis lines: %q", got)
	}
	if s.Topics["sport"]["fi"] != "urheilu" || s.Topics["sport"]["sv"] != "sport" || s.YoungerHelp["en"] == "" {
		t.Errorf("got %+v", s)
	}
}

func TestProgress(t *testing.T) {
	now := time.Unix(0, 0)
	var out bytes.Buffer
	p := newProgress(&out)
	p.now = func() time.Time { return now }
	for done := range int64(101) {
		p.show("backup", done, 100)
	}
	if got := strings.Count(out.String(), "\n"); got != 11 {
		t.Errorf("%d lines, want one for each tenth\n%s", got, out.String())
	}
	if !strings.HasPrefix(out.String(), "backup: 0 of 100 (0 %)\n") || !strings.HasSuffix(out.String(), "backup: 100 of 100 (100 %)\n") {
		t.Errorf("got %s", out.String())
	}
	out.Reset()
	for range 3 { // slow and of unknown length: now and then a line
		p.show("migrate", 7, 0)
		now = now.Add(11 * time.Second)
	}
	if out.String() != "migrate: 7\nmigrate: 7\nmigrate: 7\n" {
		t.Errorf("got %q", out.String())
	}
	out.Reset()
	bar := newProgress(&out)
	bar.terminal, bar.now = true, p.now
	bar.show("migrate", 1, 3)
	bar.show("migrate", 2, 3) // too soon after the first
	bar.show("migrate", 3, 3)
	bar.close()
	if want := "\r\x1b[Kmigrate: 1 of 3 (33 %) [##########....................]\r\x1b[Kmigrate: 3 of 3 (100 %) [##############################]\n"; out.String() != want {
		t.Errorf("got %q", out.String())
	}
}
