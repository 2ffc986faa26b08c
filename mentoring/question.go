package mentoring

import (
	"slices"
	"time"
)

// The steps of questions, of people's answers to them and of remarks.
const (
	StepEnrol      Step = "enrol"
	StepAnswer     Step = "answer"
	StepLastAnswer Step = "last answer"
	StepSkip       Step = "skip"
	StepGiveUp     Step = "give up"
	StepLater      Step = "later"
	StepNever      Step = "never"
	StepRenew      Step = "renew"
	StepStart      Step = "start"
	StepStop       Step = "stop"
	StepReplace    Step = "replace"
	StepLetOut     Step = "let out" // of a remark: into reports
)

// QuestionKind says what an answer to a question is.
type QuestionKind string

// The kinds of question (features I3, I4).
const (
	QuestionScale  QuestionKind = "scale"  // a number from Min to Max, in steps
	QuestionYesNo  QuestionKind = "yesno"  // 1 is yes, 0 is no
	QuestionChoice QuestionKind = "choice" // the number of one of the choices, from 1 on
	QuestionText   QuestionKind = "text"   // words of the person's own
)

// QuestionState is whether a question is asked; see docs/states.md.
type QuestionState string

// The states of a question's wording.
const (
	QuestionDraft    QuestionState = "draft"
	QuestionAsking   QuestionState = "asking"
	QuestionStopped  QuestionState = "stopped"
	QuestionReplaced QuestionState = "replaced" // by a newer wording; its answers stay its own
)

// QuestionID is the number of a question, RemarkID of a remark, as the audit
// names them.
type (
	QuestionID int64
	RemarkID   int64
)

// Question is one wording of what staff ask. All wordings of a question have
// its Number; answers are counted by Number and Version, so that those to an old
// wording stay with it.
type Question struct {
	ID        int64 // of this wording
	Number    int64 // of the question
	Version   int
	Programme Programme
	Unit      Unit // whose people are asked; "" is everybody's
	Role      Role
	State     QuestionState
	Wording   Wording  // sealed at rest
	Schedule  Schedule // sealed with it
	// Cursor is the last membership that has been looked at for this question:
	// those after it have not been given a time yet.
	Cursor  MembershipID
	Created time.Time
}

// Words are a text in several languages.
type Words map[Language]string

// In gives the text in a language, else in any, always the same.
func (w Words) In(lang Language) string {
	for _, l := range []Language{lang, "fi", "sv", "en"} {
		if w[l] != "" {
			return w[l]
		}
	}
	return ""
}

// Wording is what is asked.
type Wording struct {
	Kind           QuestionKind
	Text           Words
	Min, Max, Step int     // of a scale
	Low, High      Words   // what its ends mean
	Choices        []Words // of a choice
}

// Values are what can be answered, in order; none for a text.
func (w *Wording) Values() []int {
	switch w.Kind {
	case QuestionYesNo:
		return []int{1, 0}
	case QuestionChoice:
		all := make([]int, len(w.Choices))
		for i := range all {
			all[i] = i + 1
		}
		return all
	case QuestionScale:
		var all []int
		for v := w.Min; w.Step > 0 && v <= w.Max && len(all) <= scaleMax; v += w.Step {
			all = append(all, v)
		}
		return all
	}
	return nil
}

// Repeat says whether a question is asked again after it was answered.
type Repeat string

// The repeats.
const (
	RepeatNever Repeat = ""
	RepeatTimes Repeat = "times" // so many times more
	RepeatUntil Repeat = "until" // until an answer meets a value
)

// Condition is what an answer must meet.
type Condition struct {
	Is    string // "is", "least" or "most"
	Value int
}

func (c Condition) met(value int) bool {
	switch c.Is {
	case "least":
		return value >= c.Value
	case "most":
		return value <= c.Value
	}
	return value == c.Value
}

// Schedule says when somebody is asked. Times are in days; 0 is "not by that".
// With nothing set people are asked once, as soon as may be.
type Schedule struct {
	// Days since registration or Messages sent, whichever comes first.
	Days, Messages int
	// AfterReply and AfterClosing: after a mentor's first answer in a
	// conversation, after a conversation has ended.
	AfterReply, AfterClosing bool
	// MaxAge: accounts that are older than that are not asked for the first time.
	MaxAge int
	// Reminders are how often somebody who skipped is asked again, RemindEvery how
	// long after.
	Reminders, RemindEvery int
	Repeat                 Repeat
	Times                  int       // of RepeatTimes
	Until                  Condition // of RepeatUntil
	// Repeated when so many days have gone by or so many messages were sent since
	// the last answer, whichever comes first, but never before RepeatLeast days.
	RepeatDays, RepeatMessages, RepeatLeast int
}

