package mentoring

import (
	"errors"
	"fmt"
)

// Action is something that a person may want to do; the rows of [Policy].
type Action string

// The actions.
const (
	DoBrowse    Action = "browse"     // see the mentors
	DoChoose    Action = "choose"     // begin a conversation with a mentor
	DoTalk      Action = "talk"       // see own conversations, come back to them, end them, block
	DoCallStaff Action = "call staff" // `staff`, `urgent`, `report`
	DoCard      Action = "card"       // write one's own mentor card
	DoAnswer    Action = "answer"     // take a mentee who asks whoever is free
	DoSay       Action = "say"        // say a canned text in a conversation
	DoCanned    Action = "canned"     // keep the canned texts
	DoGuide     Action = "guide"      // read the orientation guide
	DoAway      Action = "away"       // away, back, status
	DoLoad      Action = "load"       // the load: mentors their own, staff everybody's
	// DoAttend is to see and answer what is set up for supervision, DoSupervise to
	// set it up.
	DoAttend     Action = "attend supervision"
	DoSupervise  Action = "set up supervision"
	DoInvite     Action = "invite"      // invite mentors, make codes for them
	DoRefer      Action = "refer"       // give codes to people, see which were used
	DoJudgeCard  Action = "judge card"  // approve a card or give it back
	DoSeeMentors Action = "see mentors" // the list of mentors with their states
	DoMoveMentor Action = "move mentor" // pause, resume, end
	// DoOpenJoining is to open and close joining.
	DoOpenJoining Action = "open joining"
	DoCase        Action = "case"        // claim, release and close cases
	DoDuty        Action = "duty"        // write a child-welfare summary
	DoTotp        Action = "totp"        // have one-time codes
	DoAudit       Action = "audit"       // read the audit
	DoMeasure     Action = "measure"     // warn, suspend, ban, and lift these
	DoSeeTopics   Action = "see topics"  // the list of topics with its numbers
	DoStats       Action = "stats"       // figures of what is over, for staff
	DoFigures     Action = "figures"     // figures of what is over, to give away
	DoTopics      Action = "topics"      // keep the list of topics
	DoQuestions   Action = "questions"   // answer questions, say when one wants them; give feedback
	DoQuestion    Action = "question"    // write questions, read feedback
	DoTexts       Action = "texts"       // rewrite the texts of the service
	DoServices    Action = "services"    // keep the directory of help elsewhere
	DoAnnounce    Action = "announce"    // tell many people something
	DoUsers       Action = "users"       // the list of people, and one of them
	DoRoles       Action = "roles"       // give and take the roles of staff
	DoUndo        Action = "undo"        // take back what one did last
	DoCodesign    Action = "codesign"    // the co-design group
	DoBreakGlass  Action = "break glass" // ask to read more than was reported, and allow it to another
	DoReveal      Action = "reveal"      // ask who somebody is, and allow it to another
)

// Grant says in which states of a membership its role allows an action.
type Grant string

// The grants, narrowest first.
const (
	No          Grant = ""
	WhenActive  Grant = "active" // active only
	WhenListed  Grant = "listed" // active or paused
	WhenMember  Grant = "member" // invited to paused, that is not suspended or ended
	WhenAnybody Grant = "any"    // whatever the state; also without a membership
)

func (g Grant) allows(s MembershipState) bool {
	switch g {
	case WhenActive:
		return s == Active
	case WhenListed:
		return s == Active || s == Paused
	case WhenMember:
		return s != Suspended && s != Ended
	}
	return g == WhenAnybody
}

// Rule is one row of the policy.
type Rule struct {
	Action Action
	// Joined: the person must have finished joining, with the consent text that
	// is shown now.
	Joined bool
	Grants [6]Grant // by the order of Roles
}

// Roles are the columns of the policy.
func Roles() [6]Role {
	return [6]Role{Mentee, Mentor, Professional, Coordinator, Admin, Evaluator}
}

