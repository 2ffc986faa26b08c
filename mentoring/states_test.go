package mentoring_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"silta/mentoring"
)

var update = flag.Bool("update", false, "write docs/states.md anew")

const statesFile = "../docs/states.md"

// TestStatesDocument fails when docs/states.md is not what the tables say.
func TestStatesDocument(t *testing.T) {
	want := statesDocument()
	if *update {
		if err := os.WriteFile(statesFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(statesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/states.md is stale; run: go generate ./mentoring")
	}
}

func statesDocument() string {
	var b strings.Builder
	b.WriteString("# States and rights\n\n" +
		"Generated from the tables in `mentoring/states.go` and `mentoring/policy.go` by `go generate ./mentoring`; do not edit.\n" +
		"What is not listed cannot happen: the use case refuses, or changes nothing.\n")
	describe(&b, mentoring.JoinMachine())
	describe(&b, mentoring.MembershipMachine())
	describe(&b, mentoring.CardMachine())
	describe(&b, mentoring.ConversationMachine())
	describe(&b, mentoring.HandOverMachine())
	describe(&b, mentoring.SupervisionMachine())
	describe(&b, mentoring.SeatMachine())
	describe(&b, mentoring.PresenceMachine())
	describe(&b, mentoring.CaseMachine())
	describe(&b, mentoring.SnapshotMachine())
	describe(&b, mentoring.JointMachine())
	describe(&b, mentoring.DutyMachine())
	describe(&b, mentoring.AskingMachine())
	describe(&b, mentoring.MeasureMachine())
	describe(&b, mentoring.QuestionMachine())
	describe(&b, mentoring.PromptMachine())
	describe(&b, mentoring.RemarkMachine())
	describe(&b, mentoring.AccessMachine())
	describePolicy(&b)
	return b.String()
}

func describe[S ~string](b *strings.Builder, m mentoring.Machine[S]) {
	name := func(s S) string { return cmp.Or(string(s), "–") }
	fmt.Fprintf(b, "\n## %s%s\n\n%s\n\n", strings.ToUpper(m.Name[:1]), m.Name[1:], m.About)
	b.WriteString("| state | step | becomes |\n|---|---|---|\n")
	for _, s := range statesOf(m) {
		for _, v := range m.Moves {
			if v.From == s {
				fmt.Fprintf(b, "| %s | %s | %s |\n", name(v.From), v.By, name(v.To))
			}
		}
	}
}

func describePolicy(b *strings.Builder) {
	b.WriteString("\n## Who may do what\n\n" +
		"The state of the membership must be: *active*; *listed* = active or paused; *member* = invited, training, active or paused;\n" +
		"*any* = whatever it is, also without one. \"Joined\": joining must be finished, with the consent text that is shown now.\n" +
		"Being in a staff room gives no right.\n\n| action | joined |")
	for _, r := range mentoring.Roles() {
		fmt.Fprintf(b, " %s |", r)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(mentoring.Policy()[0].Grants)) + "\n")
	for _, rule := range mentoring.Policy() {
		fmt.Fprintf(b, "| %s | %s |", rule.Action, map[bool]string{true: "yes", false: "no"}[rule.Joined])
		for _, g := range rule.Grants {
			fmt.Fprintf(b, " %s |", cmp.Or(string(g), "–"))
		}
		b.WriteString("\n")
	}
}

// statesOf lists a machine's states as they come up, the beginning first.
func statesOf[S ~string](m mentoring.Machine[S]) []S {
	var list []S
	add := func(s S) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	for _, v := range m.Moves {
		add(v.From)
		add(v.To)
	}
	return list
}

func stepsOf[S ~string](m mentoring.Machine[S]) []mentoring.Step {
	var list []mentoring.Step
	for _, v := range m.Moves {
		if !slices.Contains(list, v.By) {
			list = append(list, v.By)
		}
	}
	return list
}

// TestMachines checks what holds for each table: one move for a state and a
// step, each state reached from the beginning, the final states as named.
func TestMachines(t *testing.T) {
	check(t, mentoring.JoinMachine(), nil, []mentoring.JoinState{mentoring.JoinErased})
	// Nothing suspends a membership yet, but one that is can be ended.
	check(t, mentoring.MembershipMachine(), nil, []mentoring.MembershipState{mentoring.Ended})
	check(t, mentoring.CardMachine(), nil, nil)
	check(t, mentoring.ConversationMachine(), nil, []mentoring.ConversationState{mentoring.Emptied})
	check(t, mentoring.HandOverMachine(), nil, nil)
	check(t, mentoring.SupervisionMachine(), nil, []mentoring.SupervisionState{mentoring.SupervisionHeld, mentoring.SupervisionCancelled})
	check(t, mentoring.SeatMachine(), nil, []mentoring.SeatState{mentoring.SeatPresent, mentoring.SeatMissed})
	check(t, mentoring.PresenceMachine(), nil, []mentoring.Presence{mentoring.Removed})
	check(t, mentoring.AskingMachine(), nil, []mentoring.AskingState{mentoring.AskingClaimed, mentoring.AskingWithdrawn, mentoring.AskingExpired})
	check(t, mentoring.QuestionMachine(), nil, []mentoring.QuestionState{mentoring.QuestionReplaced})
	check(t, mentoring.RemarkMachine(), nil, []mentoring.RemarkState{mentoring.RemarkReleased})
	check(t, mentoring.PromptMachine(), nil, []mentoring.PromptState{mentoring.PromptNever})
	check(t, mentoring.CaseMachine(), nil, []mentoring.CaseState{mentoring.CaseExpired})
	check(t, mentoring.DutyMachine(), nil, nil)
	check(t, mentoring.SnapshotMachine(), nil, []mentoring.SnapshotState{mentoring.SnapshotGiven})
	check(t, mentoring.JointMachine(), nil, []mentoring.JointState{mentoring.JointAgreed, mentoring.JointDeclined, mentoring.JointLapsed, mentoring.JointWithdrawn})
}

func check[S ~string](t *testing.T, m mentoring.Machine[S], unreached, final []S) {
	t.Helper()
	seen := map[string]bool{}
	reached := map[S]bool{"": true}
	leads := map[S]bool{}
	for _, v := range m.Moves {
		key := fmt.Sprint(v.From, "/", v.By)
		if seen[key] {
			t.Errorf("%s: two moves for %s", m.Name, key)
		}
		seen[key] = true
		leads[v.From] = true
		if to, ok := m.Next(v.From, v.By); !ok || to != v.To {
			t.Errorf("%s: Next(%q, %q) = %q, %v", m.Name, v.From, v.By, to, ok)
		}
	}
	for range m.Moves { // as long as the longest path
		for _, v := range m.Moves {
			if reached[v.From] {
				reached[v.To] = true
			}
		}
	}
	for _, s := range statesOf(m) {
		if reached[s] == slices.Contains(unreached, s) {
			t.Errorf("%s: state %q reached: %v", m.Name, s, reached[s])
		}
		if leads[s] == slices.Contains(final, s) {
			t.Errorf("%s: state %q goes on: %v", m.Name, s, leads[s])
		}
		for _, by := range stepsOf(m) {
			if to, ok := m.Next(s, by); !ok && to != s {
				t.Errorf("%s: impossible step %q changed %q to %q", m.Name, by, s, to)
			}
		}
	}
}
