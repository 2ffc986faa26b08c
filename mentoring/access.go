package mentoring

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What the audit has of accesses.
const (
	AuditAskRead     AuditAction = "ask_read"
	AuditAskReveal   AuditAction = "ask_reveal"
	AuditDefer       AuditAction = "defer"
	AuditAllowRead   AuditAction = "allow_read"
	AuditAllowReveal AuditAction = "allow_reveal"
	AuditConsent     AuditAction = "consent" // a mentee lets staff read
	AuditDeny        AuditAction = "deny"
	AuditRead        AuditAction = "read"
	AuditAlias       AuditAction = "alias"
	AuditReveal      AuditAction = "reveal"
	AuditTold        AuditAction = "told"  // somebody learns later that they were named
	AuditLapse       AuditAction = "lapse" // nobody decided about an access
)

// AccessID identifies an [Access].
type AccessID int64

func (id AccessID) subject() string { return fmt.Sprint("access ", int64(id)) }

// AccessKind is what a staff member wants to see.
type AccessKind string

// The kinds of access.
const (
	AccessRead     AccessKind = "read"     // more of a conversation than was reported
	AccessIdentity AccessKind = "identity" // who somebody really is
)

// AccessState is the state of an access; see docs/states.md.
type AccessState string

// The states of an access. What is over has none: only the audit knows of it.
const (
	AccessAsked   AccessState = "asked"   // waits for the yes of a second person
	AccessGranted AccessState = "granted" // is being made ready
	AccessShown   AccessState = "shown"   // can be seen until Due
	AccessSecret  AccessState = "secret"  // was seen; the person is told when Due comes
)

// Access is a staff member's request to see what nobody sees otherwise: more of a
// reported conversation, or who somebody is. One asks with a written reason, which
// only the audit keeps; a second one says yes; it is shown to the one who asked
// alone, for a short time; and whoever it was about is told.
type Access struct {
	ID           AccessID
	Kind         AccessKind
	Case         CaseID
	Conversation ConversationID // that is to be read
	Member       MemberID       // who is to be named
	Asker        MemberID
	Second       MemberID // who said yes
	State        AccessState
	Days         int  // how far back it may be read
	OfMentee     bool // the mentee was asked for consent
	// Deferred is after how many days the person is told; 0: at once.
	Deferred int
	Created  time.Time
	Due      time.Time // see AccessState; of an asked one: when it lapses
}

// The limits of an access.
const (
	accessReasonMin = 20   // letters
	accessReasonMax = 1000 // letters
	accessDaysMax   = 7
	accessDeferMax  = 90 // days
	accessWaits     = 24 * time.Hour
	// accessShown is how long what was shown stays readable.
	accessShown = time.Hour
	// identityShown is the same of who somebody is.
	identityShown = 15 * time.Minute
	// ReadMost bounds how many messages one access shows, the newest.
	ReadMost = 200
)

// AccessMachine is what becomes of an access.
func AccessMachine() Machine[AccessState] {
	return Machine[AccessState]{
		Name: "access",
		About: "What becomes of a staff member's request to read more of a conversation, or to learn who somebody is. " +
			"Accept is the yes of a second staff member, or for reading that of the mentee. Show is that it was shown; " +
			"an access that is over is deleted, and only the audit has it.",
		Moves: []Move[AccessState]{
			{"", StepAsk, AccessAsked},
			{AccessAsked, StepAccept, AccessGranted},
			{AccessGranted, StepReveal, AccessShown},
			{AccessShown, StepDefer, AccessSecret},
		},
	}
}

// reason checks what somebody wrote as their reason.
func accessReason(s string) (string, error) {
	s = strings.TrimSpace(s)
	if n := len([]rune(s)); n < accessReasonMin || n > accessReasonMax {
		return "", Refuse("access.say_why", "min", accessReasonMin, "max", accessReasonMax)
	}
	return s, nil
}

// accessCase finds the case for which somebody asks for access: their own, and
// still open.
func (a *Act) accessCase(staff Member, id CaseID, action Action) (Case, error) {
	if err := a.can(staff, action); err != nil {
		return Case{}, err
	}
	c, _, err := a.caseFor(staff, id)
	if err != nil {
		return c, err
	}
	if _, err = a.canIn(staff, action, c.Programme, c.Unit); err != nil {
		return c, err
	}
	if c.ClaimedBy != staff.ID {
		return c, Refuse("access.claim_first", "number", int64(id))
	}
	return c, nil
}

