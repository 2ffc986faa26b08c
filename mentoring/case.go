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

// CaseKinds lists all of them.
func CaseKinds() []CaseKind { return []CaseKind{CaseHelp, CaseUrgent, CaseReport, CaseSupport} }

// CaseState is open → claimed → closed → expired (claimed → open by release,
// closed → open by reopen).
type CaseState string

// The states of a case; see docs/states.md.
const (
	CaseOpen    CaseState = "open"
	CaseClaimed CaseState = "claimed"
	CaseClosed  CaseState = "closed"
	// CaseExpired is what is left of a case: its number, kind and outcome.
	CaseExpired CaseState = "expired"
)

// Outcome is how a case ended.
type Outcome string

// The outcomes.
const (
	OutcomeHelped      Outcome = "helped"      // the person was helped here
	OutcomeGuided      Outcome = "guided"      // they were guided to help elsewhere
	OutcomeMeasure     Outcome = "measure"     // something was done about somebody
	OutcomeNothing     Outcome = "nothing"     // there was nothing to do
	OutcomeUnreachable Outcome = "unreachable" // the person did not answer
	OutcomeMistake     Outcome = "mistake"     // called by mistake
	OutcomeGone        Outcome = "gone"        // the person was deleted
)

// Outcomes are those that staff choose from.
func Outcomes() []Outcome {
	return []Outcome{OutcomeHelped, OutcomeGuided, OutcomeMeasure, OutcomeNothing, OutcomeUnreachable, OutcomeMistake}
}

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

	About MemberID // who a report is about; 0: nobody
	// Reason is why somebody reports, in their words; sealed at rest, gone when
	// the case expires.
	Reason string
	// Contact says that whoever opened the case agrees to be talked with about it.
	Contact bool
	Outcome Outcome        // once closed
	Joint   ConversationID // the joint conversation, once all have agreed
	// Due is when time does something with the case: a reminder while it is open
	// or claimed, the end when it is closed. Reminded is how often it has.
	Due      time.Time
	Reminded int
	Closed   time.Time
}

// Overdue says whether a case waits for longer than its kind should.
func (c *Case) Overdue(now time.Time) bool {
	return (c.State == CaseOpen || c.State == CaseClaimed) && (c.Reminded > 0 || !c.Due.IsZero() && !c.Due.After(now))
}

// Note is what staff write for each other about a case. It never leaves the
// staff's own rooms, and goes with the case.
type Note struct {
	ID      int64
	Case    CaseID
	Author  MemberID
	Words   string // sealed at rest
	Created time.Time
}

// CaseRules are the settings of cases.
type CaseRules struct {
	// Target is by when somebody should have claimed a case, by its kind; Finish by
	// when a claimed one should be closed. 0: nobody is reminded.
	Target map[CaseKind]time.Duration
	Finish time.Duration
	// Keep is from a case's end until nothing but its number and outcome is left.
	Keep time.Duration
	// Guest is how long an outside professional takes part, unless said otherwise.
	Guest time.Duration
	// Duty is for how long a child-welfare summary is kept.
	Duty time.Duration
}

const (
	caseKept  = 90 * 24 * time.Hour // design §8
	guestTime = 2 * time.Hour
)

// StaffRoom is a moderation room. It shows the work; authority comes from the
// member's role.
type StaffRoom struct {
	ID        StaffRoomID
	Programme Programme
	Unit      Unit
}
