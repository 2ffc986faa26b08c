// Package inside runs the bridge inside a test or benchmark process, with a
// real database and no program around it: what cmd/silta wires, with seams for
// a homeserver in memory, for crashes at commits, and for people and
// conversations that are simply there.
package inside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
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

// Names that the homeserver and the bridge share.
const (
	Domain  = "example.org"
	Token   = "inside-as-token"
	HSToken = "inside-hs-token"
	Bot     = "@silta:" + Domain
)

// Appservice is the registration as dev/hs wants it.
func Appservice() hs.Appservice {
	return hs.Appservice{
		ID: "silta", Token: Token, HSToken: HSToken, Sender: "silta_appservice",
		Users: regexp.MustCompile(`^@silta(_.*)?:example\.org$`),
	}
}

// Options say how the bridge is run.
type Options struct {
	Dir       string            // of the database and its key; made before
	URL       string            // of the homeserver; with Transport set it may be empty
	Transport http.RoundTripper // to the homeserver; nil: the network
	Staff     []string
	Log       io.Writer // nil: nowhere
	// Now is the bridge's clock; nil: the time.
	Now func() time.Time
	// Store has more to say of the store; DSN and Keys are filled in.
	Store store.Options
	// Before fills the database before the bridge starts; nil: nothing.
	Before func(context.Context, *store.Store) error
}

// Inside is one running bridge.
type Inside struct {
	Store  *store.Store
	Bridge *bridge.Bridge
	Config *config.Config

	cancel context.CancelFunc
	done   chan error
}

// Config is the configuration that Start uses.
func Config(o Options) *config.Config {
	c := config.Default()
	c.Homeserver = config.Homeserver{Address: o.URL, Domain: Domain}
	if o.URL == "" {
		c.Homeserver.Address = "http://" + Domain
	}
	c.Encryption = config.EncryptionOff // what people say here is plain, so that it can be compared
	c.InitialStaff = o.Staff
	c.MentorCapacity = 1 << 20
	c.Programmes.Mentoring.Mentors = config.Mentors{CardApproval: true} // nobody is trained here
	c.Programmes.Mentoring.PerMinute = 0                                // they write as fast as they can
	c.Database.DSN = filepath.Join(o.Dir, "silta.db")
	c.KeyFile = filepath.Join(o.Dir, "silta.key")
	return c
}

// Start opens the database and runs the bridge.
func Start(o Options) (*Inside, error) {
	i, err := Open(o)
	if err != nil {
		return nil, err
	}
	if o.Before != nil {
		err = o.Before(context.Background(), i.Store)
	}
	if err == nil {
		err = i.run(o)
	}
	if err != nil {
		return nil, errors.Join(err, i.Store.Close())
	}
	return i, nil
}

