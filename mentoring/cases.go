package mentoring

import (
	"fmt"
	"strconv"
)

// CallStaff asks staff for help, out of a conversation if in is not zero. While
// the same person's case of the same kind is not closed, a further call is a
// line of that case.
//
// Anybody may call, also before they have joined: who is in danger is not asked
// for a nickname first.
func (a *Act) CallStaff(m Member, kind CaseKind, in ConversationID) (Case, error) {
	if err := a.can(m, DoCallStaff); err != nil {
		return Case{}, err
	}
	c := Case{Kind: kind, Opener: m.ID, Conversation: in, Created: a.Now, Changed: a.Now}
	if err := a.whereCalled(m, &c); err != nil {
		return Case{}, err
	}
	going, err := a.Tx.Cases(CaseOpen, CaseClaimed)
	if err != nil {
		return Case{}, fmt.Errorf("cases: %w", err)
	}
	line := TellStaff{Programme: c.Programme, Unit: c.Unit, Loud: kind == CaseUrgent}
	urgently := func(c Case) error {
		if kind != CaseUrgent || c.State != CaseOpen {
			return nil
		}
		return a.sound(c)
	}
	for _, g := range going {
		if g.Opener == m.ID && g.Kind == kind && g.Programme == c.Programme && g.Unit == c.Unit {
			line.Case, line.Text = g.ID, T("case.called_again", "number", int64(g.ID))
			a.Do(line)
			return g, urgently(g)
		}
	}
	if err := CaseMachine().shift(&c.State, StepCall); err != nil {
		return Case{}, err
	}
	if err := a.putCase(&c); err != nil {
		return Case{}, err
	}
	if err := a.countCase(CountCasesOpened, &c, "", m.Trial); err != nil {
		return Case{}, err
	}
	a.Do(ShowCase{c.ID})
	return c, urgently(c)
}

// whereCalled fills in whose staff a case is for, and as what the person calls.
func (a *Act) whereCalled(m Member, c *Case) error {
	if c.Conversation != 0 {
		conv, p, err := a.mine(m, c.Conversation)
		if err != nil {
			return err
		}
		c.Programme, c.Unit, c.OpenerRole = conv.Programme, conv.Unit, p.Role
		return nil
	}
	c.Programme, c.Unit, c.OpenerRole = DefaultProgramme, DefaultUnit, Mentee
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for _, s := range list {
		if s.State != Ended {
			c.Programme, c.Unit, c.OpenerRole = s.Programme, s.Unit, s.Role
			return nil
		}
	}
	return nil
}

func (a *Act) putCase(c *Case) error {
	c.Changed = a.Now
	if err := a.Tx.PutCase(c); err != nil {
		return fmt.Errorf("put case: %w", err)
	}
	return nil
}

// CaseOf finds a case by its number, for showing it.
func (a *Act) CaseOf(id CaseID) (Case, error) {
	c, err := a.Tx.Case(id)
	if err != nil {
		return c, missing(err, "case", Refuse("case.unknown", "number", int64(id)))
	}
	return c, nil
}

// caseFor finds a case that a staff member may work on, and the membership that
// lets them.
func (a *Act) caseFor(staff Member, id CaseID) (Case, Membership, error) {
	if err := a.can(staff, DoCase); err != nil {
		return Case{}, Membership{}, err
	}
	c, err := a.CaseOf(id)
	if err != nil {
		return c, Membership{}, err
	}
	s, err := a.canIn(staff, DoCase, c.Programme, c.Unit)
	if err != nil {
		return c, s, instead(err, Refuse("case.unknown", "number", int64(id)))
	}
	if c.State == CaseClosed {
		return c, s, Refuse("case.closed_already", "number", int64(id))
	}
	return c, s, nil
}

// Claim takes a case on and opens a conversation with the person who called,
// each under an alias.
func (a *Act) Claim(staff Member, id CaseID) (Case, error) {
	c, as, err := a.caseFor(staff, id)
	if err != nil {
		return Case{}, err
	}
	number := int64(id)
	if c.ClaimedBy == staff.ID {
		return c, Refuse("case.yours_already", "number", number)
	}
	next, ok := CaseMachine().Next(c.State, StepClaim)
	if !ok {
		return c, Refuse("case.claimed_already", "number", number)
	}
	if c.Opener == staff.ID {
		return c, Refuse("case.own", "number", number)
	}
	opener, err := a.Tx.Member(c.Opener)
	if err != nil {
		return Case{}, fmt.Errorf("member: %w", err)
	}
	talk, err := a.caseTalk(c, opener, staff, as)
	if err != nil {
		return Case{}, err
	}
	c.State, c.ClaimedBy, c.Talk = next, staff.ID, talk.ID
	if err := a.putCase(&c); err != nil {
		return Case{}, err
	}
	a.Do(ShowCase{id}, Notify{Member: c.Opener, Text: T("case.claimed", "number", number)})
	for i, key := range []string{"case.hello", "case.hello_staff"} {
		p := talk.Participants[i]
		a.Do(OpenLeg{p.ID}, Tell{p.ID, T(key, "number", number, "alias", talk.Aliases(p.ID))})
	}
	return c, a.audit(staff.ID, AuditClaim, id, talk.ID)
}

