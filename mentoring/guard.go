package mentoring

// Guard finds in a text what tells who or where somebody is, or how to reach
// them outside of the service (feature C13). It is a pure function of the text.
type Guard interface {
	// Find returns what it found, in order, without overlaps.
	Find(text string) []Finding
}

// Finding is one contact in a text.
type Finding struct {
	Kind ContactKind
	// Start and End are byte positions in the text that was searched; both are
	// at the edge of a character.
	Start, End int
}

// ContactKind says what a finding is.
type ContactKind string

// The kinds of contact.
const (
	ContactPhone    ContactKind = "phone"
	ContactEmail    ContactKind = "email"
	ContactIdentity ContactKind = "identity" // a personal identity code
	ContactAddress  ContactKind = "address"  // of a home
	ContactHandle   ContactKind = "handle"   // a name in some social medium
	ContactMatrix   ContactKind = "matrix"   // a Matrix ID, a room, a link to one
	ContactLink     ContactKind = "link"
)

// ContactKinds lists all of them.
func ContactKinds() []ContactKind {
	return []ContactKind{ContactPhone, ContactEmail, ContactIdentity, ContactAddress, ContactHandle, ContactMatrix, ContactLink}
}
