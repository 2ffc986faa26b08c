package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"silta/store"
)

// stub is a homeserver that does just enough for the check, and each thing
// wrong that one asks it to. It answers as Synapse 1.160 does.
type stub struct {
	*httptest.Server
	service *service

	noVersions, redirect, noDate    bool
	ahead                           time.Duration // its clock
	unknownToken                    bool
	domain, sender                  string
	open, closed                    bool // namespace not exclusive; registration disabled
	noBot                           bool
	wrongToken, noPing              bool
	pingCode                        string
	pingStatus                      int
	noDevices, noToDevice, noCounts bool
	waiting                         bool // events are waiting

	mu      sync.Mutex
	devices []string
	answers []int // of the appservice, to transactions
}

func newStub(t *testing.T) *stub {
	s := &stub{domain: "yhdistys.fi", sender: "silta-appservice"}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "Synapse/1.160.0")
	w.Header().Set("Date", time.Now().Add(s.ahead).UTC().Format(http.TimeFormat))
	if s.noDate {
		w.Header()["Date"] = nil
	}
	const v3 = "/_matrix/client/v3/"
	path := r.URL.Path
	switch {
	case path == "/_matrix/client/versions":
		s.versions(w)
	case path == v3+"register/available":
		s.available(w)
	case s.unknownToken || r.Header.Get("Authorization") != "Bearer "+s.registration("as_token"):
		refuse(w, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
	case path == v3+"account/whoami":
		who := "@" + s.sender + ":" + s.domain
		if as := r.URL.Query().Get("user_id"); as != "" {
			who = as
		}
		answer(w, map[string]any{"user_id": who})
	case path == v3+"register":
		if s.noBot {
			refuse(w, http.StatusBadRequest, "M_EXCLUSIVE")
			return
		}
		refuse(w, http.StatusBadRequest, "M_USER_IN_USE")
	case strings.HasPrefix(path, v3+"profile/"):
		answer(w, map[string]any{})
	case strings.HasSuffix(path, "/ping"):
		s.ping(w)
	case strings.HasPrefix(path, v3+"devices/"):
		s.device(w, r)
	case strings.HasPrefix(path, v3+"sendToDevice/"):
		s.toDevice(w, r)
	default:
		refuse(w, http.StatusNotFound, "M_UNRECOGNIZED")
	}
}

func (s *stub) versions(w http.ResponseWriter) {
	switch {
	case s.redirect:
		w.Header().Set("Location", "https://elsewhere.yhdistys.fi/")
		w.WriteHeader(http.StatusMovedPermanently)
	case s.noVersions:
		fmt.Fprint(w, "<h1>Welcome to nginx!</h1>")
	default:
		answer(w, map[string]any{"versions": []string{"v1.12"}})
	}
}

func (s *stub) available(w http.ResponseWriter) {
	switch {
	case s.open:
		answer(w, map[string]any{"available": true})
	case s.closed:
		refuse(w, http.StatusForbidden, "M_FORBIDDEN")
	default:
		refuse(w, http.StatusBadRequest, "M_EXCLUSIVE")
	}
}

func (s *stub) ping(w http.ResponseWriter) {
	if s.noPing {
		refuse(w, http.StatusNotFound, "M_UNRECOGNIZED")
		return
	}
	if s.pingCode != "" {
		w.WriteHeader(http.StatusBadGateway)
		answer(w, map[string]any{"errcode": s.pingCode, "status": s.pingStatus})
		return
	}
	if status := s.push(http.MethodPost, "/_matrix/app/v1/ping", "{}"); status != http.StatusOK {
		w.WriteHeader(http.StatusBadGateway)
		answer(w, map[string]any{"errcode": "M_BAD_STATUS", "status": status})
		return
	}
	answer(w, map[string]any{"duration_ms": 3})
}

