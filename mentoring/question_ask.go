package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// Way is how an answer came.
type Way string

// The ways.
const (
	WayTap  Way = "tap"  // a reaction
	WayText Way = "text" // typed
	WayPoll Way = "poll" // a vote in a poll
)

// ShowQuestion shows a question to whom it is asked, in their own room, with what
// answers it.
type ShowQuestion struct{ Prompt Prompt }

func (ShowQuestion) effect() {}

// questionWait is how long a question waits that cannot be asked for another
// reason than the time of day: the person is suspended, in an urgent case ….
const questionWait = Day

// asking is what a tick needs of the questions, read once.
type asking struct {
	by     map[int64]*Question // those that are asked or stopped, by number
	urgent map[MemberID]bool
}

// questions gives everybody their times, wakes what waits for messages that have
// been sent, and asks what is due. It does a bounded part.
func (a *Act) questions() (more bool, err error) {
	all, err := a.Tx.Questions(DefaultProgramme)
	if err != nil {
		return false, fmt.Errorf("questions: %w", err)
	}
	closing := closingQuestion()
	g := asking{by: make(map[int64]*Question, len(all)+1)}
	g.by[ClosingQuestion] = &closing
	for i := range all {
		q := &all[i]
		if q.State != QuestionAsking && q.State != QuestionStopped {
			continue
		}
		g.by[q.Number] = q
		if q.State == QuestionAsking {
			n, err := a.enrol(q)
			if err != nil {
				return false, err
			}
			more = more || n == tickBatch
		}
	}
	woken, err := a.Tx.SentDue(tickBatch)
	if err != nil {
		return false, fmt.Errorf("sent: %w", err)
	}
	for _, s := range woken {
		if err := a.reached(s); err != nil {
			return false, err
		}
	}
	due, err := a.Tx.DuePrompts(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due questions: %w", err)
	}
	if len(due) > 0 {
		if g.urgent, err = a.inUrgentCases(); err != nil {
			return false, err
		}
	}
	for i := range due {
		if err := a.ripeQuestion(&g, &due[i]); err != nil {
			return false, err
		}
	}
	old, err := a.dueRemarks()
	if err != nil {
		return false, err
	}
	return more || old || len(woken) == tickBatch || len(due) == tickBatch, nil
}

// enrol gives the next memberships their first times.
func (a *Act) enrol(q *Question) (n int, err error) {
	list, err := a.Tx.MembershipsAfter(q.Programme, q.Role, q.Cursor, tickBatch)
	if err != nil || len(list) == 0 {
		return 0, wrapped("memberships", err)
	}
	for i := range list {
		s := &list[i]
		q.Cursor = s.ID
		if s.State == Ended || q.Unit != "" && s.Unit != q.Unit {
			continue
		}
		if err := a.enrolOne(q, s); err != nil {
			return 0, err
		}
	}
	return len(list), wrapped("put question", a.Tx.PutQuestion(q))
}

func (a *Act) enrolOne(q *Question, s *Membership) error {
	k, err := a.promptOf(s.ID, q.Number)
	switch {
	case errors.Is(err, ErrNotFound):
		k = Prompt{Membership: s.ID, Question: q.Number}
		if err := PromptMachine().shift(&k.State, StepEnrol); err != nil {
			return err
		}
		q.Schedule.begin(&k, s.Created)
	case err != nil:
		return err
	case k.Parked:
		k.Parked, k.Due = false, a.Now
	case k.State == PromptWaiting && k.Answered == 0: // the schedule may have changed
		q.Schedule.begin(&k, s.Created)
	default:
		return nil
	}
	if k.At > 0 {
		sent, err := a.Tx.Sent(s.ID)
		if err != nil {
			return fmt.Errorf("sent: %w", err)
		}
		if sent >= k.At {
			k.reached(a.Now)
		}
	}
	return a.putPrompt(&k)
}

// promptOf is a question with one membership.
func (a *Act) promptOf(id MembershipID, number int64) (Prompt, error) {
	list, err := a.Tx.PromptsOf(id)
	if err != nil {
		return Prompt{}, fmt.Errorf("asked: %w", err)
	}
	for _, k := range list {
		if k.Question == number {
			return k, nil
		}
	}
	return Prompt{}, ErrNotFound
}

func (a *Act) putPrompt(k *Prompt) error { return wrapped("put asked", a.Tx.PutPrompt(k)) }

