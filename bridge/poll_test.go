package bridge_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"silta/dev/hs"
)

const pollType = "org.matrix.msc3381.poll."

// pollOf is the start of a poll as clients write it today; the IDs of its
// answers would tell whose it is.
func pollOf(question string, most int, answers ...string) map[string]any {
	var list []any
	for i, text := range answers {
		list = append(list, map[string]any{"id": fmt.Sprintf("clients-own-%d", i), "org.matrix.msc1767.text": text})
	}
	return map[string]any{
		"org.matrix.msc1767.text": question,
		pollType + "start": map[string]any{"kind": pollType + "disclosed", "max_selections": most,
			"question": map[string]any{"org.matrix.msc1767.text": question}, "answers": list},
	}
}

// poll is what a person's client shows of the last poll in their leg.
func (w *world) poll(p *talker) *hs.Poll {
	list := hs.Polls(p.Timeline(p.room))
	if len(list) == 0 {
		return nil
	}
	return &list[len(list)-1]
}

// vote votes as a client with polls does, for answers by their texts.
func (w *world) vote(p *talker, texts ...string) string {
	w.t.Helper()
	poll := w.poll(p)
	ids := []string{}
	for _, ev := range p.Timeline(p.room) {
		if ev.ID != poll.Event {
			continue
		}
		start := ev.Content[pollType+"start"].(map[string]any)
		for _, one := range start["answers"].([]any) {
			answer := one.(map[string]any)
			if slices.Contains(texts, answer["org.matrix.msc1767.text"].(string)) {
				ids = append(ids, answer["id"].(string))
			}
		}
	}
	return must(p.Send(p.room, pollType+"response", map[string]any{
		"m.relates_to":        map[string]any{"rel_type": "m.reference", "event_id": poll.Event},
		pollType + "response": map[string]any{"answers": ids},
	}))
}

// results waits until everybody's client shows these votes, by name.
func (w *world) results(people []*talker, want map[string][]string) {
	w.t.Helper()
	ghosts := map[string]string{} // of everybody, and who that is
	for _, p := range people {
		for _, user := range w.hs.Members(p.room, "join") {
			if name, _ := w.hs.State(p.room, "m.room.member", user)["displayname"].(string); strings.HasPrefix(name, "Alias-") {
				ghosts[user] = strings.TrimPrefix(name, "Alias-")
			}
		}
		ghosts[p.ID] = strings.TrimPrefix(p.alias, "Alias-")
	}
	var got map[string][]string
	for _, p := range people {
		w.until(fmt.Sprintf("%s sees the votes %v", p.alias, want), func() bool {
			got = map[string][]string{}
			if poll := w.poll(p); poll != nil {
				for user, votes := range poll.Votes {
					if len(votes) > 0 {
						got[ghosts[user]] = votes
					}
				}
			}
			return reflect.DeepEqual(got, want)
		})
	}
}

func (w *world) startPoll(people []*talker, from int, content map[string]any) string {
	w.t.Helper()
	event := must(people[from].Send(people[from].room, pollType+"start", content))
	for _, p := range people {
		w.until("the poll is there", func() bool { poll := w.poll(p); return poll != nil && (p == people[from]) == (poll.Event == event) })
	}
	return event
}

func TestPolls(t *testing.T) {
	for _, names := range [][]string{{"aino", "oskar"}, {"aino", "oskar", "kaisa"}} {
		t.Run(fmt.Sprint(len(names)), func(t *testing.T) {
			w := newWorld(t)
			people := w.talk(names...)
			w.join(people...)
			aino, oskar := people[0], people[1]
			w.startPoll(people, 0, pollOf("Mennäänkö? Minä olen real-aino tai @real-aino:test", 1, "Joo", "Ei"))
			if poll := w.poll(oskar); poll.Question != "Mennäänkö? Minä olen real-aino tai Alias-aino" || !reflect.DeepEqual(poll.Answers, []string{"Joo", "Ei"}) {
				t.Errorf("the copy asks %+v", poll)
			}
			w.vote(aino, "Ei")
			w.vote(oskar, "Joo")
			want := map[string][]string{"aino": {"Ei"}, "oskar": {"Joo"}}
			w.results(people, want)
			w.vote(aino, "Joo") // again: the last one counts
			want["aino"] = []string{"Joo"}
			w.results(people, want)
			taken := w.vote(oskar, "Ei")
			want["oskar"] = []string{"Ei"}
			w.results(people, want)
			if err := oskar.Redact(oskar.room, taken); err != nil {
				t.Fatal(err)
			}
			want["oskar"] = []string{"Joo"} // the one before it counts again
			w.results(people, want)
			for _, p := range people[1:] {
				for _, ev := range p.Timeline(p.room) {
					if raw := fmt.Sprint(ev.Content); strings.Contains(raw, "clients-own") || strings.Contains(raw, "@real-aino") {
						t.Errorf("%s can read %s", p.alias, raw)
					}
				}
			}
			end := map[string]any{"org.matrix.msc1767.text": "Aino Virtasen kysely päättyi", pollType + "end": map[string]any{},
				"m.relates_to": map[string]any{"rel_type": "m.reference", "event_id": w.poll(aino).Event}}
			must(oskar.Send(oskar.room, pollType+"end", map[string]any{pollType + "end": map[string]any{},
				"m.relates_to": map[string]any{"rel_type": "m.reference", "event_id": w.poll(oskar).Event}})) // only the author can
			must(aino.Send(aino.room, pollType+"end", end))
			for _, p := range people {
				w.until("the poll has ended", func() bool { return w.poll(p).Ended })
				for _, ev := range p.Timeline(p.room) {
					if text := fmt.Sprint(ev.Content["org.matrix.msc1767.text"]); ev.Type == pollType+"end" && w.hs.Ours(ev.Sender) && text != "The poll has ended." {
						t.Errorf("the end says %q", text)
					}
				}
			}
			w.vote(oskar, "Ei") // his client has not noticed
			w.told(oskar, "had ended already")
			w.results(people, want)
		})
	}
}

