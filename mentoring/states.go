package mentoring

import "fmt"

// Step is a thing that happens to something with a state. The names are those
// of docs/states.md.
type Step string

// Move says that a step takes something from one state to another. An empty
// From is the beginning.
type Move[S ~string] struct {
	From S
	By   Step
	To   S
}

// Machine is a state table as data: what is not in Moves cannot happen. There
// is at most one move for a state and a step.
type Machine[S ~string] struct {
	Name  string
	About string // one sentence for docs/states.md
	Moves []Move[S]
}

// Next returns the state that a step leads to; ok is false when the step is not
// possible there.
func (m Machine[S]) Next(from S, by Step) (to S, ok bool) {
	for _, v := range m.Moves {
		if v.From == from && v.By == by {
			return v.To, true
		}
	}
	return from, false
}

// shift makes the step, or says that the table has no such move. Use cases that
// can meet an impossible step in real life ask Next first and refuse; shift is
// for where it would be a fault of ours.
func (m Machine[S]) shift(state *S, by Step) error {
	to, ok := m.Next(*state, by)
	if !ok {
		return fmt.Errorf("%s: no %q from state %q", m.Name, by, *state)
	}
	*state = to
	return nil
}

// The steps of the machines.
const (
	StepMeet         Step = "meet"
	StepForget       Step = "forget"
	StepDelete       Step = "delete"
	StepLanguage     Step = "language"
	StepVouched      Step = "language, invited by staff"
	StepVouch        Step = "invited by staff"
	StepOldEnough    Step = "old enough"
	StepTooYoung     Step = "too young"
	StepConsent      Step = "consent"
	StepConsentAgain Step = "consent again"
	StepDecline      Step = "decline"
	StepNickname     Step = "nickname"

	StepJoin    Step = "join"
	StepEnlist  Step = "enlist"
	StepInvite  Step = "invite"
	StepPrepare Step = "prepare"
	StepApprove Step = "approve"
	StepList    Step = "list"
	StepPause   Step = "pause"
	StepResume  Step = "resume"
	StepLeave   Step = "leave"
	StepEnd     Step = "end"

	StepSave    Step = "save"
	StepSubmit  Step = "submit"
	StepReturn  Step = "return"
	StepPublish Step = "publish"
	StepKind    Step = "kind"  // of the history only: staff set the helper kind
	StepMerge   Step = "merge" // of the history only: staff merged topics

	StepChoose   Step = "choose"
	StepSpeak    Step = "speak"
	StepBlock    Step = "block"
	StepExpire   Step = "expire"
	StepWithdraw Step = "withdraw"
	StepWarn     Step = "warn"
	StepEmpty    Step = "empty"
	StepErase    Step = "erase"

	StepGather Step = "gather"
	StepPlan   Step = "plan"
	StepBegin  Step = "begin"
	StepOver   Step = "is over"
	StepCancel Step = "cancel"
	StepShow   Step = "show up"
	StepLetOff Step = "let off"

	StepAccept Step = "accept"
	StepLapse  Step = "lapse"
	StepReveal Step = "show"
	StepDefer  Step = "defer"

	StepAsk    Step = "ask"
	StepArrive Step = "arrive"
	StepDepart Step = "depart"
	StepRefuse Step = "refuse"
	StepLose   Step = "lose"
	StepRemove Step = "remove"
	StepMove   Step = "move"

	StepSuspend Step = "suspend"
	StepImpose  Step = "impose"
	StepSettle  Step = "settle"
	StepLift    Step = "lift"

	StepCall    Step = "call"
	StepClaim   Step = "claim"
	StepRelease Step = "release"
	StepClose   Step = "close"
	StepHand    Step = "hand on"
	StepReopen  Step = "reopen"

	StepGive Step = "give"
)

