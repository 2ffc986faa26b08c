package mentoring_test

import (
	"testing"

	"silta/mentoring"
)

// TestCarry: what a programme carries passes, and nothing else; the default is
// text alone.
func TestCarry(t *testing.T) {
	kinds := []mentoring.Content{mentoring.Images, mentoring.Voice, mentoring.Audio, mentoring.Video, mentoring.Files}
	w := newWorld(t)
	_, _, c := w.pair(mentoring.Open)
	from := c.Participants[0].ID
	for _, kind := range kinds {
		w.refused("media.off."+string(kind), func(a *mentoring.Act) error { return a.Carry(from, kind, 0) })
	}
	for _, on := range kinds {
		w.rules.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{
			mentoring.DefaultProgramme: {Carries: map[mentoring.Content]bool{on: true}},
		}
		for _, kind := range kinds {
			carry := func(a *mentoring.Act) error { return a.Carry(from, kind, 0) }
			if kind == on {
				w.must(carry)
			} else {
				w.refused("media.off."+string(kind), carry)
			}
		}
	}
	w.rules.Programmes[mentoring.DefaultProgramme] = &mentoring.ProgrammeRules{
		Carries: map[mentoring.Content]bool{mentoring.Images: true}, MaxFile: 50 << 20,
	}
	w.must(func(a *mentoring.Act) error { return a.Carry(from, mentoring.Images, 50<<20) })
	big := w.refused("media.refused.too_big", func(a *mentoring.Act) error { return a.Carry(from, mentoring.Images, 50<<20+1) })
	if big.Text.Args["megabytes"] != int64(50) {
		t.Errorf("the limit is said to be %v MB", big.Text.Args["megabytes"])
	}
	w.refused("chat.unknown", func(a *mentoring.Act) error { return a.Carry(from+999, mentoring.Images, 0) })
}

// TestFirstVoice: once for each member, whatever the conversation.
func TestFirstVoice(t *testing.T) {
	w := newWorld(t)
	_, _, c := w.pair(mentoring.Open)
	for i, p := range c.Participants {
		for j, want := range []bool{true, false, false} {
			effects := w.must(func(a *mentoring.Act) error {
				first, err := a.FirstVoice(p.ID)
				if first != want {
					t.Errorf("participant %d, time %d: %v", i, j, first)
				}
				return err
			})
			if len(effects) > 0 {
				t.Errorf("told: %v", effects)
			}
		}
	}
}
