package mentoring_test

import (
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// rights is the policy written down a second time: for each action and role,
// the states of the membership in which it is allowed (i t a p s e = invited,
// training, active, paused, suspended, ended; * = all, – = none).
const rights = `
action        mentee mentor professional coordinator admin evaluator
browse        a      itap   a            a           a     –
choose        a      ap     –            –           –     –
talk          *      *      *            *           *     *
call_staff    *      *      *            *           *     *
card          –      itap   –            –           –     –
answer        –      a      –            –           –     –
guide         –      itap   –            –           –     –
away          –      ap     –            –           –     –
load          –      ap     –            a           a     –
attend_supervision – a  –            a           a     –
set_up_supervision – –  –            a           a     –
invite        –      –      –            a           a     –
refer         –      –      a            a           a     –
judge_card    –      –      –            a           a     –
see_mentors   –      –      –            a           a     –
move_mentor   –      –      –            a           a     –
open_joining  –      –      –            a           a     –
stats         –      –      –            a           a     –
figures       –      –      –            a           a     a
see_topics    –      itap   –            a           a     –
say           –      ap     a            a           a     –
canned        –      –      –            a           a     –
topics        –      –      –            a           a     –
questions     a      itap   a            –           –     –
question      –      –      –            a           a     –
texts         –      –      –            a           a     –
services      –      –      –            a           a     –
announce      –      –      –            a           a     –
users         –      –      –            a           a     –
roles         –      –      –            –           a     –
undo          –      –      –            a           a     –
codesign      a      itap   a            a           a     –
case          –      –      –            a           a     –
audit         –      –      –            a           a     –
measure       –      –      –            a           a     –
duty          –      –      –            a           a     –
totp          –      –      –            a           a     –
break_glass   –      –      –            a           a     –
reveal        –      –      –            a           a     –
`

func states() map[string]mentoring.MembershipState {
	return map[string]mentoring.MembershipState{
		"i": mentoring.Invited, "t": mentoring.Training, "a": mentoring.Active,
		"p": mentoring.Paused, "s": mentoring.Suspended, "e": mentoring.Ended,
	}
}

// TestPolicy looks at every cell in every state of the membership.
func TestPolicy(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(rights), "\n")
	roles := strings.Fields(lines[0])[1:]
	for i, role := range mentoring.Roles() {
		if roles[i] != string(role) {
			t.Fatalf("column %d is %s, want %s", i, role, roles[i])
		}
	}
	rows := map[mentoring.Action][]string{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		rows[mentoring.Action(strings.ReplaceAll(cells[0], "_", " "))] = cells[1:]
	}
	if len(rows) != len(mentoring.Policy()) {
		t.Errorf("%d rows, want %d", len(mentoring.Policy()), len(rows))
	}
	for action, cells := range rows {
		if got, want := mentoring.May(nil, action), cells[0] == "*"; got != want {
			t.Errorf("%s without a membership: %v", action, got)
		}
		for i, role := range mentoring.Roles() {
			for letter, state := range states() {
				want := cells[i] == "*" || strings.Contains(cells[i], letter)
				m := []mentoring.Membership{{Role: role, State: state}}
				if got := mentoring.May(m, action); got != want {
					t.Errorf("%s, %s %s: %v, want %v", action, state, role, got, want)
				}
			}
		}
	}
	if mentoring.May([]mentoring.Membership{{Role: mentoring.Admin, State: mentoring.Active}}, "no such thing") {
		t.Error("an action that is not in the table is allowed")
	}
}

// TestMayLooksAtEveryMembership: any one of them is enough, in any order.
func TestMayLooksAtEveryMembership(t *testing.T) {
	mentee := mentoring.Membership{Role: mentoring.Mentee, State: mentoring.Active}
	former := mentoring.Membership{Role: mentoring.Coordinator, State: mentoring.Ended}
	staff := mentoring.Membership{Role: mentoring.Coordinator, State: mentoring.Active}
	if mentoring.May([]mentoring.Membership{mentee, former}, mentoring.DoCase) {
		t.Error("former staff may work on cases")
	}
	if !mentoring.May([]mentoring.Membership{mentee, former, staff}, mentoring.DoCase) ||
		!mentoring.May([]mentoring.Membership{staff, mentee}, mentoring.DoChoose) {
		t.Error("the second membership was not looked at")
	}
}

// use is a use case that needs a role.
type use struct {
	action mentoring.Action
	name   string
	do     func(a *mentoring.Act, m mentoring.Member) error
}

