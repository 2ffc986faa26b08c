package accounts_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"silta/accounts"
	"silta/config"
	"silta/dev"
	"silta/mentoring"
)

const token = "kutsukortti"

// service is a homeserver, a way to its accounts, and a lever that cuts the
// answers to requests off after the homeserver has acted on them.
type service struct {
	hs    *dev.Homeserver
	admin *dev.User
	cut   func(path string) // the next request whose path ends so loses its answer
	conf  *config.Config
}

func start(t *testing.T) *service {
	t.Helper()
	hs := dev.Synapse(t, dev.WithConfig("registration_requires_token: true\nenable_registration: true\n"))
	s := &service{hs: hs, admin: dev.NewUser(hs.RegisterAdmin("yllapito", "salasana1"))}
	err := s.admin.Do(t.Context(), http.MethodPost, "/_synapse/admin/v1/registration_tokens/new", map[string]any{"token": token}, nil)
	if err != nil {
		t.Fatalf("make a registration token: %v", err)
	}
	var lost atomic.Value
	lost.Store("")
	s.cut = func(path string) { lost.Store(path) }
	target, _ := url.Parse(hs.URL())
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := lost.Load().(string)
		hit := path != "" && strings.HasSuffix(r.URL.Path, path) && r.Method != http.MethodGet
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host, out.RequestURI = target.Scheme, target.Host, ""
		response, err := http.DefaultTransport.RoundTrip(out)
		if err != nil || hit {
			if err == nil {
				response.Body.Close()
				lost.Store("")
			}
			panic(http.ErrAbortHandler)
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		buf := make([]byte, 1<<20)
		for n := 0; ; {
			if n, err = response.Body.Read(buf); n > 0 {
				_, _ = w.Write(buf[:n])
			}
			if err != nil {
				return
			}
		}
	}))
	t.Cleanup(proxy.Close)
	s.conf = config.Default()
	s.conf.Homeserver = config.Homeserver{Address: proxy.URL, Domain: hs.Name()}
	return s
}

