package mentoring

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	noteMax   = 2000 // letters
	caseSaid  = 4000
	remindAll = 3 // from this reminder on everybody is told
)

// Colleagues lists the memberships of all who may work on a case, but for who
// asks, and the members they belong to.
func (a *Act) Colleagues(staff Member, id CaseID) ([]Membership, []Member, error) {
	c, _, err := a.caseFor(staff, id)
	if err != nil {
		return nil, nil, err
	}
	var found []Membership
	var people []Member
	for _, role := range []Role{Coordinator, Admin} {
		list, err := a.Tx.MembershipsOf(c.Programme, role)
		if err != nil {
			return nil, nil, fmt.Errorf("memberships: %w", err)
		}
		for _, s := range list {
			known := slices.ContainsFunc(people, func(m Member) bool { return m.ID == s.Member })
			if s.Unit != c.Unit || s.Member == staff.ID || s.Member == c.Opener || known || !May([]Membership{s}, DoCase) {
				continue
			}
			m, err := a.Tx.Member(s.Member)
			if err != nil {
				return nil, nil, fmt.Errorf("member: %w", err)
			}
			found, people = append(found, s), append(people, m)
		}
	}
	return found, people, nil
}

// HandOn gives a case that a staff member has claimed to a colleague: the talk
// with the person ends, and the colleague begins another.
func (a *Act) HandOn(staff Member, id CaseID, to MembershipID) (Case, error) {
	c, _, err := a.claimed(staff, id)
	if err != nil {
		return Case{}, err
	}
	next, ok := CaseMachine().Next(c.State, StepHand)
	if !ok {
		return c, Refuse("case.not_claimed", "number", int64(id))
	}
	list, people, err := a.Colleagues(staff, id)
	if err != nil {
		return Case{}, err
	}
	i := slices.IndexFunc(list, func(s Membership) bool { return s.ID == to })
	if i < 0 {
		return Case{}, Refuse("case.no_such_colleague")
	}
	opener, err := a.Tx.Member(c.Opener)
	if err != nil {
		return Case{}, fmt.Errorf("member: %w", err)
	}
	if err := a.endTalks(c); err != nil {
		return Case{}, err
	}
	c.State, c.ClaimedBy, c.Joint = next, people[i].ID, 0
	talk, err := a.talkAbout(&c, opener, people[i], list[i])
	if err != nil {
		return Case{}, err
	}
	a.wait(&c, a.caseRules(&c).Finish)
	if err := a.putCase(&c); err != nil {
		return Case{}, err
	}
	number := int64(id)
	a.Do(ShowCase{id}, Notify{Member: people[i].ID, Text: T("case.handed_you", "number", number), Loud: true}, c.told("case.handed", "case.handed_quiet"))
	a.greet(&c, talk)
	return c, a.audit(staff.ID, AuditHand, id, people[i].ID, c.Talk)
}

// Reopen takes up a case again that was closed.
func (a *Act) Reopen(staff Member, id CaseID) (Case, error) {
	c, _, err := a.caseAny(staff, id)
	if err != nil {
		return Case{}, err
	}
	next, ok := CaseMachine().Next(c.State, StepReopen)
	if !ok {
		return Case{}, Refuse("case.not_closed", "number", int64(id))
	}
	if c.Outcome == OutcomeGone {
		return Case{}, Refuse("case.gone", "number", int64(id))
	}
	opener, err := a.Tx.Member(c.Opener)
	if err != nil {
		return Case{}, fmt.Errorf("member: %w", err)
	}
	about := string(c.Kind) + "/" + string(c.Outcome)
	if err := a.countIn(CountCasesClosed, c.Closed.In(a.zone()).Format("2006-01"), about, c.Programme, c.Unit, opener.Trial, -1); err != nil {
		return Case{}, err
	}
	c.State, c.ClaimedBy, c.Talk, c.Joint, c.Outcome, c.Closed = next, 0, 0, 0, "", time.Time{}
	a.wait(&c, a.caseRules(&c).Target[c.Kind])
	if err := a.putCase(&c); err != nil {
		return Case{}, err
	}
	a.Do(ShowCase{id}, Notify{Member: c.Opener, Text: T("case.reopened", "number", int64(id))})
	return c, a.audit(staff.ID, AuditReopen, id)
}

