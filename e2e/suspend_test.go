package e2e

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"silta/dev"
)

// wire stands between the program and the homeserver, and notes what the program
// sends: when it came, whose it is and for which room.
type wire struct {
	URL string

	mu    sync.Mutex
	sends []send
}

type send struct {
	at         time.Time
	user, room string
}

func newWire(t *testing.T, homeserver string) *wire {
	t.Helper()
	to, err := url.Parse(homeserver)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		Transport:    &http.Transport{MaxIdleConnsPerHost: 64},
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, rest, found := strings.Cut(r.URL.Path, "/rooms/"); found && r.Method == http.MethodPut {
			if room, _, message := strings.Cut(rest, "/send/"); message {
				w.mu.Lock()
				w.sends = append(w.sends, send{time.Now(), r.URL.Query().Get("user_id"), room})
				w.mu.Unlock()
			}
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.URL = server.URL
	return w
}

// sent are the program's sends that fit, in the order in which they came.
func (w *wire) sent(fits func(send) bool) (found []send) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sends {
		if fits(s) {
			found = append(found, s)
		}
	}
	return found
}

// committed waits until the database has a measure, as any reader sees it, and
// says when that was.
func committed(t *testing.T, path string) time.Time {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM measure").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return time.Now()
		}
	}
	t.Fatal("nothing was decided")
	return time.Time{}
}

// suspended: while two pairs write all the time, the mentor who was reported is
// suspended by a command. No send of theirs, and none to them, comes to the
// homeserver after the commit, while the others go on; what waited comes when it is
// lifted.
func (d *desk) suspended(t *testing.T) {
	p, others := d.reported, d.other
	p.mentor.Text(p.mentorLeg, d.words("kuka puhuu"))
	ghost := p.mentee.AwaitText(p.menteeLeg, d.said[len(d.said)-1]).Sender
	theirs := func(s send) bool { return s.user == ghost }
	toThem := func(s send) bool { return s.room == p.mentorLeg && strings.HasPrefix(s.user, "@silta_") }
	rest := func(s send) bool { return s.room == others.menteeLeg || s.room == others.mentorLeg }
	d.StaffRoom.Asks(d.command("suspend", d.Words.Answer("fi", "of_case"), d.number, "uhkailu"), "measure.sure.suspend")
	last, stop := babble(p, others)
	eventually(t, time.Minute, func() error {
		if a, b := len(d.wire.sent(theirs)), len(d.wire.sent(toThem)); a < 20 || b < 20 {
			return fmt.Errorf("there is no load: %d and %d sends", a, b)
		}
		return nil
	})
	asked := time.Now()
	d.StaffRoom.Say("!" + d.Words.Answer("fi", "yes"))
	at := committed(t, filepath.Join(d.Dir, "silta.db"))
	before := len(d.wire.sent(rest))
	eventually(t, time.Minute, func() error {
		if n := len(d.wire.sent(rest)); n < before+20 {
			return fmt.Errorf("the others do not go on: %d", n-before)
		}
		return nil
	})
	stop()
	d.StaffRoom.Hears("measure.done.suspend")
	for direction, fits := range map[string]func(send) bool{"of the suspended one": theirs, "to them": toThem} {
		all := d.wire.sent(fits)
		late := 0
		for _, s := range all {
			if s.at.After(at) {
				late++
			}
		}
		if late > 0 {
			t.Errorf("%d of %d sends %s came after the commit, the last %v after it", late, len(all), direction, all[len(all)-1].at.Sub(at))
		}
		t.Logf("sends %s: %d before the commit, %d after; the last %v before it", direction, len(all)-late, late, at.Sub(all[len(all)-1].at).Round(time.Millisecond))
	}
	t.Logf("the others: %d sends meanwhile; from the command's last word to its commit %v", len(d.wire.sent(rest))-before, at.Sub(asked).Round(time.Millisecond))
	mark := p.mentor.Mark()
	d.StaffRoom.Asks(d.command("lift", "1"), "measure.lifted")
	p.mentor.Await(mark, "what waited for them", dev.Message(p.mentorLeg, last()))
}

// babble has everybody write all the time until stop; last is the mentee's last
// message of the first pair, once it has stopped.
func babble(pairs ...*pair) (last func() string, stop func()) {
	over, final := make(chan struct{}), ""
	var wg sync.WaitGroup
	for i, p := range pairs {
		for _, s := range []seat{{p.mentee, p.menteeLeg, ""}, {p.mentor, p.mentorLeg, ""}} {
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-over:
						return
					default:
					}
					text := fmt.Sprintf("solina %d", n)
					time.Sleep(20 * time.Millisecond) // the machine has others to serve
					if _, err := s.Try("text", map[string]any{"room": s.leg, "body": text}); err != nil {
						continue // the homeserver is busy
					}
					if i == 0 && s.Person == p.mentee {
						final = text
					}
				}
			})
		}
	}
	return func() string { return final }, func() { close(over); wg.Wait() }
}
