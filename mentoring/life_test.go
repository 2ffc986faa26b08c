package mentoring_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"silta/mentoring"
)

// life is a small service in which people do one thing after another, chosen by
// chance, and everything that must hold is looked at after each.
type life struct {
	*world
	r       *rapid.T
	staff   []mentoring.Member
	members []mentoring.Member // mentors and mentees
	mentors []mentoring.MembershipID
	talks   map[mentoring.ConversationID]*mentoring.Conversation // as they were last seen
	cases   map[mentoring.CaseID]mentoring.Case
	said    int64 // messages that went through in mentoring conversations
	did     string
}

// TestLife: 0 broken rules over random lives. What holds is in look.
func TestLife(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := &life{
			world: newWorld(t), r: r,
			talks: map[mentoring.ConversationID]*mentoring.Conversation{}, cases: map[mentoring.CaseID]mentoring.Case{},
		}
		l.t = r
		defer func() {
			if err := l.store.Close(); err != nil {
				r.Error(err)
			}
		}()
		l.rules.MentorCapacity = 2
		l.staff = []mentoring.Member{l.world.staff(), l.world.staff()}
		for _, alias := range []string{"Kanerva", "Kaisla"} {
			m, id := l.mentor(l.staff[0], alias)
			l.members, l.mentors = append(l.members, m), append(l.mentors, id)
		}
		for _, alias := range []string{"Kuu", "Suo", "Puro"} {
			l.members = append(l.members, l.mentee(alias))
		}
		for range rapid.IntRange(10, 60).Draw(r, "steps") {
			l.step()
		}
	})
}

// among chooses one of a list; a failure is then told in small numbers.
func among[T any](l *life, what string, list []T) T {
	return list[rapid.IntRange(0, len(list)-1).Draw(l.r, what)]
}

func (l *life) member() mentoring.Member {
	return among(l, "member", l.members)
}

func (l *life) talk() *mentoring.Conversation {
	ids := make([]mentoring.ConversationID, 0, len(l.talks))
	for id := range l.talks {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return &mentoring.Conversation{ID: 1, Participants: make([]mentoring.Participant, 1)}
	}
	slices.Sort(ids)
	return l.talks[among(l, "conversation", ids)]
}

func (l *life) step() {
	m, c := l.member(), l.talk()
	mentor := among(l, "mentor", l.mentors)
	staff := among(l, "staff", l.staff)
	p := among(l, "participant", c.Participants).ID
	number := mentoring.CaseID(rapid.IntRange(1, 4).Draw(l.r, "case"))
	acts := []struct {
		name string
		do   func(a *mentoring.Act) error
	}{
		{"choose", func(a *mentoring.Act) error { _, err := a.Choose(m, mentor); return err }},
		{"choose", func(a *mentoring.Act) error { _, err := a.Choose(m, mentor); return err }},
		{"say", func(a *mentoring.Act) error { return l.says(a, p, mentoring.Says) }},
		{"say", func(a *mentoring.Act) error { return l.says(a, p, mentoring.Says) }},
		{"change", func(a *mentoring.Act) error { return l.says(a, p, mentoring.Changes) }},
		{"retract", func(a *mentoring.Act) error { return l.says(a, p, mentoring.Retracts) }},
		{"arrive", func(a *mentoring.Act) error { return a.Arrived(p) }},
		{"arrive", func(a *mentoring.Act) error { return a.Arrived(p) }},
		{"depart", func(a *mentoring.Act) error { return a.Departed(p, false) }},
		{"refuse", func(a *mentoring.Act) error { return a.Departed(p, true) }},
		{"lose", func(a *mentoring.Act) error { return a.LegLost(p) }},
		{"return", func(a *mentoring.Act) error { return a.Return(m, c.ID) }},
		{"end", func(a *mentoring.Act) error { return a.End(m, c.ID) }},
		{"block", func(a *mentoring.Act) error { return a.Block(m, c.ID) }},
		{"pause", func(a *mentoring.Act) error { return a.PauseMentor(staff, mentor) }},
		{"resume", func(a *mentoring.Act) error { return a.ResumeMentor(staff, mentor) }},
		{"away", func(a *mentoring.Act) error { return a.GoAway(m, l.now.Add(30*time.Hour), "") }},
		{"back", func(a *mentoring.Act) error { return a.ComeBack(m) }},
		{"call", func(a *mentoring.Act) error { _, err := a.CallStaff(m, mentoring.CaseHelp, 0); return err }},
		{"call from", func(a *mentoring.Act) error { _, err := a.CallStaff(m, mentoring.CaseUrgent, c.ID); return err }},
		{"claim", func(a *mentoring.Act) error { _, err := a.Claim(staff, number); return err }},
		{"release", func(a *mentoring.Act) error { _, err := a.ReleaseCase(staff, number); return err }},
		{"close", func(a *mentoring.Act) error {
			_, err := a.CloseCase(staff, number, mentoring.OutcomeHelped)
			return err
		}},
		{"tick", func(a *mentoring.Act) error { _, err := a.Tick(); return err }},
		{"tick", func(a *mentoring.Act) error { _, err := a.Tick(); return err }},
	}
	act := among(l, "act", acts)
	if act.name == "tick" {
		l.later(time.Duration(rapid.SampledFrom([]int{1, 25, 24 * 40, 24 * 88}).Draw(l.r, "hours")) * time.Hour)
	}
	l.did = act.name
	said := l.said
	effects, refusal := l.do(act.do)
	if refusal != nil {
		l.said = said
	}
	l.look(effects)
}