// caseTalk makes the conversation between the person who called and staff.
func (a *Act) caseTalk(c Case, opener, staff Member, as Membership) (*Conversation, error) {
	theirs, ours := opener.Alias, staff.Alias
	if theirs == "" { // called before they had a nickname: the number will do
		theirs = "#" + strconv.FormatInt(int64(c.ID), 10)
	}
	if ours == "" {
		ours = a.Rules.StaffAlias
	}
	list, err := a.Tx.Memberships(opener.ID)
	if err != nil {
		return nil, fmt.Errorf("memberships: %w", err)
	}
	var of MembershipID
	for _, s := range list {
		if s.Role == c.OpenerRole && s.Programme == c.Programme && s.Unit == c.Unit {
			of = s.ID
		}
	}
	talk := &Conversation{
		Kind: KindCase, Programme: c.Programme, Unit: c.Unit, Case: c.ID, Trial: opener.Trial, Created: a.Now,
		Participants: []Participant{
			{Number: 1, Member: opener.ID, Membership: of, Role: c.OpenerRole, Alias: theirs, Presence: NotAsked},
			{Number: 2, Member: staff.ID, Membership: as.ID, Role: as.Role, Alias: ours, Presence: NotAsked},
		},
	}
	if err := ConversationMachine().shift(&talk.State, StepClaim); err != nil {
		return nil, err
	}
	for i := range talk.Participants {
		if err := PresenceMachine().shift(&talk.Participants[i].Presence, StepAsk); err != nil {
			return nil, err
		}
	}
	return talk, a.putConversation(talk)
}

// ReleaseCase gives a claimed case back; the talk ends and whoever claims next
// begins another.
func (a *Act) ReleaseCase(staff Member, id CaseID) (Case, error) {
	c, _, err := a.caseFor(staff, id)
	if err != nil {
		return Case{}, err
	}
	return a.release(staff.ID, c)
}

func (a *Act) release(by MemberID, c Case) (Case, error) {
	number := int64(c.ID)
	next, ok := CaseMachine().Next(c.State, StepRelease)
	if !ok {
		return c, Refuse("case.not_claimed", "number", number)
	}
	if err := a.endTalk(c); err != nil {
		return c, err
	}
	c.State, c.ClaimedBy, c.Talk = next, 0, 0
	if err := a.putCase(&c); err != nil {
		return c, err
	}
	a.Do(
		ShowCase{c.ID},
		TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: T("case.released_staff", "number", number)},
		Notify{Member: c.Opener, Text: T("case.released", "number", number)},
	)
	if c.Kind == CaseUrgent {
		if err := a.sound(c); err != nil {
			return c, err
		}
	}
	return c, a.audit(by, AuditRelease, c.ID)
}

// CloseCase closes a case, ends its conversation and tells the person.
func (a *Act) CloseCase(staff Member, id CaseID) (Case, error) {
	c, _, err := a.caseFor(staff, id)
	if err != nil {
		return Case{}, err
	}
	if err := CaseMachine().shift(&c.State, StepClose); err != nil {
		return Case{}, err
	}
	if err := a.endTalk(c); err != nil {
		return Case{}, err
	}
	if err := a.putCase(&c); err != nil {
		return Case{}, err
	}
	if err := a.countClosed(&c, OutcomeNone); err != nil {
		return Case{}, err
	}
	a.Do(ShowCase{id}, Notify{Member: c.Opener, Text: T("case.closed", "number", int64(id))})
	return c, a.audit(staff.ID, AuditClose, id)
}

// endTalk ends the conversation of a case if it is going on.
func (a *Act) endTalk(c Case) error {
	if c.Talk == 0 {
		return nil
	}
	talk, err := a.Tx.Conversation(c.Talk)
	if err != nil {
		return fmt.Errorf("case conversation: %w", err)
	}
	if !talk.Live() {
		return nil
	}
	return a.finish(talk, StepWithdraw, 0, "chat.ended")
}
