package mentoring

import "time"

// Effect is something that must happen outside of the database because of a
// decision. The caller keeps every effect in the transaction of the decision.
type Effect interface{ effect() }

// Notify tells a member something in their own room with the bot (which is
// made first if they have none). Loud asks the client to notify.
type Notify struct {
	Member MemberID
	Text   Text
	Loud   bool
	Menu   int64 // 0, or the number under which a tap of yes on it comes back
	No     bool  // with a Menu: a tap of no comes back, too
}

// Tell is a line of the service itself to one participant, inside the
// conversation.
type Tell struct {
	Participant ParticipantID
	Text        Text
}

// OpenLeg asks the participant into the conversation: for the first time, or
// back in after they left.
type OpenLeg struct{ Participant ParticipantID }

// RenewLeg brings a participant's leg to who is in the conversation now: who
// has come is there, who has left for good is not; and its topic to what it says
// now. Nobody is asked in.
type RenewLeg struct{ Participant ParticipantID }

// CloseLeg takes the participant's view of the conversation away for good.
type CloseLeg struct{ Participant ParticipantID }

// WakeLeg has a participant's leg looked at anew: what waits there for the
// person's hours may be due now.
type WakeLeg struct{ Participant ParticipantID }

// BarLeg stops what goes to and from a participant: from this transaction on no
// copy of theirs and none for them is sent, and what is on its way waits. With
// On false it goes on.
type BarLeg struct {
	Participant ParticipantID
	On          bool
}

// ReleaseHeld ends the wait of a message that the guard holds, and of what
// refers to it.
type ReleaseHeld struct {
	ID          int64
	Participant ParticipantID
	Decision    Decision
}

// TellStaff is one line in the staff room of a programme and unit; in the
// thread of Case or of Remark when that is set.
type TellStaff struct {
	Programme Programme
	Unit      Unit
	Case      CaseID
	Remark    int64 // in the thread of that one
	Text      Text
	Loud      bool
	Menu      int64 // as in Notify
}

// ShowCase makes or updates the head message of a case in its staff room.
type ShowCase struct{ Case CaseID }

// AdmitStaff asks a member into a staff room; DismissStaff removes them.
type (
	AdmitStaff struct {
		Member MemberID
		Room   StaffRoomID
	}
	DismissStaff struct {
		Member MemberID
		Room   StaffRoomID
	}
)

// Welcome makes a member's own room with the bot, if there is none, and asks
// them in.
type Welcome struct{ Member MemberID }

// EmptyConversation forgets what is left of a conversation: its map of
// messages, its rooms and ghosts, its aliases. Every CloseLeg of it comes
// before, and must have been carried out first.
type EmptyConversation struct{ Conversation ConversationID }

// ForgetMember takes the room of a member who is forgotten away from them, and
// then removes everything that is kept of them.
type ForgetMember struct{ Member MemberID }

// ShowPhrase draws a recovery phrase for a member, shows it to them in their own
// room, and takes it away from there some minutes later; HidePhrase takes it
// away at once.
type (
	ShowPhrase struct{ Member MemberID }
	HidePhrase struct{ Member MemberID }
)

// ExportChats gives a member their own conversations as a file, once.
type ExportChats struct{ Member MemberID }

// MoveMember gives a member the rooms of the account that they have moved to:
// its own room with the bot becomes theirs, and they are asked into these legs,
// which the old account is removed from. Left is what is left of the old account.
type MoveMember struct {
	Member, Left MemberID
	Legs         []ParticipantID
}

// EraseMember empties the conversations of a member who is deleted, takes all
// rooms away from them, ends their account if it was made here, and removes
// everything that is kept of them. It may take a while and goes on after a crash.
type EraseMember struct{ Member MemberID }

// ShowSecret says something to a member in their own room, once under a key, and
// takes it away from there again after a time.
type ShowSecret struct {
	Member MemberID
	Key    string
	Text   Text
	For    time.Duration
}

// ReadBack reads what an access allows back from the homeserver, and hands it to
// [Act.ReadDone].
type ReadBack struct{ Access AccessID }

func (ShowSecret) effect() {}
func (ReadBack) effect()   {}

func (Notify) effect()            {}
func (Tell) effect()              {}
func (OpenLeg) effect()           {}
func (RenewLeg) effect()          {}
func (CloseLeg) effect()          {}
func (WakeLeg) effect()           {}
func (BarLeg) effect()            {}
func (ReleaseHeld) effect()       {}
func (TellStaff) effect()         {}
func (ShowCase) effect()          {}
func (AdmitStaff) effect()        {}
func (DismissStaff) effect()      {}
func (Welcome) effect()           {}
func (EmptyConversation) effect() {}
func (ForgetMember) effect()      {}
func (EraseMember) effect()       {}
func (ExportChats) effect()       {}
func (MoveMember) effect()        {}
func (ShowPhrase) effect()        {}
func (HidePhrase) effect()        {}