func (l *life) says(a *mentoring.Act, p mentoring.ParticipantID, what mentoring.Utterance) error {
	c, to, err := a.Speak(p, what)
	if err != nil {
		return err
	}
	if slices.Contains(to, p) {
		l.r.Errorf("an echo to the writer")
	}
	if what == mentoring.Says && c.Kind != mentoring.KindCase {
		l.said++
	}
	return nil
}

const allTold = mentoring.ToldReminder | mentoring.ToldOffer | mentoring.ToldStaff

// look reads everything anew and says what does not hold.
func (l *life) look(effects []mentoring.Effect) {
	l.t.Helper()
	now := map[mentoring.ConversationID]*mentoring.Conversation{}
	var cases []mentoring.Case
	l.world.look(func(a *mentoring.Act) error {
		for _, m := range slices.Concat(l.members, l.staff) {
			list, err := a.Tx.ConversationsOf(m.ID)
			if err != nil {
				return err
			}
			for _, c := range list {
				now[c.ID] = c.Clone()
			}
		}
		for id := range l.talks {
			c, err := a.Tx.Conversation(id)
			if err != nil {
				return err
			}
			now[id] = c.Clone()
		}
		var err error
		cases, err = a.Tx.Cases(mentoring.CaseOpen, mentoring.CaseClaimed, mentoring.CaseClosed)
		return err
	})
	for id, c := range now {
		l.moved(l.talks[id], c)
		l.sound(c)
	}
	l.casesHold(cases, now)
	l.mentorsHold(now)
	l.effectsHold(effects, now)
	l.talks = now
	if n := l.figure(mentoring.CountMessages, false); n != l.said {
		l.t.Errorf("%s: %d messages counted, %d said", l.did, n, l.said)
	}
}

// moved checks a conversation's step from before to after against the tables.
func (l *life) moved(before, after *mentoring.Conversation) {
	if before == nil {
		before = &mentoring.Conversation{Participants: make([]mentoring.Participant, len(after.Participants))}
	}
	if !leads(mentoring.ConversationMachine(), before.State, after.State) {
		l.t.Errorf("%s took a conversation from %q to %q", l.did, before.State, after.State)
	}
	for i, p := range after.Participants {
		was := before.Participants[i].Presence
		// A new participant may be asked at once: two steps in one act.
		if !leads(mentoring.PresenceMachine(), was, p.Presence) && (was != "" || p.Presence != mentoring.Asked) {
			l.t.Errorf("%s took a participant from %q to %q", l.did, was, p.Presence)
		}
		if old := before.Participants[i]; old.ID != 0 && (old.ID != p.ID || old.Alias != p.Alias && p.Alias != "" || old.Number != p.Number) {
			l.t.Errorf("%s changed who a participant is: %+v, %+v", l.did, old, p)
		}
	}
}

// leads says whether one move (or none) takes from into to.
func leads[S ~string](m mentoring.Machine[S], from, to S) bool {
	return from == to || slices.ContainsFunc(m.Moves, func(v mentoring.Move[S]) bool { return v.From == from && v.To == to })
}

// sound checks what holds for a conversation in each state.
func (l *life) sound(c *mentoring.Conversation) {
	isDue := c.State != mentoring.Open && c.State != mentoring.Emptied
	if c.State == mentoring.Open { // due as long as something is to be told of a waiting
		isDue = !c.WaitSince.IsZero() && c.WaitDone&allTold != allTold
	}
	if c.Due.IsZero() == isDue || c.Ended.IsZero() != c.Live() {
		l.t.Errorf("%s left a conversation that is %s, due %v, ended %v", l.did, c.State, c.Due, c.Ended)
	}
	for _, p := range c.Participants {
		if (p.Presence == mentoring.Removed) != (c.State == mentoring.Emptied) {
			l.t.Errorf("%s: participant is %s in a conversation that is %s", l.did, p.Presence, c.State)
		}
		if c.State == mentoring.Open && p.Presence == mentoring.NotAsked {
			l.t.Errorf("%s: nobody asked participant %d in", l.did, p.Number)
		}
	}
}

