package mentoring_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// quick stands for the store's slow proof.
func quick(p mentoring.Phrase) mentoring.PhraseProof {
	sum := sha256.Sum256([]byte(p.Locator + p.Secret))
	return mentoring.PhraseProof{Locator: p.Locator, Hash: sum[:]}
}

// phrase gives a member a phrase.
func (w *world) phrase(m mentoring.Member) mentoring.Phrase {
	w.t.Helper()
	p, err := mentoring.NewPhrase(w.random)
	if err != nil {
		w.t.Fatal(err)
	}
	w.must(func(a *mentoring.Act) error { return a.SetPhrase(m, quick(p)) })
	return p
}

func TestPhraseAsTyped(t *testing.T) {
	w := newWorld(t)
	p := w.phrase(w.mentee("Otter"))
	text := p.String()
	if len(text) != 24+5 || strings.Count(text, "-") != 5 {
		t.Errorf("written as %s", text)
	}
	for name, typed := range map[string]string{
		"as shown": text, "small": strings.ToLower(text), "with spaces": strings.ReplaceAll(text, "-", " "),
		"long dashes": strings.ReplaceAll(text, "-", "–"), "on two lines": text[:15] + "\n" + text[15:], "in one": strings.ReplaceAll(text, "-", "") + ".",
		"after a command": "move " + text, "after two words": "minun koodini: " + text, "misread": strings.ReplaceAll(strings.ReplaceAll(text, "0", "o"), "1", "l"),
	} {
		if got, ok := mentoring.ParsePhrase(typed); !ok || got != p {
			t.Errorf("%s: %q is read as %v, %v", name, typed, got, ok)
		}
	}
	for _, none := range []string{
		"", "hei", text[:len(text)-1], text + "-AAAA", "move", "AAAA-BBBB-CCCC-DDDD", "tama olla sata kuka mika meno joki talo",
		"UUUU-1111-2222-3333-4444-5555", strings.Repeat(text, 9),
	} {
		if got, ok := mentoring.ParsePhrase(none); ok {
			t.Errorf("%q is read as %v", none, got)
		}
	}
	for text, want := range map[string]bool{
		text[:len(text)-1]: true, strings.ToLower(text[4:]): true, "hei mita sina teet tana iltana": false, "1 2 3 4 5": false,
		"on 2026 ja 2027 ja": false, "": false, "AB12-CD34-EF56-GH78": true,
	} {
		if got := mentoring.LikeSecret(text); got != want {
			t.Errorf("%q like a secret: %v", text, got)
		}
	}
}

func TestFindByPhrase(t *testing.T) {
	w := newWorld(t)
	m, other := w.mentee("Otter"), w.mentee("Kuura")
	p, theirs := w.phrase(m), w.phrase(other)
	find := func(p mentoring.Phrase) (who mentoring.Member, ok bool) {
		w.must(func(a *mentoring.Act) (err error) { who, ok, err = a.FindByPhrase(quick(p)); return err })
		return who, ok
	}
	if who, ok := find(p); !ok || who.ID != m.ID {
		t.Errorf("found %+v, %v", who, ok)
	}
	for name, wrong := range map[string]mentoring.Phrase{
		"secret": {Locator: p.Locator, Secret: theirs.Secret}, "locator": {Locator: "00000000", Secret: p.Secret},
	} {
		if who, ok := find(wrong); ok || who.ID != 0 {
			t.Errorf("wrong %s: found %+v, %v", name, who, ok)
		}
	}
	again := w.phrase(m)
	if _, ok := find(p); ok {
		t.Error("the phrase before still works")
	}
	if who, ok := find(again); !ok || who.ID != m.ID {
		t.Errorf("found %+v, %v", who, ok)
	}
	var since time.Time
	w.must(func(a *mentoring.Act) (err error) { since, err = a.PhraseSince(m); return err })
	if !since.Equal(w.now) {
		t.Errorf("since %v", since)
	}
	fresh := w.met()
	w.refused("join.first", func(a *mentoring.Act) error { return a.OfferPhrase(fresh) })
}

// TestPhrasesCannotBeTried: with a clock that jumps to the next moment at which
// a try is allowed, 100,000 wrong phrases take more than a year and a half,
// whoever they are meant for.
func TestPhrasesCannotBeTried(t *testing.T) {
	const week = 7 * 24 * time.Hour
	for name, locators := range map[string]int{"one locator": 1, "another one each time": 100_000} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.phrase(w.mentee("Otter"))
			began, tries, first := w.now, 0, 0
			for w.now.Sub(began) < 2*week {
				if w.now.Sub(began) < week {
					first = tries
				}
				locator := p.Locator
				if locators > 1 {
					locator = "LOC" + time.Duration(tries).String()
				}
				w.must(func(a *mentoring.Act) error {
					_, ok, err := a.FindByPhrase(mentoring.PhraseProof{Locator: locator, Hash: []byte("wrong")})
					if refusal, refused := err.(*mentoring.Refusal); refused { //nolint:errorlint // it is never wrapped
						w.now = refusal.Text.Args["until"].(time.Time)
						return nil
					}
					if ok {
						t.Fatal("a wrong phrase was right")
					}
					tries++
					return err
				})
			}
			// The first tries are free; then the rate of the second week stands.
			if first == 0 || 100_000/(tries-first) < 80 {
				t.Errorf("%d tries in the first week, %d in the second: 100,000 in %d weeks", first, tries-first, 100_000/max(1, tries-first))
			}
		})
	}
}

