package mentoring_test

import (
	"testing"
	"time"

	"silta/mentoring"
)

// TestMeetMakesOnce: the same address is the same member, welcomed each time.
func TestMeetMakesOnce(t *testing.T) {
	w := newWorld(t)
	var first, second mentoring.Member
	one := w.must(func(a *mentoring.Act) (err error) { first, err = a.Meet("@a:b"); return err })
	two := w.must(func(a *mentoring.Act) (err error) { second, err = a.Meet("@a:b"); return err })
	w.same(one, mentoring.Welcome{Member: first.ID})
	w.same(two, mentoring.Welcome{Member: first.ID})
	if first.ID == 0 || first.ID != second.ID || first.Join != mentoring.JoinNew || !first.Created.Equal(w.now) {
		t.Errorf("met %+v, then %+v", first, second)
	}
}

// TestJoiningTable is every state of joining × everything a person can answer.
// An empty cell is a refusal, and nothing has changed.
func TestJoiningTable(t *testing.T) {
	const (
		isNew, age, consent, nick, done, under, declined = mentoring.JoinNew, mentoring.JoinAge, mentoring.JoinConsent,
			mentoring.JoinNickname, mentoring.JoinDone, mentoring.JoinUnderage, mentoring.JoinDeclined
	)
	type row struct{ language, old, young, yes, no, nickname mentoring.JoinState }
	table := map[mentoring.JoinState]row{
		isNew:    {language: age},
		age:      {language: age, old: consent, young: under},
		under:    {language: under, old: consent, young: under},
		consent:  {language: consent, yes: nick, no: declined},
		declined: {language: declined, yes: nick, no: declined},
		nick:     {language: nick, nickname: done},
		done:     {language: done, yes: done, no: declined, nickname: done},
	}
	for from, row := range table {
		for _, step := range []struct {
			name string
			to   mentoring.JoinState
			do   func(*mentoring.Act, *mentoring.Member) error
		}{
			{"language", row.language, func(a *mentoring.Act, m *mentoring.Member) error { return a.SetLanguage(m, "sv") }},
			{"old enough", row.old, func(a *mentoring.Act, m *mentoring.Member) error { return a.AnswerAge(m, true) }},
			{"too young", row.young, func(a *mentoring.Act, m *mentoring.Member) error { return a.AnswerAge(m, false) }},
			{"yes", row.yes, func(a *mentoring.Act, m *mentoring.Member) error { return a.AnswerConsent(m, true) }},
			{"no", row.no, func(a *mentoring.Act, m *mentoring.Member) error { return a.AnswerConsent(m, false) }},
			{"nickname", row.nickname, func(a *mentoring.Act, m *mentoring.Member) error { return a.TakeNickname(m, "Kuu-1") }},
		} {
			t.Run(string(from)+"/"+step.name, func(t *testing.T) {
				w := newWorld(t)
				m := w.met()
				m.Join = from
				if from == done {
					m.Alias, m.Consent = "Kuu", 1
				}
				w.put(func(tx mentoring.Tx) error { return tx.PutMember(&m) })
				before := m
				if step.to == "" {
					w.refused("join.not_now", func(a *mentoring.Act) error { return step.do(a, &m) })
					if m != before || w.member(m.ID).Join != from {
						t.Errorf("refused, but %+v became %+v", before, m)
					}
					return
				}
				w.must(func(a *mentoring.Act) error { return step.do(a, &m) })
				if kept := w.member(m.ID); m.Join != step.to || kept.Join != step.to {
					t.Errorf("%s → %s (kept %s), want %s", from, m.Join, kept.Join, step.to)
				}
			})
		}
	}
}

// TestJoiningOfAMentee: the whole way, and what is counted.
func TestJoiningOfAMentee(t *testing.T) {
	w := newWorld(t)
	m := w.mentee("Metsä-7")
	if !m.Joined() || m.Alias != "Metsä-7" || m.Consent != 1 || !m.ConsentAt.Equal(w.now) || m.Language != "fi" {
		t.Errorf("joined as %+v", m)
	}
	list := w.memberships(m)
	if len(list) != 1 || list[0].Role != mentoring.Mentee || list[0].State != mentoring.Active ||
		list[0].Programme != mentoring.DefaultProgramme || list[0].Unit != mentoring.DefaultUnit {
		t.Errorf("memberships %+v", list)
	}
	if n := w.figure(mentoring.CountRegistered, false); n != 1 {
		t.Errorf("%d registered", n)
	}
	w.must(func(a *mentoring.Act) error { return a.TakeNickname(&m, "Suo") })
	if n := w.figure(mentoring.CountRegistered, false); n != 1 || len(w.memberships(m)) != 1 {
		t.Errorf("another nickname registered again: %d, %v", n, w.memberships(m))
	}
	if m.Alias != "Suo" {
		t.Errorf("nickname %q", m.Alias)
	}
}

// TestTrialIsCountedApart: a trial account is in no figure of the service.
func TestTrialIsCountedApart(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	demo, mentor := w.mentor(staff, "Kanerva")
	demo.Trial = true // who is on trial meets no others
	w.put(func(tx mentoring.Tx) error { return tx.PutMember(&demo) })
	m := w.met()
	m.Trial = true
	w.joins(&m, "Kuu")
	c := w.choose(m, mentor)
	w.says(c.Participants[0].ID)
	for _, name := range []mentoring.CounterName{
		mentoring.CountRegistered, mentoring.CountFirstMessages, mentoring.CountMessages, mentoring.CountTalkDays,
	} {
		if real, trial := w.figure(name, false), w.figure(name, true); real != 0 || trial != 1 {
			t.Errorf("%s: %d real, %d trial", name, real, trial)
		}
	}
}

