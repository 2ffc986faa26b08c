package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/config"
)

const minimal = `
homeserver: {address: "http://127.0.0.1:8008", domain: yhdistys.fi}
initial_staff: ["@anna:yhdistys.fi"]
`

func parse(t *testing.T, text string, env map[string]string) (*config.Config, []config.Fault) {
	t.Helper()
	c, err := config.Parse("config.yaml", []byte(text), "", func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	})
	if err == nil {
		return c, nil
	}
	var faults *config.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("not Faults: %v", err)
	}
	return nil, faults.List
}

func must(t *testing.T, text string, env map[string]string) *config.Config {
	t.Helper()
	c, faults := parse(t, text, env)
	if faults != nil {
		t.Fatalf("unexpected faults: %+v", faults)
	}
	return c
}

// wanted is Default with the three values of minimal.
func wanted() *config.Config {
	c := config.Default()
	c.Homeserver = config.Homeserver{Address: "http://127.0.0.1:8008", Domain: "yhdistys.fi"}
	c.InitialStaff = []string{"@anna:yhdistys.fi"}
	return c
}

func TestThreeValuesAreEnough(t *testing.T) {
	if got := must(t, minimal, nil); !reflect.DeepEqual(got, wanted()) {
		t.Errorf("got %+v", got)
	}
	for _, line := range []string{"homeserver: {address: http://a}", "initial_staff: [\"@a:b\"]", ""} {
		if _, faults := parse(t, line, nil); len(faults) == 0 {
			t.Errorf("%q was accepted", line)
		}
	}
	if _, faults := parse(t, "", nil); len(faults) != 3 {
		t.Errorf("an empty file has %d faults, want one for each value that must be set: %+v", len(faults), faults)
	}
}

func example(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../example-config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// own puts an operator's values in place of the example's three.
func own(text string) string {
	text = strings.ReplaceAll(text, "https://matrix.example.org", "http://127.0.0.1:8008")
	text = strings.ReplaceAll(text, "@you:example.org", "@anna:yhdistys.fi")
	return strings.ReplaceAll(text, "domain: example.org", "domain: yhdistys.fi")
}

func TestExampleNeedsExactlyThreeValues(t *testing.T) {
	_, faults := parse(t, example(t), nil)
	var keys []string
	for _, f := range faults {
		keys = append(keys, f.Key)
		if !strings.Contains(f.Text, "example's value") || f.Line == 0 {
			t.Errorf("fault %+v does not say that the example's value was left in", f)
		}
	}
	if want := []string{"homeserver.address", "homeserver.domain", "initial_staff[1]"}; !slices.Equal(keys, want) {
		t.Errorf("faults of the example at %v, want %v", keys, want)
	}
	if got := must(t, own(example(t)), nil); !reflect.DeepEqual(got, wanted()) {
		t.Errorf("the example with its three values set is not Default: %+v", got)
	}
}

// TestExampleShowsEveryDefault takes the comment signs off the settings: the
// result must be Default, and every key must be there.
func TestExampleShowsEveryDefault(t *testing.T) {
	setting := regexp.MustCompile(`(?m)^#([a-z_]+:| {2,}(?:[a-z_]+:|- |# ))`)
	text := setting.ReplaceAllString(own(example(t)), "$1")
	// An empty dsn_file beside dsn shows the default of both.
	got := must(t, text, map[string]string{})
	if !reflect.DeepEqual(got, wanted()) {
		t.Errorf("got  %+v\nwant %+v", got, wanted())
	}
	for _, key := range config.Keys() {
		name := key[strings.LastIndex(key, ".")+1:]
		if !regexp.MustCompile(`(?m)^ *` + name + `:`).MatchString(text) {
			t.Errorf("the example does not show %s", key)
		}
	}
}

func TestEveryFaultAtOnceWithItsLine(t *testing.T) {
	_, faults := parse(t, `homeserver:
  adress: http://127.0.0.1:8008
  domain: https://yhdistys.fi
initial_staff: anna
place_held: 24
minimum_age: seventeen
retention:
  conversations: 3000000d
  notcie: 72h
level: debug
zone: Mars/Olympus
zone: Europe/Helsinki
health: {listen: "0.0.0.0:29331"}
crisis_lines:
  - {number: "112", name: {fi: Hätänumero}}
  - {number: "", name: Apu, cheked: 2026-01-01}
topics: []
log:
`, nil)
	type at struct {
		line int
		key  string
		has  string
	}
	var got []at
	for _, f := range faults {
		got = append(got, at{f.Line, f.Key, f.Text})
	}
	want := []at{
		{1, "homeserver.address", "is not set"},
		{2, "homeserver.adress", "did you mean address?"},
		{3, "homeserver.domain", "no https://"},
		{4, "initial_staff", "must be a list"},
		{5, "place_held", "not a time span"},
		{6, "minimum_age", "a whole number"},
		{8, "retention.conversations", "not a time span"},
		{9, "retention.notcie", "did you mean notice?"},
		{10, "level", "did you mean log.level?"},
		{12, "zone", "second time; the first is on line 11"},
		{13, "health.listen", "other machines"},
		{15, "crisis_lines[1].name", "no text (of one line) in"},
		{15, "crisis_lines[1].name", "no text (of one line) in"},
		{16, "crisis_lines[2].cheked", "did you mean checked?"},
		{16, "crisis_lines[2].number", "must be one line"},
		{17, "topics", "is empty"},
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i].line != want[i].line || got[i].key != want[i].key || !strings.Contains(got[i].has, want[i].has) {
			t.Fatalf("fault %d\ngot  %+v\nwant %+v", i, got, want)
		}
	}
}

