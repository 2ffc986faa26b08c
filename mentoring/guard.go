package mentoring

import (
	"fmt"
	"slices"
)

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

// GuardPolicy says what becomes of a message in which a contact was found.
type GuardPolicy string

// The policies. Warn is what a programme has unless it says otherwise: nothing
// goes on unasked, and a matcher that errs (a crisis line it does not know, the
// code of a course) can silence nobody.
const (
	GuardOff   GuardPolicy = "off"
	GuardWarn  GuardPolicy = "warn"  // its writer is asked; meanwhile it steps aside
	GuardHide  GuardPolicy = "hide"  // it goes on without the contact, and its writer is told
	GuardBlock GuardPolicy = "block" // it is refused
)

// GuardPolicies lists all of them.
func GuardPolicies() []GuardPolicy {
	return []GuardPolicy{GuardOff, GuardWarn, GuardHide, GuardBlock}
}

// GuardOf is the policy for what a role writes. Staff give their own numbers
// knowingly.
func (p *ProgrammeRules) GuardOf(role Role) GuardPolicy {
	if policy, ok := p.Guard[role]; ok {
		return policy
	}
	if role == Mentee || role == Mentor {
		return GuardWarn
	}
	return GuardOff
}

// kindsText names kinds of contact, each once.
func kindsText(kinds []ContactKind) []Text {
	var names []Text
	for _, k := range ContactKinds() {
		if slices.Contains(kinds, k) {
			names = append(names, T("guard.kind."+string(k)))
		}
	}
	return names
}

// ContactsText is a text with {what}: the kinds that were found, each once.
func ContactsText(key string, kinds []ContactKind) Text { return T(key, "what", kindsText(kinds)) }

// RefuseContacts refuses what has contacts in it; see [ContactsText].
func RefuseContacts(key string, kinds []ContactKind) *Refusal {
	return &Refusal{Text: ContactsText(key, kinds)}
}

// Guarding says what becomes of a message of a participant's in which contacts
// of these kinds were found. To staff alone a person may give their number: it
// may be needed to help them.
func (a *Act) Guarding(from ParticipantID, found []ContactKind) (GuardPolicy, error) {
	if len(found) == 0 {
		return GuardOff, nil
	}
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return GuardOff, missing(err, "conversation", Refuse("chat.unknown"))
	}
	me := c.Participant(from)
	peers := false
	for _, p := range c.Participants {
		peers = peers || p.ID != from && (p.Role == Mentee || p.Role == Mentor)
	}
	if me == nil || !peers {
		return GuardOff, nil
	}
	return a.Rules.Programme(c.Programme).GuardOf(me.Role), nil
}

// ContactsFound counts kinds of contact that were found in one message, by the
// role of its writer. Nothing else of it is kept.
func (a *Act) ContactsFound(from ParticipantID, found []ContactKind) error {
	for _, k := range ContactKinds() {
		if !slices.Contains(found, k) {
			continue
		}
		if err := a.countContacts(from, CountContacts, string(k)); err != nil {
			return err
		}
	}
	return nil
}

// The counters of the guard. About is the kind of contact, or what became of the
// message, and the role of its writer, joined by "/".
const (
	CountContacts        CounterName = "contacts"
	CountContactsDecided CounterName = "contacts_decided"
)

func (a *Act) countContacts(from ParticipantID, name CounterName, what string) error {
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	return a.countAbout(name, what+"/"+string(c.Participant(from).Role), c.Programme, c.Unit, c.Trial)
}

// noContacts refuses texts for others in which a contact is found: they are
// asked for again, never held.
func (a *Act) noContacts(p Programme, role Role, texts ...string) error {
	if a.Rules.Guard == nil || a.Rules.Programme(p).GuardOf(role) == GuardOff {
		return nil
	}
	var kinds []ContactKind
	for _, text := range texts {
		for _, f := range a.Rules.Guard.Find(text) {
			kinds = append(kinds, f.Kind)
		}
	}
	if len(kinds) > 0 {
		return RefuseContacts("guard.in_text", kinds)
	}
	return nil
}
