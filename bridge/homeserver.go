package bridge

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/id"
)

// homeserver makes the requests of the bot and the ghosts. It writes them by
// hand: mautrix's client costs 20 µs more a request (measured), logs what it
// sends, and would need an object for each of 200,000 ghosts.
type homeserver struct {
	client   *http.Client
	transfer *http.Client // the same without a limit of time, for files
	address  *url.URL
	base     string // address + "/_matrix/client/"
	appToken string
	token    string // "Bearer …"
	domain   string
}

// requestTimeout bounds every call: long enough for a createRoom on a busy
// Synapse (measured 168 ms), short enough to notice a dead connection.
const requestTimeout = 60 * time.Second

// maxConnections is how many connections to the homeserver are kept: as many as
// there are workers that send. With fewer, each send beyond them opens its own.
const maxConnections = outWorkers + roomWorkers + workWorkers

// maxAnswer bounds what is read of an answer (joined_rooms is the longest).
const maxAnswer = 64 << 20

// newTransport calls hungUp whenever the homeserver ends a connection.
func newTransport(hungUp func()) http.RoundTripper {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		MaxIdleConns:        maxConnections,
		MaxIdleConnsPerHost: maxConnections,
		IdleConnTimeout:     90 * time.Second,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return watched{conn, hungUp}, nil
		},
	}
}

// watched is a connection that tells when the other side ended it. A homeserver
// that is restarted does so even when nothing is being asked of it; one that
// only tidies up does, too, which costs one question (missed.go).
type watched struct {
	net.Conn
	hungUp func()
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrDeadlineExceeded) {
		w.hungUp()
	}
	return n, err
}

func newHomeserver(address, domain string, registration *appservice.Registration, transport http.RoundTripper, hungUp func()) *homeserver {
	if transport == nil {
		transport = newTransport(hungUp)
	}
	return &homeserver{
		client:   &http.Client{Timeout: requestTimeout, Transport: transport},
		transfer: &http.Client{Transport: transport},
		address:  parseAddress(address),
		base:     strings.TrimSuffix(address, "/") + "/_matrix/client/",
		appToken: registration.AppToken,
		token:    "Bearer " + registration.AppToken,
		domain:   domain,
	}
}

// actor is who makes a request: a user of ours, and its device where it has
// one. With a device the homeserver remembers transaction IDs across its own
// restart (matrix-facts §1).
type actor struct {
	user   id.UserID
	device string
	query  url.Values // further parameters of this one request
}

// url names an endpoint by its path below /_matrix/client/; each part is
// escaped. Who acts is part of the query.
func (hs *homeserver) url(as actor, path []string) string {
	var u strings.Builder
	u.Grow(256)
	u.WriteString(hs.base)
	for i, part := range path {
		if i > 0 {
			u.WriteByte('/')
		}
		u.WriteString(url.PathEscape(part))
	}
	if as.user != "" {
		u.WriteString("?user_id=")
		u.WriteString(url.QueryEscape(string(as.user)))
		if as.device != "" {
			device := url.QueryEscape(as.device)
			u.WriteString("&device_id=")
			u.WriteString(device)
			u.WriteString("&org.matrix.msc3202.device_id=")
			u.WriteString(device)
		}
		if len(as.query) > 0 {
			u.WriteByte('&')
			u.WriteString(as.query.Encode())
		}
	}
	return u.String()
}

// call makes one request and never retries: the queue row is what retries.
// body may be nil, a json.RawMessage (sent as it is) or anything that marshals.
func (hs *homeserver) call(ctx context.Context, as actor, method string, body, answer any, path ...string) error {
	return hs.callURL(ctx, method, hs.url(as, path), body, answer)
}

func (hs *homeserver) callURL(ctx context.Context, method, target string, body, answer any) error {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case json.RawMessage:
		reader = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("write request: %w", err)
		}
		reader = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, target, reader)
	if err != nil {
		return fmt.Errorf("write request: %w", &failure{})
	}
	request.Header["Authorization"] = []string{hs.token}
	request.Header["Content-Type"] = []string{"application/json"}
	return hs.finish(ctx, hs.client, request, answer)
}

// finish makes a request and reads its answer.
func (hs *homeserver) finish(ctx context.Context, client *http.Client, request *http.Request, answer any) error {
	response, err := client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &failure{transient: true} // the error's text has the URL, which names a room
	}
	defer response.Body.Close()
	limited := io.LimitReader(response.Body, maxAnswer)
	if response.StatusCode/100 != 2 {
		return refusal(response, limited)
	}
	if answer == nil {
		_, _ = io.Copy(io.Discard, limited) // so that the connection is used again
		return nil
	}
	if err = json.NewDecoder(limited).Decode(answer); err != nil {
		return &failure{transient: true} // cut off
	}
	_, _ = io.Copy(io.Discard, limited)
	return nil
}