func TestFaultsReadWell(t *testing.T) {
	err := &config.Faults{File: "c.yaml", List: []config.Fault{{Line: 3, Key: "a.b", Text: "is wrong"}, {Text: "whole"}}}
	if got, want := err.Error(), "c.yaml:3: a.b: is wrong\nc.yaml: whole"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ text, key, has string }{
		{"appservice: {listen: \":29330\"}", "appservice.url", "every address"},
		{"appservice: {bot: Silta}", "appservice.bot", "lower case"},
		{"appservice: {bot: silta_bot}", "appservice.ghost_prefix", "also begins"},
		{"appservice: {ghost_prefix: \"\"}", "appservice.ghost_prefix", "cannot begin"},
		{"appservice: {url: \"http://silta:29330/x\"}", "appservice.url", "no path"},
		{"health: {listen: \"[::]:29331\"}", "health.listen", "other machines"},
		{"health: {listen: \"metrics.internal:29331\"}", "health.listen", "other machines"},
		{"health: {listen: \"127.0.0.1:29330\"}", "health.listen", "another port"},
		{"health: {listen: nowhere}", "health.listen", "host:port"},
		{"database: {dsn: \":memory:\"}", "database.dsn", "lose every message"},
		{"database: {dsn: \"mysql://x\"}", "database.dsn", "not known"},
		{"database: {dsn: \"${NOPE}\"}", "database.dsn", "NOPE is not set"},
		{"database: {dsn_file: /nonexistent/dsn}", "database.dsn_file", "no such file"},
		{"languages: [fi, de]", "languages[2]", "no texts"},
		{"default_language: de", "default_language", "not one of"},
		{"retention: {notice: 100d, joining: 200d}", "retention.notice", "shorter"},
		{"retention: {joining: 2d}", "retention.joining", "longer"},
		{"retention: {queue: 15d}", "retention.queue", "out of bounds"},
		{"place_held: 0s", "place_held", "out of bounds"},
		{"place_held:", "place_held", "has no value"},
		{"service_name: \"a\\nb\"", "service_name", "one line"},
		{"topics: [work, sport]\ntopic_words: {sprot: urheilu}", "topic_words", "not one of the topics"},
		{"younger_help: {fi: a, en: b}", "younger_help", "in sv"},
		{"crisis_lines: [{number: 1, name: {fi: a, sv: b, en: c, de: d}}]", "crisis_lines[1].name", "not a language"},
		{"crisis_lines: [{number: 112, name: Apu, checked: soon}]", "crisis_lines[1].checked", "not a date"},
		{"log: {level: loud}", "log.level", "not a level"},
		{"log: loud", "log", "section"},
		{"- a", "", "not YAML"},
		{"---\na: b", "", "only one"},
	} {
		_, faults := parse(t, minimal+test.text+"\n", nil)
		ok := false
		for _, f := range faults {
			ok = ok || f.Key == test.key && strings.Contains(f.Text, test.has)
		}
		if !ok || len(faults) != 1 {
			t.Errorf("%s: want one fault of %q with %q, got %+v", test.text, test.key, test.has, faults)
		}
	}
}

func TestStaff(t *testing.T) {
	for id, has := range map[string]string{
		"anna":                 "not a Matrix ID",
		"@an na:yhdistys.fi":   "not a Matrix ID",
		"@silta:yhdistys.fi":   "keeps for itself",
		"@silta_x:yhdistys.fi": "keeps for itself",
		"@anna:example.org":    "example's value",
		"@silta_x:muu.fi":      "",
	} {
		_, faults := parse(t, "homeserver: {address: \"http://a\", domain: yhdistys.fi}\ninitial_staff: [\""+id+"\"]", nil)
		switch {
		case has == "" && faults != nil:
			t.Errorf("%s refused: %+v", id, faults)
		case has != "" && (len(faults) != 1 || !strings.Contains(faults[0].Text, has)):
			t.Errorf("%s: want %q, got %+v", id, has, faults)
		}
	}
}

func TestPublicMetricsOnlyWhenSaid(t *testing.T) {
	c := must(t, minimal+"health: {listen: \"0.0.0.0:9000\", allow_public: true}", nil)
	if c.Health.Listen != "0.0.0.0:9000" {
		t.Errorf("got %q", c.Health.Listen)
	}
}

