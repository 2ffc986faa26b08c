package mentoring_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// pair is a mentee, a mentor and their conversation in a given state.
func (w *world) pair(state mentoring.ConversationState) (mentee, mentor mentoring.Member, c *mentoring.Conversation) {
	w.t.Helper()
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee = w.mentee("Kuu")
	switch state {
	case mentoring.Placed:
		return mentee, mentor, w.choose(mentee, id)
	case mentoring.Expired:
		c = w.choose(mentee, id)
		w.later(24 * time.Hour)
		w.tick()
		return mentee, mentor, w.conversation(c.ID)
	}
	c = w.talking(mentee, id)
	if state == mentoring.Open {
		return mentee, mentor, c
	}
	w.must(func(a *mentoring.Act) error { return a.End(mentee, c.ID) })
	if state == mentoring.Fading || state == mentoring.Emptied {
		w.later(87 * 24 * time.Hour)
		w.tick()
	}
	if state == mentoring.Emptied {
		w.later(3 * 24 * time.Hour)
		w.tick()
	}
	c = w.conversation(c.ID)
	if c.State != state {
		w.t.Fatalf("made a conversation in state %q, want %q", c.State, state)
	}
	return mentee, mentor, c
}

func conversationStates() []mentoring.ConversationState {
	return []mentoring.ConversationState{
		mentoring.Placed, mentoring.Open, mentoring.Closed, mentoring.Expired, mentoring.Fading, mentoring.Emptied,
	}
}

// TestSpeakTable: every state × what is done, by the mentee. The number is of
// those it goes to.
func TestSpeakTable(t *testing.T) {
	type cell struct {
		to      int
		refusal string
	}
	ok := func(n int) cell { return cell{n, ""} }
	no := func(key string) cell { return cell{0, key} }
	table := map[mentoring.ConversationState][3]cell{ // says, changes, retracts
		mentoring.Placed:  {ok(1), ok(0), ok(0)},
		mentoring.Open:    {ok(1), ok(1), ok(1)},
		mentoring.Closed:  {no("chat.is_over"), no("chat.is_over"), ok(1)},
		mentoring.Fading:  {no("chat.is_over"), no("chat.is_over"), ok(1)},
		mentoring.Expired: {no("chat.place_is_gone"), no("chat.place_is_gone"), ok(0)},
		mentoring.Emptied: {no("chat.unknown"), no("chat.unknown"), no("chat.unknown")},
	}
	for _, state := range conversationStates() {
		for i, what := range []mentoring.Utterance{mentoring.Says, mentoring.Changes, mentoring.Retracts} {
			t.Run(fmt.Sprint(state, "/", i), func(t *testing.T) {
				w := newWorld(t)
				_, _, c := w.pair(state)
				want := table[state][i]
				speak := func(a *mentoring.Act) error {
					got, to, err := a.Speak(c.Participants[0].ID, what)
					if err == nil && (got.ID != c.ID || len(to) != want.to || slices.Contains(to, c.Participants[0].ID)) {
						t.Errorf("goes to %v in %d", to, got.ID)
					}
					return err
				}
				if want.refusal != "" {
					w.refused(want.refusal, speak)
				} else {
					w.must(speak)
				}
				after := w.conversation(c.ID).State
				if next := mentoring.Open; state == mentoring.Placed && what == mentoring.Says {
					if after != next {
						t.Errorf("%s after speaking", after)
					}
				} else if after != state {
					t.Errorf("%s became %s", state, after)
				}
			})
		}
	}
	w := newWorld(t)
	w.refused("chat.unknown", func(a *mentoring.Act) error { _, _, err := a.Speak(1<<40, mentoring.Says); return err })
}

