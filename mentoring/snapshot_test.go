package mentoring_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// TestReportAsksFor the message that was answered, or the last ones, at most twenty;
// with none nothing is read.
func TestReportAsksFor(t *testing.T) {
	s := newAccessing(t)
	leg := s.talk.ByMember(s.mentee.ID).ID
	for _, test := range []struct {
		event string
		last  int
		want  int
		read  bool
	}{{"$event", 0, 0, true}, {"", 1, 1, true}, {"", 20, 20, true}, {"", 21, 20, true}, {"", 0, 0, false}} {
		var given mentoring.Snapshot
		effects := s.must(func(a *mentoring.Act) (err error) {
			given, err = a.BeginReport(s.mentee, s.talk.ID, test.event, test.last)
			return err
		})
		var want []mentoring.Effect
		state := mentoring.SnapshotReady
		if test.read {
			want = []mentoring.Effect{mentoring.Collect{Snapshot: given.ID, Participant: leg, Event: test.event, Last: test.want}}
			state = mentoring.SnapshotAsked
		}
		s.same(effects, want...)
		if given.State != state || given.Member != s.mentee.ID || given.Conversation != s.talk.ID || !given.Created.Equal(s.now) {
			t.Errorf("%q, %d: %+v", test.event, test.last, given)
		}
	}
}

// TestReportNamesNobody: the names of the two are marks however they are written, at
// the beginning of words only; a mark of the writer's own names nobody, and whatever
// else they wrote stays.
func TestReportNamesNobody(t *testing.T) {
	s := newAccessing(t)
	name := func(n int) string { return "<" + string(rune('0'+n)) + ">" }
	for words, want := range map[string]string{
		"Kuu":                        "<1>",
		"kuuLLE, KANERVAn":           "<1>LLE, <2>n",
		"avokuu 3kuu x_kuu":          "avokuu 3kuu x_<1>",
		"KuuKanerva Ku":              "<1>Kanerva Ku",
		"\ue001 \ue000\ue002\ue064!": " !",
		"\ue065 😀 \u00e4":            "\ue065 😀 \u00e4",
		"hei,Kanerva(Kuu)":           "hei,<2>(<1>)",
	} {
		var given mentoring.Snapshot
		s.must(func(a *mentoring.Act) (err error) {
			given, err = a.BeginReport(s.mentee, s.talk.ID, "$event", 0)
			return err
		})
		s.must(func(a *mentoring.Act) (err error) {
			given, err = a.Collected(given.ID, []mentoring.Excerpt{{Author: 2, Words: words, At: s.now, Edited: true}, {Author: 9, Words: words}})
			return err
		})
		e := given.Excerpts[0]
		if got := e.Text(name); got != want || e.Role != mentoring.Mentor || !e.Edited || given.Excerpts[1].Role != "" {
			t.Errorf("%q: %q, want %q (%+v)", words, got, want, given.Excerpts)
		}
		if err := s.undone(func(a *mentoring.Act) error { _, err := a.Collected(given.ID, nil); return err }); err == nil {
			t.Error("it was read twice")
		}
	}
}

// TestReportOfOneConversation: what somebody reports is a part of their own report of
// the same conversation, while that goes on; staff hear of it in its thread. Of
// another conversation, of another kind, or of another's, it is a case of its own.
func TestReportOfOneConversation(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, one := w.mentor(staff, "Kanerva")
	_, two := w.mentor(staff, "Vanamo")
	mentee := w.mentee("Kuu")
	first, second := w.talking(mentee, one), w.talking(mentee, two)
	help, _ := w.call(mentee, mentoring.CaseHelp, first.ID)
	c := w.reports(mentee, first.ID, true)
	if c.ID == help.ID || c.About != mentor.ID || !c.Contact || !c.Created.Equal(w.now) || !c.Changed.Equal(w.now) || c.Opener != mentee.ID {
		t.Errorf("the first report: %+v", c)
	}
	if other := w.reports(mentee, second.ID, true); other.ID == c.ID || other.About == c.About || w.caseOf(c.ID).Reason != "pelottava" {
		t.Errorf("of another conversation: %+v", other)
	}
	var s mentoring.Snapshot
	w.must(func(a *mentoring.Act) (err error) { s, err = a.BeginReport(mentee, first.ID, "", 0); return err })
	effects := w.must(func(a *mentoring.Act) error { _, err := a.FileReport(mentee, s.ID, "taas", false); return err })
	w.same(effects, mentoring.ShowCase{Case: c.ID}, mentoring.TellStaff{
		Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: mentoring.T("case.reported_again", "number", int64(c.ID)),
	})
	if now := w.caseOf(c.ID); now.Reason != "pelottava\ntaas" || !now.Contact {
		t.Errorf("with its second part: %+v", now)
	}
	w.look(func(a *mentoring.Act) error {
		given, err := a.Tx.Snapshots(c.ID)
		if len(given) != 2 || given[1].ID != s.ID || given[1].State != mentoring.SnapshotGiven {
			t.Errorf("given: %+v", given)
		}
		return err
	})
	w.must(func(a *mentoring.Act) error { _, err := a.CloseCase(staff, c.ID, mentoring.OutcomeHelped); return err })
	if after := w.reports(mentee, first.ID, true); after.ID == c.ID {
		t.Error("a part of a case that is closed")
	}
}

