package mentoring

import "time"

// Role is what a member is in one programme and unit.
type Role string

// The roles (features.md T7).
const (
	Mentee       Role = "mentee"
	Mentor       Role = "mentor"
	Professional Role = "professional"
	Coordinator  Role = "coordinator"
	Admin        Role = "admin"
	Evaluator    Role = "evaluator" // sees figures only
)

// MembershipState is the state of a membership; see docs/states.md.
type MembershipState string

// invited → training → active ⇄ paused → ended. A mentee is active from the
// start; suspended is laid on top by staff and ends in the state before.
const (
	Invited   MembershipState = "invited"
	Training  MembershipState = "training"
	Active    MembershipState = "active"
	Paused    MembershipState = "paused"
	Suspended MembershipState = "suspended"
	Ended     MembershipState = "ended"
)

// Membership is member × programme × unit × role × state.
type Membership struct {
	ID        MembershipID
	Member    MemberID
	Programme Programme
	Unit      Unit
	Role      Role
	State     MembershipState
	Created   time.Time
	// FirstMessage is when the person first wrote to another participant in a
	// conversation of this membership; zero until then (feature I1).
	FirstMessage time.Time
	// Wrote is a day on which the person wrote in a conversation of this
	// membership: the first such day of the week or month in which they last did.
	Wrote time.Time
}