// AskRead asks to read what was written in the conversation of a case in the last
// days (1 to 7). ofMentee asks the mentee for consent; else any other staff member
// can say yes.
func (a *Act) AskRead(staff Member, id CaseID, days int, ofMentee bool, reason string) (Access, error) {
	c, err := a.accessCase(staff, id, DoBreakGlass)
	if err != nil {
		return Access{}, err
	}
	if days < 1 || days > accessDaysMax {
		return Access{}, Refuse("access.days", "max", accessDaysMax)
	}
	if reason, err = accessReason(reason); err != nil {
		return Access{}, err
	}
	if c.Conversation == 0 {
		return Access{}, Refuse("access.no_conversation", "number", int64(id))
	}
	conv, err := a.Tx.Conversation(c.Conversation)
	if err != nil {
		return Access{}, fmt.Errorf("conversation: %w", err)
	}
	if conv.State == Emptied {
		return Access{}, Refuse("access.no_conversation", "number", int64(id))
	}
	if conv.ByMember(staff.ID) != nil {
		return Access{}, Refuse("access.own")
	}
	x := Access{Kind: AccessRead, Case: id, Conversation: conv.ID, Asker: staff.ID, Days: days, OfMentee: ofMentee}
	if err := a.askAccess(&x); err != nil {
		return x, err
	}
	if mentee := conv.mentee(); ofMentee && mentee != 0 {
		a.Do(Notify{Member: mentee, Loud: true, Text: T("access.ask_mentee", "access", int64(x.ID), "days", days, "number", int64(id), "reason", reason)})
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: id, Loud: true,
		Text: T("access.asked_read", "access", int64(x.ID), "number", int64(id), "days", days, "reason", reason)})
	return x, a.auditBecause(staff.ID, AuditAskRead, reason, x.ID, id, conv.ID)
}

// mentee is the mentee's member; 0 when there is none.
func (c *Conversation) mentee() MemberID {
	if p := c.menteeOf(); p != nil {
		return p.Member
	}
	return 0
}

// AskIdentity asks who somebody is: the person of that role in the conversation of
// a case, or who called. proof is that they have just given a one-time code, where
// they have to ([Act.NeedsTotp]).
func (a *Act) AskIdentity(staff Member, id CaseID, role Role, reason string, proof Proven) (Access, error) {
	c, err := a.accessCase(staff, id, DoReveal)
	if err != nil {
		return Access{}, err
	}
	if err := a.proven(staff, c.Programme, proof); err != nil {
		return Access{}, err
	}
	if reason, err = accessReason(reason); err != nil {
		return Access{}, err
	}
	who, err := a.personOf(&c, role)
	if err != nil {
		return Access{}, err
	}
	if who == staff.ID {
		return Access{}, Refuse("access.own")
	}
	x := Access{Kind: AccessIdentity, Case: id, Member: who, Asker: staff.ID}
	if err := a.askAccess(&x); err != nil {
		return x, err
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: id, Loud: true,
		Text: T("access.asked_identity", "access", int64(x.ID), "number", int64(id), "role", T("access.role."+string(role)), "reason", reason)})
	return x, a.auditBecause(staff.ID, AuditAskReveal, reason, x.ID, id, who)
}

// personOf is the person of a role whom a case is about.
func (a *Act) personOf(c *Case, role Role) (MemberID, error) {
	if c.Conversation != 0 {
		conv, err := a.Tx.Conversation(c.Conversation)
		if err != nil {
			return 0, fmt.Errorf("conversation: %w", err)
		}
		for _, p := range conv.Participants {
			if p.Role == role {
				return p.Member, nil
			}
		}
	}
	if c.OpenerRole == role {
		return c.Opener, nil
	}
	return 0, Refuse("access.no_such_person", "number", int64(c.ID))
}

func (a *Act) askAccess(x *Access) error {
	if err := AccessMachine().shift(&x.State, StepAsk); err != nil {
		return err
	}
	x.Created, x.Due = a.Now, a.Now.Add(accessWaits)
	return a.putAccess(x)
}

func (a *Act) putAccess(x *Access) error {
	if err := a.Tx.PutAccess(x); err != nil {
		return fmt.Errorf("put access: %w", err)
	}
	return nil
}

func (a *Act) endAccess(x *Access) error {
	if err := a.Tx.DeleteAccess(x.ID); err != nil {
		return fmt.Errorf("delete access: %w", err)
	}
	return nil
}

// DeferTelling has the person whose identity is asked for told later, for a written
// reason of its own; the second staff member sees it before they say yes.
func (a *Act) DeferTelling(staff Member, id AccessID, days int, reason string) error {
	if err := a.can(staff, DoReveal); err != nil {
		return err
	}
	x, c, err := a.access(id)
	if err != nil {
		return err
	}
	if x.Asker != staff.ID || x.Kind != AccessIdentity || x.State != AccessAsked {
		return Refuse("access.unknown", "access", int64(id))
	}
	if days < 1 || days > accessDeferMax {
		return Refuse("access.defer_days", "max", accessDeferMax)
	}
	if reason, err = accessReason(reason); err != nil {
		return err
	}
	x.Deferred = days
	if err := a.putAccess(&x); err != nil {
		return err
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Loud: true,
		Text: T("access.deferred", "access", int64(id), "days", days, "reason", reason)})
	return a.auditBecause(staff.ID, AuditDefer, reason, id, c.ID, x.Member)
}