func (l *life) casesHold(cases []mentoring.Case, now map[mentoring.ConversationID]*mentoring.Conversation) {
	going := map[string]bool{}
	for _, c := range cases {
		if !leads(mentoring.CaseMachine(), l.cases[c.ID].State, c.State) {
			l.t.Errorf("%s took a case from %q to %q", l.did, l.cases[c.ID].State, c.State)
		}
		l.cases[c.ID] = c
		if (c.State == mentoring.CaseClaimed) != (c.ClaimedBy != 0) && c.State != mentoring.CaseClosed {
			l.t.Errorf("%s: a case is %s, claimed by %d", l.did, c.State, c.ClaimedBy)
		}
		if talk := now[c.Talk]; talk != nil && talk.Live() && c.State != mentoring.CaseClaimed {
			l.t.Errorf("%s: a %s case has a talk going on", l.did, c.State)
		}
		key := fmt.Sprint(c.Opener, c.Kind)
		if c.State != mentoring.CaseClosed && going[key] {
			l.t.Errorf("%s: two cases of a kind for one person", l.did)
		}
		going[key] = going[key] || c.State != mentoring.CaseClosed
	}
}

// mentorsHold: nobody above capacity, no pair twice, no new pair with a block
// between them, each first message counted once.
func (l *life) mentorsHold(now map[mentoring.ConversationID]*mentoring.Conversation) {
	open := map[mentoring.MembershipID]int{}
	pairs := map[string]bool{}
	for id, c := range now {
		if c.Kind != mentoring.KindMentoring || !c.Live() {
			continue
		}
		open[c.Participants[1].Membership]++
		pair := fmt.Sprint(c.Participants[0].Member, c.Participants[1].Membership)
		if pairs[pair] {
			l.t.Errorf("%s: the same two talk twice", l.did)
		}
		pairs[pair] = true
		if l.talks[id] == nil {
			l.world.look(func(a *mentoring.Act) error {
				apart, err := a.Tx.Blocked(c.Participants[0].Member, c.Participants[1].Member)
				if apart {
					l.t.Errorf("%s brought two together who are blocked", l.did)
				}
				return err
			})
		}
	}
	for id, n := range open {
		if n > l.rules.MentorCapacity {
			l.t.Errorf("%s: mentor %d has %d conversations", l.did, id, n)
		}
	}
	wrote := int64(0)
	for _, m := range l.members {
		for _, s := range l.memberships(m) {
			if !s.FirstMessage.IsZero() {
				wrote++
			}
		}
	}
	if n := l.figure(mentoring.CountFirstMessages, false); n != wrote {
		l.t.Errorf("%s: %d first messages counted, %d members have written", l.did, n, wrote)
	}
}

// effectsHold: nothing is said to who is not asked in or is gone, nobody hears
// of their own step in the conversation, and no text carries an address.
func (l *life) effectsHold(effects []mentoring.Effect, now map[mentoring.ConversationID]*mentoring.Conversation) {
	at := map[mentoring.ParticipantID]mentoring.Presence{}
	for _, c := range now {
		for _, p := range c.Participants {
			at[p.ID] = p.Presence
		}
	}
	for _, e := range effects {
		var text mentoring.Text
		switch v := e.(type) {
		case mentoring.Tell:
			text = v.Text
			if s := at[v.Participant]; s == mentoring.NotAsked || s == mentoring.Removed {
				l.t.Errorf("%s told %s to a participant who is %s", l.did, v.Text.Key, s)
			}
		case mentoring.OpenLeg:
			if s := at[v.Participant]; s == mentoring.NotAsked || s == mentoring.Removed {
				l.t.Errorf("%s asked in a participant who is %s", l.did, s)
			}
		case mentoring.CloseLeg:
			if s := at[v.Participant]; s != mentoring.Removed {
				l.t.Errorf("%s closed the leg of a participant who is %s", l.did, s)
			}
		case mentoring.Notify:
			text = v.Text
		case mentoring.TellStaff:
			text = v.Text
			for name := range v.Text.Args {
				if name != "number" && name != "hours" && name != "n" {
					l.t.Errorf("staff were told %q in %s", name, v.Text.Key)
				}
			}
		}
		if strings.Contains(fmt.Sprint(text), "@") {
			l.t.Errorf("an address in %v", text)
		}
		if reflect.TypeOf(e).Kind() == reflect.Pointer {
			l.t.Errorf("effect %T is a pointer; whoever carries it out looks for values", e)
		}
	}
}
