package mentoring_test

import (
	"testing"

	"silta/mentoring"
)

// TestGuardOf: unless a programme says otherwise, mentees and mentors are asked, and
// staff give their own numbers knowingly.
func TestGuardOf(t *testing.T) {
	var rules mentoring.ProgrammeRules
	for role, want := range map[mentoring.Role]mentoring.GuardPolicy{
		mentoring.Mentee: mentoring.GuardWarn, mentoring.Mentor: mentoring.GuardWarn,
		mentoring.Professional: mentoring.GuardOff, mentoring.Coordinator: mentoring.GuardOff, mentoring.Admin: mentoring.GuardOff,
	} {
		if got := rules.GuardOf(role); got != want {
			t.Errorf("%s: %s, want %s", role, got, want)
		}
	}
	rules.Guard = map[mentoring.Role]mentoring.GuardPolicy{mentoring.Mentor: mentoring.GuardBlock}
	if rules.GuardOf(mentoring.Mentor) != mentoring.GuardBlock || rules.GuardOf(mentoring.Mentee) != mentoring.GuardWarn {
		t.Error("one role's policy is another's")
	}
}
