package bridge_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/appservice"

	"silta/bot"
	"silta/bridge"
	"silta/config"
	"silta/dev/hs"
	"silta/locale"
	"silta/mentoring"
	"silta/onetime"
	"silta/store"
	"silta/text"
)

// world is a homeserver, a bridge, and people.
type world struct {
	t      *testing.T
	hs     *hs.Server
	store  *store.Store
	bridge *bridge.Bridge
	dsn    string
	keys   *store.Keyring
	meter  *meter
	stop   func()

	mu    sync.Mutex
	fault func(hs.Call) hs.Fault
	// answer takes the place of the homeserver's, where it is not nil.
	answer func(*http.Request) *http.Response

	skew    atomic.Int64               // how far the service's clock is ahead, in nanoseconds
	crash   func(committed bool) error // asked around each commit of the store, as its CommitHook
	crashed atomic.Bool                // it said so
	crypto  func(*bridge.Bridge) error // done before each run
	people  bridge.Accounts            // who makes people's own accounts
	prepare func(*config.Config)       // changes the settings before each run
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

// commit is the hook of the store.
func (w *world) commit(_ int64, committed bool) error {
	if w.crash == nil {
		return nil
	}
	err := w.crash(committed)
	if err != nil {
		w.crashed.Store(true)
	}
	return err
}

// meter keeps what was counted, by name.
type meter struct {
	mu     sync.Mutex
	counts map[string]int
}

func (m *meter) add(name string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name] += n
}

func (m *meter) count(name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts[name]
}

func (m *meter) Received(kind string, n int)       { m.add("received "+kind, n) }
func (m *meter) Step(kind string, _ time.Duration) { m.add("step "+kind, 1) }
func (m *meter) Sent(kind string, _ time.Duration) { m.add("sent "+kind, 1) }
func (m *meter) SendError(class string)            { m.add("send error "+class, 1) }
func (m *meter) Fault(lane string)                 { m.add("fault "+lane, 1) }
func (m *meter) Refused(key string)                { m.add("refused "+key, 1) }
func (m *meter) SetAside(lane string)              { m.add("aside "+lane, 1) }
func (m *meter) Media(kind string, _ int64)        { m.add("media "+kind, 1) }

const domain = "test"

func newWorld(t *testing.T, prepare ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, meter: &meter{counts: map[string]int{}}, dsn: filepath.Join(t.TempDir(), "silta.db")}
	key := filepath.Join(t.TempDir(), "key")
	if err := store.NewKeyFile(key); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.keys, err = store.LoadKeyring(key); err != nil {
		t.Fatal(err)
	}
	w.hs = hs.New(hs.Options{
		Name: domain, Seed: 1, Admin: "silta", Now: w.now,
		Appservice: hs.Appservice{ID: "silta", Token: "as", HSToken: "hs", Sender: "silta-appservice", Users: regexp.MustCompile(`^@silta(_.*)?:test$`)},
		Backoff:    func(int) time.Duration { return 20 * time.Millisecond },
		Fault: func(c hs.Call) hs.Fault {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.fault == nil {
				return hs.Fault{}
			}
			return w.fault(c)
		},
	})
	for _, do := range prepare {
		do(w)
	}
	w.start()
	w.hs.Start()
	t.Cleanup(func() { w.stop(); w.hs.Close() })
	return w
}

func (w *world) breakIt(fault func(hs.Call) hs.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

// start opens the store and runs a bridge over it; w.stop ends both.
func (w *world) start() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := store.Open(ctx, store.Options{DSN: w.dsn, Keys: w.keys, Now: w.now, CommitHook: w.commit})
	if err != nil {
		w.t.Fatal(err)
	}
	catalogue, err := locale.Load(time.UTC)
	if err != nil {
		w.t.Fatal(err)
	}
	c := config.Default()
	c.Homeserver = config.Homeserver{Address: "http://homeserver.test", Domain: domain}
	c.DefaultLanguage = "en"
	c.Programmes.Mentoring.PerMinute = 0 // tests write as fast as they can
	if w.prepare != nil {
		w.prepare(c)
	}
	c.Programmes.Mentoring.Mentors = config.Mentors{CardApproval: true} // nobody is trained here
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = s
	w.bridge = bridge.New(bridge.Options{
		Config: c, Store: s, Bot: bot.New(catalogue, bot.Settings{}), Log: zerolog.New(zerolog.NewTestWriter(w.t)).Level(zerolog.WarnLevel),
		Registration: &appservice.Registration{ID: "silta", AppToken: "as", ServerToken: "hs", SenderLocalpart: "silta-appservice"},
		Now:          w.now, Accounts: w.people,
		OneTime: onetime.Codes{},
		Guard:   text.NewGuard(text.Settings{Numbers: []string{"09 2525 0111"}}),
		Danger:  text.NewDanger(catalogue.Danger()),
		Meter:   w.meter, Listener: listener, Transport: w.between(w.hs.Link()),
	})
	if w.crypto != nil {
		if err := w.crypto(w.bridge); err != nil {
			w.t.Fatal(err)
		}
	}
	w.hs.SetAppservice("http://bridge.test", w.bridge.Handler())
	done := make(chan error, 1)
	go func() { done <- w.bridge.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
		if err := s.Close(); err != nil && !w.crashed.Load() {
			w.t.Errorf("close: %v", err)
		}
	})
	w.until("the bridge is ready", func() bool { return w.bridge.Ready() == nil })
}