// failure is a request that did not work, with what the queue needs to know of
// it. Its text never quotes the homeserver, whose error strings name people
// (leaks.md row 68).
type failure struct {
	status    int           // HTTP status; 0: no answer
	code      string        // Matrix errcode
	transient bool          // network error, 429 or 5xx: try again, never counts as a fault
	after     time.Duration // the homeserver's own wish (429)
	already   bool          // it says that this is so already
}

func (f *failure) Error() string {
	if f.status == 0 {
		return "homeserver: no answer"
	}
	return fmt.Sprintf("homeserver: HTTP %d %s", f.status, f.code)
}

// refusal reads what a homeserver says with a status that is no success.
func refusal(response *http.Response, body io.Reader) error {
	var said struct {
		Code  string  `json:"errcode"`
		Error string  `json:"error"`
		After float64 `json:"retry_after_ms"`
	}
	_ = json.NewDecoder(body).Decode(&said) // a proxy's page: no code
	_, _ = io.Copy(io.Discard, body)
	f := &failure{status: response.StatusCode, code: errcode(said.Code)}
	f.transient = f.status == http.StatusTooManyRequests || f.status >= 500
	f.already = strings.Contains(said.Error, "already in the room") ||
		f.code == "M_USER_IN_USE" || f.code == "M_DUPLICATE_ANNOTATION"
	f.after = time.Duration(said.After) * time.Millisecond
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && f.after == 0 {
		f.after = time.Duration(seconds) * time.Second
	}
	return f
}

// errcode lets only what looks like an error code through: the value comes from
// outside and goes into the log.
func errcode(code string) string {
	for _, r := range code {
		if (r < 'A' || r > 'Z') && r != '_' {
			return "M_UNKNOWN"
		}
	}
	return code
}

// isTransient says whether the same request may work later without anyone
// changing anything.
func isTransient(err error) bool {
	var f *failure
	var other interface{ Transient() bool } // of package accounts
	return errors.Is(err, context.Canceled) || errors.As(err, &f) && f.transient || errors.As(err, &other) && other.Transient()
}

// isAlready says that the homeserver refused because it is so already.
func isAlready(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.already
}

// isRefused says that the homeserver understood and said no (403, 404).
func isRefused(err error) bool {
	var f *failure
	return errors.As(err, &f) && (f.status == http.StatusForbidden || f.status == http.StatusNotFound)
}

func (hs *homeserver) send(ctx context.Context, as actor, room, eventType, txn string, content json.RawMessage) (string, error) {
	var answer struct {
		EventID string `json:"event_id"`
	}
	err := hs.call(ctx, as, http.MethodPut, content, &answer, "v3", "rooms", room, "send", eventType, txn)
	return answer.EventID, err
}

func (hs *homeserver) redact(ctx context.Context, as actor, room, event, txn string) (string, error) {
	var answer struct {
		EventID string `json:"event_id"`
	}
	err := hs.call(ctx, as, http.MethodPut, struct{}{}, &answer, "v3", "rooms", room, "redact", event, txn)
	return answer.EventID, err
}

func (hs *homeserver) putState(ctx context.Context, as actor, room, eventType, key string, content any) error {
	return hs.call(ctx, as, http.MethodPut, content, nil, "v3", "rooms", room, "state", eventType, key)
}

func (hs *homeserver) join(ctx context.Context, as actor, room string) error {
	err := hs.call(ctx, as, http.MethodPost, struct{}{}, nil, "v3", "join", room)
	if isAlready(err) {
		return nil
	}
	return err
}

func (hs *homeserver) leave(ctx context.Context, as actor, room string) error {
	err := hs.call(ctx, as, http.MethodPost, struct{}{}, nil, "v3", "rooms", room, "leave")
	if isRefused(err) {
		return nil // not in it, or there is no such room any more
	}
	return err
}

// forget gives a room up that was left: when the last of the homeserver's own
// users has, it may delete the room (forgotten_room_retention_period).
func (hs *homeserver) forget(ctx context.Context, as actor, room string) error {
	err := hs.call(ctx, as, http.MethodPost, struct{}{}, nil, "v3", "rooms", room, "forget")
	var f *failure
	if errors.As(err, &f) && !f.transient {
		return nil // it is not known there, or was forgotten already
	}
	return err
}

// deactivate ends a user of ours for good, with its name and picture.
func (hs *homeserver) deactivate(ctx context.Context, as actor) error {
	err := hs.call(ctx, actor{user: as.user}, http.MethodPost, map[string]any{"erase": true}, nil, "v3", "account", "deactivate")
	var f *failure
	if errors.As(err, &f) && !f.transient {
		return nil // deactivated already, or a homeserver that does not let appservices do it
	}
	return err
}

func (hs *homeserver) kick(ctx context.Context, as actor, room string, user id.UserID) error {
	err := hs.call(ctx, as, http.MethodPost, map[string]any{"user_id": user}, nil, "v3", "rooms", room, "kick")
	if isRefused(err) {
		return nil
	}
	return err
}

