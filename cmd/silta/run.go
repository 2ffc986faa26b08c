package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/appservice"

	"silta/bot"
	"silta/bridge"
	"silta/bridge/machine"
	"silta/config"
	"silta/locale"
	"silta/mentoring"
	"silta/onetime"
	"silta/store"
	"silta/text"
	"silta/web"
)

type runCommand struct{}

// Run runs the service until it is told to end.
func (runCommand) Run(s *surroundings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	debug.SetGCPercent(bridge.GCPercent)
	log := newLog(c, s.err)
	progress := newProgress(s.err)
	p, err := NewProgram(ProgramOptions{Config: c, Lookup: s.lookup, Log: log, Progress: progress.show})
	if err != nil {
		return err
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case <-hangup:
				reload(s, p, log)
			case <-done:
				return
			}
		}
	}()
	log.Info().Str("version", programVersion()).Msg("starting")
	err = errors.Join(p.Run(s.ctx), p.Close())
	progress.close()
	if err == nil {
		log.Info().Msg("stopped")
	}
	return err
}

// reload reads the settings again: what can be is taken over, the rest is said.
func reload(s *surroundings, p *Program, log zerolog.Logger) {
	next, err := s.load()
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			log.Error().Str("fault", strings.TrimSpace(line)).Msg("the settings were not taken over")
		}
		return
	}
	applied, restart := p.Reload(next)
	setLevel(next)
	log.Info().Strs("applied", applied).Strs("need_restart", restart).Msg("settings read again")
}

// newLog writes to out, as JSON or for a person to read.
func newLog(c *config.Config, out io.Writer) zerolog.Logger {
	setLevel(c)
	if c.Log.Format == "text" || c.Log.Format == "auto" && isTerminal(out) {
		out = zerolog.ConsoleWriter{Out: out, TimeFormat: time.DateTime, NoColor: !isTerminal(out)}
	}
	return zerolog.New(out).With().Timestamp().Logger()
}

func setLevel(c *config.Config) {
	if level, err := zerolog.ParseLevel(c.Log.Level); err == nil {
		zerolog.SetGlobalLevel(level)
	}
}

// ProgramOptions are what a Program is made of.
type ProgramOptions struct {
	Config   *config.Config
	Lookup   func(string) (string, bool) // the environment, for the key
	Log      zerolog.Logger
	Progress func(stage string, done, total int64) // of a migration; nil: silent
	Now      func() time.Time                      // nil: time.Now
}

// Program is the whole service, wired. Its listeners are open once it is made:
// with port 0 in the settings, [Program.Addresses] tells what they got.
type Program struct {
	o            ProgramOptions
	registration *appservice.Registration
	keys         *store.Keyring
	words        *locale.Catalogue
	accounts     bridge.Accounts
	metrics      *web.Metrics
	listener     net.Listener // for the homeserver
	health       net.Listener
	public       net.Listener // for the page; nil: there is none

	bridge atomic.Pointer[bridge.Bridge]
	store  atomic.Pointer[store.Store]

	mu      sync.Mutex
	running *config.Config // the settings in force
}

