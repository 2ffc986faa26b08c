package bridge_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"silta/config"
	"silta/mentoring"
	"silta/store"
)

// What the guard does with what is more than a text, and by which policy.

// policy makes a world with one policy for what mentees write.
func policy(t *testing.T, name string) *world {
	return newWorld(t, func(w *world) {
		w.prepare = func(c *config.Config) { c.Programmes.Mentoring.Guard.Mentee = name }
	})
}

// reads is all that a person's room has of the ghosts.
func (w *world) reads(p *talker) string {
	var all strings.Builder
	for _, ev := range p.Timeline(p.room) {
		if w.hs.Ours(ev.Sender) && ev.Sender != "@silta:test" {
			fmt.Fprintln(&all, ev.Content)
		}
	}
	return all.String()
}

// toldTimes waits until the bot has said something so many times in a leg.
func (w *world) toldTimes(p *talker, part string, times int) {
	w.t.Helper()
	w.until(fmt.Sprintf("the bot says %q %d times", part, times), func() bool {
		n := 0
		for _, m := range p.View(p.room) {
			if m.Sender == "@silta:test" && strings.Contains(m.Body, part) {
				n++
			}
		}
		return n == times
	})
}

const number = "0401234567"

func TestGuardHides(t *testing.T) {
	w := policy(t, "hide")
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	event := must(aino.Say(aino.room, "soita "+number+" heti"))
	w.sees(oskar, "soita (hidden) heti")
	w.toldTimes(aino, "was hidden", 1)
	must(aino.Edit(aino.room, event, "tai "+number))
	w.sees(oskar, "tai (hidden)")
	w.toldTimes(aino, "was hidden", 2)
	must(aino.Send(aino.room, pollType+"start", pollOf("Soitatko "+number+"?", 1, "Joo", "En, tekstaan "+number)))
	w.until("the poll is there", func() bool { return w.poll(oskar) != nil })
	if poll := w.poll(oskar); poll.Question != "Soitatko (hidden)?" || !reflect.DeepEqual(poll.Answers, []string{"Joo", "En, tekstaan (hidden)"}) {
		t.Errorf("the poll asks %+v", poll)
	}
	w.until("and its text", func() bool { return strings.Contains(w.reads(oskar), "1. Joo\n2. En, tekstaan (hidden)") })
	w.vote(oskar, "Joo")
	w.results(people, map[string][]string{"oskar": {"Joo"}})
	if all := w.reads(oskar); strings.Contains(all, number) {
		t.Errorf("the number has come: %s", all)
	}
	w.nothingHeld(oskar, aino)
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		list, err := tx.Counters(mentoring.CountContacts)
		if len(list) != 1 || list[0].About != "phone/mentee" || list[0].Value != 3 {
			t.Errorf("counted %v", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestGuardBlocks(t *testing.T) {
	w := policy(t, "block")
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	event := must(aino.Say(aino.room, "soita"))
	w.sees(oskar, "soita")
	must(aino.Say(aino.room, "soita "+number))
	w.toldTimes(aino, "cannot be sent here", 1)
	must(aino.Edit(aino.room, event, "soita "+number))
	w.toldTimes(aino, "cannot be sent here", 2)
	must(aino.Send(aino.room, pollType+"start", pollOf("Soitatko "+number+"?", 1, "Joo")))
	w.toldTimes(aino, "cannot be sent here", 3)
	must(aino.Say(aino.room, "hei"))
	w.sees(oskar, "soita", "hei")
	if all := w.reads(oskar); strings.Contains(all, number) || w.poll(oskar) != nil {
		t.Errorf("the number has come: %s", all)
	}
	w.nothingHeld(oskar, aino)
}

// TestGuardPolls: a poll is held with its text, and goes whole, without the part,
// or not at all.
func TestGuardPolls(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	start := func(question string) string {
		return must(aino.Send(aino.room, pollType+"start", pollOf(question+number+"?", 1, "Joo "+number, "Ei")))
	}
	asks := func(question string, answers ...string) func() bool {
		return func() bool {
			poll := w.poll(oskar)
			return poll != nil && poll.Question == question && reflect.DeepEqual(poll.Answers, answers)
		}
	}
	start("Sana ")
	asked := w.question(aino, 1)
	must(aino.Send(aino.room, pollType+"response", map[string]any{
		"m.relates_to":        map[string]any{"rel_type": "m.reference", "event_id": w.poll(aino).Event},
		pollType + "response": map[string]any{"answers": []string{"clients-own-0"}},
	}))
	w.toldTimes(aino, "has not been sent yet: it waits", 1)
	must(aino.Say(aino.room, "hei"))
	w.until("what follows passes", func() bool { return strings.Contains(w.reads(oskar), "hei") })
	if strings.Contains(w.reads(oskar), "Sana") {
		t.Fatal("the poll was not held")
	}
	must(aino.React(aino.room, asked, "2️⃣"))
	w.until("the poll has come without it", asks("Sana (hidden)?", "Joo (hidden)", "Ei"))
	w.until("and its text", func() bool { return strings.Contains(w.reads(oskar), "1. Joo (hidden)\n2. Ei") })
	if strings.Contains(w.reads(oskar), number) {
		t.Error("the number has come")
	}
	w.vote(aino, "Joo "+number)
	w.until("her vote has come", func() bool { return len(w.poll(oskar).Votes) == 1 })

	start("Toinen ")
	asked = w.question(aino, 2)
	must(aino.React(aino.room, asked, "3️⃣"))
	w.nothingHeld(oskar, aino)
	start("Kolmas ")
	asked = w.question(aino, 3)
	must(aino.React(aino.room, asked, "1️⃣"))
	w.until("the third has come whole", asks("Kolmas "+number+"?", "Joo "+number, "Ei"))
	if strings.Contains(w.reads(oskar), "Toinen") {
		t.Error("what was dropped has come")
	}
	w.nothingHeld(oskar, aino)
}

// TestGuardPollEdits: an edit of a poll is held, and too late when somebody has
// voted meanwhile.
func TestGuardPollEdits(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	edit := func(event, question string, answers ...string) {
		must(aino.Send(aino.room, pollType+"start", map[string]any{
			"m.new_content": pollOf(question, 1, answers...), "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": event}}))
	}
	for i, late := range []bool{false, true} {
		event := must(aino.Send(aino.room, pollType+"start", pollOf(fmt.Sprint("Mitä ", i), 1, "Joo", "Ei")))
		w.until("the poll is there", func() bool { p := w.poll(oskar); return p != nil && p.Question == fmt.Sprint("Mitä ", i) })
		edit(event, "Mihin? "+number, "Tänne", "Sinne", "Tuonne")
		asked := w.question(aino, i+1)
		if late {
			w.vote(oskar, "Joo")
			w.until("the vote has come", func() bool { return len(w.poll(aino).Votes) > 0 })
		}
		must(aino.React(aino.room, asked, "2️⃣"))
		if late {
			w.toldTimes(aino, "can no longer be changed", 1)
		} else {
			w.until("the edit has come", func() bool {
				p := w.poll(oskar)
				return p.Question == "Mihin? (hidden)" && reflect.DeepEqual(p.Answers, []string{"Tänne", "Sinne", "Tuonne"})
			})
			must(oskar.Send(oskar.room, pollType+"response", map[string]any{
				"m.relates_to":        map[string]any{"rel_type": "m.reference", "event_id": w.poll(oskar).Event},
				pollType + "response": map[string]any{"answers": []string{"3"}}}))
			w.until("a vote for the new answer counts", func() bool { return strings.Contains(w.reads(aino), "clients-own-2") })
		}
		w.nothingHeld(oskar, aino)
		if q := w.poll(oskar).Question; late && q != "Mitä 1" {
			t.Errorf("the poll asks %q", q)
		}
	}
}

// TestGuardCaptions: a picture waits with its caption; so does a new caption.
func TestGuardCaptions(t *testing.T) {
	w := newWorld(t, carriesMedia)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	first := aino.shows(aino.Upload(photo(60, 60)), "ranta "+number)
	asked := w.question(aino, 1)
	must(aino.Say(aino.room, "hei"))
	w.until("what follows passes", func() bool { return strings.Contains(w.reads(oskar), "hei") })
	if strings.Contains(w.reads(oskar), "ranta") {
		t.Fatal("the picture was not held")
	}
	must(aino.React(aino.room, asked, "2️⃣"))
	w.sees(oskar, "hei", "ranta (hidden)")
	w.clean(w.lastFile(oskar), "image.jpg")

	caption := func(text string) {
		fresh := map[string]any{"msgtype": "m.image", "body": text, "filename": "IMG_Aino.jpg", "url": aino.Upload(photo(60, 60))}
		must(aino.Send(aino.room, "m.room.message", map[string]any{"msgtype": "m.image", "body": "* " + text, "filename": "IMG_Aino.jpg", "url": fresh["url"],
			"m.new_content": fresh, "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": first}}))
	}
	caption("meri " + number)
	asked = w.question(aino, 2)
	must(aino.React(aino.room, asked, "1️⃣"))
	w.sees(oskar, "hei", "meri "+number)
	w.nothingHeld(oskar, aino)

	// A file that cannot be carried ends the question about its caption.
	aino.shows(aino.Upload([]byte("no picture")), "kuva "+number)
	w.question(aino, 3)
	w.toldTimes(aino, "could identify you cannot be taken out", 1)
	w.nothingHeld(oskar, aino)
}

// TestFirstVoiceMessage: its writer is told what a voice tells, and it goes when
// they say so. Later ones go at once.
func TestFirstVoiceMessage(t *testing.T) {
	w := newWorld(t, carriesMedia)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	sound := sound(t)
	says := func(p *talker) {
		must(p.Send(p.room, "m.room.message", map[string]any{"msgtype": "m.audio", "body": "Voice message", "url": p.Upload(sound),
			"org.matrix.msc3245.voice": map[string]any{}}))
	}
	ask := func(p *talker) (event string) {
		w.toldTimes(p, "recognise your voice", 1)
		for _, m := range p.View(p.room) {
			if m.Sender == "@silta:test" && strings.Contains(m.Body, "recognise your voice") {
				event = m.Event
			}
		}
		return event
	}
	says(aino)
	asked := ask(aino)
	must(aino.Say(aino.room, "hei"))
	w.sees(oskar, "hei")
	must(aino.Say(aino.room, "!hide"))
	w.toldTimes(aino, "I did not understand. Write “!send” (send the voice", 1)
	must(aino.Reply(aino.room, asked, "yes"))
	w.sees(oskar, "hei", "voice.ogg")
	w.nothingHeld(oskar, aino)
	says(aino)
	w.sees(oskar, "hei", "voice.ogg", "voice.ogg")

	says(oskar)
	asked = ask(oskar)
	must(oskar.React(oskar.room, asked, "2️⃣"))
	w.nothingHeld(aino, oskar)
	says(oskar)
	w.until("the second goes", func() bool { return strings.Contains(w.reads(aino), "voice.ogg") })
	w.toldTimes(oskar, "recognise your voice", 1)
}

// sound is a second of a tone, as a voice message.
func sound(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "voice.ogg")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=300:duration=1", "-c:a", "libopus", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v %s (apt-get install ffmpeg)", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestGuardHeldPollIsEdited: the edit of a poll that is held takes its place, as
// that of a text does; what it was nobody sees, and votes are for what it is.
func TestGuardHeldPollIsEdited(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	edit := func(event string, fresh map[string]any) {
		eventType := pollType + "start"
		if fresh["msgtype"] != nil {
			eventType = "m.room.message"
		}
		must(aino.Send(aino.room, eventType, map[string]any{"msgtype": "m.text", "body": "* x",
			"m.new_content": fresh, "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": event}}))
	}
	event := must(aino.Send(aino.room, pollType+"start", pollOf("Eka "+number+"?", 1, "Joo")))
	w.question(aino, 1)
	edit(event, map[string]any{"msgtype": "m.text", "body": "hei"})
	w.toldTimes(aino, "can no longer be changed", 1)
	edit(event, pollOf("Toka?", 1, "Joo", "Soita "+number))
	asked := w.question(aino, 2)
	must(aino.React(aino.room, asked, "2️⃣"))
	w.until("it has come as it is now", func() bool {
		p := w.poll(oskar)
		return p != nil && p.Question == "Toka?" && reflect.DeepEqual(p.Answers, []string{"Joo", "Soita (hidden)"})
	})
	w.until("and its text", func() bool { return strings.Contains(w.reads(oskar), "Toka?\n1. Joo\n2. Soita (hidden)") })
	w.vote(oskar, "Soita (hidden)")
	w.until("a vote for a new answer counts", func() bool { return strings.Contains(w.reads(aino), "clients-own-1") })

	event = must(aino.Send(aino.room, pollType+"start", pollOf("Kolmas "+number+"?", 1, "Joo")))
	w.question(aino, 3)
	edit(event, pollOf("Neljäs?", 1, "Ei", "Ehkä"))
	w.until("without a contact it goes at once", func() bool {
		return w.poll(oskar).Question == "Neljäs?" && reflect.DeepEqual(w.poll(oskar).Answers, []string{"Ei", "Ehkä"})
	})
	if all := w.reads(oskar); strings.Contains(all, number) || strings.Contains(all, "Eka") || strings.Contains(all, "Kolmas") {
		t.Errorf("what was thought better of has come: %s", all)
	}
	w.nothingHeld(oskar, aino)
}

