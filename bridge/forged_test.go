package bridge_test

import (
	"context"
	"strings"
	"testing"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// atWork is a world in which somebody has called staff, whose room has two people.
type atWork struct {
	*world
	sari, former *hs.Person // one of staff, and one who is no longer, but is in the room still
	room         string     // of staff
	head         string     // the event of the case's head in it
	id           mentoring.CaseID
	caller       *talker
}

func newAtWork(t *testing.T) *atWork {
	w := &atWork{world: newWorld(t)}
	w.sari, w.former = w.hs.Person("sari"), w.hs.Person("tero")
	var gone mentoring.Member
	for _, p := range []*hs.Person{w.sari, w.former} {
		w.do(func(a *mentoring.Act) error {
			m := mentoring.Member{Address: p.ID, Language: "en", Alias: "Alias-" + p.ID[1:5], Join: mentoring.JoinDone, Consent: 1}
			if err := a.Tx.PutMember(&m); err != nil {
				return err
			}
			var err error
			gone, err = a.Enlist(p.ID)
			return err
		})
		w.until("staff are asked into their room", func() bool { w.room = w.commonRoom(p, "invite"); return w.room != "" })
		must("", p.Join(w.room))
		w.settled(p, w.room) // they are of the staff as they come
	}
	w.do(func(a *mentoring.Act) error {
		list, err := a.Tx.Memberships(gone.ID)
		if err != nil {
			return err
		}
		for i := range list {
			list[i].State = mentoring.Ended
			if err := a.Tx.PutMembership(&list[i]); err != nil {
				return err
			}
		}
		return nil
	})
	people := w.talk("aino", "kaisa")
	w.join(people...)
	w.caller = people[0]
	w.do(func(a *mentoring.Act) error {
		m, err := a.Tx.MemberByAddress(w.caller.ID)
		if err != nil {
			return err
		}
		c, err := a.CallStaff(m, mentoring.CaseHelp, 0)
		w.id = c.ID
		return err
	})
	w.until("the case has its buttons", func() bool {
		for _, m := range w.sari.View(w.room) {
			if len(m.Reactions) == 2 {
				w.head = m.Event
			}
		}
		return w.head != ""
	})
	return w
}

// commonRoom finds the room of staff among a person's; empty if they have none.
func (w *world) commonRoom(p *hs.Person, membership string) (found string) {
	for _, room := range p.Rooms(membership) {
		_ = w.store.Read(context.Background(), func(tx *store.Tx) error {
			r, err := tx.RoomByMatrix(room)
			if err == nil && r.Kind == store.RoomStaff {
				found = room
			}
			return err
		})
	}
	return found
}

// stands is how the case stands, and how many there are.
func (w *atWork) stands() (c mentoring.Case, all int) {
	w.t.Helper()
	w.do(func(a *mentoring.Act) (err error) {
		list, err := a.Tx.Cases(mentoring.CaseOpen, mentoring.CaseClaimed, mentoring.CaseClosed)
		if err != nil {
			return err
		}
		all = len(list)
		c, err = a.Tx.Case(w.id)
		return err
	})
	return c, all
}

// settled waits until what was written in a room before has been dealt with: a
// mistyped command there is answered after it.
func (w *atWork) settled(p *hs.Person, room string) {
	w.t.Helper()
	answers := func() (n int) {
		for _, m := range p.View(room) {
			if m.Sender == "@silta:test" && strings.Contains(m.Body, "Did you mean “!help”") {
				n++
			}
		}
		return n
	}
	before := answers()
	must(p.Say(room, "!hellp"))
	w.until("a mistyped command is answered", func() bool { return answers() > before })
}

// TestForgedCommands: reactions of somebody without the role, or on what is no case;
// answers to what is in another room; old commands that are edited, and commands in
// what is quoted: none of them does anything with a case.
func TestForgedCommands(t *testing.T) {
	w := newAtWork(t)
	claim := "!claim 1"
	talk := must(w.former.Say(w.room, "Who takes 1?"))
	harmless := must(w.sari.Say(w.room, "In a moment."))
	shown := must(w.sari.Say(w.room, "!case 1"))
	w.settled(w.sari, w.room)
	var other string // a line of the bot's that is no head
	for _, m := range w.sari.View(w.room) {
		if m.Sender == "@silta:test" && m.Event != w.head {
			other = m.Event
		}
	}
	elsewhere := must(w.caller.Say(w.caller.room, "hello"))
	own := must(w.former.Say(w.room, claim))

	for _, forge := range []struct {
		what string
		by   *hs.Person
		room string
		do   func() (string, error)
	}{
		{"a tap without the role", w.former, w.room, func() (string, error) { return w.former.React(w.room, w.head, "✋") }},
		{"a command without the role", w.former, w.room, func() (string, error) { return w.former.Reply(w.room, w.head, "!claim") }},
		{"a tap on what a colleague wrote", w.sari, w.room, func() (string, error) { return w.sari.React(w.room, talk, "✋") }},
		{"a tap on another line of the bot's", w.sari, w.room, func() (string, error) { return w.sari.React(w.room, other, "✋") }},
		{"a tap on what is in another room", w.sari, w.room, func() (string, error) { return w.sari.React(w.room, elsewhere, "✋") }},
		{"an answer to what is in another room", w.sari, w.room, func() (string, error) { return w.sari.Reply(w.room, elsewhere, "!claim") }},
		{"a tap from another room", w.caller.Person, w.caller.room, func() (string, error) { return w.caller.React(w.caller.room, w.head, "✋") }},
		{"an answer from another room", w.caller.Person, w.caller.room, func() (string, error) { return w.caller.Reply(w.caller.room, w.head, "!claim") }},
		{"an edit of what was no command", w.sari, w.room, func() (string, error) { return w.sari.Edit(w.room, harmless, claim) }},
		{"an edit of an old command", w.sari, w.room, func() (string, error) { return w.sari.Edit(w.room, shown, claim) }},
		{"an edit of another's", w.sari, w.room, func() (string, error) { return w.sari.Edit(w.room, own, claim) }},
		{"a command in what is answered", w.sari, w.room, func() (string, error) { return w.sari.Reply(w.room, own, "No, wait.") }},
		{"a command that is quoted", w.sari, w.room, func() (string, error) { return w.sari.Say(w.room, "> "+claim+"\n\nNot yet.") }},
		{"an urgent call that is quoted", w.caller.Person, w.caller.room, func() (string, error) {
			return w.caller.Say(w.caller.room, "> !urgent\n\nWhat does that do?")
		}},
	} {
		before, cases := w.stands()
		must(forge.do())
		w.settled(forge.by, forge.room)
		if c, n := w.stands(); c.State != mentoring.CaseOpen || c.ClaimedBy != 0 || !c.Changed.Equal(before.Changed) || n != cases {
			t.Fatalf("%s: the case is %s, of %d cases", forge.what, c.State, n)
		}
	}
	w.hs.Inject(map[string]any{
		"type": "m.reaction", "event_id": "$forged", "room_id": w.room, "sender": "@stranger:test", "origin_server_ts": 1,
		"content": map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": w.head, "key": "✋"}},
	})
	w.settled(w.sari, w.room)
	if c, _ := w.stands(); c.State != mentoring.CaseOpen {
		t.Fatalf("a stranger's tap: the case is %s", c.State)
	}
	must(w.sari.React(w.room, w.head, "✋"))
	w.until("a tap of staff's own takes the case", func() bool { c, _ := w.stands(); return c.State == mentoring.CaseClaimed })
}