// NewProgram reads what the settings name and opens the listeners; nothing is
// asked of the database or the homeserver yet.
func NewProgram(o ProgramOptions) (_ *Program, err error) {
	p := &Program{o: o, running: o.Config}
	if p.registration, err = loadRegistration(o.Config.AppService.Registration); err != nil {
		return nil, fmt.Errorf("%w\n`silta registration` writes one", err)
	}
	if faults := registrationFaults(p.registration, o.Config); len(faults) > 0 {
		return nil, fmt.Errorf("%s does not fit the settings: %s\n`silta registration --force` writes it anew; the homeserver must then get the new file",
			o.Config.AppService.Registration, strings.Join(faults, "; "))
	}
	if p.keys, err = loadKeys(o.Config, o.Lookup); err != nil {
		return nil, err
	}
	if p.words, err = locale.Load(o.Config.Location()); err != nil {
		return nil, fmt.Errorf("language files: %w", err)
	}
	for _, topic := range o.Config.Topics {
		if _, own := o.Config.TopicWords[topic]; !own && !p.words.Has("topic."+topic) {
			return nil, fmt.Errorf("topics: there are no words for %q; write them into topic_words", topic)
		}
	}
	if p.accounts, err = newPeople(o.Config); err != nil {
		return nil, err
	}
	p.metrics = web.NewMetrics(programVersion(), p.lanes)
	var config net.ListenConfig
	if p.listener, err = config.Listen(context.Background(), "tcp", o.Config.AppService.Listen); err != nil {
		return nil, fmt.Errorf("appservice.listen: %w", err)
	}
	if p.health, err = config.Listen(context.Background(), "tcp", o.Config.Health.Listen); err != nil {
		return nil, errors.Join(fmt.Errorf("health.listen: %w", err), p.listener.Close())
	}
	if o.Config.Web.Listen == "" {
		return p, nil
	}
	if p.public, err = config.Listen(context.Background(), "tcp", o.Config.Web.Listen); err != nil {
		return nil, errors.Join(fmt.Errorf("web.listen: %w", err), p.listener.Close(), p.health.Close())
	}
	return p, nil
}

// Addresses are those that the homeserver and the health check can use.
func (p *Program) Addresses() (appservice, health net.Addr) {
	return p.listener.Addr(), p.health.Addr()
}

// Run opens the database, bringing it to this version's schema, and works until
// ctx ends; it then finishes what is under way, within ten seconds. The health
// listener answers from the beginning.
func (p *Program) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	handler := (&web.Health{Version: programVersion(), Ready: p.Ready, Metrics: p.metrics}).Handler()
	go func() {
		served <- web.Serve(ctx, p.health, handler)
		cancel() // a service whose health nobody can see does not go on
	}()
	err := p.work(ctx)
	cancel()
	return errors.Join(err, <-served)
}

// guardSettings are what the contact guard lets pass: the numbers that everybody
// may tell, and the domains of the programme.
func guardSettings(c *config.Config) text.Settings {
	s := text.Settings{Domains: c.Programmes.Mentoring.Guard.Domains}
	for _, line := range c.CrisisLines {
		s.Numbers = append(s.Numbers, line.Number)
	}
	for _, help := range c.YoungerHelp {
		s.Numbers = append(s.Numbers, help)
	}
	return s
}

