package web_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	altcha "github.com/altcha-org/altcha-lib-go"

	"silta/config"
	"silta/locale"
	"silta/mentoring"
	"silta/store"
	"silta/web"
)

// fake is a service with a real database and no homeserver.
type fake struct {
	store *store.Store
	rules *mentoring.Rules
	clock *clock

	mu      sync.Mutex
	joined  []mentoring.SignUp
	ids     []string // tickets, as they came
	answer  func(ticket string) error
	faults  []string
	copies  copies
	reports copies
	duties  copies
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (f *fake) Do(ctx context.Context, use func(*mentoring.Act) error) error {
	return f.store.Write(ctx, func(tx *store.Tx) error {
		return use(&mentoring.Act{Tx: tx, Now: f.clock.Now(), Rules: f.rules, Random: rand.Reader})
	})
}

func (f *fake) Rules() *mentoring.Rules { return f.rules }

func (f *fake) SignUp(_ context.Context, ticket string, who mentoring.SignUp, password string) (mentoring.Joined, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids = append(f.ids, ticket)
	if f.answer != nil {
		if err := f.answer(ticket); err != nil {
			return mentoring.Joined{}, err
		}
	}
	f.joined = append(f.joined, who)
	return mentoring.Joined{Address: "@molaki-ruvesatu:silta.test", Phrase: "K7P2-9WXM"}, nil
}

func (f *fake) Recover(_ context.Context, phrase, password string) error {
	if err := mentoring.CheckPassword(password); err != nil {
		return err
	}
	if phrase != "K7P2-9WXM" {
		return mentoring.Refuse("recover.wrong")
	}
	return nil
}

// site is the page, with a browser's jar.
type site struct {
	*fake
	t      testing.TB
	server *httptest.Server
	client *http.Client
	status int
	header http.Header
}

func open(t testing.TB, change func(*config.Config)) *site {
	t.Helper()
	keys, err := store.ParseKeyring("1 " + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), store.Options{DSN: filepath.Join(t.TempDir(), "silta.db"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := config.Default()
	c.Homeserver = config.Homeserver{Address: "http://127.0.0.1:1", Domain: "silta.test"}
	c.Web.URL, c.Web.JoinsPerHour, c.Web.JoinsPerNetwork = "http://127.0.0.1", 1000, 1000
	if change != nil {
		change(c)
	}
	f := &fake{store: s, clock: &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}, rules: &mentoring.Rules{
		MinimumAge: 17, ConsentVersion: 3, StaffAlias: "Silta", MentorCapacity: 3, Zone: time.UTC}}
	words, err := locale.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := web.NewPage(web.PageOptions{Config: c, Words: words, Key: []byte("avain"), Accounts: c.Accounts.Provider != config.AccountsNone,
		Passwords: c.Accounts.Provider == config.AccountsSynapseAdmin,
		Exports:   func() web.Exports { return &f.copies },
		Reports:   func() web.Exports { return &f.reports },
		Duties:    func() web.Exports { return &f.duties },
		Guide: func(language string) []string {
			return []string{"Otsikko " + language + "\n\nYksi.\nKaksi <b>.", "Vain tämä."}
		},
		Service: func() web.Service { return f }, Now: f.clock.Now, Fault: func(what string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.faults = append(f.faults, what)
		}})
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	w := &site{fake: f, t: t, server: httptest.NewServer(page.Handler()), client: &http.Client{Jar: jar}}
	t.Cleanup(w.server.Close)
	t.Cleanup(func() {
		if len(f.faults) > 0 {
			t.Errorf("faults: %q", f.faults)
		}
	})
	return w
}

func withAccounts(c *config.Config) { c.Accounts.Provider = config.AccountsSharedSecret }

func (w *site) request(method, path string, body io.Reader, head map[string]string) string {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for k, v := range head {
		r.Header.Set(k, v)
	}
	response, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.status, w.header = response.StatusCode, response.Header
	return string(data)
}

func (w *site) get(path string) string { w.t.Helper(); return w.request("GET", path, nil, nil) }

func (w *site) post(path string, form url.Values) string {
	w.t.Helper()
	return w.request("POST", path, strings.NewReader(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

var input = regexp.MustCompile(`<input type="hidden" name="(ticket|challenge|suggested)" value="([^"]*)"`)

// filled is a form that has been filled in well, but for the proof of work.
func filled(page string) url.Values {
	form := url.Values{"age": {"yes"}, "name": {"*"}, "own": {"Kanerva-7"}, "password": {"salasana-1"}, "consent": {"3"}}
	for _, m := range input.FindAllStringSubmatch(page, -1) {
		form.Add(m[1], html.UnescapeString(m[2]))
	}
	return form
}

// solve does the proof of work.
func solve(t testing.TB, form url.Values) {
	t.Helper()
	var c altcha.Challenge
	if err := json.Unmarshal([]byte(form.Get("challenge")), &c); err != nil {
		t.Fatalf("the challenge %q: %v", form.Get("challenge"), err)
	}
	s, err := altcha.SolveChallengeSafe(c.Challenge, c.Salt, altcha.SHA256, int(c.MaxNumber), 0, nil)
	if err != nil || s == nil {
		t.Fatalf("no solution (%v)", err)
	}
	data, _ := json.Marshal(altcha.Payload{Algorithm: c.Algorithm, Challenge: c.Challenge, Number: int64(s.Number), Salt: c.Salt, Signature: c.Signature})
	form.Set("work", base64.StdEncoding.EncodeToString(data))
}

func (w *site) wants(status int, page string, parts ...string) {
	w.t.Helper()
	if w.status != status {
		w.t.Errorf("status %d, want %d", w.status, status)
	}
	for _, part := range parts {
		if !strings.Contains(html.UnescapeString(page), part) {
			w.t.Errorf("%q is not in the page:\n%.4000s", part, regexp.MustCompile(`(?s)^.*<main[^>]*>`).ReplaceAllString(page, ""))
		}
	}
}

func TestJoin(t *testing.T) {
	w := open(t, withAccounts)
	page := w.get("/sv/?code=ABCD-EFGH")
	w.wants(200, page, `<html lang="sv">`, "Har du fyllt 17 år?", "ABCD-EFGH")
	form := filled(page)
	if len(form["suggested"]) != 3 {
		t.Errorf("%d names are suggested", len(form["suggested"]))
	}
	form.Set("code", "ABCD-EFGH")
	solve(t, form)
	page = w.post("/sv/join", form)
	w.wants(200, page, "Välkommen, Kanerva-7!", "molaki-ruvesatu", "K7P2-9WXM", `download="silta.txt"`, "data:text/plain", "<svg", "app.element.io",
		"mobile.element.io/element?account_provider=silta.test")
	if strings.Contains(page, "salasana-1") {
		t.Error("the page repeats the password")
	}
	want := mentoring.SignUp{Language: "sv", Consent: 3, Nickname: "Kanerva-7", Code: "ABCD-EFGH"}
	if len(w.joined) != 1 || w.joined[0] != want {
		t.Fatalf("joined: %+v", w.joined)
	}
	// The same form again, as a browser does at "reload", is the same piece of work.
	w.wants(200, w.post("/sv/join", form), "Välkommen")
	if len(w.ids) != 2 || w.ids[0] != w.ids[1] {
		t.Errorf("tickets %v", w.ids)
	}
	w.clock.pass(10 * time.Minute)
	w.wants(422, w.post("/sv/join", form), "för gammalt")
	if len(w.joined) != 2 {
		t.Errorf("an old form made an account: %v", w.ids)
	}
}

// TestFaultsAreSaidAtOnce: all that is wrong, beside its field; what was right is
// kept, but for the password.
func TestFaultsAreSaidAtOnce(t *testing.T) {
	w := open(t, withAccounts)
	form := filled(w.get("/en/"))
	form.Set("own", "aino@example.org")
	form.Set("password", "salaise")
	form.Del("consent")
	form.Del("age")
	page := w.post("/en/join", form)
	w.wants(422, page, "looks like an e-mail address", "at least 8 characters", "at least 17 years old.", "without your consent", `role="alert"`, `aria-invalid="true"`, `value="aino@example.org"`)
	if strings.Contains(page, "salaise") || !strings.Contains(page, form.Get("ticket")) {
		t.Error("the password is repeated, or the ticket is not")
	}
	form = filled(page)
	form.Set("own", "Matti")
	solve(t, form)
	page = w.post("/en/join", form)
	w.wants(422, page, "Matti is also a first name", `name="sure"`)
	form.Set("sure", "yes")
	form.Set("consent", "2")
	w.wants(422, w.post("/en/join", form), "has changed")
	form.Set("consent", "3")
	w.wants(200, w.post("/en/join", form), "Welcome, Matti!")
}

func TestTooYoung(t *testing.T) {
	w := open(t, withAccounts)
	form := filled(w.get("/fi/"))
	form.Set("age", "no")
	page := w.post("/fi/join", form)
	w.wants(200, page, "116 111", "Emme tehneet sinulle tunnusta")
	if len(w.ids) != 0 {
		t.Error("somebody too young got an account")
	}
}

// TestForms: no account without the cookie, with another's ticket, a changed one,
// an old one.
func TestForms(t *testing.T) {
	w := open(t, withAccounts)
	form := filled(w.get("/en/"))
	solve(t, form)
	other, _ := cookiejar.New(nil)
	mine := w.client.Jar
	w.client.Jar = nil
	w.wants(422, w.post("/en/join", form), "too old")
	w.client.Jar = other
	w.get("/en/")
	w.wants(422, w.post("/en/join", form), "too old")
	w.client.Jar = mine
	changed := url.Values{}
	for k, v := range form {
		changed[k] = slices.Clone(v)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(form.Get("ticket"))
	raw[3] ^= 1
	changed.Set("ticket", base64.RawURLEncoding.EncodeToString(raw))
	w.wants(422, w.post("/en/join", changed), "too old")
	w.clock.pass(2 * time.Hour)
	w.wants(422, w.post("/en/join", form), "too old")
	if len(w.ids) != 0 {
		t.Errorf("%d accounts", len(w.ids))
	}
	u, _ := url.Parse(w.server.URL)
	if c := mine.Cookies(u); len(c) != 1 {
		t.Errorf("cookies %v", c)
	}
}

// TestProofOfWork: a proof is for one form; without one it takes patience, and
// there are few places.
func TestProofOfWork(t *testing.T) {
	w := open(t, withAccounts)
	first, second := filled(w.get("/en/")), filled(w.get("/en/"))
	solve(t, first)
	second.Set("work", first.Get("work"))
	w.wants(422, w.post("/en/join", second), "Wait 15 more seconds")
	first.Set("work", "") // as a browser without scripts
	w.wants(422, w.post("/en/join", first), "more seconds")
	w.clock.pass(15 * time.Second)
	w.wants(200, w.post("/en/join", first), "Welcome")
	for range 29 {
		form := filled(w.get("/en/"))
		w.clock.pass(16 * time.Second)
		w.post("/en/join", form)
	}
	form := filled(w.get("/en/"))
	w.clock.pass(16 * time.Second)
	many := len(w.ids)
	for w.status == 200 {
		form = filled(w.get("/en/"))
		w.clock.pass(16 * time.Second)
		w.post("/en/join", form)
		if many++; many > 60 {
			t.Fatal("there is no end of places without a proof")
		}
	}
	w.wants(429, "")
	solve(t, form)
	w.wants(200, w.post("/en/join", form), "Welcome")
}

// TestCeilings: one network, then everybody; whoever has begun may still finish.
func TestCeilings(t *testing.T) {
	w := open(t, func(c *config.Config) { withAccounts(c); c.Web.JoinsPerNetwork, c.Web.JoinsPerHour = 3, 5 })
	from := func(address string) (int, url.Values) {
		form := filled(w.get("/en/"))
		solve(t, form)
		w.request("POST", "/en/join", strings.NewReader(form.Encode()),
			map[string]string{"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "203.0.113.9, " + address})
		return w.status, form
	}
	var last url.Values
	for i, want := range []int{200, 200, 200, 429} {
		var got int
		if got, last = from(fmt.Sprintf("198.51.100.%d", i+1)); got != want {
			t.Errorf("number %d from one network: %d", i+1, got)
		}
	}
	if w.header.Get("Retry-After") == "" {
		t.Error("nobody says how long to wait")
	}
	for i, want := range []int{200, 200, 429} {
		if got, _ := from(fmt.Sprintf("2001:db8:%d::1", i)); got != want {
			t.Errorf("number %d from another network: %d", i+4, got)
		}
	}
	w.clock.pass(time.Hour)
	w.wants(200, w.post("/en/join", last), "Welcome")
}

// TestTrouble: what goes wrong behind the page is told, and can be tried again.
func TestTrouble(t *testing.T) {
	w := open(t, withAccounts)
	form := filled(w.get("/en/"))
	solve(t, form)
	w.answer = func(string) error { return errors.New("no answer") }
	w.wants(422, w.post("/en/join", form), "Write the same password again")
	w.answer = func(string) error { return mentoring.Refuse("join.closed") }
	w.wants(422, w.post("/en/join", form), "New people are not taken in")
	w.answer = nil
	form.Del("work")
	w.wants(200, w.post("/en/join", form), "Welcome")
	if w.ids[0] != w.ids[2] {
		t.Error("the second try was another piece of work")
	}
}

// TestSmallAndStrict: the first page is small, says nothing to others, and loads
// nothing of theirs.
func TestSmallAndStrict(t *testing.T) {
	w := open(t, withAccounts)
	page := w.get("/")
	size := len(page)
	for _, m := range regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		size += len(w.get(m[1]))
		w.wants(200, "")
	}
	size += len(w.get("/static/work.js"))
	if size > 60<<10 {
		t.Errorf("the first load is %d bytes, 61,440 at most", size)
	}
	t.Logf("the first load is %d bytes, uncompressed", size)
	w.get("/")
	for header, part := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"X-Frame-Options": "DENY", "Cache-Control": "no-store", "Permissions-Policy": "camera=()",
	} {
		if !strings.Contains(w.header.Get(header), part) {
			t.Errorf("%s is %q", header, w.header.Get(header))
		}
	}
	if csp := w.header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("the policy is %q", csp)
	}
	if m := regexp.MustCompile(`<(?:script|style)>|\son[a-z]+="|style="|src="http|<link[^>]*http`).FindString(page); m != "" {
		t.Errorf("in the page: %q", m)
	}
	for _, c := range w.header.Values("Set-Cookie") {
		if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") || strings.Contains(c, "Max-Age") {
			t.Errorf("the cookie %q", c)
		}
	}
}

func TestLanguages(t *testing.T) {
	w := open(t, nil)
	for wanted, lang := range map[string]string{"": "fi", "sv-FI,sv;q=0.9": "sv", "en-GB": "en", "de,en;q=0.5": "en", "ja": "fi", "xx-!": "fi"} {
		page := w.request("GET", "/", nil, map[string]string{"Accept-Language": wanted})
		w.wants(200, page, `<html lang="`+lang+`">`)
	}
	page := w.get("/en/")
	w.wants(200, page, `<a href="/sv/" lang="sv"`, "@silta:silta.test", "an app in which you already have an account")
	if strings.Contains(page, "<form") {
		t.Error("there is a form, and no account to be had")
	}
	w.wants(404, w.get("/de/"), "Tällaista sivua ei ole")
}

func TestCards(t *testing.T) {
	w := open(t, withAccounts)
	for i := range 5 {
		w.mentor(fmt.Sprintf("Pihlaja-%d", i), "Tarina <b>lihavana</b>")
	}
	page := w.get("/en/")
	w.wants(200, page, "Pihlaja-", "See 2 more mentors", "Topics: studying", "Tarina <b>lihavana</b>", "Age: 25–34")
	if strings.Contains(page, "<b>") || strings.Count(page, "<h3>") != 3 {
		t.Errorf("%d cards, or a card's words are not escaped", strings.Count(page, "<h3>"))
	}
	page = w.get("/en/mentors")
	if n := strings.Count(page, "<h2>Pihlaja"); n != 5 {
		t.Errorf("%d cards of 5", n)
	}
	for range 200 {
		if w.get("/en/mentors"); w.status == 429 {
			return
		}
	}
	t.Error("nobody is slowed down who looks 200 times")
}

// mentor makes a mentor with an approved card.
func (w *site) mentor(alias, story string) {
	w.t.Helper()
	err := w.store.Write(context.Background(), func(tx *store.Tx) error {
		m := mentoring.Member{Address: "@" + strings.ToLower(alias) + ":silta.test", Join: mentoring.JoinDone, Created: w.clock.Now()}
		if err := tx.PutMember(&m); err != nil {
			return err
		}
		s := mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: mentoring.Mentor, State: mentoring.Active}
		if err := tx.PutMembership(&s); err != nil {
			return err
		}
		return tx.PutCard(&mentoring.Card{Membership: s.ID, State: mentoring.CardApproved, Alias: alias, Story: story, AgeBand: "25–34", Topics: []string{"studies"}, Languages: []mentoring.Language{"fi"}, Kind: mentoring.HelperPeer})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestRecover(t *testing.T) {
	w := open(t, func(c *config.Config) { c.Accounts.Provider = config.AccountsSynapseAdmin })
	page := w.get("/en/")
	w.wants(200, page, `href="/en/recover"`)
	form := url.Values{"ticket": filled(w.get("/en/recover"))["ticket"], "phrase": {"K7P2-9WXM"}, "password": {"lyhyt"}}
	w.wants(422, w.post("/en/recover", form), "at least 8 characters", `aria-invalid="true"`)
	form.Set("password", "uusi-salasana")
	form.Set("phrase", "jotain muuta")
	w.wants(422, w.post("/en/recover", form), "recovery code is not right")
	form.Set("phrase", "K7P2-9WXM")
	w.wants(200, w.post("/en/recover", form), "The password is changed")
	jar := w.client.Jar
	w.client.Jar = nil
	w.wants(422, w.post("/en/recover", form), "too old")
	w.client.Jar = jar
	for range 40 {
		form.Set("phrase", "arvaus")
		if w.post("/en/recover", form); w.status == 429 {
			break
		}
	}
	w.wants(429, "")

	w = open(t, withAccounts) // a provider that cannot
	w.wants(200, w.get("/sv/recover"), "Här går det inte att byta lösenord")
	w.wants(503, w.post("/sv/recover", form), "Försök igen")
}

// TestClosed: while staff have closed joining there is no form, but help.
func TestClosed(t *testing.T) {
	w := open(t, withAccounts)
	close := func(value string) {
		t.Helper()
		if err := w.Do(t.Context(), func(a *mentoring.Act) error { return a.Tx.PutSetting("mentoring/joining_closed", value) }); err != nil {
			t.Fatal(err)
		}
		w.clock.pass(time.Minute)
	}
	close("closed")
	page := w.get("/en/")
	w.wants(200, page, "Joining is closed right now", "MIELI Crisis Helpline 09 2525 0111")
	if strings.Contains(page, "<form") {
		t.Error("there is a form")
	}
	close("")
	w.wants(200, w.get("/en/"), "<form")
}
