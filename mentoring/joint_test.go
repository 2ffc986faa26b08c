package mentoring_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// asksJoint is staff asking whether to talk together, and the question as it stands.
func (w *world) asksJoint(staff mentoring.Member, c mentoring.Case, guest mentoring.MembershipID) mentoring.Joint {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, guest, 0) })
	return w.joint(c)
}

// joint is what was asked last about a case.
func (w *world) joint(c mentoring.Case) (j mentoring.Joint) {
	w.t.Helper()
	w.look(func(a *mentoring.Act) error {
		list, err := a.Tx.JointsOf(c.ID)
		if len(list) > 0 {
			j = list[len(list)-1]
		}
		return err
	})
	return j
}

func (w *world) agrees(m mentoring.Member, menu int64) []mentoring.Effect {
	w.t.Helper()
	return w.must(func(a *mentoring.Act) error { return a.AnswerJoint(m, menu, true) })
}

// professional is an outside professional of a programme.
func (w *world) professional(alias string, p mentoring.Programme) (mentoring.Member, mentoring.MembershipID) {
	w.t.Helper()
	m := w.mentee("Ammatti-" + fmt.Sprint(w.people))
	m.Alias = alias
	s := mentoring.Membership{Member: m.ID, Programme: p, Unit: mentoring.DefaultUnit, Role: mentoring.Professional, State: mentoring.Active}
	w.put(func(tx mentoring.Tx) error {
		if err := tx.PutMember(&m); err != nil {
			return err
		}
		return tx.PutMembership(&s)
	})
	return m, s.ID
}

// card is what somebody is shown of a question.
type card struct {
	First, Waits, Guest bool
	With, Peer          string
}

func (w *world) card(m mentoring.Member, j mentoring.Joint) (c card) {
	w.t.Helper()
	for _, consent := range j.Consents {
		if consent.Member != m.ID {
			continue
		}
		w.look(func(a *mentoring.Act) error {
			shown, err := a.ReadJoint(m.ID, consent.Menu)
			if shown.Joint.ID != j.ID || shown.Case.ID != j.Case {
				w.t.Errorf("the card of %d in case %d", shown.Joint.ID, shown.Case.ID)
			}
			c = card{shown.First, shown.Waits, shown.Guest, shown.With, shown.Peer}
			return err
		})
	}
	return c
}

// TestJointCards: everybody is shown their own question and nobody else's; a name
// is on it only while an answer is waited for.
func TestJointCards(t *testing.T) {
	w, staff, mentor, mentee, _, c := jointWorld(t)
	check := func(who string, m mentoring.Member, want card) {
		t.Helper()
		if got := w.card(m, w.joint(c)); got != want {
			t.Errorf("%s is shown %+v, want %+v", who, got, want)
		}
	}
	entries := len(w.auditOf())
	j := w.asksJoint(staff, c, 0)
	if got := w.auditOf()[entries:]; len(got) != 1 || got[0].Action != mentoring.AuditAskJoint || got[0].Actor != staff.ID || got[0].Subject != "case 1" || !j.Created.Equal(w.now) {
		t.Errorf("audit %+v of %+v", got, j)
	}
	check("the mentee", mentee, card{First: true, Waits: true, With: "Kanerva"})
	check("the mentor, who is not asked yet,", mentor, card{})
	if err := w.undone(func(a *mentoring.Act) error { _, err := a.ReadJoint(mentor.ID, j.Consents[0].Menu); return err }); err == nil {
		t.Error("the mentor reads what the mentee is asked")
	}
	own := j.Consents[0].Menu
	w.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(mentor, own, true) })
	w.agrees(mentee, own)
	check("the mentee, who has said yes,", mentee, card{First: true})
	check("the mentor", mentor, card{Waits: true, With: "Kanerva", Peer: "Kuu"})
	for _, yes := range []bool{true, false} { // they have answered
		w.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(mentee, own, yes) })
	}
	w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentor, w.joint(c).Consents[1].Menu, false) })
	check("the mentor, who has said no,", mentor, card{})
	if got := w.joint(c); got.Consents[0].Answer != mentoring.Agrees || got.Consents[1].Answer != mentoring.Declines {
		t.Errorf("kept %+v", got.Consents)
	}

	guest, number := w.professional("Lakimies", c.Programme)
	w.asksJoint(staff, c, number)
	check("the mentee", mentee, card{First: true, Waits: true, Guest: true, With: "Lakimies"})
	w.agrees(mentee, 0)
	check("the guest", guest, card{Waits: true, Guest: true, With: "Lakimies"})
	check("the mentor", mentor, card{})
}

