package mentoring_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

type words = map[mentoring.Language]string

func (w *world) announces(staff mentoring.Member, to mentoring.Audience, text words, at time.Time) (n mentoring.Announcement) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) (err error) { n, err = a.Announce(staff, to, text, at); return err })
	return n
}

// announced is what people are told until there is no more now, and what staff are.
func (w *world) announced() (told map[mentoring.MemberID]string, staff []mentoring.TellStaff) {
	w.t.Helper()
	told = map[mentoring.MemberID]string{}
	for more := true; more; {
		for _, e := range w.must(func(a *mentoring.Act) error {
			next, err := a.Tick()
			more = !next.After(w.now)
			return err
		}) {
			switch e := e.(type) {
			case mentoring.Notify:
				if e.Text.Key != "announce.said" {
					continue
				}
				if _, again := told[e.Member]; again {
					w.t.Errorf("%d is told twice", e.Member)
				}
				told[e.Member] = e.Text.Args["text"].(string)
			case mentoring.TellStaff:
				if strings.HasPrefix(e.Text.Key, "announce.") {
					staff = append(staff, e)
				}
			}
		}
	}
	return told, staff
}

// speaks gives somebody a language.
func (w *world) speaks(m mentoring.Member, lang mentoring.Language) mentoring.Member {
	w.t.Helper()
	m = w.member(m.ID)
	m.Language = lang
	w.put(func(tx mentoring.Tx) error { return tx.PutMember(&m) })
	return m
}

// TestAnnouncementReaches whom it is for and nobody else: each in their language,
// else in the service's, else in the first that there is; staff learn how many.
func TestAnnouncementReaches(t *testing.T) {
	w := newWorld(t)
	w.rules.Language = "sv"
	// Whoever has not joined is told nothing, and staff do without a nickname.
	admin := w.staff()
	w.joins(&admin, "Virva")
	mentee, foreign := w.mentee("Kuu"), w.speaks(w.mentee("Suo"), "en")
	mentor, _ := w.mentor(admin, "Kanerva")
	outside, _ := w.professional("Lakimies", mentoring.DefaultProgramme)
	coordinator := w.mentee("Sari")
	w.must(func(a *mentoring.Act) error { return a.Appoint(admin, coordinator.ID, mentoring.Coordinator) })
	w.met()
	for _, m := range []mentoring.Member{coordinator, outside} { // they are staff, and no mentees besides
		for _, s := range w.memberships(m) {
			if s.Role == mentoring.Mentee {
				s.State = mentoring.Ended
				w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&s) })
			}
		}
	}
	for to, want := range map[mentoring.Audience][]mentoring.Member{
		mentoring.ToMentees:   {mentee, foreign},
		mentoring.ToMentors:   {mentor},
		mentoring.ToEverybody: {mentee, foreign, mentor},
		mentoring.ToStaff:     {admin, outside, coordinator},
	} {
		t.Run(string(to), func(t *testing.T) {
			w.t = t
			w.look(func(a *mentoring.Act) error {
				n, err := a.AnnounceTo(admin, to)
				if n != len(want) {
					t.Errorf("it would reach %d, want %d", n, len(want))
				}
				return err
			})
			n := w.announces(admin, to, words{"fi": "Hei", "sv": "Hej"}, time.Time{})
			w.later(mentoring.UndoWithin)
			told, staff := w.announced()
			expected := map[mentoring.MemberID]string{}
			for _, m := range want {
				expected[m.ID] = "Hei"
			}
			if _, ok := expected[foreign.ID]; ok {
				expected[foreign.ID] = "Hej"
			}
			if !maps.Equal(told, expected) {
				t.Errorf("told %v, want %v", told, expected)
			}
			if !reflect.DeepEqual(staff, []mentoring.TellStaff{{
				Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit,
				Text: mentoring.T("announce.sent", "number", n.ID, "n", len(want)),
			}}) {
				t.Errorf("staff are told %+v", staff)
			}
		})
	}
	w.t = t
	n := mentoring.Announcement{Words: words{"fi": "Hei", "en": "Hi"}}
	for lang, want := range map[mentoring.Language]string{"fi": "Hei", "en": "Hi", "sv": "Hi"} {
		if got := n.In(lang, "sv"); got != want {
			t.Errorf("in %s: %q", lang, got)
		}
	}
	if got := (&mentoring.Announcement{}).In("fi", "sv"); got != "" {
		t.Errorf("without words: %q", got)
	}
}

