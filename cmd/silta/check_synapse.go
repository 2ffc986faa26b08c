package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// setting is one of Synapse's settings that Silta's promises lean on.
type setting struct {
	check string
	path  string // dotted, in homeserver.yaml
	want  string // as it is to be written there
	why   string
	fits  func(value any) bool // of the value in the file; nil when it is absent
}

// settings are what the check advises; each reason is what happens otherwise.
func settings() []setting {
	on := func(v any) bool { return v == true }
	off := func(v any) bool { return v == false }
	atMost := func(limit time.Duration) func(any) bool {
		return func(v any) bool { d, ok := synapseSpan(v); return ok && d <= limit }
	}
	return []setting{
		{"invitations", "auto_accept_invites", "{enabled: true, only_from_local_users: true}",
			"people must accept each new conversation by hand", func(v any) bool {
				m, _ := v.(map[string]any)
				return m["enabled"] == true && m["only_from_local_users"] == true
			}},
		{"redactions", "redaction_retention_period", "1d",
			"what people remove stays in the homeserver's database for 7 days", atMost(24 * time.Hour)},
		{"redactions", "forgotten_room_retention_period", "1d",
			"rooms that everybody has left stay in the database for ever", atMost(7 * 24 * time.Hour)},
		{"federation", "federation", "{destination_min_retry_interval: 10s, destination_retry_multiplier: 1, destination_max_retry_interval: 30s}",
			"a person whose homeserver was away for a moment waits 10 minutes and more", func(v any) bool {
				m, _ := v.(map[string]any)
				return atMost(time.Minute)(m["destination_min_retry_interval"]) && atMost(time.Hour)(m["destination_max_retry_interval"])
			}},
		{"profiles", "limit_profile_requests_to_users_who_share_rooms", "true",
			"anyone can ask for the alias of a pseudonym whose ID they know", on},
		{"profiles", "allow_profile_lookup_over_federation", "false",
			"other homeservers can ask for the alias of a pseudonym", off},
		{"profiles", "include_profile_data_on_invite", "false",
			"invitations carry the inviter's profile beyond the room", off},
		{"push", "push.include_content", "false",
			"notifications go through Apple's and Google's servers with names and texts in them", off},
		{"presence", "presence.enabled", "false",
			"the homeserver keeps and tells who is online when", off},
	}
}

// readSynapse reads the homeserver.yaml files; top-level keys of later ones win.
func (d *doctor) readSynapse(files []string) {
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			d.warn("synapse", "let this user read it, or run the check as root", "%v", err)
			continue
		}
		var part map[string]any
		if err := yaml.Unmarshal(data, &part); err != nil {
			d.warn("synapse", "", "%s is not a homeserver.yaml", path)
			continue
		}
		if d.synapse == nil {
			d.synapse = map[string]any{}
		}
		for key, value := range part {
			d.synapse[key] = value
		}
	}
}

// checkSynapse goes through the settings: against the file when it could be
// read, else as advice.
func (d *doctor) checkSynapse() {
	if d.synapse == nil {
		for _, s := range settings() {
			d.say(advice, s.check, "", "Synapse: %s — else %s", flat(s), s.why)
		}
		d.say(advice, "log", "", "%s", logAdvice)
		d.say(advice, "synapse", "", "with --homeserver-config /etc/matrix-synapse/homeserver.yaml these are looked at instead of listed")
		return
	}
	if d.reg != nil {
		if fix := d.registrationInSynapse(); fix == loadedFix {
			d.ok("synapse", "its app_service_config_files name our registration")
		} else {
			d.fail("synapse", fix, "its app_service_config_files do not name our registration as it is now")
		}
	}
	for _, feature := range []string{"msc2409_to_device_messages_enabled", "msc3202_transaction_extensions"} {
		if !found(d.synapse, "experimental_features."+feature, func(v any) bool { return v == true }) {
			d.say(d.lacking(), "synapse", "in homeserver.yaml:  experimental_features: {"+feature+": true}  and restart it",
				"experimental_features.%s is not on%s", feature, d.without())
		}
	}
	for _, s := range settings() {
		if found(d.synapse, s.path, s.fits) {
			d.ok(s.check, "%s", s.path)
			continue
		}
		d.warn(s.check, "in homeserver.yaml:  "+flat(s), "%s", s.why)
	}
	d.checkSynapseLog()
}