// TestJointBegins: the three are who they are in the conversations that they have
// already, each is asked in and told with whom; the staff room learns of it, in the
// case's thread.
func TestJointBegins(t *testing.T) {
	w, staff, mentor, mentee, peer, c := jointWorld(t)
	w.put(func(tx mentoring.Tx) error { // they have taken another name since, under which staff know them
		talk, err := tx.Conversation(c.Talk)
		if err != nil {
			return err
		}
		talk = talk.Clone()
		talk.ByMember(mentee.ID).Alias, talk.Trial = "Toinen", true
		return tx.PutConversation(talk)
	})
	member := func(m mentoring.Member, role mentoring.Role) (id mentoring.MembershipID) {
		for _, s := range w.memberships(m) {
			if s.Role == role {
				id = s.ID
			}
		}
		return id
	}
	begins := func(other mentoring.Member, guest mentoring.MembershipID, want ...mentoring.Participant) {
		t.Helper()
		w.asksJoint(staff, c, guest)
		effects := w.agrees(mentee, 0)
		j := w.joint(c)
		w.same(effects, mentoring.ShowJoint{Joint: j.ID, Menu: j.Consents[0].Menu}, mentoring.ShowJoint{Joint: j.ID, Menu: j.Consents[1].Menu})
		effects = w.agrees(other, 0)
		all := w.conversation(w.caseOf(c.ID).Joint)
		told := []mentoring.Effect{
			mentoring.ShowJoint{Joint: j.ID, Menu: j.Consents[1].Menu},
			mentoring.TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: mentoring.T("joint.begun_staff", "number", int64(c.ID))},
		}
		for i, p := range all.Participants {
			var names []string
			for k, q := range want {
				if k != i {
					names = append(names, q.Alias)
				}
			}
			hello := mentoring.T("joint.hello", "alias", names)
			if guest != 0 {
				hello = mentoring.T("joint.hello_until", "alias", names, "until", w.now.Add(2*time.Hour))
			}
			told = append(told, mentoring.OpenLeg{Participant: p.ID}, mentoring.Tell{Participant: p.ID, Text: hello})
			want[i].ID, want[i].Number, want[i].Presence = p.ID, i+1, mentoring.Asked
		}
		w.same(effects, told...)
		if !reflect.DeepEqual(all.Participants, want) {
			t.Errorf("who is in it:\n got  %+v\n want %+v", all.Participants, want)
		}
		if all.Kind != mentoring.KindJoint || all.Programme != c.Programme || all.Unit != c.Unit || all.Case != c.ID || !all.Trial ||
			!all.Created.Equal(w.now) || all.State != mentoring.Open || all.Due.IsZero() != (guest == 0) {
			t.Errorf("joint conversation %+v", all)
		}
		w.must(func(a *mentoring.Act) error { return a.End(mentee, all.ID) }) // so that they can be asked again
	}
	third := mentoring.Participant{Member: staff.ID, Membership: member(staff, mentoring.Admin), Role: mentoring.Admin, Alias: "Silta"}
	if talk := w.conversation(c.Talk).ByMember(staff.ID); talk.Role != third.Role || talk.Membership != third.Membership {
		t.Fatalf("staff are %+v", talk)
	}
	with := *peer.ByMember(mentor.ID)
	first := mentoring.Participant{Member: mentee.ID, Membership: member(mentee, mentoring.Mentee), Role: mentoring.Mentee, Alias: "Kuu"}
	begins(mentor, 0, first, mentoring.Participant{Member: mentor.ID, Membership: with.Membership, Role: mentoring.Mentor, Alias: "Kanerva"}, third)
	guest, number := w.professional("Lakimies", c.Programme)
	first.Alias = "Toinen" // a guest does not learn what the mentor calls them
	begins(guest, number, first, mentoring.Participant{Member: guest.ID, Membership: number, Role: mentoring.Professional, Alias: "Lakimies"}, third)
}

