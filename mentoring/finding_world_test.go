package mentoring_test

import (
	"time"

	"silta/mentoring"
)

// The storage calls of finding a mentor, for the storages that fail and count.

func (w *watched) PutPreparation(p *mentoring.Preparation) error {
	w.writes++
	return w.Tx.PutPreparation(p)
}

func (w *watched) PutCardVersion(v *mentoring.CardVersion) error {
	w.writes++
	return w.Tx.PutCardVersion(v)
}
func (w *watched) PutTopic(t *mentoring.Topic) error { w.writes++; return w.Tx.PutTopic(t) }

func (f *failing) Preparation(id mentoring.MembershipID) (mentoring.Preparation, error) {
	return call(f, func() (mentoring.Preparation, error) { return f.Tx.Preparation(id) })
}

func (f *failing) PutPreparation(p *mentoring.Preparation) error {
	return f.write(func() error { return f.Tx.PutPreparation(p) })
}

func (f *failing) PutCardVersion(v *mentoring.CardVersion) error {
	return f.write(func() error { return f.Tx.PutCardVersion(v) })
}

func (f *failing) CardVersions(id mentoring.MembershipID) ([]mentoring.CardVersion, error) {
	return call(f, func() ([]mentoring.CardVersion, error) { return f.Tx.CardVersions(id) })
}

func (f *failing) Topics(p mentoring.Programme) ([]mentoring.Topic, error) {
	return call(f, func() ([]mentoring.Topic, error) { return f.Tx.Topics(p) })
}

func (f *failing) PutTopic(t *mentoring.Topic) error {
	return f.write(func() error { return f.Tx.PutTopic(t) })
}

// findingUses are the use cases of finding a mentor and becoming one.
func (s *scene) findingUses() map[string]func(a *mentoring.Act) error {
	filter := &mentoring.Filter{Topics: []string{"work"}, Words: []string{"oulu"}}
	words := map[mentoring.Language]string{"fi": "suru"}
	return map[string]func(a *mentoring.Act) error{
		"Find":        func(a *mentoring.Act) error { _, err := a.Find(s.mentee, filter); return err },
		"NearTopics":  func(a *mentoring.Act) error { _, err := a.NearTopics(s.mentee, filter); return err },
		"Guide":       func(a *mentoring.Act) error { _, err := a.Guide(s.invited); return err },
		"ReadGuide":   func(a *mentoring.Act) error { _, err := a.ReadGuide(s.invited, 1, 1); return err },
		"NoteRound":   func(a *mentoring.Act) error { return a.NoteRound(s.staff, s.unjudged, "kevät") },
		"NoteTrained": func(a *mentoring.Act) error { return a.NoteTrained(s.staff, s.unjudged, a.Now) },
		"NoteCheck":   func(a *mentoring.Act) error { return a.NoteCheck(s.staff, s.unjudged, a.Now) },
		"ListMentor": func(a *mentoring.Act) error {
			strict := *a.Rules
			strict.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {NeedTraining: true}}
			a.Rules = &strict
			if err := a.ApproveCard(s.staff, s.unjudged); err != nil {
				return err
			}
			if err := a.NoteTrained(s.staff, s.unjudged, a.Now); err != nil {
				return err
			}
			return a.ListMentor(s.staff, s.unjudged)
		},
		"AskAnyone": func(a *mentoring.Act) error { _, err := a.AskAnyone(s.mentee, "", "Hei"); return err },
		"asking to its end": func(a *mentoring.Act) error {
			now := a.Now
			if _, err := a.AskAnyone(s.mentee, "", "Hei"); err != nil {
				return err
			}
			for _, d := range []time.Duration{24 * time.Hour, 8 * 24 * time.Hour, 40 * 24 * time.Hour} {
				a.Now = now.Add(d)
				if _, err := a.Tick(); err != nil {
					return err
				}
			}
			return nil
		},
		"WithdrawAsking": func(a *mentoring.Act) error {
			if _, err := a.AskAnyone(s.mentee, "", "Hei"); err != nil {
				return err
			}
			return a.WithdrawAsking(s.mentee)
		},
		"canned": func(a *mentoring.Act) error {
			if err := a.SetCanned(s.staff, "moi", "fi", "Hei"); err != nil {
				return err
			}
			if _, err := a.Canned(s.mentor, s.open.Participants[1].ID, "moi"); err != nil {
				return err
			}
			if _, err := a.CannedTexts(s.mentor); err != nil {
				return err
			}
			return a.RemoveCanned(s.staff, "moi")
		},
		"TypicalReply": func(a *mentoring.Act) error { _, err := a.TypicalReply(s.mentorID); return err },
		"first reply":  func(a *mentoring.Act) error { return speak(a, s.open.Participants[1].ID) },
		"Change":       func(a *mentoring.Act) error { return a.Change(s.mentee, s.open.ID) },
		"CardHistory":  func(a *mentoring.Act) error { _, err := a.CardHistory(s.staff, s.mentorID); return err },
		"SetKind":      func(a *mentoring.Act) error { return a.SetKind(s.staff, s.mentorID, mentoring.HelperPeer) },
		"AddTopic":     func(a *mentoring.Act) error { _, err := a.AddTopic(s.staff, words); return err },
		"RenameTopic":  func(a *mentoring.Act) error { return a.RenameTopic(s.staff, 1, words) },
		"RetireTopic":  func(a *mentoring.Act) error { return a.RetireTopic(s.staff, 1, false) },
		"MergeTopic":   func(a *mentoring.Act) error { return a.MergeTopic(s.staff, 1, 2) },
		"SuggestTopic": func(a *mentoring.Act) error { return a.SuggestTopic(s.mentor, "suru") },
	}
}

