package config

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	localpart  = regexp.MustCompile(`^[a-z0-9._=/+-]+$`)
	serverName = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?$`)
	asID       = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	topicKey   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	exampleTop = regexp.MustCompile(`(?i)(^|[.@:/])example\.(org|com|net)\b`)
)

// Validate reports everything that cannot work, as a [*Faults] without lines;
// nil when all is well. [Load] has done it already.
func (c *Config) Validate() error {
	list := c.faults()
	if len(list) == 0 {
		return nil
	}
	f := &Faults{File: "config", List: list}
	f.sort()
	return f
}

// checker gathers faults.
type checker struct{ list []Fault }

// must adds a fault unless ok.
func (k *checker) must(ok bool, key, format string, args ...any) {
	if !ok {
		k.list = append(k.list, Fault{Key: key, Text: fmt.Sprintf(format, args...)})
	}
}

func (c *Config) faults() []Fault {
	k := &checker{}
	c.checkHomeserver(k)
	c.checkAppService(k)
	c.checkPeople(k)
	c.checkTimes(k)
	c.checkCrisisLines(k)
	c.checkGuard(k)
	c.checkMentors(k)
	c.Programmes.Mentoring.OnCall.check(k, "programmes.mentoring.on_call")
	c.Programmes.Mentoring.Cases.check(k, "programmes.mentoring.cases")
	c.checkMachine(k)
	c.Programmes.Mentoring.Media.check(k, "programmes.mentoring.media")
	c.checkJoining(k)
	return k.list
}

func (c *Config) checkHomeserver(k *checker) {
	const address, domain = "homeserver.address", "homeserver.domain"
	h := &c.Homeserver
	_, base := parseBase(h.Address)
	switch {
	case h.Address == "":
		k.must(false, address, "is not set; write how Silta reaches the homeserver, for example http://127.0.0.1:8008")
	case exampleTop.MatchString(h.Address):
		k.must(false, address, "is still the example's value; write your homeserver's address")
	default:
		k.must(base, address, "%q is not an address; write for example http://127.0.0.1:8008, with no path", h.Address)
	}
	switch {
	case h.Domain == "":
		k.must(false, domain, "is not set; write the server name, the part of your Matrix IDs after the colon")
	case exampleTop.MatchString(h.Domain):
		k.must(false, domain, "is still the example's value; write your server name")
	default:
		k.must(serverName.MatchString(h.Domain), domain, "%q is not a server name; write for example matrix.yhdistys.fi, with no https://", h.Domain)
	}
	k.must(len(c.InitialStaff) > 0, "initial_staff", `is empty; write at least one Matrix ID, for example ["@anna:yhdistys.fi"]`)
	for i, id := range c.InitialStaff {
		key := fmt.Sprintf("initial_staff[%d]", i+1)
		if exampleTop.MatchString(id) {
			k.must(false, key, "is still the example's value; write a Matrix ID of your staff")
			continue
		}
		local, domain, ok := splitID(id)
		k.must(ok, key, "%q is not a Matrix ID; write for example @anna:yhdistys.fi", id)
		k.must(!ok || domain != h.Domain || !c.ours(local), key, "is one of the names that Silta keeps for itself; write a person's Matrix ID")
		k.must(!slices.Contains(c.InitialStaff[:i], id), key, "is here twice")
	}
}

// ours says whether a localpart at the homeserver's domain is the bot's, the
// appservice's or a ghost's.
func (c *Config) ours(local string) bool {
	a := &c.AppService
	return local == a.Bot || local == a.SenderLocalpart() || a.GhostPrefix != "" && strings.HasPrefix(local, a.GhostPrefix)
}

func (c *Config) checkAppService(k *checker) {
	a := &c.AppService
	k.must(asID.MatchString(a.ID), "appservice.id", "%q may have only letters, digits and . _ -", a.ID)
	k.must(listenable(a.Listen), "appservice.listen", "%q is not host:port; write for example 127.0.0.1:29330", a.Listen)
	if a.URL != "" {
		_, ok := parseBase(a.URL)
		k.must(ok, "appservice.url", "%q is not an address; write for example http://127.0.0.1:29330, with no path", a.URL)
	} else if host, port, err := net.SplitHostPort(a.Listen); err == nil {
		k.must(host != "" && host != "0.0.0.0" && host != "::", "appservice.url",
			"is needed when appservice.listen is every address; write how the homeserver reaches Silta, for example http://silta:%s", port)
	}
	k.must(a.Registration != "", "appservice.registration", "is empty; write a file name, for example registration.yaml")
	k.must(localpart.MatchString(a.Bot), "appservice.bot", "%q is not the first part of a Matrix ID: lower case letters, digits and . _ = / + -", a.Bot)
	k.must(localpart.MatchString(a.GhostPrefix), "appservice.ghost_prefix",
		"%q cannot begin a Matrix ID: lower case letters, digits and . _ = / + -", a.GhostPrefix)
	k.must(len(a.GhostPrefix) <= 64, "appservice.ghost_prefix", "is too long; 64 characters at most")
	inside := a.GhostPrefix != "" && (strings.HasPrefix(a.Bot, a.GhostPrefix) || strings.HasPrefix(a.SenderLocalpart(), a.GhostPrefix))
	k.must(!inside, "appservice.ghost_prefix", "%q also begins the bot's own name; write for example %q", a.GhostPrefix, a.Bot+"_")
	k.must(a.Bot != a.SenderLocalpart(), "appservice.bot", "%q is kept for the appservice itself; choose another", a.Bot)
}

func (c *Config) checkPeople(k *checker) {
	k.must(strings.TrimSpace(c.ServiceName) != "" && oneLine(c.ServiceName), "service_name", "must be one line of text")
	k.must(oneLine(c.AppService.BotName), "appservice.bot_name", "must be one line of text")
	k.must(len(c.Languages) > 0, "languages", "is empty; choose from %s", strings.Join(KnownLanguages(), ", "))
	for i, l := range c.Languages {
		key := fmt.Sprintf("languages[%d]", i+1)
		k.must(slices.Contains(KnownLanguages(), l), key, "there are no texts in %q; choose from %s", l, strings.Join(KnownLanguages(), ", "))
		k.must(!slices.Contains(c.Languages[:i], l), key, "is here twice")
	}
	k.must(slices.Contains(c.Languages, c.DefaultLanguage), "default_language", "%q is not one of the languages", c.DefaultLanguage)
	_, err := time.LoadLocation(c.Zone)
	k.must(err == nil && c.Zone != "" && c.Zone != "Local", "zone", "%q is not a time zone; write for example Europe/Helsinki", c.Zone)
	k.must(c.Encryption == EncryptionRequire || c.Encryption == EncryptionOff, "encryption", "%q is neither require nor off", c.Encryption)
	k.must(c.MinimumAge >= 0 && c.MinimumAge <= 120, "minimum_age", "must be between 0 and 120 years")
	k.must(c.ConsentVersion >= 1, "consent_version", "must be 1 or more")
	k.must(c.MentorCapacity >= 1 && c.MentorCapacity <= 1000, "mentor_capacity", "must be between 1 and 1000")
	k.must(len(c.Topics) > 0, "topics", "is empty; people look for mentors by topic")
	for i, t := range c.Topics {
		key := fmt.Sprintf("topics[%d]", i+1)
		k.must(topicKey.MatchString(t), key, "%q is not a topic key: lower case letters, digits and _", t)
		k.must(!slices.Contains(c.Topics[:i], t), key, "is here twice")
	}
	for _, t := range sortedKeys(c.TopicWords) {
		k.must(slices.Contains(c.Topics, t), "topic_words", "%q is not one of the topics", t)
		c.checkWords(k, "topic_words", c.TopicWords[t])
	}
	c.checkWords(k, "younger_help", c.YoungerHelp)
}

func (c *Config) checkTimes(k *checker) {
	r := &c.Retention
	for _, span := range []struct {
		key      string
		value    Duration
		min, max time.Duration
	}{
		{"place_held", c.PlaceHeld, time.Minute, 30 * day},
		{"code_lifetime", c.CodeLifetime, time.Hour, 365 * day},
		{"programmes.mentoring.awake", c.Programmes.Mentoring.Awake, time.Minute, day},
		{"programmes.mentoring.waiting.remind", c.Programmes.Mentoring.Waiting.Remind, time.Hour, 30 * day},
		{"programmes.mentoring.waiting.offer", c.Programmes.Mentoring.Waiting.Offer, time.Hour, 30 * day},
		{"programmes.mentoring.waiting.staff", c.Programmes.Mentoring.Waiting.Staff, time.Hour, 30 * day},
		{"programmes.mentoring.forget_after", c.Programmes.Mentoring.ForgetAfter, time.Hour, 90 * day},
		{"retention.conversations", r.Conversations, day, 3650 * day},
		{"retention.notice", r.Notice, time.Hour, 365 * day},
		{"retention.joining", r.Joining, day, 3650 * day},
		{"retention.queue", r.Queue, time.Hour, 14 * day},
		{"retention.keys", r.Keys, day, 365 * day},
		{"retention.reasons", r.Reasons, day, 3650 * day},
	} {
		k.must(span.value.Std() >= span.min && span.value.Std() <= span.max, span.key,
			"%s is out of bounds; between %s and %s", span.value, Duration(span.min), Duration(span.max))
	}
	k.must(c.Programmes.Mentoring.FewMentors >= 0, "programmes.mentoring.few_mentors", "is negative; 0 means that staff are never told")
	k.must(r.Notice < r.Conversations, "retention.notice", "must be shorter than retention.conversations (%s)", r.Conversations)
	k.must(c.Programmes.Mentoring.NewPerDay >= 0 && c.Programmes.Mentoring.NewPerDay <= 1000, "programmes.mentoring.new_per_day",
		"%d is out of bounds; between 1 and 1000, or 0 for any number", c.Programmes.Mentoring.NewPerDay)
	pace := c.Programmes.Mentoring.PerMinute
	k.must(pace == 0 || pace >= 5 && pace <= 10_000, "programmes.mentoring.messages_per_minute",
		"%d is out of bounds; between 5 and 10000, or 0 for any number", pace)
	for _, span := range []struct {
		key   string
		value Duration
	}{{"retention.registered", r.Registered}, {"retention.inactive", r.Inactive}} {
		k.must(span.value == 0 || span.value.Std() >= 7*day && span.value.Std() <= 3650*day, span.key,
			"%s is out of bounds; between %s and %s, or 0", span.value, Duration(7*day), Duration(3650*day))
		k.must(span.value == 0 || r.Notice < span.value, span.key, "must be longer than retention.notice (%s)", r.Notice)
	}
	k.must(r.Notice < r.Joining, "retention.joining", "must be longer than retention.notice (%s)", r.Notice)
}

func (c *Config) checkCrisisLines(k *checker) {
	for i, line := range c.CrisisLines {
		key := fmt.Sprintf("crisis_lines[%d]", i+1)
		k.must(strings.TrimSpace(line.Number) != "" && oneLine(line.Number), key+".number", "must be one line, for example \"112\"")
		c.checkWords(k, key+".name", line.Name)
	}
}

// checkWords wants a text in every language that is offered.
func (c *Config) checkWords(k *checker, key string, words Words) {
	for _, language := range c.Languages {
		if !slices.Contains(KnownLanguages(), language) {
			continue // a fault of its own
		}
		_, exact := words[language]
		_, all := words[""]
		text := words.In(language)
		k.must(strings.TrimSpace(text) != "" && oneLine(text) && (exact || all), key, "has no text (of one line) in %s", language)
	}
	for _, language := range sortedKeys(words) {
		k.must(language == "" || slices.Contains(KnownLanguages(), language), key,
			"%q is not a language; choose from %s", language, strings.Join(KnownLanguages(), ", "))
	}
}

// checkMachine is what has to do with the machine that Silta runs on.
func (c *Config) checkMachine(k *checker) {
	k.must(c.Database.DSN != "", "database.dsn", "is empty; write a file name (SQLite) or postgres://… (PostgreSQL)")
	k.must(!strings.Contains(c.Database.DSN, ":memory:"), "database.dsn", "a database in memory would lose every message at a restart")
	scheme, _, isURL := strings.Cut(c.Database.DSN, "://")
	k.must(!isURL || c.Database.Postgres() || scheme == "file", "database.dsn", "the kind of database is not known; write a file name (SQLite) or postgres://… (PostgreSQL)")
	k.must(c.KeyFile != "", "key_file", "is empty; write a file name, for example silta.key")
	h := &c.Health
	if listenable(h.Listen) {
		k.must(h.AllowPublic || loopback(h.Listen), "health.listen",
			"%q can be reached from other machines, and it has no password; write 127.0.0.1:29331, or set health.allow_public: true if only your own network reaches it", h.Listen)
		k.must(h.Listen != c.AppService.Listen || port(h.Listen) == 0, "health.listen", "is the same as appservice.listen; it must be another port")
	} else {
		k.must(false, "health.listen", "%q is not host:port; write for example 127.0.0.1:29331", h.Listen)
	}
	levels := []string{"trace", "debug", "info", "warn", "error"}
	k.must(slices.Contains(levels, c.Log.Level), "log.level", "%q is not a level; choose from %s", c.Log.Level, strings.Join(levels, ", "))
	formats := []string{"auto", "json", "text"}
	k.must(slices.Contains(formats, c.Log.Format), "log.format", "%q is not a format; choose from %s", c.Log.Format, strings.Join(formats, ", "))
}

func listenable(listen string) bool { return port(listen) >= 0 }

// port is the number after the colon; 0 lets the system choose, -1 is none.
func port(listen string) int {
	_, p, err := net.SplitHostPort(listen)
	if err != nil {
		return -1
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

func splitID(id string) (local, domain string, ok bool) {
	rest, at := strings.CutPrefix(id, "@")
	local, domain, colon := strings.Cut(rest, ":")
	return local, domain, at && colon && local != "" && len(id) <= 255 && oneLine(id) &&
		!strings.ContainsAny(id, " \t") && serverName.MatchString(domain)
}

func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 })
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