// QuestionGap is the least time between two questions to one person, whatever
// the schedules say, reminders included.
const QuestionGap = 7 * Day

// Day is a day of a schedule.
const Day = 24 * time.Hour

// openFor is how long a question that nobody is reminded of can be answered.
const openFor = 14 * Day

func days(n int) time.Duration { return time.Duration(n) * Day }

// PromptState is how far a question is with one person; see docs/states.md.
type PromptState string

// The states of a question with one person.
const (
	PromptWaiting PromptState = "waiting" // its time has not come
	PromptShown   PromptState = "shown"   // it can be answered
	PromptSkipped PromptState = "skipped" // it comes again, as a reminder
	PromptLater   PromptState = "later"   // it comes again, because the person said so
	PromptDone    PromptState = "done"
	PromptNever   PromptState = "never" // the person does not want it again
)

// Prompt is a question with one person: what is kept so that it comes when it
// should, and not again when it should not. There is no answer in it.
type Prompt struct {
	ID          int64
	Membership  MembershipID
	Question    int64     // Question.Number
	Due         time.Time // when to look at it; zero: not by time
	At          int64     // messages sent in all at which to look at it; 0: not by that
	PromptTrail           // sealed at rest
}

// PromptTrail is the part of Prompt that is sealed.
type PromptTrail struct {
	State     PromptState
	Wording   int64 // Question.ID that was shown last
	Menu      int64 // under which it was shown last
	Last      time.Time
	Reminded  int       // reminders since the last answer
	Answered  int       // answers in all
	NotBefore time.Time // of a repetition
	Parked    bool      // its time came while the question was stopped
	// About and Mentor are of the question at closing: what the others in the
	// conversation were called, and whom it is about.
	About  []string
	Mentor MembershipID
}

// PromptMachine is what becomes of a question with one person.
func PromptMachine() Machine[PromptState] {
	return Machine[PromptState]{
		Name:  "question to a person",
		About: "What becomes of a question with one person. Lapse is when nothing is answered for a while: it counts as skipping. Renew is another conversation that has ended, for questions that are asked after each.",
		Moves: []Move[PromptState]{
			{"", StepEnrol, PromptWaiting},
			{PromptWaiting, StepAsk, PromptShown},
			{PromptSkipped, StepAsk, PromptShown},
			{PromptLater, StepAsk, PromptShown},
			{PromptShown, StepAnswer, PromptWaiting},
			{PromptShown, StepLastAnswer, PromptDone},
			{PromptShown, StepSkip, PromptSkipped},
			{PromptShown, StepGiveUp, PromptDone},
			{PromptShown, StepLater, PromptLater},
			{PromptWaiting, StepNever, PromptNever},
			{PromptShown, StepNever, PromptNever},
			{PromptSkipped, StepNever, PromptNever},
			{PromptLater, StepNever, PromptNever},
			{PromptWaiting, StepEnd, PromptDone},
			{PromptShown, StepEnd, PromptDone},
			{PromptSkipped, StepEnd, PromptDone},
			{PromptLater, StepEnd, PromptDone},
			{PromptDone, StepRenew, PromptWaiting},
		},
	}
}

// QuestionMachine is what becomes of a question's wording.
func QuestionMachine() Machine[QuestionState] {
	return Machine[QuestionState]{
		Name:  "question",
		About: "What becomes of one wording of a question. A change is another wording, a draft until it is started; the one before is replaced then.",
		Moves: []Move[QuestionState]{
			{"", StepSave, QuestionDraft},
			{QuestionDraft, StepSave, QuestionDraft},
			{QuestionDraft, StepStart, QuestionAsking},
			{QuestionDraft, StepStop, QuestionStopped},
			{QuestionAsking, StepStop, QuestionStopped},
			{QuestionStopped, StepStart, QuestionAsking},
			{QuestionAsking, StepReplace, QuestionReplaced},
			{QuestionStopped, StepReplace, QuestionReplaced},
		},
	}
}

