package mentoring_test

import (
	"testing"

	"silta/mentoring"
)

// TestCareTable: what a mentee (and, for handing over, a mentor) can do with a
// conversation besides talking, in every state of it; a refusal changes nothing,
// and nobody else can do any of it.
func TestCareTable(t *testing.T) {
	type do = func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error
	over, gone := "chat.is_over", "chat.unknown"
	states := []mentoring.ConversationState{mentoring.Placed, mentoring.Open, mentoring.Closed, mentoring.Expired, mentoring.Fading, mentoring.Emptied}
	for name, c := range map[string]struct {
		do      do
		mentor  bool
		refusal [6]string // by state
	}{
		"archive": {func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error { return a.Archive(m, id) },
			false, [6]string{"", "", over, over, over, gone}},
		"restore": {func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error { return a.Restore(m, id) },
			false, [6]string{"archive.not", "archive.not", over, over, over, gone}},
		"unblock": {func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error { return a.Unblock(m, id) },
			false, [6]string{"unblock.not", "unblock.not", "unblock.not", "unblock.not", "unblock.not", gone}},
		"forget": {func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error {
			_, err := a.Forget(m, id)
			return err
		}, false, [6]string{"", "", "", "", "", gone}},
		"change": {func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error { return a.Change(m, id) },
			false, [6]string{"", "", over, over, over, gone}},
		"hand over": {func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error {
			return a.OfferHandOver(m, id)
		}, true, [6]string{gone, "", over, gone, over, gone}},
		"not to hand over": {func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error {
			return a.OfferHandOver(m, id)
		}, false, [6]string{"handover.not_here", "handover.not_here", "handover.not_here", "handover.not_here", "handover.not_here", gone}},
	} {
		for i, state := range states {
			t.Run(string(state)+"/"+name, func(t *testing.T) {
				w := newWorld(t)
				mentee, mentor, conv := w.pair(state)
				who := mentee
				if c.mentor {
					who = mentor
				}
				act := func(m mentoring.Member) func(a *mentoring.Act) error {
					return func(a *mentoring.Act) error { return c.do(a, m, conv.ID) }
				}
				w.refused(gone, act(w.mentee("Vieras")))
				if c.refusal[i] == "" {
					w.must(act(who))
					return
				}
				w.refused(c.refusal[i], act(who))
				if now := w.conversation(conv.ID); now.State != state {
					t.Errorf("refused, and yet it is %s", now.State)
				}
			})
		}
	}
}
