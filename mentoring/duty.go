package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// What the audit has of child-welfare summaries.
const (
	AuditDutyWrite AuditAction = "duty_write"
	AuditDutyShow  AuditAction = "duty_show"
	AuditDutyErase AuditAction = "duty_erase"
)

// DutyState is the state of a child-welfare summary; see docs/states.md.
type DutyState string

// draft → ready; ready → draft when it is changed. What is over is deleted.
const (
	DutyDraft DutyState = "draft"
	DutyReady DutyState = "ready"
)

// DutyPart is one thing that a child-welfare summary says.
type DutyPart string

// The parts. DutyChildTold and DutyGuardianTold are "yes" or "no"; empty is not known.
const (
	DutyName         DutyPart = "name"
	DutyAge          DutyPart = "age"
	DutyPlace        DutyPart = "place" // where the child lives, or is now
	DutyContact      DutyPart = "contact"
	DutyGuardians    DutyPart = "guardians"
	DutyConcern      DutyPart = "concern"
	DutyDone         DutyPart = "done"
	DutyChildTold    DutyPart = "child"
	DutyChildWhy     DutyPart = "child_why" // why they were not told
	DutyGuardianTold DutyPart = "guardian"
	DutyGuardianWhy  DutyPart = "guardian_why"
	DutyBy           DutyPart = "by" // who notifies: name, work, how to reach them
)

// The answers of DutyChildTold and DutyGuardianTold.
const (
	DutyYes = "yes"
	DutyNo  = "no"
)

const (
	dutyKept = 7 * 24 * time.Hour
	// DutyShown is how long what was shown of a summary stays in a member's room.
	DutyShown = time.Hour
)

// most is how many letters a part may have. All together are fit for one message.
func (p DutyPart) most() int {
	switch p {
	case DutyConcern:
		return 2000
	case DutyDone:
		return 1000
	}
	return 500
}

// Duty is what staff have written down about a child for child welfare (in
// Finland the Child Welfare Act, section 25: the duty to notify comes before
// confidentiality). It is theirs alone: it is sealed, shown to who writes it and
// to who has the case, never in the staff room, and gone after a short time. The
// notification itself is made elsewhere, by a person.
type Duty struct {
	Case    CaseID
	Writer  MemberID
	State   DutyState
	Parts   map[DutyPart]string // sealed at rest; never nil
	Created time.Time
	Due     time.Time // when it is erased
}

// ShowDuty gives a ready summary to a member, to print, in their own room and
// nowhere else; DutyGone takes back what was given to them.
type (
	ShowDuty struct {
		Case   CaseID
		Member MemberID
	}
	DutyGone struct {
		Case   CaseID
		Member MemberID
	}
)

func (ShowDuty) effect() {}
func (DutyGone) effect() {}

// DutyMachine is what becomes of a child-welfare summary.
func DutyMachine() Machine[DutyState] {
	return Machine[DutyState]{
		Name:  "child-welfare summary",
		About: "What becomes of what staff write down for child welfare. Submit is that its writer has confirmed it, save that they change it again. It is deleted after some days, and with its case.",
		Moves: []Move[DutyState]{
			{"", StepBegin, DutyDraft},
			{DutyDraft, StepSubmit, DutyReady},
			{DutyReady, StepSave, DutyDraft},
		},
	}
}

// DutyParts are the parts, in their order.
func DutyParts() []DutyPart {
	return []DutyPart{
		DutyName, DutyAge, DutyPlace, DutyContact, DutyGuardians, DutyConcern, DutyDone,
		DutyChildTold, DutyChildWhy, DutyGuardianTold, DutyGuardianWhy, DutyBy,
	}
}

// Asks says whether a part is asked for, as the others are now: why somebody was
// not told is not asked when they were.
func (d *Duty) Asks(p DutyPart) bool {
	switch p {
	case DutyChildWhy:
		return d.Parts[DutyChildTold] == DutyNo
	case DutyGuardianWhy:
		return d.Parts[DutyGuardianTold] == DutyNo
	}
	return true
}

// Missing lists the parts without which a summary is none.
func (d *Duty) Missing() []DutyPart {
	var missing []DutyPart
	for _, p := range []DutyPart{DutyConcern, DutyBy} {
		if d.Parts[p] == "" {
			missing = append(missing, p)
		}
	}
	return missing
}

// BeginDuty begins the summary of a case that a staff member has claimed, or goes
// on with it; one that was ready becomes a draft again.
func (a *Act) BeginDuty(staff Member, id CaseID) (Duty, error) {
	c, err := a.dutyCase(staff, id)
	if err != nil {
		return Duty{}, err
	}
	d, found, err := a.duty(id)
	if err != nil {
		return d, err
	}
	switch {
	case !found:
		d = Duty{Case: id, Writer: staff.ID, Parts: map[DutyPart]string{}, Created: a.Now}
		err = DutyMachine().shift(&d.State, StepBegin)
	case d.State == DutyReady:
		err = DutyMachine().shift(&d.State, StepSave)
	}
	if err != nil {
		return d, err
	}
	if err := a.putDuty(&c, &d, staff); err != nil {
		return d, err
	}
	return d, a.audit(staff.ID, AuditDutyWrite, id)
}

