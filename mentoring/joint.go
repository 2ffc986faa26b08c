package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// JointID identifies a [Joint].
type JointID int64

// JointState is the state of a joint talk; see docs/states.md.
type JointState string

// asked → agreed, declined, lapsed or withdrawn.
const (
	JointAsked     JointState = "asked"
	JointAgreed    JointState = "agreed"
	JointDeclined  JointState = "declined"
	JointLapsed    JointState = "lapsed"
	JointWithdrawn JointState = "withdrawn" // the case was closed or given to others
)

// ConsentAnswer is what somebody said.
type ConsentAnswer int

// The answers.
const (
	NoAnswer ConsentAnswer = iota
	Agrees
	Declines
)

// Consent is one person's answer to the question of a joint talk.
type Consent struct {
	Member MemberID
	Menu   int64 // that they are asked under
	Answer ConsentAnswer
}

// Joint is the question whether to talk with staff together: a person and the
// peer of their conversation, or a person and an outside professional. Whoever
// opened the case is asked first, since the other would learn from the question
// that they turned to staff; only when they agree the other is asked.
type Joint struct {
	ID       JointID
	Case     CaseID
	Guest    MembershipID  // an outside professional; 0: the peer of the conversation
	Length   time.Duration // 0: until somebody ends it
	State    JointState
	Due      time.Time // when it lapses
	Created  time.Time
	Consents []Consent
}

// ShowJoint makes the card of a question in a member's own room, or says on it
// how it stands now.
type ShowJoint struct {
	Joint JointID
	Menu  int64
}

func (ShowJoint) effect() {}

// jointWait is how long people have to answer.
const jointWait = 72 * time.Hour

// JointMachine is what becomes of the question of a joint talk.
func JointMachine() Machine[JointState] {
	return Machine[JointState]{
		Name:  "joint talk",
		About: "What becomes of the question whether to talk with staff together. Accept is the last one's yes; withdraw is that the case was closed or given to others.",
		Moves: []Move[JointState]{
			{"", StepAsk, JointAsked},
			{JointAsked, StepAccept, JointAgreed},
			{JointAsked, StepDecline, JointDeclined},
			{JointAsked, StepLapse, JointLapsed},
			{JointAsked, StepWithdraw, JointWithdrawn},
		},
	}
}

// Guests lists the outside professionals that can be asked to take part in a case.
func (a *Act) Guests(staff Member, id CaseID) ([]Membership, []Member, error) {
	c, _, err := a.claimed(staff, id)
	if err != nil {
		return nil, nil, err
	}
	list, err := a.Tx.MembershipsOf(c.Programme, Professional)
	if err != nil {
		return nil, nil, fmt.Errorf("memberships: %w", err)
	}
	var found []Membership
	var people []Member
	for _, s := range list {
		if s.State != Active || s.Member == c.Opener || s.Member == staff.ID {
			continue
		}
		m, err := a.Tx.Member(s.Member)
		if err != nil {
			return nil, nil, fmt.Errorf("member: %w", err)
		}
		found, people = append(found, s), append(people, m)
	}
	return found, people, nil
}

// AskJoint asks whether to talk together: with the peer of the conversation that
// the case was opened from, or with a guest, for a time.
func (a *Act) AskJoint(staff Member, id CaseID, guest MembershipID, length time.Duration) error {
	c, _, err := a.claimed(staff, id)
	if err != nil {
		return err
	}
	if !c.Contact || c.Talk == 0 {
		return Refuse("case.no_contact", "number", int64(id))
	}
	if err := a.jointFree(&c); err != nil {
		return err
	}
	j := Joint{Case: id, Guest: guest, Length: length, Due: a.Now.Add(jointWait), Created: a.Now}
	if guest != 0 && length <= 0 {
		if j.Length = a.caseRules(&c).Guest; j.Length <= 0 {
			j.Length = guestTime
		}
	}
	if _, err := a.jointOther(&c, &j); err != nil {
		return err
	}
	if err := JointMachine().shift(&j.State, StepAsk); err != nil {
		return err
	}
	if err := a.askNext(&j, c.Opener); err != nil {
		return err
	}
	return a.audit(staff.ID, AuditAskJoint, id)
}

// jointFree refuses while people talk together already, or are asked to.
func (a *Act) jointFree(c *Case) error {
	if c.Joint != 0 {
		talk, err := a.Tx.Conversation(c.Joint)
		if err != nil {
			return fmt.Errorf("joint conversation: %w", err)
		}
		if talk.Live() {
			return Refuse("joint.going_on", "number", int64(c.ID))
		}
	}
	asked, err := a.Tx.JointsOf(c.ID)
	if err != nil {
		return fmt.Errorf("joint talks: %w", err)
	}
	if slices.ContainsFunc(asked, func(j Joint) bool { return j.State == JointAsked }) {
		return Refuse("joint.asked_already", "number", int64(c.ID))
	}
	return nil
}