// AddNote keeps what staff write about a case, for staff.
func (a *Act) AddNote(staff Member, id CaseID, words string) error {
	c, _, err := a.caseAny(staff, id)
	if err != nil {
		return err
	}
	if words, err = fit(words, noteMax); err != nil {
		return err
	}
	if words == "" {
		return Refuse("case.note_how")
	}
	if err := a.Tx.PutNote(&Note{Case: c.ID, Author: staff.ID, Words: words, Created: a.Now}); err != nil {
		return fmt.Errorf("put note: %w", err)
	}
	return a.audit(staff.ID, AuditCaseNote, id)
}

// CaseFile is a case with what staff wrote about it.
type CaseFile struct {
	Case      Case
	Notes     []Note
	Snapshots int // how many messages the reporter gave
	Mine      bool
}

// ReadCase shows a case to staff.
func (a *Act) ReadCase(staff Member, id CaseID) (CaseFile, error) {
	c, _, err := a.caseAny(staff, id)
	if err != nil {
		return CaseFile{}, err
	}
	f := CaseFile{Case: c, Mine: c.ClaimedBy == staff.ID}
	if f.Notes, err = a.Tx.Notes(id); err != nil {
		return f, fmt.Errorf("notes: %w", err)
	}
	given, err := a.Tx.Snapshots(id)
	if err != nil {
		return f, fmt.Errorf("snapshots: %w", err)
	}
	for i := range given {
		f.Snapshots += len(given[i].Excerpts)
	}
	return f, nil
}

// CaseFilter chooses among cases; the zero value is those that are going on.
type CaseFilter struct {
	States  []CaseState // none: open and claimed
	Kind    CaseKind    // "": all
	Mine    bool        // claimed by who asks
	Overdue bool
}

// ListCases lists the cases that a staff member may work on, those that wait for
// longest first.
func (a *Act) ListCases(staff Member, f CaseFilter) ([]Case, error) {
	if err := a.can(staff, DoCase); err != nil {
		return nil, err
	}
	states := f.States
	if len(states) == 0 {
		states = []CaseState{CaseOpen, CaseClaimed}
	}
	list, err := a.Tx.Cases(states...)
	if err != nil {
		return nil, fmt.Errorf("cases: %w", err)
	}
	memberships, err := a.Tx.Memberships(staff.ID)
	if err != nil {
		return nil, fmt.Errorf("memberships: %w", err)
	}
	return slices.DeleteFunc(list, func(c Case) bool {
		return f.Kind != "" && c.Kind != f.Kind || f.Mine && c.ClaimedBy != staff.ID || f.Overdue && !c.Overdue(a.Now) ||
			!mayIn(memberships, DoCase, c.Programme, c.Unit)
	}), nil
}

func mayIn(list []Membership, do Action, p Programme, u Unit) bool {
	return slices.ContainsFunc(list, func(s Membership) bool {
		return s.Programme == p && s.Unit == u && May([]Membership{s}, do)
	})
}

// CaseHistory lists the other cases of whoever opened a case, and those that are
// about them; and the same of whom it is about.
func (a *Act) CaseHistory(staff Member, id CaseID) (opener, about []Case, err error) {
	c, _, err := a.caseAny(staff, id)
	if err != nil {
		return nil, nil, err
	}
	memberships, err := a.Tx.Memberships(staff.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("memberships: %w", err)
	}
	of := func(m MemberID) ([]Case, error) {
		if m == 0 {
			return nil, nil
		}
		list, err := a.Tx.CasesOf(m)
		if err != nil {
			return nil, fmt.Errorf("cases: %w", err)
		}
		return slices.DeleteFunc(list, func(o Case) bool {
			return o.ID == c.ID || !mayIn(memberships, DoCase, o.Programme, o.Unit)
		}), nil
	}
	if opener, err = of(c.Opener); err != nil {
		return nil, nil, err
	}
	about, err = of(c.About)
	return opener, about, err
}

