package bridge

import (
	"silta/mentoring"
	"silta/store"
)

// job is a piece of resumable work: every part of it can be done again after a
// crash at any point.
type job struct {
	Op     string             `json:"p"`
	Kind   store.RoomKind     `json:"k,omitempty"`
	Owner  int64              `json:"o,omitempty"`
	Member mentoring.MemberID `json:"m,omitempty"`
	Room   string             `json:"r,omitempty"`
	User   string             `json:"u,omitempty"`
	Txn    string             `json:"x,omitempty"`     // for the one line that opHello says
	Since  int64              `json:"since,omitempty"` // Unix ms
	Ticket string             `json:"i,omitempty"`
	Key    string             `json:"y,omitempty"` // of a line
	SignUp *signUp            `json:"s,omitempty"`
	// Figures is what opFigures shows.
	Figures *mentoring.ShowFigures `json:"f,omitempty"`
	// Collect is what opCollect reads back.
	Collect *mentoring.Collect `json:"c,omitempty"`
	// Copy is what opTakeBack redacts.
	Copy *sentCopy `json:"b,omitempty"`
}

// The operations of a job.
const (
	opRoom    = "room"    // make a room, or ask its person (back) in
	opRenew   = "renew"   // bring a leg's ghosts to who is in the conversation
	opClose   = "close"   // take a leg away
	opEmpty   = "empty"   // retention: everything of a conversation goes
	opHello   = "hello"   // somebody invited the bot elsewhere
	opReject  = "reject"  // somebody invited a ghost
	opKick    = "kick"    // a stranger is in a room of ours
	opAdmit   = "admit"   // ask a member into a staff room
	opDismiss = "dismiss" // remove a member from a staff room
	opForget  = "forget"  // retention: everything of a member goes
	opSignUp  = "signup"  // the end of a ticket with which an account was made
	opFigures = "figures" // pictures of figures, or a report

	opPurged   = "purged"   // look whether a room is gone from the homeserver
	opTakeBack = "takeback" // a copy is redacted

	opCutOff = "cutoff" // a moved member's old account leaves a leg
	opErase  = "erase"  // everything of a member who is deleted goes

	opExport     = "export"   // a person's own conversations to take along
	opFileGone   = "unfile"   // a file goes from its person's room
	opShowPhrase = "phrase"   // draw a recovery phrase and show it
	opHidePhrase = "hide"     // take it away
	opHideLine   = "hideline" // take a line away that was shown for a time
	opReadBack   = "readback" // read what an access allows back
	opDuty       = "duty"     // give a child-welfare summary to print
	opDutyGone   = "unduty"   // take what was given of them away from a member
	opTotp       = "totp"     // show the picture of a secret of one-time codes
)