func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// reached wakes what waits for the messages that somebody has sent.
func (a *Act) reached(id MembershipID) error {
	sent, err := a.Tx.Sent(id)
	if err != nil {
		return fmt.Errorf("sent: %w", err)
	}
	list, err := a.Tx.PromptsOf(id)
	if err != nil {
		return fmt.Errorf("asked: %w", err)
	}
	for i := range list {
		if k := &list[i]; k.At > 0 && k.At <= sent {
			k.reached(a.Now)
			if err := a.putPrompt(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// questionEvent wakes the questions that are asked after something that has
// happened to somebody.
func (a *Act) questionEvent(id MembershipID, wanted func(*Schedule) bool) error {
	list, err := a.Tx.PromptsOf(id)
	if err != nil || len(list) == 0 {
		return wrapped("asked", err)
	}
	all, err := a.Tx.Questions(DefaultProgramme)
	if err != nil {
		return fmt.Errorf("questions: %w", err)
	}
	for i := range list {
		k := &list[i]
		for j := range all {
			q := &all[j]
			if q.Number != k.Question || q.State != QuestionAsking || !wanted(&q.Schedule) {
				continue
			}
			changed, err := q.Schedule.happened(k, a.Now)
			if err == nil && changed {
				err = a.putPrompt(k)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// inUrgentCases are those who have to do with an urgent case that is not closed:
// who called, and everybody in the conversation that it is about.
func (a *Act) inUrgentCases() (map[MemberID]bool, error) {
	cases, err := a.Tx.Cases(CaseOpen, CaseClaimed)
	if err != nil {
		return nil, fmt.Errorf("cases: %w", err)
	}
	in := map[MemberID]bool{}
	for _, c := range cases {
		if c.Kind != CaseUrgent {
			continue
		}
		in[c.Opener] = true
		if c.Conversation == 0 {
			continue
		}
		talk, err := a.Tx.Conversation(c.Conversation)
		if err != nil {
			return nil, fmt.Errorf("conversation: %w", err)
		}
		for _, p := range talk.Participants {
			in[p.Member] = true
		}
	}
	return in, nil
}

// ripeQuestion does what is due with a question and one person.
func (a *Act) ripeQuestion(g *asking, k *Prompt) error {
	q := g.by[k.Question]
	if q == nil || q.State != QuestionAsking {
		k.Parked, k.Due = k.State != PromptDone && k.State != PromptNever, time.Time{}
		return a.putPrompt(k)
	}
	s, err := a.Tx.Membership(k.Membership)
	if err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	if s.State == Ended || q.Schedule.tooOld(k, s.Created, a.Now) {
		k.Due, k.At = time.Time{}, 0
		if err := PromptMachine().shift(&k.State, StepEnd); err != nil {
			return err
		}
		return a.putPrompt(k)
	}
	if k.State == PromptShown {
		if err := a.skipCounted(q, k, s, true); err != nil {
			return err
		}
		if k.State == PromptDone {
			return a.putPrompt(k)
		}
	}
	m, err := a.Tx.Member(s.Member)
	if err != nil {
		return fmt.Errorf("member: %w", err)
	}
	at, err := a.askingTime(g, m, s)
	if err != nil {
		return err
	}
	if at.After(a.Now) {
		k.Due = at
		return a.putPrompt(k)
	}
	return a.askPerson(q, k, m, s)
}

// askingTime is when somebody may be asked: now, or when to look again.
func (a *Act) askingTime(g *asking, m Member, s Membership) (time.Time, error) {
	if s.State != Active || !m.Joined() || a.NeedsConsent(m) || g.urgent[m.ID] {
		return a.Now.Add(questionWait), nil
	}
	p, err := a.Tx.Questioned(m.ID)
	if err != nil {
		return time.Time{}, fmt.Errorf("questioned: %w", err)
	}
	if p.Off {
		return a.Now.Add(QuestionGap), nil
	}
	var own Hours
	if s.Role == Mentor {
		v, err := a.availability(s.ID)
		if err != nil {
			return time.Time{}, err
		}
		if v.AwayAt(a.Now) {
			return a.Now.Add(questionWait), nil
		}
		own = v.Hours
	}
	at, ok := mayAsk(a.Now, &p, a.zone(), a.Rules.Programme(s.Programme).QuestionHours, own)
	if !ok {
		return a.Now.Add(QuestionGap), nil
	}
	return at, nil
}

// askPerson asks somebody.
func (a *Act) askPerson(q *Question, k *Prompt, m Member, s Membership) error {
	if err := q.Schedule.shown(k, a.Now); err != nil {
		return err
	}
	k.Wording, k.Menu = q.ID, a.Tx.NewID()
	if err := a.putPrompt(k); err != nil {
		return err
	}
	p, err := a.Tx.Questioned(m.ID)
	if err != nil {
		return fmt.Errorf("questioned: %w", err)
	}
	p.Last = a.Now
	if err := a.Tx.PutQuestioned(&p); err != nil {
		return fmt.Errorf("put questioned: %w", err)
	}
	a.Do(ShowQuestion{*k})
	if q.Number == ClosingQuestion {
		q.Programme = s.Programme
	}
	return a.countQuestion(CountAsked, q, m.Trial, s, "")
}

// countQuestion counts something about a wording: "7.2" is the second wording of
// question 7, "7.2/tap/60" an answer to it, by a tap. Of an answer in words only
// that there was one is counted ("7.2/text/").
func (a *Act) countQuestion(name CounterName, q *Question, trial bool, s Membership, more string) error {
	return a.countAbout(name, questionAbout(q.Number, q.Version)+more, s.Programme, s.Unit, trial)
}

func (a *Act) skipCounted(q *Question, k *Prompt, s Membership, lapsed bool) error {
	if err := q.Schedule.skipped(k, a.Now, lapsed); err != nil {
		return err
	}
	m, err := a.Tx.Member(s.Member)
	if err != nil {
		return fmt.Errorf("member: %w", err)
	}
	return a.countQuestion(CountSkipped, q, m.Trial, s, "/skip")
}