func (p *Program) work(ctx context.Context) error {
	db, err := store.Open(ctx, store.Options{
		DSN: p.o.Config.Database.DSN, Keys: p.keys, Now: p.o.Now, Progress: p.o.Progress, Committed: p.metrics.Committed,
	})
	if err != nil && ctx.Err() != nil {
		return nil // told to end before it began; a migration goes on at the next start
	}
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	p.store.Store(db)
	p.mu.Lock() // a reload meanwhile is not lost
	b := bridge.New(bridge.Options{
		Config: p.running, Store: db, Bot: bot.New(p.words, botSettings(p.o.Config)),
		Search: text.Search{}, OneTime: onetime.Codes{}, Guard: text.NewGuard(guardSettings(p.o.Config)), Danger: text.NewDanger(p.words.Danger()),
		Registration: p.registration, Accounts: p.accounts, Log: p.o.Log, Meter: p.metrics, Now: p.o.Now, Listener: p.listener,
	})
	p.bridge.Store(b)
	p.mu.Unlock()
	if p.o.Config.Encrypted() {
		if err = b.UseEncryption(ctx, machine.DSN(p.o.Config.Database.DSN), p.keys); err != nil {
			return err
		}
	} else {
		p.o.Log.Warn().Msg("encryption is off: everything people write is plain text for the homeserver")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	shown, err := p.showPage(ctx, cancel, db)
	if err != nil {
		return err
	}
	defer shown()
	go func() {
		select {
		case <-db.Failed():
			cancel()
		case <-ctx.Done():
		}
	}()
	err = b.Run(ctx)
	select {
	case <-db.Failed():
		return errors.Join(errors.New("database: the connection that owned it is lost; start again"), err)
	default:
		return err
	}
}

// Close gives everything back; call it after Run has returned.
func (p *Program) Close() error {
	// Run closed them, unless it did not come so far.
	_, _ = p.listener.Close(), p.health.Close()
	if p.public != nil {
		_ = p.public.Close()
	}
	if db := p.store.Load(); db != nil {
		return db.Close()
	}
	return nil
}

// Ready says why messages cannot be carried now; nil when they can.
func (p *Program) Ready(ctx context.Context) error {
	db, b := p.store.Load(), p.bridge.Load()
	if db == nil || b == nil {
		return errors.New("starting")
	}
	if err := db.Ping(ctx); err != nil {
		p.o.Log.Error().Err(err).Msg("the database cannot be written")
		return errors.New("the database cannot be written")
	}
	return b.Ready()
}

// Reload takes over what can be of new settings and says what was and what
// needs a restart.
func (p *Program) Reload(next *config.Config) (applied, needRestart []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	applied, needRestart = config.Changes(p.running, next)
	p.running = config.Reloaded(p.running, next)
	if b := p.bridge.Load(); b != nil {
		b.Reload(p.running)
	}
	return applied, needRestart
}

// lanes is the state of the queue for the metrics.
func (p *Program) lanes(ctx context.Context) ([]web.Lane, error) {
	db := p.store.Load()
	if db == nil {
		return nil, errors.New("starting")
	}
	stats, err := db.QueueStats(ctx)
	lanes := make([]web.Lane, len(stats))
	for i, s := range stats {
		lanes[i] = web.Lane{Kind: laneName(s.Kind), State: stateName(s.State), Rows: s.Rows, Lanes: s.Lanes, Oldest: s.Oldest}
	}
	return lanes, err
}

func laneName(kind store.LaneKind) string {
	switch kind {
	case store.LaneIn:
		return "in"
	case store.LaneKeys:
		return "keys"
	case store.LaneOut:
		return "out"
	case store.LaneRoom:
		return "room"
	case store.LaneWork:
		return "work"
	default:
		return "other"
	}
}

func stateName(state store.RowState) string {
	switch state {
	case store.RowReady:
		return "ready"
	case store.RowHeld:
		return "held"
	case store.RowAside:
		return "aside"
	default:
		return "other"
	}
}

// botSettings are the operator's values for the bot's texts.
func botSettings(c *config.Config) bot.Settings {
	s := bot.Settings{
		ServiceName: c.ServiceName, Location: c.Location(),
		CrisisLines: map[mentoring.Language]string{}, YoungerHelp: map[mentoring.Language]string{},
		Topics: map[string]map[mentoring.Language]string{},
	}
	for _, l := range c.Languages {
		language := mentoring.Language(l)
		var lines []string
		for _, line := range c.CrisisLines {
			lines = append(lines, line.Name.In(l)+" "+line.Number)
		}
		s.CrisisLines[language] = strings.Join(lines, "\n")
		s.YoungerHelp[language] = c.YoungerHelp.In(l)
		for topic, words := range c.TopicWords {
			if s.Topics[topic] == nil {
				s.Topics[topic] = map[mentoring.Language]string{}
			}
			s.Topics[topic][language] = words.In(l)
		}
	}
	p := &c.Programmes.Mentoring
	for _, step := range p.Guide.Steps {
		s.Guide = append(s.Guide, inAll(c, step))
	}
	s.GuideVideo = inAll(c, p.Guide.Video)
	s.FeedbackForm = inAll(c, p.Questions.Form)
	for _, one := range p.Services {
		s.Services = append(s.Services, bot.Service{Topics: one.Topics, Text: inAll(c, one.Text)})
	}
	return s
}

// inAll gives a text in every language that is offered.
func inAll(c *config.Config, words config.Words) map[mentoring.Language]string {
	all := map[mentoring.Language]string{}
	for _, l := range c.Languages {
		all[mentoring.Language(l)] = words.In(l)
	}
	return all
}