// SayInCase finds out as which participant a staff member speaks to whoever
// opened a case, and checks what they say. Nothing else that is written in the
// staff room ever goes to them.
func (a *Act) SayInCase(staff Member, id CaseID, words string) (ParticipantID, error) {
	c, _, err := a.claimed(staff, id)
	if err != nil {
		return 0, err
	}
	number := int64(id)
	if c.Talk == 0 {
		return 0, Refuse("case.no_contact", "number", number)
	}
	talk, err := a.Tx.Conversation(c.Talk)
	if err != nil {
		return 0, fmt.Errorf("case conversation: %w", err)
	}
	me := talk.ByMember(staff.ID)
	if !talk.Live() || me == nil {
		return 0, Refuse("case.talk_over", "number", number)
	}
	switch said := strings.TrimSpace(words); {
	case said == "":
		return 0, Refuse("case.say_how")
	case len([]rune(said)) > caseSaid:
		return 0, Refuse("case.say_long", "max", caseSaid)
	}
	return me.ID, a.audit(staff.ID, AuditSay, id, talk.ID)
}

// dueWork does what time brings to staff: calls and cases.
func (a *Act) dueWork() (more bool, err error) {
	called, err := a.dueAlarms()
	if err != nil {
		return false, err
	}
	cases, err := a.dueCases()
	if err != nil {
		return false, err
	}
	duties, err := a.dueDuties()
	return called || cases || duties, err
}

// dueCases reminds of cases that wait for too long, and ends those that have been
// kept for long enough; more says that there may be more.
func (a *Act) dueCases() (more bool, err error) {
	if err := a.Tx.DropDrafts(0, a.Now.Add(-draftKept)); err != nil {
		return false, fmt.Errorf("drop drafts: %w", err)
	}
	due, err := a.Tx.DueCases(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due cases: %w", err)
	}
	for i := range due {
		c := &due[i]
		if c.State == CaseClosed {
			err = a.expireCase(c)
		} else {
			err = a.remind(c)
		}
		if err != nil {
			return false, err
		}
	}
	asked, err := a.Tx.DueJoints(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due joint talks: %w", err)
	}
	for i := range asked {
		if err := a.lapseJoint(&asked[i]); err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch || len(asked) == tickBatch, nil
}

// remind tells staff that a case waits: first in its thread, then in the room,
// then each of them in their own room, at most once a day.
func (a *Act) remind(c *Case) error {
	wait, key := a.caseRules(c).Target[c.Kind], "case.overdue"
	if c.State == CaseClaimed {
		wait, key = a.caseRules(c).Finish, "case.unfinished"
	}
	reminded := c.Reminded + 1
	if reminded >= remindAll {
		wait = max(wait, 24*time.Hour)
	}
	a.wait(c, wait)
	c.Reminded = reminded
	if err := a.Tx.PutCase(c); err != nil { // not putCase: nothing has changed in it
		return fmt.Errorf("put case: %w", err)
	}
	text := T(key, "number", int64(c.ID))
	line := TellStaff{Programme: c.Programme, Unit: c.Unit, Text: text, Loud: true}
	if reminded == 1 {
		line.Case = c.ID
	}
	a.Do(line)
	if reminded < remindAll {
		return nil
	}
	all, err := a.staffOf(c.Programme, c.Unit)
	if err != nil {
		return err
	}
	told := map[MemberID]bool{}
	for _, s := range all {
		if !told[s.Member] { // by another role
			told[s.Member] = true
			a.Do(Notify{Member: s.Member, Text: text, Loud: true})
		}
	}
	return nil
}

// expireCase forgets everything of a closed case but its number, kind and outcome.
func (a *Act) expireCase(c *Case) error {
	if err := CaseMachine().shift(&c.State, StepExpire); err != nil {
		return err
	}
	if err := a.hideSnapshots(c.ID); err != nil {
		return err
	}
	if err := a.Tx.DropCasework(c.ID); err != nil {
		return fmt.Errorf("drop casework: %w", err)
	}
	*c = Case{
		ID: c.ID, Kind: c.Kind, Programme: c.Programme, Unit: c.Unit, State: c.State, Outcome: c.Outcome,
		OpenerRole: c.OpenerRole, Created: c.Created, Closed: c.Closed,
	}
	if err := a.putCase(c); err != nil {
		return err
	}
	a.Do(ShowCase{c.ID})
	return a.audit(System, AuditExpire, c.ID)
}
