package mentoring_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"silta/mentoring"
	"silta/onetime"
)

// app is somebody's app that makes codes.
type app struct {
	w    *world
	link string
}

func (a *app) code(off time.Duration) string {
	a.w.t.Helper()
	u, err := url.Parse(a.link)
	if err != nil {
		a.w.t.Fatal(err)
	}
	code, err := totp.GenerateCode(u.Query().Get("secret"), a.w.now.Add(off))
	if err != nil {
		a.w.t.Fatal(err)
	}
	return code
}

// turnsOn has a staff member turn it on.
func (w *world) turnsOn(m mentoring.Member) *app {
	w.t.Helper()
	w.rules.OneTime = onetime.Codes{}
	one := &app{w: w}
	for _, e := range w.must(func(a *mentoring.Act) error { return a.BeginTotp(m) }) {
		if e, ok := e.(mentoring.ShowSecret); ok {
			one.link = e.Text.Args["link"].(string)
		}
	}
	w.rightly(true, func(a *mentoring.Act) (bool, error) { return a.ConfirmTotp(m, one.code(0)) })
	return one
}

// rightly does something with a code, which is right or not.
func (w *world) rightly(want bool, fn func(a *mentoring.Act) (bool, error)) []mentoring.Effect {
	w.t.Helper()
	return w.must(func(a *mentoring.Act) error {
		ok, err := fn(a)
		if err == nil && ok != want {
			w.t.Errorf("right: %v, want %v", ok, want)
		}
		return err
	})
}

func (w *world) proves(m mentoring.Member, code string, want bool) (proof mentoring.Proven) {
	w.t.Helper()
	w.rightly(want, func(a *mentoring.Act) (ok bool, err error) { proof, ok, err = a.ProveTotp(m, code); return ok, err })
	return proof
}

// TestTotp: on with a code and off with one; each is right once, half a minute
// early or late; after some wrong ones none is taken for a while.
func TestTotp(t *testing.T) {
	w := newWorld(t)
	w.rules.OneTime = onetime.Codes{}
	staff, mentee := w.staff(), w.mentee("Kuu")
	w.refused("not_allowed", func(a *mentoring.Act) error { return a.BeginTotp(mentee) })
	w.refused("totp.begin_first", func(a *mentoring.Act) error { _, err := a.ConfirmTotp(staff, "123456"); return err })
	w.refused("totp.first", func(a *mentoring.Act) error { _, _, err := a.ProveTotp(staff, "123456"); return err })
	var late *app
	for _, e := range w.must(func(a *mentoring.Act) error { return a.BeginTotp(staff) }) {
		if e, ok := e.(mentoring.ShowSecret); ok {
			late = &app{w, e.Text.Args["link"].(string)}
		}
	}
	w.refused("totp.first", func(a *mentoring.Act) error { _, _, err := a.ProveTotp(staff, late.code(0)); return err }) // not on yet
	w.rightly(false, func(a *mentoring.Act) (bool, error) { return a.ConfirmTotp(staff, late.code(5*time.Minute)) })
	w.refused("totp.first", func(a *mentoring.Act) error { _, _, err := a.ProveTotp(staff, late.code(0)); return err })
	w.later(11 * time.Minute)
	w.refused("totp.begin_first", func(a *mentoring.Act) error { _, err := a.ConfirmTotp(staff, late.code(0)); return err })

	one := w.turnsOn(staff)
	w.refused("totp.on_already", func(a *mentoring.Act) error { return a.BeginTotp(staff) })
	w.refused("totp.on_already", func(a *mentoring.Act) error { _, err := a.ConfirmTotp(staff, one.code(0)); return err })
	w.proves(staff, one.code(0), false) // it turned it on
	w.proves(staff, one.code(30*time.Second), true)
	w.proves(staff, one.code(30*time.Second), false)
	w.proves(staff, one.code(0), false) // older than one that was taken
	w.later(5 * time.Minute)
	early := one.code(-30 * time.Second)
	w.proves(staff, " "+early[:3]+" "+early[3:], true)
	w.later(5 * time.Minute)
	for range 4 {
		w.proves(staff, one.code(-60*time.Second), false)
	}
	w.refused("totp.wait", func(a *mentoring.Act) error { _, _, err := a.ProveTotp(staff, one.code(0)); return err })
	w.later(time.Minute)
	w.proves(staff, one.code(0), true)
	w.later(time.Minute)
	for range 3 { // what is right forgives what was wrong
		w.proves(staff, "000000", false)
	}
	entries := len(w.auditOf())
	w.rightly(false, func(a *mentoring.Act) (bool, error) { return a.EndTotp(staff, "000000") })
	w.later(time.Minute)
	w.rightly(true, func(a *mentoring.Act) (bool, error) { return a.EndTotp(staff, one.code(0)) })
	w.refused("totp.first", func(a *mentoring.Act) error { _, err := a.EndTotp(staff, one.code(0)); return err })
	if got := w.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditTotpWrong, mentoring.AuditTotpOff}) {
		t.Errorf("audit %v", got)
	}
}

