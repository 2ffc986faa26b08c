package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	altcha "github.com/altcha-org/altcha-lib-go"

	"silta/dev"
	"silta/mentoring"
	"silta/store"
)

var signups = flag.Int("signups", 24, "how many people join on the page in a row")

const (
	canaryAgent    = "Peipposelain/7"
	canaryNetwork  = "203.0.113.77" // of the first who joins
	canaryPassword = "tilhi-tilhi-99"
)

// joiner is somebody with a browser that has no scripts of its own.
type joiner struct {
	base   string
	client *http.Client
	from   string // address
}

// newJoiner is the nth person; each comes from another network.
func newJoiner(base string, n int64) *joiner {
	jar, _ := cookiejar.New(nil)
	from := canaryNetwork
	if n != 1 {
		from = fmt.Sprintf("203.%d.%d.77", 1+n/250, n%250)
	}
	return &joiner{base, &http.Client{Jar: jar, Timeout: time.Minute}, from}
}

// send makes a request, as long as the page does not answer.
func (j *joiner) send(t *testing.T, method, path string, form url.Values) string {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		r, err := http.NewRequestWithContext(t.Context(), method, j.base+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Error(err)
			return ""
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("User-Agent", canaryAgent)
		r.Header.Set("X-Forwarded-For", j.from)
		response, err := j.client.Do(r)
		if err == nil {
			var body []byte
			body, err = io.ReadAll(response.Body)
			response.Body.Close()
			if err == nil && response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests {
				return string(body)
			}
		}
		if time.Now().After(deadline) {
			t.Errorf("the page does not answer: %v", err)
			return ""
		}
	}
}

var (
	hidden  = regexp.MustCompile(`<input type="hidden" name="(ticket|challenge)" value="([^"]*)"`)
	address = regexp.MustCompile(`id="address">([^<]+)<`)
	phrase  = regexp.MustCompile(`id="phrase">([^<]+)<`)
)

// joins fills the form in, and sends it until it is answered with an account.
func (j *joiner) joins(t *testing.T, nickname, password string) (user, recovery string) {
	t.Helper()
	page := j.send(t, "GET", "/en/", nil)
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); {
		form := url.Values{"age": {"yes"}, "name": {"*"}, "own": {nickname}, "password": {password}, "consent": {"1"}}
		for _, m := range hidden.FindAllStringSubmatch(page, -1) {
			form.Set(m[1], html.UnescapeString(m[2]))
		}
		form.Set("work", work(form.Get("challenge")))
		page = j.send(t, "POST", "/en/join", form)
		if m := address.FindStringSubmatch(page); m != nil {
			return m[1], phrase.FindStringSubmatch(page)[1]
		}
	}
	t.Errorf("%s could not join; the last page was\n%.2000s", nickname, page)
	return "", ""
}

// work does the proof of work; a challenge that is none gives none.
func work(challenge string) string {
	var c altcha.Challenge
	if json.Unmarshal([]byte(challenge), &c) != nil {
		return ""
	}
	s, err := altcha.SolveChallengeSafe(c.Challenge, c.Salt, altcha.SHA256, int(c.MaxNumber), 0, nil)
	if err != nil || s == nil {
		return ""
	}
	data, _ := json.Marshal(altcha.Payload{Algorithm: c.Algorithm, Challenge: c.Challenge, Number: int64(s.Number), Salt: c.Salt, Signature: c.Signature})
	return base64.StdEncoding.EncodeToString(data)
}

// TestSignUps: many people join in a row while Synapse is stopped, and Silta
// killed, in the middle. There is no half-made account in the end, and nothing
// of who they are anywhere. Then one of them has forgotten their password.
func TestSignUps(t *testing.T) {
	t.Parallel()
	hs := dev.NewSynapse(t)
	secret := filepath.Join(t.TempDir(), "token")
	program := dev.NewSilta(t, hs, dev.WithPage(), dev.Set("log", map[string]any{"level": "trace", "format": "json"}),
		dev.Set("accounts", map[string]any{"provider": "synapse-admin", "secret_file": secret}))
	hs.Start()
	hs.Register("staff", "salasana")
	admin := dev.NewUser(hs.RegisterAdmin("yllapito", "salasana"))
	if err := os.WriteFile(secret, []byte(admin.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	program.Start()
	var joined sync.Map // address → recovery phrase
	var next, done atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(*signups) && !t.Failed(); n = next.Add(1) {
				user, recovery := newJoiner(program.PageURL(), n).joins(t, fmt.Sprintf("Linnunlaulu-%d", n), canaryPassword)
				joined.Store(user, recovery)
				done.Add(1)
			}
		})
	}
	middle := func(part int64) {
		for done.Load() < int64(*signups)*part/3 && !t.Failed() {
			time.Sleep(20 * time.Millisecond)
		}
	}
	middle(1)
	hs.Stop()
	time.Sleep(time.Second) // somebody is told to try again
	hs.Start()
	middle(2)
	program.Kill9()
	program.Start()
	wg.Wait()
	var somebody dev.Account
	joined.Range(func(user, recovery any) bool {
		somebody = dev.Account{Homeserver: hs.URL(), UserID: user.(string), Password: canaryPassword}
		return false
	})
	if t.Failed() {
		return
	}
	recovers(t, program, somebody, &joined)
	metrics := page(t, program.HealthURL()+"/metrics")
	if !strings.Contains(metrics, `silta_page_joins_total{result="joined"}`) {
		t.Error("the metrics do not count who joins")
	}
	waitForRooms(t, hs, program, admin, &joined)
	program.Term()
	if err := os.WriteFile(filepath.Join(program.Dir, "metrics"), []byte(metrics), 0o600); err != nil {
		t.Fatal(err)
	}
	local, _, _ := strings.Cut(somebody.UserID[1:], ":")
	for _, trace := range traces(t, program.Dir, map[string]string{"a user agent": canaryAgent, "an address": canaryNetwork,
		"a password": canaryPassword, "a nickname": "Linnunlaulu", "a Matrix ID": local, "a phrase": phraseOf(&joined, somebody.UserID)}) {
		t.Error(trace)
	}
}