// TestGuardBehindTwo: what refers to two held messages comes when both are decided
// about; an answer to one that was dropped comes without its relation.
func TestGuardBehindTwo(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	root := must(aino.Say(aino.room, "eka "+number))
	first := w.question(aino, 1)
	second := must(aino.Say(aino.room, "toka "+number))
	other := w.question(aino, 2)
	must(aino.Send(aino.room, "m.room.message", map[string]any{"msgtype": "m.text", "body": "ketjussa", "m.relates_to": map[string]any{
		"rel_type": "m.thread", "event_id": root, "is_falling_back": false, "m.in_reply_to": map[string]any{"event_id": second}}}))
	must(aino.React(aino.room, first, "2️⃣"))
	w.sees(oskar, "eka (hidden)")
	must(aino.Say(aino.room, "väliin"))
	w.sees(oskar, "eka (hidden)", "väliin")
	must(aino.React(aino.room, other, "1️⃣"))
	got := w.sees(oskar, "eka (hidden)", "väliin", "toka "+number, "ketjussa")
	if got[3].ReplyTo != got[2].Event {
		t.Errorf("it answers %q, not %q", got[3].ReplyTo, got[2].Event)
	}
	dropped := must(aino.Say(aino.room, "kolmas "+number))
	must(aino.React(aino.room, w.question(aino, 3), "3️⃣"))
	w.nothingHeld(oskar, aino)
	must(aino.Reply(aino.room, dropped, "vastaan silti"))
	got = w.sees(oskar, "eka (hidden)", "väliin", "toka "+number, "ketjussa", "vastaan silti")
	if got[4].ReplyTo != "" {
		t.Errorf("it answers %q", got[4].ReplyTo)
	}
	w.nothingHeld(oskar, aino)
}

