package mentoring

import (
	"fmt"
	"slices"
	"strconv"
	"time"
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
	c := Case{Kind: kind, Opener: m.ID, Conversation: in, Contact: true, Created: a.Now, Changed: a.Now}
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
	if err := a.openCase(&c); err != nil {
		return Case{}, err
	}
	return c, urgently(c)
}

// openCase makes a case of what has been filled in.
func (a *Act) openCase(c *Case) error {
	if err := CaseMachine().shift(&c.State, StepCall); err != nil {
		return err
	}
	a.wait(c, a.caseRules(c).Target[c.Kind])
	if err := a.putCase(c); err != nil {
		return err
	}
	a.Do(ShowCase{c.ID})
	opener, err := a.Tx.Member(c.Opener)
	if err != nil {
		return fmt.Errorf("member: %w", err)
	}
	return a.countCase(CountCasesOpened, c, "", opener.Trial)
}

func (a *Act) caseRules(c *Case) *CaseRules { return &a.Rules.Programme(c.Programme).Cases }

// wait begins a time in which something should happen; 0: nobody is reminded.
func (a *Act) wait(c *Case, d time.Duration) {
	c.Due, c.Reminded = time.Time{}, 0
	if d > 0 {
		c.Due = a.Now.Add(d)
	}
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
		if s.State != Ended && (c.Kind != CaseSupport || s.Role == Mentor) { // support is for mentors, whatever else they are
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

// told is a text to whoever opened a case: as it is when they agreed to be
// talked with, else the quiet one.
func (c *Case) told(key, quiet string) Notify {
	if !c.Contact {
		key = quiet
	}
	return Notify{Member: c.Opener, Text: T(key, "number", int64(c.ID))}
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
	c, s, err := a.caseAny(staff, id)
	if err == nil && c.State == CaseClosed {
		err = Refuse("case.closed_already", "number", int64(id))
	}
	return c, s, err
}

// caseAny is caseFor for a case that may be closed, too.
func (a *Act) caseAny(staff Member, id CaseID) (Case, Membership, error) {
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
	if c.State == CaseExpired {
		return c, s, Refuse("case.expired", "number", int64(id))
	}
	return c, s, nil
}

// claimed finds a case that a staff member has claimed themself.
func (a *Act) claimed(staff Member, id CaseID) (Case, Membership, error) {
	c, s, err := a.caseFor(staff, id)
	if err == nil && c.ClaimedBy != staff.ID {
		err = Refuse("case.claim_first", "number", int64(id))
	}
	return c, s, err
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
	c.State, c.ClaimedBy = next, staff.ID
	talk, err := a.talkAbout(&c, opener, staff, as)
	if err != nil {
		return Case{}, err
	}
	a.wait(&c, a.caseRules(&c).Finish)
	if err := a.putCase(&c); err != nil {
		return Case{}, err
	}
	a.Do(ShowCase{id}, c.told("case.claimed", "case.claimed_quiet"))
	a.greet(&c, talk)
	return c, a.audit(staff.ID, AuditClaim, id, c.Talk)
}

// talkAbout makes the conversation about a case, if whoever opened it agrees to
// one; nil: they do not.
func (a *Act) talkAbout(c *Case, opener, staff Member, as Membership) (*Conversation, error) {
	c.Talk = 0
	if !c.Contact {
		return nil, nil
	}
	talk, err := a.caseTalk(*c, opener, staff, as)
	if err == nil {
		c.Talk = talk.ID
	}
	return talk, err
}

// greet asks both into their conversation.
func (a *Act) greet(c *Case, talk *Conversation) {
	if talk == nil {
		return
	}
	for i, key := range []string{"case.hello", "case.hello_staff"} {
		p := talk.Participants[i]
		a.Do(OpenLeg{p.ID}, Tell{p.ID, T(key, "number", int64(c.ID), "alias", talk.Aliases(p.ID))})
	}
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
	if err := a.endTalks(c); err != nil {
		return c, err
	}
	c.State, c.ClaimedBy, c.Talk, c.Joint = next, 0, 0, 0
	a.wait(&c, a.caseRules(&c).Target[c.Kind])
	if err := a.putCase(&c); err != nil {
		return c, err
	}
	a.Do(
		ShowCase{c.ID},
		TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: T("case.released_staff", "number", number)},
		c.told("case.released", "case.released_quiet"),
	)
	if c.Kind == CaseUrgent {
		if err := a.sound(c); err != nil {
			return c, err
		}
	}
	return c, a.audit(by, AuditRelease, c.ID)
}

// CloseCase closes a case with its outcome, ends its conversations and tells the
// person.
func (a *Act) CloseCase(staff Member, id CaseID, outcome Outcome) (Case, error) {
	c, _, err := a.caseFor(staff, id)
	if err != nil {
		return Case{}, err
	}
	if !slices.Contains(Outcomes(), outcome) {
		return Case{}, Refuse("case.which_outcome")
	}
	if err := a.shut(&c, outcome); err != nil {
		return Case{}, err
	}
	a.Do(ShowCase{id}, Notify{Member: c.Opener, Text: T("case.closed", "number", int64(id))})
	return c, a.audit(staff.ID, AuditClose, id)
}

// shut closes a case, with all that was going on in it. What was shown of a
// snapshot is taken away from the staff room again.
func (a *Act) shut(c *Case, outcome Outcome) error {
	if err := CaseMachine().shift(&c.State, StepClose); err != nil {
		return err
	}
	if err := a.endTalks(*c); err != nil {
		return err
	}
	if err := a.hideSnapshots(c.ID); err != nil {
		return err
	}
	c.Outcome, c.Closed = outcome, a.Now
	keep := a.caseRules(c).Keep
	if keep <= 0 {
		keep = caseKept
	}
	a.wait(c, keep)
	if err := a.putCase(c); err != nil {
		return err
	}
	return a.countClosed(c, string(outcome))
}

// endTalks ends the conversations of a case that are going on, and takes back
// what people were asked.
func (a *Act) endTalks(c Case) error {
	for _, id := range []ConversationID{c.Talk, c.Joint} {
		if id == 0 {
			continue
		}
		talk, err := a.Tx.Conversation(id)
		if err != nil {
			return fmt.Errorf("case conversation: %w", err)
		}
		if !talk.Live() {
			continue
		}
		if err := a.finish(talk, StepWithdraw, 0, "chat.ended"); err != nil {
			return err
		}
	}
	return a.withdrawJoints(c.ID)
}