func phraseOf(joined *sync.Map, user string) string {
	p, _ := joined.Load(user)
	return p.(string)
}

// recovers: a forgotten password is replaced by the phrase, and the device that
// was logged in is out.
func recovers(t *testing.T, program *dev.Program, a dev.Account, joined *sync.Map) {
	t.Helper()
	before := dev.NewUser(a)
	if err := before.Login(t.Context()); err != nil {
		t.Fatalf("the password that was given: %v", err)
	}
	j := newJoiner(program.PageURL(), 0)
	for _, try := range []struct{ phrase, want string }{
		{"K7P2-9WXM-K7P2-9WXM-K7P2-9WXM", "recovery code is not right"}, {phraseOf(joined, a.UserID), "The password is changed"},
	} {
		form := url.Values{"phrase": {try.phrase}, "password": {"uusi-" + canaryPassword}}
		for _, m := range hidden.FindAllStringSubmatch(j.send(t, "GET", "/en/recover", nil), -1) {
			form.Set(m[1], html.UnescapeString(m[2]))
		}
		if page := j.send(t, "POST", "/en/recover", form); !strings.Contains(page, try.want) {
			t.Fatalf("%q is not in\n%.2000s", try.want, page)
		}
	}
	if err := before.Do(t.Context(), http.MethodGet, "/_matrix/client/v3/account/whoami", nil, nil); err == nil {
		t.Error("the device that was logged in is in still")
	}
	if dev.NewUser(a).Login(t.Context()) == nil {
		t.Error("the forgotten password works still")
	}
	a.Password = "uusi-" + canaryPassword
	if err := dev.NewUser(a).Login(t.Context()); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

// waitForRooms waits until every account at the homeserver has its member, who
// has been asked into their room with the bot.
func waitForRooms(t *testing.T, hs *dev.Homeserver, program *dev.Program, admin *dev.User, joined *sync.Map) {
	t.Helper()
	var listed struct {
		Users []struct{ Name string }
	}
	err := admin.Do(t.Context(), http.MethodGet, "/_synapse/admin/v2/users?limit=5000&deactivated=false&guests=false", nil, &listed)
	if err != nil {
		t.Fatal(err)
	}
	people := 0
	for _, u := range listed.Users {
		if name := strings.TrimPrefix(u.Name, "@"); strings.HasPrefix(name, "silta") || u.Name == hs.User("staff") || u.Name == hs.User("yllapito") {
			continue
		}
		if people++; people > *signups {
			t.Errorf("there are more accounts than people who joined")
		}
		if _, known := joined.Load(u.Name); !known {
			t.Errorf("an account that nobody was told of")
		}
	}
	members, asked := 0, 0
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(3 * time.Second) {
		program.Term()
		members, asked = membersOf(t, program, joined)
		program.Start()
		if members == *signups && asked == *signups || time.Now().After(deadline) {
			break
		}
	}
	if people != *signups || members != *signups || asked != *signups {
		t.Errorf("%d people joined: %d accounts, %d members, %d asked into their room", *signups, people, members, asked)
	}
	t.Logf("%d people joined, %d accounts, %d members, %d asked into their room", *signups, people, members, asked)
}

// membersOf counts in the database of the program, which does not run, who of
// those who joined are members, and who have been asked into their own room. One
// whom Synapse was to let in when it was stopped has to accept the invitation.
func membersOf(t *testing.T, program *dev.Program, joined *sync.Map) (members, asked int) {
	t.Helper()
	keys, err := store.LoadKeyring(filepath.Join(program.Dir, "silta.key"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), store.Options{DSN: filepath.Join(program.Dir, "silta.db"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	joined.Range(func(user, _ any) bool {
		err = s.Read(context.Background(), func(tx *store.Tx) error {
			m, err := tx.MemberByAddress(user.(string))
			if err != nil || !m.Joined() || m.Account != mentoring.AccountOurs {
				return err
			}
			members++
			room, err := tx.RoomOf(store.RoomManagement, int64(m.ID))
			if err == nil && (room.State == store.RoomInvited || room.State == store.RoomJoined) {
				asked++
			}
			return err
		})
		if err != nil {
			t.Errorf("an account without its member: %v", err)
		}
		return true
	})
	if err = s.Close(); err != nil {
		t.Error(err)
	}
	return members, asked
}
