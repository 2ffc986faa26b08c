package mentoring_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// fills says parts of a summary, each as the staff member who has the case.
func (s *accessing) fills(by mentoring.Member, parts ...string) (d mentoring.Duty) {
	s.t.Helper()
	for i := 0; i < len(parts); i += 2 {
		s.must(func(a *mentoring.Act) (err error) {
			d, err = a.FillDuty(by, s.number, mentoring.DutyPart(parts[i]), parts[i+1])
			return err
		})
	}
	return d
}

// TestDuty: only who has the case writes, only they and the writer see it, and the
// staff room learns that there is one and nothing of what it says.
func TestDuty(t *testing.T) {
	s := newAccessing(t)
	begin := func(by mentoring.Member) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.BeginDuty(by, s.number); return err }
	}
	see := func(by mentoring.Member) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.GiveDuty(by, s.number); return err }
	}
	keep := func(by mentoring.Member) func(*mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.KeepDuty(by, s.number); return err }
	}
	entries := len(s.auditOf())
	s.refused("case.claim_first", begin(s.tero))
	s.refused("duty.none", keep(s.sari))
	s.refused("duty.none", func(a *mentoring.Act) error {
		_, err := a.FillDuty(s.sari, s.number, mentoring.DutyName, "Lapsi")
		return err
	})
	s.must(begin(s.sari))
	d := s.fills(s.sari, "name", " Lapsi Lapsinen ", "child", "no", "child_why", "ei uskalla", "guardian", "yes", "guardian_why", "x")
	want := map[mentoring.DutyPart]string{"name": "Lapsi Lapsinen", "child": "no", "child_why": "ei uskalla", "guardian": "yes"}
	if !reflect.DeepEqual(d.Parts, want) {
		t.Errorf("parts %v", d.Parts)
	}
	if d = s.fills(s.sari, "child", "yes"); d.Parts[mentoring.DutyChildWhy] != "" || !slices.Equal(d.Missing(), []mentoring.DutyPart{"concern", "by"}) {
		t.Errorf("parts %v, missing %v", d.Parts, d.Missing())
	}
	s.refused("duty.missing", keep(s.sari))
	s.refused("text.too_long", func(a *mentoring.Act) error {
		_, err := a.FillDuty(s.sari, s.number, mentoring.DutyConcern, strings.Repeat("x", 2001))
		return err
	})
	s.refused("duty.none", func(a *mentoring.Act) error { _, err := a.FillDuty(s.sari, s.number, "hmm", "x"); return err })
	s.fills(s.sari, "concern", "Lyö.", "by", "Sari")
	s.refused("duty.none", see(s.sari)) // not confirmed yet
	told := s.must(keep(s.sari))
	if got := keysOf(told); !slices.Equal(got, []string{"thread duty.written_staff"}) {
		t.Errorf("told %v", got)
	}
	if text := told[0].(mentoring.TellStaff).Text; len(text.Args) != 2 {
		t.Errorf("the staff room learns %v", text.Args)
	}
	s.refused("duty.none", func(a *mentoring.Act) error {
		_, err := a.FillDuty(s.sari, s.number, mentoring.DutyName, "Toinen")
		return err
	})
	s.refused("duty.none", see(s.tero))
	s.refused("not_allowed", see(s.mentee))
	s.same(s.must(see(s.sari)), mentoring.ShowDuty{Case: s.number, Member: s.sari.ID})
	got := s.actions(entries)
	if want := []mentoring.AuditAction{mentoring.AuditDutyWrite, mentoring.AuditDutyWrite, mentoring.AuditDutyShow}; !slices.Equal(got, want) {
		t.Errorf("audit %v", got)
	}
	// To change it begins it again; whoever has the case next goes on with it.
	s.must(begin(s.sari))
	s.refused("duty.none", see(s.sari))
	s.must(keep(s.sari))
	var list []mentoring.Membership
	s.look(func(a *mentoring.Act) (err error) { list, _, err = a.Colleagues(s.sari, s.number); return err })
	s.must(func(a *mentoring.Act) error { _, err := a.HandOn(s.sari, s.number, list[0].ID); return err })
	s.must(see(s.tero))
	s.must(see(s.sari)) // who wrote it
	s.refused("case.claim_first", begin(s.sari))
	s.must(begin(s.tero))
	if d := s.fills(s.tero, "name", ""); d.Writer != s.tero.ID || d.Parts[mentoring.DutyName] != "" {
		t.Errorf("%+v", d)
	}
	s.refused("duty.none", see(s.sari))
}

// TestDutyGoes: after its time, when somebody erases it, and with its case.
func TestDutyGoes(t *testing.T) {
	s := newAccessing(t)
	there := func() (is bool) {
		s.look(func(a *mentoring.Act) error { _, err := a.Tx.Duty(s.number); is = err == nil; return nil })
		return is
	}
	write := func() {
		s.must(func(a *mentoring.Act) error { _, err := a.BeginDuty(s.sari, s.number); return err })
		s.fills(s.sari, "concern", "Lyö.", "by", "Sari")
	}
	gone := mentoring.DutyGone{Case: s.number, Member: s.sari.ID}
	write()
	s.refused("duty.none", func(a *mentoring.Act) error { return a.EraseDuty(s.tero, s.number) })
	s.same(s.must(func(a *mentoring.Act) error { return a.EraseDuty(s.sari, s.number) }), gone)
	if there() {
		t.Error("still there after it was erased")
	}
	s.refused("duty.none", func(a *mentoring.Act) error { return a.EraseDuty(s.sari, s.number) })

	s.rules.Programmes = map[mentoring.Programme]*mentoring.ProgrammeRules{
		mentoring.DefaultProgramme: {Cases: mentoring.CaseRules{Duty: 48 * time.Hour}},
	}
	write()
	s.later(47 * time.Hour)
	s.tick()
	if !there() {
		t.Error("gone before its time")
	}
	entries := len(s.auditOf())
	s.later(time.Hour)
	if effects := s.tick(); !slices.Contains(effects, mentoring.Effect(gone)) {
		t.Errorf("what was given stays: %v", effects)
	}
	last := s.auditOf()[entries:]
	if there() || len(last) != 1 || last[0].Action != mentoring.AuditDutyErase || last[0].Kind != mentoring.BySystem {
		t.Errorf("still there: %v; audit %+v", there(), last)
	}

	s.rules.Programmes[mentoring.DefaultProgramme].Cases = mentoring.CaseRules{Duty: 90 * 24 * time.Hour, Keep: 24 * time.Hour}
	write()
	s.must(func(a *mentoring.Act) error {
		_, err := a.CloseCase(s.sari, s.number, mentoring.OutcomeGuided)
		return err
	})
	if !there() {
		t.Error("gone when the case was closed")
	}
	s.later(24 * time.Hour)
	s.tick()
	if there() {
		t.Error("still there when its case has expired")
	}
}
