package mentoring

import (
	"errors"
	"fmt"
	"slices"
)

// MyCard is a mentor's own card; a new one when none has been saved.
func (a *Act) MyCard(m Member) (Card, error) {
	s, err := a.ownMentor(m, DoCard)
	if err != nil {
		return Card{}, err
	}
	c, err := a.Tx.Card(s.ID)
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return Card{}, fmt.Errorf("card: %w", err)
	}
	c = Card{Membership: s.ID, Alias: m.Alias, Kind: HelperPeer}
	if m.Language != "" {
		c.Languages = []Language{m.Language}
	}
	return c, nil
}

// SaveCard keeps the words of a mentor's own card, which may be unfinished, and
// puts them into the form in which they are kept. Changing the words of an
// approved card gives it to staff again. Its helper kind and status are not
// changed here, whatever c says.
func (a *Act) SaveCard(m Member, c *Card) error {
	old, err := a.MyCard(m)
	if err != nil {
		return err
	}
	n := *c
	n.Membership, n.State, n.Kind, n.Status, n.Updated = old.Membership, old.State, old.Kind, old.Status, a.Now
	if err := a.tidy(&n); err != nil {
		return err
	}
	if err := a.noContacts(DefaultProgramme, Mentor, n.Area, n.Story); err != nil {
		return err
	}
	if old.State != "" && sameWords(&old, &n) {
		*c = old
		return nil
	}
	s, err := a.MentorMembership(m)
	if err != nil {
		return err
	}
	by := StepSave
	if free := a.Rules.Programme(s.Programme).FreeCards; free && n.State == CardApproved {
		by = StepPublish
	}
	if err := CardMachine().shift(&n.State, by); err != nil {
		return err
	}
	if err := MembershipMachine().shift(&s.State, StepPrepare); err != nil {
		return err
	}
	if err := a.putCard(&n); err != nil {
		return err
	}
	if err := a.putMembership(&s); err != nil {
		return err
	}
	if old.State != "" && old.State != CardDraft {
		if err := a.keepVersion(m.ID, by, &n); err != nil {
			return err
		}
	}
	if n.State == CardSubmitted && old.State == CardApproved {
		a.cardForStaff(s)
	}
	*c = n
	return nil
}

func (a *Act) cardForStaff(s Membership) {
	a.Do(TellStaff{Programme: s.Programme, Unit: s.Unit, Text: T("card.for_staff", "number", int64(s.ID))})
}

func sameWords(x, y *Card) bool {
	return x.Alias == y.Alias && x.AgeBand == y.AgeBand && x.Area == y.Area && x.Story == y.Story &&
		x.Gender == y.Gender && slices.Equal(x.Topics, y.Topics) && slices.Equal(x.Languages, y.Languages)
}

// tidy checks each word of a card that is there.
func (a *Act) tidy(c *Card) (err error) {
	if c.Alias != "" {
		if c.Alias, err = a.CheckAlias(c.Alias); err != nil {
			return err
		}
	}
	band, ok := ageBand(c.AgeBand)
	if !ok {
		return Refuse("card.age_band", "bands", AgeBands())
	}
	c.AgeBand = band
	if c.Area, err = fitLine(c.Area, lineMax); err != nil {
		return err
	}
	if c.Gender != "" && !slices.Contains(Genders(), c.Gender) {
		return Refuse("card.gender_unknown")
	}
	if c.Story, err = fit(c.Story, StoryMax); err != nil {
		return err
	}
	if err := a.tidyTopics(c); err != nil {
		return err
	}
	c.Languages = unique(c.Languages)
	for _, l := range c.Languages {
		if !l.wellFormed() {
			return Refuse("language.unknown")
		}
	}
	return nil
}

// tidyTopics lets a card name topics that are offered, and keep those that were
// when it was written.
func (a *Act) tidyTopics(c *Card) error {
	c.Topics = unique(c.Topics)
	if len(c.Topics) == 0 {
		return nil
	}
	list, err := a.Topics(DefaultProgramme)
	if err != nil {
		return err
	}
	old, err := a.Tx.Card(c.Membership)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("card: %w", err)
	}
	for _, t := range c.Topics {
		if !knownTopic(list, t) && !slices.Contains(old.Topics, t) {
			return Refuse("card.topic_unknown")
		}
	}
	return nil
}

