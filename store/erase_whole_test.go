package store_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestNothingOfAMemberIsForgotten: every column that refers to a member or a
// membership is dealt with by EraseMember, or stands here with the reason why not.
func TestNothingOfAMemberIsForgotten(t *testing.T) {
	stays := map[string]string{
		"membership.member":       "the row stays, with its role and state only: figures count it",
		"participant.member":      "emptied with the conversation; the number stays",
		"participant.membership":  "the same",
		"cases.opener":            "closed cases keep their number; nothing leads from it to a person",
		"cases.claimed_by":        "the same",
		"asking_offer.membership": "deleted by its member",
		"handover.proposed":       "a question that is still asked of another",
		"code.giver":              "",
		"asking.member":           "",
		"card.membership":         "",
		"card_history.membership": "",
		"preparation.membership":  "",
		"availability.membership": "",
		"move_request.member":     "",
		"move_request.newcomer":   "",
		"text_override.author":    "",
		"card_history.author":     "",
		"preparation.checked_by":  "",
		"block.blocker":           "",
		"block.blocked":           "",
		"handover.mentee":         "",
		"message.author":          "a participant's number, gone with the conversation",
		"asking_offer.member":     "",
		"tally.membership":        "",
		"reply_sample.membership": "",
		"phrase.member":           "",
		"told.member":             "",
		"dialogue.member":         "",
	}
	schema, err := os.ReadFile("migrations/01-first.sql")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("erase.go")
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)`)
	column := regexp.MustCompile(`(?m)^\t(\w+)\s+(?:INTEGER|BIGINT)\b.*$`)
	person := regexp.MustCompile(`^(member|membership|mentee|newcomer|giver|author|checked_by|blocker|blocked|opener|claimed_by|proposed)$`)
	seen := map[string]bool{}
	for _, made := range table.FindAllStringSubmatch(string(schema), -1) {
		for _, c := range column.FindAllStringSubmatch(made[2], -1) {
			refers := strings.Contains(c[0], "REFERENCES member") // of a membership, too
			if !person.MatchString(c[1]) && !refers {
				continue
			}
			name := made[1] + "." + c[1]
			seen[name] = true
			why, known := stays[name]
			switch {
			case !known:
				t.Errorf("%s is about a member: delete it in EraseMember (erase.go), and say so here", name)
			case why == "" && !strings.Contains(string(source), made[1]):
				t.Errorf("%s is not dealt with in erase.go", name)
			}
		}
	}
	for name := range stays {
		if !seen[name] {
			t.Errorf("%s is not in the schema any more", name)
		}
	}
}
