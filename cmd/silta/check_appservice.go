package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// probe answers the homeserver for a Silta that is not running. It takes only
// what is of no use to a Silta that starts later: a transaction with events in
// it is refused, so it comes again.
type probe struct {
	token  string
	bot    string
	device string
	server *http.Server

	mu       sync.Mutex
	stranger bool // a call with another hs_token came
	waiting  bool // events are waiting for the service
	toDevice bool // our to-device message came
	counts   bool // key counts for our device came
}

// probeType is the type of the to-device message that the check sends itself.
const probeType = "silta.check"

// checkListener makes sure that somebody answers the homeserver: the running
// service, or a probe.
func (d *doctor) checkListener(ctx context.Context) bool {
	const name = "listener"
	if d.running {
		d.ok(name, "the service is running")
		return true
	}
	listen := d.cfg.AppService.Listen
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		d.fail(name, "end the other program, or set appservice.listen to a free port (and appservice.url, then silta registration --force)",
			"%s cannot be used: %v", listen, err)
		return false
	}
	d.probe = &probe{token: d.reg.ServerToken, bot: d.cfg.BotID()}
	d.probe.server = &http.Server{Handler: d.probe, ReadHeaderTimeout: requestTime, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = d.probe.server.Serve(listener) }() // ends with closeProbe
	d.ok(name, "%s is free; the service is not running", listen)
	return true
}

func (d *doctor) closeProbe() {
	if d.probe != nil {
		_ = d.probe.server.Close() // nothing of it is needed any more
	}
}

