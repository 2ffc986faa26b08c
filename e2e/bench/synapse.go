package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"silta/dev"
)

// talks is how many conversations are used at once on the real homeserver.
const talks = 4

// passage is one conversation as the measurement sees it: what the writer says
// in From, the reader reads in To.
type passage struct {
	writer   *dev.User
	from, to string
	inbox    *inbox
}

// onSynapse is a homeserver with both relays and people in rooms of both.
type onSynapse struct {
	scope *dev.Scope
	hs    *dev.Homeserver
	plain *dev.Program
	noop  *noop
	sides [2][]passage // of Silta, of the no-op relay
	said  int
}

// synapse measures from client to client on a real homeserver, which is what
// limits there, so every pair of measurements is taken in turns.
func (b *bench) synapse(ctx context.Context) error {
	rounds, single, burst := 8, 40, 160
	if b.sample {
		rounds, single, burst = 3, 20, 60
	}
	o := &onSynapse{scope: dev.NewScope()}
	defer o.scope.Close()
	if err := o.prepare(ctx); err != nil {
		return err
	}
	var waits, rates [2][]float64
	sends, copies, faults := 0.0, 0, 0
	for i := range rounds {
		for _, side := range []int{i % 2, 1 - i%2} { // who goes first changes, too
			wait, err := o.latency(ctx, o.sides[side], single)
			if err != nil {
				return err
			}
			before := o.sends()
			rate, wrong, err := o.rate(ctx, o.sides[side], burst)
			if err != nil {
				return err
			}
			if side == 0 {
				sends += o.sends() - before
				copies += burst
				faults += wrong
			}
			waits[side], rates[side] = append(waits[side], wait), append(rates[side], rate)
		}
	}
	b.ratios("synapse: median wait", "%.1f ms", waits, false, 1.15)
	b.ratios("synapse: rate", "%.1f/s", rates, true, 0.87)
	b.count("synapse: sends beyond one", fmt.Sprintf("%d messages, %.0f sends: the writers' and one a copy", copies, sends), int(sends)-2*copies)
	b.count("synapse: lost or out of order", fmt.Sprintf("of %d messages", copies), faults)
	return nil
}

// ratios judges paired measurements by the better end of the interval.
func (b *bench) ratios(what, format string, sides [2][]float64, atLeast bool, limit float64) {
	paired := make([]float64, len(sides[0]))
	for i := range paired {
		paired[i] = sides[0][i] / sides[1][i]
	}
	low, mean, high := interval(paired)
	judged := low
	if atLeast {
		judged = high
	}
	text := fmt.Sprintf("silta "+format+", no-op "+format+", ratio %.2f (%.2f–%.2f)", median(sides[0]), median(sides[1]), mean, low, high)
	b.bound(what, text, judged, atLeast, limit)
}

func (o *onSynapse) prepare(ctx context.Context) error {
	o.hs = dev.NewSynapse(o.scope)
	o.noop = &noop{token: "noop-token", base: o.hs.URL()}
	o.noop.prepare()
	o.noop.server = &http.Server{Handler: o.noop}
	routes := map[string]pair{}
	o.noop.route = func(room, sender string) (pair, bool) {
		p, ok := routes[room]
		return p, ok && p.Person == sender
	}
	at, err := serve(o.noop.server)
	if err != nil {
		return err
	}
	o.scope.Cleanup(func() { _ = o.noop.Stop() }) // the process ends anyway
	registration := filepath.Join(o.scope.TempDir(), "noop.yaml")
	if err := os.WriteFile(registration, []byte(noopRegistration(at)), 0o600); err != nil {
		return err
	}
	o.hs.AddRegistration(registration)
	program := dev.NewSilta(o.scope, o.hs, dev.Set("encryption", "off")) // the no-op relay and the clients are plain, too
	o.plain = program
	o.hs.Start()
	program.Start()
	service := program.Open(dev.Plain(o.scope, o.hs.Register("staff", "password")))
	for i := range talks {
		if err := o.converse(ctx, service, i, routes); err != nil {
			return err
		}
	}
	service.Staff.Close()
	return nil
}

func noopRegistration(at string) string {
	return strings.NewReplacer("AT", at).Replace(`id: noop
url: AT
as_token: noop-token
hs_token: noop-hs-token
sender_localpart: noop
rate_limited: false
namespaces:
  users: [{exclusive: true, regex: "@noop_.*"}]
  aliases: []
  rooms: []
`)
}

