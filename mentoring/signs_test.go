package mentoring_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// seen is who sees a sign of a participant's, by number.
func (w *world) seen(from mentoring.ParticipantID, sign mentoring.Sign) (numbers []int) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error {
		c, to, err := a.SeenBy(from, sign)
		numbers = nil
		for _, id := range to {
			numbers = append(numbers, c.Participant(id).Number)
		}
		return err
	})
	return numbers
}

// TestSignsAreChosen: none without the programme and the person themself.
func TestSignsAreChosen(t *testing.T) {
	w := newWorld(t)
	_, id := w.mentor(w.staff(), "Kanerva")
	mentee := w.mentee("Kuu")
	c := w.talking(mentee, id)
	from := c.Participants[0].ID
	w.arrive(c)
	is := func(what string, typing, reading []int) {
		t.Helper()
		for sign, want := range map[mentoring.Sign][]int{mentoring.Typing: typing, mentoring.Reading: reading} {
			if got := w.seen(from, sign); !slices.Equal(got, want) {
				t.Errorf("%s: %s is seen by %v, want %v", what, sign, got, want)
			}
		}
	}
	w.refused("signs.off", func(a *mentoring.Act) error { return a.ShowSigns(mentee, mentoring.Typing) })
	rules := w.rules.Programmes[mentoring.DefaultProgramme]
	rules.Shows = map[mentoring.Sign]bool{mentoring.Typing: true}
	is("not chosen", nil, nil)
	w.must(func(a *mentoring.Act) error { return a.ShowSigns(mentee, mentoring.Typing) })
	is("chosen", []int{2}, nil)
	w.refused("signs.off", func(a *mentoring.Act) error { return a.ShowSigns(mentee, mentoring.Reading) })
	rules.Shows = map[mentoring.Sign]bool{mentoring.Typing: true, mentoring.Reading: true}
	w.must(func(a *mentoring.Act) error { return a.ShowSigns(mentee, mentoring.Reading) })
	is("another", nil, []int{2})
	if got := w.seen(c.Participants[1].ID, mentoring.Reading); got != nil {
		t.Errorf("who chose nothing is seen by %v", got)
	}
	rules.Shows = nil
	is("the programme has changed its mind", nil, nil)
}

// TestSignsAreHeldBack: none where it would tell what it should not.
func TestSignsAreHeldBack(t *testing.T) {
	for who := range 2 { // whether it is of the one or of the other
		for name, change := range map[string]func(*world, *mentoring.Conversation, *mentoring.Participant){
			"archived": func(w *world, _ *mentoring.Conversation, p *mentoring.Participant) { p.Archived = w.now },
			"gone":     func(_ *world, _ *mentoring.Conversation, p *mentoring.Participant) { p.Presence = mentoring.Away },
			"over": func(w *world, c *mentoring.Conversation, _ *mentoring.Participant) {
				c.State, c.Ended = mentoring.Closed, w.now
			},
			"blocked": func(w *world, c *mentoring.Conversation, p *mentoring.Participant) {
				w.must(func(a *mentoring.Act) error {
					return a.Tx.PutBlock(p.Member, c.Participants[2-p.Number].Member, w.now)
				})
			},
			"suspended": func(w *world, _ *mentoring.Conversation, p *mentoring.Participant) {
				w.must(func(a *mentoring.Act) error {
					s, err := a.Tx.Membership(p.Membership)
					if err != nil {
						return err
					}
					s.State = mentoring.Suspended
					return a.Tx.PutMembership(&s)
				})
			},
			"outside of the mentor's hours": func(w *world, c *mentoring.Conversation, _ *mentoring.Participant) {
				w.must(func(a *mentoring.Act) error {
					m, err := a.Tx.Member(c.Participants[1].Member)
					if err != nil {
						return err
					}
					return a.SetHours(m, mentoring.NewHours([]mentoring.Span{{Day: time.Saturday, From: 600, To: 660}}))
				})
			},
		} {
			t.Run(fmt.Sprint(name, who), func(t *testing.T) {
				w := newWorld(t)
				w.rules.Programmes[mentoring.DefaultProgramme].Shows = map[mentoring.Sign]bool{mentoring.Typing: true}
				mentor, id := w.mentor(w.staff(), "Kanerva")
				mentee := w.mentee("Kuu")
				c := w.talking(mentee, id)
				w.arrive(c)
				for _, m := range []mentoring.Member{mentee, mentor} {
					w.must(func(a *mentoring.Act) error { return a.ShowSigns(m, mentoring.Typing) })
				}
				for _, p := range c.Participants {
					if w.seen(p.ID, mentoring.Typing) == nil {
						t.Fatalf("number %d is not seen at all", p.Number)
					}
				}
				fresh := w.conversation(c.ID).Clone()
				change(w, fresh, &fresh.Participants[who])
				w.must(func(a *mentoring.Act) error { return a.Tx.PutConversation(fresh) })
				for _, p := range c.Participants {
					if got := w.seen(p.ID, mentoring.Typing); got != nil {
						t.Errorf("number %d is seen by %v", p.Number, got)
					}
				}
			})
		}
	}
}

// arrive has everybody in a conversation's rooms.
func (w *world) arrive(c *mentoring.Conversation) {
	w.t.Helper()
	for _, p := range c.Participants {
		w.must(func(a *mentoring.Act) error { return a.Arrived(p.ID) })
	}
}