// invite asks a user in. direct files the room under the inviter in the
// person's client; is_direct has no place in the invite endpoint's body, so the
// membership event is written by hand.
func (hs *homeserver) invite(ctx context.Context, as actor, room string, user id.UserID, direct bool) error {
	var err error
	if direct {
		content := map[string]any{"membership": "invite", "is_direct": true}
		err = hs.putState(ctx, as, room, "m.room.member", string(user), content)
	} else {
		err = hs.call(ctx, as, http.MethodPost, map[string]any{"user_id": user}, nil, "v3", "rooms", room, "invite")
	}
	if isAlready(err) {
		return nil
	}
	return err
}

// membership returns the membership of a user in a room, "" when there is none.
func (hs *homeserver) membership(ctx context.Context, as actor, room string, user id.UserID) (string, error) {
	var answer struct {
		Membership string `json:"membership"`
	}
	err := hs.call(ctx, as, http.MethodGet, nil, &answer, "v3", "rooms", room, "state", "m.room.member", string(user))
	var f *failure
	if errors.As(err, &f) && f.status == http.StatusNotFound {
		return "", nil
	}
	return answer.Membership, err
}

func (hs *homeserver) createRoom(ctx context.Context, as actor, body any) (string, error) {
	var answer struct {
		RoomID string `json:"room_id"`
	}
	err := hs.call(ctx, as, http.MethodPost, body, &answer, "v3", "createRoom")
	return answer.RoomID, err
}

func (hs *homeserver) joinedRooms(ctx context.Context, as actor) ([]string, error) {
	var answer struct {
		Rooms []string `json:"joined_rooms"`
	}
	err := hs.call(ctx, as, http.MethodGet, nil, &answer, "v3", "joined_rooms")
	return answer.Rooms, err
}

// createMarker reads the marker that this program puts into the create event
// of each of its rooms; "" when there is none.
func (hs *homeserver) createMarker(ctx context.Context, as actor, room string) (string, error) {
	var answer map[string]json.RawMessage
	err := hs.call(ctx, as, http.MethodGet, nil, &answer, "v3", "rooms", room, "state", "m.room.create", "")
	if isRefused(err) {
		return "", nil
	}
	var marker string
	_ = json.Unmarshal(answer[markerKey], &marker) // another's create event: no marker
	return marker, err
}

// creatorsRule says whether the rooms that the homeserver makes give their
// creator all power without being told, and refuse to be told (room version 12
// and later, MSC4289). A homeserver that does not say makes none such.
func (hs *homeserver) creatorsRule(ctx context.Context, as actor) (bool, error) {
	var answer struct {
		Capabilities struct {
			Versions struct {
				Default string `json:"default"`
			} `json:"m.room_versions"`
		} `json:"capabilities"`
	}
	err := hs.call(ctx, as, http.MethodGet, nil, &answer, "v3", "capabilities")
	if err != nil && !isRefused(err) {
		return false, err
	}
	version, err := strconv.Atoi(answer.Capabilities.Versions.Default)
	return err == nil && version >= 12, nil
}

// isEncrypted says whether a room is encrypted.
func (hs *homeserver) isEncrypted(ctx context.Context, as actor, room string) (bool, error) {
	err := hs.call(ctx, as, http.MethodGet, nil, nil, "v3", "rooms", room, "state", "m.room.encryption", "")
	if isRefused(err) {
		return false, nil
	}
	return err == nil, err
}

// register makes a user of our namespace. Without inhibit_login Synapse answers
// 400 and makes the user all the same (matrix-facts §1).
func (hs *homeserver) register(ctx context.Context, localpart string) error {
	body := map[string]any{"type": "m.login.application_service", "username": localpart, "inhibit_login": true}
	err := hs.call(ctx, actor{}, http.MethodPost, body, nil, "v3", "register")
	if isAlready(err) {
		return nil
	}
	return err
}

// makeDevice gives a user of ours a device (MSC4190). ok is false where the
// homeserver has no devices for appservices.
func (hs *homeserver) makeDevice(ctx context.Context, user id.UserID, device string) (ok bool, err error) {
	body := map[string]any{}
	err = hs.call(ctx, actor{user: user}, http.MethodPut, body, nil, "v3", "devices", device)
	var f *failure
	if errors.As(err, &f) && !f.transient && f.status != http.StatusUnauthorized {
		return false, nil
	}
	return err == nil, err
}

func (hs *homeserver) setDisplayName(ctx context.Context, user id.UserID, name string) error {
	return hs.call(ctx, actor{user: user}, http.MethodPut, map[string]any{"displayname": name}, nil,
		"v3", "profile", string(user), "displayname")
}

// isLocal says whether a user ID is of this homeserver.
func (hs *homeserver) isLocal(user string) bool {
	_, domain, ok := strings.Cut(user, ":")
	return ok && domain == hs.domain
}

// randomName returns n random bytes in lower-case base 32 (a–z, 2–7): 16 bytes
// of input give 26 characters. It is what ghosts, markers and transactions are
// called: nothing is derived from a person or a counter (leaks.md row 36).
func randomName(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	raw := make([]byte, (n*8+4)/5)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	for i := range raw {
		raw[i] = alphabet[raw[i]&31]
	}
	return string(raw)
}
