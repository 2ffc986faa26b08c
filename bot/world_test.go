package bot_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"silta/bot"
	"silta/locale"
	"silta/mentoring"
	"silta/onetime"
	"silta/store"
	"silta/text"
)

// world is a service with its people on a real store; everybody in it got there
// through the use cases.
type world struct {
	t      testing.TB
	store  *store.Store
	cat    *locale.Catalogue
	bot    *bot.Bot
	lang   mentoring.Language
	now    time.Time
	rules  mentoring.Rules
	random io.Reader
	people map[string]mentoring.MemberID
	// effects of the last step
	effects []mentoring.Effect
}

func newWorld(t testing.TB, lang string) *world {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatalf("time zone data: %v (apt-get install tzdata)", err)
	}
	key := filepath.Join(t.TempDir(), "silta.key")
	if err := store.NewKeyFile(key); err != nil {
		t.Fatal(err)
	}
	keys, err := store.LoadKeyring(key)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, lang: mentoring.Language(lang), random: rand.NewChaCha8([32]byte{1}), people: map[string]mentoring.MemberID{},
		now: time.Date(2026, 11, 2, 12, 0, 0, 0, zone),
		rules: mentoring.Rules{
			MinimumAge: 17, ConsentVersion: 1, PlaceHeld: 24 * time.Hour, MentorCapacity: 3,
			CodeLifetime: 14 * 24 * time.Hour, Retention: 90 * 24 * time.Hour, RetentionNotice: 72 * time.Hour,
			Zone: zone, StaffAlias: "Silta", Search: text.Search{}, OneTime: onetime.Codes{}, Guard: text.NewGuard(text.Settings{}),
			Programmes: map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {
				OnCall: mentoring.OnCallRules{Repeat: 5 * time.Minute, Tries: 2}, ReviewAfter: 14 * 24 * time.Hour,
				Awake: time.Hour, ForgetAfter: 7 * 24 * time.Hour, FewMentors: 2,
				Supervision: mentoring.SupervisionRules{
					Every: 28 * 24 * time.Hour, Lasts: 90 * time.Minute, Missed: 2, Reminders: []time.Duration{24 * time.Hour},
				},
				ServiceCheck: 180 * 24 * time.Hour,
				Waiting:      mentoring.Waiting{Remind: 24 * time.Hour, Offer: 48 * time.Hour, Staff: 72 * time.Hour},
			}},
			Topics: []string{"independence", "aftercare", "studies", "work", "parenthood"},
		},
	}
	w.store, err = store.Open(context.Background(), store.Options{
		DSN: filepath.Join(t.TempDir(), "silta.db"), Keys: keys, Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	if w.cat, err = locale.Load(zone); err != nil {
		t.Fatal(err)
	}
	w.restart()
	return w
}

// restart makes a new Bot, as a new process would.
func (w *world) restart() {
	w.bot = bot.New(w.cat, bot.Settings{
		Location:    w.rules.Zone,
		CrisisLines: map[mentoring.Language]string{"fi": "MIELI: 09 2525 0111"},
		YoungerHelp: map[mentoring.Language]string{"fi": "nuoret.example"},
	})
}

// write runs fn in a transaction. A refusal is returned, a fault fails the test.
func (w *world) write(fn func(*mentoring.Act) error) error {
	w.t.Helper()
	var refused *mentoring.Refusal
	err := w.store.Write(context.Background(), func(tx *store.Tx) error {
		a := &mentoring.Act{Tx: tx, Now: w.now, Rules: &w.rules, Random: w.random}
		refused = nil
		if err := fn(a); err != nil && !errors.As(err, &refused) {
			return err
		}
		w.effects = a.Effects
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if refused != nil {
		return refused
	}
	return nil
}

func (w *world) must(fn func(*mentoring.Act) error) {
	w.t.Helper()
	if err := w.write(fn); err != nil {
		w.t.Fatal(err)
	}
}

// meet makes a person known, without a word said yet.
func (w *world) meet(name string) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error {
		m, err := a.Meet("@" + name + ":example.org")
		w.people[name] = m.ID
		return err
	})
}

// join takes a known person through joining.
func (w *world) join(name, alias string) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(w.people[name])
		if err != nil {
			return err
		}
		if err := a.SetLanguage(&m, w.lang); err != nil {
			return err
		}
		if m.Join == mentoring.JoinAge {
			if err := a.AnswerAge(&m, true); err != nil {
				return err
			}
		}
		if err := a.AnswerConsent(&m, true); err != nil {
			return err
		}
		return a.TakeNickname(&m, alias)
	})
}