// runningUses are those of running the service.
func runningUses(caller mentoring.Member) []use {
	return []use{
		{mentoring.DoTexts, "SetText", func(a *mentoring.Act, m mentoring.Member) error { return a.SetText(m, "welcome", "fi", "Hei") }},
		{mentoring.DoTexts, "TextHistory", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.TextHistory(m, "welcome", "fi")
			return err
		}},
		{mentoring.DoServices, "AddService", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.AddService(m, "fi", "Apua"); return err }},
		{mentoring.DoServices, "RemoveService", func(a *mentoring.Act, m mentoring.Member) error { return a.RemoveService(m, 1) }},
		{mentoring.DoAnnounce, "AnnounceTo", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.AnnounceTo(m, mentoring.ToMentees)
			return err
		}},
		{mentoring.DoAnnounce, "Announce", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.Announce(m, mentoring.ToMentees, map[mentoring.Language]string{"fi": "Hei"}, time.Time{})
			return err
		}},
		{mentoring.DoAnnounce, "CancelAnnouncement", func(a *mentoring.Act, m mentoring.Member) error { return a.CancelAnnouncement(m, 1) }},
		{mentoring.DoUsers, "People", func(a *mentoring.Act, m mentoring.Member) error {
			_, _, err := a.People(m, mentoring.PeopleFilter{})
			return err
		}},
		{mentoring.DoUsers, "Person", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Person(m, caller.ID); return err }},
		{mentoring.DoRoles, "Appoint", func(a *mentoring.Act, m mentoring.Member) error {
			return a.Appoint(m, caller.ID, mentoring.Evaluator)
		}},
		{mentoring.DoRoles, "AppointByAddress", func(a *mentoring.Act, m mentoring.Member) error {
			return a.AppointByAddress(m, "@new:y", mentoring.Evaluator)
		}},
		{mentoring.DoRoles, "Dismiss", func(a *mentoring.Act, m mentoring.Member) error {
			return a.Dismiss(m, caller.ID, mentoring.Evaluator)
		}},
	}
}

// TestUseCasesAskThePolicy tries each use case that needs a role as a member of
// every role in every state; what the table says must be what happens.
func TestUseCasesAskThePolicy(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, listed := w.mentor(staff, "Kanerva")
	caller := w.mentee("Kuu")
	var help mentoring.Case
	w.must(func(a *mentoring.Act) (err error) { help, err = a.CallStaff(caller, mentoring.CaseHelp, 0); return err })
	card := wholeCard()
	uses := append(append(runningUses(caller), moreUses(help.ID)...), []use{
		{mentoring.DoBrowse, "Mentors", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Mentors(m, true); return err }},
		{mentoring.DoChoose, "Choose", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Choose(m, listed); return err }},
		{mentoring.DoTalk, "Chats", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Chats(m); return err }},
		{mentoring.DoCallStaff, "CallStaff", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.CallStaff(m, mentoring.CaseUrgent, 0)
			return err
		}},
		{mentoring.DoCard, "MyCard", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.MyCard(m); return err }},
		{mentoring.DoCard, "SaveCard", func(a *mentoring.Act, m mentoring.Member) error { c := card; return a.SaveCard(m, &c) }},
		{mentoring.DoCard, "SubmitCard", func(a *mentoring.Act, m mentoring.Member) error { return a.SubmitCard(m) }},
		{mentoring.DoAway, "GoAway", func(a *mentoring.Act, m mentoring.Member) error { return a.GoAway(m, time.Time{}, "") }},
		{mentoring.DoAway, "SetStatus", func(a *mentoring.Act, m mentoring.Member) error { return a.SetStatus(m, "") }},
		{mentoring.DoAway, "ComeBack", func(a *mentoring.Act, m mentoring.Member) error { return a.ComeBack(m) }},
		{mentoring.DoInvite, "NewMentorCode", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.NewMentorCode(m); return err }},
		{mentoring.DoInvite, "InviteMentor", func(a *mentoring.Act, m mentoring.Member) error { return a.InviteMentor(m, "@x:y") }},
		{mentoring.DoInvite, "NewTrialCode", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.NewTrialCode(m); return err }},
		{mentoring.DoRefer, "NewReferralCode", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.NewReferralCode(m, ""); return err }},
		{mentoring.DoRefer, "CodesGiven", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.CodesGiven(m); return err }},
		{mentoring.DoJudgeCard, "ApproveCard", func(a *mentoring.Act, m mentoring.Member) error { return a.ApproveCard(m, listed) }},
		{mentoring.DoJudgeCard, "ReturnCard", func(a *mentoring.Act, m mentoring.Member) error { return a.ReturnCard(m, listed, "why") }},
		{mentoring.DoSeeMentors, "MentorRecords", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.MentorRecords(m); return err }},
		{mentoring.DoMoveMentor, "PauseMentor", func(a *mentoring.Act, m mentoring.Member) error { return a.PauseMentor(m, listed) }},
		{mentoring.DoMoveMentor, "ResumeMentor", func(a *mentoring.Act, m mentoring.Member) error { return a.ResumeMentor(m, listed) }},
		{mentoring.DoMoveMentor, "EndMentor", func(a *mentoring.Act, m mentoring.Member) error { return a.EndMentor(m, listed) }},
		{mentoring.DoSupervise, "Supervise", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.Supervise(m, w.now.Add(time.Hour), time.Time{})
			return err
		}},
		{mentoring.DoSupervise, "SupervisionView", func(a *mentoring.Act, m mentoring.Member) error { _, _, err := a.SupervisionView(m); return err }},
		{mentoring.DoSupervise, "CancelSupervision", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.CancelSupervision(m); return err }},
		{mentoring.DoCase, "Claim", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Claim(m, help.ID); return err }},
		{mentoring.DoCase, "ReleaseCase", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.ReleaseCase(m, help.ID); return err }},
		{mentoring.DoCase, "CloseCase", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.CloseCase(m, help.ID, mentoring.OutcomeHelped)
			return err
		}},
	}...)
	everyActionIsTried(t, uses)
	for _, role := range mentoring.Roles() {
		for _, state := range states() {
			m := mentoring.Member{Address: w.address(), Alias: "Suo", Join: mentoring.JoinDone, Consent: 1, Created: w.now}
			s := mentoring.Membership{
				Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: role, State: state, Created: w.now,
			}
			w.put(func(tx mentoring.Tx) error {
				if err := tx.PutMember(&m); err != nil {
					return err
				}
				s.Member = m.ID
				return tx.PutMembership(&s)
			})
			for _, u := range uses {
				refusal := w.tried(func(a *mentoring.Act) error { return u.do(a, m) })
				barred := refusal != nil && (refusal.Text.Key == "not_allowed" || refusal.Text.Key == "mentor.not_one")
				if may := mentoring.May([]mentoring.Membership{s}, u.action); barred == may {
					t.Errorf("%s as %s %s: %v, policy says %v", u.name, state, role, refusal, may)
				}
			}
		}
	}
}

