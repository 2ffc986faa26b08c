package mentoring_test

import (
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// joinStates are all states that a member can be in.
func joinStates() []mentoring.JoinState {
	states := statesOf(mentoring.JoinMachine())
	return slices.DeleteFunc(states, func(s mentoring.JoinState) bool { return s == "" })
}

// in puts somebody who has just come into a state of joining.
func (w *world) in(state mentoring.JoinState) mentoring.Member {
	w.t.Helper()
	m := w.met()
	m.Join, m.Language, m.Consent, m.ConsentAt = state, "sv", 1, w.now
	w.put(func(tx mentoring.Tx) error { return tx.PutMember(&m) })
	return w.member(m.ID)
}

func (w *world) fading(m mentoring.Member, until time.Time) mentoring.Effect {
	return mentoring.Notify{Member: m.ID, Text: mentoring.T("join.fading", "until", until)}
}

const day = 24 * time.Hour

// TestUnfinishedTable is every state of joining at every moment that matters:
// warned once, three days before, and forgotten when it was said.
func TestUnfinishedTable(t *testing.T) {
	for _, state := range joinStates() {
		t.Run(string(state), func(t *testing.T) {
			w := newWorld(t)
			m := w.in(state)
			w.put(func(tx mentoring.Tx) error { return tx.PutDialogue(m.ID, []byte("asked")) })
			began := w.now
			kept := state == mentoring.JoinDone || state == mentoring.JoinForgotten || state == mentoring.JoinErasing || state == mentoring.JoinErased
			for _, moment := range []struct {
				at   time.Duration
				want mentoring.Effect
			}{
				{27*day - time.Millisecond, nil},
				{27 * day, w.fading(m, began.Add(30*day))},
				{27*day + time.Millisecond, nil},
				{30*day - time.Millisecond, nil},
				{30 * day, mentoring.ForgetMember{Member: m.ID}},
				{30*day + time.Minute, nil},
				{400 * day, nil},
			} {
				w.now = began.Add(moment.at)
				var want []mentoring.Effect
				if moment.want != nil && !kept {
					want = append(want, moment.want)
				}
				w.same(w.tick(), want...)
			}
			if kept {
				if got := w.member(m.ID); got != m {
					t.Errorf("was %+v, is %+v", m, got)
				}
				return
			}
			if got := w.member(m.ID); got != (mentoring.Member{ID: m.ID, Address: m.Address, Join: mentoring.JoinForgotten, Created: m.Created}) {
				t.Errorf("what they told is kept: %+v", got)
			}
			w.look(func(a *mentoring.Act) error {
				if asked, err := a.Tx.Dialogue(m.ID); err != nil || asked != nil {
					t.Errorf("the dialogue is kept: %q, %v", asked, err)
				}
				return nil
			})
			if n := len(w.figures()); n != 0 {
				t.Errorf("%d counters", n)
			}
		})
	}
}

// TestUnfinishedSigns: whatever a person does puts the end off by the whole
// time, also after the warning, and they are warned again before it.
func TestUnfinishedSigns(t *testing.T) {
	for name, sign := range map[string]func(*mentoring.Act, *mentoring.Member) error{
		"says anything": func(a *mentoring.Act, m *mentoring.Member) error { return a.Heard(m) },
		"comes again":   func(a *mentoring.Act, m *mentoring.Member) error { _, err := a.Meet(m.Address); return err },
		"answers yes":   func(a *mentoring.Act, m *mentoring.Member) error { return a.AnswerAge(m, true) },
		"answers no":    func(a *mentoring.Act, m *mentoring.Member) error { return a.AnswerAge(m, false) },
		"language":      func(a *mentoring.Act, m *mentoring.Member) error { return a.SetLanguage(m, "en") },
	} {
		for _, at := range []time.Duration{26 * day, 27 * day, 30*day - time.Millisecond} {
			t.Run(name+"/"+at.String(), func(t *testing.T) {
				w := newWorld(t)
				m := w.in(mentoring.JoinAge)
				w.later(at)
				w.tick()
				m = w.member(m.ID)
				if m.Warned.IsZero() == (at >= 27*day) {
					t.Fatalf("warned: %v", m.Warned)
				}
				w.must(func(a *mentoring.Act) error { return sign(a, &m) })
				if got := w.member(m.ID); !got.Changed.Equal(w.now) || !got.Warned.IsZero() {
					t.Errorf("kept as %+v", got)
				}
				again := w.now
				w.now = again.Add(27*day - time.Millisecond)
				w.same(w.tick())
				w.now = again.Add(27 * day)
				w.same(w.tick(), w.fading(m, again.Add(30*day)))
				w.now = again.Add(30 * day)
				w.same(w.tick(), mentoring.ForgetMember{Member: m.ID})
			})
		}
	}
}

// TestInvitedAndNeverCame: somebody who was invited as a mentor and has not
// finished joining is forgotten like others, and is no mentor if they come again.
func TestInvitedAndNeverCame(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m := w.in(mentoring.JoinConsent)
	w.must(func(a *mentoring.Act) error { return a.InviteMentor(staff, m.Address) })
	w.later(27 * day)
	w.tick()
	w.later(3 * day)
	w.same(w.tick(), mentoring.ForgetMember{Member: m.ID})
	if got := w.memberships(m); len(got) != 1 || got[0].State != mentoring.Ended {
		t.Errorf("still %+v", got)
	}
	w.put(func(tx mentoring.Tx) error { return tx.DeleteMember(m.ID) })
	if got := w.memberships(m); len(got) != 0 {
		t.Errorf("left %+v", got)
	}
}

// TestUnfinishedButMore: whoever ever was anything more is never forgotten.
func TestUnfinishedButMore(t *testing.T) {
	for name, more := range map[string]func(*world, mentoring.Member) error{
		"a case": func(w *world, m mentoring.Member) error {
			w.must(func(a *mentoring.Act) error { _, err := a.CallStaff(m, mentoring.CaseHelp, 0); return err })
			return nil
		},
		"claimed a case": func(w *world, m mentoring.Member) error {
			w.put(func(tx mentoring.Tx) error {
				other := mentoring.Member{Join: mentoring.JoinDone}
				if err := tx.PutMember(&other); err != nil {
					return err
				}
				return tx.PutCase(&mentoring.Case{Opener: other.ID, ClaimedBy: m.ID, State: mentoring.CaseClosed})
			})
			return nil
		},
		"a participant": func(w *world, m mentoring.Member) error {
			w.put(func(tx mentoring.Tx) error {
				return tx.PutConversation(&mentoring.Conversation{State: mentoring.Emptied, Participants: []mentoring.Participant{{Number: 1, Member: m.ID, Presence: mentoring.Removed}}})
			})
			return nil
		},
		"an ended membership": func(w *world, m mentoring.Member) error {
			w.put(func(tx mentoring.Tx) error {
				return tx.PutMembership(&mentoring.Membership{Member: m.ID, Role: mentoring.Mentee, State: mentoring.Ended})
			})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			m := w.in(mentoring.JoinConsent)
			if err := more(w, m); err != nil {
				t.Fatal(err)
			}
			for range 20 {
				w.later(13 * day)
				w.same(w.tick())
			}
			if got := w.member(m.ID).Join; got != mentoring.JoinConsent {
				t.Errorf("is %s", got)
			}
		})
	}
}

