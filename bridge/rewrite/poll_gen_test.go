package rewrite

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// poll makes an event of a poll, in either form: the IDs of answers, the words
// of the client and all other keys are identifying values.
func (g *gen) poll() {
	stable := g.one(3)
	form := unstableForm()
	if stable {
		form = stableForm()
	}
	g.carried = true
	var o object
	switch g.n(5) {
	case 0, 1, 2:
		g.event.Type = form.start
		g.pollStart(&o, form, stable)
	case 3:
		g.event.Type = form.vote
		g.vote(&o, form, stable)
	default:
		g.event.Type = form.end
		g.reference(&o)
		o.set(form.end, map[string]any{g.mark(): g.junk(0)})
		o.set(form.textKey, g.extensible(g.mark(), stable))
		o.set("m.poll.results", map[string]any{g.mark(): 2})
	}
	g.clutter(&o)
	g.event.Content = o.raw()
}

// extensible is a text as extensible events write it.
func (g *gen) extensible(s string, stable bool) any {
	if stable {
		return []any{map[string]any{"mimetype": "text/html", "body": "<b>" + g.mark() + "</b>"}, map[string]any{"body": s, g.mark(): g.mark()}}
	}
	return s
}

func (g *gen) pollStart(o *object, form pollForm, stable bool) {
	fill := o
	var inner object
	edit := g.one(4)
	if edit {
		fill = &inner
	}
	var answers []any
	for range 1 + g.n(4) {
		answers = append(answers, map[string]any{form.idKey: g.mark(), form.textKey: g.extensible("vastaus "+g.text(), stable), g.mark(): g.junk(0)})
	}
	fill.set(form.startKey, map[string]any{
		"kind": pick(g.choices, form.secret, "org.matrix.msc3381.poll.disclosed", g.mark()), "max_selections": g.n(4), "answers": answers, g.mark(): g.junk(0),
		"question": map[string]any{form.textKey: g.extensible("kysymys "+g.text(), stable), "formatted_body": g.mark(), g.mark(): g.junk(0)},
	})
	fill.set(form.textKey, g.extensible(g.mark(), stable))
	g.mentions(fill)
	if edit {
		o.set("m.new_content", inner.raw())
		o.set("m.relates_to", map[string]any{"rel_type": "m.replace", "event_id": g.eventID(), g.mark(): g.junk(0)})
		o.set(form.textKey, g.extensible("* "+g.mark(), stable))
	} else if g.one(2) {
		o.set("m.relates_to", g.relation())
	}
}

func (g *gen) reference(o *object) {
	o.set("m.relates_to", map[string]any{"rel_type": "m.reference", "event_id": g.eventID(), g.mark(): g.junk(0), "room_id": g.roomID()})
}

// vote is a vote on a poll of one of the people.
func (g *gen) vote(o *object, form pollForm, stable bool) {
	g.ballot = &Ballot{Max: 1 + g.n(3), Stable: g.one(2)}
	for range 1 + g.n(4) {
		g.ballot.IDs = append(g.ballot.IDs, g.mark())
	}
	g.owner = g.n(len(g.people))
	choices := []any{}
	for range g.n(3) {
		choices = append(choices, pick[any](g.choices, g.ballot.IDs[g.n(len(g.ballot.IDs))], strconv.Itoa(g.n(6)), g.mark(), "soita "+g.mark(), 7))
	}
	g.reference(o)
	if stable {
		o.set(form.choicesKey, choices)
	} else {
		o.set(form.choicesKey, map[string]any{"answers": choices, g.mark(): g.junk(0)})
	}
}

// render is what production does: the form of a vote follows from the room.
func (o *outcome) render(m *Message) (eventType string, content Content, err error) {
	switch m.Kind {
	case PollVote:
		ballot := o.g.ballot
		if ballot == nil {
			ballot = &Ballot{IDs: []string{"x", "y"}, Max: 2}
		}
		own := o.viewer == o.g.owner
		if own {
			o.allowed.Answers = ballot.IDs
		}
		eventType, content = ballot.Vote(ballot.Read(m.Choices, o.g.owner == 0), own)
		return eventType, content, nil
	case PollEnd:
		eventType, content = EndPoll("Äänestys on päättynyt.")
		return eventType, content, nil
	}
	return Render(m, o.view)
}

// isPoll says whether content of that type is judged here, too.
func isPoll(eventType string) bool { return strings.Contains(eventType, "poll") }

// pollKeys is every key that may be in what is sent of polls.
func pollKeys() []string {
	const p, text = "org.matrix.msc3381.poll.", "org.matrix.msc1767.text"
	return []string{p + "start", p + "response", p + "end", text, "kind", "max_selections", "question", "answers", "id", "m.selections",
		"msgtype", "body", "m.mentions", "user_ids", "m.relates_to", "m.new_content", "m.in_reply_to", "rel_type", "event_id", "is_falling_back"}
}

// lookPoll looks at the parts of a poll that are no text.
func (o *outcome) lookPoll(eventType, key, s string) (done bool, err error) {
	switch key {
	case "id", "answers", "m.selections":
		n, err := strconv.Atoi(s)
		own := o.viewer == o.g.owner && o.g.ballot != nil && key != "id" && slices.Contains(o.g.ballot.IDs, s)
		if !own && (err != nil || n < 1 || n > 20) {
			return true, fmt.Errorf("an answer called %q", s)
		}
		return true, nil
	case "kind":
		if s != "org.matrix.msc3381.poll.disclosed" && s != "org.matrix.msc3381.poll.undisclosed" {
			return true, fmt.Errorf("a poll of the kind %q", s)
		}
		return true, nil
	}
	if strings.HasSuffix(eventType, "end") && key == "org.matrix.msc1767.text" && s != "Äänestys on päättynyt." {
		return true, errors.New("the end of a poll in the words of a client")
	}
	return false, nil
}

// plantPoll puts one identifying value into a clean poll.
func (o *outcome) plantPoll(content map[string]any, eventType string) string {
	const p, text = "org.matrix.msc3381.poll.", "org.matrix.msc1767.text"
	g := o.g
	typed := "hei " + g.stranger() + " " + pick(g.choices, g.mxc(), "https://matrix.to/#/"+g.mark(), g.eventID())
	if inner, ok := content["m.new_content"].(map[string]any); ok && g.one(2) {
		content = inner
	}
	start, _ := content[p+"start"].(map[string]any)
	switch {
	case strings.HasSuffix(eventType, "end"):
		content[text] = typed
	case strings.HasSuffix(eventType, "response"):
		chosen := pick[any](g.choices, []any{g.mark()}, []any{"soita 040 123"}, []any{"0"}, []any{"21"}, "x", []any{7}, nil)
		if response, ok := content[p+"response"].(map[string]any); ok {
			response["answers"] = chosen
		} else {
			content["m.selections"] = chosen
		}
	case start == nil:
		content[text] = typed
	default:
		answer := start["answers"].([]any)[0].(map[string]any)
		question := start["question"].(map[string]any)
		switch g.n(8) {
		case 0:
			answer["id"] = g.mark()
		case 1:
			answer[text] = typed
		case 2:
			question[text], question["body"] = typed, typed
		case 3:
			question["body"] = g.mark()
		case 4:
			start["kind"] = g.mark()
		case 5:
			pick(g.choices, answer, question, start)[g.mark()] = g.junk(0)
		case 6:
			content["m.mentions"] = map[string]any{"user_ids": []string{g.people[0].Real}}
		default:
			content[text] = typed
		}
	}
	return "something in a " + eventType
}
