package mentoring

import "time"

// CaseKind says what staff are asked for.
type CaseKind string

// The kinds of case.
const (
	CaseHelp   CaseKind = "help"   // `staff`
	CaseUrgent CaseKind = "urgent" // `urgent`
	CaseReport CaseKind = "report" // `report`
	// CaseSupport is a mentor who wants to talk something over with staff or a
	// colleague: `support`.
	CaseSupport CaseKind = "support"
	// CaseAppeal is somebody who wants a measure about them looked at again.
	CaseAppeal CaseKind = "appeal"
)

// CaseState is open → claimed → closed (and claimed → open by release).
type CaseState string

// The states of a case; see docs/states.md.
const (
	CaseOpen    CaseState = "open"
	CaseClaimed CaseState = "claimed"
	CaseClosed  CaseState = "closed"
)

// Case is a report, a call for help or an urgent call, as staff see it. People
// know it by its ID, which is its number.
type Case struct {
	ID           CaseID
	Kind         CaseKind
	Programme    Programme
	Unit         Unit
	State        CaseState
	Opener       MemberID
	OpenerRole   Role
	Conversation ConversationID // where it was called from, if in one
	ClaimedBy    MemberID
	Talk         ConversationID // the case conversation, once claimed
	Created      time.Time
	Changed      time.Time
}

// StaffRoom is a moderation room. It shows the work; authority comes from the
// member's role.
type StaffRoom struct {
	ID        StaffRoomID
	Programme Programme
	Unit      Unit
}
