package bridge_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// question waits for the n-th question of the guard in a leg that has not been
// answered by then, and returns its event.
func (w *world) question(p *talker, n int) string {
	w.t.Helper()
	event := ""
	w.until("the guard asks "+strconv.Itoa(n)+" times", func() bool {
		asked := 0
		for _, m := range p.View(p.room) {
			if m.Sender == "@silta:test" && len(m.Body) > 30 && m.Body[:18] == "Your message seems" {
				asked++
				event = m.Event
			}
		}
		return asked == n
	})
	return event
}

// heldRows are the rows that the guard keeps of an author for a leg.
func (w *world) heldRows(p, from *talker) (n int) {
	w.t.Helper()
	lane := w.store.Lane(store.LaneOut, strconv.FormatInt(int64(p.id), 10), strconv.FormatInt(int64(from.id), 10))
	err := w.store.Write(context.Background(), func(tx *store.Tx) error {
		rows, err := tx.Rows(lane)
		n = 0
		for _, row := range rows {
			if row.Hold == store.HoldGuard {
				n++
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// nothingHeld sees that nothing of a held message is left.
func (w *world) nothingHeld(p, from *talker) {
	w.t.Helper()
	w.until("nothing is held", func() bool {
		var list []mentoring.Held
		err := w.store.Read(context.Background(), func(tx *store.Tx) (err error) {
			list, err = tx.HeldOf(from.id)
			return err
		})
		return err == nil && len(list) == 0 && w.heldRows(p, from) == 0
	})
}

// TestLeak01: a number steps aside, later messages pass, and its writer says
// what becomes of it: by a tap, a word, an answer to the question.
func TestLeak01(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(people...)
	must(a.Say(a.room, "soita 040 123 4567"))
	asked := w.question(a, 1)
	must(a.Say(a.room, "hei"))
	w.sees(b, "hei")
	must(a.React(a.room, asked, "1️⃣"))
	w.told(a, "was sent")
	w.sees(b, "hei", "soita 040 123 4567")
	w.nothingHeld(b, a)

	must(a.Say(a.room, "<b>kirjoita</b> aino@example.fi jooko"))
	w.question(a, 2)
	must(a.Say(a.room, "!hide"))
	w.sees(b, "hei", "soita 040 123 4567", "<b>kirjoita</b> (hidden) jooko")
	w.nothingHeld(b, a)

	must(a.Say(a.room, "insta: ainoaino"))
	asked = w.question(a, 3)
	must(a.Reply(a.room, asked, "drop"))
	w.told(a, "was not sent")
	w.nothingHeld(b, a)
	must(a.Say(a.room, "!1"))
	w.told(a, "not a command|understand|!help")
	must(a.Say(a.room, "moi"))
	w.sees(b, "hei", "soita 040 123 4567", "<b>kirjoita</b> (hidden) jooko", "moi")
}

// TestGuardWaits: what refers to a held message waits for it, over a restart, and
// each question is about its own message.
func TestGuardWaits(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa", "pia")
	a, b, c := people[0], people[1], people[2]
	w.join(people...)
	first := must(a.Say(a.room, "numero on 0401234567"))
	one := w.question(a, 1)
	second := must(a.Say(a.room, "tai 0507654321"))
	two := w.question(a, 2)
	must(a.Reply(a.room, first, "siis tuo"))
	must(a.React(a.room, second, "👍"))
	must(a.Say(a.room, "muuta"))
	w.sees(b, "muuta")
	w.sees(c, "muuta")
	w.stop()
	w.start()
	must(a.React(a.room, two, "3️⃣"))
	w.told(a, "waits for your answer, too")
	w.sees(b, "muuta")
	must(a.React(a.room, one, "2️⃣"))
	for _, p := range []*talker{b, c} {
		got := w.sees(p, "muuta", "numero on (hidden)", "siis tuo")
		if got[2].ReplyTo != got[1].Event {
			t.Errorf("the answer is to %q, not to %q", got[2].ReplyTo, got[1].Event)
		}
	}
	w.nothingHeld(b, a)
	w.nothingHeld(c, a)
}

// TestGuardEdits: an edit takes the place of what is held, and is looked through
// itself; taking a message back ends its question; an edit of a sent message that
// is held is overtaken by a later one.
func TestGuardEdits(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(people...)
	event := must(a.Say(a.room, "nro 0401234567"))
	w.question(a, 1)
	must(a.Edit(a.room, event, "nro 0407654321"))
	asked := w.question(a, 2)
	must(a.Edit(a.room, event, "ei numeroa"))
	w.sees(b, "ei numeroa")
	w.nothingHeld(b, a)
	must(a.React(a.room, asked, "1️⃣"))
	w.told(a, "question")

	event = must(a.Say(a.room, "nro 0401112223"))
	w.question(a, 3)
	must(a.Reply(a.room, event, "tuo"))
	if err := a.Redact(a.room, event); err != nil {
		t.Fatal(err)
	}
	w.sees(b, "ei numeroa", "tuo")
	w.nothingHeld(b, a)

	event = must(a.Say(a.room, "sana"))
	w.sees(b, "ei numeroa", "tuo", "sana")
	must(a.Edit(a.room, event, "sana 0401112223"))
	w.question(a, 4)
	must(a.Edit(a.room, event, "toinen sana"))
	w.sees(b, "ei numeroa", "tuo", "toinen sana")
	w.nothingHeld(b, a)
	must(a.Edit(a.room, event, "sana 0403334445"))
	asked = w.question(a, 5)
	must(a.React(a.room, asked, "2️⃣"))
	w.sees(b, "ei numeroa", "tuo", "sana (hidden)")
	w.nothingHeld(b, a)
}

// TestGuardForgets: who does not answer for a day is told, and the words are gone.
func TestGuardForgets(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(people...)
	must(a.Say(a.room, "nro 0401234567"))
	w.question(a, 1)
	if w.heldRows(b, a) != 1 {
		t.Fatal("nothing is held")
	}
	w.pass(25 * time.Hour)
	w.told(a, "did not answer for a day")
	w.nothingHeld(b, a)
	must(a.Say(a.room, "hei"))
	w.sees(b, "hei")
}

// TestGuardFirst: nobody is asked into a conversation by a message that is held.
func TestGuardFirst(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(a)
	w.do(func(act *mentoring.Act) error {
		c, err := act.Tx.ConversationOf(a.id)
		if err != nil {
			return err
		}
		c = c.Clone()
		c.State, c.Due, c.Participants[1].Presence = mentoring.Placed, act.Now.Add(time.Hour), mentoring.NotAsked
		return act.Tx.PutConversation(c)
	})
	must(a.Say(a.room, "nro 0401234567"))
	asked := w.question(a, 1)
	state := func() (s mentoring.ConversationState) {
		err := w.store.Read(context.Background(), func(tx *store.Tx) error {
			c, err := tx.ConversationOf(a.id)
			if err == nil {
				s = c.State
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if state() != mentoring.Placed {
		t.Fatal("a held message opened the conversation")
	}
	must(a.React(a.room, asked, "2️⃣"))
	w.until("the conversation is open", func() bool { return state() == mentoring.Open })
	w.join(b)
	w.sees(b, "nro (hidden)")
}

// TestGuardNames: the other's alias is no handle, and a person's own address
// becomes their alias as ever.
func TestGuardNames(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "kaisa")
	a, b := people[0], people[1]
	w.join(people...)
	must(a.Say(a.room, "hei @alias-kaisa, minä olen "+a.ID+", soita 112 tai 09 2525 0111"))
	list := w.sees(b, "hei @alias-kaisa, minä olen Alias-aino, soita 112 tai 09 2525 0111")
	if slices.ContainsFunc(list, func(m hs.Message) bool { return m.Body == "" }) {
		t.Error("empty")
	}
}
