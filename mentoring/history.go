package mentoring

import (
	"fmt"
	"time"
)

// CardVersion is a card as it was after a step, for staff. The words are sealed
// at rest.
type CardVersion struct {
	ID   int64
	By   MemberID
	Step Step
	At   time.Time
	Card Card
}

// keepVersion adds to the history of a card.
func (a *Act) keepVersion(by MemberID, step Step, c *Card) error {
	v := CardVersion{By: by, Step: step, At: a.Now, Card: *c}
	if err := a.Tx.PutCardVersion(&v); err != nil {
		return fmt.Errorf("put card version: %w", err)
	}
	return nil
}

// CardHistory lists what a mentor's card has been, the newest first, for staff.
func (a *Act) CardHistory(staff Member, id MembershipID) ([]CardVersion, error) {
	if _, err := a.mentorFor(staff, id, DoJudgeCard); err != nil {
		return nil, err
	}
	list, err := a.Tx.CardVersions(id)
	if err != nil {
		return nil, fmt.Errorf("card versions: %w", err)
	}
	return list, nil
}

// SetKind says what kind of helper a mentor is; the mentor cannot.
func (a *Act) SetKind(staff Member, id MembershipID, kind HelperKind) error {
	s, err := a.mentorFor(staff, id, DoJudgeCard)
	if err != nil {
		return err
	}
	c, err := a.Tx.Card(id)
	if err != nil {
		return missing(err, "card", Refuse("mentor.no_card_yet", "number", int64(id)))
	}
	c.Kind, c.Updated = kind, a.Now
	if err := a.putCard(&c); err != nil {
		return err
	}
	if err := a.keepVersion(staff.ID, StepKind, &c); err != nil {
		return err
	}
	if err := a.relabel(s); err != nil {
		return err
	}
	return a.audit(staff.ID, AuditKind, id)
}
