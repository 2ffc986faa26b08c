// Package config reads the operator's settings: one YAML file, strict, with a
// safe default for everything but three values.
//
// [Default] is what a service gets when the file says nothing. [Load] reads a
// file over it and reports every fault of the file at once, each with its line:
// unknown keys (with the nearest known one), values of the wrong kind, values
// that cannot work, and the example's values left in. A Config that Load has
// returned needs no further checking.
//
// Text values may name environment variables as ${NAME}; an unset one is a
// fault, and $${NAME} is the text ${NAME} itself. Secrets need not stand in the
// file: see [Database] and [Config.KeyFile]. Relative paths are relative to the
// folder of the file.
//
// The package knows no other package of Silta: it is the wiring in cmd/silta
// that turns settings into the rules and options of the others.
package config

import (
	"net"
	"net/url"
	"time"
	_ "time/tzdata" // the static binary may run where there is no zone database
)

// Config is all that an operator can set. Keys tagged `reload` are taken over
// at SIGHUP; the others need a restart (see [Changes]).
type Config struct {
	Homeserver Homeserver `yaml:"homeserver"`

	// InitialStaff are the Matrix IDs that become administrators when the staff
	// room is first made. They give others their roles.
	InitialStaff []string `yaml:"initial_staff"`

	// ServiceName is what people call the service; the bot says it.
	ServiceName string `yaml:"service_name"`

	// Languages are offered to people, in this order; DefaultLanguage is spoken
	// until a person has chosen.
	Languages       []string `yaml:"languages"`
	DefaultLanguage string   `yaml:"default_language"`

	// Zone is the IANA time zone in which people are told times and in which
	// months and days are counted.
	Zone string `yaml:"zone"`

	MinimumAge     int      `yaml:"minimum_age" reload:"yes"`     // years
	ConsentVersion int      `yaml:"consent_version" reload:"yes"` // a higher one asks everyone again
	PlaceHeld      Duration `yaml:"place_held" reload:"yes"`      // from choosing a mentor to the first message
	MentorCapacity int      `yaml:"mentor_capacity" reload:"yes"` // open conversations per mentor: default and ceiling
	CodeLifetime   Duration `yaml:"code_lifetime" reload:"yes"`   // of one-time codes

	// Topics are keys, in the order in which people see them. Those that the
	// language files do not know need words in TopicWords.
	Topics     []string         `yaml:"topics"`
	TopicWords map[string]Words `yaml:"topic_words"`

	// YoungerHelp is where those below the minimum age find help.
	YoungerHelp Words `yaml:"younger_help"`

	// CrisisLines are shown after 112, which is always shown.
	CrisisLines []CrisisLine `yaml:"crisis_lines"`

	Retention Retention `yaml:"retention"`

	Programmes Programmes `yaml:"programmes"`

	// Encryption is "require" or "off". With "off" everything people write is
	// plain text for the homeserver; it is for homeservers that cannot give
	// appservices to-device messages, and is said at each start.
	Encryption string `yaml:"encryption"`

	AppService AppService `yaml:"appservice"`
	Database   Database   `yaml:"database"`

	// KeyFile holds the keys that seal the database. $SILTA_KEY (the content)
	// and $CREDENTIALS_DIRECTORY/silta.key (systemd) go before it.
	KeyFile string `yaml:"key_file"`

	// TempDir is where files are while they are made anew: encrypted under a key
	// that is in memory only, and without a name. Empty: the system's.
	TempDir string `yaml:"temp_dir"`

	Accounts Accounts `yaml:"accounts"`
	Web      Web      `yaml:"web"`

	Health Health `yaml:"health"`
	Log    Log    `yaml:"log"`
}

// Homeserver is where Silta lives.
type Homeserver struct {
	Address string `yaml:"address"` // base URL of the client-server API
	Domain  string `yaml:"domain"`  // server name: the part of Matrix IDs after the colon
	// AdminToken is the access token of an administrator, with which files are
	// deleted; empty: the bot tries, which works where it is an administrator.
	AdminToken string `yaml:"admin_token"`
}

// AppService is how the homeserver and Silta know each other. Every key here
// but Listen is part of the registration file: change it, write the file anew
// and restart both.
type AppService struct {
	ID           string `yaml:"id"`
	Listen       string `yaml:"listen"`       // host:port that the homeserver calls
	URL          string `yaml:"url"`          // how the homeserver reaches Listen; empty: http://Listen
	Registration string `yaml:"registration"` // path of the registration file
	Bot          string `yaml:"bot"`          // localpart
	BotName      string `yaml:"bot_name"`     // display name; empty: ServiceName
	GhostPrefix  string `yaml:"ghost_prefix"` // localparts of ghosts begin with it
}

// Database is SQLite (a path, or file:…) or PostgreSQL (postgres://…). A
// password need not stand in the file: DSNFile names a file with the whole
// DSN, ${NAME} takes it from the environment, and for PostgreSQL PGPASSWORD and
// a password file work as everywhere.
type Database struct {
	DSN     string `yaml:"dsn"`
	DSNFile string `yaml:"dsn_file"`
}