// unique leaves out what has been before, keeping the order.
func unique[T comparable](list []T) []T {
	var out []T
	for _, v := range list {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// Missing names the parts that a card still needs before staff can look at it:
// "alias", "age", "story", "topics", "languages".
func (c *Card) Missing() []string {
	var parts []string
	for _, p := range []struct {
		name string
		has  bool
	}{
		{"alias", c.Alias != ""}, {"age", c.AgeBand != ""}, {"story", c.Story != ""},
		{"topics", len(c.Topics) > 0}, {"languages", len(c.Languages) > 0},
	} {
		if !p.has {
			parts = append(parts, p.name)
		}
	}
	return parts
}

// SubmitCard gives a finished card to staff.
func (a *Act) SubmitCard(m Member) error {
	c, err := a.MyCard(m)
	if err != nil {
		return err
	}
	switch c.State {
	case "":
		return Refuse("card.none")
	case CardSubmitted:
		return Refuse("card.waiting")
	case CardApproved:
		return Refuse("card.approved_already")
	}
	if parts := c.Missing(); len(parts) > 0 {
		return Refuse("card.unfinished", "parts", cardParts(parts))
	}
	s, err := a.MentorMembership(m)
	if err != nil {
		return err
	}
	by := StepSubmit
	if a.Rules.Programme(s.Programme).FreeCards {
		by = StepPublish
	}
	if err := CardMachine().shift(&c.State, by); err != nil {
		return err
	}
	if err := a.putCard(&c); err != nil {
		return err
	}
	if err := a.keepVersion(m.ID, by, &c); err != nil {
		return err
	}
	if by == StepSubmit {
		a.cardForStaff(s)
	} else if s.State == Training {
		a.Do(TellStaff{Programme: s.Programme, Unit: s.Unit, Text: T("card.without_approval", "number", int64(s.ID))})
	}
	return nil
}

// cardParts names parts of a card in the reader's language.
func cardParts(parts []string) []Text {
	texts := make([]Text, len(parts))
	for i, p := range parts {
		texts[i] = T("card.part." + p)
	}
	return texts
}

// ApproveCard approves a card as it is now. A mentor in training is listed with
// it, unless something is missing that the programme asks for (see Act.Lacks):
// then staff list them later.
func (a *Act) ApproveCard(staff Member, id MembershipID) error {
	s, c, err := a.judge(staff, id, StepApprove)
	if err != nil {
		return err
	}
	next, ok := MembershipMachine().Next(s.State, StepApprove)
	if !ok {
		return Refuse("mentor.cannot_now", "number", int64(id), "state", T("mentor.state."+string(s.State)))
	}
	s.State = next
	p, err := a.preparation(id)
	if err != nil {
		return err
	}
	told := "card.approved"
	if len(a.lacks(s, p, c.State)) > 0 {
		told = "card.approved_only"
	} else if to, ok := MembershipMachine().Next(s.State, StepList); ok {
		s.State = to
	}
	if err := a.putCard(&c); err != nil {
		return err
	}
	if err := a.keepVersion(staff.ID, StepApprove, &c); err != nil {
		return err
	}
	if s.State == Active {
		if err := a.listed(s); err != nil {
			return err
		}
	}
	a.Do(Notify{Member: s.Member, Text: T(told)})
	return a.audit(staff.ID, AuditApprove, id)
}

// ReturnCard gives a card back to its mentor with a word on why.
func (a *Act) ReturnCard(staff Member, id MembershipID, why string) error {
	s, c, err := a.judge(staff, id, StepReturn)
	if err != nil {
		return err
	}
	if why, err = fit(why, NoteMax); err != nil {
		return err
	}
	if why == "" {
		return Refuse("card.say_why")
	}
	if err := a.putCard(&c); err != nil {
		return err
	}
	if err := a.keepVersion(staff.ID, StepReturn, &c); err != nil {
		return err
	}
	a.Do(Notify{Member: s.Member, Text: T("card.returned", "why", why)})
	return a.audit(staff.ID, AuditReturn, id)
}

// judge finds the card that staff have been given, after the step.
func (a *Act) judge(staff Member, id MembershipID, by Step) (Membership, Card, error) {
	s, err := a.mentorFor(staff, id, DoJudgeCard)
	if err != nil {
		return s, Card{}, err
	}
	nothing := Refuse("card.nothing_to_judge", "number", int64(id))
	c, err := a.Tx.Card(id)
	if err != nil {
		return s, c, missing(err, "card", nothing)
	}
	next, ok := CardMachine().Next(c.State, by)
	if !ok {
		return s, c, nothing
	}
	c.State, c.Updated = next, a.Now
	return s, c, nil
}
