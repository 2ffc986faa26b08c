package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// skew is from when on a clock is wrong: times in messages look odd, and
// tokens and certificates are judged by it.
const (
	skewWarn = 10 * time.Second
	skewFail = time.Minute
)

// reply is an answer of the homeserver; Code is Matrix's errcode.
type reply struct {
	Status  int
	Header  http.Header
	Code    string
	Message string
	Body    map[string]any
}

// direct is a client that goes through no proxy and follows no redirect: both
// would hide what Silta itself will meet.
func direct() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DisableKeepAlives = true
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// unwrapURL takes method and address off an error of net/http: tokens may stand
// in an address.
func unwrapURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// call asks the homeserver as the appservice, or as one of its users.
func (d *doctor) call(ctx context.Context, method, path, as string, body any) (*reply, error) {
	return d.callWith(ctx, method, path, as, body, true)
}

func (d *doctor) callWith(ctx context.Context, method, path, as string, body any, token bool) (*reply, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	target := strings.TrimSuffix(d.cfg.Homeserver.Address, "/") + path
	if as != "" {
		target += "?user_id=" + url.QueryEscape(as)
	}
	var sent io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, target, sent)
	if err != nil {
		return nil, err
	}
	if token {
		request.Header.Set("Authorization", "Bearer "+d.reg.AppToken)
	}
	return d.answer(request)
}

