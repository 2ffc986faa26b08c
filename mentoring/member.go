package mentoring

import "time"

// Identifiers of stored things. Zero means "not stored yet".
type (
	MemberID       int64
	MembershipID   int64
	ConversationID int64
	ParticipantID  int64
	CaseID         int64
	StaffRoomID    int64
)

// Programme is a service model with its own texts, topics and rules; Unit is an
// organisation's part of it. Only one of each is offered for now, but every
// row that belongs to a programme carries both.
type (
	Programme string
	Unit      string
)

// DefaultProgramme and DefaultUnit are the only ones offered for now.
const (
	DefaultProgramme Programme = "mentoring"
	DefaultUnit      Unit      = "main"
)

// Language is a language tag of the locale package ("fi", "sv", "en"); empty
// until the person has chosen.
type Language string

// JoinState says how far a person's joining has come.
type JoinState string

// The states of joining, in order; see docs/states.md.
const (
	JoinNew      JoinState = "new"      // known by address only; language not chosen
	JoinAge      JoinState = "age"      // asked whether old enough
	JoinConsent  JoinState = "consent"  // asked to consent to the handling of data
	JoinNickname JoinState = "nickname" // asked for a nickname
	JoinDone     JoinState = "joined"
	JoinUnderage JoinState = "underage" // said to be too young; may answer again
	JoinDeclined JoinState = "declined" // said no to the data handling; may answer again
	// JoinForgotten is somebody who did not finish joining in time: the row is
	// about to go. If they come again before it has, they start anew.
	JoinForgotten JoinState = "forgotten"
	// JoinErasing is somebody who is being deleted; JoinErased what is left of
	// them: a number, to which ended conversations and closed cases still refer.
	JoinErasing JoinState = "erasing"
	JoinErased  JoinState = "erased"
)

// Member is a person Silta knows. Roles are never a field here: they are
// memberships, and one person may hold several.
type Member struct {
	ID       MemberID
	Address  string // the real Matrix ID; sealed at rest, shown to nobody
	Language Language
	Alias    string // nickname: the default alias for new conversations; sealed at rest
	Join     JoinState
	Consent  int // version of the consent text that was accepted; 0 = none
	// ConsentAt is when; the zero time if never.
	ConsentAt time.Time
	Trial     bool // counted apart in every figure; sees and meets others on trial only
	// Unit and Topic are what a professional who referred the person said: where
	// they become a mentee, and which mentors they are shown first.
	Unit  Unit
	Topic string
	// Account is AccountOurs when the person's account at the homeserver was made
	// here, and ends with them; sealed at rest. Empty: it is their own.
	Account string
	Created time.Time
	// Changed is the last sign of a person: a step of joining, or anything they
	// wrote to the bot; of a member the day of it only. Warned is when they were
	// told since then that they will be forgotten.
	Changed, Warned time.Time
}

// AccountOurs is the account of a member for whom the service made one.
const AccountOurs = "ours"

// Joined says whether the person has finished joining.
func (m *Member) Joined() bool { return m.Join == JoinDone }