// access finds an access and its case.
func (a *Act) access(id AccessID) (Access, Case, error) {
	unknown := Refuse("access.unknown", "access", int64(id))
	x, err := a.Tx.Access(id)
	if err != nil {
		return x, Case{}, missing(err, "access", unknown)
	}
	c, err := a.Tx.Case(x.Case)
	if err != nil {
		return x, c, missing(err, "case", unknown)
	}
	return x, c, nil
}

// second finds an access that the member may decide about: as a second staff
// member, or as the mentee of the conversation. Whoever may not cannot tell it from
// one that is not there.
func (a *Act) second(m Member, id AccessID) (x Access, c Case, mentee bool, err error) {
	unknown := Refuse("access.unknown", "access", int64(id))
	if x, c, err = a.access(id); err != nil {
		return x, c, false, err
	}
	if x.State != AccessAsked || !x.Due.After(a.Now) || c.State != CaseOpen && c.State != CaseClaimed {
		return x, c, false, unknown
	}
	action := DoBreakGlass
	var conv *Conversation
	if x.Kind == AccessIdentity {
		action = DoReveal
	} else if conv, err = a.Tx.Conversation(x.Conversation); err != nil {
		return x, c, false, missing(err, "conversation", unknown)
	}
	if conv != nil && x.OfMentee && conv.mentee() == m.ID {
		return x, c, true, nil
	}
	if _, err = a.canIn(m, action, c.Programme, c.Unit); err != nil {
		return x, c, false, instead(err, unknown)
	}
	if x.Asker == m.ID {
		return x, c, false, Refuse("access.second")
	}
	if x.Member == m.ID || c.Opener == m.ID || conv != nil && conv.ByMember(m.ID) != nil {
		return x, c, false, Refuse("access.own")
	}
	return x, c, false, nil
}

// AccessAskedOf shows what somebody is about to say yes to.
func (a *Act) AccessAskedOf(m Member, id AccessID) (Access, error) {
	x, _, _, err := a.second(m, id)
	return x, err
}

// AllowAccess is the yes of the second person. Whoever asked must still be allowed
// to, and have the case. proof is as with [Act.AskIdentity].
func (a *Act) AllowAccess(m Member, id AccessID, proof Proven) (Access, error) {
	x, c, mentee, err := a.second(m, id)
	if err != nil {
		return x, err
	}
	if x.Kind == AccessIdentity {
		if err := a.proven(m, c.Programme, proof); err != nil {
			return x, err
		}
	}
	asker, err := a.Tx.Member(x.Asker)
	if err != nil {
		return x, fmt.Errorf("member: %w", err)
	}
	action, said, key := DoBreakGlass, AuditAllowRead, "access.allowed"
	if x.Kind == AccessIdentity {
		action, said = DoReveal, AuditAllowReveal
	}
	if mentee {
		said, key = AuditConsent, "access.allowed_mentee"
	}
	if _, err := a.accessCase(asker, c.ID, action); err != nil {
		return x, instead(err, Refuse("access.unknown", "access", int64(id)))
	}
	var who Member
	if x.Kind == AccessIdentity {
		if who, err = a.Tx.Member(x.Member); err != nil {
			return x, fmt.Errorf("member: %w", err)
		}
		if who.Address == "" {
			return x, Refuse("access.no_such_person", "number", int64(c.ID))
		}
	}
	x.Second = m.ID
	if err := AccessMachine().shift(&x.State, StepAccept); err != nil {
		return x, err
	}
	x.Due = a.Now.Add(accessWaits) // by then it has been shown, or is not any more
	if err := a.putAccess(&x); err != nil {
		return x, err
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: T(key, "access", int64(id))})
	if err := a.audit(m.ID, said, x.ID, c.ID); err != nil {
		return x, err
	}
	if x.Kind == AccessIdentity {
		return x, a.reveal(&x, &c, who)
	}
	a.Do(ReadBack{x.ID})
	return x, nil
}

// DenyAccess is the no of the second person, or whoever asked thinking better of it.
func (a *Act) DenyAccess(m Member, id AccessID) error {
	x, c, err := a.access(id)
	if err != nil {
		return err
	}
	if x.Asker != m.ID || x.State != AccessAsked {
		if x, c, _, err = a.second(m, id); err != nil {
			return err
		}
	}
	if err := a.endAccess(&x); err != nil {
		return err
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: T("access.denied", "access", int64(id))})
	return a.audit(m.ID, AuditDeny, id, c.ID)
}