func (s *stub) device(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case s.noDevices:
		refuse(w, http.StatusNotFound, "M_NOT_FOUND")
	case r.Method == http.MethodDelete:
		s.devices = slices.DeleteFunc(s.devices, func(d string) bool { return d == name })
		answer(w, map[string]any{})
	default:
		s.devices = append(s.devices, name)
		w.WriteHeader(http.StatusCreated)
		answer(w, map[string]any{})
	}
}

func (s *stub) toDevice(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Messages map[string]map[string]any
	}
	_ = json.NewDecoder(r.Body).Decode(&sent)
	answer(w, map[string]any{})
	txn := map[string]any{"events": []any{}}
	if s.waiting {
		txn["events"] = []any{map[string]any{"type": "m.room.message"}}
	}
	for user, devices := range sent.Messages {
		for device := range devices {
			if !s.noToDevice {
				txn["de.sorunome.msc2409.to_device"] = []any{map[string]any{"type": probeType, "to_user_id": user, "to_device_id": device}}
			}
			if !s.noCounts {
				txn["org.matrix.msc3202.device_one_time_keys_count"] = map[string]any{user: map[string]any{device: map[string]any{}}}
			}
		}
	}
	body, _ := json.Marshal(txn)
	go func() {
		status := s.push(http.MethodPut, "/_matrix/app/v1/transactions/1", string(body))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.answers = append(s.answers, status)
	}()
}