func TestSecretsFromEnvironmentAndFile(t *testing.T) {
	c := must(t, minimal+"database: {dsn: \"postgres://silta:${PW}@db/silta\"}", map[string]string{"PW": "s3:cret ${X}"})
	if c.Database.DSN != "postgres://silta:s3:cret ${X}@db/silta" || !c.Database.Postgres() {
		t.Errorf("got %q", c.Database.DSN)
	}
	if c := must(t, minimal+"service_name: \"$${PW}\"", nil); c.ServiceName != "${PW}" {
		t.Errorf("got %q", c.ServiceName)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"dsn":         "postgres:///silta\n",
		"config.yaml": minimal + "database: {dsn_file: dsn}\nkey_file: keys/k\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(folder, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Database.DSN != "postgres:///silta" || c.KeyFile != filepath.Join(folder, "keys/k") {
		t.Errorf("got %q and %q", c.Database.DSN, c.KeyFile)
	}
	if c.AppService.Registration != filepath.Join(folder, "registration.yaml") {
		t.Errorf("a path is not relative to the file's folder: %q", c.AppService.Registration)
	}
	_, faults := parse(t, minimal+"database: {dsn: a.db, dsn_file: "+filepath.Join(folder, "dsn")+"}", nil)
	if len(faults) != 1 || !strings.Contains(faults[0].Text, "not both") {
		t.Errorf("got %+v", faults)
	}
	if _, err := config.Load(filepath.Join(folder, "absent.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestSameInputSameResult(t *testing.T) {
	bad := minimal + "b: 1\na: 2\ncrisis_lines: [{number: x, name: {xx: a, yy: b, zz: c}}]\nlanguages: [q]\n"
	first := ""
	for range 50 {
		_, err := config.Parse("c", []byte(bad), "", func(string) (string, bool) { return "", false })
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Fatalf("two results:\n%s\n%s", first, err)
		}
	}
}

func TestValues(t *testing.T) {
	for text, want := range map[string]time.Duration{"30d": 30 * 24 * time.Hour, "72h": 72 * time.Hour, "1h30m": 90 * time.Minute} {
		if c := must(t, minimal+"place_held: "+text, nil); c.PlaceHeld.Std() != want {
			t.Errorf("%s: got %v", text, c.PlaceHeld)
		}
	}
	for d, want := range map[time.Duration]string{90 * 24 * time.Hour: "90d", 24 * time.Hour: "24h", 90 * time.Minute: "1h30m", time.Minute: "1m", time.Hour: "1h"} {
		if got := config.Duration(d).String(); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
	c := must(t, minimal+`crisis_lines: [{number: "116 111", name: Apu, checked: 2026-11-01}]`, nil)
	if c.CrisisLines[0].Name.In("sv") != "Apu" || c.CrisisLines[0].Checked.Format(time.DateOnly) != "2026-11-01" {
		t.Errorf("got %+v", c.CrisisLines)
	}
	c = must(t, minimal+"topics: [sport]\ntopic_words: {sport: {fi: urheilu, sv: idrott, en: sport}}", nil)
	if c.TopicWords["sport"].In("sv") != "idrott" {
		t.Errorf("got %+v", c.TopicWords)
	}
	if got := config.Default().CrisisLines[0].Name.In("sv"); got != "MIELI rf:s kristelefon" {
		t.Errorf("got %q", got)
	}
	if got := c.BotID() + " " + c.BotName() + " " + c.AppService.PublicURL(); got != "@silta:yhdistys.fi Silta http://127.0.0.1:29330" {
		t.Errorf("got %q", got)
	}
	if _, offset := time.Date(2026, 7, 1, 0, 0, 0, 0, c.Location()).Zone(); offset != 3*3600 {
		t.Errorf("Helsinki's summer is %d s from UTC", offset)
	}
}

func TestChanges(t *testing.T) {
	old := must(t, minimal, nil)
	next := must(t, minimal+`
mentor_capacity: 3
retention: {queue: 7d}
log: {level: debug, format: json}
database: {dsn: other.db}
`, nil)
	applied, restart := config.Changes(old, next)
	if want := []string{"mentor_capacity", "retention.queue", "log.level"}; !slices.Equal(applied, want) {
		t.Errorf("applied %v, want %v", applied, want)
	}
	if want := []string{"database.dsn", "log.format"}; !slices.Equal(restart, want) {
		t.Errorf("restart %v, want %v", restart, want)
	}
	now := config.Reloaded(old, next)
	if now.MentorCapacity != 3 || now.Log.Level != "debug" || now.Log.Format != "auto" || now.Database.DSN != "silta.db" {
		t.Errorf("got %+v", now)
	}
	if applied, _ := config.Changes(now, next); len(applied) != 0 {
		t.Errorf("still to apply: %v", applied)
	}
	if old.MentorCapacity != 5 {
		t.Error("the running settings were changed in place")
	}
}

// FuzzParse: whatever the file holds, there is an answer and no crash.
func FuzzParse(f *testing.F) {
	f.Add(minimal)
	f.Add("a: &a [*a]")
	f.Add("homeserver: 3\ncrisis_lines: [{number: {}}]")
	f.Add("? {a: b}\n: c")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := config.Parse("c", []byte(text), "", func(string) (string, bool) { return "x", true })
		if (c == nil) == (err == nil) {
			t.Errorf("config %v and error %v", c, err)
		}
	})
}
