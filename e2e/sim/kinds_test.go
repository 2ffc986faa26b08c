package sim

import (
	"reflect"
	"strings"

	"silta/dev/hs"
)

const (
	pollKind = "org.matrix.msc3381.poll."
	// pollHint is in a poll as a text, and in nothing that people say here.
	pollHint = "(If you do not see a poll here"
)

// thread says something in the thread of a message.
func (a *actor) thread(leg, root, words string) error {
	_, err := a.Send(leg, "m.room.message", map[string]any{"msgtype": "m.text", "body": words, "m.relates_to": map[string]any{
		"rel_type": "m.thread", "event_id": root, "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": root}}})
	return err
}

// poll asks something.
func (a *actor) poll(leg string) error {
	question := map[string]any{"org.matrix.msc1767.text": a.words(leg)}
	var answers []any
	for _, text := range []string{"one", "two", "three"} {
		answers = append(answers, map[string]any{"id": a.ID + text, "org.matrix.msc1767.text": text})
	}
	_, err := a.Send(leg, pollKind+"start", map[string]any{pollKind + "start": map[string]any{
		"kind": pollKind + "disclosed", "max_selections": 1 + a.dice.IntN(3), "question": question, "answers": answers}})
	return err
}

// vote votes on one of the polls in a leg, perhaps anew, perhaps on none of the
// answers. No poll is ended: a vote that is on its way then counts on one side.
func (a *actor) vote(leg string) error {
	polls := hs.Polls(a.Timeline(leg))
	if len(polls) == 0 {
		return a.poll(leg)
	}
	p := polls[a.dice.IntN(len(polls))]
	chosen := []any{}
	for _, id := range p.IDs {
		if a.dice.IntN(2) == 0 {
			chosen = append(chosen, id)
		}
	}
	_, err := a.Send(leg, pollKind+"response", map[string]any{pollKind + "response": map[string]any{"answers": chosen},
		"m.relates_to": map[string]any{"rel_type": "m.reference", "event_id": p.Event}})
	return err
}

// comparePolls: one person's polls and votes are their ghost's in the other leg.
func (w *world) comparePolls(from, to leg) {
	said, heard := map[string][]string{}, map[string][]string{}
	count := func(polls []hs.Poll, by string, into map[string][]string) {
		for _, p := range polls {
			if p.Sender == by {
				into["asked "+p.Question] = p.Answers
			}
			if votes := p.Votes[by]; len(votes) > 0 {
				into["voted on "+p.Question] = votes
			}
		}
	}
	count(hs.Polls(w.hs.Events(from.room)), from.who.ID, said)
	count(hs.Polls(w.hs.Events(to.room)), from.ghost, heard)
	if !reflect.DeepEqual(said, heard) {
		w.wrong("the polls and votes of %s are\n  %v\nand %s sees\n  %v", from.who.alias, said, to.who.alias, heard)
	}
}

// isPollText says whether a message is a poll for those whose client has none.
func isPollText(m hs.Message) bool { return strings.Contains(m.Body, pollHint) }

// asked says whether a poll is still there in the room it was asked in.
func (w *world) asked(room, name string) bool {
	for _, p := range hs.Polls(w.hs.Events(room)) {
		if tokenOf(p.Question) == name {
			return true
		}
	}
	return false
}
