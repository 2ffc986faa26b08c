package bridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/id"

	"silta/bot"
	"silta/bridge/machine"
	"silta/config"
	"silta/mentoring"
	"silta/store"
)

// Meter counts what happens. No method takes anything that stands for a person
// or a room.
type Meter interface {
	Received(kind string, n int)          // queue rows made from what came in
	Step(kind string, took time.Duration) // one lane's batch
	Sent(kind string, took time.Duration) // one request that sent something
	SendError(class string)               // transient, refused, tripwire
	Fault(lane string)                    // a row that could not be handled
	Refused(key string)                   // text key of the refusal
	SetAside(lane string)                 // given up
	Media(kind string, bytes int64)       // a file was made anew and uploaded
}

// GCPercent is the garbage collector's setting that the program runs with: the
// live heap is a few megabytes, so collecting at every doubling of it took a
// tenth of the time of a relayed message (measured).
const GCPercent = 800

// Options is what a Bridge is made of.
type Options struct {
	Config       *config.Config
	Store        *store.Store
	Bot          *bot.Bot
	Search       mentoring.Searcher    // nil: words are met as they are written
	OneTime      mentoring.OneTime     // of staff
	Guard        mentoring.Guard       // nil: contacts are not looked for
	Danger       mentoring.DangerWords // nil: danger is not looked for
	Registration *appservice.Registration
	Accounts     Accounts // nil: nobody gets an account here
	Log          zerolog.Logger
	Meter        Meter
	Now          func() time.Time // nil: time.Now
	// Listener takes the place of Config.AppService.Listen, Transport that of
	// the connection to the homeserver; for tests.
	Listener  net.Listener
	Transport http.RoundTripper
}

// Bridge is the running bridge of one service.
type Bridge struct {
	store        *store.Store
	bot          *bot.Bot
	accounts     Accounts
	registration *appservice.Registration
	hs           *homeserver
	log          zerolog.Logger
	meter        Meter
	now          func() time.Time
	config       atomic.Pointer[config.Config] // what a reload replaces
	ruleset      atomic.Pointer[mentoring.Rules]
	listener     net.Listener
	listen       string

	botID       id.UserID
	botName     string
	search      mentoring.Searcher
	oneTime     mentoring.OneTime
	guard       mentoring.Guard
	ghostPrefix string
	serviceName string
	staff       []string
	wording     sync.Mutex // see words.go

	gaps gaps
	// suspect: the homeserver may have been restarted, see missed.go.
	suspect atomic.Bool
	missing chan struct{} // one question at a time
	lanes   *scheduler
	files   *files
	exports *Exports
	pace    mentoring.Pace
	told    told
	signs   *signs
	reports *Exports // of figures
	duties  *Exports // child-welfare summaries
	routes  routes
	bars    bars
	danger  mentoring.DangerWords
	helped  helped
	// dressing: one picture at a time of a ghost, see dress.go.
	dressing [64]chan struct{}
	// undressed: it has been said that the homeserver takes no pictures.
	undressed atomic.Bool
	ready     atomic.Bool
	// machines is nil where rooms are plain.
	machines *machine.Machines
	unread   atomic.Bool // rows may be aside for want of a key
	counted  sync.Map    // by device of the bot: the key counts that were said last
	// sweepOver is closed when incoming lanes begin, whatever waits to be sent.
	sweepOver chan struct{}
	// creatorsRule: rooms give the bot, who makes them, all power by themselves.
	creatorsRule atomic.Bool
	// troubled: the homeserver did not answer lately.
	troubled  atomic.Bool
	awaySince atomic.Int64 // when it first did not, as Unix ms; 0: it does
	device    atomic.Value // string: the bot's device
	pings     sync.Map     // ticket → chan struct{}, closed when the homeserver has called
}