// TestFirstMessage: what follows from the first message, and only from it.
func TestFirstMessage(t *testing.T) {
	w := newWorld(t)
	mentee, mentor, c := w.pair(mentoring.Placed)
	me, them := c.Participants[0].ID, c.Participants[1].ID
	w.later(time.Hour)
	w.same(w.says(me), mentoring.OpenLeg{Participant: them},
		mentoring.Tell{Participant: them, Text: mentoring.T("chat.hello", "alias", []string{"Kuu"})})
	now := w.conversation(c.ID)
	if now.State != mentoring.Open || !now.Due.Equal(w.now.Add(24*time.Hour)) || !now.WaitSince.Equal(w.now) || now.Participants[1].Presence != mentoring.Asked {
		t.Errorf("opened: %+v", now)
	}
	if s := w.memberships(mentee)[0]; !s.FirstMessage.Equal(w.now) {
		t.Errorf("first message at %v", s.FirstMessage)
	}
	w.later(time.Minute)
	w.same(w.says(me))
	w.must(func(a *mentoring.Act) error { return a.Arrived(them) })
	w.same(w.says(them))
	if s := w.memberships(mentee)[0]; !s.FirstMessage.Equal(w.now.Add(-time.Minute)) {
		t.Errorf("first message moved to %v", s.FirstMessage)
	}
	if s := w.memberships(mentor)[0]; !s.FirstMessage.IsZero() {
		t.Error("a mentor's message was taken for a mentee's first")
	}
	for name, want := range map[mentoring.CounterName]int64{
		mentoring.CountMessages: 3, mentoring.CountTalkDays: 1, mentoring.CountFirstMessages: 1,
	} {
		if n := w.figure(name, false); n != want {
			t.Errorf("%s: %d, want %d", name, n, want)
		}
	}
}

// TestFirstMessageMonth: it counts for the month in which the mentee
// registered, once, however many mentors they write to.
func TestFirstMessageMonth(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, one := w.mentor(staff, "Kanerva")
	_, two := w.mentor(staff, "Kaisla")
	m := w.mentee("Kuu")
	w.later(45 * 24 * time.Hour)
	w.talking(m, one)
	w.talking(m, two)
	key := mentoring.Counter{
		Name: mentoring.CountFirstMessages, Month: "2026-11",
		Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
	}
	if n := w.figures()[key]; n != 1 || w.figure(mentoring.CountFirstMessages, false) != 1 {
		t.Errorf("counted %v", w.figures())
	}
	key.Name, key.Month = mentoring.CountMessages, "2026-12"
	if n := w.figures()[key]; n != 2 {
		t.Errorf("counted %v", w.figures())
	}
}

// TestTalkDays: one a day and conversation, by the days of the service's zone,
// also when a day has 23 hours.
func TestTalkDays(t *testing.T) {
	w := newWorld(t)
	_, _, c := w.pair(mentoring.Open)
	want := int64(1)
	w.now = time.Date(2027, 3, 27, 22, 30, 0, 0, time.UTC) // 28 March 00:30 in Helsinki, when clocks go forward
	for _, step := range []struct {
		after time.Duration
		isNew bool
	}{{0, true}, {time.Hour, false}, {21*time.Hour + 29*time.Minute, false}, {time.Minute, true}, {23 * time.Hour, false}, {time.Hour, true}} {
		w.later(step.after)
		w.says(c.Participants[1].ID)
		if step.isNew {
			want++
		}
		if n := w.figure(mentoring.CountTalkDays, false); n != want {
			t.Errorf("at %v: %d talk-days, want %d", w.now, n, want)
		}
		y, m, d := w.now.In(w.rules.Zone).Date()
		if got := w.conversation(c.ID).LastTalk; !got.Equal(time.Date(y, m, d, 0, 0, 0, 0, w.rules.Zone)) {
			t.Errorf("at %v: last talk on %v", w.now, got)
		}
	}
}

