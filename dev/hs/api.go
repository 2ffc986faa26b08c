package hs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request that has been let in.
type call struct {
	s      *Server
	ctx    context.Context
	args   []string // what stood for the stars of the route
	query  url.Values
	raw    []byte
	mime   string // of the body
	body   map[string]any
	user   string
	device string
}

type route struct {
	method string
	path   []string // after the version; "*" is one segment
	name   string
	run    func(*call) (any, error)
	open   bool // needs no token
	free   bool // takes the server's lock itself, where it needs it
}

// reply is an answer on the way out.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// errCut says that the connection ended without an answer.
var errCut = errors.New("connection cut")

func routes() []route {
	var out []route
	add := func(pattern string, run func(*call) (any, error)) *route {
		method, path, _ := strings.Cut(pattern, " ")
		out = append(out, route{method: method, path: strings.Split(path, "/"), name: pattern, run: run})
		return &out[len(out)-1]
	}
	add("GET versions", (*call).versions).open = true
	add("GET capabilities", (*call).capabilities)
	add("GET account/whoami", (*call).whoami)
	add("POST register", (*call).register)
	add("POST account/deactivate", (*call).deactivate)
	add("POST appservice/*/ping", (*call).ping).free = true
	add("GET profile/*", (*call).profile).open = true
	add("GET profile/*/*", (*call).profileKey).open = true
	add("PUT profile/*/*", (*call).putProfile)
	add("POST createRoom", (*call).createRoom)
	add("POST join/*", (*call).join)
	add("POST rooms/*/join", (*call).join)
	add("POST rooms/*/invite", (*call).invite)
	add("POST rooms/*/leave", (*call).leave)
	add("POST rooms/*/forget", (*call).nothing)
	add("POST rooms/*/kick", (*call).kick)
	add("POST rooms/*/ban", (*call).ban)
	add("POST rooms/*/unban", (*call).kick)
	add("GET joined_rooms", (*call).joinedRooms)
	add("GET rooms/*/joined_members", (*call).joinedMembers)
	add("GET rooms/*/members", (*call).members)
	add("GET rooms/*/state", (*call).state)
	add("GET rooms/*/state/*/*", (*call).stateEvent)
	add("GET rooms/*/state/*", (*call).stateEvent)
	add("PUT rooms/*/state/*/*", (*call).putState)
	add("PUT rooms/*/state/*", (*call).putState)
	add("PUT rooms/*/send/*/*", (*call).send)
	add("PUT rooms/*/redact/*/*", (*call).redact)
	add("GET rooms/*/event/*", (*call).event)
	add("GET rooms/*/messages", (*call).messages)
	add("PUT rooms/*/typing/*", (*call).nothing)
	add("POST rooms/*/receipt/*/*", (*call).nothing)
	add("POST rooms/*/read_markers", (*call).nothing)
	add("PUT presence/*/status", (*call).nothing)
	add("PUT user/*/account_data/*", (*call).putData)
	add("GET user/*/account_data/*", (*call).data)
	add("POST user/*/filter", (*call).filter)
	add("GET sync", (*call).sync).free = true
	add("POST upload", (*call).upload)
	add("POST create", (*call).mint)
	add("PUT upload/*/*", (*call).uploadTo)
	add("DELETE media/*/*", (*call).deleteMedia)
	add("GET download/*/*", (*call).download)
	add("GET media/download/*/*", (*call).download)
	add("GET media/config", (*call).mediaConfig)
	add("GET config", (*call).mediaConfig)
	return append(out, keyRoutes()...)
}

// do handles one request, whatever way it came. An errCut means that the
// connection ends without an answer.
func (s *Server) do(ctx context.Context, method string, u *url.URL, header http.Header, raw []byte) (*reply, error) {
	r, args := s.find(method, u.EscapedPath())
	c := &call{s: s, ctx: ctx, args: args, query: u.Query(), raw: raw, mime: header.Get("Content-Type")}
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	if down {
		return nil, errCut
	}
	if r == nil {
		return s.answer(nil, &apiError{status: http.StatusNotFound, code: "M_UNRECOGNIZED", text: "Unrecognized request"}), nil
	}
	err := c.authenticate(header, r)
	fault := s.fault(method, r.name, c)
	if !sleep(ctx, fault.Delay) {
		return nil, errCut
	}
	if err == nil && (fault.Status != 0 || fault.Cut) && !fault.After {
		return s.broken(fault)
	}
	var value any
	if err == nil {
		value, err = c.handle(r)
	}
	if fault.Status != 0 || fault.Cut {
		return s.broken(fault)
	}
	return s.answer(value, err), nil
}

func (s *Server) fault(method, name string, c *call) Fault {
	s.mu.Lock()
	s.calls[name]++
	n := s.calls[name]
	s.mu.Unlock()
	if s.opts.Fault == nil {
		return Fault{}
	}
	return s.opts.Fault(Call{Method: method, Route: name, N: n, User: c.user, Device: c.device})
}