// New prepares a bridge; nothing is asked of the homeserver yet.
func New(o Options) *Bridge {
	b := &Bridge{
		store: o.Store, bot: o.Bot, accounts: o.Accounts, registration: o.Registration, log: o.Log, meter: o.Meter, now: o.Now,
		listener: o.Listener, listen: o.Config.AppService.Listen,
		botID: id.UserID(o.Config.BotID()), botName: o.Config.BotName(),
		search: o.Search, oneTime: o.OneTime, guard: o.Guard, danger: o.Danger, ghostPrefix: o.Config.AppService.GhostPrefix, serviceName: o.Config.ServiceName, staff: o.Config.InitialStaff,
	}
	b.hs = newHomeserver(o.Config.Homeserver.Address, o.Config.Homeserver.Domain, o.Registration, o.Transport,
		func() { b.suspect.Store(true) })
	if b.now == nil {
		b.now = time.Now
	}
	b.Reload(o.Config)
	b.device.Store("")
	b.lanes = newScheduler(b.now)
	b.files = newFiles(b)
	b.signs = newSigns(b)
	b.exports, b.reports, b.duties = newExports(b.now), newExports(b.now), newExports(b.now)
	for i := range b.dressing {
		b.dressing[i] = make(chan struct{}, 1)
	}
	b.sweepOver = make(chan struct{})
	b.missing = make(chan struct{}, 1)
	b.store.OnReady(b.lanes.add)
	return b
}

// Reload takes over the settings that can be changed while running.
func (b *Bridge) Reload(c *config.Config) {
	b.config.Store(c)
	r := rules(c)
	r.Search = b.search
	r.Guard, r.OneTime = b.guard, b.oneTime
	r.GroupNames = b.bot.GroupNames(b.staffLanguage())
	b.ruleset.Store(r)
}

// rules are the domain's settings as they stand now.
func (b *Bridge) rules() *mentoring.Rules { return b.ruleset.Load() }

func rules(c *config.Config) *mentoring.Rules {
	return &mentoring.Rules{
		MinimumAge: c.MinimumAge, ConsentVersion: c.ConsentVersion, PlaceHeld: time.Duration(c.PlaceHeld),
		MentorCapacity: c.MentorCapacity, CodeLifetime: time.Duration(c.CodeLifetime),
		Retention: time.Duration(c.Retention.Conversations), RetentionNotice: time.Duration(c.Retention.Notice),
		JoiningRetention: time.Duration(c.Retention.Joining),
		QueueKept:        time.Duration(c.Retention.Queue), KeysKept: time.Duration(c.Retention.Keys),
		RegisteredRetention: time.Duration(c.Retention.Registered), InactiveRetention: time.Duration(c.Retention.Inactive),
		AuditReasons: time.Duration(c.Retention.Reasons), RemarkRetention: time.Duration(c.Retention.Remarks),
		Zone: c.Location(), Topics: c.Topics, StaffAlias: c.ServiceName,
		Language: mentoring.Language(c.DefaultLanguage),
		Programmes: map[mentoring.Programme]*mentoring.ProgrammeRules{
			mentoring.DefaultProgramme: programmeRules(&c.Programmes.Mentoring),
		},
	}
}

func spans(list []config.Duration) []time.Duration {
	all := make([]time.Duration, len(list))
	for i, d := range list {
		all[i] = d.Std()
	}
	return all
}

func programmeRules(p *config.Programme) *mentoring.ProgrammeRules {
	return &mentoring.ProgrammeRules{
		NeedGuide: p.Mentors.Guide, NeedTraining: p.Mentors.Training, NeedCheck: p.Mentors.BackgroundCheck,
		OnCall: onCallRules(&p.OnCall), ReviewAfter: p.ReviewAfter.Std(),
		DangerWords: p.DangerWords, DangerAgain: p.DangerAgain.Std(),
		Cases: caseRules(&p.Cases), RequireTotp: p.RequireTotp,
		FreeCards: !p.Mentors.CardApproval, AskWait: p.AskWait.Std(),
		ServiceCheck: p.ServiceAge.Std(),
		Carries: map[mentoring.Content]bool{
			mentoring.Images: p.Media.Images, mentoring.Voice: p.Media.Voice, mentoring.Audio: p.Media.Audio,
			mentoring.Video: p.Media.Video, mentoring.Files: p.Media.Files,
		},
		Guard: map[mentoring.Role]mentoring.GuardPolicy{
			mentoring.Mentee: mentoring.GuardPolicy(p.Guard.Mentee), mentoring.Mentor: mentoring.GuardPolicy(p.Guard.Mentor),
		},
		Supervision: mentoring.SupervisionRules{
			Every: p.Supervision.Every.Std(), Lasts: p.Supervision.Lasts.Std(), Missed: p.Supervision.Missed, Known: p.Supervision.Known,
			Reminders: spans(p.Supervision.Reminders),
		},
		Shows:     map[mentoring.Sign]bool{mentoring.Typing: p.Signs.Typing, mentoring.Reading: p.Signs.Reading},
		NewPerDay: p.NewPerDay, PerMinute: p.PerMinute,
		Awake: p.Awake.Std(), ForgetAfter: p.ForgetAfter.Std(), FewMentors: p.FewMentors,
		QuestionHours: weekHours(p.Questions.Hours), AskClosing: p.Questions.Closing,
		Waiting: mentoring.Waiting{
			Remind: p.Waiting.Remind.Std(), Offer: p.Waiting.Offer.Std(), Staff: p.Waiting.Staff.Std(),
		},
		MaxFile: int64(p.Media.MaxSize), MaxLength: time.Duration(p.Media.MaxLength),
	}
}