// Open opens the database only, for what must be there before the start.
func Open(o Options) (*Inside, error) {
	c := Config(o)
	if _, err := os.Stat(c.KeyFile); errors.Is(err, os.ErrNotExist) {
		if err := store.NewKeyFile(c.KeyFile); err != nil {
			return nil, fmt.Errorf("key file: %w", err)
		}
	}
	keys, err := store.LoadKeyring(c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	o.Store.DSN, o.Store.Keys = c.Database.DSN, keys
	s, err := store.Open(context.Background(), o.Store)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &Inside{Store: s, Config: c}, nil
}

func (i *Inside) run(o Options) error {
	words, err := locale.Load(time.UTC)
	if err != nil {
		return fmt.Errorf("language files: %w", err)
	}
	log := zerolog.Nop()
	if o.Log != nil {
		log = zerolog.New(o.Log)
	}
	i.Bridge = bridge.New(bridge.Options{
		Config: i.Config, Store: i.Store, Now: o.Now, Bot: bot.New(words, bot.Settings{}), Log: log, Meter: silent{},
		OneTime:      onetime.Codes{},
		Guard:        text.NewGuard(text.Settings{}),
		Registration: &appservice.Registration{ID: "silta", AppToken: Token, ServerToken: HSToken, SenderLocalpart: "silta_appservice"},
		Transport:    o.Transport, Listener: newQuietListener(),
	})
	var ctx context.Context
	ctx, i.cancel = context.WithCancel(context.Background())
	i.done = make(chan error, 1)
	go func() { i.done <- i.Bridge.Run(ctx) }()
	return nil
}

// Stop ends the bridge and closes the database.
func (i *Inside) Stop() error {
	var err error
	if i.cancel != nil {
		i.cancel()
		err = <-i.done
	}
	return errors.Join(err, i.Store.Close())
}

// Handler takes transactions.
func (i *Inside) Handler() http.Handler { return i.Bridge.Handler() }

// silent is a bridge.Meter that counts nothing.
type silent struct{}

func (silent) Received(string, int)       {}
func (silent) Step(string, time.Duration) {}
func (silent) Sent(string, time.Duration) {}
func (silent) SendError(string)           {}
func (silent) Fault(string)               {}
func (silent) Refused(string)             {}
func (silent) SetAside(string)            {}
func (silent) Media(string, int64)        {}

// quietListener is a listener to which nobody comes: transactions are handed to
// the handler. It waits on a channel, so that a simulated clock can go on.
type quietListener struct{ closed chan struct{} }

func newQuietListener() *quietListener { return &quietListener{make(chan struct{})} }

func (l *quietListener) Accept() (net.Conn, error) {
	<-l.closed
	return nil, net.ErrClosed
}

func (l *quietListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *quietListener) Addr() net.Addr { return &net.TCPAddr{} }

// Seed puts people and a conversation straight into the database: for the
// benchmarks, in which nobody joins.
type Seed struct {
	Mentor, Mentee string // Matrix IDs
	Alias          string
	// Rooms: of the mentee's and the mentor's leg.
	MenteeRoom, MentorRoom   string
	MenteeGhost, MentorGhost string // localparts
}

// Talk makes the conversation of a Seed, open and with both in their legs.
func Talk(tx *store.Tx, seed Seed, now time.Time) (*mentoring.Conversation, error) {
	c := &mentoring.Conversation{
		Kind: mentoring.KindMentoring, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
		State: mentoring.Open, Created: now, LastTalk: now,
	}
	for n, address := range []string{seed.Mentee, seed.Mentor} {
		p, err := participant(tx, address, seed.Alias, n, now)
		if err != nil {
			return nil, err
		}
		c.Participants = append(c.Participants, p)
	}
	if err := tx.PutConversation(c); err != nil {
		return nil, err
	}
	rooms := []string{seed.MenteeRoom, seed.MentorRoom}
	for n, ghost := range []string{seed.MenteeGhost, seed.MentorGhost} {
		p := c.Participants[n]
		err := tx.PutRoom(&store.Room{
			Kind: store.RoomLeg, Owner: int64(p.ID), Matrix: rooms[n], State: store.RoomJoined, Marker: rooms[n],
			Reader: Bot, Conversation: c.ID, Number: p.Number, Changed: now,
		})
		if err != nil {
			return nil, err
		}
		if err := tx.PutGhost(&store.Ghost{Participant: p.ID, Localpart: ghost, Ready: true}); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func participant(tx *store.Tx, address, alias string, n int, now time.Time) (mentoring.Participant, error) {
	role := []mentoring.Role{mentoring.Mentee, mentoring.Mentor}[n]
	m, err := tx.MemberByAddress(address)
	if errors.Is(err, mentoring.ErrNotFound) {
		m = mentoring.Member{Address: address, Language: "en", Alias: alias, Join: mentoring.JoinDone, Consent: 1, ConsentAt: now, Created: now}
		err = tx.PutMember(&m)
	}
	if err != nil {
		return mentoring.Participant{}, err
	}
	all, err := tx.Memberships(m.ID)
	if err != nil {
		return mentoring.Participant{}, err
	}
	if len(all) == 0 {
		all = []mentoring.Membership{{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
			Role: role, State: mentoring.Active, Created: now, FirstMessage: now}}
		if err := tx.PutMembership(&all[0]); err != nil {
			return mentoring.Participant{}, err
		}
	}
	return mentoring.Participant{Number: n + 1, Member: m.ID, Membership: all[0].ID, Role: role, Alias: alias, Presence: mentoring.Here}, nil
}
