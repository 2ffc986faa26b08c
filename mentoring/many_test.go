package mentoring_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"silta/mentoring"
)

// group is a conversation of n, everybody in it but the first not asked yet.
func (w *world) group(kind mentoring.Kind, n int) *mentoring.Conversation {
	w.t.Helper()
	c := &mentoring.Conversation{
		Kind: kind, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
		State: mentoring.Placed, Created: w.now,
	}
	for i := range n {
		m := w.mentee(fmt.Sprintf("Jäsen-%d", i+1))
		c.Participants = append(c.Participants, mentoring.Participant{
			Number: i + 1, Member: m.ID, Membership: w.memberships(m)[0].ID, Role: mentoring.Mentee,
			Alias: m.Alias, Presence: mentoring.NotAsked,
		})
	}
	c.Participants[0].Presence = mentoring.Here
	w.put(func(tx mentoring.Tx) error { return tx.PutConversation(c) })
	return c
}

// TestGroupOfForty: one message goes to each of the others, once, in the order
// of their numbers; who is gone for good is left out.
func TestGroupOfForty(t *testing.T) {
	w := newWorld(t)
	c := w.group(mentoring.KindGroup, 40)
	first := c.Participants[0].ID
	effects := w.says(first)
	if legs := of[mentoring.OpenLeg](effects); len(legs) != 39 {
		t.Errorf("%d legs opened", len(legs))
	}
	for _, tell := range of[mentoring.Tell](effects) {
		names, _ := tell.Text.Args["alias"].([]string)
		own := c.Participant(tell.Participant).Alias
		if len(names) != 4 || names[3] != "…" || slices.Contains(names, own) {
			t.Errorf("%s is told that %v are there", own, names)
		}
	}
	now := w.conversation(c.ID)
	now.Participants[7].Presence = mentoring.Removed
	w.put(func(tx mentoring.Tx) error { return tx.PutConversation(now) })
	w.must(func(a *mentoring.Act) error {
		got, to, err := a.Speak(now.Participants[20].ID, mentoring.Says)
		if len(to) != 38 || !slices.IsSorted(to) || slices.Contains(to, now.Participants[7].ID) {
			t.Errorf("goes to %v of %d", to, len(got.Participants))
		}
		return err
	})
	w.refused("chat.unknown", func(a *mentoring.Act) error { return speak(a, now.Participants[7].ID) })
	member := w.member(now.Participants[0].Member)
	w.refused("block.not_here", func(a *mentoring.Act) error { return a.Block(member, c.ID) })
	left := w.must(func(a *mentoring.Act) error { return a.Departed(now.Participants[20].ID, true) })
	if tells := of[mentoring.Tell](left); len(tells) != 38 {
		t.Errorf("%d were told", len(tells))
	}
}

// TestWhoOpensIsNotAlwaysAMentee: somebody else who writes first is in no
// figure of first messages.
func TestWhoOpensIsNotAlwaysAMentee(t *testing.T) {
	w := newWorld(t)
	c := w.group(mentoring.KindJoint, 3)
	c.Participants[0].Role = mentoring.Professional
	w.put(func(tx mentoring.Tx) error { return tx.PutConversation(c) })
	w.says(c.Participants[0].ID)
	if n := w.figure(mentoring.CountFirstMessages, false); n != 0 {
		t.Errorf("%d first messages", n)
	}
	if n := w.figure(mentoring.CountMessages, false); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestTwoConversationsShareNothing that the other people in them could see: no
// participant, and an alias only by the person's own choice.
func TestTwoConversationsShareNothing(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, one := w.mentor(staff, "Kanerva")
	_, two := w.mentor(staff, "Kaisla")
	m := w.mentee("Kuu")
	first := w.talking(m, one)
	w.must(func(a *mentoring.Act) error { return a.TakeNickname(&m, "Suo") })
	second := w.talking(m, two)
	if p, q := first.Participants[0], second.Participants[0]; p.ID == q.ID || p.Alias != "Kuu" || q.Alias != "Suo" {
		t.Errorf("%+v and %+v", p, q)
	}
	// A block in the one says nothing in the other.
	effects := w.must(func(a *mentoring.Act) error { return a.Block(mentor, first.ID) })
	for _, tell := range of[mentoring.Tell](effects) {
		if first.Participant(tell.Participant) == nil {
			t.Errorf("told in another conversation: %+v", tell)
		}
	}
	if got := w.conversation(second.ID).State; got != mentoring.Open {
		t.Errorf("the other conversation is %s", got)
	}
}

// TestLastPlace goes to one of two.
func TestLastPlace(t *testing.T) {
	w := newWorld(t)
	w.rules.MentorCapacity = 1
	_, id := w.mentor(w.staff(), "Kanerva")
	first, second := w.mentee("Kuu"), w.mentee("Suo")
	c := w.choose(first, id)
	w.refused("mentor.not_free", func(a *mentoring.Act) error { _, err := a.Choose(second, id); return err })
	w.must(func(a *mentoring.Act) error { return a.End(first, c.ID) })
	w.choose(second, id)
}

// TestConversationLookups: by ID, number, member; Clone is apart from what it
// was made of.
func TestConversationLookups(t *testing.T) {
	c := &mentoring.Conversation{Participants: []mentoring.Participant{
		{ID: 11, Number: 1, Member: 21, Alias: "Kuu"}, {ID: 12, Number: 2, Member: 22, Alias: "Suo"}, {ID: 13, Number: 3, Member: 23, Alias: "Puro"},
	}}
	for i := range c.Participants {
		p := &c.Participants[i]
		if c.Participant(p.ID) != p || c.ByNumber(p.Number) != p || c.ByMember(p.Member) != p {
			t.Errorf("participant %d is not found", i)
		}
	}
	if c.Participant(1) != nil || c.ByNumber(4) != nil || c.ByMember(1) != nil {
		t.Error("found somebody who is not there")
	}
	if got := c.Aliases(12); !reflect.DeepEqual(got, []string{"Kuu", "Puro"}) {
		t.Errorf("aliases %v", got)
	}
	d := c.Clone()
	d.Participants[0].Alias, d.State = "Toinen", mentoring.Open
	if c.Participants[0].Alias != "Kuu" || c.State != "" {
		t.Error("changing the clone changed the original")
	}
	for _, state := range conversationStates() {
		c.State = state
		if got, want := c.Live(), state == mentoring.Placed || state == mentoring.Open; got != want {
			t.Errorf("%s is live: %v", state, got)
		}
	}
}

// TestText: pairs become arguments, and one text can stand in another.
func TestText(t *testing.T) {
	if got := mentoring.T("a.b"); got.Key != "a.b" || got.Args != nil {
		t.Errorf("%+v", got)
	}
	inner := mentoring.T("inner", "n", 1)
	got := mentoring.T("outer", "one", 1, "two", inner)
	if got.TextKey() != "outer" || !reflect.DeepEqual(got.TextArgs(), map[string]any{"one": 1, "two": inner}) {
		t.Errorf("%+v", got)
	}
}