// reveal shows who somebody is to the one who asked, and to nobody else.
func (a *Act) reveal(x *Access, c *Case, who Member) error {
	a.Do(ShowSecret{Member: x.Asker, Key: x.secret(0), For: identityShown,
		Text: T("access.identity", "access", int64(x.ID), "number", int64(c.ID), "address", who.Address, "minutes", int(identityShown.Minutes()))})
	if err := AccessMachine().shift(&x.State, StepReveal); err != nil {
		return err
	}
	x.Due = a.Now.Add(identityShown)
	if x.Deferred > 0 {
		if err := AccessMachine().shift(&x.State, StepDefer); err != nil {
			return err
		}
		x.Due = a.Now.AddDate(0, 0, x.Deferred)
	} else {
		a.tellRevealed(x)
	}
	if err := a.putAccess(x); err != nil {
		return err
	}
	return a.audit(x.Asker, AuditReveal, x.ID, c.ID, x.Member)
}

func (a *Act) tellRevealed(x *Access) {
	a.Do(Notify{Member: x.Member, Loud: true, Text: T("access.told_identity", "number", int64(x.Case))})
}

// secret names the n-th line with which an access is shown.
func (x *Access) secret(n int) string { return fmt.Sprintf("access/%d/%d", x.ID, n) }

// ReadDone is the bridge having read back what an access allows; texts are its
// messages as they are to be shown, n how many there are. It is shown to who asked,
// and both sides are told. Nothing happens when they may not any more.
func (a *Act) ReadDone(id AccessID, texts []Text, n int) error {
	x, c, err := a.access(id)
	var refusal *Refusal
	if errors.As(err, &refusal) || err == nil && x.State != AccessGranted {
		return nil
	}
	if err != nil {
		return err
	}
	asker, err := a.Tx.Member(x.Asker)
	if err != nil {
		return fmt.Errorf("member: %w", err)
	}
	if _, err := a.accessCase(asker, c.ID, DoBreakGlass); err != nil {
		if err = unrefused(err); err != nil {
			return err
		}
		return a.endAccess(&x) // they were staff when they asked
	}
	conv, err := a.Tx.Conversation(x.Conversation)
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	head := T("access.read_head", "access", int64(id), "number", int64(c.ID), "n", n, "days", x.Days, "minutes", int(accessShown.Minutes()))
	for i, text := range append([]Text{head}, texts...) {
		a.Do(ShowSecret{Member: x.Asker, Key: x.secret(i), Text: text, For: accessShown})
	}
	for _, p := range conv.Participants {
		a.Do(Notify{Member: p.Member, Loud: true, Text: T("access.told_read", "number", int64(c.ID), "alias", conv.Aliases(p.ID), "n", n, "days", x.Days)})
	}
	if err := AccessMachine().shift(&x.State, StepReveal); err != nil {
		return err
	}
	x.Due = a.Now.Add(accessShown)
	if err := a.putAccess(&x); err != nil {
		return err
	}
	return a.audit(x.Asker, AuditRead, x.ID, c.ID, x.Conversation)
}

// AccessAliases tells who asked under which aliases the two of the conversation
// that they are reading are known.
func (a *Act) AccessAliases(staff Member, id AccessID) (map[Role]string, error) {
	x, c, err := a.access(id)
	if err != nil {
		return nil, err
	}
	if x.Asker != staff.ID || x.Kind != AccessRead || x.State != AccessShown || !x.Due.After(a.Now) {
		return nil, Refuse("access.unknown", "access", int64(id))
	}
	if _, err := a.accessCase(staff, c.ID, DoBreakGlass); err != nil {
		return nil, err
	}
	conv, err := a.Tx.Conversation(x.Conversation)
	if err != nil {
		return nil, fmt.Errorf("conversation: %w", err)
	}
	names := map[Role]string{}
	for _, p := range conv.Participants {
		names[p.Role] = p.Alias
	}
	return names, a.audit(staff.ID, AuditAlias, id, c.ID, x.Conversation)
}

// dueAccesses ends what nobody decided, forgets what was shown, and tells people
// later what they were not told at once.
func (a *Act) dueAccesses() (more bool, err error) {
	due, err := a.Tx.DueAccesses(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due accesses: %w", err)
	}
	for i := range due {
		x := &due[i]
		if x.State == AccessSecret {
			a.tellRevealed(x)
			if err := a.audit(System, AuditTold, x.ID, x.Case, x.Member); err != nil {
				return false, err
			}
		}
		if x.State == AccessAsked || x.State == AccessGranted {
			a.Do(Notify{Member: x.Asker, Text: T("access.lapsed", "access", int64(x.ID))})
			if err := a.audit(System, AuditLapse, x.ID, x.Case); err != nil {
				return false, err
			}
		}
		if err := a.endAccess(x); err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch, nil
}