// TestJointWithWhom: with somebody who has gone from the conversation, or has no
// name there, nobody is brought together, nor with a professional of another
// programme or without a name; whether one asks or answers.
func TestJointWithWhom(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(c *mentoring.Conversation, mentor mentoring.MemberID)
	}{
		{"gone", func(c *mentoring.Conversation, m mentoring.MemberID) { c.ByMember(m).Presence = mentoring.Removed }},
		{"forgotten", func(c *mentoring.Conversation, m mentoring.MemberID) { c.ByMember(m).Alias = "" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, staff, mentor, mentee, peer, c := jointWorld(t)
			spoil := func(how func(*mentoring.Conversation, mentoring.MemberID)) {
				w.put(func(tx mentoring.Tx) error {
					conv, err := tx.Conversation(peer.ID)
					if err != nil {
						return err
					}
					conv = conv.Clone()
					how(conv, mentor.ID)
					return tx.PutConversation(conv)
				})
			}
			j := w.asksJoint(staff, c, 0)
			w.agrees(mentee, 0)
			spoil(test.spoil)
			w.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(mentor, 0, true) })
			if got := w.card(mentor, w.joint(c)); got.With != "" || got.Peer != "" {
				t.Errorf("the card names %+v", got)
			}
			w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentor, 0, false) })
			w.refused("joint.nobody", func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, 0, 0) })
			if w.joint(c).ID != j.ID || w.caseOf(c.ID).Joint != 0 {
				t.Error("something was asked, or begun")
			}
		})
	}
	w, staff, _, _, _, c := jointWorld(t)
	for who, guest := range map[string][2]string{"without a name": {"", string(c.Programme)}, "of another programme": {"Lakimies", "other"}} {
		_, id := w.professional(guest[0], mentoring.Programme(guest[1]))
		if refusal := w.refused("joint.nobody", func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, id, 0) }); refusal == nil {
			t.Error(who)
		}
	}
}

// TestJointIsOver: what was asked is taken back with the case, on everybody's card,
// and is not to be answered when somebody has the case again; whatever its end, time
// does not end it once more, and staff hear once, in the thread, that nothing came of
// it.
func TestJointIsOver(t *testing.T) {
	for _, test := range []struct {
		name  string
		end   func(w *world, staff, mentee, mentor mentoring.Member, c mentoring.Case) []mentoring.Effect
		state mentoring.JointState
		told  bool
	}{
		{"given back", func(w *world, staff, _, _ mentoring.Member, c mentoring.Case) []mentoring.Effect {
			return w.must(func(a *mentoring.Act) error { _, err := a.ReleaseCase(staff, c.ID); return err })
		}, mentoring.JointWithdrawn, false},
		{"declined", func(w *world, _, _, mentor mentoring.Member, _ mentoring.Case) []mentoring.Effect {
			return w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentor, 0, false) })
		}, mentoring.JointDeclined, true},
		{"lapsed", func(w *world, _, _, _ mentoring.Member, _ mentoring.Case) []mentoring.Effect {
			w.later(72*time.Hour - time.Millisecond)
			if effects := w.tick(); len(of[mentoring.ShowJoint](effects)) > 0 {
				w.t.Errorf("too early: %+v", effects)
			}
			w.later(time.Millisecond)
			return w.tick()
		}, mentoring.JointLapsed, true},
		{"agreed", func(w *world, _, _, mentor mentoring.Member, _ mentoring.Case) []mentoring.Effect {
			return w.agrees(mentor, 0)
		}, mentoring.JointAgreed, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, staff, mentor, mentee, _, c := jointWorld(t)
			w.asksJoint(staff, c, 0)
			w.agrees(mentee, 0)
			effects := test.end(w, staff, mentee, mentor, c)
			j := w.joint(c)
			if j.State != test.state || !j.Due.IsZero() {
				t.Errorf("it is %+v", j)
			}
			if got := w.card(mentor, j); got != (card{}) {
				t.Errorf("the mentor is still asked %+v", got)
			}
			if test.state != mentoring.JointAgreed {
				want := []mentoring.ShowJoint{{Joint: j.ID, Menu: j.Consents[0].Menu}, {Joint: j.ID, Menu: j.Consents[1].Menu}}
				if got := of[mentoring.ShowJoint](effects); !slices.Equal(got, want) {
					t.Errorf("cards made anew: %+v", got)
				}
			}
			told := slices.ContainsFunc(effects, func(e mentoring.Effect) bool {
				line, ok := e.(mentoring.TellStaff)
				return ok && line.Text.Key == "joint.declined_staff" && line.Case == c.ID && line.Programme == c.Programme && line.Unit == c.Unit
			})
			if told != test.told {
				t.Errorf("staff are told: %v", effects)
			}
			if test.name == "given back" {
				w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, c.ID); return err })
				w.refused("joint.over_already", func(a *mentoring.Act) error { return a.AnswerJoint(mentor, j.Consents[1].Menu, true) })
			}
			w.later(73 * time.Hour)
			if effects := w.tick(); len(of[mentoring.ShowJoint](effects)) > 0 || w.joint(c).State != test.state {
				t.Errorf("ended twice: %+v", effects)
			}
		})
	}
}