// Do runs a use case of the domain in a step of its own and keeps what follows
// from it: for what does not come from a room (seeding, tests).
func (b *Bridge) Do(ctx context.Context, use func(*mentoring.Act) error) error {
	return b.run(ctx, func(s *step) error { return use(s.act) })
}

func (b *Bridge) staffLanguage() mentoring.Language {
	return mentoring.Language(b.config.Load().DefaultLanguage)
}

func (b *Bridge) botDevice() string { return b.device.Load().(string) }

// drainTime is how long Run waits, when it is told to end, for what is under
// way (issue: SIGTERM stops within 10 s).
const drainTime = 8 * time.Second

// Run serves the homeserver and works until ctx ends; then it takes no more,
// lets what is under way finish, and returns. What is not finished is in the
// queue.
func (b *Bridge) Run(ctx context.Context) error {
	heads, err := b.store.Heads(ctx)
	if err != nil {
		return fmt.Errorf("read the queue: %w", err)
	}
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		last, err := tx.Setting(settingTransaction)
		b.gaps.begin(last)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the queue: %w", err)
	}
	if err = b.store.Write(ctx, func(tx *store.Tx) error { return tx.DoomBegun() }); err != nil {
		return fmt.Errorf("read the uploads: %w", err)
	}
	b.reword(ctx)
	listener := b.listener
	if listener == nil {
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", b.listen); err != nil {
			return fmt.Errorf("listen for the homeserver: %w", err)
		}
	}
	server := &http.Server{Handler: b.Handler(), ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute}
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var wg sync.WaitGroup
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()
	wg.Go(func() {
		b.begin(ctx) // what is sent before the bot has its device is not known again after a restart of the homeserver
		b.work(work)
	})
	wg.Go(func() { b.keepTime(ctx) })
	wg.Go(func() { b.sweepUploads(ctx) })
	wg.Go(func() { b.signs.run(ctx) })
	b.unread.Store(true)
	b.suspect.Store(true)
	b.lanes.start(heads)
	over := time.AfterFunc(sweepWait, sync.OnceFunc(func() { close(b.sweepOver) }))
	defer over.Stop()

	select {
	case <-ctx.Done():
	case err = <-serving:
		err = fmt.Errorf("serve the homeserver: %w", err)
	}
	b.ready.Store(false)
	drain, stop := context.WithTimeout(context.Background(), drainTime)
	defer stop()
	_ = server.Shutdown(drain) // what it did not finish comes again
	b.lanes.close()
	b.files.close()
	b.exports.close()
	b.reports.close()
	b.duties.close()
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-drain.Done():
		cancel() // requests under way are cut; their rows stay
		<-finished
	}
	if b.machines != nil {
		err = errors.Join(err, b.machines.Close())
	}
	return err
}

// Ready says whether the bridge is at work: the bot is registered and the
// homeserver has answered.
func (b *Bridge) Ready() error {
	if !b.ready.Load() {
		return errors.New("not connected to the homeserver yet")
	}
	return nil
}

