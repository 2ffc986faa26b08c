package hs

import (
	"encoding/json"
	"slices"
)

// Poll is a poll as a client with polls shows it in the end (MSC3381).
type Poll struct {
	Event    string
	Sender   string
	Question string
	Answers  []string
	IDs      []string            // of the answers, in the same order
	Votes    map[string][]string // by sender: the texts of the answers that count
	Ended    bool
}

const pollPrefix = "org.matrix.msc3381.poll."

// Polls reads the polls of a room as clients do: an edit takes the place of the
// question, of each sender the last vote counts, one that names an answer that
// is not there counts for nothing, and so do votes after the end.
func Polls(events []Event) []Poll {
	var out []Poll
	most := map[string]int{}
	for _, ev := range events {
		if ev.Redacted != "" || ev.StateKey != nil {
			continue
		}
		ev.Content = asJSON(ev.Content)
		rel, _ := ev.Content["m.relates_to"].(map[string]any)
		target := text(rel["event_id"])
		i := slices.IndexFunc(out, func(p Poll) bool { return p.Event == target })
		switch ev.Type {
		case pollPrefix + "start", "m.poll.start":
			if rel["rel_type"] == "m.replace" {
				if i >= 0 && out[i].Sender == ev.Sender {
					fresh, _ := ev.Content["m.new_content"].(map[string]any)
					most[target] = readPoll(&out[i], fresh)
				}
				continue
			}
			p := Poll{Event: ev.ID, Sender: ev.Sender, Votes: map[string][]string{}}
			most[ev.ID] = readPoll(&p, ev.Content)
			out = append(out, p)
		case pollPrefix + "response", "m.poll.response":
			if i >= 0 && !out[i].Ended && rel["rel_type"] == "m.reference" {
				out[i].Votes[ev.Sender] = readVote(ev.Content, out[i].IDs, most[target], out[i].Answers)
			}
		case pollPrefix + "end", "m.poll.end":
			if i >= 0 && out[i].Sender == ev.Sender {
				out[i].Ended = true
			}
		}
	}
	return out
}

// asJSON is a content as it is after it went over a wire.
func asJSON(content map[string]any) (out map[string]any) {
	raw, err := json.Marshal(content)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return nil
	}
	return out
}

func readPoll(p *Poll, content map[string]any) (most int) {
	start, ok := content[pollPrefix+"start"].(map[string]any)
	if !ok {
		start, _ = content["m.poll"].(map[string]any)
	}
	p.Question, p.Answers, p.IDs = words(start["question"]), nil, nil
	listed, _ := start["answers"].([]any)
	for _, one := range listed {
		answer, _ := one.(map[string]any)
		id := text(answer["id"])
		if id == "" {
			id = text(answer["m.id"])
		}
		p.IDs, p.Answers = append(p.IDs, id), append(p.Answers, words(one))
	}
	n, _ := start["max_selections"].(float64)
	return max(1, int(n))
}

// words is the text of an extensible event.
func words(value any) string {
	f, _ := value.(map[string]any)
	if plain := text(f["org.matrix.msc1767.text"]); plain != "" {
		return plain
	}
	list, _ := f["m.text"].([]any)
	if len(list) == 0 {
		return ""
	}
	first, _ := list[0].(map[string]any)
	return text(first["body"])
}

func readVote(content map[string]any, ids []string, most int, answers []string) []string {
	chosen, _ := content["m.selections"].([]any)
	if response, ok := content[pollPrefix+"response"].(map[string]any); ok {
		chosen, _ = response["answers"].([]any)
	}
	var votes []string
	for _, one := range chosen[:min(len(chosen), most)] {
		i := slices.Index(ids, text(one))
		if i < 0 {
			return nil
		}
		votes = append(votes, answers[i])
	}
	return votes
}
