package mentoring_test

import (
	"strings"
	"testing"
	"time"

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

// numbers finds every "040".
type numbers struct{}

func (numbers) Find(text string) (found []mentoring.Finding) {
	if at := strings.Index(text, "040"); at >= 0 {
		found = append(found, mentoring.Finding{Kind: mentoring.ContactPhone, Start: at, End: at + len("040")})
	}
	return found
}

// TestNoContactsWhereAllRead: what a mentor writes for everybody is looked through
// before it is kept: the card, the status, why they are away.
func TestNoContactsWhereAllRead(t *testing.T) {
	w := newWorld(t)
	m, _ := w.mentor(w.staff(), "Kuusi")
	w.rules.Guard = numbers{}
	card := func(change func(*mentoring.Card)) func(a *mentoring.Act) error {
		return func(a *mentoring.Act) error {
			c, err := a.MyCard(m)
			if err == nil {
				change(&c)
				err = a.SaveCard(m, &c)
			}
			return err
		}
	}
	for name, write := range map[string]func(text string) func(*mentoring.Act) error{
		"story": func(text string) func(*mentoring.Act) error {
			return card(func(c *mentoring.Card) { c.Story = "Olen kuunnellut monia, ja olen itse kokenut saman. " + text })
		},
		"area": func(text string) func(*mentoring.Act) error { return card(func(c *mentoring.Card) { c.Area = text }) },
		"status": func(text string) func(*mentoring.Act) error {
			return func(a *mentoring.Act) error { return a.SetStatus(m, text) }
		},
		"away": func(text string) func(*mentoring.Act) error {
			return func(a *mentoring.Act) error { return a.GoAway(m, time.Time{}, text) }
		},
	} {
		t.Log(name)
		w.refused("guard.in_text", write("soita 040"))
		w.must(write("Turku"))
	}
}