// begin makes the bot and the staff room, and asks the homeserver to send what
// it has kept for us. It goes on trying until the homeserver is there.
func (b *Bridge) begin(ctx context.Context) {
	for failures := 1; ctx.Err() == nil; failures++ {
		err := b.introduce(ctx)
		if err == nil {
			if err = b.missed(ctx); err != nil {
				b.log.Warn().Err(redacted(err)).Msg("could not ask for missed messages")
			}
			b.ready.Store(true)
			b.probeSoon()
			b.log.Info().Msg("connected to the homeserver")
			return
		}
		b.log.Warn().Err(redacted(err)).Msg("the homeserver is not ready for us; `silta check` says more")
		select {
		case <-ctx.Done():
		case <-time.After(backoff(failures, 0)):
		}
	}
}

const (
	settingBotDevice = store.DeviceSetting + "bot" // a restored database makes a new one
	settingBotName   = "bot_name"
)

func (b *Bridge) introduce(ctx context.Context) error {
	localpart := b.config.Load().AppService.Bot
	if err := b.hs.register(ctx, localpart); err != nil {
		return err
	}
	var device, name string
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		if device, err = tx.Setting(settingBotDevice); err != nil {
			return err
		}
		name, err = tx.Setting(settingBotName)
		return err
	})
	if err != nil {
		return err
	}
	before := device
	if device, err = b.makeBotDevice(ctx, device); err != nil {
		return err
	}
	rule, err := b.hs.creatorsRule(ctx, b.botActor())
	if err != nil {
		return err
	}
	b.creatorsRule.Store(rule)
	if name != b.botName {
		if err = b.hs.setDisplayName(ctx, b.botID, b.botName); err != nil {
			return err
		}
	}
	err = b.run(ctx, func(s *step) error {
		if b.machines != nil && device != before {
			if err := s.tellRenewed(); err != nil {
				return err
			}
		}
		if err := s.tx.PutSetting(settingBotDevice, device); err != nil {
			return err
		}
		if err := s.tx.PutSetting(settingBotName, b.botName); err != nil {
			return err
		}
		return s.ensureStaff()
	})
	if err != nil {
		return err
	}
	b.device.Store(device)
	b.routes.drop()
	if err = b.ping(ctx); err != nil && isTransient(err) {
		return err
	} else if err != nil { // a homeserver without the ping endpoint: it comes back by itself
		b.log.Info().Err(redacted(err)).Msg("the homeserver did not ping back")
	}
	return nil
}

// makeBotDevice gives the bot its device; where rooms are encrypted, with full
// keys, and with everything that came for it while we were away.
func (b *Bridge) makeBotDevice(ctx context.Context, device string) (string, error) {
	if b.machines == nil {
		return b.makeDevice(ctx, b.botID, device)
	}
	made, err := b.machines.EnsureReader(ctx, b.botID)
	if err != nil {
		return "", err
	}
	return string(made), b.keysCame(ctx)
}

// tellRenewed tells everybody, once, that the bot and the ghosts have new
// identities: after a restore, or when the crypto tables were lost. At the very
// first start there is nobody to tell.
func (s *step) tellRenewed() error {
	rooms, err := s.tx.Rooms(store.RoomManagement)
	if err != nil {
		return err
	}
	for _, room := range rooms {
		if room.State != store.RoomJoined {
			continue
		}
		s.act.Do(mentoring.Notify{Member: mentoring.MemberID(room.Owner), Text: mentoring.T("crypt.renewed")})
	}
	return nil
}

// ensureStaff makes the staff room at the first start, and takes the initial
// staff of the settings in.
func (s *step) ensureStaff() error {
	room, err := s.act.EnsureStaffRoom(mentoring.DefaultProgramme, mentoring.DefaultUnit)
	if err != nil {
		return err
	}
	if err = s.planRoom(store.RoomStaff, int64(room.ID), 0, 0); err != nil {
		return err
	}
	for _, address := range s.b.staff {
		if _, err = s.act.Enlist(address); err != nil {
			return err
		}
	}
	return nil
}

