package mentoring_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// TestDutyBounds: two thousand letters for the concern, a thousand for what was done,
// five hundred for each other part.
func TestDutyBounds(t *testing.T) {
	s := newAccessing(t)
	s.must(func(a *mentoring.Act) error { _, err := a.BeginDuty(s.sari, s.number); return err })
	for _, part := range mentoring.DutyParts() {
		most := 500
		switch part {
		case mentoring.DutyConcern:
			most = 2000
		case mentoring.DutyDone:
			most = 1000
		case mentoring.DutyChildWhy:
			s.fills(s.sari, "child", mentoring.DutyNo)
		case mentoring.DutyGuardianWhy:
			s.fills(s.sari, "guardian", mentoring.DutyNo)
		}
		r := s.refused("text.too_long", func(a *mentoring.Act) error {
			_, err := a.FillDuty(s.sari, s.number, part, strings.Repeat("ä", most+1))
			return err
		})
		if r.Text.Args["max"] != most {
			t.Errorf("%s: told %v", part, r.Text.Args)
		}
		words := strings.Repeat("ä", most)
		if d := s.fills(s.sari, string(part), words); d.Parts[part] != words {
			t.Errorf("%s: kept %d", part, len(d.Parts[part]))
		}
	}
}

// TestDutyIsTold: in the case's thread that there is one and until when, and nothing
// of it; what is missing is named; where nothing is set it is kept for a week from the
// last change, and a part that was taken out is not there.
func TestDutyIsTold(t *testing.T) {
	s := newAccessing(t)
	keep := func(a *mentoring.Act) error { _, err := a.KeepDuty(s.sari, s.number); return err }
	var d mentoring.Duty
	s.must(func(a *mentoring.Act) (err error) { d, err = a.BeginDuty(s.sari, s.number); return err })
	begun := s.now
	if d.Writer != s.sari.ID || !d.Created.Equal(begun) || d.State != mentoring.DutyDraft || len(d.Parts) != 0 {
		t.Errorf("begun: %+v", d)
	}
	r := s.refused("duty.missing", keep)
	if !reflect.DeepEqual(r.Text.Args["parts"], []mentoring.Text{mentoring.T("duty.part.concern"), mentoring.T("duty.part.by")}) {
		t.Errorf("missing: %v", r.Text.Args)
	}
	s.fills(s.sari, "concern", "Lyö.", "by", "Sari", "age", "12", "name", "x", "name", " ")
	s.now = s.now.Add(time.Hour)
	until := s.now.Add(7 * 24 * time.Hour)
	s.same(s.must(keep), mentoring.TellStaff{
		Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Case: s.number,
		Text: mentoring.T("duty.written_staff", "number", int64(s.number), "until", until),
	})
	seen := func(m mentoring.Member) (d mentoring.Duty) {
		s.look(func(a *mentoring.Act) (err error) { d, err = a.DutyOf(m, s.number); return err })
		return d
	}
	want := map[mentoring.DutyPart]string{"concern": "Lyö.", "by": "Sari", "age": "12"}
	if d = seen(s.sari); !d.Created.Equal(begun) || !d.Due.Equal(until) || !reflect.DeepEqual(d.Parts, want) || d.State != mentoring.DutyReady {
		t.Errorf("kept %+v", d)
	}
	// To begin again goes on with it: nothing is lost, whether it was ready or a draft.
	for range 2 {
		s.must(func(a *mentoring.Act) (err error) { d, err = a.BeginDuty(s.sari, s.number); return err })
		if d.State != mentoring.DutyDraft || !reflect.DeepEqual(d.Parts, want) || !d.Created.Equal(begun) {
			t.Errorf("gone on with: %+v", d)
		}
	}
	s.refused("duty.none", func(a *mentoring.Act) error { _, err := a.DutyOf(s.tero, s.number); return err })
	// Who has the case next may read it, and what either was given goes with it.
	s.must(func(a *mentoring.Act) error { _, err := a.ReleaseCase(s.sari, s.number); return err })
	s.must(func(a *mentoring.Act) error { _, err := a.Claim(s.tero, s.number); return err })
	if seen(s.tero).Writer != s.sari.ID {
		t.Error("who has the case does not see it")
	}
	entries := len(s.auditOf())
	s.same(s.must(func(a *mentoring.Act) error { return a.EraseDuty(s.tero, s.number) }),
		mentoring.DutyGone{Case: s.number, Member: s.sari.ID}, mentoring.DutyGone{Case: s.number, Member: s.tero.ID})
	if got := s.actions(entries); !slices.Equal(got, []mentoring.AuditAction{mentoring.AuditDutyErase}) {
		t.Errorf("audit %v", got)
	}
	s.refused("duty.none", func(a *mentoring.Act) error { _, err := a.DutyOf(s.tero, s.number); return err })
}

// TestDutyOfNobodysCase: in its time it goes from who wrote it, though the case is
// nobody's now; and whoever has no part in staff work reads none.
func TestDutyOfNobodysCase(t *testing.T) {
	s := newAccessing(t)
	s.must(func(a *mentoring.Act) error { _, err := a.BeginDuty(s.sari, s.number); return err })
	s.must(func(a *mentoring.Act) error { _, err := a.ReleaseCase(s.sari, s.number); return err })
	s.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.DutyOf(s.mentor, s.number); return err })
	s.refused("case.unknown", func(a *mentoring.Act) error { _, err := a.DutyOf(s.sari, 99); return err })
	gone := func() []mentoring.DutyGone { return of[mentoring.DutyGone](s.tick()) }
	s.now = s.now.Add(7*24*time.Hour - time.Millisecond)
	if got := gone(); len(got) > 0 {
		t.Errorf("too early: %v", got)
	}
	s.now = s.now.Add(time.Millisecond)
	if got := gone(); !slices.Equal(got, []mentoring.DutyGone{{Case: s.number, Member: s.sari.ID}}) {
		t.Errorf("taken back: %v", got)
	}
	if got := gone(); len(got) > 0 {
		t.Errorf("twice: %v", got)
	}
}