// JoinMachine is how a person joins. Whoever staff have invited is not asked
// their age.
func JoinMachine() Machine[JoinState] {
	return Machine[JoinState]{
		Name:  "joining",
		About: "How a person joins. Whoever staff have invited (a mentor, staff) is not asked their age. Forget is for who does not finish in time and has no membership; meet is coming to the bot. Delete is for good: when everything is gone nothing but a number is left of the person.",
		Moves: []Move[JoinState]{
			{"", StepMeet, JoinNew},
			{JoinNew, StepLanguage, JoinAge},
			{JoinNew, StepVouched, JoinConsent},
			{JoinAge, StepVouch, JoinConsent},
			{JoinUnderage, StepVouch, JoinConsent},
			{JoinAge, StepOldEnough, JoinConsent},
			{JoinAge, StepTooYoung, JoinUnderage},
			{JoinUnderage, StepOldEnough, JoinConsent},
			{JoinUnderage, StepTooYoung, JoinUnderage},
			{JoinConsent, StepConsent, JoinNickname},
			{JoinConsent, StepDecline, JoinDeclined},
			{JoinDeclined, StepConsent, JoinNickname},
			{JoinDeclined, StepConsentAgain, JoinDone},
			{JoinDeclined, StepDecline, JoinDeclined},
			{JoinNickname, StepNickname, JoinDone},
			{JoinDone, StepNickname, JoinDone},
			{JoinDone, StepConsentAgain, JoinDone},
			{JoinDone, StepDecline, JoinDeclined},
			{JoinNew, StepForget, JoinForgotten},
			{JoinAge, StepForget, JoinForgotten},
			{JoinUnderage, StepForget, JoinForgotten},
			{JoinConsent, StepForget, JoinForgotten},
			{JoinDeclined, StepForget, JoinForgotten},
			{JoinNickname, StepForget, JoinForgotten},
			{JoinForgotten, StepMeet, JoinNew},
			{JoinNew, StepDelete, JoinErasing},
			{JoinAge, StepDelete, JoinErasing},
			{JoinUnderage, StepDelete, JoinErasing},
			{JoinConsent, StepDelete, JoinErasing},
			{JoinDeclined, StepDelete, JoinErasing},
			{JoinNickname, StepDelete, JoinErasing},
			{JoinDone, StepDelete, JoinErasing},
			{JoinErasing, StepErase, JoinErased},
		},
	}
}

// MembershipMachine is what becomes of a membership.
func MembershipMachine() Machine[MembershipState] {
	return Machine[MembershipState]{
		Name:  "membership",
		About: "What becomes of a membership. A mentee begins with join, staff with enlist, a mentor with invite; prepare is a step of the guide, a note of staff or the card, list is staff showing the mentor to mentees (with approve, when nothing is missing); leave is a staff member going out of the staff room; suspend is a measure of staff, and lift its end.",
		Moves: []Move[MembershipState]{
			{"", StepJoin, Active},
			{"", StepEnlist, Active},
			{"", StepInvite, Invited},
			{Invited, StepPrepare, Training},
			{Training, StepPrepare, Training},
			{Active, StepPrepare, Active},
			{Paused, StepPrepare, Paused},
			{Training, StepApprove, Training},
			{Training, StepList, Active},
			{Active, StepApprove, Active},
			{Paused, StepApprove, Paused},
			{Active, StepPause, Paused},
			{Paused, StepResume, Active},
			{Active, StepLeave, Paused},
			{Paused, StepEnlist, Active},
			{Active, StepEnlist, Active},
			{Invited, StepEnd, Ended},
			{Training, StepEnd, Ended},
			{Active, StepEnd, Ended},
			{Paused, StepEnd, Ended},
			{Suspended, StepEnd, Ended},
			{Invited, StepSuspend, Suspended},
			{Training, StepSuspend, Suspended},
			{Active, StepSuspend, Suspended},
			{Paused, StepSuspend, Suspended},
			{Suspended, StepLiftTo(Invited), Invited},
			{Suspended, StepLiftTo(Training), Training},
			{Suspended, StepLiftTo(Active), Active},
			{Suspended, StepLiftTo(Paused), Paused},
		},
	}
}

// StepLiftTo is the end of a suspension of a membership that was in that state
// before.
func StepLiftTo(s MembershipState) Step { return StepLift + ", was " + Step(s) }

// MeasureMachine is what becomes of a measure.
func MeasureMachine() Machine[MeasureState] {
	return Machine[MeasureState]{
		Name:  "measure",
		About: "What becomes of a warning, a suspension or a ban. It is in force from impose to lift; settle comes ten minutes after impose, and only then do conversations end because of it.",
		Moves: []Move[MeasureState]{
			{"", StepImpose, MeasureFresh},
			{MeasureFresh, StepSettle, MeasureStanding},
			{MeasureFresh, StepLift, MeasureLifted},
			{MeasureStanding, StepLift, MeasureLifted},
		},
	}
}

// CardMachine is what becomes of a mentor card.
func CardMachine() Machine[CardState] {
	return Machine[CardState]{
		Name:  "card",
		About: "What becomes of a mentor card. Save counts here only when the words have changed; publish is save or submit where the programme asks for no approval.",
		Moves: []Move[CardState]{
			{"", StepSave, CardDraft},
			{CardDraft, StepSave, CardDraft},
			{CardSubmitted, StepSave, CardSubmitted},
			{CardApproved, StepSave, CardSubmitted},
			{CardApproved, StepPublish, CardApproved},
			{CardDraft, StepSubmit, CardSubmitted},
			{CardDraft, StepPublish, CardApproved},
			{CardSubmitted, StepApprove, CardApproved},
			{CardSubmitted, StepReturn, CardDraft},
		},
	}
}

