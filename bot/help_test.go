package bot

import (
	"slices"
	"testing"

	"silta/mentoring"
)

// What is not quiet is in the help of everyone who may do it, at least once.
func TestHelpHasEveryCommand(t *testing.T) {
	all := append(table(), caseTable()...)
	for _, role := range mentoring.Roles() {
		for _, state := range []mentoring.MembershipState{mentoring.Active, mentoring.Paused, mentoring.Invited, mentoring.Suspended} {
			is := []mentoring.Membership{{Role: role, State: state}}
			var shown []string
			for _, group := range helpGroups() {
				if group.may == "" || mentoring.May(is, group.may) {
					shown = append(shown, group.commands...)
				}
			}
			for _, c := range all {
				if !c.quiet && (c.may == "" || mentoring.May(is, c.may)) && !slices.Contains(shown, c.name) {
					t.Errorf("%s is in no part of the help of a %s who is %s", c.name, role, state)
				}
			}
		}
	}
	for _, name := range helpFirst() {
		if !slices.ContainsFunc(helpGroups(), func(g helpGroup) bool { return slices.Contains(g.commands, name) }) {
			t.Errorf("%s comes first, but is in no part", name)
		}
	}
}
