package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

const why = "He says that he will come to my home tonight."

// reported is a conversation of which a case was made, and two of staff.
type reported struct {
	*world
	aino, kaisa, sari, tero *talker
	number                  mentoring.CaseID
	staff, second           mentoring.Member
}

func newReported(t *testing.T, with ...func(*world)) *reported {
	t.Helper()
	r := &reported{world: newWorld(t, with...)}
	people := r.talk("aino", "kaisa")
	r.join(people...)
	r.aino, r.kaisa = people[0], people[1]
	r.sari, r.tero = &talker{Person: r.hs.Person("sari")}, &talker{Person: r.hs.Person("tero")}
	r.do(func(a *mentoring.Act) error {
		conv, err := a.Tx.ConversationOf(r.aino.id)
		if err != nil {
			return err
		}
		conv = conv.Clone()
		conv.Participants[1].Role = mentoring.Mentor
		if err = a.Tx.PutConversation(conv); err != nil {
			return err
		}
		if r.staff, err = a.Enlist(r.sari.ID); err != nil {
			return err
		}
		if r.second, err = a.Enlist(r.tero.ID); err != nil {
			return err
		}
		a.Do(mentoring.Welcome{Member: r.staff.ID})
		caller, err := a.Tx.MemberByAddress(r.aino.ID)
		if err != nil {
			return err
		}
		c, err := a.CallStaff(caller, mentoring.CaseReport, conv.ID)
		r.number = c.ID
		return err
	})
	r.until("tero is asked into the staff room", func() bool { return len(r.tero.Rooms("invite")) > 0 })
	for _, room := range r.tero.Rooms("invite") {
		must(struct{}{}, r.tero.Join(room))
	}
	r.do(func(a *mentoring.Act) error { _, err := a.Claim(r.staff, r.number); return err })
	r.until("sari has a room of her own", func() bool { return r.ownRoom(r.staff.ID).Matrix != "" })
	r.sari.room = r.ownRoom(r.staff.ID).Matrix
	r.until("she is asked in", func() bool { return slices.Contains(r.sari.Rooms("invite"), r.sari.room) })
	must(struct{}{}, r.sari.Join(r.sari.room))
	r.until("she is in it", func() bool { return r.ownRoom(r.staff.ID).State == store.RoomJoined })
	return r
}

// shown is what the bot has said in sari's own room that begins so, and is still there.
func (r *reported) shown(begin string) (found []string) {
	for _, m := range r.sari.View(r.sari.room) {
		if m.Sender == "@silta:test" && strings.HasPrefix(m.Body, begin) {
			found = append(found, m.Body)
		}
	}
	return found
}

// TestReadBack: what an access allows is read back out of each one's own room, in
// order, with roles in place of names; it is shown to the one who asked alone,
// taken away after an hour, and both sides are told.
func TestReadBack(t *testing.T) {
	r := newReported(t)
	must(r.aino.Say(r.aino.room, "long ago"))
	r.sees(r.kaisa, "long ago")
	r.skew.Store(int64(72 * time.Hour))
	must(r.aino.Say(r.aino.room, "hi Alias-kaisa, I am "+r.aino.ID))
	must(r.aino.Say(r.aino.room, "!help"))
	r.until("the second comes", func() bool { return len(copies(r.kaisa)) == 2 })
	must(r.kaisa.Say(r.kaisa.room, "hello"))
	r.until("the answer comes", func() bool { return len(copies(r.aino)) == 1 })
	var x mentoring.Access
	r.do(func(a *mentoring.Act) (err error) {
		x, err = a.AskRead(r.staff, r.number, 1, false, why)
		return err
	})
	r.do(func(a *mentoring.Act) error { _, err := a.AllowAccess(r.second, x.ID, mentoring.Proven{}); return err })
	var text string
	r.until("it is shown", func() bool {
		for _, m := range r.sari.View(r.sari.room) {
			if strings.Contains(m.Body, "Mentor: hello") {
				text = m.Body
			}
		}
		return text != ""
	})
	lines := strings.Split(text, "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "Mentee: hi [Mentor], I am ") {
		t.Errorf("shown:\n%s", text)
	}
	for _, name := range []string{"Alias-", "real-", "long ago", "!help", ":test"} {
		if strings.Contains(text, name) {
			t.Errorf("%q is shown:\n%s", name, text)
		}
	}
	seen := 0
	for _, room := range r.tero.Rooms("join") { // the staff room
		for _, m := range r.tero.View(room) {
			if seen++; strings.Contains(m.Body, "hello") || strings.Contains(m.Body, "hi [") {
				t.Errorf("said in the staff room: %q", m.Body)
			}
		}
	}
	if seen == 0 {
		t.Error("nothing was said in the staff room")
	}
	r.until("both are told", func() bool { return r.notified(r.aino) && r.notified(r.kaisa) })
	r.later(74 * time.Hour)
	r.until("it is taken away", func() bool {
		return !slices.ContainsFunc(r.sari.View(r.sari.room), func(m hs.Message) bool { return strings.Contains(m.Body, "hello") })
	})
}

// copies are what a person sees of others.
func copies(p *talker) (list []hs.Message) {
	for _, m := range p.View(p.room) {
		if m.Sender != p.ID && m.Kind != "m.notice" {
			list = append(list, m)
		}
	}
	return list
}

// notified: a line waits for them in a room of their own.
func (r *reported) notified(p *talker) bool {
	m, err := r.member(p.ID)
	return err == nil && r.ownRoom(m.ID).Matrix != ""
}
