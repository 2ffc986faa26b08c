package bridge_test

import (
	"context"
	"strings"
	"testing"

	"silta/store"
)

// TestPollsEnd: a poll ends once; when its end is taken back it goes on, for
// everybody; when it is taken back itself, nothing of it is kept.
func TestPollsEnd(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	event := w.startPoll(people, 0, pollOf("Mennäänkö?", 1, "Joo", "Ei"))
	end := func() string {
		return must(aino.Send(aino.room, pollType+"end", map[string]any{pollType + "end": map[string]any{}, "org.matrix.msc1767.text": "x",
			"m.relates_to": map[string]any{"rel_type": "m.reference", "event_id": event}}))
	}
	ends := func() (n int) {
		for _, ev := range oskar.Timeline(oskar.room) {
			if ev.Type == pollType+"end" {
				n++
			}
		}
		return n
	}
	w.vote(oskar, "Ei")
	w.results(people, map[string][]string{"oskar": {"Ei"}})
	first := end()
	w.until("it has ended", func() bool { return w.poll(oskar).Ended })
	end()
	must(aino.Say(aino.room, "väliin"))
	w.until("what came after it has come", func() bool { return strings.Contains(w.reads(oskar), "väliin") })
	if n := ends(); n != 1 {
		t.Errorf("it ended %d times", n)
	}
	w.vote(oskar, "Joo")
	w.told(oskar, "had ended already")
	if err := aino.Redact(aino.room, first); err != nil {
		t.Fatal(err)
	}
	w.until("it goes on", func() bool { return !w.poll(oskar).Ended })
	w.vote(aino, "Joo")
	w.vote(oskar, "Joo")
	w.until("the votes have come", func() bool { return strings.Contains(w.reads(aino), "clients-own-0") })
	if err := aino.Redact(aino.room, event); err != nil {
		t.Fatal(err)
	}
	w.until("nothing of it is kept", func() bool {
		left := 1
		err := w.store.Read(context.Background(), func(tx *store.Tx) error {
			c, err := tx.ConversationOf(aino.id)
			if err != nil {
				return err
			}
			polls, err := tx.Polls(c.ID)
			left = len(polls)
			return err
		})
		return err == nil && left == 0
	})
}

// TestSecretPolls: until a secret poll has ended, nobody is told who chose what:
// neither by a client with polls, which shows nothing before the end, nor by the
// bot, who tells those without.
func TestSecretPolls(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar", "kaisa")
	w.join(people...)
	aino, oskar, kaisa := people[0], people[1], people[2]
	poll := pollOf("Kuka jatkaa?", 1, "Minä", "Sinä")
	poll[pollType+"start"].(map[string]any)["kind"] = pollType + "undisclosed"
	event := w.startPoll(people, 0, poll)
	for _, p := range people[1:] {
		if !strings.Contains(w.reads(p), pollType+"undisclosed") {
			t.Errorf("%s sees an open poll", p.alias)
		}
	}
	w.vote(oskar, "Sinä")
	w.results(people, map[string][]string{"oskar": {"Sinä"}})
	must(aino.Send(aino.room, pollType+"end", map[string]any{pollType + "end": map[string]any{},
		"m.relates_to": map[string]any{"rel_type": "m.reference", "event_id": event}}))
	w.told(kaisa, "The poll has ended") // she has not shown that she sees polls
	if strings.Contains(w.readable(kaisa.room), "answers the poll") {
		t.Error("she was told of a secret vote")
	}
}