// push calls the appservice; the status is 0 when nobody answers.
func (s *stub) push(method, path, body string) int {
	token := s.registration("hs_token")
	if s.wrongToken {
		token = "another"
	}
	request, err := http.NewRequest(method, s.registration("url")+path, strings.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// registration is a value of the service's registration file.
func (s *stub) registration(key string) string {
	data, _ := os.ReadFile(s.service.path("registration.yaml"))
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, key+": "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func answer(w http.ResponseWriter, body map[string]any) { _ = json.NewEncoder(w).Encode(body) }

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	answer(w, map[string]any{"errcode": code, "error": "no"})
}

// checked runs `silta check --json`, within the time it has.
func checked(t *testing.T, s *service, args ...string) (code int, findings []finding) {
	t.Helper()
	start := time.Now()
	var out, errs bytes.Buffer
	code = execute(t.Context(), append([]string{"check", "--json", "-c", s.path("config.yaml")}, args...), &out, &errs)
	if took := time.Since(start); took > 30*time.Second { // its own limit is 10 s; the machine may be slow
		t.Errorf("the check took %v", took)
	}
	var report struct {
		OK       bool
		Findings []finding
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("not JSON: %v\n%s%s", err, out.String(), errs.String())
	}
	if report.OK != (code == 0) {
		t.Errorf("ok is %v and the exit code %d", report.OK, code)
	}
	return code, report.Findings
}

// wants looks for a finding and whether the exit code fits.
func wants(t *testing.T, code int, findings []finding, s status, check, text, fix string) {
	t.Helper()
	if (code != 0) != slices.ContainsFunc(findings, func(f finding) bool { return f.Status == failed }) {
		t.Errorf("exit code %d does not fit the findings", code)
	}
	for _, f := range findings {
		if f.Status == s && f.Check == check && strings.Contains(f.Text, text) && strings.Contains(f.Fix, fix) {
			return
		}
	}
	var all strings.Builder
	for _, f := range findings {
		if f.Status != advice {
			printFinding(&all, f)
		}
	}
	t.Errorf("no %s of %s with %q and the fix %q in\n%s", s, check, text, fix, all.String())
}

func TestCheckAllIsWell(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, `crisis_lines: [{number: "1", name: Apu, checked: `+time.Now().Format(time.DateOnly)+`}]`)
	code, findings := checked(t, hs.service)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for check, text := range map[string]string{
		"config": "yhdistys.fi", "encryption": "required", "crisis lines": "checked", "signs": "off: nobody sees", "key": "silta.key", "database": "empty", "registration": "fits the settings",
		"homeserver": "Synapse/1.160.0", "clock": "agrees", "token": "accepted", "namespace": "Silta's alone", "bot": "@silta:yhdistys.fi",
		"listener": "not running", "ping": "reaches", "devices": "MSC4190", "to-device": "MSC2409", "key counts": "MSC3202",
	} {
		wants(t, code, findings, good, check, text, "")
	}
	for _, check := range []string{"invitations", "redactions", "federation", "log", "profiles", "push", "presence"} {
		wants(t, code, findings, advice, check, "Synapse", "")
	}
	for _, f := range findings {
		if f.Status == failed || f.Status == warned {
			t.Errorf("not well: %+v", f)
		}
		for _, secret := range []string{hs.registration("as_token"), hs.registration("hs_token"), "@anna"} {
			if strings.Contains(f.Text+f.Fix, secret) {
				t.Errorf("%s tells a secret or a name", f.Check)
			}
		}
	}
	if len(hs.devices) != 0 {
		t.Errorf("devices were left at the homeserver: %v", hs.devices)
	}
	if _, err := os.Stat(hs.service.path("silta.db")); err == nil {
		t.Error("the check made a database")
	}
	if code, out := hs.service.run("check"); code != 0 || !strings.Contains(out, "ok    ping ") || !strings.HasSuffix(out, "All is well.\n") {
		t.Errorf("%d %s", code, out)
	}
}

func TestCheckHomeserver(t *testing.T) {
	for name, c := range map[string]struct {
		spoil            func(*stub)
		status           status
		check, text, fix string
	}{
		"unreachable":         {func(s *stub) { s.Close() }, failed, "homeserver", "does not answer: dial tcp", "curl http://127.0.0.1:"},
		"another server":      {func(s *stub) { s.noVersions = true }, failed, "homeserver", "is not a Matrix homeserver", "homeserver.address"},
		"redirect":            {func(s *stub) { s.redirect = true }, failed, "homeserver", "elsewhere", "https://elsewhere.yhdistys.fi/"},
		"clock a little":      {func(s *stub) { s.ahead = 30 * time.Second }, warned, "clock", "apart", "NTP"},
		"clock much":          {func(s *stub) { s.ahead = -time.Hour }, failed, "clock", "1h0m", "NTP"},
		"no clock":            {func(s *stub) { s.noDate = true }, advice, "clock", "does not tell", ""},
		"token":               {func(s *stub) { s.unknownToken = true }, failed, "token", "M_UNKNOWN_TOKEN", "app_service_config_files"},
		"another domain":      {func(s *stub) { s.domain = "muu.fi" }, failed, "token", "the homeserver's name is muu.fi", "homeserver.domain: muu.fi"},
		"another file":        {func(s *stub) { s.sender = "old" }, failed, "token", "sender_localpart is old", "app_service_config_files"},
		"not exclusive":       {func(s *stub) { s.open = true }, failed, "namespace", "not exclusive", "exclusive: true"},
		"registration closed": {func(s *stub) { s.closed = true }, good, "namespace", "nobody can register", ""},
		"not our bot":         {func(s *stub) { s.noBot = true }, failed, "bot", "M_EXCLUSIVE", "app_service_config_files"},
		"wrong hs_token":      {func(s *stub) { s.wrongToken = true }, failed, "ping", "a token that is not ours", "another hs_token"},
		"ping unknown":        {func(s *stub) { s.noPing = true }, warned, "ping", "cannot ping", "1.79"},
		"ping fails":          {func(s *stub) { s.pingCode = "M_CONNECTION_FAILED" }, failed, "ping", "does not reach", "appservice.url"},
		"ping no url":         {func(s *stub) { s.pingCode = "M_URL_NOT_SET" }, failed, "ping", "has no url", "app_service_config_files"},
		"ping other answers":  {func(s *stub) { s.pingCode, s.pingStatus = "M_BAD_STATUS", 404 }, failed, "ping", "HTTP 404", "another program"},
		"ping refused":        {func(s *stub) { s.pingCode, s.pingStatus = "M_BAD_STATUS", 403 }, failed, "ping", "refused", "another hs_token"},
		"no MSC4190":          {func(s *stub) { s.noDevices = true }, failed, "devices", "MSC4190 is missing", "io.element.msc4190: true"},
		"no to-device":        {func(s *stub) { s.noToDevice = true }, failed, "to-device", "cannot be encrypted", "msc2409_to_device_messages_enabled: true"},
		"no key counts":       {func(s *stub) { s.noCounts = true }, failed, "key counts", "MSC3202", "msc3202_transaction_extensions: true"},
		"events waiting":      {func(s *stub) { s.waiting, s.noToDevice = true, true }, warned, "to-device", "events are waiting", "silta run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hs := newStub(t)
			hs.service = newService(t, hs.URL, "")
			c.spoil(hs)
			code, findings := checked(t, hs.service)
			wants(t, code, findings, c.status, c.check, c.text, c.fix)
			if (c.status == failed) != (code == 1) {
				t.Errorf("exit code %d", code)
			}
			if len(hs.devices) != 0 {
				t.Errorf("devices were left: %v", hs.devices)
			}
			if hs.waiting {
				until(t, "the answer to a transaction", func() bool {
					hs.mu.Lock()
					defer hs.mu.Unlock()
					return len(hs.answers) > 0
				})
				if hs.answers[0] != http.StatusServiceUnavailable {
					t.Errorf("a transaction with events was answered with %d: they would be lost", hs.answers[0])
				}
			}
		})
	}
}

