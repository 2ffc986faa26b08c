package mentoring

import "time"

// Kind of a conversation sets limits and texts only; the code path is one.
type Kind string

// The kinds of conversation.
const (
	KindMentoring Kind = "mentoring" // mentee and mentor
	KindCase      Kind = "case"      // a person and staff
	KindJoint     Kind = "joint"     // three: with staff or a professional
	KindGroup     Kind = "group"     // up to 40
)

// ConversationState is the state of a conversation; see docs/states.md.
type ConversationState string

// placed → active → ended → fading → emptied, or placed → expired → emptied.
const (
	Placed  ConversationState = "placed"  // mentor chosen, nothing written yet; the place is held
	Open    ConversationState = "active"  // somebody has written
	Closed  ConversationState = "ended"   // by `end`, a block, or staff; can still be read
	Expired ConversationState = "expired" // nothing was written: the place ran out or was given back
	Fading  ConversationState = "fading"  // ended, and its people know when it will be emptied
	Emptied ConversationState = "emptied" // nothing of it is left but figures
)

// Presence says whether a participant can read what is sent to them now. It is
// about the person, not about rooms: the bridge reports it (see Act.Arrived and
// Act.Departed).
type Presence string

// The presences of a participant.
const (
	NotAsked Presence = "none"    // no invitation yet: the mentor before the first message
	Asked    Presence = "asked"   // invited, has not come
	Here     Presence = "here"    //
	Away     Presence = "left"    // came or was asked, and went; may come back
	Removed  Presence = "removed" // for good: blocked, ended and emptied, deleted
)

// Participant is one member in one conversation, with an alias for it.
type Participant struct {
	ID         ParticipantID
	Number     int // 1…k within the conversation; never reused
	Member     MemberID
	Membership MembershipID
	Role       Role   // Mentee, Mentor, Coordinator … in this conversation
	Alias      string // sealed at rest
	Presence   Presence
	// AwakeUntil is until when a mentor reads whatever their hours, because they
	// wrote themself; Archived is since when the participant's leg is quiet. Zero:
	// neither.
	AwakeUntil, Archived time.Time
	// Blocking is when the participant blocked the others here, Thanked when they
	// last thanked.
	Blocking, Thanked time.Time
	// Wrote is as Membership.Wrote, of this conversation.
	Wrote time.Time
	// Barred is since when nothing goes to or from the participant, because their
	// membership is suspended; zero: it does.
	Barred time.Time
}

// Conversation has k participants, whatever k is.
//
// Values returned by Tx are shared: call Clone before changing anything.
type Conversation struct {
	ID        ConversationID
	Kind      Kind
	Programme Programme
	Unit      Unit
	State     ConversationState
	Case      CaseID // for KindCase and KindJoint
	Trial     bool
	Created   time.Time
	Due       time.Time // when tick must look at it: the place's end, retention; zero: never
	LastTalk  time.Time // start of the last day (service's zone) on which somebody wrote
	Ended     time.Time
	// WaitSince is the mentee's first message that the mentor has not answered;
	// zero when nobody waits. WaitDone is what has been told about it.
	WaitSince time.Time
	WaitDone  Told
	Purge     time.Time // somebody wants it forgotten: it goes for good then

	Participants []Participant // by Number
}

// Clone returns a copy that may be changed.
func (c *Conversation) Clone() *Conversation {
	d := *c
	d.Participants = append([]Participant(nil), c.Participants...)
	return &d
}

// Participant returns the participant with that ID, or nil.
func (c *Conversation) Participant(id ParticipantID) *Participant {
	for i := range c.Participants {
		if c.Participants[i].ID == id {
			return &c.Participants[i]
		}
	}
	return nil
}

// ByMember returns that member's participant, or nil. Somebody who left a group
// for good and came anew is who they are now.
func (c *Conversation) ByMember(id MemberID) *Participant {
	var found *Participant
	for i := range c.Participants {
		if p := &c.Participants[i]; p.Member == id {
			if found = p; p.Presence != Removed {
				break
			}
		}
	}
	return found
}

// Live says whether the conversation can be written in: placed or active.
func (c *Conversation) Live() bool { return c.State == Placed || c.State == Open }

// namesShown is how many of the others are named; of more the rest is "…".
const namesShown = 3

// Aliases returns what the others are called, by Number, as one participant
// sees them; in a larger group the first of them.
func (c *Conversation) Aliases(seenBy ParticipantID) []string {
	var names []string
	for _, p := range c.Participants {
		if p.ID == seenBy || p.Presence == Removed && c.Kind == KindGroup {
			continue
		}
		if len(names) == namesShown {
			return append(names, "…")
		}
		names = append(names, p.Alias)
	}
	return names
}

// ByNumber returns the participant with that number, or nil.
func (c *Conversation) ByNumber(n int) *Participant {
	for i := range c.Participants {
		if c.Participants[i].Number == n {
			return &c.Participants[i]
		}
	}
	return nil
}