// TestForgottenComesAgain: whoever comes before the row has gone starts anew,
// by themselves or because staff ask them in.
func TestForgottenComesAgain(t *testing.T) {
	for name, again := range map[string]func(a *mentoring.Act, staff, m mentoring.Member) error{
		"by themselves": func(a *mentoring.Act, _, m mentoring.Member) error { _, err := a.Meet(m.Address); return err },
		"invited":       func(a *mentoring.Act, staff, m mentoring.Member) error { return a.InviteMentor(staff, m.Address) },
		"heard":         func(a *mentoring.Act, _, m mentoring.Member) error { return a.Heard(&m) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			staff := w.staff()
			m := w.in(mentoring.JoinNickname)
			w.later(27 * day)
			w.tick()
			w.later(3 * day)
			w.same(w.tick(), mentoring.ForgetMember{Member: m.ID})
			m = w.member(m.ID)
			w.must(func(a *mentoring.Act) error { return again(a, staff, m) })
			got := w.member(m.ID)
			if got.Join != mentoring.JoinNew || got.Language != "" || !got.Changed.Equal(w.now) {
				t.Errorf("starts as %+v", got)
			}
			w.joins(&got, "Puro")
			if kept := w.member(m.ID); w.now.Sub(kept.Changed) > day || !kept.Warned.IsZero() || !kept.Joined() {
				t.Errorf("joined as %+v", kept)
			}
		})
	}
}

// TestUnfinishedNotice: nobody has less than the notice, whatever was missed
// and however short the time is; without a time nobody is forgotten.
func TestUnfinishedNotice(t *testing.T) {
	for name, row := range map[string]struct{ keep, first time.Duration }{
		"nobody looked for long": {30 * day, 100 * day},
		"shorter than notice":    {day, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.rules.JoiningRetention = row.keep
			m := w.in(mentoring.JoinUnderage)
			w.later(row.first)
			until := w.now.Add(3 * day)
			w.same(w.tick(), w.fading(m, until))
			w.now = until.Add(-time.Millisecond)
			w.same(w.tick())
			w.now = until
			w.same(w.tick(), mentoring.ForgetMember{Member: m.ID})
		})
	}
	w := newWorld(t)
	w.rules.JoiningRetention = 0
	w.in(mentoring.JoinAge)
	w.later(4000 * day)
	w.same(w.tick())
}

// TestUnfinishedInParts: one tick does a bounded part and asks to be called
// again; everybody's turn comes.
func TestUnfinishedInParts(t *testing.T) {
	w := newWorld(t)
	const people = 230
	w.must(func(a *mentoring.Act) error {
		for range people {
			if err := a.Tx.PutMember(&mentoring.Member{Address: w.address(), Join: mentoring.JoinAge, Changed: w.now}); err != nil {
				return err
			}
		}
		return nil
	})
	drain := func() (parts []int) {
		for {
			var next time.Time
			effects := w.must(func(a *mentoring.Act) (err error) { next, err = a.Tick(); return err })
			parts = append(parts, len(effects))
			if next.After(w.now) {
				return parts
			}
		}
	}
	for _, d := range []time.Duration{27 * day, 3 * day} {
		w.later(d)
		if parts := drain(); !slices.Equal(parts, []int{100, 100, 30}) {
			t.Errorf("in parts of %v", parts)
		}
	}
}

// TestHeardSparingly: somebody who writes much costs one write in an hour.
func TestHeardSparingly(t *testing.T) {
	w := newWorld(t)
	m := w.met()
	for _, row := range []struct {
		after time.Duration
		want  bool
	}{{time.Minute, false}, {time.Hour, true}, {time.Hour - time.Millisecond, false}} {
		w.later(row.after)
		w.must(func(a *mentoring.Act) error { return a.Heard(&m) })
		if got := w.member(m.ID).Changed.Equal(w.now); got != row.want {
			t.Errorf("after %v written: %v", row.after, got)
		}
	}
}
