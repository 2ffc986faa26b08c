package mentoring_test

import (
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// moves is somebody new going on as another with their phrase.
func (w *world) moves(m *mentoring.Member, p mentoring.Phrase, want mentoring.Moved) []mentoring.Effect {
	w.t.Helper()
	return w.must(func(a *mentoring.Act) error {
		got, _, err := a.Move(m, quick(p))
		if got != want {
			w.t.Errorf("moved: %d, want %d", got, want)
		}
		return err
	})
}

// TestMove: with the phrase the conversations go on from the new account; the old one
// is told, has nothing here any more, and its address is not the member's.
func TestMove(t *testing.T) {
	w := newWorld(t)
	_, id := w.mentor(w.staff(), "Kanerva")
	old := w.mentee("Kuu")
	c := w.talking(old, id)
	p := w.phrase(old)
	newcomer := w.met()
	was, is := old.Address, newcomer.Address
	w.later(24 * time.Hour)
	entries := len(w.auditOf())
	w.moves(&newcomer, mentoring.Phrase{Locator: p.Locator, Secret: "wrong"}, mentoring.MoveWrong)
	effects := w.moves(&newcomer, p, mentoring.MoveDone)
	leg := c.Participants[0].ID
	if got := of[mentoring.MoveMember](effects); len(got) != 1 || got[0].Member != old.ID || got[0].Left != newcomer.ID ||
		!slices.Equal(got[0].Legs, []mentoring.ParticipantID{leg}) {
		t.Errorf("rooms: %+v", got)
	}
	if !slices.Contains(effects, mentoring.Effect(mentoring.EraseMember{Member: newcomer.ID})) || !tells(effects, newcomer.ID, "move.told") {
		t.Errorf("the old account: %+v", effects)
	}
	if m := w.member(old.ID); m.Address != is || m.Alias != "Kuu" || !m.Joined() {
		t.Errorf("who moved: %+v", m)
	}
	left := w.member(newcomer.ID)
	if left.Address != was || left.Alias != "" || left.Join != mentoring.JoinErasing || left.Language != old.Language || !left.Created.Equal(w.now) {
		t.Errorf("left: %+v", left)
	}
	if got := w.conversation(c.ID).Participant(leg).Presence; got != mentoring.Asked {
		t.Errorf("in the conversation they are %s", got)
	}
	if got := w.actions(entries); !slices.Contains(got, mentoring.AuditMoved) {
		t.Errorf("audit %v", got)
	}
}

// TestMoveIsConfirmed: mentors and staff go on when staff have said so, within a week
// and not of themselves; a no leaves all as it was. Back into the staff room come those
// for whose eyes it is, and nobody else.
func TestMoveIsConfirmed(t *testing.T) {
	for _, test := range []struct {
		role  mentoring.Role
		admit bool
	}{{mentoring.Coordinator, true}, {mentoring.Professional, false}, {mentoring.Evaluator, false}, {mentoring.Mentor, false}} {
		t.Run(string(test.role), func(t *testing.T) {
			w := newWorld(t)
			staff := w.staff()
			old := w.mentee("Kuu")
			w.has(old, test.role, mentoring.DefaultUnit, mentoring.Active)
			p := w.phrase(old)
			newcomer := w.met()
			ask := func() {
				t.Helper()
				effects := w.moves(&newcomer, p, mentoring.MoveWaiting)
				w.same(effects, mentoring.TellStaff{Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Loud: true,
					Text: mentoring.T("move.staff", "number", int64(newcomer.ID), "alias", "Kuu")},
					mentoring.Notify{Member: old.ID, Loud: true, Text: mentoring.T("move.asked")})
			}
			decide := func(by mentoring.Member, yes bool) func(*mentoring.Act) error {
				return func(a *mentoring.Act) error { return a.ConfirmMove(by, newcomer.ID, yes) }
			}
			ask()
			if w.member(old.ID).Address != old.Address {
				t.Error("moved before anybody said so")
			}
			w.same(w.must(decide(staff, false)),
				mentoring.Notify{Member: newcomer.ID, Text: mentoring.T("move.refused")}, mentoring.Notify{Member: old.ID, Text: mentoring.T("move.refused_old")})
			w.refused("move.unknown", decide(staff, true))
			ask()
			w.later(7*24*time.Hour + time.Millisecond)
			w.refused("move.unknown", decide(staff, true))
			ask()
			if test.admit {
				w.refused("move.own", decide(old, true))
			}
			w.later(7 * 24 * time.Hour)
			effects := w.must(decide(staff, true))
			if w.member(old.ID).Address != newcomer.Address || !tells(effects, old.ID, "move.done") {
				t.Errorf("not moved: %v", effects)
			}
			if got := slices.Contains(effects, mentoring.Effect(mentoring.AdmitStaff{Member: old.ID, Room: 1})); got != test.admit {
				t.Errorf("asked into the staff room: %v", got)
			}
		})
	}
}

// TestMoveOfSomebody: whoever is somebody here already goes on as nobody else.
func TestMoveOfSomebody(t *testing.T) {
	w := newWorld(t)
	old, other := w.mentee("Kuu"), w.mentee("Suo")
	p := w.phrase(old)
	w.refused("move.somebody", func(a *mentoring.Act) error { _, _, err := a.Move(&other, quick(p)); return err })
}