// TestSpeakIsCheap: a message that is not the day's first, and answers nobody,
// reads the conversation and the mentor's hours (the store has both in memory)
// and writes one counter, nothing else.
func TestSpeakIsCheap(t *testing.T) {
	w := newWorld(t)
	_, _, c := w.pair(mentoring.Open)
	w.says(c.Participants[1].ID)
	w.must(func(a *mentoring.Act) error {
		narrow := &onlySpeak{tx: a.Tx}
		a.Tx = narrow
		_, to, err := a.Speak(c.Participants[1].ID, mentoring.Says)
		if len(to) != 1 || narrow.reads != 1 || narrow.counts != 1 {
			t.Errorf("to %v with %d reads and %d counts", to, narrow.reads, narrow.counts)
		}
		return err
	})
}

// onlySpeak is a storage that has nothing but what a message may use; anything
// else is a nil pointer.
type onlySpeak struct {
	mentoring.Tx
	tx            mentoring.Tx
	reads, counts int
}

func (o *onlySpeak) Availability(id mentoring.MembershipID) (mentoring.Availability, error) {
	return o.tx.Availability(id)
}

func (o *onlySpeak) ConversationOf(p mentoring.ParticipantID) (*mentoring.Conversation, error) {
	o.reads++
	return o.tx.ConversationOf(p)
}

func (o *onlySpeak) AddSent(id mentoring.MembershipID) error { return o.tx.AddSent(id) }

func (o *onlySpeak) Count(c mentoring.Counter, n int64) error {
	o.counts++
	return o.tx.Count(c, n)
}

// TestPresenceTable: every presence × what the bridge reports, on the mentor's
// side of a conversation that goes on. A step that is not in the table changes
// nothing and tells nobody.
func TestPresenceTable(t *testing.T) {
	type report struct {
		name string
		by   mentoring.Step
		do   func(a *mentoring.Act, p mentoring.ParticipantID) error
	}
	reports := []report{
		{"arrived", mentoring.StepArrive, func(a *mentoring.Act, p mentoring.ParticipantID) error { return a.Arrived(p) }},
		{"departed", mentoring.StepDepart, func(a *mentoring.Act, p mentoring.ParticipantID) error { return a.Departed(p, false) }},
		{"refused", mentoring.StepRefuse, func(a *mentoring.Act, p mentoring.ParticipantID) error { return a.Departed(p, true) }},
		{"lost", mentoring.StepLose, func(a *mentoring.Act, p mentoring.ParticipantID) error { return a.LegLost(p) }},
	}
	lines := map[string]string{ // presence/report → what the other is told
		"here/departed": "chat.left", "asked/departed": "chat.left", "here/lost": "chat.left", "asked/lost": "chat.left",
		"asked/refused": "chat.not_now", "left/arrived": "chat.came_back",
	}
	own := map[string]string{"departed": "chat.way_back", "refused": "chat.way_back", "lost": "chat.room_lost"}
	presences := []mentoring.Presence{mentoring.NotAsked, mentoring.Asked, mentoring.Here, mentoring.Away, mentoring.Removed}
	for _, from := range presences {
		for _, r := range reports {
			for _, live := range []bool{true, false} {
				t.Run(fmt.Sprint(from, "/", r.name, "/", live), func(t *testing.T) {
					w := newWorld(t)
					state := mentoring.Open
					if !live {
						state = mentoring.Closed
					}
					_, mentor, c := w.pair(state)
					them := c.Participants[1].ID
					c.Participants[1].Presence = from
					w.put(func(tx mentoring.Tx) error { return tx.PutConversation(c) })
					effects := w.must(func(a *mentoring.Act) error { return r.do(a, them) })

					next, moves := mentoring.PresenceMachine().Next(from, r.by)
					if got := w.conversation(c.ID).Participants[1].Presence; got != next {
						t.Errorf("%s became %s, want %s", from, got, next)
					}
					var want []mentoring.Effect
					if moves && live && own[r.name] != "" {
						want = append(want, mentoring.Notify{Member: mentor.ID, Text: mentoring.T(own[r.name], "alias", []string{"Kuu"})})
					}
					if line := lines[string(from)+"/"+r.name]; live && line != "" {
						want = append(want, mentoring.Tell{Participant: c.Participants[0].ID, Text: mentoring.T(line, "alias", "Kanerva")})
					}
					w.same(effects, want...)
				})
			}
		}
	}
	w := newWorld(t)
	for _, r := range reports {
		w.refused("chat.unknown", func(a *mentoring.Act) error { return r.do(a, 1<<40) })
	}
}