// ConversationMachine is what becomes of a conversation, whatever its kind.
func ConversationMachine() Machine[ConversationState] {
	return Machine[ConversationState]{
		Name:  "conversation",
		About: "What becomes of a conversation. A mentoring conversation begins with choose, one with staff with claim, the mentors' group with gather. Erase is that one of its people is deleted.",
		Moves: []Move[ConversationState]{
			{"", StepChoose, Placed},
			{"", StepClaim, Open},
			{"", StepGather, Open},
			{Placed, StepSpeak, Open},
			{Open, StepSpeak, Open},
			{Placed, StepExpire, Expired},
			{Placed, StepWithdraw, Expired},
			{Placed, StepEnd, Expired},
			{Placed, StepBlock, Expired},
			{Open, StepEnd, Closed},
			{Open, StepBlock, Closed},
			{Open, StepWithdraw, Closed},
			{Closed, StepBlock, Closed},
			{Expired, StepBlock, Expired},
			{Fading, StepBlock, Fading},
			{Closed, StepWarn, Fading},
			{Fading, StepEmpty, Emptied},
			{Expired, StepEmpty, Emptied},
			{Placed, StepErase, Emptied},
			{Open, StepErase, Emptied},
			{Closed, StepErase, Emptied},
			{Expired, StepErase, Emptied},
			{Fading, StepErase, Emptied},
		},
	}
}

// HandOverMachine is what becomes of the question how a mentee wants to go on
// when their mentor does not.
func HandOverMachine() Machine[HandOverState] {
	return Machine[HandOverState]{
		Name:  "hand-over",
		About: "What becomes of the question to a mentee whose mentor does not go on. They are reminded after a day; after three staff are told (lapse), and they can still answer.",
		Moves: []Move[HandOverState]{
			{"", StepAsk, HandOverAsked},
			{HandOverAsked, StepAccept, HandOverAccepted},
			{HandOverAsked, StepDecline, HandOverDeclined},
			{HandOverAsked, StepLapse, HandOverLapsed},
			{HandOverLapsed, StepAccept, HandOverAccepted},
			{HandOverLapsed, StepDecline, HandOverDeclined},
			{HandOverDeclined, StepAsk, HandOverAsked},
			{HandOverAccepted, StepAsk, HandOverAsked},
			{HandOverLapsed, StepAsk, HandOverAsked},
		},
	}
}

// PresenceMachine is whether a participant can read the conversation.
func PresenceMachine() Machine[Presence] {
	return Machine[Presence]{
		Name:  "presence",
		About: "Whether a participant can read the conversation now. Steps that are not listed change nothing and nobody is told.",
		Moves: []Move[Presence]{
			{"", StepChoose, NotAsked},
			{NotAsked, StepAsk, Asked},
			{Asked, StepArrive, Here},
			{Away, StepArrive, Here},
			{Here, StepDepart, Away},
			{Asked, StepDepart, Away},
			{Asked, StepRefuse, Away},
			{Here, StepLose, Away},
			{Asked, StepLose, Away},
			{Asked, StepMove, Asked},
			{Here, StepMove, Asked},
			{NotAsked, StepRemove, Removed},
			{Asked, StepRemove, Removed},
			{Here, StepRemove, Removed},
			{Away, StepRemove, Removed},
		},
	}
}

// CaseMachine is what becomes of a case.
func CaseMachine() Machine[CaseState] {
	return Machine[CaseState]{
		Name:  "case",
		About: "What becomes of a case. A second call of the same kind goes to the case that is not closed yet; a second report of the same conversation, too. Of an expired case its number, kind and outcome are left.",
		Moves: []Move[CaseState]{
			{"", StepCall, CaseOpen},
			{CaseOpen, StepCall, CaseOpen},
			{CaseClaimed, StepCall, CaseClaimed},
			{CaseOpen, StepClaim, CaseClaimed},
			{CaseClaimed, StepRelease, CaseOpen},
			{CaseOpen, StepClose, CaseClosed},
			{CaseClaimed, StepClose, CaseClosed},
			{CaseClaimed, StepHand, CaseClaimed},
			{CaseClosed, StepReopen, CaseOpen},
			{CaseClosed, StepExpire, CaseExpired},
		},
	}
}