// ServeHTTP is the appservice API as far as the check needs it.
func (p *probe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if given == "" {
		given = r.URL.Query().Get("access_token")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if subtle.ConstantTimeCompare([]byte(given), []byte(p.token)) != 1 {
		p.stranger = true
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"errcode":"M_FORBIDDEN"}`)
		return
	}
	code := http.StatusOK
	if strings.Contains(r.URL.Path, "/transactions/") && p.transaction(r.Body) {
		code = http.StatusServiceUnavailable
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, `{}`)
}

// transaction notes what the check waits for; true when events are in it.
func (p *probe) transaction(body io.Reader) (events bool) {
	var txn struct {
		Events   []json.RawMessage                    `json:"events"`
		ToDevice []map[string]any                     `json:"de.sorunome.msc2409.to_device"`
		Stable   []map[string]any                     `json:"to_device"`
		Counts   map[string]map[string]map[string]int `json:"org.matrix.msc3202.device_one_time_keys_count"`
	}
	data, err := io.ReadAll(io.LimitReader(body, 64<<20))
	if err != nil {
		return true
	}
	// Counts may hold {"DEV":[]} (matrix-facts): then only they are not understood.
	_ = json.Unmarshal(data, &txn)
	for _, m := range append(txn.ToDevice, txn.Stable...) {
		if m["type"] == probeType && m["to_device_id"] == p.device {
			p.toDevice = true
			_, p.counts = txn.Counts[p.bot][p.device]
		}
	}
	if len(txn.Events) > 0 {
		p.waiting = true
	}
	return len(txn.Events) > 0
}

func (p *probe) state() (stranger, waiting, toDevice, counts bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stranger, p.waiting, p.toDevice, p.counts
}

// checkPing has the homeserver call us.
func (d *doctor) checkPing(ctx context.Context) {
	const name = "ping"
	where := d.cfg.AppService.PublicURL()
	reach := "the homeserver must reach " + where + ": set appservice.url to an address it can reach (then silta registration --force), or open the firewall; in a container 127.0.0.1 is the container itself"
	wrong := "the homeserver has another hs_token: " + d.notLoaded()
	r, err := d.call(ctx, http.MethodPost, "/_matrix/client/v1/appservice/"+d.reg.ID+"/ping", "", map[string]any{"transaction_id": rand.Text()})
	stranger := false
	if d.probe != nil {
		stranger, _, _, _ = d.probe.state()
	}
	switch {
	case stranger:
		d.fail(name, wrong, "the homeserver called %s with a token that is not ours", where)
	case err != nil:
		d.fail(name, reach, "no answer within %v", requestTime)
	case r.Status == http.StatusOK:
		d.pinged = true
		took, _ := r.Body["duration_ms"].(float64)
		d.ok(name, "the homeserver reaches %s (%.0f ms)", where, took)
	case r.Code == "M_UNRECOGNIZED" || r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed:
		d.warn(name, "upgrade the homeserver; Synapse has it since 1.79", "this homeserver cannot ping, so whether it reaches us cannot be told")
	case r.Code == "M_BAD_STATUS":
		d.badPing(r, where, wrong)
	case r.Code == "M_URL_NOT_SET":
		d.fail(name, d.notLoaded(), "the registration that the homeserver has loaded has no url")
	case r.Status == http.StatusForbidden:
		d.fail(name, d.notLoaded(), "the registration that the homeserver has loaded has another id than %s", d.reg.ID)
	default: // M_CONNECTION_FAILED, M_CONNECTION_TIMEOUT
		d.fail(name, reach, "the homeserver does not reach the url of the registration it has loaded (%s)", r.Code)
	}
}

// badPing: the homeserver got an answer, but not a good one.
func (d *doctor) badPing(r *reply, where, wrong string) {
	code, _ := r.Body["status"].(float64)
	if code == http.StatusUnauthorized || code == http.StatusForbidden {
		d.fail("ping", wrong, "the service refused the homeserver's call to %s", where)
		return
	}
	d.fail("ping", "another program listens at "+where+", or a proxy before Silta refuses", "the homeserver's call to %s was answered with HTTP %.0f", where, code)
}

// lacking is how bad it is that the homeserver lacks something that only
// encryption needs.
func (d *doctor) lacking() status {
	if d.cfg.Encrypted() {
		return failed
	}
	return advice
}

// without is what follows from that.
func (d *doctor) without() string {
	if d.cfg.Encrypted() {
		return ": rooms cannot be encrypted, so nothing is sent (or set encryption: off, and tell people)"
	}
	return ": encryption could not be switched on"
}

// checkDevice makes a device for the bot (MSC4190).
func (d *doctor) checkDevice(ctx context.Context) {
	const name = "devices"
	const fix = "io.element.msc4190: true  in the registration that the homeserver loads (silta registration --force writes it), and a homeserver that knows it: Synapse 1.121 or newer"
	device := "CHECK" + rand.Text()[:10]
	r, err := d.call(ctx, http.MethodPut, "/_matrix/client/v3/devices/"+device, d.cfg.BotID(), map[string]any{"display_name": "check"})
	switch {
	case err != nil:
		d.fail(name, "look at the homeserver's log", "no answer: %v", err)
	case r.Status >= 300:
		d.say(d.lacking(), name, fix, "an appservice cannot make devices here (MSC4190 is missing; HTTP %d %s)%s", r.Status, r.Code, d.without())
	default:
		d.device = device
		d.ok(name, "the bot can have devices (MSC4190)")
	}
}

func (d *doctor) removeDevice(ctx context.Context) {
	if d.device == "" {
		return
	}
	// Also when time is up: a device that stays is a puzzle for the next look.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if r, err := d.call(ctx, http.MethodDelete, "/_matrix/client/v3/devices/"+d.device, d.cfg.BotID(), map[string]any{}); err != nil || r.Status >= 300 {
		d.warn("devices", "", "the device %s of the bot, made for this check, could not be removed", d.device)
	}
}

// checkToDevice sends the bot's device a message and waits until it comes back
// in a transaction, with the counts of the device's keys.
func (d *doctor) checkToDevice(ctx context.Context) {
	const name, keys = "to-device", "key counts"
	arrived := d.arrival(ctx)
	toDevice, counts, waiting := false, false, false
	for try := range 8 {
		path := "/_matrix/client/v3/sendToDevice/" + probeType + "/" + d.device + strconv.Itoa(try)
		_, err := d.call(ctx, http.MethodPut, path, d.cfg.BotID(), map[string]any{
			"messages": map[string]any{d.cfg.BotID(): map[string]any{d.device: map[string]any{}}},
		})
		if err != nil {
			break
		}
		for range 4 {
			select {
			case <-ctx.Done():
			case <-time.After(80 * time.Millisecond):
			}
			if toDevice, counts, waiting = arrived(); toDevice || waiting {
				break
			}
		}
		if toDevice || waiting || ctx.Err() != nil {
			break
		}
	}
	switch {
	case !toDevice && waiting:
		d.warn(name, "start the service (silta run) and check again", "could not be tried: events are waiting at the homeserver for the service")
		return
	case !toDevice:
		d.say(d.lacking(), name, "in homeserver.yaml:  experimental_features: {msc2409_to_device_messages_enabled: true, msc3202_transaction_extensions: true}  and receive_ephemeral: true in the registration; restart the homeserver",
			"to-device messages do not come to the appservice%s", d.without())
		return
	}
	d.ok(name, "to-device messages come (MSC2409)")
	if !counts {
		d.say(d.lacking(), keys, "in homeserver.yaml:  experimental_features: {msc3202_transaction_extensions: true}  and org.matrix.msc3202: true in the registration; restart the homeserver",
			"counts of one-time keys and changes of devices do not come (MSC3202)%s", d.without())
		return
	}
	d.ok(keys, "key counts and device changes come (MSC3202)")
}

// arrival tells whether the message has come: from the probe, or from the
// running service's counters.
func (d *doctor) arrival(ctx context.Context) func() (toDevice, counts, waiting bool) {
	if d.probe != nil {
		d.probe.mu.Lock()
		d.probe.device = d.device
		d.probe.mu.Unlock()
		return func() (bool, bool, bool) {
			_, waiting, toDevice, counts := d.probe.state()
			return toDevice, counts, waiting
		}
	}
	before := d.received(ctx)
	return func() (bool, bool, bool) {
		now := d.received(ctx)
		return now["to_device"] > before["to_device"], now["key_counts"] > before["key_counts"], false
	}
}

// received reads what the running service has counted, by kind.
func (d *doctor) received(ctx context.Context) map[string]float64 {
	kinds := map[string]float64{}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	response, err := get(ctx, healthURL(d.cfg)+"/metrics")
	if err != nil {
		return kinds
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(io.LimitReader(response.Body, 4<<20))
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), `silta_received_total{kind="`)
		kind, value, found := strings.Cut(rest, `"} `)
		if n, err := strconv.ParseFloat(value, 64); ok && found && err == nil {
			kinds[kind] = n
		}
	}
	return kinds
}