// jointOther is who takes part besides the person and staff: as in the
// conversation that the case is about, or a guest.
func (a *Act) jointOther(c *Case, j *Joint) (Participant, error) {
	cannot := Refuse("joint.nobody", "number", int64(c.ID))
	if j.Guest != 0 {
		s, err := a.Tx.Membership(j.Guest)
		if err != nil {
			return Participant{}, missing(err, "membership", cannot)
		}
		m, err := a.Tx.Member(s.Member)
		if err != nil {
			return Participant{}, fmt.Errorf("member: %w", err)
		}
		if s.Role != Professional || s.State != Active || s.Programme != c.Programme || m.Alias == "" {
			return Participant{}, cannot
		}
		return Participant{Member: s.Member, Membership: s.ID, Role: s.Role, Alias: m.Alias}, nil
	}
	if c.Conversation == 0 {
		return Participant{}, cannot
	}
	conv, err := a.Tx.Conversation(c.Conversation)
	if err != nil {
		return Participant{}, fmt.Errorf("conversation: %w", err)
	}
	other := conv.otherThan(c.Opener)
	if len(conv.Participants) != 2 || other == nil || other.Alias == "" || other.Presence == Removed {
		return Participant{}, cannot
	}
	apart, err := a.Tx.Blocked(c.Opener, other.Member)
	if err != nil {
		return Participant{}, fmt.Errorf("blocked: %w", err)
	}
	if apart {
		return Participant{}, cannot
	}
	return Participant{Member: other.Member, Membership: other.Membership, Role: other.Role, Alias: other.Alias}, nil
}

// askNext asks one more person.
func (a *Act) askNext(j *Joint, m MemberID) error {
	menu := a.Tx.NewID()
	j.Consents = append(j.Consents, Consent{Member: m, Menu: menu})
	if err := a.putJoint(j); err != nil {
		return err
	}
	a.Do(ShowJoint{j.ID, menu})
	return nil
}

func (a *Act) putJoint(j *Joint) error {
	if j.State != JointAsked {
		j.Due = time.Time{}
	}
	if err := a.Tx.PutJoint(j); err != nil {
		return fmt.Errorf("put joint talk: %w", err)
	}
	return nil
}

// JointCard is what a person is told who is asked.
type JointCard struct {
	Joint Joint
	Case  Case
	// First says that the person opened the case. With is who the third would be,
	// Peer what the person who asks is called in the conversation of both.
	First, Waits bool
	With, Peer   string
	Guest        bool
}

// ReadJoint gives what a person is asked under a menu.
func (a *Act) ReadJoint(m MemberID, menu int64) (JointCard, error) {
	j, err := a.Tx.JointUnder(m, menu)
	if err != nil {
		return JointCard{}, fmt.Errorf("joint talk: %w", err)
	}
	c, err := a.Tx.Case(j.Case)
	if err != nil {
		return JointCard{}, fmt.Errorf("case: %w", err)
	}
	card := JointCard{Joint: j, Case: c, First: c.Opener == m, Guest: j.Guest != 0}
	for _, consent := range j.Consents {
		card.Waits = card.Waits || consent.Menu == menu && consent.Answer == NoAnswer && j.State == JointAsked
	}
	if !card.Waits {
		return card, nil
	}
	other, err := a.jointOther(&c, &j)
	if err != nil {
		return card, unrefused(err)
	}
	card.With = other.Alias
	if !card.First && !card.Guest {
		conv, err := a.Tx.Conversation(c.Conversation)
		if err != nil {
			return card, fmt.Errorf("conversation: %w", err)
		}
		if p := conv.ByMember(c.Opener); p != nil {
			card.Peer = p.Alias
		}
	}
	return card, nil
}