// Policy is who may do what: one table, role × action. What a person may do is
// what any one of their memberships allows. Being in a staff room allows nothing.
func Policy() []Rule {
	const (
		no, act, lst, mem, any = No, WhenActive, WhenListed, WhenMember, WhenAnybody
	)
	return []Rule{
		//                       mentee mentor prof. coord. admin eval.
		{DoBrowse, true, [6]Grant{act, mem, act, act, act, no}},
		{DoChoose, true, [6]Grant{act, lst, no, no, no, no}},
		{DoTalk, false, [6]Grant{any, any, any, any, any, any}},
		{DoCallStaff, false, [6]Grant{any, any, any, any, any, any}},
		{DoCard, true, [6]Grant{no, mem, no, no, no, no}},
		{DoAnswer, true, [6]Grant{no, act, no, no, no, no}},
		{DoGuide, true, [6]Grant{no, mem, no, no, no, no}},
		{DoAway, true, [6]Grant{no, lst, no, no, no, no}},
		{DoLoad, false, [6]Grant{no, lst, no, act, act, no}},
		{DoAttend, false, [6]Grant{no, act, no, act, act, no}},
		{DoSupervise, false, [6]Grant{no, no, no, act, act, no}},
		{DoInvite, false, [6]Grant{no, no, no, act, act, no}},
		{DoRefer, false, [6]Grant{no, no, act, act, act, no}},
		{DoJudgeCard, false, [6]Grant{no, no, no, act, act, no}},
		{DoSeeMentors, false, [6]Grant{no, no, no, act, act, no}},
		{DoMoveMentor, false, [6]Grant{no, no, no, act, act, no}},
		{DoOpenJoining, false, [6]Grant{no, no, no, act, act, no}},
		{DoStats, false, [6]Grant{no, no, no, act, act, no}},
		{DoFigures, false, [6]Grant{no, no, no, act, act, act}},
		{DoSeeTopics, false, [6]Grant{no, mem, no, act, act, no}},
		{DoSay, false, [6]Grant{no, lst, act, act, act, no}},
		{DoCanned, false, [6]Grant{no, no, no, act, act, no}},
		{DoTopics, false, [6]Grant{no, no, no, act, act, no}},
		{DoMeasure, false, [6]Grant{no, no, no, act, act, no}},
		{DoQuestions, true, [6]Grant{act, mem, act, no, no, no}},
		{DoQuestion, false, [6]Grant{no, no, no, act, act, no}},
		{DoTexts, false, [6]Grant{no, no, no, act, act, no}},
		{DoServices, false, [6]Grant{no, no, no, act, act, no}},
		{DoAnnounce, false, [6]Grant{no, no, no, act, act, no}},
		{DoUsers, false, [6]Grant{no, no, no, act, act, no}},
		{DoRoles, false, [6]Grant{no, no, no, no, act, no}},
		{DoUndo, false, [6]Grant{no, no, no, act, act, no}},
		{DoCodesign, true, [6]Grant{act, mem, act, act, act, no}},
		{DoCase, false, [6]Grant{no, no, no, act, act, no}},
		{DoDuty, false, [6]Grant{no, no, no, act, act, no}},
		{DoTotp, false, [6]Grant{no, no, no, act, act, no}},
		{DoBreakGlass, false, [6]Grant{no, no, no, act, act, no}},
		{DoReveal, false, [6]Grant{no, no, no, act, act, no}},
		{DoAudit, false, [6]Grant{no, no, no, act, act, no}},
	}
}

// May says whether any of the memberships allows the action.
func May(memberships []Membership, action Action) bool {
	for _, rule := range Policy() {
		if rule.Action != action {
			continue
		}
		for i, role := range Roles() {
			if rule.Grants[i] == WhenAnybody {
				return true
			}
			for _, m := range memberships {
				if m.Role == role && rule.Grants[i].allows(m.State) {
					return true
				}
			}
		}
	}
	return false
}

func needsJoining(action Action) bool {
	for _, rule := range Policy() {
		if rule.Action == action {
			return rule.Joined
		}
	}
	return true
}

// can refuses unless the member may do the action in some programme and unit.
func (a *Act) can(m Member, action Action) error {
	_, err := a.allowed(m, action, func(Membership) bool { return true })
	return err
}

// canIn refuses unless the member may do the action in that programme and unit,
// and returns the membership that allows it.
func (a *Act) canIn(m Member, action Action, p Programme, u Unit) (Membership, error) {
	return a.allowed(m, action, func(s Membership) bool { return s.Programme == p && s.Unit == u })
}

func (a *Act) allowed(m Member, action Action, where func(Membership) bool) (Membership, error) {
	if needsJoining(action) {
		if !m.Joined() {
			return Membership{}, Refuse("join.first")
		}
		if a.NeedsConsent(m) {
			return Membership{}, Refuse("join.consent_first")
		}
	}
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return Membership{}, fmt.Errorf("memberships: %w", err)
	}
	for _, s := range list {
		if where(s) && May([]Membership{s}, action) {
			return s, nil
		}
	}
	if May(nil, action) {
		return Membership{}, nil
	}
	return Membership{}, Refuse("not_allowed")
}

// IsStaff says whether the member may work on cases anywhere.
func (a *Act) IsStaff(m Member) (bool, error) {
	err := a.can(m, DoCase)
	if _, refused := errors.AsType[*Refusal](err); refused {
		return false, nil
	}
	return err == nil, err
}

// instead gives another refusal for a refusal, and leaves a fault as it is.
func instead(err error, refusal *Refusal) error {
	if _, refused := errors.AsType[*Refusal](err); refused {
		return refusal
	}
	return err
}

// unrefused leaves faults only.
func unrefused(err error) error {
	if _, refused := errors.AsType[*Refusal](err); refused {
		return nil
	}
	return err
}

// missing turns "there is no such row" into a refusal and wraps faults.
func missing(err error, what string, refusal *Refusal) error {
	if errors.Is(err, ErrNotFound) {
		return refusal
	}
	return fmt.Errorf("%s: %w", what, err)
}
