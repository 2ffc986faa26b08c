package mentoring

import (
	"errors"
	"fmt"
	"strconv"
)

// The question at closing (feature I10) is the service's own: did it help, and
// why did it end. It goes the way of all questions, with the number 0; nobody is
// reminded of it.
const (
	ClosingQuestion int64 = 0
	// ClosingHelped are the answers to whether it helped: yes, a little, no;
	// ClosingReasons those to why it ended.
	ClosingHelped, ClosingReasons = 3, 5
)

// Tallies of a mentor about what mentees answered at closing, not yet told to them.
const (
	TallyHelped      TallyName = "helped"       // that it helped, or helped a little
	TallyHelpedAsked TallyName = "helped_asked" // answered at all
	helpedMonth                = "open"         // of both: until they have been told
	helpedLeast                = 5              // answers; fewer would tell of one person
)

// closingQuestion is the service's own question.
func closingQuestion() Question {
	return Question{
		Number: ClosingQuestion, Version: 1, State: QuestionAsking,
		Wording: Wording{Kind: QuestionChoice, Choices: make([]Words, ClosingHelped)}, Schedule: Schedule{AfterClosing: true},
	}
}

// closing asks both people of a conversation that has ended: whoever ended it at
// once, the other when their time comes.
func (a *Act) closing(c *Conversation, by ParticipantID) error {
	if c.Kind != KindMentoring || c.LastTalk.IsZero() {
		return nil
	}
	for i := range c.Participants {
		p := &c.Participants[i]
		if p.Membership == 0 {
			continue
		}
		if err := a.questionEvent(p.Membership, func(s *Schedule) bool { return s.AfterClosing }); err != nil {
			return err
		}
		if !a.Rules.Programme(c.Programme).AskClosing {
			continue
		}
		if err := a.askClosing(c, p, p.ID == by); err != nil {
			return err
		}
	}
	return nil
}

func (a *Act) askClosing(c *Conversation, p *Participant, own bool) error {
	k, err := a.promptOf(p.Membership, ClosingQuestion)
	switch {
	case errors.Is(err, ErrNotFound):
		k = Prompt{Membership: p.Membership, Question: ClosingQuestion}
		if err := PromptMachine().shift(&k.State, StepEnrol); err != nil {
			return err
		}
	case err != nil:
		return err
	case k.State == PromptNever:
		return nil
	case k.State == PromptDone:
		if err := PromptMachine().shift(&k.State, StepRenew); err != nil {
			return err
		}
	case k.State == PromptShown: // about an older one, which is not asked about any more
		k.State = PromptWaiting
	}
	k.Reminded, k.Answered, k.Due = 0, 0, a.Now
	k.About = c.Aliases(p.ID)
	k.Mentor = 0
	if mentor := c.mentorOf(); mentor != nil && p.Role == Mentee {
		k.Mentor = mentor.Membership
	}
	asked, err := a.Tx.Questioned(p.Member)
	if err != nil {
		return fmt.Errorf("questioned: %w", err)
	}
	if !own || asked.Off {
		return a.putPrompt(&k)
	}
	s, err := a.Tx.Membership(p.Membership)
	if err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	m, err := a.Tx.Member(p.Member)
	if err != nil {
		return fmt.Errorf("member: %w", err)
	}
	q := closingQuestion()
	return a.askPerson(&q, &k, m, s)
}

// helped keeps what was answered at closing.
func (a *Act) helped(m Member, o *OpenQuestion, value int, way Way) error {
	if err := a.countClosing(CountHelped, m, o.mine, value, way); err != nil {
		return err
	}
	mentor := o.Prompt.Mentor
	if mentor == 0 {
		return nil
	}
	if value < ClosingHelped {
		if err := a.Tx.Tally(mentor, helpedMonth, TallyHelped, 1); err != nil {
			return fmt.Errorf("tally: %w", err)
		}
	}
	return wrapped("tally", a.Tx.Tally(mentor, helpedMonth, TallyHelpedAsked, 1))
}

func (a *Act) countClosing(name CounterName, m Member, s Membership, value int, way Way) error {
	return a.countAbout(name, string(s.Role)+"/"+strconv.Itoa(value)+"/"+string(way), s.Programme, s.Unit, m.Trial)
}

// WhyEnded counts why a conversation ended, as somebody in it says who has just
// answered whether it helped as this membership.
func (a *Act) WhyEnded(m Member, as MembershipID, reason int, way Way) error {
	if reason < 1 || reason > ClosingReasons {
		return Refuse("question.no_such_answer")
	}
	s, err := a.Tx.Membership(as)
	if err != nil || s.Member != m.ID {
		return missing(errors.Join(err, ErrNotFound), "membership", Refuse("question.over"))
	}
	return a.countClosing(CountWhyEnded, m, s, reason, way)
}

// HelpedShare says how many of a mentor's mentees said at closing that it
// helped, once enough have answered since it was last told: 0 of 0 until then.
// Once told they are not counted again, so that nobody's answer can be made out
// as the difference of two months.
func (a *Act) helpedShare(s MembershipID) (helped, asked int64, err error) {
	t, err := a.Tx.Tallies(s, helpedMonth)
	if err != nil {
		return 0, 0, fmt.Errorf("tallies: %w", err)
	}
	helped, asked = t[TallyHelped], t[TallyHelpedAsked]
	if asked < helpedLeast {
		return 0, 0, nil
	}
	for name, n := range map[TallyName]int64{TallyHelped: helped, TallyHelpedAsked: asked} {
		if err := a.Tx.Tally(s, helpedMonth, name, -n); err != nil {
			return 0, 0, fmt.Errorf("tally: %w", err)
		}
	}
	return helped, asked, nil
}
