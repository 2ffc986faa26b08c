package hs

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Options say how a [Server] behaves. The zero value of each field is usable
// except for Name and Appservice.
type Options struct {
	Name        string // server name: the part of IDs after the colon
	Appservice  Appservice
	RoomVersion string // "11" (default) or "12" (room IDs without a domain)
	Seed        uint64 // event and room IDs follow from it
	Now         func() time.Time

	// Fault decides what goes wrong with a request; nil: nothing.
	Fault func(Call) Fault
	// PushFault decides what goes wrong with a transaction; nil: nothing.
	PushFault func(Push) PushFault
	// Backoff is the pause after the n-th failed attempt (from 1) of a
	// transaction; nil: Synapse's 2, 4 … 512 s.
	Backoff func(n int) time.Duration
	// PerEvent makes one transaction of every event, as Synapse does while it
	// catches up after a downtime of the appservice.
	PerEvent bool

	// Admin is the localpart of a user who may use the admin API; "": nobody.
	Admin string
	// MaxUpload is how large an upload may be, in bytes; 0: 50 MB.
	MaxUpload int64
}

// Appservice is the registration.
type Appservice struct {
	ID      string
	Token   string         // what the appservice shows us
	HSToken string         // what we show the appservice
	Sender  string         // localpart of the appservice's own user
	Users   *regexp.Regexp // the exclusive namespace, matched against whole user IDs
	// URL is where transactions go; with Handler set only its path is used.
	URL string
	// Handler gets transactions without a network; nil: HTTP to URL.
	Handler http.Handler
}

// Server is the homeserver. All methods may be called from any goroutine.
type Server struct {
	opts   Options
	routes []route

	mu      sync.Mutex
	users   map[string]*user
	tokens  map[string]string // access token → user ID, for people who use HTTP
	rooms   map[string]*room
	order   []string // room IDs in order of making
	events  map[string]*Event
	media   map[string]*File
	txns    map[string]any // answers by transaction key, lost at Restart
	lasting map[string]any // those with a device, kept for ever
	calls   map[string]int // requests by route, for Fault and Calls
	changed chan struct{}  // closed and replaced when anything happens
	made    uint64
	down    bool
	push    *pusher
	fast    *Fast
	closed  chan struct{}
	wait    sync.WaitGroup
}

type user struct {
	id      string
	name    string
	avatar  string
	devices map[string]*device
	data    map[string]any // account data and filters
	signing map[string]any // cross-signing keys
	ended   bool           // deactivated
}

type device struct {
	keys     any
	otk      map[string]any
	fallback map[string]any
	inbox    []toDevice
}

type toDevice struct {
	n     int64
	event map[string]any
}

// New makes a server. Transactions begin with [Server.Start].
func New(o Options) *Server {
	if o.RoomVersion == "" {
		o.RoomVersion = "11"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		opts: o, users: map[string]*user{}, tokens: map[string]string{}, rooms: map[string]*room{},
		events: map[string]*Event{}, media: map[string]*File{}, txns: map[string]any{}, lasting: map[string]any{},
		calls: map[string]int{}, changed: make(chan struct{}), closed: make(chan struct{}),
	}
	s.routes = routes()
	s.push = newPusher(s)
	s.addUser(s.userID(o.Appservice.Sender))
	return s
}

// Start begins to push transactions to the appservice.
func (s *Server) Start() {
	s.wait.Add(1)
	go func() {
		defer s.wait.Done()
		s.push.run()
	}()
}

// Close stops pushing and closes listeners; it waits for both.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// Restart forgets what Synapse forgets when it is restarted: transaction IDs
// that came without a device.
func (s *Server) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.txns)
}

// SetDown makes the server refuse all connections and push nothing, or ends that.
func (s *Server) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	s.bump()
}

// SetAppservice says anew where the appservice is: after it was restarted.
func (s *Server) SetAppservice(url string, handler http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Appservice.URL, s.opts.Appservice.Handler = url, handler
	s.bump()
}

// Calls returns how many requests each route has had, e.g. "PUT
// rooms/*/send/*/*": what a bridge costs its homeserver.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.calls))
	for k, v := range s.calls {
		out[k] = v
	}
	return out
}

// Changed returns a channel that is closed at the next change of anything.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Server) bump() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) userID(localpart string) string { return "@" + localpart + ":" + s.opts.Name }

func (s *Server) addUser(id string) *user {
	u := &user{id: id, devices: map[string]*device{}, data: map[string]any{}}
	s.users[id] = u
	return u
}

// ours says whether a user is the appservice's.
func (s *Server) ours(user string) bool {
	return user == s.userID(s.opts.Appservice.Sender) ||
		s.opts.Appservice.Users != nil && s.opts.Appservice.Users.MatchString(user)
}

// name returns 43 characters that no other call returned: a SHA-256 in
// unpadded base64url, as event IDs and v12 room IDs are.
func (s *Server) name(kind string) string {
	s.made++
	var seed [16]byte
	binary.LittleEndian.PutUint64(seed[:], s.opts.Seed)
	binary.LittleEndian.PutUint64(seed[8:], s.made)
	sum := sha256.Sum256(append([]byte(kind), seed[:]...))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *Server) roomID() string {
	if s.opts.RoomVersion == "12" {
		return "!" + s.name("room")
	}
	letters := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' {
			return 'x'
		}
		return r
	}, s.name("room")[:18])
	return "!" + letters + ":" + s.opts.Name
}

// apiError is an error as the client-server API has it.
type apiError struct {
	status int
	code   string
	text   string
	retry  time.Duration
}

func (e *apiError) Error() string { return fmt.Sprintf("HTTP %d %s: %s", e.status, e.code, e.text) }

func forbidden(format string, args ...any) error {
	return &apiError{status: http.StatusForbidden, code: "M_FORBIDDEN", text: fmt.Sprintf(format, args...)}
}

func notFound(what string) error {
	return &apiError{status: http.StatusNotFound, code: "M_NOT_FOUND", text: what + " not found"}
}

func bad(code, format string, args ...any) error {
	return &apiError{status: http.StatusBadRequest, code: code, text: fmt.Sprintf(format, args...)}
}

// EventID makes an event ID of the usual look for events that no server made:
// the same for the same salt and number.
func EventID(salt string, n int) string {
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte(salt), uint64(n)))
	return "$" + base64.RawURLEncoding.EncodeToString(sum[:])
}