// tried is an act whose writes are undone, whatever comes of it.
func (w *world) tried(fn func(a *mentoring.Act) error) *mentoring.Refusal {
	w.t.Helper()
	var refusal *mentoring.Refusal
	undo := w.undone(func(a *mentoring.Act) error {
		err := fn(a)
		refusal = asRefusal(err)
		if refusal != nil {
			return nil
		}
		return err
	})
	if undo != nil {
		w.t.Fatalf("fault: %v", undo)
	}
	return refusal
}

// TestUnitsAreApart: staff of one unit have no say in another, and cannot tell
// its mentors and cases from ones that do not exist.
func TestUnitsAreApart(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, listed := w.mentor(staff, "Kanerva")
	var help mentoring.Case
	w.must(func(a *mentoring.Act) (err error) { help, err = a.CallStaff(mentor, mentoring.CaseHelp, 0); return err })
	other := w.met()
	w.put(func(tx mentoring.Tx) error {
		return tx.PutMembership(&mentoring.Membership{
			Member: other.ID, Programme: mentoring.DefaultProgramme, Unit: "other",
			Role: mentoring.Coordinator, State: mentoring.Active, Created: w.now,
		})
	})
	for _, number := range []mentoring.MembershipID{listed, 1 << 40} {
		w.refused("mentor.unknown", func(a *mentoring.Act) error { return a.PauseMentor(other, number) })
		w.refused("mentor.unknown", func(a *mentoring.Act) error { return a.ApproveCard(other, number) })
	}
	for _, number := range []mentoring.CaseID{help.ID, 1 << 40} {
		w.refused("case.unknown", func(a *mentoring.Act) error { _, err := a.Claim(other, number); return err })
		w.refused("case.unknown", func(a *mentoring.Act) error {
			_, err := a.CloseCase(other, number, mentoring.OutcomeHelped)
			return err
		})
	}
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.NewMentorCode(other); return err })
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.MentorRecords(other); return err })
}

func TestNotJoinedMayOnlyCallStaff(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, listed := w.mentor(staff, "Kanerva")
	m := w.met()
	w.refused("join.first", func(a *mentoring.Act) error { _, err := a.Mentors(m, false); return err })
	w.refused("join.first", func(a *mentoring.Act) error { _, err := a.Choose(m, listed); return err })
	var c mentoring.Case
	w.must(func(a *mentoring.Act) (err error) { c, err = a.CallStaff(m, mentoring.CaseUrgent, 0); return err })
	w.must(func(a *mentoring.Act) (err error) { c, err = a.Claim(staff, c.ID); return err })
	if p := w.conversation(c.Talk).Participants; p[0].Alias == "" || p[1].Alias != "Silta" {
		t.Errorf("aliases %q and %q", p[0].Alias, p[1].Alias)
	}
}

func TestIsStaff(t *testing.T) {
	w := newWorld(t)
	staff, mentee := w.staff(), w.mentee("Kuu")
	w.must(func(a *mentoring.Act) error {
		for m, want := range map[*mentoring.Member]bool{&staff: true, &mentee: false} {
			if got, err := a.IsStaff(*m); err != nil || got != want {
				t.Errorf("IsStaff: %v, %v; want %v", got, err, want)
			}
		}
		return nil
	})
}