func TestWaitingForAPhrase(t *testing.T) {
	w := newWorld(t)
	m := w.mentee("Otter")
	p := w.phrase(m)
	wrong := func(locator string) {
		w.must(func(a *mentoring.Act) error {
			_, _, err := a.FindByPhrase(mentoring.PhraseProof{Locator: locator, Hash: []byte("x")})
			return err
		})
	}
	for _, locator := range []string{p.Locator, "NOBODYS1"} { // known or not, the answer is one
		for range 3 {
			wrong(locator)
		}
		refused := w.refused("phrase.wait", func(a *mentoring.Act) error { return a.PhraseWait(mentoring.Phrase{Locator: locator}) })
		if until := refused.Text.Args["until"].(time.Time); !until.Equal(w.now.Add(time.Minute)) {
			t.Errorf("wait until %v, now %v", until, w.now)
		}
	}
	// The right one is not looked at either, until it may be tried.
	w.refused("phrase.wait", func(a *mentoring.Act) error { _, _, err := a.FindByPhrase(quick(p)); return err })
	w.later(time.Minute)
	w.refused("phrase.wait", func(a *mentoring.Act) error {
		_, _, err := a.FindByPhrase(mentoring.PhraseProof{Locator: p.Locator})
		return err
	})
	w.must(func(a *mentoring.Act) error {
		who, ok, err := a.FindByPhrase(quick(p))
		if !ok || who.ID != m.ID {
			t.Errorf("found %v, %v", who, ok)
		}
		return err
	})
}

func TestTrial(t *testing.T) {
	w := newWorld(t)
	sari := w.staff()
	code := func(make func(*mentoring.Act) (string, error)) (code string) {
		w.must(func(a *mentoring.Act) (err error) { code, err = make(a); return err })
		return code
	}
	visitor := func(name string) mentoring.Member {
		trial := code(func(a *mentoring.Act) (string, error) { return a.NewTrialCode(sari) })
		m := w.met()
		w.must(func(a *mentoring.Act) error { _, err := a.RedeemCode(&m, trial); return err })
		return m
	}
	m := visitor("Katselija")
	w.joins(&m, "Katselija")
	demo := visitor("Esittely")
	mentorCode := code(func(a *mentoring.Act) (string, error) { return a.NewMentorCode(sari) })
	w.must(func(a *mentoring.Act) error { _, err := a.RedeemCode(&demo, mentorCode); return err })
	w.joins(&demo, "Esittely")
	demoID := w.list(sari, demo, "Esittely")
	_, real := w.mentor(sari, "Kanerva")
	other := w.mentee("Otter")

	seen := func(m mentoring.Member) (ids []mentoring.MembershipID) {
		w.look(func(a *mentoring.Act) error {
			list, err := a.Mentors(m, true)
			for _, l := range list {
				ids = append(ids, l.Membership.ID)
			}
			return err
		})
		return ids
	}
	if got := seen(m); len(got) != 1 || got[0] != demoID {
		t.Errorf("on trial one sees %v, want %v", got, demoID)
	}
	if got := seen(other); len(got) != 1 || got[0] != real {
		t.Errorf("others see %v, want %v", got, real)
	}
	w.refused("mentor.not_there", func(a *mentoring.Act) error { _, err := a.Choose(m, real); return err })
	w.refused("mentor.not_there", func(a *mentoring.Act) error { _, err := a.Choose(other, demoID); return err })
	before := w.figure(mentoring.CountRegistered, false)
	c := w.choose(m, demoID)
	w.says(c.Participants[0].ID)
	for _, name := range []mentoring.CounterName{mentoring.CountMessages, mentoring.CountFirstMessages, mentoring.CountTalkDays} {
		if n := w.figure(name, false); n != 0 {
			t.Errorf("%s counts %d", name, n)
		}
		if n := w.figure(name, true); n != 1 {
			t.Errorf("%s of trials counts %d", name, n)
		}
	}
	if n := w.figure(mentoring.CountRegistered, false); n != before || w.figure(mentoring.CountRegistered, true) != 1 {
		t.Errorf("registered %d, of trials %d", n, w.figure(mentoring.CountRegistered, true))
	}
}

func TestReferral(t *testing.T) {
	w := newWorld(t)
	sari := w.staff()
	w.refused("code.topic_unknown", func(a *mentoring.Act) error { _, err := a.NewReferralCode(sari, "chess"); return err })
	var code string
	w.must(func(a *mentoring.Act) (err error) { code, err = a.NewReferralCode(sari, "work"); return err })
	joined := w.mentee("Otter")
	w.refused("code.too_late", func(a *mentoring.Act) error { _, err := a.RedeemCode(&joined, code); return err })
	m := w.met()
	w.must(func(a *mentoring.Act) error { _, err := a.RedeemCode(&m, code); return err })
	w.joins(&m, "Kaarna")
	if got := w.member(m.ID); got.Topic != "work" || got.Unit != mentoring.DefaultUnit || got.Trial {
		t.Errorf("is %+v", got)
	}
	other := w.met()
	w.refused("code.wrong", func(a *mentoring.Act) error { _, err := a.RedeemCode(&other, code); return err })
	w.look(func(a *mentoring.Act) error {
		list, err := a.CodesGiven(sari)
		if len(list) != 1 || !list[0].Used || list[0].Topic != "work" {
			t.Errorf("given: %+v", list)
		}
		return err
	})
}