// A poll that comes in the final form of MSC3381 is voted on in it.
func TestPollsInTheStableForm(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	event := must(aino.Send(aino.room, "m.poll.start", map[string]any{
		"m.text": []any{map[string]any{"body": "Aino"}},
		"m.poll": map[string]any{"kind": "m.disclosed", "question": map[string]any{"m.text": []any{map[string]any{"body": "Milloin?"}}},
			"answers": []any{map[string]any{"m.id": "x", "m.text": []any{map[string]any{"body": "Nyt"}}}, map[string]any{"m.id": "y", "m.text": []any{map[string]any{"body": "Heti"}}}}},
	}))
	w.until("the copy is there", func() bool { return w.poll(oskar) != nil })
	w.vote(oskar, "Heti")
	must(aino.Send(aino.room, "m.poll.response", map[string]any{"m.selections": []string{"x"},
		"m.relates_to": map[string]any{"rel_type": "m.reference", "event_id": event}}))
	w.results(people, map[string][]string{"aino": {"Nyt"}, "oskar": {"Heti"}})
	last := aino.Timeline(aino.room)
	if kinds := kindsOf(last); !slices.Contains(kinds, "m.poll.response") || slices.Contains(kinds, pollType+"response") {
		t.Errorf("the author of a stable poll gets %v", kinds)
	}
}

func kindsOf(events []hs.Event) []string {
	kinds := map[string]bool{}
	for _, ev := range events {
		kinds[ev.Type] = true
	}
	return slices.Sorted(maps.Keys(kinds))
}

// Who sees no polls gets the text and answers with a number; who has shown that
// they see polls gets no text.
func TestPollsAsText(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar", "kaisa")
	w.join(people...)
	aino, oskar, kaisa := people[0], people[1], people[2]
	event := w.startPoll(people, 0, pollOf("Mennäänkö?", 2, "Joo", "Ei", "Ehkä"))
	const text = "Mennäänkö?\n1. Joo\n2. Ei\n3. Ehkä\n\n(If you do not see a poll here: answer this message with the number of your answer.)"
	said := w.sees(oskar, text)[0].Event
	w.sees(kaisa, text)
	answer := must(oskar.Reply(oskar.room, said, "2, 3"))
	w.told(oskar, "^Your answer to the poll: 2, 3$")
	w.told(kaisa, "^Alias-oskar answers the poll: 2, 3$")
	others := []*talker{aino, kaisa} // his own client counts nothing
	w.results(others, map[string][]string{"oskar": {"Ei", "Ehkä"}})
	if _, err := oskar.Edit(oskar.room, answer, "1"); err != nil {
		t.Fatal(err)
	}
	w.results(others, map[string][]string{"oskar": {"Joo"}})
	must(oskar.React(oskar.room, said, "3️⃣"))
	w.results(others, map[string][]string{"oskar": {"Ehkä"}})
	must(oskar.Reply(oskar.room, said, "4 niistä ei käy"))
	if m := w.sees(aino, "4 niistä ei käy")[0]; m.ReplyTo != event {
		t.Error("what is said of the text is not said of the poll")
	}
	w.vote(kaisa, "Ei")
	w.results(others, map[string][]string{"oskar": {"Ehkä"}, "kaisa": {"Ei"}})
	if err := aino.Redact(aino.room, event); err != nil {
		t.Fatal(err)
	}
	w.sees(oskar) // neither poll nor text
}

func TestPollsAreChangedUntilSomebodyVotes(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	aino, oskar := people[0], people[1]
	event := w.startPoll(people, 0, pollOf("Kumpi?", 1, "A", "B"))
	change := func(question string) {
		fresh := pollOf(question, 1, "C", "D")
		must(aino.Send(aino.room, pollType+"start", map[string]any{"m.new_content": fresh,
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": event}}))
	}
	change("Kumpi näistä?")
	w.until("the change is there", func() bool { return w.poll(oskar).Question == "Kumpi näistä?" })
	must(oskar.Send(oskar.room, pollType+"response", map[string]any{
		"m.relates_to":        map[string]any{"rel_type": "m.reference", "event_id": w.poll(oskar).Event},
		pollType + "response": map[string]any{"answers": []string{"2"}},
	}))
	w.results(people, map[string][]string{"oskar": {"D"}})
	change("Vai sittenkin?")
	w.told(aino, "can no longer be changed")
	if q := w.poll(oskar).Question; q != "Kumpi näistä?" {
		t.Errorf("the poll was changed to %q after a vote", q)
	}
}
