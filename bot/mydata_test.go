package bot_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"silta/bot"
	"silta/mentoring"
)

// TestMyDataTexts: whatever the store keeps has a text by which people are told
// of it, and so has every state.
func TestMyDataTexts(t *testing.T) {
	w := newWorld(t, "fi")
	source, err := os.ReadFile("../store/kept.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	told := func(key string) {
		if seen++; !w.cat.Has(key) {
			t.Errorf("there is no text %s: add it to locale/*/mydata.yaml", key)
		}
	}
	for _, m := range regexp.MustCompile(`what: "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		told("mydata." + m[1])
	}
	for _, m := range regexp.MustCompile(`\{column: "(\w+)"(?:, name: "(\w+)")?[,}]`).FindAllStringSubmatch(string(source), -1) {
		if name := m[1]; m[2] == "" {
			told("mydata.of." + name)
		} else if m[2] != "" && m[2] != "card" { // that is told as people see cards
			told("mydata.of." + m[2])
		}
	}
	var states []string
	states = append(states, targets(mentoring.JoinMachine())...)
	states = append(states, targets(mentoring.MembershipMachine())...)
	states = append(states, targets(mentoring.ConversationMachine())...)
	states = append(states, targets(mentoring.CaseMachine())...)
	states = append(states, targets(mentoring.CardMachine())...)
	states = append(states, targets(mentoring.HandOverMachine())...)
	for _, s := range states {
		told("mydata.state." + s)
	}
	if seen < 100 {
		t.Errorf("only %d were found", seen)
	}
}

func targets[S ~string](m mentoring.Machine[S]) (all []string) {
	for _, move := range m.Moves {
		if s := string(move.To); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// TestMyDataLong: a long answer comes in several messages, each of which can be
// read, and nothing of it is lost.
func TestMyDataLong(t *testing.T) {
	w := newWorld(t, "fi")
	w.mentor("kaisa", "Kanerva", "work")
	stories := []string{}
	for i := range 12 {
		story := strings.Repeat(string(rune('a'+i)), 900)
		stories = append(stories, story)
		w.must(func(a *mentoring.Act) error {
			m, err := a.Tx.Member(w.people["kaisa"])
			if err != nil {
				return err
			}
			c, err := a.MyCard(m)
			if err != nil {
				return err
			}
			c.Story = story
			return a.SaveCard(m, &c)
		})
	}
	word := w.cat.Commands("fi")["mydata"][0]
	answer := w.handle("kaisa", bot.Request{Place: bot.Management, Input: bot.Input{Kind: bot.Text, Text: word}})
	whole := ""
	for _, l := range answer.Lines {
		if len(l.Text) > 7500 {
			t.Errorf("a message of %d bytes", len(l.Text))
		}
		whole += l.Text
	}
	if len(answer.Lines) < 2 {
		t.Errorf("%d messages", len(answer.Lines))
	}
	for _, s := range stories {
		if !strings.Contains(whole, s) {
			t.Errorf("the story %.3s… is not shown", s)
		}
	}
}
