package accounts_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"silta/accounts"
	"silta/config"
)

// masStub answers as the documentation of the authentication service says. It
// is no proof that a real one does.
type masStub struct {
	mu     sync.Mutex
	tokens int
	users  map[string]*masAccount // by ID, which here is the name
	log    []string
	lose   string // the next request to such a path loses its answer
}

type masAccount struct {
	password string
	gone     bool
}

func (m *masStub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, r.Method+" "+r.URL.Path)
	defer func() {
		if m.lose != "" && strings.HasSuffix(r.URL.Path, m.lose) {
			m.lose = ""
			panic(http.ErrAbortHandler)
		}
	}()
	if r.URL.Path == "/oauth2/token" {
		id, secret, _ := r.BasicAuth()
		if id != "01SILTA" || secret != "mas-salaisuus" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "urn:mas:admin" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		m.tokens++
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "mas-lippu", "expires_in": 300})
		return
	}
	if r.Header.Get("Authorization") != "Bearer mas-lippu" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	m.admin(w, r)
}

func (m *masStub) admin(w http.ResponseWriter, r *http.Request) {
	tell := func(status int, id string, u *masAccount) {
		attributes := map[string]any{"username": id, "deactivated_at": nil}
		if u.gone {
			attributes["deactivated_at"] = "2026-11-22T00:00:00Z"
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"type": "user", "id": id, "attributes": attributes}})
	}
	var body struct{ Username, Password string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	rest := strings.TrimPrefix(r.URL.Path, "/api/admin/v1/users")
	switch parts := strings.Split(rest, "/"); {
	case rest == "" && r.Method == http.MethodGet:
		_, _ = w.Write([]byte(`{"data": []}`))
	case rest == "" && m.users[body.Username] != nil:
		w.WriteHeader(http.StatusConflict)
	case rest == "":
		m.users[body.Username] = &masAccount{}
		tell(http.StatusCreated, body.Username, m.users[body.Username])
	case parts[1] == "by-username" && m.users[parts[2]] != nil:
		tell(http.StatusOK, parts[2], m.users[parts[2]])
	case len(parts) < 3 || m.users[parts[1]] == nil:
		w.WriteHeader(http.StatusNotFound)
	case parts[2] == "set-password":
		m.users[parts[1]].password = body.Password
		w.WriteHeader(http.StatusNoContent)
	case parts[2] == "deactivate":
		m.users[parts[1]].gone = true
		tell(http.StatusOK, parts[1], m.users[parts[1]])
	case parts[2] == "kill-sessions":
		tell(http.StatusOK, parts[1], m.users[parts[1]])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestMAS(t *testing.T) {
	stub := &masStub{users: map[string]*masAccount{}}
	server := httptest.NewServer(stub)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("mas-salaisuus"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Homeserver = config.Homeserver{Address: "http://127.0.0.1:1", Domain: "silta.test"}
	c.Accounts = config.Accounts{Provider: config.AccountsMAS, SecretFile: file, MAS: config.MAS{Address: server.URL, ClientID: "01SILTA"}}
	p, err := accounts.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err = p.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
	d := draft()
	for _, path := range []string{"/users", "/set-password"} {
		stub.lose = path
		var f *accounts.Fault
		if _, err = p.Create(t.Context(), d, "salainen-1"); !errors.As(err, &f) || !f.Transient() {
			t.Errorf("the answer to %s is lost: %v", path, err)
		}
	}
	address, err := p.Create(t.Context(), d, "salainen-1")
	if err != nil || address != "@"+d.Localpart+":silta.test" || stub.users[d.Localpart].password != "salainen-1" {
		t.Fatalf("create: %q, %v", address, err)
	}
	if err = p.SetPassword(t.Context(), address, "salainen-2"); err != nil || stub.users[d.Localpart].password != "salainen-2" ||
		stub.log[len(stub.log)-1] != "POST /api/admin/v1/users/"+d.Localpart+"/kill-sessions" {
		t.Errorf("set a password: %v, last request %s", err, stub.log[len(stub.log)-1])
	}
	if finished, err := p.Finished(t.Context(), d); finished || err != nil {
		t.Errorf("finished: %v, %v", finished, err)
	}
	if err := p.Undo(t.Context(), d); err != nil || !stub.users[d.Localpart].gone {
		t.Errorf("undo: %v", err)
	}
	if err := p.Undo(t.Context(), draft()); err != nil {
		t.Errorf("undo nothing: %v", err)
	}
	if stub.tokens != 1 {
		t.Errorf("%d tokens were asked for", stub.tokens)
	}
	c.Accounts.MAS.ClientID = "toinen"
	if p, err = accounts.New(c); err != nil {
		t.Fatal(err)
	}
	if err = p.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "accounts.mas.client_id") {
		t.Errorf("another client: %v", err)
	}
}
