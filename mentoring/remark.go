package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// RemarkKind says what somebody wrote to the service of their own accord, or
// because they were asked.
type RemarkKind string

// The kinds of remark.
const (
	RemarkFeedback RemarkKind = "feedback" // `feedback` (feature I7)
	RemarkIdea     RemarkKind = "idea"     // `idea` (feature I9): others can vote for it once staff have shown it
	RemarkAnswer   RemarkKind = "answer"   // to a question whose answer is words
)

// RemarkState is the state of a remark; see docs/states.md.
type RemarkState string

// The states of a remark.
const (
	RemarkOpen     RemarkState = "open"     // for staff only
	RemarkReleased RemarkState = "released" // staff have read it, and it may stand in a report
	RemarkShown    RemarkState = "shown"    // an idea that everybody sees
	RemarkAnswered RemarkState = "answered" // the same, with the service's answer
)

// Remark is what somebody wrote, without who it was: only a sealed and
// short-lived way back leads to them, which no command shows.
type Remark struct {
	ID        int64 // its number
	Kind      RemarkKind
	Programme Programme
	Unit      Unit
	State     RemarkState
	Question  int64     // of an answer: the wording that was asked, Question.ID
	Day       time.Time // on which it was written; not when
	Due       time.Time // when the way back ends, or the remark
	Votes     int       // for an idea
	Text      string    // sealed at rest
	Answer    string    // of the service, to an idea; sealed with it
	// Writer is the way back; 0 when it has ended. Sealed at rest by itself.
	Writer MemberID
}

const (
	remarkMax = 2000
	// wayBack is for how long staff can answer somebody who wrote.
	wayBack = 30 * Day
	// remarksShown is how many are listed at once.
	remarksShown = 50
)

// CountVotes is how often somebody voted for an idea.
const CountVotes CounterName = "votes"

// The ways in which feedback comes by itself, as it is counted.
const (
	feedbackWritten = "written" // `feedback`
	feedbackForm    = "form"    // the link to the form elsewhere was shown
)

// ShowRemark makes or updates the head message of a remark's thread in the staff
// room.
type ShowRemark struct{ Remark int64 }

func (ShowRemark) effect() {}

// RemarkMachine is what becomes of a remark.
func RemarkMachine() Machine[RemarkState] {
	return Machine[RemarkState]{
		Name:  "remark",
		About: "What becomes of feedback, of an idea and of an answer in words. From any state staff can delete it, and its time can run out.",
		Moves: []Move[RemarkState]{
			{"", StepSave, RemarkOpen},
			{RemarkOpen, StepLetOut, RemarkReleased},
			{RemarkOpen, StepPublish, RemarkShown},
			{RemarkShown, StepAnswer, RemarkAnswered},
			{RemarkAnswered, StepAnswer, RemarkAnswered},
		},
	}
}

// WriteRemark keeps feedback or an idea, and gives its number.
func (a *Act) WriteRemark(m Member, kind RemarkKind, text string) (Remark, error) {
	s, err := a.allowed(m, DoQuestions, anywhere)
	if err != nil {
		return Remark{}, err
	}
	r, err := a.newRemark(m, s, kind, text)
	if err != nil {
		return r, err
	}
	if kind == RemarkIdea {
		return r, a.countAbout(CountIdeas, string(s.Role), s.Programme, s.Unit, m.Trial)
	}
	return r, a.countAbout(CountFeedback, feedbackWritten, s.Programme, s.Unit, m.Trial)
}

func (a *Act) newRemark(m Member, s Membership, kind RemarkKind, text string) (Remark, error) {
	text, err := fit(text, remarkMax)
	if err != nil {
		return Remark{}, err
	}
	if text == "" {
		return Remark{}, Refuse("remark.empty")
	}
	if kind == RemarkIdea {
		if err := a.noContacts(s.Programme, s.Role, text); err != nil {
			return Remark{}, err
		}
	}
	r := Remark{Kind: kind, Programme: s.Programme, Unit: s.Unit, Day: a.day(), Due: a.Now.Add(wayBack), Text: text, Writer: m.ID}
	if err := RemarkMachine().shift(&r.State, StepSave); err != nil {
		return r, err
	}
	if err := a.putRemark(&r); err != nil {
		return r, err
	}
	a.Do(ShowRemark{r.ID})
	return r, nil
}