// How often time is looked at: what changes by itself is due to the minute at
// most, and housekeeping need not be exact.
const (
	tickEvery  = 15 * time.Second
	pruneEvery = time.Hour
	// catchUpEvery is how often the reader asks for what no transaction brought
	// (matrix-facts §3, 1).
	catchUpEvery = 5 * time.Minute
)

// keepTime does what only time does: places that run out, being away that ends,
// retention, messages that could not be delivered for too long.
func (b *Bridge) keepTime(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	var pruned time.Time
	caught, noted := b.now(), b.noteAlive(ctx, time.Time{})
	for {
		if err := b.Tick(ctx); err != nil && ctx.Err() == nil {
			b.log.Error().Err(redacted(err)).Msg("what time changes could not be done")
		}
		if now := b.now(); now.Sub(pruned) >= pruneEvery {
			pruned = now
			if err := b.prune(ctx); err != nil && ctx.Err() == nil {
				b.log.Error().Err(redacted(err)).Msg("old rows could not be removed")
			}
		}
		noted = b.noteAlive(ctx, noted)
		if b.ready.Load() {
			caught = b.lookAfter(ctx, caught)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// lookAfter asks, now and then, for what no transaction brought.
func (b *Bridge) lookAfter(ctx context.Context, last time.Time) time.Time {
	now := b.now()
	due := now.Sub(last) >= catchUpEvery
	if due || b.suspect.Load() {
		if err := b.missed(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn().Err(redacted(err)).Msg("could not ask for missed messages")
		}
	}
	if !due {
		return last
	}
	if b.machines != nil {
		if err := b.catchUp(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn().Err(redacted(err)).Msg("could not ask for missed keys")
		}
	}
	return now
}

func (b *Bridge) catchUp(ctx context.Context) error {
	n, err := b.machines.CatchUp(ctx, b.botID)
	if err != nil || n == 0 {
		return err
	}
	return b.keysCame(ctx)
}

// Tick does what time has changed until now. It is called by itself; tests with
// a clock of their own call it, too.
func (b *Bridge) Tick(ctx context.Context) error {
	if err := b.run(ctx, func(s *step) error { return s.act.PostAudit() }); err != nil {
		return err
	}
	b.signs.tick()
	for range 1000 { // each run does a bounded amount
		var next time.Time
		err := b.run(ctx, func(s *step) (err error) {
			next, err = s.act.Tick()
			return err
		})
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(b.now()) {
			return nil
		}
	}
	return nil
}

// prune removes what has become too old, and gives up what waited in the outbox
// for longer than the longest time.
func (b *Bridge) prune(ctx context.Context) error {
	limit := b.now().Add(-time.Duration(b.config.Load().Retention.Queue))
	if b.machines != nil {
		if _, err := b.machines.Expire(ctx, b.now().Add(-time.Duration(b.config.Load().Retention.Keys))); err != nil {
			return err
		}
	}
	for more := true; more; { // each commit is a bounded part
		err := b.store.Write(ctx, func(tx *store.Tx) (err error) {
			more, err = tx.Prune(b.now())
			return err
		})
		if err != nil {
			return err
		}
	}
	return b.run(ctx, func(s *step) error {
		// What opens files is kept no longer than what opens messages.
		if err := s.tx.LockUploads(s.now.Add(-time.Duration(s.b.config.Load().Retention.Keys))); err != nil {
			return err
		}
		rows, err := s.tx.OlderThan(store.LaneOut, limit)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err = s.expire(row); err != nil {
				return err
			}
		}
		// Lines for people who never came; events that could never be read.
		for _, kind := range []store.LaneKind{store.LaneRoom, store.LaneIn} {
			old, err := s.tx.OlderThan(kind, limit)
			if err != nil {
				return err
			}
			for _, row := range old {
				if err = s.tx.Done(row.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Rules are the domain's settings as they stand now; never change them.
func (b *Bridge) Rules() *mentoring.Rules { return b.rules() }

// Exports are the copies of conversations that wait for their people.
func (b *Bridge) Exports() *Exports { return b.exports }

// Reports are the reports of figures that wait for who asked for them.
func (b *Bridge) Reports() *Exports { return b.reports }

// Duties are the child-welfare summaries that wait for who writes them.
func (b *Bridge) Duties() *Exports { return b.duties }