// TestLeavingBeforeTheFirstMessage: the mentor, who knows nothing yet, is told
// nothing; the mentee can come back.
func TestLeavingBeforeTheFirstMessage(t *testing.T) {
	w := newWorld(t)
	mentee, _, c := w.pair(mentoring.Placed)
	effects := w.must(func(a *mentoring.Act) error { return a.Departed(c.Participants[0].ID, false) })
	w.same(effects, mentoring.Notify{Member: mentee.ID, Text: mentoring.T("chat.way_back", "alias", []string{"Kanerva"})})
	w.same(w.must(func(a *mentoring.Act) error { return a.Return(mentee, c.ID) }), mentoring.OpenLeg{Participant: c.Participants[0].ID})
	w.same(w.must(func(a *mentoring.Act) error { return a.Arrived(c.Participants[0].ID) }))
}

// TestLeavingAndComingBack: the whole round, and what is written meanwhile is
// still for the one who left.
func TestLeavingAndComingBack(t *testing.T) {
	w := newWorld(t)
	mentee, _, c := w.pair(mentoring.Open)
	me, them := c.Participants[0].ID, c.Participants[1].ID
	w.must(func(a *mentoring.Act) error { return a.Departed(me, false) })
	w.must(func(a *mentoring.Act) error {
		_, to, err := a.Speak(them, mentoring.Says)
		if !slices.Equal(to, []mentoring.ParticipantID{me}) {
			t.Errorf("goes to %v", to)
		}
		return err
	})
	w.must(func(a *mentoring.Act) error {
		list, err := a.Chats(mentee)
		if len(list) != 1 || list[0].ID != c.ID {
			t.Errorf("the way back shows %v", list)
		}
		return err
	})
	w.same(w.must(func(a *mentoring.Act) error { return a.Return(mentee, c.ID) }), mentoring.OpenLeg{Participant: me})
	// A second refusal of the way back is not news to anybody.
	w.same(w.must(func(a *mentoring.Act) error { return a.Departed(me, true) }))
	effects := w.must(func(a *mentoring.Act) error { return a.Arrived(me) })
	w.same(effects, mentoring.Tell{Participant: them, Text: mentoring.T("chat.came_back", "alias", "Kuu")})
	w.same(w.must(func(a *mentoring.Act) error { return a.Arrived(me) }))
}