// Retention says how long things are kept. Nothing is kept for ever.
type Retention struct {
	Conversations Duration `yaml:"conversations" reload:"yes"` // from a conversation's end
	Notice        Duration `yaml:"notice" reload:"yes"`        // people are warned so long before
	Joining       Duration `yaml:"joining" reload:"yes"`       // unfinished joinings
	Registered    Duration `yaml:"registered" reload:"yes"`    // mentees who never wrote to a mentor; 0: always
	Inactive      Duration `yaml:"inactive" reload:"yes"`      // mentees who did, from their last sign; 0: always
	Queue         Duration `yaml:"queue" reload:"yes"`         // undelivered messages
	Remarks       Duration `yaml:"remarks" reload:"yes"`       // feedback, ideas and answers in words; 0: always
	// Keys are those with which the bot reads. They bound how far back anybody
	// could ever read through Silta, so people are told this time.
	Keys Duration `yaml:"keys" reload:"yes"`
	// Reasons are those that staff write in the audit. The audit itself, which
	// has only numbers, is kept.
	Reasons Duration `yaml:"reasons" reload:"yes"`
}

// CrisisLine is shown to whoever calls for help.
type CrisisLine struct {
	Number string `yaml:"number"`
	Name   Words  `yaml:"name"`
	// Checked is when somebody last called it to see; `silta check` reminds.
	Checked Date `yaml:"checked"`
}

// Health is the listener of /healthz, /readyz and /metrics. It has no password,
// so it is refused beyond loopback unless AllowPublic is set.
type Health struct {
	Listen      string `yaml:"listen"`
	AllowPublic bool   `yaml:"allow_public"`
}

// Log goes to standard error.
type Log struct {
	Level  string `yaml:"level" reload:"yes"` // trace, debug, info, warn, error
	Format string `yaml:"format"`             // json, text, auto (text on a terminal)
}

// Default returns the settings of a service whose file sets only the three
// values that have no default.
func Default() *Config {
	return &Config{
		ServiceName:     "Silta",
		Languages:       []string{"fi", "sv", "en"},
		DefaultLanguage: "fi",
		Zone:            "Europe/Helsinki",
		MinimumAge:      17,
		ConsentVersion:  1,
		PlaceHeld:       Duration(24 * time.Hour),
		MentorCapacity:  5,
		CodeLifetime:    Duration(14 * day),
		Topics:          []string{"independence", "aftercare", "studies", "work", "parenthood"},
		TopicWords:      map[string]Words{},
		YoungerHelp: Words{
			"fi": "Lasten ja nuorten puhelin 116 111",
			"sv": "Barn- och ungdomstelefonen 116 111",
			"en": "Children's and young people's helpline 116 111",
		},
		CrisisLines: []CrisisLine{
			{Number: "09 2525 0111", Name: Words{"fi": "MIELI ry:n kriisipuhelin", "sv": "MIELI rf:s kristelefon", "en": "MIELI Crisis Helpline"}},
		},
		Programmes: Programmes{Mentoring: defaultMentoring()},
		Retention: Retention{
			Conversations: Duration(90 * day),
			Notice:        Duration(72 * time.Hour),
			Joining:       Duration(30 * day),
			Registered:    Duration(180 * day),
			Inactive:      Duration(365 * day),
			Queue:         Duration(14 * day),
			Remarks:       Duration(365 * day),
			Keys:          Duration(30 * day),
			Reasons:       Duration(365 * day),
		},
		Encryption: EncryptionRequire,
		AppService: AppService{
			ID:           "silta",
			Listen:       "127.0.0.1:29330",
			Registration: "registration.yaml",
			Bot:          "silta",
			GhostPrefix:  "silta_",
		},
		Database: Database{DSN: "silta.db"},
		KeyFile:  "silta.key",
		Accounts: Accounts{Provider: AccountsNone},
		Web:      defaultWeb(),
		Health:   Health{Listen: "127.0.0.1:29331"},
		Log:      Log{Level: "info", Format: "auto"},
	}
}

// The values of Config.Encryption.
const (
	EncryptionRequire = "require"
	EncryptionOff     = "off"
)

// Encrypted says whether every room of ours is end-to-bridge encrypted.
func (c *Config) Encrypted() bool { return c.Encryption != EncryptionOff }

// KnownLanguages are those the program has texts in.
func KnownLanguages() []string { return []string{"fi", "sv", "en"} }

// Location is the service's zone. Load has checked it; on a Config made by hand
// with a zone that does not exist it is UTC.
func (c *Config) Location() *time.Location {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// BotID is the bot's Matrix ID.
func (c *Config) BotID() string { return "@" + c.AppService.Bot + ":" + c.Homeserver.Domain }

// BotName is the bot's display name.
func (c *Config) BotName() string {
	if c.AppService.BotName != "" {
		return c.AppService.BotName
	}
	return c.ServiceName
}

// PublicURL is how the homeserver reaches Silta.
func (a *AppService) PublicURL() string {
	if a.URL != "" {
		return a.URL
	}
	return "http://" + a.Listen
}

// SenderLocalpart is the user that the homeserver ties to the appservice itself.
// It is never used: such a user cannot have an inbox of its own, so the bot is
// an ordinary user in the namespace.
func (a *AppService) SenderLocalpart() string { return a.ID + "-appservice" }

// Postgres says whether the DSN is PostgreSQL's; otherwise it is SQLite's.
func (d *Database) Postgres() bool { return isPostgres(d.DSN) }

// loopback says whether a listener's address is reachable from this machine
// only. A name other than localhost is not: what it resolves to may change.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// parseBase reads a base URL: http or https, a host, no path, query or user.
func parseBase(raw string) (*url.URL, bool) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" {
		return nil, false
	}
	return u, u.Path == "" || u.Path == "/"
}