func (s *Server) broken(f Fault) (*reply, error) {
	if f.Cut {
		return nil, errCut
	}
	e := &apiError{status: f.Status, code: "M_UNKNOWN", text: "scripted failure", retry: f.RetryAfter}
	if f.Status == http.StatusTooManyRequests {
		e.code = "M_LIMIT_EXCEEDED"
	}
	return s.answer(nil, e), nil
}

func (c *call) handle(r *route) (any, error) {
	if len(c.raw) > 0 && r.name != "POST upload" && r.name != "PUT upload/*/*" {
		if err := json.Unmarshal(c.raw, &c.body); err != nil {
			return nil, bad("M_NOT_JSON", "Content not JSON.")
		}
	}
	if r.free {
		return r.run(c)
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return r.run(c)
}

// find returns the route of a path and what stood for its stars, unescaped.
func (s *Server) find(method, path string) (*route, []string) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) > 3 && parts[0] == "_synapse" { // the admin API
		parts = append([]string{"_matrix", "client"}, parts[2:]...)
	}
	if len(parts) < 3 || parts[0] != "_matrix" {
		return nil, nil
	}
	if parts[1] != "client" && parts[1] != "media" {
		return nil, nil
	}
	if parts[2] == "versions" {
		parts = parts[2:]
	} else {
		parts = parts[3:]
	}
	for i := range s.routes {
		if r := &s.routes[i]; r.method == method && len(r.path) == len(parts) {
			if args, ok := match(r.path, parts); ok {
				return r, args
			}
		}
	}
	return nil, nil
}

func match(pattern, parts []string) (args []string, ok bool) {
	for i, p := range pattern {
		if p == "*" {
			arg, err := url.PathUnescape(parts[i])
			if err != nil {
				return nil, false
			}
			args = append(args, arg)
		} else if p != parts[i] {
			return nil, false
		}
	}
	return args, true
}

// authenticate finds who acts: a person by their token, or the appservice as
// itself or as one of its users, with one of that user's devices.
func (c *call) authenticate(header http.Header, r *route) error {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = c.query.Get("access_token")
	}
	if token != s.opts.Appservice.Token {
		if c.user = s.tokens[token]; c.user == "" && !r.open {
			return &apiError{status: http.StatusUnauthorized, code: "M_UNKNOWN_TOKEN", text: "Unrecognised access token"}
		}
		return nil
	}
	c.user = s.userID(s.opts.Appservice.Sender)
	as := c.query.Get("user_id")
	c.device = c.query.Get("device_id")
	if c.device == "" {
		c.device = c.query.Get("org.matrix.msc3202.device_id")
	}
	if c.device != "" && as == "" {
		return &apiError{status: http.StatusInternalServerError, code: "M_UNKNOWN", text: "Internal server error"}
	}
	if as == "" || r.name == "POST register" {
		return nil
	}
	if !s.ours(as) {
		return forbidden("Application service cannot masquerade as this user (%s).", as)
	}
	c.user = as
	u := s.users[as]
	if u == nil {
		return forbidden("Application service has not registered this user (%s)", as)
	}
	if c.device != "" && u.devices[c.device] == nil && r.name != "PUT devices/*" {
		return bad("M_UNKNOWN_DEVICE", "Application service trying to use a device that doesn't exist ('%s' for %s)", c.device, as)
	}
	return nil
}

// once runs a request that carries a transaction ID at most once. Without a
// device the key is the appservice's and is forgotten at a restart; with one it
// is the device's and lasts (matrix-facts: two ghosts that use one ID in one
// room lose the second message).
func (c *call) once(txn string, run func() (any, error)) (any, error) {
	s := c.s
	key := "as\x00" + strings.Join(c.args, "\x00")
	lasting := c.user + "\x00" + c.device + "\x00" + c.args[0] + "\x00" + txn
	if v, ok := s.txns[key]; ok {
		return v, nil
	}
	if v, ok := s.lasting[lasting]; ok && c.device != "" {
		return v, nil
	}
	v, err := run()
	if err == nil {
		s.txns[key] = v
		if c.device != "" {
			s.lasting[lasting] = v
		}
	}
	return v, err
}

func (s *Server) answer(value any, err error) *reply {
	r := &reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	if err != nil {
		var e *apiError
		if !errors.As(err, &e) {
			e = &apiError{status: http.StatusInternalServerError, code: "M_UNKNOWN", text: "Internal server error"}
		}
		body := map[string]any{"errcode": e.code, "error": e.text}
		if e.retry > 0 {
			body["retry_after_ms"] = e.retry.Milliseconds()
			r.header.Set("Retry-After", strconv.Itoa(int((e.retry+time.Second-1)/time.Second)))
		}
		r.status, value = e.status, body
	}
	if raw, ok := value.([]byte); ok {
		r.header.Set("Content-Type", "application/octet-stream")
		r.body = raw
		return r
	}
	s.mu.Lock() // contents are shared with the rooms
	defer s.mu.Unlock()
	r.body, err = json.Marshal(value)
	if err != nil {
		panic(err) // only maps of JSON values get here
	}
	return r
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
