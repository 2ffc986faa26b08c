package mentoring

import "time"

// CardState is the state of a mentor card; see docs/states.md.
type CardState string

// draft → submitted → approved; an edit of the words goes back to submitted.
const (
	CardDraft     CardState = "draft"
	CardSubmitted CardState = "submitted"
	CardApproved  CardState = "approved"
)

// HelperKind is the fixed label of feature F12; staff set it, never the helper.
type HelperKind string

// The helper kinds.
const (
	HelperPeer         HelperKind = "peer"
	HelperVolunteer    HelperKind = "volunteer"
	HelperProfessional HelperKind = "professional"
)

// HelperKinds lists them.
func HelperKinds() []HelperKind { return []HelperKind{HelperPeer, HelperVolunteer, HelperProfessional} }

// Gender is what a card may say of it; empty when it says nothing.
type Gender string

// The genders that a card can name.
const (
	Woman       Gender = "woman"
	Man         Gender = "man"
	OtherGender Gender = "other"
)

// Genders lists them.
func Genders() []Gender { return []Gender{Woman, Man, OtherGender} }

// Card is what a mentee sees of a mentor. All of its words are sealed at rest.
type Card struct {
	Membership MembershipID
	State      CardState
	Alias      string
	AgeBand    string // "18–24", "25–34" … never a birth year
	Area       string
	Story      string // at most 2,000 characters
	Topics     []string
	Languages  []Language
	Gender     Gender
	Kind       HelperKind
	Status     string // at most 280 characters
	Updated    time.Time
}

// Availability is what a mentor has said of their time.
type Availability struct {
	Membership MembershipID
	Capacity   int // open conversations at most
	Away       bool
	AwayUntil  time.Time // zero: until `back`
	AwayText   string    // sealed at rest
	Hours      Hours     // when they read messages; none: whenever
	FreeUntil  time.Time // said to be free until then, whatever the hours
	Ceiling    int       // set by staff: Capacity is at most that; 0: none of their own
}

// Listing is one mentor as the catalogue needs them.
type Listing struct {
	Membership   Membership
	Card         Card
	Availability Availability
	Open         int       // conversations that are placed or going on
	Since        time.Time // first shown to mentees

	words     []string // of the card, as they are searched; made when first needed
	areaWords []string
}