func (w *world) mentee(name, alias string) {
	w.t.Helper()
	w.meet(name)
	w.join(name, alias)
}

// staff makes somebody a coordinator, as the operator's configuration does.
func (w *world) staff(name string) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error {
		m, err := a.Enlist("@" + name + ":example.org")
		w.people[name] = m.ID
		return err
	})
	w.join(name, "Koordinaattori-"+name)
}

// invited makes somebody a mentor without a card.
func (w *world) invited(name, alias string) mentoring.MembershipID {
	w.t.Helper()
	if _, ok := w.people["sari"]; !ok {
		w.staff("sari")
	}
	var id mentoring.MembershipID
	w.meet(name)
	w.must(func(a *mentoring.Act) error {
		sari, err := a.Tx.Member(w.people["sari"])
		if err != nil {
			return err
		}
		code, err := a.NewMentorCode(sari)
		if err != nil {
			return err
		}
		m, err := a.Tx.Member(w.people[name])
		if err != nil {
			return err
		}
		s, err := a.RedeemCode(&m, code)
		id = s.ID
		return err
	})
	w.join(name, alias)
	return id
}

// mentor makes somebody a mentor with an approved card.
func (w *world) mentor(name, alias string, topics ...string) mentoring.MembershipID {
	w.t.Helper()
	id := w.invited(name, alias)
	w.must(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(w.people[name])
		if err != nil {
			return err
		}
		c, err := a.MyCard(m)
		if err != nil {
			return err
		}
		c.AgeBand, c.Area, c.Story, c.Topics = "25–34", "Uusimaa", "Story of "+alias+".", topics
		if err := a.SaveCard(m, &c); err != nil {
			return err
		}
		if err := a.SubmitCard(m); err != nil {
			return err
		}
		sari, err := a.Tx.Member(w.people["sari"])
		if err != nil {
			return err
		}
		return a.ApproveCard(sari, id)
	})
	return id
}

// handle gives the bot one request of a member; a fault fails the test.
func (w *world) handle(name string, r bot.Request) bot.Answer {
	w.t.Helper()
	answer, err := w.try(name, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// try is handle that returns the fault.
func (w *world) try(name string, r bot.Request) (answer bot.Answer, fault error) {
	w.t.Helper()
	fault = w.store.Write(context.Background(), func(tx *store.Tx) error {
		a := &mentoring.Act{Tx: tx, Now: w.now, Rules: &w.rules, Random: w.random}
		m, err := a.Tx.Member(w.people[name])
		if err != nil {
			return err
		}
		r.Act, r.Member = a, &m
		answer, err = w.bot.Handle(r)
		w.effects = a.Effects
		return err
	})
	return answer, fault
}

// leg finds the participant of a person in the conversation with somebody of
// that alias, the newest first.
func (w *world) leg(name, with string) (p mentoring.ParticipantID) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error {
		all, err := a.Tx.ConversationsOf(w.people[name])
		if err != nil {
			return err
		}
		for _, c := range all {
			me := c.ByMember(w.people[name])
			for _, alias := range c.Aliases(me.ID) {
				if alias == with {
					p = me.ID
				}
			}
		}
		return nil
	})
	if p == 0 {
		w.t.Fatalf("%s has no conversation with %s", name, with)
	}
	return p
}
