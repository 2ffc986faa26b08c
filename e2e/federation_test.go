package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// TestFederation: the mentee is at one homeserver, the mentor at another, and
// Silta at a third. They federate over TLS.
func TestFederation(t *testing.T) {
	t.Parallel()
	servers := federation(t, 3)
	home, ours, theirs := servers[0], servers[1], servers[2]
	program := dev.NewSilta(t, home)
	for _, hs := range servers {
		hs.Start()
	}
	staff := dev.Plain(t, home.Register("staff", "salasana"))
	program.Start()
	w := &world{Service: program.Open(staff), hs: home}

	card := w.card()
	mentor := w.Mentor(dev.JSSDK(t, theirs.Register("viherpeippo", "salasana"), dev.OnlySigned()), "fi", card)
	mentee := w.Mentee(dev.JSSDK(t, ours.Register("kanarialintu", "salasana"), dev.OnlySigned()), "fi", w.nickname())
	p := &pair{mentee: mentee, mentor: mentor, alias: card.Alias}
	p.menteeLeg, p.mentorLeg = w.Conversation(mentee, mentor, p.alias, "terveisiä toiselta palvelimelta")
	p.converse(t, "aluksi", 5)

	serverDown(t, w, p, theirs)
	p.converse(t, "jälkeen", 5)
	noServerKnows(t, p, ours, theirs)
	w.noPanic(t)
}

// federation sets up homeservers that know each other, without starting them.
func federation(t *testing.T, n int) []*dev.Homeserver {
	t.Helper()
	ports, names := make([]int, n), make([]string, n)
	for i := range ports {
		ports[i] = dev.FreePort(t)
		names[i] = fmt.Sprintf("127.0.0.1:%d", ports[i])
	}
	servers := make([]*dev.Homeserver, n)
	for i := range servers {
		servers[i] = dev.NewSynapse(t, dev.Federate(ports[i], names...), dev.WithoutAutoAccept())
	}
	return servers
}

// converse has both write, and looks at how the clients show it.
func (p *pair) converse(t *testing.T, what string, n int) {
	t.Helper()
	for i := range n {
		p.mentee.Text(p.menteeLeg, fmt.Sprintf("%s, kysymys %d", what, i))
		p.mentor.Text(p.mentorLeg, fmt.Sprintf("%s, vastaus %d", what, i))
	}
	p.mentee.AwaitText(p.menteeLeg, fmt.Sprintf("%s, vastaus %d", what, n-1))
	p.mentor.AwaitText(p.mentorLeg, fmt.Sprintf("%s, kysymys %d", what, n-1))
	eventually(t, 30*time.Second, func() error { return shielded(p.mentee, p.menteeLeg) })
	eventually(t, 30*time.Second, func() error { return shielded(p.mentor, p.mentorLeg) })
}

// shielded tells of the first event that a client cannot read, or with a warning.
func shielded(p *dev.Person, leg string) error {
	for _, e := range p.Judged(leg) {
		if e.Failure != "" || e.Shield != "NONE" && e.Sender != p.UserID {
			return fmt.Errorf("%s sees %q with the shield %q (%s) %s", p.UserID, e.Body(), e.Shield, e.Reason, e.Failure)
		}
	}
	return nil
}

// downFor is how long that server is away.
const downFor = 30 * time.Second

// serverDown: the mentor's homeserver is away for a while. What is written to
// them waits, with it the first word of a new conversation, whose ghost has to
// ask that server for keys; nobody else notices.
func serverDown(t *testing.T, w *world, p *pair, theirs *dev.Homeserver) {
	t.Helper()
	local, other := w.pair(t), w.mentee(t)
	theirs.Stop()
	began := time.Now()
	for i := range 5 {
		p.mentee.Text(p.menteeLeg, fmt.Sprintf("katko %d", i))
	}
	leg := w.Chooses(other, p.alias)
	mark := p.mentor.Mark()
	other.Text(leg, "uusi keskustelu katkon aikana")
	for i := 0; i < 5 || time.Since(began) < downFor; i++ { // these do not wait for the other server
		local.mentee.Text(local.menteeLeg, fmt.Sprintf("häiriöttä %d", i))
		local.mentor.AwaitText(local.mentorLeg, fmt.Sprintf("häiriöttä %d", i))
		time.Sleep(time.Second)
	}
	theirs.Start()

	p.mentor.Patience = 90 * time.Second // our homeserver tries theirs again after 10 s at the earliest
	p.mentor.AwaitText(p.mentorLeg, "katko 4")
	fresh := p.mentor.AwaitLeg(mark)
	p.mentor.AwaitText(fresh, "uusi keskustelu katkon aikana")
	next := 0
	for _, e := range p.mentor.Events(0) {
		if e.Room == p.mentorLeg && e.Body() == fmt.Sprintf("katko %d", next) {
			next++
		}
	}
	if next != 5 {
		t.Errorf("%d of 5 messages came in order after a remote homeserver was down", next)
	}
	eventually(t, 30*time.Second, func() error { return shielded(p.mentor, fresh) })
}

// noServerKnows: neither the mentee's homeserver nor the mentor's keeps anything
// that tells who the other is.
func noServerKnows(t *testing.T, p *pair, ours, theirs *dev.Homeserver) {
	t.Helper()
	for _, side := range []struct {
		of      *dev.Homeserver
		own     *dev.Person
		other   *dev.Person
		foreign string
	}{
		{ours, p.mentee, p.mentor, p.mentorLeg},
		{theirs, p.mentor, p.mentee, p.menteeLeg},
	} {
		if len(traces(t, side.of.Dir, map[string]string{"their own": side.own.UserID})) == 0 {
			t.Fatal("the search does not find even a homeserver's own person")
		}
		for _, trace := range traces(t, side.of.Dir, map[string]string{
			"the other's Matrix ID": side.other.UserID, "the other's device": side.other.Device,
			"the other's room": side.foreign, "their localpart": side.other.UserID[1:strings.Index(side.other.UserID, ":")],
		}) {
			t.Errorf("at the homeserver of %s: %s", side.own.UserID, trace)
		}
	}
}