// TestStateActionTable: every state of a conversation × end, block, return.
func TestStateActionTable(t *testing.T) {
	type row struct{ end, block, back string }
	over, unknown := "chat.is_over", "chat.unknown"
	table := map[mentoring.ConversationState]row{
		mentoring.Placed:  {},
		mentoring.Open:    {},
		mentoring.Closed:  {end: over, back: over},
		mentoring.Expired: {end: over, back: over},
		mentoring.Fading:  {end: over, back: over},
		mentoring.Emptied: {unknown, unknown, unknown},
	}
	for state, row := range table {
		for name, c := range map[string]struct {
			refusal string
			by      mentoring.Step
			do      func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error
		}{
			"end":    {row.end, mentoring.StepEnd, func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error { return a.End(m, id) }},
			"block":  {row.block, mentoring.StepBlock, func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error { return a.Block(m, id) }},
			"return": {row.back, "", func(a *mentoring.Act, m mentoring.Member, id mentoring.ConversationID) error { return a.Return(m, id) }},
		} {
			t.Run(string(state)+"/"+name, func(t *testing.T) {
				w := newWorld(t)
				mentee, mentor, conv := w.pair(state)
				stranger := w.mentee("Vieras")
				act := func(m mentoring.Member) func(a *mentoring.Act) error {
					return func(a *mentoring.Act) error { return c.do(a, m, conv.ID) }
				}
				w.refused("chat.unknown", act(stranger))
				if c.refusal != "" {
					w.refused(c.refusal, act(mentee))
				} else {
					w.must(act(mentee))
				}
				want := state
				if next, ok := mentoring.ConversationMachine().Next(state, c.by); ok && c.refusal == "" {
					want = next
				}
				if got := w.conversation(conv.ID).State; got != want {
					t.Errorf("%s became %s, want %s", state, got, want)
				}
				w.must(func(a *mentoring.Act) error {
					apart, err := a.Tx.Blocked(mentor.ID, mentee.ID)
					if want := name == "block" && c.refusal == ""; apart != want {
						t.Errorf("blocked: %v", apart)
					}
					return err
				})
			})
		}
	}
}

// TestEndAndBlockLookTheSame to the other one, whoever does it.
func TestEndAndBlockLookTheSame(t *testing.T) {
	for _, byMentor := range []bool{false, true} {
		var told [2][]mentoring.Effect
		for i := range told {
			w := newWorld(t)
			mentee, mentor, c := w.pair(mentoring.Open)
			who := mentee
			if byMentor {
				who = mentor
			}
			told[i] = w.must(func(a *mentoring.Act) error {
				if i == 0 {
					return a.End(who, c.ID)
				}
				return a.Block(who, c.ID)
			})
			after := w.conversation(c.ID)
			if !after.Ended.Equal(w.now) || !after.Due.Equal(w.now.Add(87*24*time.Hour)) {
				t.Errorf("ended %v, due %v", after.Ended, after.Due)
			}
			other, alias := after.Participants[1], []string{"Kuu"}
			if byMentor {
				other, alias = after.Participants[0], []string{"Kanerva"}
			}
			w.same(told[i], mentoring.Tell{Participant: other.ID, Text: mentoring.T("chat.ended", "alias", alias)})
		}
		if fmt.Sprint(told[0]) != fmt.Sprint(told[1]) {
			t.Errorf("end tells %v, block %v", told[0], told[1])
		}
	}
}

// TestThree: the engine has no two in it. A joint conversation with a mentor and
// staff: the first message opens two legs, each message goes to two, a block
// does not touch staff.
func TestThree(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, id := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	c := &mentoring.Conversation{
		Kind: mentoring.KindJoint, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
		State: mentoring.Placed, Created: w.now,
		Participants: []mentoring.Participant{
			{Number: 1, Member: mentee.ID, Membership: w.memberships(mentee)[0].ID, Role: mentoring.Mentee, Alias: "Kuu", Presence: mentoring.Here},
			{Number: 2, Member: mentor.ID, Membership: id, Role: mentoring.Mentor, Alias: "Kanerva", Presence: mentoring.NotAsked},
			{Number: 3, Member: staff.ID, Membership: w.memberships(staff)[0].ID, Role: mentoring.Coordinator, Alias: "Silta", Presence: mentoring.NotAsked},
		},
	}
	w.put(func(tx mentoring.Tx) error { return tx.PutConversation(c) })
	var ids []mentoring.ParticipantID
	for _, p := range c.Participants {
		ids = append(ids, p.ID)
	}
	w.same(w.says(ids[0]),
		mentoring.OpenLeg{Participant: ids[1]}, mentoring.Tell{Participant: ids[1], Text: mentoring.T("chat.hello", "alias", []string{"Kuu", "Silta"})},
		mentoring.OpenLeg{Participant: ids[2]}, mentoring.Tell{Participant: ids[2], Text: mentoring.T("chat.hello", "alias", []string{"Kuu", "Kanerva"})})
	for i, from := range ids {
		w.must(func(a *mentoring.Act) error {
			_, to, err := a.Speak(from, mentoring.Says)
			if want := slices.Delete(slices.Clone(ids), i, i+1); !slices.Equal(to, want) {
				t.Errorf("from %d to %v, want %v", from, to, want)
			}
			return err
		})
	}
	left := w.must(func(a *mentoring.Act) error { return a.Departed(ids[1], false) })
	if tells := of[mentoring.Tell](left); len(tells) != 2 || tells[0].Participant != ids[0] || tells[1].Participant != ids[2] {
		t.Errorf("told %v", tells)
	}
	ended := w.must(func(a *mentoring.Act) error { return a.Block(mentee, c.ID) })
	if tells := of[mentoring.Tell](ended); len(tells) != 2 {
		t.Errorf("told %v", tells)
	}
	w.must(func(a *mentoring.Act) error {
		for other, want := range map[mentoring.MemberID]bool{mentor.ID: true, staff.ID: false} {
			if apart, err := a.Tx.Blocked(mentee.ID, other); err != nil || apart != want {
				t.Errorf("blocked %d: %v, %v", other, apart, err)
			}
		}
		return nil
	})
}

