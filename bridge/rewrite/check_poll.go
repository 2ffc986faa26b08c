package rewrite

import (
	"slices"
	"strconv"
)

// poll checks what is sent of polls. It says yes for nothing but the forms in
// which they are written today, and the stable vote, whose answers may be the
// voter's own only where the caller allows them by name.
func (c *checker) poll(eventType string, f map[string]any) {
	switch eventType {
	case "org.matrix.msc3381.poll.start":
		c.pollStart(f, true)
	case "org.matrix.msc3381.poll.response":
		c.keys(f, "org.matrix.msc3381.poll.response", "m.relates_to")
		response, ok := f["org.matrix.msc3381.poll.response"].(map[string]any)
		if !ok {
			c.fail("poll")
		}
		c.keys(response, "answers")
		c.answers(response["answers"])
		c.relation(f["m.relates_to"], "m.reference")
	case "m.poll.response":
		c.keys(f, "m.selections", "m.relates_to")
		c.answers(f["m.selections"])
		c.relation(f["m.relates_to"], "m.reference")
	case "org.matrix.msc3381.poll.end":
		c.keys(f, "org.matrix.msc3381.poll.end", "org.matrix.msc1767.text", "m.relates_to")
		if empty, ok := f["org.matrix.msc3381.poll.end"].(map[string]any); !ok || len(empty) > 0 {
			c.fail("poll")
		}
		c.words(f["org.matrix.msc1767.text"])
		c.relation(f["m.relates_to"], "m.reference")
	default:
		c.fail("event type")
	}
}

// pollStart checks a question with its answers, or (outer is false) those of an
// edit.
func (c *checker) pollStart(f map[string]any, outer bool) {
	const key, text = "org.matrix.msc3381.poll.start", "org.matrix.msc1767.text"
	fresh, edits := f["m.new_content"]
	known := []string{text, "m.mentions", "m.relates_to"}
	switch {
	case edits && outer:
		known = append(known, "m.new_content")
	case outer:
		known = append(known, key)
	default:
		known = []string{text, "m.mentions", key}
	}
	c.keys(f, known...)
	c.words(f[text])
	c.mentions(f["m.mentions"])
	if relation, ok := f["m.relates_to"]; ok {
		c.relation(relation, map[bool]string{true: "m.replace", false: "m.thread"}[edits])
	} else if edits {
		c.fail("edit of nothing")
	}
	if edits && outer {
		inner, _ := fresh.(map[string]any)
		c.pollStart(inner, false)
		return
	}
	start, _ := f[key].(map[string]any)
	c.keys(start, "kind", "max_selections", "question", "answers")
	if kind := start["kind"]; kind != "org.matrix.msc3381.poll.disclosed" && kind != "org.matrix.msc3381.poll.undisclosed" {
		c.fail("poll")
	}
	listed, _ := start["answers"].([]any)
	if most, ok := start["max_selections"].(float64); !ok || most < 1 || int(most) > len(listed) {
		c.fail("poll")
	}
	question, _ := start["question"].(map[string]any)
	c.keys(question, text, "body", "msgtype")
	c.words(question[text])
	if question["body"] != question[text] || question["msgtype"] != "m.text" {
		c.fail("poll")
	}
	for i, one := range listed {
		answer, _ := one.(map[string]any)
		c.keys(answer, "id", text)
		c.words(answer[text])
		if answer["id"] != strconv.Itoa(i+1) {
			c.fail("answer")
		}
	}
}

// answers checks the IDs in a vote: numbers of ours, or those of the poll's
// author in their own room.
func (c *checker) answers(value any) {
	listed, ok := value.([]any)
	if !ok {
		c.fail("poll")
	}
	for _, one := range listed {
		id, ok := one.(string)
		n, err := strconv.Atoi(id)
		if !ok || (err != nil || n < 1 || n > maxAnswers || strconv.Itoa(n) != id) && !slices.Contains(c.allowed.Answers, id) {
			c.fail("answer")
		}
	}
}

// words refuses what is no text, or an empty one.
func (c *checker) words(value any) {
	text, ok := value.(string)
	if !ok || text == "" {
		c.fail("text")
	}
	c.text(text)
}