// TestReportOfManyIsAboutNobody: where there are more than two, staff see from what
// was given who it is about.
func TestReportOfManyIsAboutNobody(t *testing.T) {
	w := newWorld(t)
	w.staff()
	c := w.group(mentoring.KindGroup, 3)
	w.says(c.Participants[0].ID)
	if made := w.reports(w.member(c.Participants[0].Member), c.ID, true); made.About != 0 {
		t.Errorf("it is about %d", made.About)
	}
}

// TestReportIsGiven once, within a day, with a reason of at most a thousand letters.
func TestReportIsGiven(t *testing.T) {
	s := newAccessing(t)
	begin := func() (given mentoring.Snapshot) {
		s.must(func(a *mentoring.Act) (err error) { given, err = a.BeginReport(s.mentee, s.talk.ID, "", 0); return err })
		return given
	}
	file := func(id mentoring.SnapshotID, reason string) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.FileReport(s.mentee, id, reason, true); return err }
	}
	draft := begin()
	if r := s.refused("text.too_long", file(draft.ID, strings.Repeat("ä", 1001))); r.Text.Args["max"] != 1000 {
		t.Errorf("told %v", r.Text.Args)
	}
	s.now = s.now.Add(24 * time.Hour)
	s.must(file(draft.ID, strings.Repeat("ä", 1000)))
	s.refused("report.gone", file(draft.ID, "taas"))
	s.refused("report.gone", file(999, "syy"))
	draft = begin()
	s.now = s.now.Add(24*time.Hour + time.Millisecond)
	s.refused("report.gone", file(draft.ID, "syy"))
}

// TestReportIsShown to who has the case, each line under a key of its own, so that all
// of them, and only them, go from the staff room again.
func TestReportIsShown(t *testing.T) {
	s := newAccessing(t)
	c := s.reports(s.mentee, s.talk.ID, true, "hei")
	s.reports(s.mentee, s.talk.ID, true, "ja", "vielä")
	if c.ClaimedBy != s.sari.ID {
		t.Fatalf("the case is %+v", c)
	}
	lines := func(given mentoring.Snapshot) int { return len(given.Excerpts) }
	var given []mentoring.Snapshot
	entries := len(s.auditOf())
	s.same(s.must(func(a *mentoring.Act) (err error) { _, given, err = a.ReadReport(s.sari, c.ID, lines); return err }))
	if got := s.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditReadReport}) {
		t.Errorf("audit %v", got)
	}
	var keys []string
	for i := range given {
		for n := range given[i].Excerpts {
			keys = append(keys, given[i].LineKey(n))
		}
	}
	s.refused("case.claim_first", func(a *mentoring.Act) error { _, _, err := a.ReadReport(s.tero, c.ID, lines); return err })
	var hidden []string
	hide := func(effects []mentoring.Effect) {
		for _, e := range of[mentoring.HideLine](effects) {
			if e.Programme != c.Programme || e.Unit != c.Unit {
				t.Errorf("hidden in %q %q", e.Programme, e.Unit)
			}
			hidden = append(hidden, e.Key)
		}
	}
	hide(s.must(func(a *mentoring.Act) error { _, err := a.ReleaseCase(s.sari, c.ID); return err }))
	s.must(func(a *mentoring.Act) error { _, err := a.Claim(s.tero, c.ID); return err })
	hide(s.must(func(a *mentoring.Act) error {
		_, err := a.CloseCase(s.tero, c.ID, mentoring.OutcomeHelped)
		return err
	}))
	if !slices.Equal(hidden, keys) {
		t.Errorf("hidden %v, shown %v", hidden, keys)
	}
}