func (w *watched) PutAsking(q *mentoring.Asking) error { w.writes++; return w.Tx.PutAsking(q) }
func (w *watched) PutOffer(o *mentoring.AskingOffer) error {
	w.writes++
	return w.Tx.PutOffer(o)
}
func (w *watched) DeleteAsking(id mentoring.AskingID) error { w.writes++; return w.Tx.DeleteAsking(id) }

func (f *failing) Asking(id mentoring.AskingID) (mentoring.Asking, error) {
	return call(f, func() (mentoring.Asking, error) { return f.Tx.Asking(id) })
}

func (f *failing) AskingOf(id mentoring.MemberID) (mentoring.Asking, error) {
	return call(f, func() (mentoring.Asking, error) { return f.Tx.AskingOf(id) })
}

func (f *failing) PutAsking(q *mentoring.Asking) error {
	return f.write(func() error { return f.Tx.PutAsking(q) })
}

func (f *failing) DueAskings(now time.Time, n int) ([]mentoring.Asking, error) {
	return call(f, func() ([]mentoring.Asking, error) { return f.Tx.DueAskings(now, n) })
}

func (f *failing) DeleteAsking(id mentoring.AskingID) error {
	return f.write(func() error { return f.Tx.DeleteAsking(id) })
}

func (f *failing) PutOffer(o *mentoring.AskingOffer) error {
	return f.write(func() error { return f.Tx.PutOffer(o) })
}

func (f *failing) Offers(id mentoring.AskingID) ([]mentoring.AskingOffer, error) {
	return call(f, func() ([]mentoring.AskingOffer, error) { return f.Tx.Offers(id) })
}

func (w *watched) PutCanned(c *mentoring.Canned) error { w.writes++; return w.Tx.PutCanned(c) }
func (w *watched) DeleteCanned(id int64) error         { w.writes++; return w.Tx.DeleteCanned(id) }

func (f *failing) CannedTexts(p mentoring.Programme) ([]mentoring.Canned, error) {
	return call(f, func() ([]mentoring.Canned, error) { return f.Tx.CannedTexts(p) })
}

func (f *failing) PutCanned(c *mentoring.Canned) error {
	return f.write(func() error { return f.Tx.PutCanned(c) })
}

func (f *failing) DeleteCanned(id int64) error {
	return f.write(func() error { return f.Tx.DeleteCanned(id) })
}

func (f *failing) AddReply(id mentoring.MembershipID, day, bucket, before int) error {
	return f.write(func() error { return f.Tx.AddReply(id, day, bucket, before) })
}

func (f *failing) Replies(id mentoring.MembershipID, since int) (map[int]int, error) {
	return call(f, func() (map[int]int, error) { return f.Tx.Replies(id, since) })
}