// TestJointOfMany: of a conversation of more than two nobody is asked in: staff could
// not say whom.
func TestJointOfMany(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	group := w.group(mentoring.KindGroup, 3)
	w.says(group.Participants[0].ID)
	c, _ := w.call(w.member(group.Participants[0].Member), mentoring.CaseHelp, group.ID)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, c.ID); return err })
	w.refused("joint.nobody", func(a *mentoring.Act) error { return a.AskJoint(staff, c.ID, 0, 0) })
}

// TestJointAnswersWhatWasAsked: whoever is asked twice, about two cases, answers the
// question that they tapped; without one, the last.
func TestJointAnswersWhatWasAsked(t *testing.T) {
	w, staff, _, mentee, peer, first := jointWorld(t)
	second := w.reports(mentee, peer.ID, true)
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, second.ID); return err })
	one, two := w.asksJoint(staff, first, 0), w.asksJoint(staff, second, 0)
	w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentee, one.Consents[0].Menu, false) })
	if a, b := w.joint(first).State, w.joint(second).State; a != mentoring.JointDeclined || b != mentoring.JointAsked {
		t.Errorf("the first is %s, the second %s", a, b)
	}
	w.asksJoint(staff, first, 0)
	w.must(func(a *mentoring.Act) error { return a.AnswerJoint(mentee, 0, false) })
	if a, b := w.joint(first).State, w.joint(second).State; a != mentoring.JointDeclined || b != mentoring.JointAsked || two.State != b {
		t.Errorf("of the last question: the first is %s, the second %s", a, b)
	}
}

// TestGuestTimeIsOver: staff hear of the end in the case's thread.
func TestGuestTimeIsOver(t *testing.T) {
	w, staff, _, mentee, _, c := jointWorld(t)
	w.rules.Programmes[mentoring.DefaultProgramme].Cases.Guest = 30 * time.Minute
	guest, number := w.professional("Lakimies", c.Programme)
	w.asksJoint(staff, c, number)
	w.agrees(mentee, 0)
	w.agrees(guest, 0)
	w.later(30*time.Minute - time.Millisecond)
	if effects := w.tick(); len(of[mentoring.TellStaff](effects)) > 0 {
		t.Errorf("too early: %+v", effects)
	}
	w.later(time.Millisecond)
	effects := w.tick()
	if !slices.ContainsFunc(effects, func(e mentoring.Effect) bool {
		return reflect.DeepEqual(e, mentoring.TellStaff{
			Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: mentoring.T("joint.over_staff", "number", int64(c.ID)),
		})
	}) {
		t.Errorf("told %+v", effects)
	}
	for _, p := range w.conversation(w.caseOf(c.ID).Joint).Participants {
		if !slices.ContainsFunc(of[mentoring.Tell](effects), func(e mentoring.Tell) bool {
			return e.Participant == p.ID && e.Text.Key == "joint.time_up"
		}) {
			t.Errorf("participant %d does not hear that it is over", p.Number)
		}
	}
}
