package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"silta/dev"
)

// world is what the parts of TestService share: a homeserver on which people
// accept invitations themselves, and the running service.
type world struct {
	*dev.Service
	hs    *dev.Homeserver
	admin *dev.User

	people atomic.Int64
}

func TestService(t *testing.T) {
	t.Parallel()
	inOneWorld(t, []part{
		{"hello", hello},
		{"languages", languages},
		{"conversation", conversation},
		{"guard", guard},
		{"signs", signs},
		{"strangers", strangers},
		{"commands", commands},
		{"check", checkAll},
		{"three", three}, // restarts the program: last
		{"group", group},
	})
}

// TestCare is what befalls conversations, and the people in them, in time. It has a
// world of its own only so that the two can run side by side.
func TestCare(t *testing.T) {
	t.Parallel()
	inOneWorld(t, []part{
		{"leaving", leaving},
		{"cases", cases},
		{"away", away},
		{"ending", ending},
		{"load", load},
		{"supervision", supervision}, // restarts the program: last
	})
}

// part is a test in a world that it shares with others.
type part struct {
	name string
	run  func(*testing.T, *world)
}

func inOneWorld(t *testing.T, parts []part) {
	t.Helper()
	w := newWorld(t)
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) { p.run(t, w) })
	}
	w.noPanic(t)
}

func (w *world) noPanic(t *testing.T) {
	t.Helper()
	if log := w.Log(); strings.Contains(log, "panic") {
		t.Errorf("there was a panic; see the log:\n%.3000s", log[strings.Index(log, "panic"):])
	}
}

func newWorld(t *testing.T, options ...dev.SiltaOption) *world {
	t.Helper()
	hs := dev.NewSynapse(t, dev.WithoutAutoAccept())
	program := dev.NewSilta(t, hs, append([]dev.SiltaOption{allowed()}, options...)...)
	hs.Start()
	staff := dev.Plain(t, hs.Register("staff", "salasana"))
	program.Start()
	return &world{Service: program.Open(staff), hs: hs, admin: dev.NewUser(hs.RegisterAdmin("root", "salasana"))}
}

// account makes an account with a Matrix ID and a profile name that nobody else
// must ever see: searching for them must find nothing by accident.
func (w *world) account(t *testing.T) dev.Account {
	t.Helper()
	n := w.people.Add(1)
	a := w.hs.Register(fmt.Sprintf("henkilo%dxq7", n), "salasana")
	err := dev.NewUser(a).Do(context.Background(), "PUT", "/_matrix/client/v3/profile/"+a.UserID+"/displayname",
		map[string]string{"displayname": fmt.Sprintf("Oikeanimi%d Sukunimi", n)}, nil)
	if err != nil {
		t.Fatalf("set a display name: %v", err)
	}
	return a
}

// profileName is the display name that account gave, and localpart the first
// part of the Matrix ID.
func profileName(c *dev.Client) string { return "Oikeanimi" + number(c) + " Sukunimi" }
func localpart(c *dev.Client) string   { return "henkilo" + number(c) + "xq7" }

func number(c *dev.Client) string {
	rest := strings.TrimPrefix(c.UserID, "@henkilo")
	n, _, _ := strings.Cut(rest, "xq7")
	return n
}

// nickname is one that no other person has.
func (w *world) nickname() string { return fmt.Sprintf("Kuura%d", w.people.Add(1)) }

// card is a card with an alias that no other mentor has.
func (w *world) card() dev.Card {
	return dev.Card{
		Alias: fmt.Sprintf("Kanerva%d", w.people.Add(1)), AgeBand: 2, Area: "Tampere",
		Story: "Olen käynyt läpi saman.", Topics: "1, 3", Languages: "1",
	}
}

// mentee and mentor are people with plain clients.
func (w *world) mentee(t *testing.T) *dev.Person {
	t.Helper()
	return w.Mentee(dev.Plain(t, w.account(t)), "fi", w.nickname())
}

func (w *world) mentor(t *testing.T) (*dev.Person, string) {
	t.Helper()
	card := w.card()
	return w.Mentor(dev.Plain(t, w.account(t)), "fi", card), card.Alias
}

// pair is a mentee and a mentor who are talking.
type pair struct {
	mentee, mentor       *dev.Person
	menteeLeg, mentorLeg string
	alias                string // of the mentor
}

func (w *world) pair(t *testing.T) *pair {
	t.Helper()
	p := &pair{mentee: w.mentee(t)}
	p.mentor, p.alias = w.mentor(t)
	p.menteeLeg, p.mentorLeg = w.Conversation(p.mentee, p.mentor, p.alias, "hei, ensimmäinen viesti")
	return p
}

// eventually tries until there is no fault, and fails with the last one.
func eventually(t *testing.T, within time.Duration, try func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