// begin gives a question its first time with somebody who registered then; also
// anew, when the schedule has changed before it was ever asked.
func (s *Schedule) begin(k *Prompt, registered time.Time) {
	k.Due, k.At = time.Time{}, int64(s.Messages)
	switch {
	case s.Days > 0:
		k.Due = registered.Add(days(s.Days))
	case s.Messages == 0 && !s.AfterReply && !s.AfterClosing:
		k.Due = registered
	}
}

// tooOld says whether somebody is asked no more, for their account is too old
// for a first time.
func (s *Schedule) tooOld(k *Prompt, registered, now time.Time) bool {
	return s.MaxAge > 0 && k.Answered == 0 && k.Reminded == 0 && k.State == PromptWaiting && now.After(registered.Add(days(s.MaxAge)))
}

// shown keeps that a question was just asked.
func (s *Schedule) shown(k *Prompt, now time.Time) error {
	if err := PromptMachine().shift(&k.State, StepAsk); err != nil {
		return err
	}
	k.Last, k.At = now, 0
	k.Due = now.Add(openFor)
	if k.Reminded < s.Reminders {
		k.Due = now.Add(days(max(1, s.RemindEvery)))
	}
	return nil
}

// skipped keeps that the person did not want to answer, or did not: they are
// reminded after a while, or asked no more. Lapsed: that while is over already.
func (s *Schedule) skipped(k *Prompt, now time.Time, lapsed bool) error {
	if k.Reminded >= s.Reminders {
		k.Due, k.At = time.Time{}, 0
		return PromptMachine().shift(&k.State, StepGiveUp)
	}
	k.Reminded++
	if k.Due = now; !lapsed {
		k.Due = now.Add(days(max(1, s.RemindEvery)))
	}
	return PromptMachine().shift(&k.State, StepSkip)
}

// answered keeps that the person answered, after having sent so many messages in
// all, and gives the question its next time if there is one.
func (s *Schedule) answered(k *Prompt, now time.Time, value int, sent int64) error {
	k.Answered++
	k.Reminded = 0
	again := s.Repeat == RepeatTimes && k.Answered <= s.Times || s.Repeat == RepeatUntil && !s.Until.met(value)
	if !again || s.RepeatDays == 0 && s.RepeatMessages == 0 {
		k.Due, k.At = time.Time{}, 0
		return PromptMachine().shift(&k.State, StepLastAnswer)
	}
	k.Due, k.At, k.NotBefore = time.Time{}, 0, now.Add(days(s.RepeatLeast))
	if s.RepeatDays > 0 {
		k.Due = later(now.Add(days(s.RepeatDays)), k.NotBefore)
	}
	if s.RepeatMessages > 0 {
		k.At = sent + int64(s.RepeatMessages)
	}
	return PromptMachine().shift(&k.State, StepAnswer)
}

// reached has a question looked at because the person has sent enough messages.
func (k *Prompt) reached(now time.Time) {
	k.At = 0
	if at := later(now, k.NotBefore); k.Due.IsZero() || at.Before(k.Due) {
		k.Due = at
	}
}

// happened has a question asked because of what it is asked after.
func (s *Schedule) happened(k *Prompt, now time.Time) (changed bool, err error) {
	if k.State == PromptDone && s.AfterClosing {
		k.Answered, k.Reminded, k.NotBefore = 0, 0, time.Time{}
		if err := PromptMachine().shift(&k.State, StepRenew); err != nil {
			return false, err
		}
	}
	if k.State != PromptWaiting || k.Answered > 0 {
		return false, nil
	}
	k.Due = now
	return true, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Questioned is what one person has to do with questions at all.
type Questioned struct {
	Member MemberID
	Last   time.Time // when they were last asked anything; sealed at rest
	Off    bool      // they want no questions
	Hours  Hours     // when they may be asked; none: whenever
}

// mayAsk is the first moment from now on in which somebody may be asked anything:
// a week after the last question, in the hours of the service, in their own, and
// in those in which they read messages at all. ok is false when there is none in
// the weeks to come.
func mayAsk(now time.Time, p *Questioned, zone *time.Location, hours ...Hours) (at time.Time, ok bool) {
	at = now
	if !p.Last.IsZero() {
		at = later(now, p.Last.Add(QuestionGap))
	}
	hours = append(slices.Clone(hours), p.Hours)
	for range 64 {
		before := at
		for _, h := range hours {
			at = h.Next(at, zone)
		}
		if at.Equal(before) {
			return at, true
		}
	}
	return at, false
}
