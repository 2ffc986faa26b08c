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

// TestGuardingAmongPeers: to staff alone a person may give their number, for it may
// be needed to help them.
func TestGuardingAmongPeers(t *testing.T) {
	w := newWorld(t)
	_, _, c := w.pair(mentoring.Open)
	from := c.Participants[0].ID
	policy := func(found ...mentoring.ContactKind) (policy mentoring.GuardPolicy) {
		w.look(func(a *mentoring.Act) (err error) { policy, err = a.Guarding(from, found); return err })
		return policy
	}
	if got := policy(mentoring.ContactPhone); got != mentoring.GuardWarn {
		t.Errorf("among peers: %s", got)
	}
	if got := policy(); got != mentoring.GuardOff {
		t.Errorf("nothing was found: %s", got)
	}
	same := *c
	same.Participants = append([]mentoring.Participant(nil), c.Participants...)
	same.Participants[1].Role = mentoring.Coordinator
	w.put(func(tx mentoring.Tx) error { return tx.PutConversation(&same) })
	if got := policy(mentoring.ContactPhone); got != mentoring.GuardOff {
		t.Errorf("with staff alone: %s", got)
	}
}