// TestAnnouncementIsPlanned: what is kept, what is too much, and when it goes out:
// never before it can no longer be taken back.
func TestAnnouncementIsPlanned(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	say := func(text words) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error {
			_, err := a.Announce(staff, mentoring.ToMentees, text, time.Time{})
			return err
		}
	}
	w.refused("announce.say_words", say(nil))
	w.refused("announce.say_words", say(words{"fi": " \n "}))
	w.refused("text.too_long", say(words{"fi": "hei", "sv": strings.Repeat("x", 2001)}))
	soon := w.now.Add(mentoring.UndoWithin)
	entries := len(w.auditOf())
	for at, want := range map[time.Time]time.Time{
		{}:                          soon,
		soon.Add(-time.Millisecond): soon,
		soon:                        soon,
		soon.Add(time.Hour):         soon.Add(time.Hour),
	} {
		n := w.announces(staff, mentoring.ToMentors, words{"fi": " " + strings.Repeat("x", 2000), "sv": "  "}, at)
		w.look(func(a *mentoring.Act) error {
			list, err := a.Announcements(staff)
			got := list[len(list)-1]
			if !got.Due.Equal(want) || !got.Created.Equal(w.now) || got.ID != n.ID || got.Author != staff.ID || got.Audience != mentoring.ToMentors ||
				got.Programme != mentoring.DefaultProgramme || got.Unit != mentoring.DefaultUnit {
				t.Errorf("for %s: %+v", at, got)
			}
			if !maps.Equal(got.Words, words{"fi": strings.Repeat("x", 2000)}) {
				t.Errorf("kept %v", slices.Collect(maps.Keys(got.Words)))
			}
			return err
		})
	}
	if got := w.actions(entries); !slices.Equal(got, slices.Repeat([]mentoring.AuditAction{mentoring.AuditAnnounce}, 4)) {
		t.Errorf("audit %v", got)
	}
	w.now = soon.Add(-time.Millisecond)
	if told, staff := w.announced(); len(told)+len(staff) > 0 {
		t.Errorf("too early: %v", told)
	}
	w.later(time.Millisecond)
	if _, staff := w.announced(); len(staff) != 3 {
		t.Errorf("%d are over, want 3", len(staff))
	}
	if n := w.waiting(staff); n != 1 {
		t.Errorf("%d wait, want 1", n)
	}
}

// TestAnnouncementIsStopped: nobody more gets it, its words are gone, and it is not
// to be stopped again; staff are not told that it was sent.
func TestAnnouncementIsStopped(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	for range 101 {
		w.mentee("Kuu")
	}
	n := w.announces(staff, mentoring.ToMentees, words{"fi": "Hei"}, time.Time{})
	stop := func(a *mentoring.Act) error { return a.CancelAnnouncement(staff, n.ID) }
	w.later(mentoring.UndoWithin)
	if got := len(w.tick()); got != 100 {
		t.Errorf("%d are told in one step", got)
	}
	entries := len(w.auditOf())
	w.must(stop)
	if got := w.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditAnnounce}) {
		t.Errorf("audit %v", got)
	}
	if told, staff := w.announced(); len(told)+len(staff) > 0 {
		t.Errorf("after it was stopped: %v, %v", told, staff)
	}
	w.look(func(a *mentoring.Act) error {
		kept, err := a.Tx.Announcement(n.ID)
		if len(kept.Words) > 0 || kept.Told != 100 {
			t.Errorf("kept %+v", kept)
		}
		return err
	})
	if w.waiting(staff) != 0 {
		t.Error("it waits still")
	}
	if refusal := w.refused("announce.over", stop); refusal.Text.Args["number"] != n.ID {
		t.Errorf("refused: %+v", refusal)
	}
	w.refused("announce.over", func(a *mentoring.Act) error { return a.CancelAnnouncement(staff, 99) })
}