// answer makes a request and reads what comes.
func (d *doctor) answer(request *http.Request) (*reply, error) {
	response, err := d.client.Do(request)
	if err != nil {
		return nil, unwrapURL(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	r := &reply{Status: response.StatusCode, Header: response.Header}
	_ = json.Unmarshal(data, &r.Body) // an answer that is not JSON has no errcode
	r.Code, _ = r.Body["errcode"].(string)
	r.Message, _ = r.Body["error"].(string)
	return r, nil
}

// checkHomeserver asks for the versions, which needs no token.
func (d *doctor) checkHomeserver(ctx context.Context) bool {
	const name = "homeserver"
	address := d.cfg.Homeserver.Address
	r, err := d.callWith(ctx, http.MethodGet, "/_matrix/client/versions", "", nil, false)
	switch {
	case err != nil:
		d.fail(name, "is it running, and is homeserver.address right? Try: curl "+address+"/_matrix/client/versions",
			"%s does not answer: %v", address, err)
		return false
	case r.Status >= 300 && r.Status < 400:
		d.fail(name, "set homeserver.address to where it leads: "+r.Header.Get("Location"), "%s sends us elsewhere (HTTP %d)", address, r.Status)
		return false
	case r.Status != http.StatusOK || r.Body["versions"] == nil:
		d.fail(name, "set homeserver.address to the client API of the homeserver, with no path", "%s is not a Matrix homeserver (HTTP %d)", address, r.Status)
		return false
	}
	software := r.Header.Get("Server")
	if software == "" {
		software = "a homeserver"
	}
	d.ok(name, "%s is %s", address, software)
	d.checkClock(r.Header.Get("Date"))
	return true
}

func (d *doctor) checkClock(date string) {
	const name = "clock"
	theirs, err := http.ParseTime(date)
	if err != nil {
		d.say(advice, name, "", "the homeserver does not tell its time; keep both clocks right (NTP)")
		return
	}
	skew := d.now().Sub(theirs).Abs().Round(time.Second)
	const fix = "set both clocks by NTP (timedatectl set-ntp true)"
	switch {
	case skew > skewFail:
		d.fail(name, fix, "this machine and the homeserver are %v apart", skew)
	case skew > skewWarn:
		d.warn(name, fix, "this machine and the homeserver are %v apart", skew)
	default:
		d.ok(name, "agrees with the homeserver's")
	}
}

// checkToken asks who we are.
func (d *doctor) checkToken(ctx context.Context) {
	const name = "token"
	r, err := d.call(ctx, http.MethodGet, "/_matrix/client/v3/account/whoami", "", nil)
	if err != nil {
		d.fail(name, "try again; look at the homeserver's log if it goes on", "no answer: %v", err)
		return
	}
	if r.Status != http.StatusOK {
		d.fail(name, d.notLoaded(), "the homeserver does not accept our token (HTTP %d %s): this registration is not loaded, or an older one is", r.Status, r.Code)
		return
	}
	who, _ := r.Body["user_id"].(string)
	local, domain, _ := strings.Cut(strings.TrimPrefix(who, "@"), ":")
	if domain != d.cfg.Homeserver.Domain {
		d.fail(name, "set homeserver.domain: "+domain+"  then silta registration --force", "the homeserver's name is %s, the settings say %s", domain, d.cfg.Homeserver.Domain)
		return
	}
	if local != d.reg.SenderLocalpart {
		d.fail(name, d.notLoaded(), "the homeserver has loaded another registration file: its sender_localpart is %s, ours is %s", local, d.reg.SenderLocalpart)
		return
	}
	d.accepted = true
	d.ok(name, "accepted: the registration is loaded")
}

// checkNamespace tries whether a stranger could take a ghost's name.
func (d *doctor) checkNamespace(ctx context.Context) {
	const name = "namespace"
	for _, local := range []string{d.cfg.AppService.Bot, d.cfg.AppService.GhostPrefix + "check"} {
		path := "/_matrix/client/v3/register/available?username=" + url.QueryEscape(local)
		r, err := d.callWith(ctx, http.MethodGet, path, "", nil, false)
		switch {
		case err != nil:
			d.warn(name, "", "could not be tried: %v", err)
			return
		case r.Code == "M_EXCLUSIVE":
			continue
		case r.Status == http.StatusForbidden:
			d.ok(name, "nobody can register at this homeserver, so nobody can take Silta's names")
			return
		case r.Status == http.StatusTooManyRequests:
			d.warn(name, "check again in a minute", "could not be tried: too many requests")
			return
		default:
			d.fail(name, "write  exclusive: true  under namespaces.users in the registration that the homeserver loads (silta registration --force writes it so), and restart the homeserver",
				"anyone can register as %s: the namespace is not exclusive", local)
			return
		}
	}
	d.ok(name, "@%s and @%s… are Silta's alone", d.cfg.AppService.Bot, d.cfg.AppService.GhostPrefix)
}

// checkBot makes the bot's user, as `run` does, and speaks for it.
func (d *doctor) checkBot(ctx context.Context) {
	const name = "bot"
	r, err := d.call(ctx, http.MethodPost, "/_matrix/client/v3/register", "", map[string]any{
		"type": "m.login.application_service", "username": d.cfg.AppService.Bot, "inhibit_login": true,
	})
	if err != nil {
		d.fail(name, "look at the homeserver's log", "no answer: %v", err)
		return
	}
	if r.Status != http.StatusOK && r.Code != "M_USER_IN_USE" {
		d.fail(name, d.notLoaded(), "%s cannot be made (HTTP %d %s): the registration that the homeserver has loaded does not cover it", d.cfg.BotID(), r.Status, r.Code)
		return
	}
	r, err = d.call(ctx, http.MethodGet, "/_matrix/client/v3/account/whoami", d.cfg.BotID(), nil)
	switch {
	case err != nil:
		d.fail(name, "look at the homeserver's log", "no answer: %v", err)
	case r.Status != http.StatusOK:
		d.fail(name, d.notLoaded(), "Silta may not speak for %s (HTTP %d %s): the registration that the homeserver has loaded does not cover it", d.cfg.BotID(), r.Status, r.Code)
	default:
		d.bot = true
		d.ok(name, "%s", d.cfg.BotID())
	}
}

// notLoaded is what to do when the homeserver has no or another registration;
// exact when its configuration could be read.
func (d *doctor) notLoaded() string {
	if d.synapse == nil {
		return "name " + d.cfg.AppService.Registration + " (or a copy of it) in the homeserver's app_service_config_files, and restart it"
	}
	return d.registrationInSynapse()
}
