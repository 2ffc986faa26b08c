package mentoring

import (
	"io"
	"time"
)

// Rules are the settings that the domain's decisions depend on; the operator's
// configuration fills them.
type Rules struct {
	MinimumAge      int           // years
	ConsentVersion  int           // of the text that is shown now
	PlaceHeld       time.Duration // from choosing until the place is given back
	MentorCapacity  int           // default and ceiling of open conversations per mentor
	CodeLifetime    time.Duration
	Retention       time.Duration // from a conversation's end until it is emptied
	RetentionNotice time.Duration // warned so long before that
	// JoiningRetention is from the last sign of somebody who has not finished
	// joining until they are forgotten; 0: never. They are warned RetentionNotice
	// before.
	JoiningRetention time.Duration
	// RegisteredRetention is from the last sign of a mentee who never wrote to
	// anybody, InactiveRetention of one who did; 0: they are kept.
	RegisteredRetention, InactiveRetention time.Duration
	// RemarkRetention is from when a remark was written until it is deleted; 0:
	// it is kept.
	RemarkRetention time.Duration

	// QueueKept and KeysKept are how long a message may be on its way, and how long
	// the keys by which it was read are kept; people are told.
	QueueKept, KeysKept time.Duration
	// AuditReasons is for how long the reasons that staff write are kept; 0: for ever.
	AuditReasons time.Duration

	Zone       *time.Location
	Topics     []string // keys of the topics offered; the words are in locale/
	Programmes map[Programme]*ProgrammeRules
	Search     Searcher // nil: words are met as they are written
	Guard      Guard    // nil: nothing is looked for
	OneTime    OneTime  // makes and checks one-time codes
	GroupNames []string // of which people get one in a group; none: they are numbered
	Language   Language // of staff, and where a text is not in somebody's own
	StaffAlias string   // shown for staff who have taken no nickname; nobody else may take it
}

// zone is the service's zone.
func (r *Rules) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// Act is one person doing one thing at one moment in one transaction. It is
// made anew for each try; Effects are read by the caller after success.
type Act struct {
	Tx      Tx
	Now     time.Time
	Rules   *Rules
	Random  io.Reader // for codes and suggestions
	Effects []Effect
}

// Do appends effects.
func (a *Act) Do(effects ...Effect) { a.Effects = append(a.Effects, effects...) }