// flat is the setting as a line of YAML.
func flat(s setting) string {
	if section, key, nested := strings.Cut(s.path, "."); nested {
		return section + ": {" + key + ": " + s.want + "}"
	}
	return s.path + ": " + s.want
}

// found looks up a dotted path and tries the value there; an absent value never
// fits, for Synapse's defaults are what the advice is about.
func found(tree map[string]any, path string, fits func(any) bool) bool {
	section, rest, nested := strings.Cut(path, ".")
	value, ok := tree[section]
	if !ok {
		return false
	}
	if !nested {
		return fits(value)
	}
	below, _ := value.(map[string]any)
	return found(below, rest, fits)
}

var span = regexp.MustCompile(`^(\d+)(ms|s|m|h|d|w|y)?$`)

// synapseSpan reads a time span as Synapse writes it: "7d", or milliseconds.
func synapseSpan(v any) (time.Duration, bool) {
	m := span.FindStringSubmatch(fmt.Sprint(v))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil {
		return 0, false
	}
	unit := time.Millisecond
	switch m[2] {
	case "s":
		unit = time.Second
	case "m":
		unit = time.Minute
	case "h":
		unit = time.Hour
	case "d":
		unit = 24 * time.Hour
	case "w":
		unit = 7 * 24 * time.Hour
	case "y":
		unit = 365 * 24 * time.Hour
	}
	return time.Duration(n) * unit, true
}

// loadedFix is what registrationInSynapse says when the files are right: then
// only a restart is missing.
const loadedFix = "restart Synapse: its configuration names this registration, but it was started before"

// registrationInSynapse says what to change so that Synapse loads our file.
func (d *doctor) registrationInSynapse() string {
	ours := d.cfg.AppService.Registration
	listed, _ := d.synapse["app_service_config_files"].([]any)
	for _, entry := range listed {
		path, _ := entry.(string)
		theirs, err := loadRegistration(path)
		switch {
		case filepath.Clean(path) == filepath.Clean(ours):
			return loadedFix
		case err != nil || theirs.ID != d.reg.ID:
			continue
		case theirs.AppToken == d.reg.AppToken && theirs.ServerToken == d.reg.ServerToken && theirs.URL == d.reg.URL &&
			slices.Equal(theirs.Namespaces.UserIDs, d.reg.Namespaces.UserIDs) &&
			theirs.EphemeralEvents == d.reg.EphemeralEvents && theirs.MSC3202 == d.reg.MSC3202 && theirs.MSC4190 == d.reg.MSC4190:
			return loadedFix
		default:
			return "copy " + ours + " over " + path + ", which is an older registration, and restart Synapse"
		}
	}
	return "add " + ours + " (or a copy of it) to app_service_config_files in homeserver.yaml, and restart Synapse"
}

const logAdvice = "Synapse: log at WARNING (its INFO lines hold Matrix IDs and rooms), and keep no access log in the web server before it"

// checkSynapseLog looks at the log configuration that homeserver.yaml names.
func (d *doctor) checkSynapseLog() {
	const name = "log"
	path, _ := d.synapse["log_config"].(string)
	data, err := os.ReadFile(path)
	var conf struct {
		Root    struct{ Level string }
		Loggers map[string]struct{ Level string }
	}
	if err != nil || yaml.Unmarshal(data, &conf) != nil {
		d.say(advice, name, "", "%s", logAdvice)
		return
	}
	loud := []string{}
	if chatty(conf.Root.Level) {
		loud = append(loud, "root")
	}
	for logger, l := range conf.Loggers {
		if l.Level != "" && chatty(l.Level) {
			loud = append(loud, logger)
		}
	}
	if len(loud) > 0 {
		slices.Sort(loud)
		d.warn(name, "in "+path+":  level: WARNING  for "+strings.Join(loud, ", "), "Synapse's log holds Matrix IDs and rooms at this level")
		return
	}
	d.ok(name, "%s is at WARNING or above", path)
}

// chatty says whether a level (Python's) lets through lines that name people;
// no level at all is WARNING.
func chatty(level string) bool {
	return slices.Contains([]string{"NOTSET", "DEBUG", "INFO"}, strings.ToUpper(level))
}
