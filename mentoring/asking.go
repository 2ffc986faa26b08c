package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// AskingID identifies an [Asking].
type AskingID int64

// AskingState is the state of an asking; see docs/states.md.
type AskingState string

// open → claimed, withdrawn or late → expired.
const (
	AskingOpen      AskingState = "open"
	AskingLate      AskingState = "late" // nobody took it in time; staff know, mentors still may
	AskingClaimed   AskingState = "claimed"
	AskingWithdrawn AskingState = "withdrawn"
	AskingExpired   AskingState = "expired"
)

// Asking is a mentee asking whoever is free (feature F11). Mentors see the topic
// and the words that the mentee let them see, never who asks.
type Asking struct {
	ID        AskingID
	Member    MemberID
	Programme Programme
	Unit      Unit
	Topic     string // "" is any
	Words     string // sealed at rest; gone when the asking is over
	State     AskingState
	Created   time.Time
	Due       time.Time // of what comes next: staff, the end, being deleted
}

// Waits says whether a mentor may still take it.
func (q *Asking) Waits() bool { return q.State == AskingOpen || q.State == AskingLate }

// AskingOffer is an asking in the room of one mentor, under a menu of the bot's.
type AskingOffer struct {
	Asking     AskingID
	Membership MembershipID
	Member     MemberID
	Menu       int64
}

// ShowOffer makes an offer's card in the mentor's own room, or says on it how
// the asking stands now.
type ShowOffer struct{ Offer AskingOffer }

func (ShowOffer) effect() {}

const (
	askingMax = 500                 // letters of the words
	askWait   = 24 * time.Hour      // until staff are told, where the programme does not say
	askExpire = 7 * 24 * time.Hour  // from then until it is over
	askKept   = 30 * 24 * time.Hour // from its end until nothing is left of it
)

// AskingMachine is what becomes of an asking.
func AskingMachine() Machine[AskingState] {
	return Machine[AskingState]{
		Name:  "asking",
		About: "What becomes of a mentee's call to whoever is free. Lapse is that nobody took it in time: staff are told, and mentors may still claim it.",
		Moves: []Move[AskingState]{
			{"", StepAsk, AskingOpen},
			{AskingOpen, StepClaim, AskingClaimed},
			{AskingOpen, StepWithdraw, AskingWithdrawn},
			{AskingOpen, StepLapse, AskingLate},
			{AskingLate, StepClaim, AskingClaimed},
			{AskingLate, StepWithdraw, AskingWithdrawn},
			{AskingLate, StepExpire, AskingExpired},
		},
	}
}

// AskAnyone offers a conversation to every mentor who is free now, speaks the
// member's language and (unless it is "") has the topic. It returns to how many;
// with none staff are told at once.
func (a *Act) AskAnyone(m Member, topic, words string) (int, error) {
	if err := a.can(m, DoChoose); err != nil {
		return 0, err
	}
	if _, err := a.Tx.AskingOf(m.ID); err == nil {
		return 0, Refuse("ask.already")
	} else if !errors.Is(err, ErrNotFound) {
		return 0, fmt.Errorf("asking: %w", err)
	}
	words, err := a.askingWords(topic, words)
	if err != nil {
		return 0, err
	}
	fit, err := a.askable(m, topic)
	if err != nil {
		return 0, err
	}
	wait := a.Rules.Programme(DefaultProgramme).AskWait
	if wait <= 0 {
		wait = askWait
	}
	q := &Asking{
		Member: m.ID, Programme: DefaultProgramme, Unit: DefaultUnit, Topic: topic, Words: words,
		Created: a.Now, Due: a.Now.Add(wait),
	}
	if err := AskingMachine().shift(&q.State, StepAsk); err != nil {
		return 0, err
	}
	if err := a.putAsking(q); err != nil {
		return 0, err
	}
	for _, l := range fit {
		offer := AskingOffer{Asking: q.ID, Membership: l.Membership.ID, Member: l.Membership.Member, Menu: a.Tx.NewID()}
		if err := a.Tx.PutOffer(&offer); err != nil {
			return 0, fmt.Errorf("put offer: %w", err)
		}
		a.Do(ShowOffer{offer})
	}
	if len(fit) == 0 {
		return 0, a.lapse(q, "ask.nobody")
	}
	return len(fit), nil
}

func (a *Act) askingWords(topic, words string) (string, error) {
	list, err := a.Topics(DefaultProgramme)
	if err != nil {
		return "", err
	}
	if topic != "" && !knownTopic(list, topic) {
		return "", Refuse("card.topic_unknown")
	}
	if words, err = fit(words, askingMax); err != nil {
		return "", err
	}
	return words, a.noContacts(DefaultProgramme, Mentee, words)
}

// askable are the mentors whom an asking is offered to.
func (a *Act) askable(m Member, topic string) ([]*Listing, error) {
	list, err := a.meetable(m)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(l *Listing) bool {
		return !l.Free(a.Now, a.Rules) || topic != "" && !slices.Contains(l.Card.Topics, topic) ||
			m.Language != "" && !slices.Contains(l.Card.Languages, m.Language)
	}), nil
}

