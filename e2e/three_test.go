package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/appservice"

	"silta/bot"
	"silta/bridge"
	"silta/config"
	"silta/dev"
	"silta/locale"
	"silta/mentoring"
	"silta/store"
	"silta/web"
)

// three: a conversation of three is the same conversation. No command opens one
// yet, so it is put into the database with the program's own parts while the
// program is down; everything from there on is the program's.
func three(t *testing.T, w *world) {
	names := []string{w.nickname(), w.nickname(), w.nickname()}
	people := []*dev.Person{
		w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "en", names[0]),
		w.Mentee(dev.Nio(t, w.account(t), dev.Encrypted()), "fi", names[1]),
		w.Mentee(dev.Plain(t, w.account(t)), "sv", names[2]),
	}
	marks := make([]int, len(people))
	for i, p := range people {
		marks[i] = p.Mark()
	}
	w.Term()
	if err := openJoint(t.Context(), w.ConfigFile(), people, names); err != nil {
		t.Fatalf("open a conversation of three: %v", err)
	}
	w.Start()
	seats := make([]seat, len(people))
	for i, p := range people {
		seats[i] = seat{p, p.AwaitLeg(marks[i]), names[i]}
	}
	c := newTalk(t, seats...)
	c.twentyMessages()
	c.edits()
	c.reactions()
	c.redactions()
	c.everyoneSeesTheSame()
	c.sdk, c.stores = 0, map[int]bool{0: true, 1: true}
	c.kinds()
	c.polls()
	c.nobodyKnowsAnybody()
}

// openJoint keeps a conversation of three and asks everybody in.
func openJoint(ctx context.Context, path string, people []*dev.Person, names []string) error {
	return besides(ctx, path, nil, func(a *mentoring.Act) error { return putJoint(a, people, names) })
}

// besides does something with the program's own parts while the program is down,
// at the time of a clock (nil: now).
func besides(ctx context.Context, path string, now func() time.Time, do func(*mentoring.Act) error) (err error) {
	settings, err := config.Load(path)
	if err != nil {
		return err
	}
	keys, err := store.LoadKeyring(settings.KeyFile)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{DSN: settings.Database.DSN, Keys: keys})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	words, err := locale.Load(settings.Location())
	if err != nil {
		return err
	}
	registration, err := appservice.LoadRegistration(settings.AppService.Registration)
	if err != nil {
		return err
	}
	b := bridge.New(bridge.Options{
		Config: settings, Store: db, Now: now, Bot: bot.New(words, bot.Settings{}), Registration: registration,
		Log: zerolog.Nop(), Meter: web.NewMetrics("test", func(context.Context) ([]web.Lane, error) { return nil, nil }),
	})
	return b.Do(ctx, func(a *mentoring.Act) error {
		a.Random = rand.Reader
		return do(a)
	})
}

func putJoint(a *mentoring.Act, people []*dev.Person, names []string) error {
	c := mentoring.Conversation{
		Kind: mentoring.KindJoint, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
		State: mentoring.Open, Created: a.Now,
	}
	for i, p := range people {
		member, err := a.Tx.MemberByAddress(p.UserID)
		if err != nil {
			return err
		}
		memberships, err := a.Tx.Memberships(member.ID)
		if err != nil {
			return err
		}
		c.Participants = append(c.Participants, mentoring.Participant{
			Number: i + 1, Member: member.ID, Membership: memberships[0].ID, Role: mentoring.Mentee,
			Alias: names[i], Presence: mentoring.Asked,
		})
	}
	if err := a.Tx.PutConversation(&c); err != nil {
		return err
	}
	for _, p := range c.Participants {
		a.Do(mentoring.OpenLeg{Participant: p.ID})
	}
	return nil
}
