package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// reporter is somebody in a conversation who reports it, and one of staff who looks.
type reporter struct {
	*atWork
	other *talker
	own   string // the reporter's own room with the bot
}

func newReporter(t *testing.T) *reporter {
	w := newAtWork(t)
	r := &reporter{atWork: w}
	var id mentoring.MemberID
	w.do(func(a *mentoring.Act) error {
		c, err := a.Tx.ConversationOf(w.caller.id)
		if err != nil {
			return err
		}
		c = c.Clone()
		for i := range c.Participants {
			p := &c.Participants[i]
			p.Role = []mentoring.Role{mentoring.Mentee, mentoring.Mentor}[i]
			m, err := a.Tx.Member(p.Member)
			if err != nil {
				return err
			}
			if p.ID == w.caller.id {
				id = m.ID
				a.Do(mentoring.Welcome{Member: id})
			} else {
				r.other = &talker{Person: w.hs.Person(strings.TrimSuffix(strings.TrimPrefix(m.Address, "@"), ":test")), id: p.ID}
			}
			m.Language, m.Join, m.Consent = "en", mentoring.JoinDone, 1
			if err := a.Tx.PutMember(&m); err != nil {
				return err
			}
		}
		return a.Tx.PutConversation(c)
	})
	w.until("the reporter has a room of their own", func() bool { return w.ownRoom(id).Matrix != "" })
	r.own = w.ownRoom(id).Matrix
	w.until("they are asked in", func() bool { return slices.Contains(w.caller.Rooms("invite"), r.own) })
	must(struct{}{}, w.caller.Join(r.own))
	w.until("they are in it", func() bool { return w.ownRoom(id).State == store.RoomJoined })
	w.until("the other's room is known", func() bool {
		_ = w.store.Read(t.Context(), func(tx *store.Tx) error {
			room, err := tx.RoomOf(store.RoomLeg, int64(r.other.id))
			r.other.room = room.Matrix
			return err
		})
		return r.other.room != ""
	})
	return r
}

// says waits until the reporter has seen what the other says; it gives both events.
func (r *reporter) says(body string) (source, seen string) {
	r.t.Helper()
	source = must(r.other.Say(r.other.room, body))
	return source, r.arrives(body)
}

func (r *reporter) arrives(body string) (seen string) {
	r.t.Helper()
	r.until("it arrives: "+body, func() bool {
		for _, m := range r.caller.View(r.caller.room) {
			if m.Body == body {
				seen = m.Event
			}
		}
		return seen != ""
	})
	return seen
}

// told waits for a line of the bot in the reporter's own room after those before.
func (r *reporter) asked(begin string, before int) (text string) {
	r.t.Helper()
	r.until("they are asked: "+begin, func() bool {
		for _, m := range r.caller.View(r.own)[before:] {
			if m.Sender == "@silta:test" && strings.HasPrefix(m.Body, begin) {
				text = m.Body
			}
		}
		return text != ""
	})
	return text
}

// gives reports with a command in the conversation, says why, and gives what was
// shown; it returns that.
func (r *reporter) gives(command func() (string, error), preview string) string {
	r.t.Helper()
	before := len(r.caller.View(r.own))
	must(command())
	shown := r.asked(preview, before)
	r.asked("Why do you report", before)
	must(r.caller.Say(r.own, "it frightens me"))
	r.asked("May a member of staff", before)
	must(r.caller.Say(r.own, "no"))
	r.asked("Send the report", before)
	must(r.caller.Say(r.own, "yes"))
	r.asked("Thank you for telling", before)
	return shown
}

// inStaffRoom is what the bot says in the room of staff now, that begins so.
func (r *reporter) inStaffRoom(begin string) (found []string) {
	for _, m := range r.sari.View(r.room) {
		if m.Sender == "@silta:test" && strings.HasPrefix(m.Body, begin) {
			found = append(found, m.Body)
		}
	}
	return found
}