// until waits for something to become so.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			w.t.Fatalf("waited in vain until %s; counted: %v", what, w.meter.counts)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (w *world) do(use func(*mentoring.Act) error) {
	w.t.Helper()
	if err := w.bridge.Do(context.Background(), use); err != nil {
		w.t.Fatal(err)
	}
}

// talker is a person in one conversation.
type talker struct {
	*hs.Person
	alias string
	room  string
	id    mentoring.ParticipantID
}

// talk makes people and a conversation of them that is going on, and lets those
// who come accept the invitation.
func (w *world) talk(names ...string) []*talker {
	w.t.Helper()
	people := make([]*talker, 0, len(names))
	var c *mentoring.Conversation
	w.do(func(a *mentoring.Act) error {
		people = people[:0]
		c = &mentoring.Conversation{Kind: mentoring.KindJoint, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
			State: mentoring.Open, Created: a.Now, LastTalk: a.Now}
		for i, name := range names {
			p := &talker{Person: w.hs.Person("real-" + name), alias: "Alias-" + name}
			m := mentoring.Member{Address: p.ID, Language: "en", Alias: p.alias, Join: mentoring.JoinDone, Consent: 1, Created: a.Now}
			if err := a.Tx.PutMember(&m); err != nil {
				return err
			}
			s := mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: mentoring.Mentee, State: mentoring.Active, Created: a.Now}
			if err := a.Tx.PutMembership(&s); err != nil {
				return err
			}
			c.Participants = append(c.Participants, mentoring.Participant{
				Number: i + 1, Member: m.ID, Membership: s.ID, Role: mentoring.Mentee, Alias: p.alias, Presence: mentoring.Asked,
			})
			people = append(people, p)
		}
		if err := a.Tx.PutConversation(c); err != nil {
			return err
		}
		for i := range c.Participants {
			people[i].id = c.Participants[i].ID
			a.Do(mentoring.OpenLeg{Participant: c.Participants[i].ID})
		}
		return nil
	})
	for _, p := range people {
		w.invited(p)
	}
	return people
}

// invited waits until a person has been asked into their leg.
func (w *world) invited(p *talker) {
	w.t.Helper()
	w.until("somebody is asked in", func() bool {
		for _, room := range p.Rooms("invite") {
			if w.isLeg(room) {
				p.room = room
				return true
			}
		}
		return false
	})
}

func (w *world) isLeg(matrix string) (is bool) {
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		room, err := tx.RoomByMatrix(matrix)
		is = room.Kind == store.RoomLeg
		return err
	})
	return err == nil && is
}

func (w *world) join(people ...*talker) {
	w.t.Helper()
	for _, p := range people {
		if err := p.Join(p.room); err != nil {
			w.t.Fatal(err)
		}
		w.until("the bridge knows that somebody joined", func() bool { return w.legState(p) == store.RoomJoined })
	}
}

func (w *world) legState(p *talker) (state store.RoomState) {
	w.t.Helper()
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		room, err := tx.RoomOf(store.RoomLeg, int64(p.id))
		state = room.State
		return err
	})
	if err != nil {
		return store.RoomGone
	}
	return state
}

// said waits until a person sees these bodies, and no others, of the ghosts.
func (w *world) sees(p *talker, bodies ...string) []hs.Message {
	w.t.Helper()
	var got []hs.Message
	ok := func() bool {
		got = got[:0]
		for _, m := range p.View(p.room) {
			if m.Sender != p.ID && m.Kind != "m.notice" {
				got = append(got, m)
			}
		}
		if len(got) != len(bodies) {
			return false
		}
		for i := range got {
			if got[i].Body != bodies[i] {
				return false
			}
		}
		return true
	}
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s sees %s, want %q", p.alias, describe(got), bodies)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return got
}

func describe(list []hs.Message) string {
	out := ""
	for _, m := range list {
		out += fmt.Sprintf("[%s %s: %q] ", m.Kind, m.Sender, m.Body)
	}
	return out
}

// told waits until the bot has said a line in a person's leg that contains a text.
func (w *world) told(p *talker, pattern string) {
	w.t.Helper()
	match := regexp.MustCompile(pattern)
	w.until("the bot says "+pattern, func() bool {
		for _, m := range p.View(p.room) {
			if m.Sender == "@silta:test" && match.MatchString(m.Body) {
				return true
			}
		}
		return false
	})
}