// TestCheckWithoutEncryption: what only encryption needs is a note, not a fault.
func TestCheckWithoutEncryption(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, "encryption: off")
	hs.noToDevice, hs.noCounts = true, true
	code, findings := checked(t, hs.service)
	wants(t, code, findings, warned, "encryption", "can read what people write", "encryption: require")
	wants(t, code, findings, advice, "to-device", "could not be switched on", "msc2409")
	hs.noToDevice = false
	code, findings = checked(t, hs.service)
	wants(t, code, findings, advice, "key counts", "could not be switched on", "msc3202")
	hs.noDevices = true
	code, findings = checked(t, hs.service)
	wants(t, code, findings, advice, "devices", "could not be switched on", "io.element.msc4190")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestCheckEndsInTime: a homeserver that accepts and says nothing.
func TestCheckEndsInTime(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := newService(t, "http://"+listener.Addr().String(), "")
	code, findings := checked(t, s)
	wants(t, code, findings, failed, "homeserver", "does not answer", "")
}

func TestCheckThisMachine(t *testing.T) {
	hs := newStub(t)
	fresh := func(more string) *service {
		hs.service = newService(t, hs.URL, more)
		return hs.service
	}
	t.Run("crisis lines", func(t *testing.T) {
		code, findings := checked(t, fresh(""))
		wants(t, code, findings, warned, "crisis lines", "nobody has noted", "checked: 20")
		code, findings = checked(t, fresh(`crisis_lines: [{number: "1", name: Apu, checked: 2020-01-01}, {number: "2", name: Apu, checked: 2999-01-01}]`))
		wants(t, code, findings, warned, "crisis lines", "last checked 2020-01-01", "")
		wants(t, code, findings, warned, "crisis lines", "in the future", "")
		code, findings = checked(t, fresh("crisis_lines: []"))
		wants(t, code, findings, warned, "crisis lines", "besides 112 none", "")
	})
	t.Run("settings", func(t *testing.T) {
		s := fresh("")
		s.write("config.yaml", "homeservr: 1\nbot: 2\n")
		code, findings := checked(t, s)
		wants(t, code, findings, failed, "config", "config.yaml:1: homeservr: unknown key; did you mean homeserver?", "")
		wants(t, code, findings, failed, "config", "initial_staff: is empty", "")
		if err := os.Remove(s.path("config.yaml")); err != nil {
			t.Fatal(err)
		}
		code, findings = checked(t, s)
		wants(t, code, findings, failed, "config", "no such file", "example-config.yaml")
	})
	t.Run("key", func(t *testing.T) {
		s := fresh("")
		if err := os.Chmod(s.path("silta.key"), 0o640); err != nil {
			t.Fatal(err)
		}
		code, findings := checked(t, s)
		wants(t, code, findings, failed, "key", "can be read by others than its owner (mode 0640)", "chmod 600 "+s.path("silta.key"))
		s.write("silta.key", "")
		if err := os.Chmod(s.path("silta.key"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, findings = checked(t, s)
		wants(t, code, findings, failed, "key", "no key in it", "")
		if err := os.Remove(s.path("silta.key")); err != nil {
			t.Fatal(err)
		}
		code, findings = checked(t, s)
		wants(t, code, findings, failed, "key", "there is no key file", "")
	})
	t.Run("registration", func(t *testing.T) {
		s := fresh("")
		if err := os.Chmod(s.path("registration.yaml"), 0o644); err != nil {
			t.Fatal(err)
		}
		code, findings := checked(t, s)
		wants(t, code, findings, failed, "registration", "read by everyone", "chmod o= ")
		data, err := os.ReadFile(s.path("registration.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		spoiled := strings.NewReplacer("exclusive: true", "exclusive: false", "io.element.msc4190: true", "").Replace(string(data))
		s.write("registration.yaml", spoiled)
		code, findings = checked(t, s)
		wants(t, code, findings, failed, "registration", "io.element.msc4190 is false, should be true", "silta registration --force")
		wants(t, code, findings, failed, "registration", "namespaces.users", "")
		if err := os.Remove(s.path("registration.yaml")); err != nil {
			t.Fatal(err)
		}
		code, findings = checked(t, s)
		wants(t, code, findings, failed, "registration", "there is no", "silta registration")
	})
	t.Run("listener", func(t *testing.T) {
		s := fresh("")
		taken, err := net.Listen("tcp", s.config().AppService.Listen)
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		code, findings := checked(t, s)
		wants(t, code, findings, failed, "listener", "address already in use", "appservice.listen")
	})
}

func TestCheckDatabase(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, "")
	s := hs.service
	keys, err := loadKeys(s.config(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	open := func() *store.Store {
		db, err := store.Open(t.Context(), store.Options{DSN: s.path("silta.db"), Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	code, findings := checked(t, s)
	wants(t, code, findings, failed, "database", "another process uses it", "end the other process")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	code, findings = checked(t, s)
	wants(t, code, findings, good, "database", "SQLite, schema ", "")
	if err := open().Close(); err != nil {
		t.Fatal(err)
	}

	if err := os.Remove(s.path("silta.key")); err != nil {
		t.Fatal(err)
	}
	if err := store.NewKeyFile(s.path("silta.key")); err != nil {
		t.Fatal(err)
	}
	code, findings = checked(t, s)
	wants(t, code, findings, failed, "database", "the key does not fit the database", "put the key file back")

	hs.service = newService(t, hs.URL, "database: {dsn: nowhere/silta.db}")
	s = hs.service
	code, findings = checked(t, s)
	wants(t, code, findings, failed, "database", "no such folder", "make the folder")
}

// TestCheckSynapseSettings reads homeserver.yaml: each setting that is not as it
// should be is named with the line to write, and what is right is said to be.
func TestCheckSynapseSettings(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, "")
	s := hs.service
	look := func(yaml string) (int, []finding) {
		s.write("homeserver.yaml", yaml)
		return checked(t, s, "--homeserver-config", s.path("homeserver.yaml"))
	}
	const right = `
app_service_config_files: [%s]
experimental_features: {msc2409_to_device_messages_enabled: true, msc3202_transaction_extensions: true}
auto_accept_invites: {enabled: true, only_from_local_users: true}
redaction_retention_period: 1d
forgotten_room_retention_period: 3600000
federation: {destination_min_retry_interval: 10s, destination_retry_multiplier: 1, destination_max_retry_interval: 30s}
limit_profile_requests_to_users_who_share_rooms: true
allow_profile_lookup_over_federation: false
include_profile_data_on_invite: false
push: {include_content: false}
presence: {enabled: false}
log_config: %s
`
	s.write("log.yaml", "root: {level: WARNING}\nloggers: {synapse.access: {level: ERROR}}")
	code, findings := look(fmt.Sprintf(right, s.path("registration.yaml"), s.path("log.yaml")))
	for _, f := range findings {
		if f.Status != good && f.Check != "crisis lines" {
			t.Errorf("not well: %+v", f)
		}
	}
	wants(t, code, findings, good, "log", "at WARNING", "")

	s.write("log.yaml", "root: {level: WARNING}\nloggers: {synapse.access: {level: INFO}}")
	code, findings = look(fmt.Sprintf("log_config: %s\nredaction_retention_period: 7d\nauto_accept_invites: {enabled: true}\nfederation: {destination_max_retry_interval: 30s}", s.path("log.yaml")))
	for check, fix := range map[string]string{
		"invitations": "auto_accept_invites: {enabled: true, only_from_local_users: true}",
		"redactions":  "redaction_retention_period: 1d",
		"federation":  "destination_min_retry_interval: 10s",
		"profiles":    "include_profile_data_on_invite: false",
		"push":        "push: {include_content: false}",
		"presence":    "presence: {enabled: false}",
		"log":         "level: WARNING  for synapse.access",
	} {
		wants(t, code, findings, warned, check, "", fix)
	}
	wants(t, code, findings, failed, "synapse", "msc3202_transaction_extensions is not on", "experimental_features")
	wants(t, code, findings, failed, "synapse", "do not name our registration", "add "+s.path("registration.yaml"))

	code, findings = look("- no\n- mapping")
	wants(t, code, findings, warned, "synapse", "is not a homeserver.yaml", "")
	code, findings = checked(t, s, "--homeserver-config", s.path("nowhere.yaml"))
	wants(t, code, findings, warned, "synapse", "no such file", "read it")
}

// TestCheckSaysWhyTheTokenIsNotAccepted: with homeserver.yaml at hand the
// reason is known, and the fix is exact.
func TestCheckSaysWhyTheTokenIsNotAccepted(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, "")
	hs.unknownToken = true
	s := hs.service
	current, err := os.ReadFile(s.path("registration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("copy.yaml", string(current))
	s.write("old.yaml", strings.Replace(string(current), "as_token: ", "as_token: OLD", 1))
	s.write("other.yaml", strings.Replace(string(current), "id: silta", "id: other", 1))
	for listed, fix := range map[string]string{
		"registration.yaml": "restart Synapse: its configuration names this registration",
		"copy.yaml":         "restart Synapse: its configuration names this registration",
		"old.yaml":          "copy " + s.path("registration.yaml") + " over " + s.path("old.yaml"),
		"other.yaml":        "add " + s.path("registration.yaml"),
		"absent.yaml":       "add " + s.path("registration.yaml"),
	} {
		s.write("homeserver.yaml", "app_service_config_files: ["+s.path(listed)+"]")
		code, findings := checked(t, s, "--homeserver-config", s.path("homeserver.yaml"))
		wants(t, code, findings, failed, "token", "M_UNKNOWN_TOKEN", fix)
	}
}

func TestSynapseSpan(t *testing.T) {
	for value, want := range map[any]time.Duration{
		"7d": 7 * 24 * time.Hour, "30m": 30 * time.Minute, "2w": 14 * 24 * time.Hour, "1y": 365 * 24 * time.Hour, "10s": 10 * time.Second,
		"5h": 5 * time.Hour, 1500: 1500 * time.Millisecond, "20ms": 20 * time.Millisecond,
	} {
		if got, ok := synapseSpan(value); !ok || got != want {
			t.Errorf("%v is %v %v, want %v", value, got, ok, want)
		}
	}
	for _, value := range []any{nil, "soon", true, "", -1} {
		if got, ok := synapseSpan(value); ok {
			t.Errorf("%v was read as %v", value, got)
		}
	}
}
