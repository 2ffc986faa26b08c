package mentoring_test

import (
	"testing"

	"silta/mentoring"
)

// useOf is something that needs a role.
type useOf struct {
	action mentoring.Action
	name   string
	do     func(a *mentoring.Act, m mentoring.Member) error
}

// TestStaffUsesAskThePolicy tries what staff do as a member of every role in every
// state; what the table says must be what happens.
func TestStaffUsesAskThePolicy(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, listed := w.mentor(staff, "Kanerva")
	caller := w.mentee("Kuu")
	var help mentoring.Case
	w.must(func(a *mentoring.Act) (err error) { help, err = a.CallStaff(caller, mentoring.CaseHelp, 0); return err })
	uses := w.staffUses(listed, help.ID)
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

// staffUses are use cases of staff, tried on a mentor and a case.
func (w *world) staffUses(listed mentoring.MembershipID, number mentoring.CaseID) []useOf {
	return []useOf{
		{mentoring.DoOpenJoining, "OpenJoining", func(a *mentoring.Act, m mentoring.Member) error { return a.OpenJoining(m, false) }},
		{mentoring.DoTopics, "AddTopic", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.AddTopic(m, map[mentoring.Language]string{"fi": "muu"})
			return err
		}},
		{mentoring.DoTopics, "RetireTopic", func(a *mentoring.Act, m mentoring.Member) error { return a.RetireTopic(m, 1, false) }},
		{mentoring.DoCanned, "SetCanned", func(a *mentoring.Act, m mentoring.Member) error { return a.SetCanned(m, "hei", "fi", "Hei!") }},
		{mentoring.DoCanned, "RemoveCanned", func(a *mentoring.Act, m mentoring.Member) error { return a.RemoveCanned(m, "hei") }},
		{mentoring.DoSay, "CannedTexts", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.CannedTexts(m); return err }},
		{mentoring.DoGuide, "Guide", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Guide(m); return err }},
		{mentoring.DoMoveMentor, "SetCeiling", func(a *mentoring.Act, m mentoring.Member) error { return a.SetCeiling(m, listed, 1) }},
		{mentoring.DoMoveMentor, "NoteCheck", func(a *mentoring.Act, m mentoring.Member) error { return a.NoteCheck(m, listed, w.now) }},
		{mentoring.DoMoveMentor, "ListMentor", func(a *mentoring.Act, m mentoring.Member) error { return a.ListMentor(m, listed) }},
		{mentoring.DoMoveMentor, "ConfirmMove", func(a *mentoring.Act, m mentoring.Member) error { return a.ConfirmMove(m, 99, true) }},
		{mentoring.DoJudgeCard, "SetKind", func(a *mentoring.Act, m mentoring.Member) error { return a.SetKind(m, listed, mentoring.HelperPeer) }},
		{mentoring.DoJudgeCard, "CardHistory", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.CardHistory(m, listed); return err }},
		{mentoring.DoMeasure, "Lift", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Lift(m, 1); return err }},
		{mentoring.DoMeasure, "Measures", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Measures(m); return err }},
		{mentoring.DoMeasure, "LiftBan", func(a *mentoring.Act, m mentoring.Member) error { return a.LiftBan(m, "@x:y") }},
		{mentoring.DoAudit, "Audit", func(a *mentoring.Act, m mentoring.Member) error { _, _, err := a.Audit(m); return err }},
		{mentoring.DoAudit, "AuditOne", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.AuditOne(m, 1); return err }},
		{mentoring.DoBreakGlass, "AskRead", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.AskRead(m, number, 1, false, why)
			return err
		}},
		{mentoring.DoReveal, "AskIdentity", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.AskIdentity(m, number, mentoring.Mentee, why, mentoring.Proven{})
			return err
		}},
		{mentoring.DoReveal, "DeferTelling", func(a *mentoring.Act, m mentoring.Member) error { return a.DeferTelling(m, 1, 1, why) }},
	}
}