// AnswerJoint is a person saying yes or no to what they are asked under a menu;
// 0: what they were asked last. The last yes makes the conversation.
func (a *Act) AnswerJoint(m Member, menu int64, yes bool) error {
	var j Joint
	var err error
	if menu != 0 {
		j, err = a.Tx.JointUnder(m.ID, menu)
	} else {
		j, err = a.Tx.JointOf(m.ID)
	}
	over := Refuse("joint.over_already")
	if err != nil {
		return missing(err, "joint talk", over)
	}
	i := slices.IndexFunc(j.Consents, func(c Consent) bool { return c.Member == m.ID && c.Answer == NoAnswer })
	if i < 0 || j.State != JointAsked {
		return over
	}
	c, err := a.Tx.Case(j.Case)
	if err != nil {
		return fmt.Errorf("case: %w", err)
	}
	if c.State != CaseClaimed {
		return over
	}
	if !yes {
		j.Consents[i].Answer = Declines
		return a.endJoint(&j, &c, StepDecline, "joint.declined_staff")
	}
	other, err := a.jointOther(&c, &j)
	if err != nil {
		return instead(err, over)
	}
	j.Consents[i].Answer = Agrees
	a.Do(ShowJoint{j.ID, j.Consents[i].Menu})
	if m.ID == c.Opener {
		return a.askNext(&j, other.Member)
	}
	if err := JointMachine().shift(&j.State, StepAccept); err != nil {
		return err
	}
	if err := a.putJoint(&j); err != nil {
		return err
	}
	return a.beginJoint(&j, &c, other)
}

// endJoint ends a question without a talk. Staff learn that not everybody agreed,
// not who did not.
func (a *Act) endJoint(j *Joint, c *Case, by Step, toStaff string) error {
	if err := JointMachine().shift(&j.State, by); err != nil {
		return err
	}
	if err := a.putJoint(j); err != nil {
		return err
	}
	for _, consent := range j.Consents {
		a.Do(ShowJoint{j.ID, consent.Menu})
	}
	if toStaff != "" {
		a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: T(toStaff, "number", int64(c.ID))})
	}
	return nil
}

func (a *Act) lapseJoint(j *Joint) error {
	c, err := a.Tx.Case(j.Case)
	if err != nil {
		return fmt.Errorf("case: %w", err)
	}
	return a.endJoint(j, &c, StepLapse, "joint.declined_staff")
}

// withdrawJoints takes back what people were asked about a case.
func (a *Act) withdrawJoints(id CaseID) error {
	asked, err := a.Tx.JointsOf(id)
	if err != nil {
		return fmt.Errorf("joint talks: %w", err)
	}
	for i := range asked {
		if asked[i].State != JointAsked {
			continue
		}
		if err := a.endJoint(&asked[i], &Case{ID: id}, StepWithdraw, ""); err != nil {
			return err
		}
	}
	return nil
}

// beginJoint makes the conversation of three. The one with staff alone and the
// one with the peer go on.
func (a *Act) beginJoint(j *Joint, c *Case, other Participant) error {
	talk, err := a.Tx.Conversation(c.Talk)
	if err != nil {
		return fmt.Errorf("case conversation: %w", err)
	}
	person, staff := talk.ByMember(c.Opener), talk.ByMember(c.ClaimedBy)
	if person == nil || staff == nil {
		return errors.New("a case's conversation without its people")
	}
	first := Participant{Member: person.Member, Membership: person.Membership, Role: person.Role, Alias: person.Alias}
	if j.Guest == 0 { // known to each other by the aliases of their own conversation
		conv, err := a.Tx.Conversation(c.Conversation)
		if err != nil {
			return fmt.Errorf("conversation: %w", err)
		}
		first.Alias = conv.ByMember(c.Opener).Alias
	}
	third := Participant{Member: staff.Member, Membership: staff.Membership, Role: staff.Role, Alias: staff.Alias}
	all := &Conversation{
		Kind: KindJoint, Programme: c.Programme, Unit: c.Unit, Case: c.ID, Trial: talk.Trial, Created: a.Now,
		Participants: []Participant{first, other, third},
	}
	if j.Length > 0 {
		all.Due = a.Now.Add(j.Length)
	}
	if err := ConversationMachine().shift(&all.State, StepClaim); err != nil {
		return err
	}
	for i := range all.Participants {
		p := &all.Participants[i]
		p.Number, p.Presence = i+1, NotAsked
		if err := PresenceMachine().shift(&p.Presence, StepAsk); err != nil {
			return err
		}
	}
	if err := a.putConversation(all); err != nil {
		return err
	}
	c.Joint = all.ID
	if err := a.putCase(c); err != nil {
		return err
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: T("joint.begun_staff", "number", int64(c.ID))})
	for i := range all.Participants {
		p := &all.Participants[i]
		a.Do(OpenLeg{p.ID})
		hello := T("joint.hello", "alias", all.Aliases(p.ID))
		if !all.Due.IsZero() {
			hello = T("joint.hello_until", "alias", all.Aliases(p.ID), "until", all.Due)
		}
		a.Do(Tell{p.ID, hello})
	}
	return nil
}

// jointOver ends a joint conversation whose time is up.
func (a *Act) jointOver(c *Conversation) error {
	if err := a.finish(c, StepWithdraw, 0, "joint.time_up"); err != nil {
		return err
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.Case, Text: T("joint.over_staff", "number", int64(c.Case))})
	return nil
}
