package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"silta/config"
	"silta/locale"
	"silta/mentoring"
	"silta/store"
)

type breachCommand struct {
	Of       string           `enum:"database,both,key,staff,homeserver" default:"both" help:"What fell into wrong hands: database, key, both, staff (a staff member's account), homeserver (its database)."`
	From     string           `help:"The first day of the breach, as 2026-11-03 (default: 30 days ago)." placeholder:"DAY"`
	To       string           `help:"The last day (default: today)." placeholder:"DAY"`
	Language string           `enum:",fi,sv,en" default:"" help:"fi, sv or en (default: default_language of the settings)."`
	Now      func() time.Time `kong:"-"`
}

// Run prints what the authority asks for within 72 hours (GDPR 33(3)), as far as
// Silta knows it; it may run beside the service.
func (b *breachCommand) Run(s *surroundings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	now := time.Now()
	if b.Now != nil {
		now = b.Now()
	}
	from, until, err := b.span(now, c.Location())
	if err != nil {
		return err
	}
	census, err := store.TakeCensus(s.ctx, store.Options{DSN: c.Database.DSN}, from, until)
	if err != nil {
		return err
	}
	var check mentoring.AuditCheck
	if err = store.WalkAudit(s.ctx, store.Options{DSN: c.Database.DSN}, check.Add); err == nil {
		_, err = check.End()
	}
	var fault *mentoring.AuditFault
	if err != nil && !errors.As(err, &fault) {
		return err
	}
	cat, err := locale.Load(c.Location())
	if err != nil {
		return err
	}
	lang := b.Language
	if lang == "" {
		lang = c.DefaultLanguage
	}
	out := bufio.NewWriter(s.out)
	r := breachReport{out: out, cat: cat, lang: lang, c: c, census: &census, whole: fault == nil, from: from, until: until, now: now}
	r.print(b.Of)
	return out.Flush()
}

func (b *breachCommand) span(now time.Time, zone *time.Location) (from, until time.Time, err error) {
	day := func(text string, otherwise time.Time) (time.Time, error) {
		if text == "" {
			return time.Date(otherwise.Year(), otherwise.Month(), otherwise.Day(), 0, 0, 0, 0, zone), nil
		}
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			return t, fmt.Errorf("%q is no day such as 2026-11-03", text)
		}
		return t, nil
	}
	now = now.In(zone)
	if from, err = day(b.From, now.AddDate(0, 0, -30)); err != nil {
		return from, until, err
	}
	if until, err = day(b.To, now); err != nil {
		return from, until, err
	}
	until = until.AddDate(0, 0, 1)
	if !from.Before(until) {
		return from, until, errors.New("--to is before --from")
	}
	return from, until, nil
}

// breachReport writes the report.
type breachReport struct {
	out              io.Writer
	cat              *locale.Catalogue
	lang             string
	c                *config.Config
	census           *store.Census
	whole            bool // the audit is
	from, until, now time.Time
}

func (r *breachReport) say(key string, pairs ...any) {
	text := mentoring.T(key, pairs...)
	if slices.Contains([]string{"breach.nature", "breach.people", "breach.audit", "breach.consequences", "breach.measures", "breach.fill"}, key) {
		fmt.Fprintln(r.out)
	}
	fmt.Fprintln(r.out, r.cat.Say(r.lang, text.Key, text.Args))
}

func (r *breachReport) days(t time.Time) string { return t.In(r.c.Location()).Format("2.1.2006") }

func (r *breachReport) print(of string) {
	k := r.census
	r.say("breach.title", "service", r.c.ServiceName, "at", r.now)
	r.say("breach.clock")
	r.say("breach.nature", "from", r.days(r.from), "until", r.days(r.until.AddDate(0, 0, -1)))
	r.say("breach.of."+of, "days", int(time.Duration(r.c.Retention.Keys).Hours()/24))
	r.say("breach.people", "n", k.All, "joining", k.Joining)
	for _, role := range mentoring.Roles() {
		if n := k.People[role]; n > 0 {
			r.say("breach.role", "role", mentoring.T("role."+string(role)), "n", n)
		}
	}
	if !k.Oldest.IsZero() {
		r.say("breach.oldest", "at", r.days(k.Oldest))
	}
	r.say("breach.records", "talks", k.Talks, "cards", k.Cards, "waiting", k.Waiting, "files", k.Files, "phrases", k.Phrases)
	for _, kind := range slices.Sorted(maps.Keys(k.Cases)) {
		r.say("breach.cases", "kind", mentoring.T("breach.case."+string(kind)), "n", k.Cases[kind])
	}
	r.say("breach.categories")
	r.say("breach.audit", "from", r.days(r.from), "until", r.days(r.until.AddDate(0, 0, -1)))
	for _, action := range slices.Sorted(maps.Keys(k.Audit)) {
		r.say("breach.count", "what", mentoring.T("audit.action."+string(action)), "n", k.Audit[action])
	}
	if len(k.Audit) == 0 {
		r.say("breach.no_acts")
	}
	r.moments("breach.readings", k.Readings)
	r.moments("breach.identities", k.Identities)
	if r.whole {
		r.say("breach.whole")
	} else {
		r.say("breach.not_whole")
	}
	r.say("breach.consequences")
	r.say("breach.measures")
	r.say("breach.fill")
}

func (r *breachReport) moments(key string, list []time.Time) {
	if len(list) == 0 {
		return
	}
	days := make([]string, len(list))
	for i, at := range list {
		days[i] = r.days(at)
	}
	r.say(key, "n", len(list), "days", strings.Join(slices.Compact(days), ", "))
}
