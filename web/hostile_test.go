package web_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"silta/config"
)

var hostile = flag.Int("hostile", 600, "how many hostile requests are made")

// TestHostile sends forms that nobody fills in: wrong methods, no cookie, fields
// that are missing, doubled, huge, not text. Each is answered with a clear error;
// none makes an account, none is a fault.
func TestHostile(t *testing.T) {
	w := open(t, func(c *config.Config) { withAccounts(c); c.Web.JoinsPerNetwork, c.Web.JoinsPerHour = 100_000, 100_000 })
	random := rand.New(rand.NewPCG(1, 2))
	good := filled(w.get("/en/"))
	solve(t, good)
	words := []string{"", " ", "*", "\x00", "\xff\xfe", "<script>alert(1)</script>", "'; DROP TABLE member;--", "{{.}}", "${HOME}", "../../../etc/passwd",
		"%00%ff", "a\r\nSet-Cookie: x=1", strings.Repeat("ä", 3000), "\u202eolleh", "yes", "no", "3", "-1", "99999999999999999999", "aino@example.org", "null"}
	methods := []string{"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"}
	kinds := []string{"application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", "text/plain", ""}
	statuses := map[int]int{}
	for i := range *hostile {
		w.clock.pass(time.Minute)
		if i%100 == 0 { // a ticket that is not too old
			good = filled(w.get("/en/"))
			solve(t, good)
		}
		form := url.Values{}
		for field, values := range good {
			form[field] = append([]string(nil), values...)
		}
		for _, field := range []string{"ticket", "age", "name", "own", "password", "consent", "work", "challenge", "suggested", "code", "sure"} {
			switch random.IntN(6) {
			case 0:
				form.Del(field)
			case 1:
				form[field] = []string{words[random.IntN(len(words))]}
			case 2:
				form[field] = append(form[field], words[random.IntN(len(words))])
			}
		}
		// What would be right by chance is made wrong for sure.
		form.Set([]string{"ticket", "password", "age", "consent"}[i%4], []string{"", "x", "no!", "\x01"}[i%4])
		method, path, body := "POST", "/en/join", form.Encode()
		switch random.IntN(10) {
		case 0:
			method = methods[random.IntN(len(methods))]
		case 1:
			path = []string{"/fi/join", "/join", "/en/join/", "/en/../join", "//en/join", "/en/mentors", "/static/../page.go"}[random.IntN(7)]
		case 2:
			body += "&junk=" + strings.Repeat("x", 1<<random.IntN(20))
		case 3:
			body = words[random.IntN(len(words))] + "%zz;;&&=="
		case 4:
			w.client.Jar.SetCookies(&url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}, []*http.Cookie{{Name: "silta", Value: "x" + fmt.Sprint(random.Uint64())}})
		}
		w.request(method, path, strings.NewReader(body), map[string]string{
			"Content-Type": kinds[min(random.IntN(12), 4)%len(kinds)], "X-Forwarded-For": strings.Map(printable, words[random.IntN(len(words))]) + ", 192.0.2.1"})
		statuses[w.status]++
		if w.status >= 500 {
			t.Fatalf("number %d, %s %s: status %d", i, method, path, w.status)
		}
	}
	if len(w.ids) != 0 {
		t.Errorf("%d accounts were made", len(w.ids))
	}
	t.Log(fmt.Sprint("answers by status: ", statuses))
	if statuses[422] < *hostile/2 || statuses[405] == 0 || statuses[400] == 0 || statuses[404] == 0 {
		t.Errorf("answers by status: %v", statuses)
	}
}

// printable leaves out what Go's client would not send in a header.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}
