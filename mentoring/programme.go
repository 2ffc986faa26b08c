package mentoring

import "time"

// ProgrammeRules are the settings of one programme.
type ProgrammeRules struct {
	// Carries says which kinds of content are passed on besides text.
	Carries map[Content]bool
	// RequireTotp: who somebody is, is shown only to staff who confirm it with a
	// one-time code, and with the yes of such.
	RequireTotp bool
	// Awake is for how long a mentor's leg is open, whatever their hours, after
	// they have written in it.
	Awake   time.Duration
	Waiting Waiting
	// ForgetAfter is from `forget` until the conversation goes for good.
	ForgetAfter time.Duration
	// FewMentors: staff are told when fewer mentors than that can take somebody.
	FewMentors int
	// NewPerDay is how many conversations a mentee can begin in 24 hours; 0: no
	// limit (feature S12).
	NewPerDay int
	// PerMinute is how many messages one participant can write in a minute; 0: no
	// limit.
	PerMinute int
	// MaxFile is how large a file may be that is passed on, in bytes; 0: no limit.
	MaxFile int64
	// MaxLength is how long sound and video may be; 0: no limit.
	MaxLength time.Duration
	// Guard says what becomes of contacts in what a role writes; see [ProgrammeRules.GuardOf].
	Guard  map[Role]GuardPolicy
	OnCall OnCallRules
	// DangerWords: help is shown to whoever writes what sounds of danger, and not
	// again to the same person for DangerAgain.
	DangerWords bool
	DangerAgain time.Duration
	// Shows says which signs people may show; none unless it is set.
	Shows       map[Sign]bool
	ReviewAfter time.Duration
	// ServiceCheck is how old the last look at an entry of the directory may be
	// until staff are asked to look again; 0: any age.
	ServiceCheck time.Duration
	// AskWait is for how long an asking waits for a mentor until staff are told.
	AskWait     time.Duration
	Supervision SupervisionRules
	// QuestionHours are when people may be asked questions; none: whenever.
	QuestionHours Hours
	// AskClosing: both are asked at the end of a conversation whether it helped.
	AskClosing bool
	// NeedGuide, NeedTraining and NeedCheck say what staff must see before they can
	// list a mentor; FreeCards that cards need no approval.
	NeedGuide, NeedTraining, NeedCheck, FreeCards bool
	Cases                                         CaseRules
}

// Content is a kind of what people send that a programme may allow or not.
type Content string

// The kinds that a programme switches on one by one (feature C2).
const (
	Images Content = "images"
	Voice  Content = "voice"
	Audio  Content = "audio"
	Video  Content = "video"
	Files  Content = "files"
)

// Programme returns the rules of a programme; those of the default one for a
// programme that has none of its own.
func (r *Rules) Programme(p Programme) *ProgrammeRules {
	if own, ok := r.Programmes[p]; ok {
		return own
	}
	if first, ok := r.Programmes[DefaultProgramme]; ok {
		return first
	}
	return &ProgrammeRules{}
}