func (a *Act) putRemark(r *Remark) error { return wrapped("put remark", a.Tx.PutRemark(r)) }

// answerInWords keeps the words with which somebody answered a question.
func (a *Act) answerInWords(m Member, o *OpenQuestion, words string) error {
	words, err := fit(words, remarkMax)
	if err != nil {
		return err
	}
	if words == "" {
		return Refuse("remark.empty")
	}
	r := Remark{
		Kind: RemarkAnswer, Programme: o.mine.Programme, Unit: o.mine.Unit, Question: o.Question.ID,
		Day: a.day(), Due: a.Now.Add(wayBack), Text: words, Writer: m.ID,
	}
	if err := RemarkMachine().shift(&r.State, StepSave); err != nil {
		return err
	}
	if err := a.putRemark(&r); err != nil {
		return err
	}
	a.Do(ShowRemark{r.ID})
	return nil
}

// AddToRemark is the writer going on. Whoever is not the writer, or no longer
// known to be, is told that there is no such remark.
func (a *Act) AddToRemark(m Member, number int64, text string) error {
	if err := a.can(m, DoQuestions); err != nil {
		return err
	}
	r, err := a.Tx.Remark(number)
	if err != nil {
		return missing(err, "remark", Refuse("remark.unknown", "number", number))
	}
	if r.Writer != m.ID || r.State != RemarkOpen && r.State != RemarkReleased {
		return Refuse("remark.unknown", "number", number)
	}
	added, err := fit(text, remarkMax)
	if err != nil {
		return err
	}
	if r.Text, err = fit(r.Text+"\n"+added, 2*remarkMax); err != nil {
		return err
	}
	r.State = RemarkOpen // what was added has not been read
	if err := a.putRemark(&r); err != nil {
		return err
	}
	a.Do(ShowRemark{r.ID}, TellStaff{Programme: r.Programme, Unit: r.Unit, Remark: r.ID, Text: T("remark.more", "text", added), Loud: true})
	return nil
}

// remarkFor finds a remark for staff, without the way back.
func (a *Act) remarkFor(staff Member, number int64) (Remark, error) {
	if err := a.can(staff, DoQuestion); err != nil {
		return Remark{}, err
	}
	r, err := a.Tx.Remark(number)
	unknown := Refuse("remark.unknown", "number", number)
	if err != nil {
		return r, missing(err, "remark", unknown)
	}
	_, err = a.canIn(staff, DoQuestion, r.Programme, r.Unit)
	return r, instead(err, unknown)
}

// RemarkOf shows a remark to staff.
func (a *Act) RemarkOf(staff Member, number int64) (Remark, error) {
	r, err := a.remarkFor(staff, number)
	r.Writer = 0
	return r, err
}

// Remarks lists what staff have not dealt with, the newest first.
func (a *Act) Remarks(staff Member) ([]Remark, error) {
	s, err := a.allowed(staff, DoQuestion, anywhere)
	if err != nil {
		return nil, err
	}
	list, err := a.Tx.Remarks(s.Programme, s.Unit, remarksShown, RemarkOpen)
	for i := range list {
		list[i].Writer = 0
	}
	return list, wrapped("remarks", err)
}

// ReplyToRemark says something to whoever wrote, without anybody learning who
// that is; the answer to an idea that is shown is seen by everybody.
func (a *Act) ReplyToRemark(staff Member, number int64, text string) error {
	r, err := a.remarkFor(staff, number)
	if err != nil {
		return err
	}
	if text, err = fit(text, remarkMax); err != nil {
		return err
	}
	if text == "" {
		return Refuse("remark.empty")
	}
	next, public := RemarkMachine().Next(r.State, StepAnswer)
	if r.Writer == 0 && !public {
		return Refuse("remark.no_way_back", "number", number)
	}
	if r.Writer != 0 {
		a.Do(Notify{Member: r.Writer, Text: T("remark.reply", "number", number, "text", text), Loud: true})
	}
	if public {
		r.State, r.Answer = next, text
		if err := a.putRemark(&r); err != nil {
			return err
		}
		a.Do(ShowRemark{r.ID})
	}
	return a.audit(staff.ID, AuditRemarkReply, RemarkID(number))
}

