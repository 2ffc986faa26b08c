package bot

import (
	"strings"

	"silta/mentoring"
)

// popularMost is how many topics the welcome shows.
const popularMost = 5

// popular is what the welcome offers to tap (feature F7).
type popular struct {
	Menu   int64    `json:"i"`
	Topics []string `json:"t"`
}

// letter is the reaction for the n-th topic, from 0: numbers are those of the
// mentors in the list that comes after it.
func letter(n int) string { return string(rune('🇦' + n)) }

// welcomeLine is the welcome of somebody who may look for a mentor: the first of
// staff's topics for which there is a mentor now, each with a reaction.
func (t *turn) welcomeLine(text string) error {
	line := Line{Text: text}
	if mentoring.May(t.memberships, mentoring.DoChoose) {
		found, err := t.act.Find(*t.member, &mentoring.Filter{})
		if err != nil {
			return err
		}
		has := map[string]bool{}
		for _, l := range found {
			for _, topic := range l.Card.Topics {
				has[topic] = true
			}
		}
		p := &popular{}
		var items []string
		for _, key := range t.offered() {
			if has[key] && len(p.Topics) < popularMost {
				items = append(items, letter(len(p.Topics))+" "+t.topicName(key))
				line.Buttons = append(line.Buttons, letter(len(p.Topics)))
				p.Topics = append(p.Topics, key)
			}
		}
		if len(items) > 0 {
			p.Menu = t.act.Tx.NewID()
			line.Menu, t.mem.Popular = p.Menu, p
			line.Text += "\n\n" + t.text("join.popular", "topics", strings.Join(items, "\n"), "example", t.topicName(p.Topics[0]))
		}
	}
	t.out.Lines = append(t.out.Lines, line)
	return nil
}

// tapPopular shows the mentors of a topic that was tapped under the welcome.
func (t *turn) tapPopular(menu int64, key string) (bool, error) {
	p := t.mem.Popular
	if p == nil || p.Menu != menu {
		return false, nil
	}
	for i, topic := range p.Topics {
		if plainKey(key) == letter(i) {
			t.forget()
			return true, t.showMentors(&list{Filter: mentoring.Filter{Topics: []string{topic}}})
		}
	}
	return true, nil // a smile: it asks for nothing
}