// converse brings two people together, through Silta and through the no-op
// relay.
func (o *onSynapse) converse(ctx context.Context, service *dev.Service, i int, routes map[string]pair) error {
	alias := []string{"Kanerva", "Kataja", "Vaahtera", "Pihlaja"}[i]
	mentorAccount := o.hs.Register("mentor"+number(i), "password")
	menteeAccount := o.hs.Register("mentee"+number(i), "password")
	mentor := service.Mentor(dev.Plain(o.scope, mentorAccount), "en", dev.Card{
		Alias: alias, AgeBand: 2, Area: "Turku", Story: "A story.", Topics: "1", Languages: "1 3",
	})
	mentee := service.Mentee(dev.Plain(o.scope, menteeAccount), "en", "Reader")
	from, to := service.Conversation(mentee, mentor, alias, "hello")
	mentor.Close()
	mentee.Close()

	writer, reader := dev.NewUser(menteeAccount), dev.NewUser(mentorAccount)
	in := newInbox()
	syncing, stop := context.WithCancel(ctx)
	o.scope.Cleanup(stop)
	go reader.SyncOn(syncing, "", in.add)
	o.sides[0] = append(o.sides[0], passage{writer, from, to, in})

	from, err := o.noopRoom(ctx, writer, "in"+number(i))
	if err != nil {
		return err
	}
	if to, err = o.noopRoom(ctx, reader, "out"+number(i)); err != nil {
		return err
	}
	routes[from] = pair{From: from, To: to, Person: writer.UserID, Ghost: o.hs.User("noop_out" + number(i))}
	o.sides[1] = append(o.sides[1], passage{writer, from, to, in})
	return nil
}

// noopRoom makes a room of a ghost of the no-op relay and a person.
func (o *onSynapse) noopRoom(ctx context.Context, person *dev.User, ghost string) (string, error) {
	as := dev.NewUser(dev.Account{Homeserver: o.hs.URL(), Token: "noop-token"})
	name := "noop_" + ghost
	err := as.Do(ctx, http.MethodPost, "/_matrix/client/v3/register",
		map[string]any{"type": "m.login.application_service", "username": name, "inhibit_login": true}, nil)
	if err != nil {
		return "", fmt.Errorf("register ghost: %w", err)
	}
	var made struct {
		Room string `json:"room_id"`
	}
	err = as.Do(ctx, http.MethodPost, "/_matrix/client/v3/createRoom?user_id="+url.QueryEscape(o.hs.User(name)),
		map[string]any{"preset": "private_chat", "invite": []string{person.UserID}, "is_direct": true}, &made)
	if err != nil {
		return "", fmt.Errorf("make room: %w", err)
	}
	return made.Room, person.Join(ctx, made.Room)
}

// latency is the median time in milliseconds from one client's send to the
// other client's sync, one message at a time.
func (o *onSynapse) latency(ctx context.Context, side []passage, n int) (float64, error) {
	var waits []float64
	for i := range n {
		p := side[i%len(side)]
		o.said++
		body := textPrefix + strconv.Itoa(o.said)
		began := time.Now()
		if _, err := p.writer.Text(ctx, p.from, body); err != nil {
			return 0, err
		}
		at, err := p.inbox.wait(ctx, p.to, body)
		if err != nil {
			return 0, err
		}
		waits = append(waits, float64(at.Sub(began).Microseconds())/1000)
	}
	return median(waits), nil
}

// rate is messages per second when everybody writes as fast as they can, and
// how many came out of order or not at all.
func (o *onSynapse) rate(ctx context.Context, side []passage, n int) (rate float64, wrong int, err error) {
	each := n / len(side)
	base := o.said
	o.said += each
	errs := make([]error, len(side))
	var wait sync.WaitGroup
	began := time.Now()
	for i, p := range side {
		wait.Go(func() {
			for k := range each {
				if _, errs[i] = p.writer.Text(ctx, p.from, textPrefix+strconv.Itoa(base+k+1)); errs[i] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	var last time.Time
	for i, p := range side {
		if errs[i] != nil {
			return 0, 0, errs[i]
		}
		at, err := p.inbox.wait(ctx, p.to, textPrefix+strconv.Itoa(base+each))
		if err != nil {
			return 0, 0, err
		}
		if at.After(last) {
			last = at
		}
		wrong += p.inbox.disorder(p.to, base, each)
	}
	return float64(n) / last.Sub(began).Seconds(), wrong, nil
}

// sends is how many events have been sent to Synapse over its API so far.
func (o *onSynapse) sends() float64 {
	m := o.hs.Metrics()
	var sum float64
	for _, name := range []string{"synapse_http_server_response_count", "synapse_http_server_response_count_total"} {
		sum += m.Sum(name, `servlet="RoomSendEventRestServlet"`, `method="PUT"`)
	}
	return sum
}