// meetable are the mentors whom a member could choose, free or not, and is not
// talking with already.
func (a *Act) meetable(m Member) ([]*Listing, error) {
	list, err := a.choosable(m)
	if err != nil {
		return nil, err
	}
	mine, err := a.Tx.ConversationsOf(m.ID)
	if err != nil {
		return nil, fmt.Errorf("conversations: %w", err)
	}
	return slices.DeleteFunc(list, func(l *Listing) bool {
		return slices.ContainsFunc(mine, func(c *Conversation) bool { return c.Live() && c.byMembership(l.Membership.ID) != nil })
	}), nil
}

func (a *Act) putAsking(q *Asking) error {
	if err := a.Tx.PutAsking(q); err != nil {
		return fmt.Errorf("put asking: %w", err)
	}
	return nil
}

// ClaimAsking gives a mentee who asks to the first mentor who says so. The
// mentor learns of the conversation with the mentee's first message.
func (a *Act) ClaimAsking(m Member, id AskingID) (*Conversation, error) {
	s, err := a.ownMentor(m, DoAnswer)
	if err != nil {
		return nil, err
	}
	offers, err := a.Tx.Offers(id)
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	if !slices.ContainsFunc(offers, func(o AskingOffer) bool { return o.Membership == s.ID }) {
		return nil, Refuse("ask.unknown", "number", int64(id))
	}
	q, err := a.Tx.Asking(id)
	if err != nil {
		return nil, missing(err, "asking", Refuse("ask.unknown", "number", int64(id)))
	}
	over := Refuse("ask.taken", "number", int64(id))
	if !q.Waits() {
		return nil, over
	}
	l, err := a.listing(s.ID)
	if err != nil {
		return nil, instead(err, Refuse("ask.not_free"))
	}
	if l.spare(a.Rules) <= 0 {
		return nil, Refuse("ask.not_free")
	}
	mentee, err := a.Tx.Member(q.Member)
	if err != nil {
		return nil, fmt.Errorf("who asks: %w", err)
	}
	others, err := a.meetable(mentee)
	if err != nil {
		return nil, instead(err, over)
	}
	if !slices.ContainsFunc(others, func(o *Listing) bool { return o.Membership.ID == s.ID }) { // a block, or they talk already
		return nil, over
	}
	if err := a.endAsking(&q, offers, StepClaim); err != nil {
		return nil, err
	}
	a.Do(Notify{Member: mentee.ID, Text: T("ask.claimed", "alias", l.Card.Alias), Loud: true})
	c, err := a.place(mentee, l)
	if err != nil {
		return nil, err
	}
	return c, a.Sought(c, []string{q.Topic})
}

// endAsking ends an asking, takes its words away, and says so on every card.
func (a *Act) endAsking(q *Asking, offers []AskingOffer, by Step) error {
	if err := AskingMachine().shift(&q.State, by); err != nil {
		return err
	}
	q.Words, q.Due = "", a.Now.Add(askKept)
	if err := a.putAsking(q); err != nil {
		return err
	}
	for _, o := range offers {
		a.Do(ShowOffer{o})
	}
	return nil
}

// WithdrawAsking takes back what the member has asked.
func (a *Act) WithdrawAsking(m Member) error {
	if err := a.can(m, DoChoose); err != nil {
		return err
	}
	q, err := a.Tx.AskingOf(m.ID)
	if err != nil {
		return missing(err, "asking", Refuse("ask.none"))
	}
	offers, err := a.Tx.Offers(q.ID)
	if err != nil {
		return fmt.Errorf("offers: %w", err)
	}
	return a.endAsking(&q, offers, StepWithdraw)
}

// lapse tells staff that nobody took an asking, and the mentee that staff know.
func (a *Act) lapse(q *Asking, told string) error {
	if err := AskingMachine().shift(&q.State, StepLapse); err != nil {
		return err
	}
	q.Due = a.Now.Add(askExpire)
	if err := a.putAsking(q); err != nil {
		return err
	}
	a.Do(TellStaff{Programme: q.Programme, Unit: q.Unit, Text: T("ask.late_staff", "number", int64(q.ID)), Loud: true},
		Notify{Member: q.Member, Text: T(told)})
	return nil
}

// dueAskings does what is due with askings.
func (a *Act) dueAskings() (more bool, err error) {
	due, err := a.Tx.DueAskings(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due askings: %w", err)
	}
	for i := range due {
		q := &due[i]
		switch q.State {
		case AskingOpen:
			err = a.lapse(q, "ask.late")
		case AskingLate:
			var offers []AskingOffer
			if offers, err = a.Tx.Offers(q.ID); err != nil {
				return false, fmt.Errorf("offers: %w", err)
			}
			err = a.endAsking(q, offers, StepExpire)
			a.Do(Notify{Member: q.Member, Text: T("ask.expired")})
		default:
			if err = a.Tx.DeleteAsking(q.ID); err != nil {
				err = fmt.Errorf("delete asking: %w", err)
			}
		}
		if err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch, nil
}

// Change ends a mentee's conversation because they go on with somebody else: the
// mentor gets one neutral line (feature F13).
func (a *Act) Change(m Member, id ConversationID) error {
	c, p, err := a.mine(m, id)
	if err != nil {
		return err
	}
	if p.Role != Mentee || c.Kind != KindMentoring {
		return Refuse("change.not_here")
	}
	if _, ok := ConversationMachine().Next(c.State, StepEnd); !ok {
		return Refuse("chat.is_over")
	}
	return a.finish(c, StepEnd, p.ID, "chat.changed")
}