// TestInvitedAreNotAskedTheirAge: who comes by a code or is staff joins without
// the question, at whatever point the invitation comes, and is no mentee.
func TestInvitedAreNotAskedTheirAge(t *testing.T) {
	for _, at := range []string{"new", "age", "underage"} {
		t.Run(at, func(t *testing.T) {
			w := newWorld(t)
			staff := w.staff()
			m := w.met()
			if at != "new" {
				w.must(func(a *mentoring.Act) error { return a.SetLanguage(&m, "en") })
			}
			if at == "underage" {
				w.must(func(a *mentoring.Act) error { return a.AnswerAge(&m, false) })
			}
			var code string
			w.must(func(a *mentoring.Act) (err error) { code, err = a.NewMentorCode(staff); return err })
			w.must(func(a *mentoring.Act) error { _, err := a.RedeemCode(&m, code); return err })
			if at == "new" {
				w.must(func(a *mentoring.Act) error { return a.SetLanguage(&m, "en") })
			}
			if kept := w.member(m.ID); m.Join != mentoring.JoinConsent || kept.Join != mentoring.JoinConsent {
				t.Fatalf("now at %s (kept %s)", m.Join, kept.Join)
			}
			w.must(func(a *mentoring.Act) error { return a.AnswerConsent(&m, true) })
			w.must(func(a *mentoring.Act) error { return a.TakeNickname(&m, "Kanerva") })
			w.must(func(a *mentoring.Act) error { return a.TakeNickname(&m, "Kaisla") }) // nor does another one change that
			if list := w.memberships(m); len(list) != 1 || list[0].Role != mentoring.Mentor {
				t.Errorf("memberships %+v", list)
			}
			if n := w.figure(mentoring.CountRegistered, false); n != 0 {
				t.Errorf("a mentor was counted as registered: %d", n)
			}
		})
	}
	t.Run("staff", func(t *testing.T) {
		w := newWorld(t)
		m := w.staff()
		w.joins(&m, "Kaisla")
		if list := w.memberships(m); !m.Joined() || len(list) != 1 || list[0].Role != mentoring.Admin {
			t.Errorf("staff joined as %s with %+v", m.Join, list)
		}
	})
}

// TestConsentIsAskedAnew: a new version of the text bars from beginning
// anything new until it is accepted, but not from what goes on or from help.
func TestConsentIsAskedAnew(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	_, first := w.mentor(staff, "Kanerva")
	_, second := w.mentor(staff, "Kaisla")
	m := w.mentee("Kuu")
	c := w.talking(m, first)
	w.rules.ConsentVersion = 2
	w.later(time.Hour)

	w.must(func(a *mentoring.Act) error {
		if !a.NeedsConsent(m) {
			t.Error("a new text needs no consent")
		}
		return nil
	})
	w.refused("join.consent_first", func(a *mentoring.Act) error { _, err := a.Mentors(m, false); return err })
	w.refused("join.consent_first", func(a *mentoring.Act) error { _, err := a.Choose(m, second); return err })
	w.says(c.Participants[0].ID)
	w.must(func(a *mentoring.Act) error { _, err := a.CallStaff(m, mentoring.CaseHelp, 0); return err })

	w.must(func(a *mentoring.Act) error { return a.AnswerConsent(&m, false) })
	w.refused("join.first", func(a *mentoring.Act) error { _, err := a.Mentors(m, false); return err })
	if m.Consent != 0 || !m.ConsentAt.IsZero() {
		t.Errorf("declined, but consent %d at %v", m.Consent, m.ConsentAt)
	}
	w.must(func(a *mentoring.Act) error { return a.AnswerConsent(&m, true) })
	if m.Join != mentoring.JoinDone || m.Consent != 2 || !m.ConsentAt.Equal(w.now) {
		t.Errorf("accepted, but %+v", m)
	}
	w.must(func(a *mentoring.Act) error {
		if a.NeedsConsent(m) {
			t.Error("still needs consent")
		}
		_, err := a.Choose(m, second)
		return err
	})
	if n := w.figure(mentoring.CountRegistered, false); n != 1 {
		t.Errorf("%d registered", n)
	}
}

func TestLanguageTag(t *testing.T) {
	w := newWorld(t)
	m := w.met()
	for _, tag := range []mentoring.Language{"", "f", "FI", "finnish", "f1", "fi\n", "åå"} {
		w.refused("language.unknown", func(a *mentoring.Act) error { return a.SetLanguage(&m, tag) })
	}
	if m.Language != "" || m.Join != mentoring.JoinNew {
		t.Errorf("refused, but %+v", m)
	}
	w.must(func(a *mentoring.Act) error { return a.SetLanguage(&m, "sme") })
}

// TestRegistrationMonth: a registration in the night of a month's end belongs
// to the month in the service's zone.
func TestRegistrationMonth(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC) // 1 December in Helsinki
	w.mentee("Kuu")
	want := mentoring.Counter{
		Name: mentoring.CountRegistered, Month: "2026-12",
		Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
	}
	if n := w.figures()[want]; n != 1 {
		t.Errorf("counted %v", w.figures())
	}
}
