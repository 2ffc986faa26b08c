package mentoring_test

import (
	"testing"

	"silta/mentoring"
)

// moreUses are use cases of the actions that the others do not try.
func moreUses(help mentoring.CaseID) []use {
	return []use{
		{mentoring.DoAnswer, "ClaimAsking", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.ClaimAsking(m, 1); return err }},
		{mentoring.DoGuide, "Guide", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Guide(m); return err }},
		{mentoring.DoOpenJoining, "OpenJoining", func(a *mentoring.Act, m mentoring.Member) error { return a.OpenJoining(m, true) }},
		{mentoring.DoStats, "Stats", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.Stats(m, mentoring.DefaultProgramme, mentoring.DefaultUnit, a.LastMonths(1))
			return err
		}},
		{mentoring.DoFigures, "Report", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.Report(m, mentoring.DefaultProgramme, mentoring.DefaultUnit, mentoring.YearTerm(2020))
			return err
		}},
		{mentoring.DoSay, "CannedTexts", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.CannedTexts(m); return err }},
		{mentoring.DoCanned, "RemoveCanned", func(a *mentoring.Act, m mentoring.Member) error { return a.RemoveCanned(m, "hei") }},
		{mentoring.DoTopics, "AddTopic", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.AddTopic(m, map[mentoring.Language]string{"fi": "Suru"})
			return err
		}},
		{mentoring.DoMeasure, "MeasuredInCase", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.MeasuredInCase(m, help); return err }},
		{mentoring.DoQuestions, "SetQuestions", func(a *mentoring.Act, m mentoring.Member) error { return a.SetQuestions(m, true, mentoring.Hours{}) }},
		{mentoring.DoQuestion, "Questions", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.Questions(m); return err }},
		{mentoring.DoAudit, "Audit", func(a *mentoring.Act, m mentoring.Member) error { _, _, err := a.Audit(m); return err }},
		{mentoring.DoBreakGlass, "AskRead", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.AskRead(m, help, 1, false, why)
			return err
		}},
		{mentoring.DoReveal, "AskIdentity", func(a *mentoring.Act, m mentoring.Member) error {
			_, err := a.AskIdentity(m, help, mentoring.Mentee, why, mentoring.Proven{})
			return err
		}},
		{mentoring.DoDuty, "BeginDuty", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.BeginDuty(m, help); return err }},
		{mentoring.DoTotp, "ConfirmTotp", func(a *mentoring.Act, m mentoring.Member) error { _, err := a.ConfirmTotp(m, "123456"); return err }},
	}
}

// notTried are actions that no use case of its own asks for: package bot does
// (t.may), before it does something that asks for another, or is one's own.
func notTried() map[mentoring.Action]string {
	return map[mentoring.Action]string{
		mentoring.DoLoad:      "mentors see their own, staff what DoSeeMentors shows",
		mentoring.DoAttend:    "a mentor's own seat; staff see it by DoSupervise",
		mentoring.DoSeeTopics: "a list that everybody sees elsewhere, with its numbers",
		mentoring.DoUndo:      "takes back what one did oneself, by another action",
		mentoring.DoCodesign:  "staff begin it by DoQuestion, others come in by DoQuestions",
	}
}

// everyActionIsTried: an action that is new in the policy has a use case among
// these, or stands above with the reason why not.
func everyActionIsTried(t *testing.T, uses []use) {
	t.Helper()
	tried := map[mentoring.Action]bool{}
	for _, u := range uses {
		tried[u.action] = true
	}
	for _, rule := range mentoring.Policy() {
		if tried[rule.Action] == (notTried()[rule.Action] != "") {
			t.Errorf("%s: tried with a use case: %v; named as one that is not: %v", rule.Action, tried[rule.Action], !tried[rule.Action])
		}
	}
}