// TestGuardCounts: of what the guard finds only numbers are kept: of which kind, of
// which role, and what its writer decided.
func TestGuardCounts(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	for i, key := range []string{"1️⃣", "2️⃣", "3️⃣"} {
		must(aino.Say(aino.room, fmt.Sprint("soita ", number, " tai aino@example.fi ", i)))
		must(aino.React(aino.room, w.question(aino, i+1), key))
	}
	event := must(aino.Say(aino.room, "sittenkin "+number))
	w.question(aino, 4)
	if err := aino.Redact(aino.room, event); err != nil {
		t.Fatal(err)
	}
	w.nothingHeld(oskar, aino)
	count := func(name mentoring.CounterName) map[string]int64 {
		counts := map[string]int64{}
		err := w.store.Read(context.Background(), func(tx *store.Tx) error {
			list, err := tx.Counters(name)
			for _, c := range list {
				counts[c.About] += c.Value
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	if got, want := count(mentoring.CountContacts), (map[string]int64{"phone/mentee": 4, "email/mentee": 3}); !reflect.DeepEqual(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	want := map[string]int64{"send/mentee": 1, "hide/mentee": 1, "drop/mentee": 1, "withdrawn/mentee": 1}
	w.until("each decision is counted", func() bool { return reflect.DeepEqual(count(mentoring.CountContactsDecided), want) })
}