// FillDuty says one part of a draft; "" takes it out.
func (a *Act) FillDuty(staff Member, id CaseID, part DutyPart, words string) (Duty, error) {
	c, d, err := a.dutyDraft(staff, id)
	if err != nil {
		return d, err
	}
	if !slices.Contains(DutyParts(), part) {
		return d, Refuse("duty.none", "number", int64(id))
	}
	if words, err = fit(words, part.most()); err != nil {
		return d, err
	}
	d.Parts[part] = words
	for _, p := range DutyParts() {
		if d.Parts[p] == "" || !d.Asks(p) {
			delete(d.Parts, p)
		}
	}
	return d, a.putDuty(&c, &d, staff)
}

// KeepDuty confirms a draft: it can be shown now, until its time is over.
func (a *Act) KeepDuty(staff Member, id CaseID) (Duty, error) {
	c, d, err := a.dutyDraft(staff, id)
	if err != nil {
		return d, err
	}
	if len(d.Missing()) > 0 {
		return d, Refuse("duty.missing", "parts", dutyNames(d.Missing()))
	}
	if err := DutyMachine().shift(&d.State, StepSubmit); err != nil {
		return d, err
	}
	if err := a.putDuty(&c, &d, staff); err != nil {
		return d, err
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: id, Text: T("duty.written_staff", "number", int64(id), "until", d.Due)})
	return d, a.audit(staff.ID, AuditDutyWrite, id)
}

func dutyNames(parts []DutyPart) []Text {
	names := make([]Text, len(parts))
	for i, p := range parts {
		names[i] = T("duty.part." + string(p))
	}
	return names
}

// DutyOf is the summary of a case as it stands, for the one who writes it.
func (a *Act) DutyOf(staff Member, id CaseID) (Duty, error) {
	c, _, err := a.caseAny(staff, id)
	if err != nil {
		return Duty{}, err
	}
	if _, err := a.canIn(staff, DoDuty, c.Programme, c.Unit); err != nil {
		return Duty{}, err
	}
	d, found, err := a.duty(id)
	if err != nil {
		return d, err
	}
	if !found || d.Writer != staff.ID && c.ClaimedBy != staff.ID {
		return Duty{}, Refuse("duty.none", "number", int64(id))
	}
	return d, nil
}

// GiveDuty gives a ready summary to who wrote it or has the case.
func (a *Act) GiveDuty(staff Member, id CaseID) (Duty, error) {
	d, err := a.DutyOf(staff, id)
	if err != nil {
		return d, err
	}
	if d.State != DutyReady {
		return d, Refuse("duty.none", "number", int64(id))
	}
	a.Do(ShowDuty{id, staff.ID})
	return d, a.audit(staff.ID, AuditDutyShow, id)
}

// EraseDuty erases a summary before its time.
func (a *Act) EraseDuty(staff Member, id CaseID) error {
	d, err := a.DutyOf(staff, id)
	if err != nil {
		return err
	}
	return a.eraseDuty(staff.ID, &d)
}

func (a *Act) eraseDuty(by MemberID, d *Duty) error {
	c, err := a.CaseOf(d.Case)
	if err != nil {
		return err
	}
	if err := a.Tx.DeleteDuty(d.Case); err != nil {
		return fmt.Errorf("delete child-welfare summary: %w", err)
	}
	for _, m := range slices.Compact([]MemberID{d.Writer, c.ClaimedBy}) {
		if m != 0 {
			a.Do(DutyGone{d.Case, m})
		}
	}
	return a.audit(by, AuditDutyErase, d.Case)
}

// dutyCase finds a case for which somebody may write a summary: one that they
// have claimed.
func (a *Act) dutyCase(staff Member, id CaseID) (Case, error) {
	c, _, err := a.claimed(staff, id)
	if err != nil {
		return c, err
	}
	_, err = a.canIn(staff, DoDuty, c.Programme, c.Unit)
	return c, err
}

// dutyDraft finds the draft of such a case.
func (a *Act) dutyDraft(staff Member, id CaseID) (Case, Duty, error) {
	c, err := a.dutyCase(staff, id)
	if err != nil {
		return c, Duty{}, err
	}
	d, found, err := a.duty(id)
	if err == nil && (!found || d.State != DutyDraft) {
		err = Refuse("duty.none", "number", int64(id))
	}
	return c, d, err
}

func (a *Act) duty(id CaseID) (d Duty, found bool, err error) {
	d, err = a.Tx.Duty(id)
	if errors.Is(err, ErrNotFound) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("child-welfare summary: %w", err)
	}
	return d, true, nil
}

func (a *Act) putDuty(c *Case, d *Duty, staff Member) error {
	d.Writer, d.Due = staff.ID, a.Now.Add(dutyKept)
	if keep := a.caseRules(c).Duty; keep > 0 {
		d.Due = a.Now.Add(keep)
	}
	if err := a.Tx.PutDuty(d); err != nil {
		return fmt.Errorf("put child-welfare summary: %w", err)
	}
	return nil
}

// dueDuties erases the summaries whose time is over.
func (a *Act) dueDuties() (more bool, err error) {
	due, err := a.Tx.DueDuties(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due child-welfare summaries: %w", err)
	}
	for i := range due {
		if err := a.eraseDuty(System, &due[i]); err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch, nil
}