// TestTotpConfirms: whoever has turned it on asks and allows with a code only, and
// so does everybody where it is required; somebody else's proof is none.
func TestTotpConfirms(t *testing.T) {
	s := newAccessing(t)
	ask := func(proof mentoring.Proven) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error {
			_, err := a.AskIdentity(s.sari, s.number, mentoring.Mentor, why, proof)
			return err
		}
	}
	none := mentoring.Proven{}
	s.must(ask(none))
	sari, tero := s.turnsOn(s.sari), s.turnsOn(s.tero)
	s.later(time.Minute)
	s.refused("totp.first", ask(none))
	s.refused("totp.first", ask(s.proves(s.tero, tero.code(0), true)))
	s.must(ask(s.proves(s.sari, sari.code(0), true)))
	allow := func(proof mentoring.Proven) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.AllowAccess(s.tero, 1, proof); return err }
	}
	s.later(time.Minute)
	s.refused("totp.first", allow(none))
	s.must(allow(s.proves(s.tero, tero.code(0), true)))
	// To read needs none: both are told, and it is not who somebody is.
	x := s.asks()
	s.must(func(a *mentoring.Act) error { _, err := a.AllowAccess(s.tero, x.ID, none); return err })

	third := s.staff()
	s.rules.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {RequireTotp: true}}
	s.refused("totp.first", func(a *mentoring.Act) error { _, err := a.AllowAccess(third, 2, none); return err })
	s.rules.Programmes[mentoring.DefaultProgramme].RequireTotp = false
	s.must(func(a *mentoring.Act) error { _, err := a.AllowAccess(third, 2, none); return err })
}

// TestTotpReset: an administrator takes it from another, never their own, and all
// staff learn of it.
func TestTotpReset(t *testing.T) {
	w := newWorld(t)
	staff, other, mentee := w.staff(), w.staff(), w.mentee("Kuu")
	w.rules.OneTime = onetime.Codes{}
	w.turnsOn(other)
	w.turnsOn(staff)
	w.refused("totp.reset_own", func(a *mentoring.Act) error { return a.ResetTotp(staff, staff.ID) })
	w.refused("totp.reset_none", func(a *mentoring.Act) error { return a.ResetTotp(staff, 1<<40) })
	w.refused("not_allowed", func(a *mentoring.Act) error { return a.ResetTotp(mentee, other.ID) })
	told := w.must(func(a *mentoring.Act) error { return a.ResetTotp(staff, other.ID) })
	if keys := keysOf(told); !slices.Equal(keys, []string{"notify totp.was_reset", "room totp.reset_staff"}) {
		t.Errorf("told %v", keys)
	}
	w.refused("totp.first", func(a *mentoring.Act) error { _, _, err := a.ProveTotp(other, "123456"); return err })
	w.refused("totp.reset_none", func(a *mentoring.Act) error { return a.ResetTotp(staff, other.ID) })
}

// TestTotpIsShown for ten minutes to who turns it on, and goes as soon as they have
// given a code; that it was taken from somebody is told loudly, and left in the audit.
func TestTotpIsShown(t *testing.T) {
	w := newWorld(t)
	w.rules.OneTime = onetime.Codes{}
	staff, other := w.staff(), w.staff()
	effects := w.must(func(a *mentoring.Act) error { return a.BeginTotp(other) })
	secrets := of[mentoring.ShowSecret](effects)
	if len(effects) != 2 || len(secrets) != 1 || secrets[0].Member != other.ID || secrets[0].For != 10*time.Minute || secrets[0].Text.Args["minutes"] != 10 ||
		!slices.Contains(effects, mentoring.Effect(mentoring.ShowTotp{Member: other.ID, For: 10 * time.Minute})) {
		t.Fatalf("shown %+v", effects)
	}
	one := &app{w, secrets[0].Text.Args["link"].(string)}
	entries := len(w.auditOf())
	w.later(10 * time.Minute)
	w.same(w.rightly(true, func(a *mentoring.Act) (bool, error) { return a.ConfirmTotp(other, one.code(0)) }),
		mentoring.HideSecret{Member: other.ID, Key: secrets[0].Key})
	effects = w.must(func(a *mentoring.Act) error { return a.ResetTotp(staff, other.ID) })
	if !slices.ContainsFunc(of[mentoring.Notify](effects), func(n mentoring.Notify) bool {
		return n.Member == other.ID && n.Loud && n.Text.Key == "totp.was_reset"
	}) {
		t.Errorf("told %+v", effects)
	}
	if got := w.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditTotpOn, mentoring.AuditTotpReset}) {
		t.Errorf("audit %v", got)
	}
}