// ReleaseRemark lets what somebody wrote stand in a report; staff have read it.
func (a *Act) ReleaseRemark(staff Member, number int64) error {
	if err := a.moveRemark(staff, number, StepLetOut, func(r *Remark) bool { return r.Kind != RemarkIdea }); err != nil {
		return err
	}
	return a.audit(staff.ID, AuditRemarkRelease, RemarkID(number))
}

// PublishIdea shows an idea to everybody.
func (a *Act) PublishIdea(staff Member, number int64) error {
	if err := a.moveRemark(staff, number, StepPublish, func(r *Remark) bool { return r.Kind == RemarkIdea }); err != nil {
		return err
	}
	return a.audit(staff.ID, AuditIdeaPublish, RemarkID(number))
}

func (a *Act) moveRemark(staff Member, number int64, by Step, fits func(*Remark) bool) error {
	r, err := a.remarkFor(staff, number)
	if err != nil {
		return err
	}
	next, ok := RemarkMachine().Next(r.State, by)
	if !ok || !fits(&r) {
		return Refuse("remark.not_now", "number", number)
	}
	r.State = next
	if err := a.putRemark(&r); err != nil {
		return err
	}
	a.Do(ShowRemark{r.ID})
	return nil
}

// DropRemark deletes a remark for good.
func (a *Act) DropRemark(staff Member, number int64) error {
	r, err := a.remarkFor(staff, number)
	if err != nil {
		return err
	}
	a.Do(ShowRemark{r.ID})
	if err := a.Tx.DeleteRemark(r.ID); err != nil {
		return fmt.Errorf("delete remark: %w", err)
	}
	return a.audit(staff.ID, AuditRemarkDrop, RemarkID(number))
}

// Ideas are those that everybody sees, the most wanted first.
func (a *Act) Ideas(m Member) ([]Remark, error) {
	s, err := a.allowed(m, DoQuestions, anywhere)
	if err != nil {
		return nil, err
	}
	list, err := a.Tx.Ideas(s.Programme, s.Unit, remarksShown)
	for i := range list {
		list[i].Writer = 0
	}
	return list, wrapped("ideas", err)
}

// VoteFor is one member's vote for an idea; they have one for each.
func (a *Act) VoteFor(m Member, number int64) (Remark, error) {
	s, err := a.allowed(m, DoQuestions, anywhere)
	if err != nil {
		return Remark{}, err
	}
	r, err := a.Tx.Remark(number)
	unknown := Refuse("remark.unknown", "number", number)
	if err != nil {
		return r, missing(err, "remark", unknown)
	}
	if r.Kind != RemarkIdea || r.State == RemarkOpen || r.Programme != s.Programme || r.Unit != s.Unit {
		return r, unknown
	}
	fresh, err := a.Tx.AddVote(r.ID, m.ID)
	if err != nil {
		return r, fmt.Errorf("add vote: %w", err)
	}
	if !fresh {
		return r, Refuse("idea.voted_already", "number", number)
	}
	r.Votes++
	if err := a.putRemark(&r); err != nil {
		return r, err
	}
	return r, a.countAbout(CountVotes, "", r.Programme, r.Unit, m.Trial)
}

// dueRemarks ends ways back, and deletes what is too old.
func (a *Act) dueRemarks() (more bool, err error) {
	due, err := a.Tx.DueRemarks(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due remarks: %w", err)
	}
	for i := range due {
		r := &due[i]
		end := r.Day.Add(a.Rules.RemarkRetention)
		if a.Rules.RemarkRetention > 0 && !end.After(a.Now) {
			if err := a.Tx.DeleteRemark(r.ID); err != nil && !errors.Is(err, ErrNotFound) {
				return false, fmt.Errorf("delete remark: %w", err)
			}
			continue
		}
		r.Writer, r.Due = 0, time.Time{}
		if a.Rules.RemarkRetention > 0 {
			r.Due = end
		}
		if err := a.putRemark(r); err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch, nil
}

// FormShown counts that somebody was shown the link to the form elsewhere.
func (a *Act) FormShown(m Member) error {
	s, err := a.allowed(m, DoQuestions, anywhere)
	if err != nil {
		return err
	}
	return a.countAbout(CountFeedback, feedbackForm, s.Programme, s.Unit, m.Trial)
}