// secrets are what each provider needs at this homeserver.
func (s *service) secrets(t *testing.T) map[string]string {
	t.Helper()
	shared, err := os.ReadFile(filepath.Join(s.hs.Dir, "registration.secret"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		config.AccountsSynapseAdmin: s.admin.Token, config.AccountsSharedSecret: string(shared), config.AccountsRegistrationToken: token,
	}
}

func (s *service) provider(t *testing.T, name, secret string) accounts.Provider {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := *s.conf
	c.Accounts = config.Accounts{Provider: name, SecretFile: file}
	p, err := accounts.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func draft() accounts.Draft { return accounts.NewDraft(func(string) bool { return false }) }

// login says whether an account can be used with a password.
func (s *service) login(t *testing.T, localpart, password string) error {
	t.Helper()
	u := dev.NewUser(dev.Account{Homeserver: s.hs.URL(), UserID: s.hs.User(localpart), Password: password})
	return u.Login(t.Context())
}

// devices are how many sessions an account has.
func (s *service) devices(t *testing.T, localpart string) int {
	t.Helper()
	var answer struct{ Total int }
	if err := s.admin.Do(t.Context(), http.MethodGet, "/_synapse/admin/v2/users/"+s.hs.User(localpart)+"/devices", nil, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Total
}

// TestProviders makes accounts at a real Synapse in each way, loses answers in
// the middle, repeats, undoes.
func TestProviders(t *testing.T) {
	s := start(t)
	for name, secret := range s.secrets(t) {
		t.Run(name, func(t *testing.T) {
			p := s.provider(t, name, secret)
			if err := p.Check(t.Context()); err != nil {
				t.Errorf("check: %v", err)
			}
			d := draft()
			address, err := p.Create(t.Context(), d, "salainen-1")
			if err != nil || address != s.hs.User(d.Localpart) {
				t.Fatalf("create: %q, %v", address, err)
			}
			if n := s.devices(t, d.Localpart); n != 0 {
				t.Errorf("the new account has %d sessions of ours", n)
			}
			if err = s.login(t, d.Localpart, "salainen-1"); err != nil {
				t.Errorf("the password does not work: %v", err)
			}
			if s.login(t, d.Localpart, d.Seed) == nil {
				t.Error("the seed is a password still")
			}
			if again, err := p.Create(t.Context(), d, "salainen-1"); err != nil || again != address {
				t.Errorf("a second time: %q, %v", again, err)
			}
			_, err = p.Create(t.Context(), d, "toinen-salaisuus")
			var refusal *mentoring.Refusal
			if refused := errors.As(err, &refusal); refused == p.Can().SetPassword || refused && refusal.Text.Key != "password.other" {
				t.Errorf("another password: %v", err)
			}
			s.lostAnswers(t, p)
			s.powers(t, p, d)
		})
	}
}

// lostAnswers: whatever answer is lost, the same draft can be finished, and
// undone.
func (s *service) lostAnswers(t *testing.T, p accounts.Provider) {
	t.Helper()
	for _, path := range []string{"/register", "/password", "/logout"} {
		for _, finish := range []bool{true, false} {
			d := draft()
			s.cut(path)
			_, err := p.Create(t.Context(), d, "salainen-2")
			s.cut("")
			var f *accounts.Fault
			if err == nil {
				continue // this provider does not ask that
			}
			if !errors.As(err, &f) || !f.Transient() {
				t.Fatalf("%s lost: %v", path, err)
			}
			if finish {
				if _, err = p.Create(t.Context(), d, "salainen-2"); err != nil {
					t.Errorf("%s lost, again: %v", path, err)
				}
				if err = s.login(t, d.Localpart, "salainen-2"); err != nil {
					t.Errorf("%s lost, again: the password does not work: %v", path, err)
				}
				continue
			}
			finished, err := p.Finished(t.Context(), d)
			if usable := s.login(t, d.Localpart, "salainen-2") == nil; err != nil || finished && !usable {
				t.Errorf("%s lost: finished %v, %v; the password works: %v", path, finished, err, usable)
			}
			if finished != (path == "/password" || path == "/logout") {
				t.Errorf("%s lost: finished %v", path, finished)
			}
			for range 2 {
				if err = p.Undo(t.Context(), d); err != nil && !finished {
					t.Errorf("%s lost: undo: %v", path, err)
				}
			}
			if !finished && (s.login(t, d.Localpart, "salainen-2") == nil || s.login(t, d.Localpart, d.Seed) == nil) {
				t.Errorf("%s lost: undone, and the account can be used", path)
			}
		}
	}
	d := draft() // nothing was made at all
	if finished, err := p.Finished(t.Context(), d); err != nil || finished {
		t.Errorf("nothing is finished: %v, %v", finished, err)
	}
	if err := p.Undo(t.Context(), d); err != nil {
		t.Errorf("undo nothing: %v", err)
	}
	if s.login(t, d.Localpart, d.Seed) == nil {
		t.Error("undoing nothing made an account")
	}
}

// powers are what a provider can do with an account in use; those that cannot
// say so.
func (s *service) powers(t *testing.T, p accounts.Provider, d accounts.Draft) {
	t.Helper()
	address := s.hs.User(d.Localpart)
	err := p.SetPassword(t.Context(), address, "salainen-3")
	if p.Can().SetPassword {
		if err != nil || s.devices(t, d.Localpart) != 0 || s.login(t, d.Localpart, "salainen-3") != nil {
			t.Errorf("set a password: %v, %d sessions are left", err, s.devices(t, d.Localpart))
		}
	} else if !accounts.IsUnable(err) {
		t.Errorf("set a password: %v", err)
	}
	err = p.Deactivate(t.Context(), address)
	if p.Can().Deactivate {
		if err != nil || s.login(t, d.Localpart, "salainen-3") == nil {
			t.Errorf("deactivate: %v", err)
		}
		if err = p.Deactivate(t.Context(), s.hs.User("eiketaan-mitaan")); err != nil {
			t.Errorf("deactivate nobody: %v", err)
		}
		if err = p.Deactivate(t.Context(), "@joku:muualla.fi"); !accounts.IsUnable(err) {
			t.Errorf("deactivate somebody elsewhere: %v", err)
		}
	} else if !accounts.IsUnable(err) {
		t.Errorf("deactivate: %v", err)
	}
}

// TestWrongSecrets: each provider says what is to be put right, makes nothing,
// and never quotes a secret.
func TestWrongSecrets(t *testing.T) {
	s := start(t)
	for name, words := range map[string]string{
		config.AccountsSynapseAdmin: "does not know the access token", config.AccountsSharedSecret: "is not the homeserver's registration_shared_secret",
		config.AccountsRegistrationToken: "does not take the token",
	} {
		p := s.provider(t, name, "vaara-salaisuus")
		err := p.Check(t.Context())
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: check says %v", name, err)
		}
		d := draft()
		_, err = p.Create(t.Context(), d, "salainen-1")
		if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "vaara") || strings.Contains(err.Error(), d.Localpart) {
			t.Errorf("%s: create says %v", name, err)
		}
	}
	p := s.provider(t, config.AccountsSynapseAdmin, dev.NewUser(s.hs.Register("tavis", "salasana1")).Token)
	if err := p.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "not an administrator's") {
		t.Errorf("somebody's token: %v", err)
	}
	s.hs.Stop()
	for name := range s.secrets(t) {
		_, err := s.provider(t, name, "salaisuus").Create(t.Context(), draft(), "salainen-1")
		var f *accounts.Fault
		if !errors.As(err, &f) || !f.Transient() {
			t.Errorf("%s, with the homeserver down: %v", name, err)
		}
	}
}

func TestSecretFile(t *testing.T) {
	c := config.Default()
	c.Homeserver = config.Homeserver{Address: "http://127.0.0.1:1", Domain: "silta.test"}
	file := filepath.Join(t.TempDir(), "secret")
	c.Accounts = config.Accounts{Provider: config.AccountsSharedSecret, SecretFile: file}
	for content, mode := range map[string]os.FileMode{"": 0o600, "yksi\nkaksi": 0o600, "hyva": 0o644} {
		if err := os.WriteFile(file, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := accounts.New(c); err == nil || strings.Contains(err.Error(), "kaksi") {
			t.Errorf("%q with mode %o: %v", content, mode, err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := accounts.New(c); err == nil {
		t.Error("a file that is not there was read")
	}
	c.Accounts = config.Accounts{Provider: config.AccountsNone}
	p, err := accounts.New(c)
	if err != nil || p.Can() != (accounts.Abilities{}) || p.Check(context.Background()) != nil {
		t.Errorf("none: %v, %v", p, err)
	}
	if _, err = p.Create(context.Background(), draft(), "salainen-1"); !accounts.IsUnable(err) {
		t.Errorf("none makes an account: %v", err)
	}
}

func TestDraft(t *testing.T) {
	seen := map[string]bool{}
	calls := 0
	for range 1000 {
		d := accounts.NewDraft(func(name string) bool { calls++; return strings.HasPrefix(name, "b") })
		if len(d.Localpart) != 15 || d.Localpart[0] == 'b' || len(d.Seed) < 32 || seen[d.Localpart] || seen[d.Seed] {
			t.Fatalf("a draft like %+v", d)
		}
		seen[d.Localpart], seen[d.Seed] = true, true
	}
	if calls <= 1000 {
		t.Error("no name was drawn anew")
	}
}