// BenchmarkSpeak is the domain's share of a message, storage left out.
func BenchmarkSpeak(b *testing.B) {
	w := newWorld(b)
	_, _, c := w.pair(mentoring.Open)
	from := c.Participants[0].ID
	c = c.Clone()
	c.Participants[0].Wrote = w.now
	a := &mentoring.Act{Tx: still{c: c}, Now: w.now, Rules: &w.rules}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := a.Speak(from, mentoring.Says); err != nil {
			b.Fatal(err)
		}
	}
}

type still struct {
	mentoring.Tx
	c *mentoring.Conversation
}

func (s still) ConversationOf(mentoring.ParticipantID) (*mentoring.Conversation, error) {
	return s.c, nil
}
func (s still) Count(mentoring.Counter, int64) error { return nil }
func (s still) Availability(mentoring.MembershipID) (mentoring.Availability, error) {
	return mentoring.Availability{}, mentoring.ErrNotFound
}

// TestChats: one's own conversations, those in which one can write: they go on, one
// was asked in, and is not gone for good.
func TestChats(t *testing.T) {
	w := newWorld(t)
	group := w.group(mentoring.KindGroup, 3)
	me := w.member(group.Participants[1].Member)
	stranger := w.mentee("Vieras")
	check := func(state mentoring.ConversationState, presence mentoring.Presence, want bool) {
		t.Helper()
		c := w.conversation(group.ID)
		c.State, c.Participants[1].Presence = state, presence
		w.put(func(tx mentoring.Tx) error { return tx.PutConversation(c) })
		w.look(func(a *mentoring.Act) error {
			mine, err := a.Chats(me)
			if got := len(mine) == 1 && mine[0].ID == c.ID; err != nil || got != want {
				t.Errorf("%s, %s: listed %v (%v)", state, presence, got, err)
			}
			theirs, err := a.Chats(stranger)
			if len(theirs) > 0 {
				t.Errorf("a stranger sees %+v", theirs)
			}
			return err
		})
	}
	for _, state := range []mentoring.ConversationState{
		mentoring.Placed, mentoring.Open, mentoring.Closed, mentoring.Expired, mentoring.Fading, mentoring.Emptied,
	} {
		live := state == mentoring.Placed || state == mentoring.Open
		check(state, mentoring.Here, live)
	}
	for _, presence := range []mentoring.Presence{mentoring.NotAsked, mentoring.Asked, mentoring.Here, mentoring.Away, mentoring.Removed} {
		check(mentoring.Open, presence, presence != mentoring.NotAsked && presence != mentoring.Removed)
	}
}