// TestCollect: a report gives the message that was answered, or the last ones, as
// they are now, with roles for names; what was taken back and what cannot be read is
// told as such, a file as a file. Staff see it when they ask, once, and no longer when
// the case is closed.
func TestCollect(t *testing.T) {
	r := newReporter(t)
	r.says("one")
	source, seen := r.says("two, " + "Alias-aino")
	_, gone := r.says("three")
	must(r.other.Edit(r.other.room, source, "two again, Alias-aino"))
	r.until("the edit arrives", func() bool {
		return slices.ContainsFunc(r.caller.View(r.caller.room), func(m hs.Message) bool { return strings.Contains(m.Body, "two again") })
	})
	shown := r.gives(func() (string, error) { return r.caller.Reply(r.caller.room, seen, "!report") }, "You give this message to staff")
	if !strings.Contains(shown, "two again") || !strings.Contains(shown, "(edited)") || strings.Contains(shown, "one") {
		t.Errorf("shown to the reporter:\n%s", shown)
	}
	_ = gone
	number := 0
	r.until("the case is there", func() bool {
		var list []mentoring.Case
		r.do(func(a *mentoring.Act) (err error) { list, err = a.Tx.Cases(mentoring.CaseOpen); return err })
		for _, c := range list {
			if c.Kind == mentoring.CaseReport {
				number = int(c.ID)
			}
		}
		return number != 0
	})
	if lines := r.inStaffRoom("Mentor"); len(lines) > 0 || len(r.inStaffRoom("Reason for the report")) > 0 {
		t.Errorf("said before anybody asked: %q", lines)
	}
	must(r.sari.Say(r.room, fmt.Sprint("!claim ", number)))
	r.settled(r.sari, r.room)
	for range 2 { // asked again it is shown once
		must(r.sari.Say(r.room, fmt.Sprint("!messages ", number)))
		r.settled(r.sari, r.room)
	}
	has := func(word string) (n int) {
		for _, m := range r.sari.View(r.room) {
			if m.Sender == "@silta:test" && strings.Contains(m.Body, word) {
				n++
			}
		}
		return n
	}
	r.until("it is shown once", func() bool { return has("two again") == 1 && has("it frightens me") == 1 })
	for _, m := range r.sari.View(r.room) {
		if strings.Contains(m.Body, "Alias-") || strings.Contains(m.Body, "one") && strings.HasPrefix(m.Body, "Ment") {
			t.Errorf("in the staff room: %q", m.Body)
		}
	}
	must(r.sari.Say(r.room, fmt.Sprint("!close ", number)))
	r.settled(r.sari, r.room)
	must(r.sari.Say(r.room, "!1"))
	r.settled(r.sari, r.room)
	must(r.sari.Say(r.room, "!yes"))
	r.until("what was shown is taken away, and why", func() bool { return has("two again") == 0 && has("it frightens me") == 0 })
}

// TestCollectLast: of the last messages both sides' are shown, and nothing of what was
// taken back; commands and lines of the bot are no messages.
func TestCollectLast(t *testing.T) {
	r := newReporter(t)
	r.says("before")
	_, gone := r.says("taken back")
	r.says("still there")
	must(r.caller.Say(r.caller.room, "!services"))
	must(r.caller.Say(r.caller.room, "my own"))
	r.sees(r.other, "my own")
	source := ""
	for _, m := range r.other.View(r.other.room) {
		if m.Body == "taken back" {
			source = m.Event
		}
	}
	must(struct{}{}, r.other.Redact(r.other.room, source))
	r.until("it is taken back", func() bool {
		return !slices.ContainsFunc(r.caller.View(r.caller.room), func(m hs.Message) bool { return m.Event == gone && m.Body != "" })
	})
	shown := r.gives(func() (string, error) { return r.caller.Say(r.caller.room, "!report 3") }, "You give these")
	for word, want := range map[string]bool{
		"still there": true, "my own": true, "taken back": false,
		"services": false, "Help elsewhere": false,
	} {
		if strings.Contains(shown, word) != want {
			t.Errorf("%q is shown: %v, in\n%s", word, !want, shown)
		}
	}
}

// TestSayIsAnswered: what staff say from their room goes to the person under the
// staff's alias. An answer to it arrives without a link, for what it answers is in no
// room of the staff member's own but that of staff; a heart on it goes nowhere.
func TestSayIsAnswered(t *testing.T) {
	w := newAtWork(t)
	must(w.sari.Say(w.room, "!claim 1"))
	asked := func(p *hs.Person) (room string) {
		for _, invited := range p.Rooms("invite") {
			if w.isLeg(invited) {
				room = invited
			}
		}
		return room
	}
	var leg, own string
	w.until("both are asked in", func() bool { leg, own = asked(w.caller.Person), asked(w.sari); return leg != "" && own != "" })
	must(struct{}{}, w.caller.Join(leg))
	must(struct{}{}, w.sari.Join(own))
	must(w.sari.Reply(w.room, w.head, "!say How are you?"))
	must(w.sari.Reply(w.room, w.head, "This is for colleagues."))
	var said hs.Message
	w.until("it arrives", func() bool {
		for _, m := range w.caller.View(leg) {
			if m.Body == "How are you?" {
				said = m
			}
		}
		return said.Event != ""
	})
	if !strings.HasPrefix(said.Sender, "@silta_") || said.Sender == "@silta:test" {
		t.Errorf("said by %s", said.Sender)
	}
	must(w.caller.React(leg, said.Event, "❤️"))
	must(w.caller.Reply(leg, said.Event, "Better, thank you."))
	var answer hs.Event
	w.until("the answer arrives", func() bool {
		for _, e := range w.sari.Timeline(own) {
			if e.Content["body"] == "Better, thank you." {
				answer = e
			}
		}
		return answer.ID != ""
	})
	if answer.Content["m.relates_to"] != nil {
		t.Errorf("the answer refers to what is not there: %v", answer.Content)
	}
	for _, e := range w.sari.Timeline(own) {
		if e.Type == "m.reaction" && e.Sender != "@silta:test" {
			t.Errorf("a reaction to what is not there: %v", e.Content)
		}
	}
	// What colleagues say to one another goes nowhere, and an answer to an answer has its link.
	for _, m := range w.caller.View(leg) {
		if strings.Contains(m.Body, "colleagues") {
			t.Errorf("arrived: %q", m.Body)
		}
	}
	must(w.sari.Reply(own, answer.ID, "Good."))
	w.until("the staff member's answer has its link", func() bool {
		for _, e := range w.caller.Timeline(leg) {
			if e.Content["body"] == "Good." {
				return e.Content["m.relates_to"] != nil
			}
		}
		return false
	})
}
